#pragma once
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "crypto/signature.h"

/// Signed notes (c2sp.org/signed-note v1): a text, a blank line, and signature lines
/// "— <key name> <base64(key id || signature)>". Ed25519, type 0x01. Thread rule: any thread.
namespace tsunagi::audit {

/// A verifier key: name and public key together; written "<name>+<8 hex digits>+<base64>".
struct NoteKey {
    std::string name;
    crypto::VerifyKey key;

    /// Invalid when it is not a vkey of type 0x01, or its id is not that of its name and key.
    static Result<NoteKey> parse(std::string_view vkey);
    std::uint32_t id() const;  ///< first four bytes of SHA-256(name || LF || 0x01 || key)
    std::string to_vkey() const;
    bool operator==(const NoteKey&) const = default;
};

/// True when `name` may name a key: UTF-8, not empty, no Unicode space, no '+'.
bool is_key_name(std::string_view name);

/// Signs `text` (ends in a newline, UTF-8, no other control characters) as `name`. Invalid when
/// text or name may not be in a note.
Result<std::string> sign_note(std::string_view text, std::string_view name,
                              const crypto::SigningKey& key);

struct OpenedNote {
    std::string text;
    std::vector<NoteKey> signers;  ///< the known keys whose signatures hold, each once
};

/// Opens a note of at most 64 KiB and 100 signatures. Invalid when it is malformed; Denied when no
/// known key signed it or when a known key's signature does not hold. Other keys are ignored.
Result<OpenedNote> open_note(std::string_view note, std::span<const NoteKey> known);

}  // namespace tsunagi::audit

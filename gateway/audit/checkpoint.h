#pragma once
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "audit/merkle.h"
#include "audit/note.h"

/// Checkpoints (c2sp.org/tlog-checkpoint v1): a signed note of origin, size and root, one a line.
/// A log never signs two checkpoints of which one does not extend the other: store keeps that.
namespace tsunagi::audit {

struct Checkpoint {
    std::string origin;  ///< names the log; also the name of its key: "tsunagi.example/log/<id>"
    std::uint64_t size = 0;
    Digest root{};
    bool operator==(const Checkpoint&) const = default;
};

/// The note text: three lines.
std::string to_text(const Checkpoint& checkpoint);

/// Reads a note text; extension lines are allowed and ignored. Invalid when malformed.
Result<Checkpoint> read_checkpoint(std::string_view text);

/// The signed note, by `key` under the name of the origin. Invalid when the origin cannot be a key
/// name.
Result<std::string> sign_checkpoint(const Checkpoint& checkpoint, const crypto::SigningKey& key);

/// Opens a note and reads it. Denied when no known key named like its origin signed it.
Result<Checkpoint> open_checkpoint(std::string_view note, std::span<const NoteKey> known);

}  // namespace tsunagi::audit

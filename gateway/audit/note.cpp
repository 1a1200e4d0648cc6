#include "audit/note.h"

#include <algorithm>
#include <array>

#include "base/bytes.h"
#include "crypto/digest.h"
#include "json/reader.h"

namespace tsunagi::audit {
namespace {

constexpr std::uint8_t kEd25519 = 0x01;
constexpr std::string_view kDash = "\xE2\x80\x94 ";  // U+2014 and a space
constexpr std::size_t kMaxBytes = 64U << 10;
constexpr std::size_t kMaxSignatures = 100;

// Every code point with the White_Space property, as UTF-8.
constexpr std::array<std::string_view, 25> kSpaces{
    "\t",           "\n",           "\v",           "\f",           "\r",           " ",
    "\xC2\x85",     "\xC2\xA0",     "\xE1\x9A\x80", "\xE2\x80\x80", "\xE2\x80\x81", "\xE2\x80\x82",
    "\xE2\x80\x83", "\xE2\x80\x84", "\xE2\x80\x85", "\xE2\x80\x86", "\xE2\x80\x87", "\xE2\x80\x88",
    "\xE2\x80\x89", "\xE2\x80\x8A", "\xE2\x80\xA8", "\xE2\x80\xA9", "\xE2\x80\xAF", "\xE2\x81\x9F",
    "\xE3\x80\x80"};

bool is_note_text(std::string_view text) {
    return std::none_of(text.begin(), text.end(),
                        [](char c) { return static_cast<unsigned char>(c) < 0x20 && c != '\n'; }) &&
           json::is_utf8(text);
}

Error malformed(const char* what) { return Error{Code::Invalid, what, "note"}; }

Bytes public_bytes(const crypto::VerifyKey& key) {
    Bytes bytes{kEd25519};
    bytes.insert(bytes.end(), key.bytes().begin(), key.bytes().end());
    return bytes;
}

std::uint32_t read_be32(BytesView bytes) {
    return static_cast<std::uint32_t>(bytes[0]) << 24 | static_cast<std::uint32_t>(bytes[1]) << 16 |
           static_cast<std::uint32_t>(bytes[2]) << 8 | static_cast<std::uint32_t>(bytes[3]);
}

Bytes be32(std::uint32_t number) {
    return {static_cast<std::uint8_t>(number >> 24), static_cast<std::uint8_t>(number >> 16),
            static_cast<std::uint8_t>(number >> 8), static_cast<std::uint8_t>(number)};
}

struct SignatureLine {
    std::string_view name;
    std::uint32_t id = 0;
    Bytes signature;
};

Result<SignatureLine> read_line(std::string_view line) {
    if (!line.starts_with(kDash)) return malformed("a signature line begins with a dash");
    line.remove_prefix(kDash.size());
    const std::size_t space = line.find(' ');
    if (space == std::string_view::npos) return malformed("a signature line has two words");
    SignatureLine read{line.substr(0, space), 0, {}};
    auto bytes = from_base64(line.substr(space + 1));
    if (!is_key_name(read.name) || !bytes || bytes->size() < 5) {
        return malformed("unreadable signature line");
    }
    read.id = read_be32(*bytes);
    read.signature.assign(bytes->begin() + 4, bytes->end());
    return read;
}

}  // namespace

bool is_key_name(std::string_view name) {
    return !name.empty() && json::is_utf8(name) && name.find('+') == std::string_view::npos &&
           std::none_of(kSpaces.begin(), kSpaces.end(), [&](std::string_view space) {
               return name.find(space) != std::string_view::npos;
           });
}

Result<NoteKey> NoteKey::parse(std::string_view vkey) {
    const std::size_t first = vkey.find('+');
    const std::size_t second = first == std::string_view::npos ? first : vkey.find('+', first + 1);
    if (second == std::string_view::npos) return malformed("a verifier key has three parts");
    const std::string_view name = vkey.substr(0, first);
    const auto id = from_hex(vkey.substr(first + 1, second - first - 1));
    const auto key = from_base64(vkey.substr(second + 1));
    if (!is_key_name(name) || !id || id->size() != 4 || !key || key->size() != 33 ||
        key->front() != kEd25519) {
        return malformed("unreadable verifier key");
    }
    auto public_key = crypto::VerifyKey::from_bytes(BytesView{*key}.subspan(1));
    if (!public_key) return public_key.error();
    NoteKey read{std::string{name}, *public_key};
    if (read.id() != read_be32(*id)) return malformed("the key id is not that of name and key");
    return read;
}

std::uint32_t NoteKey::id() const {
    const Bytes bytes = public_bytes(key);
    return read_be32(crypto::sha256({as_bytes(name), as_bytes("\n"), bytes}));
}

std::string NoteKey::to_vkey() const {
    return name + "+" + to_hex(be32(id())) + "+" + to_base64(public_bytes(key));
}

Result<std::string> sign_note(std::string_view text, std::string_view name,
                              const crypto::SigningKey& key) {
    if (!text.ends_with('\n') || !is_note_text(text)) {
        return malformed("the text may not be in a note");
    }
    if (!is_key_name(name)) return malformed("the name may not name a key");
    Bytes signature = be32(NoteKey{std::string{name}, key.verify_key()}.id());
    const crypto::Signature made = key.sign(as_bytes(text));
    signature.insert(signature.end(), made.begin(), made.end());
    std::string note{text};
    note += '\n';
    note += kDash;
    note += name;
    note += ' ' + to_base64(signature) + '\n';
    if (note.size() > kMaxBytes) return malformed("the text is too long");
    return note;
}

Result<OpenedNote> open_note(std::string_view note, std::span<const NoteKey> known) {
    if (note.size() > kMaxBytes) return malformed("the note is too long");
    if (!is_note_text(note)) return malformed("a note is UTF-8 without control characters");
    const std::size_t blank = note.rfind("\n\n");
    if (blank == std::string_view::npos || !note.ends_with('\n')) {
        return malformed("a note has a text and a blank line");
    }
    OpenedNote opened{std::string{note.substr(0, blank + 1)}, {}};
    std::string_view rest = note.substr(blank + 2);
    if (rest.empty()) return malformed("a note has signatures");
    for (std::size_t count = 0; !rest.empty(); ++count) {
        if (count == kMaxSignatures) return malformed("too many signatures");
        const std::size_t end = rest.find('\n');
        auto line = read_line(rest.substr(0, end));
        if (!line) return line.error();
        rest.remove_prefix(end + 1);
        const auto found = std::find_if(known.begin(), known.end(), [&](const NoteKey& key) {
            return key.name == line->name && key.id() == line->id;
        });
        if (found == known.end()) continue;
        if (!found->key.verify(as_bytes(opened.text), line->signature)) {
            return Error{Code::Denied, "the signature of a known key does not hold", "note"};
        }
        if (std::find(opened.signers.begin(), opened.signers.end(), *found) ==
            opened.signers.end()) {
            opened.signers.push_back(*found);
        }
    }
    if (opened.signers.empty()) {
        return Error{Code::Denied, "no known key signed the note", "note"};
    }
    return opened;
}

}  // namespace tsunagi::audit

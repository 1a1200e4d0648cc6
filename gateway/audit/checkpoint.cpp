#include "audit/checkpoint.h"

#include <algorithm>
#include <charconv>

#include "base/bytes.h"

namespace tsunagi::audit {
namespace {

Error malformed(const char* what) { return Error{Code::Invalid, what, "checkpoint"}; }

/// Takes one non-empty line off the front of `text`; empty when there is none.
std::string_view take_line(std::string_view& text) {
    const std::size_t end = text.find('\n');
    if (end == std::string_view::npos) return {};
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(end + 1);
    return line;
}

}  // namespace

std::string to_text(const Checkpoint& checkpoint) {
    return checkpoint.origin + "\n" + std::to_string(checkpoint.size) + "\n" +
           to_base64(checkpoint.root) + "\n";
}

Result<Checkpoint> read_checkpoint(std::string_view text) {
    Checkpoint read;
    read.origin = take_line(text);
    if (read.origin.empty()) return malformed("no origin");
    const std::string_view size = take_line(text);
    const auto [end, fault] = std::from_chars(size.data(), size.data() + size.size(), read.size);
    if (size.empty() || fault != std::errc{} || end != size.data() + size.size() ||
        (size.size() > 1 && size.front() == '0')) {
        return malformed("unreadable size");
    }
    const auto root = from_base64(take_line(text));
    if (!root || root->size() != read.root.size()) return malformed("unreadable root");
    std::copy(root->begin(), root->end(), read.root.begin());
    while (!text.empty()) {
        if (take_line(text).empty()) return malformed("empty extension line");
    }
    return read;
}

Result<std::string> sign_checkpoint(const Checkpoint& checkpoint, const crypto::SigningKey& key) {
    return sign_note(to_text(checkpoint), checkpoint.origin, key);
}

Result<Checkpoint> open_checkpoint(std::string_view note, std::span<const NoteKey> known) {
    auto opened = open_note(note, known);
    if (!opened) return opened.error();
    auto read = read_checkpoint(opened->text);
    if (!read) return read;
    if (std::none_of(opened->signers.begin(), opened->signers.end(),
                     [&](const NoteKey& signer) { return signer.name == read->origin; })) {
        return Error{Code::Denied, "the log itself did not sign its checkpoint", "checkpoint"};
    }
    return read;
}

}  // namespace tsunagi::audit

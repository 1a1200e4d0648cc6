#include "app/narrator.h"

#include <algorithm>

namespace tsunagi::app {
namespace {

/// Bytes of the UTF-8 character that begins with `lead`.
std::size_t length_of(unsigned char lead) {
    return lead < 0x80 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
}

std::size_t width_of(std::string_view character) {
    if (character.size() < 3) return 1;
    // Half-width katakana U+FF61 to U+FF9F and Latin punctuation U+2000 to U+206F take one column.
    const bool half_kana = character >= "\xEF\xBD\xA1" && character <= "\xEF\xBE\x9F";
    const bool punctuation = character.starts_with("\xE2\x80") || character.starts_with("\xE2\x81");
    return half_kana || punctuation ? 1 : 2;
}

std::string padded(std::string_view text, std::size_t width) {
    const std::size_t taken = columns(text);
    return std::string{text} + std::string(taken < width ? width - taken : 1, ' ');
}

}  // namespace

std::size_t columns(std::string_view text) {
    std::size_t total = 0;
    while (!text.empty()) {
        const auto size = std::min(length_of(static_cast<unsigned char>(text[0])), text.size());
        total += width_of(text.substr(0, size));
        text.remove_prefix(size);
    }
    return total;
}

std::string shortened(std::string_view text, std::size_t most) {
    std::string out;
    std::size_t taken = 0;
    while (!text.empty()) {
        const auto size = std::min(length_of(static_cast<unsigned char>(text[0])), text.size());
        const std::string_view character = text.substr(0, size);
        const std::size_t width = width_of(character);
        if (taken + width > most) return out + "…";
        out += character == "\n" ? std::string_view{" "} : character;
        taken += width;
        text.remove_prefix(size);
    }
    return out;
}

void Narrator::chapter(std::string_view number, std::string_view ja, std::string_view en) {
    out_ << "\n━━ " << number << "  " << ja << "\n   " << padded("", columns(number)) << en << "\n"
         << std::flush;
}

void Narrator::say(std::string_view ja, std::string_view en) {
    for (std::string_view text : {ja, en}) {
        while (!text.empty()) {
            const auto end = std::min(text.find('\n'), text.size());
            out_ << "   " << text.substr(0, end) << "\n";
            text.remove_prefix(std::min(end + 1, text.size()));
        }
    }
    out_ << std::flush;
}

void Narrator::fact(std::string_view label, std::string_view value) {
    constexpr std::size_t kLabel = 32;
    out_ << "     " << padded(label, kLabel) << value << "\n" << std::flush;
}

void Narrator::both_sides(std::string_view label, std::string_view written, std::string_view seen) {
    constexpr std::size_t kLabel = 26, kWritten = 46;
    out_ << "     " << padded(label, kLabel) << padded(shortened(written, kWritten - 3), kWritten)
         << (seen.empty() ? "―" : shortened(seen, kWritten)) << "\n"
         << std::flush;
}

bool Narrator::check(bool holds, std::string_view ja, std::string_view en, std::string_view got) {
    out_ << (holds ? "   ✓ " : "   ✗ ") << ja << "\n     " << en << "\n";
    if (!holds) {
        ++failures_;
        if (!got.empty()) out_ << "     実際 / got: " << got << "\n";
    }
    out_ << std::flush;
    return holds;
}

bool Narrator::equal(std::string_view got, std::string_view expected, std::string_view ja,
                     std::string_view en) {
    const bool holds = got == expected;
    return check(holds, ja, en,
                 holds ? std::string{}
                       : std::string{got} + " (期待 / expected: " + std::string{expected} + ")");
}

}  // namespace tsunagi::app

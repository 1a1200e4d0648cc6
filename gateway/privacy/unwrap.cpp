#include "privacy/unwrap.h"

#include <algorithm>
#include <cstdint>
#include <optional>
#include <utility>

namespace tsunagi::privacy {
namespace {

constexpr int kDepth = 3;
/// Shorter runs of base64 letters are words.
constexpr std::size_t kShortestRun = 16;
/// Less than two kanji decode to noise more often than to a name.
constexpr std::size_t kShortestFind = 6;

int hex_value(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

void append_utf8(std::string& out, std::uint32_t c) {
    const auto byte = [&](std::uint32_t value) { out += static_cast<char>(value); };
    if (c < 0x80) {
        byte(c);
    } else if (c < 0x800) {
        byte(0xC0 | (c >> 6));
        byte(0x80 | (c & 0x3F));
    } else if (c < 0x10000) {
        byte(0xE0 | (c >> 12));
        byte(0x80 | ((c >> 6) & 0x3F));
        byte(0x80 | (c & 0x3F));
    } else {
        byte(0xF0 | (c >> 18));
        byte(0x80 | ((c >> 12) & 0x3F));
        byte(0x80 | ((c >> 6) & 0x3F));
        byte(0x80 | (c & 0x3F));
    }
}

std::optional<std::uint32_t> hex_at(std::string_view text, std::size_t at) {
    if (at + 4 > text.size()) return {};
    std::uint32_t value = 0;
    for (std::size_t i = at; i < at + 4; ++i) {
        const int digit = hex_value(text[i]);
        if (digit < 0) return {};
        value = value * 16 + static_cast<std::uint32_t>(digit);
    }
    return value;
}

/// Length of the well-formed UTF-8 sequence at `at`, 0 when there is none.
std::size_t sequence_at(std::string_view text, std::size_t at) {
    const auto lead = static_cast<unsigned char>(text[at]);
    const std::size_t length = lead < 0x80                    ? 1
                               : lead >= 0xC2 && lead <= 0xDF ? 2
                               : lead >= 0xE0 && lead <= 0xEF ? 3
                               : lead >= 0xF0 && lead <= 0xF4 ? 4
                                                              : 0;
    if (length == 0 || at + length > text.size()) return 0;
    for (std::size_t k = 1; k < length; ++k) {
        if ((static_cast<unsigned char>(text[at + k]) & 0xC0) != 0x80) return 0;
    }
    const auto second = length > 1 ? static_cast<unsigned char>(text[at + 1]) : 0;
    const bool overlong_or_surrogate =
        (lead == 0xE0 && second < 0xA0) || (lead == 0xED && second > 0x9F) ||
        (lead == 0xF0 && second < 0x90) || (lead == 0xF4 && second > 0x8F);
    return overlong_or_surrogate ? 0 : length;
}

/// Bytes that are no UTF-8 become spaces: they end a word.
std::string well_formed(std::string_view text) {
    std::string out;
    out.reserve(text.size());
    for (std::size_t i = 0; i < text.size();) {
        const std::size_t length = sequence_at(text, i);
        if (length == 0 || text[i] == '\0') {
            out += ' ';
            ++i;
        } else {
            out += text.substr(i, length);
            i += length;
        }
    }
    return out;
}

/// \uXXXX with surrogate pairs, \n and its like, and escaped characters (RFC 8259 section 7).
std::string without_backslashes(std::string_view text) {
    std::string out;
    out.reserve(text.size());
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] != '\\' || i + 1 == text.size()) {
            out += text[i];
            continue;
        }
        const char next = text[++i];
        const auto unit = next == 'u' ? hex_at(text, i + 1) : std::nullopt;
        if (!unit) {
            out += std::string_view{"nrtbf"}.find(next) != std::string_view::npos ? ' ' : next;
            continue;
        }
        i += 4;
        std::uint32_t c = *unit;
        if (c >= 0xD800 && c < 0xDC00 && text.substr(i + 1, 2) == "\\u") {
            const auto low = hex_at(text, i + 3);
            if (low && *low >= 0xDC00 && *low < 0xE000) {
                c = 0x10000 + ((c - 0xD800) << 10) + (*low - 0xDC00);
                i += 6;
            }
        }
        append_utf8(out, c >= 0xD800 && c < 0xE000 ? ' ' : c);
    }
    return out;
}

/// %E7%94%B0 and &#x7530; &#30000; opened.
std::string without_references(std::string_view text) {
    std::string out;
    out.reserve(text.size());
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '%' && i + 2 < text.size() && hex_value(text[i + 1]) >= 0 &&
            hex_value(text[i + 2]) >= 0) {
            out += static_cast<char>(hex_value(text[i + 1]) * 16 + hex_value(text[i + 2]));
            i += 2;
            continue;
        }
        if (text.substr(i, 2) == "&#") {
            const bool hex = i + 2 < text.size() && (text[i + 2] == 'x' || text[i + 2] == 'X');
            const std::size_t from = i + (hex ? 3 : 2);
            std::size_t at = from;
            std::uint32_t value = 0;
            for (; at < text.size() && at - from < 7; ++at) {
                const int digit = hex_value(text[at]);
                if (digit < 0 || (!hex && digit > 9)) break;
                value = value * (hex ? 16 : 10) + static_cast<std::uint32_t>(digit);
            }
            if (at > from && value > 0 && value < 0x110000 && (value < 0xD800 || value > 0xDFFF)) {
                append_utf8(out, value);
                i = at < text.size() && text[at] == ';' ? at : at - 1;
                continue;
            }
        }
        out += text[i];
    }
    return out;
}

int base64_value(char c) {
    if (c >= 'A' && c <= 'Z') return c - 'A';
    if (c >= 'a' && c <= 'z') return c - 'a' + 26;
    if (c >= '0' && c <= '9') return c - '0' + 52;
    if (c == '+' || c == '-') return 62;
    if (c == '/' || c == '_') return 63;
    return -1;
}

/// The text inside a decoded run: stretches of UTF-8 that hold something, each ended by a space.
void append_stretches(std::string& out, std::string_view bytes) {
    std::string stretch;
    std::size_t beyond_ascii = 0;
    const auto flush = [&] {
        if (beyond_ascii >= 2 || stretch.size() >= 2 * kShortestFind) out += stretch + ' ';
        stretch.clear();
        beyond_ascii = 0;
    };
    for (std::size_t i = 0; i < bytes.size();) {
        const std::size_t length = sequence_at(bytes, i);
        const auto lead = static_cast<unsigned char>(bytes[i]);
        if (length == 0 || (length == 1 && (lead < 0x20 || lead == 0x7F))) {
            flush();
            ++i;
            continue;
        }
        if (length > 1) ++beyond_ascii;
        stretch += bytes.substr(i, length);
        i += length;
    }
    flush();
}

/// What runs of base64 (either alphabet) hold, at each of the four offsets a name may start at.
std::string decoded_runs(std::string_view text) {
    std::string out, bytes;
    for (std::size_t i = 0; i < text.size();) {
        std::size_t end = i;
        while (end < text.size() && base64_value(text[end]) >= 0) ++end;
        for (std::size_t offset = 0; end - i >= kShortestRun && offset < 4; ++offset) {
            bytes.clear();
            std::uint32_t bits = 0;
            int held = 0;
            for (std::size_t k = i + offset; k < end; ++k) {
                bits = (bits << 6) | static_cast<std::uint32_t>(base64_value(text[k]));
                held += 6;
                if (held < 8) continue;
                held -= 8;
                bytes += static_cast<char>((bits >> held) & 0xFF);
            }
            append_stretches(out, bytes);
        }
        i = end + 1;
    }
    return out;
}

void open(std::string text, int depth, std::vector<std::string>& texts) {
    // JSON inside a JSON string is escaped twice.
    for (int i = 0; i < kDepth; ++i) {
        std::string plain = without_references(without_backslashes(text));
        if (plain == text) break;
        text = std::move(plain);
    }
    texts.push_back(well_formed(text));
    if (depth == 0) return;
    if (std::string hidden = decoded_runs(text); !hidden.empty())
        open(std::move(hidden), depth - 1, texts);
}

}  // namespace

std::vector<std::string> unwrapped(std::string_view bytes) {
    std::vector<std::string> texts;
    open(std::string{bytes}, kDepth, texts);
    return texts;
}

}  // namespace tsunagi::privacy

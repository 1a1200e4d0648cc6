#include "privacy/unwrap.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <unordered_map>
#include <utility>

#include "json/reader.h"

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

/// Bytes of the UTF-8 character that a byte begins; 0: it begins none.
constexpr auto kLength = [] {
    std::array<std::uint8_t, 256> lengths{};
    for (std::size_t byte = 0; byte < 0x80; ++byte) lengths[byte] = 1;
    for (std::size_t byte = 0xC2; byte < 0xE0; ++byte) lengths[byte] = 2;
    for (std::size_t byte = 0xE0; byte < 0xF0; ++byte) lengths[byte] = 3;
    for (std::size_t byte = 0xF0; byte < 0xF5; ++byte) lengths[byte] = 4;
    return lengths;
}();

/// Length of the well-formed UTF-8 sequence at `at`, 0 when there is none.
std::size_t sequence_at(std::string_view text, std::size_t at) {
    const char* const bytes = text.data() + at;
    const auto byte = [&](std::size_t k) { return static_cast<unsigned char>(bytes[k]); };
    const unsigned char lead = byte(0);
    const std::size_t length = kLength.data()[lead];
    if (length <= 1 || length > text.size() - at) return length == 1 ? 1 : 0;
    for (std::size_t k = 1; k < length; ++k) {
        if ((byte(k) & 0xC0) != 0x80) return 0;
    }
    const bool overlong_or_surrogate =
        (lead == 0xE0 && byte(1) < 0xA0) || (lead == 0xED && byte(1) > 0x9F) ||
        (lead == 0xF0 && byte(1) < 0x90) || (lead == 0xF4 && byte(1) > 0x8F);
    return overlong_or_surrogate ? 0 : length;
}

/// Bytes that are no UTF-8 become spaces: they end a word.
std::string well_formed(std::string text) {
    if (text.find('\0') == std::string::npos && json::is_utf8(text)) return text;
    std::string out;
    out.reserve(text.size());
    for (std::size_t i = 0; i < text.size();) {
        const std::size_t length = sequence_at(text, i);
        if (length == 0 || text[i] == '\0') {
            out += ' ';
            ++i;
        } else {
            out.append(text, i, length);
            i += length;
        }
    }
    return out;
}

/// \uXXXX with surrogate pairs, \n and its like, and escaped characters (RFC 8259 section 7).
std::string without_backslashes(std::string whole) {
    if (whole.find('\\') == std::string::npos) return whole;
    const std::string_view text = whole;
    std::string out;
    out.reserve(text.size());
    for (std::size_t i = 0; i < text.size(); ++i) {
        const std::size_t escape = std::min(text.find('\\', i), text.size());
        out += text.substr(i, escape - i);
        i = escape;
        if (i + 1 >= text.size()) {
            out += text.substr(i);
            break;
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
std::string without_references(std::string whole) {
    const std::string_view text = whole;
    std::size_t percent = text.find('%'), ampersand = text.find('&');
    if (percent == std::string::npos && ampersand == std::string::npos) return whole;
    std::string out;
    out.reserve(text.size());
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (percent < i) percent = text.find('%', i);
        if (ampersand < i) ampersand = text.find('&', i);
        const std::size_t next = std::min({percent, ampersand, text.size()});
        out += text.substr(i, next - i);
        i = next;
        if (i == text.size()) break;
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

/// The value of a letter of either base64 alphabet, 0xFF for any other byte.
constexpr auto kBase64 = [] {
    std::array<std::uint8_t, 256> values{};
    values.fill(0xFF);
    for (std::uint8_t i = 0; i < 26; ++i) {
        values['A' + i] = i;
        values['a' + i] = 26 + i;
    }
    for (std::uint8_t i = 0; i < 10; ++i) values['0' + i] = 52 + i;
    values['+'] = values['-'] = 62;
    values['/'] = values['_'] = 63;
    return values;
}();
std::uint8_t base64_value(char c) { return kBase64.data()[static_cast<unsigned char>(c)]; }
bool is_base64(char c) { return base64_value(c) != 0xFF; }

/// Letters of base64 as bytes; bits that fill no byte are left out.
void decode(std::string_view letters, std::string& bytes) {
    bytes.resize(letters.size() * 3 / 4);
    char* to = bytes.data();
    const char* from = letters.data();
    const auto put = [&](std::uint32_t byte) { *to++ = static_cast<char>(byte & 0xFF); };
    for (std::size_t fours = letters.size() / 4; fours > 0; --fours, from += 4) {
        const std::uint32_t bits = static_cast<std::uint32_t>(base64_value(from[0])) << 18 |
                                   static_cast<std::uint32_t>(base64_value(from[1])) << 12 |
                                   static_cast<std::uint32_t>(base64_value(from[2])) << 6 |
                                   base64_value(from[3]);
        put(bits >> 16);
        put(bits >> 8);
        put(bits);
    }
    std::uint32_t bits = 0;
    const std::size_t rest = letters.size() % 4;
    for (std::size_t k = 0; k < rest; ++k) bits = bits << 6 | base64_value(from[k]);
    if (rest == 2) put(bits >> 4);
    if (rest == 3) {
        put(bits >> 10);
        put(bits >> 2);
    }
}

/// The text inside a decoded run: stretches of UTF-8 that hold something, each ended by a space.
void append_stretches(std::string& out, std::string_view bytes) {
    std::size_t begin = 0, beyond_ascii = 0;
    const auto end_at = [&](std::size_t end) {
        if (beyond_ascii >= 2 || end - begin >= 2 * kShortestFind) {
            out.append(bytes.data() + begin, end - begin);
            out += ' ';
        }
        begin = end + 1;
        beyond_ascii = 0;
    };
    const char* const data = bytes.data();
    const std::size_t size = bytes.size();
    for (std::size_t i = 0; i < size;) {
        const auto lead = static_cast<unsigned char>(data[i]);
        if (lead >= 0x20 && lead < 0x7F) {
            ++i;
            continue;
        }
        const bool goes_on = lead >= 0xC2 && i + 1 < size && (data[i + 1] & 0xC0) == 0x80;
        const std::size_t length = goes_on ? sequence_at(bytes, i) : 0;
        if (length == 0) {
            end_at(i++);
            continue;
        }
        ++beyond_ascii;
        i += length;
    }
    end_at(size);
}

/// What runs of base64 (either alphabet) hold, at each of the four offsets a name may start at.
std::string decoded_runs(std::string_view text) {
    struct Piece {
        std::size_t begin = 0, size = 0;
    };
    std::unordered_map<std::string_view, Piece> known;  // in `out`: ids and addresses come often
    std::string out, bytes;
    const char* const data = text.data();
    for (std::size_t from = 0; from + kShortestRun <= text.size();) {
        // Behind the last other byte within reach: no run of this length holds that one.
        std::size_t first = from + kShortestRun;
        while (first > from && is_base64(data[first - 1])) --first;
        if (first > from) {
            from = first;
            continue;
        }
        std::size_t end = from + kShortestRun;
        while (end < text.size() && is_base64(data[end])) ++end;
        const std::string_view run = text.substr(from, end - from);
        from = end + 1;
        const auto [at, is_new] = known.try_emplace(run);
        Piece& piece = at->second;
        if (!is_new) {
            out.append(out, piece.begin, piece.size);
            continue;
        }
        piece.begin = out.size();
        for (std::size_t offset = 0; offset < 4; ++offset) {
            decode(run.substr(offset), bytes);
            append_stretches(out, bytes);
        }
        piece.size = out.size() - piece.begin;
    }
    return out;
}

void open(std::string text, int depth, std::vector<std::string>& texts) {
    // JSON inside a JSON string is escaped twice.
    const auto holds = [&](char escape) { return text.find(escape) != std::string::npos; };
    for (int i = 0; i < kDepth && (holds('\\') || holds('%') || holds('&')); ++i) {
        std::string plain = without_references(without_backslashes(text));
        if (plain == text) break;
        text = std::move(plain);
    }
    std::string hidden = depth > 0 ? decoded_runs(text) : std::string{};
    texts.push_back(well_formed(std::move(text)));
    if (!hidden.empty()) open(std::move(hidden), depth - 1, texts);
}

/// The head of a gzip member (RFC 1952 section 2.3.1): magic, deflate, no reserved flag.
bool is_gzip(std::string_view bytes) {
    return bytes.size() > 3 && bytes.starts_with("\x1f\x8b\x08") &&
           static_cast<unsigned char>(bytes[3]) < 0x20;
}

/// Whether a run of base64, or a part of a path, begins with one.
bool holds_gzip(std::string_view text) {
    constexpr std::string_view kHead = "H4sI";  // 1F 8B 08
    constexpr std::size_t kOffsets = 4;
    for (std::size_t at = text.find(kHead); at != std::string_view::npos;
         at = text.find(kHead, at + 1)) {
        std::size_t begin = at, end = at;
        while (begin > 0 && at - begin < kOffsets && is_base64(text[begin - 1])) --begin;
        while (end < text.size() && end - at < kShortestRun && is_base64(text[end])) ++end;
        const bool begins = at - begin < kOffsets || base64_value(text[at - 1]) >= 62;
        // The first three bits of what follows are the reserved flags.
        if (begins && end - at == kShortestRun && base64_value(text[at + kHead.size()]) < 8)
            return true;
    }
    return false;
}

}  // namespace

bool holds_compressed(std::string_view bytes, std::span<const std::string> texts) {
    return is_gzip(bytes) || std::any_of(texts.begin(), texts.end(), holds_gzip);
}

std::vector<std::string> unwrapped(std::string_view bytes) {
    std::vector<std::string> texts;
    open(std::string{bytes}, kDepth, texts);
    return texts;
}

}  // namespace tsunagi::privacy

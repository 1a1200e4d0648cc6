// What privacy/unwrap.h does, wrapping by wrapping.
#include "privacy/plain_scan.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdlib>
#include <optional>
#include <set>
#include <utility>

#include "base/utf8.h"
#include "text/encoding.h"
#include "text/gzip.h"

namespace tsunagi::privacy::plain {
namespace {

constexpr int kDepth = 3;
/// Shorter runs of base64 letters are words.
constexpr std::size_t kShortestRun = 16;
/// What stands as a path before base64.
constexpr std::size_t kLongestPath = 256;
/// Shorter runs of hexadecimal digits are numbers; fewer characters of UTF-16 are noise.
constexpr std::size_t kShortestHex = 12, kShortestWide = 6, kShortestWideInHex = 4;
/// Less than two kanji decode to noise more often than to a name.
constexpr std::size_t kShortestFind = 6;

int hex_value(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
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

/// The character of =E7=94=B0 at `at`, then a bar for what it took, a stroke for each byte; empty:
/// none stands there.
std::string quoted_at(std::string_view text, std::size_t at) {
    std::string bytes;
    for (std::size_t i = at; bytes.size() < 4; i += 3) {
        if (!bytes.empty()) {
            for (const std::string_view end :
                 {"= \n", "=  ", "=\r\n", "=\r ", "=\n ", "=\n\n", "= ", "=\r", "=\n"}) {
                if (!text.substr(i).starts_with(end)) continue;
                i += end.size();
                break;
            }
        }
        if (i + 2 >= text.size() || text[i] != '=' || hex_value(text[i + 1]) < 0 ||
            hex_value(text[i + 2]) < 0)
            return {};
        bytes += static_cast<char>(hex_value(text[i + 1]) * 16 + hex_value(text[i + 2]));
        if (static_cast<unsigned char>(bytes.front()) < 0x80) return {};
        if (sequence_at(bytes, 0) == bytes.size())
            return bytes + "|" + std::string(i + 3 - at, '/');
    }
    return {};
}

/// %E7%94%B0, &#x7530; &#30000; and =E7=94=B0 opened.
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
        if (const std::string quoted = quoted_at(text, i); !quoted.empty()) {
            out += quoted.substr(0, quoted.find('|'));
            i += quoted.size() - quoted.find('|') - 1;
            --i;
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

/// What bytes hold that begin as UTF-16 or Shift_JIS.
void append_japanese(std::string& out, const std::string& bytes, std::size_t shortest) {
    const auto at = [&](std::size_t i) { return static_cast<unsigned char>(bytes[i]); };
    const auto put = [&](text::Encoding encoding) {
        out += text::decode_for_search(bytes, encoding) + " ";
    };
    for (const bool little : {true, false}) {
        bool all = bytes.size() / 2 >= shortest;
        for (std::size_t k = 0; all && k < shortest; ++k) {
            const int high = at(2 * k + (little ? 1 : 0));
            all = (high >= 0x4E && high <= 0x9F) || high == 0 || (high >= 0x20 && high <= 0x22) ||
                  high == 0x24 || high == 0x25 || high == 0x30 || high == 0xF9 || high == 0xFA ||
                  high >= 0xFE;
        }
        if (all) put(little ? text::Encoding::Utf16Le : text::Encoding::Utf16Be);
    }
    // Shift_JIS as a string of kinds: a for ASCII, k for kana, s for signs in half width, ww for
    // two bytes, . for the rest.
    std::string kinds;
    for (std::size_t i = 0; i < std::min<std::size_t>(bytes.size(), 32); i = kinds.size()) {
        const int c = at(i), next = i + 1 < bytes.size() ? at(i + 1) : -1;
        const bool leads = (c >= 0x81 && c <= 0x9F && c != 0x85 && c != 0x86) ||
                           (c >= 0xE0 && c <= 0xFC && c != 0xEB && c != 0xEC && c != 0xEF);
        if ((c >= 0x20 && c <= 0x7E) || c == 9 || c == 10 || c == 13)
            kinds += 'a';
        else if (c >= 0xA1 && c <= 0xDF)
            kinds += c <= 0xA5 ? 's' : 'k';
        else if (leads && next == -1)
            kinds += 'c';  // cut
        else if (leads && next >= 0x40 && next <= 0xFC && next != 0x7F)
            kinds += "ww";
        else
            kinds += '.';
    }
    if (kinds.find('.') != std::string::npos) return;
    const auto half_width = [&](std::size_t i) {
        return i < std::min<std::size_t>(kinds.size(), 32) && (kinds[i] == 'k' || kinds[i] == 's');
    };
    for (std::size_t i = 0; i < kinds.size() && i < 32; ++i) {
        const bool alone = !half_width(i + 1) && !(i > 0 && half_width(i - 1));
        if (kinds[i] == 'k' && alone && i + 1 < std::min<std::size_t>(bytes.size(), 32)) return;
    }
    const auto count = [&](char kind) { return std::count(kinds.begin(), kinds.end(), kind); };
    if (count('w') >= 4 || count('k') + count('s') >= 4) put(text::Encoding::Cp932);
}

/// What gzip holds, of the first MiB that is inflated of one text.
void append_inflated(std::string& out, const std::string& bytes, std::size_t& budget) {
    const std::string held = text::inflate_for_search(bytes, budget);
    budget -= held.size();
    append_stretches(out, held);
    append_japanese(out, held, kShortestWide);
}

/// What runs of hexadecimal digits in a run of base64 hold, at either half of a byte.
void append_hex(std::string& out, std::string_view run, std::set<std::string_view>& known,
                std::size_t& budget) {
    for (std::size_t i = 0; i < run.size();) {
        std::size_t end = i;
        while (end < run.size() && hex_value(run[end]) >= 0) ++end;
        const bool is_new = end - i >= kShortestHex && known.insert(run.substr(i, end - i)).second;
        for (std::size_t offset = 0; is_new && offset < 2; ++offset) {
            std::string bytes;
            for (std::size_t k = i + offset; k + 1 < end; k += 2)
                bytes += static_cast<char>(hex_value(run[k]) * 16 + hex_value(run[k + 1]));
            append_stretches(out, bytes);
            append_japanese(out, bytes, kShortestWideInHex);
            append_inflated(out, bytes, budget);
        }
        i = end + 1;
    }
}

/// What a run of base64 holds, at each of the four offsets a name may start at.
void append_base64(std::string& out, std::string_view run, std::size_t& budget) {
    for (std::size_t offset = 0; offset < 4; ++offset) {
        std::string bytes;
        std::uint32_t bits = 0;
        int held = 0;
        for (const char letter : run.substr(offset)) {
            bits = (bits << 6) | static_cast<std::uint32_t>(base64_value(letter));
            held += 6;
            if (held < 8) continue;
            held -= 8;
            bytes += static_cast<char>((bits >> held) & 0xFF);
        }
        append_stretches(out, bytes);
        // From the beginning of the run on, and behind + - / _.
        for (std::size_t k = offset; k + kShortestRun <= run.size() && k <= kLongestPath; k += 4) {
            if (k > offset && base64_value(run[k - 1]) < 62) continue;
            append_japanese(out, bytes.substr((k - offset) / 4 * 3), kShortestWide);
            append_inflated(out, bytes.substr((k - offset) / 4 * 3), budget);
        }
    }
}

/// The lines of base64 from the one between `begin` and `end` on, each as long as that but the
/// last, which ends at `end` then; only the line itself when none follows.
std::string lines_as_one(std::string_view text, std::size_t begin, std::size_t& end) {
    const std::string_view first = text.substr(begin, end - begin);
    std::string whole{first};
    while (true) {
        std::size_t at = end;
        const auto ends_line = [&] {
            return at < text.size() &&
                   std::string_view{"\r\n "}.find(text[at]) != std::string_view::npos;
        };
        if (ends_line()) ++at;
        if (at > end && ends_line()) ++at;
        if (at == end) return whole;
        std::string line;
        while (at < text.size() && base64_value(text[at]) >= 0) line += text[at++];
        whole += line;
        end = at;
        if (line.size() != first.size()) return whole;
    }
}

/// What runs of base64 (either alphabet) hold, each of them once.
std::string decoded_runs(std::string_view text, std::size_t& budget) {
    std::string out;
    std::set<std::string_view> known, known_hex;
    std::size_t lines_end = 0;
    for (std::size_t i = 0; i < text.size();) {
        std::size_t end = i;
        while (end < text.size() && base64_value(text[end]) >= 0) ++end;
        const std::string_view run = text.substr(i, end - i);
        i = end + 1;
        if (run.size() < kShortestRun || known.insert(run).second) {
            if (run.size() >= kShortestRun) append_base64(out, run, budget);
            append_hex(out, run, known_hex, budget);
        }
        if (run.size() >= 60 && run.size() % 4 == 0 && end > lines_end) {
            std::size_t last = end;
            const std::string whole = lines_as_one(text, end - run.size(), last);
            if (last > end) lines_end = last;
            if (whole.size() > run.size()) append_base64(out, whole, budget);
        }
    }
    return out;
}

void open(std::string text, int depth, std::size_t& budget, std::vector<std::string>& texts) {
    // JSON inside a JSON string is escaped twice.
    for (int i = 0; i < kDepth; ++i) {
        std::string plain = without_references(without_backslashes(text));
        if (plain == text) break;
        text = std::move(plain);
    }
    texts.push_back(well_formed(text));
    if (depth == 0) return;
    if (std::string hidden = decoded_runs(text, budget); !hidden.empty())
        open(std::move(hidden), depth - 1, budget, texts);
}

}  // namespace

std::vector<std::string> unwrapped(std::string_view bytes) {
    std::vector<std::string> texts;
    std::size_t budget = std::size_t{1} << 20;
    open(std::string{bytes}, kDepth, budget, texts);
    std::string held;
    append_inflated(held, std::string{bytes}, budget);
    if (!held.empty()) open(std::move(held), kDepth - 1, budget, texts);
    return texts;
}

}  // namespace tsunagi::privacy::plain

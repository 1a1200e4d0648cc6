#include "privacy/unwrap.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <unordered_set>
#include <utility>

#include "base/utf8.h"
#include "json/reader.h"
#include "text/encoding.h"
#include "text/gzip.h"

namespace tsunagi::privacy {
namespace {

constexpr int kDepth = 3;
/// Shorter runs of base64 letters are words, of hexadecimal digits numbers.
constexpr std::size_t kShortestRun = 16, kShortestHex = 12;
/// What stands as a path before base64.
constexpr std::size_t kLongestPath = 256;
/// Fewer characters of UTF-16 are noise.
constexpr std::size_t kShortestWide = 6, kShortestWideInHex = 4;
/// Less than two kanji decode to noise more often than to a name.
constexpr std::size_t kShortestFind = 6;
/// What gzip members may hold together.
constexpr std::size_t kMostInflated = std::size_t{1} << 20;

/// What letters of an alphabet stand for, kNoLetter for any other byte.
using Alphabet = std::array<std::uint8_t, 256>;
constexpr std::uint8_t kNoLetter = 0xFF;
constexpr std::uint8_t value_in(const Alphabet& alphabet, char c) {
    return alphabet.data()[static_cast<unsigned char>(c)];
}

constexpr Alphabet kHex = [] {
    Alphabet values{};
    values.fill(kNoLetter);
    for (std::uint8_t i = 0; i < 10; ++i) values['0' + i] = i;
    for (std::uint8_t i = 0; i < 6; ++i) values['a' + i] = values['A' + i] = 10 + i;
    return values;
}();

int hex_value(char c) {
    const std::uint8_t value = value_in(kHex, c);
    return value == kNoLetter ? -1 : value;
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

/// Appends the character beyond ASCII that stands at `at` as =E7=94=B0 (RFC 2045 section 6.7), a
/// line end behind a = within it left out. Where it ends; `at`: none stands there.
std::size_t append_quoted(std::string& out, std::string_view text, std::size_t at) {
    const auto hex = [&](std::size_t i) { return i < text.size() ? hex_value(text[i]) : -1; };
    const auto is = [&](std::size_t i, std::string_view among) {
        return i < text.size() && among.find(text[i]) != std::string_view::npos;
    };
    std::array<char, 4> bytes{};
    std::size_t size = 0, length = 1, i = at;
    for (; size < length; ++size, i += 3) {
        if (size > 0 && is(i, "=") && is(i + 1, " \r\n")) i += is(i + 2, " \n") ? 3 : 2;
        if (!is(i, "=") || hex(i + 1) < 0 || hex(i + 2) < 0) return at;
        const auto byte = static_cast<unsigned char>(hex(i + 1) * 16 + hex(i + 2));
        if (size == 0) length = kLength.data()[byte];
        if (length < 2) return at;
        bytes.data()[size] = static_cast<char>(byte);
    }
    const std::string_view character{bytes.data(), size};
    if (sequence_at(character, 0) != size) return at;
    out += character;
    return i;
}

/// %E7%94%B0, &#x7530; &#30000; and =E7=94=B0 opened.
std::string without_references(std::string whole) {
    const std::string_view text = whole;
    std::size_t percent = text.find('%'), ampersand = text.find('&'), equals = text.find('=');
    if (std::min({percent, ampersand, equals}) == std::string::npos) return whole;
    std::string out;
    out.reserve(text.size());
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (percent < i) percent = text.find('%', i);
        if (ampersand < i) ampersand = text.find('&', i);
        if (equals < i) equals = text.find('=', i);
        const std::size_t next = std::min({percent, ampersand, equals, text.size()});
        out += text.substr(i, next - i);
        i = next;
        if (i == text.size()) break;
        if (i == equals) {
            const std::size_t end = append_quoted(out, text, i);
            if (end == i) out += text[i];
            i = std::max(end, i + 1) - 1;
            continue;
        }
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

/// Either alphabet of base64.
constexpr Alphabet kBase64 = [] {
    Alphabet values{};
    values.fill(kNoLetter);
    for (std::uint8_t i = 0; i < 26; ++i) {
        values['A' + i] = i;
        values['a' + i] = 26 + i;
    }
    for (std::uint8_t i = 0; i < 10; ++i) values['0' + i] = 52 + i;
    values['+'] = values['-'] = 62;
    values['/'] = values['_'] = 63;
    return values;
}();
std::uint8_t base64_value(char c) { return value_in(kBase64, c); }
bool is_base64(char c) { return base64_value(c) != kNoLetter; }

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

/// High bytes of the UTF-16 that Japanese text is made of: ASCII, signs, kana, kanji, full width,
/// the byte order mark.
constexpr auto kWide = [] {
    std::array<bool, 256> high{};
    constexpr auto kOthers = std::to_array<std::size_t>(
        {0x00, 0x20, 0x21, 0x22, 0x24, 0x25, 0x30, 0xF9, 0xFA, 0xFE, 0xFF});
    for (const std::size_t byte : kOthers) high[byte] = true;
    for (std::size_t byte = 0x4E; byte < 0xA0; ++byte) high[byte] = true;
    return high;
}();

/// The first `shortest` characters are such; `high`: which byte of each is its high one.
bool is_utf16(std::string_view bytes, std::size_t high, std::size_t shortest) {
    if (bytes.size() / 2 < shortest) return false;
    for (std::size_t k = 0; k < shortest; ++k) {
        if (!kWide.data()[static_cast<unsigned char>(bytes.data()[2 * k + high])]) return false;
    }
    return true;
}

/// Reads as Shift_JIS from the first byte on, to the end or far enough; more than ASCII, and half
/// width kana not by themselves.
bool is_shift_jis(std::string_view bytes) {
    constexpr std::size_t kEnough = 32, kLeastWide = 2, kLeastKana = 4;
    const std::size_t end = std::min(bytes.size(), kEnough);
    const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(bytes.data()[i]); };
    const auto is_kana = [&](std::size_t i) { return byte(i) >= 0xA1 && byte(i) <= 0xDF; };
    std::size_t wide = 0, kana = 0;
    for (std::size_t i = 0; i < end;) {
        const unsigned char c = byte(i);
        if ((c >= 0x20 && c < 0x7F) || c == '\t' || c == '\n' || c == '\r') {
            ++i;
        } else if (is_kana(i)) {
            const std::size_t from = i;
            while (i < end && is_kana(i)) ++i;
            constexpr unsigned char kLastSign = 0xA5;  // 。「」、・
            if (i - from == 1 && i < end && c > kLastSign) return false;
            kana += i - from;
        } else {
            const bool leads = (c >= 0x81 && c <= 0x84) || (c >= 0x87 && c <= 0x9F) ||
                               (c >= 0xE0 && c <= 0xEA) || c == 0xED || c == 0xEE ||
                               (c >= 0xF0 && c <= 0xFC);
            if (!leads) return false;
            if (i + 1 == bytes.size()) break;
            if (byte(i + 1) < 0x40 || byte(i + 1) == 0x7F || byte(i + 1) > 0xFC) return false;
            ++wide;
            i += 2;
        }
    }
    return wide >= kLeastWide || kana >= kLeastKana;
}

/// The text of bytes that begin as UTF-16 or Shift_JIS do.
void append_japanese(std::string& out, std::string_view bytes, std::size_t shortest_wide) {
    const auto append = [&](text::Encoding encoding) {
        out += text::decode_for_search(bytes, encoding);
        out += ' ';
    };
    if (is_utf16(bytes, 1, shortest_wide)) append(text::Encoding::Utf16Le);
    if (is_utf16(bytes, 0, shortest_wide)) append(text::Encoding::Utf16Be);
    if (is_shift_jis(bytes)) append(text::Encoding::Cp932);
}

/// Adds the text of what gzip holds, and takes what was read from `budget`. What is not read does
/// not leave (holds_compressed).
void append_inflated(std::string& out, std::string_view bytes, std::size_t& budget) {
    const std::string held = text::inflate_for_search(bytes, budget);
    budget -= held.size();
    append_stretches(out, held);
    append_japanese(out, held, kShortestWide);
}

/// The next `shortest` and more letters of an alphabet beside each other, from `at` on; empty:
/// none.
std::string_view next_run(std::string_view text, std::size_t at, const Alphabet& alphabet,
                          std::size_t shortest) {
    const char* const data = text.data();
    const auto is_letter = [&](std::size_t i) { return value_in(alphabet, data[i]) != kNoLetter; };
    while (at + shortest <= text.size()) {
        // Behind the last other byte within reach: no run of this length holds that one.
        std::size_t first = at + shortest;
        while (first > at && is_letter(first - 1)) --first;
        if (first == at) {
            std::size_t end = at + shortest;
            while (end < text.size() && is_letter(end)) ++end;
            return text.substr(at, end - at);
        }
        at = first;
    }
    return {};
}

/// What runs of base64 (either alphabet) and of hexadecimal digits in one text hold, each run once:
/// ids and addresses come often.
class Runs {
public:
    /// `budget`: bytes that may be inflated yet.
    Runs(std::string_view text, std::size_t& budget) : text_(text), budget_(budget) {}

    std::string decoded() && {
        static_assert(kShortestHex < kShortestRun, "hexadecimal digits are letters of base64");
        for (auto run = next_run(text_, 0, kBase64, kShortestHex); !run.empty();
             run = next_run(text_, end_of(run, text_), kBase64, kShortestHex)) {
            if (run.size() < kShortestRun) {
                append_hex(run);
            } else if (known_.insert(run).second) {
                append_base64(run);
                append_hex(run);
            }
            append_lines(run);
        }
        return std::move(out_);
    }

private:
    static std::size_t end_of(std::string_view part, std::string_view whole) {
        return static_cast<std::size_t>(part.data() - whole.data()) + part.size();
    }

    /// At each of the four offsets a name may start at. UTF-16 and Shift_JIS at the beginning, and
    /// behind what parts the names of a path in front of it.
    void append_base64(std::string_view run) {
        for (std::size_t offset = 0; offset < 4; ++offset) {
            decode(run.substr(offset), bytes_);
            append_stretches(out_, bytes_);
            const std::size_t end = std::min(run.size(), kLongestPath + kShortestRun);
            for (std::size_t at = offset; at + kShortestRun <= end; at += 4) {
                if (at > offset && base64_value(run.data()[at - 1]) < 62) continue;
                const auto begun = std::string_view{bytes_}.substr((at - offset) / 4 * 3);
                append_japanese(out_, begun, kShortestWide);
                append_inflated(out_, begun, budget_);
            }
        }
    }

    /// Base64 in mails is broken every 64 or 76 letters: the lines from `first` on as one, for what
    /// goes over their ends.
    void append_lines(std::string_view first) {
        constexpr std::size_t kShortestLine = 60, kLongestEnd = 2;
        const std::size_t line = first.size();
        std::size_t end = end_of(first, text_);
        if (line < kShortestLine || line % 4 != 0 || end <= lines_end_) return;
        std::string whole{first};
        for (std::size_t size = line; size == line;) {
            std::size_t begin = end;
            while (begin < std::min(text_.size(), end + kLongestEnd) && is_line_end(text_[begin]))
                ++begin;
            if (begin == end) break;
            end = begin;
            while (end < text_.size() && is_base64(text_[end])) ++end;
            size = end - begin;
            whole += text_.substr(begin, size);
            lines_end_ = end;
        }
        if (whole.size() > line) append_base64(whole);
    }
    /// Opened escapes are spaces.
    static bool is_line_end(char c) { return c == '\r' || c == '\n' || c == ' '; }

    /// At either half of a byte.
    void append_hex(std::string_view run) {
        for (auto digits = next_run(run, 0, kHex, kShortestHex); !digits.empty();
             digits = next_run(run, end_of(digits, run), kHex, kShortestHex)) {
            if (!known_hex_.insert(digits).second) continue;
            for (const std::size_t offset : {0U, 1U}) {
                bytes_.clear();
                for (std::size_t i = offset; i + 1 < digits.size(); i += 2)
                    bytes_ +=
                        static_cast<char>(hex_value(digits[i]) * 16 + hex_value(digits[i + 1]));
                append_stretches(out_, bytes_);
                append_japanese(out_, bytes_, kShortestWideInHex);
                append_inflated(out_, bytes_, budget_);
            }
        }
    }

    std::string_view text_;
    std::size_t& budget_;
    std::unordered_set<std::string_view> known_, known_hex_;
    std::size_t lines_end_ = 0;  ///< where the last lines that were taken as one end
    std::string out_, bytes_;
};

void open(std::string text, int depth, std::size_t& budget, std::vector<std::string>& texts) {
    // JSON inside a JSON string is escaped twice.
    const auto holds = [&](char escape) { return text.find(escape) != std::string::npos; };
    for (int i = 0; i < kDepth && (holds('\\') || holds('%') || holds('&') || holds('=')); ++i) {
        std::string plain = without_references(without_backslashes(text));
        if (plain == text) break;
        text = std::move(plain);
    }
    std::string hidden = depth > 0 ? Runs(text, budget).decoded() : std::string{};
    texts.push_back(well_formed(std::move(text)));
    if (!hidden.empty()) open(std::move(hidden), depth - 1, budget, texts);
}

/// Whether a run of hexadecimal digits, as long as a member's head, begins with one, at either half
/// of a byte.
bool holds_gzip_in_hex(std::string_view text) {
    constexpr std::size_t kHeadDigits = 20, kSeen = 8;
    for (auto run = next_run(text, 0, kHex, kHeadDigits); !run.empty();) {
        for (const std::size_t offset : {0U, 1U}) {
            std::string head;
            for (std::size_t i = offset; i < offset + kSeen; i += 2)
                head += static_cast<char>(hex_value(run[i]) * 16 + hex_value(run[i + 1]));
            if (text::is_gzip(head)) return true;
        }
        const auto end = static_cast<std::size_t>(run.data() + run.size() - text.data());
        run = next_run(text, end, kHex, kHeadDigits);
    }
    return false;
}

/// Whether a run of base64, or a part of a path, begins with one.
bool holds_gzip_in_base64(std::string_view text) {
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
    return text::is_gzip(bytes) || std::any_of(texts.begin(), texts.end(), [](const auto& text) {
               return holds_gzip_in_base64(text) || holds_gzip_in_hex(text);
           });
}

std::vector<std::string> unwrapped(std::string_view bytes) {
    std::vector<std::string> texts;
    std::size_t budget = kMostInflated;
    open(std::string{bytes}, kDepth, budget, texts);
    std::string held;
    append_inflated(held, bytes, budget);
    if (!held.empty()) open(std::move(held), kDepth - 1, budget, texts);
    return texts;
}

}  // namespace tsunagi::privacy

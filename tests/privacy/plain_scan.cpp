#include "privacy/plain_scan.h"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <optional>
#include <set>
#include <span>
#include <utility>

#include "text/care.h"
#include "text/encoding.h"
#include "text/width.h"

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

/// What runs of hexadecimal digits in a run of base64 hold, at either half of a byte.
void append_hex(std::string& out, std::string_view run, std::set<std::string_view>& known) {
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
        }
        i = end + 1;
    }
}

/// What a run of base64 holds, at each of the four offsets a name may start at.
void append_base64(std::string& out, std::string_view run) {
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
            if (k == offset || base64_value(run[k - 1]) >= 62)
                append_japanese(out, bytes.substr((k - offset) / 4 * 3), kShortestWide);
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
std::string decoded_runs(std::string_view text) {
    std::string out;
    std::set<std::string_view> known, known_hex;
    std::size_t lines_end = 0;
    for (std::size_t i = 0; i < text.size();) {
        std::size_t end = i;
        while (end < text.size() && base64_value(text[end]) >= 0) ++end;
        const std::string_view run = text.substr(i, end - i);
        i = end + 1;
        if (run.size() < kShortestRun || known.insert(run).second) {
            if (run.size() >= kShortestRun) append_base64(out, run);
            append_hex(out, run, known_hex);
        }
        if (run.size() >= 60 && run.size() % 4 == 0 && end > lines_end) {
            std::size_t last = end;
            const std::string whole = lines_as_one(text, end - run.size(), last);
            if (last > end) lines_end = last;
            if (whole.size() > run.size()) append_base64(out, whole);
        }
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

namespace {

/// Old and variant forms of kanji in names, and letters with marks, to the form they are compared
/// in (domain.md 5.6); in the order of the code points. Compared only, never stored: 斎 and 斉 are
/// two names, but one here.
constexpr auto kVariants = std::to_array<std::pair<char32_t, char32_t>>({
    {U'â', U'a'},   {U'ê', U'e'},   {U'î', U'i'},   {U'ô', U'o'},   {U'û', U'u'},   {U'ā', U'a'},
    {U'ē', U'e'},   {U'ī', U'i'},   {U'ō', U'o'},   {U'ū', U'u'},   {U'內', U'内'}, {U'冨', U'富'},
    {U'凜', U'凛'}, {U'吳', U'呉'}, {U'國', U'国'}, {U'圓', U'円'}, {U'堯', U'尭'}, {U'增', U'増'},
    {U'壽', U'寿'}, {U'學', U'学'}, {U'實', U'実'}, {U'嶋', U'島'}, {U'嶌', U'島'}, {U'廣', U'広'},
    {U'彌', U'弥'}, {U'彥', U'彦'}, {U'德', U'徳'}, {U'惠', U'恵'}, {U'敎', U'教'}, {U'斎', U'斉'},
    {U'晉', U'晋'}, {U'曾', U'曽'}, {U'會', U'会'}, {U'杦', U'杉'}, {U'栁', U'柳'}, {U'桒', U'桑'},
    {U'條', U'条'}, {U'榮', U'栄'}, {U'槇', U'槙'}, {U'橫', U'横'}, {U'櫻', U'桜'}, {U'步', U'歩'},
    {U'每', U'毎'}, {U'淸', U'清'}, {U'淺', U'浅'}, {U'澤', U'沢'}, {U'濱', U'浜'}, {U'濵', U'浜'},
    {U'瀨', U'瀬'}, {U'眞', U'真'}, {U'碕', U'崎'}, {U'禮', U'礼'}, {U'籠', U'篭'}, {U'緖', U'緒'},
    {U'與', U'与'}, {U'舘', U'館'}, {U'萬', U'万'}, {U'薗', U'園'}, {U'藏', U'蔵'}, {U'豐', U'豊'},
    {U'遙', U'遥'}, {U'邉', U'辺'}, {U'邊', U'辺'}, {U'鄕', U'郷'}, {U'鐵', U'鉄'}, {U'關', U'関'},
    {U'靑', U'青'}, {U'靜', U'静'}, {U'髙', U'高'}, {U'鷗', U'鴎'}, {U'黑', U'黒'}, {U'齊', U'斉'},
    {U'齋', U'斉'}, {U'龍', U'竜'}, {U'﨑', U'崎'}, {U'𠮷', U'吉'},
});
static_assert(std::is_sorted(kVariants.begin(), kVariants.end()));

char32_t usual_form(char32_t c) {
    const auto* const found =
        std::lower_bound(kVariants.begin(), kVariants.end(), c,
                         [](const auto& each, char32_t sought) { return each.first < sought; });
    return found != kVariants.end() && found->first == c ? found->second : c;
}

/// Decodes one character of well-formed UTF-8.
char32_t next_character(std::string_view text, std::size_t& at) {
    const auto byte = [&](std::size_t i) {
        return static_cast<char32_t>(static_cast<unsigned char>(text[i]));
    };
    const char32_t lead = byte(at);
    const std::size_t length = lead < 0x80 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
    char32_t c = length == 1 ? lead : lead & (0xFFU >> (length + 1));
    for (std::size_t k = 1; k < length && at + k < text.size(); ++k)
        c = (c << 6) | (byte(at + k) & 0x3F);
    at = std::min(at + length, text.size());
    return c;
}

/// Beyond ASCII: neither letter nor digit of any script we meet, so that it parts words.
bool parts_words(char32_t c) {
    return (c >= 0x80 && c <= 0xBF) || (c >= 0x2000 && c <= 0x206F) ||  // spaces, dashes, marks
           (c >= 0x2190 && c <= 0x245F) ||
           (c >= 0x2500 && c <= 0x27BF) ||  // arrows, frames, bullets
           (c >= 0x3000 && c <= 0x3004) || (c >= 0x3008 && c <= 0x3020) || c == 0x3030 ||
           c == 0x30FB || c == 0x30A0 || (c >= 0xFF01 && c <= 0xFF0F) ||
           (c >= 0xFF1A && c <= 0xFF20) || (c >= 0xFF3B && c <= 0xFF40) ||
           (c >= 0xFF5B && c <= 0xFF65) || c == 0xFEFF || (c >= 0xE000 && c <= 0xF8FF);
}

/// Characters that part nothing and are not compared: zero width, soft hyphen, variation selectors,
/// accents.
bool is_unseen(char32_t c) {
    return c == 0x00AD || (c >= 0x0300 && c <= 0x036F) || (c >= 0x200B && c <= 0x200F) ||
           c == 0x2060 || c == 0xFEFF || (c >= 0xFE00 && c <= 0xFE0F) ||
           (c >= 0xE0100 && c <= 0xE01EF);
}

}  // namespace

Letters fold_letters(std::string_view utf8) {
    Letters letters;
    letters.text.reserve(utf8.size() / 2);
    letters.marks.reserve(utf8.size() / 2 + 1);
    std::uint8_t mark = Letters::Apart;
    std::string word;  // characters beyond ASCII, to be normalised together
    const auto add = [&](char32_t c) {
        letters.text += c;
        letters.marks.push_back(std::exchange(mark, std::uint8_t{0}));
    };
    const auto flush = [&] {
        if (word.empty()) return;
        for (const char32_t c : to_utf32(text::match_key(word))) add(usual_form(c));
        word.clear();
    };
    for (std::size_t i = 0; i < utf8.size();) {
        const auto byte = static_cast<unsigned char>(utf8[i]);
        if (byte < 0x80) {
            ++i;
            flush();
            const auto letter = static_cast<unsigned char>(byte | 0x20);
            if ((byte >= '0' && byte <= '9') || (letter >= 'a' && letter <= 'z'))
                add(byte >= 'A' ? letter : byte);
            else
                mark |= Letters::Apart;
            continue;
        }
        const std::size_t from = i;
        const char32_t c = next_character(utf8, i);
        if (is_unseen(c)) continue;
        if (!parts_words(c)) {
            word += utf8.substr(from, i - from);
            continue;
        }
        flush();
        mark |= Letters::Apart;
        if (c == U'「' || c == U'｢') mark |= Letters::AfterOpen;
        if (c == U'」' || c == U'｣') mark |= Letters::AfterClose;
    }
    flush();
    letters.marks.push_back(mark | Letters::Apart);
    return letters;
}

namespace {

constexpr std::u32string_view kNumerals = U"〇一二三四五六七八九";

int numeral(char32_t c) {
    if (c == U'零') return 0;
    constexpr std::u32string_view kOfDocuments = U"壱弐参壹貳參";
    if (const std::size_t at = kOfDocuments.find(c); at != std::u32string_view::npos)
        return static_cast<int>(at % 3) + 1;
    const std::size_t at = kNumerals.find(c);
    return at == std::u32string_view::npos ? -1 : static_cast<int>(at);
}

bool is_kanji_number(char32_t c) {
    return numeral(c) >= 0 || c == U'十' || c == U'百' || c == U'拾';
}

/// 十三 → 13, 二十 → 20, 〇九〇 → 090. Empty when it reads as no number.
std::string read_kanji_number(std::u32string text) {
    std::replace(text.begin(), text.end(), U'拾', U'十');
    const bool positional = text.find(U'十') != std::u32string_view::npos ||
                            text.find(U'百') != std::u32string_view::npos;
    if (!positional) {
        std::string digits;
        for (const char32_t c : text) digits += static_cast<char>('0' + numeral(c));
        return digits;
    }
    if (text.size() > 5) return {};
    int sum = 0, held = 0;
    bool any = false;
    for (const char32_t c : text) {
        if (c == U'十' || c == U'百') {
            sum += (any ? held : 1) * (c == U'十' ? 10 : 100);
            held = 0;
            any = false;
        } else {
            held = numeral(c);
            any = true;
        }
    }
    return std::to_string(sum + held);
}

}  // namespace

std::string_view Numbers::before(std::size_t i) const {
    const std::size_t from = i == 0 ? 0 : numbers[i - 1].end;
    return std::string_view{text}.substr(from, numbers[i].begin - from);
}

std::string_view Numbers::after_last() const {
    return std::string_view{text}.substr(numbers.empty() ? 0 : numbers.back().end);
}

/// text::to_narrow of well-formed text.
std::string to_narrow(std::string_view utf8) {
    constexpr std::u32string_view kDashes = U"\u2010\u2011\u2012\u2013\u2014\u2015\u2212\u2500";
    std::string out;
    for (const char32_t c : to_utf32(utf8)) {
        if (kDashes.find(c) != std::u32string_view::npos)
            out += '-';
        else if (c >= 0xFF01 && c <= 0xFF5E)
            out += static_cast<char>(c - 0xFEE0);
        else
            append_utf8(out, c == 0x3000 ? ' ' : c);
    }
    return out;
}

Numbers find_numbers(std::string_view utf8) {
    Numbers found;
    found.text = to_narrow(utf8);
    const std::string_view text = found.text;
    for (std::size_t i = 0; i < text.size();) {
        const std::size_t from = i;
        if (text[i] >= '0' && text[i] <= '9') {
            const auto is = [&](std::size_t at, std::string_view letters) {
                return at < text.size() && letters.find(text[at]) != std::string_view::npos;
            };
            const auto letter = [&](std::size_t at) {
                return at < text.size() && (text[at] | 0x20) >= 'a' && (text[at] | 0x20) <= 'z';
            };
            while (is(i, "0123456789")) ++i;
            // 042-OOO-2OO1: the letter O for zeros, with a hyphen beside the group.
            std::size_t begin = from, end = i;
            const std::size_t floor = found.numbers.empty() ? 0 : found.numbers.back().end;
            while (begin > floor && is(begin - 1, "Oo")) --begin;
            while (is(end, "0123456789Oo")) ++end;
            const bool hyphen = is(end, "-") || (begin > 0 && is(begin - 1, "-"));
            if (!hyphen || letter(end) || (begin > 0 && letter(begin - 1))) {
                begin = from;
                end = i;
            }
            const auto add = [&] {
                std::string digits{text.substr(begin, end - begin)};
                for (char& c : digits)
                    if (c == 'O' || c == 'o') c = '0';
                found.numbers.push_back({std::move(digits), begin, end});
                i = end;
            };
            add();
            begin = end + 1;
            if (!is(end, "-")) continue;
            for (++end; is(end, "Oo");) ++end;
            if (end - begin >= 2 && is(end, "-")) add();
            continue;
        }
        if (static_cast<unsigned char>(text[i]) < 0xE3) {
            ++i;  // no kanji begins below E3; the middle of a character is passed over too
            continue;
        }
        std::u32string kanji;
        std::size_t end = i;
        for (std::size_t at = i; at < text.size(); end = at) {
            const char32_t c = next_character(text, at);
            if (!is_kanji_number(c)) break;
            kanji += c;
        }
        if (kanji.empty()) {
            const char32_t c = next_character(text, i);
            constexpr std::string_view kYear = "年";
            if (c == U'元' && text.substr(i, kYear.size()) == kYear)
                found.numbers.push_back({"1", from, i});
            continue;
        }
        i = end;
        std::string digits = read_kanji_number(kanji);
        if (!digits.empty()) found.numbers.push_back({std::move(digits), from, end});
    }
    return found;
}

namespace {

/// Folded as letters are: hiragana as katakana.
constexpr auto kHonorifics = std::to_array<std::u32string_view>(
    {U"サン", U"サマ", U"様", U"氏", U"殿", U"君", U"クン", U"チャン", U"翁", U"媼"});
constexpr std::u32string_view kParticles = U"ハガヲノニトモヘデヤ";
/// What makes the name before it that of a place, an institution or a doctor.
constexpr auto kNotThePatient = std::to_array<std::u32string_view>(
    {U"県",   U"市",   U"区",         U"町",     U"村",   U"駅",   U"郡",
     U"病院", U"医院", U"クリニック", U"診療所", U"薬局", U"歯科", U"内科",
     U"外科", U"整形", U"製薬",       U"薬品",   U"先生", U"医師", U"dr"});

bool follows(std::u32string_view text, std::size_t at, std::span<const std::u32string_view> words) {
    return std::any_of(words.begin(), words.end(),
                       [&](std::u32string_view word) { return text.substr(at).starts_with(word); });
}

struct Match {
    std::size_t begin, end;
};

/// The match counts at its place.
bool counts(const Letters& letters, const Match& match, Place place,
            const std::vector<Match>& known_words) {
    const std::u32string_view text = letters.text;
    const auto apart = [&](std::size_t at) {
        return at >= text.size() || (letters.marks[at] & Letters::Apart);
    };
    const bool honorific = follows(text, match.end, kHonorifics);
    switch (place) {
        case Place::Anywhere:
            return true;
        case Place::WithHonorific:
            return honorific;
        case Place::PartOfName:
            return !follows(text, match.end, kNotThePatient) &&
                   std::none_of(known_words.begin(), known_words.end(), [&](const Match& word) {
                       return word.begin <= match.begin && match.end <= word.end;
                   });
        case Place::KanaWord: {
            // 「タナベ」 behind the name of a drug is its maker.
            const bool quoted = (letters.marks[match.begin] & Letters::AfterOpen) &&
                                (letters.marks[match.end] & Letters::AfterClose);
            if (quoted ||
                !(apart(match.begin) || match.begin == 0 || !is_kana(text[match.begin - 1])))
                return false;
            return honorific || apart(match.end) || !is_kana(text[match.end]) ||
                   kParticles.find(text[match.end]) != std::u32string_view::npos;
        }
        case Place::LatinWord:
            return (apart(match.begin) || !is_latin(text[match.begin - 1])) &&
                   (apart(match.end) || !is_latin(text[match.end]));
    }
    return true;
}

// ---- numbers ------------------------------------------------------------------------------------

/// Digits of a text where they may form one number, "|" where something else parts them. `start`
/// says where a number as written begins in it.
struct DigitStream {
    std::string digits;
    std::vector<bool> start;  ///< one more than digits
};

bool only(std::string_view gap, std::span<const std::string_view> words) {
    while (!gap.empty()) {
        const auto word = std::find_if(words.begin(), words.end(),
                                       [&](auto each) { return gap.starts_with(each); });
        if (word == words.end()) return false;
        gap.remove_prefix(word->size());
    }
    return true;
}

DigitStream stream_of(const Numbers& numbers) {
    constexpr auto kWithin =
        std::to_array<std::string_view>({" ", "-", "(", ")", ".", "/", "\n", "\r", "\t", "ー", "・",
                                         "\u00A0", "〜", "~", "#", ",", "、"});
    constexpr std::size_t kWidest = 6;
    DigitStream stream;
    for (std::size_t i = 0; i < numbers.numbers.size(); ++i) {
        const std::string_view gap = numbers.before(i);
        if (i > 0 && (gap.size() > kWidest || !only(gap, kWithin))) {
            stream.digits += '|';
            stream.start.push_back(true);
        }
        stream.start.push_back(true);
        stream.digits += numbers.numbers[i].digits;
        stream.start.resize(stream.digits.size(), false);
    }
    stream.start.push_back(true);
    return stream;
}

bool stands_in(const DigitStream& stream, const DigitNeedle& needle) {
    for (std::size_t at = stream.digits.find(needle.digits); at != std::string::npos;
         at = stream.digits.find(needle.digits, at + 1)) {
        if (!needle.whole || (stream.start[at] && stream.start[at + needle.digits.size()]))
            return true;
    }
    return false;
}

int as_int(const std::string& digits) { return digits.size() > 4 ? -1 : std::atoi(digits.c_str()); }

std::string_view trimmed(std::string_view text) {
    constexpr std::string_view kSpace = " \t\r\n";
    const std::size_t from = text.find_first_not_of(kSpace);
    if (from == std::string_view::npos) return {};
    return text.substr(from, text.find_last_not_of(kSpace) - from + 1);
}

struct Era {
    std::string_view name, brief, square;
    char letter;
    int first;  ///< western year of year 1
};
constexpr std::array kEras{Era{"明治", "明", "㍾", 'm', 1868}, Era{"大正", "大", "㍽", 't', 1912},
                           Era{"昭和", "昭", "㍼", 's', 1926}, Era{"平成", "平", "㍻", 'h', 1989},
                           Era{"令和", "令", "㋿", 'r', 2019}};

/// The era written before a year; nullptr: none.
const Era* era_before(std::string_view gap) {
    gap = trimmed(gap);
    while (gap.ends_with('.') || gap.ends_with(')') || gap.ends_with("・"))
        gap.remove_suffix(gap.ends_with("・") ? 3 : 1);
    for (const Era& era : kEras) {
        if (gap.ends_with(era.name) || gap.ends_with(era.brief) || gap.ends_with(era.square))
            return &era;
        if (gap.empty()) continue;
        const char last = static_cast<char>(gap.back() | 0x20);
        const bool alone =
            gap.size() == 1 || !is_latin(static_cast<char32_t>(gap[gap.size() - 2] | 0x20));
        if (last == era.letter && alone) return &era;
    }
    return nullptr;
}

/// Without what may stand between the parts of a date besides.
std::string bare(std::string_view gap) {
    std::string left{gap};
    if (left.size() > 24) return left;
    for (const std::string_view word :
         {" ", "\t", "\r", "\n", ",", "(", ")", "、", "，", "の", "[", "]", "〔", "〕"}) {
        for (std::size_t at = left.find(word); at != std::string::npos; at = left.find(word))
            left.erase(at, word.size());
    }
    return left;
}

/// The month whose English name, or its first three letters, is the last word of `gap`; 0: none.
int english_month(std::string_view gap) {
    constexpr std::string_view kMonths = "janfebmaraprmayjunjulaugsepoctnovdec";
    std::string word;
    for (const char c : gap) {
        const char small = static_cast<char>(c | 0x20);
        const bool letter = small >= 'a' && small <= 'z';
        if (letter && !word.empty() && word.back() == ' ') word.clear();
        if (letter) word += small;
        if (!letter && !word.empty() && word.back() != ' ') word += ' ';
    }
    if (word.size() < 3) return 0;
    const std::size_t at = kMonths.find(std::string_view{word}.substr(0, 3));
    return at == std::string::npos || at % 3 != 0 ? 0 : static_cast<int>(at / 3) + 1;
}

/// 13.4.2, 38/4/2, 4/2/38 by themselves.
bool is_brief(const Numbers& numbers, std::size_t i, const DateNeedle& date) {
    const auto& all = numbers.numbers;
    const std::string_view mark = numbers.before(i + 1);
    if ((mark != "." && mark != "/" && mark != "・") || numbers.before(i + 2) != mark) return false;
    const int first = as_int(all[i].digits), second = as_int(all[i + 1].digits),
              third = as_int(all[i + 2].digits);
    const auto short_year = [&](const std::string& digits) {
        return digits.size() == 2 && as_int(digits) == date.year % 100;
    };
    const int begins[] = {1868, 1912, 1926, 1989, 2019, 9999};
    bool of_era = false;
    for (int k = 0; k < 5; ++k)
        of_era = of_era || (begins[k] <= date.year && date.year <= begins[k + 1] &&
                            first == date.year - begins[k] + 1);
    const bool year_first =
        (of_era || short_year(all[i].digits)) && second == date.month && third == date.day;
    const bool year_last =
        short_year(all[i + 2].digits) && ((first == date.month && second == date.day) ||
                                          (first == date.day && second == date.month));
    const auto joins = [](char c) {
        return std::string_view{"./-_:+%"}.find(c) != std::string_view::npos ||
               is_latin(static_cast<char32_t>(static_cast<unsigned char>(c) | 0x20U));
    };
    const std::string_view before = numbers.before(i);
    const bool last = i + 3 == all.size();
    const std::string_view behind = last ? numbers.after_last() : numbers.before(i + 3);
    if (!before.empty() && joins(before.back())) return false;
    const bool stop = !behind.empty() && behind.front() == '.' && (last || behind.size() > 1);
    if (!behind.empty() && joins(behind.front()) && !stop) return false;
    return year_first || year_last;
}

bool is_date(const Numbers& numbers, std::size_t i, const DateNeedle& date) {
    const auto& all = numbers.numbers;
    const Era* era = era_before(numbers.before(i));
    const int first = as_int(all[i].digits);
    const auto is_year = [&](int year, bool named) {
        if (year == date.year) return true;
        if (era) return year + era->first - 1 == date.year;
        // 13年4月2日 without its era: 昭和 in one form is 平成 in another, so any era counts.
        return named && std::any_of(kEras.begin(), kEras.end(), [&](const Era& each) {
                   return year + each.first - 1 == date.year;
               });
    };
    // In one piece: 19380402, S130402.
    const std::string& whole = all[i].digits;
    const auto two = [](int n) { return (n < 10 ? "0" : "") + std::to_string(n); };
    const std::string month_day = two(date.month) + two(date.day);
    if (whole == std::to_string(date.year) + month_day) return true;
    if (era && whole == two(date.year - era->first + 1) + month_day) return true;
    if (i + 1 >= all.size()) return false;
    const int second = as_int(all[i + 1].digits);
    // April 2, 1938; 2 April 1938; 1938 Apr 2.
    const bool day_first = first == date.day && second == date.year;
    const bool between = english_month(numbers.before(i + 1)) == date.month;
    if ((day_first && (between || english_month(numbers.before(i)) == date.month)) ||
        (first == date.year && second == date.day && between))
        return true;
    if (i + 2 >= all.size()) return false;
    if (is_brief(numbers, i, date)) return true;
    constexpr auto kBetween =
        std::to_array<std::string_view>({"/", ".", "-", "・", "ー", "_", "~"});
    const std::string one = bare(numbers.before(i + 1)), other = bare(numbers.before(i + 2));
    const auto is_mark = [&](std::string_view gap) {
        return std::find(kBetween.begin(), kBetween.end(), gap) != kBetween.end();
    };
    const bool named = one == "年" && other == "月";
    const bool marked = one == other && (one.empty() || is_mark(one));
    const bool mixed = (one == "年" && is_mark(other)) || (one.empty() && other == "月");
    if (!named && !marked && !mixed) return false;
    const int third = as_int(all[i + 2].digits);
    if (second == date.month && third == date.day && is_year(first, named)) return true;
    // 04/02/1938 and 2.4.1938
    return marked && third == date.year &&
           ((first == date.month && second == date.day) ||
            (first == date.day && second == date.month));
}

bool is_address(const Numbers& numbers, std::size_t i, const AddressNeedle& address) {
    const auto& all = numbers.numbers;
    if (i + address.numbers.size() > all.size()) return false;
    for (std::size_t k = 0; k < address.numbers.size(); ++k) {
        if (all[i + k].digits != address.numbers[k]) return false;
        if (k > 0 && !is_address_gap(numbers.before(i + k))) return false;
    }
    // Enough bytes for three letters and the spaces among them.
    constexpr std::size_t kTail = 24;
    const std::string_view gap = numbers.before(i);
    std::size_t from = gap.size() - std::min(gap.size(), kTail);
    while (from < gap.size() && (static_cast<unsigned char>(gap[from]) & 0xC0) == 0x80) ++from;
    const std::u32string tail = fold_letters(gap.substr(from)).text;
    if (tail.ends_with(address.town)) return true;
    // The town in kana: every number right behind it, one of them of two digits.
    const bool two_digits = std::any_of(address.numbers.begin(), address.numbers.end(),
                                        [](const auto& each) { return each.size() > 1; });
    if (gap.empty() || static_cast<unsigned char>(gap.back()) < 0x80 || tail.size() < 3 ||
        !two_digits || !is_kana(tail.end()[-1]) || !is_kana(tail.end()[-2]) ||
        !is_kana(tail.end()[-3]))
        return false;
    return address.numbers.size() > 2 || tail.ends_with(U"チョウ") || tail.ends_with(U"マチ") ||
           tail.ends_with(U"ムラ");
}

/// Twelve digits, or three groups of four, standing alone: not inside an id, a date or a phone.
bool holds_my_number(const Numbers& numbers) {
    const auto joins = [](std::string_view gap, bool at_end) {
        if (gap.empty()) return false;
        const char c = at_end ? gap.back() : gap.front();
        return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
               c == '-' || c == '.' || c == '+' || c == ':' || c == '/' || c == '_';
    };
    const auto& all = numbers.numbers;
    const auto behind = [&](std::size_t last) {
        return last + 1 < all.size() ? numbers.before(last + 1) : numbers.after_last();
    };
    for (std::size_t i = 0; i < all.size(); ++i) {
        if (joins(numbers.before(i), true)) continue;
        if (all[i].digits.size() == 12) {
            if (!joins(behind(i), false) && text::has_my_number(all[i].digits)) return true;
            continue;
        }
        if (i + 2 >= all.size() || all[i].digits.size() != 4 || all[i + 1].digits.size() != 4 ||
            all[i + 2].digits.size() != 4 || joins(behind(i + 2), false))
            continue;
        const std::string_view gap = numbers.before(i + 1);
        if ((gap == " " || gap == "-") && numbers.before(i + 2) == gap &&
            text::has_my_number(all[i].digits + all[i + 1].digits + all[i + 2].digits))
            return true;
    }
    return false;
}

/// Which sources stand in one text.
void search_letters(const Needles& needles, std::string_view text, std::vector<bool>& seen) {
    if (needles.letters.empty()) return;
    const Letters letters = fold_letters(text);
    const std::u32string_view all = letters.text;
    std::vector<Match> known_words;
    for (const std::u32string& word : needles.known_words) {
        for (std::size_t at = all.find(word); at != std::u32string_view::npos;
             at = all.find(word, at + 1))
            known_words.push_back({at, at + word.size()});
    }
    for (std::size_t i = 0; i < all.size(); ++i) {
        for (const LetterNeedle& needle : needles.letters) {
            if (seen[needle.source] || !all.substr(i).starts_with(needle.text)) continue;
            if (counts(letters, {i, i + needle.text.size()}, needle.place, known_words))
                seen[needle.source] = true;
        }
    }
}

void search_numbers(const Needles& needles, const Numbers& numbers, std::vector<bool>& seen) {
    if (!needles.digits.empty()) {
        const DigitStream stream = stream_of(numbers);
        for (const DigitNeedle& needle : needles.digits) {
            if (!seen[needle.source] && stands_in(stream, needle)) seen[needle.source] = true;
        }
    }
    for (std::size_t i = 0; i < numbers.numbers.size(); ++i) {
        for (const DateNeedle& date : needles.dates) {
            if (is_date(numbers, i, date)) seen[date.source] = true;
        }
        for (const AddressNeedle& address : needles.addresses) {
            if (is_address(numbers, i, address)) seen[address.source] = true;
        }
    }
}

}  // namespace

std::vector<Finding> scan(const Needles& needles, std::string_view bytes) {
    std::vector<bool> seen(needles.sources.size(), false);
    bool my_number = false;
    for (const std::string& text : unwrapped(bytes)) {
        search_letters(needles, text, seen);
        const Numbers numbers = find_numbers(text);
        search_numbers(needles, numbers, seen);
        my_number = my_number || holds_my_number(numbers);
    }
    std::vector<Finding> findings;
    for (std::size_t i = 0; i < seen.size(); ++i) {
        if (seen[i]) findings.push_back({needles.sources[i].kind, needles.sources[i].cell});
    }
    if (my_number) findings.push_back({"my-number", {}});
    return findings;
}

}  // namespace tsunagi::privacy::plain

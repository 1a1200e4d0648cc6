// What privacy/folded.h does, character by character.
#include "privacy/plain_scan.h"

#include <algorithm>
#include <array>
#include <utility>

#include "text/width.h"

namespace tsunagi::privacy::plain {
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

}  // namespace tsunagi::privacy::plain

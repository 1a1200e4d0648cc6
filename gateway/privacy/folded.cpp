#include "privacy/folded.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <utility>

#include "privacy/characters.h"
#include "text/width.h"

namespace tsunagi::privacy {
namespace {

/// Decodes one character of well-formed UTF-8.
char32_t next_character(std::string_view text, std::size_t& at) {
    const char* const bytes = text.data();  // no check of every index
    const auto byte = [&](std::size_t i) {
        return static_cast<char32_t>(static_cast<unsigned char>(bytes[i]));
    };
    const char32_t lead = byte(at);
    if (lead >= 0xE0 && lead < 0xF0 && text.size() - at >= 3) {  // kana and kanji
        at += 3;
        return (lead & 0x0F) << 12 | (byte(at - 2) & 0x3F) << 6 | (byte(at - 1) & 0x3F);
    }
    const std::size_t length = lead < 0x80 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
    char32_t c = length == 1 ? lead : lead & (0xFFU >> (length + 1));
    for (std::size_t k = 1; k < length && at + k < text.size(); ++k)
        c = (c << 6) | (byte(at + k) & 0x3F);
    at = std::min(at + length, text.size());
    return c;
}

/// What becomes of a character beyond ASCII by itself: its folded letter, or one of these.
constexpr char16_t kNotYetKnown = 0;
constexpr char16_t kRemoved = 1;    // compared as if it were not there
constexpr char16_t kParts = 2;      // ends a word
constexpr char16_t kInContext = 3;  // has to be normalised together with its word

char16_t find_folded_form(char32_t c) {
    if (is_unseen(c)) return kRemoved;
    if (parts_words(c)) return kParts;
    const auto key = text::match_key_of(c);
    if (!key) return kInContext;
    if (*key == 0) return kRemoved;
    const char32_t form = usual_form(*key);
    if (form <= kInContext || form >= 0x10000) return kInContext;
    return static_cast<char16_t>(form);
}

char16_t folded_form(char32_t c) {
    // Found when a character is first met: any thread finds the same.
    static std::array<std::atomic<char16_t>, 0x10000> forms{};
    if (c >= forms.size()) return kInContext;
    char16_t form = forms[c].load(std::memory_order_relaxed);
    if (form == kNotYetKnown) {
        form = find_folded_form(c);
        forms[c].store(form, std::memory_order_relaxed);
    }
    return form;
}

/// Letters and digits of ASCII in lower case; 0 for the rest.
constexpr auto kAscii = [] {
    std::array<char, 128> letters{};
    for (std::size_t c = '0'; c <= '9'; ++c) letters[c] = static_cast<char>(c);
    for (std::size_t c = 'a'; c <= 'z'; ++c) letters[c] = letters[c - 32] = static_cast<char>(c);
    return letters;
}();

}  // namespace

void LetterFolder::make_room(std::size_t count) {
    if (letters_.text.size() > size_ + count) return;
    letters_.text.resize(size_ + count + 1);
    letters_.marks.resize(size_ + count + 1);
}

void LetterFolder::add(char32_t c) {
    if (size_ + 1 >= letters_.text.size()) make_room(2 * size_ + 16);
    letters_.text.data()[size_] = c;
    letters_.marks.data()[size_++] = std::exchange(mark_, std::uint8_t{0});
}

void LetterFolder::part(char32_t by) {
    mark_ |= Letters::Apart;
    if (by == U'「' || by == U'｢') mark_ |= Letters::AfterOpen;
    if (by == U'」' || by == U'｣') mark_ |= Letters::AfterClose;
}

bool LetterFolder::fold(std::size_t count) {
    const std::size_t enough = size_ + count;
    while (at_ < utf8_.size() && size_ < enough) {
        const std::size_t most = std::min(utf8_.size() - at_, enough - size_);
        make_room(most);
        at_ = ascii(at_, at_ + most);
        if (at_ < utf8_.size() && size_ < enough) at_ = word(at_);
    }
    if (at_ < utf8_.size()) return true;
    make_room(0);
    letters_.marks[size_] = mark_ | Letters::Apart;
    return false;
}

void LetterFolder::forget(std::size_t count) {
    const auto drop = [&](auto& all) {
        std::copy(all.begin() + static_cast<std::ptrdiff_t>(count),
                  all.begin() + static_cast<std::ptrdiff_t>(size_), all.begin());
    };
    drop(letters_.text);
    drop(letters_.marks);
    size_ -= count;
}

Letters LetterFolder::take() {
    letters_.text.resize(size_);
    letters_.marks.resize(size_ + 1);
    return std::move(letters_);
}

/// ASCII from `at` to `end`; where it stops.
std::size_t LetterFolder::ascii(std::size_t at, std::size_t end) {
    // In variables of its own: a store of a mark might else change any member.
    char32_t* const text = letters_.text.data();
    std::uint8_t* const marks = letters_.marks.data();
    std::size_t size = size_;
    unsigned mark = mark_;
    const char* const utf8 = utf8_.data();
    for (; at < end; ++at) {
        const auto byte = static_cast<unsigned char>(utf8[at]);
        if (byte >= 0x80) break;
        // Written always, kept when it is a letter.
        const auto letter = static_cast<unsigned char>(kAscii.data()[byte]);
        text[size] = letter;
        marks[size] = static_cast<std::uint8_t>(mark);
        size += letter != 0;
        mark = (mark | Letters::Apart) & (letter == 0 ? ~0U : 0U);
    }
    mark_ = static_cast<std::uint8_t>(mark);
    size_ = size;
    return at;
}

/// Characters beyond ASCII from `begin` on, up to what parts words; where it ends.
std::size_t LetterFolder::word(std::size_t begin) {
    const std::size_t size = size_;
    const std::uint8_t mark = mark_;
    const char* const utf8 = utf8_.data();
    std::size_t at = begin;
    while (at < utf8_.size() && static_cast<unsigned char>(utf8[at]) >= 0x80) {
        const char32_t c = next_character(utf8_, at);
        const char16_t form = folded_form(c);
        switch (form) {
            case kRemoved:
                break;
            case kParts:
                part(c);
                return at;
            case kInContext:
                size_ = size;
                mark_ = mark;
                return word_in_context(begin);
            default:
                add(form);
        }
    }
    return at;
}

/// The same for a word with characters that may change their neighbours.
std::size_t LetterFolder::word_in_context(std::size_t begin) {
    std::string word;
    std::size_t at = begin;
    while (at < utf8_.size() && static_cast<unsigned char>(utf8_[at]) >= 0x80) {
        const std::size_t from = at;
        const char32_t c = next_character(utf8_, at);
        if (is_unseen(c)) continue;
        if (parts_words(c)) {
            at = from;
            break;
        }
        word += utf8_.substr(from, at - from);
    }
    for (const char32_t c : to_utf32(text::match_key(word))) add(usual_form(c));
    return at;
}

std::u32string to_utf32(std::string_view utf8) {
    std::u32string out;
    for (std::size_t i = 0; i < utf8.size();) out += next_character(utf8, i);
    return out;
}

Letters fold_letters(std::string_view utf8) {
    LetterFolder folder(utf8);
    while (folder.fold(utf8.size() + 1)) {
    }
    return folder.take();
}

namespace {

/// U+FF66 to U+FF9D in full width.
constexpr std::u32string_view kWideKana =
    U"ヲァィゥェォャュョッーアイウエオカキクケコサシスセソタチツテトナニヌネノハヒフヘホマミムメモ"
    U"ヤユヨ"
    U"ラリルレロワン";
constexpr std::u32string_view kVoiced = U"カキクケコサシスセソタチツテトハヒフヘホ";

char32_t aligned_form(char32_t c) {
    if (c >= 0xFF01 && c <= 0xFF5E) return c == 0xFF5E ? U'~' : c - 0xFEE0;
    if (c >= 0xFF66 && c <= 0xFF9D) return kWideKana[c - 0xFF66];
    if (c == 0x3000 || c == 0x00A0 || c == U'\t' || c == U'\r') return U' ';
    if ((c >= 0x2010 && c <= 0x2015) || c == 0x2212) return U'-';
    if (c == 0x301C) return U'~';
    if (c == 0xFF65) return U'・';
    if (c >= 0xF900 && c <= 0xFAFF) return usual_form(text::match_key_of(c).value_or(c));
    return usual_form(c);
}

}  // namespace

Aligned align(std::string_view utf8) {
    Aligned aligned;
    aligned.text.reserve(utf8.size() / 2);
    aligned.at.reserve(utf8.size() / 2);
    std::uint32_t point = 0;
    for (std::size_t i = 0; i < utf8.size(); ++point) {
        const char32_t c = next_character(utf8, i);
        const bool voiced = c == 0xFF9E || c == 0x3099, half = c == 0xFF9F || c == 0x309A;
        if ((voiced || half) && !aligned.text.empty()) {
            char32_t& before = aligned.text.back();
            if (kVoiced.find(before) != std::u32string_view::npos ||
                kVoiced.find(before + 0x60) != std::u32string_view::npos)
                before += voiced ? 1 : 2;
            continue;
        }
        if (is_unseen(c)) continue;
        aligned.text += aligned_form(c);
        aligned.at.push_back(point);
    }
    aligned.at.push_back(point);
    return aligned;
}

namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }

/// Bytes that a number may begin with: digits, and E3 or more, as all kanji (and no byte within a
/// character). NUL too, which ends a string.
constexpr auto kBeginsNumber = [] {
    std::array<bool, 256> begins{};
    begins[0] = true;
    for (std::size_t byte = '0'; byte <= '9'; ++byte) begins[byte] = true;
    for (std::size_t byte = 0xE3; byte < 256; ++byte) begins[byte] = true;
    return begins;
}();

/// The next of them, from `at` on.
std::size_t next_beginning(const char* text, std::size_t at) {
    while (!kBeginsNumber.data()[static_cast<unsigned char>(text[at])]) ++at;
    return at;
}
std::size_t digits_end(const char* text, std::size_t at) {
    while (is_digit(text[at])) ++at;
    return at;
}

constexpr int numeral(char32_t c) {
    switch (c) {
        case U'壱':
        case U'壹':
            return 1;
        case U'弐':
        case U'貳':
            return 2;
        case U'参':
        case U'參':
            return 3;
        default:
            return kanji_digit(c);
    }
}

/// 拾 is the 十 of documents, as 壱, 弐 and 参 are their 一, 二, 三.
constexpr bool is_ten(char32_t c) { return c == U'十' || c == U'拾'; }

/// Bits of the numerals and of 元, for 元年; all of them lie here.
constexpr char32_t kFirstNumeral = U'〇', kBeyondNumerals = 0xA000;
constexpr auto kNumerals = [] {
    std::array<std::uint64_t, (kBeyondNumerals - 0x3000) / 64> bits{};
    for (const char32_t c : std::u32string_view{U"〇零一二三四五六七八九壱壹弐貳参參十拾百元"})
        bits[(c - 0x3000) / 64] |= std::uint64_t{1} << (c % 64);
    return bits;
}();
bool may_be_numeral(char32_t c) {
    return c >= kFirstNumeral && c < kBeyondNumerals &&
           (kNumerals.data()[(c - 0x3000) / 64] >> (c % 64) & 1) != 0;
}
bool is_kanji_number(char32_t c) { return may_be_numeral(c) && c != U'元'; }

/// 十三 → 13, 二十 → 20, 〇九〇 → 090. Empty when it reads as no number.
std::string read_kanji_number(std::u32string_view text) {
    const bool positional =
        std::any_of(text.begin(), text.end(), [](char32_t c) { return is_ten(c) || c == U'百'; });
    if (!positional) {
        std::string digits;
        for (const char32_t c : text) digits += static_cast<char>('0' + numeral(c));
        return digits;
    }
    if (text.size() > 5) return {};
    int sum = 0, held = 0;
    bool any = false;
    for (const char32_t c : text) {
        if (is_ten(c) || c == U'百') {
            sum += (any ? held : 1) * (is_ten(c) ? 10 : 100);
            held = 0;
            any = false;
        } else {
            held = numeral(c);
            any = true;
        }
    }
    return std::to_string(sum + held);
}

bool is_letter_o(char c) { return c == 'O' || c == 'o'; }
bool is_latin_letter(char c) { return (c | 0x20) >= 'a' && (c | 0x20) <= 'z'; }

/// A group of digits in which the letter O stands for zeros (042-OOO-2OO1), a hyphen beside it; so
/// that O2 is none.
struct Group {
    std::size_t begin, end;
};

/// Around the digits from `begin` to `end`; `floor` is where the number before ended.
Group with_letters_o(std::string_view text, Group digits, std::size_t floor) {
    Group group = digits;
    while (group.begin > floor && is_letter_o(text[group.begin - 1])) --group.begin;
    while (group.end < text.size() && (is_digit(text[group.end]) || is_letter_o(text[group.end])))
        ++group.end;
    const bool hyphened = (group.end < text.size() && text[group.end] == '-') ||
                          (group.begin > 0 && text[group.begin - 1] == '-');
    const bool in_word = (group.end < text.size() && is_latin_letter(text[group.end])) ||
                         (group.begin > 0 && is_latin_letter(text[group.begin - 1]));
    return hyphened && !in_word ? group : digits;
}

/// A group of nothing but O behind a hyphen; empty: none stands at `hyphen`.
Group letters_o_behind(std::string_view text, std::size_t hyphen) {
    Group group{hyphen + 1, hyphen + 1};
    if (hyphen >= text.size() || text[hyphen] != '-') return {};
    while (group.end < text.size() && is_letter_o(text[group.end])) ++group.end;
    const bool beside = group.end < text.size() && text[group.end] == '-';
    return group.end - group.begin >= 2 && beside ? group : Group{};
}

std::string with_zeros(std::string_view group) {
    std::string digits{group};
    for (char& c : digits) {
        if (is_letter_o(c)) c = '0';
    }
    return digits;
}

}  // namespace

std::string_view Numbers::after_last() const {
    return std::string_view{text}.substr(numbers.empty() ? 0 : numbers.back().end);
}

Numbers find_numbers(std::string_view utf8) {
    Numbers found;
    found.text = text::to_narrow(utf8);
    const std::string_view text = found.text;
    const char* const data = text.data();  // no check of every index
    const auto add = [&](std::size_t begin, std::size_t end, std::string_view digits,
                         std::size_t reading = Number::kAsWritten) {
        found.numbers.push_back({static_cast<std::uint32_t>(begin), static_cast<std::uint32_t>(end),
                                 static_cast<std::uint32_t>(reading), small_value(digits)});
    };
    const auto add_reading = [&](std::string digits, std::size_t begin, std::size_t end) {
        add(begin, end, digits, found.readings.size());
        found.readings.push_back(std::move(digits));
    };
    std::u32string kanji;
    found.numbers.reserve(text.size() / 8);
    std::size_t floor = 0;  // where the number before ended
    for (std::size_t i = next_beginning(data, 0); i < text.size(); i = next_beginning(data, i)) {
        const std::size_t from = i;
        if (is_digit(data[i])) {
            i = digits_end(data, i);
            if (is_letter_o(data[i]) || (from > floor && is_letter_o(data[from - 1]))) {
                const Group group = with_letters_o(text, {from, i}, floor);
                i = group.end;
                add_reading(with_zeros(text.substr(group.begin, i - group.begin)), group.begin, i);
            } else {
                add(from, i, {data + from, i - from});
            }
            floor = i;
            if (data[i] != '-') continue;
            const Group zeros = letters_o_behind(text, i);
            if (zeros.end > i) {
                floor = i = zeros.end;
                add_reading(std::string(i - zeros.begin, '0'), zeros.begin, i);
            }
            continue;
        }
        if (data[i] == '\0') {
            ++i;
            continue;
        }
        char32_t c = next_character(text, i);
        if (!may_be_numeral(c)) continue;
        if (c == U'元') {
            if (text.substr(from).starts_with("元年")) {
                add_reading("1", from, i);
                floor = i;
            }
            continue;
        }
        kanji.clear();
        while (true) {
            kanji += c;
            std::size_t next = i;
            if (next == text.size()) break;
            c = next_character(text, next);
            if (!is_kanji_number(c)) break;
            i = next;
        }
        std::string digits = read_kanji_number(kanji);
        if (digits.empty()) continue;
        add_reading(std::move(digits), from, i);
        floor = i;
    }
    return found;
}

}  // namespace tsunagi::privacy

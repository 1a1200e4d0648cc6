#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

/// Text in the two forms in which identifiers are compared. Not an interface of the module.
namespace tsunagi::privacy {

/// Letters under one spelling each: NFKC, lower case, hiragana as katakana, old and variant kanji
/// as the usual one; spaces, line breaks, punctuation and long-vowel marks removed. What was
/// removed leaves a mark on the letter behind it.
struct Letters {
    enum Mark : std::uint8_t {
        Apart = 1,       ///< something that is no letter stood before
        AfterOpen = 2,   ///< 「
        AfterClose = 4,  ///< 」
    };
    std::u32string text;
    std::vector<std::uint8_t> marks;  ///< one more than letters: the last is for the end
};
Letters fold_letters(std::string_view utf8);

/// The same a stretch at a time, so that the memory for a long text stays small. Thread rule: one
/// thread.
class LetterFolder {
public:
    /// `utf8` outlives it.
    explicit LetterFolder(std::string_view utf8) : utf8_(utf8) {}
    /// Folds on until at least `count` more letters are there. False: the text is at its end, and
    /// marks() has the one for the end.
    bool fold(std::size_t count);
    /// Drops the first `count` letters.
    void forget(std::size_t count);

    std::u32string_view text() const { return {letters_.text.data(), size_}; }
    const std::uint8_t* marks() const { return letters_.marks.data(); }
    Letters take();

private:
    void make_room(std::size_t count);
    void add(char32_t c);
    void part(char32_t by);
    std::size_t ascii(std::size_t at, std::size_t end);
    std::size_t word(std::size_t begin);
    std::size_t word_in_context(std::size_t begin);

    std::string_view utf8_;
    Letters letters_;  ///< `size_` letters are written, the rest is room
    std::size_t at_ = 0, size_ = 0;
    std::uint8_t mark_ = Letters::Apart;
};

/// A number as it stands: ASCII digits, or kanji numerals read (十三 is 13, 〇九〇 is 090, 元年
/// 1年).
struct Number {
    static constexpr std::uint32_t kAsWritten = 0xFFFFFFFF;
    std::uint32_t begin = 0, end = 0;    ///< in Numbers::text
    std::uint32_t reading = kAsWritten;  ///< in Numbers::readings, of kanji numerals
    std::int32_t value = 0;              ///< -1 for more than four digits
};
struct Numbers {
    std::string text;  ///< narrowed (text::to_narrow)
    std::vector<Number> numbers;
    std::vector<std::string> readings;

    std::size_t size(std::size_t i) const {
        const Number& number = numbers.data()[i];
        if (number.reading != Number::kAsWritten) return readings[number.reading].size();
        return number.end - number.begin;
    }
    std::string_view digits(std::size_t i) const {
        const Number& number = numbers.data()[i];  // no check of every index
        if (number.reading != Number::kAsWritten) return readings[number.reading];
        return {text.data() + number.begin, number.end - number.begin};
    }
    /// What stands between number `i` and the one before it, or before the first.
    std::string_view before(std::size_t i) const {
        const Number* const number = numbers.data() + i;
        const std::size_t from = i == 0 ? 0 : number[-1].end;
        return {text.data() + from, number->begin - from};
    }
    std::string_view after_last() const;
};
/// Of at most four ASCII digits; -1 for more.
inline std::int32_t small_value(std::string_view digits) {
    if (digits.size() > 4) return -1;
    std::int32_t value = 0;
    for (const char digit : digits) value = value * 10 + (digit - '0');
    return value;
}
Numbers find_numbers(std::string_view utf8);

/// A text letter by letter, for findings that say where they stand: widths and variant kanji as in
/// Letters, but nothing else changed; case, kana and what parts words stay.
struct Aligned {
    std::u32string text;
    std::vector<std::uint32_t> at;  ///< code point of each letter in the source; one more: its end
};
Aligned align(std::string_view utf8);

std::u32string to_utf32(std::string_view utf8);
inline bool is_kana(char32_t c) {
    return (c >= 0x30A1 && c <= 0x30FA) || c == 0x30FE || c == 0x30FD;
}
inline bool is_kanji(char32_t c) {
    return (c >= 0x4E00 && c <= 0x9FFF) || (c >= 0x3400 && c <= 0x4DBF) || c == U'々' ||
           (c >= 0xF900 && c <= 0xFAFF) || (c >= 0x20000 && c <= 0x3FFFF);
}
/// 〇 to 九 as a number, -1: another letter.
constexpr int kanji_digit(char32_t c) {
    switch (c) {
        case U'〇':
        case U'零':
            return 0;
        case U'一':
            return 1;
        case U'二':
            return 2;
        case U'三':
            return 3;
        case U'四':
            return 4;
        case U'五':
            return 5;
        case U'六':
            return 6;
        case U'七':
            return 7;
        case U'八':
            return 8;
        case U'九':
            return 9;
        default:
            return -1;
    }
}
inline bool is_latin(char32_t c) { return c >= U'a' && c <= U'z'; }

}  // namespace tsunagi::privacy

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

/// A number as it stands: ASCII digits, or kanji numerals read (十三 is 13, 〇九〇 is 090, 元年
/// 1年).
struct Number {
    std::string digits;
    std::size_t begin = 0, end = 0;  ///< in Numbers::text
};
struct Numbers {
    std::string text;  ///< narrowed (text::to_narrow)
    std::vector<Number> numbers;

    /// What stands between number `i` and the one before it, or before the first.
    std::string_view before(std::size_t i) const;
    std::string_view after_last() const;
};
Numbers find_numbers(std::string_view utf8);

std::u32string to_utf32(std::string_view utf8);
inline bool is_kana(char32_t c) {
    return (c >= 0x30A1 && c <= 0x30FA) || c == 0x30FE || c == 0x30FD;
}
inline bool is_kanji(char32_t c) {
    return (c >= 0x4E00 && c <= 0x9FFF) || (c >= 0x3400 && c <= 0x4DBF) || c == U'々' ||
           (c >= 0xF900 && c <= 0xFAFF) || (c >= 0x20000 && c <= 0x3FFFF);
}
inline bool is_latin(char32_t c) { return c >= U'a' && c <= U'z'; }

}  // namespace tsunagi::privacy

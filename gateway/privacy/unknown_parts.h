#pragma once
#include <string_view>
#include <vector>

#include "privacy/known_words.h"
#include "privacy/unknown_people.h"
#include "privacy/word_set.h"

/// The halves of unknown_people.h, on aligned text (folded.h). Not an interface of the module.
namespace tsunagi::privacy {

/// A finding in letters of the aligned text.
struct Mark {
    UnknownKind kind;
    std::size_t begin, end;
};

/// By what stands beside them: さん, 長男の, 医師; and names that are known whole.
void find_names(const KnownWords& words, std::vector<Mark>& marks);
/// By the place of the letter they stand in: signatures, before a telephone number.
void find_name_slots(const KnownWords& words, std::vector<Mark>& marks);
/// By themselves, beside others that `marks` holds, and again where they were found once.
void find_name_words(const KnownWords& words, std::vector<Mark>& marks);
void find_personal_numbers(std::u32string_view text, std::vector<Mark>& marks);

/// さん, 医師, 長男 begins at `i` of a run of kanji, and no institution: 山田|歯科医院 is none.
bool cue_begins(const KnownWords& words, std::size_t i);

inline bool is_digit(char32_t c) { return c >= U'0' && c <= U'9'; }
inline bool is_space(char32_t c) { return c == U' ' || c == U'\n'; }
inline bool is_hiragana(char32_t c) { return c >= 0x3041 && c <= 0x309E; }
/// Latin, with accents too: Lefèvre.
inline bool is_letter(char32_t c) {
    return ((c | 0x20) >= U'a' && (c | 0x20) <= U'z') ||
           (c >= 0xC0 && c <= 0x24F && c != 0xD7 && c != 0xF7);
}

/// 3日, 10mg/日: a letter that counts what a number says.
inline bool is_counter(std::u32string_view text, std::size_t begin, std::size_t end) {
    return end == begin + 1 && begin > 0 &&
           is_one_of(text[begin], U"日分回週月年時着人名件番号代度") &&
           (is_digit(text[begin - 1]) || text[begin - 1] == U'/');
}

}  // namespace tsunagi::privacy

#pragma once
#include <optional>
#include <string>
#include <string_view>

/// Width, kana and matching keys (domain.md 5.5, 5.6). Every function takes and gives UTF-8 and
/// leaves what it does not name untouched: raw text is stored as written, these results stand
/// beside it.
namespace tsunagi::text {

/// Full-width ASCII (Ａ１－．) and the ideographic space become ASCII; hyphen and dash look-alikes
/// become '-'. Kanji and kana stay, compatibility ideographs too.
std::string to_narrow(std::string_view text);

/// Half-width katakana with their voicing marks become full-width: ｶﾞ -> ガ. Nothing else changes.
std::string to_wide_kana(std::string_view text);

/// Furigana for an SYL name (JP Core): half-width kana widened, hiragana turned into katakana,
/// spaces made one half-width.
std::string to_katakana(std::string_view text);

/// The key under which two spellings of the same thing meet: NFKC, lower case, hiragana as
/// katakana, every kind of space, hyphen, middle dot and long-vowel mark removed. For comparing
/// only, never stored: NFKC destroys compatibility ideographs.
std::string match_key(std::string_view text);

/// What `c` contributes to a match key whatever stands around it: one character, or 0 for nothing.
/// Empty when that depends on the characters before it or is more than one character.
std::optional<char32_t> match_key_of(char32_t c);

/// Spaces (U+3000 included) removed from both ends.
std::string trim(std::string_view text);

}  // namespace tsunagi::text

#pragma once
#include <string_view>

/// What a word is by its look alone, on aligned text (folded.h), and what stands behind people. Not
/// an interface of the module. Thread rule: any thread.
namespace tsunagi::privacy {

/// Ends like a substance: レボドパ, カルビドパ.
bool is_drug(std::u32string_view katakana);
/// Of syllables that Japanese names have.
bool is_native(std::u32string_view katakana);
/// Could be a Japanese name in Latin letters, of lower case.
bool looks_japanese(std::u32string_view latin);
/// Syllables of Japanese in Latin letters all through: kiichi, metoki.
bool is_romaji(std::u32string_view latin);
/// What a person does or is written to, a word of its own right behind a name: 不在, 宛.
bool is_done(std::u32string_view word);
/// The text goes on with what is told to somebody or by somebody: に確認, より連絡.
bool tells(std::u32string_view rest);

}  // namespace tsunagi::privacy

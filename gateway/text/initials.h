#pragma once
#include <string>
#include <string_view>

#include "base/result.h"

namespace tsunagi::text {

/// Reads initials as clinics write them (Ｔ．Ｙ．, T・Y, TY, t.y) and gives "T.Y."
/// (domain.md 5.12). Refuses kana, kanji, more than three letters and whole words: a name must not
/// slip through as initials (R18).
Result<std::string> read_initials(std::string_view text);

/// The Hepburn letter of the first sound of `kana` ("シマダ" -> 'S', "ちば" -> 'C', "ふじ" -> 'F');
/// Error NotFound ("not-kana") when it does not start with kana.
Result<char> initial_of_kana(std::string_view kana);

enum class NameOrder { FamilyFirst, GivenFirst };

/// The initials of a reading written family name first ("タナベ ヨシエ"), in the order asked for:
/// "T.Y." or "Y.T.". For a person to confirm: other romanisations give other letters. Error
/// Invalid ("not-two-names") when family and given name are not apart; NotFound as above.
Result<std::string> initials_of_kana(std::string_view kana, NameOrder order);

}  // namespace tsunagi::text

#pragma once
#include <string_view>

/// Check digits of numbers on Japanese health insurance papers (domain.md 5.8). Digits of any
/// width; other characters make the answer false. A wrong one is told to a person and never
/// refuses.
namespace tsunagi::text {

/// 保険者番号, 8 digits or 6 of 国民健康保険: weights 2, 1, 2, … from the right of the body, digit
/// sums, 10 - (sum mod 10), 10 counting as 0.
bool is_insurer_number(std::string_view text);

/// 医療機関コード, 10 digits with prefecture and 点数表: Luhn over all ten. Numbers in use are seen
/// that hold over the last seven alone: those are taken too.
bool is_institution_number(std::string_view text);

}  // namespace tsunagi::text

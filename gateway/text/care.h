#pragma once
#include <string>
#include <string_view>

#include "base/result.h"

namespace tsunagi::text {

/// 要介護状態区分 in any spelling (要介護３, 要介護Ⅲ, 介護3, 要支援二, 申請中) to its code: 01
/// 非該当, 06 事業対象者, 11 経過的要介護, 12-13 要支援1-2, 21-25 要介護1-5, and applying /
/// changing / not-applied (domain.md 5.3). Error Invalid ("not-a-care-level").
Result<std::string> read_care_level(std::string_view text);

/// 日常生活自立度: 障害 (自立 J1 J2 A1 … C2) and 認知症 (自立 I IIa IIb IIIa IIIb IV M), any width
/// or Roman form (domain.md 5.4). Error Invalid ("not-a-grade").
Result<std::string> read_disability_grade(std::string_view text);
Result<std::string> read_dementia_grade(std::string_view text);

/// 個人番号: true when some run of 12 digits (any width, hyphens and spaces inside allowed) has a
/// valid check digit (総務省令85号5条; domain.md 5.9). About one random run in ten passes: a
/// finding holds for a person.
bool has_my_number(std::string_view text);

}  // namespace tsunagi::text

#pragma once
#include <chrono>
#include <string>
#include <string_view>

#include "base/result.h"

/// Japanese dates as clinics write them, to FHIR date and dateTime text (domain.md 5.1, 5.2, 5.15).
namespace tsunagi::text {

/// Reads 令和8年11月20日, Ｒ８．１１．２０, S13/4/2, 昭13.4.2, ㋿8年, 昭和元年, 2026-11-20,
/// 2026年11月 (any width, kanji digits, optional 生 or weekday in brackets at the end). Partial
/// dates stay partial: "2026-11", "2026". Error Invalid with what is wrong in `message` (a code:
/// "not-a-date", "no-era", "era-mismatch", "before-gregorian", "no-such-day", "weekday-mismatch");
/// never the text itself.
Result<std::string> read_date(std::string_view text);

/// Reads a date followed by a time: 令和8年11月20日 午後2時5分, R8.11.20 14:05,
/// 2026-11-20T14:05:00+09:00. 正午 is 12:00; 24:00 and 25時 (up to 29時) fall on the next day.
/// Without an offset the programme's `zone` is meant. Gives "2026-11-20T14:05:00+09:00"; a date
/// alone stays a date.
Result<std::string> read_datetime(std::string_view text, std::chrono::minutes zone);

/// Whole years of age on day `on` by 年齢計算ニ関スル法律: a year is reached on the day *before*
/// the birthday. Both are full FHIR dates. Error Invalid when one is partial or `on` is before the
/// birth.
Result<int> age_on(std::string_view birth_date, std::string_view on);

/// Whole days from full date `from` to full date `to`; negative when `to` is earlier.
Result<int> days_between(std::string_view from, std::string_view to);

}  // namespace tsunagi::text

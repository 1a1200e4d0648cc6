#pragma once
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/result.h"

namespace tsunagi::fhir {

/// How far a date or time is known; "2026-11" is known to the month.
enum class Precision : std::uint8_t { Year, Month, Day, Hour, Minute, Second, Fraction };

/// A date, dateTime, instant or time with the precision it was written with; the spelling is the
/// caller's to keep. Fields beyond the precision are zero (month and day: 1). A `time` has year 0.
struct DateTime {
    int year = 0;
    unsigned month = 1;
    unsigned day = 1;
    unsigned hour = 0;
    unsigned minute = 0;
    unsigned second = 0;                         ///< 60 in a leap second
    std::uint32_t nanosecond = 0;                ///< digits beyond nine are dropped
    std::optional<std::chrono::minutes> offset;  ///< east of UTC; absent: no zone written
    Precision precision = Precision::Day;

    /// Calendar day. Only with a year.
    std::chrono::sys_days date() const;
    /// The first microsecond it may mean; `assumed` is the zone where none is written.
    Instant earliest(std::chrono::minutes assumed) const;
    /// The first microsecond after it: "2026-11" ends with December.
    Instant end(std::chrono::minutes assumed) const;
};

/// Year, month and day as written; a day must exist ("2026-02-29" is refused). Year 0000 is
/// refused.
std::optional<DateTime> parse_date(std::string_view text) noexcept;
/// A date, or a date with time to the second at least and offset (hl7.org/fhir/R4: dateTime).
std::optional<DateTime> parse_date_time(std::string_view text) noexcept;
/// To the second at least, offset required.
std::optional<DateTime> parse_full_instant(std::string_view text) noexcept;
/// hh:mm:ss with fraction; 24:00 is refused.
std::optional<DateTime> parse_time(std::string_view text) noexcept;

/// How `left` stands to `right` on the time line: nothing when the precisions leave it open
/// (2026-11 against 2026-11-20).
std::optional<std::strong_ordering> compare(const DateTime& left, const DateTime& right,
                                            std::chrono::minutes assumed);

}  // namespace tsunagi::fhir

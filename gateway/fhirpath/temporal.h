#pragma once
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "fhirpath/number.h"

namespace tsunagi::fhirpath {

/// A date, dateTime or time of any precision (N1 section 5.5), computed on civil fields only.
struct Temporal {
    enum class Kind : std::uint8_t { Date, DateTime, Time };
    enum class Precision : std::uint8_t { Year, Month, Day, Hour, Minute, Second, Fraction };

    Kind kind = Kind::Date;
    Precision precision = Precision::Year;
    int year = 1;
    int month = 1;
    int day = 1;
    int hour = 0;
    int minute = 0;
    int second = 0;
    std::int64_t nanos = 0;
    int fraction_digits = 0;
    std::optional<int> offset;  ///< minutes east of UTC

    /// "2023-12", "2023-12-01T10:00:00.5+09:00", "10:30"; empty when it is none of `kind` or no day
    /// of the calendar. An hour alone ("…T14") is the language's own precision.
    static std::optional<Temporal> parse(Kind kind, std::string_view text);
    static Temporal of(Instant instant, std::chrono::minutes zone);

    std::string text() const;
    Temporal as(Kind other) const;
};

/// -1, 0, 1; empty when the shorter precision or a missing offset leaves it open.
std::optional<int> compare(const Temporal& left, const Temporal& right);

enum class TimeUnit { Year, Month, Week, Day, Hour, Minute, Second, Millisecond };
/// "day", "days", …; with `ucum` the definite codes of time: wk d h min s ms.
std::optional<TimeUnit> time_unit(std::string_view word, bool ucum);

/// `amount` may be negative; its fraction counts only for seconds and milliseconds (N1 section
/// 6.6.7). Empty when the year leaves 1..9999.
std::optional<Temporal> add(const Temporal& start, const Number& amount, TimeUnit unit);

/// The earliest or latest instant that `value` can mean, to `digits` digits (N1 lowBoundary,
/// highBoundary: 4, 6, 8, 10, 12, 14, 17 for dates, 2, 4, 6, 9 for times). Empty for other counts.
std::optional<Temporal> boundary(const Temporal& value, int digits, bool high);

/// How many digits are written: 4 for a year … 17 for milliseconds; 4 for HH:mm.
int digits_of(const Temporal& value);

}  // namespace tsunagi::fhirpath

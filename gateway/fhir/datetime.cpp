#include "fhir/datetime.h"

#include <algorithm>

#include "fhir/temporal_text.h"

namespace tsunagi::fhir {
namespace {

using std::chrono::days;
using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::months;
using std::chrono::seconds;
using std::chrono::years;

/// Takes what it recognises from the front of a text.
class Scanner {
public:
    explicit Scanner(std::string_view text) : text_(text) {}

    bool done() const noexcept { return text_.empty(); }
    bool take(char c) noexcept {
        if (!text_.starts_with(c)) return false;
        text_.remove_prefix(1);
        return true;
    }
    bool digits(std::size_t count, unsigned& number) noexcept {
        if (text_.size() < count) return false;
        number = 0;
        for (std::size_t i = 0; i < count; ++i) {
            if (text_[i] < '0' || text_[i] > '9') return false;
            number = number * 10 + static_cast<unsigned>(text_[i] - '0');
        }
        text_.remove_prefix(count);
        return true;
    }
    /// One or more digits after the point, as nanoseconds.
    bool fraction(std::uint32_t& nanoseconds) noexcept {
        std::size_t count = 0;
        std::uint32_t scale = 100'000'000;
        nanoseconds = 0;
        while (count < text_.size() && text_[count] >= '0' && text_[count] <= '9') {
            nanoseconds += scale * static_cast<std::uint32_t>(text_[count] - '0');
            scale /= 10;
            ++count;
        }
        text_.remove_prefix(count);
        return count > 0;
    }

private:
    std::string_view text_;
};

bool day_exists(const DateTime& when) noexcept {
    return std::chrono::year_month_day{std::chrono::year{when.year}, std::chrono::month{when.month},
                                       std::chrono::day{when.day}}
        .ok();
}

/// hh:mm:ss with fraction. Leaves range faults in `fault`, which the caller reports only once the
/// form is known to be right.
bool read_clock(Scanner& scan, DateTime& out, TemporalFault& fault) noexcept {
    if (!scan.digits(2, out.hour) || !scan.take(':') || !scan.digits(2, out.minute) ||
        !scan.take(':') || !scan.digits(2, out.second)) {
        return false;
    }
    out.precision = Precision::Second;
    if (scan.take('.')) {
        if (!scan.fraction(out.nanosecond)) return false;
        out.precision = Precision::Fraction;
    }
    if (out.hour > 23 || out.minute > 59 || out.second > 60) fault = TemporalFault::Range;
    return true;
}

bool read_offset(Scanner& scan, DateTime& out, TemporalFault& fault) noexcept {
    if (scan.take('Z')) {
        out.offset = minutes{0};
        return true;
    }
    const bool west = scan.take('-');
    if (!west && !scan.take('+')) return false;
    unsigned hour = 0;
    unsigned minute = 0;
    if (!scan.digits(2, hour) || !scan.take(':') || !scan.digits(2, minute)) return false;
    if (minute > 59 || hour > 14 || (hour == 14 && minute > 0)) fault = TemporalFault::Range;
    const minutes east = hours{hour} + minutes{minute};
    out.offset = west ? -east : east;
    return true;
}

std::optional<DateTime> read(TemporalForm form, std::string_view text) noexcept {
    DateTime when;
    if (read_temporal(form, text, when) != TemporalFault::None) return std::nullopt;
    return when;
}

Instant clock_time(const DateTime& when) {
    return Instant{hours{when.hour} + minutes{when.minute} + seconds{when.second} +
                   std::chrono::microseconds{when.nanosecond / 1000}};
}

}  // namespace

TemporalFault read_temporal(TemporalForm form, std::string_view text, DateTime& out) noexcept {
    Scanner scan(text);
    TemporalFault fault = TemporalFault::None;
    if (form == TemporalForm::Time)
        return read_clock(scan, out, fault) && scan.done() ? fault : TemporalFault::Format;

    unsigned year = 0;
    if (!scan.digits(4, year)) return TemporalFault::Format;
    out.year = static_cast<int>(year);
    out.precision = Precision::Year;
    if (year == 0) fault = TemporalFault::Range;
    if (scan.take('-')) {
        if (!scan.digits(2, out.month)) return TemporalFault::Format;
        out.precision = Precision::Month;
        if (out.month < 1 || out.month > 12) fault = TemporalFault::Range;
        if (scan.take('-')) {
            if (!scan.digits(2, out.day)) return TemporalFault::Format;
            out.precision = Precision::Day;
            if (!day_exists(out)) fault = TemporalFault::Range;
        }
    }
    if (form != TemporalForm::Date && out.precision == Precision::Day && scan.take('T')) {
        if (!read_clock(scan, out, fault) || !read_offset(scan, out, fault))
            return TemporalFault::Format;
    }
    if (!scan.done() || (form == TemporalForm::Instant && out.precision < Precision::Second))
        return TemporalFault::Format;
    return fault;
}

std::optional<DateTime> parse_date(std::string_view text) noexcept {
    return read(TemporalForm::Date, text);
}
std::optional<DateTime> parse_date_time(std::string_view text) noexcept {
    return read(TemporalForm::DateTime, text);
}
std::optional<DateTime> parse_full_instant(std::string_view text) noexcept {
    return read(TemporalForm::Instant, text);
}
std::optional<DateTime> parse_time(std::string_view text) noexcept {
    return read(TemporalForm::Time, text);
}

std::chrono::sys_days DateTime::date() const {
    return std::chrono::year_month_day{std::chrono::year{year}, std::chrono::month{month},
                                       std::chrono::day{day}};
}

Instant DateTime::earliest(std::chrono::minutes assumed) const {
    const Instant clock = clock_time(*this);
    if (year == 0) return clock;
    return Instant{date()} + clock.time_since_epoch() - offset.value_or(assumed);
}

Instant DateTime::end(std::chrono::minutes assumed) const {
    const auto start = earliest(assumed);
    const std::chrono::year_month_day from{date()};
    switch (precision) {
        case Precision::Year:
            return Instant{std::chrono::sys_days{from + years{1}}} - offset.value_or(assumed);
        case Precision::Month:
            return Instant{std::chrono::sys_days{from + months{1}}} - offset.value_or(assumed);
        case Precision::Day:
            return start + days{1};
        case Precision::Hour:
            return start + hours{1};
        case Precision::Minute:
            return start + minutes{1};
        case Precision::Second:
            return start + seconds{1};
        case Precision::Fraction:
            break;
    }
    return start + std::chrono::microseconds{1};
}

std::optional<std::strong_ordering> compare(const DateTime& left, const DateTime& right,
                                            std::chrono::minutes assumed) {
    // Seconds and fractions are one precision (fhirpath N1, section 6.2): both are points here.
    const auto to_second = [](const DateTime& when) {
        return std::min(when.precision, Precision::Second);
    };
    if (to_second(left) == to_second(right)) {
        const Instant a = left.earliest(assumed);
        const Instant b = right.earliest(assumed);
        if (a != b) return a <=> b;
        return left.nanosecond % 1000 <=> right.nanosecond % 1000;
    }
    if (left.end(assumed) <= right.earliest(assumed)) return std::strong_ordering::less;
    if (right.end(assumed) <= left.earliest(assumed)) return std::strong_ordering::greater;
    return std::nullopt;
}

}  // namespace tsunagi::fhir

#include "fhirpath/temporal.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>

namespace tsunagi::fhirpath {
namespace {

using Precision = Temporal::Precision;
using Kind = Temporal::Kind;

constexpr std::int64_t kNanosPerSecond = 1'000'000'000;
// N1 boundary rules: the widest offsets in use. A civil time without offset may lie anywhere
// between.
constexpr int kEastMost = 14 * 60;
constexpr int kWestMost = -12 * 60;

bool is_digit(char c) { return c >= '0' && c <= '9'; }

class Cursor {
public:
    explicit Cursor(std::string_view text) : rest_(text) {}
    bool done() const { return rest_.empty(); }
    bool take(char c) {
        if (rest_.empty() || rest_[0] != c) return false;
        rest_.remove_prefix(1);
        return true;
    }
    bool digits(std::size_t count, int& out) {
        if (rest_.size() < count) return false;
        int value = 0;
        for (std::size_t i = 0; i < count; ++i) {
            if (!is_digit(rest_[i])) return false;
            value = value * 10 + (rest_[i] - '0');
        }
        out = value;
        rest_.remove_prefix(count);
        return true;
    }
    std::string_view run() {
        std::size_t size = 0;
        while (size < rest_.size() && is_digit(rest_[size])) ++size;
        const auto taken = rest_.substr(0, size);
        rest_.remove_prefix(size);
        return taken;
    }

private:
    std::string_view rest_;
};

int days_in(int year, int month) {
    using namespace std::chrono;
    const auto last = year_month_day_last{
        std::chrono::year{year}, month_day_last{std::chrono::month(static_cast<unsigned>(month))}};
    return static_cast<int>(static_cast<unsigned>(last.day()));
}

bool read_clock(Cursor& in, Temporal& out) {
    if (!in.digits(2, out.hour) || out.hour > 24) return false;
    out.precision = Precision::Hour;
    if (in.take(':')) {
        if (!in.digits(2, out.minute) || out.minute > 59) return false;
        out.precision = Precision::Minute;
        if (in.take(':')) {
            if (!in.digits(2, out.second) || out.second > 60) return false;
            out.precision = Precision::Second;
            if (in.take('.')) {
                const auto fraction = in.run();
                if (fraction.empty()) return false;
                out.precision = Precision::Fraction;
                out.fraction_digits = static_cast<int>(std::min<std::size_t>(fraction.size(), 9));
                for (std::size_t i = 0; i < 9; ++i)
                    out.nanos = out.nanos * 10 + (i < fraction.size() ? fraction[i] - '0' : 0);
            }
        }
    }
    return out.hour < 24;
}

void append_padded(std::string& out, std::int64_t value, int width) {
    char buffer[24];
    const auto [end, fault] = std::to_chars(buffer, buffer + sizeof buffer, value);
    for (auto size = end - buffer; size < width; ++size) out.push_back('0');
    out.append(buffer, end);
}

std::int64_t day_number(const Temporal& t) {
    using namespace std::chrono;
    return sys_days{std::chrono::year{t.year} / t.month / t.day}.time_since_epoch().count();
}

/// Nanoseconds would overflow 64 bits over 9999 years: seconds and nanoseconds apart.
struct Position {
    std::int64_t seconds = 0;
    std::int64_t nanos = 0;
    auto operator<=>(const Position&) const = default;
};

Position position(const Temporal& t, int offset) {
    const std::int64_t days = t.kind == Kind::Time ? 0 : day_number(t);
    return {days * 86400 + std::int64_t{t.hour} * 3600 + std::int64_t{t.minute} * 60 + t.second -
                std::int64_t{offset} * 60,
            t.nanos};
}

void set_position(Temporal& t, std::int64_t seconds) {
    using namespace std::chrono;
    const std::int64_t days = seconds >= 0 ? seconds / 86400 : -((-seconds + 86399) / 86400);
    const std::int64_t of_day = seconds - days * 86400;
    t.hour = static_cast<int>(of_day / 3600);
    t.minute = static_cast<int>(of_day / 60 % 60);
    t.second = static_cast<int>(of_day % 60);
    if (t.kind == Kind::Time) return;
    const year_month_day date{sys_days{std::chrono::days{days}}};
    t.year = static_cast<int>(date.year());
    t.month = static_cast<int>(static_cast<unsigned>(date.month()));
    t.day = static_cast<int>(static_cast<unsigned>(date.day()));
}

int sign(std::strong_ordering order) { return order < 0 ? -1 : order > 0 ? 1 : 0; }

std::optional<int> compare_fields(const Temporal& left, const Temporal& right) {
    const bool time = left.kind == Kind::Time;
    const std::array<std::array<std::int64_t, 2>, 5> fields{{{left.year, right.year},
                                                             {left.month, right.month},
                                                             {left.day, right.day},
                                                             {left.hour, right.hour},
                                                             {left.minute, right.minute}}};
    for (std::size_t i = time ? 3 : 0; i < fields.size(); ++i) {
        const auto level = static_cast<Precision>(i);
        const bool in_left = left.precision >= level;
        const bool in_right = right.precision >= level;
        if (!in_left && !in_right) return 0;
        if (in_left != in_right) return std::nullopt;
        if (fields[i][0] != fields[i][1]) return fields[i][0] < fields[i][1] ? -1 : 1;
    }
    // Seconds and their fraction are one field (N1 section 6.1.1).
    const bool in_left = left.precision >= Precision::Second;
    const bool in_right = right.precision >= Precision::Second;
    if (!in_left && !in_right) return 0;
    if (in_left != in_right) return std::nullopt;
    return sign(Position{left.second, left.nanos} <=> Position{right.second, right.nanos});
}

}  // namespace

std::optional<Temporal> Temporal::parse(Kind kind, std::string_view text) {
    Temporal out;
    out.kind = kind;
    Cursor in{text};
    if (kind == Kind::Time) {
        if (!read_clock(in, out) || !in.done()) return std::nullopt;
        return out;
    }
    if (!in.digits(4, out.year) || out.year == 0) return std::nullopt;
    if (in.take('-')) {
        if (!in.digits(2, out.month) || out.month < 1 || out.month > 12) return std::nullopt;
        out.precision = Precision::Month;
        if (in.take('-')) {
            if (!in.digits(2, out.day) || out.day < 1 || out.day > days_in(out.year, out.month))
                return std::nullopt;
            out.precision = Precision::Day;
        }
    }
    if (kind == Kind::DateTime && in.take('T') && !in.done()) {
        if (out.precision != Precision::Day || !read_clock(in, out)) return std::nullopt;
        if (in.take('Z')) {
            out.offset = 0;
        } else if (const bool east = in.take('+'); east || in.take('-')) {
            int hours = 0;
            int minutes = 0;
            if (!in.digits(2, hours) || !in.take(':') || !in.digits(2, minutes) || hours > 14 ||
                minutes > 59)
                return std::nullopt;
            out.offset = (east ? 1 : -1) * (hours * 60 + minutes);
        }
    }
    if (!in.done()) return std::nullopt;
    return out;
}

Temporal Temporal::of(Instant instant, std::chrono::minutes zone) {
    const auto local = instant + zone;
    const auto seconds = std::chrono::floor<std::chrono::seconds>(local);
    Temporal out;
    out.kind = Kind::DateTime;
    out.precision = Precision::Fraction;
    out.fraction_digits = 3;
    out.nanos =
        std::chrono::duration_cast<std::chrono::milliseconds>(local - seconds).count() * 1'000'000;
    out.offset = static_cast<int>(zone.count());
    set_position(out, seconds.time_since_epoch().count());
    return out;
}

std::string Temporal::text() const {
    std::string out;
    if (kind != Kind::Time) {
        append_padded(out, year, 4);
        if (precision >= Precision::Month) append_padded(out += '-', month, 2);
        if (precision >= Precision::Day) append_padded(out += '-', day, 2);
        if (precision < Precision::Hour) return out;
        out += 'T';
    }
    append_padded(out, hour, 2);
    if (precision >= Precision::Minute) append_padded(out += ':', minute, 2);
    if (precision >= Precision::Second) append_padded(out += ':', second, 2);
    if (precision >= Precision::Fraction) {
        std::int64_t fraction = nanos;
        for (int i = fraction_digits; i < 9; ++i) fraction /= 10;
        append_padded(out += '.', fraction, fraction_digits);
    }
    if (offset) {
        if (*offset == 0) return out += 'Z';
        out += *offset < 0 ? '-' : '+';
        const int distance = *offset < 0 ? -*offset : *offset;
        append_padded(out, distance / 60, 2);
        append_padded(out += ':', distance % 60, 2);
    }
    return out;
}

Temporal Temporal::as(Kind other) const {
    Temporal out = *this;
    out.kind = other;
    if (other == Kind::Date) {
        out.precision = std::min(precision, Precision::Day);
        out.hour = out.minute = out.second = 0;
        out.nanos = 0;
        out.offset.reset();
    }
    return out;
}

std::optional<int> compare(const Temporal& left, const Temporal& right) {
    const bool both_timed =
        left.precision >= Precision::Minute && right.precision >= Precision::Minute;
    if (left.kind == Kind::Time || !both_timed || (!left.offset && !right.offset))
        return compare_fields(left, right);
    if (left.offset && right.offset) {
        Temporal a = left;
        Temporal b = right;
        set_position(a, position(left, *left.offset).seconds);
        set_position(b, position(right, *right.offset).seconds);
        return compare_fields(a, b);
    }
    // One offset is unknown: decided only when every possible offset gives the same order.
    const auto order = [&](int unknown) {
        return sign(position(left, left.offset.value_or(unknown)) <=>
                    position(right, right.offset.value_or(unknown)));
    };
    const int east = order(kEastMost);
    const int west = order(kWestMost);
    if (east != west || east == 0) return std::nullopt;
    return east;
}

std::optional<TimeUnit> time_unit(std::string_view word, bool ucum) {
    struct Row {
        std::string_view word;
        TimeUnit unit;
        bool ucum;
    };
    static constexpr std::array<Row, 24> kRows{{{"year", TimeUnit::Year, false},
                                                {"years", TimeUnit::Year, false},
                                                {"month", TimeUnit::Month, false},
                                                {"months", TimeUnit::Month, false},
                                                {"week", TimeUnit::Week, false},
                                                {"weeks", TimeUnit::Week, false},
                                                {"day", TimeUnit::Day, false},
                                                {"days", TimeUnit::Day, false},
                                                {"hour", TimeUnit::Hour, false},
                                                {"hours", TimeUnit::Hour, false},
                                                {"minute", TimeUnit::Minute, false},
                                                {"minutes", TimeUnit::Minute, false},
                                                {"second", TimeUnit::Second, false},
                                                {"seconds", TimeUnit::Second, false},
                                                {"millisecond", TimeUnit::Millisecond, false},
                                                {"milliseconds", TimeUnit::Millisecond, false},
                                                {"wk", TimeUnit::Week, true},
                                                {"d", TimeUnit::Day, true},
                                                {"h", TimeUnit::Hour, true},
                                                {"min", TimeUnit::Minute, true},
                                                {"s", TimeUnit::Second, true},
                                                {"ms", TimeUnit::Millisecond, true},
                                                {"a", TimeUnit::Year, true},
                                                {"mo", TimeUnit::Month, true}}};
    for (const Row& row : kRows) {
        if (row.ucum == ucum && row.word == word) return row.unit;
    }
    return std::nullopt;
}

std::optional<Temporal> add(const Temporal& start, const Number& amount, TimeUnit unit) {
    const auto whole_number = rounded(amount, 0, Rounding::TowardZero);
    if (!whole_number) return std::nullopt;
    const auto whole = whole_number->whole();
    if (!whole || *whole > 4'000'000'000'000 || *whole < -4'000'000'000'000) return std::nullopt;
    std::int64_t count = *whole;
    Temporal out = start;
    const auto shift_months = [&](std::int64_t months) {
        if (months > 120'000 || months < -120'000) return false;
        const std::int64_t index = std::int64_t{out.year} * 12 + (out.month - 1) + months;
        const std::int64_t year = index >= 0 ? index / 12 : -1;
        if (year < 1 || year > 9999) return false;
        out.year = static_cast<int>(year);
        out.month = static_cast<int>(index % 12) + 1;
        out.day = std::min(out.day, days_in(out.year, out.month));
        return true;
    };
    if (unit == TimeUnit::Year || unit == TimeUnit::Month) {
        if (out.kind == Kind::Time) return std::nullopt;
        // A year-only value grows by whole years only.
        if (unit == TimeUnit::Month && out.precision == Precision::Year) {
            count = count / 12;
            unit = TimeUnit::Year;
        }
        if (!shift_months(unit == TimeUnit::Year ? count * 12 : count)) return std::nullopt;
        return out;
    }
    if (unit == TimeUnit::Week) {
        count *= 7;
        unit = TimeUnit::Day;
    }
    // A finer amount than the value's precision is cut down to that precision (N1 6.6.7): 24 hours
    // a day, 30 days a month, 365 days a year.
    if (out.kind != Kind::Time) {
        if (out.precision < Precision::Hour && unit >= TimeUnit::Hour) {
            const std::int64_t per_day = unit == TimeUnit::Hour     ? 24
                                         : unit == TimeUnit::Minute ? 1440
                                         : unit == TimeUnit::Second ? 86400
                                                                    : 86'400'000;
            count /= per_day;
            unit = TimeUnit::Day;
        }
        if (unit == TimeUnit::Day && out.precision < Precision::Day) {
            const bool months = out.precision == Precision::Month;
            if (!shift_months(months ? count / 30 : count / 365 * 12)) return std::nullopt;
            return out;
        }
    } else if (unit == TimeUnit::Day) {
        return std::nullopt;
    }
    std::int64_t seconds = 0;
    std::int64_t nanos = out.nanos;
    switch (unit) {
        case TimeUnit::Day:
            seconds = count * 86400;
            break;
        case TimeUnit::Hour:
            seconds = count * 3600;
            break;
        case TimeUnit::Minute:
            seconds = count * 60;
            break;
        default: {
            const auto fine = rounded(amount, 9, Rounding::TowardZero);
            if (!fine) return std::nullopt;
            const bool milli = unit == TimeUnit::Millisecond;
            const Int128 total = milli ? fine->digits / 1000 : fine->digits;
            if (total / kNanosPerSecond > 4'000'000'000'000 ||
                total / kNanosPerSecond < -4'000'000'000'000)
                return std::nullopt;
            seconds = static_cast<std::int64_t>(total / kNanosPerSecond);
            nanos += static_cast<std::int64_t>(total % kNanosPerSecond);
        }
    }
    if (nanos < 0) {
        nanos += kNanosPerSecond;
        --seconds;
    } else if (nanos >= kNanosPerSecond) {
        nanos -= kNanosPerSecond;
        ++seconds;
    }
    if (nanos != out.nanos && out.precision == Precision::Second) {
        out.precision = Precision::Fraction;
        out.fraction_digits = 3;
    }
    out.nanos = nanos;
    std::int64_t place = position(out, 0).seconds + seconds;
    if (out.kind == Kind::Time) place = ((place % 86400) + 86400) % 86400;
    if (place > 253'402'300'799 || place < -62'135'596'800) return std::nullopt;
    set_position(out, place);
    return out;
}

int digits_of(const Temporal& value) {
    static constexpr std::array<int, 7> kDate{4, 6, 8, 10, 12, 14, 17};
    const int digits = kDate[static_cast<std::size_t>(value.precision)];
    return value.kind == Kind::Time ? digits - 8 : digits;
}

std::optional<Temporal> boundary(const Temporal& value, int digits, bool high) {
    static constexpr std::array<int, 7> kDate{4, 6, 8, 10, 12, 14, 17};
    const int wanted = value.kind == Kind::Time ? digits + 8 : digits;
    const auto found = std::find(kDate.begin(), kDate.end(), wanted);
    if (found == kDate.end()) return std::nullopt;
    const auto precision = static_cast<Precision>(found - kDate.begin());
    if (value.kind == Kind::Time && precision < Precision::Hour) return std::nullopt;
    if (value.kind == Kind::Date && precision > Precision::Day) return std::nullopt;
    Temporal out = value;
    if (high) {
        if (value.precision < Precision::Month) out.month = 12;
        if (value.precision < Precision::Day) out.day = days_in(out.year, out.month);
        if (value.precision < Precision::Hour) out.hour = 23;
        if (value.precision < Precision::Minute)
            out.minute = value.precision < Precision::Hour ? 59 : 0;
        if (value.precision < Precision::Second) out.second = 59;
        if (value.precision < Precision::Fraction) out.nanos = 999'000'000;
    }
    if (value.precision < Precision::Fraction) out.fraction_digits = 3;
    out.precision = precision;
    if (precision == Precision::Fraction) out.fraction_digits = std::max(out.fraction_digits, 3);
    if (value.kind == Kind::DateTime && precision >= Precision::Hour) {
        if (!out.offset) out.offset = high ? kWestMost : kEastMost;
    } else {
        out.offset.reset();
    }
    return out;
}

}  // namespace tsunagi::fhirpath

#include "base/clock.h"

#include <cstdint>
#include <cstdlib>

namespace tsunagi {
namespace {

using std::chrono::duration_cast;
using std::chrono::floor;

void append_padded(std::string& out, std::int64_t value, int width) {
    std::string digits = std::to_string(value);
    if (static_cast<int>(digits.size()) < width) {
        out.append(static_cast<std::size_t>(width) - digits.size(), '0');
    }
    out += digits;
}

void append_date(std::string& out, const std::chrono::year_month_day& day) {
    append_padded(out, static_cast<int>(day.year()), 4);
    out += '-';
    append_padded(out, static_cast<unsigned>(day.month()), 2);
    out += '-';
    append_padded(out, static_cast<unsigned>(day.day()), 2);
}

/// Digits text[at, at+count) as a number, or -1.
int digits_at(std::string_view text, std::size_t at, std::size_t count) {
    if (at + count > text.size()) return -1;
    int value = 0;
    for (std::size_t i = at; i < at + count; ++i) {
        if (text[i] < '0' || text[i] > '9') return -1;
        value = value * 10 + (text[i] - '0');
    }
    return value;
}

Error bad_time() {
    return Error{Code::Invalid, "not a date and time with seconds and an offset", {}};
}

}  // namespace

Instant SystemClock::now() const {
    return floor<std::chrono::microseconds>(std::chrono::system_clock::now());
}

std::string format_instant(Instant instant, std::chrono::minutes offset) {
    const auto local = instant + offset;
    const auto day = floor<std::chrono::days>(local);
    const auto of_day = duration_cast<std::chrono::milliseconds>(local - day).count();
    std::string out;
    append_date(out, std::chrono::year_month_day{day});
    out += 'T';
    append_padded(out, of_day / 3'600'000, 2);
    out += ':';
    append_padded(out, of_day / 60'000 % 60, 2);
    out += ':';
    append_padded(out, of_day / 1000 % 60, 2);
    out += '.';
    append_padded(out, of_day % 1000, 3);
    if (offset == std::chrono::minutes{0}) return out + "Z";
    const auto minutes = std::abs(offset.count());
    out += offset.count() < 0 ? '-' : '+';
    append_padded(out, minutes / 60, 2);
    out += ':';
    append_padded(out, minutes % 60, 2);
    return out;
}

std::string format_date(Instant instant, std::chrono::minutes offset) {
    std::string out;
    append_date(out, std::chrono::year_month_day{floor<std::chrono::days>(instant + offset)});
    return out;
}

Result<std::chrono::minutes> parse_offset(std::string_view text) {
    if (text == "Z") return std::chrono::minutes{0};
    const int hours = digits_at(text, 1, 2);
    const int minutes = digits_at(text, 4, 2);
    const bool shaped = text.size() == 6 && (text[0] == '+' || text[0] == '-') && text[3] == ':';
    if (!shaped || hours < 0 || hours > 14 || minutes < 0 || minutes > 59) {
        return Error{Code::Invalid, "not an offset from UTC", {}};
    }
    const std::chrono::minutes offset{hours * 60 + minutes};
    return text[0] == '-' ? -offset : offset;
}

Result<Instant> parse_instant(std::string_view text) {
    // YYYY-MM-DDThh:mm:ss[.fff](Z|+hh:mm)
    const int year = digits_at(text, 0, 4), month = digits_at(text, 5, 2),
              day = digits_at(text, 8, 2);
    const int hour = digits_at(text, 11, 2), minute = digits_at(text, 14, 2),
              second = digits_at(text, 17, 2);
    if (year < 1 || month < 1 || day < 1 || hour < 0 || hour > 23 || minute < 0 || minute > 59 ||
        second < 0 || second > 60 || text[4] != '-' || text[7] != '-' || text[10] != 'T' ||
        text[13] != ':' || text[16] != ':') {
        return bad_time();
    }
    const std::chrono::year_month_day date{std::chrono::year{year},
                                           std::chrono::month{static_cast<unsigned>(month)},
                                           std::chrono::day{static_cast<unsigned>(day)}};
    if (!date.ok()) return bad_time();
    std::size_t at = 19;
    std::int64_t micros = 0;
    if (at < text.size() && text[at] == '.') {
        std::int64_t scale = 100'000;
        const std::size_t start = ++at;
        for (; at < text.size() && text[at] >= '0' && text[at] <= '9'; ++at, scale /= 10) {
            micros += (text[at] - '0') * scale;
        }
        if (at == start) return bad_time();
    }
    const auto offset = parse_offset(text.substr(at));
    if (!offset) return bad_time();
    return Instant{std::chrono::sys_days{date}} + std::chrono::hours{hour} +
           std::chrono::minutes{minute} + std::chrono::seconds{second} +
           std::chrono::microseconds{micros} - *offset;
}

}  // namespace tsunagi

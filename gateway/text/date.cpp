#include "text/date.h"

#include <unicode/normalizer2.h>
#include <unicode/unistr.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <optional>
#include <vector>

#include "text/width.h"

namespace tsunagi::text {
namespace {

using std::chrono::day;
using std::chrono::days;
using std::chrono::month;
using std::chrono::sys_days;
using std::chrono::year;
using std::chrono::year_month_day;
using std::chrono::year_month_day_last;

struct Era {
    std::string_view kanji;
    char letter;
    int first_year;  // the Gregorian year of 元年
    year_month_day first,
        last;  // both inclusive: the day of change belongs to both where the law says so
};

constexpr year_month_day ymd(int y, unsigned m, unsigned d) { return {year{y}, month{m}, day{d}}; }

/// Meiji counts from the Gregorian calendar's introduction; 1912-07-30 and 1926-12-25 belong to two
/// eras, while Heisei and Reiwa began on the day after.
constexpr std::array<Era, 5> kEras{{
    {"明治", 'M', 1868, ymd(1873, 1, 1), ymd(1912, 7, 30)},
    {"大正", 'T', 1912, ymd(1912, 7, 30), ymd(1926, 12, 25)},
    {"昭和", 'S', 1926, ymd(1926, 12, 25), ymd(1989, 1, 7)},
    {"平成", 'H', 1989, ymd(1989, 1, 8), ymd(2019, 4, 30)},
    {"令和", 'R', 2019, ymd(2019, 5, 1), ymd(2100, 12, 31)},
}};

Error bad(const char* code) { return Error{Code::Invalid, code, {}}; }

/// Whether all of a text is ASCII, kanji (U+4000-9FFF) or full-width ASCII: what NFKC narrows and
/// leaves alone otherwise. Nearly every date is written with these.
bool is_usual(std::string_view text) {
    const auto byte = [&](std::size_t at) { return static_cast<unsigned char>(text[at]); };
    for (std::size_t at = 0; at < text.size();) {
        const unsigned char lead = byte(at);
        if (lead < 0x80) {
            ++at;
            continue;
        }
        if (text.size() - at < 3) return false;
        const bool kanji = lead >= 0xE4 && lead <= 0xE9;
        const bool wide = lead == 0xEF && ((byte(at + 1) == 0xBC && byte(at + 2) >= 0x81) ||
                                           (byte(at + 1) == 0xBD && byte(at + 2) <= 0x9E));
        if (!kanji && !wide) return false;
        at += 3;
    }
    return true;
}

/// NFKC for reading only: square eras (㋿) open, full-width digits and letters narrow. `text` is
/// well-formed UTF-8.
std::string readable(std::string_view text) {
    if (is_usual(text)) return trim(to_narrow(text));
    UErrorCode fault = U_ZERO_ERROR;
    const auto source = icu::UnicodeString::fromUTF8(
        icu::StringPiece(text.data(), static_cast<int32_t>(text.size())));
    std::string out;
    icu::Normalizer2::getNFKCInstance(fault)->normalize(source, fault).toUTF8String(out);
    return trim(out);
}

/// Reads from the front; every take_ leaves the text alone when it does not match.
class Scanner {
public:
    explicit Scanner(std::string_view text) : left_(text) {}

    bool take(std::string_view word) {
        if (!left_.starts_with(word)) return false;
        left_.remove_prefix(word.size());
        return true;
    }
    bool take_one_of(std::initializer_list<std::string_view> words) {
        for (const auto word : words) {
            if (take(word)) return true;
        }
        return false;
    }
    void skip_spaces() {
        while (take(" ") || take("\u3000")) continue;
    }
    bool done() const { return left_.empty(); }
    std::size_t left() const { return left_.size(); }

    /// ASCII digits (at most four) or kanji numerals up to 九十九.
    std::optional<int> number() {
        int value = 0;
        std::size_t count = 0;
        while (count < left_.size() && count < 4 && left_[count] >= '0' && left_[count] <= '9') {
            value = value * 10 + (left_[count++] - '0');
        }
        if (count > 0) {
            left_.remove_prefix(count);
            return value;
        }
        return kanji_number();
    }

    std::optional<char> letter() {
        if (left_.empty()) return std::nullopt;
        const char c = left_[0];
        const char upper = c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c;
        if (std::string_view{"MTSHR"}.find(upper) == std::string_view::npos) return std::nullopt;
        left_.remove_prefix(1);
        return upper;
    }

private:
    std::optional<int> kanji_number() {
        static constexpr std::array<std::string_view, 10> kDigits{"〇", "一", "二", "三", "四",
                                                                  "五", "六", "七", "八", "九"};
        int tens = 0, value = 0;
        bool any = false, ten_seen = false;
        for (bool again = true; again;) {
            again = false;
            if (!ten_seen && take("十")) {
                tens = any ? value : 1;
                value = 0;
                any = ten_seen = again = true;
                continue;
            }
            for (std::size_t digit = 0; digit < kDigits.size(); ++digit) {
                if (!take(kDigits[digit])) continue;
                value = ten_seen ? static_cast<int>(digit) : value * 10 + static_cast<int>(digit);
                any = again = true;
                break;
            }
            if (value > 9999) return std::nullopt;
        }
        if (!any) return std::nullopt;
        return tens * 10 + value;
    }

    std::string_view left_;
};

std::string padded(int value, int width) {
    std::string digits = std::to_string(value);
    return std::string(digits.size() < static_cast<std::size_t>(width)
                           ? static_cast<std::size_t>(width) - digits.size()
                           : 0,
                       '0') +
           digits;
}

struct Read {
    int year = 0;
    int month = 0;  // 0: not given
    int day = 0;    // 0: not given
};

std::string iso(const Read& read) {
    std::string out = padded(read.year, 4);
    if (read.month > 0) out += "-" + padded(read.month, 2);
    if (read.day > 0) out += "-" + padded(read.day, 2);
    return out;
}

std::optional<year_month_day> full_date(std::string_view text) {
    if (text.size() != 10 || text[4] != '-' || text[7] != '-') return std::nullopt;
    int parts[3] = {0, 0, 0};
    std::size_t part = 0;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (i == 4 || i == 7) {
            ++part;
        } else if (text[i] >= '0' && text[i] <= '9') {
            parts[part] = parts[part] * 10 + (text[i] - '0');
        } else {
            return std::nullopt;
        }
    }
    const year_month_day date =
        ymd(parts[0], static_cast<unsigned>(parts[1]), static_cast<unsigned>(parts[2]));
    return date.ok() ? std::optional{date} : std::nullopt;
}

/// Checks the era's bounds as far as the date is known.
Status within(const Era& era, const Read& read) {
    const auto first_month = static_cast<unsigned>(read.month > 0 ? read.month : 1);
    const auto last_month = static_cast<unsigned>(read.month > 0 ? read.month : 12);
    const year_month_day earliest{year{read.year}, month{first_month},
                                  day{static_cast<unsigned>(read.day > 0 ? read.day : 1)}};
    const year_month_day latest =
        read.day > 0 ? earliest
                     : year_month_day{year{read.year} / month{last_month} / std::chrono::last};
    if (era.letter == 'M' && latest < era.first) return bad("before-gregorian");
    if (latest < era.first || earliest > era.last) return bad("era-mismatch");
    return {};
}

Result<Read> scan_date(Scanner& in) {
    const Era* era = nullptr;
    for (const auto& each : kEras) {
        // 昭和 or, as forms print it to be circled, 昭.
        if (in.take(each.kanji) || in.take(each.kanji.substr(0, 3))) era = &each;
        if (era) break;
    }
    if (!era) {
        if (const auto letter = in.letter()) {
            for (const auto& each : kEras) {
                if (each.letter == *letter) era = &each;
            }
            in.take(".");
        }
    }
    if (!era) in.take_one_of({"西暦"});
    in.skip_spaces();
    Read read;
    const std::size_t before = in.left();
    if (era && in.take("元")) {
        read.year = 1;
    } else if (const auto number = in.number()) {
        read.year = *number;
    } else {
        return bad("not-a-date");
    }
    if (era) {
        if (read.year < 1 || read.year > 99) return bad("era-mismatch");
        read.year += era->first_year - 1;
    } else if (before - in.left() < 4 || read.year < 1000) {
        return bad("no-era");
    }
    const auto next_part = [&](std::initializer_list<std::string_view> units) {
        in.skip_spaces();
        return in.take_one_of(units);
    };
    if (next_part({"年", "-", "/", ".", "・"})) {
        in.skip_spaces();
        if (const auto number = in.number()) {
            read.month = *number;
            if (read.month < 1 || read.month > 12) return bad("no-such-day");
            if (next_part({"月", "-", "/", ".", "・"})) {
                in.skip_spaces();
                if (const auto day_number = in.number()) {
                    read.day = *day_number;
                    in.take("日");
                    const bool exists =
                        read.day >= 1 && ymd(read.year, static_cast<unsigned>(read.month),
                                             static_cast<unsigned>(read.day))
                                             .ok();
                    if (!exists) return bad("no-such-day");
                }
            }
        }
    }
    if (era) {
        if (const auto inside = within(*era, read); !inside) return inside.error();
    }
    return read;
}

/// A weekday in brackets behind a date; false when that day was another one: a slip in one of the
/// two, and which one only the writer knows.
bool take_weekday(Scanner& in, const Read& read) {
    static constexpr std::array<std::string_view, 7> kDays{"日", "月", "火", "水",
                                                           "木", "金", "土"};
    in.skip_spaces();
    if (!in.take("(")) return true;
    bool fits = true;
    for (unsigned each = 0; each < kDays.size(); ++each) {
        if (!in.take(kDays[each])) continue;
        const sys_days on{ymd(read.year, static_cast<unsigned>(std::max(read.month, 1)),
                              static_cast<unsigned>(std::max(read.day, 1)))};
        fits = read.day == 0 || std::chrono::weekday{on}.c_encoding() == each;
        break;
    }
    in.take("・");
    in.take_one_of({"祝", "振休", "休"});
    in.take("曜日");
    in.take("曜");
    in.take(")");
    in.skip_spaces();
    return fits;
}

struct TimeOfDay {
    int hour = 0, minute = 0, second = 0;
};

Result<TimeOfDay> scan_time(Scanner& in) {
    TimeOfDay time;
    if (in.take("正午")) return TimeOfDay{12, 0, 0};
    const bool morning = in.take_one_of({"午前", "AM", "am"});
    const bool afternoon = !morning && in.take_one_of({"午後", "PM", "pm"});
    in.skip_spaces();
    const auto hour = in.number();
    if (!hour || !in.take_one_of({"時", ":"})) return bad("not-a-time");
    time.hour = *hour;
    in.skip_spaces();
    if (in.take("半")) {
        time.minute = 30;
    } else if (const auto minute = in.number()) {
        time.minute = *minute;
        in.take("分");
        if (in.take(":")) {
            const auto second = in.number();
            if (!second) return bad("not-a-time");
            time.second = *second;
        }
    }
    if ((morning || afternoon) && time.hour > 12) return bad("not-a-time");
    if (afternoon && time.hour < 12) time.hour += 12;
    if (morning && time.hour == 12) time.hour = 0;
    if (time.hour > 29 || time.minute > 59 || time.second > 59) return bad("not-a-time");
    return time;
}

}  // namespace

Result<std::string> read_date(std::string_view text) {
    const std::string narrow = readable(text);
    Scanner in(narrow);
    auto read = scan_date(in);
    if (!read) return read.error();
    in.skip_spaces();
    if (!take_weekday(in, *read)) return bad("weekday-mismatch");
    in.take_one_of({"生まれ", "生"});
    in.skip_spaces();
    if (!in.done()) return bad("not-a-date");
    return iso(*read);
}

Result<std::string> read_datetime(std::string_view text, std::chrono::minutes zone) {
    const std::string narrow = readable(text);
    Scanner in(narrow);
    auto read = scan_date(in);
    if (!read) return read.error();
    if (!take_weekday(in, *read)) return bad("weekday-mismatch");
    in.skip_spaces();
    if (in.done()) return iso(*read);
    in.take("T");
    if (read->day == 0) return bad("not-a-date");
    const auto time = scan_time(in);
    if (!time) return time.error();
    if (in.take(".")) in.number();
    in.skip_spaces();
    std::string offset;
    if (in.take("Z")) {
        offset = "Z";
    } else if (!in.done()) {
        const bool east = in.take("+");
        const bool west = !east && in.take("-");
        const auto hours = in.number();
        const bool colon = in.take(":");
        const auto minutes = in.number();
        if ((!east && !west) || !hours || !colon || !minutes || !in.done() || *hours > 14 ||
            *minutes > 59) {
            return bad("not-a-time");
        }
        offset = (east ? "+" : "-") + padded(*hours, 2) + ":" + padded(*minutes, 2);
    } else {
        const auto minutes = static_cast<int>(zone.count());
        offset = minutes == 0 ? "Z"
                              : (minutes < 0 ? "-" : "+") + padded(std::abs(minutes) / 60, 2) +
                                    ":" + padded(std::abs(minutes) % 60, 2);
    }
    const year_month_day date{sys_days{ymd(read->year, static_cast<unsigned>(read->month),
                                           static_cast<unsigned>(read->day))} +
                              days{time->hour / 24}};
    const Read moved{static_cast<int>(date.year()),
                     static_cast<int>(static_cast<unsigned>(date.month())),
                     static_cast<int>(static_cast<unsigned>(date.day()))};
    return iso(moved) + "T" + padded(time->hour % 24, 2) + ":" + padded(time->minute, 2) + ":" +
           padded(time->second, 2) + offset;
}

Result<int> age_on(std::string_view birth_date, std::string_view on) {
    const auto birth = full_date(birth_date), asked = full_date(on);
    if (!birth || !asked || *asked < *birth) return bad("not-a-date");
    // The n-th year is complete at the end of the day before the n-th birthday: ask about the day
    // after instead.
    const year_month_day tomorrow{sys_days{*asked} + days{1}};
    int age = static_cast<int>(tomorrow.year()) - static_cast<int>(birth->year());
    const bool before_birthday =
        tomorrow.month() < birth->month() ||
        (tomorrow.month() == birth->month() && tomorrow.day() < birth->day());
    // Born on 29 February: in other years the birthday is 1 March for this count, reached on 28
    // February.
    if (before_birthday) --age;
    return age;
}

Result<int> days_between(std::string_view from, std::string_view to) {
    const auto first = full_date(from), second = full_date(to);
    if (!first || !second) return bad("not-a-date");
    return static_cast<int>((sys_days{*second} - sys_days{*first}).count());
}

}  // namespace tsunagi::text

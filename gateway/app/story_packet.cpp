#include "app/story_packet.h"

#include <charconv>
#include <cstdint>
#include <cstdio>
#include <optional>
#include <utility>

#include "json/builder.h"
#include "text/date.h"
#include "text/width.h"

namespace tsunagi::app {
namespace {

using std::chrono::sys_days;
using std::chrono::year_month_day;

struct Era {
    std::string_view name, letter;
    sys_days first;
};

constexpr Era kEras[] = {
    {"令和", "R", sys_days{std::chrono::year{2019} / 5 / 1}},
    {"平成", "H", sys_days{std::chrono::year{1989} / 1 / 8}},
    {"昭和", "S", sys_days{std::chrono::year{1926} / 12 / 25}},
};

int number(std::string_view digits) {
    int value = 0;
    std::from_chars(digits.data(), digits.data() + digits.size(), value);
    return value;
}

/// "2026-11-20" or "2026-11", as read_date gives them.
struct Civil {
    sys_days day;
    bool with_day = true;
};

std::optional<Civil> civil(std::string_view date) {
    if (date.size() != 7 && date.size() != 10) return {};
    const bool with_day = date.size() == 10;
    const std::chrono::year year{number(date.substr(0, 4))};
    const std::chrono::month month{static_cast<unsigned>(number(date.substr(5, 2)))};
    // The middle of a month stands for it, so that moving it lands in the right one.
    const std::chrono::day day{with_day ? static_cast<unsigned>(number(date.substr(8, 2))) : 15U};
    return Civil{sys_days{year / month / day}, with_day};
}

std::string iso(const Civil& civil) {
    const year_month_day date{civil.day};
    char text[16];
    std::snprintf(text, sizeof text, "%04d-%02u-%02u", static_cast<int>(date.year()),
                  static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()));
    return civil.with_day ? text : std::string{text, 7};
}

std::string full_width(std::string_view text) {
    std::string wide;
    for (const char c : text) {
        if (c >= '0' && c <= '9') {
            wide += "\xEF\xBC";  // U+FF10 to U+FF19
            wide += static_cast<char>(0x90 + (c - '0'));
        } else {
            wide += c;
        }
    }
    return wide;
}

std::string era_date(const Civil& civil, std::string_view cell) {
    const year_month_day date{civil.day};
    for (const auto& era : kEras) {
        if (civil.day < era.first) continue;
        const auto year = std::to_string(static_cast<int>(date.year()) -
                                         static_cast<int>(year_month_day{era.first}.year()) + 1);
        const auto month = std::to_string(static_cast<unsigned>(date.month()));
        const auto day = std::to_string(static_cast<unsigned>(date.day()));
        std::string text;
        if (cell[0] >= 'A' && cell[0] <= 'Z') {
            text.append(era.letter).append(year).append(".").append(month);
            return civil.with_day ? text.append(".").append(day) : text;
        }
        text.append(era.name).append(year).append("年").append(month).append("月");
        if (civil.with_day) text.append(day).append("日");
        return text::to_narrow(cell) == cell ? text : full_width(text);
    }
    return std::string{cell};
}

/// Moves every date below `value` but birth dates.
void move_dates(json::Builder& builder, json::Value value, int days) {
    for (const json::Value child : value) {
        if (child.is_string()) {
            if (child.key() != "birthDate")
                builder.assign(builder.edit(child), moved_date(child.text(), days));
        } else {
            move_dates(builder, child, days);
        }
    }
}

/// "2026-11-20T10:42:00+09:00": as a clinic's form writes a time.
std::string to_the_minute(Instant instant, std::chrono::minutes zone) {
    const std::string text =
        format_instant(std::chrono::floor<std::chrono::minutes>(instant), zone);
    const auto fraction = text.find('.');
    return fraction == std::string::npos ? text
                                         : text.substr(0, fraction) + text.substr(fraction + 4);
}

void count_age(json::Builder& builder, json::Value document, const std::string& birth,
               const std::string& today) {
    if (!document["age"]) return;
    if (const auto age = text::age_on(birth, today))
        builder.assign_number(builder.edit(document["age"]), std::to_string(*age));
}

}  // namespace

std::string moved_date(std::string_view cell, int days) {
    const auto read = text::read_date(cell);
    if (!read) return std::string{cell};
    auto date = civil(*read);
    if (!date) return std::string{cell};
    date->day += std::chrono::days{days};
    return cell[0] >= '0' && cell[0] <= '9' ? iso(*date) : era_date(*date, cell);
}

Result<json::Document> packet_of_today(json::Value packet, Instant now, std::chrono::minutes zone) {
    json::Document copy = json::clone(packet);
    json::Builder builder(copy);
    const json::Value request = copy.root()["bedRequest"];
    const json::Value applied = request["appliedAt"];
    const std::string today = format_date(now, zone);
    if (!applied.is_string() || applied.text().size() < 10)
        return Error{Code::Invalid, "has no date", "Packet.bedRequest.appliedAt"};
    const auto days = text::days_between(applied.text().substr(0, 10), today);
    if (!days) return Error{Code::Invalid, "has no date", "Packet.bedRequest.appliedAt"};

    move_dates(builder, copy.root(), *days);
    builder.assign(builder.edit(applied), to_the_minute(now, zone));
    if (const json::Value called = request["phoneContact"]["at"]) {
        builder.assign(builder.edit(called), to_the_minute(now - std::chrono::minutes{37}, zone));
    }
    for (const std::string_view part : {"identity", "referralLetter", "patientSheet"}) {
        const auto birth = text::read_date(copy.root()[part]["birthDate"].text());
        if (!birth) continue;
        count_age(builder, request, *birth, today);
        count_age(builder, copy.root()["referralLetter"], *birth, today);
        break;
    }
    return copy;
}

}  // namespace tsunagi::app

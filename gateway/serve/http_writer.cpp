#include "serve/http_writer.h"

#include <algorithm>
#include <array>
#include <cstdio>

namespace tsunagi::serve {
namespace {

/// IMF-fixdate (RFC 9110 section 5.6.7).
std::string http_date(Instant now) {
    constexpr std::array<const char*, 7> kDays = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
    constexpr std::array<const char*, 12> kMonths = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                     "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    const auto day = std::chrono::floor<std::chrono::days>(now);
    const std::chrono::year_month_day date{day};
    const std::chrono::hh_mm_ss time{std::chrono::floor<std::chrono::seconds>(now - day)};
    std::array<char, 64> text{};
    std::snprintf(text.data(), text.size(), "%s, %02u %s %04d %02d:%02d:%02d GMT",
                  kDays[std::chrono::weekday{day}.c_encoding()], unsigned{date.day()},
                  kMonths[unsigned{date.month()} - 1U], int{date.year()},
                  static_cast<int>(time.hours().count()), static_cast<int>(time.minutes().count()),
                  static_cast<int>(time.seconds().count()));
    return text.data();
}

bool is_token(std::string_view text) {
    constexpr std::string_view kMarks = "!#$%&'*+-.^_`|~";
    return !text.empty() && std::all_of(text.begin(), text.end(), [&](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               kMarks.find(c) != std::string_view::npos;
    });
}

bool is_printable(std::string_view text) {
    return std::all_of(text.begin(), text.end(), [](char c) { return c >= 0x20 && c < 0x7f; });
}

void add(std::string& out, std::string_view name, std::string_view value) {
    out.append(name).append(": ").append(value).append("\r\n");
}

}  // namespace

std::string write_response(const Response& response, Instant now, const WriteOptions& options) {
    std::string out = "HTTP/1.1 " + std::to_string(response.status) + " ";
    out.append(reason_phrase(response.status)).append("\r\n");
    add(out, "Date", http_date(now));
    const bool has_length = response.status != 204 && response.status != 304;
    if (has_length) add(out, "Content-Length", std::to_string(response.body.size()));
    if (!response.content_type.empty() && is_printable(response.content_type))
        add(out, "Content-Type", response.content_type);
    constexpr std::array<std::array<std::string_view, 2>, 5> kDefaults = {{
        {"Cache-Control", "no-store"},
        {"X-Content-Type-Options", "nosniff"},
        {"Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'"},
        {"Referrer-Policy", "no-referrer"},
        {"Strict-Transport-Security", "max-age=31536000"},
    }};
    for (const auto& [name, value] : kDefaults)
        if (response.field(name).empty()) add(out, name, value);
    // Framing is the writer's alone: a route cannot set it by accident.
    constexpr std::array<std::string_view, 4> kOurs = {"content-length", "transfer-encoding",
                                                       "connection", "date"};
    for (const auto& field : response.fields) {
        std::string lowered = field.name;
        std::transform(lowered.begin(), lowered.end(), lowered.begin(), [](char c) {
            return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
        });
        const bool ours = std::find(kOurs.begin(), kOurs.end(), lowered) != kOurs.end();
        if (!ours && is_token(field.name) && is_printable(field.value))
            add(out, field.name, field.value);
    }
    add(out, "Connection", options.keep_alive ? "keep-alive" : "close");
    out += "\r\n";
    if (has_length && !options.head_only) out += response.body;
    return out;
}

}  // namespace tsunagi::serve

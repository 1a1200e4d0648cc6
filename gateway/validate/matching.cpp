#include "validate/matching.h"

#include <algorithm>

#include "fhirpath/number.h"
#include "fhirpath/temporal.h"
#include "fhirpath/units.h"
#include "json/writer.h"

namespace tsunagi::validate {
namespace {

using fhirpath::Number;
using fhirpath::Temporal;
using json::Value;

constexpr std::size_t kMaxShown = 160;

std::optional<int> order_of_numbers(Value left, Value right) {
    const auto first = Number::parse(left.text());
    const auto second = Number::parse(right.text());
    if (!first || !second) return std::nullopt;
    return fhirpath::compare(*first, *second);
}

std::optional<int> order_of_times(std::string_view left, std::string_view right,
                                  std::string_view type) {
    using Kind = Temporal::Kind;
    const Kind kind = type == "date" ? Kind::Date : type == "time" ? Kind::Time : Kind::DateTime;
    const auto first = Temporal::parse(kind, left);
    const auto second = Temporal::parse(kind, right);
    if (!first || !second) return std::nullopt;
    return fhirpath::compare(*first, *second);
}

std::optional<int> order_of_quantities(Value left, Value right) {
    const auto first = Number::parse(left["value"].text());
    const auto second = Number::parse(right["value"].text());
    if (!first || !second) return std::nullopt;
    if (left["system"].text() != right["system"].text()) return std::nullopt;
    const std::string_view from = left["code"].text();
    const std::string_view to = right["code"].text();
    if (from == to) return fhirpath::compare(*first, *second);
    return fhirpath::compare_quantities(*first, from, false, *second, to, false);
}

}  // namespace

bool matches_pattern(Value value, Value pattern) {
    if (pattern.is_object()) {
        if (!value.is_object()) return false;
        for (const Value each : pattern) {
            if (!matches_pattern(value[each.key()], each)) return false;
        }
        return true;
    }
    if (pattern.is_array()) {
        if (!value.is_array()) return false;
        for (const Value each : pattern) {
            if (std::none_of(value.begin(), value.end(),
                             [&](Value item) { return matches_pattern(item, each); })) {
                return false;
            }
        }
        return true;
    }
    if (!value) return false;
    if (value.is_number() && pattern.is_number()) return order_of_numbers(value, pattern) == 0;
    return json::equal(value, pattern);
}

std::optional<int> order_of(Value left, Value right, std::string_view type) {
    if (right.is_object()) return order_of_quantities(left, right);
    if (left.is_number() && right.is_number()) return order_of_numbers(left, right);
    if (!left.is_string() || !right.is_string()) return std::nullopt;
    return order_of_times(left.text(), right.text(), type);
}

std::optional<int> order_by_clock(Value value, Value duration, int sign, Instant now) {
    using enum fhirpath::TimeUnit;
    const std::string_view code = duration["code"].text();
    const auto unit = code == "a"    ? std::optional{Year}
                      : code == "mo" ? std::optional{Month}
                                     : fhirpath::time_unit(code, true);
    auto amount = Number::parse(duration["value"].text());
    if (!unit || !amount || now == Instant{}) return std::nullopt;
    if (sign < 0) amount = fhirpath::negate(*amount);
    const auto kind = value.text().find('T') == std::string_view::npos ? Temporal::Kind::Date
                                                                       : Temporal::Kind::DateTime;
    const auto given = Temporal::parse(kind, value.text());
    const auto limit =
        fhirpath::add(Temporal::of(now, std::chrono::minutes{0}).as(kind), *amount, *unit);
    if (!given || !limit) return std::nullopt;
    return fhirpath::compare(*given, *limit);
}

std::size_t count_characters(std::string_view text) noexcept {
    return static_cast<std::size_t>(std::ranges::count_if(
        text, [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; }));
}

std::string shown(Value wanted) {
    std::string text = json::write(wanted);
    if (text.size() > kMaxShown) {
        std::size_t end = kMaxShown;
        while ((static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80U) --end;
        text.resize(end);
        text += "…";
    }
    return text;
}

}  // namespace tsunagi::validate

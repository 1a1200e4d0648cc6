#include "fhir/decimal.h"

#include <algorithm>
#include <charconv>

namespace tsunagi::fhir {
namespace {

constexpr long kMaxExponent = 1000;

/// The parts of -?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?
struct Parts {
    bool negative = false;
    std::string_view whole;
    std::string_view fraction;
    std::string_view exponent;  ///< with its sign
};

std::string_view take_digits(std::string_view& text) noexcept {
    std::size_t count = 0;
    while (count < text.size() && text[count] >= '0' && text[count] <= '9') ++count;
    const std::string_view digits = text.substr(0, count);
    text.remove_prefix(count);
    return digits;
}

bool split(std::string_view text, Parts& parts) noexcept {
    parts.negative = text.starts_with('-');
    if (parts.negative) text.remove_prefix(1);
    parts.whole = take_digits(text);
    if (parts.whole.empty() || (parts.whole.size() > 1 && parts.whole.front() == '0')) return false;
    if (text.starts_with('.')) {
        text.remove_prefix(1);
        parts.fraction = take_digits(text);
        if (parts.fraction.empty()) return false;
    }
    if (text.starts_with('e') || text.starts_with('E')) {
        text.remove_prefix(1);
        const std::string_view all = text;
        if (text.starts_with('+') || text.starts_with('-')) text.remove_prefix(1);
        if (take_digits(text).empty()) return false;
        parts.exponent = all.substr(0, all.size() - text.size());
    }
    return text.empty();
}

/// The exponent, or one beyond the limit when it is too large to read.
long exponent_of(std::string_view text) noexcept {
    if (text.empty()) return 0;
    if (text.front() == '+') text.remove_prefix(1);
    long exponent = 0;
    const auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), exponent);
    return fault == std::errc{} ? exponent : kMaxExponent + 1;
}

}  // namespace

bool Decimal::is_decimal(std::string_view text) noexcept {
    Parts parts;
    return split(text, parts);
}

Result<Decimal> Decimal::parse(std::string_view text) {
    Parts parts;
    if (!split(text, parts)) return Error{Code::Invalid, "not a decimal", {}};
    const long exponent = exponent_of(parts.exponent);
    if (exponent > kMaxExponent || exponent < -kMaxExponent)
        return Error{Code::Invalid, "exponent of a decimal beyond 1000", {}};

    Decimal decimal;
    decimal.text_ = text;
    decimal.digits_.append(parts.whole).append(parts.fraction);
    decimal.point_ = static_cast<long>(parts.whole.size()) + exponent;
    const std::size_t leading =
        std::min(decimal.digits_.find_first_not_of('0'), decimal.digits_.size());
    decimal.digits_.erase(0, leading);
    decimal.point_ -= static_cast<long>(leading);
    decimal.digits_.erase(decimal.digits_.find_last_not_of('0') + 1);
    if (decimal.digits_.empty()) decimal.point_ = 0;
    decimal.negative_ = parts.negative && !decimal.digits_.empty();
    return decimal;
}

int Decimal::decimal_places() const noexcept {
    Parts parts;
    split(text_, parts);
    const long places = static_cast<long>(parts.fraction.size()) - exponent_of(parts.exponent);
    return static_cast<int>(std::max(places, 0L));
}

bool Decimal::is_negative() const noexcept { return negative_; }

bool Decimal::is_integer() const noexcept { return point_ >= static_cast<long>(digits_.size()); }

std::weak_ordering operator<=>(const Decimal& left, const Decimal& right) {
    const auto sign = [](const Decimal& d) { return d.digits_.empty() ? 0 : d.negative_ ? -1 : 1; };
    if (const auto order = sign(left) <=> sign(right); order != 0) return order;
    // Same sign: the longer whole part is the larger magnitude, then the digits as text.
    const Decimal& low = left.negative_ ? right : left;
    const Decimal& high = left.negative_ ? left : right;
    if (const auto order = low.point_ <=> high.point_; order != 0) return order;
    return low.digits_.compare(high.digits_) <=> 0;
}

}  // namespace tsunagi::fhir

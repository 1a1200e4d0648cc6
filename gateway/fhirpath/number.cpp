#include "fhirpath/number.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <cmath>
#include <limits>

namespace tsunagi::fhirpath {
namespace {

constexpr int kMaxPower = 38;
constexpr int kDivisionScale = 20;

Int128 power_of_ten(int exponent) {
    static const std::array<Int128, kMaxPower + 1> powers = [] {
        std::array<Int128, kMaxPower + 1> table{};
        table[0] = 1;
        for (int i = 1; i <= kMaxPower; ++i)
            table[static_cast<std::size_t>(i)] = table[static_cast<std::size_t>(i - 1)] * 10;
        return table;
    }();
    return powers[static_cast<std::size_t>(exponent)];
}

std::optional<Int128> scaled(Int128 digits, int by) {
    if (digits == 0) return 0;
    if (by > kMaxPower) return std::nullopt;
    Int128 result = 0;
    if (__builtin_mul_overflow(digits, power_of_ten(by), &result)) return std::nullopt;
    return result;
}

int count_digits(Int128 magnitude) {
    int count = 1;
    while (count <= kMaxPower && magnitude >= power_of_ten(count)) ++count;
    return count;
}

Int128 magnitude_of(Int128 digits) { return digits < 0 ? -digits : digits; }

}  // namespace

std::optional<Number> Number::parse(std::string_view text) {
    Number number;
    std::size_t at = 0;
    const bool negative = !text.empty() && text[0] == '-';
    if (negative || (!text.empty() && text[0] == '+')) ++at;
    bool any = false;
    bool fraction = false;
    for (; at < text.size(); ++at) {
        const char c = text[at];
        if (c == '.' && !fraction && any) {
            fraction = true;
            if (at + 1 == text.size() || text[at + 1] < '0' || text[at + 1] > '9')
                return std::nullopt;
            continue;
        }
        if (c < '0' || c > '9') break;
        any = true;
        if (__builtin_mul_overflow(number.digits, Int128{10}, &number.digits) ||
            __builtin_add_overflow(number.digits, Int128{c - '0'}, &number.digits))
            return std::nullopt;
        if (fraction) ++number.scale;
    }
    if (!any) return std::nullopt;
    int exponent = 0;
    if (at < text.size() && (text[at] == 'e' || text[at] == 'E')) {
        ++at;
        if (at < text.size() && text[at] == '+') ++at;
        const char* end = text.data() + text.size();
        const auto [stop, fault] = std::from_chars(text.data() + at, end, exponent);
        if (fault != std::errc{} || stop != end || exponent > kMaxPower || exponent < -kMaxPower)
            return std::nullopt;
        at = text.size();
    }
    if (at != text.size()) return std::nullopt;
    number.scale -= exponent;
    if (number.scale < 0) {
        const auto digits = scaled(number.digits, -number.scale);
        if (!digits) return std::nullopt;
        number.digits = *digits;
        number.scale = 0;
    }
    if (negative) number.digits = -number.digits;
    return number;
}

std::optional<Number> Number::nearest(long double value) {
    if (!std::isfinite(value)) return std::nullopt;
    char buffer[64];
    const int size = std::snprintf(buffer, sizeof buffer, "%.14Le", value);
    const auto number = parse(std::string_view{buffer, static_cast<std::size_t>(size)});
    if (!number) return std::nullopt;
    return number->reduced();
}

std::string Number::text() const {
    Int128 rest = magnitude_of(digits);
    std::string reversed;
    int written = 0;
    while (rest != 0 || written <= scale) {
        if (scale > 0 && written == scale) reversed.push_back('.');
        reversed.push_back(static_cast<char>('0' + static_cast<int>(rest % 10)));
        rest /= 10;
        ++written;
    }
    if (digits < 0) reversed.push_back('-');
    std::reverse(reversed.begin(), reversed.end());
    return reversed;
}

long double Number::approximate() const {
    return static_cast<long double>(digits) / std::pow(10.0L, static_cast<long double>(scale));
}

bool Number::is_whole() const { return reduced().scale == 0; }

std::optional<std::int64_t> Number::whole() const {
    const Number plain = reduced();
    if (plain.scale != 0 || plain.digits > std::numeric_limits<std::int64_t>::max() ||
        plain.digits < std::numeric_limits<std::int64_t>::min())
        return std::nullopt;
    return static_cast<std::int64_t>(plain.digits);
}

Number Number::reduced() const {
    Number result = *this;
    while (result.scale > 0 && result.digits % 10 == 0) {
        result.digits /= 10;
        --result.scale;
    }
    return result;
}

int compare(const Number& left, const Number& right) {
    const int left_sign = left.digits > 0 ? 1 : left.digits < 0 ? -1 : 0;
    const int right_sign = right.digits > 0 ? 1 : right.digits < 0 ? -1 : 0;
    if (left_sign != right_sign) return left_sign < right_sign ? -1 : 1;
    if (left_sign == 0) return 0;
    const Int128 a = magnitude_of(left.digits);
    const Int128 b = magnitude_of(right.digits);
    const int a_size = count_digits(a) - left.scale;
    const int b_size = count_digits(b) - right.scale;
    if (a_size != b_size) return (a_size < b_size ? -1 : 1) * left_sign;
    // Equal digits before the point: the shorter fraction grows to the longer one and still fits.
    const int scale = std::max(left.scale, right.scale);
    const Int128 x = a * power_of_ten(scale - left.scale);
    const Int128 y = b * power_of_ten(scale - right.scale);
    return (x < y ? -1 : x > y ? 1 : 0) * left_sign;
}

std::optional<Number> add(const Number& left, const Number& right) {
    const int scale = std::max(left.scale, right.scale);
    const auto x = scaled(left.digits, scale - left.scale);
    const auto y = scaled(right.digits, scale - right.scale);
    Number sum{0, scale};
    if (!x || !y || __builtin_add_overflow(*x, *y, &sum.digits)) return std::nullopt;
    return sum;
}

std::optional<Number> subtract(const Number& left, const Number& right) {
    return add(left, negate(right));
}

std::optional<Number> multiply(const Number& left, const Number& right) {
    Number product{0, left.scale + right.scale};
    if (!__builtin_mul_overflow(left.digits, right.digits, &product.digits)) return product;
    const Number a = left.reduced();
    const Number b = right.reduced();
    product.scale = a.scale + b.scale;
    if (__builtin_mul_overflow(a.digits, b.digits, &product.digits)) return std::nullopt;
    return product;
}

std::optional<Number> divide(const Number& left, const Number& right) {
    if (right.is_zero()) return std::nullopt;
    const Number divisor = right.reduced();
    const auto dividend = scaled(left.digits, divisor.scale);
    if (!dividend) return std::nullopt;
    const bool negative = (*dividend < 0) != (divisor.digits < 0);
    Int128 rest = magnitude_of(*dividend);
    const Int128 by = magnitude_of(divisor.digits);
    Number quotient{rest / by, left.scale};
    rest %= by;
    while (rest != 0 && quotient.scale < kDivisionScale) {
        Int128 next = 0;
        if (__builtin_mul_overflow(rest, Int128{10}, &rest) ||
            __builtin_mul_overflow(quotient.digits, Int128{10}, &next))
            break;
        quotient.digits = next + rest / by;
        rest %= by;
        ++quotient.scale;
    }
    if (rest != 0 && rest >= by - rest) quotient.digits += 1;
    if (negative) quotient.digits = -quotient.digits;
    return quotient.reduced();
}

Number negate(const Number& number) { return {-number.digits, number.scale}; }

std::optional<Number> rounded(const Number& number, int scale, Rounding rounding) {
    if (scale >= number.scale) {
        const auto digits = scaled(number.digits, scale - number.scale);
        if (!digits) return std::nullopt;
        return Number{*digits, scale};
    }
    if (number.scale - scale > kMaxPower) return Number{0, scale};
    const Int128 unit = power_of_ten(number.scale - scale);
    Int128 whole = number.digits / unit;
    const Int128 rest = number.digits % unit;
    switch (rounding) {
        case Rounding::Down:
            if (rest < 0) whole -= 1;
            break;
        case Rounding::Up:
            if (rest > 0) whole += 1;
            break;
        case Rounding::TowardZero:
            break;
        case Rounding::HalfAwayFromZero:
            if (magnitude_of(rest) >= unit - magnitude_of(rest))
                whole += number.digits < 0 ? -1 : 1;
            break;
    }
    return Number{whole, scale};
}

std::optional<Number> power(const Number& value, std::int64_t exponent) {
    const std::int64_t steps = exponent < 0 ? -exponent : exponent;
    if (steps > 4096) return std::nullopt;
    Number result = Number::of(1);
    for (std::int64_t i = 0; i < steps; ++i) {
        const auto next = multiply(result, value);
        if (!next) return std::nullopt;
        result = *next;
    }
    if (exponent < 0) return divide(Number::of(1), result);
    return result;
}

}  // namespace tsunagi::fhirpath

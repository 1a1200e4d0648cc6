#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace tsunagi::fhirpath {

__extension__ typedef __int128 Int128;

/// An exact decimal: digits / 10^scale, at most 38 digits. Operations that do not fit are empty:
/// FHIRPath makes an overflow empty (N1 section 6.6).
struct Number {
    Int128 digits = 0;
    int scale = 0;  ///< digits behind the point, >= 0

    static Number of(std::int64_t whole) { return {whole, 0}; }
    /// "-1.10", "1e2"; empty when it is not a JSON number or too long.
    static std::optional<Number> parse(std::string_view text);
    /// The nearest decimal with 15 significant digits, for functions that have no exact result.
    static std::optional<Number> nearest(long double value);

    std::string text() const;
    long double approximate() const;
    bool is_zero() const { return digits == 0; }
    bool is_whole() const;
    /// Empty when it is no whole number or beyond 64 bits.
    std::optional<std::int64_t> whole() const;
    /// Without zeros at the end of the fraction.
    Number reduced() const;
};

int compare(const Number& left, const Number& right);
std::optional<Number> add(const Number& left, const Number& right);
std::optional<Number> subtract(const Number& left, const Number& right);
std::optional<Number> multiply(const Number& left, const Number& right);
/// Up to 20 digits behind the point, half away from zero; empty for a zero divisor.
std::optional<Number> divide(const Number& left, const Number& right);
Number negate(const Number& number);

enum class Rounding { Down, Up, TowardZero, HalfAwayFromZero };
/// With exactly `scale` digits behind the point; empty when that does not fit.
std::optional<Number> rounded(const Number& number, int scale, Rounding rounding);

/// value^exponent for a whole exponent, exact; empty on overflow.
std::optional<Number> power(const Number& value, std::int64_t exponent);

}  // namespace tsunagi::fhirpath

#pragma once
#include <array>
#include <optional>
#include <string_view>

#include "fhirpath/number.h"

namespace tsunagi::fhirpath {

/// A UCUM code (or calendar word) as factor / divisor times base units: exact, for 1/60 is no
/// decimal. The clinical core of UCUM: metric prefixes, powers, products and quotients over the
/// table in units.cpp; scales with an offset (Cel, [degF]) stand for themselves.
struct Unit {
    Number factor = Number::of(1);
    Number divisor = Number::of(1);
    /// Exponents of m, s, g, rad, K, C, cd, calendar month, Cel, [degF], mol, [iU].
    std::array<int, 12> dimensions{};
};

/// Empty for a code outside the table.
std::optional<Unit> parse_unit(std::string_view code, bool calendar);

/// Order of two quantities; empty when the units do not compare.
std::optional<int> compare_quantities(const Number& left, std::string_view left_unit,
                                      bool left_calendar, const Number& right,
                                      std::string_view right_unit, bool right_calendar);

/// `number` of unit `from` expressed in `to`; empty when they do not convert.
std::optional<Number> convert(const Number& number, std::string_view from, bool from_calendar,
                              std::string_view to, bool to_calendar);

}  // namespace tsunagi::fhirpath

#pragma once
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "json/document.h"

/// Comparison of values with what definitions ask for.
namespace tsunagi::validate {

/// pattern[x]: everything in `pattern` is in `value`, for each item of an array some item
/// (hl7.org/fhir/R4/elementdefinition-definitions.html#ElementDefinition.pattern_x_).
bool matches_pattern(json::Value value, json::Value pattern);

/// Order of two values of the type `type` ("date", "decimal", "Quantity", …); empty when they do
/// not compare (other units, precision that leaves it open). Quantities as their UCUM units
/// convert.
std::optional<int> order_of(json::Value left, json::Value right, std::string_view type);

/// Order of a date or time and the one that lies `duration` before (`sign` -1) or after `now`;
/// empty when they do not compare
/// (elementdefinition-definitions.html#ElementDefinition.minValue_x_).
std::optional<int> order_by_clock(json::Value value, json::Value duration, int sign, Instant now);

/// Characters, not bytes.
std::size_t count_characters(std::string_view text) noexcept;

/// For a message: JSON of a definition's value, cut when it is long.
std::string shown(json::Value wanted);

}  // namespace tsunagi::validate

#pragma once
#include <cstdint>
#include <string_view>

#include "json/document.h"

namespace tsunagi::fhir {

/// The primitive types of R4 (hl7.org/fhir/R4/datatypes.html#primitive).
enum class Primitive : std::uint8_t {
    None,  ///< not a primitive
    Boolean,
    Integer,
    UnsignedInt,
    PositiveInt,
    Decimal,
    String,
    Markdown,
    Code,
    Id,
    Uri,
    Url,
    Canonical,
    Oid,
    Uuid,
    Base64Binary,
    Date,
    DateTime,
    Instant,
    Time,
    Xhtml,
};

/// By the name of the type ("positiveInt"); None for every other name.
Primitive primitive_named(std::string_view type_name) noexcept;

enum class PrimitiveFault : std::uint8_t {
    None,
    WrongKind,  ///< a number where text is due, and so on
    Empty,      ///< "" is never a value
    Format,     ///< not the lexical form of the type
    Range,      ///< right form, beyond the type: 2^31, 31 February, hour 25
    TooLong,    ///< over 1 MiB of text, over 64 characters of id
};

/// Checks one JSON value against a primitive type: kind, lexical form, calendar and number range.
/// No allocation. Regular expressions of the specification are written out as code.
PrimitiveFault check_primitive(Primitive type, json::Value value) noexcept;

/// An example of the right form for messages: "2026-11-20", "true".
std::string_view example_of(Primitive type) noexcept;

}  // namespace tsunagi::fhir

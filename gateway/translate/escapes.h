#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace tsunagi::translate {

/// How a text is escaped that stands inside another notation: the kinds that the transform `escape`
/// names (hl7.org/fhir/R4/codesystem-map-transform.html). Java and JSON have the same escapes here.
enum class Escaping : std::uint8_t { Plain, Java, Xml, Json };

/// "plain", "java", "xml" or "json"; nothing else is one.
std::optional<Escaping> escaping_of(std::string_view name);

/// `text` from one kind to another. What is no escape of `from` stays as it is. Thread rule: pure.
std::string escaped(std::string_view text, Escaping from, Escaping to);

}  // namespace tsunagi::translate

#pragma once
#include <optional>
#include <string_view>

/// Code systems whose codes are told by their form, not by a list.
namespace tsunagi::fhir {

/// RFC 6838 section 4.2: restricted names around one slash; parameters are not looked into.
bool is_media_type(std::string_view code) noexcept;

/// RFC 5646 section 2.1, well-formed: "ja", "ja-Latn-JP", "x-local"; whether the parts are
/// registered is not asked.
bool is_language_tag(std::string_view code) noexcept;

/// UCUM 2.1 sections 2 to 8, case sensitive: "mg/dL", "10*3/uL", "mm[Hg]", "{score}". A name in
/// brackets that the table lacks passes: later versions add such units. Form alone is told, no
/// value.
bool is_unit(std::string_view code) noexcept;

/// True for what no code of `system` can be: LOINC and SNOMED CT (form, partition, check digit),
/// ICD-10 (first letters), and systems of fits_grammar(). False says nothing.
bool is_impossible(std::string_view system, std::string_view code) noexcept;

/// Whether `code` has the form of `system`; empty for systems that no form describes.
std::optional<bool> fits_grammar(std::string_view system, std::string_view code) noexcept;

}  // namespace tsunagi::fhir

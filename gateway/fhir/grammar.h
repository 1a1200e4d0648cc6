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

/// Whether `code` has the form of `system`; empty for systems that no form describes.
std::optional<bool> fits_grammar(std::string_view system, std::string_view code) noexcept;

}  // namespace tsunagi::fhir

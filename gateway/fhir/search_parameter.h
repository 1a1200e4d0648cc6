#pragma once
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace tsunagi::fhir {

/// hl7.org/fhir/R4/search.html#ptypes. Do not renumber: the pack holds the numbers.
enum class SearchKind : std::uint8_t {
    Number,
    Date,
    String,
    Token,
    Reference,
    Composite,
    Quantity,
    Uri,
    Special,
};

std::optional<SearchKind> search_kind_named(std::string_view name) noexcept;

/// One part of a composite parameter.
struct SearchComponent {
    std::string_view definition;  ///< URL of the parameter that says how the part is compared
    std::string_view expression;  ///< FHIRPath, from what the whole's expression selects
};

/// How resources are found by one name in a search (hl7.org/fhir/R4/searchparameter.html). Views
/// the pack.
struct SearchParameter {
    std::string_view url, code;
    SearchKind kind = SearchKind::Token;
    /// FHIRPath that parses; empty where R4 gives none (`_text`, `_content`, `_query`, `_filter`).
    std::string_view expression;
    std::span<const std::string_view> bases;    ///< types that have it, "Resource" for all
    std::span<const std::string_view> targets;  ///< of a Reference: types; empty: any
    std::span<const SearchComponent> components;
};

}  // namespace tsunagi::fhir

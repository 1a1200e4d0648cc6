#include "fhir/search_parameter.h"

#include <algorithm>
#include <array>

namespace tsunagi::fhir {

std::optional<SearchKind> search_kind_named(std::string_view name) noexcept {
    constexpr std::array<std::string_view, 9> kNames = {"number",   "date",      "string",
                                                        "token",    "reference", "composite",
                                                        "quantity", "uri",       "special"};
    const auto at = std::ranges::find(kNames, name);
    if (at == kNames.end()) return std::nullopt;
    return static_cast<SearchKind>(at - kNames.begin());
}

}  // namespace tsunagi::fhir

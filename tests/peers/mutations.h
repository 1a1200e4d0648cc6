#pragma once
#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/random.h"
#include "fhir/definitions.h"
#include "json/document.h"

namespace tsunagi::peers {

/// One fault put into a good resource. Some leave it valid (a second identifier where several may
/// stand): the validators must agree on those too.
enum class Mutation : std::uint8_t {
    Required,   ///< an element with min > 0, in the type or in the profile it names, is taken away
    Maximum,    ///< a single element becomes an array of two, or an item of an array is doubled
    Code,       ///< a code is changed
    Slice,      ///< a system or URL that tells slices apart is changed
    Reference,  ///< a reference leads to another type
    Date,       ///< a date or time is damaged
};
inline constexpr std::array kMutations{Mutation::Required, Mutation::Maximum,   Mutation::Code,
                                       Mutation::Slice,    Mutation::Reference, Mutation::Date};
std::string_view name(Mutation mutation);

struct Mutant {
    json::Document resource;
    std::string what;  ///< "Patient.birthDate: 1950-02-30"; the values are synthetic
};

/// `resource` with one fault of that kind at a place that `random` picks; nothing when it has no
/// such place. The same bytes of `random` give the same mutant.
std::optional<Mutant> mutate(json::Value resource, Mutation mutation,
                             const fhir::Definitions& definitions, Random& random);

}  // namespace tsunagi::peers

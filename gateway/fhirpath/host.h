#pragma once
#include <optional>
#include <string_view>

#include "base/result.h"
#include "fhirpath/item.h"

namespace tsunagi::fhirpath {

/// What an expression may ask of the world around it. Each answer may be "unknown", which makes the
/// function empty. An Error ends the evaluation. Thread rule: as the caller of evaluate().
class Host {
public:
    virtual ~Host() = default;
    /// The resource a reference text points to ("#contained", "Patient/1", "urn:uuid:…"); an Item
    /// of kind None when there is none. `from` is the resource that holds the reference.
    virtual Result<Item> resolve(std::string_view reference, json::Value from) = 0;
    /// Whether a code, Coding or CodeableConcept is in a value set.
    virtual Result<std::optional<bool>> member_of(const Item& item, std::string_view value_set) = 0;
    /// Whether a node conforms to a profile.
    virtual Result<std::optional<bool>> conforms_to(const Item& item, std::string_view profile) = 0;
};

}  // namespace tsunagi::fhirpath

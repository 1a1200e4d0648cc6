#pragma once
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "fhir/definitions.h"
#include "json/document.h"

namespace tsunagi::privacy {

/// What happens to an element that may leave.
enum class Treatment {
    Keep,       ///< with everything below it
    Reference,  ///< only references to resources that leave too, rewritten to the recipient's ids
    YearOnly,   ///< a date cut to its year
    TextOnly,   ///< of a CodeableConcept or Coding: codes and text, no extension
};

/// The elements that may leave at one stage, as reviewed data (profiles/disclosure/offer.json,
/// release.json): everything that is not listed is dropped, unknown extensions, narrative,
/// contained resources and identifiers too.
class DisclosureRules {
public:
    /// Error Invalid names the file's row whose type or path the definitions do not know: it fails
    /// at start-up.
    static Result<DisclosureRules> load(json::Value file, const fhir::Definitions& definitions);

    /// How the element at `path` ("Patient.name.text") leaves; nullptr: it does not.
    const Treatment* find(std::string_view path) const noexcept;
    /// Resources of this type may leave at all.
    bool leaves(std::string_view type) const noexcept;
    /// An extension with this url may leave at `path`.
    bool extension_leaves(std::string_view path, std::string_view url) const noexcept;
    /// Conditions on a resource of this type, as (path, value): e.g. a Communication only of one
    /// category.
    std::string_view data_class(std::string_view type) const noexcept;

    DisclosureRules(DisclosureRules&&) noexcept;
    DisclosureRules& operator=(DisclosureRules&&) noexcept;
    ~DisclosureRules();

private:
    struct Parts;
    explicit DisclosureRules(std::unique_ptr<Parts> parts);
    std::unique_ptr<Parts> parts_;
};

}  // namespace tsunagi::privacy

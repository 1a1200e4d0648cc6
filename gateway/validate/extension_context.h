#pragma once
#include "validate/walk.h"

namespace tsunagi::validate {

/// Whether an extension may stand where it stands: StructureDefinition.context and
/// contextInvariant (hl7.org/fhir/R4/defining-extensions.html#context). Part of one Walk.
class ContextCheck {
public:
    /// `extension` stands in `parent` at `place`; `parent` is the companion of a primitive, or the
    /// element itself.
    ContextCheck(Walk& walk, json::Value extension, json::Value parent, const Place& place)
        : walk_(walk), extension_(extension), parent_(parent), place_(place) {}

    /// Reports where the definition does not allow it.
    void check(const fhir::TypeDef& definition, const Profile* profile);

private:
    bool is_allowed(const fhir::ExtensionContext& context, const fhirpath::Expression* path);
    bool is_in_extension(std::string_view expression) const;
    bool is_in_element(std::string_view expression) const;
    bool is_found_by(const fhirpath::Expression& path);
    bool holds(const fhirpath::Expression& rule);
    fhirpath::Item holder() const;

    Walk& walk_;
    json::Value extension_;
    json::Value parent_;
    const Place& place_;
};

}  // namespace tsunagi::validate

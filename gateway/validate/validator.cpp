#include "validate/validator.h"

#include "validate/rulebook.h"
#include "validate/walk.h"

namespace tsunagi::validate {

Validator::Validator(const fhir::Definitions& definitions)
    : rules_(std::make_unique<const Rulebook>(definitions)) {}
Validator::Validator(Validator&&) noexcept = default;
Validator& Validator::operator=(Validator&&) noexcept = default;
Validator::~Validator() = default;

std::vector<fhir::Issue> Validator::validate(json::Value resource, const Options& options) const {
    Walk walk(*rules_, options);
    const fhir::TypeDef* model = nullptr;
    if (!options.profile.empty()) {
        model = rules_->definitions.type(options.profile);
        if (!model) {
            Place place;
            place.name = "Resource";
            if (!options.root_name.empty()) place.name = options.root_name;
            walk.report(Finding::UnknownProfile, place, resource.offset());
            return walk.take_issues();
        }
    }
    walk.root(resource, model, options.root_name);
    if (!walk.trusted_in_vain()) return walk.take_issues();
    Walk again(*rules_, options, walk.faulty());
    again.root(resource, model, options.root_name);
    return again.take_issues();
}

}  // namespace tsunagi::validate

#include "validate/validator.h"

#include "validate/invariants.h"
#include "validate/known_types.h"
#include "validate/walk.h"

namespace tsunagi::validate {

struct Validator::Rules {
    explicit Rules(const fhir::Definitions& definitions)
        : known(definitions), invariants(definitions) {}
    KnownTypes known;
    Invariants invariants;
};

Validator::Validator(const fhir::Definitions& definitions)
    : definitions_(&definitions), rules_(std::make_unique<Rules>(definitions)) {}
Validator::Validator(Validator&&) noexcept = default;
Validator& Validator::operator=(Validator&&) noexcept = default;
Validator::~Validator() = default;

std::vector<fhir::Issue> Validator::validate(json::Value resource, const Options& options) const {
    Walk walk(*definitions_, rules_->known, rules_->invariants);
    const fhir::TypeDef* model = nullptr;
    if (!options.profile.empty()) {
        model = definitions_->type(options.profile);
        if (!model) {
            Place place;
            place.name = "Resource";
            if (!options.root_name.empty()) place.name = options.root_name;
            walk.report(Finding::UnknownProfile, place, resource.offset());
            return walk.take_issues();
        }
    }
    walk.root(resource, model, options.root_name);
    return walk.take_issues();
}

}  // namespace tsunagi::validate

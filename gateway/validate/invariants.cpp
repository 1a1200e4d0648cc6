#include "validate/invariants.h"

#include <utility>

namespace tsunagi::validate {

Invariants::Invariants(const fhir::Definitions& definitions) {
    for (const fhir::TypeDef* type : definitions.types()) {
        if (type->kind != fhir::TypeKind::Logical) continue;
        for (const fhir::ElementDef& element : type->all_elements) {
            for (const fhir::Constraint* each : element.constraints) {
                Invariant invariant{each, std::nullopt};
                auto parsed = fhirpath::Expression::parse(each->expression);
                if (parsed) invariant.expression = std::move(*parsed);
                by_element_[&element].push_back(std::move(invariant));
            }
        }
    }
}

std::span<const Invariant> Invariants::of(const fhir::ElementDef& element) const {
    const auto at = by_element_.find(&element);
    if (at == by_element_.end()) return {};
    return at->second;
}

}  // namespace tsunagi::validate

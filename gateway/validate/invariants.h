#pragma once
#include <optional>
#include <span>
#include <unordered_map>
#include <vector>

#include "fhir/definitions.h"
#include "fhirpath/expression.h"

namespace tsunagi::validate {

/// One condition of a form, parsed. Without an expression it could not be: whoever meets it says
/// so.
struct Invariant {
    const fhir::Constraint* constraint = nullptr;
    std::optional<fhirpath::Expression> expression;
};

/// The FHIRPath conditions of all logical models, parsed once.
/// Thread rule: immutable after construction; any number of readers.
class Invariants {
public:
    explicit Invariants(const fhir::Definitions& definitions);

    std::span<const Invariant> of(const fhir::ElementDef& element) const;

private:
    std::unordered_map<const fhir::ElementDef*, std::vector<Invariant>> by_element_;
};

}  // namespace tsunagi::validate

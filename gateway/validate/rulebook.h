#pragma once
#include "fhir/definitions.h"
#include "validate/invariants.h"
#include "validate/known_types.h"
#include "validate/profile.h"

namespace tsunagi::validate {

/// Everything that a walk looks up and that outlives it. Thread rule: any number of threads.
struct Rulebook {
    explicit Rulebook(const fhir::Definitions& all)
        : definitions(all), known(all), invariants(all), profiles(all, invariants) {}

    const fhir::Definitions& definitions;
    KnownTypes known;
    Invariants invariants;
    ProfileBook profiles;
};

}  // namespace tsunagi::validate

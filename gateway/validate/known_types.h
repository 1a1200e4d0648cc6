#pragma once
#include "fhir/definitions.h"

namespace tsunagi::validate {

/// The types that are more than their members: looked up once, compared by address.
struct KnownTypes {
    explicit KnownTypes(const fhir::Definitions& definitions)
        : element(definitions.type("Element")),
          reference(definitions.type("Reference")),
          coding(definitions.type("Coding")),
          codeable_concept(definitions.type("CodeableConcept")),
          quantity(definitions.type("Quantity")) {}

    const fhir::TypeDef* element;
    const fhir::TypeDef* reference;
    const fhir::TypeDef* coding;
    const fhir::TypeDef* codeable_concept;
    const fhir::TypeDef* quantity;
};

}  // namespace tsunagi::validate

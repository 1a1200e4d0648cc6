#pragma once
#include <string_view>

#include "fhir/definitions.h"

namespace tsunagi::validate {

/// The types that are more than their members: looked up once, compared by address.
struct KnownTypes {
    explicit KnownTypes(const fhir::Definitions& definitions)
        : element(definitions.type("Element")),
          extension(definitions.type("Extension")),
          reference(definitions.type("Reference")),
          canonical(definitions.type("canonical")),
          coding(definitions.type("Coding")),
          codeable_concept(definitions.type("CodeableConcept")),
          quantity(definitions.type("Quantity")),
          domain_resource(definitions.type("DomainResource")),
          observation(definitions.type("Observation")) {}

    const fhir::TypeDef* element;
    const fhir::TypeDef* extension;
    const fhir::TypeDef* reference;
    const fhir::TypeDef* canonical;
    const fhir::TypeDef* coding;
    const fhir::TypeDef* codeable_concept;
    const fhir::TypeDef* quantity;
    const fhir::TypeDef* domain_resource;
    const fhir::TypeDef* observation;
};

/// The type that `ref` names; of a group in place the one that it derives from.
inline const fhir::TypeDef* named_type(const fhir::Definitions& definitions,
                                       const fhir::TypeRef& ref) noexcept {
    return ref.type && !ref.type->is_group ? ref.type : definitions.type(ref.code);
}

/// The resource type that data may name ("Patient"); null for abstract types, profiles and others.
inline const fhir::TypeDef* resource_named(const fhir::Definitions& definitions,
                                           std::string_view name) noexcept {
    const fhir::TypeDef* type = definitions.type(name);
    const bool fits = type && type->kind == fhir::TypeKind::Resource && type->name == name;
    return fits && !type->is_abstract && !type->is_profile ? type : nullptr;
}

}  // namespace tsunagi::validate

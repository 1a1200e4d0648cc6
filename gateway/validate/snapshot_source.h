#pragma once
#include "fhir/definitions.h"
#include "json/document.h"

namespace tsunagi::validate::snapshot {

/// A StructureDefinition with snapshot, made from what the definitions pack keeps of `type`:
/// everything but comments, aliases, requirements, examples and mappings. Inner part of snapshot.h.
json::Document structure_definition(const fhir::TypeDef& type,
                                    const fhir::Definitions& definitions);

}  // namespace tsunagi::validate::snapshot

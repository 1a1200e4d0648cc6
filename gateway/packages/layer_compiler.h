#pragma once
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "fhir/definitions.h"
#include "json/document.h"

namespace tsunagi::packages {

/// Kinds of fhir::Note that a compiled layer carries.
namespace note {
inline constexpr std::string_view kRefused = "refused";         ///< a definition left out, and why
inline constexpr std::string_view kPackage = "package";         ///< a dependency nobody supplies
inline constexpr std::string_view kDefinition = "definition";   ///< a profile or type, likewise
inline constexpr std::string_view kValueSet = "value-set";      ///< a bound value set, likewise
inline constexpr std::string_view kCodeSystem = "code-system";  ///< that a bound value set needs
}  // namespace note

/// Whether the expressions of a SearchParameter are FHIRPath; other resources pass. Error Invalid
/// with `where` = its URL.
Status check_search(json::Value resource);

/// Compiles StructureDefinitions, ValueSets, CodeSystems, ConceptMaps, SearchParameters and
/// Questionnaires (also inside Bundles) into a pack that stands on `below`. Missing snapshots are
/// made. A definition that cannot be used is left out, and what the rest refers to and neither the
/// resources nor `below` hold is looked up; the pack's notes say both, each URL once. Error
/// Invalid: the pack itself cannot be made.
Result<Bytes> compile_layer(const std::vector<json::Document>& resources,
                            const std::vector<fhir::Note>& notes, const fhir::Definitions& below);

}  // namespace tsunagi::packages

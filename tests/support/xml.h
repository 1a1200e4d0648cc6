#pragma once
#include <string_view>

#include "base/result.h"
#include "fhir/definitions.h"
#include "json/document.h"

namespace tsunagi::support {

/// A resource in FHIR's XML as the JSON it stands for; what repeats and what is a number the
/// definitions say. Narratives become an empty div. For cases that are published as XML: the
/// product reads none.
Result<json::Document> json_of_xml(std::string_view xml, const fhir::Definitions& definitions);

}  // namespace tsunagi::support

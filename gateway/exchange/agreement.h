#pragma once
#include <vector>

#include "fhir/issue.h"
#include "json/document.h"

namespace tsunagi::exchange {

/// Checks that the documents of a packet speak of one person (contracts.md section 1): name, kana,
/// birth date and sex must agree wherever several carry them, whatever their spelling (width, kana,
/// era). A difference is an error that names both cells: a letter stapled to another patient's
/// request. Clinical contradictions (allergies, care level) are warnings for a person, never
/// merged. `packet` is the raw packet.
std::vector<fhir::Issue> check_agreement(json::Value packet);

}  // namespace tsunagi::exchange

#pragma once
#include <string_view>
#include <vector>

#include "fhir/issue.h"
#include "json/document.h"

namespace tsunagi::exchange {

/// Checks that the documents of a packet speak of one person (contracts.md section 1): name, kana,
/// birth date and sex must agree wherever several carry them, whatever their spelling (width, kana,
/// era). A difference is an error that names both cells: a letter stapled to another patient's
/// request. Clinical contradictions (allergies, care level) are warnings for a person, never
/// merged. A scanned consent form that is attached must have the digest that the consent record
/// states. `packet` is the raw packet.
std::vector<fhir::Issue> check_agreement(json::Value packet);

/// Whether the two packets speak of different people: one of those facts is known of both and is
/// not the same.
bool are_of_two_people(json::Value one, json::Value other);

/// Implied consent is enough only where the programme file says so: `mode` is its `consentMode`,
/// and anything but "implied" asks for explicit consent.
std::vector<fhir::Issue> check_consent_mode(json::Value packet, std::string_view mode);

}  // namespace tsunagi::exchange

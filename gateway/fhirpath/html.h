#pragma once
#include <string_view>

namespace tsunagi::fhirpath {

/// txt-1 and txt-2 of FHIR R4 (narrative.html): a well-nested `<div>` in the XHTML namespace with
/// some content, made of the formatting elements and attributes that the specification lists: no
/// script, form, object, event or external style.
bool is_safe_narrative(std::string_view xhtml);

}  // namespace tsunagi::fhirpath

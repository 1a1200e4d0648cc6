#pragma once
#include "fhir/definitions.h"
#include "translate/map_syntax.h"

namespace tsunagi::peers {

/// `map` with what the official engine has not built said in the words that it has, each by its
/// definition in hl7.org/fhir/R4/codesystem-map-transform.html: `id`, `qty`, `escape`, `cc` with
/// one and with three parameters, `c` with three; a string that goes into a Reference as its
/// `reference`; a primitive that goes into a named choice (`valueCode`) as a cast; a literal handed
/// to a group as a variable; a literal of blanks in `append` as FHIRPath's `&`; several sources of
/// a rule as rules inside each other. Everything else stays as it is. README.md says why each.
/// `definitions` tells which elements are choices. Thread rule: pure.
translate::syntax::Map in_plain_words(translate::syntax::Map map,
                                      const fhir::Definitions& definitions);

}  // namespace tsunagi::peers

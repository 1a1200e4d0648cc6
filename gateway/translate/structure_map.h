#pragma once
#include <string>
#include <string_view>

#include "base/result.h"
#include "json/document.h"
#include "translate/map_syntax.h"

/// The notations of a map besides the text it was written in. Text to tree to StructureMap to tree
/// to text loses nothing but comments and layout. Thread rule: pure functions.
namespace tsunagi::translate::syntax {

/// The map as an R4 StructureMap (hl7.org/fhir/R4/structuremap.html). What only R5 has an element
/// for (constants, computed defaults, literal arguments of a group, the list mode "single") stands
/// in the cross-version extensions of R5. A rule without a name is called after its source.
json::Document to_structure_map(const Map& map);

/// The same backwards. `text` is the JSON of one StructureMap. Error Invalid with what was
/// expected; `where` = "FILE line L column C" of the element.
Result<Map> read_structure_map(std::string_view file, std::string_view text);

/// The map in the mapping language, one rule a line.
std::string print(const Map& map);

}  // namespace tsunagi::translate::syntax

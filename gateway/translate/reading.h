#pragma once
#include <chrono>
#include <string_view>
#include <vector>

#include "fhir/definitions.h"
#include "fhir/issue.h"
#include "json/document.h"

/// Cells that a person writes freely, made readable before the maps see them, so that the maps stay
/// plain FHIR Mapping Language.
namespace tsunagi::translate {

inline constexpr std::string_view kReading =
    "https://tsunagi.example/fhir/StructureDefinition/reading";
inline constexpr std::string_view kSourceText =
    "https://tsunagi.example/fhir/StructureDefinition/source-text";
inline constexpr std::string_view kDataAbsentReason =
    "http://hl7.org/fhir/StructureDefinition/data-absent-reason";

/// A copy of `source` in which every cell with a `reading` in `model` (canonical URL) holds the
/// normalised value: `japanese-date` a FHIR date, `initials` "T.Y.", `kana` full-width katakana,
/// `person-name` one space between the parts, `phone` half-width digits and hyphens, `postal-code`
/// "188-0001". Where that changes the text, `_cell.extension` source-text keeps what was written.
///
/// A private-use character in a name or address (sensitivity direct-identifier) is an error, in
/// other text a warning. `insurer-number` and `institution-number` are checked, never changed.
///
/// 不明 and 未記入 in such a cell become data-absent-reason asked-unknown and unknown; 同上 takes
/// the same cell of the item above (a warning asks a person to look) in any text cell; 別紙参照 is
/// an error unless something is attached. A cell that cannot be read is an error that names it.
/// `zone` is the programme's, for times without an offset. Thread rule: any.
json::Document read_cells(json::Value source, const fhir::Definitions& definitions,
                          std::string_view model, std::chrono::minutes zone,
                          std::vector<fhir::Issue>& issues);

/// The way back: a copy of a packet in which every cell with a source text holds it again, as the
/// clinic wrote it; what read_cells() put beside it is gone. Thread rule: any.
json::Document words_as_written(json::Value packet);

}  // namespace tsunagi::translate

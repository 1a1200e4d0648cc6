#pragma once
#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include "fhir/definitions.h"
#include "fhir/issue.h"
#include "json/document.h"
#include "translate/translator.h"

/// A clinic's documents in another form than ours, to the cells of a packet. What they say is
/// checked, read and translated afterwards as any packet is; here only the form changes.
namespace tsunagi::translate {

/// What became of a document in another form.
struct Intake {
    json::Document packet;  ///< of the model that was asked for; may lack cells
    std::vector<fhir::Issue>
        issues;  ///< cells that cannot be read, and warnings of what is dropped
    /// `{"form":"table","encoding":"CP932","rows":[{"cell","outcome","targets":[…],"reason"}]}`:
    /// one row per filled cell of the document; words as in receipt.h. No value of a cell stands in
    /// it.
    json::Document receipt;
};

/// A table: the first row names the cells, by English path ("bedRequest.plannedDays",
/// "plannedDays") or by Japanese labels ("入院申込書/予定日数", "予定日数"). A name that fits
/// several cells is taken for the one in a form that the other columns speak of, else it is an
/// error. A column named after a group fills what stands first in it ("医療的ケア":
/// たん吸引、在宅酸素). Each further row adds items to lists; "病名2" is a second item of the same
/// row. Coded cells take a code or its words; なし, 不明 and 未記入 of a list are its statement. A
/// column with no such name is dropped and said so. `bytes` in any encoding of text/encoding.h;
/// `charset` as the sender declares it, may be empty. Errors name row and label, or the byte that
/// cannot be decoded.
Intake read_table(std::string_view bytes, std::string_view charset,
                  const fhir::Definitions& definitions, std::string_view model,
                  std::chrono::minutes zone);

/// A QuestionnaireResponse of our forms (profiles/questionnaires): each linkId is the path of a
/// cell below the packet, repeated items are the items of a list.
Intake read_answers(json::Value response, const fhir::Definitions& definitions,
                    std::string_view model, std::chrono::minutes zone);

/// Whatever the map `map_url` makes of `source` (a JP-CLINS eReferral document). What no rule reads
/// is a row "dropped", and a warning counts such cells.
Result<Intake> read_by_map(const MapLibrary& library, std::string_view map_url, json::Value source,
                           std::string_view form, const Environment& environment);

}  // namespace tsunagi::translate

#pragma once
#include <span>
#include <string>
#include <string_view>

#include "access/principal.h"
#include "exchange/case_file.h"
#include "fhir/issue.h"
#include "json/builder.h"
#include "json/document.h"
#include "store/rows.h"

/// The JSON that clinics and hospitals get of a case (README.md shows it); `inquire` uses the same
/// pieces.
namespace tsunagi::exchange {

class Findings;  // findings.h

/// {"ja": …, "en": …}
void set_label(json::Builder& builder, json::Node* object, std::string_view key,
               std::string_view ja, std::string_view en);

/// Members state, stateText, turn, nextActions of `actor` and, while a finding is open, held.
void set_state(json::Builder& builder, json::Node* object, const CaseFile& file,
               programme::Actor actor);

/// The body of the 201 answer.
std::string submitted_answer(const CaseFile& file, json::Value bundle,
                             std::span<const fhir::Issue> flags, const Findings& findings,
                             const store::LogPosition& position);

/// The same with the receipt as its last member. The receipt is kept with the case, not once more
/// with the answer.
std::string with_receipt(std::string answer, std::string_view receipt);

/// The whole answer again, for a repeated request.
Result<std::string> repeated_answer(store::Reader& reader, const store::StoredAnswer& stored);

/// One event of a case: who did what when.
std::string event_json(std::string_view action, const access::Principal& who, Instant now,
                       const programme::Inputs& inputs = {});

}  // namespace tsunagi::exchange

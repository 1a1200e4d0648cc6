#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/random.h"
#include "exchange/artifacts.h"
#include "exchange/refusal.h"
#include "json/document.h"

namespace tsunagi::exchange {

/// What a clinic handed in, as a packet.
struct TakenIn {
    std::string packet;      ///< JSON text of a Packet; a Packet itself is passed on unread
    json::Document receipt;  ///< of another form (translate/intake.h); empty for a Packet
    std::vector<fhir::Issue> warnings;  ///< what was not taken
    bool is_packet() const { return !receipt.root(); }
};

/// True for what take_in() reads besides JSON: text/csv and text/tab-separated-values with a
/// charset or none.
bool is_table(std::string_view content_type);

/// Reads a body by its content type: a Packet; a QuestionnaireResponse of our Questionnaires; a
/// JP-CLINS eReferral document Bundle; a Bundle of type collection with one such document and
/// QuestionnaireResponses, each filling its own parts of the packet; a table (text/csv). `text/csv;
/// charset=Shift_JIS` is believed; without charset the encoding is found out. Malformed: cannot be
/// read at all; Content: a cell cannot.
Act<TakenIn> take_in(const Artifacts& artifacts, Instant now, Random& random,
                     std::string_view content_type, std::string_view body);

/// Adds to issues about cells of the packet where the cell stands in the form that was handed in.
void name_places(std::vector<fhir::Issue>& issues, json::Value receipt);

}  // namespace tsunagi::exchange

#pragma once
#include <optional>
#include <string_view>
#include <vector>

#include "exchange/exchange.h"
#include "exchange/findings.h"
#include "exchange/form_use.h"
#include "json/document.h"

namespace tsunagi::exchange {

/// A packet that passed every check, with all that is made of it.
struct PreparedPacket {
    const programme::Programme* programme = nullptr;
    json::Document packet;
    json::Document bundle;      ///< what the maps made: a collection
    json::Document receipt;     ///< what became of every cell
    json::Document provenance;  ///< which element of which resource came from which cell
    json::Document consent;
    std::vector<fhir::Issue> flags;  ///< warnings for a person
    /// Places in free text that a person must look at before anything is sent: what looks like
    /// people whom no cell names; try_offer (render.h) adds those whom one does.
    std::vector<Place> findings;
    std::optional<Instant> needed_by;
};

/// Identity, Consent: the packet was taken before and only that part is new. The programme's rules
/// speak of the day of application and are not asked again, but for those about the consent.
enum class Recheck { Everything, Identity, Consent };

/// Everything before the store: read strictly, check against the model, the documents against each
/// other, the programme's rules; read the cells, translate, validate the Bundle. Of the store only
/// the consent forms of the applicant are asked.
Act<PreparedPacket> prepare_packet(const Parts& parts, std::string_view body, const Applicant& who,
                                   Recheck recheck = Recheck::Everything);

}  // namespace tsunagi::exchange

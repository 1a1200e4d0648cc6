#pragma once
#include <optional>
#include <string_view>
#include <vector>

#include "exchange/case_file.h"
#include "exchange/exchange.h"
#include "exchange/packet.h"
#include "privacy/egress.h"

/// How a case looks to a partner, always through the egress door. Used by deliver (whole
/// transactions), by the hospital's updates and by inquire (single resources).
namespace tsunagi::exchange {

/// "Patient.birthDate": the elements of what leaves, each once, never their values. Ids and
/// statuses tell nothing of a person and stand in every message.
std::vector<std::string> items_of(json::Value message);

/// Whose packet it is, as the register of provisions names them: initials until the name is known.
std::string person_of(json::Value packet);

/// The question that a release of this case asks of the consent.
privacy::ConsentRequest release_request(const CaseFile& file, Instant now);

struct Rendered {
    privacy::Outbound body;
    /// Shown as "offer", "release", "status" (how the request stands, no disclosure) or, of a
    /// notice, the kind of recipient.
    Reading reading;
};

/// One resource for the recipient that owns `alias`. A hospital: as Release when it accepted and
/// the consent is live, as Offer while that is permitted and it is asked, else by the list of
/// statuses; others: as their notice. NotFound when it did not leave at that stage.
Result<Rendered> render_resource(store::Reader& reader, const Parts& parts,
                                 const store::Alias& alias, std::string_view type,
                                 std::string_view id);

/// Several resources of one type as a searchset Bundle, each as render_resource would show it.
struct Hit {
    store::Alias alias;
    std::string id;
};
struct Searchset {
    privacy::Outbound bundle;
    std::vector<Rendered> entries;
};
Result<Searchset> render_searchset(store::Reader& reader, const Parts& parts,
                                   const store::OrganisationId& hospital, std::string_view type,
                                   const std::vector<Hit>& hits);

/// A notice as a document for the clinic to hand over, by `channel` ("paper", "fax", "email",
/// "phone"): what that recipient may see of it. NotFound: no view of that recipient is open.
Result<Rendered> render_notice(store::Reader& reader, const Parts& parts, const CaseFile& file,
                               const store::OrganisationId& recipient, std::string_view channel);

/// The message of one outbox row as a FHIR transaction, cleared for its hospital. Denied with the
/// reason's code when it must not leave any more.
Result<Dispatch> render_message(store::Reader& reader, const Parts& parts,
                                const store::OutboxRow& row);

/// The offer of a packet that is not queued yet, with the alias it will have: what could never be
/// sent is refused to the one who can mend it. The message is byte for byte what render_message
/// makes of it once it is stored and queued. None: texts of the packet hold its own identifiers,
/// and `prepared.findings` has each place; an identifier that no single text holds is refused.
Act<std::optional<KeptOffer>> try_offer(const Parts& parts, PreparedPacket& prepared,
                                        const std::string& hospital, const std::string& alias);

/// Whether render_message would make `offer` again: everything it was made of stands at its first
/// version, goes to the same endpoint, and the consent decides now as it did then.
Result<bool> is_current(store::Reader& reader, const Parts& parts, const store::OutboxRow& row,
                        const KeptOffer& offer);

/// The tag that the message leaves on the Task at the hospital: the same row always has the same,
/// and so has the one offer of an alias, also before it is queued.
std::string delivery_tag(const store::OutboxRow& row);

}  // namespace tsunagi::exchange

#pragma once
#include <cstdint>
#include <optional>
#include <ostream>
#include <string>
#include <string_view>
#include <vector>

#include "access/principal.h"
#include "audit/note.h"
#include "exchange/render.h"
#include "json/document.h"
#include "privacy/egress.h"

/// Every read of the gateway. Each row is authorised for the caller, and what a partner gets has
/// passed the egress door for that partner. NotFound also means "not yours": existence is secret.
/// Thread rule: any thread.
namespace tsunagi::inquire {

/// A resource with the version that If-Match compares.
struct Shown {
    privacy::Outbound body;
    std::int64_t version = 0;
    /// Set when a hospital gets data of a person: Exchange::note_reading comes before the bytes
    /// leave. A Task alone tells of the course, not of the person.
    std::optional<exchange::Reading> reading = {};
};

class Inquire {
public:
    explicit Inquire(const exchange::Parts& parts) : parts_(parts) {}

    /// A clinic's case: state, what to do next, events, messages (README.md shows the JSON).
    Result<Shown> referral(const access::Principal& clinic, const store::CaseId& id) const;
    /// The clinic's cases, newest first, at most 50 older than `after` (empty: the newest).
    Result<privacy::Outbound> referrals(const access::Principal& clinic,
                                        const store::CaseId& after) const;
    /// The case's consent with its versions, the newest first: `{"case", "version", "decision",
    /// "versions": [{"version", "status", "consent"}]}`. Its ETag is the newest version.
    Result<Shown> consent(const access::Principal& clinic, const store::CaseId& id) const;
    /// What was found in the text of a case and what was decided about it (exchange/findings.h),
    /// with the text around each: for the clinic alone.
    Result<Shown> findings(const access::Principal& clinic, const store::CaseId& id) const;
    /// What was sent to whom, with the index of its log entry (APPI article 29; domain L6).
    Result<privacy::Outbound> disclosures(const access::Principal& clinic,
                                          const store::CaseId& id) const;

    /// What a hospital was offered: its own view in plain JSON.
    Result<privacy::Outbound> offers(const access::Principal& hospital) const;
    Result<Shown> offer(const access::Principal& hospital, const store::Alias& alias) const;

    /// FHIR read. A hospital sees the rendition of its stage; a clinic its own record.
    Result<Shown> resource(const access::Principal& who, std::string_view type,
                           std::string_view id) const;
    /// FHIR search `Task?owner=&status=` of a hospital, newest first. `statuses` empty: all.
    Result<privacy::Outbound> search_tasks(const access::Principal& hospital,
                                           const std::vector<std::string>& statuses,
                                           std::size_t count) const;

    /// The notices that this care manager, provider or centre was given: their Communications as a
    /// searchset. Exchange::note_reading of each entry comes before the bytes leave.
    Result<exchange::Searchset> search_notices(const access::Principal& who) const;
    /// A notice for the clinic to hand over or send by `channel` itself: what the recipient may see
    /// of it. Exchange::note_reading comes before the bytes leave.
    Result<exchange::Rendered> notice(const access::Principal& clinic, const store::CaseId& id,
                                      const store::OrganisationId& recipient,
                                      std::string_view channel) const;
    /// What the city learns: how many cases, in which states; no row, and no count of few.
    Result<privacy::Outbound> statistics(const access::Principal& city) const;

    /// Messages that wait for a person, as ids and codes only.
    Result<privacy::Outbound> parked(const access::Principal& operator_principal) const;

    /// The exchange log up to its latest checkpoint (audit/FORMAT.md). No identifier is in it.
    Status export_log(std::ostream& out, const audit::NoteKey& key) const;

    /// What is wrong with `resource`, a part of the JSON `text`, as OperationOutcome; nothing is
    /// kept. `profiles` are checked besides its type and `meta.profile`. Invalid, `where` = the
    /// profile, for one that is not known here.
    Result<privacy::Outbound> validate(const access::Principal& who, std::string_view text,
                                       json::Value resource,
                                       const std::vector<std::string>& profiles) const;

private:
    exchange::Parts parts_;
};

}  // namespace tsunagi::inquire

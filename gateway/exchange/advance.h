#pragma once
#include <optional>
#include <string>
#include <vector>

#include "exchange/case_file.h"
#include "exchange/exchange.h"

namespace tsunagi::exchange {

/// One step of a case and all that follows from it, inside one transaction: the journey, what the
/// hospital knows, what is queued or cancelled, the event and the log entry. The issues say why the
/// step is not legal; then nothing was written.
struct Advance {
    std::vector<fhir::Issue> issues;
    std::int64_t version = 0;            ///< of the case
    std::int64_t rendition_version = 0;  ///< of the current hospital's rendition
};
/// `evidence`: commitment of what the event tells and the log does not (findings.h).
Result<Advance> advance(store::Transaction& transaction, const Parts& parts, CaseFile& file,
                        const programme::Step& step, const access::Principal& who,
                        const std::optional<crypto::Digest>& evidence = {});

/// Queues the offer to `hospital` under the new alias. Denied unless the case is sent, with no
/// finding open: the one way by which a hospital comes to hold anything of a case.
Status open_rendition(store::Transaction& transaction, const Parts& parts, const CaseFile& file,
                      const store::OrganisationId& hospital, const std::string& alias);

/// Queues a message of `kind` for the recipient of `rendition`, at its endpoint of now.
Status queue(store::Transaction& transaction, const Parts& parts, const CaseFile& file,
             const store::RenditionRow& rendition, std::string_view kind);

/// No endpoint of the hospital is in force: told before anything is stored.
std::optional<Refusal> refuse_unreachable(const Parts& parts,
                                          const store::OrganisationId& hospital);

/// Consent was withdrawn during the stay: cancels what is queued for the hospital and, if that was
/// anything, queues the bare statuses in its place.
Status stop_disclosure(store::Transaction& transaction, const Parts& parts, const CaseFile& file);

/// The step's refusal as an act gives it.
Refusal refuse_step(std::vector<fhir::Issue> issues);

}  // namespace tsunagi::exchange

#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "access/principal.h"
#include "audit/entry.h"
#include "exchange/artifacts.h"
#include "exchange/refusal.h"
#include "json/document.h"
#include "privacy/consent.h"
#include "programme/journey.h"
#include "store/store.h"

/// A case as the acts and the views work on it: its row, its journey and, on demand, its sealed
/// documents.
namespace tsunagi::exchange {

namespace blob {
inline constexpr std::string_view kPacket = "packet", kBundle = "bundle", kReceipt = "receipt",
                                  kJourney = "journey", kConsent = "consent", kFlags = "flags",
                                  kProvenance = "provenance", kFindings = "findings",
                                  kSubmitted = "submitted";  ///< as handed in, when no Packet
}  // namespace blob

struct CaseFile {
    store::CaseRow row;
    programme::Journey journey;
    const programme::Programme* programme = nullptr;
};

/// Error NotFound; `where` = kPurged when the case ended and nothing of the person is kept.
Result<CaseFile> open_case(store::Reader& reader, const Artifacts& artifacts,
                           const store::CaseId& id);
inline constexpr std::string_view kPurged = "purged";

/// A sealed JSON document of the case; NotFound when there is none.
Result<json::Document> read_blob(store::Reader& reader, const store::CaseId& id,
                                 std::string_view name);

/// The latest consent record and its version.
struct HeldConsent {
    json::Document resource;
    std::int64_t version = 0;
    std::vector<privacy::ConsentRecord> records() const { return {{resource.root(), version}}; }
};
Result<HeldConsent> read_consent(store::Reader& reader, const store::CaseId& id);

/// Writes row and journey back; `file.row.version` is the one that was read and becomes the new
/// one.
Status save(store::Transaction& transaction, CaseFile& file, Instant now);

/// The case's Bundle as it stands in `state`: statuses of Task, ServiceRequest, stay and CarePlan
/// (contracts.md section 4), Task.output, decline reason, actual times, the consent in force.
json::Document bundle_in_state(json::Value bundle, json::Value consent,
                               const programme::Journey& journey, std::string_view state);

/// The entry of the case's Task or planned stay: 1-based number in the Bundle; 0: none.
std::size_t task_number(json::Value bundle);
std::size_t stay_number(json::Value bundle);

/// "<alias>-<n>" split; nothing when it has another form.
struct PartnerId {
    store::Alias alias;
    std::size_t number = 0;
};
std::optional<PartnerId> split_partner_id(std::string_view id);
std::string partner_id(std::string_view alias, std::size_t number);

/// A log entry of `type` about the case.
audit::Entry entry_for(std::string_view type, const store::CaseId& request, std::string_view actor);

}  // namespace tsunagi::exchange

#pragma once
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "json/document.h"

/// May this go to that recipient? A pure function of the consent records and the question
/// (hl7.org/fhir/R4/consent.html; contracts.md section 7). Thread rule: any thread.
namespace tsunagi::privacy {

/// What leaves, as the consent record names it:
/// profiles/terminology/CodeSystem-information-kind.json.
enum class Stage { Offer, Release };

struct ConsentRequest {
    std::string recipient;  ///< organisation id of the directory
    std::string
        programme;  ///< a consent to "the hospitals of the programme" counts as naming each of them
    Stage stage = Stage::Offer;
    std::vector<std::string>
        data_classes;  ///< codes of information-kind; every one must be permitted
    Instant now{};
};

/// One consent record as kept: the FHIR Consent that the maps made, and which version of it this
/// is.
struct ConsentRecord {
    json::Value resource;
    std::int64_t version = 1;
};

struct Decision {
    bool permit = false;
    std::string code;    ///< "permit", "no-consent", "withdrawn", "expired", "recipient-excluded",
                         ///< "unreadable" …
    std::string ja, en;  ///< the reason, for a person
    std::int64_t consent_version = 0;   ///< which version decided
    std::vector<std::string> withheld;  ///< data classes that the person excluded: to be left out
};

/// Deny overrides; no, unknown, unreadable, contradictory, inactive, withdrawn, not yet valid or
/// expired consent is a deny with its reason; the order of `consents` never matters. An excluded
/// data class is withheld, an excluded recipient denied.
Decision decide(std::span<const ConsentRecord> consents, const ConsentRequest& request);

/// A permit for the release to one hospital: the proof that Release asks for. Only `live_consent`
/// makes one.
class LiveConsent {
public:
    const std::string& recipient() const noexcept { return recipient_; }
    std::int64_t version() const noexcept { return version_; }
    const std::vector<std::string>& withheld() const noexcept { return withheld_; }

private:
    friend class ConsentGate;
    LiveConsent(std::string recipient, const Decision& decision)
        : recipient_(std::move(recipient)),
          version_(decision.consent_version),
          withheld_(decision.withheld) {}
    std::string recipient_;
    std::int64_t version_;
    std::vector<std::string> withheld_;
};

}  // namespace tsunagi::privacy

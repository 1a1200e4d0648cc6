#pragma once
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "json/document.h"

/// May this go to that recipient? A pure function of the consent records and the question
/// (hl7.org/fhir/R4/consent.html; contracts.md section 7). Thread rule: any thread.
namespace tsunagi::privacy {

/// Notice: what somebody other than a hospital is told of a stay (profiles/disclosure/README.md).
enum class Stage { Offer, Release, Notice };

struct ConsentRequest {
    std::string recipient;  ///< organisation id of the directory; "family"
    /// As what it receives: code of profiles/terminology/CodeSystem-recipient-kind.json.
    std::string recipient_kind = "hospital";
    /// Its name as the directory has it: a consent may name one office of a class. Hospitals are
    /// named by id alone.
    std::string recipient_name = {};
    /// Of one of the family: the relation to the person, code of
    /// profiles/terminology/CodeSystem-relation.json; its name is `recipient_name`. Empty: the
    /// family as a whole, which an objection to any one of it stops.
    std::string relation = {};
    bool by_phone = false;  ///< spoken on the telephone
    /// The programme version of the case lists it: a consent to "the hospitals of the programme"
    /// names it.
    bool of_programme = false;
    std::string purpose = "TREAT";  ///< v3-ActReason; the purposes of care count as one
    Stage stage = Stage::Offer;
    /// What leaves, as the consent record names it: codes of
    /// profiles/terminology/CodeSystem-information-kind.json. Every one must be permitted; none
    /// given: the two forms, and for a release the identity.
    std::vector<std::string> data_classes;
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
    /// The place in the record that cannot be read ("Consent.provision.provision[0].actor[1]");
    /// empty for other reasons.
    std::string where;
    std::int64_t consent_version = 0;  ///< which version decided
    /// Obligations of a permit: data classes to leave out because no consent covers them or the
    /// person excluded them, and those that leave only as initials, age and municipality.
    std::vector<std::string> withheld, masked;
};

/// Deny overrides; no, unknown, unreadable, contradictory, inactive, withdrawn, not yet valid or
/// expired consent is a deny with its reason; the order of `consents` never matters. An excluded
/// data class is withheld, an excluded recipient denied. README.md has the rules one by one.
Decision decide(std::span<const ConsentRecord> consents, const ConsentRequest& request);

/// When the record's period ends (the first instant outside); empty: it does not, or cannot be
/// read.
std::optional<Instant> expires(json::Value consent);

/// A permit for one recipient: the proof that Release and Notice ask for. Only ConsentGate makes
/// one.
class LiveConsent {
public:
    const std::string& recipient() const noexcept { return recipient_; }
    const std::string& recipient_kind() const noexcept { return recipient_kind_; }
    Stage stage() const noexcept { return stage_; }
    std::int64_t version() const noexcept { return version_; }
    const std::vector<std::string>& withheld() const noexcept { return withheld_; }

private:
    friend class ConsentGate;
    LiveConsent(const ConsentRequest& request, const Decision& decision)
        : recipient_(request.recipient),
          recipient_kind_(request.recipient_kind),
          stage_(request.stage),
          version_(decision.consent_version),
          withheld_(decision.withheld) {}
    std::string recipient_, recipient_kind_;
    Stage stage_;
    std::int64_t version_;
    std::vector<std::string> withheld_;
};

}  // namespace tsunagi::privacy

#pragma once
#include <chrono>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "fhir/definitions.h"
#include "fhir/issue.h"
#include "json/document.h"
#include "programme/journey.h"
#include "programme/registrations.h"

/// A city's programme as data (`profiles/programmes/*.json`; README.md there describes the file).
/// Nothing of any city is in this code.
namespace tsunagi::programme {

/// What the rules ask that is not a cell: given to them as %applicationDate, %age, %registered,
/// %admissionInDays, %plannedDays,
/// %certificationInDays, %amendment, %formOfAnother. Unknown stays empty.
struct Facts {
    std::string application_date;
    std::optional<int> age;  ///< by law, on the application date
    Registrations::Standing registration;
    std::optional<int> admission_in_days;
    std::optional<int> planned_days;
    std::optional<int> certification_in_days;  ///< to the last day of 要介護認定; negative: over
    bool amendment = false;                    ///< only the consent is new
    bool form_of_another = false;  ///< the consent form is on record for another patient
};

/// How long a case and its register are kept (domain L7). The law's bounds are checked at load.
struct Retention {
    std::chrono::years register_kept{3};  ///< 3 and more, after the last provision
    std::chrono::hours purge_after{12};   ///< after the end of a case without a release
    std::chrono::hours purge_by{22};      ///< while its last word is undelivered; at most 24

    /// The longest that so many years can be: one in four may be a leap year.
    std::chrono::days register_days() const noexcept;
};

struct Hospital {
    std::string id, ja, en;
    std::string department;
    std::string institution_code;  ///< ten digits; empty: not known
};

/// A packet may be refused with 403 instead of 422 (a consent that is missing): the rule's
/// `status`.
struct Verdict {
    std::vector<fhir::Issue> issues;
    bool only_denied = false;  ///< every error is one of those
};

/// Immutable after load. Thread rule: shared between any threads.
class Programme {
public:
    /// Compiles every rule and follows its steps through the form; a broken one is an Error whose
    /// place is "byte N: PROGRAMME: rule R5": it fails at start-up, never at the patient.
    static Result<Programme> load(json::Value file, const fhir::Definitions& definitions);
    Programme(Programme&&) noexcept;
    Programme& operator=(Programme&&) noexcept;
    ~Programme();

    const std::string& id() const noexcept;
    const std::string& version() const noexcept;
    std::chrono::minutes zone() const noexcept;
    /// Canonical of the city's own form of a packet, derived from ours; empty: ours as it is.
    std::string_view model() const noexcept;
    std::chrono::minutes undelivered_after()
        const noexcept;  ///< then the clinic is told to telephone
    const Retention& retention() const noexcept;
    const std::vector<Hop>& chain() const noexcept;
    bool needs_discharge_record() const noexcept;  ///< R24, R25
    bool is_decline_reason(std::string_view code) const noexcept;
    /// `who`: "patient", "representative" or "doctor".
    bool may_withdraw_consent(std::string_view who) const noexcept;
    /// Whether a person in this role ("clinic") decides what was found in the text; the clinic when
    /// the file does not say.
    bool may_review_findings(std::string_view role) const noexcept;
    const Hospital* hospital(std::string_view id) const noexcept;
    const std::vector<Hospital>& hospitals() const noexcept;
    /// What a doctor who is no member of the medical association must have handed in (R3).
    const std::vector<std::string>& non_member_documents() const noexcept;

    /// Every rule against the packet: refusals are errors, flags are warnings; each names rule,
    /// cell and whose turn.
    Result<Verdict> check(json::Value packet, const Facts& facts, Instant now) const;

    /// The file itself, for what only a view or a document needs (titles, contact desks).
    json::Value file() const noexcept;

private:
    struct Parts;
    explicit Programme(std::unique_ptr<Parts> parts);
    std::unique_ptr<Parts> parts_;
};

}  // namespace tsunagi::programme

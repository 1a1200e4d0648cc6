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
#include "fhir/issue.h"
#include "json/document.h"
#include "programme/journey.h"

/// A city's programme as data (`profiles/programmes/*.json`; README.md there describes the file).
/// Nothing of any city is in this code.
namespace tsunagi::programme {

/// What the rules ask that is not a cell: given to them as %applicationDate, %age, %registered,
/// %registrationComplete, %admissionInDays, %plannedDays. Unknown stays empty.
struct Facts {
    std::string application_date;
    std::optional<int> age;  ///< by law, on the application date
    bool registered = false;
    bool registration_complete = false;  ///< R3: a member, or every paper of a non-member is there
    std::optional<int> admission_in_days;
    std::optional<int> planned_days;
};

struct Hospital {
    std::string id, ja, en, department;
};

/// Immutable after load. Thread rule: shared between any threads.
class Programme {
public:
    /// Compiles every rule; a broken one is an Error that names the rule ("city-a: rule R5"):
    /// it fails at start-up, never at the patient.
    static Result<Programme> load(json::Value file, const fhir::Definitions& definitions);
    Programme(Programme&&) noexcept;
    Programme& operator=(Programme&&) noexcept;
    ~Programme();

    const std::string& id() const noexcept;
    const std::string& version() const noexcept;
    std::chrono::minutes zone() const noexcept;
    std::chrono::minutes undelivered_after()
        const noexcept;  ///< then the clinic is told to telephone
    const std::vector<Hop>& chain() const noexcept;
    bool needs_discharge_record() const noexcept;  ///< R24, R25
    bool is_decline_reason(std::string_view code) const noexcept;
    const Hospital* hospital(std::string_view id) const noexcept;
    const std::vector<Hospital>& hospitals() const noexcept;
    /// The doctor of this registration number may apply (R1).
    bool is_registered(std::string_view registration_number) const noexcept;
    /// That registration is of a member, or has the papers a non-member must hand in (R3).
    bool is_registration_complete(std::string_view registration_number) const noexcept;

    /// Every rule against the packet: refusals are errors, flags are warnings; each names rule,
    /// cell and whose turn.
    Result<std::vector<fhir::Issue>> check(json::Value packet, const Facts& facts,
                                           Instant now) const;

    /// The file itself, for what only a view or a document needs (titles, contact desks).
    json::Value file() const noexcept;

private:
    struct Parts;
    explicit Programme(std::unique_ptr<Parts> parts);
    std::unique_ptr<Parts> parts_;
};

}  // namespace tsunagi::programme

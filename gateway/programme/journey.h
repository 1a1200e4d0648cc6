#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "fhir/issue.h"
#include "json/document.h"
#include "programme/state_machine.h"

namespace tsunagi::programme {

/// One hop of the notification chain (R20): somebody tells somebody. Data of the programme file.
struct Hop {
    std::string id;                  ///< "family-told"; also the action that confirms it
    std::vector<std::string> after;  ///< hops that come first
    std::string ja, en;              ///< what to do
};

/// What a step needs besides its name. Times are FHIR dateTimes; texts are evidence, kept sealed
/// with the case.
struct Inputs {
    std::string at;                 ///< when it happened
    std::string planned_admission;  ///< R19
    std::string planned_discharge;  ///< R19, R27
    std::string decided_by;         ///< the hospital physician (R21)
    std::string reason;             ///< decline reason, or why a hop cannot be confirmed
    std::string hop;                ///< of resolve-hop
    std::string hospital;           ///< of redirect
    std::string note;               ///< free text: agreement, conference, course
    std::string finding;            ///< number of the finding that a person decided
};

struct Step {
    std::string_view action;
    Actor actor;
    std::string by;  ///< organisation
    Inputs inputs;
};

/// One hop of this case. A change of dates opens every hop again (R27).
struct HopProgress {
    enum class Status { Open, Confirmed, Resolved };
    std::string id;
    Status status = Status::Open;
    std::string at;
    std::string by;
    std::string reason;
};

/// How far a case has come. Kept as one small sealed document; a plain value.
struct Journey {
    std::string state{state::kDraft};
    std::string planned_admission, planned_discharge, decided_by, decline_reason;
    std::string admitted_at, discharged_at, died_at;
    std::string conference_at, information_checked_at, home_confirmed_at;
    int chain_round = 0;  ///< 1 when the dates were fixed, one more for each change
    std::vector<HopProgress> hops;
    /// Places of the text that a person has not looked at yet; while there is one nothing is sent.
    std::size_t open_findings = 0;

    json::Document to_json() const;
    static Result<Journey> from_json(json::Value value);
};

/// What somebody may or must do now.
struct NextAction {
    std::string action;
    Actor actor = Actor::Clinic;
    std::string ja, en;
    std::string rule;
    bool required = false;  ///< the case cannot close without it
};

class Programme;

/// Makes the step if it is legal and complete; the journey is unchanged otherwise. Empty: made. An
/// issue with code "illegal-move" says what is legal now; "missing-input" names the input. After
/// the step the case closes by itself when it is discharged and nothing required is open (R33).
std::vector<fhir::Issue> apply(const Programme& programme, Journey& journey, const Step& step);

/// What `actor` may do now, the required first.
std::vector<NextAction> next_actions(const Programme& programme, const Journey& journey,
                                     Actor actor);

/// What keeps the case from closing, of every actor.
std::vector<NextAction> open_duties(const Programme& programme, const Journey& journey);

}  // namespace tsunagi::programme

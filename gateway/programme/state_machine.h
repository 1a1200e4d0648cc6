#pragma once
#include <span>
#include <string_view>
#include <vector>

/// The life of a case as one table (domain.md 1.6; contracts.md section 4). Pure.
namespace tsunagi::programme {

/// Who may make a move. Gateway: time passed.
enum class Actor { Clinic, Hospital, Gateway };

/// The state names are stored and sent: never rename one.
namespace state {
inline constexpr std::string_view kDraft = "draft", kHeld = "held", kSent = "sent",
                                  kReceived = "received", kProposed = "dates-proposed",
                                  kScheduled = "scheduled", kAdmitted = "admitted",
                                  kDischarged = "discharged", kClosed = "closed",
                                  kConsulting = "consulting", kWithdrawn = "withdrawn",
                                  kEmergency = "emergency", kNoShow = "no-show",
                                  kDied = "died-in-hospital";
/// Only of one hospital's rendition: it declined, or its time ran out.
inline constexpr std::string_view kDeclined = "declined", kExpired = "expired";
}  // namespace state

/// The action names are the last segment of `POST …/actions/{action}`: never rename one.
namespace action {
inline constexpr std::string_view kSubmit = "submit", kReleaseFinding = "release-finding",
                                  kCorrectFinding = "correct-finding", kReceive = "receive",
                                  kPropose = "propose-dates", kAccept = "accept",
                                  kDecline = "decline", kAdmit = "admit", kExtend = "extend",
                                  kShorten = "shorten", kDischarge = "discharge", kDied = "died",
                                  kNoShow = "no-show", kWithdraw = "withdraw",
                                  kRedirect = "redirect", kEmergency = "choose-emergency",
                                  kStayHome = "stay-home", kExpire = "expire",
                                  kConference = "record-conference",
                                  kInformationCheck = "record-information-check",
                                  kConfirmHome = "confirm-home", kResolveHop = "resolve-hop",
                                  kClose = "close";
}  // namespace action

struct Label {
    std::string_view ja, en;
};

/// When a row holds: while the clinic still has to look at findings in the text (R18, domain 5.13),
/// when it has looked at all of them, or both. No row leads to `sent` while a finding is open.
enum class When { Always, FindingsOpen, FindingsSettled };

/// One legal move. `rule` is the programme rule (R..) that gave the row, or empty.
struct Move {
    std::string_view from, action, to;
    Actor actor;
    std::string_view rule;
    When when = When::Always;
};

std::span<const Move> moves();

/// The move, or nullptr when `action` is not legal from `from` for `actor`.
const Move* find_move(std::string_view from, std::string_view action, Actor actor,
                      bool findings_open = false);
/// Moves that `actor` may make from `from`.
std::vector<const Move*> legal_moves(std::string_view from, Actor actor,
                                     bool findings_open = false);

/// No move leads on: the case is over.
bool is_final(std::string_view state);

Label state_label(std::string_view state);
Label action_label(std::string_view action);
/// Whose turn it is in `state`; Gateway when nobody's.
Actor whose_turn(std::string_view state);

/// What a state means in FHIR (contracts.md section 4). Empty: the resource does not exist in that
/// state.
struct Effect {
    std::string_view task, service_request, encounter, care_plan;
};
Effect effect_of(std::string_view state);

}  // namespace tsunagi::programme

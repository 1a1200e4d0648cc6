#include "programme/journey.h"

#include <algorithm>
#include <array>
#include <utility>

#include "json/builder.h"
#include "programme/programme.h"

namespace tsunagi::programme {
namespace {

using Status = HopProgress::Status;

constexpr std::array kTextMembers{
    std::pair{"state", &Journey::state},
    std::pair{"plannedAdmission", &Journey::planned_admission},
    std::pair{"plannedDischarge", &Journey::planned_discharge},
    std::pair{"decidedBy", &Journey::decided_by},
    std::pair{"declineReason", &Journey::decline_reason},
    std::pair{"admittedAt", &Journey::admitted_at},
    std::pair{"dischargedAt", &Journey::discharged_at},
    std::pair{"diedAt", &Journey::died_at},
    std::pair{"conferenceAt", &Journey::conference_at},
    std::pair{"informationCheckedAt", &Journey::information_checked_at},
    std::pair{"homeConfirmedAt", &Journey::home_confirmed_at},
};

std::string_view name(Status status) {
    switch (status) {
        case Status::Open:
            return "open";
        case Status::Confirmed:
            return "confirmed";
        case Status::Resolved:
            return "resolved";
    }
    return "open";
}

Label actor_label(Actor actor) {
    switch (actor) {
        case Actor::Clinic:
            return {"診療所", "the clinic"};
        case Actor::Hospital:
            return {"病院", "the hospital"};
        case Actor::Gateway:
            return {"ゲートウェイ", "the gateway"};
    }
    return {"", ""};
}

fhir::Issue issue_of(std::string code, std::string_view rule, std::string ja, std::string en) {
    fhir::Issue issue;
    issue.severity = fhir::IssueSeverity::Error;
    issue.type = "business-rule";
    issue.code = std::move(code);
    issue.rule = std::string{rule};
    issue.fault = fhir::Fault::Sender;
    issue.ja = std::move(ja);
    issue.en = std::move(en);
    return issue;
}

bool hops_run_in(std::string_view state) {
    return state == state::kScheduled || state == state::kAdmitted || state == state::kDischarged;
}

const HopProgress* find(const Journey& journey, std::string_view hop) {
    const auto at = std::find_if(journey.hops.begin(), journey.hops.end(),
                                 [&](const auto& each) { return each.id == hop; });
    return at == journey.hops.end() ? nullptr : &*at;
}

bool is_done(const Journey& journey, std::string_view hop) {
    const HopProgress* progress = find(journey, hop);
    return progress && progress->status != Status::Open;
}

/// Open, and everything before it is done: the order of the chain is fixed (R20).
bool is_next(const Programme& programme, const Journey& journey, std::string_view hop_id) {
    if (!hops_run_in(journey.state) || !find(journey, hop_id) || is_done(journey, hop_id))
        return false;
    for (const auto& hop : programme.chain()) {
        if (hop.id != hop_id) continue;
        return std::all_of(hop.after.begin(), hop.after.end(),
                           [&](const auto& before) { return is_done(journey, before); });
    }
    return false;
}

std::vector<fhir::Issue> illegal(const Programme& programme, const Journey& journey,
                                 const Step& step) {
    std::string legal;
    for (const auto& next : next_actions(programme, journey, step.actor))
        legal += (legal.empty() ? "" : ", ") + next.action;
    const Label state = state_label(journey.state), turn = actor_label(whose_turn(journey.state));
    std::string ja = "現在の状態「" + std::string{state.ja} +
                     "」では、この操作はできません。いま対応するのは" + std::string{turn.ja} +
                     "です。";
    std::string en = "This action is not possible in the state \"" + std::string{state.en} +
                     "\". It is the turn of " + std::string{turn.en} + ".";
    ja += legal.empty() ? "いまできる操作はありません。" : "いまできる操作: " + legal + "。";
    en += legal.empty() ? " Nothing is to be done by you now." : " Legal now: " + legal + ".";
    return {issue_of("illegal-move", "", std::move(ja), std::move(en))};
}

struct Needed {
    std::string_view action, input;
    std::string Inputs::*member;
    std::string_view ja, en, rule;
};

constexpr std::array kNeeded{
    Needed{action::kAccept, "planned-admission", &Inputs::planned_admission, "入院予定日時",
           "the planned admission", "R19"},
    Needed{action::kAccept, "planned-discharge", &Inputs::planned_discharge, "退院予定日時",
           "the planned discharge", "R19"},
    Needed{action::kAccept, "decided-by", &Inputs::decided_by, "入院を決定した病院医師",
           "the hospital physician who decided", "R21"},
    Needed{action::kPropose, "planned-admission", &Inputs::planned_admission, "入院予定日時",
           "the planned admission", "R19"},
    Needed{action::kDecline, "reason", &Inputs::reason, "受入不可の理由", "the reason", "R22"},
    Needed{action::kAdmit, "at", &Inputs::at, "入院日時", "the time of admission", ""},
    Needed{action::kDischarge, "at", &Inputs::at, "退院日時", "the time of discharge", "R26"},
    Needed{action::kDied, "at", &Inputs::at, "日時", "the time", ""},
    Needed{action::kExtend, "planned-discharge", &Inputs::planned_discharge, "新しい退院予定日時",
           "the new planned discharge", "R27"},
    Needed{action::kExtend, "note", &Inputs::note, "かかりつけ医との合意の記録",
           "the agreement with the family doctor", "R27"},
    Needed{action::kShorten, "planned-discharge", &Inputs::planned_discharge, "新しい退院予定日時",
           "the new planned discharge", "R27"},
    Needed{action::kShorten, "note", &Inputs::note, "かかりつけ医との合意の記録",
           "the agreement with the family doctor", "R27"},
    // The number is set by the act on that finding alone, so that nobody releases "the case".
    Needed{action::kReleaseFinding, "finding", &Inputs::finding, "指摘の番号（指摘の一覧から確認）",
           "the number of the finding (decide it in the list of findings)", "R18"},
    Needed{action::kReleaseFinding, "reason", &Inputs::reason, "理由", "the reason", "R18"},
    Needed{action::kCorrectFinding, "finding", &Inputs::finding, "指摘の番号（指摘の一覧から確認）",
           "the number of the finding (decide it in the list of findings)", "R18"},
    Needed{action::kCorrectFinding, "reason", &Inputs::reason, "理由", "the reason", "R18"},
    Needed{action::kRedirect, "hospital", &Inputs::hospital, "申込先の病院", "the hospital", "R22"},
    Needed{action::kConference, "at", &Inputs::at, "開催日時", "when it was held", "R24"},
    Needed{action::kInformationCheck, "at", &Inputs::at, "確認日時", "when it was checked", "R25"},
    Needed{action::kConfirmHome, "at", &Inputs::at, "確認日時", "when it was confirmed", "R33"},
    Needed{action::kResolveHop, "hop", &Inputs::hop, "連絡の名前", "which hop", "R33"},
    Needed{action::kResolveHop, "reason", &Inputs::reason, "連絡ができない理由", "the reason",
           "R33"},
};

/// 入院・退院の日時は順に並ぶ: R19 wants both, and a stay cannot end before it begins.
bool ends_before_it_begins(const Journey& journey, const Step& step) {
    const std::string& end_text = step.action == action::kDischarge || step.action == action::kDied
                                      ? step.inputs.at
                                      : step.inputs.planned_discharge;
    const std::string& start_text =
        step.action == action::kAccept ? step.inputs.planned_admission : journey.admitted_at;
    const auto start = parse_instant(start_text), end = parse_instant(end_text);
    return start && end && *end < *start;
}

std::vector<fhir::Issue> check_inputs(const Programme& programme, const Journey& journey,
                                      const Step& step) {
    std::vector<fhir::Issue> issues;
    for (const auto& needed : kNeeded) {
        if (needed.action != step.action || !(step.inputs.*needed.member).empty()) continue;
        issues.push_back(issue_of("missing-input", needed.rule,
                                  std::string{needed.ja} + "を入力してください。",
                                  "Please give " + std::string{needed.en} + "."));
        issues.back().expression = std::string{needed.input};
    }
    const std::pair<std::string_view, const std::string*> times[] = {
        {"at", &step.inputs.at},
        {"planned-admission", &step.inputs.planned_admission},
        {"planned-discharge", &step.inputs.planned_discharge}};
    for (const auto& [input, text] : times) {
        if (text->empty() || parse_instant(*text)) continue;
        issues.push_back(issue_of("bad-time", "",
                                  "日時は2026-11-20T10:00:00+09:00の形で入力してください。",
                                  "Please write the time as 2026-11-20T10:00:00+09:00."));
        issues.back().expression = std::string{input};
    }
    if (issues.empty() && ends_before_it_begins(journey, step)) {
        issues.push_back(issue_of("bad-period", "R19", "退院の日時が入院の日時より前です。",
                                  "The discharge is before the admission."));
    }
    if (step.action == action::kDecline && issues.empty() &&
        !programme.is_decline_reason(step.inputs.reason)) {
        issues.push_back(issue_of("unknown-decline-reason", "R22",
                                  "受入不可の理由が事業の定める区分にありません。",
                                  "The reason is not one that the programme knows."));
        issues.back().expression = "reason";
    }
    if (step.action == action::kRedirect && issues.empty() &&
        !programme.hospital(step.inputs.hospital)) {
        issues.push_back(issue_of("unknown-hospital", "R28", "申込先が事業の病院一覧にありません。",
                                  "The hospital is not in the programme's directory."));
        issues.back().expression = "hospital";
    }
    return issues;
}

void open_chain(const Programme& programme, Journey& journey) {
    ++journey.chain_round;
    journey.hops.clear();
    for (const auto& hop : programme.chain()) journey.hops.emplace_back().id = hop.id;
}

void confirm(Journey& journey, std::string_view hop, Status status, const Step& step) {
    for (auto& each : journey.hops) {
        if (each.id != hop) continue;
        each.status = status;
        each.at = step.inputs.at;
        each.by = step.by;
        each.reason = step.inputs.reason;
    }
}

void record(const Programme& programme, Journey& journey, const Step& step) {
    const Inputs& in = step.inputs;
    if (step.action == action::kAccept || step.action == action::kPropose) {
        journey.planned_admission = in.planned_admission;
        journey.planned_discharge = in.planned_discharge;
        journey.decided_by = in.decided_by;
    }
    if (step.action == action::kAccept) open_chain(programme, journey);
    if (step.action == action::kExtend || step.action == action::kShorten) {
        journey.planned_discharge = in.planned_discharge;
        open_chain(programme, journey);
    }
    if (step.action == action::kDecline) journey.decline_reason = in.reason;
    if (step.action == action::kRedirect) {
        journey.planned_admission = journey.planned_discharge = journey.decided_by =
            journey.decline_reason = {};
    }
    if (step.action == action::kAdmit) journey.admitted_at = in.at;
    if (step.action == action::kDischarge) journey.discharged_at = in.at;
    if (step.action == action::kDied) journey.died_at = in.at;
    if (step.action == action::kConference) journey.conference_at = in.at;
    if (step.action == action::kInformationCheck) journey.information_checked_at = in.at;
    if (step.action == action::kConfirmHome) journey.home_confirmed_at = in.at;
    if (step.action == action::kResolveHop) confirm(journey, in.hop, Status::Resolved, step);
}

void settle(const Programme& programme, Journey& journey) {
    if (find_move(journey.state, action::kClose, Actor::Gateway) &&
        open_duties(programme, journey).empty()) {
        journey.state = state::kClosed;
    }
}

NextAction next_of(std::string_view action, Actor actor, Label label, std::string_view rule,
                   bool required) {
    return {std::string{action}, actor,   std::string{label.ja}, std::string{label.en},
            std::string{rule},   required};
}

}  // namespace

std::vector<fhir::Issue> apply(const Programme& programme, Journey& journey, const Step& step) {
    if (step.actor == Actor::Clinic && is_next(programme, journey, step.action)) {
        if (!step.inputs.at.empty() && !parse_instant(step.inputs.at))
            return check_inputs(programme, journey, step);
        confirm(journey, step.action, Status::Confirmed, step);
        settle(programme, journey);
        return {};
    }
    const Move* move = find_move(journey.state, step.action, step.actor, journey.open_findings > 0);
    // Closing is the gateway's own last step, never asked for from outside.
    if (!move || step.action == action::kClose) return illegal(programme, journey, step);
    auto issues = check_inputs(programme, journey, step);
    if (!issues.empty()) return issues;
    if (step.action == action::kResolveHop && !is_next(programme, journey, step.inputs.hop))
        return illegal(programme, journey, step);
    record(programme, journey, step);
    journey.state = move->to;
    settle(programme, journey);
    return {};
}

std::vector<NextAction> open_duties(const Programme& programme, const Journey& journey) {
    std::vector<NextAction> duties;
    if (is_final(journey.state)) return duties;
    for (const auto& hop : programme.chain()) {
        if (find(journey, hop.id) && !is_done(journey, hop.id)) {
            duties.push_back({hop.id, Actor::Clinic, hop.ja, hop.en, "R20", true});
        }
    }
    const bool stay = journey.state == state::kAdmitted || journey.state == state::kDischarged;
    if (stay && programme.needs_discharge_record() && journey.conference_at.empty() &&
        journey.information_checked_at.empty()) {
        duties.push_back(next_of(action::kConference, Actor::Clinic,
                                 action_label(action::kConference), "R24", true));
    }
    if (journey.state == state::kDischarged && journey.home_confirmed_at.empty()) {
        duties.push_back(next_of(action::kConfirmHome, Actor::Clinic,
                                 action_label(action::kConfirmHome), "R33", true));
    }
    return duties;
}

std::vector<NextAction> next_actions(const Programme& programme, const Journey& journey,
                                     Actor actor) {
    std::vector<NextAction> actions;
    const auto duties = open_duties(programme, journey);
    for (const auto& duty : duties) {
        const bool hop = find(journey, duty.action) != nullptr;
        const bool possible = hop ? is_next(programme, journey, duty.action)
                                  : find_move(journey.state, duty.action, duty.actor) != nullptr;
        if (duty.actor == actor && possible) actions.push_back(duty);
    }
    for (const Move* move : legal_moves(journey.state, actor, journey.open_findings > 0)) {
        const bool listed = std::any_of(actions.begin(), actions.end(), [&](const auto& each) {
            return each.action == move->action;
        });
        const bool open_hop = std::any_of(actions.begin(), actions.end(), [&](const auto& each) {
            return find(journey, each.action);
        });
        if (listed || move->action == action::kClose ||
            (move->action == action::kResolveHop && !open_hop))
            continue;
        actions.push_back(
            next_of(move->action, actor, action_label(move->action), move->rule, false));
    }
    return actions;
}

json::Document Journey::to_json() const {
    json::Document document;
    json::Builder builder(document);
    json::Node* root = builder.object();
    for (const auto& [key, member] : kTextMembers) {
        if (!(this->*member).empty()) builder.set(root, key, this->*member);
    }
    builder.set_number(root, "chainRound", std::int64_t{chain_round});
    if (open_findings > 0)
        builder.set_number(root, "openFindings", static_cast<std::int64_t>(open_findings));
    json::Node* list = builder.set_array(root, "hops");
    for (const auto& hop : hops) {
        json::Node* row = builder.add_object(list);
        builder.set(row, "id", hop.id);
        builder.set(row, "status", name(hop.status));
        if (!hop.at.empty()) builder.set(row, "at", hop.at);
        if (!hop.by.empty()) builder.set(row, "by", hop.by);
        if (!hop.reason.empty()) builder.set(row, "reason", hop.reason);
    }
    return document;
}

Result<Journey> Journey::from_json(json::Value value) {
    Journey journey;
    for (const auto& [key, member] : kTextMembers) journey.*member = std::string{value[key].text()};
    journey.chain_round = static_cast<int>(value["chainRound"].integer());
    journey.open_findings = static_cast<std::size_t>(value["openFindings"].integer());
    for (const json::Value row : value["hops"]) {
        HopProgress hop;
        hop.id = std::string{row["id"].text()};
        hop.at = std::string{row["at"].text()};
        hop.by = std::string{row["by"].text()};
        hop.reason = std::string{row["reason"].text()};
        const std::string_view status = row["status"].text();
        hop.status = status == "confirmed"  ? Status::Confirmed
                     : status == "resolved" ? Status::Resolved
                                            : Status::Open;
        journey.hops.push_back(std::move(hop));
    }
    if (journey.state.empty()) return Error{Code::Internal, "journey without a state", {}};
    return journey;
}

}  // namespace tsunagi::programme

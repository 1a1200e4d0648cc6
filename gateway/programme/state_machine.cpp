#include "programme/state_machine.h"

#include <algorithm>
#include <array>

namespace tsunagi::programme {
namespace {

using namespace state;
namespace a = action;
using enum Actor;

constexpr std::array kMoves{
    Move{kDraft, a::kSubmit, kSent, Clinic, "R17", When::FindingsSettled},
    // The text seems to name somebody: nobody outside the clinic is told anything until a person
    // there has looked (domain 5.13). The last decision sends it.
    Move{kDraft, a::kSubmit, kHeld, Clinic, "R18", When::FindingsOpen},
    Move{kHeld, a::kReleaseFinding, kHeld, Clinic, "R18", When::FindingsOpen},
    Move{kHeld, a::kReleaseFinding, kSent, Clinic, "R18", When::FindingsSettled},
    Move{kHeld, a::kCorrectFinding, kHeld, Clinic, "R18", When::FindingsOpen},
    Move{kHeld, a::kCorrectFinding, kSent, Clinic, "R18", When::FindingsSettled},
    Move{kHeld, a::kExpire, kConsulting, Gateway, "R11"},
    Move{kHeld, a::kWithdraw, kWithdrawn, Clinic, ""},
    Move{kHeld, a::kEmergency, kEmergency, Clinic, "R11"},
    // The hospital answers an offer. Only its physician decides (R21); a decline is a consultation,
    // never an end (R22).
    Move{kSent, a::kReceive, kReceived, Hospital, ""},
    Move{kSent, a::kPropose, kProposed, Hospital, "R19"},
    Move{kReceived, a::kPropose, kProposed, Hospital, "R19"},
    Move{kProposed, a::kPropose, kProposed, Hospital, "R19"},
    Move{kSent, a::kAccept, kScheduled, Hospital, "R19"},
    Move{kReceived, a::kAccept, kScheduled, Hospital, "R19"},
    Move{kProposed, a::kAccept, kScheduled, Hospital, "R19"},
    Move{kSent, a::kDecline, kConsulting, Hospital, "R22"},
    Move{kReceived, a::kDecline, kConsulting, Hospital, "R22"},
    Move{kProposed, a::kDecline, kConsulting, Hospital, "R22"},
    Move{kSent, a::kExpire, kConsulting, Gateway, "R11"},
    Move{kReceived, a::kExpire, kConsulting, Gateway, "R11"},
    Move{kProposed, a::kExpire, kConsulting, Gateway, "R11"},
    // Consultation: another hospital, the emergency route, home, or no more.
    Move{kConsulting, a::kRedirect, kSent, Clinic, "R22", When::FindingsSettled},
    Move{kConsulting, a::kRedirect, kHeld, Clinic, "R18", When::FindingsOpen},
    Move{kConsulting, a::kEmergency, kEmergency, Clinic, "R11"},
    Move{kConsulting, a::kStayHome, kWithdrawn, Clinic, "R22"},
    Move{kConsulting, a::kWithdraw, kWithdrawn, Clinic, "R22"},
    Move{kSent, a::kWithdraw, kWithdrawn, Clinic, ""},
    Move{kReceived, a::kWithdraw, kWithdrawn, Clinic, ""},
    Move{kProposed, a::kWithdraw, kWithdrawn, Clinic, ""},
    Move{kScheduled, a::kWithdraw, kWithdrawn, Clinic, ""},
    Move{kSent, a::kEmergency, kEmergency, Clinic, "R11"},
    Move{kReceived, a::kEmergency, kEmergency, Clinic, "R11"},
    Move{kProposed, a::kEmergency, kEmergency, Clinic, "R11"},
    Move{kScheduled, a::kEmergency, kEmergency, Clinic, "R11"},
    // The stay.
    Move{kScheduled, a::kAdmit, kAdmitted, Hospital, ""},
    Move{kScheduled, a::kNoShow, kNoShow, Hospital, ""},
    Move{kAdmitted, a::kExtend, kAdmitted, Hospital, "R27"},
    Move{kAdmitted, a::kShorten, kAdmitted, Hospital, "R27"},
    Move{kAdmitted, a::kDischarge, kDischarged, Hospital, "R26"},
    Move{kAdmitted, a::kDied, kDied, Hospital, ""},
    // Records that close the gaps (R24, R25, R33); the state stays.
    Move{kAdmitted, a::kConference, kAdmitted, Clinic, "R24"},
    Move{kAdmitted, a::kInformationCheck, kAdmitted, Clinic, "R25"},
    Move{kDischarged, a::kConference, kDischarged, Clinic, "R24"},
    Move{kDischarged, a::kInformationCheck, kDischarged, Clinic, "R25"},
    Move{kDischarged, a::kConfirmHome, kDischarged, Clinic, "R33"},
    Move{kScheduled, a::kResolveHop, kScheduled, Clinic, "R33"},
    Move{kAdmitted, a::kResolveHop, kAdmitted, Clinic, "R33"},
    Move{kDischarged, a::kResolveHop, kDischarged, Clinic, "R33"},
    // By itself, as soon as nothing is open (Journey::settle).
    Move{kDischarged, a::kClose, kClosed, Gateway, "R33"},
};

struct StateRow {
    std::string_view state;
    Label label;
    Actor turn;
    Effect effect;
};

constexpr std::array kStates{
    StateRow{kDraft, {"作成中", "draft"}, Clinic, {"draft", "draft", "", "draft"}},
    StateRow{kHeld,
             {"未送信・記載内容の確認待ち", "not sent, waiting for a look at its text"},
             Clinic,
             {"draft", "draft", "", "draft"}},
    StateRow{kSent,
             {"申込済み・病院の確認待ち", "sent, waiting for the hospital"},
             Hospital,
             {"requested", "active", "planned", "draft"}},
    StateRow{kReceived,
             {"病院が受領", "received by the hospital"},
             Hospital,
             {"received", "active", "planned", "draft"}},
    StateRow{kProposed,
             {"日程の提示あり", "dates proposed"},
             Hospital,
             {"received", "active", "planned", "draft"}},
    StateRow{kScheduled,
             {"受入決定・入院待ち", "accepted, admission scheduled"},
             Hospital,
             {"accepted", "active", "planned", "active"}},
    StateRow{kAdmitted,
             {"入院中", "admitted"},
             Hospital,
             {"in-progress", "active", "in-progress", "active"}},
    StateRow{kDischarged,
             {"退院・確認待ち", "discharged, confirmations open"},
             Clinic,
             {"in-progress", "active", "finished", "active"}},
    StateRow{
        kClosed, {"完了", "closed"}, Gateway, {"completed", "completed", "finished", "completed"}},
    StateRow{kConsulting,
             {"受入不可・かかりつけ医と相談中", "not admitted, in consultation"},
             Clinic,
             {"rejected", "revoked", "cancelled", ""}},
    StateRow{kDeclined, {"受入不可", "declined"}, Clinic, {"rejected", "revoked", "cancelled", ""}},
    StateRow{kExpired,
             {"期限切れ", "expired"},
             Clinic,
             {"cancelled", "revoked", "cancelled", "revoked"}},
    StateRow{kWithdrawn,
             {"取り下げ", "withdrawn"},
             Gateway,
             {"cancelled", "revoked", "cancelled", "revoked"}},
    StateRow{kEmergency,
             {"救急対応へ変更", "changed to the emergency route"},
             Gateway,
             {"cancelled", "revoked", "cancelled", "revoked"}},
    StateRow{kNoShow,
             {"来院なし", "did not arrive"},
             Gateway,
             {"cancelled", "revoked", "cancelled", "revoked"}},
    StateRow{kDied,
             {"入院中に死亡", "died in hospital"},
             Gateway,
             {"completed", "completed", "finished", "completed"}},
};

struct ActionRow {
    std::string_view action;
    Label label;
};

constexpr std::array kActions{
    ActionRow{a::kSubmit, {"申込を送る", "send the request"}},
    ActionRow{a::kReleaseFinding,
              {"指摘された記載をそのまま送ってよいと確認する（理由）",
               "release a finding in the text (with reason)"}},
    ActionRow{a::kCorrectFinding,
              {"指摘された記載を直す（理由と新しい文面）",
               "correct a finding in the text (with reason and new text)"}},
    ActionRow{a::kReceive, {"受領を知らせる", "confirm receipt"}},
    ActionRow{a::kPropose, {"入院日程を提示する", "propose dates"}},
    ActionRow{a::kAccept,
              {"受け入れる（入院・退院の日時と決定した医師）",
               "accept (planned admission and discharge, deciding physician)"}},
    ActionRow{a::kDecline, {"受入不可を知らせる（理由）", "decline (with reason)"}},
    ActionRow{a::kAdmit, {"入院を知らせる", "report the admission"}},
    ActionRow{a::kExtend, {"入院を延長する", "extend the stay"}},
    ActionRow{a::kShorten, {"退院を早める", "bring the discharge forward"}},
    ActionRow{a::kDischarge, {"退院を知らせる", "report the discharge"}},
    ActionRow{a::kDied, {"死亡を知らせる", "report the death"}},
    ActionRow{a::kNoShow,
              {"来院がなかったことを知らせる", "report that the patient did not arrive"}},
    ActionRow{a::kWithdraw, {"申込を取り下げる", "withdraw the request"}},
    ActionRow{a::kRedirect, {"別の病院に申し込む", "ask another hospital"}},
    ActionRow{a::kEmergency, {"救急対応に切り替える", "change to the emergency route"}},
    ActionRow{a::kStayHome, {"在宅で対応する", "stay at home"}},
    ActionRow{a::kExpire, {"期限切れ", "time ran out"}},
    ActionRow{a::kConference,
              {"退院前カンファレンスを記録する", "record the discharge conference"}},
    ActionRow{a::kInformationCheck,
              {"在宅療養に必要な情報の確認を記録する", "record the information check"}},
    ActionRow{a::kConfirmHome, {"在宅療養の再開を確認する", "confirm that home care has resumed"}},
    ActionRow{a::kResolveHop,
              {"連絡ができない理由を記録する", "record why somebody cannot be told"}},
    ActionRow{a::kClose, {"完了する", "close"}},
};

const StateRow& row_of(std::string_view name) {
    const auto* row = std::find_if(kStates.begin(), kStates.end(),
                                   [&](const StateRow& each) { return each.state == name; });
    return row == kStates.end() ? kStates.front() : *row;
}

bool holds(const Move& move, bool findings_open) {
    return move.when == When::Always || (move.when == When::FindingsOpen) == findings_open;
}

}  // namespace

std::span<const Move> moves() { return kMoves; }

const Move* find_move(std::string_view from, std::string_view action, Actor actor,
                      bool findings_open) {
    const auto* move = std::find_if(kMoves.begin(), kMoves.end(), [&](const Move& each) {
        return each.from == from && each.action == action && each.actor == actor &&
               holds(each, findings_open);
    });
    return move == kMoves.end() ? nullptr : move;
}

std::vector<const Move*> legal_moves(std::string_view from, Actor actor, bool findings_open) {
    std::vector<const Move*> legal;
    for (const auto& each : kMoves) {
        if (each.from == from && each.actor == actor && holds(each, findings_open))
            legal.push_back(&each);
    }
    return legal;
}

bool is_final(std::string_view state) {
    return std::none_of(kMoves.begin(), kMoves.end(),
                        [&](const Move& each) { return each.from == state; });
}

Label state_label(std::string_view state) { return row_of(state).label; }

Label action_label(std::string_view action) {
    const auto* row = std::find_if(kActions.begin(), kActions.end(),
                                   [&](const ActionRow& each) { return each.action == action; });
    return row == kActions.end() ? Label{action, action} : row->label;
}

Actor whose_turn(std::string_view state) { return row_of(state).turn; }
Effect effect_of(std::string_view state) { return row_of(state).effect; }

}  // namespace tsunagi::programme

#include "programme/state_machine.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <string>
#include <vector>

namespace tsunagi::programme {
namespace {

std::set<std::string_view> all_states() {
    std::set<std::string_view> states;
    for (const auto& move : moves()) states.insert({move.from, move.to});
    return states;
}

TEST(StateMachine, ReachesEveryStateFromDraft) {
    std::set<std::string_view> reached{state::kDraft};
    for (std::size_t before = 0; before != reached.size();) {
        before = reached.size();
        for (const auto& move : moves()) {
            if (reached.contains(move.from)) reached.insert(move.to);
        }
    }
    EXPECT_EQ(reached, all_states());
}

TEST(StateMachine, EndsOnlyInTheNamedEnds) {
    const std::set<std::string_view> ends{state::kClosed, state::kWithdrawn, state::kEmergency,
                                          state::kNoShow, state::kDied};
    for (const auto each : all_states()) EXPECT_EQ(is_final(each), ends.contains(each)) << each;
}

TEST(StateMachine, AdmitsNobodyWhoWasNotAccepted) {
    for (const auto& move : moves()) {
        if (move.to == state::kAdmitted) {
            EXPECT_TRUE(move.from == state::kScheduled || move.from == state::kAdmitted)
                << move.from;
        }
        if (move.to == state::kScheduled && move.from != state::kScheduled) {
            EXPECT_EQ(move.action, action::kAccept);
            EXPECT_EQ(move.actor, Actor::Hospital);
        }
    }
}

TEST(StateMachine, LeadsFromADeclineToConsultationAndNeverToAnEnd) {
    for (const auto& move : moves()) {
        if (move.action == action::kDecline || move.action == action::kExpire) {
            EXPECT_EQ(move.to, state::kConsulting) << move.from;
        }
    }
    EXPECT_FALSE(is_final(state::kConsulting));
    EXPECT_EQ(whose_turn(state::kConsulting), Actor::Clinic);
}

/// Rows by which a case is sent although somebody still has to look at its text.
std::size_t ways_past_a_finding(const std::vector<Move>& table) {
    return static_cast<std::size_t>(std::count_if(table.begin(), table.end(), [](const Move& move) {
        const bool sends = move.to == state::kSent && move.from != state::kSent;
        return sends && move.when != When::FindingsSettled;
    }));
}

TEST(StateMachine, SendsNothingWhileAFindingIsOpen) {
    std::vector<Move> table(moves().begin(), moves().end());
    EXPECT_EQ(ways_past_a_finding(table), 0U);
    // Planted: a row that forgets to ask.
    table.push_back({state::kConsulting, action::kRedirect, state::kSent, Actor::Clinic, ""});
    EXPECT_EQ(ways_past_a_finding(table), 1U);
    for (const auto& move : moves()) {
        const Move* found = find_move(move.from, move.action, move.actor, true);
        EXPECT_FALSE(found && found->to == state::kSent) << move.from << " " << move.action;
    }
}

TEST(StateMachine, ShowsAHospitalNothingOfAHeldCase) {
    EXPECT_TRUE(legal_moves(state::kHeld, Actor::Hospital).empty());
    EXPECT_TRUE(legal_moves(state::kHeld, Actor::Hospital, true).empty());
    EXPECT_TRUE(effect_of(state::kHeld).encounter.empty());
    EXPECT_EQ(whose_turn(state::kHeld), Actor::Clinic);
}

TEST(StateMachine, KeepsEachActorToItsOwnMoves) {
    EXPECT_EQ(find_move(state::kSent, action::kAccept, Actor::Clinic), nullptr);
    EXPECT_EQ(find_move(state::kSent, action::kWithdraw, Actor::Hospital), nullptr);
    EXPECT_EQ(find_move(state::kDischarged, action::kClose, Actor::Clinic), nullptr);
    EXPECT_NE(find_move(state::kSent, action::kAccept, Actor::Hospital), nullptr);
}

TEST(StateMachine, NamesEveryStateAndActionInBothLanguages) {
    for (const auto each : all_states()) {
        EXPECT_FALSE(state_label(each).ja.empty()) << each;
        EXPECT_NE(state_label(each).en, each == state::kDraft ? "" : state_label(state::kDraft).en)
            << each;
        EXPECT_FALSE(effect_of(each).task.empty()) << each;
    }
    for (const auto& move : moves())
        EXPECT_NE(action_label(move.action).ja, move.action) << move.action;
}

}  // namespace
}  // namespace tsunagi::programme

// security.md C6: every state that a case can reach with three hospitals, every consent there may
// be and time that passes. In none may identity leave to a hospital that has not itself accepted or
// that no live consent names. The moves of the journey, the acceptance and the consent are the
// product's own functions; what stands between them (exchange/advance.cpp, hospital_acts.cpp,
// render.cpp) is written down here as the model.
#include <gtest/gtest.h>

#include <array>
#include <deque>
#include <functional>
#include <iostream>
#include <map>
#include <unordered_set>

#include "exchange/case_file.h"
#include "json/reader.h"
#include "privacy/rendition.h"
#include "properties/consent/model.h"
#include "support/test_gateway.h"

namespace tsunagi {
namespace {

namespace action = programme::action;
namespace state = programme::state;
using programme::Actor;
using programme::Journey;

constexpr std::size_t kHospitals = consent::kHospitals.size();

const programme::Programme& rules() { return *support::artifacts().programme("nishitokyo"); }

// ---- the journey alone: every action tried by everybody in every state
// ---------------------------

struct Edge {
    std::string action;
    Actor actor = Actor::Clinic;
    std::size_t to = 0;
};
struct Node {
    Journey journey;
    std::vector<Edge> edges;
};

std::string key_of(const Journey& journey) {
    std::string key = journey.state;
    for (const std::string* each :
         {&journey.planned_admission, &journey.decided_by, &journey.admitted_at,
          &journey.discharged_at, &journey.conference_at, &journey.information_checked_at,
          &journey.home_confirmed_at})
        key += each->empty() ? '-' : '+';
    for (const auto& hop : journey.hops)
        key += static_cast<char>('0' + static_cast<int>(hop.status));
    return key;
}

programme::Inputs inputs_for(std::string_view hop) {
    programme::Inputs inputs;
    inputs.at = "2026-11-22T10:00:00+09:00";
    inputs.planned_admission = "2026-11-21T10:00:00+09:00";
    inputs.planned_discharge = "2026-11-28T10:00:00+09:00";
    inputs.decided_by = "病院医師";
    inputs.reason = "A";
    inputs.hop = hop;
    inputs.hospital = "hp-sassa";
    inputs.note = "記録";
    return inputs;
}

std::vector<Node> journeys() {
    std::vector<std::string> actions;
    for (const auto& move : programme::moves()) actions.emplace_back(move.action);
    for (const auto& hop : rules().chain()) actions.push_back(hop.id);
    std::sort(actions.begin(), actions.end());
    actions.erase(std::unique(actions.begin(), actions.end()), actions.end());
    std::vector<std::string> hops{""};
    for (const auto& hop : rules().chain()) hops.push_back(hop.id);

    std::vector<Node> nodes{{Journey{}, {}}};
    std::map<std::string, std::size_t> known{{key_of(nodes[0].journey), 0}};
    for (std::size_t at = 0; at < nodes.size(); ++at) {
        for (const Actor actor : {Actor::Clinic, Actor::Hospital, Actor::Gateway}) {
            for (const std::string& name : actions) {
                for (const std::string& hop : hops) {
                    if (!hop.empty() && name != action::kResolveHop) continue;
                    Journey next = nodes[at].journey;
                    if (!programme::apply(rules(), next, {name, actor, "x", inputs_for(hop)})
                             .empty())
                        continue;
                    next.chain_round = 1;
                    const auto [place, fresh] = known.emplace(key_of(next), nodes.size());
                    if (fresh) nodes.push_back({next, {}});
                    nodes[at].edges.push_back({name, actor, place->second});
                }
            }
        }
    }
    return nodes;
}

// ---- consents -----------------------------------------------------------------------------------

struct Said {
    std::string name;
    std::function<consent::Record()> record;
    /// For the release to hospital h, in the first and the second phase, worked out by hand.
    std::array<bool, kHospitals> first, second;
};

consent::Provision permit_to(consent::Actor actor) {
    consent::Provision permit;
    permit.permit = true;
    permit.actors.push_back(std::move(actor));
    return permit;
}
consent::Actor hospital(std::size_t h) {
    return {consent::Actor::Kind::Hospital, std::string{consent::kHospitals[h]}, 0};
}
consent::Record of(consent::Provision permit, bool ends) {
    consent::Record record;
    record.root.emplace();
    record.root->inside.push_back(std::move(permit));
    if (ends)
        record.root->period = consent::Period{
            {}, consent::Written{"2026-12-31", 364 * consent::kDay, 365 * consent::kDay}};
    return record;
}

std::vector<Said> consents() {
    const consent::Actor all{consent::Actor::Kind::ProgrammeHospitals, {}, 0};
    const std::array<bool, kHospitals> none{}, every{true, true, true};
    std::vector<Said> said;
    said.push_back({"the programme", [=] { return of(permit_to(all), false); }, every, every});
    said.push_back({"the programme, ends", [=] { return of(permit_to(all), true); }, every, none});
    for (std::size_t h = 0; h < kHospitals; ++h) {
        std::array<bool, kHospitals> only{}, but = every;
        only[h] = true;
        but[h] = false;
        said.push_back(
            {"one hospital", [=] { return of(permit_to(hospital(h)), true); }, only, none});
        said.push_back({"all but one",
                        [=] {
                            consent::Provision permit = permit_to(all);
                            permit.inside.emplace_back();
                            permit.inside[0].permit = false;
                            permit.inside[0].actors.push_back(hospital(h));
                            return of(permit, false);
                        },
                        but, but});
    }
    said.push_back({"no identity",
                    [=] {
                        consent::Provision permit = permit_to(all);
                        permit.classes = {1, 2, 3, 4};
                        return of(permit, false);
                    },
                    none, none});
    said.push_back({"withdrawn",
                    [=] {
                        consent::Record record = of(permit_to(all), false);
                        record.status = "inactive";
                        record.withdrawn = 0;
                        return record;
                    },
                    none, none});
    said.push_back({"unreadable",
                    [=] {
                        consent::Record record = of(permit_to(all), false);
                        record.flaw = consent::Flaw::Modifier;
                        return record;
                    },
                    none, none});
    return said;
}

constexpr std::size_t kWithdrawn = 9;  ///< in consents()

// ---- the case -----------------------------------------------------------------------------------

/// What one hospital holds. `at`: the node whose state its rendition is in.
struct Held {
    bool exists = false, release = false, destroyed = false;
    std::uint8_t state = 0;  ///< index of states()
    bool operator==(const Held&) const = default;
};
struct Case {
    std::uint32_t node = 0;
    std::uint8_t hospital = 0, consent = 0, phase = 0;
    std::uint8_t accepted = 0;  ///< history: who has said yes, bit by bit
    std::array<Held, kHospitals> held{};
    bool operator==(const Case&) const = default;
};
struct CaseHash {
    std::size_t operator()(const Case& each) const noexcept {
        std::uint64_t hash = each.node;
        const auto mix = [&](std::uint64_t value) {
            hash = (hash ^ value) * 0x9e3779b97f4a7c15U;
            hash ^= hash >> 29;
        };
        mix(std::uint64_t{each.hospital} | std::uint64_t{each.consent} << 8U |
            std::uint64_t{each.phase} << 16U | std::uint64_t{each.accepted} << 24U);
        for (const Held& held : each.held)
            mix(std::uint64_t{held.exists} | std::uint64_t{held.release} << 1U |
                std::uint64_t{held.destroyed} << 2U | std::uint64_t{held.state} << 3U);
        return hash;
    }
};

enum class Fault : std::uint8_t { None, AcceptanceOfTheCase, ConsentNotAsked, StageAlone };

class Model {
public:
    explicit Model(Fault fault) : fault_(fault), nodes_(journeys()), said_(consents()) {
        for (const Said& each : said_) records_.push_back(consent::to_fhir(each.record()));
    }

    struct Report {
        std::uint64_t states = 0, moves = 0, releases = 0, violations = 0;
        std::size_t journeys = 0;
    };

    Report explore() {
        for (std::uint8_t h = 0; h < kHospitals; ++h) {
            for (std::size_t c = 0; c < said_.size(); ++c) {
                for (const Edge& edge : nodes_[0].edges) {
                    if (edge.action != action::kSubmit || !permits(c, h, 0, privacy::Stage::Offer))
                        continue;
                    Case first;
                    first.node = static_cast<std::uint32_t>(edge.to);
                    first.hospital = h;
                    first.consent = static_cast<std::uint8_t>(c);
                    first.held[h] = {true, false, false, state_index(state_of(first))};
                    reach(first);
                }
            }
        }
        while (!open_.empty()) {
            const Case next = open_.front();
            open_.pop_front();
            check(next);
            if (fault_ != Fault::None && report_.violations > 0) break;
            follow(next);
        }
        report_.states = seen_.size();
        report_.journeys = nodes_.size();
        return report_;
    }

private:
    const std::string& state_of(const Case& each) const { return nodes_[each.node].journey.state; }

    std::uint8_t state_index(const std::string& name) {
        const auto [place, fresh] =
            state_index_.emplace(name, static_cast<std::uint8_t>(states_.size()));
        if (fresh) states_.push_back(name);
        return place->second;
    }

    void reach(const Case& each) {
        ++report_.moves;
        if (seen_.insert(each).second) open_.push_back(each);
    }

    bool permits(std::size_t c, std::size_t h, std::size_t phase, privacy::Stage stage) {
        const std::size_t place =
            ((c * kHospitals + h) * 2 + phase) * 2 + (stage == privacy::Stage::Release ? 1 : 0);
        auto& known = decided_[place];
        if (!known) {
            consent::Question question;
            question.hospital = consent::kHospitals[h];
            question.release = stage == privacy::Stage::Release;
            question.now = (phase == 0 ? 324 : 400) * consent::kDay;
            const std::array<privacy::ConsentRecord, 1> held{{{records_[c].root(), 1}}};
            known = question.release
                        ? privacy::ConsentGate::open(held, consent::to_request(question)).ok()
                        : privacy::decide(held, consent::to_request(question)).permit;
        }
        return *known;
    }

    /// The acceptance as the renderer reads it: from the Task in the state of that rendition.
    bool accepted(const Case& each, std::size_t h) {
        const Journey& journey = nodes_[each.node].journey;
        const std::string& shown =
            fault_ == Fault::AcceptanceOfTheCase ? journey.state : states_[each.held[h].state];
        const std::string place = shown + (journey.decided_by.empty() ? "-" : "+") +
                                  (journey.planned_admission.empty() ? "-" : "+") +
                                  std::to_string(h);
        const auto known = accepted_.find(place);
        if (known != accepted_.end()) return known->second;
        const auto bundle = json::read(
            R"({"resourceType":"Bundle","entry":[{"resource":{"resourceType":"Task","owner":{"identifier":{"value":")" +
            std::string{consent::kHospitals[h]} + R"("}}}}]})");
        const json::Document current =
            exchange::bundle_in_state(bundle->root(), {}, journey, shown);
        const bool read =
            privacy::accepted_by(consent::kHospitals[h], current.root()["entry"].at(0)["resource"])
                .ok();
        return accepted_[place] = read;
    }

    /// May the name leave to this hospital now? As exchange/render.cpp asks.
    bool may_leave(const Case& each, std::size_t h) {
        const Held& held = each.held[h];
        if (!held.exists || held.destroyed) return false;
        if (!held.release && fault_ != Fault::AcceptanceOfTheCase) return false;
        if (fault_ == Fault::StageAlone) return held.release;
        if (!accepted(each, h)) return false;
        return fault_ == Fault::ConsentNotAsked ||
               permits(each.consent, h, each.phase, privacy::Stage::Release);
    }

    void check(const Case& each) {
        for (std::size_t h = 0; h < kHospitals; ++h) {
            if (!may_leave(each, h)) continue;
            ++report_.releases;
            const Said& said = said_[each.consent];
            const bool named = each.phase == 0 ? said.first[h] : said.second[h];
            const bool yes = (each.accepted >> h & 1U) != 0;
            if (named && yes) continue;
            if (++report_.violations == 1 && fault_ == Fault::None)
                ADD_FAILURE() << "identity may leave to " << consent::kHospitals[h] << " in state "
                              << state_of(each) << ", consent " << said.name << ", accepted "
                              << yes;
        }
    }

    void follow(const Case& each) {
        for (const Edge& edge : nodes_[each.node].edges) step(each, edge);
        // The person says something else at any time; a withdrawal ends the case where it can.
        for (std::size_t c = 0; c < said_.size(); ++c) {
            if (c == each.consent) continue;
            Case next = each;
            next.consent = static_cast<std::uint8_t>(c);
            if (c != kWithdrawn) {
                reach(next);
                continue;
            }
            const auto& edges = nodes_[each.node].edges;
            const auto out = std::find_if(edges.begin(), edges.end(), [](const Edge& edge) {
                return edge.action == action::kWithdraw && edge.actor == Actor::Clinic;
            });
            if (out == edges.end())
                reach(next);
            else
                step(next, *out);
        }
        if (each.phase == 0) {
            Case later = each;
            later.phase = 1;
            reach(later);
        }
        for (std::size_t h = 0; h < kHospitals; ++h) {
            const Held& held = each.held[h];
            const bool over = held.exists && (states_[held.state] == state::kDeclined ||
                                              states_[held.state] == state::kExpired);
            if (!over || held.destroyed) continue;
            Case next = each;
            next.held[h].destroyed = true;
            reach(next);
        }
    }

    /// exchange/advance.cpp.
    void step(const Case& each, const Edge& edge) {
        const std::size_t now = each.hospital;
        const Held& held = each.held[now];
        if (edge.actor == Actor::Hospital && states_[held.state] != state_of(each)) return;
        if (edge.action == action::kAccept &&
            !permits(each.consent, now, each.phase, privacy::Stage::Release))
            return;
        Case next = each;
        next.node = static_cast<std::uint32_t>(edge.to);
        if (edge.action == action::kRedirect) {
            for (std::uint8_t h = 0; h < kHospitals; ++h) {
                if (each.held[h].exists ||
                    !permits(each.consent, h, each.phase, privacy::Stage::Offer))
                    continue;
                Case other = next;
                other.hospital = h;
                other.held[h] = {true, false, false, state_index(state_of(next))};
                reach(other);
            }
            return;
        }
        const std::string& before = states_[held.state];
        if (before != state::kDeclined && before != state::kExpired) {
            std::string after = state_of(next);
            if (edge.action == action::kDecline) after = state::kDeclined;
            if (edge.action == action::kExpire) after = state::kExpired;
            next.held[now].state = state_index(after);
            if (edge.action == action::kAccept) {
                next.held[now].release = true;
                next.accepted = static_cast<std::uint8_t>(next.accepted | 1U << now);
            }
        }
        reach(next);
    }

    Fault fault_;
    std::vector<Node> nodes_;
    std::vector<Said> said_;
    std::vector<json::Document> records_;
    std::vector<std::string> states_;
    std::map<std::string, std::uint8_t, std::less<>> state_index_;
    std::map<std::size_t, std::optional<bool>> decided_;
    std::map<std::string, bool, std::less<>> accepted_;
    std::unordered_set<Case, CaseHash> seen_;
    std::deque<Case> open_;
    Report report_;
};

TEST(StageModel, InNoReachableStateMayIdentityLeaveWithoutAcceptanceAndConsent) {
    ASSERT_EQ(consents()[kWithdrawn].name, "withdrawn");
    const auto report = Model(Fault::None).explore();
    std::cout << report.states << " states, " << report.moves << " moves, " << report.journeys
              << " journeys; identity may leave in " << report.releases
              << " (state, hospital) pairs, " << report.violations << " of them wrongly\n";
    EXPECT_EQ(report.violations, 0U);
    EXPECT_GE(report.states, 100'000U);
    EXPECT_GT(report.releases, 1000U) << "it must be able to leave";
}

TEST(StageModel, PlantedFaultsAreFound) {
    for (const Fault fault :
         {Fault::AcceptanceOfTheCase, Fault::ConsentNotAsked, Fault::StageAlone})
        EXPECT_GT(Model(fault).explore().violations, 0U) << static_cast<int>(fault);
}

}  // namespace
}  // namespace tsunagi

// The whole gateway under bad weather (security.md D3), and a planted fault for each invariant: a
// check that cannot fail proves nothing.
#include "simulate/world.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <iostream>

#include "store/sqlite/connection.h"
#include "support/planted_client.h"
#include "support/test_gateway.h"
#include "support/volume.h"

namespace tsunagi::simulate {
namespace {

using support::PlantedClient;

constexpr std::uint64_t kSeeds = support::volume(200);
constexpr std::uint64_t kSteps = 64;

WorldReport run(WorldOptions options, std::uint64_t steps = kSteps,
                const exchange::Artifacts& artifacts = support::artifacts()) {
    auto world = World::create(artifacts, support::packet_text("nishitokyo_full.in.json"),
                               std::move(options));
    if (!world) {
        ADD_FAILURE() << to_string(world.error());
        return {};
    }
    return (*world)->run(steps);
}

/// Runs worlds with the planted fault, one seed after the other, until one tells of `wanted`.
bool finds(std::string_view wanted, const std::function<WorldOptions()>& planted,
           const exchange::Artifacts& artifacts = support::artifacts()) {
    for (std::uint64_t seed = 1; seed <= 20; ++seed) {
        WorldOptions options = planted();
        options.seed = seed;
        for (const auto& violation : run(std::move(options), kSteps, artifacts).violations) {
            if (violation.invariant == wanted) return true;
        }
    }
    return false;
}

TEST(World, KeepsEveryInvariantInEverySeed) {
    std::map<std::string, std::uint64_t> counts;
    for (std::uint64_t seed = 1; seed <= kSeeds; ++seed) {
        WorldOptions options;
        options.seed = seed;
        const WorldReport report = run(options);
        EXPECT_THAT(report.violations, testing::IsEmpty()) << to_text(report);
        for (const auto& [what, count] : report.counts) counts[what] += count;
    }
    std::cout << kSeeds << " seeds of " << kSteps << " steps:";
    for (const auto& [what, count] : counts) std::cout << " " << what << " " << count << ";";
    std::cout << "\n";
    // The weather was bad and the cases went far, or the invariants were kept by idleness. The few
    // seeds of a sanitizer's tree need not reach every state.
    if (kSeeds < 200) return;
    for (const char* what : {"submitted",
                             "refused",
                             "power cut",
                             "request lost",
                             "reply lost",
                             "request repeated",
                             "request late",
                             "overtaken worker",
                             "clock jump",
                             "consent withdrawn",
                             "act:redirect",
                             "act:withdraw",
                             "state:closed",
                             "state:admitted",
                             "state:withdrawn",
                             "state:consulting",
                             "act:release-finding",
                             "act:correct-finding",
                             "release refused",
                             "state:held",
                             "purged",
                             "hospital act from requested",
                             "hospital act from in-progress"}) {
        EXPECT_GT(counts[what], 0U) << what;
    }
}

/// Two gateways on one store, each knowing of the other's sends by their leases only, and of its
/// readings by the register. One withdraws while the other is between its last look and its first
/// byte (security.md C4).
TEST(World, KeepsThemWithTwoGatewaysOnOneStore) {
    const std::uint64_t seeds = kSeeds / 2;
    std::map<std::string, std::uint64_t> counts;
    for (std::uint64_t seed = 1; seed <= seeds; ++seed) {
        WorldOptions options;
        options.seed = 10'000 + seed;
        options.gateways = 2;
        const WorldReport report = run(options);
        EXPECT_THAT(report.violations, testing::IsEmpty()) << to_text(report);
        for (const auto& [what, count] : report.counts) counts[what] += count;
    }
    std::cout << seeds << " seeds of two gateways:";
    for (const auto& [what, count] : counts) std::cout << " " << what << " " << count << ";";
    std::cout << "\n";
    if (kSeeds < 200) return;
    for (const char* what : {"withdrawn at the other gateway", "possibly sent", "purged",
                             "withdrawn while the other gateway answers", "read and listed"})
        EXPECT_GT(counts[what], 0U) << what;
}

TEST(World, RepeatsItselfFromItsSeed) {
    std::set<std::string> traces;
    for (std::uint64_t seed = 1; seed <= 5; ++seed) {
        WorldOptions options;
        options.seed = seed;
        const WorldReport once = run(options), again = run(options);
        EXPECT_EQ(once.trace, again.trace) << seed;
        EXPECT_EQ(once.counts, again.counts) << seed;
        traces.insert(once.trace);
    }
    EXPECT_EQ(traces.size(), 5U);
}

/// `world` is set after the first step.
WorldOptions with_outgoing(const std::shared_ptr<World*>& world, PlantedClient::Send send) {
    WorldOptions options;
    options.outgoing = [send = std::move(send)](deliver::HttpClient& behind) {
        return std::make_unique<PlantedClient>(behind, send);
    };
    options.after_step = [world](World& one, std::uint64_t) { *world = &one; };
    return options;
}

TEST(PlantedFault, ANameInAHeaderOnTheWayOutIsSeen) {
    EXPECT_TRUE(finds(invariant::kNoIdentity, [] {
        auto world = std::make_shared<World*>(nullptr);
        return with_outgoing(world,
                             [world](deliver::HttpClient& behind, deliver::HttpRequest sent) {
                                 if (*world) sent.fields.push_back({"X-Note", (*world)->secret()});
                                 return behind.send(sent);
                             });
    }));
}

TEST(PlantedFault, ANameSentAfterWithdrawalIsSeen) {
    EXPECT_TRUE(finds(invariant::kWithdrawn, [] {
        auto world = std::make_shared<World*>(nullptr);
        return with_outgoing(world,
                             [world](deliver::HttpClient& behind, deliver::HttpRequest sent) {
                                 if (*world) sent.url += "?" + (*world)->withdrawn_secret();
                                 return behind.send(sent);
                             });
    }));
}

/// Says that a message was taken and forgets it.
TEST(PlantedFault, AMessageThatNeverArrivedIsMissed) {
    EXPECT_TRUE(finds(invariant::kArrived, [] {
        auto world = std::make_shared<World*>(nullptr);
        return with_outgoing(world, [](deliver::HttpClient& behind,
                                       const deliver::HttpRequest& sent) {
            if (sent.method != "POST") return behind.send(sent);
            std::string entries;
            for (auto at = sent.body.find("\"request\":"); at != std::string::npos;
                 at = sent.body.find("\"request\":", at + 1)) {
                entries += entries.empty() ? "" : ",";
                entries += R"({"response":{"status":"201 Created"}})";
            }
            deliver::HttpOutcome lie;
            lie.kind = deliver::HttpOutcome::Kind::Replied;
            lie.reply.status = 200;
            lie.reply.body = R"({"resourceType":"Bundle","type":"transaction-response","entry":[)" +
                             entries + "]}";
            return lie;
        });
    }));
}

TEST(PlantedFault, AMessageThatTookEffectTwiceIsSeen) {
    EXPECT_TRUE(finds(invariant::kOneEffect, [] {
        auto world = std::make_shared<World*>(nullptr);
        return with_outgoing(
            world, [](deliver::HttpClient& behind, const deliver::HttpRequest& sent) {
                if (sent.method != "POST") return behind.send(sent);
                auto again = sent;
                const std::string_view active = R"("status":"active")";
                if (const auto at = again.body.find(active); at != std::string::npos)
                    again.body.replace(at, active.size(), R"("status":"on-hold")");
                (void)behind.send(again);
                return behind.send(sent);
            });
    }));
}

/// Adds a name to everything that hospitals, clinics or anybody are answered.
class TalkingHandler final : public serve::Handler {
public:
    TalkingHandler(serve::Handler& behind, std::shared_ptr<World*> world, bool errors)
        : behind_(behind), world_(std::move(world)), errors_(errors) {}
    serve::Admission admit(const serve::Request& head) override { return behind_.admit(head); }
    serve::Response handle(const serve::Request& request) override {
        serve::Response response = behind_.handle(request);
        if (*world_ && (response.status >= 400) == errors_) response.body += (*world_)->secret();
        return response;
    }

private:
    serve::Handler& behind_;
    std::shared_ptr<World*> world_;
    bool errors_;
};

WorldOptions talking(bool errors) {
    auto world = std::make_shared<World*>(nullptr);
    WorldOptions options;
    options.incoming = [world, errors](serve::Handler& behind) {
        return std::make_unique<TalkingHandler>(behind, world, errors);
    };
    options.after_step = [world](World& one, std::uint64_t) { *world = &one; };
    return options;
}

/// Takes a packet in without the words that it should have held it for.
class CarelessHandler final : public serve::Handler {
public:
    explicit CarelessHandler(serve::Handler& behind) : behind_(behind) {}
    serve::Admission admit(const serve::Request& head) override { return behind_.admit(head); }
    serve::Response handle(const serve::Request& request) override {
        constexpr std::string_view kBefore = "隣人が毎朝、", kBehind = "さん";
        serve::Request other = request;
        for (auto at = other.body.find(kBefore); at != std::string::npos;
             at = other.body.find(kBefore, at + kBefore.size())) {
            const auto from = at + kBefore.size();
            if (const auto to = other.body.find(kBehind, from); to != std::string::npos)
                other.body.erase(from, to - from);
        }
        return behind_.handle(other);
    }

private:
    serve::Handler& behind_;
};

TEST(PlantedFault, APacketThatNobodyLookedAtIsSeen) {
    EXPECT_TRUE(finds(invariant::kLooked, [] {
        WorldOptions options;
        options.incoming = [](serve::Handler& behind) {
            return std::make_unique<CarelessHandler>(behind);
        };
        return options;
    }));
}

TEST(PlantedFault, ANameShownToAHospitalIsSeen) {
    EXPECT_TRUE(finds(invariant::kNoIdentity, [] { return talking(false); }));
}

TEST(PlantedFault, ANameShownToAnotherClinicIsSeen) {
    EXPECT_TRUE(finds(invariant::kNotYours, [] { return talking(false); }));
}

/// A gateway that shows every hospital what the last one decided, as if the case had one journey.
class OneJourneyHandler final : public serve::Handler {
public:
    explicit OneJourneyHandler(serve::Handler& behind) : behind_(behind) {}
    serve::Admission admit(const serve::Request& head) override { return behind_.admit(head); }
    serve::Response handle(const serve::Request& request) override {
        constexpr std::string_view kWho = "physician-of-";
        if (const auto at = request.body.find(kWho); at != std::string::npos)
            last_ = request.body.substr(at, request.body.find('"', at) - at);
        serve::Response response = behind_.handle(request);
        if (request.method == "GET" && response.status == 200 && request.path.size() == 3 &&
            request.path[1] == "Task")
            response.body += last_;
        return response;
    }

private:
    serve::Handler& behind_;
    std::string last_;
};

TEST(PlantedFault, AnotherHospitalsDecisionIsSeen) {
    EXPECT_TRUE(finds(invariant::kOwnDecisions, [] {
        WorldOptions options;
        options.incoming = [](serve::Handler& behind) {
            return std::make_unique<OneJourneyHandler>(behind);
        };
        return options;
    }));
}

/// A gateway whose list for hospitals that were left, or may not be told any more, is the offer's.
TEST(PlantedFault, AnIllnessToldWithoutAConsentIsSeen) {
    const exchange::Artifacts wide =
        support::artifacts_with("profiles/disclosure/status.json", [](const std::string&) {
            return support::read_text(std::filesystem::path{TSUNAGI_SOURCE_DIR} /
                                      "profiles/disclosure/offer.json");
        });
    EXPECT_TRUE(finds(
        invariant::kStatusesOnly, [] { return WorldOptions{}; }, wide));
}

TEST(PlantedFault, ANameInARefusalIsSeen) {
    EXPECT_TRUE(finds(invariant::kNoTraces, [] { return talking(true); }));
}

TEST(PlantedFault, ADiskThatLiesAboutSyncsIsFoundOut) {
    const auto lying = [] {
        WorldOptions options;
        options.after_step = [](World& world, std::uint64_t) {
            world.disk().lie_about_syncs(true);
        };
        return options;
    };
    EXPECT_TRUE(finds(invariant::kNothingLost, lying) || finds(invariant::kStarts, lying));
}

/// Somebody changes the database behind the gateway's back, late in the run.
WorldOptions tampering(const char* sql) {
    WorldOptions options;
    options.after_step = [sql](World& world, std::uint64_t step) {
        if (step != kSteps || world.disk().dead()) return;
        auto connection =
            store::sqlite::Connection::open(std::string{World::kDatabase}, world.disk().name(),
                                            store::sqlite::Connection::Mode::Write);
        if (connection) (void)(*connection)->script(sql);
    };
    return options;
}

TEST(PlantedFault, ALostCaseIsMissed) {
    EXPECT_TRUE(finds(invariant::kNothingLost,
                      [] { return tampering("PRAGMA foreign_keys=OFF; DELETE FROM blob;"); }));
}

TEST(PlantedFault, ACaseWithoutATurnIsSeen) {
    EXPECT_TRUE(
        finds(invariant::kTurn, [] { return tampering("UPDATE cases SET state = 'nowhere';"); }));
}

TEST(PlantedFault, ACaseThatIsNotForgottenIsSeen) {
    EXPECT_TRUE(
        finds(invariant::kForgotten, [] { return tampering("UPDATE cases SET wake_at = NULL;"); }));
}

/// A gateway that withdraws and leaves out one of the lists of what it affects.
class SilentHandler final : public serve::Handler {
public:
    SilentHandler(serve::Handler& behind, std::string list)
        : behind_(behind), list_(std::move(list)) {}
    serve::Admission admit(const serve::Request& head) override { return behind_.admit(head); }
    serve::Response handle(const serve::Request& request) override {
        serve::Response response = behind_.handle(request);
        const std::string begin = "\"" + list_ + "\":[{";
        if (const auto at = response.body.find(begin); at != std::string::npos)
            response.body.replace(at, begin.size(), "\"" + list_ + R"(":[],"hidden":[{)");
        return response;
    }

private:
    serve::Handler& behind_;
    std::string list_;
};

/// Whether it is seen in some world of two gateways that neither says what is in this list.
bool finds_silence_about(const std::string& list) {
    for (std::uint64_t seed = 1; seed <= kSeeds; ++seed) {
        WorldOptions options;
        options.seed = 10'000 + seed;
        options.gateways = 2;
        options.incoming = [&](serve::Handler& behind) {
            return std::make_unique<SilentHandler>(behind, list);
        };
        for (const auto& violation : run(std::move(options)).violations) {
            if (violation.invariant == invariant::kWithdrawn) return true;
        }
    }
    return false;
}

TEST(PlantedFault, ASendThatTheOtherGatewayDoesNotListIsSeen) {
    EXPECT_TRUE(finds_silence_about("possiblySent"));
}

TEST(PlantedFault, AReadingThatTheOtherGatewayDoesNotListIsSeen) {
    EXPECT_TRUE(finds_silence_about("disclosures"));
}

}  // namespace
}  // namespace tsunagi::simulate

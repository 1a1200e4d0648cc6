// security.md C4: consent is withdrawn or cut while messages are queued, retried and on the wire.
// No message with the identity begins to leave after the change is on the disk.
#include <gtest/gtest.h>

#include <atomic>
#include <iostream>
#include <latch>
#include <thread>

#include "deliver/exchange_outbox.h"
#include "exchange/case_file.h"
#include "json/builder.h"
#include "json/reader.h"
#include "json/writer.h"
#include "support/campaign.h"
#include "support/result_matchers.h"
#include "support/test_gateway.h"

namespace tsunagi {
namespace {

using support::TestGateway;

constexpr std::string_view kHospital = "hp-tanashi";
constexpr std::string_view kName = "田邉";

void accept(TestGateway& gateway, const store::CaseId& id) {
    programme::Inputs inputs;
    inputs.planned_admission = "2026-11-21T10:00:00+09:00";
    inputs.planned_discharge = "2026-11-28T10:00:00+09:00";
    inputs.decided_by = "病院医師";
    const auto act = gateway.exchange().act_as_hospital(
        gateway.hospital(kHospital), store::Alias{gateway.alias(id, kHospital)}, "accept", inputs);
    ASSERT_TRUE(exchange::done(act));
}

bool is_withdrawn(TestGateway& gateway, const store::CaseId& id) {
    bool withdrawn = false;
    const Status looked = gateway.store().read([&](store::Reader& reader) -> Status {
        const auto consent = exchange::read_consent(reader, id);
        if (!consent) return consent.error();
        withdrawn = consent->resource.root()["status"].text() == "inactive";
        return {};
    });
    EXPECT_OK(looked);
    return withdrawn;
}

/// The hospital's end of the wire. It looks at the store when the first byte comes.
class Wire final : public deliver::Channel {
public:
    explicit Wire(TestGateway& gateway) : gateway_(gateway) {}

    deliver::Report send(const exchange::Dispatch& dispatch,
                         const std::function<bool()>& may_send) override {
        linger();
        const bool may = ignores_the_last_look || may_send();
        if (!may) {
            ++held_back;
            return {deliver::Report::Kind::Later, "held-back", {}};
        }
        linger();
        if (before_first_byte) before_first_byte();
        if (dispatch.body.bytes().find(kName) != std::string::npos) {
            ++identities;
            if (is_withdrawn(gateway_, id)) ++late;
        }
        return {fails_once.exchange(false) ? deliver::Report::Kind::Unknown
                                           : deliver::Report::Kind::Delivered,
                "http-200",
                {}};
    }
    deliver::Report look(const exchange::Dispatch&) override {
        return {deliver::Report::Kind::Absent, "absent", {}};
    }

    store::CaseId id;
    bool ignores_the_last_look = false;
    std::function<void()> before_first_byte;
    std::atomic<bool> fails_once = false;
    std::atomic<std::uint64_t> delay = 0;
    std::uint64_t identities = 0, late = 0, held_back = 0;

private:
    /// Lets the other thread run a while, so that the two meet everywhere.
    void linger() const {
        for (std::uint64_t i = 0; i < delay; ++i) std::this_thread::yield();
    }
    TestGateway& gateway_;
};

struct Rig {
    Rig()
        : outbox(gateway.exchange()),
          wire(gateway),
          random(7),
          worker(outbox, {{"fhir_rest", &wire}}, gateway.clock(), random, gateway.log()) {}
    /// A case that the hospital accepted: its release is next.
    void accepted_case(const std::string& key) {
        wire.id = gateway.submit("nishitokyo_full.in.json", key);
        worker.step(gateway.clock().now());
        accept(gateway, wire.id);
    }
    bool withdraw() {
        return exchange::done(gateway.exchange().withdraw_consent(gateway.clinic(), wire.id));
    }

    TestGateway gateway;
    deliver::ExchangeOutbox outbox;
    Wire wire;
    SeededRandom random;
    deliver::Worker worker;
};

/// A sanitizer's tree runs a fifth (support/volume.h): a hundred there, too.
#ifdef TSUNAGI_SANITIZED
constexpr std::uint64_t kWithEveryLanding = 500;
#else
constexpr std::uint64_t kWithEveryLanding = 100;
#endif

TEST(WithdrawalRace, NoIdentityBeginsToLeaveAfterTheWithdrawal) {
    support::Campaign campaign("withdrawal-race", 10'000, kWithEveryLanding);
    std::unique_ptr<Rig> rig;
    std::uint64_t races = 0, sent = 0, kept = 0, late = 0;
    const auto tally = [&] {
        if (!rig) return;
        sent += rig->wire.identities;
        late += rig->wire.late;
    };
    for (std::uint64_t number = 0; campaign.next(number); ++races) {
        if (races % 50 == 0) {
            tally();
            rig = std::make_unique<Rig>();
        }
        rig->wire.delay = 0;
        rig->accepted_case("key-" + std::to_string(number));
        const std::uint64_t before = rig->wire.identities;
        SeededRandom chance(number);
        // Queued; or tried before, so that the worker looks first and then sends again.
        if (number % 3 == 1) {
            rig->wire.fails_once = true;
            rig->worker.step(rig->gateway.clock().now());
            rig->gateway.clock().advance(std::chrono::minutes{10});
        }
        rig->wire.delay = chance.below(40);
        const std::uint64_t head_start = chance.below(3000);
        // However busy the machine is, each side comes first in one race of ten.
        const bool person_first = number % 10 == 0, worker_first = number % 10 == 5;
        std::latch both(2);
        std::thread person([&] {
            both.arrive_and_wait();
            for (std::uint64_t i = 0; i < head_start; ++i) std::this_thread::yield();
            EXPECT_TRUE(rig->withdraw());
        });
        if (worker_first) rig->worker.step(rig->gateway.clock().now());
        both.arrive_and_wait();
        if (person_first) person.join();
        for (int step = 0; step < 3; ++step) rig->worker.step(rig->gateway.clock().now());
        if (person.joinable()) person.join();
        rig->worker.step(rig->gateway.clock().now());
        rig->gateway.clock().advance(std::chrono::minutes{10});
        for (int step = 0; step < 4; ++step) rig->worker.step(rig->gateway.clock().now());
        if (rig->wire.identities == before) ++kept;
        ASSERT_EQ(rig->wire.late, 0U) << "race " << number;
    }
    tally();
    std::cout << races << " races: " << sent << " releases began before the withdrawal, " << kept
              << " cases whose release never began, " << late << " began after it\n";
    EXPECT_EQ(late, 0U);
    EXPECT_GE(kept, races / 20) << "the withdrawal must win sometimes";
    EXPECT_GE(sent, races / 20) << "the worker must win sometimes";
}

TEST(WithdrawalRace, AWithdrawalWaitsForTheSendThatHasBegun) {
    Rig rig;
    rig.accepted_case("key");
    std::thread person;
    std::atomic<bool> committed = false;
    rig.wire.before_first_byte = [&] {
        person = std::thread([&] {
            EXPECT_TRUE(rig.withdraw());
            committed = true;
        });
        for (int i = 0; i < 2000; ++i) std::this_thread::yield();
        EXPECT_FALSE(committed);
    };
    rig.worker.step(rig.gateway.clock().now());
    person.join();
    EXPECT_EQ(rig.wire.identities, 1U);
    EXPECT_EQ(rig.wire.late, 0U);
    EXPECT_TRUE(committed);
}

TEST(WithdrawalRace, AnAmendmentBetweenRenderingAndSendingHoldsTheMessageBack) {
    Rig rig;
    rig.accepted_case("key");
    std::optional<store::OutboxRow> row;
    {
        auto leased = rig.outbox.lease(rig.gateway.clock().now(), std::chrono::seconds{30}, "w");
        ASSERT_OK(leased);
        row = std::move(*leased);
    }
    ASSERT_TRUE(row);
    const auto dispatch = rig.outbox.prepare(*row);
    ASSERT_OK(dispatch);
    EXPECT_TRUE(rig.outbox.begin(*row, *dispatch).is_held());
    const auto packet = json::read(support::packet_text("nishitokyo_full.in.json"));
    json::Document document;
    json::Builder builder(document);
    json::Node* root = builder.object();
    builder.set(root, "referral", rig.wire.id.text());
    builder.set(root, "consent", packet->root()["consent"]);
    builder.add(builder.set_array(json::Builder::find(root, "consent"), "excludedItems"),
                "patient-sheet");
    ASSERT_TRUE(exchange::done(
        rig.gateway.exchange().record_consent(rig.gateway.clinic(), json::write(document.root()))));
    EXPECT_FALSE(rig.outbox.begin(*row, *dispatch).is_held())
        << "the sheet that was rendered is excluded now";
}

/// The race made certain: a channel that does not take the last look sends after the withdrawal.
TEST(WithdrawalRace, ThePlantedRaceIsFound) {
    Rig rig;
    rig.accepted_case("key");
    rig.wire.ignores_the_last_look = true;
    rig.wire.before_first_byte = [&] { EXPECT_TRUE(rig.withdraw()); };
    rig.worker.step(rig.gateway.clock().now());
    EXPECT_EQ(rig.wire.late, 1U);
}

}  // namespace
}  // namespace tsunagi

// security.md C4: consent is withdrawn or cut while messages are queued, retried and on the wire.
// No message with the identity begins to leave after the change is on the disk.
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <chrono>
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

/// Long enough for another thread to get as far as it can, and well under the time for which a
/// change of consent waits, however busy the machine is.
void let_others_run() {
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds{1};
    for (int i = 0; i < 2000 && std::chrono::steady_clock::now() < end; ++i)
        std::this_thread::yield();
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
        gateway.accept(wire.id, kHospital);
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
        let_others_run();
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

/// What one look at the store finds: is the consent withdrawn, and is anything queued all the same
/// that is no status?
struct Look {
    bool withdrawn = false, queued = false;
};
Look look(store::Store& store, const store::CaseId& id) {
    Look look;
    const Status looked = store.read([&](store::Reader& reader) -> Status {
        const auto consent = exchange::read_consent(reader, id);
        if (!consent) return consent.error();
        look.withdrawn = consent->resource.root()["status"].text() == "inactive";
        const auto rows = reader.deliveries_of(id);
        if (!rows) return rows.error();
        for (const auto& row : *rows) {
            const bool open = row.state == store::DeliveryState::Waiting ||
                              row.state == store::DeliveryState::Pending ||
                              row.state == store::DeliveryState::Parked;
            look.queued = look.queued || (open && row.kind != "status");
        }
        return {};
    });
    EXPECT_OK(looked);
    return look;
}

/// Looks as long as it lives; every look is one snapshot of the store.
class Onlooker {
public:
    Onlooker(store::Store& store, const store::CaseId& id)
        : thread_([this, &store, id] {
              while (!over_) {
                  const Look seen = look(store, id);
                  if (seen.queued) ++before;
                  if (seen.withdrawn) ++after;
                  if (seen.withdrawn && seen.queued) ++between;
              }
          }) {}
    ~Onlooker() {
        over_ = true;
        thread_.join();
    }
    void wait_for(const std::atomic<std::uint64_t>& count) const {
        for (int i = 0; i < 10'000'000 && count == 0; ++i) std::this_thread::yield();
        EXPECT_GT(count, 0U);
    }
    std::atomic<std::uint64_t> before = 0, after = 0, between = 0;

private:
    std::atomic<bool> over_ = false;
    std::thread thread_;
};

/// Withdrawal and cancellation are one transaction: there is no moment at which the consent is
/// withdrawn and a message queued, at this gateway or another of the same store.
TEST(WithdrawalRace, WhatIsQueuedIsCancelledInTheTransactionOfTheWithdrawal) {
    constexpr int kRounds = 20;
    Rig rig;
    exchange::Exchange other(rig.gateway.parts());
    std::chrono::steady_clock::duration longest{};
    for (int round = 0; round < kRounds; ++round) {
        const std::string key = "key-" + std::to_string(round);
        // The offer is queued, or after acceptance the release.
        if (round % 2 == 0)
            rig.wire.id = rig.gateway.submit("nishitokyo_full.in.json", key);
        else
            rig.accepted_case(key);
        Onlooker onlooker(rig.gateway.store(), rig.wire.id);
        onlooker.wait_for(onlooker.before);
        const auto begun = std::chrono::steady_clock::now();
        ASSERT_TRUE(rig.withdraw());
        longest = std::max(longest, std::chrono::steady_clock::now() - begun);
        EXPECT_FALSE(look(rig.gateway.store(), rig.wire.id).queued) << "when it is answered";
        onlooker.wait_for(onlooker.after);
        EXPECT_EQ(onlooker.between, 0U) << "round " << round;
        for (const auto& sent : support::deliver_all(other))
            EXPECT_EQ(sent.find(kName), std::string::npos) << "the second gateway";
    }
    const auto milliseconds =
        std::chrono::duration_cast<std::chrono::milliseconds>(longest).count();
    std::cout << kRounds << " withdrawals, the longest " << milliseconds
              << " ms from the act to its answer\n";
    EXPECT_LE(longest, std::chrono::seconds{1});
}

TEST(WithdrawalRace, TheSecondGatewayFindsNothingOfWhatItHadLeased) {
    Rig rig;
    rig.accepted_case("key");
    exchange::Exchange other(rig.gateway.parts(), std::chrono::milliseconds{0});
    deliver::ExchangeOutbox outbox(other);
    const auto row = outbox.lease(rig.gateway.clock().now(), std::chrono::seconds{30}, "other");
    ASSERT_OK(row);
    ASSERT_TRUE(*row);
    const auto dispatch = outbox.prepare(**row);
    ASSERT_OK(dispatch);
    exchange::Exchange here(rig.gateway.parts(), std::chrono::milliseconds{0});
    const auto act = here.withdraw_consent(rig.gateway.clinic(), rig.wire.id);
    ASSERT_TRUE(exchange::done(act));
    EXPECT_NE(std::get<exchange::ConsentChange>(act).answer.find(
                  R"("possiblySent":[{"message":"release")"),
              std::string::npos);
    EXPECT_FALSE(look(rig.gateway.store(), rig.wire.id).queued);
    EXPECT_FALSE(outbox.begin(**row, *dispatch).is_held());
}

/// A withdrawal in two steps: the onlooker sees what lies between.
TEST(WithdrawalRace, ThePlantedSecondTransactionIsFound) {
    Rig rig;
    rig.accepted_case("key");
    Onlooker onlooker(rig.gateway.store(), rig.wire.id);
    onlooker.wait_for(onlooker.before);
    ASSERT_OK(rig.gateway.store().write([&](store::Transaction& transaction) -> Status {
        auto consent = exchange::read_consent(transaction, rig.wire.id);
        if (!consent) return consent.error();
        json::Builder builder(consent->resource);
        builder.set(builder.root(), "status", "inactive");
        auto put = transaction.put_blob(rig.wire.id, exchange::blob::kConsent,
                                        as_bytes(json::write(consent->resource.root())));
        return put ? Status{} : Status{put.error()};
    }));
    onlooker.wait_for(onlooker.between);
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

#include <gmock/gmock.h>

#include <map>

#include "store/bench.h"

namespace tsunagi::store {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class Outbox : public StoreTest {
public:
    void SetUp() override {
        StoreTest::SetUp();
        first_case = insert_case();
        first = insert_rendition(first_case);
        second = insert_rendition(insert_case());
    }
    DeliveryNumber enqueue(const RenditionRow& to, Instant due, std::string kind = "offer") {
        DeliveryNumber number = 0;
        must_write(*store, [&](Transaction& tx) {
            const auto queued = tx.enqueue(outbox_row(to, due, kind));
            ASSERT_OK(queued);
            number = *queued;
        });
        return number;
    }
    std::optional<OutboxRow> lease(Instant at) {
        std::optional<OutboxRow> row;
        must_write(*store, [&](Transaction& tx) {
            auto leased = tx.lease_next(at, seconds{30}, "worker-1");
            ASSERT_OK(leased);
            row = std::move(*leased);
        });
        return row;
    }
    OutboxRow find(DeliveryNumber number) {
        OutboxRow row;
        must_read(*store, [&](Reader& reader) { row = *reader.find_delivery(number); });
        return row;
    }
    Status attempt(const std::function<Status(Transaction&)>& work) { return store->write(work); }

    CaseRow first_case;
    RenditionRow first;
    RenditionRow second;
    const Instant now = noon();
};

TEST_F(Outbox, GivesOutWhatIsDueOldestFirst) {
    const auto late = enqueue(first, now + minutes{1});
    const auto early = enqueue(second, now);
    must_read(*store, [&](Reader& reader) { EXPECT_EQ(*reader.next_delivery(), now); });
    const auto row = lease(now);
    ASSERT_TRUE(row);
    EXPECT_EQ(row->number, early);
    EXPECT_EQ(row->fence, 1);
    EXPECT_EQ(row->attempts, 1);
    EXPECT_EQ(row->due, now + seconds{30});
    EXPECT_EQ(row->alias, second.alias);
    EXPECT_FALSE(lease(now)) << "leased, or not yet due";
    ASSERT_OK(attempt([&](Transaction& tx) { return tx.complete(early, 1, "delivered"); }));
    must_read(*store, [&](Reader& reader) {
        EXPECT_EQ(*reader.next_delivery(), now + minutes{1});
        EXPECT_EQ(reader.find_delivery(early)->state, DeliveryState::Done);
        EXPECT_EQ(reader.find_delivery(early)->outcome, "delivered");
    });
    EXPECT_EQ(lease(now + minutes{1})->number, late);
}

TEST_F(Outbox, KeepsTheOrderOfALane) {
    const auto offer = enqueue(first, now + minutes{5}, "offer");
    const auto release = enqueue(first, now, "release");
    const auto status = enqueue(first, now, "status");
    EXPECT_EQ(find(release).state, DeliveryState::Waiting);
    EXPECT_FALSE(lease(now)) << "the first of the lane is not due";
    for (const auto expected : {offer, release, status}) {
        const auto row = lease(now + minutes{5});
        ASSERT_TRUE(row);
        EXPECT_EQ(row->number, expected);
        EXPECT_FALSE(lease(now + minutes{5})) << "one flight per lane";
        ASSERT_OK(attempt([&](Transaction& tx) { return tx.complete(expected, 1, "delivered"); }));
    }
    EXPECT_FALSE(lease(now + minutes{60}));
}

TEST_F(Outbox, ABlockedLaneDoesNotHoldAnother) {
    const auto stuck = enqueue(first, now);
    const auto behind = enqueue(first, now);
    const auto free = enqueue(second, now + seconds{1});
    ASSERT_EQ(lease(now)->number, stuck);
    ASSERT_OK(attempt([&](Transaction& tx) { return tx.retry(stuck, 1, now + minutes{10}); }));
    EXPECT_EQ(lease(now + seconds{1})->number, free);
    EXPECT_FALSE(lease(now + minutes{9}).has_value() &&
                 find(behind).state != DeliveryState::Waiting);
}

TEST_F(Outbox, AnExpiredLeaseGoesToTheNextAndTheOldHolderCanWriteNothing) {
    const auto number = enqueue(first, now);
    const auto held = lease(now);
    EXPECT_FALSE(lease(now + seconds{29}));
    const auto taken_over = lease(now + seconds{30});
    ASSERT_TRUE(taken_over);
    EXPECT_EQ(taken_over->number, number);
    EXPECT_EQ(taken_over->fence, 2);
    EXPECT_EQ(taken_over->attempts, 2);
    for (const auto& late : std::vector<std::function<Status(Transaction&)>>{
             [&](Transaction& tx) { return tx.complete(number, held->fence, "delivered"); },
             [&](Transaction& tx) { return tx.retry(number, held->fence, now); },
             [&](Transaction& tx) { return tx.park(number, held->fence, "refused"); }}) {
        EXPECT_FAILS(attempt(late), Conflict);
    }
    EXPECT_OK(attempt([&](Transaction& tx) { return tx.complete(number, 2, "delivered"); }));
    EXPECT_FAILS(attempt([&](Transaction& tx) { return tx.complete(number, 2, "delivered"); }),
                 Conflict);
}

TEST_F(Outbox, AfterRetryTheHolderHoldsNothing) {
    const auto number = enqueue(first, now);
    ASSERT_TRUE(lease(now));
    ASSERT_OK(attempt([&](Transaction& tx) { return tx.retry(number, 1, now + minutes{1}); }));
    EXPECT_FAILS(attempt([&](Transaction& tx) { return tx.complete(number, 1, "delivered"); }),
                 Conflict);
    EXPECT_FALSE(lease(now + seconds{59}));
    EXPECT_EQ(lease(now + minutes{1})->attempts, 2);
}

TEST_F(Outbox, AParkedRowKeepsItsLaneClosedUntilAPersonDecides) {
    const auto parked = enqueue(first, now);
    const auto behind = enqueue(first, now);
    ASSERT_TRUE(lease(now));
    ASSERT_OK(attempt([&](Transaction& tx) { return tx.park(parked, 1, "certificate-changed"); }));
    EXPECT_FALSE(lease(now + minutes{60}));
    must_read(*store, [&](Reader& reader) {
        const auto rows = reader.parked(10);
        ASSERT_OK(rows);
        ASSERT_THAT(*rows, SizeIs(1));
        EXPECT_EQ((*rows)[0].number, parked);
        EXPECT_EQ((*rows)[0].outcome, "certificate-changed");
        EXPECT_FALSE(*reader.next_delivery());
    });
    ASSERT_OK(attempt([&](Transaction& tx) { return tx.unpark(parked, now + minutes{61}); }));
    EXPECT_FAILS(attempt([&](Transaction& tx) { return tx.unpark(parked, now); }), Conflict);
    const auto row = lease(now + minutes{61});
    ASSERT_TRUE(row);
    EXPECT_EQ(row->number, parked);
    ASSERT_OK(attempt([&](Transaction& tx) { return tx.complete(parked, row->fence, "ok"); }));
    EXPECT_EQ(lease(now + minutes{61})->number, behind);
}

TEST_F(Outbox, CancellingALaneTakesTheLeaseFromItsHolder) {
    const auto held = enqueue(first, now);
    const auto waiting = enqueue(first, now);
    const auto other = enqueue(second, now + seconds{1});
    ASSERT_EQ(lease(now)->number, held);
    must_write(*store, [&](Transaction& tx) {
        EXPECT_EQ(*tx.cancel_lane(first.case_id, first.hospital, "consent-withdrawn"), 2);
        EXPECT_EQ(*tx.cancel_lane(first.case_id, first.hospital, "consent-withdrawn"), 0);
    });
    EXPECT_FAILS(attempt([&](Transaction& tx) { return tx.complete(held, 1, "delivered"); }),
                 Conflict);
    EXPECT_EQ(find(waiting).state, DeliveryState::Cancelled);
    EXPECT_EQ(find(waiting).outcome, "consent-withdrawn");
    EXPECT_EQ(lease(now + minutes{60})->number, other);
    const auto after = enqueue(first, now, "status");
    EXPECT_EQ(find(after).state, DeliveryState::Pending) << "the lane is open again";
}

TEST_F(Outbox, FreezesTheDestination) {
    OutboxRow row = outbox_row(first, now);
    row.destination = R"({"channel":"fhir_rest","url":"https://localhost:1/fhir"})";
    row.payload = "offer";
    row.not_after = now + minutes{15};
    must_write(*store, [&](Transaction& tx) { ASSERT_OK(tx.enqueue(row)); });
    reopen();
    must_read(*store, [&](Reader& reader) {
        const auto rows = reader.deliveries_of(first.case_id);
        ASSERT_OK(rows);
        ASSERT_THAT(*rows, SizeIs(1));
        EXPECT_EQ((*rows)[0].destination, row.destination);
        EXPECT_EQ((*rows)[0].payload, "offer");
        EXPECT_EQ((*rows)[0].not_after, row.not_after);
        EXPECT_EQ((*rows)[0].queued, bench.clock.now());
    });
}

// Every interleaving of workers, failures and takeovers keeps three promises: a lane has one
// flight, its rows end in the order they were queued, and nothing is lost.
TEST_F(Outbox, HoldsItsPromisesUnderRandomSchedules) {
    SeededRandom random{20261120};
    std::map<std::string, std::vector<DeliveryNumber>> queued;
    std::map<std::string, std::vector<DeliveryNumber>> ended;
    std::vector<OutboxRow> held;
    Instant time = now;
    for (int step = 0; step < 2000; ++step) {
        time += seconds{random.below(20)};
        const auto choice = random.below(4);
        const RenditionRow& lane = random.below(2) == 0 ? first : second;
        if (choice == 0 && step < 1500) {
            queued[lane.alias.text()].push_back(enqueue(lane, time));
        } else if (choice == 1) {
            if (auto row = lease(time)) {
                for (const OutboxRow& other : held) {
                    EXPECT_FALSE(other.alias == row->alias && other.due > time)
                        << "two flights in a lane at step " << step;
                }
                held.push_back(*row);
            }
        } else if (!held.empty()) {
            const auto which =
                held.begin() + static_cast<std::ptrdiff_t>(random.below(held.size()));
            const OutboxRow row = *which;
            held.erase(which);
            const bool finish = choice == 2;
            const Status told = attempt([&](Transaction& tx) {
                return finish ? tx.complete(row.number, row.fence, "ok")
                              : tx.retry(row.number, row.fence, time);
            });
            if (told && finish) ended[row.alias.text()].push_back(row.number);
        }
    }
    for (int i = 0; i < 4000; ++i) {
        time += seconds{31};
        const auto row = lease(time);
        if (!row) break;
        ASSERT_OK(
            attempt([&](Transaction& tx) { return tx.complete(row->number, row->fence, "ok"); }));
        ended[row->alias.text()].push_back(row->number);
    }
    EXPECT_GT(queued[first.alias.text()].size(), 50U);
    EXPECT_EQ(ended, queued);
}

}  // namespace
}  // namespace tsunagi::store

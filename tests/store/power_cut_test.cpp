#include "store/load.h"
#include "support/volume.h"

namespace tsunagi::store {
namespace {

/// What a run was told to be stored, and what it found after the power came back.
struct Outcome {
    std::size_t acknowledged = 0;
    std::size_t lost = 0;
    bool finished = false;
};

/// A little of everything, until the power goes after `operations`; then starts again and compares.
Outcome run_until(std::uint64_t seed, std::uint64_t operations, bool lying_disk) {
    SCOPED_TRACE("seed " + std::to_string(seed) + ", power cut after operation " +
                 std::to_string(operations));
    Bench bench{seed};
    struct Known {
        CaseId id;
        std::int64_t blobs = 0;
        std::int64_t version = 1;
        bool erased = false;
    };
    std::vector<Known> known;
    std::uint64_t entries = 0;
    std::optional<std::string> checkpoint;
    std::vector<DeliveryNumber> delivered;
    Outcome outcome;
    {
        SqliteOptions options;
        options.checkpoint_pages = 30;  // so that cuts also meet the copying back
        auto opened = bench.open(options);
        EXPECT_OK(opened);
        if (!opened) return outcome;
        Store& store = **opened;
        bench.disk.lie_about_syncs(lying_disk);
        bench.disk.cut_power_after(operations);
        for (int step = 0; step < 30; ++step) {
            CaseRow row = case_row(bench);
            const RenditionRow rendition = rendition_row(bench, row);
            if (store.write([&](Transaction& tx) -> Status {
                    if (auto done = put(tx, row, noise(bench.random, 3000)); !done) return done;
                    if (auto done = tx.insert_rendition(rendition); !done) return done;
                    auto queued = tx.enqueue(outbox_row(rendition, bench.clock.now()));
                    if (!queued) return queued.error();
                    return {};
                })) {
                known.push_back({row.id, 1, 1, false});
                ++entries;
            }
            std::optional<OutboxRow> held;
            if (store.write([&](Transaction& tx) -> Status {
                    auto leased =
                        tx.lease_next(bench.clock.now(), std::chrono::seconds{30}, "worker");
                    if (!leased) return leased.error();
                    held = *leased;
                    return {};
                }) &&
                held && store.write([&](Transaction& tx) -> Status {
                    if (auto done = tx.complete(held->number, held->fence, "ok"); !done)
                        return done;
                    auto entry = tx.append(log_entry(held->case_id, "offer.sent"));
                    if (!entry) return entry.error();
                    return {};
                })) {
                delivered.push_back(held->number);
                ++entries;
            }
            if (!known.empty() && step % 3 == 1) {
                Known& some = known[bench.random.below(known.size())];
                row.id = some.id;
                row.version = some.version;
                if (!some.erased && store.write([&](Transaction& tx) -> Status {
                        auto version = tx.update_case(row);
                        if (!version) return version.error();
                        auto blob = tx.put_blob(some.id, "packet", as_bytes("new"));
                        if (!blob) return blob.error();
                        return {};
                    })) {
                    ++some.version;
                    ++some.blobs;
                }
            }
            if (!known.empty() && step % 7 == 5) {
                Known& some = known[bench.random.below(known.size())];
                if (!some.erased &&
                    store.write([&](Transaction& tx) { return tx.erase_case(some.id); })) {
                    some.erased = true;
                    ++some.version;
                }
            }
            if (step % 5 == 4) {
                if (auto note = store.sign_checkpoint(bench.signing)) checkpoint = *note;
            }
        }
        outcome.finished = !bench.disk.dead();
    }
    bench.disk.lie_about_syncs(false);
    EXPECT_TRUE(bench.disk.restart());
    outcome.acknowledged = known.size() + delivered.size();
    const auto lost = [&](bool is_lost) { outcome.lost += is_lost ? 1 : 0; };
    auto opened = bench.open();
    if (!opened || !(*opened)->accepting()) {
        ++outcome.lost;
        if (!lying_disk) {
            EXPECT_OK(opened);
            EXPECT_OK(opened ? (*opened)->accepting() : Status{});
        }
        return outcome;
    }
    Store& store = **opened;
    EXPECT_OK(store.read([&](Reader& reader) -> Status {
        const auto size = reader.log_size();
        lost(!size || *size < entries);
        for (const Known& one : known) {
            const auto found = reader.find_case(one.id);
            lost(!found || found->version < one.version || (one.erased && !found->erased));
            if (!found || found->erased) continue;
            const auto blob = reader.blob(one.id, "packet");
            lost(!blob || blob->version < one.blobs);
        }
        for (const DeliveryNumber number : delivered) {
            const auto row = reader.find_delivery(number);
            lost(!row || row->state != DeliveryState::Done);
        }
        if (checkpoint) lost(!*reader.checkpoint());
        return {};
    }));
    if (!lying_disk) {
        // A store after a cut is a store like any other.
        EXPECT_OK(store.write([&](Transaction& tx) { return put(tx, case_row(bench), "after"); }));
        EXPECT_OK(store.sign_checkpoint(bench.signing));
        EXPECT_OK(integrity(bench));
    }
    return outcome;
}

TEST(PowerCut, LosesNothingThatWasAcknowledged) {
    std::uint64_t points = 0;
    std::size_t acknowledged = 0;
    constexpr std::uint64_t kStep = 15 / support::volume(5);
    for (std::uint64_t operations = 0; operations < 5000; operations += kStep) {
        const Outcome outcome = run_until(operations + 1, operations, false);
        EXPECT_EQ(outcome.lost, 0U) << "cut after operation " << operations;
        acknowledged += outcome.acknowledged;
        ++points;
        if (outcome.finished || testing::Test::HasFailure()) break;
    }
    EXPECT_GE(points, support::volume(300));
    EXPECT_GT(acknowledged, support::volume(1000));
    RecordProperty("points", static_cast<int>(points));
}

// The same run on a disk that lies: a test that cannot see a loss proves nothing.
TEST(PowerCut, SeesThePlantedLoss) {
    std::size_t lost = 0;
    for (std::uint64_t operations = 50; operations < 500; operations += 50) {
        lost += run_until(operations, operations, true).lost;
    }
    EXPECT_GT(lost, 0U);
}

TEST(PowerCut, HappensTheSameForTheSameSeed) {
    const auto image_after = [](std::uint64_t seed) {
        Bench bench{seed};
        {
            auto store = bench.open();
            EXPECT_OK(store);
            bench.disk.cut_power_after(60);
            for (int i = 0; i < 20; ++i) {
                (void)(*store)->write(
                    [&](Transaction& tx) { return put(tx, case_row(bench), "content"); });
            }
        }
        EXPECT_TRUE(bench.disk.restart());
        return bench.disk.image();
    };
    EXPECT_TRUE(image_after(7) == image_after(7));
    EXPECT_FALSE(image_after(7) == image_after(8));
}

}  // namespace
}  // namespace tsunagi::store

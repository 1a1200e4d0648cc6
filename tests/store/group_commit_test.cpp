#include <gmock/gmock.h>

#include <stdexcept>
#include <thread>

#include "crypto/random.h"
#include "store/bench.h"
#include "support/temp_folder.h"

namespace tsunagi::store {
namespace {

Status put(Transaction& tx, const CaseRow& row) {
    if (auto inserted = tx.insert_case(row); !inserted) return inserted;
    auto blob = tx.put_blob(row.id, "packet", as_bytes(row.id.text()));
    if (!blob) return blob.error();
    auto entry = tx.append(log_entry(row.id));
    if (!entry) return entry.error();
    return {};
}

using Write = StoreTest;

TEST_F(Write, UndoesOnlyItsOwnErrorInAGroup) {
    const CaseRow kept = case_row(bench);
    const CaseRow dropped = case_row(bench);
    must_write(*store, [&](Transaction& tx) { ASSERT_OK(put(tx, kept)); });
    EXPECT_FAILS(store->write([&](Transaction& tx) -> Status {
        EXPECT_OK(put(tx, dropped));
        return Error{Code::Denied, "changed its mind", "test"};
    }),
                 Denied);
    must_read(*store, [&](Reader& reader) {
        EXPECT_OK(reader.find_case(kept.id));
        EXPECT_FAILS(reader.find_case(dropped.id), NotFound);
    });
}

TEST_F(Write, UndoesAThrowAndPassesItOn) {
    const CaseRow row = case_row(bench);
    const auto thrower = [&] {
        (void)store->write([&](Transaction& tx) -> Status {
            EXPECT_OK(put(tx, row));
            throw std::runtime_error("planted");
        });
    };
    EXPECT_THROW(thrower(), std::runtime_error);
    must_read(*store, [&](Reader& reader) { EXPECT_FAILS(reader.find_case(row.id), NotFound); });
    // The next caller inherits no open transaction.
    must_write(*store, [&](Transaction& tx) { ASSERT_OK(put(tx, row)); });
    reopen();
    must_read(*store, [&](Reader& reader) { EXPECT_OK(reader.find_case(row.id)); });
}

TEST_F(Write, RefusesAWriteInsideAWrite) {
    must_write(*store, [&](Transaction&) {
        EXPECT_FAILS(store->write([](Transaction&) -> Status { return {}; }), Internal);
    });
}

TEST_F(Write, CostsNoSyncWhenNothingSucceeds) {
    insert_case();
    const auto before = bench.disk.operations();
    EXPECT_FAILS(store->write([&](Transaction& tx) -> Status {
        EXPECT_OK(put(tx, case_row(bench)));
        return Error{Code::Denied, "", ""};
    }),
                 Denied);
    EXPECT_EQ(bench.disk.operations(), before);
}

TEST_F(Write, ASnapshotSeesNoLaterWrite) {
    const CaseRow row = case_row(bench);
    must_read(*store, [&](Reader& reader) {
        EXPECT_EQ(*reader.log_size(), 0U);
        must_write(*store, [&](Transaction& tx) { ASSERT_OK(put(tx, row)); });
        EXPECT_EQ(*reader.log_size(), 0U);
        EXPECT_FAILS(reader.find_case(row.id), NotFound);
    });
    must_read(*store, [&](Reader& reader) { EXPECT_OK(reader.find_case(row.id)); });
}

TEST_F(Write, GivesTheReaderBackWhenAReadThrows) {
    for (int i = 0; i < 5; ++i) {
        const auto thrower = [&] {
            (void)store->read([](Reader&) -> Status { throw std::runtime_error("planted"); });
        };
        EXPECT_THROW(thrower(), std::runtime_error);
    }
    must_read(*store, [&](Reader& reader) { EXPECT_OK(reader.log_size()); });
}

/// Real files, real threads.
class Threads : public testing::Test {
protected:
    std::unique_ptr<Store> open() {
        SqliteOptions options;
        options.path = (folder_ / "gateway.db").string();
        options.readers = 3;
        options.checkpoint_pages = 200;
        auto opened =
            open_sqlite(options, {*keys_, clock_, random_, last_signed_,
                                  audit::NoteKey{"tsunagi.example/log", signing_.verify_key()}});
        EXPECT_OK(opened);
        return opened ? std::move(*opened) : nullptr;
    }

    support::TempFolder folder_;
    SystemClock clock_;
    crypto::SystemRandom random_;
    const crypto::DataKey kek_ = crypto::DataKey::generate(random_);
    std::unique_ptr<crypto::CaseKeys> keys_ =
        *crypto::CaseKeys::open(folder_ / "case.keys", kek_, random_);
    crypto::SigningKey signing_ = crypto::SigningKey::generate(random_);
    LastSignedFile last_signed_{folder_ / "last.signed"};
};

TEST_F(Threads, ShareCommitsAndLoseNothing) {
    constexpr int kThreads = 8;
    constexpr int kWrites = 60;
    auto store = open();
    ASSERT_TRUE(store);
    std::atomic<int> elsewhere{0};
    std::atomic<int> wrong{0};
    std::vector<std::vector<CaseId>> acknowledged(kThreads);
    std::vector<std::jthread> threads;
    threads.reserve(kThreads + 1);
    for (int t = 0; t < kThreads; ++t) {
        threads.emplace_back([&, t] {
            const auto self = std::this_thread::get_id();
            for (int i = 0; i < kWrites; ++i) {
                CaseRow row;
                row.id = CaseId{uuid_v7(clock_.now(), random_)};
                row.clinic = OrganisationId{"clinic-" + std::to_string(t)};
                row.state = "draft";
                const bool fail = i % 10 == 9;
                const Status done = store->write([&](Transaction& tx) -> Status {
                    if (std::this_thread::get_id() != self) ++elsewhere;
                    if (auto stored = put(tx, row); !stored) return stored;
                    if (fail) return Error{Code::Denied, "", ""};
                    return {};
                });
                if (done.ok() == fail) ++wrong;
                if (done) acknowledged[static_cast<std::size_t>(t)].push_back(row.id);
                // An acknowledged write is seen by the very next read.
                const Status seen = store->read([&](Reader& reader) -> Status {
                    auto found = reader.blob(row.id, "packet");
                    if (!found) return found.error();
                    return {};
                });
                if (seen.ok() == fail) ++wrong;
            }
        });
    }
    threads.emplace_back([&] {
        for (int i = 0; i < 20; ++i) {
            if (!store->sign_checkpoint(signing_)) ++wrong;
        }
    });
    threads.clear();
    EXPECT_EQ(wrong, 0);
    EXPECT_GT(elsewhere, 0) << "no write was carried by another caller's commit";
    store.reset();
    store = open();
    ASSERT_TRUE(store);
    EXPECT_OK(store->accepting());
    std::size_t count = 0;
    must_read(*store, [&](Reader& reader) {
        for (const auto& of_thread : acknowledged) {
            for (const CaseId& id : of_thread) {
                EXPECT_OK(reader.find_case(id));
                ++count;
            }
        }
        EXPECT_EQ(*reader.log_size(), count);
    });
    EXPECT_EQ(count, static_cast<std::size_t>(kThreads * kWrites * 9 / 10));
    ASSERT_OK(store->sign_checkpoint(signing_));
    EXPECT_TRUE(std::filesystem::exists(folder_ / "last.signed"));
}

TEST_F(Threads, KeepTheWalShortWhileReadersComeAndGo) {
    auto store = open();
    ASSERT_TRUE(store);
    std::atomic<bool> stop{false};
    std::jthread reader([&] {
        while (!stop) {
            EXPECT_OK(store->read([](Reader& view) -> Status {
                auto size = view.log_size();
                if (!size) return size.error();
                return {};
            }));
        }
    });
    for (int i = 0; i < 600; ++i) {
        CaseRow row;
        row.id = CaseId{uuid_v7(clock_.now(), random_)};
        ASSERT_OK(store->write([&](Transaction& tx) { return put(tx, row); }));
    }
    stop = true;
    reader.join();
    constexpr std::uintmax_t kPage = 4096;
    constexpr std::uintmax_t kMostPages = std::uintmax_t{2} * 8 * 200;
    EXPECT_LT(std::filesystem::file_size(folder_ / "gateway.db-wal"), kMostPages * kPage);
}

}  // namespace
}  // namespace tsunagi::store

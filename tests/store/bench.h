#pragma once
#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <string>

#include "base/uuid.h"
#include "crypto/case_keys.h"
#include "store/last_signed.h"
#include "store/sqlite/simulated_disk.h"
#include "store/sqlite/sqlite_store.h"
#include "support/result_matchers.h"

namespace tsunagi::store {

inline Instant noon() { return *parse_instant("2026-11-20T12:00:00+09:00"); }

/// A store on a simulated disk with everything it stands on; outlives crashes of the store.
class Bench {
public:
    explicit Bench(std::uint64_t seed = 1)
        : random(seed),
          keys(crypto::CaseKeys::in_memory(random)),
          signing(crypto::SigningKey::generate(random)),
          disk("disk-" + std::to_string(++disks()), seed) {}

    Result<std::unique_ptr<Store>> open(SqliteOptions options = {}) {
        options.path = "gateway.db";
        options.vfs = disk.name();
        options.readers = 2;
        return open_sqlite(options, {*keys, clock, random, last_signed, log_key()});
    }
    audit::NoteKey log_key() const { return {"tsunagi.example/log", signing.verify_key()}; }

    ManualClock clock{noon()};
    SeededRandom random;
    std::unique_ptr<crypto::CaseKeys> keys;
    crypto::SigningKey signing;
    LastSignedMemory last_signed;
    SimulatedDisk disk;

private:
    static std::atomic<int>& disks() {
        static std::atomic<int> count{0};
        return count;
    }
};

inline CaseRow case_row(Bench& bench, std::string clinic = "sakura-clinic") {
    CaseRow row;
    row.id = CaseId{uuid_v7(bench.clock.now(), bench.random)};
    row.clinic = OrganisationId{std::move(clinic)};
    row.hospital = OrganisationId{"tanashi"};
    row.programme = "nishitokyo";
    row.programme_version = "2026.1";
    row.state = "draft";
    row.created = row.updated = bench.clock.now();
    return row;
}

inline RenditionRow rendition_row(Bench& bench, const CaseRow& of) {
    RenditionRow row;
    row.alias = Alias{uuid_v4(bench.random)};
    row.case_id = of.id;
    row.hospital = of.hospital;
    row.stage = "offer";
    row.state = "sent";
    row.created = bench.clock.now();
    return row;
}

inline OutboxRow outbox_row(const RenditionRow& to, Instant due, std::string kind = "offer") {
    OutboxRow row;
    row.case_id = to.case_id;
    row.alias = to.alias;
    row.hospital = to.hospital;
    row.kind = std::move(kind);
    row.destination = "{}";
    row.due = due;
    return row;
}

inline audit::Entry log_entry(const CaseId& request, std::string type = "referral.accepted") {
    audit::Entry entry;
    entry.type = std::move(type);
    entry.request = request.text();
    entry.actor = "sakura-clinic";
    return entry;
}

/// The test's own words for a write or read that must succeed.
template <class Work>
void must_write(Store& store, Work work) {
    ASSERT_OK(store.write([&](Transaction& tx) -> Status {
        work(tx);
        return {};
    }));
}
template <class Work>
void must_read(const Store& store, Work work) {
    ASSERT_OK(store.read([&](Reader& reader) -> Status {
        work(reader);
        return {};
    }));
}

class StoreTest : public testing::Test {
public:
    void SetUp() override { reopen(); }
    void reopen() {
        store.reset();
        auto opened = bench.open();
        ASSERT_OK(opened);
        store = std::move(*opened);
    }
    CaseRow insert_case(std::string clinic = "sakura-clinic") {
        CaseRow row = case_row(bench, std::move(clinic));
        must_write(*store, [&](Transaction& tx) { ASSERT_OK(tx.insert_case(row)); });
        return row;
    }
    RenditionRow insert_rendition(const CaseRow& of) {
        RenditionRow row = rendition_row(bench, of);
        must_write(*store, [&](Transaction& tx) { ASSERT_OK(tx.insert_rendition(row)); });
        return row;
    }

    Bench bench;
    std::unique_ptr<Store> store;
};

}  // namespace tsunagi::store

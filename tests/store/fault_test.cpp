#include "store/load.h"

namespace tsunagi::store {
namespace {

using Fault = StoreTest;

TEST_F(Fault, AFullDiskRefusesAndRecoversByItself) {
    std::vector<CaseId> stored;
    std::uint64_t used = 0;
    for (const auto& [path, bytes] : bench.disk.image()) used += bytes.size();
    bench.disk.set_capacity(used + 600'000);
    int refused = 0;
    for (int i = 0; i < 40; ++i) {
        const CaseRow row = case_row(bench);
        const Status done = store->write(
            [&](Transaction& tx) { return put(tx, row, noise(bench.random, 50'000)); });
        if (done) {
            stored.push_back(row.id);
        } else {
            EXPECT_EQ(done.error().code, Code::Unavailable) << to_string(done.error());
            ++refused;
        }
    }
    EXPECT_GT(stored.size(), 5U);
    EXPECT_GT(refused, 5);
    EXPECT_OK(store->accepting()) << "a full disk is not a broken one";
    bench.disk.set_capacity({});
    for (int i = 0; i < 5; ++i) {
        const CaseRow row = case_row(bench);
        ASSERT_OK(store->write(
            [&](Transaction& tx) { return put(tx, row, noise(bench.random, 50'000)); }));
        stored.push_back(row.id);
    }
    reopen();
    EXPECT_OK(store->accepting());
    must_read(*store, [&](Reader& reader) {
        EXPECT_EQ(*reader.log_size(), stored.size());
        for (const CaseId& id : stored) EXPECT_OK(reader.blob(id, "packet"));
    });
    EXPECT_OK(integrity(bench));
}

TEST_F(Fault, AFailedSyncIsNeverAcknowledgedAndStopsTheStore) {
    const CaseRow before = insert_case();
    bench.disk.fail_syncs(true);
    EXPECT_FAILS(store->write([&](Transaction& tx) { return put(tx, case_row(bench), "content"); }),
                 Unavailable);
    EXPECT_FAILS(store->accepting(), Unavailable);
    // The disk says that it is well again: what it lost meanwhile nobody knows.
    bench.disk.fail_syncs(false);
    EXPECT_FAILS(store->write([&](Transaction& tx) { return put(tx, case_row(bench), "content"); }),
                 Unavailable);
    EXPECT_FAILS(store->sign_checkpoint(bench.signing), Unavailable);
    must_read(*store, [&](Reader& reader) { EXPECT_OK(reader.find_case(before.id)); });
    reopen();
    EXPECT_OK(store->accepting());
    must_read(*store, [&](Reader& reader) { EXPECT_OK(reader.find_case(before.id)); });
    EXPECT_OK(store->write([&](Transaction& tx) { return put(tx, case_row(bench), "content"); }));
}

TEST_F(Fault, ADamagedFileIsNotOpened) {
    insert_case();
    store.reset();
    auto image = bench.disk.image();
    Bytes& file = image.at("gateway.db");
    std::fill(file.begin(), file.begin() + 100, std::uint8_t{0x5a});
    ASSERT_TRUE(bench.disk.load(image));
    EXPECT_FAILS(bench.open(), Internal);
}

}  // namespace
}  // namespace tsunagi::store

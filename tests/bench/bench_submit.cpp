// P8 and the storing half of P12: a whole submit (checked, translated, validated, stored with
// fsync) against raw SQLite commits of the same bytes under the same settings.
#include <benchmark/benchmark.h>
#include <sqlite3.h>

#include <atomic>
#include <stdexcept>
#include <string>

#include "bench/ratios.h"
#include "json/builder.h"
#include "json/reader.h"
#include "json/writer.h"
#include "support/test_gateway.h"

namespace tsunagi {
namespace {

void run(sqlite3* database, const char* sql) {
    if (sqlite3_exec(database, sql, nullptr, nullptr, nullptr) != SQLITE_OK)
        throw std::runtime_error(sqlite3_errmsg(database));
}

/// 30 KB is what a packet and its Bundle weigh before compression.
void BM_RawSqlite_Commit30KiB(benchmark::State& state) {
    support::TempFolder folder;
    sqlite3* database = nullptr;
    if (sqlite3_open((folder / "raw.db").c_str(), &database) != SQLITE_OK)
        throw std::runtime_error("open");
    run(database,
        "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; CREATE TABLE t(id INTEGER PRIMARY KEY, "
        "body BLOB)");
    const std::string body(30U << 10, 'x');
    sqlite3_stmt* insert = nullptr;
    sqlite3_prepare_v2(database, "INSERT INTO t(body) VALUES($1)", -1, &insert, nullptr);
    for (auto _ : state) {
        run(database, "BEGIN IMMEDIATE");
        sqlite3_bind_blob(insert, 1, body.data(), static_cast<int>(body.size()), SQLITE_STATIC);
        sqlite3_step(insert);
        sqlite3_reset(insert);
        run(database, "COMMIT");
    }
    sqlite3_finalize(insert);
    sqlite3_close(database);
}
BENCHMARK(BM_RawSqlite_Commit30KiB)->UseRealTime();

void BM_Submit_Packet(benchmark::State& state) {
    support::TestGateway gateway;
    const std::string packet = support::packet_text("nishitokyo_full.in.json");
    static std::atomic<int> key{0};
    std::size_t stored = 0;
    for (auto _ : state) {
        auto act =
            gateway.exchange().submit(gateway.clinic(), "key-" + std::to_string(++key), packet);
        if (exchange::done(act)) ++stored;
    }
    if (stored != static_cast<std::size_t>(state.iterations()) ||
        gateway.log_entries().size() != stored) {
        state.SkipWithError("a submit was lost");
    }
}
BENCHMARK(BM_Submit_Packet)->UseRealTime();

}  // namespace
}  // namespace tsunagi

int main(int argc, char** argv) {
    return tsunagi::bench::run(
        argc, argv, {{"P12", "BM_Submit_Packet", "BM_RawSqlite_Commit30KiB", 0.18, true}});
}

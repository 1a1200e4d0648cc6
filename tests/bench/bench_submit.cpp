// P8 and the storing half of P12: a whole submit (checked, translated, validated, stored with
// fsync) against raw SQLite commits of the same bytes under the same settings.
#include <benchmark/benchmark.h>
#include <sqlite3.h>

#include <atomic>
#include <stdexcept>
#include <string>

#include "bench/ratios.h"
#include "crypto/random.h"
#include "store/sqlite/sqlite_store.h"
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

/// The writes of a gateway as `tsunagi serve` wires them: a database and a file of case keys, each
/// synced before an answer, and the system's randomness. The clock stands on the fixtures' day.
class Gateway {
public:
    Gateway()
        : clock_(*parse_instant("2026-11-20T12:00:00+09:00")),
          log_(clock_, [](std::string_view) {}),
          keys_(value(crypto::CaseKeys::open(folder_ / "case.keys",
                                             crypto::DataKey::generate(random_), random_))),
          directory_(value(access::Directory::parse(directory_text()))) {
        store::SqliteOptions options;
        options.path = (folder_ / "gateway.db").string();
        const audit::NoteKey log_key{"tsunagi.example/bench",
                                     crypto::SigningKey::generate(random_).verify_key()};
        store_ =
            value(store::open_sqlite(options, {*keys_, clock_, random_, last_signed_, log_key}));
        exchange_ = std::make_unique<exchange::Exchange>(
            exchange::Parts{*store_, directory_, support::artifacts(), clock_, random_, log_});
    }

    bool submit(const std::string& packet) {
        const access::Principal clinic{
            store::OrganisationId{"clinic-hibari"}, {}, access::Role::Clinic};
        return exchange::done(exchange_->submit(clinic, "key-" + std::to_string(++key_), packet));
    }
    std::uint64_t stored() const {
        std::uint64_t entries = 0;
        const Status read = store_->read([&](store::Reader& reader) -> Status {
            auto size = reader.log_size();
            if (size) entries = *size;
            return size ? Status{} : Status{size.error()};
        });
        return read ? entries : 0;
    }

private:
    template <class T>
    static T value(Result<T> result) {
        if (!result) throw std::runtime_error(to_string(result.error()));
        return std::move(*result);
    }
    static std::string directory_text() {
        const std::string pin(64, 'a');
        const std::string from = R"("validFrom":"2026-01-01T00:00:00+09:00")";
        return R"({"organisations":[{"id":"hp-tanashi","name":{"ja":"試験","en":"Test"},"roles":["partner-system"],)"
               R"("certificates":[{"sha256":")" +
               pin + R"(",)" + from +
               R"(,"role":"partner-system"}],)"
               R"("endpoints":[{"channel":"fhir_rest","url":"https://localhost/fhir","serverSha256":")" +
               pin + R"(",)" + from + "}]}]}";
    }

    support::TempFolder folder_;
    ManualClock clock_;
    crypto::SystemRandom random_;
    EventLog log_;
    std::unique_ptr<crypto::CaseKeys> keys_;
    store::LastSignedMemory last_signed_;
    access::LiveDirectory directory_;
    std::unique_ptr<store::Store> store_;
    std::unique_ptr<exchange::Exchange> exchange_;
    std::atomic<int> key_{0};
};

void submit_packets(benchmark::State& state) {
    static std::unique_ptr<Gateway> gateway;
    static std::atomic<std::uint64_t> stored;
    static const std::string packet = support::packet_text("nishitokyo_full.in.json");
    if (state.thread_index() == 0) {
        gateway = std::make_unique<Gateway>();
        stored = 0;
    }
    for (auto _ : state) {
        if (gateway->submit(packet)) ++stored;
    }
    if (state.thread_index() != 0) return;
    const auto sent = static_cast<std::uint64_t>(state.iterations()) *
                      static_cast<std::uint64_t>(state.threads());
    if (stored != sent || gateway->stored() != sent) state.SkipWithError("a submit was lost");
    gateway.reset();
}

void BM_Submit_Packet(benchmark::State& state) { submit_packets(state); }
BENCHMARK(BM_Submit_Packet)->UseRealTime();

/// Eight clinics at once: the commits are shared.
void BM_Submit_PacketFromEight(benchmark::State& state) { submit_packets(state); }
BENCHMARK(BM_Submit_PacketFromEight)->Threads(8)->UseRealTime();

}  // namespace
}  // namespace tsunagi

int main(int argc, char** argv) {
    return tsunagi::bench::run(
        argc, argv,
        {{"P12", "BM_Submit_Packet", "BM_RawSqlite_Commit30KiB", 0.18, true},
         {"P12", "BM_Submit_PacketFromEight", "BM_RawSqlite_Commit30KiB", 0.18, true}});
}

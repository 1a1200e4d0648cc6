#include "bench/costs.h"

#include <sqlite3.h>
#include <sys/resource.h>

#include <algorithm>
#include <stdexcept>
#include <string>
#include <thread>

#include "support/temp_folder.h"

namespace tsunagi::bench {
namespace {

constexpr std::size_t kRows = 1000, kRowsPerCommit = 50;

void run(sqlite3* database, const char* sql) {
    if (sqlite3_exec(database, sql, nullptr, nullptr, nullptr) != SQLITE_OK)
        throw std::runtime_error(sqlite3_errmsg(database));
}

void write_raw_rows() {
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
    for (std::size_t row = 0; row < kRows; ++row) {
        if (row % kRowsPerCommit == 0) run(database, "BEGIN IMMEDIATE");
        sqlite3_bind_blob(insert, 1, body.data(), static_cast<int>(body.size()), SQLITE_STATIC);
        if (sqlite3_step(insert) != SQLITE_DONE) throw std::runtime_error("insert");
        sqlite3_reset(insert);
        if (row % kRowsPerCommit == kRowsPerCommit - 1) run(database, "COMMIT");
    }
    sqlite3_finalize(insert);
    sqlite3_close(database);
}

}  // namespace

double processor_seconds() {
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    const auto seconds = [](const timeval& time) {
        return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) * 1e-6;
    };
    return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

Cost raw_rows() { return measure(kRows, write_raw_rows); }

bool is_calm(double load) {
    return load <= static_cast<double>(std::max(1U, std::thread::hardware_concurrency())) * 1.5;
}

}  // namespace tsunagi::bench

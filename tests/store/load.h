#pragma once
#include <string>

#include "store/bench.h"
#include "store/sqlite/connection.h"

namespace tsunagi::store {

inline Status put(Transaction& tx, const CaseRow& row, std::string_view content) {
    if (auto inserted = tx.insert_case(row); !inserted) return inserted;
    auto blob = tx.put_blob(row.id, "packet", as_bytes(content));
    if (!blob) return blob.error();
    auto entry = tx.append(log_entry(row.id));
    if (!entry) return entry.error();
    return {};
}

/// Bytes that do not compress.
inline std::string noise(Random& random, std::size_t size) {
    std::string text(size, '\0');
    random.fill({reinterpret_cast<std::uint8_t*>(text.data()), text.size()});
    return text;
}

inline Status integrity(Bench& bench) {
    auto connection =
        sqlite::Connection::open("gateway.db", bench.disk.name(), sqlite::Connection::Mode::Read);
    if (!connection) return connection.error();
    sqlite::Rows rows = (*connection)->query("PRAGMA integrity_check");
    const auto row = rows.next();
    if (!row) return row.error();
    if (!*row || rows.text(0) != "ok") return Error{Code::Internal, std::string{rows.text(0)}, ""};
    return {};
}

}  // namespace tsunagi::store

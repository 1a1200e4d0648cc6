#include "store/sqlite/log_table.h"

#include "store/sqlite/reads.h"

namespace tsunagi::store::sqlite {
namespace {

Error refused(std::string message) { return {Code::Unavailable, std::move(message), "log"}; }

}  // namespace

Result<audit::Frontier> read_head(Connection& connection) {
    Rows rows = connection.query("SELECT size, frontier FROM log_head WHERE id = 1");
    const auto row = rows.next();
    if (!row) return row.error();
    const Error damaged{Code::Internal, "the head of the log is damaged", "log"};
    if (!*row) return damaged;
    const BytesView bytes = rows.bytes(1);
    constexpr std::size_t kDigest = sizeof(crypto::Digest);
    if (bytes.size() % kDigest != 0) return damaged;
    std::vector<crypto::Digest> peaks;
    for (std::size_t at = 0; at < bytes.size(); at += kDigest) {
        peaks.push_back(*digest_of(bytes.subspan(at, kDigest)));
    }
    auto frontier =
        audit::Frontier::restore(static_cast<std::uint64_t>(rows.integer(0)), std::move(peaks));
    if (!frontier) return damaged;
    return frontier;
}

Status write_head(Connection& connection, const audit::Frontier& frontier) {
    Bytes bytes;
    for (const crypto::Digest& peak : frontier.peaks()) {
        bytes.insert(bytes.end(), peak.begin(), peak.end());
    }
    const auto done =
        connection.execute("UPDATE log_head SET size = $1, frontier = $2 WHERE id = 1",
                           {to_signed(frontier.size()), BytesView{bytes}});
    if (!done) return done.error();
    return {};
}

Status rehash(Connection& connection, std::uint64_t end, audit::Frontier& frontier) {
    Rows rows = connection.query(
        "SELECT idx, bytes, leaf_hash FROM log_entry WHERE idx >= $1 AND idx < $2 ORDER BY idx",
        {to_signed(frontier.size()), to_signed(end)});
    while (frontier.size() < end) {
        const auto row = rows.next();
        if (!row) return row.error();
        const std::uint64_t index = frontier.size();
        const Error changed{Code::Internal,
                            "log entry " + std::to_string(index) + " is missing or was changed",
                            "log"};
        if (!*row || rows.integer(0) != to_signed(index)) return changed;
        const crypto::Digest leaf = audit::leaf_hash(rows.bytes(1));
        const auto stored = digest_of(rows.bytes(2));
        if (!stored || *stored != leaf) return changed;
        frontier.append(leaf);
    }
    return {};
}

Result<LogFindings> check_log(Connection& connection,
                              const std::optional<audit::Checkpoint>& last_signed) {
    auto head = read_head(connection);
    if (!head) return head.error();
    std::uint64_t entries = 0;
    bool has_checkpoint = false;
    {
        Rows rows = connection.query(
            "SELECT (SELECT coalesce(max(idx) + 1, 0) FROM log_entry), "
            "EXISTS (SELECT 1 FROM log_checkpoint)");
        const auto row = rows.next();
        if (!row) return row.error();
        entries = static_cast<std::uint64_t>(rows.integer(0));
        has_checkpoint = rows.integer(1) != 0;
    }
    LogFindings found;
    found.head = *head;
    if (last_signed && last_signed->size > entries) {
        found.refusal = refused("log rolled back: it has " + std::to_string(entries) +
                                " entries, the last signed checkpoint covers " +
                                std::to_string(last_signed->size));
        return found;
    }
    if (last_signed) {
        if (auto hashed = rehash(connection, last_signed->size, found.covered); !hashed) {
            found.refusal = refused(hashed.error().message);
            return found;
        }
        if (found.covered.root() != last_signed->root) {
            found.refusal = refused("the log is not the one that was signed");
            return found;
        }
    } else if (has_checkpoint) {
        found.refusal = refused("the record of the last signed checkpoint is missing");
    }
    audit::Frontier all = found.covered;
    if (auto hashed = rehash(connection, entries, all); !hashed) {
        found.refusal = refused(hashed.error().message);
    } else if (all.size() != head->size() || all.root() != head->root()) {
        found.refusal = refused("the log does not fit its head");
    }
    return found;
}

}  // namespace tsunagi::store::sqlite

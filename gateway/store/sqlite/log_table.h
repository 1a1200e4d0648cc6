#pragma once
#include <optional>

#include "audit/checkpoint.h"
#include "audit/merkle.h"
#include "store/sqlite/connection.h"

/// The tables of the exchange log.
namespace tsunagi::store::sqlite {

Result<audit::Frontier> read_head(Connection& connection);
Status write_head(Connection& connection, const audit::Frontier& frontier);

/// Re-hashes the stored bytes of the entries [frontier.size(), end) onto `frontier`. Internal,
/// naming the index, at the first entry that is missing or does not fit its leaf hash.
Status rehash(Connection& connection, std::uint64_t end, audit::Frontier& frontier);

/// The log as found at start-up.
struct LogFindings {
    audit::Frontier head;          ///< over every entry
    audit::Frontier covered;       ///< over what the last signed checkpoint covers
    std::optional<Error> refusal;  ///< why this log must not grow
};

/// Re-hashes the whole log and compares it with its head and with `last_signed`, the checkpoint
/// remembered outside the database. An Error means that the tables could not be read.
Result<LogFindings> check_log(Connection& connection,
                              const std::optional<audit::Checkpoint>& last_signed);

}  // namespace tsunagi::store::sqlite

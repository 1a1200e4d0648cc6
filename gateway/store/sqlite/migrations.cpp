#include "store/sqlite/migrations.h"

namespace tsunagi::store::sqlite {
namespace {

Result<std::int64_t> number_of(Rows rows) {
    const auto row = rows.next();
    if (!row) return row.error();
    return *row ? rows.integer(0) : std::int64_t{0};
}

/// The schema number; 0: an empty database.
Result<std::int64_t> schema_number(Connection& connection) {
    const auto tables = number_of(connection.query("SELECT count(*) FROM sqlite_schema"));
    if (!tables) return tables.error();
    if (*tables == 0) return std::int64_t{0};
    const auto ours = number_of(
        connection.query("SELECT count(*) FROM sqlite_schema WHERE name = 'schema_number'"));
    if (!ours) return ours.error();
    if (*ours == 0) return Error{Code::Internal, "this is not a database of ours", "database"};
    return number_of(connection.query("SELECT number FROM schema_number"));
}

}  // namespace

Status migrate(Connection& connection, std::span<const Migration> steps) {
    const auto number = schema_number(connection);
    if (!number) return number.error();
    if (!steps.empty() && *number > steps.back().number) {
        return Error{Code::Unsupported,
                     "the database was written by a newer program (schema " +
                         std::to_string(*number) + ", known up to " +
                         std::to_string(steps.back().number) + ")",
                     "database"};
    }
    for (const Migration& step : steps) {
        if (step.number <= *number) continue;
        const std::string sql =
            "BEGIN IMMEDIATE;"
            "CREATE TABLE IF NOT EXISTS schema_number (number INTEGER NOT NULL) STRICT;" +
            std::string{step.sql} +
            ";DELETE FROM schema_number;INSERT INTO schema_number (number) VALUES (" +
            std::to_string(step.number) + ");COMMIT;";
        if (auto done = connection.script(sql); !done) {
            if (!connection.idle()) (void)connection.script("ROLLBACK");
            return Error{done.error().code,
                         "migration " + std::to_string(step.number) + ": " + done.error().message,
                         done.error().where};
        }
    }
    return {};
}

}  // namespace tsunagi::store::sqlite

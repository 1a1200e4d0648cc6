#pragma once
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <variant>
#include <vector>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/id.h"

struct sqlite3;
struct sqlite3_stmt;

/// sqlite3 behind a handful of types. Thread rule: one thread at a time per connection.
namespace tsunagi::store::sqlite {

/// What an (extended) result code means for the caller, and whether the store must stop
/// acknowledging.
struct Verdict {
    Code code = Code::Internal;
    bool stop = false;
    const char* message = "";
};
Verdict classify(int result_code);

/// A value bound to $1, $2, ...; text and bytes are borrowed.
class Bind {
public:
    Bind(std::int64_t number) : held_(number) {}
    Bind(std::string_view text) : held_(text) {}
    Bind(const std::string& text) : held_(std::string_view{text}) {}
    Bind(const char* text) : held_(std::string_view{text}) {}
    Bind(BytesView bytes) : held_(bytes) {}
    Bind(Instant instant) : held_(std::int64_t{instant.time_since_epoch().count()}) {}
    Bind(const std::optional<Instant>& instant) {
        if (instant) held_ = std::int64_t{instant->time_since_epoch().count()};
    }
    template <class Tag>
    Bind(const Id<Tag>& id) : held_(std::string_view{id.text()}) {}

    const auto& held() const noexcept { return held_; }

private:
    std::variant<std::monostate, std::int64_t, std::string_view, BytesView> held_;
};

struct Statement;

/// One run of a query. Columns are read after next() said true, until the next next().
class Rows {
public:
    Rows(Rows&& other) noexcept;
    Rows& operator=(Rows&&) = delete;
    ~Rows();

    Result<bool> next();
    bool is_null(int column) const;
    std::int64_t integer(int column) const;
    std::string_view text(int column) const;
    BytesView bytes(int column) const;
    Instant instant(int column) const;
    std::optional<Instant> maybe_instant(int column) const;

private:
    friend class Connection;
    Rows(class Connection& connection, Result<Statement*> statement)
        : connection_(connection), statement_(std::move(statement)) {}
    class Connection& connection_;
    Result<Statement*> statement_;
};

class Connection {
public:
    enum class Mode { Write, Read };
    /// Opens `path` through the VFS named `vfs` (empty: default) with the pragmas of README.md.
    static Result<std::unique_ptr<Connection>> open(const std::string& path, const std::string& vfs,
                                                    Mode mode);
    ~Connection();
    Connection(const Connection&) = delete;
    Connection& operator=(const Connection&) = delete;

    /// `sql` is a literal with $1...$n; it is prepared once per connection.
    Rows query(const char* sql, std::initializer_list<Bind> values = {});
    /// Runs a statement without result; returns the number of changed rows.
    Result<std::int64_t> execute(const char* sql, std::initializer_list<Bind> values = {});
    /// Several statements at once, unprepared: pragmas and migrations.
    Status script(const std::string& sql);

    std::int64_t last_row() const;
    /// False after BEGIN, until COMMIT, ROLLBACK or an error that rolled back by itself.
    bool idle() const;
    /// The first failure that obliges the store to stop, if there was one.
    const std::optional<Error>& fatal() const { return fatal_; }
    int wal_pages() const { return wal_pages_; }
    /// Copies the WAL back into the database file. `wait` also waits for readers, so that the WAL
    /// starts afresh.
    Status checkpoint(bool wait);
    /// Leaves the WAL as it is when the connection closes.
    void keep_wal_on_close();

private:
    friend class Rows;
    explicit Connection(sqlite3* handle);
    Result<Statement*> prepare(const char* sql, std::initializer_list<Bind> values, bool copy);
    Error failure(int result_code);

    sqlite3* handle_;
    std::unordered_map<const char*, std::unique_ptr<Statement>> statements_;
    std::optional<Error> fatal_;
    int wal_pages_ = 0;
};

}  // namespace tsunagi::store::sqlite

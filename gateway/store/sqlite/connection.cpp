#include "store/sqlite/connection.h"

#include <sqlite3.h>

#include <utility>

namespace tsunagi::store::sqlite {
namespace {

constexpr int kBusyMilliseconds = 5000;

template <auto Free>
struct Freed {
    template <class T>
    void operator()(T* pointer) const noexcept {
        Free(pointer);
    }
};
using StatementHandle = std::unique_ptr<sqlite3_stmt, Freed<sqlite3_finalize>>;
using MessageHandle = std::unique_ptr<char, Freed<sqlite3_free>>;

// The WAL is copied back by Connection::checkpoint alone: SQLite before 3.51.3 can damage a
// database when two connections checkpoint or write at once (sqlite.org/wal.html#walresetbug).
constexpr const char* kPragmas =
    "PRAGMA synchronous=FULL;"
    "PRAGMA foreign_keys=ON;"
    "PRAGMA temp_store=MEMORY;"
    "PRAGMA secure_delete=ON;"
    "PRAGMA mmap_size=0;"
    "PRAGMA wal_autocheckpoint=0;"
    "PRAGMA trusted_schema=OFF;"
    "PRAGMA cell_size_check=ON;";

int remember_wal_pages(void* pages, sqlite3*, const char*, int now) noexcept {
    *static_cast<int*>(pages) = now;
    return SQLITE_OK;
}

}  // namespace

struct Statement {
    StatementHandle handle;
    std::vector<int> slots;  ///< slots[n - 1]: SQLite's index of $n
    bool in_use = false;
};

Verdict classify(int result_code) {
    switch (result_code) {
        case SQLITE_IOERR_NOMEM:
            return {Code::Unavailable, false, "out of memory"};
        case SQLITE_IOERR_SHMSIZE:
            return {Code::Unavailable, false, "the disk is full"};
        default:
            break;
    }
    switch (result_code & 0xff) {
        case SQLITE_BUSY:
        case SQLITE_LOCKED:
            return {Code::Busy, false, "the database is locked"};
        case SQLITE_FULL:
            return {Code::Unavailable, false, "the disk is full"};
        case SQLITE_NOMEM:
            return {Code::Unavailable, false, "out of memory"};
        case SQLITE_CANTOPEN:
            return {Code::Unavailable, false, "the database cannot be opened"};
        case SQLITE_READONLY:
        case SQLITE_PERM:
            return {Code::Unavailable, false, "the database cannot be written"};
        case SQLITE_IOERR:
            return {Code::Unavailable, true, "the disk failed"};
        case SQLITE_CORRUPT:
        case SQLITE_NOTADB:
            return {Code::Internal, true, "the database is damaged"};
        case SQLITE_CONSTRAINT:
            return {Code::Conflict, false, "the row exists or does not fit"};
        case SQLITE_TOOBIG:
            return {Code::Invalid, false, "the row is too large"};
        default:
            return {Code::Internal, false, "the database refused a statement"};
    }
}

Rows::Rows(Rows&& other) noexcept
    : connection_(other.connection_), statement_(std::move(other.statement_)) {
    other.statement_ = Result<Statement*>{static_cast<Statement*>(nullptr)};
}

Rows::~Rows() {
    if (!statement_ || *statement_ == nullptr) return;
    Statement& statement = **statement_;
    sqlite3_reset(statement.handle.get());
    sqlite3_clear_bindings(statement.handle.get());
    statement.in_use = false;
}

Result<bool> Rows::next() {
    if (!statement_) return statement_.error();
    const int code = sqlite3_step((*statement_)->handle.get());
    if (code == SQLITE_ROW) return true;
    if (code == SQLITE_DONE) return false;
    return connection_.failure(sqlite3_extended_errcode(connection_.handle_));
}

bool Rows::is_null(int column) const {
    return sqlite3_column_type((*statement_)->handle.get(), column) == SQLITE_NULL;
}

std::int64_t Rows::integer(int column) const {
    return sqlite3_column_int64((*statement_)->handle.get(), column);
}

std::string_view Rows::text(int column) const { return as_text(bytes(column)); }

BytesView Rows::bytes(int column) const {
    sqlite3_stmt* handle = (*statement_)->handle.get();
    const auto* data = static_cast<const std::uint8_t*>(sqlite3_column_blob(handle, column));
    const int size = sqlite3_column_bytes(handle, column);
    return data ? BytesView{data, static_cast<std::size_t>(size)} : BytesView{};
}

Instant Rows::instant(int column) const {
    return Instant{std::chrono::microseconds{integer(column)}};
}

std::optional<Instant> Rows::maybe_instant(int column) const {
    if (is_null(column)) return std::nullopt;
    return instant(column);
}

Connection::Connection(sqlite3* handle) : handle_(handle) {}

Connection::~Connection() {
    statements_.clear();
    sqlite3_close_v2(handle_);
}

Result<std::unique_ptr<Connection>> Connection::open(const std::string& path,
                                                     const std::string& vfs, Mode mode) {
    const int access =
        mode == Mode::Write ? SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE : SQLITE_OPEN_READONLY;
    sqlite3* handle = nullptr;
    const int code = sqlite3_open_v2(
        path.c_str(), &handle,
        access | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_PRIVATECACHE | SQLITE_OPEN_EXRESCODE,
        vfs.empty() ? nullptr : vfs.c_str());
    if (handle == nullptr) return Error{Code::Unavailable, "out of memory", "database"};
    std::unique_ptr<Connection> connection{new Connection{handle}};
    if (code != SQLITE_OK) return connection->failure(code);
    sqlite3_busy_timeout(handle, kBusyMilliseconds);
    sqlite3_db_config(handle, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
    if (auto set = connection->script(kPragmas); !set) return set.error();
    if (mode == Mode::Read) {
        connection->keep_wal_on_close();
        return connection;
    }
    // A new file becomes a WAL database through one rollback-journal transaction, and FULL alone
    // does not sync the folder when that journal is deleted: after a power cut it could come back
    // and undo the file under its WAL (sqlite.org/pragma.html#pragma_synchronous, EXTRA).
    if (auto set = connection->script("PRAGMA synchronous=EXTRA"); !set) return set.error();
    {
        Rows rows = connection->query("PRAGMA journal_mode=WAL");
        const auto row = rows.next();
        if (!row) return row.error();
        if (!*row || rows.text(0) != "wal") {
            return Error{Code::Unavailable, "the file system does not carry a WAL", "database"};
        }
    }
    if (auto set = connection->script("PRAGMA synchronous=FULL"); !set) return set.error();
    sqlite3_wal_hook(handle, &remember_wal_pages, &connection->wal_pages_);
    return connection;
}

Result<Statement*> Connection::prepare(const char* sql, std::initializer_list<Bind> values,
                                       bool copy) {
    std::unique_ptr<Statement>& entry = statements_[sql];
    if (!entry) {
        sqlite3_stmt* made = nullptr;
        const int code =
            sqlite3_prepare_v3(handle_, sql, -1, SQLITE_PREPARE_PERSISTENT, &made, nullptr);
        StatementHandle handle{made};
        if (code != SQLITE_OK) {
            statements_.erase(sql);
            return failure(code);
        }
        auto statement = std::make_unique<Statement>();
        // SQLite numbers $-names by first appearance: look up which index each one got.
        for (int n = 1; n <= sqlite3_bind_parameter_count(made); ++n) {
            statement->slots.push_back(
                sqlite3_bind_parameter_index(made, ("$" + std::to_string(n)).c_str()));
        }
        statement->handle = std::move(handle);
        entry = std::move(statement);
    }
    Statement& statement = *entry;
    if (statement.in_use) return Error{Code::Internal, "a statement is run inside itself", sql};
    if (values.size() != statement.slots.size()) {
        return Error{Code::Internal, "values do not match the placeholders", sql};
    }
    const auto lifetime = copy ? SQLITE_TRANSIENT : SQLITE_STATIC;
    sqlite3_stmt* handle = statement.handle.get();
    std::size_t n = 0;
    for (const Bind& value : values) {
        const int slot = statement.slots[n++];
        int code = SQLITE_OK;
        if (const auto* number = std::get_if<std::int64_t>(&value.held())) {
            code = sqlite3_bind_int64(handle, slot, *number);
        } else if (const auto* text = std::get_if<std::string_view>(&value.held())) {
            code = sqlite3_bind_text64(handle, slot, text->data() ? text->data() : "", text->size(),
                                       lifetime, SQLITE_UTF8);
        } else if (const auto* bytes = std::get_if<BytesView>(&value.held())) {
            code = bytes->empty()
                       ? sqlite3_bind_zeroblob(handle, slot, 0)
                       : sqlite3_bind_blob64(handle, slot, bytes->data(), bytes->size(), lifetime);
        } else {
            code = sqlite3_bind_null(handle, slot);
        }
        if (code != SQLITE_OK) {
            sqlite3_clear_bindings(handle);
            return failure(code);
        }
    }
    statement.in_use = true;
    return &statement;
}

Rows Connection::query(const char* sql, std::initializer_list<Bind> values) {
    return Rows{*this, prepare(sql, values, true)};
}

Result<std::int64_t> Connection::execute(const char* sql, std::initializer_list<Bind> values) {
    Rows rows{*this, prepare(sql, values, false)};
    auto row = rows.next();
    if (!row) return row.error();
    return std::int64_t{sqlite3_changes64(handle_)};
}

Status Connection::script(const std::string& sql) {
    char* text = nullptr;
    const int code = sqlite3_exec(handle_, sql.c_str(), nullptr, nullptr, &text);
    const MessageHandle message{text};
    if (code != SQLITE_OK) return failure(code);
    return {};
}

std::int64_t Connection::last_row() const { return sqlite3_last_insert_rowid(handle_); }

bool Connection::idle() const { return sqlite3_get_autocommit(handle_) != 0; }

Status Connection::checkpoint(bool wait) {
    const int code = sqlite3_wal_checkpoint_v2(
        handle_, nullptr, wait ? SQLITE_CHECKPOINT_RESTART : SQLITE_CHECKPOINT_PASSIVE, nullptr,
        nullptr);
    if (code != SQLITE_OK && code != SQLITE_BUSY) return failure(code);
    return {};
}

void Connection::keep_wal_on_close() {
    sqlite3_db_config(handle_, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr);
}

// SQLite's own message may quote values: only our words and the numeric code leave.
Error Connection::failure(int result_code) {
    const Verdict verdict = classify(result_code);
    Error error{verdict.code, verdict.message, "database code " + std::to_string(result_code)};
    if (verdict.stop && !fatal_) fatal_ = error;
    return error;
}

}  // namespace tsunagi::store::sqlite

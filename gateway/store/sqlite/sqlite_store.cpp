#include "store/sqlite/sqlite_store.h"

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <exception>
#include <mutex>
#include <thread>

#include "store/sqlite/log_table.h"
#include "store/sqlite/migrations.h"
#include "store/sqlite/reads.h"
#include "store/sqlite/writes.h"

namespace tsunagi::store {
namespace {

using sqlite::Connection;

Error internal(const char* message) { return {Code::Internal, message, "store"}; }

/// A caller of write() and what became of its work. Lives on the caller's stack.
struct Job {
    const std::function<Status(Transaction&)>* work = nullptr;
    Status result;
    std::exception_ptr thrown;
    bool destroys = false;  ///< it asked for keys to be destroyed
    bool done = false;
    std::condition_variable wake;
};

/// One connection for Store::read.
struct ReaderSlot {
    ReaderSlot(std::unique_ptr<Connection> opened, crypto::CaseKeys& keys)
        : connection(std::move(opened)), sealer(keys), reads(*connection, sealer) {}
    std::unique_ptr<Connection> connection;
    Sealer sealer;
    sqlite::Reads<Reader> reads;
};

class SqliteStore final : public Store {
public:
    SqliteStore(const SqliteOptions& options, const Surroundings& surroundings)
        : options_(options), around_(surroundings), sealer_(surroundings.keys) {}
    ~SqliteStore() override {
        if (!accepting()) writer_->keep_wal_on_close();
    }

    Status open();

    Status write(const std::function<Status(Transaction&)>& work) override;
    Status read(const std::function<Status(Reader&)>& work) const override;
    Result<std::string> sign_checkpoint(const crypto::SigningKey& key) override;
    Status accepting() const override;

private:
    void run(std::span<Job* const> group);
    void run_part(sqlite::Writes& writes, Job& job);
    Status commit(sqlite::Writes& writes);
    void roll_back();
    void copy_back();
    void stop(const Error& reason);
    Status replay_erasures();
    Status read_slot(const std::function<Status(ReaderSlot&)>& work) const;

    const SqliteOptions options_;
    const Surroundings around_;

    // The writer: touched by the leader only.
    std::unique_ptr<Connection> writer_;
    Sealer sealer_;
    audit::Frontier head_;

    mutable std::mutex queue_mutex_;
    std::deque<Job*> queue_;
    bool leading_ = false;
    std::thread::id leader_;

    mutable std::mutex readers_mutex_;
    mutable std::condition_variable reader_free_;
    mutable std::vector<std::unique_ptr<ReaderSlot>> readers_;

    std::mutex signing_mutex_;
    audit::Frontier signed_;
    std::string checkpoint_;

    mutable std::mutex stopped_mutex_;
    std::optional<Error> stopped_;
};

Status SqliteStore::open() {
    auto writer = Connection::open(options_.path, options_.vfs, Connection::Mode::Write);
    if (!writer) return writer.error();
    writer_ = std::move(*writer);
    if (auto done = sqlite::migrate(*writer_, sqlite::migrations()); !done) return done;
    if (auto done = replay_erasures(); !done) return done;

    auto note = around_.last_signed.load();
    if (!note) return note.error();
    std::optional<audit::Checkpoint> last_signed;
    if (*note) {
        auto opened = audit::open_checkpoint(**note, std::span{&around_.log_key, 1});
        if (opened) {
            last_signed = std::move(*opened);
        } else {
            stop(
                {Code::Unavailable, "the record of the last signed checkpoint is not ours", "log"});
        }
    }
    auto findings = sqlite::check_log(*writer_, last_signed);
    if (!findings) return findings.error();
    head_ = std::move(findings->head);
    signed_ = std::move(findings->covered);
    if (findings->refusal) stop(*findings->refusal);

    for (std::size_t i = 0; i < std::max<std::size_t>(options_.readers, 1); ++i) {
        auto reader = Connection::open(options_.path, options_.vfs, Connection::Mode::Read);
        if (!reader) return reader.error();
        readers_.push_back(std::make_unique<ReaderSlot>(std::move(*reader), around_.keys));
    }
    return {};
}

// A crash between a commit and the destruction of its keys, or a restored file of keys, leaves
// keys that must not exist.
Status SqliteStore::replay_erasures() {
    std::vector<std::string> owners;
    {
        sqlite::Rows rows = writer_->query("SELECT owner FROM erasure");
        while (true) {
            const auto row = rows.next();
            if (!row) return row.error();
            if (!*row) break;
            std::string owner{rows.text(0)};
            const auto key = around_.keys.key(owner);
            if (key || key.error().code != Code::Denied) owners.push_back(std::move(owner));
        }
    }
    return owners.empty() ? Status{} : around_.keys.destroy(owners);
}

Status SqliteStore::accepting() const {
    const std::lock_guard lock{stopped_mutex_};
    if (stopped_) return *stopped_;
    return {};
}

void SqliteStore::stop(const Error& reason) {
    const std::lock_guard lock{stopped_mutex_};
    if (!stopped_) stopped_ = reason;
}

// Group commit: the first caller in the queue leads; whoever came meanwhile forms the next group.
Status SqliteStore::write(const std::function<Status(Transaction&)>& work) {
    Job job;
    job.work = &work;
    std::unique_lock lock{queue_mutex_};
    if (leading_ && leader_ == std::this_thread::get_id()) {
        return internal("a write was started inside a write");
    }
    queue_.push_back(&job);
    job.wake.wait(lock, [&] { return job.done || (!leading_ && queue_.front() == &job); });
    if (!job.done) {
        leading_ = true;
        leader_ = std::this_thread::get_id();
        const auto size = static_cast<std::ptrdiff_t>(
            std::min(queue_.size(), std::max<std::size_t>(options_.max_group, 1)));
        const std::vector<Job*> group(queue_.begin(), queue_.begin() + size);
        queue_.erase(queue_.begin(), queue_.begin() + size);
        lock.unlock();
        run(group);
        lock.lock();
        leading_ = false;
        leader_ = {};
        for (Job* member : group) {
            member->done = true;
            member->wake.notify_one();
        }
        if (!queue_.empty()) queue_.front()->wake.notify_one();
    }
    lock.unlock();
    if (job.thrown) std::rethrow_exception(job.thrown);
    return std::move(job.result);
}

void SqliteStore::run(std::span<Job* const> group) {
    const auto fail_all = [&](const Error& error) {
        for (Job* job : group) {
            if (job->result && !job->thrown) job->result = error;
        }
    };
    if (auto open = accepting(); !open) return fail_all(open.error());
    if (auto begun = writer_->execute("BEGIN IMMEDIATE"); !begun) {
        if (writer_->fatal()) stop(*writer_->fatal());
        return fail_all(begun.error());
    }
    sqlite::Writes writes{*writer_, sealer_, around_.clock, around_.random, head_};
    for (Job* job : group) run_part(writes, *job);
    if (writer_->idle() || writer_->fatal()) {
        // An error ended the transaction under the group: nothing of it is stored.
        roll_back();
        if (writer_->fatal()) stop(*writer_->fatal());
        return fail_all({Code::Unavailable, "the disk is full or failed", "store"});
    }
    if (std::none_of(group.begin(), group.end(),
                     [](const Job* job) { return job->result && !job->thrown; })) {
        return roll_back();
    }
    if (auto committed = commit(writes); !committed) {
        roll_back();
        if (writer_->fatal()) stop(*writer_->fatal());
        return fail_all(committed.error());
    }
    head_ = writes.head();
    if (!writes.destroyed().empty()) {
        if (auto gone = around_.keys.destroy(writes.destroyed()); !gone) {
            for (Job* job : group) {
                if (job->destroys && job->result) job->result = gone.error();
            }
        }
    }
    copy_back();
}

void SqliteStore::run_part(sqlite::Writes& writes, Job& job) {
    if (writer_->idle()) return;
    if (auto begun = writes.begin_part(); !begun) {
        job.result = begun.error();
        return;
    }
    const std::size_t destroyed = writes.destroyed().size();
    try {
        job.result = (*job.work)(writes);
    } catch (...) {
        job.thrown = std::current_exception();
    }
    if (writer_->idle()) return;
    if (!job.result || job.thrown) {
        (void)writes.drop_part();  // if that fails the transaction is gone, which run() sees
        return;
    }
    job.destroys = writes.destroyed().size() > destroyed;
    if (auto kept = writes.keep_part(); !kept) job.result = kept.error();
}

// Keys first: what they sealed is acknowledged only when both are on the disk.
Status SqliteStore::commit(sqlite::Writes& writes) {
    if (writes.head().size() != head_.size()) {
        if (auto stored = sqlite::write_head(*writer_, writes.head()); !stored) return stored;
    }
    if (auto synced = around_.keys.sync(); !synced) return synced;
    auto committed = writer_->execute("COMMIT");
    if (!committed) return committed.error();
    return {};
}

void SqliteStore::roll_back() {
    if (!writer_->idle()) (void)writer_->execute("ROLLBACK");
}

// Only this connection checkpoints, between its own commits (see Connection). A WAL that readers
// have kept from starting afresh for long is waited for.
void SqliteStore::copy_back() {
    constexpr std::size_t kWait = 8;
    const auto pages = static_cast<std::size_t>(writer_->wal_pages());
    if (pages < options_.checkpoint_pages) return;
    (void)writer_->checkpoint(pages >= kWait * options_.checkpoint_pages);
    if (writer_->fatal()) stop(*writer_->fatal());
}

Status SqliteStore::read_slot(const std::function<Status(ReaderSlot&)>& work) const {
    std::unique_ptr<ReaderSlot> slot;
    {
        std::unique_lock lock{readers_mutex_};
        reader_free_.wait(lock, [&] { return !readers_.empty(); });
        slot = std::move(readers_.back());
        readers_.pop_back();
    }
    /// Ends the snapshot and gives the connection back, also when `work` throws.
    struct Return {
        ~Return() {
            if (!slot->connection->idle()) (void)slot->connection->execute("ROLLBACK");
            const std::lock_guard lock{store.readers_mutex_};
            store.readers_.push_back(std::move(slot));
            store.reader_free_.notify_one();
        }
        const SqliteStore& store;
        std::unique_ptr<ReaderSlot>& slot;
    } const give_back{*this, slot};
    auto begun = slot->connection->execute("BEGIN");
    if (!begun) return begun.error();
    return work(*slot);
}

Status SqliteStore::read(const std::function<Status(Reader&)>& work) const {
    return read_slot([&](ReaderSlot& slot) { return work(slot.reads); });
}

Result<std::string> SqliteStore::sign_checkpoint(const crypto::SigningKey& key) {
    const std::lock_guard lock{signing_mutex_};
    if (auto open = accepting(); !open) return open.error();
    if (key.verify_key() != around_.log_key.key) {
        return Error{Code::Invalid, "this key does not sign this log", "log"};
    }
    audit::Frontier covered = signed_;
    std::optional<Error> damage;
    auto checked = read_slot([&](ReaderSlot& slot) -> Status {
        const auto head = sqlite::read_head(*slot.connection);
        if (!head) return head.error();
        auto hashed = sqlite::rehash(*slot.connection, head->size(), covered);
        if (!hashed) {
            if (hashed.error().code == Code::Internal) damage = hashed.error();
            return hashed;
        }
        if (covered.root() != head->root()) {
            damage = Error{Code::Internal, "the log does not fit its head", "log"};
            return *damage;
        }
        return {};
    });
    if (damage) stop({Code::Unavailable, damage->message, "log"});
    if (!checked) return checked.error();
    if (!checkpoint_.empty() && covered.size() == signed_.size()) return checkpoint_;

    const audit::Checkpoint checkpoint{around_.log_key.name, covered.size(), covered.root()};
    auto note = audit::sign_checkpoint(checkpoint, key);
    if (!note) return note.error();
    if (auto saved = around_.last_signed.save(*note); !saved) return saved.error();
    signed_ = covered;
    checkpoint_.clear();
    auto stored = write([&](Transaction&) -> Status {
        auto row = writer_->execute(
            "INSERT INTO log_checkpoint (size, note) VALUES ($1, $2) "
            "ON CONFLICT (size) DO UPDATE SET note = excluded.note",
            {sqlite::to_signed(checkpoint.size), *note});
        if (!row) return row.error();
        return {};
    });
    if (!stored) return stored.error();
    checkpoint_ = *note;
    return note;
}

}  // namespace

Result<std::unique_ptr<Store>> open_sqlite(const SqliteOptions& options,
                                           const Surroundings& surroundings) {
    auto store = std::make_unique<SqliteStore>(options, surroundings);
    if (auto opened = store->open(); !opened) return opened.error();
    return std::unique_ptr<Store>{std::move(store)};
}

}  // namespace tsunagi::store

#pragma once
#include <functional>
#include <string>

#include "base/result.h"
#include "crypto/signature.h"
#include "store/reader.h"
#include "store/transaction.h"

/// Cases, sealed documents, outbox and exchange log in one database. This interface knows no
/// database; store/sqlite/sqlite_store.h opens the embedded one.
namespace tsunagi::store {

/// Thread rule: any thread may call any method; none starts a thread.
class Store {
public:
    virtual ~Store() = default;

    /// Runs `work` and returns when its changes are on the disk (fsync). Callers at the same time
    /// share one commit; each has its own savepoint, so an Error or a throw from `work` undoes that
    /// caller's changes only (the throw goes on in the caller). `work` runs once, maybe on another
    /// caller's thread, must not call the store again, and must be quick: everybody waits for it.
    /// Errors: those of `work`; Unavailable when nothing was stored because the disk is full (try
    /// again) or because the store stopped (see accepting).
    virtual Status write(const std::function<Status(Transaction&)>& work) = 0;

    /// Runs `work` on a snapshot: it sees every write that returned before it began, and no later
    /// one. Waits while all readers are in use.
    virtual Status read(const std::function<Status(Reader&)>& work) const = 0;

    /// Signs the log as it stands on the disk: re-hashes the stored entries since the last
    /// checkpoint, signs (size, root), remembers it outside the database, stores and returns it
    /// (C2SP signed note). The same text again when the log has not grown. Invalid when `key` is
    /// not the log's.
    virtual Result<std::string> sign_checkpoint(const crypto::SigningKey& key) = 0;

    /// Why writes are refused, if they are: a disk error that may have lost a write, or a log that
    /// is not the one last signed ("log rolled back"). Only a new start clears it. Reads go on.
    virtual Status accepting() const = 0;
};

}  // namespace tsunagi::store

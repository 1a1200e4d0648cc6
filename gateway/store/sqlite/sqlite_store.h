#pragma once
#include <chrono>
#include <memory>
#include <string>

#include "audit/note.h"
#include "base/clock.h"
#include "base/random.h"
#include "crypto/case_keys.h"
#include "store/last_signed.h"
#include "store/store.h"

namespace tsunagi::store {

struct SqliteOptions {
    std::string path;
    std::string vfs;          ///< name of a registered SQLite VFS; empty: the operating system's
    std::string origin;       ///< first line of our checkpoints, e.g. "tsunagi.example/log"
    std::size_t readers = 4;  ///< connections for Store::read
    std::size_t max_group = 256;          ///< callers that share one commit at most
    std::size_t checkpoint_pages = 1000;  ///< WAL pages after which the writer copies them back
};

/// What the store is given to work with; everything must outlive it.
struct Surroundings {
    crypto::CaseKeys& keys;
    const Clock& clock;
    Random& random;  ///< used by one writer at a time
    LastSigned& last_signed;
    audit::NoteKey log_key;  ///< the log's verifier key; its name is the origin of checkpoints
};

/// Opens or creates the database at `options.path`, brings it to this program's schema, replays
/// pending key destructions and checks the whole log against its leaf hashes and the last signed
/// checkpoint. Errors: Unsupported (written by a newer program), Unavailable (cannot be opened),
/// Internal (not ours, or damaged). A log that is not the one last signed opens for reading only:
/// Store::accepting says why.
Result<std::unique_ptr<Store>> open_sqlite(const SqliteOptions& options,
                                           const Surroundings& surroundings);

}  // namespace tsunagi::store

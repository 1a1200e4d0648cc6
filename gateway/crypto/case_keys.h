#pragma once
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/random.h"
#include "crypto/seal.h"

namespace tsunagi::crypto {

/// One AES-256 data key per case, wrapped by a key-encryption key, in a file apart from the
/// database and outside its backups (architecture.md, keys). Erasing a case is destroying its key:
/// every copy of its sealed rows, in backups too, becomes noise.
///
/// Case names are letters, digits and '-' (1 to 64). Durable: create() and destroy() return after
/// fsync; callers that come together share one fsync. One process at a time: the file is locked.
/// File: README.md. Thread rule: any thread. `random` must outlive the object and be safe from
/// every thread that calls create().
class CaseKeys {
public:
    /// Opens or makes the file (mode 0600). Busy when another process holds it; Denied when `kek`
    /// does not open it; Invalid, with the line, when it is damaged. A torn last line was never
    /// acknowledged and is cut off.
    static Result<std::unique_ptr<CaseKeys>> open(const std::filesystem::path& file,
                                                  const DataKey& kek, Random& random);
    /// Without a file: for tests and the simulated world, whose disk is memory.
    static std::unique_ptr<CaseKeys> in_memory(Random& random);
    ~CaseKeys();

    /// Makes a key for each of `names`. All or none: Conflict when one exists or was destroyed.
    Status create(std::span<const std::string> names);
    Status create(const std::string& name) { return create(std::span{&name, 1}); }

    /// The two halves of create(), for one fsync over the keys of many callers: a staged key can be
    /// used at once, but what it sealed must not be acknowledged before sync() returned.
    Status stage(std::span<const std::string> names);
    Status stage(const std::string& name) { return stage(std::span{&name, 1}); }
    Status sync();

    /// NotFound when there is none; Denied when it was destroyed.
    Result<DataKey> key(std::string_view name) const;

    /// Destroys the key and remembers that. Destroying again, or a key that never was, is success:
    /// a restore replays the list of another copy.
    Status destroy(std::span<const std::string> names);
    Status destroy(const std::string& name) { return destroy(std::span{&name, 1}); }

    /// Every name ever destroyed, sorted: kept with a backup and replayed after its restore.
    std::vector<std::string> destroyed() const;
    std::size_t size() const;  ///< living keys

private:
    struct Impl;
    explicit CaseKeys(std::unique_ptr<Impl> impl);
    std::unique_ptr<Impl> impl_;
};

}  // namespace tsunagi::crypto

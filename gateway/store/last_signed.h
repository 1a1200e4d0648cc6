#pragma once
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace tsunagi::store {

/// Remembers the last checkpoint that was signed, apart from the database and outside its backups:
/// a database restored from an old copy is then seen to be older than what was published. Thread
/// rule: one thread at a time.
class LastSigned {
public:
    virtual ~LastSigned() = default;
    /// The remembered checkpoint (signed note), or none.
    virtual Result<std::optional<std::string>> load() = 0;
    /// Durable on return.
    virtual Status save(std::string_view checkpoint) = 0;
};

/// One small file, replaced atomically (write, fsync, rename, fsync of the folder).
class LastSignedFile final : public LastSigned {
public:
    explicit LastSignedFile(std::filesystem::path path) : path_(std::move(path)) {}
    Result<std::optional<std::string>> load() override;
    Status save(std::string_view checkpoint) override;

private:
    std::filesystem::path path_;
};

/// For tests and the simulated world.
class LastSignedMemory final : public LastSigned {
public:
    Result<std::optional<std::string>> load() override { return held_; }
    Status save(std::string_view checkpoint) override {
        held_ = std::string{checkpoint};
        return {};
    }
    void forget() { held_.reset(); }

private:
    std::optional<std::string> held_;
};

}  // namespace tsunagi::store

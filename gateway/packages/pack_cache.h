#pragma once
#include <filesystem>
#include <optional>
#include <string>

#include "base/bytes.h"
#include "base/result.h"
#include "packages/mapped_file.h"

namespace tsunagi::packages {

/// Compiled packs in a folder, named by a key of what they were made from. Several processes may
/// use one folder. Thread rule: any thread.
class PackCache {
public:
    static constexpr std::size_t kMaxPacks = 32;

    /// `folder` is made when it is first written to, for its owner alone; empty: no cache.
    explicit PackCache(std::filesystem::path folder) : folder_(std::move(folder)) {}

    /// The pack of that key; nothing if there is none. The reader checks it.
    std::optional<MappedFile> find(const std::string& key) const;
    /// Puts a pack there in one step and returns it mapped; the oldest beyond kMaxPacks go.
    Result<MappedFile> put(const std::string& key, BytesView pack) const;

private:
    std::filesystem::path path(const std::string& key) const { return folder_ / (key + ".pack"); }
    void drop_oldest() const;

    std::filesystem::path folder_;
};

}  // namespace tsunagi::packages

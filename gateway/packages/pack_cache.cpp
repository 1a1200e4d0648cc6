#include "packages/pack_cache.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "packages/replace_file.h"

namespace tsunagi::packages {

namespace fs = std::filesystem;

std::optional<MappedFile> PackCache::find(const std::string& key) const {
    if (folder_.empty()) return {};
    auto file = MappedFile::open(path(key));
    if (!file) return {};
    return std::move(*file);
}

Result<MappedFile> PackCache::put(const std::string& key, BytesView pack) const {
    if (folder_.empty()) return Error{Code::Unavailable, "no cache folder", {}};
    std::error_code fault;
    if (fs::create_directories(folder_, fault))
        fs::permissions(folder_, fs::perms::owner_all, fs::perm_options::replace, fault);
    drop_oldest();
    if (const Status written = replace_file(path(key), pack); !written) return written.error();
    return MappedFile::open(path(key));
}

void PackCache::drop_oldest() const {
    std::vector<std::pair<fs::file_time_type, fs::path>> packs;
    std::error_code fault;
    for (fs::directory_iterator at(folder_, fault), end; !fault && at != end; at.increment(fault)) {
        std::error_code gone;
        const auto time = fs::last_write_time(at->path(), gone);
        if (!gone && at->path().extension() == ".pack") packs.emplace_back(time, at->path());
    }
    if (packs.size() < kMaxPacks) return;
    std::ranges::sort(packs);
    for (std::size_t i = 0; i + kMaxPacks <= packs.size(); ++i) fs::remove(packs[i].second, fault);
}

}  // namespace tsunagi::packages

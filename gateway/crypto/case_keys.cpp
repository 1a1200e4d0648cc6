#include "crypto/case_keys.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <condition_variable>
#include <map>
#include <mutex>
#include <set>

#include "crypto/file.h"

namespace tsunagi::crypto {
namespace {

constexpr std::string_view kTitle = "tsunagi-case-keys 1 ";
constexpr std::string_view kCheckContext = "tsunagi-case-keys check";
constexpr std::string_view kKeyContext = "tsunagi-case-keys key ";

bool is_case_name(std::string_view name) {
    return !name.empty() && name.size() <= 64 && std::all_of(name.begin(), name.end(), [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               c == '-';
    });
}

Bytes context_of(std::string_view name) {
    const std::string text = std::string{kKeyContext} + std::string{name};
    const BytesView bytes = as_bytes(text);
    return {bytes.begin(), bytes.end()};
}

/// Where a sealed key stands in the file, and its text.
struct Wrapped {
    std::string base64;
    off_t at = 0;
};

Error damaged(const std::filesystem::path& file, std::size_t line, const char* what) {
    return Error{Code::Invalid, std::string{"the file of case keys is damaged: "} + what,
                 file.string() + " line " + std::to_string(line)};
}

}  // namespace

struct CaseKeys::Impl {
    Impl(const DataKey& key, Random& source) : kek(key), random(source) {}

    Status load(const std::string& text);
    Status take_line(std::string_view line, std::size_t number, off_t at);
    bool append(std::string_view text);
    Status sync(std::unique_lock<std::mutex>& lock);
    Status wipe(const std::vector<Wrapped>& victims, std::unique_lock<std::mutex>& lock);
    Error broken_error() const {
        return Error{Code::Unavailable, "the file of case keys could not be written",
                     path.string()};
    }

    const DataKey kek;
    Random& random;
    std::filesystem::path path;
    File file;  // none in memory mode
    mutable std::mutex mutex;
    std::condition_variable synced_changed;
    std::map<std::string, Wrapped, std::less<>> living;
    std::set<std::string, std::less<>> destroyed;
    std::vector<Wrapped> unfinished;  // sealed keys of destroyed cases found at opening
    off_t end = 0;
    std::uint64_t written = 0;  // writes so far, and how many of them are on disk
    std::uint64_t synced = 0;
    bool syncing = false;
    bool broken = false;  // a failed fsync is never retried: the kernel may have dropped the pages
};

Status CaseKeys::Impl::take_line(std::string_view line, std::size_t number, off_t at) {
    if (line.starts_with("- ")) {
        const std::string_view name = line.substr(2);
        if (!is_case_name(name)) return damaged(path, number, "not a case name");
        if (const auto found = living.find(name); found != living.end()) {
            unfinished.push_back(found->second);
            living.erase(found);
        }
        destroyed.emplace(name);
        return {};
    }
    const std::size_t space = line.find(' ', 2);
    if (!line.starts_with("+ ") || space == std::string_view::npos) {
        return damaged(path, number, "unknown line");
    }
    const std::string_view name = line.substr(2, space - 2);
    const std::string_view wrapped = line.substr(space + 1);
    if (!is_case_name(name) || wrapped.empty()) return damaged(path, number, "unknown line");
    if (destroyed.contains(name) ||
        !living
             .emplace(std::string{name},
                      Wrapped{std::string{wrapped}, at + static_cast<off_t>(space + 1)})
             .second) {
        return damaged(path, number, "a case twice");
    }
    return {};
}

Status CaseKeys::Impl::load(const std::string& text) {
    const std::size_t first_end = text.find('\n');
    if (first_end == std::string::npos || !text.starts_with(kTitle)) {
        return damaged(path, 1, "not a file of case keys");
    }
    const auto check =
        from_base64(std::string_view{text}.substr(kTitle.size(), first_end - kTitle.size()));
    if (!check) return damaged(path, 1, "unreadable check");
    if (!crypto::open(kek, *check, as_bytes(kCheckContext))) {
        return Error{Code::Denied, "the key-encryption key does not open this file", path.string()};
    }
    std::size_t at = first_end + 1;
    for (std::size_t number = 2;; ++number) {
        const std::size_t line_end = text.find('\n', at);
        if (line_end == std::string::npos) break;
        if (auto taken = take_line(std::string_view{text}.substr(at, line_end - at), number,
                                   static_cast<off_t>(at));
            !taken) {
            return taken;
        }
        at = line_end + 1;
    }
    end = static_cast<off_t>(at);
    if (at != text.size() && ::ftruncate(file.get(), end) != 0) {
        return file_error(errno, "cannot cut a torn line", path);
    }
    return {};
}

bool CaseKeys::Impl::append(std::string_view text) {
    if (!file) return true;
    if (!write_at(file, text, end)) {
        broken = ::ftruncate(file.get(), end) != 0;
        return false;
    }
    end += static_cast<off_t>(text.size());
    ++written;
    return true;
}

Status CaseKeys::Impl::sync(std::unique_lock<std::mutex>& lock) {
    const std::uint64_t mine = written;
    while (file && synced < mine && !broken) {
        if (syncing) {
            synced_changed.wait(lock);
            continue;
        }
        // One caller syncs for all who have written by now.
        syncing = true;
        const std::uint64_t target = written;
        lock.unlock();
        const bool done = ::fdatasync(file.get()) == 0;
        lock.lock();
        syncing = false;
        if (done) {
            synced = std::max(synced, target);
        } else {
            broken = true;
        }
        synced_changed.notify_all();
    }
    if (broken) return broken_error();
    return {};
}

Status CaseKeys::Impl::wipe(const std::vector<Wrapped>& victims,
                            std::unique_lock<std::mutex>& lock) {
    if (!file) return {};
    for (const Wrapped& victim : victims) {
        if (!write_at(file, std::string(victim.base64.size(), '0'), victim.at)) {
            return file_error(errno, "cannot overwrite a destroyed key", path);
        }
        ++written;
    }
    return sync(lock);
}

CaseKeys::CaseKeys(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
CaseKeys::~CaseKeys() = default;

Result<std::unique_ptr<CaseKeys>> CaseKeys::open(const std::filesystem::path& file,
                                                 const DataKey& kek, Random& random) {
    std::error_code ignored;
    if (!std::filesystem::exists(file, ignored)) {
        // A new file appears under its name whole or not at all.
        std::filesystem::path fresh = file;
        fresh += ".new";
        std::filesystem::remove(fresh, ignored);
        const File handle = open_file(fresh, O_WRONLY | O_CREAT | O_EXCL);
        if (!handle) return file_error(errno, "cannot make", fresh);
        const Bytes check = seal(kek, as_bytes(kCheckContext), as_bytes(kCheckContext), random);
        const std::string title = std::string{kTitle} + to_base64(check) + "\n";
        if (!write_at(handle, title, 0) || ::fsync(handle.get()) != 0 ||
            ::rename(fresh.c_str(), file.c_str()) != 0 || !sync_folder_of(file)) {
            return file_error(errno, "cannot write", fresh);
        }
    }
    auto impl = std::make_unique<Impl>(kek, random);
    impl->path = file;
    impl->file = open_file(file, O_RDWR);
    if (!impl->file) return file_error(errno, "cannot open", file);
    if (::flock(impl->file.get(), LOCK_EX | LOCK_NB) != 0) {
        return Error{Code::Busy, "another process uses the file of case keys", file.string()};
    }
    struct stat facts {};
    if (::fstat(impl->file.get(), &facts) != 0) return file_error(errno, "cannot look at", file);
    std::string text(static_cast<std::size_t>(facts.st_size), '\0');
    const auto size = read_at(impl->file, text.data(), text.size(), 0);
    if (!size || *size != text.size()) return file_error(errno, "cannot read", file);
    if (auto loaded = impl->load(text); !loaded) return loaded.error();
    std::erase_if(impl->unfinished, [](const Wrapped& wrapped) {
        return wrapped.base64.find_first_not_of('0') == std::string::npos;
    });
    {
        std::unique_lock lock{impl->mutex};
        if (auto wiped = impl->wipe(impl->unfinished, lock); !wiped) return wiped.error();
        impl->unfinished.clear();
    }
    return std::unique_ptr<CaseKeys>{new CaseKeys{std::move(impl)}};
}

std::unique_ptr<CaseKeys> CaseKeys::in_memory(Random& random) {
    return std::unique_ptr<CaseKeys>{
        new CaseKeys{std::make_unique<Impl>(DataKey::generate(random), random)}};
}

Status CaseKeys::create(std::span<const std::string> names) {
    if (auto staged = stage(names); !staged) return staged;
    return sync();
}

Status CaseKeys::stage(std::span<const std::string> names) {
    const std::lock_guard lock{impl_->mutex};
    if (impl_->broken) return impl_->broken_error();
    std::map<std::string, Wrapped, std::less<>> made;
    std::string text;
    for (const std::string& name : names) {
        if (!is_case_name(name)) return Error{Code::Invalid, "not a case name", "case"};
        if (impl_->living.contains(name) || impl_->destroyed.contains(name) ||
            made.contains(name)) {
            return Error{Code::Conflict, "the case has or had a key", "case"};
        }
        const DataKey key = DataKey::generate(impl_->random);
        const Bytes sealed = seal(impl_->kek, key.reveal(), context_of(name), impl_->random);
        text += "+ " + name + " ";
        Wrapped wrapped{to_base64(sealed), impl_->end + static_cast<off_t>(text.size())};
        text += wrapped.base64 + "\n";
        made.emplace(name, std::move(wrapped));
    }
    if (!impl_->append(text)) {
        return file_error(errno, "cannot write the file of case keys", impl_->path);
    }
    impl_->living.merge(made);
    return {};
}

Status CaseKeys::sync() {
    std::unique_lock lock{impl_->mutex};
    return impl_->sync(lock);
}

Result<DataKey> CaseKeys::key(std::string_view name) const {
    std::string base64;
    {
        const std::lock_guard lock{impl_->mutex};
        const auto found = impl_->living.find(name);
        if (found == impl_->living.end()) {
            if (impl_->destroyed.contains(name)) {
                return Error{Code::Denied, "the key of this case was destroyed", "case"};
            }
            return Error{Code::NotFound, "the case has no key", "case"};
        }
        base64 = found->second.base64;
    }
    const auto sealed = from_base64(base64);
    if (!sealed) return Error{Code::Internal, "a sealed case key is damaged", "case"};
    auto plain = crypto::open(impl_->kek, *sealed, context_of(name));
    if (!plain) return Error{Code::Internal, "a sealed case key is damaged", "case"};
    return DataKey::from_bytes(*plain);
}

Status CaseKeys::destroy(std::span<const std::string> names) {
    std::unique_lock lock{impl_->mutex};
    if (impl_->broken) return impl_->broken_error();
    std::string text;
    for (const std::string& name : names) {
        if (!is_case_name(name)) return Error{Code::Invalid, "not a case name", "case"};
        if (!impl_->destroyed.contains(name)) text += "- " + name + "\n";
    }
    if (!impl_->append(text)) {
        return file_error(errno, "cannot write the file of case keys", impl_->path);
    }
    std::vector<Wrapped> victims;
    for (const std::string& name : names) {
        impl_->destroyed.insert(name);
        const auto found = impl_->living.find(name);
        if (found == impl_->living.end()) continue;
        victims.push_back(std::move(found->second));
        impl_->living.erase(found);
    }
    if (auto synced = impl_->sync(lock); !synced) return synced;
    return impl_->wipe(victims, lock);
}

std::vector<std::string> CaseKeys::destroyed() const {
    const std::lock_guard lock{impl_->mutex};
    return {impl_->destroyed.begin(), impl_->destroyed.end()};
}

std::size_t CaseKeys::size() const {
    const std::lock_guard lock{impl_->mutex};
    return impl_->living.size();
}

}  // namespace tsunagi::crypto

#include "packages/package_reader.h"

#include <archive.h>
#include <archive_entry.h>

#include <algorithm>
#include <fstream>
#include <map>
#include <memory>
#include <vector>

#include "base/limits.h"
#include "json/reader.h"

namespace tsunagi::packages {
namespace {

namespace fs = std::filesystem;

struct CloseArchive {
    void operator()(archive* handle) const noexcept { archive_read_free(handle); }
};
using Archive = std::unique_ptr<archive, CloseArchive>;

Error invalid(std::string message, const fs::path& where) {
    return Error{Code::Invalid, std::move(message), where.string()};
}

/// Counts what a package costs and says when it is too much.
class Budget {
public:
    explicit Budget(const PackageLimits& limits) : limits_(limits) {}
    bool take_file() noexcept { return ++files_ <= limits_.max_files; }
    bool take_bytes(std::size_t of_file, std::size_t more) noexcept {
        total_ += more;
        return of_file <= limits_.max_file_bytes && total_ <= limits_.max_total_bytes;
    }

private:
    const PackageLimits& limits_;
    std::size_t files_ = 0;
    std::size_t total_ = 0;
};

bool is_plain_path(std::string_view name) {
    if (name.empty() || name.front() == '/') return false;
    for (std::size_t at = 0; at <= name.size();) {
        const std::size_t end = std::min(name.find('/', at), name.size());
        if (name.substr(at, end - at) == "..") return false;
        at = end + 1;
    }
    return true;
}

/// An archive can only be read front to back; its files are gathered so that they can be handed out
/// by name.
Status read_archive(const fs::path& path, const FileVisitor& visit, const PackageLimits& limits) {
    const Archive handle(archive_read_new());
    if (!handle) return Error{Code::Unavailable, "no memory for an archive reader", path.string()};
    archive_read_support_filter_gzip(handle.get());
    archive_read_support_format_tar(handle.get());
    if (archive_read_open_filename(handle.get(), path.c_str(), std::size_t{1} << 16) != ARCHIVE_OK)
        return invalid("not a .tgz package", path);

    Budget budget(limits);
    std::map<std::string, std::string> files;
    std::vector<char> block(std::size_t{1} << 16);
    for (;;) {
        archive_entry* entry = nullptr;
        const int state = archive_read_next_header(handle.get(), &entry);
        if (state == ARCHIVE_EOF) break;
        if (state != ARCHIVE_OK) return invalid("damaged package", path);
        const auto kind = archive_entry_filetype(entry);
        if (kind == AE_IFDIR) continue;
        const char* name = archive_entry_pathname(entry);
        if (kind != AE_IFREG || archive_entry_hardlink(entry) || !name || !is_plain_path(name))
            return Error{Code::Unsupported, "package holds a link or an unsafe path",
                         path.string()};
        if (!budget.take_file()) return invalid("too many files in a package", path);
        const bool wanted = !limits.wanted || limits.wanted(name);
        std::string text;
        std::size_t unpacked = 0;
        for (;;) {
            const la_ssize_t got = archive_read_data(handle.get(), block.data(), block.size());
            if (got < 0) return invalid("damaged package", path);
            if (got == 0) break;
            const auto size = static_cast<std::size_t>(got);
            unpacked += size;
            if (!budget.take_bytes(unpacked, size))
                return invalid("package is larger than the limit", path);
            if (wanted) text.append(block.data(), size);
        }
        if (wanted && !files.emplace(name, std::move(text)).second)
            return invalid("package holds a file twice", path);
    }
    for (auto& [name, text] : files) {
        if (Status visited = visit(name, text); !visited) return visited;
        text = {};
    }
    return {};
}

Status read_file(const fs::path& path, std::string_view name, Budget& budget,
                 const FileVisitor& visit) {
    std::error_code fault;
    const auto size = fs::file_size(path, fault);
    if (fault) return Error{Code::Unavailable, fault.message(), path.string()};
    if (!budget.take_file() ||
        !budget.take_bytes(static_cast<std::size_t>(size), static_cast<std::size_t>(size))) {
        return invalid("package is larger than the limit", path);
    }
    std::string text(static_cast<std::size_t>(size), '\0');
    std::ifstream in(path, std::ios::binary);
    in.read(text.data(), static_cast<std::streamsize>(text.size()));
    if (static_cast<std::size_t>(in.gcount()) != text.size())
        return Error{Code::Unavailable, "file could not be read whole", path.string()};
    return visit(name, text);
}

Status read_folder(const fs::path& path, const FileVisitor& visit, const PackageLimits& limits) {
    std::vector<fs::path> found;
    std::error_code fault;
    for (fs::recursive_directory_iterator at(path, fault), end; !fault && at != end;
         at.increment(fault)) {
        if (at->is_regular_file(fault)) found.push_back(at->path());
        if (found.size() > limits.max_files) return invalid("too many files in a package", path);
    }
    if (fault) return Error{Code::Unavailable, fault.message(), path.string()};
    std::ranges::sort(found);
    Budget budget(limits);
    for (const fs::path& file : found) {
        const std::string name = file.lexically_relative(path).generic_string();
        if (limits.wanted && !limits.wanted(name)) continue;
        if (Status read = read_file(file, name, budget, visit); !read) return read;
    }
    return {};
}

}  // namespace

Status for_each_file(const fs::path& package, const FileVisitor& visit,
                     const PackageLimits& limits) {
    std::error_code fault;
    const fs::file_status status = fs::status(package, fault);
    if (!fs::exists(status)) return Error{Code::NotFound, "no such package", package.string()};
    if (fs::is_directory(status)) return read_folder(package, visit, limits);
    const std::string name = package.filename().string();
    if (name.ends_with(".tgz") || name.ends_with(".tar.gz"))
        return read_archive(package, visit, limits);
    Budget budget(limits);
    return read_file(package, name, budget, visit);
}

Status for_each_resource(const fs::path& package, const ResourceVisitor& visit,
                         const PackageLimits& limits) {
    const JsonLimits json_limits{.max_bytes = limits.max_file_bytes};
    return for_each_file(
        package,
        [&](std::string_view name, std::string_view text) -> Status {
            const std::string_view file = name.substr(name.rfind('/') + 1);
            if (!file.ends_with(".json") || file.starts_with('.') || file == "package.json")
                return {};
            auto document = json::read(text, json_limits);
            if (!document) {
                return Error{
                    Code::Invalid, document.error().message,
                    package.string() + " " + std::string{name} + " " + document.error().where};
            }
            if (!document->root()["resourceType"].is_string()) return {};
            return visit(name, std::move(*document));
        },
        limits);
}

}  // namespace tsunagi::packages

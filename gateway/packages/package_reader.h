#pragma once
#include <cstddef>
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "json/document.h"

namespace tsunagi::packages {

/// What reading one package may cost, unpacked: operators drop packages of others into a folder.
struct PackageLimits {
    std::size_t max_file_bytes = std::size_t{64} << 20;
    std::size_t max_total_bytes = std::size_t{1} << 30;
    std::size_t max_files = 100'000;
    /// What of an archive or folder is worth keeping, by its path inside; absent: everything.
    std::function<bool(std::string_view name)> wanted = {};
};

/// `name` is the path inside the package, for messages.
using FileVisitor = std::function<Status(std::string_view name, std::string_view text)>;
using ResourceVisitor = std::function<Status(std::string_view name, json::Document resource)>;

/// Calls `visit` for every file of a FHIR package: an npm .tgz (hl7.org/fhir NPM packages), a
/// folder with all below it, or one file. Names ascend, so that the order does not depend on how
/// the package was made; files are read one after the other and not kept. Nothing is ever unpacked
/// to disk. Error: NotFound, Unsupported (links, devices, paths with ".."), Invalid (not a package,
/// damaged, beyond a limit), or the first error of `visit`.
Status for_each_file(const std::filesystem::path& package, const FileVisitor& visit,
                     const PackageLimits& limits = {});

/// The same for every JSON resource: files "*.json" that hold an object with a resourceType.
/// package.json, .index.json and the like are passed over; a file that is no strict JSON is an
/// error.
Status for_each_resource(const std::filesystem::path& package, const ResourceVisitor& visit,
                         const PackageLimits& limits = {});

}  // namespace tsunagi::packages

#pragma once
#include <filesystem>
#include <memory>
#include <span>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "fhir/definitions.h"
#include "packages/mapped_file.h"
#include "packages/package_reader.h"

namespace tsunagi::packages {

/// The packages that an operator or a command line adds to the built-in definitions. Each time they
/// are needed: their content is hashed, the pack compiled from them is mapped from the cache, and
/// only when there is none, or it is damaged, are they read and compiled (layer_compiler.h).
/// Thread rule: one thread; the definitions view the packs, so this must outlive them.
class PackageSet {
public:
    struct Options {
        std::filesystem::path cache;  ///< folder of compiled packs; empty: nothing is kept
        PackageLimits limits{.max_total_bytes = std::size_t{256} << 20};
    };

    /// Adds `packages` (npm .tgz, folders, single resources) to `definitions`: first those with a
    /// package.json, each after what it depends on, then the loose ones, which may build on them.
    /// What is missing or unusable is among `definitions.notes()`. Error: what for_each_file says
    /// of a package, Invalid for a file that is no strict JSON or a package without any definition,
    /// Unsupported for another version of FHIR; `where` names the package.
    static Result<PackageSet> load(std::span<const std::filesystem::path> packages,
                                   fhir::Definitions& definitions, const Options& options);

    /// How many packs had to be compiled now.
    std::size_t compiled() const noexcept { return compiled_; }

private:
    Status add_layer(const std::vector<std::filesystem::path>& packages,
                     fhir::Definitions& definitions, const Options& options);

    std::vector<MappedFile> mapped_;
    std::vector<std::unique_ptr<Bytes>> owned_;  ///< where nothing could be kept
    std::size_t compiled_ = 0;
};

}  // namespace tsunagi::packages

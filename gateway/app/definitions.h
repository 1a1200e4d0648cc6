#pragma once
#include <iosfwd>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "app/command.h"
#include "app/home.h"
#include "fhir/definitions.h"
#include "packages/mapped_file.h"
#include "packages/package_set.h"

namespace tsunagi::app {

/// The R4 definitions, our own profiles, the packages that lie in profiles/packages/ and those that
/// a command line names. Move-only.
struct LoadedDefinitions {
    Home home;
    packages::MappedFile pack;
    packages::PackageSet own, added;
    std::unique_ptr<fhir::Definitions> definitions;  ///< views the packs
};

/// `packages` are FHIR packages (.tgz), folders of conformance resources, or single ones. What is
/// compiled from them is kept in the folder that TSUNAGI_CACHE names, else in
/// ~/.cache/tsunagi/packs, and mapped the next time. An Error names the file.
Result<LoadedDefinitions> load_definitions(const Home& home, std::span<const std::string> packages);

/// The same for a command with `--home` and `--package`. Nothing when they cannot be read; `io.err`
/// then says why, and the command ends with kCouldNotRun.
std::optional<LoadedDefinitions> definitions_for(const Arguments& arguments, Io& io);

/// Adds the packages that lie in profiles/packages/ of `home`, then `packages`, as above. The
/// result must outlive `definitions`.
Result<packages::PackageSet> add_packages(const Home& home, std::span<const std::string> packages,
                                          fhir::Definitions& definitions);

/// Says what the packages refer to and nobody supplies, and what of them could not be used: each
/// once, Japanese and English. Nothing when all is there.
void report_gaps(const fhir::Definitions& definitions, std::ostream& err);

}  // namespace tsunagi::app

#pragma once
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"

namespace tsunagi::packages {

/// What package.json of a FHIR package says (hl7.org/fhir/packages.html).
struct PackageManifest {
    std::string name;     ///< "jp-core.r4"; empty: the package has no package.json
    std::string version;  ///< "1.1.2"
    std::vector<std::pair<std::string, std::string>> dependencies;  ///< name, version
};

/// Reads a package.json. Error Invalid: no JSON object, or without a name; Unsupported: for other
/// versions of FHIR than R4 (4.0).
Result<PackageManifest> read_manifest(std::string_view text);

/// True for packages whose content the program knows already: the R4 core definitions.
bool is_built_in(std::string_view package_name);

/// Indexes of `manifests` so that each comes after what it depends on, else in the order given;
/// packages that depend on each other in a circle stay in the order given.
std::vector<std::size_t> by_dependency(const std::vector<PackageManifest>& manifests);

}  // namespace tsunagi::packages

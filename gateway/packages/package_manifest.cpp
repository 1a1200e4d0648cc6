#include "packages/package_manifest.h"

#include <algorithm>

#include "json/reader.h"

namespace tsunagi::packages {

Result<PackageManifest> read_manifest(std::string_view text) {
    const auto document = json::read(text);
    if (!document) return document.error();
    const json::Value root = document->root();
    PackageManifest manifest;
    manifest.name = root["name"].text();
    manifest.version = root["version"].text();
    if (manifest.name.empty())
        return Error{Code::Invalid, "package.json without a name", "package.json"};
    // Both spellings are in use; a package without either is taken as R4.
    for (const char* member : {"fhirVersions", "fhir-version-list"}) {
        const json::Value versions = root[member];
        if (versions.empty()) continue;
        const bool fits = std::any_of(versions.begin(), versions.end(), [](json::Value each) {
            return each.text().starts_with("4.0");
        });
        if (!fits) return Error{Code::Unsupported, "the package is not for FHIR R4", manifest.name};
    }
    for (const json::Value each : root["dependencies"])
        manifest.dependencies.emplace_back(each.key(), each.text());
    return manifest;
}

bool is_built_in(std::string_view package_name) {
    return package_name == "hl7.fhir.r4.core" || package_name == "hl7.fhir.r4.examples" ||
           package_name == "hl7.fhir.r4.expansions" || package_name == "hl7.fhir.r4.elements";
}

std::vector<std::size_t> by_dependency(const std::vector<PackageManifest>& manifests) {
    std::vector<std::size_t> order;
    std::vector<bool> placed(manifests.size(), false);
    const auto waits = [&](std::size_t at) {
        return std::ranges::any_of(manifests[at].dependencies, [&](const auto& dependency) {
            for (std::size_t i = 0; i < manifests.size(); ++i) {
                if (i != at && !placed[i] && manifests[i].name == dependency.first) return true;
            }
            return false;
        });
    };
    while (order.size() < manifests.size()) {
        // The first that waits for nothing; in a circle the first there is.
        std::size_t next = manifests.size();
        for (std::size_t i = 0; i < manifests.size(); ++i) {
            if (placed[i]) continue;
            if (next == manifests.size()) next = i;
            if (!waits(i)) {
                next = i;
                break;
            }
        }
        placed[next] = true;
        order.push_back(next);
    }
    return order;
}

}  // namespace tsunagi::packages

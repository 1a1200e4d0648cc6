#include "packages/package_set.h"

#include <algorithm>
#include <cstdio>
#include <map>
#include <set>
#include <string>
#include <utility>

#include "fhir/hash.h"
#include "fhir/pack_format.h"
#include "json/reader.h"
#include "packages/layer_compiler.h"
#include "packages/pack_cache.h"
#include "packages/package_manifest.h"

namespace tsunagi::packages {
namespace {

namespace fs = std::filesystem;

/// Raised when the compiler makes something else of the same packages.
constexpr std::uint64_t kCompilerVersion = 3;

std::string_view file_name(std::string_view path) { return path.substr(path.rfind('/') + 1); }

bool is_archive(const fs::path& package) {
    const std::string name = package.filename().string();
    return name.ends_with(".tgz") || name.ends_with(".tar.gz");
}

/// Definitions lie in the folder "package" of an archive; what lies deeper are examples, tests and
/// pages (hl7.org/fhir/packages.html).
bool is_definition_file(std::string_view name) {
    const std::string_view file = file_name(name);
    return file.ends_with(".json") && !file.starts_with('.') &&
           !(name.starts_with("package/") && name.find('/', 8) != std::string_view::npos);
}

/// Two hashes of 64 bits each, so that chance makes no two contents one. Not for enemies: whoever
/// can choose a package can choose what it says.
class Fingerprint {
public:
    void add(std::string_view text) {
        first_ = fhir::hash_text(text, first_);
        second_ = fhir::hash_text(text, second_ ^ 0xC2B2AE3D27D4EB4FU);
    }
    void add(std::uint64_t number) {
        add(std::string_view{reinterpret_cast<const char*>(&number), sizeof number});
    }
    std::string text() const {
        char digits[33];
        std::snprintf(digits, sizeof digits, "%016llx%016llx",
                      static_cast<unsigned long long>(first_),
                      static_cast<unsigned long long>(second_));
        return digits;
    }

private:
    std::uint64_t first_ = 1, second_ = 2;
};

Status add_content(const fs::path& package, const PackageLimits& limits, Fingerprint& print) {
    std::error_code fault;
    print.add(package.filename().string());
    if (!fs::is_directory(package, fault)) {
        std::error_code absent;
        if (!fs::exists(package, absent))
            return Error{Code::NotFound, "no such package", package.string()};
        const auto file = MappedFile::open(package);
        if (!file) return file.error();
        if (file->bytes().size() > limits.max_total_bytes)
            return Error{Code::Invalid, "package is larger than the limit", package.string()};
        print.add(as_text(file->bytes()));
        return {};
    }
    return for_each_file(
        package,
        [&](std::string_view name, std::string_view text) -> Status {
            print.add(name);
            print.add(text);
            return {};
        },
        limits);
}

/// The rest of a package is not kept.
bool is_used(std::string_view resource_type) {
    return resource_type == "StructureDefinition" || resource_type == "ValueSet" ||
           resource_type == "CodeSystem" || resource_type == "ConceptMap" ||
           resource_type == "Questionnaire" || resource_type == "SearchParameter" ||
           resource_type == "Bundle";
}

/// A package as it was read.
struct Content {
    fs::path path;
    PackageManifest manifest;
    std::vector<json::Document> resources;
};

Result<Content> read_package(const fs::path& package, const PackageLimits& limits) {
    Content content;
    content.path = package;
    const auto fail = [&](const Error& error, std::string_view name) {
        std::string where = package.string();
        where.append(": ").append(name);
        if (!error.where.empty()) where.append(" ").append(error.where);
        return Error{error.code, error.message, std::move(where)};
    };
    const JsonLimits json_limits{.max_bytes = limits.max_file_bytes};
    std::size_t resources = 0;
    const Status read = for_each_file(
        package,
        [&](std::string_view name, std::string_view text) -> Status {
            if (file_name(name) == "package.json") {
                auto manifest = read_manifest(text);
                if (!manifest) return fail(manifest.error(), name);
                content.manifest = std::move(*manifest);
                return {};
            }
            auto document = json::read(text, json_limits);
            if (!document) return fail(document.error(), name);
            const std::string_view type = document->root()["resourceType"].text();
            if (type.empty()) return {};
            ++resources;
            if (is_used(type)) content.resources.push_back(std::move(*document));
            return {};
        },
        limits);
    if (!read) return read.error();
    if (resources == 0)
        return Error{Code::Invalid, "no FHIR resource in the package", package.string()};
    return content;
}

/// Dependencies that nobody supplies, each once.
std::vector<fhir::Note> missing_packages(const std::vector<PackageManifest>& manifests,
                                         std::vector<std::string>& texts) {
    std::set<std::string_view> given;
    for (const PackageManifest& each : manifests) given.insert(each.name);
    std::map<std::string, std::string> missing;
    for (const PackageManifest& each : manifests) {
        for (const auto& [name, version] : each.dependencies) {
            if (given.contains(name) || is_built_in(name)) continue;
            std::string missed = name;
            missed.append("#").append(version);
            missing.try_emplace(std::move(missed), each.name);
        }
    }
    texts.reserve(missing.size() * 2);
    std::vector<fhir::Note> notes;
    for (const auto& [name, user] : missing) {
        texts.push_back(name);
        texts.push_back(user);
        notes.push_back({note::kPackage, texts[texts.size() - 2], texts.back()});
    }
    return notes;
}

Result<Bytes> compile(const std::vector<fs::path>& packages, const fhir::Definitions& below,
                      const PackageLimits& limits) {
    std::vector<Content> contents;
    std::vector<PackageManifest> manifests;
    for (const fs::path& each : packages) {
        auto content = read_package(each, limits);
        if (!content) return content.error();
        manifests.push_back(content->manifest);
        contents.push_back(std::move(*content));
    }
    std::vector<json::Document> resources;
    for (const std::size_t at : by_dependency(manifests)) {
        std::ranges::move(contents[at].resources, std::back_inserter(resources));
    }
    std::vector<std::string> texts;
    return compile_layer(resources, missing_packages(manifests, texts), below);
}

}  // namespace

Status PackageSet::add_layer(const std::vector<fs::path>& packages, fhir::Definitions& definitions,
                             const Options& options) {
    if (packages.empty()) return {};
    PackageLimits limits = options.limits;
    limits.wanted = is_definition_file;
    Fingerprint print;
    print.add(kCompilerVersion);
    print.add(std::uint64_t{fhir::pack::kVersion});
    print.add(definitions.fingerprint());
    for (const fs::path& each : packages) {
        if (Status added = add_content(each, limits, print); !added) return added;
    }
    const PackCache cache(options.cache);
    const std::string key = print.text();
    if (auto found = cache.find(key)) {
        if (definitions.add_pack(found->bytes())) {
            mapped_.push_back(std::move(*found));
            return {};
        }
    }
    auto pack = compile(packages, definitions, limits);
    if (!pack) return pack.error();
    ++compiled_;
    if (auto kept = cache.put(key, *pack)) {
        if (definitions.add_pack(kept->bytes())) {
            mapped_.push_back(std::move(*kept));
            return {};
        }
    }
    owned_.push_back(std::make_unique<Bytes>(std::move(*pack)));
    return definitions.add_pack(*owned_.back());
}

Result<PackageSet> PackageSet::load(std::span<const fs::path> packages,
                                    fhir::Definitions& definitions, const Options& options) {
    std::vector<fs::path> whole, loose;
    for (const fs::path& each : packages) {
        std::error_code fault;
        const bool has_manifest = fs::exists(each / "package.json", fault) ||
                                  fs::exists(each / "package" / "package.json", fault);
        (is_archive(each) || has_manifest ? whole : loose).push_back(each);
    }
    PackageSet set;
    for (const auto* group : {&whole, &loose}) {
        if (const Status added = set.add_layer(*group, definitions, options); !added)
            return added.error();
    }
    return set;
}

}  // namespace tsunagi::packages

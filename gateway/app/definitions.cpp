#include "app/definitions.h"

#include <algorithm>
#include <cstdlib>
#include <ostream>
#include <utility>
#include <vector>

#include "app/common_options.h"
#include "packages/layer_compiler.h"

namespace tsunagi::app {
namespace {

namespace fs = std::filesystem;

fs::path cache_folder() {
    const auto named = [](const char* variable) -> fs::path {
        const char* value = std::getenv(variable);
        return value ? value : "";
    };
    if (fs::path folder = named("TSUNAGI_CACHE"); !folder.empty()) return folder;
    const fs::path home = named("HOME");
    return home.empty() ? home : home / ".cache" / "tsunagi" / "packs";
}

/// The .tgz files that an operator put into profiles/packages/, by name.
std::vector<fs::path> operator_packages(const Home& home) {
    std::vector<fs::path> found;
    std::error_code fault;
    for (fs::directory_iterator at(home.profiles() / "packages", fault), end; !fault && at != end;
         at.increment(fault)) {
        if (at->path().extension() == ".tgz") found.push_back(at->path());
    }
    std::ranges::sort(found);
    return found;
}

struct GapText {
    std::string_view kind, ja, en;
};
constexpr GapText kGapTexts[] = {
    {packages::note::kPackage, "依存パッケージがありません", "packages that others depend on"},
    {packages::note::kDefinition, "定義（プロファイル・型）がありません",
     "definitions (profiles, types) that are not supplied"},
    {packages::note::kValueSet, "値セットがありません", "value sets that are not supplied"},
    {packages::note::kCodeSystem, "コード体系がありません", "code systems that are not supplied"},
};

}  // namespace

Result<LoadedDefinitions> load_definitions(const Home& home,
                                           std::span<const std::string> packages) {
    auto pack = packages::MappedFile::open(home.pack);
    if (!pack) return pack.error();
    auto definitions = fhir::Definitions::open(pack->bytes());
    if (!definitions) return definitions.error();

    const packages::PackageSet::Options options{.cache = cache_folder()};
    std::vector<fs::path> folders;
    for (const char* folder : {"models", "extensions", "terminology", "resources"})
        folders.push_back(home.profiles() / folder);
    auto own = packages::PackageSet::load(folders, *definitions, options);
    if (!own) return own.error();

    auto added = add_packages(home, packages, *definitions);
    if (!added) return added.error();
    return LoadedDefinitions{home, std::move(*pack), std::move(*own), std::move(*added),
                             std::make_unique<fhir::Definitions>(std::move(*definitions))};
}

Result<packages::PackageSet> add_packages(const Home& home, std::span<const std::string> packages,
                                          fhir::Definitions& definitions) {
    std::vector<fs::path> files = operator_packages(home);
    for (const auto& package : packages) files.emplace_back(package);
    return packages::PackageSet::load(files, definitions, {.cache = cache_folder()});
}

std::optional<LoadedDefinitions> definitions_for(const Arguments& arguments, Io& io) {
    const auto home = home_of(arguments);
    if (!home) {
        could_not_run(io, {"定義が見つかりません。", "no definitions"}, home.error());
        return {};
    }
    auto loaded = load_definitions(*home, arguments.values("package"));
    if (!loaded) {
        could_not_run(io, {"定義を読めません。", "cannot read the definitions"}, loaded.error());
        return {};
    }
    return std::move(*loaded);
}

void report_gaps(const fhir::Definitions& definitions, std::ostream& err) {
    const auto notes = definitions.notes();
    for (const fhir::Note& each : notes) {
        if (each.kind != packages::note::kRefused) continue;
        err << "【警告】使えない定義です: " << each.subject
            << "\n[warning] definition not used: " << each.subject << ": " << each.reason << "\n";
    }
    for (const GapText& text : kGapTexts) {
        const auto count = std::ranges::count(notes, text.kind, &fhir::Note::kind);
        if (count == 0) continue;
        err << "【未検証】" << text.ja << "（" << count << "件）。これらに関わる検証はしません。\n"
            << "[not checked] " << text.en << " (" << count << "):\n";
        for (const fhir::Note& each : notes) {
            if (each.kind == text.kind) err << "    " << each.subject << "\n";
        }
    }
}

}  // namespace tsunagi::app

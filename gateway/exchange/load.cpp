#include "exchange/load.h"

#include <algorithm>
#include <charconv>
#include <fstream>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "json/reader.h"
#include "validate/snapshot.h"

namespace tsunagi::exchange {
namespace {

namespace fs = std::filesystem;

Error in_file(Error error, const fs::path& file) {
    const std::string name = file.filename().string();
    error.where = error.where.empty() ? name : name + ": " + error.where;
    return error;
}

std::string line_and_column(std::string_view text, std::size_t offset) {
    const json::Position place = json::position(text, offset);
    return "line " + std::to_string(place.line) + ", column " + std::to_string(place.column);
}

/// The same, with line and column of `text` for a place that begins with "byte N".
Error in_file(Error error, const fs::path& file, std::string_view text) {
    static constexpr std::string_view kByte = "byte ";
    if (error.where.starts_with(kByte)) {
        std::size_t offset = 0;
        const char* const end = error.where.data() + error.where.size();
        const auto [rest, fault] = std::from_chars(error.where.data() + kByte.size(), end, offset);
        if (fault == std::errc{})
            error.where = line_and_column(text, offset) + std::string{rest, end};
    }
    return in_file(std::move(error), file);
}

Result<std::string> read_text(const fs::path& file) {
    std::ifstream in(file, std::ios::binary);
    std::ostringstream text;
    text << in.rdbuf();
    if (!in) return Error{Code::Unavailable, "cannot be read", file.filename().string()};
    return text.str();
}

Result<json::Document> read_json(const fs::path& file) {
    auto text = read_text(file);
    if (!text) return text.error();
    auto document = json::read(*text);
    if (!document) return in_file(document.error(), file);
    return document;
}

/// The JSON files of a folder, by name; a missing folder is an error: half a configuration must not
/// start.
Result<std::vector<fs::path>> json_files(const fs::path& folder) {
    std::error_code fault;
    std::vector<fs::path> files;
    for (const auto& entry : fs::directory_iterator(folder, fault)) {
        if (entry.path().extension() == ".json") files.push_back(entry.path());
    }
    if (fault) return Error{Code::NotFound, "folder cannot be read", folder.string()};
    std::sort(files.begin(), files.end());
    return files;
}

/// The cities' own forms: models derived from ours, given as what is stricter.
Status add_derived(fhir::Definitions& definitions, std::span<const json::Value> resources) {
    validate::Snapshots snapshots(definitions);
    for (const json::Value resource : resources) {
        if (resource["resourceType"].text() == "StructureDefinition") snapshots.offer(resource);
    }
    std::vector<json::Document> made;
    std::vector<json::Value> derived;
    for (const json::Value resource : resources) {
        if (resource["kind"].text() != "logical" || resource["derivation"].text() != "constraint")
            continue;
        auto snapshot = snapshots.generate(resource);
        if (!snapshot) return snapshot.error();
        made.push_back(std::move(*snapshot));
    }
    derived.reserve(made.size());
    for (const auto& each : made) derived.push_back(each.root());
    return definitions.add(derived);
}

struct DefinitionFile {
    fs::path path;
    std::string text;
    json::Document document;
};

/// The node of a definition that `where` ("URL" or "URL PATH") names: the element of that path, or
/// of the nearest one above it.
json::Value place_in(json::Value definition, std::string_view where) {
    const std::string_view url = definition["url"].text();
    if (url.empty() || !where.starts_with(url)) return {};
    std::string_view path = where.substr(url.size());
    if (!path.empty() && path.front() != ' ' && path.front() != ':') return {};
    while (path.starts_with(' ') || path.starts_with(':')) path.remove_prefix(1);
    for (; !path.empty(); path = path.substr(0, path.find_last_of('.') + 1)) {
        if (path.ends_with('.')) path.remove_suffix(1);
        for (const std::string_view view : {"snapshot", "differential"}) {
            for (const json::Value element : definition[view]["element"]) {
                if (element["path"].text() == path || element["id"].text() == path) return element;
            }
        }
    }
    return definition;
}

/// A fault of a definition, with file, line and column where it names one of `files`.
Error in_definitions(Error error, std::span<const DefinitionFile> files) {
    for (const DefinitionFile& each : files) {
        const json::Value place = place_in(each.document.root(), error.where);
        if (!place) continue;
        error.where = line_and_column(each.text, place.offset()) + ": " + error.where;
        return in_file(std::move(error), each.path);
    }
    return error;
}

Status add_profiles(fhir::Definitions& definitions, const fs::path& profiles) {
    std::vector<DefinitionFile> files;
    for (const char* folder : {"models", "extensions", "terminology"}) {
        auto paths = json_files(profiles / folder);
        if (!paths) return paths.error();
        for (auto& path : *paths) {
            auto text = read_text(path);
            if (!text) return text.error();
            auto document = json::read(*text);
            if (!document) return in_file(document.error(), path);
            files.push_back({std::move(path), std::move(*text), std::move(*document)});
        }
    }
    std::vector<json::Value> resources;
    resources.reserve(files.size());
    for (const auto& file : files) resources.push_back(file.document.root());
    if (auto added = definitions.add(resources); !added)
        return in_definitions(added.error(), files);
    if (auto added = add_derived(definitions, resources); !added)
        return in_definitions(added.error(), files);
    return {};
}

/// The maps of our forms, those that make our forms of others, and the way back.
Result<translate::MapLibrary> load_maps(const fs::path& folder,
                                        const fhir::Definitions& definitions) {
    auto texts = translate::read_map_folder(folder.string());
    if (!texts) return texts.error();
    for (const std::string below : {"intake", "reverse"}) {
        auto more = translate::read_map_folder((folder / below).string());
        if (!more) return more.error();
        for (auto& text : *more) texts->push_back({below + "/" + text.name, std::move(text.text)});
    }
    return translate::MapLibrary::load(*texts, definitions);
}

Result<std::unique_ptr<privacy::DisclosureRules>> load_rules(const fs::path& file,
                                                             const fhir::Definitions& definitions) {
    auto document = read_json(file);
    if (!document) return document.error();
    auto rules = privacy::DisclosureRules::load(document->root(), definitions);
    if (!rules) return in_file(rules.error(), file);
    return std::make_unique<privacy::DisclosureRules>(std::move(*rules));
}

/// The lists for everybody but hospitals, the channels and the counts.
Status load_notices(Artifacts& artifacts, const fs::path& folder) {
    for (const char* name : {"care-manager", "coordination-centre", "family", "service-provider"}) {
        auto rules = load_rules(folder / (std::string{name} + ".json"), *artifacts.definitions);
        if (!rules) return rules.error();
        artifacts.notice_rules.push_back(std::move(**rules));
    }
    const fs::path channels = folder / "channels.json", city = folder / "city.json";
    auto document = read_json(channels);
    if (!document) return document.error();
    auto rules = privacy::ChannelRules::load(document->root());
    if (!rules) return in_file(rules.error(), channels);
    artifacts.channel_rules = std::make_unique<privacy::ChannelRules>(std::move(*rules));
    auto counted = read_json(city);
    if (!counted) return counted.error();
    for (const json::Value each : counted->root()["counts"])
        artifacts.count_rules.counts.emplace_back(each.text());
    artifacts.count_rules.floor = counted->root()["floor"].integer();
    if (artifacts.count_rules.counts.empty() || artifacts.count_rules.floor < 1)
        return Error{Code::Invalid, "counts and a floor are needed", city.filename().string()};
    return {};
}

Result<std::unique_ptr<privacy::NameBook>> load_names(const fs::path& folder) {
    auto book = std::make_unique<privacy::NameBook>();
    for (const char* file : {"surnames.txt", "surnames_rare.txt", "given_names.txt",
                             "other_names.txt", "words.txt", "common_words.txt", "hints.txt"}) {
        auto text = read_text(folder / file);
        if (!text) return text.error();
        if (auto added = book->add(*text); !added) return in_file(added.error(), file);
    }
    if (!book->complete()) return Error{Code::Invalid, "a list of names is missing", "people"};
    return book;
}

}  // namespace

Result<fhir::Definitions> own_definitions(BytesView pack, const fs::path& home) {
    auto definitions = fhir::Definitions::open(pack);
    if (!definitions) return definitions.error();
    if (auto added = add_profiles(*definitions, home / "profiles"); !added) return added.error();
    return definitions;
}

Result<Artifacts> load_artifacts(BytesView pack, const fs::path& home,
                                 std::span<const fs::path> registrations) {
    auto definitions = own_definitions(pack, home);
    if (!definitions) return definitions.error();
    return load_artifacts(std::move(*definitions), home, registrations);
}

Result<Artifacts> load_artifacts(fhir::Definitions definitions, const fs::path& home,
                                 std::span<const fs::path> registrations) {
    Artifacts artifacts;
    artifacts.definitions = std::make_unique<fhir::Definitions>(std::move(definitions));
    artifacts.validator = std::make_unique<validate::Validator>(*artifacts.definitions);
    artifacts.questionnaires = std::make_unique<validate::Questionnaires>(*artifacts.definitions);
    const fs::path profiles = home / "profiles";

    auto maps = load_maps(home / "mappings", *artifacts.definitions);
    if (!maps) return maps.error();
    artifacts.maps = std::make_unique<translate::MapLibrary>(std::move(*maps));

    auto documents = json_files(profiles / "documents");
    if (!documents) return documents.error();
    for (const auto& file : *documents) {
        auto document = read_json(file);
        if (!document) return document.error();
        auto kind = DocumentKind::load(document->root(), *artifacts.definitions, *artifacts.maps);
        if (!kind) return in_file(kind.error(), file);
        artifacts.documents.push_back(std::move(*kind));
    }
    std::sort(artifacts.documents.begin(), artifacts.documents.end(),
              [](const auto& a, const auto& b) { return a.number < b.number; });

    auto programmes = json_files(profiles / "programmes");
    if (!programmes) return programmes.error();
    for (const auto& file : *programmes) {
        auto text = read_text(file);
        if (!text) return text.error();
        auto document = json::read(*text);
        if (!document) return in_file(document.error(), file);
        auto programme = programme::Programme::load(document->root(), *artifacts.definitions);
        if (!programme) return in_file(programme.error(), file, *text);
        if (!programme->model().empty() && !artifacts.definitions->type(programme->model())) {
            const std::size_t offset = document->root()["model"].offset();
            return in_file(
                Error{Code::Invalid, "unknown model", line_and_column(*text, offset) + ": model"},
                file);
        }
        artifacts.programmes.push_back(std::move(*programme));
    }
    for (const auto& file : registrations) {
        auto document = read_json(file);
        if (!document) return document.error();
        auto list = programme::Registrations::load(document->root());
        if (!list) return in_file(list.error(), file);
        artifacts.registrations.push_back(std::move(*list));
    }
    auto offer = load_rules(profiles / "disclosure" / "offer.json", *artifacts.definitions);
    if (!offer) return offer.error();
    artifacts.offer_rules = std::move(*offer);
    const fs::path table = profiles / "disclosure" / "population.csv";
    if (std::error_code fault; fs::exists(table, fault)) {
        auto text = read_text(table);
        if (!text) return text.error();
        auto population = privacy::Population::load(*text);
        if (!population) return in_file(population.error(), table);
        artifacts.offer_rules->set_population(std::move(*population));
    }
    auto status = load_rules(profiles / "disclosure" / "status.json", *artifacts.definitions);
    if (!status) return status.error();
    artifacts.status_rules = std::move(*status);
    auto release = load_rules(profiles / "disclosure" / "release.json", *artifacts.definitions);
    if (!release) return release.error();
    artifacts.release_rules = std::move(*release);
    auto names = load_names(profiles / "people");
    if (!names) return names.error();
    artifacts.names = std::move(*names);
    if (auto loaded = load_notices(artifacts, profiles / "disclosure"); !loaded)
        return loaded.error();
    return artifacts;
}

}  // namespace tsunagi::exchange

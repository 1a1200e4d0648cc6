// peers_maps FOLDER COUNT RELEASES: what both mapping engines are given, and what ours makes.
//   FOLDER/maps/*.map       our maps in plain words (plain_words.h)
//   FOLDER/models/*.json    our logical models with snapshots
//   FOLDER/terminology/     our code systems
//   FOLDER/sources/*.json   fixtures/packets/*.in.json and COUNT generated packets, as the maps see
//                           them (translate/reading.h), and the Bundles that ours makes of them,
//                           for the way back; the eReferral documents of fixtures/intake;
//                           RELEASES/*.release.json, of which the documents are made
//   FOLDER/tasks            "NAME<tab>map<tab>logical model or -<tab>type of the result" a line
//   FOLDER/ours/*.json      what our engine makes, from the maps as they are
// The packets that the gateway refuses by a rule are mapped too; those whose cells cannot be read,
// or that no map takes, are named on standard output.
#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>
#include <iostream>

#include "app/definitions.h"
#include "app/files.h"
#include "json/builder.h"
#include "json/writer.h"
#include "peers/plain_words.h"
#include "peers/same_bundle.h"
#include "support/any_packet.h"
#include "translate/reading.h"
#include "translate/structure_map.h"
#include "translate/translator.h"
#include "validate/snapshot.h"

namespace tsunagi::peers {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kPacketMap = "https://tsunagi.example/fhir/StructureMap/packet";
constexpr std::string_view kLetterMap =
    "https://tsunagi.example/fhir/StructureMap/ereferral-to-packet";
constexpr std::string_view kReverseMap = "https://tsunagi.example/fhir/StructureMap/reverse-packet";
constexpr std::array<std::pair<const char*, std::string_view>, 3> kDocumentMaps{
    {{"ereferral", "https://tsunagi.example/fhir/StructureMap/ereferral"},
     {"letter", "https://tsunagi.example/fhir/StructureMap/letter-document"},
     {"epcs", "https://tsunagi.example/fhir/StructureMap/epcs"}}};
constexpr std::string_view kPacketModel = "https://tsunagi.example/fhir/StructureDefinition/Packet";
constexpr std::uint64_t kSeed = 20261120;
constexpr std::chrono::minutes kZone{9 * 60};

int fail(const std::string& what, const Error& error) {
    std::cerr << what << ": " << to_string(error) << "\n";
    return 2;
}

std::vector<fs::path> files_of(const fs::path& folder, std::string_view ending) {
    std::vector<fs::path> files;
    for (const auto& entry : fs::directory_iterator(folder)) {
        if (entry.path().filename().string().ends_with(ending)) files.push_back(entry.path());
    }
    std::sort(files.begin(), files.end());
    return files;
}

Status write_maps(const fs::path& folder, const std::vector<translate::MapText>& texts,
                  const fhir::Definitions& definitions) {
    for (const auto& each : texts) {
        auto map = translate::syntax::parse(each.name, each.text);
        if (!map) return map.error();
        const auto plain = in_plain_words(std::move(*map), definitions);
        auto written = app::write_file(folder / each.name, translate::syntax::print(plain));
        if (!written) return written;
    }
    return {};
}

Status write_models(const fs::path& folder, const fs::path& models,
                    const fhir::Definitions& definitions) {
    validate::Snapshots snapshots(definitions);
    for (const auto& file : files_of(models, ".json")) {
        const auto model = app::read_json(file);
        if (!model) return model.error();
        if (model->root()["derivation"].text() != "specialization") continue;
        const auto made = snapshots.generate(model->root());
        if (!made) return made.error();
        auto written = app::write_file(folder / file.filename(), json::write(made->root()));
        if (!written) return written;
    }
    return {};
}

/// One document that both engines transform.
struct Task {
    std::string name;
    json::Document source;
    std::string_view map;     ///< canonical URL; its first group
    std::string_view model;   ///< logical model of the source; empty: a resource
    std::string_view target;  ///< type of what is made
};

/// Writes what the map sees and what ours makes of it, and lists it. Empty when it could; else why
/// not.
Result<std::string> write_task(const fs::path& folder, const Task& task,
                               const translate::MapLibrary& library, std::ostream& list) {
    SeededRandom random(kSeed);
    const auto made =
        translate::transform(library, task.map, task.source.root(), {kMappedAt, kZone, random});
    if (!made) return "our engine refuses: " + to_string(made.error());
    if (fhir::has_error(made->issues)) return std::string{"our engine finds an error"};
    for (const auto& [where, what] :
         {std::pair{"sources", task.source.root()}, std::pair{"ours", made->output.root()}}) {
        auto written =
            app::write_file(folder / where / (task.name + ".json"), json::write_pretty(what));
        if (!written) return written.error();
    }
    list << task.name << '\t' << task.map << '\t' << (task.model.empty() ? "-" : task.model) << '\t'
         << task.target << '\n';
    return std::string{};
}

struct Named {
    std::string name;
    json::Document document;
};

Result<std::vector<Named>> read_folder(const fs::path& folder, std::string_view ending) {
    std::vector<Named> found;
    for (const auto& file : files_of(folder, ending)) {
        auto document = app::read_json(file);
        if (!document) return document.error();
        std::string name = file.filename().string();
        name.resize(name.size() - ending.size());
        found.push_back({std::move(name), std::move(*document)});
    }
    return found;
}

/// The packets of the fixtures, and `count` in which every cell of the models can occur, as the
/// maps see them.
Status add_packets(std::vector<Task>& tasks, const fs::path& fixtures, std::uint64_t count,
                   const fhir::Definitions& definitions) {
    auto packets = read_folder(fixtures / "packets", ".in.json");
    if (!packets) return packets.error();
    for (std::uint64_t i = 0; i < count; ++i) {
        const unsigned leave_out = static_cast<unsigned>(i % 4) * 25;
        packets->push_back({"any_" + std::to_string(i),
                            translate::AnyPacket(definitions, i, leave_out).make(kPacketModel)});
    }
    for (const auto& [name, packet] : *packets) {
        std::vector<fhir::Issue> issues;
        auto readable =
            translate::read_cells(packet.root(), definitions, kPacketModel, kZone, issues);
        if (fhir::has_error(issues)) {
            std::cout << "not mapped: " << name << ": a cell cannot be read\n";
            continue;
        }
        tasks.push_back({name, std::move(readable), kPacketMap, kPacketModel, "Bundle"});
    }
    return {};
}

/// The way back of each packet so far that our engine maps.
void add_way_back(std::vector<Task>& tasks, const translate::MapLibrary& library) {
    const std::size_t packets = tasks.size();
    for (std::size_t i = 0; i < packets; ++i) {
        SeededRandom random(kSeed);
        auto made = translate::transform(library, kPacketMap, tasks[i].source.root(),
                                         {kMappedAt, kZone, random});
        if (made && !fhir::has_error(made->issues)) {
            tasks.push_back(
                {"back_" + tasks[i].name, std::move(made->output), kReverseMap, {}, kPacketModel});
        }
    }
}

/// The eReferral documents that a clinic may hand in.
Status add_letters(std::vector<Task>& tasks, const fs::path& fixtures) {
    auto letters = read_folder(fixtures / "intake", ".json");
    if (!letters) return letters.error();
    for (auto& [name, letter] : *letters) {
        if (letter.root()["type"].text() == "document")
            tasks.push_back({"intake_" + name, std::move(letter), kLetterMap, {}, kPacketModel});
    }
    return {};
}

/// The documents that go with a release, made of each release in `folder` (its own documents set
/// aside), also where a cell is missing that profiles/documents wants.
Status add_documents(std::vector<Task>& tasks, const fs::path& folder) {
    auto releases = read_folder(folder, ".release.json");
    if (!releases) return releases.error();
    for (auto& [name, release] : *releases) {
        json::Builder builder(release);
        json::Node* entries = json::Builder::find(builder.root(), "entry");
        std::vector<const json::Node*> documents;
        for (const json::Value entry : release.root()["entry"]) {
            if (entry["resource"]["resourceType"].text() == "Bundle")
                documents.push_back(entry.node());
        }
        for (const json::Node* each : documents) builder.remove(entries, each);
        for (const auto& [kind, map] : kDocumentMaps)
            tasks.push_back(
                {kind + ("_of_" + name), json::clone(release.root()), map, {}, "Bundle"});
    }
    return {};
}

int run(const std::vector<std::string>& arguments) {
    if (arguments.size() != 3) {
        std::cerr << "peers_maps FOLDER COUNT RELEASES\n";
        return 2;
    }
    const fs::path folder = arguments[0];
    fs::remove_all(folder);
    for (const char* each : {"maps", "models", "sources", "ours"})
        fs::create_directories(folder / each);
    const auto home = app::find_home({});
    if (!home) return fail("no definitions", home.error());
    const auto loaded = app::load_definitions(*home, {});
    if (!loaded) return fail("definitions", loaded.error());
    auto texts = translate::read_map_folder(loaded->home.mappings().string());
    if (!texts) return fail("maps", texts.error());
    for (const std::string below : {"intake", "reverse"}) {
        auto more = translate::read_map_folder((loaded->home.mappings() / below).string());
        if (!more) return fail("maps", more.error());
        for (auto& text : *more) texts->push_back({below + "_" + text.name, std::move(text.text)});
    }
    const auto library = translate::MapLibrary::load(*texts, *loaded->definitions);
    if (!library) return fail("maps", library.error());
    if (auto done = write_maps(folder / "maps", *texts, *loaded->definitions); !done)
        return fail("maps", done.error());
    const fs::path source = loaded->home.mappings().parent_path();
    if (auto done =
            write_models(folder / "models", source / "profiles/models", *loaded->definitions);
        !done)
        return fail("models", done.error());
    fs::copy(source / "profiles/terminology", folder / "terminology");
    std::vector<Task> tasks;
    const Status packets =
        add_packets(tasks, source / "fixtures", std::stoull(arguments[1]), *loaded->definitions);
    if (!packets) return fail("fixtures", packets.error());
    add_way_back(tasks, *library);
    for (const auto& added :
         {add_letters(tasks, source / "fixtures"), add_documents(tasks, arguments[2])}) {
        if (!added) return fail("fixtures", added.error());
    }
    std::ofstream list{folder / "tasks"};
    std::size_t mapped = 0;
    for (const Task& task : tasks) {
        const auto why = write_task(folder, task, *library, list);
        if (!why) return fail(task.name, why.error());
        mapped += why->empty() ? 1 : 0;
        if (!why->empty()) std::cout << "not mapped: " << task.name << ": " << *why << "\n";
    }
    if (mapped == 0) std::cerr << "nothing was mapped\n";
    return mapped > 0 ? 0 : 2;
}

}  // namespace
}  // namespace tsunagi::peers

int main(int argc, char** argv) { return tsunagi::peers::run({argv + 1, argv + argc}); }

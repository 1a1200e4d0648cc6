// peers_maps FOLDER: what both mapping engines are given, and what ours makes of it.
//   FOLDER/maps/*.map       our maps in plain words (plain_words.h)
//   FOLDER/models/*.json    our logical models with snapshots
//   FOLDER/terminology/     our code systems
//   FOLDER/packets/*.json   fixtures/packets/*.in.json as the maps see them (translate/reading.h)
//   FOLDER/ours/*.json      the Bundles of our engine, from the maps as they are
// The packets that the gateway refuses by a rule are mapped too; those whose cells cannot be read,
// or that no map takes, are named on standard output.
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iostream>

#include "app/definitions.h"
#include "app/files.h"
#include "json/writer.h"
#include "peers/plain_words.h"
#include "peers/same_bundle.h"
#include "translate/reading.h"
#include "translate/structure_map.h"
#include "translate/translator.h"
#include "validate/snapshot.h"

namespace tsunagi::peers {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kPacketMap = "https://tsunagi.example/fhir/StructureMap/packet";
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

/// Empty: the packet is mapped; else why not.
Result<std::string> write_packet(const fs::path& folder, const fs::path& file,
                                 const translate::MapLibrary& library,
                                 const fhir::Definitions& definitions) {
    const auto packet = app::read_json(file);
    if (!packet) return packet.error();
    std::vector<fhir::Issue> issues;
    const json::Document readable =
        translate::read_cells(packet->root(), definitions, kPacketModel, kZone, issues);
    if (fhir::has_error(issues)) return std::string{"a cell cannot be read"};
    SeededRandom random(kSeed);
    const auto made =
        translate::transform(library, kPacketMap, readable.root(), {kMappedAt, kZone, random});
    if (!made) return "our engine refuses: " + to_string(made.error());
    if (fhir::has_error(made->issues)) return std::string{"our engine finds an error"};
    const std::string name = file.filename().string();
    const std::string stem = name.substr(0, name.size() - std::string_view{".in.json"}.size());
    for (const auto& [where, what] :
         {std::pair{"packets", readable.root()}, std::pair{"ours", made->output.root()}}) {
        auto written = app::write_file(folder / where / (stem + ".json"), json::write_pretty(what));
        if (!written) return written.error();
    }
    return std::string{};
}

int run(const std::vector<std::string>& arguments) {
    if (arguments.size() != 1) {
        std::cerr << "peers_maps FOLDER\n";
        return 2;
    }
    const fs::path folder = arguments[0];
    fs::remove_all(folder);
    for (const char* each : {"maps", "models", "packets", "ours"})
        fs::create_directories(folder / each);
    const auto home = app::find_home({});
    if (!home) return fail("no definitions", home.error());
    const auto loaded = app::load_definitions(*home, {});
    if (!loaded) return fail("definitions", loaded.error());
    const auto texts = translate::read_map_folder(loaded->home.mappings().string());
    if (!texts) return fail("maps", texts.error());
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
    std::size_t mapped = 0;
    for (const auto& file : files_of(source / "fixtures/packets", ".in.json")) {
        const auto why = write_packet(folder, file, *library, *loaded->definitions);
        if (!why) return fail(file.string(), why.error());
        if (why->empty()) {
            ++mapped;
        } else {
            std::cout << "not mapped: " << file.filename().string() << ": " << *why << "\n";
        }
    }
    if (mapped == 0) std::cerr << "no packet was mapped\n";
    return mapped > 0 ? 0 : 2;
}

}  // namespace
}  // namespace tsunagi::peers

int main(int argc, char** argv) { return tsunagi::peers::run({argv + 1, argv + argc}); }

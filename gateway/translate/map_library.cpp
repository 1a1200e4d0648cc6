#include "translate/map_library.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "translate/map_syntax.h"
#include "translate/program.h"
#include "translate/structure_map.h"

namespace tsunagi::translate {

Result<MapLibrary> MapLibrary::load(std::span<const MapText> maps,
                                    const fhir::Definitions& definitions) {
    std::vector<std::pair<std::string, syntax::Map>> parsed;
    for (const MapText& each : maps) {
        auto map = each.text.starts_with('{') ? syntax::read_structure_map(each.name, each.text)
                                              : syntax::parse(each.name, each.text);
        if (!map) return map.error();
        parsed.emplace_back(each.name, std::move(*map));
    }
    auto program = compile(std::move(parsed), definitions);
    if (!program) return program.error();
    return MapLibrary(std::move(*program));
}

Result<std::vector<MapText>> read_map_folder(const std::string& folder) {
    namespace fs = std::filesystem;
    std::error_code failed;
    std::vector<fs::path> files;
    for (const auto& entry : fs::directory_iterator(folder, failed)) {
        if (entry.path().extension() == ".map") files.push_back(entry.path());
    }
    if (failed) return Error{Code::NotFound, "cannot read the folder of maps", folder};
    std::sort(files.begin(), files.end());
    std::vector<MapText> texts;
    for (const auto& file : files) {
        std::ifstream in(file, std::ios::binary);
        MapText text{file.filename().string(), {}};
        text.text.assign(std::istreambuf_iterator<char>(in), {});
        if (!in) return Error{Code::Unavailable, "cannot read the map", file.string()};
        texts.push_back(std::move(text));
    }
    if (texts.empty()) return Error{Code::NotFound, "no map in the folder", folder};
    return texts;
}

Result<MapLibrary> MapLibrary::load_folder(const std::string& folder,
                                           const fhir::Definitions& definitions) {
    auto texts = read_map_folder(folder);
    if (!texts) return texts.error();
    return load(*texts, definitions);
}

std::vector<std::string> MapLibrary::urls() const {
    std::vector<std::string> urls;
    for (const auto& entry : program_->entries) urls.push_back(entry.url);
    return urls;
}

}  // namespace tsunagi::translate

#include <algorithm>
#include <ostream>

#include "app/command.h"
#include "app/common_options.h"
#include "app/definitions.h"
#include "app/files.h"
#include "crypto/random.h"
#include "fhir/issue.h"
#include "json/reader.h"
#include "json/writer.h"
#include "translate/structure_map.h"
#include "translate/translator.h"

namespace tsunagi::app {
namespace {

/// `map` (a file) first, then every map of the folders that is not the same file.
Result<std::vector<translate::MapText>> texts_of(const std::string& map,
                                                 const std::vector<std::string>& folders) {
    std::vector<translate::MapText> texts;
    if (std::filesystem::is_regular_file(map)) {
        auto text = read_file(map);
        if (!text) return text.error();
        texts.push_back({std::filesystem::path{map}.filename().string(), std::move(*text)});
    }
    for (const auto& folder : folders) {
        auto found = translate::read_map_folder(folder);
        if (!found) return found.error();
        for (auto& each : *found) {
            const bool again = std::any_of(texts.begin(), texts.end(), [&](const auto& earlier) {
                return earlier.text == each.text;
            });
            if (!again) texts.push_back(std::move(each));
        }
    }
    return texts;
}

/// `--print`: the map itself, as text or as StructureMap.
int print_map(const std::string& map, const std::string& notation, Io& io) {
    if (notation != "text" && notation != "json") {
        return could_not_run(io, {"--print は text か json です。", "--print takes text or json"},
                             Error{Code::Invalid, "unknown notation", "--print"});
    }
    const auto text = read_operand(map, io.in);
    if (!text)
        return could_not_run(io, {"マップを読めません。", "cannot read the map"}, text.error());
    const std::string name = std::filesystem::path{map}.filename().string();
    const auto parsed = text->starts_with('{') ? translate::syntax::read_structure_map(name, *text)
                                               : translate::syntax::parse(name, *text);
    if (!parsed) {
        could_not_run(io, {"マップに誤りがあります。", "the map is wrong"}, parsed.error());
        return kDoesNotHold;
    }
    if (notation == "text") {
        io.out << translate::syntax::print(*parsed);
    } else {
        const json::Document resource = translate::syntax::to_structure_map(*parsed);
        io.out << json::write_pretty(resource.root());
    }
    return kDone;
}

int run(const Arguments& arguments, Io& io) {
    const std::string& map = arguments.operands()[0];
    if (arguments.has("print")) return print_map(map, arguments.value("print"), io);
    if (arguments.operands().size() < 2) {
        return could_not_run(io,
                             {"変換する JSON を指定してください。", "name the JSON to transform"},
                             Error{Code::Invalid, "SOURCE.json is missing", {}});
    }
    const auto loaded = definitions_for(arguments, io);
    if (!loaded) return kCouldNotRun;
    auto folders = arguments.values("maps");
    const bool is_file = std::filesystem::is_regular_file(map);
    if (folders.empty() && !is_file) folders.push_back(loaded->home.mappings().string());
    const auto texts = texts_of(map, folders);
    if (!texts)
        return could_not_run(io, {"マップを読めません。", "cannot read the maps"}, texts.error());
    const auto library = translate::MapLibrary::load(*texts, *loaded->definitions);
    if (!library) {
        return could_not_run(io, {"マップに誤りがあります。", "a map is wrong"}, library.error());
    }
    const auto text = read_operand(arguments.operands()[1], io.in);
    if (!text) return could_not_run(io, {"読めません。", "cannot read"}, text.error());
    const auto source = json::read(*text, kCommandLineLimits);
    if (!source) {
        return could_not_run(io, {"JSONとして読めません。", "not readable as JSON"},
                             source.error());
    }
    crypto::SystemRandom random;
    const translate::Environment environment{SystemClock{}.now(), std::chrono::minutes{0}, random};
    const std::string url = is_file ? library->urls().front() : map;
    const auto made = translate::transform(*library, url, source->root(), environment);
    if (!made) {
        could_not_run(io, {"変換できません。", "cannot transform"}, made.error());
        return made.error().code == Code::NotFound ? kCouldNotRun : kDoesNotHold;
    }
    if (fhir::has_error(made->issues)) {
        const auto outcome = fhir::operation_outcome(made->issues, *text);
        io.err << json::write_pretty(outcome.root());
        return kDoesNotHold;
    }
    io.out << json::write_pretty(made->output.root());
    return kDone;
}

}  // namespace

Command transform_command() {
    return {"transform",
            "MAP [SOURCE.json]",
            1,
            2,
            "FHIR Mapping Language のマップ（ファイルかURL）で変換する。",
            "Transforms with a FHIR Mapping Language map (a file or a URL).",
            {kPackageOption,
             {"print", "text|json", "変換せず、マップを本文かStructureMapで表示",
              "instead of transforming, show the map as text or StructureMap"},
             {"maps", "FOLDER", "ほかのマップのフォルダー", "folder with further maps",
              OptionSpec::Count::Many},
             kHomeOption},
            run};
}

}  // namespace tsunagi::app

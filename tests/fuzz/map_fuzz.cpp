// A map is read the same each time; a refusal says where in the text; a line put before the text
// moves every place by one line and changes nothing else; what loads runs within its limits, twice
// to the same end.
#include <charconv>
#include <string>
#include <vector>

#include "fhir/definitions.h"
#include "fuzz/property.h"
#include "json/reader.h"
#include "json/writer.h"
#include "packages/mapped_file.h"
#include "translate/map_library.h"
#include "translate/map_syntax.h"
#include "translate/translator.h"

namespace {

using namespace tsunagi;
using namespace tsunagi::translate;
using fuzz::require;

constexpr std::string_view kFile = "fuzz.map";

/// A map as one text, its lines counted `above` lines earlier.
class Dump {
public:
    explicit Dump(std::uint32_t above) : above_(above) {}

    std::string of(const syntax::Map& map) {
        add(map.url), add(map.name), add(map.title);
        for (const auto& [key, value] : map.metadata) add(key), add(value);
        for (const auto& structure : map.structures)
            add(structure.url), add(structure.alias), add(structure.mode), add(structure.place);
        for (const auto& import : map.imports) add(import.url), add(import.place);
        for (const auto& constant : map.constants) add(constant.name), add(constant.value);
        for (const auto& concepts : map.concept_maps) {
            add(concepts.id), add(concepts.place);
            for (const auto& row : concepts.rows)
                add(row.source_system), add(row.source_code), add(row.relationship),
                    add(row.target_system), add(row.target_code);
        }
        for (const auto& group : map.groups) {
            add(group.name), add(group.extends), add(group.place);
            for (const auto& input : group.inputs) add(input.name), add(input.type);
            for (const auto& rule : group.rules) add(rule);
        }
        return std::move(out_);
    }

private:
    void add(std::string_view text) { out_.append(text).push_back('\n'); }
    void add(syntax::Place place) {
        require(place.line > above_ && place.column > 0, "a place lies in the text");
        add(std::to_string(place.line - above_) + ":" + std::to_string(place.column));
    }
    void add(const syntax::Path& path) { add(path.text), add(path.place); }
    void add(const std::optional<syntax::Path>& path) {
        if (path) add(*path);
    }
    void add(const std::vector<syntax::Parameter>& parameters) {
        for (const auto& parameter : parameters) add(parameter.text), add(parameter.place);
    }
    void add(const syntax::Rule& rule) {
        add(rule.name), add(rule.place);
        for (const auto& source : rule.sources) {
            add(source.context), add(source.element), add(source.type), add(source.variable);
            add(source.otherwise), add(source.where), add(source.check), add(source.log);
            add(source.place);
        }
        for (const auto& target : rule.targets) {
            add(target.context), add(target.element), add(target.variable), add(target.transform);
            add(target.parameters), add(target.path), add(target.share), add(target.place);
        }
        for (const auto& call : rule.calls) add(call.group), add(call.parameters), add(call.place);
        for (const auto& inner : rule.rules) add(inner);
    }

    std::uint32_t above_;
    std::string out_;
};

/// The line in "fuzz.map line L column C".
std::uint32_t line_of(const Error& error) {
    const std::string before = std::string{kFile} + " line ";
    require(error.where.starts_with(before), "a refusal says where");
    std::uint32_t line = 0;
    const char* const end = error.where.data() + error.where.size();
    const auto [rest, fault] = std::from_chars(error.where.data() + before.size(), end, line);
    require(fault == std::errc{} && std::string_view(rest, end).starts_with(" column "),
            "a refusal says where");
    return line;
}

void require_same_one_line_lower(const Result<syntax::Map>& map, std::string_view text) {
    const auto lower = syntax::parse(kFile, "\n" + std::string{text});
    require(map.ok() == lower.ok(), "an empty line changes nothing");
    if (map)
        require(Dump(0).of(*map) == Dump(1).of(*lower), "an empty line moves places only");
    else
        require(line_of(lower.error()) == line_of(map.error()) + 1 &&
                    lower.error().message == map.error().message,
                "an empty line moves the fault by one line");
}

const fhir::Definitions& definitions() {
    static const auto pack =
        packages::MappedFile::open(TSUNAGI_BINARY_DIR "/share/r4.pack").value();
    static const auto definitions = fhir::Definitions::open(pack.bytes()).value();
    return definitions;
}

std::string ran(const MapLibrary& library, const std::string& url) {
    static const auto source =
        json::read(R"({"resourceType":"Patient","id":"p1","active":true,"gender":"female",
            "name":[{"family":"山田","given":["花子","H"]},{"text":"H.Y."}],"birthDate":"1938-04",
            "telecom":[{"system":"phone","value":"042-000-0000"}]})")
            .value();
    SeededRandom random(7);
    const Environment environment{Instant{std::chrono::hours{24}}, std::chrono::hours{9}, random};
    const RunLimits limits{.max_rules = 2'000, .max_depth = 64, .max_nodes = 2'000};
    const auto made = transform(library, url, source.root(), environment, limits);
    return made ? json::write(made->output.root()) : to_string(made.error());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto text = fuzz::as_text(data, size);
    const auto map = syntax::parse(kFile, text);
    require_same_one_line_lower(map, text);
    const MapText one{std::string{kFile}, std::string{text}};
    const auto library = MapLibrary::load(std::span{&one, 1}, definitions());
    // What begins like JSON is read as a StructureMap and refused at another place.
    if (text.starts_with('{')) return 0;
    if (!map) {
        require(!library.ok() && library.error().where == map.error().where,
                "what is not read is not loaded");
        return 0;
    }
    if (!library) {
        (void)line_of(library.error());
        return 0;
    }
    require(ran(*library, map->url) == ran(*library, map->url), "two runs end alike");
    return 0;
}

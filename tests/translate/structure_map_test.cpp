// Text, StructureMap and text again: nothing of a map may be lost on the way.
#include "translate/structure_map.h"

#include <cstdlib>
#include <map>

#include "json/builder.h"
#include "json/writer.h"
#include "support/definitions.h"
#include "support/result_matchers.h"
#include "translate/map_library.h"
#include "translate/translator.h"

namespace tsunagi::translate {
namespace {

using syntax::parse;
using syntax::print;
using syntax::read_structure_map;
using syntax::to_structure_map;

std::string as_json(const syntax::Map& map) {
    const json::Document resource = to_structure_map(map);
    return json::write(resource.root());
}

constexpr std::string_view kEverything = R"(map "http://example.org/m" = "m"
/// title = 'Everything (全部)'
/// status = 'active'

conceptmap "#codes" {
  prefix s = "http://example.org/s"
  prefix t = "http://example.org/t"

  s:a == t:"b c"
  s:a <= t:other
  s:"01" - t:x
}

uses "http://hl7.org/fhir/StructureDefinition/Patient" alias Patient as source
uses "http://hl7.org/fhir/StructureDefinition/Person" as target
imports "http://example.org/other*"
let limit = 3 + 4;

group base(source a, target b) {
  a.x -> b.x;
  a as `first` -> b.y = `first`;
}

group g(source a : Patient, target b : Person) extends base <<type+>> {
  a.x : string 0..1 default 'it\'s none' first as v where $this.contains('->, ;') and (a.y in ('p' | 'q')) check $this.exists() log 'dropped: why',
  a.y 2..* default (a.z + 1) only_one as w -> b.z = create('Period') as p share one, uuid() as u,
    b.t = append('x\n\'', v, 2, -1.50, true), b.e = (v + ' "q" ') last, b.s = w single, b.c = translate(v, '#codes', 'code') collate
    then other(v, p, 'text', 5), third(w) { w -> b.q = w; w.r as r then { r -> b.r = r; }; } "named";
}
)";

TEST(StructureMap, LosesNothingOfAnyClause) {
    const auto map = parse("m.map", kEverything);
    ASSERT_OK(map);
    const std::string first = as_json(*map);
    const auto back = read_structure_map("m.json", first);
    ASSERT_OK(back);
    EXPECT_EQ(as_json(*back), first);
    const std::string text = print(*back);
    const auto again = parse("m.map", text);
    ASSERT_OK(again) << text;
    EXPECT_EQ(as_json(*again), first) << text;
    EXPECT_EQ(print(*again), text);
}

TEST(StructureMap, IsWhatTheSpecificationSays) {
    const auto map = parse("m.map", kEverything);
    ASSERT_OK(map);
    const json::Document resource = to_structure_map(*map);
    const json::Value root = resource.root();
    EXPECT_EQ(root["title"].text(), "Everything (全部)");
    EXPECT_EQ(root["status"].text(), "active");
    const json::Value targets = root["contained"].at(0)["group"].at(0)["element"];
    ASSERT_EQ(targets.size(), 2U);
    EXPECT_EQ(targets.at(0)["target"].at(1)["equivalence"].text(), "wider");
    const json::Value simple = root["group"].at(0)["rule"].at(0);
    EXPECT_EQ(simple["name"].text(), "x");
    EXPECT_EQ(simple["source"].at(0)["variable"].text(), "vvv");
    EXPECT_EQ(simple["target"].at(0)["transform"].text(), "create");
    const json::Value rule = root["group"].at(1)["rule"].at(0);
    EXPECT_EQ(rule["source"].at(0)["defaultValueString"].text(), "it's none");
    EXPECT_EQ(rule["source"].at(1)["max"].text(), "*");
    EXPECT_EQ(rule["target"].at(0)["listRuleId"].text(), "one");
    EXPECT_EQ(rule["target"].at(2)["parameter"].at(3)["valueDecimal"].text(), "-1.50");
    EXPECT_EQ(rule["dependent"].at(1)["variable"].at(0).text(), "w");
}

TEST(StructureMap, LosesNothingOfOurOwnMaps) {
    const auto texts = read_map_folder(TSUNAGI_SOURCE_DIR "/mappings");
    ASSERT_OK(texts);
    EXPECT_GE(texts->size(), 7U);
    std::vector<MapText> printed, resources;
    for (const MapText& each : *texts) {
        const auto map = parse(each.name, each.text);
        ASSERT_OK(map);
        const auto back = read_structure_map(each.name, as_json(*map));
        ASSERT_OK(back);
        const auto again = parse(each.name, print(*back));
        ASSERT_OK(again);
        EXPECT_EQ(as_json(*again), as_json(*map)) << each.name;
        printed.push_back({each.name, print(*map)});
        resources.push_back({each.name, as_json(*map)});
    }
    const auto source = json::read(
        support::read_file(TSUNAGI_SOURCE_DIR "/fixtures/packets/nishitokyo_full.in.json"));
    ASSERT_OK(source);
    std::vector<std::string> outputs;
    for (const auto& maps : {*texts, printed, resources}) {
        const auto library = MapLibrary::load(maps, support::definitions());
        ASSERT_OK(library);
        SeededRandom random(1);
        const auto made =
            transform(*library, "https://tsunagi.example/fhir/StructureMap/packet", source->root(),
                      Environment{Instant{}, std::chrono::minutes{540}, random});
        ASSERT_OK(made);
        outputs.push_back(json::write(made->output.root()));
    }
    EXPECT_EQ(outputs[1], outputs[0]) << "printed and parsed again";
    EXPECT_EQ(outputs[2], outputs[0]) << "as StructureMap resources";
}

TEST(StructureMap, NamesLineAndColumnOfAFault) {
    const struct {
        const char *what, *text, *message, *where;
    } cases[] = {
        {"no JSON", "{", "", "m.json"},
        {"another resource", "{\"resourceType\":\"Patient\"}", "a StructureMap is expected",
         "m.json line 1 column 1"},
        {"no url", "{\n \"resourceType\":\"StructureMap\"}", "url is missing",
         "m.json line 1 column 1"},
        {"unknown list mode",
         "{\"resourceType\":\"StructureMap\",\"url\":\"u\",\"name\":\"n\",\"group\":[{\"name\":"
         "\"g\",\"typeMode\":\"none\",\"input\":[{\"name\":\"a\",\"mode\":\"source\"}],\n"
         "\"rule\":[{\"name\":\"r\",\"source\":[{\"context\":\"a\",\"listMode\":\"some\"}]}]}]}",
         "listMode: unknown code", "m.json line 2 column 57"},
        {"a number for a name",
         "{\"resourceType\":\"StructureMap\",\"url\":1,\"name\":\"n\",\"group\":[]}",
         "url: a text is expected", "m.json line 1 column 38"},
    };
    for (const auto& each : cases) {
        const auto map = read_structure_map("m.json", each.text);
        ASSERT_FALSE(map) << each.what;
        EXPECT_EQ(map.error().code, Code::Invalid);
        EXPECT_EQ(map.error().where, each.where) << each.what;
        if (*each.message) {
            EXPECT_EQ(map.error().message, each.message) << each.what;
        }
    }
}

TEST(StructureMap, RefusesWhatIsNestedTooDeeply) {
    std::string rules, ends;
    for (int depth = 0; depth < 60; ++depth) {
        rules += R"("rule":[{"name":"r","source":[{"context":"a"}],)";
        ends += "}]";
    }
    const auto map = read_structure_map(
        "m.json", R"({"resourceType":"StructureMap","url":"u","name":"n","group":[{"name":"g",)"
                  R"("typeMode":"none","input":[{"name":"a","mode":"source"}],)" +
                      rules + R"("documentation":"")" + ends + "}]}");
    ASSERT_FALSE(map);
}

/// Without ids, documentation and texts, which belong to no rule.
json::Document bare(json::Value from) {
    json::Document document;
    json::Builder builder(document);
    const auto copy = [&](const auto& self, json::Value value, json::Node* into) -> void {
        for (const json::Value child : value) {
            const std::string_view key = child.key();
            if (key == "documentation" || key == "text" || key == "description") continue;
            if (key == "id" && value["resourceType"].text() == "StructureMap") continue;
            const bool member = value.is_object();
            if (child.is_object() || child.is_array()) {
                json::Node* made = child.is_object() ? builder.detached(json::Kind::Object)
                                                     : builder.detached(json::Kind::Array);
                self(self, child, made);
                if (member) {
                    builder.attach(into, key, made);
                } else {
                    builder.attach(into, made);
                }
            } else if (member) {
                builder.set(into, key, child);
            } else {
                builder.add(into, child);
            }
        }
    };
    copy(copy, from, builder.object());
    return document;
}

/// Published pairs of text and resource that do not say the same: the resource is older.
const std::map<std::string_view, std::string_view> kDiffer = {
    {"step1b", "the text has a second group, for the type string"},
    {"step13", "the text sets the id of what it refers to"},
    {"step3b", "the condition was changed from < 20 to <= 20"},
    {"step4b3", "the condition names the variable instead of the element"},
};

TEST(FmlCases, ParseAsPublishedAndSurviveTheWayBack) {
    const char* given = std::getenv("TSUNAGI_CASES");
    const auto folder =
        std::filesystem::path{given ? given : TSUNAGI_SOURCE_DIR "/../shared/cases"} / "fml";
    const std::string text = support::read_file(folder / "manifest.json");
    if (text.empty()) {
        std::printf("fml maps: %s is absent, skipped\n", folder.c_str());
        GTEST_SKIP();
    }
    const auto manifest = json::read(text);
    ASSERT_OK(manifest);
    int maps = 0, compared = 0;
    for (const json::Value test : manifest->root()) {
        ++maps;
        const auto map = parse(test["map"].text(), support::read_file(folder / test["map"].text()));
        ASSERT_OK(map);
        const auto again = parse("again", print(*map));
        ASSERT_OK(again) << print(*map);
        EXPECT_EQ(as_json(*again), as_json(*map));
        if (!test["structuremap"].is_string()) continue;
        const auto published = json::read(support::read_file(folder / test["structuremap"].text()));
        ASSERT_OK(published);
        json::Document wanted = bare(published->root());
        const json::Document made = to_structure_map(*map);
        json::Document got = bare(made.root());
        if (test["structuremap_url"].is_string())
            json::Builder(wanted).set(json::Builder(wanted).root(), "url", map->url);
        ++compared;
        const auto differs = kDiffer.find(test["name"].text());
        EXPECT_EQ(json::equal(got.root(), wanted.root()), differs == kDiffer.end())
            << test["name"].text() << "\n got " << json::write(got.root()) << "\nwant "
            << json::write(wanted.root());
    }
    std::printf("fml maps: %d parsed, %d compared with their StructureMap\n", maps, compared);
    EXPECT_EQ(maps, 17);
    EXPECT_EQ(compared, 12);
}

}  // namespace
}  // namespace tsunagi::translate

#include "translate/map_syntax.h"

#include <gtest/gtest.h>

#include "support/result_matchers.h"

namespace tsunagi::translate::syntax {
namespace {

using support::is_ok;

constexpr std::string_view kHead = "map \"http://example.org/m\" = \"m\"\n";

Result<Map> parsed(std::string_view body) {
    return parse("m.map", std::string{kHead} + std::string{body});
}

TEST(MapSyntax, ReadsEveryDeclarationOfTheHeader) {
    const auto map = parse("m.map", R"(/// url = 'http://example.org/m'
/// name = "m"
/// title = 'A title'
/// status = 'draft'
conceptmap "#codes" {
  prefix s = "http://example.org/s"
  prefix t = "http://example.org/t"
  s:a == t:"b c"
  s:01 <= t:x
}
uses "http://hl7.org/fhir/StructureDefinition/Patient" alias Patient as source
uses "http://hl7.org/fhir/StructureDefinition/Bundle" as target
imports "http://example.org/other*"
let limit = 3;
group main(source src : Patient, target tgt) extends base <<type+>> { }
)");
    ASSERT_TRUE(is_ok(map));
    EXPECT_EQ(map->url, "http://example.org/m");
    EXPECT_EQ(map->title, "A title");
    EXPECT_EQ(map->metadata.size(), 4U);
    ASSERT_EQ(map->concept_maps.size(), 1U);
    ASSERT_EQ(map->concept_maps[0].rows.size(), 2U);
    EXPECT_EQ(map->concept_maps[0].rows[0].target_code, "b c");
    EXPECT_EQ(map->concept_maps[0].rows[1].source_code, "01");
    EXPECT_EQ(map->structures[0].alias, "Patient");
    EXPECT_EQ(map->imports[0].url, "http://example.org/other*");
    EXPECT_EQ(map->constants[0].value.text, "3");
    EXPECT_EQ(map->groups[0].extends, "base");
    EXPECT_EQ(map->groups[0].mode, TypeMode::TypeAndTypes);
}

TEST(MapSyntax, ReadsEveryClauseOfARule) {
    const auto map = parsed(R"(group g(source a, target b) {
  // a comment; with -> signs
  a.x : string 0..1 default 'none' first as v where $this.contains('->, ;') and (a.y in ('p' | 'q')) check $this.exists() log 'dropped: why',
  a.y as w -> b.z = create('Period') as p share one, uuid() as u, b.t = append('x', v, 2, true), b.e = (v + ' "q" ') last
    then other(v, p), third(w) { w -> b.q = w; } "named";
})");
    ASSERT_TRUE(is_ok(map));
    const Rule& rule = map->groups[0].rules[0];
    EXPECT_EQ(rule.name, "named");
    ASSERT_EQ(rule.sources.size(), 2U);
    const Source& source = rule.sources[0];
    EXPECT_EQ(source.type, "string");
    EXPECT_EQ(source.cardinality->max, 1U);
    EXPECT_EQ(source.otherwise->text, "'none'");
    EXPECT_EQ(source.list, SourceList::First);
    EXPECT_EQ(source.where->text, "$this.contains('->, ;') and (a.y in ('p' | 'q'))");
    EXPECT_EQ(source.check->text, "$this.exists()");
    EXPECT_EQ(source.log->text, "'dropped: why'");
    ASSERT_EQ(rule.targets.size(), 4U);
    EXPECT_EQ(rule.targets[0].list, TargetList::Share);
    EXPECT_EQ(rule.targets[0].share, "one");
    EXPECT_TRUE(rule.targets[1].context.empty());
    EXPECT_EQ(rule.targets[1].transform, "uuid");
    ASSERT_EQ(rule.targets[2].parameters.size(), 4U);
    EXPECT_EQ(rule.targets[2].parameters[2].kind, ParameterKind::Integer);
    EXPECT_EQ(rule.targets[2].parameters[3].kind, ParameterKind::Boolean);
    EXPECT_EQ(rule.targets[3].path->text, "v + ' \"q\" '");
    EXPECT_EQ(rule.targets[3].list, TargetList::Last);
    ASSERT_EQ(rule.calls.size(), 2U);
    EXPECT_EQ(rule.rules.size(), 1U);
}

TEST(MapSyntax, UndoesEscapesInTexts) {
    const auto map = parsed(
        R"(group g(source a, target b) { a -> b.x = 'it\'s \u3042 \\ "', b.y = "\"d\"\n"; })");
    ASSERT_TRUE(is_ok(map));
    EXPECT_EQ(map->groups[0].rules[0].targets[0].parameters[0].text, "it's \u3042 \\ \"");
    EXPECT_EQ(map->groups[0].rules[0].targets[1].parameters[0].text, "\"d\"\n");
}

struct Bad {
    const char* what;
    const char* body;
    const char* where;
};

TEST(MapSyntax, NamesLineAndColumnOfAFault) {
    const Bad cases[] = {
        {"no group", "", "m.map line 2 column 1"},
        {"text without end", "group g(source a) { a -> b.x = 'abc; }", "m.map line 2 column 32"},
        {"comment without end", "/* group g(source a) { }", "m.map line 2 column 1"},
        {"unknown escape", "group g(source a) { a -> b.x = '\\q'; }", "m.map line 2 column 33"},
        {"rule without semicolon", "group g(source a) {\n  a -> b.x = 'x'\n}",
         "m.map line 4 column 1"},
        {"three steps", "group g(source a) {\n a.b.c as x;\n}", "m.map line 3 column 5"},
        {"no mode", "group g(a : X) { }", "m.map line 2 column 9"},
        {"undeclared prefix", "conceptmap \"c\" {\n prefix s = \"u\"\n s:a == t:b\n}",
         "m.map line 4 column 9"},
        {"empty condition", "group g(source a) { a.x as y where -> b.z = y; }",
         "m.map line 2 column 36"},
        {"unclosed group", "group g(source a) { a.x as y;", "m.map line 2 column 30"},
        {"uses without mode", "uses \"http://x\" alias X as thing\n", "m.map line 2 column 1"},
    };
    for (const Bad& each : cases) {
        const auto map = parsed(each.body);
        ASSERT_FALSE(map) << each.what;
        EXPECT_EQ(map.error().code, Code::Invalid);
        EXPECT_EQ(map.error().where, each.where) << each.what << ": " << map.error().message;
    }
}

TEST(MapSyntax, PassesOverCommentsInsideAnExpression) {
    for (const char* comment : {"// why", "/// why", "//// why"}) {
        const auto map = parsed(std::string{"group g(source a) { a.x as y where y = "} + comment +
                                "\n 'z' -> b.z = y; }");
        ASSERT_TRUE(is_ok(map)) << comment;
    }
    EXPECT_FALSE(parsed("group g(source a) { a.x as y where /// to the end of the map"));
}

TEST(MapSyntax, RefusesWhatIsNestedTooDeeply) {
    std::string body = "group g(source a) {";
    for (int depth = 0; depth < 100'000; ++depth) body += "a then {";
    const auto map = parsed(body);
    ASSERT_FALSE(map);
    EXPECT_EQ(map.error().message, "rules are nested too deeply");
}

TEST(MapSyntax, RefusesBytesThatAreNoText) {
    EXPECT_FALSE(parsed("group g(source a) { a -> b.x = '\xff'; }"));
    EXPECT_FALSE(parsed(std::string_view{"\0", 1}));
}

}  // namespace
}  // namespace tsunagi::translate::syntax

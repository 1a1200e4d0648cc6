#include "fhir/definitions.h"

#include <gtest/gtest.h>

#include <cstring>
#include <random>

#include "fhir/small_definitions.h"

namespace tsunagi::fhir {
namespace {

class DefinitionsTest : public testing::Test {
protected:
    DefinitionsTest()
        : pack_(small_pack()), definitions_(std::move(Definitions::open(pack_)).value()) {}

    Status add(const std::vector<std::string_view>& texts) {
        std::vector<json::Document> documents;
        std::vector<json::Value> values;
        for (const std::string_view text : texts) {
            documents.push_back(std::move(json::read(text)).value());
            values.push_back(documents.back().root());
        }
        return definitions_.add(values);  // the documents die here: nothing may point into them
    }

    Bytes pack_;
    Definitions definitions_;
};

TEST_F(DefinitionsTest, FindTypesByNameAndByUrl) {
    const TypeDef* thing = definitions_.type("Thing");
    ASSERT_TRUE(thing);
    EXPECT_EQ(definitions_.type("http://hl7.org/fhir/StructureDefinition/Thing|4.0.1"), thing);
    EXPECT_EQ(thing->kind, TypeKind::Resource);
    EXPECT_EQ(definitions_.type("Nothing"), nullptr);
    EXPECT_EQ(definitions_.type("code")->primitive, Primitive::Code);
    EXPECT_TRUE(Definitions::is_subtype(definitions_.type("code"), definitions_.type("string")));
    EXPECT_FALSE(Definitions::is_subtype(definitions_.type("string"), definitions_.type("code")));
}

TEST_F(DefinitionsTest, SayWhatAJsonMemberMeans) {
    const TypeDef* thing = definitions_.type("Thing");
    const Member* value = thing->find("valueCode");
    ASSERT_TRUE(value);
    EXPECT_EQ(value->element->path, "Thing.value[x]");
    EXPECT_TRUE(value->element->is_choice);
    EXPECT_EQ(value->type->type, definitions_.type("code"));
    EXPECT_EQ(thing->find("value"), nullptr);
    EXPECT_EQ(thing->find("valueBoolean"), nullptr);
    EXPECT_EQ(thing->element("value"), value->element);
    EXPECT_EQ(thing->find("id")->type->code, "id");  // of a resource: id, not string
    EXPECT_EQ(definitions_.type("string")->find("value"), nullptr);
}

TEST_F(DefinitionsTest, TreatAGroupAsATypeOfItsOwn) {
    const Member* part = definitions_.type("Thing")->find("part");
    EXPECT_EQ(part->element->min, 1U);
    EXPECT_EQ(part->element->max, kUnbounded);
    EXPECT_TRUE(part->element->is_array);
    EXPECT_EQ(part->element->label, "A part");
    ASSERT_EQ(part->element->constraints.size(), 1U);
    EXPECT_EQ(part->element->constraints[0]->expression, "name.exists() = true");
    const TypeDef* group = part->type->type;
    EXPECT_TRUE(group->is_group);
    EXPECT_EQ(group->name, "Thing.part");
    EXPECT_EQ(group->base, definitions_.type("BackboneElement"));
    EXPECT_TRUE(group->find("name"));
    EXPECT_EQ(group->find("part")->type->type, group);  // contentReference
}

constexpr std::string_view kForm =
    R"({"resourceType":"StructureDefinition","url":"https://t.example/StructureDefinition/Form",
  "kind":"logical","type":"https://t.example/StructureDefinition/Form","derivation":"specialization",
  "baseDefinition":"http://hl7.org/fhir/StructureDefinition/Element","differential":{"element":[
   {"path":"Form","short":"申込書"},
   {"path":"Form.colour","short":"色","min":1,"max":"1","type":[{"code":"code"}],
    "extension":[{"url":"https://t.example/sensitivity","valueCode":"high"}],
    "binding":{"strength":"required","valueSet":"https://t.example/ValueSet/colour"}},
   {"path":"Form.rows","short":"行","max":"*","type":[{"code":"BackboneElement"}]},
   {"path":"Form.rows.name","short":"名","max":"1","type":[{"code":"string"}]},
   {"path":"Form.sheet","short":"別紙","max":"1","type":[{"code":"https://t.example/StructureDefinition/Sheet"}]}]}})";
constexpr std::string_view kSheet =
    R"({"resourceType":"StructureDefinition","url":"https://t.example/StructureDefinition/Sheet",
  "kind":"logical","type":"Sheet","derivation":"specialization",
  "baseDefinition":"http://hl7.org/fhir/StructureDefinition/Element","differential":{"element":[
   {"path":"Sheet"},{"path":"Sheet.note","type":[{"code":"string"}]}]}})";
constexpr std::string_view kColours =
    R"({"resourceType":"CodeSystem","url":"https://t.example/CodeSystem/colour",
  "content":"complete","concept":[{"code":"warm","display":"暖色","concept":[{"code":"red","display":"赤",
   "designation":[{"language":"en","value":"red colour"}]}]},{"code":"blue","display":"青"}]})";
constexpr std::string_view kColourSet =
    R"({"resourceType":"ValueSet","url":"https://t.example/ValueSet/colour",
  "compose":{"include":[{"system":"https://t.example/CodeSystem/colour"}]}})";

TEST_F(DefinitionsTest, TakeLogicalModelsAsDifferentialsInAnyOrder) {
    ASSERT_TRUE(add({kForm, kSheet, kColourSet, kColours}));
    const TypeDef* form = definitions_.type("Form");
    ASSERT_TRUE(form);
    EXPECT_EQ(form->kind, TypeKind::Logical);
    EXPECT_EQ(form->root->label, "申込書");
    EXPECT_TRUE(form->find("id")) << "inherited from Element";
    EXPECT_EQ(form->find("colour")->element->label, "色");
    EXPECT_EQ(form->find("colour")->element->facet("https://t.example/sensitivity"), "high");
    EXPECT_EQ(form->find("colour")->element->facet("https://t.example/other"), "");
    EXPECT_EQ(form->find("sheet")->type->type, definitions_.type("Sheet"));
    EXPECT_TRUE(form->find("rows")->type->type->find("id")) << "inherited from BackboneElement";
    EXPECT_TRUE(form->find("rows")->type->type->find("name"));
    const std::uint32_t colour = form->find("colour")->index;
    EXPECT_EQ(form->required[0], std::uint64_t{1} << colour);
}

TEST_F(DefinitionsTest, GiveEarlierBindingsTheValueSetThatComesLater) {
    const Binding* binding = definitions_.type("Thing")->element("value")->binding;
    EXPECT_EQ(binding->value_set, "https://t.example/ValueSet/colour");
    EXPECT_EQ(binding->set, nullptr);
    ASSERT_TRUE(add({kColours, kColourSet}));
    EXPECT_EQ(binding->set, definitions_.value_set("https://t.example/ValueSet/colour"));
}

TEST_F(DefinitionsTest, ExpandValueSets) {
    ASSERT_TRUE(add({
        kColours,
        kColourSet,
        R"({"resourceType":"ValueSet","url":"u:warm","compose":{"include":[{"system":"https://t.example/CodeSystem/colour",
            "filter":[{"property":"concept","op":"is-a","value":"warm"}]}]}})",
        R"({"resourceType":"ValueSet","url":"u:cold","compose":{"include":[{"valueSet":["https://t.example/ValueSet/colour|2"]}],
            "exclude":[{"valueSet":["u:warm"]}]}})",
        R"({"resourceType":"ValueSet","url":"u:loinc","compose":{"include":[{"system":"http://loinc.org"},
            {"system":"u:x","concept":[{"code":"a"}]}]}})",
        R"({"resourceType":"ValueSet","url":"u:cut","expansion":{"total":9,"contains":[{"system":"u:x","code":"a"}]},
            "compose":{"include":[{"system":"u:x"}]}})",
        R"({"resourceType":"ValueSet","url":"u:media","compose":{"include":[{"system":"urn:ietf:bcp:13"}]}})",
        R"({"resourceType":"ValueSet","url":"u:one","compose":{"include":[{"valueSet":["u:two"]}]}})",
        R"({"resourceType":"ValueSet","url":"u:two","compose":{"include":[{"valueSet":["u:one"]}]}})",
    }));
    const std::string_view colour = "https://t.example/CodeSystem/colour";
    const auto in = [&](std::string_view set, std::string_view system, std::string_view code) {
        return definitions_.contains(set, system, code);
    };
    using enum Membership;
    EXPECT_EQ(in("https://t.example/ValueSet/colour|1", colour, "red"), Yes);
    EXPECT_EQ(in("https://t.example/ValueSet/colour", "", "red"), Yes);
    EXPECT_EQ(in("https://t.example/ValueSet/colour", "u:x", "red"), No);
    EXPECT_EQ(in("https://t.example/ValueSet/colour", colour, "Red"), No);
    EXPECT_EQ(in("u:warm", colour, "warm"), Yes);
    EXPECT_EQ(in("u:warm", colour, "red"), Yes);
    EXPECT_EQ(in("u:warm", colour, "blue"), No);
    EXPECT_EQ(in("u:cold", colour, "red"), No);
    EXPECT_EQ(in("u:cold", colour, "blue"), Yes);
    EXPECT_EQ(in("u:loinc", "http://loinc.org", "1-8"), Unknown);
    EXPECT_EQ(in("u:loinc", "u:x", "a"), Yes);
    EXPECT_EQ(in("u:loinc", "u:x", "b"), No);
    EXPECT_EQ(in("u:cut", "u:x", "b"), Unknown);
    EXPECT_EQ(in("u:media", "", "application/fhir+json"), Yes);
    EXPECT_EQ(in("u:media", "", "pdf"), No);
    EXPECT_EQ(in("u:one", "", "a"), Unknown);
    EXPECT_EQ(in("u:none", "", "a"), Unknown);
}

/// hl7.org/fhir/R4/valueset-filter-operator.html, over a small tree: a > (b > d, c).
TEST_F(DefinitionsTest, WorkOutEveryFilterOfAComposeThatNeedsNoExpression) {
    const std::string tree =
        R"({"resourceType":"CodeSystem","url":"u:tree","status":"draft","content":"complete","concept":[
            {"code":"a","concept":[
                {"code":"b","property":[{"code":"kind","valueCode":"x"},{"code":"old","valueBoolean":true}],
                 "concept":[{"code":"d","property":[{"code":"kind","valueCoding":{"code":"y"}}]}]},
                {"code":"c"}]}]})";
    struct Case {
        const char* property;
        const char* op;
        const char* value;
        const char* codes;
    };
    const Case cases[] = {
        {"concept", "is-a", "b", "bd"},
        {"concept", "descendent-of", "a", "bcd"},
        {"concept", "is-not-a", "b", "ac"},
        {"concept", "child-of", "a", "bc"},
        {"concept", "generalizes", "d", "abd"},
        {"concept", "=", "c", "c"},
        {"code", "in", "a, d", "ad"},
        {"code", "not-in", "a,d", "bc"},
        {"code", "exists", "true", "abcd"},
        {"kind", "=", "x", "b"},
        {"kind", "in", "x,y", "bd"},
        {"kind", "not-in", "x", "acd"},
        {"kind", "exists", "true", "bd"},
        {"kind", "exists", "false", "ac"},
        {"old", "=", "true", "b"},
        {"old", "=", "false", "acd"},
        {"parent", "=", "a", "bc"},
        {"concept", "is-a", "none", ""},
    };
    std::vector<std::string> texts{tree};
    const auto url = [](std::size_t i) { return "u:set" + std::to_string(i); };
    for (std::size_t i = 0; i < std::size(cases); ++i) {
        texts.push_back(R"({"resourceType":"ValueSet","url":")" + url(i) +
                        R"(","compose":{"include":[{"system":"u:tree","filter":[{"property":")" +
                        cases[i].property + R"(","op":")" + cases[i].op + R"(","value":")" +
                        cases[i].value + R"("}]}]}})");
    }
    texts.push_back(
        R"({"resourceType":"ValueSet","url":"u:regex","compose":{"include":[{"system":"u:tree","filter":[{"property":"code","op":"regex","value":"[ab]"}]}]}})");
    ASSERT_TRUE(add({texts.begin(), texts.end()}));
    for (std::size_t i = 0; i < std::size(cases); ++i) {
        std::string found;
        for (const char* code : {"a", "b", "c", "d"}) {
            const Membership is = definitions_.contains(url(i), "u:tree", code);
            EXPECT_NE(is, Membership::Unknown) << cases[i].op;
            if (is == Membership::Yes) found += code;
        }
        EXPECT_EQ(found, cases[i].codes) << cases[i].property << " " << cases[i].op;
    }
    EXPECT_EQ(definitions_.contains("u:regex", "u:tree", "a"), Membership::Unknown);
}

TEST_F(DefinitionsTest, ShowConceptsInTwoLanguages) {
    ASSERT_TRUE(add({kColours}));
    const CodeSystem* colours = definitions_.code_system("https://t.example/CodeSystem/colour");
    ASSERT_TRUE(colours);
    EXPECT_TRUE(colours->is_complete());
    EXPECT_EQ(colours->size(), 3U);
    EXPECT_EQ(colours->find("red")->display, "赤");
    EXPECT_EQ(colours->find("red")->english, "red colour");
    EXPECT_EQ(colours->find("red")->parent, "warm");
    EXPECT_FALSE(colours->find("green"));
    EXPECT_TRUE(colours->subsumes("warm", "red"));
    EXPECT_TRUE(colours->subsumes("red", "red"));
    EXPECT_FALSE(colours->subsumes("red", "warm"));
}

TEST_F(DefinitionsTest, TranslateCodes) {
    ASSERT_TRUE(
        add({R"({"resourceType":"ConceptMap","url":"u:map","group":[{"source":"u:a","target":"u:b",
        "element":[{"code":"1","target":[{"code":"one","display":"One","equivalence":"equivalent"},
                                         {"code":"uno","equivalence":"wider"}]}],
        "unmapped":{"mode":"fixed","code":"other"}}]})"}));
    const ConceptMap* map = definitions_.concept_map("u:map");
    ASSERT_TRUE(map);
    const auto one = map->translate("u:a", "1");
    ASSERT_EQ(one.size(), 2U);
    EXPECT_EQ(one[0].target_code, "one");
    EXPECT_EQ(one[0].target_system, "u:b");
    EXPECT_EQ(one[1].equivalence, "wider");
    EXPECT_EQ(map->translate("", "9").at(0).target_code, "other");
    EXPECT_TRUE(map->translate("u:z", "1").empty());
}

TEST_F(DefinitionsTest, RefuseWhatTheyCannotLinkAndStayAsTheyWere) {
    const std::size_t before = definitions_.types().size();
    const auto status =
        add({R"({"resourceType":"StructureDefinition","url":"u:Bad","kind":"logical","type":"Bad",
        "baseDefinition":"http://hl7.org/fhir/StructureDefinition/Element","differential":{"element":[{"path":"Bad"},
        {"path":"Bad.a","type":[{"code":"Nowhere"}]}]}})"});
    ASSERT_FALSE(status);
    EXPECT_EQ(status.error().where, "u:Bad Bad.a");
    EXPECT_EQ(definitions_.type("Bad"), nullptr);
    EXPECT_EQ(definitions_.types().size(), before);
    EXPECT_FALSE(
        add({R"({"resourceType":"StructureDefinition","url":"u:Gap","kind":"logical","type":"Gap",
        "differential":{"element":[{"path":"Gap"},{"path":"Gap.a.b","type":[{"code":"string"}]}]}})"}));
    EXPECT_FALSE(
        add({R"({"resourceType":"StructureDefinition","url":"u:Self","kind":"logical","type":"Self",
        "baseDefinition":"u:Self","differential":{"element":[{"path":"Self"}]}})"}));
}

TEST_F(DefinitionsTest, KeepWhatTheyKnowWhenItComesAgain) {
    ASSERT_TRUE(add({kSheet}));
    const TypeDef* sheet = definitions_.type("Sheet");
    ASSERT_TRUE(add({kSheet}));
    EXPECT_EQ(definitions_.type("Sheet"), sheet);
}

TEST_F(DefinitionsTest, SurviveAMove) {
    const TypeDef* thing = definitions_.type("Thing");
    const Definitions moved = std::move(definitions_);
    EXPECT_EQ(moved.type("Thing"), thing);
    EXPECT_TRUE(thing->find("part"));
    definitions_ = std::move(Definitions::open(pack_)).value();
}

TEST(Pack, RefusesDamage) {
    const Bytes good = small_pack();
    ASSERT_TRUE(Definitions::open(good));
    EXPECT_FALSE(Definitions::open({}));
    Bytes other = good;
    other[8] = 99;
    EXPECT_EQ(Definitions::open(other).error().message,
              "definitions pack of another version; build it again");
    for (std::size_t at = 0; at < good.size(); at += 7) {
        Bytes bad = good;
        bad[at] ^= 0x40;
        EXPECT_FALSE(Definitions::open(bad)) << at;
    }
    for (std::size_t size = 0; size < good.size(); size += 13)
        EXPECT_FALSE(Definitions::open(BytesView{good}.first(size))) << size;
}

/// Behind a right hash every row is checked: a pack made by hand must not reach outside itself.
TEST(Pack, NeverReachesOutsideItselfWhateverItsRowsSay) {
    const Bytes good = small_pack();
    constexpr std::uint32_t kSeed = 20261120;
    std::mt19937 random(kSeed);
    for (int round = 0; round < 4000; ++round) {
        Bytes bad = good;
        for (std::uint32_t i = 0; i <= random() % 3; ++i) {
            const std::size_t at =
                sizeof(pack::Header) + random() % (bad.size() - sizeof(pack::Header));
            bad[at] = static_cast<std::uint8_t>(random());
        }
        pack::Header header{};
        std::memcpy(&header, bad.data(), sizeof header);
        header.content_hash = pack::content_hash(BytesView{bad}.subspan(sizeof header));
        std::memcpy(bad.data(), &header, sizeof header);
        const auto opened = Definitions::open(bad);
        if (!opened) continue;
        for (const TypeDef* type : opened->types()) {  // ASan watches these reads
            for (const Member& member : type->members) {
                EXPECT_EQ(type->find(member.name), &member) << "seed " << kSeed;
                EXPECT_LE(member.element->path.size(), bad.size());
            }
        }
    }
}

}  // namespace
}  // namespace tsunagi::fhir

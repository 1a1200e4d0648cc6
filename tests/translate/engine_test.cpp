#include <gtest/gtest.h>

#include "json/writer.h"
#include "support/definitions.h"
#include "support/result_matchers.h"
#include "translate/map_library.h"
#include "translate/translator.h"

namespace tsunagi::translate {
namespace {

using support::is_ok;

constexpr std::string_view kHead = R"(map "http://example.org/m" = "m"
uses "http://hl7.org/fhir/StructureDefinition/Patient" alias Patient as source
uses "http://hl7.org/fhir/StructureDefinition/Bundle" alias Bundle as target
uses "http://hl7.org/fhir/StructureDefinition/Observation" alias Observation as target
)";

Result<MapLibrary> loaded(const std::string& groups) {
    const MapText text{"m.map", std::string{kHead} + groups};
    return MapLibrary::load(std::span{&text, 1}, support::definitions());
}

Result<Translation> ran(const std::string& groups, std::string_view source,
                        const RunLimits& limits = {}) {
    auto library = loaded(groups);
    if (!library) return library.error();
    const auto document = json::read(source);
    if (!document) return document.error();
    SeededRandom random(7);
    const Environment environment{Instant{std::chrono::hours{24}}, std::chrono::hours{9}, random};
    return transform(*library, "http://example.org/m", document->root(), environment, limits);
}

/// The output without "resourceType" of the root, or the error.
std::string output(const std::string& groups, std::string_view source) {
    const auto made = ran(groups, source);
    if (!made) return to_string(made.error());
    return json::write(made->output.root());
}

const char* const kPatient =
    R"({"resourceType":"Patient","id":"p1","active":true,"gender":"female","birthDate":"1938-04-02",
    "_birthDate":{"extension":[{"url":"http://example.org/said","valueString":"昭和13年"}]},
    "name":[{"family":"Tanabe","given":["Yoshie","Y"]},{"text":"T.Y."}],
    "multipleBirthInteger":2,"telecom":[{"value":"1"},{"value":"2"},{"value":"3"}]})";

struct Example {
    const char* what;
    const char* groups;
    const char* output;
};

TEST(Engine, PutsValuesWhereTheTypesSay) {
    const Example cases[] = {
        {"a single and a repeating element",
         "group g(source p : Patient, target o : Observation) { p.gender as x -> o.status = x, "
         "o.category as c, c.text = x; }",
         R"({"resourceType":"Observation","status":"female","category":[{"text":"female"}]})"},
        {"a choice by the type of the value",
         "group g(source p : Patient, target o : Observation) { p -> o.value = create('Quantity') "
         "as q, q.value = 5; }",
         R"({"resourceType":"Observation","valueQuantity":{"value":5}})"},
        {"a choice by the type of the source",
         "group g(source p : Patient, target o : Observation) { p.active as x -> o.value = x; }",
         R"({"resourceType":"Observation","valueBoolean":true})"},
        {"a choice by its JSON name",
         "group g(source p : Patient, target o : Observation) { p.birthDate as x -> "
         "o.effectiveDateTime = x; }",
         R"({"resourceType":"Observation","effectiveDateTime":"1938-04-02","_effectiveDateTime":{"extension":[{"url":"http://example.org/said","valueString":"昭和13年"}]}})"},
        {"a text that becomes a CodeableConcept, a Reference, an Annotation",
         "group g(source p : Patient, target o : Observation) { p -> o.code = 'x', o.subject = "
         "'Patient/1', o.note = 'n'; }",
         R"({"resourceType":"Observation","code":{"text":"x"},"subject":{"reference":"Patient/1"},"note":[{"text":"n"}]})"},
        {"a primitive made for later",
         "group g(source p : Patient, target o : Observation) { p.gender as x -> o.value = "
         "create('string') as v then { x -> v.value = x; }; }",
         R"({"resourceType":"Observation","valueString":"female"})"},
        {"an extension of a primitive",
         "group g(source p : Patient, target o : Observation) { p -> o.status as s, s.value = "
         "'final', s.extension as e, e.url = 'u', e.value = 'w'; }",
         R"({"resourceType":"Observation","status":"final","_status":{"extension":[{"url":"u","valueString":"w"}]}})"},
        {"a single element is gone on with, a repeating one begun again",
         "group g(source p : Patient, target o : Observation) { p -> o.code as c, c.text = 'a'; p "
         "-> o.code as c, c.coding as k, k.code = 'b'; p -> o.note as n, n.text = '1'; p -> o.note "
         "as n, n.text = '2'; }",
         R"({"resourceType":"Observation","code":{"text":"a","coding":[{"code":"b"}]},"note":[{"text":"1"},{"text":"2"}]})"},
        {"nothing is left of what was never filled",
         "group g(source p : Patient, target o : Observation) { p -> o.code as c, c.coding as k, "
         "o.note as n, n.text as t; }",
         R"({"resourceType":"Observation"})"},
        {"a whole element is copied",
         "group g(source p : Patient, target b : Bundle) { p -> b.entry as e, e.resource = "
         "create('Patient') as q then { p.name as n -> q.name = n; }; }",
         R"({"resourceType":"Bundle","entry":[{"resource":{"resourceType":"Patient","name":[{"family":"Tanabe","given":["Yoshie","Y"]},{"text":"T.Y."}]}}]})"},
    };
    for (const Example& each : cases)
        EXPECT_EQ(output(each.groups, kPatient), each.output) << each.what;
}

TEST(Engine, PicksSourcesByListModeTypeConditionAndDefault) {
    const Example cases[] = {
        {"first", "p.telecom first as t then one(t, o);", "1"},
        {"last", "p.telecom last as t then one(t, o);", "3"},
        {"not_first", "p.telecom not_first as t then one(t, o);", "23"},
        {"not_last", "p.telecom not_last as t then one(t, o);", "12"},
        {"where", "p.telecom as t where value != '2' then one(t, o);", "13"},
        {"where with a variable",
         "p.gender as g then { p.telecom as t where %g = 'female' and $this.value = '2' then "
         "one(t, o); };",
         "2"},
        {"a bare name is a variable first", "p.telecom as t where t.value = '3' then one(t, o);",
         "3"},
        {"two sources go through every pair",
         "p.telecom as t, p.telecom as u where %t.value = %u.value then one(u, o);", "123"},
        {"default", "p.language default ('none') as m -> o.note as n, n.text = m;", "none"},
        {"type", "p.multipleBirth : integer as m -> o.note as n, n.text = m;", "2"},
        {"another type", "p.multipleBirth : boolean as m -> o.note as n, n.text = m;", ""},
    };
    for (const Example& each : cases) {
        const auto made = ran(
            std::string{"group g(source p : Patient, target o : Observation) { "} + each.groups +
                " }\ngroup one(source t, target o : Observation) { t.value as v -> o.note as n, "
                "n.text = v; }",
            kPatient);
        ASSERT_TRUE(is_ok(made)) << each.what;
        std::string texts;
        for (const json::Value note : made->output.root()["note"]) texts += note["text"].text();
        EXPECT_EQ(texts, each.output) << each.what;
    }
    const auto several =
        ran("group g(source p : Patient, target o : Observation) { p.telecom only_one as t -> "
            "o.code as c, c.text = 'x'; }",
            kPatient);
    ASSERT_FALSE(several);
    EXPECT_EQ(several.error().code, Code::Invalid);
}

TEST(Engine, MakesValuesByTransform) {
    const Example cases[] = {
        {"cc", "o.code = cc('http://s', 'c', 'd')",
         R"("code":{"coding":[{"system":"http://s","code":"c","display":"d"}]})"},
        {"cc of a text", "o.code = cc('t')", R"("code":{"text":"t"})"},
        {"c", "o.code as k, k.coding = c('http://s', 'c')",
         R"("code":{"coding":[{"system":"http://s","code":"c"}]})"},
        {"the display of a code system we hold",
         "o.code = cc('https://tsunagi.example/fhir/CodeSystem/purpose', 'treatment')",
         R"("code":{"coding":[{"system":"https://tsunagi.example/fhir/CodeSystem/purpose","code":"treatment","display":"①病状増悪時の治療"}]})"},
        {"qty", "o.value = qty('1.50 mg')", R"("valueQuantity":{"value":1.50,"unit":"mg"})"},
        {"qty in parts", "o.value = qty(2, 'd', 'http://unitsofmeasure.org', 'd')",
         R"("valueQuantity":{"value":2,"unit":"d","system":"http://unitsofmeasure.org","code":"d"})"},
        {"id", "o.identifier = id('http://s', 'v', 'MR')",
         R"("identifier":[{"type":{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/v2-0203","code":"MR","display":"Medical record number"}]},"system":"http://s","value":"v"}])"},
        {"append of words alone", "o.value = append('a', 'b')", R"("valueString":"ab")"},
        {"append with a variable", "o.value = append('a-', x)", R"("valueString":"a-female")"},
        {"escape",
         "o.value = append(x, '<&>') as w, o.note as n, escape(w, 'plain', 'xml') as s, n.text = s",
         R"("valueString":"female<&>","note":[{"text":"female&lt;&amp;&gt;"}])"},
        {"escape back to plain text",
         "o.value = escape('&lt;&#x30a2;&#12450;&amp;&apos;&nbsp;&#0;&', 'xml', 'plain')",
         R"("valueString":"<アア&'&nbsp;&#0;&")"},
        {"cp", "o.subject as s, s.extension as e, e.url = 'u', e.value = cp('03-0000-0000')",
         R"("subject":{"extension":[{"url":"u","valueContactPoint":{"system":"phone","value":"03-0000-0000"}}]})"},
        {"escape from one kind to another", R"(o.value = escape('\\"<\\n', 'json', 'xml'))",
         R"("valueString":"&quot;&lt;\n")"},
        {"evaluate", "o.value = (%x.upper())", R"("valueString":"FEMALE")"},
        {"evaluate with a focus", "o.value = evaluate(x, '$this.length() + 1')",
         R"("valueInteger":7)"},
        {"dateOp", "o.effectiveDateTime = dateOp(b, '+ 14 days')",
         R"("effectiveDateTime":"1938-04-16")"},
        {"cast", "o.value = cast(x, 'string')", R"("valueString":"female")"},
        {"now", "o.issued = (now())", R"("issued":"1970-01-02T09:00:00.000+09:00")"},
    };
    for (const Example& each : cases) {
        EXPECT_EQ(output(std::string{"group g(source p : Patient, target o : Observation) { "
                                     "p.gender as x, p.birthDate as b -> "} +
                             each.groups + "; }",
                         kPatient),
                  std::string{R"({"resourceType":"Observation",)"} + each.output + "}")
            << each.what;
    }
}

TEST(Engine, CutsTextByCharactersNotBytes) {
    EXPECT_EQ(output("group g(source p : Patient, target o : Observation) { p.gender as x -> "
                     "o.valueString = truncate(x, 2); }",
                     R"({"resourceType":"Patient","gender":"女性です"})"),
              R"({"resourceType":"Observation","valueString":"女性"})");
}

TEST(Engine, TranslatesByAnInlineConceptMap) {
    const std::string map = R"(conceptmap "sex" {
  prefix s = "http://hl7.org/fhir/administrative-gender"
  prefix t = "http://example.org/sex"
  s:female == t:F
  s:male == t:M
}
group g(source p : Patient, target o : Observation) { p.gender as x -> o.value = translate(x, '#sex', 'CodeableConcept'), o.status = translate(x, '#sex', 'code'); })";
    const MapText text{"m.map", std::string{kHead} + map};
    const auto library = MapLibrary::load(std::span{&text, 1}, support::definitions());
    ASSERT_TRUE(is_ok(library));
    SeededRandom random(7);
    const auto source = json::read(kPatient).value();
    const auto made =
        transform(*library, "http://example.org/m", source.root(), {Instant{}, {}, random});
    ASSERT_TRUE(is_ok(made));
    EXPECT_EQ(
        json::write(made->output.root()),
        R"({"resourceType":"Observation","valueCodeableConcept":{"coding":[{"system":"http://example.org/sex","code":"F"}]},"status":"F"})");
}

TEST(Engine, RefersInsideABundleByFullUrlAndOutsideById) {
    const auto made = ran(R"(group g(source p : Patient, target b : Bundle) {
  p -> b.entry as e, uuid() as u, e.fullUrl = append('urn:uuid:', u), e.resource = create('Patient') as q,
       b.entry as f, f.resource = create('Observation') as o, o.subject = reference(q), o.id = 'o1',
       b.entry as h, h.resource = create('Observation') as r, r.hasMember = reference(o);
})",
                          kPatient);
    ASSERT_TRUE(is_ok(made));
    const json::Value entries = made->output.root()["entry"];
    const auto url = entries.at(0)["fullUrl"].text();
    EXPECT_EQ(url.size(), 45U);
    EXPECT_EQ(entries.at(1)["resource"]["subject"]["reference"].text(), url);
    EXPECT_EQ(entries.at(2)["resource"]["hasMember"].at(0)["reference"].text(), "Observation/o1");
}

TEST(Engine, SharesATargetUnderAName) {
    EXPECT_EQ(
        output(R"(group g(source p : Patient, target b : Observation) {
  p.telecom as t -> b.component as c share all then { t.value as v -> c.code as k, k.coding as d, d.code = v; };
})",
               kPatient),
        R"({"resourceType":"Observation","component":[{"code":{"coding":[{"code":"1"},{"code":"2"},{"code":"3"}]}}]})");
}

TEST(Engine, RunsTheBaseOfAGroupFirst) {
    EXPECT_EQ(
        output(
            R"(group g(source p : Patient, target o : Observation) extends base { p -> o.note as n, n.text = 'own'; }
group base(source q : Patient, target r : Observation) { q -> r.note as n, n.text = 'base'; })",
            kPatient),
        R"({"resourceType":"Observation","note":[{"text":"base"},{"text":"own"}]})");
}

TEST(Engine, ConvertsByADefaultGroupOfTheTypes) {
    EXPECT_EQ(
        output(R"(group g(source p : Patient, target b : Bundle) {
  p -> b.entry as e, e.resource = create('Person') as q then { p.name as n -> q.name as m; };
}
group names(source n : HumanName, target m : HumanName) <<types>> { n.family as f -> m.text = f; })",
               kPatient),
        R"({"resourceType":"Bundle","entry":[{"resource":{"resourceType":"Person","name":[{"text":"Tanabe"}]}}]})");
}

TEST(Engine, KeepsTheSpellingOfNumbers) {
    EXPECT_EQ(output("group g(source o : Observation, target t : Observation) { o.value : Quantity "
                     "as q -> t.value = q; }",
                     R"({"resourceType":"Observation","valueQuantity":{"value":1.10e2}})"),
              R"({"resourceType":"Observation","valueQuantity":{"value":1.10e2}})");
}

TEST(Engine, GivesTheSameBytesForTheSameSeed) {
    const char* groups =
        "group g(source p : Patient, target b : Bundle) { p.telecom as t -> b.entry as e, uuid() "
        "as u, e.fullUrl = u; }";
    EXPECT_EQ(output(groups, kPatient), output(groups, kPatient));
}

// ---- what is wrong with a map is found at load --------------------------------------------------

TEST(Load, FindsEveryFaultWithItsPlace) {
    struct Bad {
        const char* groups;
        const char* message;
        const char* where;
    };
    const Bad cases[] = {
        {"group g(source p : Patient, target o : Observation) { p.gendr as x -> o.status = x; }",
         "Patient has no element 'gendr'", "m.map line 5 column 55"},
        {"group g(source p : Patient, target o : Observation) { p.gender as x -> o.stat = x; }",
         "Observation has no element 'stat'", "m.map line 5 column 72"},
        {"group g(source p : Patient, target o : Observation) { p.name as n -> o.status = n; }",
         "'status' is a code and cannot take a HumanName", "m.map line 5 column 70"},
        {"group g(source p : Patient, target o : Observation) { p -> o.value as v, v.unit = 'x'; }",
         "'value' has several types: say create('TYPE')", "m.map line 5 column 60"},
        {"group g(source p : Patient, target o : Observation) { p -> o.value = create('Money') as "
         "v; }",
         "'value' cannot be a Money", "m.map line 5 column 60"},
        {"group g(source p : Pattient, target o : Observation) { }", "unknown type 'Pattient'",
         "m.map line 5 column 9"},
        {"group g(source p : Patient, target o : Observation) { p then nowhere(p, o); }",
         "unknown group 'nowhere'", "m.map line 5 column 62"},
        {"group g(source p : Patient, target o : Observation) { p then h(p); }\ngroup h(source a, "
         "target b) { }",
         "group 'h' takes 2 parameters", "m.map line 5 column 62"},
        {"group g(source p : Patient, target o : Observation) { p.name as n then h(n, o); }\ngroup "
         "h(source a : Address, target b) { }",
         "group 'h' takes Address, not HumanName", "m.map line 5 column 72"},
        {"group g(source p : Patient, target o : Observation) { p then h(p); }\ngroup h(target b : "
         "Patient) { }",
         "group 'h' writes into 'b', and 'p' cannot be written", "m.map line 5 column 64"},
        {"group g(source p : Patient, target o : Observation) { q.gender as x -> o.status = x; }",
         "unknown variable 'q'", "m.map line 5 column 55"},
        {"group g(source p : Patient, target o : Observation) { p.gender as x -> o.status = y; }",
         "unknown variable 'y'", "m.map line 5 column 83"},
        {"group g(source p : Patient, target o : Observation) { p -> p.gender = 'x'; }",
         "'p' is a source and cannot be written", "m.map line 5 column 60"},
        {"group g(source p : Patient, target o : Observation) { p.gender as x where %y = 'a' -> "
         "o.status = x; }",
         "unknown variable '%y'", "m.map line 5 column 75"},
        {"group g(source p : Patient, target o : Observation) { p.gender as x where $this = -> "
         "o.status = x; }",
         nullptr, "m.map line 5 column 75"},
        {"group g(source p : Patient, target o : Observation) { p.gender as x -> o.status = "
         "shout(x); }",
         "unknown transform 'shout'", "m.map line 5 column 72"},
        {"group g(source p : Patient, target o : Observation) { p.gender as x -> o.status = "
         "escape(x, 'text', 'xml'); }",
         "escape knows 'plain', 'java', 'xml' and 'json'", "m.map line 5 column 93"},
        {"group g(source p : Patient, target o : Observation) { p.gender as x -> o.status = "
         "translate(x, '#none', 'code'); }",
         "no conceptmap '#none' in this map", "m.map line 5 column 96"},
        {"group g(source p : Patient, target o : Observation) extends g { }",
         "the group extends itself", "m.map line 5 column 7"},
        {"imports \"http://example.org/none\"\ngroup g(source p : Patient, target o : Observation) "
         "{ }",
         "no map has the url http://example.org/none", "m.map line 5 column 1"},
        {"group g(source p : Patient, target o : Observation) { }\ngroup g(source p, target o) { }",
         "a second group 'g'", "m.map line 6 column 7"},
        // A group that nothing calls is checked all the same.
        {"group g(source p : Patient, target o : Observation) { }\ngroup h(source p : Patient, "
         "target o : Observation) { p.nme as x -> o.status = 'x'; }",
         "Patient has no element 'nme'", "m.map line 6 column 55"},
        // A group without types is checked by the types of each caller.
        {"group g(source p : Patient, target o : Observation) { p then h(p, o); }\ngroup h(source "
         "a, target b) { a.nme as x -> b.status = x; }",
         "Patient has no element 'nme'", "m.map line 6 column 31"},
    };
    for (const Bad& each : cases) {
        const auto library = loaded(each.groups);
        ASSERT_FALSE(library) << each.groups;
        if (each.message) {
            EXPECT_EQ(library.error().message, each.message);
        }
        EXPECT_EQ(library.error().where, each.where) << library.error().message;
    }
}

TEST(Load, ResolvesImportsInCirclesAndByWildcard) {
    const MapText maps[] = {
        {"a.map",
         "map \"http://example.org/a\" = \"a\"\nimports \"http://example.org/*\"\ngroup a(source p "
         ": Patient, target o : Observation) { p then b(p, o); }"},
        {"b.map",
         "map \"http://example.org/b\" = \"b\"\nimports \"http://example.org/a\"\ngroup b(source "
         "p, target o) { p -> o.status = 'final'; }"}};
    const auto library = MapLibrary::load(maps, support::definitions());
    ASSERT_TRUE(is_ok(library));
    EXPECT_EQ(library->urls(),
              (std::vector<std::string>{"http://example.org/a", "http://example.org/b"}));
}

// ---- bounds and faults at run time --------------------------------------------------------------

TEST(Engine, EndsGroupsThatCallThemselves) {
    const auto made =
        ran("group g(source p : Patient, target o : Observation) { p then g(p, o); }", kPatient);
    ASSERT_FALSE(made);
    EXPECT_EQ(made.error().code, Code::Unsupported);
    EXPECT_EQ(made.error().message, "groups call each other too deeply");
}

TEST(Engine, EndsMapsThatRunTooLong) {
    std::string rules;
    for (int power = 0; power < 12; ++power)
        rules += "p.telecom as t" + std::to_string(power) + " then { ";
    std::string ends(std::size_t{12} * 3, ' ');
    for (int power = 0; power < 12; ++power)
        ends.replace(static_cast<std::size_t>(power) * 3, 2, "};");
    const auto made =
        ran("group g(source p : Patient, target o : Observation) { " + rules + ends + " }",
            kPatient, {.max_rules = 1000, .max_depth = 128, .max_nodes = 1000});
    ASSERT_FALSE(made);
    EXPECT_EQ(made.error().message, "the maps run too many rules");
    const auto grown =
        ran("group g(source p : Patient, target o : Observation) { p.telecom as a, p.telecom as b "
            "-> o.note as n, n.text = 'x'; }",
            kPatient, {.max_rules = 1000, .max_depth = 128, .max_nodes = 10});
    ASSERT_FALSE(grown);
    EXPECT_EQ(grown.error().message, "the output has too many nodes");
}

TEST(Engine, NamesMapAndSourceOfAFaultAndNoValue) {
    const auto made =
        ran("group g(source p : Patient, target o : Observation) {\n p.name as n then { n.given as "
            "x -> o.value = create('Quantity') as q, q.value = x; }; }",
            kPatient);
    ASSERT_FALSE(made);
    EXPECT_EQ(made.error().message, "a number is expected");
    EXPECT_EQ(made.error().where, "m.map line 6 column 72, source Patient.name[0].given[0]");
    EXPECT_EQ(to_string(made.error()).find("Yoshie"), std::string::npos);
}

TEST(Engine, ReportsWhatAMapChecks) {
    const auto made =
        ran("group g(source p : Patient, target o : Observation) { p.gender as x check $this = "
            "'male' -> o.status = x; p.maritalStatus 1..1 as m -> o.code = m; }",
            kPatient);
    ASSERT_TRUE(is_ok(made));
    ASSERT_EQ(made->issues.size(), 2U);
    EXPECT_EQ(made->issues[0].code, "map-check");
    EXPECT_EQ(made->issues[0].expression, "Patient.gender");
    EXPECT_EQ(made->issues[1].code, "map-cardinality");
    EXPECT_FALSE(made->output.root()["status"]);
}

// ---- the receipt --------------------------------------------------------------------------------

const ReceiptRow& row(const Receipt& receipt, std::string_view cell) {
    static const ReceiptRow kNone;
    for (const auto& each : receipt.rows()) {
        if (each.cell == cell) return each;
    }
    ADD_FAILURE() << "no row " << cell;
    return kNone;
}

std::vector<std::string> targets(const Receipt& receipt, std::string_view cell) {
    const ReceiptRow& found = row(receipt, cell);
    return {found.targets.begin(), found.targets.end()};
}

TEST(Receipt, TellsWhatBecameOfEveryCell) {
    const auto made = ran(R"(group g(source p : Patient, target o : Observation) {
  p.gender as x -> o.status = x;
  p.birthDate as x -> o.effective = create('Period') as d, d.start = x, d.end = x;
  p.active as x where $this -> o.code = cc('http://s', 'active');
  p.name as n then { n.family as f, n.given as g -> o.valueString = append(f, ' ', g); n.text as t -> o.note as a, a.text = t; };
  p.telecom log 'dropped: the desk is telephoned';
})",
                          kPatient);
    ASSERT_TRUE(is_ok(made));
    const Receipt& receipt = made->receipt;
    EXPECT_EQ(receipt.rows().size(), 12U);
    EXPECT_EQ(targets(receipt, "Patient.gender"), std::vector<std::string>{"Observation.status"});
    EXPECT_EQ(targets(receipt, "Patient.birthDate"),
              (std::vector<std::string>{"Observation.effectivePeriod.start",
                                        "Observation.effectivePeriod.end"}));
    EXPECT_EQ(targets(receipt, "Patient.active"), std::vector<std::string>{"Observation.code"});
    EXPECT_EQ(targets(receipt, "Patient.name[0].family"),
              std::vector<std::string>{"Observation.valueString"});
    EXPECT_EQ(row(receipt, "Patient.name[0].given[1]").outcome, Outcome::Mapped);
    EXPECT_EQ(row(receipt, "Patient.name[1].text").outcome, Outcome::KeptAsText);
    EXPECT_EQ(row(receipt, "Patient.telecom[2].value").outcome, Outcome::Dropped);
    EXPECT_EQ(row(receipt, "Patient.telecom[2].value").reason, "the desk is telephoned");
    EXPECT_EQ(row(receipt, "Patient.id").outcome, Outcome::Unaccounted);
    EXPECT_EQ(row(receipt, "Patient.multipleBirthInteger").outcome, Outcome::Unaccounted);
}

TEST(Receipt, DoesNotTakeAnEmptyShellForACarriedCell) {
    const auto made = ran(R"(group g(source p : Patient, target b : Bundle) {
  p.gender as x -> b.entry as e, uuid() as u, e.fullUrl = append('urn:uuid:', u), e.resource = create('Observation') as o,
    o.subject = 'Patient/1';
  p.birthDate as x where $this.empty() -> b.type = 'collection';
})",
                          kPatient);
    ASSERT_TRUE(is_ok(made));
    // A fixed value written because of a cell counts: `o.subject` above is such a value.
    EXPECT_EQ(targets(made->receipt, "Patient.gender"),
              std::vector<std::string>{"Observation.subject.reference"});
    EXPECT_EQ(row(made->receipt, "Patient.birthDate").outcome, Outcome::Unaccounted);
    const auto shell = ran(R"(group g(source p : Patient, target b : Bundle) {
  p.gender as x -> b.entry as e, uuid() as u, e.fullUrl = append('urn:uuid:', u), e.resource = create('Observation') as o;
})",
                           kPatient);
    ASSERT_TRUE(is_ok(shell));
    EXPECT_EQ(row(shell->receipt, "Patient.gender").outcome, Outcome::Unaccounted);
}

TEST(Receipt, MakesATranslationFailForACellThatNoRuleCarries) {
    const auto library = loaded(
        "group g(source p : Patient, target o : Observation) { p.gender as x -> o.status = x; }");
    ASSERT_TRUE(is_ok(library));
    const auto source =
        json::read(R"({"resourceType":"Patient","gender":"male","birthDate":"1938-04-02"})")
            .value();
    SeededRandom random(1);
    const auto made =
        translate(*library, "http://example.org/m", source.root(), {Instant{}, {}, random});
    ASSERT_TRUE(is_ok(made));
    ASSERT_EQ(made->issues.size(), 1U);
    EXPECT_EQ(made->issues[0].code, "cell-not-carried");
    EXPECT_EQ(made->issues[0].expression, "Patient.birthDate");
    EXPECT_EQ(made->issues[0].fault, fhir::Fault::Gateway);
    EXPECT_EQ(made->issues[0].en.find("1938"), std::string::npos);
}

// The validator refuses such a packet first; the engine must not need it for a clear word.
TEST(Translate, NamesTheCellOfAValueThatARuleCannotTake) {
    const auto library =
        MapLibrary::load_folder(TSUNAGI_SOURCE_DIR "/mappings", support::definitions());
    ASSERT_TRUE(is_ok(library));
    const auto packet =
        json::read(support::read_file(TSUNAGI_SOURCE_DIR "/fixtures/packets/days_as_text.in.json"));
    ASSERT_TRUE(is_ok(packet));
    SeededRandom random(1);
    const auto made = translate(*library, "https://tsunagi.example/fhir/StructureMap/packet",
                                packet->root(), {Instant{}, std::chrono::minutes{540}, random});
    ASSERT_TRUE(is_ok(made));
    ASSERT_EQ(made->issues.size(), 1U);
    const fhir::Issue& issue = made->issues[0];
    EXPECT_EQ(issue.severity, fhir::IssueSeverity::Error);
    EXPECT_EQ(issue.fault, fhir::Fault::Sender);
    EXPECT_EQ(issue.code, "value-not-fit");
    EXPECT_EQ(issue.expression, "Packet.bedRequest.plannedDays");
    EXPECT_NE(issue.ja.find("数値が必要です"), std::string::npos) << issue.ja;
    EXPECT_EQ(issue.ja.find("「"), 0U) << issue.ja;
    EXPECT_NE(issue.en.find("a number is expected"), std::string::npos) << issue.en;
    EXPECT_EQ((issue.ja + issue.en).find("10日"), std::string::npos) << "no value";
    EXPECT_GT(issue.offset, 0U);
}

TEST(Receipt, WritesItselfAsJson) {
    const auto made = ran(
        "group g(source p : Patient, target o : Observation) { p.gender as x -> o.status = x; }",
        R"({"resourceType":"Patient","gender":"male","id":"x"})");
    ASSERT_TRUE(is_ok(made));
    const json::Document document = to_json(made->receipt);
    EXPECT_EQ(
        json::write(document.root()),
        R"({"mapped":1,"kept-as-text":0,"dropped":0,"unaccounted":1,"rows":[{"cell":"Patient.gender","outcome":"mapped","targets":["Observation.status"]},{"cell":"Patient.id","outcome":"unaccounted"}]})");
}

TEST(Engine, FollowsAnEditedMapWithoutARebuild) {
    const std::string before =
        "group g(source p : Patient, target o : Observation) { p.gender as x -> o.status = x; }";
    std::string after = before;
    after.replace(after.find("o.status"), 8, "o.language");
    EXPECT_EQ(output(before, R"({"resourceType":"Patient","gender":"male"})"),
              R"({"resourceType":"Observation","status":"male"})");
    EXPECT_EQ(output(after, R"({"resourceType":"Patient","gender":"male"})"),
              R"({"resourceType":"Observation","language":"male"})");
}

}  // namespace
}  // namespace tsunagi::translate

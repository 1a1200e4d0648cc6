#include "validate/snapshot.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <deque>

#include "support/definitions.h"

namespace tsunagi::validate {
namespace {

using json::Value;
using testing::ElementsAre;
using testing::HasSubstr;

constexpr const char* kObservation = "http://hl7.org/fhir/StructureDefinition/Observation";
constexpr const char* kPatient = "http://hl7.org/fhir/StructureDefinition/Patient";

const fhir::Definitions& r4() {
    static const fhir::Definitions kR4 = support::r4();
    return kR4;
}

std::string definition(std::string_view url, std::string_view base, std::string_view elements,
                       std::string_view rest = R"("kind":"resource","derivation":"constraint")") {
    std::string type{base.substr(base.rfind('/') + 1)};
    std::string out = R"({"resourceType":"StructureDefinition","url":")";
    out.append(url).append(R"(","type":")").append(type).append(R"(",)").append(rest);
    out.append(R"(,"baseDefinition":")").append(base);
    out.append(R"(","differential":{"element":[)").append(elements).append("]}}");
    return out;
}

/// A generator and what was offered to it.
class World {
public:
    Value offer(std::string_view text) {
        auto document = json::read(text);
        EXPECT_TRUE(document) << to_string(document.error());
        documents_.push_back(std::move(*document));
        snapshots_.offer(documents_.back().root());
        return documents_.back().root();
    }
    Result<json::Document> generate(std::string_view text) {
        return snapshots_.generate(offer(text));
    }
    std::string fault(std::string_view text) {
        const auto made = generate(text);
        return made ? "accepted" : to_string(made.error());
    }

private:
    std::deque<json::Document> documents_;
    Snapshots snapshots_{r4()};
};

/// "id min..max type" of each element whose id begins so.
std::vector<std::string> lines(const Result<json::Document>& made, std::string_view prefix) {
    if (!made) return {to_string(made.error())};
    std::vector<std::string> out;
    for (const Value each : made->root()["snapshot"]["element"]) {
        const std::string_view id = each["id"].text();
        if (!id.starts_with(prefix)) continue;
        std::string line{id};
        line.append(" ").append(each["min"].text()).append("..").append(each["max"].text());
        for (const Value type : each["type"]) line.append(" ").append(type["code"].text());
        out.push_back(std::move(line));
    }
    return out;
}

TEST(Snapshot, GivesTheBaseForAnEmptyDifferential) {
    World world;
    const auto made = world.generate(definition("u:p", kPatient, ""));
    ASSERT_TRUE(made) << to_string(made.error());
    EXPECT_EQ(made->root()["snapshot"]["element"].size(),
              r4().type("Patient")->all_elements.size());
    const Value id = made->root()["snapshot"]["element"].at(1);
    EXPECT_EQ(id["base"]["path"].text(), "Resource.id");
    EXPECT_EQ(id["type"].at(0)["code"].text(), "http://hl7.org/fhirpath/System.String");
}

TEST(Snapshot, TakesElementsInAnyOrderAndWalksIntoTypes) {
    World world;
    const auto made = world.generate(
        definition("u:p", kPatient,
                   R"({"path":"Patient.name.family","min":1},{"path":"Patient.active","min":1})"));
    EXPECT_THAT(lines(made, "Patient.active"), ElementsAre("Patient.active 1..1 boolean"));
    EXPECT_THAT(lines(made, "Patient.name.family"), ElementsAre("Patient.name.family 1..1 string"));
    EXPECT_EQ(lines(made, "Patient.name").size(), 10U);
}

TEST(Snapshot, SlicesFromTheUntouchedElement) {
    World world;
    const auto made = world.generate(definition("u:p", kPatient, R"(
        {"path":"Patient.identifier","min":1,"slicing":{"discriminator":[{"type":"value","path":"system"}],"rules":"open"}},
        {"path":"Patient.identifier","sliceName":"a","max":"1"},
        {"path":"Patient.identifier.system","min":1,"fixedUri":"u:a"},
        {"path":"Patient.identifier","sliceName":"b"})"));
    EXPECT_THAT(
        lines(made, "Patient.identifier"),
        testing::IsSupersetOf(
            {"Patient.identifier 1..* Identifier", "Patient.identifier:a 0..1 Identifier",
             "Patient.identifier:a.system 1..1 uri", "Patient.identifier:b 0..* Identifier"}));
}

TEST(Snapshot, MakesASliceOfATypeOutOfItsName) {
    World world;
    const auto made = world.generate(definition("u:p", kObservation, R"(
        {"path":"Observation.valueQuantity","short":"how much"})"));
    EXPECT_THAT(lines(made, "Observation.value[x]:"),
                ElementsAre("Observation.value[x]:valueQuantity 0..1 Quantity"));
    EXPECT_EQ(made->root()["snapshot"]["element"].size(),
              r4().type("Observation")->all_elements.size() + 1);
    const auto required = world.generate(definition("u:q", kObservation, R"(
        {"path":"Observation.valueQuantity","min":1})"));
    EXPECT_THAT(lines(required, "Observation.value[x]"),
                ElementsAre("Observation.value[x] 1..1 Quantity",
                            "Observation.value[x]:valueQuantity 1..1 Quantity"));
}

TEST(Snapshot, FollowsContentReferences) {
    World world;
    const auto made = world.generate(definition("u:p", kObservation, R"(
        {"path":"Observation.component.referenceRange.text","min":1})"));
    EXPECT_THAT(lines(made, "Observation.component.referenceRange.text"),
                ElementsAre("Observation.component.referenceRange.text 1..1 string"));
    EXPECT_THAT(lines(made, "Observation.referenceRange.text"),
                ElementsAre("Observation.referenceRange.text 0..1 string"));
}

TEST(Snapshot, BuildsOnProfilesThatWereOffered) {
    World world;
    world.offer(definition("u:ext", "http://hl7.org/fhir/StructureDefinition/Extension", R"(
        {"path":"Extension","max":"1"},{"path":"Extension.url","fixedUri":"u:ext"},
        {"path":"Extension.value[x]","min":1,"type":[{"code":"code"}]})",
                           R"("kind":"complex-type","derivation":"constraint")"));
    world.offer(definition("u:base", kPatient, R"({"path":"Patient.active","min":1})"));
    std::string derived = definition("u:p", "u:base", R"(
        {"path":"Patient.extension","sliceName":"e","min":1,"type":[{"code":"Extension","profile":["u:ext"]}]},
        {"path":"Patient.extension.value[x]","binding":{"strength":"required","valueSet":"u:v"}})");
    derived.replace(derived.find("\"type\":\"u:base\""), 15, "\"type\":\"Patient\"");
    const auto made = world.generate(derived);
    EXPECT_THAT(lines(made, "Patient.active"), ElementsAre("Patient.active 1..1 boolean"));
    EXPECT_THAT(lines(made, "Patient.extension:e"),
                testing::IsSupersetOf({"Patient.extension:e 1..1 Extension",
                                       "Patient.extension:e.value[x] 1..1 code"}));
}

TEST(Snapshot, LetsAModelAddElements) {
    World world;
    const auto made =
        world.generate(definition("u:m", "http://hl7.org/fhir/StructureDefinition/Element", R"(
        {"path":"Form","max":"*"},{"path":"Form.bed","min":1,"max":"1","type":[{"code":"BackboneElement"}]},
        {"path":"Form.bed.room","min":0,"max":"1","type":[{"code":"string"}]})",
                                  R"("kind":"logical","derivation":"specialization")"));
    EXPECT_THAT(lines(made, "Form.bed"),
                testing::IsSupersetOf({"Form.bed 1..1 BackboneElement",
                                       "Form.bed.modifierExtension 0..* Extension",
                                       "Form.bed.room 0..1 string"}));
}

TEST(Snapshot, AddsToTextsAndListsOfTheBase) {
    World world;
    const auto made = world.generate(definition("u:p", kPatient, R"(
        {"path":"Patient.active","definition":"...and more","constraint":[{"key":"p-1","severity":"error","human":"h","expression":"true"}]})"));
    ASSERT_TRUE(made) << to_string(made.error());
    for (const Value each : made->root()["snapshot"]["element"]) {
        if (each["path"].text() != "Patient.active") continue;
        EXPECT_THAT(std::string{each["definition"].text()},
                    testing::AllOf(HasSubstr("active use"), testing::EndsWith("and more")));
        EXPECT_EQ(each["constraint"].size(), 2U);
        EXPECT_EQ(each["constraint"].at(0)["key"].text(), "ele-1");
    }
}

struct Bad {
    const char* name;
    const char* element;
    const char* fault;
};
class Refused : public testing::TestWithParam<Bad> {};

TEST_P(Refused, WithItsReason) {
    World world;
    EXPECT_THAT(world.fault(definition("u:p", kObservation, GetParam().element)),
                HasSubstr(GetParam().fault));
}

INSTANTIATE_TEST_SUITE_P(
    Snapshot, Refused,
    testing::Values(
        Bad{"path", R"({"path":"Observation.nothing"})", "not in the base"},
        Bad{"other_type", R"({"path":"Patient.active"})", "does not begin with the type"},
        Bad{"no_path", R"({"min":1})", "not the path of an element"},
        Bad{"empty_step", R"({"path":"Observation..code"})", "not the path of an element"},
        Bad{"min", R"({"path":"Observation.status","min":0})", "min below"},
        Bad{"max", R"({"path":"Observation.status","max":"2"})", "max above"},
        Bad{"min_over_max", R"({"path":"Observation.note","min":3,"max":"2"})", "min above max"},
        Bad{"unknown_type", R"({"path":"Observation.value[x]","type":[{"code":"Nonsense"}]})",
            "unknown type"},
        Bad{"foreign_type", R"({"path":"Observation.value[x]","type":[{"code":"Address"}]})",
            "does not allow"},
        Bad{"foreign_name", R"({"path":"Observation.valueAddress"})", "does not allow"},
        Bad{"no_slicing",
            R"({"path":"Observation.note","min":0},{"path":"Observation.note","sliceName":"a"})",
            "without slicing"},
        Bad{"twice", R"({"path":"Observation.note"},{"path":"Observation.note"})", "twice"},
        Bad{"below_a_primitive", R"({"path":"Observation.status.id.x"})", "no members"},
        Bad{"single",
            R"({"path":"Observation.code","slicing":{"discriminator":[{"type":"value","path":"text"}],"rules":"open"}})",
            "does not repeat"}),
    [](const testing::TestParamInfo<Bad>& bad) { return std::string{bad.param.name}; });

TEST(Snapshot, RefusesDefinitionsThatStandOnThemselves) {
    World world;
    EXPECT_THAT(world.fault(definition("u:p", "u:p", "")), HasSubstr("circle"));
    world.offer(definition("u:a", "u:b", ""));
    EXPECT_THAT(world.fault(definition("u:b", "u:a", "")), HasSubstr("circle"));
    EXPECT_THAT(world.fault(definition("u:c", "u:unknown", "")),
                HasSubstr("base definition is unknown"));
    EXPECT_THAT(world.fault(R"({"resourceType":"Patient"})"),
                HasSubstr("not a StructureDefinition"));
    EXPECT_THAT(world.fault(R"({"resourceType":"StructureDefinition","url":"u:e"})"),
                HasSubstr("without elements"));
}

TEST(Snapshot, EndsLongChainsAndDeepPaths) {
    World world;
    for (int i = 0; i < 200; ++i) {
        std::string text = definition("u:c" + std::to_string(i), "u:c" + std::to_string(i + 1), "");
        world.offer(text);
    }
    EXPECT_THAT(world.fault(definition("u:chain", "u:c0", "")), HasSubstr("too deeply"));
    std::string path = "Patient";
    for (int i = 0; i < 100; ++i) path += ".extension";
    EXPECT_THAT(world.fault(definition("u:deep", kPatient, R"({"path":")" + path + R"("})")),
                HasSubstr("not the path of an element"));
    // Each step opens the whole of an action again.
    std::string elements;
    for (int slice = 0; slice < 2000; ++slice) {
        elements.append(slice == 0 ? "" : ",");
        elements.append(R"({"path":"PlanDefinition.action.action","sliceName":"s)")
            .append(std::to_string(slice))
            .append(
                R"("},{"path":"PlanDefinition.action.action.action.action.action.title","min":1})");
    }
    EXPECT_THAT(
        world.fault(definition(
            "u:wide", "http://hl7.org/fhir/StructureDefinition/PlanDefinition",
            R"({"path":"PlanDefinition.action.action","slicing":{"discriminator":[{"type":"value","path":"title"}],"rules":"open"}},)" +
                elements)),
        HasSubstr("100000 elements"));
}

TEST(Snapshot, OfEveryResourceIsTheSameWhenMadeAnew) {
    std::size_t compared = 0;
    for (const fhir::TypeDef* type : r4().types()) {
        if (type->is_profile || type->kind != fhir::TypeKind::Resource || type->is_abstract)
            continue;
        World world;
        const auto made = world.generate(definition("u:p", type->url, ""));
        ASSERT_TRUE(made) << to_string(made.error());
        auto element = type->all_elements.begin();
        for (const Value each : made->root()["snapshot"]["element"]) {
            ASSERT_NE(element, type->all_elements.end());
            EXPECT_EQ(each["path"].text(), element->path);
            EXPECT_EQ(each["min"].integer(), std::int64_t{element->min});
            EXPECT_EQ(each["type"].size(), element->content ? 0 : element->types.size());
            EXPECT_EQ(each["constraint"].size(), element->constraints.size());
            ++element;
        }
        ++compared;
    }
    EXPECT_EQ(compared, 146U);
}

}  // namespace
}  // namespace tsunagi::validate

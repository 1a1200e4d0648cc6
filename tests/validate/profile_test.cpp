#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "validate/definition_texts.h"

/// Profiles made for the purpose: each rule has an instance that keeps it and one that breaks it.
namespace tsunagi::validate {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing_world::check_with;
using testing_world::faults;
using testing_world::kProfile;
using testing_world::observation;
using testing_world::profile_of;
using testing_world::type_profile;
using testing_world::World;

std::string patient(std::string_view members) {
    return R"({"resourceType": "Patient")" + std::string{members.empty() ? "" : ", "} +
           std::string{members} + "}";
}

struct Case {
    const char* name;
    std::string elements;  ///< of a profile on Patient
    const char* good;
    const char* bad;
    const char* finding;
};

class ProfileRule : public ::testing::TestWithParam<Case> {};

TEST_P(ProfileRule, IsKeptByOneAndBrokenByTheOther) {
    const Case& each = GetParam();
    const std::vector<std::string> definitions{profile_of("Patient", each.elements)};
    EXPECT_THAT(check_with(definitions, patient(each.good)), IsEmpty());
    EXPECT_THAT(check_with(definitions, patient(each.bad)), ElementsAre(each.finding));
}

#define ID(system, value) R"({"system": ")" system R"(", "value": ")" value R"("})"
std::string slices(std::string_view rules) {
    return R"({"id": "Patient.identifier", "path": "Patient.identifier", "slicing": {"discriminator": [{"type": "value", "path": "system"}], )" +
           std::string{rules} +
           R"(}}, {"id": "Patient.identifier:a", "path": "Patient.identifier", "sliceName": "a", "min": 1, "max": "1"},
       {"id": "Patient.identifier:a.system", "path": "Patient.identifier.system", "min": 1, "fixedUri": "urn:a"},
       {"id": "Patient.identifier:b", "path": "Patient.identifier", "sliceName": "b", "min": 0, "max": "2"},
       {"id": "Patient.identifier:b.system", "path": "Patient.identifier.system", "min": 1, "fixedUri": "urn:b"},
       {"id": "Patient.identifier:b.value", "path": "Patient.identifier.value", "min": 1, "maxLength": 3})";
}

std::string condition(std::string_view severity) {
    return R"({"id": "Patient", "path": "Patient", "constraint": [{"key": "x-1", "severity": ")" +
           std::string{severity} + R"x(", "human": "x", "expression": "active.exists()"}]})x";
}

const Case kCases[] = {
    {"Minimum", R"({"id": "Patient.gender", "path": "Patient.gender", "min": 1})",
     R"("gender": "male")", "", "missing-element Patient.gender"},
    {"Maximum", R"({"id": "Patient.name", "path": "Patient.name", "max": "1"})",
     R"("name": [{"text": "x"}])", R"("name": [{"text": "x"}, {"text": "y"}])",
     "too-many Patient.name"},
    {"Fixed", R"({"id": "Patient.gender", "path": "Patient.gender", "fixedCode": "male"})",
     R"("gender": "male")", R"("gender": "female")", "not-fixed-value Patient.gender"},
    {"Pattern",
     R"({"id": "Patient.maritalStatus", "path": "Patient.maritalStatus", "patternCodeableConcept": {"coding": [{"code": "M"}]}})",
     R"("maritalStatus": {"coding": [{"system": "urn:x", "code": "x"}, {"system": "http://terminology.hl7.org/CodeSystem/v3-MaritalStatus", "code": "M"}]})",
     R"("maritalStatus": {"coding": [{"system": "http://terminology.hl7.org/CodeSystem/v3-MaritalStatus", "code": "S"}]})",
     "not-pattern-value Patient.maritalStatus"},
    {"MaximumLengthInCharacters",
     R"({"id": "Patient.name", "path": "Patient.name"}, {"id": "Patient.name.family", "path": "Patient.name.family", "maxLength": 2})",
     R"("name": [{"family": "山田"}])", R"("name": [{"family": "佐々木"}])",
     "too-long Patient.name[0].family"},
    {"LeastDate",
     R"({"id": "Patient.birthDate", "path": "Patient.birthDate", "minValueDate": "1900-01-01"})",
     R"("birthDate": "1900-01-01")", R"("birthDate": "1899-12-31")",
     "below-minimum Patient.birthDate"},
    {"TypeOfAChoice",
     R"({"id": "Patient.deceased[x]", "path": "Patient.deceased[x]", "type": [{"code": "boolean"}]})",
     R"("deceasedBoolean": true)", R"("deceasedDateTime": "2026")",
     "type-not-allowed Patient.deceased.ofType(dateTime)"},
    {"Condition", condition("error"), R"("active": true)", "", "rule-violated Patient"},
    {"WarningCondition", condition("warning"), R"("active": true)", "", "rule-violated Patient"},
    {"SliceThatIsMissing", slices(R"("rules": "open")"), R"("identifier": [)" ID("urn:a", "1") "]",
     R"("identifier": [)" ID("urn:c", "1") "]", "missing-slice Patient.identifier"},
    {"SliceTooOften", slices(R"("rules": "open")"), R"("identifier": [)" ID("urn:a", "1") "]",
     R"("identifier": [)" ID("urn:a", "1") "," ID("urn:a", "2") "]", "too-many Patient.identifier"},
    {"RuleInsideASlice", slices(R"("rules": "open")"),
     R"("identifier": [)" ID("urn:a", "1234") "," ID("urn:b", "123") "]",
     R"("identifier": [)" ID("urn:a", "1234") "," ID("urn:b", "1234") "]",
     "too-long Patient.identifier[1].value"},
    {"ClosedSlicing", slices(R"("rules": "closed")"), R"("identifier": [)" ID("urn:a", "1") "]",
     R"("identifier": [)" ID("urn:a", "1") "," ID("urn:c", "1") "]",
     "no-slice-matches Patient.identifier[1]"},
    {"OrderedSlicing", slices(R"("ordered": true, "rules": "open")"),
     R"("identifier": [)" ID("urn:a", "1") "," ID("urn:b", "1") "]",
     R"("identifier": [)" ID("urn:b", "1") "," ID("urn:a", "1") "]",
     "slice-out-of-order Patient.identifier[1]"},
    {"SlicingOpenAtTheEnd", slices(R"("rules": "openAtEnd")"),
     R"("identifier": [)" ID("urn:a", "1") "," ID("urn:c", "1") "]",
     R"("identifier": [)" ID("urn:c", "1") "," ID("urn:a", "1") "]",
     "slice-out-of-order Patient.identifier[1]"},
};

INSTANTIATE_TEST_SUITE_P(Profiles, ProfileRule, ::testing::ValuesIn(kCases),
                         [](const auto& each) { return std::string{each.param.name}; });

TEST(Profiles, AreNamedOnTheFindingThatTheyAskFor) {
    const std::string profile =
        profile_of("Patient", R"({"id": "Patient.gender", "path": "Patient.gender", "min": 1})");
    std::vector<json::Document> documents;
    documents.push_back(testing_world::parse(profile));
    const auto world = World::with(documents);
    const json::Document document = testing_world::parse(
        R"({"resourceType": "Patient", "meta": {"profile": ["https://x.example/P|1.0"]}})");
    const auto issues = world->validator.validate(document.root(), {.hints = false});
    ASSERT_EQ(issues.size(), 1U);
    EXPECT_EQ(issues[0].profile, kProfile);
}

TEST(Profiles, ThatNobodySuppliedAreToldOnceAndAreNoError) {
    const json::Document document = testing_world::parse(
        R"({"resourceType": "Bundle", "type": "collection", "entry": [
            {"fullUrl": "urn:uuid:11111111-2222-4333-8444-555555555555", "resource": {"resourceType": "Patient", "meta": {"profile": ["https://x.example/none"]}}},
            {"fullUrl": "urn:uuid:21111111-2222-4333-8444-555555555555", "resource": {"resourceType": "Patient", "meta": {"profile": ["https://x.example/none"]}}}]})");
    const auto issues = World::get().validator.validate(document.root(), {.hints = false});
    EXPECT_THAT(faults(issues),
                ElementsAre("profile-not-checked Bundle.entry[0].resource.meta.profile[0]"));
    EXPECT_FALSE(fhir::has_error(issues));
}

TEST(Profiles, CallTheConditionsOfTheirDifferentialTheirOwn) {
    const auto check = [](std::string_view source) {
        return faults(testing_world::check(profile_of(
            "Patient", R"({"id": "Patient", "path": "Patient", "constraint": [{"key": "p-1",
                "severity": "error", "human": "x", "expression": "true", "source": ")" +
                           std::string{source} + R"("}]})")));
    };
    EXPECT_THAT(check("https://x.example/P"), IsEmpty());
    EXPECT_THAT(check("https://x.example/Q"),
                ElementsAre("definition-fault "
                            "StructureDefinition.differential.element[0].constraint[0]"));
}

TEST(Profiles, OfAnotherTypeAreRefused) {
    EXPECT_THAT(check_with({profile_of("Patient", R"({"id": "Patient", "path": "Patient"})")},
                           R"({"resourceType": "Basic", "code": {"text": "x"}})"),
                ElementsAre("wrong-profile-type Basic"));
}

/// Two resources that must each conform to what the other must conform to.
TEST(Profiles, ThatGoRoundInCirclesEnd) {
    const std::string profile = profile_of(
        "Observation",
        R"({"id": "Observation.hasMember", "path": "Observation.hasMember", "type": [{"code": "Reference", "targetProfile": ["https://x.example/P"]}]},
           {"id": "Observation.issued", "path": "Observation.issued", "min": 1})");
    const auto bundle = [](std::string_view second) {
        return R"({"resourceType": "Bundle", "type": "collection", "entry": [
          {"fullUrl": "urn:uuid:11111111-2222-4333-8444-555555555555", "resource": {"resourceType": "Observation", "meta": {"profile": ["https://x.example/P"]}, "status": "final", "code": {"text": "x"}, "issued": "2026-11-21T00:00:00Z", "hasMember": [{"reference": "urn:uuid:21111111-2222-4333-8444-555555555555"}]}},
          {"fullUrl": "urn:uuid:21111111-2222-4333-8444-555555555555", "resource": {"resourceType": "Observation", "status": "final", "code": {"text": "x"}, )" +
               std::string{second} +
               R"("hasMember": [{"reference": "urn:uuid:11111111-2222-4333-8444-555555555555"}]}}]})";
    };
    std::vector<json::Document> documents;
    documents.push_back(testing_world::parse(profile));
    const auto world = World::with(documents);
    const json::Document good =
        testing_world::parse(bundle(R"("issued": "2026-11-21T00:00:00Z", )"));
    EXPECT_THAT(faults(world->validator.validate(good.root(), {.hints = false})), IsEmpty());
    const json::Document bad = testing_world::parse(bundle(""));
    EXPECT_THAT(faults(world->validator.validate(bad.root(), {.hints = false})),
                ElementsAre("target-not-conformant "
                            "Bundle.entry[0].resource.hasMember[0].reference"));
}

TEST(Extensions, StandWhereTheirDefinitionAllows) {
    constexpr std::string_view kBirthTime =
        R"({"extension": [{"url": "http://hl7.org/fhir/StructureDefinition/patient-birthTime", "valueDateTime": "1938-02-03T05:00:00+09:00"}]})";
    const auto check = [](std::string_view members) {
        return faults(testing_world::check(patient(members)));
    };
    EXPECT_THAT(check(R"("birthDate": "1938-02-03", "_birthDate": )" + std::string{kBirthTime}),
                IsEmpty());
    EXPECT_THAT(check(R"("active": true, "_active": )" + std::string{kBirthTime}),
                ElementsAre("extension-not-here Patient.active.extension[0]"));
    EXPECT_THAT(
        check(
            R"("modifierExtension": [{"url": "http://hl7.org/fhir/StructureDefinition/patient-religion", "valueCodeableConcept": {"text": "x"}}])"),
        ElementsAre("extension-no-modifier Patient.modifierExtension[0]"));
    EXPECT_THAT(
        check(
            R"("extension": [{"url": "http://hl7.org/fhir/StructureDefinition/patient-religion", "valueString": "x"}])"),
        ElementsAre("type-not-allowed Patient.extension[0].value.ofType(string)"));
    EXPECT_THAT(check(R"("extension": [{"url": "https://x.example/e"}])"),
                ElementsAre("extension-shape Patient.extension[0]",
                            "extension-not-checked Patient.extension[0]"));
}

constexpr const char* kMilligrams =
    R"({"id": "Quantity.system", "path": "Quantity.system", "patternUri": "http://unitsofmeasure.org"},
       {"id": "Quantity.code", "path": "Quantity.code", "min": 1, "fixedCode": "mg"})";

TEST(Profiles, OfADataTypeHoldBelowTheElementThatNamesThem) {
    const std::vector<std::string> definitions{
        type_profile("https://x.example/Q", "Quantity", kMilligrams),
        profile_of(
            "Observation",
            R"({"id": "Observation.value[x]", "path": "Observation.value[x]", "type": [{"code": "Quantity", "profile": ["https://x.example/Q"]}]},
               {"id": "Observation.component", "path": "Observation.component"},
               {"id": "Observation.component.value[x]", "path": "Observation.component.value[x]", "type": [{"code": "Quantity", "profile": ["https://x.example/Q"]}, {"code": "string"}]})")};
    const auto with = [&](const char* value) {
        return check_with(definitions, observation(R"("valueQuantity": )" + std::string{value}));
    };
    EXPECT_THAT(with(R"({"value": 1, "system": "http://unitsofmeasure.org", "code": "mg"})"),
                IsEmpty());
    EXPECT_THAT(with(R"({"value": 1, "system": "http://unitsofmeasure.org", "code": "g"})"),
                ElementsAre("not-fixed-value Observation.value.ofType(Quantity).code"));
    EXPECT_THAT(with(R"({"value": 1, "system": "urn:x", "code": "mg"})"),
                ElementsAre("not-pattern-value Observation.value.ofType(Quantity).system"));
    EXPECT_THAT(
        check_with(
            definitions,
            observation(
                R"("component": [{"code": {"text": "y"}, "valueQuantity": {"value": 1, "system": "http://unitsofmeasure.org", "code": "g"}}])")),
        ElementsAre("not-fixed-value Observation.component[0].value.ofType(Quantity).code"));
}

/// A duration whose system is wrong breaks drt-1 and what the extension fixes: both are told.
TEST(Profiles, OfAnExtensionAreAskedAlsoOfAValueWithAFault) {
    constexpr const char* kDays =
        R"({"id": "Extension.url", "path": "Extension.url", "fixedUri": "https://x.example/E"},
           {"id": "Extension.value[x]", "path": "Extension.value[x]", "type": [{"code": "Duration"}]},
           {"id": "Extension.value[x].system", "path": "Extension.value[x].system", "min": 1, "fixedUri": "http://unitsofmeasure.org"},
           {"id": "Extension.value[x].code", "path": "Extension.value[x].code", "min": 1, "fixedCode": "d"})";
    const std::vector<std::string> definitions{
        type_profile("https://x.example/E", "Extension", kDays,
                     R"("context": [{"type": "element", "expression": "Observation"}], )"),
        profile_of("Observation", R"({"id": "Observation", "path": "Observation"})")};
    const auto with = [&](const char* value) {
        return check_with(
            definitions,
            observation(R"("extension": [{"url": "https://x.example/E", "valueDuration": )" +
                        std::string{value} + "}]"));
    };
    EXPECT_THAT(with(R"({"value": 2, "system": "http://unitsofmeasure.org", "code": "d"})"),
                IsEmpty());
    EXPECT_THAT(with(R"({"value": 2, "system": "urn:x", "code": "d"})"),
                ElementsAre("rule-violated Observation.extension[0].value.ofType(Duration)",
                            "not-fixed-value "
                            "Observation.extension[0].value.ofType(Duration).system"));
    EXPECT_THAT(with(R"({"value": "2", "system": "http://unitsofmeasure.org", "code": "h"})"),
                ElementsAre("wrong-type Observation.extension[0].value.ofType(Duration).value",
                            "not-fixed-value "
                            "Observation.extension[0].value.ofType(Duration).code"));
}

TEST(Resources, UnderRulesThatNobodyKnowsNeedAPerson) {
    const auto issues = testing_world::check(patient(R"("implicitRules": "https://x.example/r")"));
    EXPECT_THAT(faults(issues), ElementsAre("implicit-rules-not-known Patient.implicitRules"));
    EXPECT_FALSE(fhir::has_error(issues));
}

TEST(Narratives, HoldNoScript) {
    const auto check = [](std::string_view content) {
        return faults(testing_world::check(patient(
            R"("text": {"status": "generated", "div": "<div xmlns=\"http://www.w3.org/1999/xhtml\">)" +
            std::string{content} + R"(</div>"})")));
    };
    EXPECT_THAT(check("<p>x</p>"), IsEmpty());
    for (const char* bad : {"<p onclick=\\\"a()\\\">x</p>", "<script>a()</script>",
                            "<a href=\\\"javascript:a()\\\">x</a>", "<form>x</form>", " "})
        EXPECT_THAT(check(bad), ElementsAre("unsafe-narrative Patient.text.div")) << bad;
}

}  // namespace
}  // namespace tsunagi::validate

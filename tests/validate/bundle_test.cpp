#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "fhir/issue.h"
#include "validate/world.h"

namespace tsunagi::validate {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using testing_world::check;
using testing_world::faults;
using testing_world::replaced;

/// Everything the mutants below need, and no fault.
constexpr std::string_view kGood = R"(
{
  "resourceType": "Bundle", "id": "b-1", "type": "collection",
  "entry": [
    {
      "fullUrl": "urn:uuid:7f3a4a5e-0b1c-4d2e-8f90-a1b2c3d4e5f6",
      "resource": {
        "resourceType": "Patient", "id": "p-1", "active": true,
        "contained": [{"resourceType": "Organization", "id": "org", "name": "診療所"}],
        "name": [{"use": "official", "family": "鈴木", "given": ["花子", null],
                  "_given": [null, {"extension": [{"url": "http://hl7.org/fhir/StructureDefinition/data-absent-reason", "valueCode": "unknown"}]}]}],
        "gender": "female",
        "birthDate": "1938-02-03",
        "_birthDate": {"extension": [{"url": "http://hl7.org/fhir/StructureDefinition/patient-birthTime", "valueDateTime": "1938-02-03T05:00:00+09:00"}]},
        "multipleBirthInteger": 2,
        "communication": [{"language": {"coding": [{"system": "urn:ietf:bcp:47", "code": "ja"}]}}],
        "managingOrganization": {"reference": "#org"}
      }
    },
    {
      "fullUrl": "urn:uuid:11111111-2222-4333-8444-555555555555",
      "resource": {
        "resourceType": "ServiceRequest", "id": "s-1",
        "status": "active", "intent": "order",
        "code": {"coding": [{"system": "http://example.org/codes", "code": "bed"}]},
        "subject": {"reference": "urn:uuid:7f3a4a5e-0b1c-4d2e-8f90-a1b2c3d4e5f6"},
        "requester": {"reference": "Practitioner/d-1"},
        "quantityRange": {"low": {"value": 7}, "high": {"value": 14.0}},
        "occurrencePeriod": {"start": "2026-11-22", "end": "2026-12"}
      }
    },
    {
      "fullUrl": "https://h.example/fhir/Condition/c-1",
      "resource": {
        "resourceType": "Condition", "id": "c-1",
        "clinicalStatus": {"coding": [{"system": "http://terminology.hl7.org/CodeSystem/condition-clinical", "code": "active"}]},
        "subject": {"reference": "https://h.example/fhir/Patient/p-9"}
      }
    }
  ]
})";

TEST(Bundles, WithoutFaultHaveNoIssue) {
    const auto issues = check(kGood);
    EXPECT_THAT(faults(issues), IsEmpty()) << issues.front().expression << " " << issues.front().en;
}

struct Mutant {
    const char* name;
    const char* from;
    const char* to;
    const char* finding;
};

class PlantedFault : public ::testing::TestWithParam<Mutant> {};

TEST_P(PlantedFault, IsFoundAtItsPlaceAndNothingElseIs) {
    const Mutant& mutant = GetParam();
    const auto issues = check(replaced(std::string{kGood}, mutant.from, mutant.to));
    std::string found;
    for (const std::string& each : faults(issues)) found += (found.empty() ? "" : "; ") + each;
    EXPECT_EQ(found, mutant.finding);
    for (const fhir::Issue& each : issues) {
        EXPECT_FALSE(each.ja.empty());
        EXPECT_FALSE(each.en.empty());
        EXPECT_GT(each.offset, 0U);
        EXPECT_EQ(each.ja.find('{' + std::string{"detail"}), std::string::npos);
    }
}

#define PATIENT "Bundle.entry[0].resource"
#define REQUEST "Bundle.entry[1].resource"
#define CONDITION "Bundle.entry[2].resource"

const Mutant kMutants[] = {
    {"UnknownMember", R"("intent": "order")", R"("intent": "order", "intention": 1)",
     "unknown-element " REQUEST ".intention"},
    {"UnknownMemberOfAType", R"("low": {"value": 7})", R"("low": {"value": 7, "valu": 7})",
     "unknown-element " REQUEST ".quantity.ofType(Range).low.valu"},
    {"MemberWithAName", R"("intent": "order")", R"("intent": "order", "花": 1)",
     "unknown-element " REQUEST},
    {"CompanionOfAComplexElement", R"("intent": "order")",
     R"("intent": "order", "_subject": {"id": "a"})", "unknown-element " REQUEST "._subject"},
    {"RequiredMissing", R"("intent": "order",)", "", "missing-element " REQUEST ".intent"},
    {"RequiredMissingInAGroup",
     R"({"language": {"coding": [{"system": "urn:ietf:bcp:47", "code": "ja"}]}})",
     R"({"preferred": true})", "missing-element " PATIENT ".communication[0].language"},
    {"UrlOfAnExtensionMissing",
     R"("url": "http://hl7.org/fhir/StructureDefinition/patient-birthTime", )", "",
     "missing-element " PATIENT ".birthDate.extension[0].url"},
    {"ListForASingle", R"("gender": "female")", R"("gender": ["female"])",
     "wrong-shape " PATIENT ".gender"},
    {"SingleForAList", R"("managingOrganization": {)",
     R"("telecom": {"system": "phone", "value": "1"}, "managingOrganization": {)",
     "wrong-shape " PATIENT ".telecom"},
    {"TextForAnObject", R"("low": {"value": 7})", R"("low": "7")",
     "wrong-shape " REQUEST ".quantity.ofType(Range).low"},
    {"ObjectForAText", R"("family": "鈴木")", R"("family": {"value": "鈴木"})",
     "wrong-type " PATIENT ".name[0].family"},
    {"TextForANumber", R"("high": {"value": 14.0})", R"("high": {"value": "14.0"})",
     "wrong-type " REQUEST ".quantity.ofType(Range).high.value"},
    {"TextForABoolean", R"("active": true)", R"("active": "true")",
     "wrong-type " PATIENT ".active"},
    {"NumberForAText", R"("family": "鈴木")", R"("family": 1)",
     "wrong-type " PATIENT ".name[0].family"},
    {"Null", R"("active": true)", R"("active": null)", "wrong-shape " PATIENT ".active"},
    {"NullWithoutCompanion", R"("given": ["花子", null])", R"("given": [null, null])",
     "wrong-shape " PATIENT ".name[0].given[0]"},
    {"NullInAListOfObjects", R"("communication": [{)", R"("communication": [null, {)",
     "wrong-shape " PATIENT ".communication[0]"},
    {"CompanionsOfAnotherNumber", R"("given": ["花子", null])", R"("given": ["花子"])",
     "wrong-shape " PATIENT ".name[0].given"},
    {"CompanionThatIsNoObject", R"("_birthDate": {"extension")",
     R"("_active": true, "_birthDate": {"extension")", "wrong-shape " PATIENT ".active"},
    {"UnknownMemberOfACompanion", R"("_birthDate": {"extension")",
     R"("_birthDate": {"value": "1938", "extension")",
     "unknown-element " PATIENT ".birthDate.value"},
    {"EmptyList", R"("entry": [)", R"("link": [], "entry": [)", "empty-value Bundle.link"},
    {"EmptyObject", R"("low": {"value": 7})", R"("low": {})",
     "empty-value " REQUEST ".quantity.ofType(Range).low"},
    {"EmptyText", R"("family": "鈴木")", R"("family": "")",
     "empty-value " PATIENT ".name[0].family"},
    {"TwoTypesOfAChoice", R"("multipleBirthInteger": 2)",
     R"("multipleBirthInteger": 2, "multipleBirthBoolean": true)",
     "choice-given-twice " PATIENT ".multipleBirth.ofType(boolean)"},
    {"TwoTypesOfAChoiceInACompanion", R"("multipleBirthInteger": 2)",
     R"("multipleBirthInteger": 2, "_multipleBirthBoolean": {"extension": [{"url": "http://hl7.org/fhir/StructureDefinition/data-absent-reason", "valueCode": "unknown"}]})",
     "choice-given-twice " PATIENT ".multipleBirth.ofType(boolean)"},
    {"TypeNotInAChoice", R"("multipleBirthInteger": 2)", R"("multipleBirthString": "2")",
     "unknown-element " PATIENT ".multipleBirthString"},
    {"ChoiceWithoutType", R"("multipleBirthInteger": 2)", R"("multipleBirth": 2)",
     "unknown-element " PATIENT ".multipleBirth"},
    {"JapaneseDate", R"("birthDate": "1938-02-03")", R"("birthDate": "昭和13年2月3日")",
     "bad-format " PATIENT ".birthDate"},
    {"DayThatIsNoDay", R"("birthDate": "1938-02-03")", R"("birthDate": "1938-02-30")",
     "out-of-range " PATIENT ".birthDate"},
    {"TimeWithoutZone", R"("start": "2026-11-22")", R"("start": "2026-11-22T10:00:00")",
     "bad-format " REQUEST ".occurrence.ofType(Period).start"},
    {"IntegerWithFraction", R"("multipleBirthInteger": 2)", R"("multipleBirthInteger": 2.5)",
     "bad-format " PATIENT ".multipleBirth.ofType(integer)"},
    {"IntegerTooLarge", R"("multipleBirthInteger": 2)", R"("multipleBirthInteger": 2147483648)",
     "out-of-range " PATIENT ".multipleBirth.ofType(integer)"},
    {"IdWithUnderscore", R"("id": "s-1")", R"("id": "s_1")", "bad-format " REQUEST ".id"},
    {"IdTooLong", R"("id": "s-1")",
     R"("id": "aaaaaaaaaabbbbbbbbbbccccccccccddddddddddeeeeeeeeeeffffffffffggggg")",
     "too-long " REQUEST ".id"},
    {"IdWithExtensions", R"("id": "s-1")",
     R"("id": "s-1", "_id": {"extension": [{"url": "http://x.example/a", "valueCode": "a"}]})",
     "unknown-element " REQUEST "._id"},
    {"CodeLeftOutWithAReason", R"("gender": "female")",
     R"("_gender": {"extension": [{"url": "http://hl7.org/fhir/StructureDefinition/data-absent-reason", "valueCode": "unknown"}]})",
     "code-missing " PATIENT ".gender"},
    {"CodeNotInList", R"("gender": "female")", R"("gender": "woman")",
     "code-not-in-value-set " PATIENT ".gender"},
    {"CodeOfAnotherCase", R"("status": "active")", R"("status": "Active")",
     "code-not-in-value-set " REQUEST ".status"},
    {"ConceptNotInList", R"("code": "active")", R"("code": "present")",
     "code-not-in-value-set " CONDITION ".clinicalStatus"},
    {"ConceptOfAnotherSystem",
     R"("system": "http://terminology.hl7.org/CodeSystem/condition-clinical")",
     R"("system": "http://example.org/clinical")",
     "code-not-in-value-set " CONDITION ".clinicalStatus"},
    {"ConceptAsTextAlone",
     R"({"coding": [{"system": "http://terminology.hl7.org/CodeSystem/condition-clinical", "code": "active"}]})",
     R"({"text": "活動中"})", "code-missing " CONDITION ".clinicalStatus"},
    {"ReferenceToNothingInTheBundle",
     R"("subject": {"reference": "urn:uuid:7f3a4a5e-0b1c-4d2e-8f90-a1b2c3d4e5f6"})",
     R"("subject": {"reference": "urn:uuid:7f3a4a5e-0b1c-4d2e-8f90-a1b2c3d4e5f7"})",
     "unresolved-reference " REQUEST ".subject.reference"},
    {"ReferenceToNothingContained", R"("reference": "#org")", R"("reference": "#organ")",
     "contained-not-referenced " PATIENT ".contained[0]; unresolved-reference " PATIENT
     ".managingOrganization.reference"},
    {"ReferenceToAnEntryOfAnotherType", R"("reference": "Practitioner/d-1")",
     R"("reference": "urn:uuid:11111111-2222-4333-8444-555555555555")",
     "wrong-reference-target " REQUEST ".requester.reference"},
    {"ReferenceThatNamesAnotherType", R"("reference": "Practitioner/d-1")",
     R"("reference": "Medication/d-1")", "wrong-reference-target " REQUEST ".requester.reference"},
    {"ReferenceThatNamesNoType", R"("reference": "Practitioner/d-1")",
     R"("reference": "Doctor/d-1")", "wrong-reference-target " REQUEST ".requester.reference"},
    {"AbsoluteReferenceOfAnotherType", R"("reference": "https://h.example/fhir/Patient/p-9")",
     R"("reference": "https://h.example/fhir/Encounter/p-9")",
     "wrong-reference-target " CONDITION ".subject.reference"},
    {"ContainedOfAnotherType", R"("resourceType": "Organization", "id": "org", "name": "診療所")",
     R"("resourceType": "Substance", "id": "org", "code": {"text": "水"})",
     "wrong-reference-target " PATIENT ".managingOrganization.reference"},
    {"SameFullUrlTwice", R"("fullUrl": "https://h.example/fhir/Condition/c-1")",
     R"("fullUrl": "urn:uuid:11111111-2222-4333-8444-555555555555")",
     "duplicate-full-url Bundle.entry[2].fullUrl"},
    {"FullUrlOfAnotherId", R"("fullUrl": "https://h.example/fhir/Condition/c-1")",
     R"("fullUrl": "https://h.example/fhir/Condition/c-2")",
     "full-url-disagrees Bundle.entry[2].fullUrl"},
    {"UnknownResource", R"("resourceType": "Condition", "id": "c-1")",
     R"("resourceType": "Illness", "id": "c-1")",
     "unknown-resource-type " CONDITION ".resourceType"},
    {"DataTypeForAResource", R"("resourceType": "Condition", "id": "c-1")",
     R"("resourceType": "HumanName", "id": "c-1")",
     "unknown-resource-type " CONDITION ".resourceType"},
    {"ContainedInContained", R"("id": "org", "name": "診療所")",
     R"("id": "org", "contained": [{"resourceType": "Basic", "id": "x", "code": {"text": "x"}}], "name": "診療所")",
     "nested-contained " PATIENT ".contained[0].contained[0]"},
    // bdl-9 and bdl-10 ask which type it is.
    {"BundleTypeMissing", R"("type": "collection",)", "",
     "missing-element Bundle.type; rule-violated Bundle; rule-violated Bundle"},
};

INSTANTIATE_TEST_SUITE_P(Bundles, PlantedFault, ::testing::ValuesIn(kMutants),
                         [](const auto& mutant) { return std::string{mutant.param.name}; });

TEST(Bundles, ReportEveryFaultInTheOrderOfTheText) {
    std::string text{kGood};
    text = replaced(text, R"("gender": "female")", R"("gender": "woman")");
    text = replaced(text, R"("intent": "order")", R"("intent": "odrer")");
    text = replaced(text, R"("active": true)", R"("active": "true")");
    EXPECT_THAT(faults(check(text)), ElementsAre("wrong-type " PATIENT ".active",
                                                 "code-not-in-value-set " PATIENT ".gender",
                                                 "code-not-in-value-set " REQUEST ".intent"));
}

TEST(Bundles, TakeTheSameFullUrlWithAnotherVersion) {
    constexpr std::string_view kHistory = R"({"resourceType": "Bundle", "type": "collection",
      "entry": [
        {"fullUrl": "https://h.example/fhir/Basic/a", "resource": {"resourceType": "Basic", "id": "a", "meta": {"versionId": "1"}, "code": {"text": "x"}}},
        {"fullUrl": "https://h.example/fhir/Basic/a", "resource": {"resourceType": "Basic", "id": "a", "meta": {"versionId": "2"}, "code": {"text": "x"}}}]})";
    EXPECT_THAT(check(kHistory), IsEmpty());
    EXPECT_THAT(faults(check(
                    replaced(std::string{kHistory}, R"("versionId": "2")", R"("versionId": "1")"))),
                ElementsAre("duplicate-full-url Bundle.entry[1].fullUrl"));
}

TEST(Documents, HoldOnlyWhatReferencesJoinWithTheComposition) {
    constexpr std::string_view kDocument = R"({"resourceType": "Bundle", "type": "document",
      "identifier": {"system": "https://h.example/documents", "value": "1"}, "timestamp": "2026-11-20T10:45:00+09:00",
      "entry": [
        {"fullUrl": "https://h.example/fhir/Composition/c", "resource": {"resourceType": "Composition", "id": "c", "status": "final", "type": {"text": "手紙"}, "date": "2026-11-20", "title": "手紙", "author": [{"reference": "Practitioner/d"}]}},
        {"fullUrl": "https://h.example/fhir/Practitioner/d", "resource": {"resourceType": "Practitioner", "id": "d"}},
        {"fullUrl": "https://h.example/fhir/PractitionerRole/r", "resource": {"resourceType": "PractitionerRole", "id": "r", "practitioner": {"reference": "Practitioner/d"}}},
        {"fullUrl": "https://h.example/fhir/Binary/s", "resource": {"resourceType": "Binary", "id": "s", "contentType": "text/css"}}]})";
    EXPECT_THAT(faults(check(kDocument)), IsEmpty());
    const std::string text =
        replaced(std::string{kDocument}, R"("practitioner": {"reference": "Practitioner/d"})",
                 R"("active": true)");
    EXPECT_THAT(faults(check(text)), ElementsAre("entry-apart Bundle.entry[2]"));
    EXPECT_THAT(check(replaced(text, R"("type": "document")", R"("type": "collection")")),
                IsEmpty());
}

TEST(Bundles, ResolveRelativeReferencesAgainstTheFullUrlOfTheirEntry) {
    constexpr std::string_view kRelative = R"({"resourceType": "Bundle", "type": "collection",
      "entry": [
        {"fullUrl": "https://h.example/fhir/Basic/a", "resource": {"resourceType": "Basic", "id": "a", "code": {"text": "x"}, "subject": {"reference": "Patient/p"}, "author": {"reference": "Patient/p"}}},
        {"fullUrl": "https://h.example/fhir/Patient/p", "resource": {"resourceType": "Patient", "id": "p"}}]})";
    EXPECT_THAT(check(kRelative), IsEmpty());
}

TEST(Bundles, InsideABundleHaveReferencesOfTheirOwn) {
    constexpr std::string_view kNested = R"({"resourceType": "Bundle", "type": "collection",
      "entry": [{"fullUrl": "urn:uuid:11111111-2222-4333-8444-555555555555", "resource":
        {"resourceType": "Bundle", "type": "collection",
         "entry": [
           {"fullUrl": "urn:uuid:21111111-2222-4333-8444-555555555555", "resource": {"resourceType": "Patient", "id": "p"}},
           {"fullUrl": "urn:uuid:31111111-2222-4333-8444-555555555555", "resource": {"resourceType": "Basic", "code": {"text": "x"}, "subject": {"reference": "urn:uuid:21111111-2222-4333-8444-555555555555"}}}]}},
        {"fullUrl": "urn:uuid:41111111-2222-4333-8444-555555555555", "resource": {"resourceType": "Basic", "code": {"text": "x"}}}]})";
    EXPECT_THAT(check(kNested), IsEmpty());
    EXPECT_THAT(
        faults(check(replaced(
            std::string{kNested}, R"("code": {"text": "x"}}}]})",
            R"("code": {"text": "x"}, "subject": {"reference": "urn:uuid:21111111-2222-4333-8444-555555555555"}}}]})"))),
        ElementsAre("unresolved-reference Bundle.entry[1].resource.subject.reference"));
}

TEST(Resources, MayPointOutsideThemselves) {
    EXPECT_THAT(check(R"({"resourceType": "Basic", "code": {"text": "x"},
        "subject": {"reference": "urn:uuid:21111111-2222-4333-8444-555555555555"},
        "author": {"reference": "https://h.example/other"}})"),
                IsEmpty());
}

TEST(Resources, WithoutTypeOrBodyAreRefused) {
    EXPECT_THAT(faults(check("[]")), ElementsAre("wrong-shape Resource"));
    EXPECT_THAT(faults(check("{}")), ElementsAre("missing-element Resource.resourceType"));
    EXPECT_THAT(faults(check(R"({"resourceType": 1})")),
                ElementsAre("wrong-type Resource.resourceType"));
    EXPECT_THAT(faults(check(R"({"resourceType": "DomainResource"})")),
                ElementsAre("unknown-resource-type DomainResource.resourceType"));
    EXPECT_THAT(
        faults(check(R"({"resourceType": "Task", "status": "draft"})", {.root_name = "Task"})),
        ElementsAre("missing-element Task.intent"));
}

TEST(Resources, MayBeHeldAgainstANamedType) {
    const Options patient{.profile = "http://hl7.org/fhir/StructureDefinition/Patient"};
    EXPECT_THAT(check(R"({"resourceType": "Patient", "active": true})", patient), IsEmpty());
    EXPECT_THAT(faults(check(R"({"resourceType": "Basic", "code": {"text": "x"}})", patient)),
                ElementsAre("wrong-resource-type Basic.resourceType"));
}

TEST(CodeLists, ThatTheGatewayDoesNotHoldAreToldOnceAndRefuseNothing) {
    // The currencies of ISO 4217 are not spelled out in the FHIR packages.
    const auto issues = check(R"({"resourceType": "ChargeItem", "status": "billable",
        "code": {"text": "x"}, "subject": {"reference": "Patient/p"},
        "priceOverride": {"value": 1, "currency": "JPY"}})");
    EXPECT_FALSE(fhir::has_error(issues));
    EXPECT_LE(issues.size(), 1U);
}

TEST(Limits, StopAFloodOfFindings) {
    std::string text = R"({"resourceType": "Patient")";
    for (int i = 0; i < 5000; ++i) text += ",\"x" + std::to_string(i) + "\": 1";
    const auto issues = check(text + "}");
    ASSERT_EQ(issues.size(), 1001U);
    EXPECT_TRUE(
        std::ranges::any_of(issues, [](const auto& each) { return each.code == "more-findings"; }));
}

TEST(Limits, EndTheDescentIntoTheDepth) {
    const auto nested = [](int levels) {
        std::string text = R"({"resourceType": "Patient", "extension": [)";
        for (int i = 0; i < levels; ++i) text += R"({"url": "http://x.example/a", "extension": [)";
        text += R"({"url": "http://x.example/a", "valueString": "x"})";
        for (int i = 0; i < levels; ++i) text += "]}";
        return text + "]}";
    };
    EXPECT_EQ(faults(check(nested(28))).size(), 1U);  // the extension is not known: told once
    const std::string text = nested(128);
    const auto document = json::read(text, {.max_depth = 1000});
    ASSERT_TRUE(document);
    const auto issues = testing_world::World::get().validator.validate(document->root());
    EXPECT_EQ(std::ranges::count(issues, "too-deep", &fhir::Issue::code), 1);
}

std::string measured(std::string_view category, std::string_view code, std::string_view unit) {
    return R"({"resourceType": "Observation", "status": "final", "subject": {"reference": "Patient/1"}, "effectiveDateTime": "2026-11-20", "category": [{"coding": [{"system": "http://terminology.hl7.org/CodeSystem/observation-category", "code": ")" +
           std::string{category} +
           R"("}]}], "code": {"coding": [{"system": "http://loinc.org", "code": ")" +
           std::string{code} +
           R"("}]}, "valueQuantity": {"value": 60, "unit": "u", "system": "http://unitsofmeasure.org", "code": ")" +
           std::string{unit} + R"("}})";
}

TEST(VitalSigns, FollowTheProfileOfTheirCodeWithoutNamingIt) {
    const auto check = [](const std::string& text) { return faults(testing_world::check(text)); };
    EXPECT_THAT(check(measured("vital-signs", "8867-4", "/min")), IsEmpty());
    EXPECT_THAT(check(measured("vital-signs", "8867-4", "kg")),
                ElementsAre("not-fixed-value Observation.value.ofType(Quantity).code"));
    EXPECT_THAT(check(measured("exam", "8867-4", "/min")),
                ElementsAre("missing-slice Observation.category"));
    // A laboratory result is no vital sign.
    EXPECT_THAT(check(measured("laboratory", "1751-7", "g/dL")), IsEmpty());
}

TEST(Codes, AreToldByTheFormOfTheirSystem) {
    const auto check = [](const std::string& text) { return faults(testing_world::check(text)); };
    EXPECT_THAT(check(measured("laboratory", "1751-7", "mmHg")),
                ElementsAre("unknown-code Observation.value.ofType(Quantity).code"));
    const auto issues = testing_world::check(measured("laboratory", "1751-8", "g/dL"));
    EXPECT_THAT(faults(issues), ElementsAre("unknown-code Observation.code.coding[0].code"));
    EXPECT_FALSE(fhir::has_error(issues)) << "a check digit is no list: a warning";
}

TEST(Answers, MatchTheRegularExpressionOfTheirQuestion) {
    const auto answered = [](std::string_view pattern, std::string_view answer) {
        return faults(testing_world::check(
            R"({"resourceType": "QuestionnaireResponse", "status": "completed", "questionnaire": "#q", "contained": [{"resourceType": "Questionnaire", "id": "q", "name": "Q", "status": "active", "item": [{"linkId": "1", "type": "string", "text": "x", "extension": [{"url": "http://hl7.org/fhir/StructureDefinition/regex", "valueString": ")" +
            std::string{pattern} +
            R"("}]}]}], "item": [{"linkId": "1", "answer": [{"valueString": ")" +
            std::string{answer} + R"("}]}]})"));
    };
    EXPECT_THAT(answered("[0-9]{3}-[0-9]{4}", "188-0001"), IsEmpty());
    EXPECT_THAT(
        answered("[0-9]{3}-[0-9]{4}", "188-00011"),
        ElementsAre("bad-format QuestionnaireResponse.item[0].answer[0].value.ofType(string)"));
    EXPECT_THAT(answered("[", "188-0001"), IsEmpty()) << "no expression asks for nothing";
    EXPECT_THAT(
        answered("(a+)+b", std::string(20'000, 'a')),
        ElementsAre("bad-format QuestionnaireResponse.item[0].answer[0].value.ofType(string)"));
}

/// A choice from a list that the Questionnaire carries itself.
std::vector<std::string> choice(std::string_view value_set, std::string_view coding) {
    return faults(check(
        R"({"resourceType": "QuestionnaireResponse", "status": "completed", "questionnaire": "#q", "contained": [
            {"resourceType": "ValueSet", "id": "v", "name": "V", "status": "active", )" +
        std::string{value_set} + R"(},
            {"resourceType": "Questionnaire", "id": "q", "name": "Q", "status": "active", "item": [
                {"linkId": "1", "type": "choice", "text": "x", "answerValueSet": "#v"}]}],
            "item": [{"linkId": "1", "answer": [{"valueCoding": )" +
        std::string{coding} + "}]}]}"));
}

TEST(QuestionnaireResponses, ChooseFromTheListThatTheirQuestionnaireCarries) {
    constexpr std::string_view kGender = "http://hl7.org/fhir/administrative-gender";
    const auto gender = [&](std::string_view code) {
        return R"({"system": ")" + std::string{kGender} + R"(", "code": ")" + std::string{code} +
               R"("})";
    };
    const auto include = [&](std::string_view more) {
        return R"("compose": {"include": [{"system": ")" + std::string{kGender} + R"(")" +
               std::string{more} + "}]}";
    };
    const std::string two = include(R"(, "concept": [{"code": "male"}, {"code": "female"}])");
    const std::string refused =
        "answer-not-allowed QuestionnaireResponse.item[0].answer[0].value.ofType(Coding)";
    EXPECT_THAT(choice(two, gender("female")), IsEmpty());
    EXPECT_THAT(choice(two, gender("other")), ElementsAre(refused));
    EXPECT_THAT(choice(include(""), gender("other")), IsEmpty());
    EXPECT_THAT(choice(include(""), R"({"system": "https://x.example/c", "code": "other"})"),
                ElementsAre(refused));
    const std::string expansion =
        R"("expansion": {"timestamp": "2026-11-20", "contains": [{"abstract": true, "system": ")" +
        std::string{kGender} + R"(", "code": "male", "contains": [{"system": ")" +
        std::string{kGender} + R"(", "code": "female"}]}]})";
    EXPECT_THAT(choice(expansion, gender("female")), IsEmpty());
    EXPECT_THAT(choice(expansion, gender("male")), ElementsAre(refused));
    const std::string without =
        R"("compose": {"include": [{"valueSet": ["http://hl7.org/fhir/ValueSet/administrative-gender"]}], "exclude": [{"system": ")" +
        std::string{kGender} + R"(", "concept": [{"code": "unknown"}]}]})";
    EXPECT_THAT(choice(without, gender("female")), IsEmpty());
    EXPECT_THAT(choice(without, gender("unknown")), ElementsAre(refused));
    EXPECT_THAT(choice(without, gender("none")), ::testing::Contains(refused));
    // What nobody supplies may hold anything.
    EXPECT_THAT(choice(R"("compose": {"include": [{"system": "https://x.example/c"}]})",
                       R"({"system": "https://x.example/c", "code": "other"})"),
                IsEmpty());
}

}  // namespace
}  // namespace tsunagi::validate

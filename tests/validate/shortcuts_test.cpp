#include "validate/shortcuts.h"

#include <gtest/gtest.h>

#include <cstdio>
#include <string>
#include <vector>

#include "fhirpath/expression.h"
#include "validate/world.h"

namespace tsunagi::validate {
namespace {

/// Members of one type that the shortcuts look at; every subset of them is tried.
struct Sample {
    const char* type;
    std::vector<std::string> members;
};

const Sample kSamples[] = {
    {"Bundle.entry",
     {R"("resource": {"resourceType": "Basic"})", R"("request": {"method": "GET", "url": "x"})",
      R"("response": {"status": "200"})", R"("fullUrl": "https://h.example/Basic/1")"}},
    {"Bundle.entry", {R"("fullUrl": "https://h.example/Basic/1/_history/2")"}},
    {"Observation",
     {R"("resourceType": "Observation")", R"("code": {"coding": [{"code": "a"}]})",
      R"("valueString": "x")", R"("dataAbsentReason": {"text": "x"})",
      R"("component": [{"code": {"coding": [{"code": "a"}]}}])"}},
    {"Quantity",
     {R"("value": 1)", R"("code": "mg")", R"("system": "http://unitsofmeasure.org")",
      R"("comparator": "<")"}},
    {"Quantity", {R"("_code": {"id": "a"})", R"("_system": {"id": "a"})"}},
    {"ContactPoint", {R"("value": "1")", R"("system": "phone")", R"("_value": {"id": "a"})"}},
    {"Composition.section",
     {R"("text": {"status": "empty"})", R"("entry": [{"display": "x"}])",
      R"("section": [{"title": "x"}])", R"("emptyReason": {"text": "x"})"}},
    {"QuestionnaireResponse.item",
     {R"("linkId": "1")", R"("answer": [{"valueBoolean": true}])", R"("item": [{"linkId": "2"}])"}},
    {"Condition",
     {R"("resourceType": "Condition")", R"("abatementString": "x")",
      R"("clinicalStatus": {"coding": [{"system": "http://terminology.hl7.org/CodeSystem/condition-clinical", "code": "resolved"}]})",
      R"("verificationStatus": {"coding": [{"system": "http://terminology.hl7.org/CodeSystem/condition-ver-status", "code": "entered-in-error"}]})"}},
    {"Condition",
     {R"("clinicalStatus": {"text": "x"})",
      R"("verificationStatus": {"coding": [{"code": "entered-in-error"},
        {"system": "http://terminology.hl7.org/CodeSystem/condition-ver-status", "code": "confirmed"}]})"}},
    {"AllergyIntolerance",
     {R"("resourceType": "AllergyIntolerance")", R"("clinicalStatus": {"text": "x"})",
      R"("verificationStatus": {"coding": [{"system": "http://terminology.hl7.org/CodeSystem/allergyintolerance-verification", "code": "entered-in-error"}]})",
      R"("code": {"text": "x"})"}},
    {"AllergyIntolerance",
     {R"("clinicalStatus": {"text": "x"})",
      R"("verificationStatus": {"coding": [{"code": "confirmed"}]})"}},
    {"Bundle",
     {R"("resourceType": "Bundle")", R"("type": "transaction")",
      R"("entry": [{"request": {"method": "GET", "url": "x"}}, {"request": {"method": "GET", "url": "y"}}])"}},
    {"Bundle",
     {R"("resourceType": "Bundle")", R"("type": "batch-response")",
      R"("entry": [{"response": {"status": "200"}}, {"response": {"status": "404"}}])"}},
    {"Bundle",
     {R"("resourceType": "Bundle")", R"("type": "collection")",
      R"("entry": [{"resource": {"resourceType": "Basic"}}, {"request": {"method": "GET", "url": "x"}}])"}},
    {"Bundle",
     {R"("type": "history")", R"("entry": [{"request": {"method": "GET", "url": "x"},
        "response": {"status": "200"}}])",
      R"("total": 1)", R"("id": "a")"}},
    {"Organization",
     {R"("resourceType": "Organization")", R"("identifier": [{"value": "1"}])", R"("name": "x")",
      R"("active": true)"}},
    {"Address", {R"("use": "home")", R"("city": "x")"}},
    {"Address", {R"("use": "work")", R"("city": "x")", R"("line": ["y"])", R"("text": "z")"}},
    {"Duration",
     {R"("value": 1)", R"("code": "d")", R"("system": "http://unitsofmeasure.org")",
      R"("unit": "day")"}},
    {"Period", {R"("start": "2026-11-20")", R"("end": "2026-11-21")"}},
    {"Period", {R"("start": "2026-11-21")", R"("end": "2026-11-20")"}},
    {"Period", {R"("start": "2026-11")", R"("end": "2026-11")"}},
    {"Period",
     {R"("start": "2026-11-20T10:00:00+09:00")", R"("end": "2026-11-21T09:00:00+09:00")"}},
    {"Period",
     {R"("start": "2026-11-21T10:00:00+09:00")", R"("end": "2026-11-20T11:00:00+09:00")"}},
    {"Period",
     {R"("start": "2026-11-20T23:00:00+09:00")", R"("end": "2026-11-21T00:30:00+14:00")"}},
    {"Period", {R"("start": "2026-11-20")", R"("end": "2026-11-21T00:30:00+14:00")"}},
};

const fhir::TypeDef* type_named(const fhir::Definitions& definitions, std::string_view name) {
    const fhir::TypeDef* at = definitions.type(name.substr(0, name.find('.')));
    if (name.find('.') == std::string_view::npos) return at;
    return at->element(name.substr(name.find('.') + 1))->types.front().type;
}

TEST(Shortcuts, SayWhatTheirExpressionsSay) {
    const fhir::Definitions& definitions = testing_world::World::get().definitions;
    int compared = 0;
    for (const Shortcut& shortcut : all_shortcuts()) {
        SCOPED_TRACE(shortcut.expression);
        // A fullUrl that is not there makes the expression of bdl-8 empty: R5 puts it right.
        std::string text{shortcut.expression};
        if (text.starts_with("fullUrl")) text.insert(0, "fullUrl.exists() implies ");
        const auto expression = fhirpath::Expression::parse(text);
        ASSERT_TRUE(expression);
        int decided = 0;
        for (const Sample& sample : kSamples) {
            for (std::size_t subset = 1; subset < std::size_t{1} << sample.members.size();
                 ++subset) {
                std::string json = "{";
                for (std::size_t i = 0; i < sample.members.size(); ++i) {
                    if ((subset >> i & 1) == 0) continue;
                    if (json.size() > 1) json += ", ";
                    json += sample.members[i];
                }
                const json::Document document = testing_world::parse(json + "}");
                const auto said = shortcut.judge(document.root());
                if (!said) continue;
                fhirpath::Context context;
                context.definitions = &definitions;
                context.focus =
                    fhirpath::Item::node(document.root(), type_named(definitions, sample.type));
                context.resource = document.root();
                const auto holds = fhirpath::holds(*expression, context);
                ASSERT_TRUE(holds) << json;
                EXPECT_EQ(*said, *holds) << sample.type << " " << json;
                ++decided;
            }
        }
        EXPECT_GT(decided, 5);
        compared += decided;
    }
    std::printf("%d answers compared\n", compared);
    EXPECT_GT(compared, 1000);
}

}  // namespace
}  // namespace tsunagi::validate

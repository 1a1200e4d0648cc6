#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "validate/definition_texts.h"

/// Where extensions may stand (StructureDefinition.context, contextInvariant).
namespace tsunagi::validate {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using testing_world::check_with;
using testing_world::observation;
using testing_world::profile_of;
using testing_world::type_profile;

struct ContextCase {
    const char* name;
    const char* rules;  ///< of the definition of https://x.example/E
    std::string good;   ///< an Observation's members
    std::string bad;
    const char* at;
};

class ExtensionContexts : public ::testing::TestWithParam<ContextCase> {};

TEST_P(ExtensionContexts, AllowOnePlaceAndNotTheOther) {
    const ContextCase& each = GetParam();
    constexpr const char* kText =
        R"({"id": "Extension.url", "path": "Extension.url", "fixedUri": "https://x.example/E"},
           {"id": "Extension.value[x]", "path": "Extension.value[x]", "type": [{"code": "string"}]})";
    const std::vector<std::string> definitions{
        type_profile("https://x.example/E", "Extension", kText, each.rules),
        type_profile(
            "https://x.example/Outer", "Extension",
            R"({"id": "Extension.url", "path": "Extension.url", "fixedUri": "https://x.example/Outer"})"),
        type_profile(
            "https://x.example/Other", "Extension",
            R"({"id": "Extension.url", "path": "Extension.url", "fixedUri": "https://x.example/Other"})"),
        profile_of("Observation", R"({"id": "Observation", "path": "Observation"})")};
    EXPECT_THAT(check_with(definitions, observation(each.good)), IsEmpty());
    EXPECT_THAT(check_with(definitions, observation(each.bad)),
                ElementsAre("extension-not-here " + std::string{each.at}));
}

constexpr std::string_view kHere =
    R"("extension": [{"url": "https://x.example/E", "valueString": "a"}])";
const std::string kOnObservation{kHere};
const std::string kOnComponent =
    R"("component": [{"code": {"text": "y"}, )" + std::string{kHere} + "}]";
const std::string kOnStatus = R"("_status": {)" + std::string{kHere} + "}";

const ContextCase kContexts[] = {
    {"AnElement", R"("context": [{"type": "element", "expression": "Observation.component"}], )",
     kOnComponent, kOnObservation, "Observation.extension[0]"},
    {"AnElementWithTheUrlOfItsDefinition",
     R"("context": [{"type": "element", "expression": "http://hl7.org/fhir/StructureDefinition/Observation#Observation.component:x"}], )",
     kOnComponent, kOnObservation, "Observation.extension[0]"},
    {"TheExtensionAround",
     R"("context": [{"type": "extension", "expression": "https://x.example/Outer"}], )",
     R"("extension": [{"url": "https://x.example/Outer", )" + std::string{kHere} + "}]",
     kOnObservation, "Observation.extension[0]"},
    {"AnotherExtensionAround",
     R"("context": [{"type": "extension", "expression": "https://x.example/Outer"}], )",
     R"("extension": [{"url": "https://x.example/Outer", )" + std::string{kHere} + "}]",
     R"("extension": [{"url": "https://x.example/Other", )" + std::string{kHere} + "}]",
     "Observation.extension[0].extension[0]"},
    {"APath",
     R"x("context": [{"type": "fhirpath", "expression": "Observation.component.where(code.text = 'y')"}], )x",
     kOnComponent, R"("component": [{"code": {"text": "z"}, )" + std::string{kHere} + "}]",
     "Observation.component[0].extension[0]"},
    {"APathToAPrimitive",
     R"("context": [{"type": "fhirpath", "expression": "Observation.status"}], )", kOnStatus,
     kOnObservation, "Observation.extension[0]"},
    {"ACondition",
     R"x("context": [{"type": "element", "expression": "Observation"}], "contextInvariant": ["subject.exists()"], )x",
     R"("subject": {"reference": "Patient/1"}, )" + kOnObservation, kOnObservation,
     "Observation.extension[0]"},
    {"AConditionOnTheExtension",
     R"("context": [{"type": "element", "expression": "Observation"}], "contextInvariant": ["%extension.value = 'a'"], )",
     kOnObservation, R"("extension": [{"url": "https://x.example/E", "valueString": "b"}])",
     "Observation.extension[0]"},
    {"AConditionOnAPrimitive",
     R"("context": [{"type": "element", "expression": "code"}], "contextInvariant": ["$this = 'final'"], )",
     kOnStatus, R"("language": "ja", "_language": {)" + std::string{kHere} + "}",
     "Observation.language.extension[0]"},
};

INSTANTIATE_TEST_SUITE_P(Profiles, ExtensionContexts, ::testing::ValuesIn(kContexts),
                         [](const auto& each) { return std::string{each.param.name}; });

/// One path asked by many extensions is worked out once: this would take minutes otherwise.
TEST(Extensions, ManyWithOnePathOfContextAreJudgedInLinearTime) {
    constexpr const char* kText =
        R"({"id": "Extension.url", "path": "Extension.url", "fixedUri": "https://x.example/E"},
           {"id": "Extension.value[x]", "path": "Extension.value[x]", "type": [{"code": "string"}]})";
    const std::vector<std::string> definitions{
        type_profile(
            "https://x.example/E", "Extension", kText,
            R"x("context": [{"type": "fhirpath", "expression": "Observation.descendants()"}], )x"),
        profile_of("Observation", R"({"id": "Observation", "path": "Observation"})")};
    std::string components;
    for (int i = 0; i < 4000; ++i) {
        if (i > 0) components += ", ";
        components += R"({"code": {"text": "y"}, )" + std::string{kHere} + "}";
    }
    EXPECT_THAT(check_with(definitions, observation(R"("component": [)" + components + "]")),
                IsEmpty());
}

}  // namespace
}  // namespace tsunagi::validate

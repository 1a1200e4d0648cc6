// contracts.md section 2: errors are OperationOutcome.
#include "fhir/issue.h"

#include <gtest/gtest.h>

#include "json/writer.h"

namespace tsunagi::fhir {
namespace {

TEST(Issue, BecomesAnOperationOutcomeInTwoLanguages) {
    const std::string source = "{\n  \"a\": 1\n}";
    const Issue issue{.severity = IssueSeverity::Error,
                      .type = "required",
                      .code = "missing-element",
                      .rule = "R5",
                      .fault = Fault::Sender,
                      .expression = "Packet.bedRequest.purposes",
                      .ja = "入院目的を記入してください。",
                      .en = "Fill in the purpose of admission.",
                      .offset = static_cast<std::uint32_t>(source.find('1'))};
    const json::Document outcome = operation_outcome({&issue, 1}, source);
    EXPECT_EQ(
        json::write(outcome.root()),
        R"({"resourceType":"OperationOutcome","issue":[{"extension":[)"
        R"({"url":"http://hl7.org/fhir/StructureDefinition/operationoutcome-issue-line","valueInteger":2},)"
        R"({"url":"http://hl7.org/fhir/StructureDefinition/operationoutcome-issue-col","valueInteger":8}],)"
        R"("severity":"error","code":"required","details":{"coding":[)"
        R"({"system":"https://tsunagi.example/fhir/CodeSystem/issue","code":"missing-element"},)"
        R"({"system":"https://tsunagi.example/fhir/CodeSystem/rule","code":"R5"},)"
        R"({"system":"https://tsunagi.example/fhir/CodeSystem/fault","code":"sender"}],)"
        R"("text":"入院目的を記入してください。","_text":{"extension":[{"extension":[)"
        R"({"url":"lang","valueCode":"en"},{"url":"content","valueString":"Fill in the purpose of admission."}],)"
        R"("url":"http://hl7.org/fhir/StructureDefinition/translation"}]}},)"
        R"("expression":["Packet.bedRequest.purposes"]}]})");
}

TEST(Issue, SaysThatAllIsWellWhenThereIsNone) {
    const json::Document outcome = operation_outcome({});
    EXPECT_EQ(outcome.root()["issue"].at(0)["severity"].text(), "information");
    EXPECT_EQ(outcome.root()["issue"].at(0)["code"].text(), "informational");
}

TEST(Issue, TellsErrorsFromRemarks) {
    std::vector<Issue> issues(2);
    issues[0].severity = IssueSeverity::Information;
    issues[1].severity = IssueSeverity::Warning;
    EXPECT_FALSE(has_error(issues));
    issues[1].severity = IssueSeverity::Fatal;
    EXPECT_TRUE(has_error(issues));
}

}  // namespace
}  // namespace tsunagi::fhir

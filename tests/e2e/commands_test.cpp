// The commands that read files, as a person or a script runs them.
#include <gmock/gmock.h>

#include <cstdlib>

#include "e2e/program.h"
#include "json/reader.h"
#include "support/result_matchers.h"

namespace tsunagi::e2e {
namespace {

using ::testing::AllOf;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

std::string packet(const std::string& name) {
    return (std::filesystem::path{TSUNAGI_SOURCE_DIR} / "fixtures/packets" / (name + ".in.json"))
        .string();
}

class Commands : public ::testing::Test {
protected:
    Ran run(const std::vector<std::string>& words) { return run_program(folder_, words); }
    std::string write(const std::string& name, std::string_view text) {
        support::write_text(folder_ / name, text);
        return (folder_ / name).string();
    }
    support::TempFolder folder_;
};

TEST_F(Commands, ValidateTellsGoodFromBadByItsExitCode) {
    const std::string good = write("good.json", R"({"resourceType": "Patient", "active": true})");
    const std::string bad = write("bad.json", "{\"resourceType\": \"Patient\",\n \"actve\": true}");
    const std::string broken = write("broken.json", "{\"resourceType\": ");
    EXPECT_EQ(run({"validate", good}).code, 0);
    const Ran wrong = run({"validate", good, bad});
    EXPECT_EQ(wrong.code, 1);
    EXPECT_THAT(wrong.out, AllOf(HasSubstr("bad.json:2:"), HasSubstr("Patient.actve")));
    EXPECT_EQ(run({"validate", broken}).code, 1);
    EXPECT_EQ(run({"validate", bad, (folder_ / "absent").string()}).code, 2);
    EXPECT_EQ(run({"validate", "--profile", "http://example.org/none", good}).code, 2);
    EXPECT_EQ(run({"validate", "--format", "xml", good}).code, 2);
}

TEST_F(Commands, ValidateGivesOneOperationOutcomeAFile) {
    const std::string bad = write("bad.json", R"({"resourceType": "Patient", "actve": true})");
    const Ran ran = run({"validate", "--format", "json", bad, bad});
    EXPECT_EQ(ran.code, 1);
    const auto line = ran.out.substr(0, ran.out.find('\n'));
    const auto outcome = json::read(line);
    ASSERT_OK(outcome);
    EXPECT_EQ(outcome->root()["resourceType"].text(), "OperationOutcome");
    EXPECT_EQ(ran.out, line + "\n" + line + "\n");
}

TEST_F(Commands, ValidateKnowsTheForms) {
    const std::string model = "https://tsunagi.example/fhir/StructureDefinition/Packet";
    EXPECT_EQ(run({"validate", "--profile", model, packet("nishitokyo_full")}).code, 0);
    EXPECT_EQ(run({"validate", "--profile", model, packet("unknown_property")}).code, 1);
}

TEST_F(Commands, ValidateReadsLinesOfJson) {
    const std::string lines = write("two.ndjson",
                                    "{\"resourceType\": \"Patient\"}\n\n"
                                    "{\"resourceType\": \"Patient\", \"actve\": true}\n");
    const Ran ran = run({"validate", lines});
    EXPECT_EQ(ran.code, 1);
    EXPECT_THAT(ran.out, AllOf(HasSubstr("two.ndjson:1: "), HasSubstr("two.ndjson:3:38: error: "),
                               HasSubstr("[unknown-element]\n")));
    const Ran outcomes = run({"validate", "--format", "json", lines});
    EXPECT_EQ(std::count(outcomes.out.begin(), outcomes.out.end(), '\n'), 2);
    EXPECT_THAT(outcomes.out, HasSubstr("issue-line\",\"valueInteger\":3}"));
}

TEST_F(Commands, ValidatePrintsManyFilesInTheirOrder) {
    std::vector<std::string> words{"validate"};
    std::string expected;
    for (int i = 0; i < 200; ++i) {
        words.push_back(write("b" + std::to_string(i) + ".json",
                              R"({"resourceType": "Binary", "contentType": "text/plain"})"));
        expected += words.back() + ": ";
    }
    const Ran ran = run(words);
    EXPECT_EQ(ran.code, 0);
    std::string order;
    for (std::size_t at = 0; at < ran.out.size();) {
        const std::size_t end = ran.out.find('\n', at);
        order += ran.out.substr(at, ran.out.find(": ", at) + 2 - at);
        at = end + 1;
    }
    EXPECT_EQ(order, expected);
}

TEST_F(Commands, ValidateKnowsTheProfilesOfAPackage) {
    const std::string profile = write("profile.json", R"({"resourceType": "StructureDefinition",
        "url": "http://example.org/p", "name": "P", "status": "draft", "kind": "resource",
        "abstract": false, "type": "Patient", "derivation": "constraint",
        "baseDefinition": "http://hl7.org/fhir/StructureDefinition/Patient", "differential":
        {"element": [{"id": "Patient.gender", "path": "Patient.gender", "min": 1,
          "binding": {"strength": "required", "valueSet": "http://example.org/vs"}}]}})");
    const std::string bare = write("bare.json", R"({"resourceType": "Patient"})");
    const Ran ran =
        run({"validate", "--package", profile, "--profile", "http://example.org/p", bare});
    EXPECT_EQ(ran.code, 1);
    EXPECT_THAT(ran.out, HasSubstr("Patient.gender"));
    EXPECT_THAT(ran.err, AllOf(HasSubstr("[not checked] value sets that are not supplied (1)"),
                               HasSubstr("http://example.org/vs")));
    const std::string broken = write("broken.json", "{\"resourceType\": ");
    const Ran wrong = run({"validate", "--package", broken, bare});
    EXPECT_EQ(wrong.code, 2);
    EXPECT_THAT(wrong.err, HasSubstr("broken.json"));
}

TEST_F(Commands, SnapshotPrintsTheDefinitionWithItsSnapshot) {
    const std::string good = write("good.json", R"({"resourceType": "StructureDefinition",
        "url": "http://example.org/p", "type": "Patient", "kind": "resource", "derivation": "constraint",
        "baseDefinition": "http://hl7.org/fhir/StructureDefinition/Patient", "differential":
        {"element": [{"path": "Patient.gender", "min": 1}]}})");
    const Ran ran = run({"snapshot", good});
    EXPECT_EQ(ran.code, 0) << ran.err;
    const auto document = json::read(ran.out);
    ASSERT_OK(document);
    EXPECT_GT(document->root()["snapshot"]["element"].size(), 20U);
    std::string text = support::read_text(good);
    text.replace(text.find("gender"), 6, "gendre");
    const Ran wrong = run({"snapshot", write("wrong.json", text)});
    EXPECT_EQ(wrong.code, 1);
    EXPECT_THAT(wrong.err, HasSubstr("Patient.gendre"));
    EXPECT_EQ(run({"snapshot", write("no.json", "[]")}).code, 2);
    EXPECT_EQ(run({"snapshot"}).code, 2);
}

TEST_F(Commands, FhirpathPrintsTypeAndValue) {
    const std::string file = write("p.json", R"({"resourceType": "Patient", "active": true,
        "birthDate": "1938-04-02", "name": [{"given": ["芳江", "a\tb"]}]})");
    EXPECT_EQ(run({"fhirpath", "Patient.name.given", file}).out, "string\t芳江\nstring\ta\\tb\n");
    EXPECT_EQ(run({"fhirpath", "birthDate", file}).out, "date\t@1938-04-02\n");
    EXPECT_EQ(run({"fhirpath", "1.10 + 1", file}).out, "decimal\t2.10\n");
    EXPECT_EQ(run({"fhirpath", "name.where(false)", file}).out, "");
    const Ran wrong = run({"fhirpath", "name.where(", file});
    EXPECT_EQ(wrong.code, 1);
    EXPECT_THAT(wrong.err, HasSubstr("syntax"));
    EXPECT_EQ(run({"fhirpath", "name"}).code, 2);
}

TEST_F(Commands, FhirpathRunsThePublishedCases) {
    const char* given = std::getenv("TSUNAGI_CASES");
    const auto folder =
        std::filesystem::path{given ? given : TSUNAGI_SOURCE_DIR "/../shared/cases"} / "fhirpath";
    if (!std::filesystem::exists(folder / "cases.json")) {
        std::printf("fhirpath cases: %s is absent, skipped\n", folder.c_str());
        GTEST_SKIP();
    }
    const Ran ran = run({"fhirpath", "--cases", (folder / "cases.json").string(), "--inputs",
                         (folder / "inputs").string()});
    const auto last = ran.out.rfind('\n', ran.out.size() - 2);
    const std::string verdict = ran.out.substr(last + 1);
    std::printf("fhirpath cases: %s", verdict.c_str());
    EXPECT_THAT(verdict, EndsWith(" failed\n"));
    EXPECT_GE(std::atoi(verdict.c_str()), 440);
    EXPECT_EQ(std::count(ran.out.begin(), ran.out.end(), '\n'), 445);
}

TEST_F(Commands, TransformRunsAMapFromAFile) {
    const std::string map = write("m.map", R"(map "http://example.org/m" = "m"
uses "http://hl7.org/fhir/StructureDefinition/Patient" alias Patient as source
uses "http://hl7.org/fhir/StructureDefinition/Person" alias Person as target
group m(source src : Patient, target tgt : Person) {
  src.birthDate as b -> tgt.birthDate = b "b";
}
)");
    const std::string source =
        write("p.json", R"({"resourceType": "Patient", "birthDate": "1938-04-02"})");
    const Ran ran = run({"transform", map, source});
    EXPECT_EQ(ran.code, 0) << ran.err;
    EXPECT_THAT(ran.out, HasSubstr("\"birthDate\": \"1938-04-02\""));
    const std::string broken = write("broken.map", "map \"http://example.org/m\" = ");
    const Ran wrong = run({"transform", broken, source});
    EXPECT_EQ(wrong.code, 2);
    EXPECT_THAT(wrong.err, HasSubstr("broken.map line 1"));
}

TEST_F(Commands, TranslateShowsTheBundleTheOfferAndTheRelease) {
    const std::string receipt = (folder_ / "receipt.json").string();
    const std::vector<std::string> base{"translate", "--programme", "nishitokyo"};
    const auto with = [&](std::vector<std::string> more) {
        std::vector<std::string> words = base;
        words.insert(words.end(), more.begin(), more.end());
        return run(words);
    };
    const Ran whole = with({"--receipt", receipt, packet("nishitokyo_full")});
    ASSERT_EQ(whole.code, 0) << whole.err;
    EXPECT_THAT(whole.out, AllOf(HasSubstr("\"collection\""), HasSubstr("田邉")));
    EXPECT_THAT(support::read_text(receipt), HasSubstr("Packet.bedRequest.purposes[0].code"));
    const Ran offer = with({"--stage", "offer", packet("nishitokyo_full")});
    EXPECT_EQ(offer.code, 0) << offer.err;
    EXPECT_THAT(offer.out, AllOf(HasSubstr("\"transaction\""), Not(HasSubstr("田邉")),
                                 HasSubstr("誤嚥性肺炎")));
    const Ran release = with({"--stage", "release", packet("nishitokyo_full")});
    EXPECT_EQ(release.code, 0) << release.err;
    EXPECT_THAT(release.out, AllOf(HasSubstr("\"transaction\""), HasSubstr("田邉")));
    const Ran wrong = with({packet("unknown_property")});
    EXPECT_EQ(wrong.code, 1);
    EXPECT_THAT(wrong.err, HasSubstr("OperationOutcome"));
    EXPECT_EQ(run({"translate", "--programme", "none", packet("minimal")}).code, 2);
    EXPECT_EQ(run({"translate", packet("minimal")}).code, 2);
}

TEST_F(Commands, TranslateGivesThePacketBackFromItsBundle) {
    const std::string bundle = (folder_ / "bundle.json").string();
    const std::string returned = (folder_ / "returned.json").string();
    const Ran there =
        run({"translate", "--programme", "nishitokyo", packet("full_width_everything")});
    ASSERT_EQ(there.code, 0) << there.err;
    support::write_text(bundle, there.out);
    const Ran back = run({"translate", "--reverse", bundle});
    ASSERT_EQ(back.code, 0) << back.err;
    EXPECT_THAT(back.out,
                AllOf(HasSubstr("\"Packet\""), HasSubstr("令和"), Not(HasSubstr("source-text"))));
    support::write_text(returned, back.out);
    EXPECT_EQ(run({"translate", "--programme", "nishitokyo", returned}).code, 0);
    const Ran release = run({"translate", "--programme", "nishitokyo", "--stage", "release",
                             packet("full_width_everything")});
    support::write_text(bundle, release.out);
    const Ran less = run({"translate", "--reverse", bundle});
    EXPECT_EQ(less.code, 1) << "a release holds less than the packet";
    EXPECT_THAT(less.err, HasSubstr("OperationOutcome"));
    EXPECT_THAT(less.out, IsEmpty());
    EXPECT_EQ(run({"translate", "--reverse", packet("minimal")}).code, 1);
    EXPECT_EQ(run({"translate", "--reverse", "--stage", "offer", bundle}).code, 2);
}

}  // namespace
}  // namespace tsunagi::e2e

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

#include "fhirpath/expression.h"
#include "support/result_matchers.h"
#include "validate/world.h"

namespace tsunagi::validate {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using testing_world::check;
using testing_world::faults;
using testing_world::first_replaced;
using testing_world::packet_options;
using testing_world::replaced;

std::filesystem::path packets() { return testing_world::source_dir() / "fixtures" / "packets"; }

std::string packet(const std::string& name) {
    return support::read_text(packets() / (name + ".in.json"));
}

/// The packets that the models refuse, and what is found in each.
const std::map<std::string, std::vector<std::string>>& model_faults() {
    static const std::map<std::string, std::vector<std::string>> kFaults = {
        {"days_as_text", {"wrong-type Packet.bedRequest.plannedDays"}},
        {"missing_allergies", {"missing-element Packet.bedRequest.allergies"}},
        {"missing_ward_destination", {"missing-element Packet.bedRequest.destination.department"}},
        {"unknown_property", {"unknown-element Packet.bedRequest.wardPreference"}},
        {"wrong_code_purpose", {"code-not-in-value-set Packet.bedRequest.purposes[1].code"}},
    };
    return kFaults;
}

TEST(Packets, AreRefusedWhereTheModelSaysAndNowhereElse) {
    int seen = 0;
    int faulty = 0;
    for (const auto& file : std::filesystem::directory_iterator(packets())) {
        const std::string filename = file.path().filename().string();
        if (!filename.ends_with(".in.json")) continue;
        const std::string name = filename.substr(0, filename.size() - 8);
        SCOPED_TRACE(name);
        const auto issues = check(support::read_text(file.path()), packet_options());
        const auto expected = model_faults().find(name);
        if (expected == model_faults().end()) {
            EXPECT_THAT(issues, IsEmpty()) << issues.front().expression << issues.front().en;
        } else {
            EXPECT_EQ(faults(issues), expected->second);
            ++faulty;
        }
        ++seen;
    }
    EXPECT_GE(seen, 45);
    EXPECT_EQ(faulty, static_cast<int>(model_faults().size()));
}

struct RuleCase {
    const char* name;
    const char* from;
    const char* to;
    const char* finding;
    const char* rule;
};

class PlantedRuleFault : public ::testing::TestWithParam<RuleCase> {};

TEST_P(PlantedRuleFault, IsFoundAtItsCellAndNothingElseIs) {
    const RuleCase& planted = GetParam();
    const auto issues = check(first_replaced(packet("nishitokyo_full"), planted.from, planted.to),
                              packet_options());
    EXPECT_THAT(faults(issues), ElementsAre(planted.finding));
    ASSERT_EQ(issues.size(), 1U);
    EXPECT_EQ(issues[0].rule, planted.rule);
    EXPECT_EQ(issues[0].ja.find("／"), std::string::npos);
    EXPECT_EQ(issues[0].en.find("／"), std::string::npos);
}

const RuleCase kRuleCases[] = {
    {"InstitutionCode", R"("code": "1319900112")", R"("code": "131-9900112")",
     "rule-violated Packet.bedRequest.applicant.institution.code", "tsunagi-institution-code"},
    {"Icd10InFullWidth", R"("icd10": "I693")", R"("icd10": "Ｉ６９３")",
     "rule-violated Packet.bedRequest.diagnoses[3].icd10", "tsunagi-icd10"},
    {"OfficeNumber", R"("officeNumber": "1379900119")", R"("officeNumber": "137990011")",
     "rule-violated Packet.bedRequest.careManager.officeNumber", "tsunagi-office-number"},
    {"InsurerNumber", R"("insurerNumber": "39132295")", R"("insurerNumber": "3913229")",
     "rule-violated Packet.identity.insurance.insurerNumber", "tsunagi-insurer-number"},
    {"RepresentativeWithoutGround", R"("kind": "patient",)", R"("kind": "representative",)",
     "rule-violated Packet.consent.consentedBy", "tsunagi-representative"},
};

INSTANTIATE_TEST_SUITE_P(Packets, PlantedRuleFault, ::testing::ValuesIn(kRuleCases),
                         [](const auto& planted) { return std::string{planted.param.name}; });

TEST(Packets, MayNotListWhatTheyCallAbsent) {
    std::string text = packet("minimal");
    const std::size_t at = text.find("\"allergies\"");
    ASSERT_NE(at, std::string::npos);
    const std::size_t from = text.find('{', at);
    text.replace(from, text.find('}', from) + 1 - from, R"({"statement": "present"})");
    EXPECT_THAT(faults(check(text, packet_options())),
                ElementsAre("rule-violated Packet.bedRequest.allergies"));
}

TEST(Models, HoldOnlyConditionsThatCanBeAsked) {
    const auto& definitions = testing_world::World::get().definitions;
    int seen = 0;
    for (const fhir::TypeDef* type : definitions.types()) {
        if (!type->url.starts_with("https://tsunagi.example/")) continue;
        for (const fhir::ElementDef& element : type->all_elements) {
            for (const fhir::Constraint* each : element.constraints) {
                const auto expression = fhirpath::Expression::parse(each->expression);
                ASSERT_OK(expression) << element.path;
                const fhir::TypeDef* focus =
                    element.types.empty() ? type : element.types.front().type;
                EXPECT_OK(fhirpath::check(*expression, definitions, focus)) << element.path;
                ++seen;
            }
        }
    }
    EXPECT_GE(seen, 10);
}

/// A form of one cell with one condition.
std::vector<std::string> check_condition(std::string_view expression, std::string_view severity) {
    auto file = packages::MappedFile::open(testing_world::r4_pack());
    EXPECT_OK(file);
    auto definitions = fhir::Definitions::open(file->bytes());
    EXPECT_OK(definitions);
    const std::string model =
        R"({"resourceType": "StructureDefinition", "url": "https://x.example/Form",
        "name": "Form", "kind": "logical", "abstract": false, "type": "https://x.example/Form",
        "baseDefinition": "http://hl7.org/fhir/StructureDefinition/Element",
        "derivation": "specialization", "differential": {"element": [
          {"id": "Form", "path": "Form", "short": "様式", "min": 0, "max": "*"},
          {"id": "Form.cell", "path": "Form.cell", "short": "欄", "min": 0, "max": "1",
           "type": [{"code": "string"}],
           "constraint": [{"key": "x-1", "severity": ")" +
        std::string{severity} + R"(", "human": "条件", "expression": ")" + std::string{expression} +
        R"("}]}]}})";
    const json::Document document = testing_world::parse(model);
    EXPECT_OK(definitions->add(document.root()));
    const Validator validator(*definitions);
    const json::Document form = testing_world::parse(R"({"cell": "a"})");
    const auto issues = validator.validate(form.root(), {.profile = "https://x.example/Form"});
    std::vector<std::string> found;
    for (const fhir::Issue& each : issues)
        found.push_back(std::string{name(each.severity)} + " " + each.code + " " + each.expression);
    return found;
}

TEST(Conditions, AreJudgedByTheirSeverity) {
    EXPECT_THAT(check_condition("$this = 'a'", "error"), IsEmpty());
    EXPECT_THAT(check_condition("$this = 'b'", "error"),
                ElementsAre("error rule-violated Form.cell"));
    EXPECT_THAT(check_condition("$this = 'b'", "warning"),
                ElementsAre("warning rule-violated Form.cell"));
}

TEST(Conditions, ThatCannotBeAskedRefuse) {
    EXPECT_THAT(check_condition("$this = = 'a'", "error"),
                ElementsAre("error rule-not-evaluated Form.cell"));
    EXPECT_THAT(check_condition("($this | 'b').single() = 'a'", "warning"),
                ElementsAre("error rule-not-evaluated Form.cell"));
}

TEST(Packets, AreAnsweredInTheWordsOfTheForm) {
    const auto issues = check(packet("missing_ward_destination"), packet_options());
    ASSERT_EQ(issues.size(), 1U);
    EXPECT_EQ(issues[0].ja,
              "「入院申込書＞申込先＞申込先部署」が記入されていません。記入してください。");
    EXPECT_EQ(issues[0].en, "Packet.bedRequest.destination.department is missing. Fill it in.");
    EXPECT_EQ(issues[0].fault, fhir::Fault::Sender);
    EXPECT_EQ(issues[0].type, "required");
}

TEST(Packets, AreToldTheChoicesOfAShortList) {
    const auto issues = check(packet("wrong_code_purpose"), packet_options());
    ASSERT_EQ(issues.size(), 1U);
    EXPECT_THAT(issues[0].ja, HasSubstr("（2番目）"));
    EXPECT_THAT(issues[0].ja, HasSubstr("reassessment（"));
    EXPECT_THAT(issues[0].en, HasSubstr("reassessment ("));
}

TEST(Packets, PointToTheByteOfTheFault) {
    const std::string text = packet("days_as_text");
    const auto issues = check(text, packet_options());
    ASSERT_EQ(issues.size(), 1U);
    EXPECT_EQ(text.substr(0, issues[0].offset).substr(issues[0].offset - 15), "\"plannedDays\": ");
}

TEST(Packets, WithoutCellsAreToldEveryRequiredOne) {
    const auto issues = check(R"({"resourceType": "Packet"})", packet_options());
    EXPECT_THAT(
        faults(issues),
        ElementsAre("missing-element Packet.programme", "missing-element Packet.destination",
                    "missing-element Packet.bedRequest", "missing-element Packet.referralLetter"));
}

TEST(Packets, MayNotCallThemselvesSomethingElse) {
    const std::string text =
        replaced(packet("minimal"), "\"resourceType\": \"Packet\"", "\"resourceType\": \"Pack\"");
    EXPECT_THAT(faults(check(text, packet_options())),
                ElementsAre("wrong-resource-type Packet.resourceType"));
}

TEST(Packets, TakeAResourceTypeAtTheRootOnly) {
    const std::string text = replaced(packet("minimal"), "\"bedRequest\": {",
                                      "\"bedRequest\": { \"resourceType\": \"BedRequest\",");
    EXPECT_THAT(faults(check(text, packet_options())),
                ElementsAre("unknown-element Packet.bedRequest.resourceType"));
}

TEST(Packets, FindTheirModelByResourceTypeToo) {
    EXPECT_THAT(check(packet("minimal")), IsEmpty());
    EXPECT_THAT(faults(check(packet("missing_allergies"))),
                ElementsAre("missing-element Packet.bedRequest.allergies"));
}

TEST(Messages, NeverRepeatWhatTheSenderWrote) {
    constexpr std::string_view kCanary = "カナリア山田";
    const std::string canary = "\"" + std::string{kCanary} + "\"";
    std::vector<std::string> texts;
    texts.push_back(
        replaced(packet("minimal"), "\"resourceType\": \"Packet\"", "\"resourceType\": " + canary));
    texts.push_back(
        replaced(packet("minimal"), "\"bedRequest\": {", "\"bedRequest\": {" + canary + ": 1,"));
    texts.push_back(replaced(packet("minimal"), "\"bedRequest\": {",
                             "\"bedRequest\": [" + canary + "], \"x\": {"));
    texts.push_back(replaced(packet("minimal"), "\"referralLetter\": {",
                             "\"referralLetter\": " + canary + ", \"y\": {"));
    texts.push_back(R"({"resourceType": "Patient", "gender": )" + canary + R"(, "birthDate": )" +
                    canary + R"(, "generalPractitioner": [{"reference": "#カナリア山田"}]})");
    for (const std::string& text : texts) {
        const Options options = text.find("Patient") == 18 ? Options{} : packet_options();
        const auto issues = check(text, options);
        EXPECT_THAT(issues, Not(IsEmpty())) << text.substr(0, 80);
        for (const fhir::Issue& each : issues) {
            EXPECT_THAT(each.ja + each.en + each.expression + each.code,
                        Not(HasSubstr(std::string{kCanary})));
        }
    }
}

TEST(Models, AreNamedWhenTheGatewayDoesNotHoldThem) {
    const auto issues = check("{}", {.profile = "https://tsunagi.example/none", .root_name = "X"});
    ASSERT_EQ(faults(issues), std::vector<std::string>{"unknown-profile X"});
    EXPECT_EQ(issues[0].fault, fhir::Fault::Gateway);
}

TEST(Packet, AttachmentsWithDataNeedTheirFormat) {
    const auto with = [](std::string_view attachment) {
        const std::string letter = R"("referralLetter": {)";
        return faults(
            check(first_replaced(support::read_text(testing_world::source_dir() /
                                                    "fixtures/packets/minimal.in.json"),
                                 letter,
                                 letter + R"("attachments": [)" + std::string{attachment} + "], "),
                  packet_options()));
    };
    EXPECT_THAT(with(R"({"title": "検査", "kind": "test-report"})"), IsEmpty());
    EXPECT_THAT(
        with(
            R"({"title": "検査", "kind": "test-report", "contentType": "application/pdf", "data": "QUJD"})"),
        IsEmpty());
    EXPECT_THAT(with(R"({"title": "検査", "kind": "test-report", "data": "QUJD"})"),
                ElementsAre("rule-violated Packet.referralLetter.attachments[0]"));
}

}  // namespace
}  // namespace tsunagi::validate

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

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

}  // namespace
}  // namespace tsunagi::validate

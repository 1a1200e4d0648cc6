#include "exchange/agreement.h"

#include <gtest/gtest.h>

#include "json/reader.h"

namespace tsunagi::exchange {
namespace {

std::vector<fhir::Issue> check(std::string_view text) {
    const auto packet = json::read(text);
    EXPECT_TRUE(packet);
    return check_agreement(packet->root());
}

TEST(Agreement, TakesEverySpellingOfOnePersonAsOne) {
    EXPECT_TRUE(
        check(
            R"({"identity":{"name":"田中　よし子","kana":"タナカ ヨシコ","birthDate":"1938-04-02","sex":"female"},
        "referralLetter":{"patientName":"田中 よし子","patientKana":"ﾀﾅｶ ﾖｼｺ","birthDate":"昭和13年4月2日","sex":"female"},
        "patientSheet":{"patientName":"田中よし子","patientKana":"たなか　よしこ","birthDate":"S13.4","sex":"female"},
        "bedRequest":{"sex":"female","patientInitials":"Ｔ．Ｙ．"}})")
            .empty());
}

TEST(Agreement, NamesBothCellsOfALetterStapledToAnotherRequest) {
    const auto issues = check(
        R"({"identity":{"name":"田中 よし子"},"referralLetter":{"patientName":"中田 よし子"}})");
    ASSERT_EQ(issues.size(), 1U);
    EXPECT_EQ(issues[0].expression, "Packet.referralLetter.patientName");
    EXPECT_NE(issues[0].ja.find("Packet.identity.name"), std::string::npos);
    EXPECT_NE(issues[0].en.find("Packet.identity.name"), std::string::npos);
    EXPECT_EQ(issues[0].ja.find("田中"), std::string::npos) << "no value in a message";
}

TEST(Agreement, SeesAnotherBirthDateAndAnotherSex) {
    EXPECT_EQ(
        check(
            R"({"identity":{"birthDate":"昭和13年4月2日"},"patientSheet":{"birthDate":"昭和13年4月3日"}})")
            .size(),
        1U);
    EXPECT_EQ(check(R"({"bedRequest":{"sex":"male"},"referralLetter":{"sex":"female"}})").size(),
              1U);
}

TEST(Agreement, FlagsAClinicalContradictionAndRefusesNothing) {
    const auto issues = check(
        R"({"bedRequest":{"allergies":{"statement":"none"}},"patientSheet":{"allergies":{"statement":"present"}}})");
    ASSERT_EQ(issues.size(), 1U);
    EXPECT_EQ(issues[0].severity, fhir::IssueSeverity::Warning);
}

}  // namespace
}  // namespace tsunagi::exchange

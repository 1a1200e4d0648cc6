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

/// A packet whose letter has `data` attached, with `consent` as the record's members.
std::vector<fhir::Issue> with_form(std::string_view data, std::string_view consent,
                                   std::string_view kind = "consent-form") {
    return check(R"({"referralLetter":{"attachments":[{"title":"t","kind":")" + std::string{kind} +
                 R"(","contentType":"application/pdf","data":")" + std::string{data} +
                 R"("}]},"consent":{)" + std::string{consent} + "}}");
}

// SHA-256 of "abc", FIPS 180-4's own example.
constexpr std::string_view kOfAbc =
    R"("formSha256":"ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")";

TEST(Agreement, TakesTheConsentFormWhoseDigestIsOnRecord) {
    EXPECT_TRUE(with_form("YWJj", kOfAbc).empty());
    EXPECT_TRUE(with_form("YW\\nJj", kOfAbc).empty()) << "base64Binary may be broken in lines";
    EXPECT_TRUE(check(R"({"consent":{)" + std::string{kOfAbc} + "}}").empty())
        << "the form lies at the clinic";
    EXPECT_TRUE(with_form("YWJk", "", "image").empty());
}

TEST(Agreement, RefusesAConsentFormThatIsNotTheOneOnRecord) {
    for (const char* data : {"YWJk", "YWJ", "!!!!", "YWJjYWJj"}) {
        const auto issues = with_form(data, kOfAbc);
        ASSERT_EQ(issues.size(), 1U) << data;
        EXPECT_EQ(issues[0].code, "consent-form-differs");
        EXPECT_EQ(issues[0].expression, "Packet.consent.formSha256");
        EXPECT_FALSE(issues[0].ja.empty() || issues[0].en.empty());
    }
    EXPECT_EQ(with_form("YWJj", "").size(), 1U) << "attached and not on record";
}

TEST(Agreement, ImpliedConsentIsEnoughOnlyWhereTheProgrammeSaysSo) {
    const auto implied = json::read(R"({"consent":{"method":"implied"}})");
    const auto oral = json::read(R"({"consent":{"method":"explicit-oral"}})");
    EXPECT_TRUE(check_consent_mode(implied->root(), "implied").empty());
    for (const char* mode : {"explicit", "", "Implied", "any"}) {
        const auto issues = check_consent_mode(implied->root(), mode);
        ASSERT_EQ(issues.size(), 1U) << mode;
        EXPECT_EQ(issues[0].code, "consent-not-explicit");
        EXPECT_EQ(issues[0].expression, "Packet.consent.method");
        EXPECT_FALSE(issues[0].ja.empty() || issues[0].en.empty());
        EXPECT_TRUE(check_consent_mode(oral->root(), mode).empty());
    }
}

}  // namespace
}  // namespace tsunagi::exchange

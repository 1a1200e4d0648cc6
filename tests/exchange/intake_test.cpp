// What a clinic hands in instead of our JSON (fixtures/intake) becomes the packet it stands for,
// and what is not taken is named.
#include "exchange/intake.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

#include "base/random.h"
#include "exchange/case_file.h"
#include "json/reader.h"
#include "json/writer.h"
#include "support/test_gateway.h"

namespace tsunagi::exchange {
namespace {

using support::TestGateway;
using testing::HasSubstr;

std::string fixture(std::string_view name) {
    std::ifstream in(std::string{TSUNAGI_SOURCE_DIR "/fixtures/intake/"} + std::string{name},
                     std::ios::binary);
    std::ostringstream text;
    text << in.rdbuf();
    return text.str();
}

json::Document packet(std::string_view name) {
    return json::read(support::packet_text(std::string{name} + ".in.json")).value();
}

Act<TakenIn> taken(std::string_view body, std::string_view type = "application/json") {
    SeededRandom random(1);
    const auto now = parse_instant("2026-11-20T03:00:00Z").value();
    return take_in(support::artifacts(), now, random, type, body);
}

const fhir::Issue& refusal(const Act<TakenIn>& act) {
    static const fhir::Issue kNone;
    if (done(act)) ADD_FAILURE() << "was taken";
    return done(act) ? kNone : std::get<Refusal>(act).issues.front();
}

std::string replaced(std::string text, std::string_view from, std::string_view to) {
    const std::size_t at = text.find(from);
    if (at == std::string::npos) {
        ADD_FAILURE() << "not in the fixture: " << from;
        return text;
    }
    return text.replace(at, from.size(), to);
}

struct Form {
    const char *file, *type, *packet;
};
class Forms : public testing::TestWithParam<Form> {};

TEST_P(Forms, BecomeThePacketTheyStandFor) {
    const auto act = taken(fixture(GetParam().file), GetParam().type);
    ASSERT_TRUE(done(act)) << std::get<Refusal>(act).issues.front().en;
    const auto& made = std::get<TakenIn>(act);
    const auto document = json::read(made.packet).value();
    const auto expected = packet(GetParam().packet);
    EXPECT_TRUE(json::equal(document.root(), expected.root())) << made.packet;
    EXPECT_TRUE(made.warnings.empty());
    for (const json::Value row : made.receipt.root()["rows"])
        EXPECT_EQ(row["outcome"].text(), "mapped") << row["cell"].text();
}

TEST_P(Forms, AreStoredAsTheyCameBesideThePacket) {
    TestGateway gateway;
    const std::string body = fixture(GetParam().file);
    auto act = gateway.exchange().submit(gateway.clinic(), "k", body, GetParam().type);
    ASSERT_TRUE(done(act)) << std::get<Refusal>(act).issues.front().en;
    const auto answer = json::read(std::get<Submitted>(act).answer).value();
    EXPECT_EQ(answer.root()["state"].text(), "sent");
    EXPECT_GT(answer.root()["receipt"]["intake"]["rows"].size(), 30U);
    EXPECT_EQ(answer.root()["receipt"]["unaccounted"].text(), "0");
    const Status looked = gateway.store().read([&](store::Reader& reader) -> Status {
        const auto kept = reader.blob(std::get<Submitted>(act).case_id, blob::kSubmitted);
        if (!kept) return kept.error();
        EXPECT_EQ(as_text(BytesView{kept->bytes}), body);
        return {};
    });
    EXPECT_TRUE(looked);
}

INSTANTIATE_TEST_SUITE_P(
    Fixtures, Forms,
    testing::Values(Form{"minimal.utf8.csv", "text/csv; charset=utf-8", "minimal"},
                    Form{"minimal.utf8.csv", "text/csv", "minimal"},
                    Form{"minimal.cp932.csv", "text/csv", "minimal"},
                    Form{"minimal.cp932.csv", "Text/CSV; Charset=\"Shift_JIS\"", "minimal"},
                    Form{"nishitokyo_full.utf8.csv", "text/csv", "nishitokyo_full"},
                    Form{"nishitokyo_full.answers.json", "application/fhir+json",
                         "nishitokyo_full"}));

TEST(Intake, APacketIsPassedOnAsItIs) {
    const std::string body = support::packet_text("minimal.in.json");
    const auto act = taken(body);
    ASSERT_TRUE(done(act));
    EXPECT_TRUE(std::get<TakenIn>(act).is_packet());
    EXPECT_EQ(std::get<TakenIn>(act).packet, body);
}

TEST(Tables, NameRowAndLabelOfACellThatCannotBeRead) {
    const auto wrong = refusal(
        taken(replaced(fixture("nishitokyo_full.utf8.csv"), "要介護４", "とても重い"), "text/csv"));
    EXPECT_EQ(wrong.code, "not-in-list");
    EXPECT_EQ(wrong.expression, "Packet.bedRequest.careInsurance.level");
    EXPECT_THAT(wrong.ja, HasSubstr("2行目の「入院申込書/介護保険/要介護状態区分」"));
    EXPECT_THAT(wrong.en, HasSubstr("Row 2, column 入院申込書/介護保険/要介護状態区分"));
    EXPECT_EQ(wrong.ja.find("とても重い"), std::string::npos);
}

TEST(Tables, ReadTheWordsPeopleUse) {
    const std::pair<const char*, const char*> rows[] = {
        {"入院申込書/要介護状態区分", "要介護三"},
        {"入院申込書/障害高齢者の日常生活自立度（寝たきり度）", "Ｊ１"},
        {"入院申込書/認知症高齢者の日常生活自立度", "Ⅱａ"},
        {"入院申込書/性別", "女性"},
        {"入院申込書/予定日数", "１４日間"},
        {"入院申込書/年齢", "満８４歳"},
        {"入院申込書/医療的ケア", "たん吸引、在宅酸素"},
        {"入院申込書/アレルギー", "なし"},
        {"入院申込書/感染症", "ＭＲＳＡ"},
        {"入院申込書/病名1", "誤嚥性肺炎"},
        {"入院申込書/病名2", "慢性心不全"},
        {"入院申込書/電話連絡日時", "令和8年11月20日 午前9時半"},
        {"入院申込書/個室希望", "○"},
    };
    std::string header, row;
    for (const auto& [name, value] : rows) {
        header += (header.empty() ? "" : ",") + std::string{name};
        row += (row.empty() ? "" : ",") + std::string{value};
    }
    const auto act = taken(header + "\n" + row, "text/csv");
    ASSERT_TRUE(done(act)) << std::get<Refusal>(act).issues.front().en
                           << std::get<Refusal>(act).issues.front().expression;
    const auto made = json::read(std::get<TakenIn>(act).packet).value();
    const json::Value request = made.root()["bedRequest"];
    EXPECT_EQ(request["careInsurance"]["level"].text(), "23");
    EXPECT_EQ(request["physicalIndependence"].text(), "J1");
    EXPECT_EQ(request["dementiaIndependence"].text(), "IIa");
    EXPECT_EQ(request["sex"].text(), "female");
    EXPECT_EQ(request["plannedDays"].text(), "14");
    EXPECT_EQ(request["age"].text(), "84");
    ASSERT_EQ(request["medicalCare"].size(), 2U);
    EXPECT_EQ(request["medicalCare"].at(1)["code"].text(), "home-oxygen");
    EXPECT_EQ(request["allergies"]["statement"].text(), "none");
    EXPECT_EQ(request["infections"]["statement"].text(), "present");
    EXPECT_EQ(request["infections"]["items"].at(0)["text"].text(), "ＭＲＳＡ");
    EXPECT_EQ(request["diagnoses"].at(1)["text"].text(), "慢性心不全");
    EXPECT_EQ(request["phoneContact"]["at"].text(), "2026-11-20T09:30:00+09:00");
    EXPECT_TRUE(request["privateRoom"].truth());
}

TEST(Tables, TakeEachFurtherRowAsItemsOfLists) {
    const auto act = taken(
        "bedRequest.patientInitials,bedRequest.diagnoses.text,bedRequest.diagnoses.icd10\n"
        "T.Y.,肺炎,J189\n,心不全,\nT.Y.,褥瘡,L89\n",
        "text/csv");
    ASSERT_TRUE(done(act));
    const auto made = json::read(std::get<TakenIn>(act).packet).value();
    ASSERT_EQ(made.root()["bedRequest"]["diagnoses"].size(), 3U);
    EXPECT_FALSE(made.root()["bedRequest"]["diagnoses"].at(1)["icd10"]);
    EXPECT_EQ(made.root()["bedRequest"]["diagnoses"].at(2)["icd10"].text(), "L89");
    const auto two = refusal(taken("bedRequest.patientInitials\nT.Y.\nA.B.\n", "text/csv"));
    EXPECT_EQ(two.code, "one-patient-a-file");
    EXPECT_THAT(two.en, HasSubstr("Row 3"));
}

TEST(Tables, NeverGuessWhichCellAColumnMeans) {
    const auto both = refusal(taken("性別\n女\n", "text/csv"));
    EXPECT_EQ(both.code, "ambiguous-column");
    EXPECT_THAT(both.ja, HasSubstr("入院申込書/性別"));
    EXPECT_THAT(both.ja, HasSubstr("情報共有シート/性別"));
    // The other columns speak of one form only.
    const auto act = taken("性別,入院申込書/予定日数\n女,14\n", "text/csv");
    ASSERT_TRUE(done(act)) << std::get<Refusal>(act).issues.front().en;
    EXPECT_THAT(std::get<TakenIn>(act).packet, HasSubstr("\"sex\":\"female\""));
}

TEST(Tables, NameEachCellThatIsNotTaken) {
    const auto act = taken("予定日数,担当メモ\n14,山田花子さん\n", "text/csv");
    ASSERT_TRUE(done(act));
    const auto& made = std::get<TakenIn>(act);
    ASSERT_EQ(made.warnings.size(), 1U);
    EXPECT_EQ(made.warnings[0].code, "column-not-understood");
    EXPECT_EQ(made.warnings[0].severity, fhir::IssueSeverity::Warning);
    const json::Value row = made.receipt.root()["rows"].at(1);
    EXPECT_EQ(row["cell"].text(), "row 2: column 2");
    EXPECT_EQ(row["outcome"].text(), "dropped");
    EXPECT_EQ(json::write(made.receipt.root()).find("山田"), std::string::npos);
}

TEST(Tables, ThatCannotBeReadSayWhere) {
    std::string bytes = fixture("minimal.cp932.csv");
    const std::size_t at = bytes.find("\r\n") + 2;
    bytes.insert(at, "\xFD");
    const auto byte = taken(bytes, "text/csv; charset=cp932");
    EXPECT_EQ(refusal(byte).code, "undecodable-byte");
    EXPECT_THAT(refusal(byte).ja, HasSubstr("byte " + std::to_string(at)));
    EXPECT_EQ(std::get<Refusal>(byte).kind, Refused::Malformed);
    EXPECT_EQ(refusal(taken("a,\"b\nc", "text/csv")).code, "quote-not-closed");
    EXPECT_EQ(refusal(taken("", "text/csv")).code, "no-rows");
    EXPECT_EQ(refusal(taken("田中,花子\n女,84\n", "text/csv")).code, "no-header");
    EXPECT_EQ(refusal(taken("予定日数\n14\n", "text/csv; charset=latin1")).code,
              "unknown-encoding");
}

TEST(Tables, LaterFaultsSayInWhichRowTheCellStands) {
    TestGateway gateway;
    auto act = gateway.exchange().submit(gateway.clinic(), "k",
                                         replaced(fixture("nishitokyo_full.utf8.csv"),
                                                  "令和８年１１月２２日", "令和８年１１月３２日"),
                                         "text/csv");
    ASSERT_FALSE(done(act));
    const auto& issue = std::get<Refusal>(act).issues.front();
    EXPECT_EQ(issue.expression, "Packet.bedRequest.neededBy");
    EXPECT_THAT(issue.en, HasSubstr("(row 2: 入院申込書/入院が必要な期限)"));
}

TEST(Answers, WithAForeignLinkIdOrQuestionnaireAreNamed) {
    const std::string answers = fixture("nishitokyo_full.answers.json");
    const auto foreign =
        taken(replaced(answers, "\"linkId\": \"bedRequest.remarks\"", "\"linkId\": \"q17\""));
    ASSERT_TRUE(done(foreign));
    ASSERT_EQ(std::get<TakenIn>(foreign).warnings.size(), 1U);
    EXPECT_EQ(std::get<TakenIn>(foreign).warnings[0].code, "answer-not-understood");
    EXPECT_EQ(refusal(taken(replaced(answers, "tsunagi.example/fhir/Questionnaire/packet",
                                     "other.example/fhir/Questionnaire/packet")))
                  .code,
              "other-questionnaire");
    const auto wrong =
        refusal(taken(replaced(answers, "\"code\": \"family-doctor\"", "\"code\": \"passer-by\"")));
    EXPECT_EQ(wrong.code, "not-in-list");
    EXPECT_EQ(wrong.expression, "Packet.bedRequest.applicant.role");
}

TEST(EReferral, BecomesLetterAndIdentityWithItsCodes) {
    const auto act = taken(fixture("ereferral.json"), "application/fhir+json");
    ASSERT_TRUE(done(act)) << std::get<Refusal>(act).issues.front().en;
    const auto made = json::read(std::get<TakenIn>(act).packet).value();
    const json::Value letter = made.root()["referralLetter"];
    EXPECT_EQ(letter["letterDate"].text(), "2026-11-20");
    EXPECT_EQ(letter["institution"]["code"].text(), "1319900112");
    EXPECT_EQ(letter["destination"]["department"].text(), "内科");
    EXPECT_EQ(letter["course"].text(),
              "11月14日頃より痰の量が増え、\n11月16日 体温 < 38℃、ＳｐＯ２ ９１％。");
    EXPECT_EQ(letter["diagnoses"].at(0)["icd10"].text(), "J690");
    EXPECT_EQ(letter["diagnoses"].at(0)["medisKeyNumber"].text(), "20064059");
    EXPECT_EQ(letter["diagnoses"].at(0)["medisCode"].text(), "B2M5");
    EXPECT_FALSE(letter["diagnoses"].at(1)["medisKeyNumber"]) << "the uncoded code is no code";
    EXPECT_EQ(letter["prescriptions"]["items"].at(0)["yj"].text(), "6131001M1024");
    EXPECT_EQ(letter["prescriptions"]["items"].at(0)["hot9"].text(), "103831101");
    EXPECT_EQ(letter["prescriptions"]["items"].at(0)["days"].text(), "7");
    EXPECT_EQ(letter["examinations"].at(0)["jlac10"].text(), "5C070000002306101");
    EXPECT_EQ(letter["infections"]["statement"].text(), "none") << "nilknown is なし";
    EXPECT_EQ(letter["treatments"].at(0)["text"].text(), "【予防接種歴】肺炎球菌ワクチン 令和5年");
    EXPECT_TRUE(letter["lastVisit"]["atHome"].truth());
    EXPECT_EQ(made.root()["identity"]["insurance"]["symbol"].text(), "１２");
    EXPECT_EQ(made.root()["identity"]["insurance"]["subNumber"].text(), "01");
    EXPECT_FALSE(made.root()["bedRequest"]) << "is in no eReferral";
}

TEST(EReferral, SaysOfEachElementWhatBecameOfIt) {
    const auto act = taken(fixture("ereferral.json"));
    ASSERT_TRUE(done(act));
    const auto& made = std::get<TakenIn>(act);
    std::size_t unread = 0;
    for (const json::Value row : made.receipt.root()["rows"]) {
        EXPECT_NE(row["outcome"].text(), "unaccounted");
        if (row["reason"].text() == "no rule of the map reads it") ++unread;
    }
    EXPECT_EQ(unread, 2U) << "the guide's codes for what has none: 99999999 and NOCODED";
    ASSERT_EQ(made.warnings.size(), 1U);
    EXPECT_EQ(made.warnings[0].code, "elements-not-understood");
}

TEST(EReferral, AMissingSectionIsNotStatedAndNeverNone) {
    const auto act =
        taken(replaced(fixture("ereferral.json"), "\"code\": \"510\"", "\"code\": \"830\""));
    ASSERT_TRUE(done(act));
    const auto made = json::read(std::get<TakenIn>(act).packet).value();
    EXPECT_EQ(made.root()["referralLetter"]["allergies"]["statement"].text(), "not-stated");
}

TEST(EReferral, WithTheAnswersOfTheOtherFormsIsACase) {
    TestGateway gateway;
    auto act = gateway.exchange().submit(
        gateway.clinic(), "k", fixture("ereferral_and_answers.json"), "application/fhir+json");
    ASSERT_TRUE(done(act)) << std::get<Refusal>(act).issues.front().en;
    EXPECT_THAT(std::get<Submitted>(act).answer, HasSubstr("elements-not-understood"));
    auto alone = gateway.exchange().submit(gateway.clinic(), "k2", fixture("ereferral.json"));
    ASSERT_FALSE(done(alone));
    EXPECT_EQ(std::get<Refusal>(alone).kind, Refused::Content);
}

TEST(Collections, FillEachFormOnce) {
    const std::string answers = fixture("nishitokyo_full.answers.json");
    const std::string letter = fixture("ereferral.json");
    const auto twice = refusal(taken(R"({"resourceType":"Bundle","type":"collection","entry":[)"
                                     R"({"resource":)" +
                                     letter + R"(},{"resource":)" + answers + "}]}"));
    EXPECT_EQ(twice.code, "form-twice");
    EXPECT_EQ(twice.expression, "Packet.referralLetter");
    EXPECT_EQ(refusal(taken(R"({"resourceType":"Bundle","type":"collection","entry":[]})")).code,
              "other-bundle");
    EXPECT_EQ(refusal(taken(R"({"resourceType":"Bundle","type":"collection","entry":[)"
                            R"({"resource":{"resourceType":"Patient"}}]})"))
                  .code,
              "other-bundle");
}

}  // namespace
}  // namespace tsunagi::exchange

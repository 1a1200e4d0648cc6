// Domain 5.13, issue 5 part 5: what the text seems to tell of other people holds the packet until a
// named person of the clinic has released or corrected each place.
#include "exchange/findings.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "exchange/advance.h"
#include "findings_fixture.h"
#include "support/result_matchers.h"

namespace tsunagi::exchange {
namespace {

using support::TestGateway;

constexpr std::string_view kName = "五十嵐";
constexpr std::string_view kText = "隣人の五十嵐さんが見守り";

TEST_F(FindingsTest, HoldThePacketSoThatNothingOfItLeaves) {
    id_ = submit(with_remarks(kText));
    expect_nothing_left();
    EXPECT_EQ(entry().type, "referral-submitted");
    EXPECT_EQ(entry().decision, "held");
    expect_not_logged(kName);
    const auto shown =
        json::read(gateway_.inquire().referral(gateway_.clinic(), id_)->body.bytes()).value();
    EXPECT_EQ(shown.root()["turn"].text(), "clinic");
    std::size_t ways = 0;
    for (const json::Value next : shown.root()["nextActions"]) {
        ways += next["action"].text() == "release-finding" ? 1 : 0;
        ways += next["action"].text() == "correct-finding" ? 1 : 0;
    }
    EXPECT_EQ(ways, 2U) << "the review is a next action";
    // The clinic's own copy: the request is there, the stay not yet (contracts.md section 4).
    std::size_t requests = 0, stays = 0;
    for (std::size_t number = 1; number <= 60; ++number) {
        const std::string own = partner_id(id_.text(), number);
        requests += gateway_.inquire().resource(gateway_.clinic(), "ServiceRequest", own) ? 1 : 0;
        stays += gateway_.inquire().resource(gateway_.clinic(), "Encounter", own) ? 1 : 0;
    }
    EXPECT_EQ(requests, 1U);
    EXPECT_EQ(stays, 0U);
}

TEST_F(FindingsTest, AreShownWithCellSpanAndTextToTheirOwnClinicAlone) {
    id_ = submit(with_remarks(kText));
    const json::Document document = view();
    ASSERT_EQ(document.root()["findings"].size(), 1U);
    const json::Value finding = document.root()["findings"].at(0);
    EXPECT_EQ(finding["number"].integer(), 1);
    EXPECT_EQ(finding["cell"].text(), kRemarks);
    EXPECT_EQ(finding["kind"].text(), "person");
    EXPECT_EQ(finding["status"].text(), "open");
    EXPECT_EQ(finding["span"]["start"].integer(), 3);
    EXPECT_EQ(finding["span"]["length"].integer(), 3);
    EXPECT_EQ(finding["before"].text(), "隣人の");
    EXPECT_EQ(finding["found"].text(), kName);
    EXPECT_EQ(finding["after"].text(), "さんが見守り");
    EXPECT_EQ(document.root()["cells"].at(0)["text"].text(), kText);
    EXPECT_EQ(gateway_.inquire().findings(gateway_.other_clinic(), id_).error().code,
              Code::NotFound);
    EXPECT_EQ(gateway_.inquire().findings(gateway_.hospital(kHospital), id_).error().code,
              Code::NotFound);
}

TEST_F(FindingsTest, SendThePacketWhenTheLastIsReleased) {
    id_ = submit(with_remarks("隣人の五十嵐さんと、民生委員の東海林さんが見守り"));
    const json::Document listed = view();
    ASSERT_EQ(listed.root()["findings"].size(), 2U);
    ASSERT_TRUE(done(review(1, release())));
    expect_nothing_left();
    const auto second = review(2, release());
    ASSERT_TRUE(done(second)) << why(second);
    EXPECT_EQ(gateway_.state(id_), "sent");
    const auto sent = gateway_.deliver_all();
    ASSERT_EQ(sent.size(), 1U);
    EXPECT_NE(sent[0].find(kName), std::string::npos) << "released means: it may stand there";
    const json::Document task = gateway_.read(kHospital, "Task", gateway_.task(id_, kHospital).id);
    EXPECT_EQ(task.root()["status"].text(), "requested");
    const auto answer = json::read(std::get<Reviewed>(second).answer).value();
    EXPECT_EQ(answer.root()["state"].text(), "sent");
    EXPECT_FALSE(answer.root()["held"]);
    EXPECT_FALSE(answer.root()["log"]["leafHash"].text().empty());
    const json::Document seen = view();
    const json::Value first = seen.root()["findings"].at(0);
    EXPECT_EQ(first["status"].text(), "released");
    EXPECT_EQ(first["decision"]["person"].text(), "doctor-hibari");
    EXPECT_EQ(first["decision"]["reason"].text(), "本人の了解のある見守りの方");
}

TEST_F(FindingsTest, LeaveOneLogEntryForEachDecisionWithoutAWordOfIt) {
    id_ = submit(with_remarks("隣人の五十嵐さんと、民生委員の東海林さんが見守り"));
    const std::size_t before = gateway_.log_entries().size();
    ASSERT_TRUE(done(review(1, release("姉の長谷川さんに確かめた"))));
    ASSERT_TRUE(done(review(2, correction("隣人と民生委員が見守り"))));
    EXPECT_EQ(gateway_.log_entries().size(), before + 2);
    EXPECT_EQ(entry(1).type, "release-finding");
    EXPECT_EQ(entry(1).decision, "held");
    EXPECT_EQ(entry(1).policy, "finding-1");
    EXPECT_TRUE(entry(1).commit);
    EXPECT_EQ(entry(0).type, "correct-finding");
    EXPECT_EQ(entry(0).decision, "sent");
    EXPECT_NE(entry(0).commit, entry(1).commit);
    for (const std::string_view text : {"長谷川", "五十嵐", "東海林", "確かめた", "民生委員"})
        expect_not_logged(text);
    EXPECT_TRUE(gateway_.store().read([&](store::Reader& reader) -> Status {
        auto events = reader.events(id_);
        if (!events) return events.error();
        EXPECT_EQ(events->size(), 3U);
        EXPECT_NE(events->back().json.find("doctor-hibari"), std::string::npos);
        return {};
    }));
}

TEST_F(FindingsTest, MakeTheCaseAgainWithTheCorrectedText) {
    id_ = submit(with_remarks(kText));
    const auto act = review(1, correction("隣人が見守り"));
    ASSERT_TRUE(done(act)) << why(act);
    const auto answer = json::read(std::get<Reviewed>(act).answer).value();
    EXPECT_TRUE(answer.root()["receipt"]["rows"]);
    EXPECT_EQ(answer.root()["state"].text(), "sent");
    EXPECT_EQ(answer.root()["findings"].at(0)["status"].text(), "corrected");
    EXPECT_FALSE(answer.root()["findings"].at(0)["found"]) << "that text is gone";
    const auto sent = gateway_.deliver_all();
    ASSERT_EQ(sent.size(), 1U);
    EXPECT_EQ(sent[0].find(kName), std::string::npos);
    EXPECT_NE(sent[0].find("隣人が見守り"), std::string::npos);
    EXPECT_TRUE(gateway_.store().read([&](store::Reader& reader) -> Status {
        auto old = reader.blob(id_, blob::kPacket, 1);
        if (!old) return old.error();
        EXPECT_NE(as_text(BytesView{old->bytes}).find(kText), std::string::npos)
            << "the earlier version stays, sealed";
        return {};
    }));
    const auto shown =
        json::read(gateway_.inquire().referral(gateway_.clinic(), id_)->body.bytes()).value();
    for (const json::Value issue : shown.root()["flags"]["issue"])
        EXPECT_NE(issue["expression"].at(0).text(), kRemarks) << "the flag is gone with the text";
}

TEST_F(FindingsTest, AreAskedAgainWhenACorrectionBringsNewOnes) {
    id_ = submit(with_remarks(kText));
    ASSERT_TRUE(done(review(1, correction("隣人の長谷川さんが見守り"))));
    expect_nothing_left();
    const json::Document after = view();
    ASSERT_EQ(after.root()["findings"].size(), 2U);
    EXPECT_EQ(after.root()["findings"].at(1)["found"].text(), "長谷川");
    EXPECT_EQ(after.root()["findings"].at(1)["number"].integer(), 2);
    ASSERT_TRUE(done(review(2, release())));
    EXPECT_EQ(gateway_.state(id_), "sent");
}

TEST_F(FindingsTest, AreAskedAgainWhenTheReleasedTextChanged) {
    id_ = submit(with_remarks("隣人の五十嵐さんと、民生委員の東海林さんが見守り"));
    ASSERT_TRUE(done(review(1, release())));
    ASSERT_TRUE(done(review(2, correction("隣人の五十嵐さんと、民生委員が見守り"))));
    EXPECT_EQ(gateway_.state(id_), "held") << "the release was of another text";
    const json::Document after = view();
    ASSERT_EQ(after.root()["findings"].size(), 3U);
    EXPECT_EQ(after.root()["findings"].at(2)["status"].text(), "open");
    EXPECT_FALSE(after.root()["findings"].at(0)["found"]);
    ASSERT_TRUE(done(review(3, release())));
    EXPECT_EQ(gateway_.state(id_), "sent");
}

TEST_F(FindingsTest, AreDecidedByANamedPersonInTheProgrammesRole) {
    id_ = submit(with_remarks(kText));
    const store::OrganisationId own{"clinic-hibari"};
    const auto kind_of = [&](const access::Principal& who) {
        const auto act = gateway_.exchange().review(who, id_, 1, "k1", release());
        return done(act) ? std::optional<Refused>{} : std::get<Refusal>(act).kind;
    };
    EXPECT_EQ(kind_of({own, "", access::Role::Clinic}), Refused::Denied) << "a machine";
    EXPECT_EQ(kind_of({own, "", access::Role::PartnerSystem}), Refused::Denied);
    EXPECT_EQ(kind_of({own, "somebody", access::Role::PartnerSystem}), Refused::Denied);
    EXPECT_EQ(kind_of({store::OrganisationId{"clinic-other"}, "doctor", access::Role::Clinic}),
              Refused::NotFound);
    EXPECT_EQ(kind_of({store::OrganisationId{std::string{kHospital}}, "doctor",
                       access::Role::HospitalPhysician}),
              Refused::NotFound);
    expect_nothing_left();
    EXPECT_EQ(kind_of(gateway_.doctor()), std::nullopt);
}

TEST_F(FindingsTest, AreNotLiftedByAnyOtherAct) {
    id_ = submit(with_remarks(kText, "identity_later.in.json"));
    const auto packet = json::read(support::packet_text("identity_later.in.json")).value();
    const std::string sex{packet.root()["bedRequest"]["sex"].text()};
    const std::string identity =
        R"({"name":"雲雀丘　文","kana":"ﾋﾊﾞﾘｶﾞｵｶ ﾌﾐ","birthDate":"昭和13年4月2日","sex":")" + sex +
        R"(","address":"西東京市谷戸町９－９９－９"})";
    EXPECT_TRUE(done(gateway_.exchange().identify(gateway_.clinic(), id_, identity)));
    expect_nothing_left();
    const std::string consent = R"({"referral":")" + id_.text() + R"(","consent":)" +
                                json::write(packet.root()["consent"]) + "}";
    EXPECT_TRUE(done(gateway_.exchange().record_consent(gateway_.clinic(), consent)));
    expect_nothing_left();
    for (const char* action : {"release-finding", "correct-finding", "submit", "redirect", "send",
                               "receive", "accept", "expire"}) {
        programme::Inputs inputs;
        inputs.reason = "よい";
        inputs.hospital = "hp-sassa";
        for (const auto& who : {gateway_.clinic(), gateway_.doctor()})
            EXPECT_FALSE(done(gateway_.exchange().act(who, id_, action, inputs))) << action;
    }
    EXPECT_TRUE(gateway_.exchange().tick());
    gateway_.clock().advance(std::chrono::hours{1});
    EXPECT_TRUE(gateway_.exchange().tick());
    expect_nothing_left();
    ASSERT_TRUE(done(review(1, release())));
    EXPECT_EQ(gateway_.state(id_), "sent");
}

/// Whatever the journey says: nothing is queued for a hospital while it counts an open finding, and
/// a case that is not sent has no rendition. The state machine's own guard is planted open here.
TEST_F(FindingsTest, AreGuardedAgainWhereTheOfferIsQueued) {
    id_ = submit(with_remarks(kText));
    for (const bool forget_state : {true, false}) {
        const Status written = gateway_.store().write([&](store::Transaction& tx) -> Status {
            auto file = open_case(tx, support::artifacts(), id_);
            if (!file) return file.error();
            if (forget_state) file->journey.state = programme::state::kSent;
            if (!forget_state) file->journey.open_findings = 0;
            return open_rendition(tx, gateway_.parts(), *file, file->row.hospital,
                                  "00000000-0000-4000-8000-000000000001");
        });
        EXPECT_EQ(written.error().code, Code::Denied);
    }
    EXPECT_EQ(renditions(), 0U);
}

TEST_F(FindingsTest, AreNotAskedAgainForTheSameTextAtTheNextHospital) {
    id_ = submit(with_remarks(kText));
    ASSERT_TRUE(done(review(1, release())));
    ASSERT_EQ(gateway_.deliver_all().size(), 1U);
    ASSERT_TRUE(decline());
    gateway_.deliver_all();
    ASSERT_TRUE(redirect());
    EXPECT_EQ(gateway_.state(id_), "sent");
    EXPECT_EQ(gateway_.deliver_all().size(), 1U);
}

TEST_F(FindingsTest, HoldARedirectToo) {
    id_ = submit(with_remarks(kText));
    gateway_.clock().advance(std::chrono::hours{24 * 30});
    EXPECT_TRUE(gateway_.exchange().tick());
    EXPECT_EQ(gateway_.state(id_), "consulting") << "past needed-by, as any case";
    EXPECT_EQ(why(review(1, release())), "illegal-move");
    ASSERT_TRUE(redirect());
    expect_nothing_left();
}

/// A case of the time before texts were held: its next hospital is not asked before somebody
/// looked.
TEST_F(FindingsTest, AreLookedForInAnOlderCaseBeforeItsNextHospital) {
    id_ = submit(support::packet_text("minimal.in.json"));
    EXPECT_EQ(gateway_.deliver_all().size(), 1U);
    EXPECT_TRUE(gateway_.store().write([&](store::Transaction& tx) -> Status {
        const std::string packet = with_remarks(kText);
        auto put = tx.put_blob(id_, blob::kPacket, as_bytes(packet));
        return put ? Status{} : Status{put.error()};
    }));
    ASSERT_TRUE(decline());
    gateway_.deliver_all();
    ASSERT_TRUE(redirect());
    EXPECT_EQ(gateway_.state(id_), "held");
    EXPECT_TRUE(gateway_.deliver_all().empty());
    EXPECT_EQ(gateway_.inquire().offers(gateway_.hospital("hp-sassa"))->bytes(),
              R"({"offers":[]})");
    ASSERT_TRUE(done(review(1, correction("隣人が見守り"))));
    const auto sent = gateway_.deliver_all();
    ASSERT_EQ(sent.size(), 1U);
    EXPECT_EQ(sent[0].find(kName), std::string::npos);
}

TEST_F(FindingsTest, AnswerTheSameDecisionOnceAndAnotherWithAConflict) {
    id_ = submit(with_remarks("隣人の五十嵐さんと、民生委員の東海林さんが見守り"));
    const auto first = review(1, release(), "same");
    ASSERT_TRUE(done(first));
    const std::size_t entries = gateway_.log_entries().size();
    const auto again = review(1, release(), "same");
    ASSERT_TRUE(done(again));
    EXPECT_TRUE(std::get<Reviewed>(again).repeated);
    EXPECT_EQ(std::get<Reviewed>(again).answer, std::get<Reviewed>(first).answer);
    EXPECT_EQ(gateway_.log_entries().size(), entries) << "one effect";
    EXPECT_EQ(why(review(1, release("別の理由"), "same")), "idempotency-key-reused");
    EXPECT_EQ(why(review(2, release(), "same")), "idempotency-key-reused");
    const auto other = review(1, release(), "another");
    ASSERT_FALSE(done(other));
    EXPECT_EQ(std::get<Refusal>(other).kind, Refused::IllegalMove);
    EXPECT_EQ(why(other), "finding-settled");
    EXPECT_TRUE(done(review(2, release(), "another"))) << "a refused decision frees its key";
}

TEST_F(FindingsTest, OutliveARestart) {
    id_ = submit(with_remarks(kText));
    Exchange after(gateway_.parts());
    expect_nothing_left();
    const auto act = after.review(gateway_.doctor(), id_, 1, "k1", release());
    ASSERT_TRUE(done(act)) << why(act);
    EXPECT_EQ(gateway_.deliver_all().size(), 1U);
}

TEST_F(FindingsTest, RefuseACorrectionThatMayNotBeSentEither) {
    id_ = submit(with_remarks(kText));
    const std::pair<std::string, std::string_view> cases[] = {
        {correction("個人番号 123456789018"), "my-number"},
        {correction("和田稔様の隣人が見守り"), "identifier-in-offer"},
        {correction(kText), "text-unchanged"},
        {correction(" 　"), "text-empty"},
        {correction("隣人が見守り", " "), "missing-input"},
        {release(""), "missing-input"},
        {R"({"decision":"release"})", "bad-inputs"},
        {R"({"decision":"release","reason":"よい","text":"x"})", "bad-inputs"},
        {R"({"decision":"correct","reason":"よい"})", "bad-inputs"},
        {R"({"decision":"maybe","reason":"よい"})", "bad-inputs"},
        {R"({"decision":"correct","reason":"よい","text":7})", "bad-inputs"},
        {R"({"decision":"release","reason":")" + std::string(5000, 'a') + R"("})", "bad-inputs"},
        {"", "bad-inputs"},
        {"[]", "bad-inputs"},
    };
    for (const auto& [body, code] : cases) {
        const auto act = review(1, body);
        ASSERT_FALSE(done(act)) << code;
        const auto& issues = std::get<Refusal>(act).issues;
        EXPECT_TRUE(std::ranges::any_of(
            issues, [code = code](const auto& issue) { return issue.code == code; }))
            << why(act) << " is not " << code;
        for (const auto& issue : issues) {
            EXPECT_FALSE(issue.ja.empty());
            EXPECT_EQ((issue.ja + issue.en).find("和田"), std::string::npos);
        }
    }
    for (const std::int64_t number : {std::int64_t{0}, std::int64_t{-1}, std::int64_t{2},
                                      std::numeric_limits<std::int64_t>::max()})
        EXPECT_EQ(why(review(number, release())), "not-found") << number;
    expect_nothing_left();
}

TEST_F(FindingsTest, TakeACorrectionAsTextWhateverItLooksLike) {
    id_ = submit(with_remarks(kText));
    const std::string hostile = R"(隣人","identity":{"name":"x"},"a":")";
    ASSERT_TRUE(done(review(1, correction(hostile))));
    EXPECT_TRUE(gateway_.store().read([&](store::Reader& reader) -> Status {
        auto packet = read_blob(reader, id_, blob::kPacket);
        if (!packet) return packet.error();
        EXPECT_EQ(cell_at(packet->root(), kRemarks).text(), hostile);
        EXPECT_NE(packet->root()["identity"]["name"].text(), "x");
        return {};
    }));
}

TEST_F(FindingsTest, RefuseAPacketThatNobodyCouldReview) {
    std::string text;
    for (std::size_t i = 0; i <= kMostFindings; ++i) text += "隣人の五十嵐さん、";
    const auto act = gateway_.exchange().submit(gateway_.clinic(), "k", with_remarks(text));
    ASSERT_FALSE(done(act));
    EXPECT_TRUE(std::ranges::any_of(std::get<Refusal>(act).issues, [](const auto& issue) {
        return issue.code == "too-many-findings";
    }));
}

TEST_F(FindingsTest, EndWithACaseThatIsWithdrawn) {
    id_ = submit(with_remarks(kText));
    ASSERT_TRUE(done(gateway_.exchange().withdraw_consent(gateway_.clinic(), id_)));
    EXPECT_EQ(gateway_.state(id_), "withdrawn");
    EXPECT_EQ(why(review(1, release())), "illegal-move");
    EXPECT_EQ(renditions(), 0U);
}

/// Every form in which a packet may come (intake.h) comes to the same scan.
TEST_F(FindingsTest, HoldWhatComesInAnotherForm) {
    struct Form {
        const char *file, *type;
        std::string_view text;
    };
    const Form forms[] = {
        {"minimal.utf8.csv", "text/csv; charset=utf-8", "平成27年に心房細動を指摘され、"},
        {"nishitokyo_full.answers.json", "application/fhir+json", "慢性閉塞性肺疾患と診断された。"},
        {"ereferral_and_answers.json", "application/fhir+json", "オーグメンチンの内服"},
    };
    std::size_t run = 0;
    for (const Form& form : forms) {
        SCOPED_TRACE(form.file);
        std::string body = support::read_text(std::filesystem::path{TSUNAGI_SOURCE_DIR} /
                                              "fixtures/intake" / form.file);
        const std::size_t at = body.find(form.text);
        ASSERT_NE(at, std::string::npos);
        body.insert(at, kText);
        TestGateway gateway;
        const auto act = gateway.exchange().submit(gateway.clinic(), "k", body, form.type);
        ASSERT_TRUE(done(act)) << std::get<Refusal>(act).issues.front().en;
        const auto id = std::get<Submitted>(act).case_id;
        EXPECT_EQ(gateway.state(id), "held");
        EXPECT_TRUE(gateway.deliver_all().empty());
        ++run;
    }
    EXPECT_EQ(run, 3U);
}

/// Text of later acts is evidence for the clinic: no message and no reading of a hospital has it.
TEST_F(FindingsTest, AreNotNeededForTextThatNeverLeaves) {
    id_ = submit(support::packet_text("minimal.in.json"));
    programme::Inputs inputs;
    inputs.note = inputs.reason = std::string{kText};
    inputs.at = "2026-11-20T13:00:00+09:00";
    ASSERT_TRUE(done(gateway_.exchange().act_as_hospital(
        gateway_.hospital(kHospital), store::Alias{gateway_.alias(id_, kHospital)}, "receive",
        inputs)));
    ASSERT_TRUE(done(gateway_.exchange().act(gateway_.clinic(), id_, "withdraw", inputs)));
    for (const auto& sent : gateway_.deliver_all()) EXPECT_EQ(sent.find(kName), std::string::npos);
    expect_not_logged(kName);
}

}  // namespace
}  // namespace tsunagi::exchange

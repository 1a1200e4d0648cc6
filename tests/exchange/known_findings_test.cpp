// R18, issue 5 part 5: a text that names the packet's own people holds it like any other finding;
// a person may correct it and never release it, for identity leaves after an acceptance alone.
#include <algorithm>
#include <set>

#include "exchange/advance.h"
#include "findings_fixture.h"
#include "support/result_matchers.h"
#include "text/width.h"

namespace tsunagi::exchange {
namespace {

/// The patient of minimal.in.json: 和田　稔, ワダ ミノル, 昭和20年8月3日.
constexpr std::string_view kOwn = "入院中の和田稔様は安定";
constexpr std::string_view kIdentityName = "Packet.identity.name";

class KnownFindings : public FindingsTest {
protected:
    /// The only open finding is this one.
    void expect_known(std::string_view cell, std::int64_t start, std::string_view found,
                      std::string_view of = kIdentityName) {
        const json::Document shown = view();
        std::size_t open = 0;
        for (const json::Value finding : shown.root()["findings"]) {
            if (finding["status"].text() != "open") continue;
            ++open;
            EXPECT_EQ(finding["cell"].text(), cell);
            EXPECT_EQ(finding["known"].text(), of);
            EXPECT_EQ(finding["span"]["start"].integer(), start);
            EXPECT_EQ(finding["found"].text(), found);
        }
        EXPECT_EQ(open, 1U);
    }
    std::size_t count() {
        const json::Document shown = view();
        return shown.root()["findings"].size();
    }
    void forget_findings() {
        EXPECT_TRUE(gateway_.store().write([&](store::Transaction& tx) -> Status {
            auto file = open_case(tx, support::artifacts(), id_);
            if (!file) return file.error();
            if (auto kept = write_findings(tx, id_, Findings{}); !kept) return kept;
            file->journey.open_findings = 0;
            file->journey.state = programme::state::kSent;
            if (auto opened = open_rendition(tx, gateway_.parts(), *file, file->row.hospital,
                                             "00000000-0000-4000-8000-000000000001");
                !opened)
                return opened;
            return save(tx, *file, gateway_.clock().now());
        }));
    }
};

TEST_F(KnownFindings, HoldThePacketWithCellSpanAndWhoseTheyAre) {
    id_ = submit(with_remarks(kOwn));
    expect_nothing_left();
    EXPECT_EQ(entry().type, "referral-submitted");
    EXPECT_EQ(entry().decision, "held");
    expect_known(kRemarks, 4, "和田稔");
    const json::Document listed = view();
    EXPECT_EQ(listed.root()["findings"].at(0)["kind"].text(), "person");
    EXPECT_NE(listed.root()["findings"].at(0)["kindText"]["ja"].text().find("申込の欄"),
              std::string_view::npos);
    expect_not_logged("和田");
}

TEST_F(KnownFindings, AreListedInTheAnswerAndItsFlagsWithoutTheText) {
    auto act = gateway_.exchange().submit(gateway_.clinic(), "k", with_remarks(kOwn));
    ASSERT_TRUE(done(act));
    const auto& text = std::get<Submitted>(act).answer;
    EXPECT_EQ(text.find("和田"), std::string::npos);
    const auto answer = json::read(text).value();
    EXPECT_EQ(answer.root()["state"].text(), "held");
    EXPECT_EQ(answer.root()["held"]["openFindings"].integer(), 1);
    ASSERT_EQ(answer.root()["findings"].size(), 1U);
    EXPECT_EQ(answer.root()["findings"].at(0)["known"].text(), kIdentityName);
    std::size_t flags = 0;
    for (const json::Value issue : answer.root()["flags"]["issue"]) {
        const std::string_view code = issue["details"]["coding"].at(0)["code"].text();
        EXPECT_NE(code, "unknown-identifier") << "one finding, one flag";
        if (code != "identifier-in-offer") continue;
        ++flags;
        EXPECT_EQ(issue["severity"].text(), "warning");
        EXPECT_EQ(issue["expression"].at(0).text(), kRemarks);
    }
    EXPECT_EQ(flags, 1U);
}

TEST_F(KnownFindings, AreNeverReleased) {
    id_ = submit(with_remarks(kOwn));
    const std::size_t entries = gateway_.log_entries().size();
    const auto act = review(1, release("本人が望んだ"));
    ASSERT_FALSE(done(act));
    const auto& refusal = std::get<Refusal>(act);
    EXPECT_EQ(refusal.kind, Refused::Content);
    EXPECT_EQ(refusal.issues.front().code, "known-identifier");
    EXPECT_EQ(refusal.issues.front().expression, kRemarks);
    EXPECT_FALSE(refusal.issues.front().ja.empty());
    EXPECT_EQ(gateway_.log_entries().size(), entries) << "nothing was decided";
    expect_known(kRemarks, 4, "和田稔");
    expect_nothing_left();
}

TEST_F(KnownFindings, AreCorrectedAndThenThePacketGoes) {
    id_ = submit(with_remarks(kOwn));
    const auto act = review(1, correction("入院中は安定"), "same");
    ASSERT_TRUE(done(act)) << why(act);
    EXPECT_EQ(gateway_.state(id_), "sent");
    EXPECT_EQ(entry().type, "correct-finding");
    EXPECT_TRUE(entry().commit);
    const auto answer = json::read(std::get<Reviewed>(act).answer).value();
    for (const json::Value issue : answer.root()["flags"]["issue"])
        EXPECT_NE(issue["details"]["coding"].at(0)["code"].text(), "identifier-in-offer");
    const auto sent = gateway_.deliver_all();
    ASSERT_EQ(sent.size(), 1U);
    EXPECT_NE(sent[0].find("入院中は安定"), std::string::npos);
    EXPECT_EQ(sent[0].find("和田"), std::string::npos);
    expect_not_logged("和田");
}

TEST_F(KnownFindings, StayHeldWhileTheNewTextNamesThePatientInAnotherSpelling) {
    id_ = submit(with_remarks(kOwn));
    std::size_t run = 0;
    for (const char* text :
         {"入院中の和田　稔様は安定", "入院中の和　田\\n稔様は安定", "ワダミノル様は安定",
          "ﾜﾀﾞ ﾐﾉﾙ様は安定", "わだみのるは安定", "WADA Minoru is stable", "ｗａｄａ　ｍｉｎｏｒｕ",
          "和田さんは安定", "S20.8.3生", "昭和二十年八月三日生まれ", "１９４５／０８／０３生",
          "西東京市北町９－９１－２に在宅"}) {
        SCOPED_TRACE(text);
        ++run;
        EXPECT_EQ(why(review(1, correction(text))), "identifier-in-offer");
    }
    EXPECT_EQ(run, 12U);
    expect_nothing_left();
    expect_known(kRemarks, 4, "和田稔");
}

TEST_F(KnownFindings, StandBesideUnknownOnesInOneText) {
    id_ = submit(with_remarks("隣人の五十嵐さんが、和田稔様を見守る"));
    const json::Document listed = view();
    ASSERT_EQ(listed.root()["findings"].size(), 2U);
    EXPECT_FALSE(listed.root()["findings"].at(0)["known"]);
    EXPECT_EQ(listed.root()["findings"].at(0)["found"].text(), "五十嵐");
    EXPECT_EQ(listed.root()["findings"].at(1)["known"].text(), kIdentityName);
    EXPECT_EQ(listed.root()["findings"].at(1)["found"].text(), "和田稔");
    ASSERT_TRUE(done(review(1, release())));
    expect_nothing_left();
    EXPECT_EQ(why(review(2, release())), "known-identifier");
    ASSERT_TRUE(done(review(2, correction("隣人の五十嵐さんが見守る"))));
    expect_nothing_left();
    EXPECT_EQ(count(), 3U) << "the release was of another text";
    ASSERT_TRUE(done(review(3, release())));
    EXPECT_EQ(gateway_.state(id_), "sent");
}

TEST_F(KnownFindings, OfTwoTextsAreCorrectedOneByOne) {
    auto packet = json::read(with_remarks(kOwn)).value();
    json::Builder builder(packet);
    builder.set(builder.edit(packet.root()["bedRequest"]), "mainSymptom", "和田様の下腿浮腫");
    id_ = submit(json::write(packet.root()));
    const json::Document listed = view();
    ASSERT_EQ(listed.root()["findings"].size(), 2U);
    ASSERT_TRUE(done(review(2, correction("入院中は安定"))));
    expect_nothing_left();
    ASSERT_TRUE(done(review(1, correction("下腿浮腫"))));
    EXPECT_EQ(gateway_.state(id_), "sent");
}

/// The sheet goes with the release: there the name may stand.
TEST_F(KnownFindings, AreNotAskedInATextThatTheOfferDoesNotHold) {
    auto packet = json::read(support::packet_text("nishitokyo_full.in.json")).value();
    const std::string name{packet.root()["identity"]["name"].text()};
    json::Builder builder(packet);
    const json::Value letter = packet.root()["referralLetter"];
    builder.set(builder.edit(letter), "course", "入院中、" + name + "様は安定していました。");
    builder.set(builder.edit(packet.root()["consent"]), "purpose",
                "後方支援病床の利用（" + name + "様のご希望による）");
    id_ = submit(json::write(packet.root()));
    expect_nothing_left();
    expect_known("Packet.referralLetter.course", 4, name);
    ASSERT_TRUE(done(review(1, correction("入院中は安定していました。"))));
    EXPECT_EQ(gateway_.state(id_), "sent");
    EXPECT_EQ(gateway_.deliver_all().size(), 1U);
}

/// Spans count characters: half-width kana and their marks one each, a kanji beyond the first plane
/// one as well.
TEST_F(KnownFindings, PointAtTheRightLetters) {
    struct Case {
        std::string_view text, found, of;
        std::int64_t start;
    };
    const Case cases[] = {
        {"ﾃﾞｲｻｰﾋﾞｽで、ﾜﾀﾞ ﾐﾉﾙ様は安定", "ﾜﾀﾞ ﾐﾉﾙ", "Packet.identity.kana", 10},
        {"𠮷野家の隣、𩸽の店の和田稔様は安定", "和田稔", kIdentityName, 10},
        {"1945年、S20.8.3生まれ", "S20.8.3", "Packet.identity.birthDate", 6},
    };
    std::size_t run = 0;
    for (const auto& [text, found, of, start] : cases) {
        SCOPED_TRACE(text);
        support::TestGateway gateway;
        auto act = gateway.exchange().submit(gateway.clinic(), "k", with_remarks(text));
        ASSERT_TRUE(done(act)) << std::get<Refusal>(act).issues.front().en;
        const auto shown =
            gateway.inquire().findings(gateway.clinic(), std::get<Submitted>(act).case_id);
        const auto list = json::read(shown->body.bytes()).value();
        bool there = false;
        for (const json::Value finding : list.root()["findings"]) {
            if (!finding["known"]) continue;
            there = true;
            EXPECT_EQ(finding["known"].text(), of);
            EXPECT_EQ(finding["found"].text(), found);
            EXPECT_EQ(finding["span"]["start"].integer(), start);
        }
        EXPECT_TRUE(there);
        ++run;
    }
    EXPECT_EQ(run, 3U);
}

constexpr std::string_view kLater =
    R"({"name":"雲雀丘　文","kana":"ﾋﾊﾞﾘｶﾞｵｶ ﾌﾐ","birthDate":"昭和13年4月2日","sex":"female",)"
    R"("address":"西東京市谷戸町９－９９－９"})";
constexpr std::string_view kNameOfLater = "雲雀丘文様の隣人が見守り";

/// What a person released as somebody else's name is the patient's own, once the identity says so.
TEST_F(KnownFindings, BeginWithAnIdentityThatComesWhileThePacketIsHeld) {
    id_ = submit(with_remarks("隣人の五十嵐さんと雲雀丘文さん", "identity_later.in.json"));
    ASSERT_EQ(count(), 2U);
    ASSERT_TRUE(done(review(2, release())));
    ASSERT_TRUE(done(gateway_.exchange().identify(gateway_.clinic(), id_, kLater)));
    expect_nothing_left();
    const json::Document asked = view();
    ASSERT_EQ(asked.root()["findings"].size(), 3U);
    EXPECT_EQ(asked.root()["findings"].at(1)["status"].text(), "released");
    EXPECT_EQ(asked.root()["findings"].at(2)["known"].text(), kIdentityName);
    ASSERT_TRUE(done(review(1, release())));
    expect_nothing_left();
    EXPECT_EQ(why(review(3, release())), "known-identifier");
    ASSERT_TRUE(done(review(3, correction("隣人が見守り"))));
    EXPECT_EQ(gateway_.state(id_), "sent");
}

/// An open question about a stranger becomes one about the patient: the same finding.
TEST_F(KnownFindings, AreTheFindingThatWasOpenAlready) {
    id_ = submit(with_remarks("隣人の雲雀丘文さん", "identity_later.in.json"));
    ASSERT_EQ(count(), 1U);
    expect_known(kRemarks, 3, "雲雀丘文", "");
    ASSERT_TRUE(done(gateway_.exchange().identify(gateway_.clinic(), id_, kLater)));
    ASSERT_EQ(count(), 1U);
    expect_known(kRemarks, 3, "雲雀丘文");
    // It was a slip: that is not the patient's name. Now a person may decide.
    std::string mended{kLater};
    mended.replace(mended.find("雲雀丘　文"), std::string_view{"雲雀丘　文"}.size(),
                   "野々村　房江");
    mended.replace(mended.find("ﾋﾊﾞﾘｶﾞｵｶ ﾌﾐ"), std::string_view{"ﾋﾊﾞﾘｶﾞｵｶ ﾌﾐ"}.size(), "ﾉﾉﾑﾗ ﾌｻｴ");
    ASSERT_TRUE(done(gateway_.exchange().identify(gateway_.clinic(), id_, mended)));
    expect_nothing_left();
    ASSERT_TRUE(done(review(1, release()))) << why(review(1, release()));
    EXPECT_EQ(gateway_.state(id_), "sent");
}

/// The offer that was queued does not go, and the next one waits for a person.
TEST_F(KnownFindings, StopAnOfferWhoseIdentityComesBeforeItIsSent) {
    id_ = submit(with_remarks("見守りは雲雀丘文", "identity_later.in.json"));
    ASSERT_EQ(gateway_.state(id_), "sent");
    ASSERT_TRUE(done(gateway_.exchange().identify(gateway_.clinic(), id_, kLater)));
    EXPECT_TRUE(gateway_.deliver_all().empty());
    EXPECT_EQ(gateway_.state(id_), "consulting");
    ASSERT_TRUE(redirect());
    EXPECT_EQ(gateway_.state(id_), "held");
    EXPECT_TRUE(gateway_.deliver_all().empty());
    const auto last = static_cast<std::int64_t>(count());
    EXPECT_EQ(why(review(last, release())), "known-identifier");
    ASSERT_TRUE(done(review(last, correction("見守りは隣人"))));
    const auto sent = gateway_.deliver_all();
    ASSERT_EQ(sent.size(), 1U);
    EXPECT_EQ(sent[0].find("雲雀丘"), std::string::npos);
}

TEST_F(KnownFindings, HoldTheNextOfferOfACaseWhoseIdentityCameAfterTheFirst) {
    id_ = submit(with_remarks("見守りは隣人", "identity_later.in.json"));
    ASSERT_EQ(gateway_.deliver_all().size(), 1U);
    // Taken in by an earlier gateway, which did not look: the text is planted.
    EXPECT_TRUE(gateway_.store().write([&](store::Transaction& tx) -> Status {
        for (const auto name : {blob::kPacket, blob::kBundle}) {
            auto held = read_blob(tx, id_, name);
            if (!held) return held.error();
            std::string text = json::write(held->root());
            constexpr std::string_view kWas = "見守りは隣人";
            for (auto at = text.find(kWas); at != text.npos;
                 at = text.find(kWas, at + kNameOfLater.size()))
                text.replace(at, kWas.size(), kNameOfLater);
            if (auto put = tx.put_blob(id_, name, as_bytes(text)); !put) return put.error();
        }
        return {};
    }));
    ASSERT_TRUE(done(gateway_.exchange().identify(gateway_.clinic(), id_, kLater)));
    programme::Inputs reason;
    reason.reason = "B";
    const std::string first = "hp-nishitokyo-chuo";
    ASSERT_TRUE(done(gateway_.exchange().act_as_hospital(
        gateway_.hospital(first), store::Alias{gateway_.alias(id_, first)}, "decline", reason)));
    gateway_.deliver_all();
    ASSERT_TRUE(redirect());
    EXPECT_EQ(gateway_.state(id_), "held");
    EXPECT_TRUE(gateway_.deliver_all().empty());
    const auto last = static_cast<std::int64_t>(count());
    ASSERT_TRUE(done(review(last, correction("隣人が見守り"))));
    EXPECT_EQ(gateway_.deliver_all().size(), 1U);
}

/// The last line, whatever the case counts: the planted fault forgets every finding and queues the
/// offer, and the egress door lets nothing out.
TEST_F(KnownFindings, DoNotLeaveEvenWhenEveryFindingIsForgotten) {
    id_ = submit(with_remarks(kOwn));
    forget_findings();
    EXPECT_EQ(renditions(), 2U) << "the fault: a rendition and a queued offer";
    EXPECT_TRUE(gateway_.deliver_all().empty());
    const auto who = gateway_.hospital(kHospital);
    for (int number = 1; number <= 60; ++number) {
        for (const char* type : {"Task", "ServiceRequest", "Observation", "Communication"}) {
            const auto shown =
                gateway_.inquire().resource(who, type,
                                            partner_id("00000000-0000-4000-8000-000000000001",
                                                       static_cast<std::size_t>(number)));
            EXPECT_TRUE(!shown || shown->body.bytes().find("和田") == std::string::npos);
        }
    }
}

/// The same fault where nothing is named: the offer goes, so that the door above was what held.
TEST_F(KnownFindings, AreWhatTheDoorStopsThere) {
    id_ = submit(with_remarks("隣人の五十嵐さんが見守り"));
    forget_findings();
    EXPECT_EQ(gateway_.deliver_all().size(), 1U);
}

/// Two texts that one element of the offer joins: no finding could be corrected, so it is refused
/// as before.
TEST_F(KnownFindings, AreNoneWhereNoSingleTextHoldsTheIdentifier) {
    auto packet = json::read(support::packet_text("nishitokyo_full.in.json")).value();
    json::Builder builder(packet);
    builder.set(builder.edit(packet.root()["identity"]), "clinicPatientNumber", "77120493");
    const json::Value drug = packet.root()["referralLetter"]["prescriptions"]["items"].at(0);
    json::Node* node = builder.edit(drug);
    builder.set(node, "dose", "7712");
    builder.set(node, "usage", "0493");
    const auto act = gateway_.exchange().submit(gateway_.clinic(), "k", json::write(packet.root()));
    ASSERT_FALSE(done(act));
    const auto& refusal = std::get<Refusal>(act);
    EXPECT_EQ(refusal.kind, Refused::Content);
    ASSERT_EQ(refusal.issues.size(), 1U);
    EXPECT_EQ(refusal.issues[0].code, "identifier-in-offer");
    EXPECT_EQ(refusal.issues[0].expression, "Packet.identity.clinicPatientNumber");
    EXPECT_EQ(refusal.issues[0].severity, fhir::IssueSeverity::Error);
}

/// Numbers of six digits and more as the scanner joins them, of one and more numbers as written.
std::set<std::string> numbers_in(std::string_view text) {
    constexpr std::string_view kDigits = "0123456789", kBetween = "-()./~#, ";
    std::set<std::string> numbers;
    std::vector<std::string_view> run;  // numbers with nothing but separators between
    for (std::size_t end = 0, at = text.find_first_of(kDigits); at != std::string_view::npos;
         at = text.find_first_of(kDigits, end)) {
        if (text.substr(end, at - end).find_first_not_of(kBetween) != std::string_view::npos)
            run.clear();
        end = std::min(text.find_first_not_of(kDigits, at), text.size());
        run.push_back(text.substr(at, end - at));
        std::string number;
        for (std::size_t i = run.size(); i-- > 0 && number.size() <= 16;) {
            number.insert(0, run[i]);
            if (number.size() >= 6) numbers.insert(number);
        }
    }
    return numbers;
}

/// A clinic that numbers its patients by the day they came, or one by one up to 305250: dates and
/// the codes of every offer say nothing of who bears such a number.
TEST_F(KnownFindings, AreNoDatesAndCodesThatReadAsThePatientsNumber) {
    std::size_t asked = 0;
    for (const char* file : {"minimal.in.json", "nishitokyo_full.in.json", "every_care.in.json",
                             "document_coded.in.json"}) {
        support::TestGateway whole;
        whole.submit(file);
        const auto offers = whole.deliver_all();
        ASSERT_EQ(offers.size(), 1U) << file;
        const std::set<std::string> own = numbers_in(text::to_narrow(support::packet_text(file)));
        std::set<std::string> numbers = numbers_in(offers[0]);
        numbers.insert({"20261120", "2026-11-20", "202611"});
        for (const std::string& number : numbers) {
            if (own.contains(number) && !number.starts_with("2026")) continue;
            auto packet = json::read(support::packet_text(file)).value();
            json::Builder builder(packet);
            builder.set(builder.edit(packet.root()["identity"]), "clinicPatientNumber", number);
            support::TestGateway gateway;
            const auto act =
                gateway.exchange().submit(gateway.clinic(), "k", json::write(packet.root()));
            ASSERT_TRUE(done(act)) << file << " " << number;
            EXPECT_EQ(gateway.deliver_all().size(), 1U) << file << " " << number;
            ++asked;
        }
    }
    EXPECT_GT(asked, 20U);
}

TEST_F(KnownFindings, NeverHoldAMyNumberWhichIsRefused) {
    const auto act = gateway_.exchange().submit(gateway_.clinic(), "k",
                                                with_remarks("和田稔様、個人番号 123456789018"));
    ASSERT_FALSE(done(act));
    EXPECT_EQ(std::get<Refusal>(act).issues.front().code, "my-number");
    expect_not_logged("123456789018");
}

}  // namespace
}  // namespace tsunagi::exchange

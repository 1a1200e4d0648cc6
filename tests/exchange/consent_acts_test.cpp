// Consent as an act of its own: captured after the packet, amended, withdrawn; every version logged
// and answered with what it affects.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <functional>
#include <thread>

#include "exchange/case_file.h"
#include "json/builder.h"
#include "json/reader.h"
#include "json/writer.h"
#include "support/result_matchers.h"
#include "support/test_gateway.h"

namespace tsunagi::exchange {
namespace {

using json::Builder;
using json::Value;
using support::TestGateway;
using testing::UnorderedElementsAre;

constexpr std::string_view kHospital = "hp-tanashi";
constexpr std::string_view kName = "田邉";

/// Long enough for another thread to get as far as it can, and well under the time for which a
/// change of consent waits, however busy the machine is.
void let_others_run() {
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds{1};
    for (int i = 0; i < 2000 && std::chrono::steady_clock::now() < end; ++i)
        std::this_thread::yield();
}

class ConsentActs : public testing::Test {
protected:
    ConsentActs() : id_(gateway_.submit("nishitokyo_full.in.json")) {}

    /// The fixture's form with a change, as the body of the act.
    std::string body(const std::function<void(Builder&, json::Node*)>& change = {}) {
        const auto packet = json::read(support::packet_text("nishitokyo_full.in.json"));
        json::Document document;
        Builder builder(document);
        json::Node* root = builder.object();
        builder.set(root, "referral", id_.text());
        builder.set(root, "consent", packet->root()["consent"]);
        if (change) change(builder, Builder::find(root, "consent"));
        return json::write(document.root());
    }
    static void only_sassa(Builder& builder, json::Node* consent) {
        json::Node* one = builder.add_object(builder.set_array(consent, "recipients"));
        builder.set(one, "kind", "hospital");
        builder.set(one, "hospital", "hp-sassa");
    }
    static void without_sheet(Builder& builder, json::Node* consent) {
        builder.add(builder.set_array(consent, "excludedItems"), "patient-sheet");
    }

    json::Document record(const std::string& text) {
        auto act = gateway_.exchange().record_consent(gateway_.clinic(), text);
        EXPECT_TRUE(done(act)) << refusal_of(act);
        if (!done(act)) return {};
        return std::move(json::read(std::get<ConsentChange>(act).answer)).value();
    }
    json::Document withdraw(std::string_view by = "patient") {
        auto act = gateway_.exchange().withdraw_consent(gateway_.clinic(), id_, by);
        EXPECT_TRUE(done(act)) << refusal_of(act);
        if (!done(act)) return {};
        return std::move(json::read(std::get<ConsentChange>(act).answer)).value();
    }
    static std::string refusal_of(const Act<ConsentChange>& act) {
        if (done(act)) return {};
        const auto& issues = std::get<Refusal>(act).issues;
        return issues.empty() ? "refused" : issues.front().code + " " + issues.front().expression;
    }
    bool logged(std::string_view text) {
        const auto entries = gateway_.log_entries();
        return std::any_of(entries.begin(), entries.end(), [&](const std::string& entry) {
            return entry.find(text) != std::string::npos;
        });
    }

    TestGateway gateway_;
    store::CaseId id_;
};

TEST_F(ConsentActs, AmendingMakesTheNextVersionAndSaysWhatItAffects) {
    gateway_.deliver_all();
    const json::Document answer = record(body(without_sheet));
    const Value root = answer.root();
    EXPECT_EQ(root["change"].text(), "amended");
    EXPECT_EQ(root["consentVersion"].integer(), 2);
    EXPECT_EQ(root["supersedes"].integer(), 1);
    EXPECT_EQ(root["decision"]["code"].text(), "permit");
    EXPECT_EQ(root["decision"]["withheld"].at(0).text(), "patient-sheet");
    EXPECT_TRUE(root["affects"]["cancelled"].empty());
    ASSERT_EQ(root["affects"]["disclosures"].size(), 1U);
    EXPECT_EQ(root["affects"]["disclosures"].at(0)["recipient"].text(), kHospital);
    EXPECT_EQ(root["affects"]["disclosures"].at(0)["consentVersion"].integer(), 1);
    EXPECT_TRUE(logged("consent-amended"));
    EXPECT_TRUE(logged("consent-version-2"));
}

TEST_F(ConsentActs, TheEarlierVersionsStayInTheRecord) {
    record(body(without_sheet));
    withdraw();
    const Status looked = gateway_.store().read([&](store::Reader& reader) -> Status {
        for (std::int64_t version = 1; version <= 3; ++version) {
            auto held = reader.blob(id_, blob::kConsent, version);
            if (!held) return held.error();
            const auto consent = json::read(as_text(held->bytes));
            EXPECT_EQ(consent->root()["status"].text(), version == 3 ? "inactive" : "active");
        }
        return {};
    });
    EXPECT_OK(looked);
}

TEST_F(ConsentActs, AnAmendmentThatExcludesTheHospitalCancelsWhatIsQueuedForIt) {
    const json::Document answer = record(body(only_sassa));
    EXPECT_FALSE(answer.root()["decision"]["permit"].text() == "true");
    EXPECT_EQ(answer.root()["decision"]["code"].text(), "recipient-not-named");
    ASSERT_EQ(answer.root()["affects"]["cancelled"].size(), 1U);
    EXPECT_EQ(answer.root()["affects"]["cancelled"].at(0)["message"].text(), "offer");
    for (const auto& sent : gateway_.deliver_all())
        EXPECT_EQ(sent.find("referral-letter"), std::string::npos);
}

TEST_F(ConsentActs, AnAmendmentAfterAcceptanceKeepsTheReleaseBack) {
    gateway_.deliver_all();
    gateway_.accept(id_, kHospital);
    const json::Document answer = record(body(only_sassa));
    ASSERT_EQ(answer.root()["affects"]["cancelled"].size(), 1U);
    EXPECT_EQ(answer.root()["affects"]["cancelled"].at(0)["message"].text(), "release");
    for (const auto& sent : gateway_.deliver_all()) EXPECT_EQ(sent.find(kName), std::string::npos);
    const auto patient = gateway_.inquire().resource(gateway_.hospital(kHospital), "Patient",
                                                     gateway_.alias(id_, kHospital) + "-1");
    EXPECT_TRUE(!patient || patient->body.bytes().find(kName) == std::string::npos);
}

TEST_F(ConsentActs, AMessageOnTheWireIsListedAsPossiblySent) {
    std::optional<store::OutboxRow> row;
    ASSERT_OK(gateway_.store().write([&](store::Transaction& transaction) -> Status {
        auto leased =
            transaction.lease_next(gateway_.clock().now(), std::chrono::seconds{30}, "worker");
        if (!leased) return leased.error();
        row = std::move(*leased);
        return {};
    }));
    ASSERT_TRUE(row);
    const json::Document answer = withdraw();
    EXPECT_TRUE(answer.root()["affects"]["cancelled"].empty());
    ASSERT_EQ(answer.root()["affects"]["possiblySent"].size(), 1U);
    EXPECT_EQ(answer.root()["affects"]["possiblySent"].at(0)["message"].text(), "offer");
}

TEST_F(ConsentActs, WithdrawalSaysWhoAndListsWhatWasDisclosed) {
    gateway_.deliver_all();
    gateway_.accept(id_, kHospital);
    gateway_.deliver_all();
    const json::Document answer = withdraw("doctor");
    EXPECT_EQ(answer.root()["state"].text(), "withdrawn");
    EXPECT_EQ(answer.root()["consentStatus"].text(), "inactive");
    EXPECT_EQ(answer.root()["decision"]["code"].text(), "withdrawn");
    ASSERT_EQ(answer.root()["affects"]["disclosures"].size(), 2U);
    EXPECT_EQ(answer.root()["affects"]["disclosures"].at(1)["stage"].text(), "release");
    const json::Document again = withdraw();
    EXPECT_EQ(again.root()["consentVersion"].integer(), 2) << "withdrawing twice changes nothing";
}

TEST_F(ConsentActs, OnlyThosePeopleWithdrawWhomTheProgrammeNames) {
    for (const std::string_view by : {"neighbour", "", "hospital"}) {
        const auto act = gateway_.exchange().withdraw_consent(gateway_.clinic(), id_, by);
        EXPECT_EQ(refusal_of(act), "not-who-may-withdraw by");
    }
    EXPECT_FALSE(logged("consent-withdrawn"));
}

TEST_F(ConsentActs, AWithdrawalIsNotUndoneByAnOlderForm) {
    gateway_.deliver_all();
    gateway_.accept(id_, kHospital);
    const auto admitted = [&] {
        programme::Inputs inputs;
        inputs.at = "2026-11-21T10:00:00+09:00";
        return gateway_.exchange().act_as_hospital(gateway_.hospital(kHospital),
                                                   store::Alias{gateway_.alias(id_, kHospital)},
                                                   "admit", inputs);
    }();
    ASSERT_TRUE(done(admitted));
    withdraw();
    const auto old = gateway_.exchange().record_consent(gateway_.clinic(), body());
    EXPECT_EQ(refusal_of(old), "older-than-withdrawal Packet.consent.consentedOn");
    const json::Document fresh = record(body([](Builder& builder, json::Node* consent) {
        builder.set(consent, "consentedOn", "令和8年11月20日");
    }));
    EXPECT_EQ(fresh.root()["consentStatus"].text(), "active");
    EXPECT_EQ(fresh.root()["decision"]["code"].text(), "permit");
}

TEST_F(ConsentActs, AWithdrawalIsNotUndoneByItsOwnFormOfTheSameDay) {
    const auto today = [](Builder& builder, json::Node* consent) {
        builder.set(consent, "consentedOn", "令和8年11月20日");
    };
    record(body(today));
    withdraw();
    auto again = gateway_.exchange().record_consent(gateway_.clinic(), body(today));
    ASSERT_FALSE(done(again));
    EXPECT_EQ(std::get<Refusal>(again).issues.front().code, "older-than-withdrawal");
    // They talked once more on that day, and it is another form.
    const json::Document anew = record(body([&](Builder& builder, json::Node* consent) {
        today(builder, consent);
        builder.set(consent, "purpose", "改めて説明し、同意を得た");
    }));
    EXPECT_EQ(anew.root()["consentStatus"].text(), "active");
}

TEST_F(ConsentActs, AFormThatIsNotWholeChangesNothing) {
    const auto refused = [&](const std::string& text) {
        return refusal_of(gateway_.exchange().record_consent(gateway_.clinic(), text));
    };
    EXPECT_EQ(refused("{"), "not-a-consent ");
    EXPECT_EQ(refused(R"({"referral":"x"})"), "not-a-consent ");
    EXPECT_NE(refused(body([](Builder& builder, json::Node* consent) {
                  builder.remove(consent, "purpose");
              })),
              "");
    EXPECT_NE(refused(body([](Builder& builder, json::Node* consent) {
                  builder.set(consent, "method", "telepathy");
              })),
              "");
    // A programme that asks for explicit consent is given no less by an amendment.
    EXPECT_EQ(refused(body([](Builder& builder, json::Node* consent) {
                  builder.set(consent, "method", "implied");
              })),
              "consent-not-explicit Packet.consent.method");
    EXPECT_FALSE(logged("consent-amended"));
}

std::vector<std::string> codes_of(Value outcome) {
    std::vector<std::string> codes;
    for (const Value issue : outcome["issue"]) {
        if (issue["severity"].text() == "warning")
            codes.emplace_back(issue["details"]["coding"].at(0)["code"].text());
    }
    return codes;
}

/// The flags that the clinic is shown are those of the newest record.
TEST_F(ConsentActs, TheEvidenceOfEachVersionIsAskedAnew) {
    using Codes = std::vector<std::string>;
    const auto shown = [&] {
        const auto view = gateway_.inquire().referral(gateway_.clinic(), id_);
        return codes_of(json::read(view->body.bytes())->root()["flags"]);
    };
    auto packet = json::read(support::packet_text("nishitokyo_full.in.json"));
    Builder longer(*packet);
    longer.set_number(longer.edit(packet->root()["bedRequest"]), "plannedDays", std::int64_t{20});
    const auto act =
        gateway_.exchange().submit(gateway_.clinic(), "longer", json::write(packet->root()));
    ASSERT_TRUE(done(act));
    id_ = std::get<Submitted>(act).case_id;
    const std::string stay = "stay-longer-than-principle";
    EXPECT_THAT(shown(), UnorderedElementsAre(stay, "consent-form-digest-missing"));
    const json::Document still = record(body(without_sheet));
    EXPECT_EQ(codes_of(still.root()["flags"]), Codes{"consent-form-digest-missing"});
    const json::Document given = record(body([](Builder& builder, json::Node* consent) {
        builder.set(consent, "formSha256", std::string(64, 'a'));
    }));
    EXPECT_EQ(given.root()["flags"]["issue"].at(0)["code"].text(), "informational");
    EXPECT_EQ(shown(), Codes{stay}) << "the others stay";
    const json::Document oral = record(body([](Builder& builder, json::Node* consent) {
        builder.set(consent, "method", "explicit-oral");
    }));
    EXPECT_EQ(codes_of(oral.root()["flags"]), Codes{"consent-chart-note-missing"});
    EXPECT_THAT(shown(), UnorderedElementsAre(stay, "consent-chart-note-missing"));
}

/// A city may refuse instead: then an amendment needs its evidence too, and only a withdrawal does
/// not.
TEST_F(ConsentActs, ACityThatRefusesConsentWithoutEvidenceRefusesAmendmentsToo) {
    json::Document file = support::programme_file("nishitokyo");
    Builder edit(file);
    std::size_t changed = 0;
    for (const Value rule : file.root()["rules"]) {
        if (rule["key"].text() != "consent-form-digest-missing" &&
            rule["key"].text() != "consent-chart-note-missing")
            continue;
        edit.set(edit.edit(rule), "severity", "refuse");
        ++changed;
    }
    ASSERT_EQ(changed, 2U);
    const Artifacts strict = support::artifacts_with(file.root());
    const Parts shipped = gateway_.parts();
    Exchange exchange(
        {shipped.store, shipped.directory, strict, shipped.clock, shipped.random, shipped.log});
    EXPECT_EQ(refusal_of(exchange.record_consent(gateway_.clinic(), body(without_sheet))),
              "consent-form-digest-missing Packet.consent.formSha256");
    EXPECT_EQ(refusal_of(exchange.record_consent(
                  gateway_.clinic(), body([](Builder& builder, json::Node* consent) {
                      builder.set(consent, "method", "explicit-oral");
                  }))),
              "consent-chart-note-missing Packet.consent.chartNote");
    EXPECT_EQ(refusal_of(exchange.record_consent(
                  gateway_.clinic(), body([](Builder& builder, json::Node* consent) {
                      builder.set(consent, "formSha256", std::string(64, 'a'));
                  }))),
              "");
    const auto submitted = exchange.submit(gateway_.clinic(), "another",
                                           support::packet_text("identity_later.in.json"));
    ASSERT_FALSE(done(submitted));
    EXPECT_EQ(std::get<Refusal>(submitted).kind, Refused::Content);
    EXPECT_EQ(refusal_of(exchange.withdraw_consent(gateway_.clinic(), id_)), "");
}

TEST_F(ConsentActs, AnotherClinicsCaseLooksAbsent) {
    const auto recorded =
        gateway_.exchange().record_consent(gateway_.other_clinic(), body(without_sheet));
    ASSERT_FALSE(done(recorded));
    EXPECT_EQ(std::get<Refusal>(recorded).kind, Refused::NotFound);
    const auto withdrawn = gateway_.exchange().withdraw_consent(gateway_.other_clinic(), id_);
    ASSERT_FALSE(done(withdrawn));
    EXPECT_EQ(std::get<Refusal>(withdrawn).kind, Refused::NotFound);
}

TEST_F(ConsentActs, ItsVersionsAreReadByTheClinicAlone) {
    record(body(without_sheet));
    withdraw();
    const auto shown = gateway_.inquire().consent(gateway_.clinic(), id_);
    ASSERT_OK(shown);
    EXPECT_EQ(shown->version, 3);
    const auto read = json::read(shown->body.bytes());
    const Value versions = read->root()["versions"];
    ASSERT_EQ(versions.size(), 3U);
    EXPECT_EQ(versions.at(0)["version"].integer(), 3);
    EXPECT_EQ(versions.at(0)["status"].text(), "inactive");
    EXPECT_EQ(versions.at(2)["status"].text(), "active");
    EXPECT_EQ(versions.at(2)["consent"]["resourceType"].text(), "Consent");
    EXPECT_EQ(read->root()["decision"]["code"].text(), "withdrawn");
    EXPECT_FALSE(gateway_.inquire().consent(gateway_.other_clinic(), id_));
}

TEST_F(ConsentActs, ExpiryIsWrittenDownOnceWithWhatItAffects) {
    record(body([](Builder& builder, json::Node* consent) {
        builder.set(consent, "validTo", "令和8年11月21日");
    }));
    gateway_.deliver_all();
    gateway_.accept(id_, kHospital);  // the release is queued and not sent
    EXPECT_FALSE(logged("consent-expired"));
    auto next = gateway_.exchange().tick();
    for (int step = 0; step < 6 && next && next->has_value(); ++step) {
        gateway_.clock().set(**next);
        next = gateway_.exchange().tick();
        ASSERT_TRUE(next);
    }
    EXPECT_TRUE(logged("consent-expired"));
    EXPECT_TRUE(logged("cancelled-1-disclosed-1")) << "the release, and the offer that went out";
    for (const auto& sent : gateway_.deliver_all()) EXPECT_EQ(sent.find(kName), std::string::npos);
    ASSERT_TRUE(gateway_.exchange().tick());
    const auto entries = gateway_.log_entries();
    EXPECT_EQ(std::count_if(entries.begin(), entries.end(),
                            [](const std::string& entry) {
                                return entry.find("consent-expired") != std::string::npos;
                            }),
              1);
}

/// Two gateways on one store: the other one has the release on the wire.
TEST_F(ConsentActs, AWithdrawalWaitsForTheLeaseOfAnotherGateway) {
    gateway_.deliver_all();
    gateway_.accept(id_, kHospital);
    Exchange other(gateway_.parts());
    std::optional<store::OutboxRow> row;
    ASSERT_OK(gateway_.store().write([&](store::Transaction& transaction) -> Status {
        auto leased =
            transaction.lease_next(gateway_.clock().now(), std::chrono::seconds{30}, "other");
        if (!leased) return leased.error();
        row = std::move(*leased);
        return {};
    }));
    ASSERT_TRUE(row);
    const auto dispatch = other.prepare(*row);
    ASSERT_OK(dispatch);
    Exchange here(gateway_.parts(), std::chrono::seconds{60});
    std::optional<Sends::Hold> hold = other.begin_send(*row, *dispatch);
    ASSERT_TRUE(hold->is_held());
    std::atomic<bool> withdrawn = false;
    std::string answer;
    std::thread person([&] {
        auto act = here.withdraw_consent(gateway_.clinic(), id_);
        withdrawn = true;
        if (done(act)) answer = std::get<ConsentChange>(act).answer;
    });
    let_others_run();
    EXPECT_FALSE(withdrawn) << "the bytes are on the wire";
    ASSERT_OK(other.delivered(*row, *dispatch, "ok"));
    hold.reset();
    person.join();
    const auto read = json::read(answer);
    ASSERT_TRUE(read);
    EXPECT_TRUE(read->root()["affects"]["possiblySent"].empty());
    EXPECT_EQ(read->root()["affects"]["disclosures"].size(), 2U) << "it says that it was sent";
}

TEST_F(ConsentActs, AReadingAndAWithdrawalDoNotOverlap) {
    gateway_.deliver_all();
    gateway_.accept(id_, kHospital);
    auto hold = gateway_.exchange().begin_reading(store::OrganisationId{std::string{kHospital}},
                                                  store::Alias{gateway_.alias(id_, kHospital)});
    ASSERT_OK(hold);
    ASSERT_TRUE(hold->is_held());
    std::atomic<bool> withdrawn = false;
    std::thread person([&] {
        withdraw();
        withdrawn = true;
    });
    let_others_run();
    EXPECT_FALSE(withdrawn);
    const auto patient = gateway_.inquire().resource(gateway_.hospital(kHospital), "Patient",
                                                     gateway_.alias(id_, kHospital) + "-1");
    ASSERT_OK(patient);
    EXPECT_NE(patient->body.bytes().find(kName), std::string::npos) << "the consent still lives";
    *hold = {};
    person.join();
    EXPECT_FALSE(gateway_.exchange().begin_reading(store::OrganisationId{std::string{kHospital}},
                                                   store::Alias{"nobody"}));
}

TEST_F(ConsentActs, AStrangersReadingHoldsNothingUp) {
    gateway_.deliver_all();
    const store::Alias alias{gateway_.alias(id_, kHospital)};
    EXPECT_FAILS(gateway_.exchange().begin_reading(store::OrganisationId{"hp-sassa"}, alias),
                 NotFound);
    ASSERT_OK(gateway_.store().write(
        [&](store::Transaction& transaction) { return transaction.destroy_rendition(alias); }));
    EXPECT_FAILS(
        gateway_.exchange().begin_reading(store::OrganisationId{std::string{kHospital}}, alias),
        NotFound);
}

TEST_F(ConsentActs, NothingBeginsToLeaveOnceTheConsentIsOver) {
    record(body([](Builder& builder, json::Node* consent) {
        builder.set(consent, "validTo", "令和8年11月21日");
    }));
    gateway_.deliver_all();
    gateway_.accept(id_, kHospital);
    std::optional<store::OutboxRow> row;
    gateway_.clock().set(*parse_instant("2026-11-21T23:59:50+09:00"));
    ASSERT_OK(gateway_.store().write([&](store::Transaction& transaction) -> Status {
        auto leased =
            transaction.lease_next(gateway_.clock().now(), std::chrono::seconds{30}, "test");
        if (!leased) return leased.error();
        row = std::move(*leased);
        return {};
    }));
    ASSERT_TRUE(row && row->kind == "release");
    const auto dispatch = gateway_.exchange().prepare(*row);
    ASSERT_OK(dispatch);
    EXPECT_TRUE(gateway_.exchange().begin_send(*row, *dispatch).is_held());
    // A slow look at the hospital's server, a clock set right: its last day ends meanwhile.
    gateway_.clock().advance(std::chrono::seconds{11});
    EXPECT_FALSE(gateway_.exchange().begin_send(*row, *dispatch).is_held());
}

/// Two gateways on one store: one reads out the release, the other withdraws. Their holds do not
/// know of each other; the register does.
class ReadElsewhere : public ConsentActs {
protected:
    ReadElsewhere() {
        gateway_.deliver_all();
        gateway_.accept(
            id_,
            kHospital);  // the release is queued: the hospital reads before a message brings it
    }
    Result<inquire::Shown> patient() {
        return gateway_.inquire().resource(gateway_.hospital(kHospital), "Patient",
                                           gateway_.alias(id_, kHospital) + "-1");
    }
    Status note(const inquire::Shown& shown) {
        return other_.note_reading(reader_, *shown.reading, shown.body);
    }
    /// Whether the withdrawal says that the hospital was shown the release.
    static bool lists_the_release(const json::Document& answer) {
        for (const Value each : answer.root()["affects"]["disclosures"]) {
            if (each["recipient"].text() == kHospital && each["stage"].text() == "release")
                return true;
        }
        return false;
    }

    const store::OrganisationId reader_{std::string{kHospital}};
    Exchange other_{gateway_.parts()};
};

TEST_F(ReadElsewhere, IsListedByAWithdrawalThatComesBeforeItsFirstByte) {
    const auto shown = patient();
    ASSERT_OK(shown);
    EXPECT_NE(shown->body.bytes().find(kName), std::string::npos);
    const auto hold = other_.begin_reading(reader_, shown->reading->alias);
    ASSERT_OK(hold);
    ASSERT_OK(note(*shown));
    const json::Document answer = withdraw();  // does not wait for it
    EXPECT_TRUE(lists_the_release(answer));
    EXPECT_TRUE(logged("release-read"));
}

TEST_F(ReadElsewhere, DoesNotBeginOnceTheWithdrawalIsOnTheDisk) {
    auto shown = patient();
    ASSERT_OK(shown);
    const auto hold = other_.begin_reading(reader_, shown->reading->alias);
    ASSERT_OK(hold);
    const json::Document answer = withdraw();
    EXPECT_FALSE(lists_the_release(answer));
    const Status noted = note(*shown);
    ASSERT_FALSE(noted);
    EXPECT_EQ(noted.error().code, Code::Busy);
    EXPECT_FALSE(logged("release-read"));
    // A gateway that does not compare would put on record, and show, what no answer listed.
    shown->reading->consent_version = 2;
    EXPECT_OK(note(*shown));
    EXPECT_TRUE(logged("release-read")) << "the planted gateway that does not look";
}

TEST_F(ReadElsewhere, AgainDoesNotBeginEither) {
    auto shown = patient();
    ASSERT_OK(shown);
    ASSERT_OK(note(*shown));
    shown = patient();
    ASSERT_OK(shown);
    EXPECT_TRUE(lists_the_release(withdraw())) << "what it has had before";
    EXPECT_FALSE(note(*shown)) << "known to the register, and not to be shown again";
}

TEST_F(ConsentActs, TheRegisterNamesTheVersionInForceAtEachSend) {
    gateway_.deliver_all();
    record(body(without_sheet));
    gateway_.accept(id_, kHospital);
    gateway_.deliver_all();
    auto shown = gateway_.inquire().disclosures(gateway_.clinic(), id_);
    ASSERT_TRUE(shown);
    const auto list = json::read(shown->bytes());
    ASSERT_EQ(list->root()["disclosures"].size(), 2U);
    EXPECT_EQ(list->root()["disclosures"].at(0)["consentVersion"].integer(), 1);
    EXPECT_EQ(list->root()["disclosures"].at(1)["consentVersion"].integer(), 2);
}

}  // namespace
}  // namespace tsunagi::exchange

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <set>

#include "exchange/case_file.h"
#include "json/builder.h"
#include "json/reader.h"
#include "json/writer.h"
#include "support/test_gateway.h"

namespace tsunagi::exchange {
namespace {

using support::TestGateway;

constexpr std::string_view kHospital = "hp-tanashi";

/// A Task or Encounter as the hospital read it, with another status and members.
std::string changed(json::Document resource, std::string_view status,
                    const std::function<void(json::Builder&)>& change = {}) {
    json::Builder builder(resource);
    builder.set(builder.root(), "status", status);
    if (change) change(builder);
    return json::write(resource.root());
}

std::string text_of(const json::Document& document) { return json::write(document.root()); }

void add_output(json::Builder& builder, json::Node* outputs, std::string_view code,
                std::string_view member, std::string_view value) {
    json::Node* output = builder.add_object(outputs);
    json::Node* coding =
        builder.add_object(builder.set_array(builder.set_object(output, "type"), "coding"));
    builder.set(coding, "system", "https://tsunagi.example/fhir/CodeSystem/task-output");
    builder.set(coding, "code", code);
    builder.set(output, member, value);
}

void accept_outputs(json::Builder& builder) {
    json::Node* outputs = builder.set_array(builder.root(), "output");
    add_output(builder, outputs, "planned-admission", "valueDateTime", "2026-11-21T10:00:00+09:00");
    add_output(builder, outputs, "planned-discharge", "valueDateTime", "2026-12-04T10:00:00+09:00");
    add_output(builder, outputs, "decided-by", "valueString", "病棟医長");
}

class JourneyTest : public testing::Test {
protected:
    JourneyTest() {
        auto packet = json::read(support::packet_text("nishitokyo_full.in.json"));
        name_ = std::string{packet->root()["identity"]["name"].text()};
        id_ = gateway_.submit("nishitokyo_full.in.json");
    }

    Act<Updated> update_task(std::string_view status,
                             const std::function<void(json::Builder&)>& change = {}) {
        const auto task = gateway_.task(id_, kHospital);
        return gateway_.exchange().update_task(
            gateway_.hospital(kHospital), task.id, task.version,
            changed(gateway_.read(kHospital, "Task", task.id), status, change));
    }
    Act<Updated> update_stay(std::string_view status,
                             const std::function<void(json::Builder&)>& change) {
        const auto stay = gateway_.stay(id_, kHospital);
        return gateway_.exchange().update_encounter(
            gateway_.hospital(kHospital), stay.id, stay.version,
            changed(gateway_.read(kHospital, "Encounter", stay.id), status, change));
    }
    static std::string why(const Act<Updated>& act) {
        if (done(act)) return {};
        std::string text;
        for (const auto& issue : std::get<Refusal>(act).issues)
            text += issue.code + " " + issue.expression + " " + issue.en + "\n";
        return text;
    }
    bool accept() {
        const auto act = update_task("accepted", accept_outputs);
        EXPECT_TRUE(done(act)) << why(act);
        return done(act);
    }
    Act<Updated> decline(std::string_view code) {
        return update_task("rejected", [&](json::Builder& builder) {
            json::Node* reason = builder.set_object(builder.root(), "statusReason");
            json::Node* coding = builder.add_object(builder.set_array(reason, "coding"));
            builder.set(coding, "system", "https://tsunagi.example/fhir/CodeSystem/decline-reason");
            builder.set(coding, "code", code);
        });
    }
    /// Types of which the hospital may read something by its ids.
    std::set<std::string> readable_at(std::string_view hospital, const std::string& alias) {
        std::set<std::string> types;
        const auto bundle = blob(blob::kBundle);
        std::size_t number = 0;
        for (const json::Value entry : bundle.root()["entry"]) {
            const std::string type{entry["resource"]["resourceType"].text()};
            if (gateway_.inquire().resource(gateway_.hospital(hospital), type,
                                            partner_id(alias, ++number)))
                types.insert(type);
        }
        return types;
    }
    /// Everything of a type that the hospital may read.
    std::string shown(std::string_view type, const std::string& alias) {
        std::string text;
        const auto bundle = blob(blob::kBundle);
        std::size_t number = 0;
        for (const json::Value entry : bundle.root()["entry"]) {
            ++number;
            if (entry["resource"]["resourceType"].text() != type) continue;
            const auto read = gateway_.inquire().resource(gateway_.hospital(kHospital), type,
                                                          partner_id(alias, number));
            if (read) text += read->body.bytes();
        }
        return text;
    }
    void expect_statuses_only(const std::string& alias) {
        for (const char* type : {"ServiceRequest", "Encounter", "Task"}) {
            const std::string text = shown(type, alias);
            EXPECT_NE(text.find("\"status\""), std::string::npos) << type;
            for (const char* words : kOfTheIllness)
                EXPECT_EQ(text.find(words), std::string::npos) << type << ": " << words;
        }
    }
    json::Document blob(std::string_view name) {
        json::Document document;
        EXPECT_TRUE(gateway_.store().read([&](store::Reader& reader) -> Status {
            auto held = read_blob(reader, id_, name);
            if (!held) return held.error();
            document = std::move(*held);
            return {};
        }));
        return document;
    }
    /// Of the fixture's request, and members that hold such words.
    static constexpr std::array kOfTheIllness{
        "誤嚥性肺炎",   "嚥下機能",          "総義歯",   "酸素化", "\"note\"",
        "\"reasonCode", "\"reasonReference", "diagnosis"};

    /// The next message, as a worker takes it.
    std::optional<store::OutboxRow> lease() {
        std::optional<store::OutboxRow> row;
        EXPECT_TRUE(gateway_.store().write([&](store::Transaction& transaction) -> Status {
            auto next =
                transaction.lease_next(gateway_.clock().now(), std::chrono::seconds{30}, "test");
            if (!next) return next.error();
            row = std::move(*next);
            return {};
        }));
        return row;
    }

    TestGateway gateway_;
    store::CaseId id_;
    std::string name_;
};

TEST_F(JourneyTest, OffersInitialsAndReleasesIdentityOnlyAfterAcceptance) {
    const auto offers = gateway_.deliver_all();
    ASSERT_EQ(offers.size(), 1U);
    EXPECT_EQ(offers[0].find(name_), std::string::npos);
    EXPECT_NE(offers[0].find("T.Y."), std::string::npos);
    const std::string patient = gateway_.alias(id_, kHospital) + "-1";
    EXPECT_EQ(text_of(gateway_.read(kHospital, "Patient", patient)).find(name_), std::string::npos);

    ASSERT_TRUE(accept());
    EXPECT_EQ(gateway_.state(id_), "scheduled");
    const auto releases = gateway_.deliver_all();
    ASSERT_EQ(releases.size(), 1U);
    EXPECT_NE(releases[0].find(name_), std::string::npos);
    const json::Document released = gateway_.read(kHospital, "Patient", patient);
    EXPECT_NE(json::write(released.root()).find(name_), std::string::npos);
}

TEST_F(JourneyTest, ShowsNothingToAnotherHospitalOrClinic) {
    gateway_.deliver_all();
    ASSERT_TRUE(accept());
    const std::string patient = gateway_.alias(id_, kHospital) + "-1";
    EXPECT_EQ(
        gateway_.inquire().resource(gateway_.hospital("hp-sassa"), "Patient", patient).error().code,
        Code::NotFound);
    EXPECT_EQ(gateway_.inquire().referral(gateway_.other_clinic(), id_).error().code,
              Code::NotFound);
    const auto task = gateway_.task(id_, kHospital);
    const auto act = gateway_.exchange().update_task(
        gateway_.hospital("hp-sassa"), task.id, task.version,
        changed(gateway_.read(kHospital, "Task", task.id), "rejected"));
    ASSERT_FALSE(done(act));
    EXPECT_EQ(std::get<Refusal>(act).kind, Refused::NotFound);
}

TEST_F(JourneyTest, RefusesAStaleVersionAndAnIncompleteAcceptance) {
    gateway_.deliver_all();
    const auto task = gateway_.task(id_, kHospital);
    const std::string body =
        changed(gateway_.read(kHospital, "Task", task.id), "accepted", accept_outputs);
    auto stale = gateway_.exchange().update_task(gateway_.hospital(kHospital), task.id,
                                                 task.version + 1, body);
    ASSERT_FALSE(done(stale));
    EXPECT_EQ(std::get<Refusal>(stale).kind, Refused::Stale);
    auto incomplete = update_task("accepted");
    ASSERT_FALSE(done(incomplete));
    EXPECT_EQ(gateway_.state(id_), "sent");
    EXPECT_TRUE(gateway_.deliver_all().empty()) << "nothing is released";
}

TEST_F(JourneyTest, FollowsTheStayUntilTheCaseCloses) {
    gateway_.deliver_all();
    ASSERT_TRUE(accept());
    gateway_.deliver_all();
    const auto admitted = update_stay("in-progress", [](json::Builder& builder) {
        builder.set(builder.set_object(builder.root(), "period"), "start",
                    "2026-11-21T10:20:00+09:00");
    });
    ASSERT_TRUE(done(admitted)) << why(admitted);
    EXPECT_EQ(gateway_.state(id_), "admitted");
    const auto discharged = update_stay("finished", [](json::Builder& builder) {
        builder.set(json::Builder::find(builder.root(), "period"), "end",
                    "2026-12-04T10:00:00+09:00");
    });
    ASSERT_TRUE(done(discharged)) << why(discharged);
    programme::Inputs at;
    at.at = "2026-12-04T17:00:00+09:00";
    for (const char* action : {"doctor-told", "family-told", "care-manager-told", "providers-told",
                               "record-conference", "confirm-home"}) {
        EXPECT_EQ(gateway_.state(id_), "discharged");
        auto act = gateway_.exchange().act(gateway_.clinic(), id_, action, at);
        EXPECT_TRUE(done(act)) << action;
    }
    EXPECT_EQ(gateway_.state(id_), "closed");
    const auto statuses = gateway_.deliver_all();
    ASSERT_FALSE(statuses.empty());
    EXPECT_NE(statuses.back().find("\"completed\""), std::string::npos);
}

TEST_F(JourneyTest, GoesFromADeclineToConsultationAndDestroysTheRendition) {
    gateway_.deliver_all();
    const auto declined = update_task("rejected", [](json::Builder& builder) {
        json::Node* reason = builder.set_object(builder.root(), "statusReason");
        json::Node* coding = builder.add_object(builder.set_array(reason, "coding"));
        builder.set(coding, "system", "https://tsunagi.example/fhir/CodeSystem/decline-reason");
        builder.set(coding, "code", "B");
    });
    ASSERT_TRUE(done(declined)) << why(declined);
    EXPECT_EQ(gateway_.state(id_), "consulting");
    const auto last = gateway_.deliver_all();
    ASSERT_EQ(last.size(), 1U);
    EXPECT_NE(last[0].find("\"rejected\""), std::string::npos);
    EXPECT_EQ(last[0].find(name_), std::string::npos);
    EXPECT_EQ(last[0].find("DELETE"), std::string::npos);
    const std::string patient = gateway_.alias(id_, kHospital) + "-1";
    EXPECT_EQ(
        gateway_.inquire().resource(gateway_.hospital(kHospital), "Patient", patient).error().code,
        Code::NotFound);

    programme::Inputs to;
    to.hospital = "hp-sassa";
    ASSERT_TRUE(done(gateway_.exchange().act(gateway_.clinic(), id_, "redirect", to)));
    EXPECT_EQ(gateway_.state(id_), "sent");
    const auto second = gateway_.deliver_all();
    ASSERT_EQ(second.size(), 1U);
    EXPECT_EQ(second[0].find(gateway_.alias(id_, kHospital)), std::string::npos)
        << "two hospitals must not be able to link";
    EXPECT_EQ(second[0].find(id_.text()), std::string::npos)
        << "the case id never goes to a hospital";
}

TEST_F(JourneyTest, TellsAHospitalThatDeclinedNothingOfTheNextOne) {
    gateway_.deliver_all();
    const std::string first = gateway_.alias(id_, kHospital);
    const std::string task = gateway_.task(id_, kHospital).id;
    const std::string stay = gateway_.stay(id_, kHospital).id;
    ASSERT_TRUE(done(decline("B")));
    programme::Inputs to;
    to.hospital = "hp-sassa";
    ASSERT_TRUE(done(gateway_.exchange().act(gateway_.clinic(), id_, "redirect", to)));
    const store::Alias next{gateway_.alias(id_, "hp-sassa")};
    const auto act = [&](std::string_view action, const programme::Inputs& inputs) {
        return gateway_.exchange().act_as_hospital(gateway_.hospital("hp-sassa"), next, action,
                                                   inputs);
    };
    programme::Inputs dates;
    dates.planned_admission = "2026-11-22T10:30:00+09:00";
    dates.planned_discharge = "2026-12-04T10:30:00+09:00";
    dates.decided_by = "佐々の病棟医長";
    ASSERT_TRUE(done(act("accept", dates)));
    gateway_.clock().advance(std::chrono::hours{46});
    programme::Inputs begun;
    begun.at = "2026-11-22T10:31:00+09:00";
    ASSERT_TRUE(done(act("admit", begun)));
    // The last word to the first hospital was still on its way all the time.
    const auto check = [&](const std::string& text) {
        for (const char* theirs : {"2026-11-22T10:3", "2026-12-04", "佐々"})
            EXPECT_EQ(text.find(theirs), std::string::npos) << theirs << " in " << text;
    };
    check(text_of(gateway_.read(kHospital, "Encounter", stay)));
    const json::Document read = gateway_.read(kHospital, "Task", task);
    check(text_of(read));
    EXPECT_EQ(read.root()["statusReason"]["coding"].at(0)["code"].text(), "B") << "its own reason";
    std::size_t last_words = 0;
    for (const auto& body : gateway_.deliver_all()) {
        if (body.find(first) == std::string::npos) continue;
        ++last_words;
        check(body);
    }
    EXPECT_EQ(last_words, 1U);
}

TEST_F(JourneyTest, TellsAHospitalThatDeclinedNoReasonButItsOwn) {
    gateway_.deliver_all();
    const std::string task = gateway_.task(id_, kHospital).id;
    ASSERT_TRUE(done(decline("B")));
    programme::Inputs to;
    to.hospital = "hp-sassa";
    ASSERT_TRUE(done(gateway_.exchange().act(gateway_.clinic(), id_, "redirect", to)));
    programme::Inputs reason;
    reason.reason = "C";
    ASSERT_TRUE(done(gateway_.exchange().act_as_hospital(
        gateway_.hospital("hp-sassa"), store::Alias{gateway_.alias(id_, "hp-sassa")}, "decline",
        reason)));
    const json::Document read = gateway_.read(kHospital, "Task", task);
    EXPECT_EQ(read.root()["statusReason"]["coding"].at(0)["code"].text(), "B");
}

TEST_F(JourneyTest, ShowsAHospitalThatDeclinedItsStatusesAndNothingOfTheCase) {
    gateway_.deliver_all();
    const std::string alias = gateway_.alias(id_, kHospital);
    const auto readable = readable_at(kHospital, alias);
    ASSERT_TRUE(readable.contains("Condition") && readable.contains("Patient"));
    ASSERT_TRUE(done(decline("B")));
    // Its rendition is destroyed when the last word has arrived; until then it reads that alone.
    const std::set<std::string> statuses{"Encounter", "ServiceRequest", "Task"};
    EXPECT_EQ(readable_at(kHospital, alias), statuses);
    expect_statuses_only(alias);
}

TEST_F(JourneyTest, ShowsAndSendsStatusesWithoutAWordOfIllnessAfterAWithdrawal) {
    gateway_.deliver_all();
    ASSERT_TRUE(accept());
    gateway_.deliver_all();
    const std::string alias = gateway_.alias(id_, kHospital);
    const std::string order = "ServiceRequest";
    ASSERT_NE(shown(order, alias).find("誤嚥性肺炎"), std::string::npos) << "while it is in force";
    ASSERT_TRUE(done(gateway_.exchange().withdraw_consent(gateway_.clinic(), id_)));
    expect_statuses_only(alias);
    const auto sent = gateway_.deliver_all();
    ASSERT_EQ(sent.size(), 1U);
    EXPECT_NE(sent[0].find("\"revoked\""), std::string::npos);
    for (const char* words : kOfTheIllness) EXPECT_EQ(sent[0].find(words), std::string::npos);
}

TEST_F(JourneyTest, ReleasesNothingAfterAWithdrawal) {
    gateway_.deliver_all();
    ASSERT_TRUE(accept());
    ASSERT_TRUE(done(gateway_.exchange().withdraw_consent(gateway_.clinic(), id_)));
    EXPECT_EQ(gateway_.state(id_), "withdrawn");
    for (const auto& body : gateway_.deliver_all()) EXPECT_EQ(body.find(name_), std::string::npos);
    const std::string patient = gateway_.alias(id_, kHospital) + "-1";
    const auto shown =
        gateway_.inquire().resource(gateway_.hospital(kHospital), "Patient", patient);
    if (shown) {
        EXPECT_EQ(shown->body.bytes().find(name_), std::string::npos);
    }
}

TEST_F(JourneyTest, AcceptsNothingWithoutALiveConsent) {
    gateway_.deliver_all();
    ASSERT_TRUE(done(gateway_.exchange().withdraw_consent(gateway_.clinic(), id_)));
    const auto act = update_task("accepted", accept_outputs);
    EXPECT_FALSE(done(act));
    for (const auto& body : gateway_.deliver_all()) EXPECT_EQ(body.find(name_), std::string::npos);
}

TEST_F(JourneyTest, HandsAnOfferThatCannotArriveToConsultation) {
    gateway_.clock().advance(std::chrono::hours{24 * 4});
    EXPECT_TRUE(gateway_.deliver_all().empty()) << "past its needed-by time nothing is sent";
    EXPECT_EQ(gateway_.state(id_), "consulting");
}

TEST_F(JourneyTest, LetsAPersonTryAParkedMessageAgain) {
    gateway_.deliver_all();
    ASSERT_TRUE(accept());
    const auto row = lease();
    ASSERT_TRUE(row.has_value());
    ASSERT_TRUE(gateway_.exchange().give_up(*row, "http-422"));
    EXPECT_EQ(gateway_.state(id_), "scheduled")
        << "a release that fails does not undo the acceptance";
    EXPECT_TRUE(gateway_.deliver_all().empty());
    const access::Principal person{store::OrganisationId{"operator"}, {}, access::Role::Operator};
    ASSERT_TRUE(done(gateway_.exchange().resume_delivery(person, row->number)));
    EXPECT_FALSE(done(gateway_.exchange().resume_delivery(person, row->number)));
    ASSERT_EQ(gateway_.deliver_all().size(), 1U);
}

TEST_F(JourneyTest, ForgetsAHospitalWhoseLastWordWasGivenUpWhenTheCaseIsOver) {
    gateway_.deliver_all();
    const store::Alias alias{gateway_.alias(id_, kHospital)};
    ASSERT_TRUE(done(decline("B")));
    const auto row = lease();
    ASSERT_TRUE(row.has_value());
    ASSERT_EQ(row->kind, "status");
    ASSERT_TRUE(gateway_.exchange().give_up(*row, "http-422"));
    const auto is_destroyed = [&] {
        bool destroyed = false;
        EXPECT_TRUE(gateway_.store().read([&](store::Reader& reader) -> Status {
            auto rendition = reader.find_rendition(alias);
            if (!rendition) return rendition.error();
            destroyed = rendition->destroyed.has_value();
            return {};
        }));
        return destroyed;
    };
    EXPECT_FALSE(is_destroyed()) << "an operator may send it again while the case goes on";
    ASSERT_TRUE(done(gateway_.exchange().act(gateway_.clinic(), id_, "withdraw", {})));
    EXPECT_TRUE(is_destroyed());
    const access::Principal person{store::OrganisationId{"operator"}, {}, access::Role::Operator};
    EXPECT_FALSE(done(gateway_.exchange().resume_delivery(person, row->number)));
}

TEST_F(JourneyTest, RecordsAnOfferThatArrivedAlthoughItWasCancelledOnTheWire) {
    const auto row = lease();
    ASSERT_TRUE(row.has_value());
    const auto dispatch = gateway_.exchange().prepare(*row);
    ASSERT_TRUE(dispatch);
    ASSERT_TRUE(done(gateway_.exchange().withdraw_consent(gateway_.clinic(), id_)));
    ASSERT_TRUE(gateway_.exchange().delivered(*row, *dispatch, "created"));
    auto shown = gateway_.inquire().disclosures(gateway_.clinic(), id_);
    ASSERT_TRUE(shown);
    const auto list = json::read(shown->bytes());
    ASSERT_TRUE(list);
    EXPECT_EQ(list->root()["disclosures"].size(), 1U);
    gateway_.clock().advance(kSendLease - std::chrono::seconds{1});
    EXPECT_TRUE(gateway_.deliver_all().empty()) << "what was cancelled may still be on its way";
    gateway_.clock().advance(std::chrono::seconds{1});
    EXPECT_EQ(gateway_.deliver_all().size(), 1U) << "and the hospital hears that it is over";
}

TEST_F(JourneyTest, LogsAnOfferThatWasCancelledOnTheWireAndMayHaveArrived) {
    const auto row = lease();
    ASSERT_TRUE(row.has_value());
    ASSERT_TRUE(done(gateway_.exchange().withdraw_consent(gateway_.clinic(), id_)));
    ASSERT_TRUE(gateway_.exchange().postpone(*row, gateway_.clock().now(), "timeout"));
    const auto entries = gateway_.log_entries();
    EXPECT_TRUE(std::any_of(entries.begin(), entries.end(), [](const std::string& entry) {
        return entry.find("offer-not-resolved") != std::string::npos;
    }));
}

TEST_F(JourneyTest, ExpiresAnUnansweredOfferByTime) {
    gateway_.deliver_all();
    auto next = gateway_.exchange().tick();
    ASSERT_TRUE(next);
    ASSERT_TRUE(next->has_value());
    for (int step = 0; step < 5 && next->has_value(); ++step) {
        gateway_.clock().set(**next);
        next = gateway_.exchange().tick();
        ASSERT_TRUE(next);
    }
    EXPECT_EQ(gateway_.state(id_), "consulting");
}

TEST_F(JourneyTest, RecordsWhoWasSentWhat) {
    gateway_.deliver_all();
    ASSERT_TRUE(accept());
    gateway_.deliver_all();
    auto shown = gateway_.inquire().disclosures(gateway_.clinic(), id_);
    ASSERT_TRUE(shown);
    const auto list = json::read(shown->bytes());
    ASSERT_TRUE(list);
    ASSERT_EQ(list->root()["disclosures"].size(), 2U);
    EXPECT_EQ(list->root()["disclosures"].at(0)["recipient"].text(), kHospital);
    const auto has = [&](std::size_t row, std::string_view item) {
        for (const json::Value each : list->root()["disclosures"].at(row)["items"])
            if (each.text() == item) return true;
        return false;
    };
    EXPECT_TRUE(has(0, "Condition.code"));
    EXPECT_FALSE(has(0, "Patient.birthDate"));
    EXPECT_TRUE(has(1, "Patient.birthDate"));
    EXPECT_TRUE(has(1, "Patient.address"));
    for (const std::size_t row : {0U, 1U}) {
        const json::Value record = list->root()["disclosures"].at(row);
        for (const char* member : {"date", "recipient", "person", "purpose"})
            EXPECT_FALSE(record[member].text().empty()) << member;
        EXPECT_EQ(record["consentVersion"].integer(), 1);
    }
}

TEST_F(JourneyTest, RecordsTheFirstReadingOfWhatNoMessageBrought) {
    const auto who = gateway_.hospital(kHospital);
    const std::string patient = gateway_.alias(id_, kHospital) + "-1";
    const auto read = [&] {
        auto shown = gateway_.inquire().resource(who, "Patient", patient);
        ASSERT_TRUE(shown);
        ASSERT_TRUE(shown->reading);
        ASSERT_TRUE(
            gateway_.exchange().note_reading(who.organisation, *shown->reading, shown->body));
    };
    const auto disclosures = [&]() -> std::size_t {
        auto shown = gateway_.inquire().disclosures(gateway_.clinic(), id_);
        if (!shown) return 0;
        const auto list = json::read(shown->bytes());
        return list ? list->root()["disclosures"].size() : 0;
    };
    read();
    read();
    EXPECT_EQ(disclosures(), 1U) << "the offer, once";
    ASSERT_TRUE(accept());
    read();
    EXPECT_EQ(disclosures(), 2U) << "identity, read before the release arrived";
    gateway_.deliver_all();
    read();
    EXPECT_EQ(disclosures(), 4U) << "both messages are provisions of their own";
    for (const auto& entry : gateway_.log_entries())
        EXPECT_EQ(entry.find(name_), std::string::npos);
}

TEST_F(JourneyTest, LogsEveryActAndNoIdentifier) {
    gateway_.deliver_all();
    ASSERT_TRUE(accept());
    gateway_.deliver_all();
    const auto entries = gateway_.log_entries();
    EXPECT_EQ(entries.size(), 4U) << "submitted, offer delivered, accepted, release delivered";
    for (const auto& entry : entries) {
        EXPECT_EQ(entry.find(name_), std::string::npos);
        EXPECT_EQ(entry.find("T.Y."), std::string::npos);
    }
    EXPECT_EQ(gateway_.logged().find(name_), std::string::npos);
}

TEST(Identity, HandedInLaterKeepsEveryIdAndReachesOnlyTheRelease) {
    TestGateway gateway(7);
    const auto packet = json::read(support::packet_text("identity_later.in.json"));
    ASSERT_TRUE(packet);
    const std::string hospital{packet->root()["destination"].text()};
    const std::string sex{packet->root()["bedRequest"]["sex"].text()};
    const auto id = gateway.submit("identity_later.in.json");
    ASSERT_FALSE(id.empty());
    const auto task = gateway.task(id, hospital);
    ASSERT_EQ(gateway.deliver_all().size(), 1U);
    const std::string identity =
        R"({"name":"雲雀丘　文","kana":"ﾋﾊﾞﾘｶﾞｵｶ ﾌﾐ","birthDate":"昭和13年4月2日","sex":")" + sex +
        R"(","address":"西東京市谷戸町９－９９－９"})";
    const auto act = gateway.exchange().identify(gateway.clinic(), id, identity);
    ASSERT_TRUE(done(act)) << std::get<Refusal>(act).issues[0].code << " "
                           << std::get<Refusal>(act).issues[0].expression;
    EXPECT_EQ(gateway.task(id, hospital).id, task.id);
    const std::string patient = gateway.alias(id, hospital) + "-1";
    EXPECT_EQ(text_of(gateway.read(hospital, "Patient", patient)).find("雲雀丘"),
              std::string::npos);
    const auto accepted = gateway.exchange().update_task(
        gateway.hospital(hospital), task.id, task.version,
        changed(gateway.read(hospital, "Task", task.id), "accepted", accept_outputs));
    ASSERT_TRUE(done(accepted));
    const auto releases = gateway.deliver_all();
    ASSERT_EQ(releases.size(), 1U);
    EXPECT_NE(releases[0].find("雲雀丘"), std::string::npos);
}

}  // namespace
}  // namespace tsunagi::exchange

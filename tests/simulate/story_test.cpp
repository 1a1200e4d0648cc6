// The whole journey over HTTP messages without sockets: the real routes, exchange, store and worker
// on one side, the simulated hospital on the other, every fault of network and hospital in between.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "deliver/exchange_outbox.h"
#include "deliver/fhir_rest_channel.h"
#include "json/reader.h"
#include "json/writer.h"
#include "serve/gateway_routes.h"
#include "simulate/hospital.h"
#include "simulate/network.h"
#include "support/test_gateway.h"

namespace tsunagi::simulate {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using testing::HasSubstr;
using testing::Not;

constexpr std::string_view kPacket = "nishitokyo_full.in.json";
constexpr const char* kGatewayOrigin = "https://gateway.example";

/// What support/test_gateway.h pins: 64 times one hexadecimal digit.
crypto::Digest digits(std::uint8_t digit) {
    crypto::Digest digest{};
    digest.fill(static_cast<std::uint8_t>(digit * 16 + digit));
    return digest;
}
const crypto::Digest kClinic = digits(1);
const crypto::Digest kTanashi = digits(0xa);
const crypto::Digest kGatewayCertificate = digits(0xf);

class StoryTest : public testing::Test {
protected:
    StoryTest() {
        network_.listen(kGatewayOrigin, router_, kGatewayCertificate, "gateway");
        network_.listen("https://localhost", hospital_, kTanashi, "hp-tanashi");
    }

    deliver::HttpReply call(const crypto::Digest& who, std::string method, const std::string& path,
                            std::string body = {}, std::string key = {}) {
        deliver::HttpRequest request;
        request.method = std::move(method);
        request.url = kGatewayOrigin + path;
        request.body = std::move(body);
        request.fields = {{"Content-Type", "application/json"}};
        if (!key.empty()) request.fields.push_back({"Idempotency-Key", std::move(key)});
        return network_.client(who)->send(request).reply;
    }
    json::Document get(const std::string& path) {
        const auto reply = call(kClinic, "GET", path);
        EXPECT_EQ(reply.status, 200) << path;
        return json::read(reply.body).value();
    }
    std::string state() {
        const auto view = get("/clinic/v1/referrals/" + case_);
        return std::string{view.root()["state"].text()};
    }
    void submit() {
        const auto reply =
            call(kClinic, "POST", "/clinic/v1/referrals", support::packet_text(kPacket), "key-1");
        ASSERT_EQ(reply.status, 201) << reply.body;
        const auto answer = json::read(reply.body);
        ASSERT_TRUE(answer.ok());
        case_ = answer->root()["case"].text();
    }
    /// Steps the worker until nothing is queued, moving the clock to each wake; at most a day.
    void deliver() {
        const Instant until = gateway_.clock().now() + hours{24};
        for (int i = 0; i < 2000 && gateway_.clock().now() < until; ++i) {
            const Instant next = worker_.step(gateway_.clock().now());
            if (next == Instant::max()) return;
            if (next > gateway_.clock().now()) gateway_.clock().set(next);
        }
        ADD_FAILURE() << "the outbox never empties";
    }
    /// Everything the hospital holds, as one text.
    std::string held() const {
        std::string text;
        hospital_.inspect([&](const HospitalRecords& records) {
            for (const auto& [name, stored] : records.all())
                text += json::write(stored.resource.root());
        });
        return text;
    }
    std::string id_of(std::string_view type) const {
        std::string id;
        hospital_.inspect([&](const HospitalRecords& records) {
            const auto found = records.all(type);
            if (!found.empty()) id = found.front()->resource.root()["id"].text();
        });
        return id;
    }
    void expect_each_message_once(std::size_t messages) const {
        hospital_.inspect([&](const HospitalRecords& records) {
            const auto rows = records.deliveries();
            EXPECT_EQ(rows.size(), messages);
            for (const auto& row : rows) EXPECT_EQ(row.effects, 1U) << row.tag;
        });
    }
    static Hospital::Verdict acceptance() {
        return {.kind = Hospital::Verdict::Kind::Accept,
                .planned_admission = "2026-11-21T10:00:00+09:00",
                .planned_discharge = "2026-12-04T10:00:00+09:00",
                .decided_by = "内科 佐藤 一郎",
                .reason = {}};
    }

    support::TestGateway gateway_;
    SeededRandom random_{11};
    Network network_;
    const audit::NoteKey log_key_{"tsunagi.example/test",
                                  crypto::SigningKey::generate(random_).verify_key()};
    const serve::Services services_{
        gateway_.exchange(),     gateway_.inquire(),      log_key_,
        [] { return Status{}; }, [] { return Status{}; }, [] { return std::string{}; }};
    serve::Router router_{serve::gateway_routes(services_), gateway_.directory(), gateway_.clock(),
                          gateway_.log()};
    std::unique_ptr<deliver::HttpClient> hospital_client_ = network_.client(kTanashi);
    milliseconds paused_{0};
    Hospital hospital_{{.organisation = "hp-tanashi",
                        .gateway_url = "https://gateway.example/fhir",
                        .gateway = {.fingerprint = kGatewayCertificate, .organisation = "gateway"},
                        .gateway_client = kGatewayCertificate},
                       gateway_.clock(),
                       *hospital_client_,
                       [this](milliseconds time) { paused_ += time; }};
    std::unique_ptr<deliver::HttpClient> gateway_client_ = network_.client(kGatewayCertificate);
    deliver::FhirRestChannel channel_{*gateway_client_};
    deliver::ExchangeOutbox outbox_{gateway_.exchange()};
    deliver::Worker worker_{
        outbox_, {{"fhir_rest", &channel_}}, gateway_.clock(), random_, gateway_.log()};
    std::string case_;
    /// The family name of the packet's patient: in no initials, id or code.
    const std::string name_ = "田邉";
};

TEST_F(StoryTest, RouteTableIsWhole) {
    const auto checked = serve::check_routes(serve::gateway_routes(services_));
    EXPECT_TRUE(checked.ok()) << to_string(checked.error());
}

TEST_F(StoryTest, CarriesAReferralToTheEndAndShowsTheNameOnlyAfterAcceptance) {
    ASSERT_NO_FATAL_FAILURE(submit());
    deliver();
    EXPECT_FALSE(id_of("Task").empty());
    EXPECT_THAT(held(), Not(HasSubstr(name_)));
    const auto patient = hospital_.read("Patient", id_of("Patient"));
    EXPECT_EQ(patient.status, 200);
    EXPECT_THAT(patient.body, Not(HasSubstr(name_)));

    const auto accepted = hospital_.decide(id_of("Task"), acceptance());
    ASSERT_EQ(accepted.status, 200) << accepted.body;
    EXPECT_EQ(state(), "scheduled");
    deliver();
    EXPECT_THAT(held(), HasSubstr(name_));

    ASSERT_EQ(hospital_.admit_patient(id_of("Encounter"), "2026-11-21T10:30:00+09:00").status, 200);
    EXPECT_EQ(state(), "admitted");
    deliver();
    const auto discharged =
        hospital_.discharge_patient(id_of("Encounter"), "2026-11-21T18:00:00+09:00", false);
    ASSERT_EQ(discharged.status, 200) << discharged.body;
    EXPECT_EQ(state(), "discharged");
    deliver();
    expect_each_message_once(4);
}

TEST_F(StoryTest, DeclinedHospitalNeverSeesAName) {
    ASSERT_NO_FATAL_FAILURE(submit());
    deliver();
    Hospital::Verdict decline;
    decline.kind = Hospital::Verdict::Kind::Decline;
    decline.reason = "B";
    const auto declined = hospital_.decide(id_of("Task"), decline);
    ASSERT_EQ(declined.status, 200) << declined.body;
    EXPECT_EQ(state(), "consulting");
    deliver();
    EXPECT_THAT(held(), Not(HasSubstr(name_)));
    EXPECT_THAT(held(), HasSubstr(R"("status":"rejected")"));
}

TEST_F(StoryTest, DoesNotSendTwiceWhatTheHospitalTookWithoutAnswering) {
    hospital_.behave({.kind = Behaviour::Kind::CommitThenTimeout, .times = 1});
    ASSERT_NO_FATAL_FAILURE(submit());
    deliver();
    expect_each_message_once(1);
    hospital_.inspect([](const HospitalRecords& records) {
        EXPECT_EQ(records.arrivals().size(), 1U);  // it looked instead of sending again
    });
    EXPECT_EQ(state(), "sent");
}

TEST_F(StoryTest, WaitsForAHospitalThatIsUnavailable) {
    hospital_.behave({.kind = Behaviour::Kind::Unavailable, .times = 3});
    ASSERT_NO_FATAL_FAILURE(submit());
    deliver();
    expect_each_message_once(1);
}

TEST_F(StoryTest, GoesToConsultationWhenTheHospitalRefusesTheMessage) {
    hospital_.behave({.kind = Behaviour::Kind::Refuse, .times = 1});
    ASSERT_NO_FATAL_FAILURE(submit());
    worker_.step(gateway_.clock().now());
    EXPECT_EQ(state(), "consulting");
}

TEST_F(StoryTest, GivesARepeatedSubmissionTheSameAnswerAndOneEffect) {
    const auto first =
        call(kClinic, "POST", "/clinic/v1/referrals", support::packet_text(kPacket), "key-7");
    const auto second =
        call(kClinic, "POST", "/clinic/v1/referrals", support::packet_text(kPacket), "key-7");
    EXPECT_EQ(first.status, 201);
    EXPECT_EQ(second.status, 201);
    EXPECT_EQ(first.body, second.body);
    EXPECT_EQ(second.field("idempotent-replayed"), "true");
    deliver();
    expect_each_message_once(1);
}

TEST_F(StoryTest, RefusesAnOldVersionAndAMissingOne) {
    ASSERT_NO_FATAL_FAILURE(submit());
    deliver();
    deliver::HttpRequest put;
    put.method = "PUT";
    put.url = kGatewayOrigin + std::string{"/fhir/Task/"} + id_of("Task");
    put.body = hospital_.read("Task", id_of("Task")).body;
    put.fields = {{"Content-Type", "application/fhir+json"}};
    EXPECT_EQ(hospital_client_->send(put).reply.status, 428);
    put.fields.push_back({"If-Match", "W/\"99\""});
    EXPECT_EQ(hospital_client_->send(put).reply.status, 412);
}

class FaultyStoryTest : public StoryTest, public testing::WithParamInterface<std::uint64_t> {};

/// The network loses and repeats at random; whatever it does, each message takes effect once and
/// the name arrives only with the release.
TEST_P(FaultyStoryTest, EndsTheSameHoweverTheNetworkLosesAndRepeats) {
    SeededRandom chance(GetParam());
    std::size_t repeated = 0;
    network_.set_faults([&](const deliver::HttpRequest& request) {
        if (!request.url.starts_with("https://localhost")) return Fault::None;
        switch (chance.below(5)) {
            case 0:
                return Fault::LoseRequest;
            case 1:
                return Fault::LoseReply;
            case 2:
                repeated += request.method == "POST" ? 1U : 0U;
                return Fault::Repeat;
            default:
                return Fault::None;
        }
    });
    ASSERT_NO_FATAL_FAILURE(submit());
    deliver();
    EXPECT_THAT(held(), Not(HasSubstr(name_)));
    ASSERT_EQ(hospital_.decide(id_of("Task"), acceptance()).status, 200);
    deliver();
    EXPECT_THAT(held(), HasSubstr(name_));
    expect_each_message_once(2);
    hospital_.inspect([&](const HospitalRecords& records) {
        // What the network repeated, and not one more: the gateway never sends again blindly.
        EXPECT_EQ(records.arrivals().size(), 2 + repeated);
    });
}

INSTANTIATE_TEST_SUITE_P(Seeds, FaultyStoryTest, testing::Range<std::uint64_t>(1, 21));

TEST_F(StoryTest, KeepsNamesOutOfTheLog) {
    ASSERT_NO_FATAL_FAILURE(submit());
    deliver();
    ASSERT_EQ(hospital_.decide(id_of("Task"), acceptance()).status, 200);
    deliver();
    EXPECT_THAT(gateway_.logged(), Not(HasSubstr(name_)));
    EXPECT_THAT(gateway_.logged(), Not(HasSubstr(id_of("Task"))));
    EXPECT_FALSE(gateway_.logged().empty());
}

}  // namespace
}  // namespace tsunagi::simulate

#include "simulate/hospital.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "deliver/curl_http_client.h"
#include "json/builder.h"
#include "json/reader.h"
#include "json/writer.h"
#include "simulate/network.h"
#include "support/certificates.h"

namespace tsunagi::simulate {
namespace {

using std::chrono::milliseconds;
using testing::HasSubstr;

constexpr Instant kMorning{std::chrono::sys_days{std::chrono::year{2026} / 11 / 20}};
constexpr crypto::Digest kGatewayCertificate{1};
constexpr crypto::Digest kHospitalCertificate{2};
constexpr crypto::Digest kStranger{9};

std::string transaction(std::string_view tag, std::string_view status = "requested",
                        std::string_view name = "Y.T.") {
    return std::string{R"({"resourceType":"Bundle","type":"transaction","entry":[)"} +
           R"({"resource":{"resourceType":"Task","id":"a-1","meta":{"tag":[{"code":")" +
           std::string{tag} + R"("}]},"identifier":[{"system":"urn:x","value":"R-1"}],"status":")" +
           std::string{status} + R"("},"request":{"method":"PUT","url":"Task/a-1"}},)" +
           R"({"resource":{"resourceType":"Patient","id":"a-2","name":[{"text":")" +
           std::string{name} + R"("}]},"request":{"method":"PUT","url":"Patient/a-2"}}]})";
}

/// A gateway's FHIR API in a few lines: two resources with versions, If-Match, no rules.
class FakeGateway final : public serve::Handler {
public:
    FakeGateway() {
        bodies_["Task/a-1"] = R"({"resourceType":"Task","id":"a-1","status":"requested"})";
        bodies_["Encounter/a-3"] =
            R"({"resourceType":"Encounter","id":"a-3","status":"planned","class":{"code":"IMP"}})";
    }
    serve::Admission admit(const serve::Request&) override {
        return {.body_bytes = 1U << 20, .refusal = std::nullopt};
    }
    serve::Response handle(const serve::Request& request) override {
        serve::Response response;
        peer = request.peer;
        const std::string name = request.path.at(1) + "/" + request.path.at(2);
        if (!bodies_.contains(name)) {
            response.status = 404;
            return response;
        }
        if (request.method == "PUT") {
            if (request.field("if-match") != tag()) {
                response.status = 412;
                return response;
            }
            bodies_[name] = request.body;
            ++version;
        }
        response.content_type = std::string{serve::kFhirJson};
        response.body = bodies_[name];
        response.fields = {{"ETag", tag()}};
        return response;
    }
    json::Document resource(const std::string& name) const {
        return json::read(bodies_.at(name)).value();
    }
    int version = 1;
    std::optional<serve::Fingerprint> peer;

private:
    std::string tag() const { return "W/\"" + std::to_string(version) + "\""; }
    std::map<std::string, std::string> bodies_;
};

class HospitalTest : public testing::Test {
protected:
    HospitalTest() {
        network_.listen("https://gateway.example", gateway_, kGatewayCertificate, "gateway");
        network_.listen("https://hospital.example", hospital_, kHospitalCertificate, "hospital-a");
    }
    static HospitalOptions options() {
        return {.organisation = "hospital-a",
                .gateway_url = "https://gateway.example/fhir",
                .gateway = {.fingerprint = kGatewayCertificate, .organisation = "gateway"},
                .gateway_client = kGatewayCertificate};
    }
    deliver::HttpOutcome send(std::string method, const std::string& path, std::string body = {},
                              const crypto::Digest& from = kGatewayCertificate) {
        deliver::HttpRequest request;
        request.method = std::move(method);
        request.url = "https://hospital.example" + path;
        request.body = std::move(body);
        request.fields = {{"Content-Type", "application/fhir+json"}};
        return network_.client(from)->send(request);
    }
    json::Document received() {
        return json::read(send("GET", "/simulator/received").reply.body).value();
    }

    ManualClock clock_{kMorning};
    Network network_;
    FakeGateway gateway_;
    std::unique_ptr<deliver::HttpClient> own_client_ = network_.client(kHospitalCertificate);
    milliseconds paused_{0};
    Hospital hospital_{options(), clock_, *own_client_,
                       [this](milliseconds time) { paused_ += time; }};
};

TEST_F(HospitalTest, TakesATransactionAndShowsWhatItSees) {
    const auto outcome = send("POST", "/fhir", transaction("t1"));
    ASSERT_EQ(outcome.reply.status, 200);
    const auto answer = json::read(outcome.reply.body);
    ASSERT_TRUE(answer.ok());
    EXPECT_EQ(answer->root()["type"].text(), "transaction-response");
    EXPECT_EQ(answer->root()["entry"].at(1)["response"]["status"].text(), "201 Created");

    const auto task = send("GET", "/fhir/Task/a-1");
    EXPECT_EQ(task.reply.field("etag"), "W/\"1\"");
    EXPECT_THAT(task.reply.body, HasSubstr(R"("code":"t1")"));
    EXPECT_EQ(send("GET", "/fhir/Task/a-9").reply.status, 404);

    const auto seen = received();
    EXPECT_EQ(seen.root()["arrivals"].size(), 1U);
    EXPECT_EQ(seen.root()["arrivals"].at(0)["changed"].text(), "2");
    EXPECT_EQ(seen.root()["resources"].size(), 2U);
    const auto counted = json::read(send("GET", "/simulator/deliveries").reply.body).value();
    EXPECT_EQ(counted.root()["deliveries"].size(), 1U);
    EXPECT_FALSE(counted.root()["resources"]);
}

TEST_F(HospitalTest, FindsATaskByItsIdentifier) {
    ASSERT_EQ(send("POST", "/fhir", transaction("t1")).reply.status, 200);
    for (const char* query : {"urn:x%7CR-1", "R-1"})
        EXPECT_THAT(send("GET", std::string{"/fhir/Task?identifier="} + query).reply.body,
                    HasSubstr(R"("total":1)"));
    for (const char* query : {"urn:y%7CR-1", "%7CR-1", "R-2"})
        EXPECT_THAT(send("GET", std::string{"/fhir/Task?identifier="} + query).reply.body,
                    HasSubstr(R"("total":0)"));
    EXPECT_EQ(send("GET", "/fhir/Task?name=x").reply.status, 400);
}

TEST_F(HospitalTest, CountsARepeatAsAnArrivalWithoutEffect) {
    send("POST", "/fhir", transaction("t1"));
    send("POST", "/fhir", transaction("t1"));
    const auto seen = received();
    const auto row = seen.root()["deliveries"].at(0);
    EXPECT_EQ(row["arrivals"].text(), "2");
    EXPECT_EQ(row["effects"].text(), "1");
}

/// The planted fault: an old message that comes again after a newer one must be seen.
TEST_F(HospitalTest, CountsAnOldMessageThatComesBackAsASecondEffect) {
    send("POST", "/fhir", transaction("t1"));
    send("POST", "/fhir", transaction("t2", "accepted", "山田 太郎"));
    send("POST", "/fhir", transaction("t1"));
    hospital_.inspect([](const HospitalRecords& records) {
        const auto rows = records.deliveries();
        ASSERT_EQ(rows.size(), 2U);
        EXPECT_EQ(rows[0].effects, 2U);
        EXPECT_EQ(rows[1].effects, 1U);
    });
}

TEST_F(HospitalTest, RefusesABrokenTransactionWhole) {
    const std::string good = transaction("t1");
    const auto broken = [&](std::string_view from, std::string_view to) {
        std::string text = good;
        text.replace(text.find(from), from.size(), to);
        return text;
    };
    for (const auto& body : {std::string{"{"}, broken("transaction\"", "batch\""),
                             broken("\"method\":\"PUT\"", "\"method\":\"POST\""),
                             broken("\"url\":\"Patient/a-2\"", "\"url\":\"Patient/a-3\""),
                             std::string{R"({"resourceType":"Bundle","type":"transaction"})"}}) {
        EXPECT_EQ(send("POST", "/fhir", body).reply.status, 400) << body;
    }
    const auto seen = received();
    EXPECT_EQ(seen.root()["resources"].size(), 0U);
    EXPECT_EQ(seen.root()["arrivals"].size(), 0U);
}

TEST_F(HospitalTest, TakesFhirFromTheGatewayOnly) {
    EXPECT_EQ(send("POST", "/fhir", transaction("t1"), kStranger).reply.status, 403);
    EXPECT_EQ(send("GET", "/simulator/received", {}, kStranger).reply.status, 200);
    auto anonymous = serve::make_request("GET", "/simulator/received");
    ASSERT_TRUE(anonymous.ok());
    EXPECT_EQ(hospital_.admit(*anonymous).refusal->status, 401);
}

TEST_F(HospitalTest, CommitsAndThenFails) {
    EXPECT_EQ(send("POST", "/simulator/mode", R"({"mode":"commit-then-timeout","delayMs":20000})")
                  .reply.status,
              204);
    EXPECT_EQ(send("POST", "/fhir", transaction("t1")).reply.status, 504);
    EXPECT_EQ(paused_, milliseconds{20'000});
    EXPECT_EQ(send("GET", "/fhir/Task/a-1").reply.status, 200);
    EXPECT_EQ(send("POST", "/fhir", transaction("t1")).reply.status, 200);  // once only
}

TEST_F(HospitalTest, IsUnavailableAsOftenAsToldAndTakesNothing) {
    send("POST", "/simulator/mode", R"({"mode":"unavailable","times":2,"retryAfter":7})");
    for (int i = 0; i < 2; ++i) {
        const auto outcome = send("POST", "/fhir", transaction("t1"));
        EXPECT_EQ(outcome.reply.status, 503);
        EXPECT_EQ(outcome.reply.field("retry-after"), "7");
        EXPECT_EQ(send("GET", "/fhir/Task/a-1").reply.status, 404);
    }
    EXPECT_EQ(send("POST", "/fhir", transaction("t1")).reply.status, 200);
}

TEST_F(HospitalTest, CanBeSlowRepeatAndRefuse) {
    send("POST", "/simulator/mode", R"({"mode":"slow","delayMs":300})");
    EXPECT_EQ(send("POST", "/fhir", transaction("t1")).reply.status, 200);
    EXPECT_EQ(paused_, milliseconds{300});
    send("POST", "/simulator/mode", R"({"mode":"duplicate"})");
    EXPECT_EQ(send("POST", "/fhir", transaction("t2", "received")).reply.status, 200);
    send("POST", "/simulator/mode", R"({"mode":"refuse"})");
    EXPECT_EQ(send("POST", "/fhir", transaction("t3")).reply.status, 422);
    hospital_.inspect([](const HospitalRecords& records) {
        ASSERT_EQ(records.deliveries().size(), 2U);
        EXPECT_EQ(records.deliveries()[1].arrivals, 2U);
        EXPECT_EQ(records.deliveries()[1].effects, 1U);
    });
    EXPECT_EQ(send("POST", "/simulator/mode", R"({"mode":"unheard-of"})").reply.status, 400);
}

TEST_F(HospitalTest, AcceptsAtTheGatewayWithDatesAndPhysician) {
    send("POST", "/fhir", transaction("t1"));
    const auto outcome =
        send("POST", "/simulator/decide",
             R"({"decision":"accept","plannedAdmission":"2026-11-22T10:00:00+09:00",
                                  "plannedDischarge":"2026-12-04T10:00:00+09:00",
                                  "decidedBy":"内科 佐藤 一郎"})");
    const auto reply = json::read(outcome.reply.body);
    ASSERT_TRUE(reply.ok());
    EXPECT_EQ(reply->root()["status"].text(), "200");
    EXPECT_EQ(reply->root()["etag"].text(), "W/\"2\"");
    EXPECT_EQ(gateway_.peer, kHospitalCertificate);
    const auto task = gateway_.resource("Task/a-1");
    EXPECT_EQ(task.root()["status"].text(), "accepted");
    ASSERT_EQ(task.root()["output"].size(), 3U);
    EXPECT_EQ(task.root()["output"].at(0)["type"]["coding"].at(0)["code"].text(),
              "planned-admission");
    EXPECT_EQ(task.root()["output"].at(1)["valueDateTime"].text(), "2026-12-04T10:00:00+09:00");
    EXPECT_EQ(task.root()["output"].at(2)["valueString"].text(), "内科 佐藤 一郎");

    // Again with other dates: outputs are replaced, not added.
    hospital_.decide("a-1", {.kind = Hospital::Verdict::Kind::Accept,
                             .planned_admission = "2026-11-23T10:00:00+09:00",
                             .planned_discharge = {},
                             .decided_by = {},
                             .reason = {}});
    const auto again = gateway_.resource("Task/a-1");
    EXPECT_EQ(again.root()["output"].size(), 3U);
}

TEST_F(HospitalTest, DeclinesWithAReason) {
    send("POST", "/fhir", transaction("t1"));
    send("POST", "/simulator/decide", R"({"decision":"decline","reason":"B"})");
    const auto task = gateway_.resource("Task/a-1");
    EXPECT_EQ(task.root()["status"].text(), "rejected");
    EXPECT_EQ(task.root()["statusReason"]["coding"].at(0)["code"].text(), "B");
    EXPECT_EQ(send("POST", "/simulator/decide", R"({"decision":"maybe"})").reply.status, 400);
}

TEST_F(HospitalTest, ReportsAdmissionAndDischarge) {
    send("POST", "/simulator/admit", R"({"encounter":"a-3","at":"2026-11-22T10:30:00+09:00"})");
    const auto begun = gateway_.resource("Encounter/a-3");
    EXPECT_EQ(begun.root()["status"].text(), "in-progress");
    send("POST", "/simulator/discharge", R"({"encounter":"a-3","at":"2026-12-04T11:00:00+09:00"})");
    const auto stay = gateway_.resource("Encounter/a-3");
    EXPECT_EQ(stay.root()["status"].text(), "finished");
    EXPECT_EQ(stay.root()["period"]["start"].text(), "2026-11-22T10:30:00+09:00");
    EXPECT_EQ(stay.root()["period"]["end"].text(), "2026-12-04T11:00:00+09:00");
    EXPECT_FALSE(stay.root()["hospitalization"]);
}

TEST_F(HospitalTest, ReportsADeath) {
    send("POST", "/simulator/discharge",
         R"({"encounter":"a-3","at":"2026-12-04T11:00:00+09:00","died":true})");
    const auto stay = gateway_.resource("Encounter/a-3");
    EXPECT_EQ(stay.root()["hospitalization"]["dischargeDisposition"]["coding"].at(0)["code"].text(),
              "exp");
}

TEST_F(HospitalTest, SaysWhenTheGatewayDoesNotAnswer) {
    network_.stop_listening("https://gateway.example");
    EXPECT_EQ(hospital_.read("Patient", "a-2").status, 0);
    const auto outcome = send("POST", "/simulator/decide", R"({"task":"a-1","decision":"accept"})");
    EXPECT_THAT(outcome.reply.body, HasSubstr(R"("status":0)"));
}

TEST_F(HospitalTest, PassesOnWhatTheGatewayRefuses) {
    EXPECT_EQ(hospital_.read("Patient", "a-2").status, 404);
}

/// The same hospital as a server of its own, over mutual TLS.
TEST(HospitalServer, TakesADeliveryOverTls) {
    const support::TestCertificates certificates;
    const auto server_files =
        certificates.issue("hospital-a", crypto::CertificateUse::ServerAndClient);
    const auto gateway_files = certificates.issue("gateway", crypto::CertificateUse::Client);
    const SystemClock clock;
    deliver::CurlHttpClient to_gateway({.certificate = server_files.certificate,
                                        .key = server_files.key,
                                        .authority = certificates.authority()});
    HospitalOptions options;
    options.organisation = "hospital-a";
    options.gateway_client = gateway_files.fingerprint;
    Hospital hospital(options, clock, to_gateway, [](milliseconds) {});
    serve::ServerOptions listen;
    listen.tls = {.certificate = server_files.certificate,
                  .key = server_files.key,
                  .client_ca = certificates.authority()};
    const auto server = serve::Server::start(listen, hospital, clock);
    ASSERT_TRUE(server.ok());
    deliver::CurlHttpClient gateway({.certificate = gateway_files.certificate,
                                     .key = gateway_files.key,
                                     .authority = certificates.authority()});
    deliver::HttpRequest request;
    request.method = "POST";
    request.url = "https://127.0.0.1:" + std::to_string((*server)->port()) + "/fhir";
    request.fields = {{"Content-Type", "application/fhir+json"}};
    request.body = transaction("t1");
    request.peer = {.fingerprint = server_files.fingerprint, .organisation = "hospital-a"};
    const auto outcome = gateway.send(request);
    ASSERT_EQ(outcome.kind, deliver::HttpOutcome::Kind::Replied) << outcome.reason;
    EXPECT_EQ(outcome.reply.status, 200);
    hospital.inspect(
        [](const HospitalRecords& records) { EXPECT_EQ(records.arrivals().size(), 1U); });
}

}  // namespace
}  // namespace tsunagi::simulate

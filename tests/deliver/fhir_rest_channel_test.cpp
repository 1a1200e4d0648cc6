#include "deliver/fhir_rest_channel.h"

#include <gtest/gtest.h>

#include <deque>
#include <memory>

#include "json/reader.h"

namespace tsunagi::deliver {
namespace {

using Kind = Report::Kind;

/// Gives prepared outcomes and keeps what it was asked.
class ScriptedClient final : public HttpClient {
public:
    HttpOutcome send(const HttpRequest& request) override {
        asked.push_back(request);
        if (script.empty()) return {};
        HttpOutcome outcome = script.front();
        script.pop_front();
        return outcome;
    }
    void reply(int status, std::string body = {}, std::vector<HttpField> fields = {}) {
        script.push_back(
            {HttpOutcome::Kind::Replied, {status, std::move(fields), std::move(body)}, {}});
    }
    std::deque<HttpOutcome> script;
    std::vector<HttpRequest> asked;
};

constexpr const char* kTransaction =
    R"({"resourceType":"Bundle","type":"transaction","entry":[{"a":1},{"a":2}]})";
constexpr const char* kTaken =
    R"({"resourceType":"Bundle","type":"transaction-response","entry":[)"
    R"({"response":{"status":"201 Created"}},{"response":{"status":"200 OK"}}]})";

class FhirRestChannelTest : public testing::Test {
protected:
    static exchange::Dispatch dispatch() {
        auto body = privacy::EgressDoor::plain("hospital-a", kTransaction);
        EXPECT_TRUE(body.ok());
        access::Endpoint endpoint;
        endpoint.channel = "fhir_rest";
        endpoint.url = "https://hospital.example/fhir/";
        endpoint.server_sha256 = crypto::Digest{7};
        return {std::move(*body), endpoint, "Task/a-1", "tag-1", 1, {}, 2};
    }
    Report send() {
        return channel_.send(dispatch(), [] { return true; });
    }
    Report look() { return channel_.look(dispatch()); }

    ScriptedClient client_;
    FhirRestChannel channel_{client_};
};

TEST_F(FhirRestChannelTest, PostsTheClearedBytesToTheProvenHospital) {
    client_.reply(200, kTaken);
    EXPECT_EQ(send().kind, Kind::Delivered);
    ASSERT_EQ(client_.asked.size(), 1U);
    const auto& request = client_.asked[0];
    EXPECT_EQ(request.method, "POST");
    EXPECT_EQ(request.url, "https://hospital.example/fhir");
    EXPECT_EQ(request.body, kTransaction);
    EXPECT_EQ(request.peer.fingerprint, crypto::Digest{7});
    EXPECT_EQ(request.peer.organisation, "hospital-a");
    ASSERT_TRUE(request.may_send);
}

// The planted fault: a path that names the patient, in letters or in percent escapes.
TEST_F(FhirRestChannelTest, OpensNoConnectionForAHeadThatNamesSomebody) {
    const auto packet = json::read(
        R"({"resourceType":"Packet","identity":{"name":"渡辺　静子","kana":"ワタナベ　シズコ"}})");
    ASSERT_TRUE(packet);
    const auto known =
        std::make_shared<privacy::LeakScanner>(privacy::LeakScanner::of_packet(packet->root()));
    for (const char* probe : {"Task/a-1?patient=Watanabe%20Shizuko", "Task/渡辺静子",
                              "Task/%E6%B8%A1%E8%BE%BA%E9%9D%99%E5%AD%90"}) {
        exchange::Dispatch named = dispatch();
        named.known = known;
        named.probe = probe;
        const Report report = channel_.look(named);
        EXPECT_EQ(report.kind, Kind::Later) << probe;
        EXPECT_EQ(report.code, "identifier-in-head") << probe;
    }
    EXPECT_TRUE(client_.asked.empty());
    exchange::Dispatch ordinary = dispatch();
    ordinary.known = known;
    ordinary.endpoint.url = "https://watanabe-hospital.example/fhir/";  // the directory's
    client_.reply(404);
    EXPECT_EQ(channel_.look(ordinary).kind, Kind::Absent);
    client_.reply(200, kTaken);
    EXPECT_EQ(channel_.send(ordinary, [] { return true; }).kind, Kind::Delivered);
}

TEST_F(FhirRestChannelTest, BelievesOnlyAWholeTransactionResponse) {
    for (const char* body :
         {"", "OK", "{}", R"({"resourceType":"Bundle","type":"searchset"})",
          R"({"resourceType":"Bundle","type":"transaction-response","entry":[)"
          R"({"response":{"status":"201 Created"}}]})",
          R"({"resourceType":"Bundle","type":"transaction-response","entry":[)"
          R"({"response":{"status":"201 Created"}},{"response":{"status":"400 Bad"}}]})",
          R"({"resourceType":"Bundle","type":"transaction-response","entry":[{},{}]})"}) {
        client_.reply(200, body);
        EXPECT_EQ(send().kind, Kind::Unknown) << body;
    }
}

TEST_F(FhirRestChannelTest, TellsTheMessageFromTheReceiversState) {
    for (const int status : {400, 409, 410, 413, 415, 422}) {
        client_.reply(status);
        EXPECT_EQ(send().kind, Kind::Refused) << status;
    }
    for (const int status : {401, 403, 404, 405, 429, 503}) {
        client_.reply(status);
        EXPECT_EQ(send().kind, Kind::Later) << status;
    }
    for (const int status : {201, 202, 204, 301, 302, 408, 500, 502, 504}) {
        client_.reply(status);
        EXPECT_EQ(send().kind, Kind::Unknown) << status;
    }
}

TEST_F(FhirRestChannelTest, ObeysRetryAfterInSecondsUpToADay) {
    const auto after = [&](const char* text) {
        client_.reply(503, {}, {{"retry-after", text}});
        return send().retry_after;
    };
    EXPECT_EQ(after("7"), std::chrono::seconds{7});
    EXPECT_EQ(after("99999999"), std::chrono::hours{24});
    for (const char* text : {"", "-5", "soon", "7s", "Fri, 20 Nov 2026 09:00:00 GMT"})
        EXPECT_EQ(after(text), std::nullopt) << text;
}

TEST_F(FhirRestChannelTest, DoesNotTakeSilenceForAnAnswer) {
    client_.script.push_back({HttpOutcome::Kind::NotSent, {}, "connect"});
    EXPECT_EQ(send().kind, Kind::Later);
    client_.script.push_back({HttpOutcome::Kind::Unknown, {}, "timeout"});
    const auto report = send();
    EXPECT_EQ(report.kind, Kind::Unknown);
    EXPECT_EQ(report.code, "timeout");
}

TEST_F(FhirRestChannelTest, FindsItsMessageByTheTagOfTheTask) {
    client_.reply(200, R"({"resourceType":"Task","meta":{"tag":[{"code":"x"},{"code":"tag-1"}]}})");
    EXPECT_EQ(look().kind, Kind::Delivered);
    EXPECT_EQ(client_.asked[0].method, "GET");
    EXPECT_EQ(client_.asked[0].url, "https://hospital.example/fhir/Task/a-1");
    client_.reply(200, R"({"resourceType":"Task","meta":{"tag":[{"code":"x"}]}})");
    EXPECT_EQ(look().kind, Kind::Absent);
    client_.reply(200, R"({"resourceType":"Task"})");
    EXPECT_EQ(look().kind, Kind::Absent);
    client_.reply(404);
    EXPECT_EQ(look().kind, Kind::Absent);
}

TEST_F(FhirRestChannelTest, DoesNotTakeAnUnclearLookForAbsence) {
    for (const int status : {401, 403, 500, 503}) {
        client_.reply(status);
        EXPECT_EQ(look().kind, Kind::Later) << status;
    }
    for (const char* body : {"", "{}", R"({"resourceType":"OperationOutcome"})"}) {
        client_.reply(200, body);
        EXPECT_EQ(look().kind, Kind::Later) << body;
    }
    client_.script.push_back({HttpOutcome::Kind::Unknown, {}, "timeout"});
    EXPECT_EQ(look().kind, Kind::Later);
}

}  // namespace
}  // namespace tsunagi::deliver

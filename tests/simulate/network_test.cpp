#include "simulate/network.h"

#include <gtest/gtest.h>

namespace tsunagi::simulate {
namespace {

using Kind = deliver::HttpOutcome::Kind;

constexpr crypto::Digest kServer{1};
constexpr crypto::Digest kClient{2};

class Counter final : public serve::Handler {
public:
    serve::Admission admit(const serve::Request&) override {
        return {.body_bytes = 10, .refusal = std::nullopt};
    }
    serve::Response handle(const serve::Request& request) override {
        ++handled;
        peer = request.peer;
        serve::Response response;
        response.body = std::to_string(handled);
        response.fields = {{"ETag", "W/\"1\""}};
        return response;
    }
    int handled = 0;
    std::optional<serve::Fingerprint> peer;
};

class NetworkTest : public testing::Test {
protected:
    NetworkTest() { network_.listen("https://a.example", counter_, kServer, "hospital-a"); }
    static deliver::HttpRequest request() {
        deliver::HttpRequest one;
        one.method = "POST";
        one.url = "https://a.example/x";
        one.body = "{}";
        one.peer = {.fingerprint = kServer, .organisation = "hospital-a"};
        return one;
    }
    Counter counter_;
    Network network_;
    std::unique_ptr<deliver::HttpClient> client_ = network_.client(kClient);
};

TEST_F(NetworkTest, CarriesARequestWithTheCallersCertificate) {
    const auto outcome = client_->send(request());
    ASSERT_EQ(outcome.kind, Kind::Replied);
    EXPECT_EQ(outcome.reply.body, "1");
    EXPECT_EQ(outcome.reply.field("etag"), "W/\"1\"");
    EXPECT_EQ(counter_.peer, kClient);
}

TEST_F(NetworkTest, ChecksWhomItMeetsLikeTls) {
    auto other = request();
    (*other.peer.fingerprint)[0] = 9;
    EXPECT_EQ(client_->send(other).reason, "peer");
    other = request();
    other.peer.organisation = "hospital-b";
    EXPECT_EQ(client_->send(other).reason, "peer");
    EXPECT_EQ(counter_.handled, 0);
}

TEST_F(NetworkTest, LosesAndRepeatsAsTold) {
    Fault fault = Fault::LoseRequest;
    network_.set_faults([&](const deliver::HttpRequest&) { return fault; });
    EXPECT_EQ(client_->send(request()).kind, Kind::Unknown);
    EXPECT_EQ(counter_.handled, 0);
    fault = Fault::LoseReply;
    EXPECT_EQ(client_->send(request()).kind, Kind::Unknown);
    EXPECT_EQ(counter_.handled, 1);
    fault = Fault::Repeat;
    EXPECT_EQ(client_->send(request()).reply.body, "3");
}

TEST_F(NetworkTest, SendsNothingThatMayNotBeSentOrTaken) {
    auto held = request();
    held.may_send = [] { return false; };
    EXPECT_EQ(client_->send(held).reason, "held-back");
    auto large = request();
    large.body = "more than ten";
    EXPECT_EQ(client_->send(large).reply.status, 413);
    network_.stop_listening("https://a.example");
    EXPECT_EQ(client_->send(request()).reason, "connect");
    EXPECT_EQ(counter_.handled, 0);
}

}  // namespace
}  // namespace tsunagi::simulate

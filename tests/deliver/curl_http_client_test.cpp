// The client against a real HTTPS server on loopback. Every wait is bounded by the client's own
// times.
#include "deliver/curl_http_client.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdlib>
#include <mutex>
#include <thread>
#include <vector>

#include "serve/server.h"
#include "support/certificates.h"

namespace tsunagi::deliver {
namespace {

using Kind = HttpOutcome::Kind;
using std::chrono::milliseconds;
using std::chrono::seconds;

class Partner final : public serve::Handler {
public:
    serve::Admission admit(const serve::Request&) override {
        return {.body_bytes = 8U << 20, .refusal = std::nullopt};
    }
    serve::Response handle(const serve::Request& request) override {
        ++handled;
        const std::string path = request.path.empty() ? "" : request.path[0];
        if (path == "hang") {
            std::unique_lock lock(mutex_);
            changed_.wait_for(lock, seconds{10}, [this] { return go_; });
        }
        serve::Response response;
        response.content_type = serve::kJson;
        response.body = request.method + " " + std::to_string(request.body.size());
        if (path == "redirect") {
            response.status = 302;
            response.fields = {{"Location", "/elsewhere"}};
        } else if (path == "busy") {
            response.status = 503;
            response.fields = {{"Retry-After", "7"}};
        } else if (path == "large") {
            response.body.assign(2U << 20, 'x');
        } else if (path == "fields") {
            response.body = std::string{request.field("if-match")} + "|" +
                            std::string{request.field("expect")} + "|" +
                            std::string{request.field("content-type")};
        }
        const std::lock_guard lock(mutex_);
        peer = request.peer;
        return response;
    }
    void release() {
        {
            const std::lock_guard lock(mutex_);
            go_ = true;
        }
        changed_.notify_all();
    }
    std::atomic<int> handled{0};
    std::optional<serve::Fingerprint> peer;

private:
    std::mutex mutex_;
    std::condition_variable changed_;
    bool go_ = false;
};

/// Carries bytes between the client and the server at `port`. Told to lose an answer, it ends the
/// connection of the next request at the first byte that the server answers.
class Wire {
public:
    explicit Wire(std::uint16_t port) : server_(port) {
        listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        sockaddr_in address = loopback(0);
        socklen_t size = sizeof(address);
        EXPECT_EQ(::bind(listener_, reinterpret_cast<sockaddr*>(&address), size), 0);
        EXPECT_EQ(::listen(listener_, 8), 0);
        EXPECT_EQ(::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size), 0);
        port_ = ntohs(address.sin_port);
        thread_ = std::thread([this] { run(); });
    }
    ~Wire() {
        stop_ = true;
        thread_.join();
        ::close(listener_);
    }
    Wire(const Wire&) = delete;
    Wire& operator=(const Wire&) = delete;

    std::uint16_t port() const { return port_; }
    void lose_an_answer() { lose_ = true; }

private:
    struct Pair {
        int client, server;
        bool asked = false;  ///< bytes came from the client since its answer is to be lost
    };
    static sockaddr_in loopback(std::uint16_t port) {
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        address.sin_port = htons(port);
        return address;
    }
    /// False: the connection is over.
    static bool carry(int from, int to) {
        std::array<char, 16384> bytes;
        const ssize_t got = ::recv(from, bytes.data(), bytes.size(), 0);
        if (got <= 0) return false;
        for (ssize_t sent = 0; sent < got;) {
            const ssize_t more =
                ::send(to, bytes.data() + sent, static_cast<std::size_t>(got - sent), MSG_NOSIGNAL);
            if (more <= 0) return false;
            sent += more;
        }
        return true;
    }
    void run() {
        std::vector<Pair> pairs;
        while (!stop_) {
            std::vector<pollfd> polled{{listener_, POLLIN, 0}};
            for (const Pair& pair : pairs) {
                polled.push_back({pair.client, POLLIN, 0});
                polled.push_back({pair.server, POLLIN, 0});
            }
            ::poll(polled.data(), polled.size(), 20);
            std::vector<Pair> open;
            for (std::size_t i = 0; i < pairs.size(); ++i) {
                Pair pair = pairs[i];
                bool alive = true;
                if (polled[1 + 2 * i].revents != 0) {
                    pair.asked = lose_;
                    alive = carry(pair.client, pair.server);
                }
                if (alive && polled[2 + 2 * i].revents != 0) {
                    const bool lost = pair.asked && lose_.exchange(false);
                    alive = !lost && carry(pair.server, pair.client);
                }
                if (alive) {
                    open.push_back(pair);
                } else {
                    ::close(pair.client);
                    ::close(pair.server);
                }
            }
            pairs = std::move(open);
            if (polled[0].revents == 0) continue;
            const int client = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
            const int server = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
            const sockaddr_in address = loopback(server_);
            (void)::connect(server, reinterpret_cast<const sockaddr*>(&address), sizeof(address));
            pairs.push_back({client, server});
        }
        for (const Pair& pair : pairs) {
            ::close(pair.client);
            ::close(pair.server);
        }
    }

    const std::uint16_t server_;
    std::uint16_t port_ = 0;
    int listener_ = -1;
    std::atomic<bool> lose_{false}, stop_{false};
    std::thread thread_;
};

class CurlHttpClientTest : public testing::Test {
protected:
    CurlHttpClientTest() {
        serve::ServerOptions options;
        options.tls = {.certificate = hospital_.certificate,
                       .key = hospital_.key,
                       .client_ca = certificates_.authority()};
        auto started = serve::Server::start(options, partner_, clock_);
        if (started) server_ = std::move(started).value();
    }
    void SetUp() override { ASSERT_NE(server_, nullptr); }
    void TearDown() override { partner_.release(); }

    ClientTls tls() const {
        return {.certificate = gateway_.certificate,
                .key = gateway_.key,
                .authority = certificates_.authority()};
    }
    HttpRequest request(const std::string& path, std::string method = "GET",
                        std::string body = {}) const {
        HttpRequest request;
        request.method = std::move(method);
        request.url = "https://127.0.0.1:" + std::to_string(server_->port()) + path;
        request.body = std::move(body);
        request.peer.fingerprint = hospital_.fingerprint;
        request.peer.organisation = "hospital-a";
        return request;
    }

    const support::TestCertificates certificates_;
    const support::CertificateFiles hospital_ =
        certificates_.issue("hospital-a", crypto::CertificateUse::Server);
    const support::CertificateFiles gateway_ =
        certificates_.issue("gateway", crypto::CertificateUse::Client);
    SystemClock clock_;
    Partner partner_;
    std::unique_ptr<serve::Server> server_;
    CurlHttpClient client_{tls()};
};

TEST_F(CurlHttpClientTest, SendsAndReadsAnAnswerWithOurCertificate) {
    for (const std::string method : {"GET", "POST", "PUT"}) {
        const std::string body = method == "GET" ? "" : R"({"resourceType":"Task"})";
        const auto outcome = client_.send(request("/fhir/Task", method, body));
        ASSERT_EQ(outcome.kind, Kind::Replied) << outcome.reason;
        EXPECT_EQ(outcome.reply.status, 200);
        EXPECT_EQ(outcome.reply.body, method + " " + std::to_string(body.size()));
        EXPECT_EQ(outcome.reply.field("content-type"), serve::kJson);
    }
    EXPECT_EQ(partner_.peer, gateway_.fingerprint);
}

TEST_F(CurlHttpClientTest, SendsItsFieldsAndNoExpect) {
    auto put = request("/fields", "PUT", std::string(3U << 20, 'x'));
    put.fields = {{"If-Match", "W/\"3\""}, {"Content-Type", "application/fhir+json"}};
    const auto outcome = client_.send(put);
    ASSERT_EQ(outcome.kind, Kind::Replied) << outcome.reason;
    EXPECT_EQ(outcome.reply.body, "W/\"3\"||application/fhir+json");
}

TEST_F(CurlHttpClientTest, KeepsItsConnectionForReadingAndWriting) {
    for (int i = 0; i < 3; ++i) {
        ASSERT_EQ(client_.send(request("/a")).kind, Kind::Replied);
        ASSERT_EQ(client_.send(request("/a", "POST", "{}")).kind, Kind::Replied);
        ASSERT_EQ(client_.send(request("/a", "PUT", "{}")).kind, Kind::Replied);
    }
    EXPECT_EQ(server_->counters().connections, 1U);
}

TEST_F(CurlHttpClientTest, AsksBeforeItWritesOnAKeptConnectionToo) {
    ASSERT_EQ(client_.send(request("/a", "POST", "{}")).kind, Kind::Replied);
    auto held = request("/a", "POST", "{}");
    held.may_send = [] { return false; };
    EXPECT_EQ(client_.send(held).reason, "held-back");
    EXPECT_EQ(partner_.handled, 1);
}

/// The request arrives and its answer is lost with the kept connection: libcurl by itself would
/// send it again, five times.
TEST_F(CurlHttpClientTest, NeverWritesTwiceWhatWasLostOnAKeptConnection) {
    Wire wire(server_->port());
    for (const std::string method : {"POST", "PUT"}) {
        auto sent = request("/a", method, "{}");
        sent.url = "https://127.0.0.1:" + std::to_string(wire.port()) + "/a";
        ASSERT_EQ(client_.send(sent).kind, Kind::Replied);
        const int before = partner_.handled;
        wire.lose_an_answer();
        int asked = 0;
        sent.may_send = [&] { return ++asked > 0; };
        const auto outcome = client_.send(sent);
        EXPECT_EQ(outcome.kind, Kind::Unknown) << method;
        EXPECT_EQ(outcome.reason, "connection-lost");
        EXPECT_EQ(partner_.handled, before + 1) << "it arrived, once";
        EXPECT_EQ(asked, 1);
        EXPECT_EQ(client_.send(sent).kind, Kind::Replied) << "on a connection of its own";
    }
}

TEST_F(CurlHttpClientTest, ReadsAgainWhatWasLostOnAKeptConnection) {
    Wire wire(server_->port());
    auto read = request("/a");
    read.url = "https://127.0.0.1:" + std::to_string(wire.port()) + "/a";
    ASSERT_EQ(client_.send(read).kind, Kind::Replied);
    wire.lose_an_answer();
    EXPECT_EQ(client_.send(read).kind, Kind::Replied);
    EXPECT_EQ(partner_.handled, 3);
}

TEST_F(CurlHttpClientTest, SendsNothingToAnotherCertificate) {
    auto wrong = request("/a", "POST", "{}");
    (*wrong.peer.fingerprint)[0] ^= 1U;
    const auto outcome = client_.send(wrong);
    EXPECT_EQ(outcome.kind, Kind::NotSent);
    EXPECT_EQ(outcome.reason, "peer");
    EXPECT_EQ(partner_.handled, 0);
}

TEST_F(CurlHttpClientTest, SendsNothingToAnotherOrganisation) {
    auto wrong = request("/a", "POST", "{}");
    wrong.peer.organisation = "hospital-b";
    const auto outcome = client_.send(wrong);
    EXPECT_EQ(outcome.kind, Kind::NotSent);
    EXPECT_EQ(outcome.reason, "peer");
    EXPECT_EQ(partner_.handled, 0);
}

/// A kept connection has proven another expectation: it must not serve this one.
TEST_F(CurlHttpClientTest, DoesNotReuseAConnectionForAnotherExpectation) {
    ASSERT_EQ(client_.send(request("/a")).kind, Kind::Replied);
    auto wrong = request("/a");
    wrong.peer.organisation = "hospital-b";
    EXPECT_EQ(client_.send(wrong).kind, Kind::NotSent);
}

TEST_F(CurlHttpClientTest, TrustsOnlyOurAuthority) {
    const auto stranger =
        certificates_.issue_by_stranger("hospital-a", crypto::CertificateUse::Server);
    serve::ServerOptions options;
    options.tls = {.certificate = stranger.certificate,
                   .key = stranger.key,
                   .client_ca = certificates_.authority()};
    const auto other = serve::Server::start(options, partner_, clock_);
    ASSERT_TRUE(other.ok());
    auto to_stranger = request("/a", "POST", "{}");
    to_stranger.url = "https://127.0.0.1:" + std::to_string((*other)->port()) + "/a";
    to_stranger.peer.fingerprint = stranger.fingerprint;
    const auto outcome = client_.send(to_stranger);
    EXPECT_EQ(outcome.kind, Kind::NotSent);
    EXPECT_EQ(partner_.handled, 0);
}

TEST_F(CurlHttpClientTest, TrustsACertificateForItsHostOnly) {
    auto other_name = request("/a");
    other_name.url = "https://127.0.0.2:" + std::to_string(server_->port()) + "/a";
    EXPECT_EQ(client_.send(other_name).kind, Kind::NotSent);
}

TEST_F(CurlHttpClientTest, DoesNotFollowARedirect) {
    const auto outcome = client_.send(request("/redirect"));
    ASSERT_EQ(outcome.kind, Kind::Replied);
    EXPECT_EQ(outcome.reply.status, 302);
    EXPECT_EQ(partner_.handled, 1);
}

TEST_F(CurlHttpClientTest, ShowsRetryAfter) {
    const auto outcome = client_.send(request("/busy"));
    EXPECT_EQ(outcome.reply.status, 503);
    EXPECT_EQ(outcome.reply.field("retry-after"), "7");
}

TEST_F(CurlHttpClientTest, SaysThatNothingWasSentWhenNobodyListens) {
    auto nobody = request("/a", "POST", "{}");
    server_->stop();
    const auto outcome = client_.send(nobody);
    EXPECT_EQ(outcome.kind, Kind::NotSent);
    EXPECT_EQ(outcome.reason, "connect");
}

TEST_F(CurlHttpClientTest, SaysThatNothingWasSentWhenTheHandshakeHangs) {
    const int listener = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof(address);
    ASSERT_EQ(bind(listener, reinterpret_cast<const sockaddr*>(&address), size), 0);
    ASSERT_EQ(listen(listener, 1), 0);
    ASSERT_EQ(getsockname(listener, reinterpret_cast<sockaddr*>(&address), &size), 0);
    auto silent = request("/a", "POST", "{}");
    silent.url = "https://127.0.0.1:" + std::to_string(ntohs(address.sin_port)) + "/a";
    silent.connect_time = milliseconds{200};
    const auto outcome = client_.send(silent);
    EXPECT_EQ(outcome.kind, Kind::NotSent);
    EXPECT_EQ(outcome.reason, "timeout");
    ::close(listener);
}

TEST_F(CurlHttpClientTest, SaysThatTheOutcomeIsUnknownWhenTheAnswerDoesNotCome) {
    auto slow = request("/hang", "POST", "{}");
    slow.total_time = milliseconds{300};
    const auto outcome = client_.send(slow);
    EXPECT_EQ(outcome.kind, Kind::Unknown);
    EXPECT_EQ(outcome.reason, "timeout");
    EXPECT_EQ(partner_.handled, 1);
}

TEST_F(CurlHttpClientTest, DoesNotTakeAnAnswerOverItsLimit) {
    auto large = request("/large", "POST", "{}");
    large.reply_bytes = 1U << 20;
    const auto outcome = client_.send(large);
    EXPECT_EQ(outcome.kind, Kind::Unknown);
    EXPECT_EQ(outcome.reason, "reply-too-large");
    large.reply_bytes = 2U << 20;
    EXPECT_EQ(client_.send(large).kind, Kind::Replied);
}

TEST_F(CurlHttpClientTest, AsksOnceMoreBeforeItWrites) {
    auto held = request("/a", "POST", "{}");
    held.may_send = [] { return false; };
    const auto outcome = client_.send(held);
    EXPECT_EQ(outcome.kind, Kind::NotSent);
    EXPECT_EQ(outcome.reason, "held-back");
    EXPECT_EQ(partner_.handled, 0);
    held.may_send = [] { return true; };
    EXPECT_EQ(client_.send(held).kind, Kind::Replied);
}

TEST_F(CurlHttpClientTest, RefusesWhatIsNotHttpsOrNotClean) {
    for (const char* url : {"http://127.0.0.1/", "file:///etc/hostname", "https://user@127.0.0.1/",
                            "https://127.0.0.1/a b", "https://127.0.0.1/\r\nX: y", ""}) {
        auto bad = request("/a");
        bad.url = url;
        EXPECT_EQ(client_.send(bad).reason, "malformed-request") << url;
    }
    auto split = request("/a");
    split.fields = {{"If-Match", "a\r\nX: y"}};
    EXPECT_EQ(client_.send(split).reason, "malformed-request");
    auto method = request("/a");
    method.method = "DELETE";
    EXPECT_EQ(client_.send(method).reason, "malformed-request");
    EXPECT_EQ(partner_.handled, 0);
}

TEST_F(CurlHttpClientTest, IgnoresTheProxyOfTheEnvironment) {
    setenv("https_proxy", "http://127.0.0.1:1", 1);
    EXPECT_EQ(client_.send(request("/a")).kind, Kind::Replied);
    unsetenv("https_proxy");
}

TEST_F(CurlHttpClientTest, UsesRenewedFilesAfterReload) {
    ASSERT_EQ(client_.send(request("/a")).kind, Kind::Replied);
    const auto renewed = certificates_.issue("gateway", crypto::CertificateUse::Client);
    client_.reload();
    ASSERT_EQ(client_.send(request("/a")).kind, Kind::Replied);
    EXPECT_EQ(partner_.peer, renewed.fingerprint);
}

TEST_F(CurlHttpClientTest, EndsASendThatIsInterrupted) {
    auto slow = request("/hang", "POST", "{}");
    const auto began = std::chrono::steady_clock::now();
    std::thread stopper([this] {
        for (int i = 0; i < 2000 && partner_.handled == 0; ++i)
            std::this_thread::sleep_for(milliseconds{1});
        client_.interrupt();
    });
    const auto outcome = client_.send(slow);
    stopper.join();
    EXPECT_EQ(outcome.kind, Kind::Unknown);
    EXPECT_EQ(outcome.reason, "interrupted");
    EXPECT_LT(std::chrono::steady_clock::now() - began, seconds{5});
    EXPECT_EQ(client_.send(request("/a")).kind, Kind::NotSent);
}

}  // namespace
}  // namespace tsunagi::deliver

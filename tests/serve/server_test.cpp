// The server over real TLS sockets. Times are shortened by options; every wait is bounded.
#include "serve/server.h"

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <fstream>
#include <future>
#include <mutex>
#include <stdexcept>
#include <thread>

#include "serve/fixture.h"
#include "serve/problem.h"
#include "serve/tls_client.h"
#include "support/certificates.h"

namespace tsunagi::serve {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::HasSubstr;

constexpr const char* kHello = "GET /hello HTTP/1.1\r\nHost: gateway.example\r\n\r\n";

/// Answers everything with 200 and what it was asked, apart from a few paths.
class EchoHandler final : public Handler {
public:
    Admission admit(const Request& head) override {
        if (!head.path.empty() && head.path[0] == "refuse")
            return {.body_bytes = 0, .refusal = problem(403)};
        return {.body_bytes = kWireBodyLimit, .refusal = std::nullopt};
    }
    Response handle(const Request& request) override {
        ++handled;
        if (request.path == std::vector<std::string>{"throw"}) throw std::runtime_error("planted");
        if (request.path == std::vector<std::string>{"wait"}) {
            std::unique_lock lock(mutex);
            ++waiting;
            changed.notify_all();
            changed.wait_for(lock, seconds{10}, [this] { return go; });
        }
        Response response;
        response.content_type = kJson;
        response.body = "{\"body\":" + std::to_string(request.body.size()) + "}";
        if (request.path == std::vector<std::string>{"large"}) response.body.assign(4U << 20, 'x');
        const std::lock_guard lock(mutex);
        peer = request.peer;
        return response;
    }
    void wait_for_waiting() {
        std::unique_lock lock(mutex);
        ASSERT_TRUE(changed.wait_for(lock, seconds{10}, [this] { return waiting > 0; }));
    }
    void release() {
        {
            const std::lock_guard lock(mutex);
            go = true;
        }
        changed.notify_all();
    }

    std::atomic<int> handled{0};
    std::mutex mutex;
    std::condition_variable changed;
    std::optional<Fingerprint> peer;
    int waiting = 0;
    bool go = false;
};

class ServerTest : public testing::Test {
protected:
    void start(ServerOptions options = {}) {
        options.tls = tls();
        auto started = Server::start(options, handler_, clock_);
        ASSERT_TRUE(started.ok()) << to_string(started.error());
        server_ = std::move(started).value();
    }
    TlsFiles tls() const {
        return {.certificate = gateway_.certificate,
                .key = gateway_.key,
                .client_ca = certificates_.authority()};
    }
    std::unique_ptr<TlsClient> client() const {
        return std::make_unique<TlsClient>(server_->port(), &clinic_);
    }
    int raw_connection() const {
        const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_port = htons(server_->port());
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        if (connect(socket, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0)
            return socket;
        ::close(socket);
        return -1;
    }
    template <class Condition>
    static bool soon(Condition condition) {
        const auto until = std::chrono::steady_clock::now() + seconds{10};
        while (!condition()) {
            if (std::chrono::steady_clock::now() > until) return false;
            std::this_thread::sleep_for(milliseconds{2});
        }
        return true;
    }

    const support::TestCertificates certificates_;
    const support::CertificateFiles gateway_ =
        certificates_.issue("gateway", crypto::CertificateUse::Server);
    const support::CertificateFiles clinic_ =
        certificates_.issue("clinic", crypto::CertificateUse::Client);
    SystemClock clock_;
    EchoHandler handler_;
    std::unique_ptr<Server> server_;
};

TEST_F(ServerTest, AnswersEveryWireCaseOverTls) {
    start();
    std::size_t cases = 0;
    for (const auto& one : wire_cases()) {
        SCOPED_TRACE(one.name);
        ++cases;
        auto client = this->client();
        ASSERT_TRUE(client->connected());
        ASSERT_TRUE(client->send(one.bytes));
        auto statuses = one.statuses;
        // A TCP end without TLS close_notify leaves nobody to answer: all that counts is that the
        // cut message is not accepted.
        if (one.after_end) statuses.pop_back();
        const bool head_only = one.bytes.starts_with("HEAD");
        const bool waits = one.bytes.find("Expect: 100-continue") != std::string::npos;
        for (const int status : statuses) {
            auto answer = client->read(head_only);
            if (waits && answer && answer->status == 100) answer = client->read();
            ASSERT_TRUE(answer.has_value());
            EXPECT_EQ(answer->status, status);
        }
        if (one.after_end) {
            client->end();
            const auto answer = client->read();
            EXPECT_TRUE(!answer || answer->status == 400);
        }
        if (one.kept) {
            ASSERT_TRUE(client->send(kNextRequest));
            const auto answer = client->read();
            ASSERT_TRUE(answer.has_value());
            EXPECT_EQ(answer->status, 200);
        } else {
            EXPECT_TRUE(client->closed());
        }
    }
    EXPECT_EQ(cases, kWireCases);
    EXPECT_EQ(server_->counters().late, 0U);
}

TEST_F(ServerTest, TellsTheHandlerWhoseCertificateItIs) {
    start();
    auto client = this->client();
    ASSERT_TRUE(client->send(kHello));
    ASSERT_TRUE(client->read().has_value());
    const std::lock_guard lock(handler_.mutex);
    EXPECT_EQ(handler_.peer, clinic_.fingerprint);
}

TEST_F(ServerTest, ServesAClientWithoutCertificateOnceAndSaysSo) {
    start();
    TlsClient client(server_->port(), nullptr);
    ASSERT_TRUE(client.send(kHello));
    const auto answer = client.read();
    ASSERT_TRUE(answer.has_value());
    EXPECT_THAT(answer->head, HasSubstr("Connection: close"));
    EXPECT_TRUE(client.closed());
    const std::lock_guard lock(handler_.mutex);
    EXPECT_EQ(handler_.peer, std::nullopt);
}

TEST_F(ServerTest, RefusesACertificateOfAnotherAuthority) {
    start();
    const auto stranger = certificates_.issue_by_stranger("clinic", crypto::CertificateUse::Client);
    TlsClient client(server_->port(), &stranger);
    client.send(kHello);  // TLS 1.3: the client learns of the refusal when it reads
    EXPECT_FALSE(client.read().has_value());
    EXPECT_TRUE(soon([&] { return server_->counters().tls_failed == 1; }));
    EXPECT_EQ(handler_.handled, 0);
}

TEST_F(ServerTest, DoesNotAnswerPlainText) {
    start();
    const int socket = raw_connection();
    ASSERT_GE(socket, 0);
    ASSERT_GT(::send(socket, kHello, std::string_view{kHello}.size(), MSG_NOSIGNAL), 0);
    EXPECT_TRUE(soon([&] { return server_->counters().tls_failed == 1; }));
    ::close(socket);
    EXPECT_EQ(handler_.handled, 0);
}

TEST_F(ServerTest, ShutsSlowClientsWhileHealthyOnesAreAnswered) {
    ServerOptions options;
    options.header_time = milliseconds{400};
    options.grace_time = milliseconds{400};
    start(options);

    constexpr std::uint64_t kEach = 8;
    std::vector<int> silent;  // no TLS hello
    for (std::uint64_t i = 0; i < kEach; ++i) silent.push_back(raw_connection());
    std::vector<std::unique_ptr<TlsClient>> slow;
    for (std::uint64_t i = 0; i < kEach; ++i) {
        slow.push_back(client());  // half a header block
        slow.back()->send("GET /hello HTTP/1.1\r\nHost: gat");
        slow.push_back(client());  // a body that stops
        slow.back()->send("POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\n{");
        slow.push_back(client());  // a chunk that never ends
        slow.back()->send("POST /a HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nA\r\n");
    }
    auto healthy = client();
    for (int i = 0; i < 200; ++i) {
        ASSERT_TRUE(healthy->send(kHello));
        const auto answer = healthy->read();
        ASSERT_TRUE(answer.has_value());
        ASSERT_EQ(answer->status, 200);
    }
    EXPECT_TRUE(soon([&] { return server_->counters().late == 4 * kEach; }))
        << server_->counters().late;
    for (const auto& one : slow) EXPECT_TRUE(one->closed());
    for (const int socket : silent) {
        char byte = 0;
        EXPECT_LE(recv(socket, &byte, 1, 0), 0);
        ::close(socket);
    }
    EXPECT_EQ(server_->counters().turned_away, 0U);
}

/// Bar H2 of the security reference at its full number: 2,000 connections that never say a word.
TEST_F(ServerTest, AnswersAHealthyClientBesideTwoThousandSilentOnes) {
    constexpr std::size_t kSilent = 2000;
    rlimit limit{};
    getrlimit(RLIMIT_NOFILE, &limit);
    if (limit.rlim_max < kSilent * 2 + 300)
        GTEST_SKIP() << "needs " << kSilent * 2 + 300 << " descriptors, may have "
                     << limit.rlim_max;
    start();
    std::vector<int> silent;
    for (std::size_t i = 0; i < kSilent; ++i) silent.push_back(raw_connection());
    EXPECT_EQ(std::count(silent.begin(), silent.end(), -1), 0);
    auto healthy = client();
    int answered = 0;
    for (int i = 0; i < 200; ++i) {
        if (!healthy->send(kHello)) break;
        const auto answer = healthy->read();
        answered += answer && answer->status == 200 ? 1 : 0;
    }
    EXPECT_EQ(answered, 200);
    EXPECT_EQ(server_->counters().turned_away, 0U);
    for (const int socket : silent) ::close(socket);
}

TEST_F(ServerTest, ShutsAHeaderThatTricklesWithinTheTotalTime) {
    ServerOptions options;
    options.header_time = milliseconds{300};
    start(options);
    auto client = this->client();
    const auto began = std::chrono::steady_clock::now();
    // A byte every 20 ms keeps any time-out per read alive; only a total ends it.
    for (int i = 0; i < 500 && client->send("G"); ++i)
        std::this_thread::sleep_for(milliseconds{20});
    EXPECT_LT(std::chrono::steady_clock::now() - began, seconds{5});
    EXPECT_EQ(server_->counters().late, 1U);
}

TEST_F(ServerTest, ShutsAClientThatDoesNotReadItsAnswer) {
    ServerOptions options;
    options.grace_time = milliseconds{200};
    options.bytes_per_second = 1U << 30;
    start(options);
    auto client = this->client();
    ASSERT_TRUE(client->send("GET /large HTTP/1.1\r\nHost: a\r\n\r\n"));
    EXPECT_TRUE(soon([&] { return server_->counters().late == 1; }));
}

TEST_F(ServerTest, EndsAConnectionThatStaysIdle) {
    ServerOptions options;
    options.idle_time = milliseconds{100};
    start(options);
    auto client = this->client();
    ASSERT_TRUE(client->send(kHello));
    ASSERT_TRUE(client->read().has_value());
    EXPECT_TRUE(client->closed());
}

TEST_F(ServerTest, SendsContinueOnlyToARequestItAdmits) {
    start();
    auto client = this->client();
    const std::string fields = " HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: ";
    ASSERT_TRUE(client->send("POST /a" + fields + "2\r\n\r\n"));
    ASSERT_EQ(client->read()->status, 100);
    ASSERT_TRUE(client->send("{}"));
    const auto answer = client->read();
    ASSERT_TRUE(answer.has_value());
    EXPECT_EQ(answer->body, "{\"body\":2}");
    for (const char* target : {"/refuse", "/a"}) {
        auto refused = this->client();
        ASSERT_TRUE(refused->send("POST " + std::string{target} + fields +
                                  (target[1] == 'r' ? "2" : "9999") + "\r\n\r\n"));
        const auto refusal = refused->read();
        ASSERT_TRUE(refusal.has_value());
        EXPECT_EQ(refusal->status, target[1] == 'r' ? 403 : 413);
        EXPECT_TRUE(refused->closed());
    }
}

TEST_F(ServerTest, LetsAClientReadWhyItsUploadWasRefused) {
    start();
    auto client = this->client();
    ASSERT_TRUE(client->send("POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 200000\r\n\r\n"));
    client->send(std::string(200'000, 'x'));
    const auto answer = client->read();
    ASSERT_TRUE(answer.has_value());
    EXPECT_EQ(answer->status, 413);
    EXPECT_THAT(answer->body, HasSubstr("OperationOutcome"));
}

TEST_F(ServerTest, KeepsTheConnectionAfterARefusalWithoutBody) {
    start();
    auto client = this->client();
    ASSERT_TRUE(client->send("GET /refuse HTTP/1.1\r\nHost: a\r\n\r\n"));
    ASSERT_EQ(client->read()->status, 403);
    ASSERT_TRUE(client->send(kHello));
    EXPECT_EQ(client->read()->status, 200);
}

TEST_F(ServerTest, AnswersPlainlyWhenTheHandlerThrows) {
    start();
    auto client = this->client();
    ASSERT_TRUE(client->send("GET /throw HTTP/1.1\r\nHost: a\r\n\r\n"));
    const auto answer = client->read();
    ASSERT_TRUE(answer.has_value());
    EXPECT_EQ(answer->status, 500);
    EXPECT_THAT(answer->body, testing::Not(HasSubstr("planted")));
    EXPECT_TRUE(client->closed());
    EXPECT_EQ(server_->counters().failed, 1U);
}

TEST_F(ServerTest, NeverRepeatsAWordOfTheRequestInItsHead) {
    start();
    auto client = this->client();
    ASSERT_TRUE(
        client->send("GET /canary1?x=canary2 HTTP/1.1\r\nHost: canary3\r\nX-A: canary4\r\n"
                     "Origin: https://canary5\r\n\r\n"));
    const auto answer = client->read();
    ASSERT_TRUE(answer.has_value());
    EXPECT_EQ(answer->head.find("canary"), std::string::npos);
}

TEST_F(ServerTest, StopsAtOnceWhenAllAreIdle) {
    start();
    auto client = this->client();
    ASSERT_TRUE(client->send(kHello));
    ASSERT_TRUE(client->read().has_value());
    const auto began = std::chrono::steady_clock::now();
    EXPECT_TRUE(server_->stop());
    EXPECT_LT(std::chrono::steady_clock::now() - began, seconds{5});
    EXPECT_TRUE(client->closed());
    EXPECT_LT(raw_connection(), 0);
}

TEST_F(ServerTest, FinishesARequestInFlightBeforeItStops) {
    start();
    auto client = this->client();
    ASSERT_TRUE(client->send("GET /wait HTTP/1.1\r\nHost: a\r\n\r\n"));
    handler_.wait_for_waiting();
    auto stopped = std::async(std::launch::async, [&] { return server_->stop(); });
    handler_.release();
    const auto answer = client->read();
    ASSERT_TRUE(answer.has_value());
    EXPECT_EQ(answer->status, 200);
    EXPECT_TRUE(stopped.get());
}

TEST_F(ServerTest, ShutsWhatIsLeftAtTheDeadlineOfStop) {
    start();
    auto client = this->client();
    ASSERT_TRUE(client->send("POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\n{"));
    ASSERT_TRUE(soon([&] { return server_->counters().open == 1; }));
    EXPECT_FALSE(server_->stop(milliseconds{50}));
    EXPECT_TRUE(client->closed());
}

TEST_F(ServerTest, ShowsARenewedCertificateAfterReload) {
    start();
    auto before = client();
    const auto old = before->server_certificate();
    certificates_.issue("gateway", crypto::CertificateUse::Server);  // into the same files
    ASSERT_TRUE(server_->reload().ok());
    EXPECT_NE(client()->server_certificate(), old);
    ASSERT_TRUE(before->send(kHello));  // connections from before go on
    EXPECT_TRUE(before->read().has_value());
}

TEST_F(ServerTest, KeepsTheOldCertificateWhenTheNewOneIsBroken) {
    start();
    std::ofstream(gateway_.certificate) << "broken";
    const auto reloaded = server_->reload();
    ASSERT_FALSE(reloaded.ok());
    EXPECT_EQ(reloaded.error().code, Code::Invalid);
    auto client = this->client();
    ASSERT_TRUE(client->send(kHello));
    EXPECT_TRUE(client->read().has_value());
}

TEST_F(ServerTest, DoesNotStartWithoutReadableCertificates) {
    ServerOptions options;
    options.tls = tls();
    options.tls.key = clinic_.key;
    const auto started = Server::start(options, handler_, clock_);
    ASSERT_FALSE(started.ok());
    EXPECT_EQ(started.error().code, Code::Invalid);
}

TEST_F(ServerTest, DoesNotShareItsPort) {
    start();
    ServerOptions options;
    options.tls = tls();
    options.port = server_->port();
    const auto second = Server::start(options, handler_, clock_);
    ASSERT_FALSE(second.ok());
    EXPECT_EQ(second.error().code, Code::Unavailable);
}

}  // namespace
}  // namespace tsunagi::serve

// A hospital reads while consent is withdrawn, over real TLS sockets (security.md C4): a read that
// began before may finish, none that begins after the withdrawal was answered shows the identity.
#include <gtest/gtest.h>

#include <atomic>
#include <iostream>
#include <latch>
#include <mutex>
#include <thread>

#include "serve/gateway_routes.h"
#include "serve/server.h"
#include "serve/tls_client.h"
#include "support/certificates.h"
#include "support/result_matchers.h"
#include "support/test_gateway.h"
#include "support/volume.h"

namespace tsunagi::serve {
namespace {

using support::TestGateway;
using Time = std::chrono::steady_clock::time_point;

constexpr std::string_view kHospital = "hp-tanashi";
constexpr std::string_view kName = "田邉";

Time now() { return std::chrono::steady_clock::now(); }

/// Between routes and sockets: a test looks at answers there, or plants a fault.
class Between final : public Handler {
public:
    using Then = std::function<void(const Request&, Response&)>;
    explicit Between(Handler& behind) : behind_(behind) {}
    Admission admit(const Request& head) override { return behind_.admit(head); }
    Response handle(const Request& request) override {
        Response response = behind_.handle(request);
        if (then) then(request, response);
        return response;
    }
    Then then;

private:
    Handler& behind_;
};

struct Read {
    Time begun;
    int status = 0;
    bool identity = false;
};

class ReadingRace : public testing::Test {
protected:
    ReadingRace() {
        services_.emplace(Services{gateway_.exchange(), gateway_.inquire(), gateway_.log_key(),
                                   [] { return Status{}; }, [] { return Status{}; },
                                   [] { return std::string{}; }});
        router_.emplace(gateway_routes(*services_), gateway_.directory(), gateway_.clock(),
                        gateway_.log());
        between_.emplace(*router_);
        // The two partners of the race are known by certificates that exist.
        std::string text = support::directory_text();
        const auto put = [&](char digit, const support::CertificateFiles& own) {
            const std::string old = R"("certificates":[{"sha256":")" + std::string(64, digit);
            const auto found = text.find(old);
            EXPECT_NE(found, std::string::npos);
            text.replace(found, old.size(),
                         R"("certificates":[{"sha256":")" + to_hex(own.fingerprint));
        };
        put('1', clinic_);
        put('a', hospital_);
        auto directory = access::Directory::parse(text);
        EXPECT_OK(directory);
        gateway_.directory().replace(std::move(*directory));
        ServerOptions options;
        options.tls = {.certificate = server_files_.certificate,
                       .key = server_files_.key,
                       .client_ca = certificates_.authority()};
        auto started = Server::start(options, *between_, clock_);
        EXPECT_OK(started);
        server_ = std::move(*started);
    }

    /// A case whose release the hospital has.
    void released_case(const std::string& key) {
        id_ = gateway_.submit("nishitokyo_full.in.json", key);
        gateway_.deliver_all();
        alias_ = gateway_.alias(id_, kHospital);
        gateway_.accept(id_, kHospital);
        gateway_.deliver_all();
    }

    static std::string request(std::string_view method, const std::string& target,
                               std::string_view body = {}) {
        std::string text =
            std::string{method} + " " + target + " HTTP/1.1\r\nHost: gateway.example\r\n";
        if (!body.empty()) text += "Content-Type: application/json\r\n";
        if (method != "GET") text += "Content-Length: " + std::to_string(body.size()) + "\r\n";
        return text + "\r\n" + std::string{body};
    }
    Read read(TlsClient& line) const {
        Read made;
        made.begun = now();
        EXPECT_TRUE(line.send(request("GET", "/fhir/Patient/" + alias_ + "-1")));
        const auto answer = line.read();
        EXPECT_TRUE(answer);
        if (!answer) return made;
        made.status = answer->status;
        made.identity = answer->body.find(kName) != std::string::npos;
        return made;
    }
    /// Withdraws at the clinic; when the answer was there.
    Time withdraw(TlsClient& line) const {
        EXPECT_TRUE(
            line.send(request("POST", "/clinic/v1/consents/" + id_.text() + "/withdraw", "{}")));
        const auto answer = line.read();
        EXPECT_TRUE(answer);
        EXPECT_EQ(answer ? answer->status : 0, 200);
        return now();
    }

    struct Outcome {
        std::uint64_t shown = 0, refused = 0, late = 0;
    };
    /// Two readers at once and a withdrawal in between.
    Outcome race(std::uint64_t number) {
        released_case("key-" + std::to_string(number));
        constexpr int kReaders = 2, kMostReads = 500, kReadsAfter = 3;
        std::latch ready(kReaders + 1);
        std::atomic<bool> answered = false;
        std::atomic<int> shown_so_far = 0;
        std::vector<std::vector<Read>> reads(kReaders);
        std::vector<std::thread> readers;
        for (auto& mine : reads) {
            readers.emplace_back([&] {
                TlsClient line(server_->port(), &hospital_);
                EXPECT_TRUE(line.connected());
                ready.arrive_and_wait();
                int after = 0;
                for (int i = 0; i < kMostReads && after < kReadsAfter; ++i) {
                    if (answered) ++after;
                    mine.push_back(read(line));
                    if (mine.back().identity) ++shown_so_far;
                }
            });
        }
        TlsClient line(server_->port(), &clinic_);
        EXPECT_TRUE(line.connected());
        ready.arrive_and_wait();
        // Somewhere in the first reads.
        const int wanted = static_cast<int>(SeededRandom(number).below(4));
        const Time patience = now() + std::chrono::seconds{5};
        while (shown_so_far < wanted && now() < patience) std::this_thread::yield();
        const Time done = withdraw(line);
        answered = true;
        for (auto& reader : readers) reader.join();
        Outcome outcome;
        for (const auto& mine : reads) {
            for (const Read& each : mine) {
                ++(each.identity ? outcome.shown : outcome.refused);
                if (each.identity && each.begun > done) ++outcome.late;
            }
        }
        return outcome;
    }

    TestGateway gateway_{31};
    const support::TestCertificates certificates_;
    const support::CertificateFiles server_files_ =
        certificates_.issue("gateway", crypto::CertificateUse::Server);
    const support::CertificateFiles clinic_ =
        certificates_.issue("clinic-hibari", crypto::CertificateUse::Client);
    const support::CertificateFiles hospital_ =
        certificates_.issue(std::string{kHospital}, crypto::CertificateUse::Client);
    SystemClock clock_;
    std::optional<Services> services_;
    std::optional<Router> router_;
    std::optional<Between> between_;
    std::unique_ptr<Server> server_;
    store::CaseId id_;
    std::string alias_;
};

TEST_F(ReadingRace, NoReadBegunAfterTheWithdrawalShowsTheIdentity) {
    const std::uint64_t races = support::volume(100);
    Outcome all;
    for (std::uint64_t number = 0; number < races; ++number) {
        const Outcome one = race(number);
        ASSERT_EQ(one.late, 0U) << "race " << number;
        all.shown += one.shown;
        all.refused += one.refused;
    }
    std::cout << races << " races: " << all.shown << " reads showed the identity, " << all.refused
              << " did not, 0 that did began after the answer\n";
    EXPECT_GT(all.shown, races / 4) << "readers must win sometimes";
    EXPECT_GE(all.refused, races * 2);
}

/// A gateway that answers from what it has answered before.
TEST_F(ReadingRace, ThePlantedCacheIsFound) {
    std::mutex mutex;
    std::string kept;
    between_->then = [&](const Request& asked, Response& response) {
        if (asked.method != "GET") return;
        const std::lock_guard lock(mutex);
        if (response.status == 200) {
            kept = response.body;
        } else if (!kept.empty()) {
            response.status = 200;
            response.body = kept;
        }
    };
    std::uint64_t late = 0;
    for (std::uint64_t number = 0; number < 20 && late == 0; ++number) late += race(number).late;
    EXPECT_GT(late, 0U);
}

/// The read is rendered and not written yet; a withdrawal comes. Gives whether it was answered
/// before the read had left.
class ReadOnTheWire : public ReadingRace {
protected:
    bool overtaken(bool forgets_its_hold) {
        released_case("key");
        std::atomic<bool> withdrawing = false, answered = false, overtook = false;
        between_->then = [&](const Request& asked, Response& response) {
            if (asked.method != "GET") return;
            if (forgets_its_hold) response.held.reset();
            withdrawing = true;
            const Time until = now() + std::chrono::milliseconds{500};
            while (!answered && now() < until) std::this_thread::yield();
            overtook = answered.load();
        };
        std::thread clinic([&] {
            TlsClient line(server_->port(), &clinic_);
            const Time until = now() + std::chrono::seconds{10};
            while (!withdrawing && now() < until) std::this_thread::yield();
            withdraw(line);
            answered = true;
        });
        TlsClient line(server_->port(), &hospital_);
        const Read begun_before = read(line);
        EXPECT_TRUE(begun_before.identity) << "it may finish";
        clinic.join();
        between_->then = {};
        EXPECT_FALSE(read(line).identity);
        return overtook;
    }
};

TEST_F(ReadOnTheWire, IsWaitedFor) { EXPECT_FALSE(overtaken(false)); }
TEST_F(ReadOnTheWire, ThePlantedForgottenHoldIsFound) { EXPECT_TRUE(overtaken(true)); }

}  // namespace
}  // namespace tsunagi::serve

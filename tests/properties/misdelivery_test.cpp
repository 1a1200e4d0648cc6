// security.md I10: between queueing and sending the directory, the name, the port, the certificate
// or the hospital's answer changes. Not a byte of a body reaches an organisation that it is not
// for. Real TLS sockets on loopback; FAX's commonest leak.
#include <gtest/gtest.h>

#include <array>
#include <iostream>
#include <mutex>

#include "deliver/curl_http_client.h"
#include "deliver/exchange_outbox.h"
#include "deliver/fhir_rest_channel.h"
#include "deliver/worker.h"
#include "json/builder.h"
#include "json/reader.h"
#include "json/writer.h"
#include "serve/server.h"
#include "support/campaign.h"
#include "support/certificates.h"
#include "support/planted_client.h"
#include "support/result_matchers.h"
#include "support/test_gateway.h"

namespace tsunagi {
namespace {

using support::PlantedClient;

using support::CertificateFiles;
using support::TestGateway;

constexpr std::string_view kRight = "hp-tanashi", kWrong = "hp-sassa";
constexpr std::string_view kName = "田邉";

/// A hospital's server: takes every transaction, or sends the sender elsewhere.
class Desk final : public serve::Handler {
public:
    serve::Admission admit(const serve::Request&) override {
        return {.body_bytes = 8U << 20, .refusal = std::nullopt};
    }
    serve::Response handle(const serve::Request& request) override {
        const std::lock_guard lock(mutex_);
        ++requests_;
        bytes_ += request.body.size();
        if (request.body.find(kName) != std::string::npos) ++identities_;
        serve::Response response;
        if (redirect_ != 0) {
            response.status = redirect_;
            response.fields.push_back({"Location", elsewhere_});
            return response;
        }
        response.content_type = serve::kFhirJson;
        if (request.method != "POST") {
            response.status = 404;
            return response;
        }
        const auto sent = json::read(request.body);
        json::Document document;
        json::Builder builder(document);
        json::Node* root = builder.object();
        builder.set(root, "resourceType", "Bundle");
        builder.set(root, "type", "transaction-response");
        json::Node* entries = builder.set_array(root, "entry");
        for (std::size_t i = sent ? sent->root()["entry"].size() : 0; i > 0; --i)
            builder.set(builder.set_object(builder.add_object(entries), "response"), "status",
                        "200 OK");
        response.body = json::write(document.root());
        return response;
    }
    void redirect(int status, std::string elsewhere) {
        const std::lock_guard lock(mutex_);
        redirect_ = status;
        elsewhere_ = std::move(elsewhere);
    }
    struct Seen {
        std::uint64_t requests = 0, bytes = 0, identities = 0;
    };
    Seen seen() const {
        const std::lock_guard lock(mutex_);
        return {requests_, bytes_, identities_};
    }

private:
    mutable std::mutex mutex_;
    std::uint64_t requests_ = 0, bytes_ = 0, identities_ = 0;
    int redirect_ = 0;
    std::string elsewhere_;
};

/// What changes between queueing and sending.
enum class Change {
    Nothing,
    RowsSwapped,       ///< in the directory: each hospital has the other's endpoint
    UrlReplaced,       ///< the right hospital's row has the wrong one's URL, with its own pin
    RowWrongAllAlong,  ///< already when it was queued: URL and pin of the wrong hospital
    UrlWrongAllAlong,  ///< already when it was queued: URL of the wrong hospital, own pin
    NameMoved,         ///< the name, or the port, leads to the wrong hospital's server
    Impostor,          ///< a server with the right name from an authority nobody knows
    AnotherKey,        ///< our authority, the right name, another certificate than the pinned one
    Redirected,        ///< the right hospital answers 301, 302, 303, 307 or 308
    Gone,              ///< nobody listens
};
constexpr std::array kChanges{
    Change::Nothing,          Change::RowsSwapped, Change::UrlReplaced, Change::RowWrongAllAlong,
    Change::UrlWrongAllAlong, Change::NameMoved,   Change::Impostor,    Change::AnotherKey,
    Change::Redirected,       Change::Gone};

/// The right hospital gets its message all the same.
bool arrives(Change change) {
    return change == Change::Nothing || change == Change::RowsSwapped ||
           change == Change::UrlReplaced;
}

struct Place {
    std::string url;
    crypto::Digest pin{};
};

class Misdelivery : public testing::Test {
protected:
    Misdelivery() {
        right_server_ = serve(right_, right_desk_, 0);
        wrong_server_ = serve(wrong_, wrong_desk_, 0);
        renew();
    }

    std::unique_ptr<serve::Server> serve(const CertificateFiles& certificate, Desk& desk,
                                         std::uint16_t port) {
        serve::ServerOptions options;
        options.port = port;
        options.connections = 8;
        options.tls = {.certificate = certificate.certificate,
                       .key = certificate.key,
                       .client_ca = certificates_.authority()};
        auto started = serve::Server::start(options, desk, clock_);
        EXPECT_OK(started);
        return started ? std::move(*started) : nullptr;
    }
    void renew() {
        rig_ = std::make_unique<TestGateway>(17);
        outbox_.emplace(rig_->exchange());
    }
    static std::string at(std::uint16_t port) {
        return "https://localhost:" + std::to_string(port) + "/fhir";
    }
    Place right_place() const { return {at(right_server_->port()), right_.fingerprint}; }
    Place wrong_place() const { return {at(wrong_server_->port()), wrong_.fingerprint}; }

    /// The directory of TestGateway with these endpoints of the two.
    void publish(const Place& right, const Place& wrong) {
        std::string text = support::directory_text();
        const auto put = [&](char digit, const Place& place) {
            const std::string old = R"("url":"https://localhost/fhir","serverSha256":")" +
                                    std::string(64, digit) + "\"";
            const auto found = text.find(old);
            ASSERT_NE(found, std::string::npos);
            text.replace(
                found, old.size(),
                R"("url":")" + place.url + R"(","serverSha256":")" + to_hex(place.pin) + "\"");
        };
        put('a', right);
        put('c', wrong);
        auto directory = access::Directory::parse(text);
        ASSERT_OK(directory);
        rig_->directory().replace(std::move(*directory));
    }

    /// A case that the right hospital accepted: its release, with the identity, is queued.
    void queue_release(const std::string& key) {
        const auto id = rig_->submit("nishitokyo_full.in.json", key);
        rig_->deliver_all();
        rig_->accept(id, kRight);
    }

    /// One message with one change; gives what the wrong hospital saw of it.
    Desk::Seen run(Change change, std::uint64_t number, deliver::HttpClient& client) {
        SeededRandom chance(number);
        const bool early = change == Change::RowWrongAllAlong || change == Change::UrlWrongAllAlong;
        if (early) {
            const bool all = change == Change::RowWrongAllAlong;
            publish(all ? wrong_place() : Place{wrong_place().url, right_.fingerprint},
                    wrong_place());
        } else {
            publish(right_place(), wrong_place());
        }
        queue_release("key-" + std::to_string(number));
        const Desk::Seen before = wrong_desk_.seen(), right_before = right_desk_.seen();
        const std::uint16_t port = right_server_->port();
        const auto take_over = [&](const CertificateFiles& certificate) {
            right_server_->stop(std::chrono::milliseconds{0});
            right_server_ = serve(certificate, wrong_desk_, port);
        };
        switch (change) {
            case Change::RowsSwapped:
                publish(wrong_place(), right_place());
                break;
            case Change::UrlReplaced:
                publish({wrong_place().url, right_.fingerprint}, wrong_place());
                break;
            case Change::NameMoved:
                take_over(wrong_);
                break;
            case Change::Impostor:
                take_over(impostor_);
                break;
            case Change::AnotherKey:
                take_over(another_key_);
                break;
            case Change::Redirected: {
                constexpr std::array kStatuses{301, 302, 303, 307, 308};
                right_desk_.redirect(kStatuses[chance.below(kStatuses.size())], wrong_place().url);
                break;
            }
            case Change::Gone:
                right_server_->stop(std::chrono::milliseconds{0});
                break;
            default:
                break;
        }
        deliver::FhirRestChannel channel(client);
        SeededRandom jitter(number);
        deliver::Worker worker(*outbox_, {{"fhir_rest", &channel}}, rig_->clock(), jitter,
                               rig_->log());
        for (int attempt = 0; attempt < 3; ++attempt) {
            worker.step(rig_->clock().now());
            rig_->clock().advance(std::chrono::minutes{10});
        }
        const Desk::Seen after = wrong_desk_.seen(), right_after = right_desk_.seen();
        EXPECT_EQ(right_after.identities > right_before.identities,
                  arrives(change) || change == Change::Redirected)
            << "run " << number;
        right_desk_.redirect(0, {});
        if (change == Change::NameMoved || change == Change::Impostor ||
            change == Change::AnotherKey || change == Change::Gone) {
            right_server_->stop(std::chrono::milliseconds{0});
            right_server_ = serve(right_, right_desk_, port);
        }
        return {after.requests - before.requests, after.bytes - before.bytes,
                after.identities - before.identities};
    }

    const support::TestCertificates certificates_;
    const CertificateFiles gateway_ =
        certificates_.issue("gateway", crypto::CertificateUse::Client);
    const CertificateFiles right_ =
        certificates_.issue(std::string{kRight}, crypto::CertificateUse::Server);
    const CertificateFiles wrong_ =
        certificates_.issue(std::string{kWrong}, crypto::CertificateUse::Server);
    const CertificateFiles impostor_ =
        certificates_.issue_by_stranger(std::string{kRight}, crypto::CertificateUse::Server);
    const CertificateFiles another_key_ =
        certificates_.issue_another(std::string{kRight}, crypto::CertificateUse::Server);
    SystemClock clock_;
    Desk right_desk_, wrong_desk_;
    std::unique_ptr<serve::Server> right_server_, wrong_server_;
    deliver::CurlHttpClient client_{{.certificate = gateway_.certificate,
                                     .key = gateway_.key,
                                     .authority = certificates_.authority()}};
    std::unique_ptr<TestGateway> rig_;
    std::optional<deliver::ExchangeOutbox> outbox_;
};

TEST_F(Misdelivery, NoBodyReachesTheWrongOrganisation) {
    support::Campaign campaign("misdelivery", 1'000, 2 * kChanges.size());
    std::uint64_t runs = 0, wrong_bytes = 0, wrong_requests = 0;
    constexpr std::uint64_t kCasesOfAGateway = 50;
    for (std::uint64_t number = 0; campaign.next(number); ++runs) {
        if (runs > 0 && runs % kCasesOfAGateway == 0) renew();
        const auto seen = run(kChanges[number % kChanges.size()], number, client_);
        wrong_bytes += seen.bytes;
        wrong_requests += seen.requests;
        ASSERT_EQ(seen.bytes, 0U) << "run " << number;
        if (HasFatalFailure()) FAIL() << "run " << number;
    }
    EXPECT_EQ(wrong_requests, 0U) << "nor as much as a request line";
    const auto right = right_desk_.seen();
    std::cout << runs << " runs: " << right.identities << " releases at the right hospital, "
              << wrong_requests << " requests with " << wrong_bytes
              << " bytes at any other server\n";
    EXPECT_GE(right.identities, runs / kChanges.size() * 3);
}

/// A client that takes whoever answers: the wrong hospital's server has the name and the port.
TEST_F(Misdelivery, ThePlantedClientThatChecksNobodyIsFound) {
    PlantedClient careless(client_, [](deliver::HttpClient& behind, deliver::HttpRequest request) {
        request.peer = {};
        return behind.send(request);
    });
    for (const auto change : {Change::RowWrongAllAlong, Change::UrlWrongAllAlong}) {
        const auto seen = run(change, 10 + static_cast<std::uint64_t>(change), careless);
        EXPECT_GT(seen.identities, 0U);
    }
    const auto moved = run(Change::NameMoved, 20, careless);
    EXPECT_GT(moved.identities, 0U);
}

TEST_F(Misdelivery, ThePlantedClientThatFollowsIsFound) {
    PlantedClient follower(client_, [](deliver::HttpClient& behind, deliver::HttpRequest request) {
        auto outcome = behind.send(request);
        if (outcome.reply.status < 300 || outcome.reply.status > 399) return outcome;
        request.url = std::string{outcome.reply.field("location")};
        request.peer = {};
        return behind.send(request);
    });
    const auto seen = run(Change::Redirected, 30, follower);
    EXPECT_GT(seen.identities, 0U);
}

}  // namespace
}  // namespace tsunagi

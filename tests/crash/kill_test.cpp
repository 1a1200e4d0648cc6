// kill -9 at random points under load (security.md D1): nothing that was acknowledged is lost,
// nothing takes effect twice at the hospital, the log verifies. The gateway is the real program;
// the hospital lives in this process and survives.
#include <gtest/gtest.h>
#include <signal.h>

#include <algorithm>
#include <atomic>
#include <iostream>
#include <mutex>
#include <set>
#include <thread>
#include <vector>

#include "app/installation.h"
#include "crypto/random.h"
#include "deliver/curl_http_client.h"
#include "e2e/program.h"
#include "json/reader.h"
#include "serve/server.h"
#include "simulate/hospital.h"
#include "simulate/packet_generator.h"
#include "support/result_matchers.h"

namespace tsunagi::crash {
namespace {

using app::ChildProcess;
using std::chrono::milliseconds;

constexpr std::string_view kHospital = "hp-tanashi";
constexpr std::size_t kClients = 2;

/// One packet and what the clinic knows of it.
struct Request {
    std::string key, body;
    std::string case_id;  ///< of the 201 answer; empty: never acknowledged
};

class Kill : public testing::Test {
protected:
    void SetUp() override {
        auto made = app::Installation::create(folder_ / "gateway", {}, clock_, random_);
        ASSERT_OK(made);
        installation_.emplace(std::move(*made));
        auto configuration = installation_->configuration();
        configuration.port = 0;
        configuration.registrations = {std::filesystem::path{TSUNAGI_SOURCE_DIR} /
                                       "fixtures/directory/nishitokyo_registrations.json"};
        ASSERT_OK(installation_->write_configuration(configuration));
        clinic_ = issue("clinic", crypto::CertificateUse::Client);
        hospital_files_ = issue(kHospital, crypto::CertificateUse::ServerAndClient);
        start_hospital();
        write_directory();
    }

    app::IssuedFiles issue(std::string_view id, crypto::CertificateUse use) {
        auto files = installation_->issue(
            id, {std::string{id}, std::string{id}, use, {"localhost"}, {"127.0.0.1"}});
        EXPECT_OK(files);
        return files ? *files : app::IssuedFiles{};
    }

    std::unique_ptr<deliver::CurlHttpClient> client(const app::IssuedFiles& files) const {
        return std::make_unique<deliver::CurlHttpClient>(deliver::ClientTls{
            files.certificate.string(), files.key.string(), installation_->authority().string()});
    }

    void start_hospital() {
        hospital_client_ = client(hospital_files_);
        simulate::HospitalOptions options;
        options.organisation = kHospital;
        hospital_.emplace(options, clock_, *hospital_client_, [](milliseconds) {});
        serve::ServerOptions listen;
        listen.tls = {hospital_files_.certificate.string(), hospital_files_.key.string(),
                      installation_->authority().string()};
        auto server = serve::Server::start(listen, *hospital_, clock_);
        ASSERT_OK(server);
        hospital_server_ = std::move(*server);
    }

    static access::Certificate certificate(const app::IssuedFiles& files, access::Role role,
                                           Instant now) {
        access::Certificate made;
        made.sha256 = files.sha256;
        made.valid_from = now - std::chrono::hours{1};
        made.role = role;
        return made;
    }

    void write_directory() {
        std::vector<access::Organisation> organisations(2);
        organisations[0].id = access::OrganisationId{"clinic"};
        organisations[0].roles = {access::Role::Clinic};
        organisations[0].certificates = {certificate(clinic_, access::Role::Clinic, clock_.now())};
        organisations[1].id = access::OrganisationId{std::string{kHospital}};
        organisations[1].roles = {access::Role::PartnerSystem};
        organisations[1].certificates = {
            certificate(hospital_files_, access::Role::PartnerSystem, clock_.now())};
        access::Endpoint endpoint;
        endpoint.channel = "fhir_rest";
        endpoint.url = "https://127.0.0.1:" + std::to_string(hospital_server_->port()) + "/fhir";
        endpoint.server_sha256 = hospital_files_.sha256;
        endpoint.valid_from = clock_.now() - std::chrono::hours{1};
        organisations[1].endpoints = {endpoint};
        for (auto& each : organisations) each.name_ja = each.name_en = each.id.text();
        ASSERT_OK(installation_->write_directory(organisations));
    }

    void start_gateway() {
        auto process = ChildProcess::start(
            e2e::program(), {"serve", "--config", installation_->configuration_file().string()},
            folder_ / "log");
        ASSERT_OK(process);
        gateway_.emplace(std::move(*process));
        auto url = gateway_->read_line(std::chrono::minutes{2});
        ASSERT_OK(url) << support::read_text(folder_ / "log");
        url_ = *url;
    }

    deliver::HttpOutcome ask(deliver::HttpClient& from, std::string method, const std::string& path,
                             std::string body = {}, const std::string& key = {}) const {
        deliver::HttpRequest request;
        request.method = std::move(method);
        request.url = url_ + path;
        request.peer.organisation = "gateway";
        request.body = std::move(body);
        if (!request.body.empty()) request.fields.push_back({"Content-Type", "application/json"});
        if (!key.empty()) request.fields.push_back({"Idempotency-Key", key});
        request.total_time = milliseconds{20'000};
        return from.send(request);
    }

    /// Submits; remembers the case when it was acknowledged. False: no answer.
    bool submit(deliver::HttpClient& from, Request& request) const {
        const auto outcome = ask(from, "POST", "/clinic/v1/referrals", request.body, request.key);
        if (outcome.kind != deliver::HttpOutcome::Kind::Replied) return false;
        EXPECT_EQ(outcome.reply.status, 201) << outcome.reply.body.substr(0, 600);
        const auto answer = json::read(outcome.reply.body);
        if (outcome.reply.status != 201 || !answer) return true;
        const std::string id{answer->root()["case"].text()};
        EXPECT_TRUE(request.case_id.empty() || request.case_id == id) << "one key, two cases";
        request.case_id = id;
        return true;
    }

    /// Every message of every case has arrived, within bounded time.
    bool all_delivered(deliver::HttpClient& from, const std::vector<Request>& requests) const {
        std::set<std::string> waiting;
        for (const auto& request : requests) waiting.insert(request.case_id);
        for (int round = 0; round < 600 && !waiting.empty(); ++round) {
            for (auto at = waiting.begin(); at != waiting.end();) {
                const auto outcome = ask(from, "GET", "/clinic/v1/referrals/" + *at);
                EXPECT_EQ(outcome.reply.status, 200) << "an acknowledged case cannot be read";
                const bool done =
                    outcome.reply.body.find("\"state\":\"delivered\"") != std::string::npos;
                at = done ? waiting.erase(at) : std::next(at);
                if (!done) break;
            }
            if (!waiting.empty()) std::this_thread::sleep_for(milliseconds{50});
        }
        return waiting.empty();
    }

    support::TempFolder folder_;
    SystemClock clock_;
    crypto::SystemRandom random_;
    std::optional<app::Installation> installation_;
    app::IssuedFiles clinic_, hospital_files_;
    std::unique_ptr<deliver::CurlHttpClient> hospital_client_;
    std::optional<simulate::Hospital> hospital_;
    std::unique_ptr<serve::Server> hospital_server_;
    std::optional<ChildProcess> gateway_;
    std::string url_;
};

/// Whether every case took effect exactly once at the hospital: the check itself, so that it can be
/// shown to fail.
std::string fault_at_hospital(const simulate::HospitalRecords& records, std::size_t cases) {
    for (const auto& delivery : records.deliveries()) {
        if (delivery.effects != 1)
            return "a message took effect " + std::to_string(delivery.effects) + " times";
    }
    const std::size_t tasks = records.all("Task").size();
    if (tasks != cases)
        return std::to_string(tasks) + " Tasks for " + std::to_string(cases) + " cases";
    return {};
}

TEST_F(Kill, LosesNothingAcknowledgedAndRepeatsNothing) {
    const bool long_run = std::getenv("TSUNAGI_LONG") != nullptr;
    const int kills = long_run ? 1000 : 50;
    const std::uint64_t seed = 20261121;
    std::cout << "seed " << seed << ", " << kills << " kills\n";
    SeededRandom chance(seed);
    const std::string base = support::read_text(std::filesystem::path{TSUNAGI_SOURCE_DIR} /
                                                "fixtures/packets/nishitokyo_full.in.json");
    auto generator = simulate::PacketGenerator::open(
        base, seed, format_date(clock_.now(), std::chrono::minutes{540}));
    ASSERT_OK(generator);

    std::vector<Request> requests;
    for (int kill = 0; kill < kills; ++kill) {
        start_gateway();
        ASSERT_FALSE(HasFatalFailure());
        std::vector<std::vector<Request>> batches(kClients);
        for (auto& batch : batches) {
            for (int i = 0; i < 3; ++i) {
                batch.push_back({"key-" + std::to_string(kill) + "-" +
                                     std::to_string(&batch - batches.data()) + "-" +
                                     std::to_string(i),
                                 generator->next().json,
                                 {}});
            }
        }
        std::vector<std::thread> load;
        for (auto& batch : batches) {
            load.emplace_back([&] {
                auto from = client(clinic_);
                for (auto& request : batch) {
                    if (!submit(*from, request)) return;
                }
            });
        }
        // From before the first byte to after the last delivery: the point is drawn anew each time.
        std::this_thread::sleep_for(std::chrono::microseconds{chance.below(400'000)});
        gateway_->send_signal(SIGKILL);
        for (auto& thread : load) thread.join();
        ASSERT_EQ(*gateway_->wait(std::chrono::seconds{30}), 128 + SIGKILL);
        for (auto& batch : batches) {
            for (auto& request : batch) requests.push_back(std::move(request));
        }
    }
    const auto acknowledged = static_cast<std::size_t>(
        std::count_if(requests.begin(), requests.end(),
                      [](const auto& request) { return !request.case_id.empty(); }));
    std::cout << acknowledged << " of " << requests.size()
              << " requests were acknowledged before a kill\n";
    EXPECT_GT(acknowledged, 0U);
    EXPECT_LT(acknowledged, requests.size()) << "no kill hit a request in flight";

    // The clinic sends everything again with the same keys: the same cases, and those it never
    // heard of.
    start_gateway();
    auto from = client(clinic_);
    for (auto& request : requests) ASSERT_TRUE(submit(*from, request));
    EXPECT_TRUE(all_delivered(*from, requests));
    std::set<std::string> cases;
    for (const auto& request : requests) cases.insert(request.case_id);
    EXPECT_EQ(cases.size(), requests.size());
    hospital_->inspect([&](const simulate::HospitalRecords& records) {
        EXPECT_EQ(fault_at_hospital(records, cases.size()), "");
    });
    EXPECT_EQ(gateway_->stop(std::chrono::seconds{30}), 0);

    const std::string out = (folder_ / "log.export").string();
    const auto exported =
        e2e::run_program(folder_, {"audit", "export", "--config",
                                   installation_->configuration_file().string(), "--out", out});
    ASSERT_EQ(exported.code, 0) << exported.err;
    EXPECT_EQ(
        e2e::run_program(folder_, {"audit", "verify", out, "--key", installation_->log_key()}).code,
        0);
    // One entry for each case, whatever happened between.
    const std::string log = support::read_text(out);
    std::size_t submitted = 0;
    for (auto at = log.find("referral-submitted"); at != std::string::npos;
         at = log.find("referral-submitted", at + 1))
        ++submitted;
    EXPECT_EQ(submitted, cases.size());
}

/// The planted loss and the planted repetition: the check sees both.
TEST(KillCheck, SeesALostAndARepeatedMessage) {
    const auto bundle = [](std::string_view id, std::string_view tag, std::string_view status) {
        return R"({"resourceType":"Bundle","type":"transaction","entry":[{"resource":{"resourceType":"Task","id":")" +
               std::string{id} +
               R"(","meta":{"tag":[{"system":"https://tsunagi.example/fhir/CodeSystem/delivery","code":")" +
               std::string{tag} + R"("}]},"status":")" + std::string{status} +
               R"(","intent":"order"},"request":{"method":"PUT","url":"Task/)" + std::string{id} +
               R"("}}]})";
    };
    simulate::HospitalRecords records;
    ASSERT_OK(records.apply(bundle("a-1", "one", "requested"), Instant{}));
    EXPECT_EQ(fault_at_hospital(records, 1), "");
    EXPECT_NE(fault_at_hospital(records, 2), "") << "a lost message";
    ASSERT_OK(records.apply(bundle("a-1", "one", "requested"), Instant{}));
    EXPECT_EQ(fault_at_hospital(records, 1), "") << "the same bytes again change nothing";
    ASSERT_OK(records.apply(bundle("a-1", "one", "accepted"), Instant{}));
    EXPECT_NE(fault_at_hospital(records, 1), "") << "a second effect of one message";
}

}  // namespace
}  // namespace tsunagi::crash

// How a gateway starts, reads again and ends, as processes with signals (architecture.md section 4,
// life cycle).
#include <gmock/gmock.h>
#include <poll.h>
#include <signal.h>

#include "app/home.h"
#include "app/installation.h"
#include "app/story_stage.h"
#include "crypto/random.h"
#include "deliver/curl_http_client.h"
#include "e2e/program.h"
#include "json/writer.h"
#include "support/result_matchers.h"

namespace tsunagi::e2e {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

class LifeCycle : public ::testing::Test {
protected:
    void SetUp() override {
        auto made = app::Installation::create(folder_ / "gateway", {}, clock_, random_);
        ASSERT_OK(made);
        installation_.emplace(std::move(*made));
        auto configuration = installation_->configuration();
        configuration.port = 0;
        ASSERT_OK(installation_->write_configuration(configuration));
        auto issued = installation_->issue(
            "operator", {"operator", "operator", crypto::CertificateUse::Client, {}, {}});
        ASSERT_OK(issued);
        operator_ = std::move(*issued);
        access::Certificate certificate;
        certificate.sha256 = operator_.sha256;
        certificate.valid_from = clock_.now() - std::chrono::hours{1};
        certificate.role = access::Role::Operator;
        organisation_.id = access::OrganisationId{"operator"};
        organisation_.name_ja = "運用者";
        organisation_.name_en = "Operator";
        organisation_.roles = {access::Role::Operator};
        organisation_.certificates = {certificate};
        ASSERT_OK(installation_->write_directory(std::span{&organisation_, 1}));
    }

    /// Starts the gateway and waits until it answers; `url_` is where.
    void start(const std::vector<std::string>& more = {}) {
        std::vector<std::string> words{"serve", "--config",
                                       installation_->configuration_file().string()};
        words.insert(words.end(), more.begin(), more.end());
        auto process = app::ChildProcess::start(program(), words, log());
        ASSERT_OK(process);
        gateway_.emplace(std::move(*process));
        auto url = gateway_->read_line(std::chrono::minutes{2});
        ASSERT_OK(url) << support::read_text(log());
        url_ = *url;
    }

    deliver::HttpOutcome get(const std::string& path) { return get(path, operator_); }
    deliver::HttpOutcome get(const std::string& path, const app::IssuedFiles& who) {
        deliver::CurlHttpClient client(
            {who.certificate.string(), who.key.string(), installation_->authority().string()});
        deliver::HttpRequest request;
        request.url = url_ + path;
        request.peer.organisation = "gateway";
        return client.send(request);
    }

    /// Waits, bounded, until the log has `what`, at least `times`.
    bool logged(std::string_view what, std::size_t times = 1) {
        for (int round = 0; round < 3000; ++round) {
            const std::string text = support::read_text(log());
            std::size_t found = 0;
            for (auto at = text.find(what); at != std::string::npos; at = text.find(what, at + 1))
                ++found;
            if (found >= times) return true;
            (void)gateway_->wait(std::chrono::milliseconds{20});
        }
        return false;
    }

    std::filesystem::path log() const { return folder_ / "log"; }

    support::TempFolder folder_;
    SystemClock clock_;
    crypto::SystemRandom random_;
    std::optional<app::Installation> installation_;
    app::IssuedFiles operator_;
    access::Organisation organisation_;
    std::optional<app::ChildProcess> gateway_;
    std::string url_;
};

TEST_F(LifeCycle, AnswersAndEndsInOrderOnSigterm) {
    start();
    EXPECT_THAT(url_, StartsWith("https://127.0.0.1:"));
    EXPECT_EQ(get("/health/ready").reply.status, 200);
    EXPECT_EQ(get("/metrics").reply.status, 200);
    EXPECT_THAT(get("/metrics").reply.body, HasSubstr("tsunagi_store_accepting 1"));
    const auto stranger = installation_->issue(
        "stranger", {"stranger", "stranger", crypto::CertificateUse::Client, {}, {}});
    ASSERT_OK(stranger);
    EXPECT_EQ(get("/health/live", *stranger).reply.status, 200);
    EXPECT_EQ(get("/metrics", *stranger).reply.status, 403) << "not in the directory";
    EXPECT_EQ(get("/openapi.json").reply.status, 200);
    EXPECT_EQ(get("/fhir/metadata").reply.status, 200);
    EXPECT_EQ(gateway_->stop(std::chrono::seconds{30}), 0);
    EXPECT_THAT(support::read_text(log()), HasSubstr("\"gateway.stopped\""));
    EXPECT_EQ(get("/health/live").kind, deliver::HttpOutcome::Kind::NotSent);
}

TEST_F(LifeCycle, SighupTakesANewDirectoryAndKeepsTheOldOneWhenTheNewIsWrong) {
    start();
    ASSERT_EQ(get("/metrics").reply.status, 200);
    const std::string good = support::read_text(installation_->configuration().directory);
    support::write_text(installation_->configuration().directory, "{\"organisations\": 3}");
    gateway_->send_signal(SIGHUP);
    ASSERT_TRUE(logged("\"reload.kept_old\""));
    EXPECT_EQ(get("/metrics").reply.status, 200);

    organisation_.certificates[0].valid_until = clock_.now();  // the operator is no longer one
    ASSERT_OK(installation_->write_directory(std::span{&organisation_, 1}));
    gateway_->send_signal(SIGHUP);
    ASSERT_TRUE(logged("\"certificates\"", 2));
    EXPECT_EQ(get("/metrics").reply.status, 403);

    support::write_text(installation_->configuration().directory, good);
    gateway_->send_signal(SIGHUP);
    ASSERT_TRUE(logged("\"certificates\"", 3));
    EXPECT_EQ(get("/metrics").reply.status, 200);
    EXPECT_EQ(gateway_->stop(std::chrono::seconds{30}), 0);
}

TEST_F(LifeCycle, AKilledGatewayStartsAgainWithItsLog) {
    start();
    ASSERT_EQ(get("/health/ready").reply.status, 200);
    gateway_->send_signal(SIGKILL);
    EXPECT_EQ(*gateway_->wait(std::chrono::seconds{30}), 128 + SIGKILL);
    start();
    EXPECT_EQ(get("/health/ready").reply.status, 200);
    EXPECT_EQ(gateway_->stop(std::chrono::seconds{30}), 0);
    const std::string out = (folder_ / "log.export").string();
    const Ran exported =
        run_program(folder_, {"audit", "export", "--config",
                              installation_->configuration_file().string(), "--out", out});
    EXPECT_EQ(exported.code, 0) << exported.err;
    EXPECT_EQ(
        run_program(folder_, {"audit", "verify", out, "--key", installation_->log_key()}).code, 0);
}

TEST_F(LifeCycle, WhatIsWrongIsSaidBeforeAnythingIsServed) {
    struct Case {
        const char* what;
        std::filesystem::path app::Configuration::*file;
    };
    const Case cases[] = {
        {"server key", &app::Configuration::server_key},
        {"directory", &app::Configuration::directory},
        {"key-encryption key", &app::Configuration::key_encryption_key},
        {"log key", &app::Configuration::log_key},
    };
    for (const auto& c : cases) {
        const auto path = installation_->configuration().*c.file;
        const std::string before = support::read_text(path);
        support::write_text(path, "not what it was");
        const Ran ran = run_program(
            folder_, {"serve", "--config", installation_->configuration_file().string()});
        EXPECT_EQ(ran.code, 2) << c.what;
        EXPECT_THAT(ran.out, Not(HasSubstr("https://"))) << c.what;
        EXPECT_THAT(ran.err, HasSubstr("[error]")) << c.what;
        EXPECT_THAT(ran.err, Not(HasSubstr("not what it was"))) << c.what;
        support::write_text(path, before);
    }
}

TEST_F(LifeCycle, ValidatesByThePackagesItWasGiven) {
    const auto package = folder_ / "ward.json";
    support::write_text(package,
                        R"({"resourceType":"StructureDefinition","id":"named","name":"Named",)"
                        R"("url":"http://hospital.example/named","status":"active",)"
                        R"("kind":"resource","abstract":false,"type":"Patient",)"
                        R"("baseDefinition":"http://hl7.org/fhir/StructureDefinition/Patient",)"
                        R"("derivation":"constraint","differential":{"element":[)"
                        R"({"id":"Patient.name","path":"Patient.name","min":1}]}})");
    const auto issued = installation_->issue(
        "auditor", {"auditor", "auditor", crypto::CertificateUse::Client, {}, {}});
    ASSERT_OK(issued);
    access::Certificate certificate = organisation_.certificates[0];
    certificate.sha256 = issued->sha256;
    certificate.role = access::Role::Auditor;
    organisation_.roles.push_back(access::Role::Auditor);
    organisation_.certificates.push_back(certificate);
    ASSERT_OK(installation_->write_directory(std::span{&organisation_, 1}));
    start({"--package", package.string()});

    deliver::CurlHttpClient client(
        {issued->certificate.string(), issued->key.string(), installation_->authority().string()});
    deliver::HttpRequest request;
    request.peer.organisation = "gateway";
    request.method = "POST";
    request.url = url_ + "/fhir/Patient/$validate?profile=http://hospital.example/named";
    request.fields = {{"Content-Type", "application/fhir+json"}};
    request.body = R"({"resourceType":"Patient","active":true})";
    const auto nameless = client.send(request);
    EXPECT_EQ(nameless.reply.status, 200);
    EXPECT_THAT(nameless.reply.body, HasSubstr("missing-element"));
    request.body = R"({"resourceType":"Patient","name":[{"text":"T.H."}]})";
    const auto named = client.send(request);
    EXPECT_EQ(named.reply.status, 200);
    EXPECT_THAT(named.reply.body, Not(HasSubstr("\"error\"")));
    EXPECT_EQ(gateway_->stop(std::chrono::seconds{30}), 0);
}

TEST_F(LifeCycle, ABrokenPackageIsSaidBeforeAnythingIsServed) {
    const auto broken = folder_ / "broken.tgz";
    support::write_text(broken, "no archive");
    const auto damaged = folder_ / "damaged.json";
    support::write_text(damaged, R"({"resourceType":"StructureDefinition",)");
    for (const auto& package : {broken, damaged, folder_ / "absent.tgz"}) {
        const Ran ran =
            run_program(folder_, {"serve", "--config", installation_->configuration_file().string(),
                                  "--package", package.string()});
        EXPECT_EQ(ran.code, 2) << package;
        EXPECT_THAT(ran.out, Not(HasSubstr("https://"))) << package;
        EXPECT_THAT(ran.err, AllOf(HasSubstr("【エラー】"), HasSubstr("[error]"),
                                   HasSubstr(package.filename().string())));
    }
}

TEST_F(LifeCycle, TwoGatewaysCannotShareAnInstallation) {
    start();
    const Ran second =
        run_program(folder_, {"serve", "--config", installation_->configuration_file().string()});
    EXPECT_EQ(second.code, 2);
    EXPECT_THAT(second.err, HasSubstr("busy"));
    const Ran offline = run_program(
        folder_, {"audit", "export", "--config", installation_->configuration_file().string(),
                  "--out", (folder_ / "x").string()});
    EXPECT_EQ(offline.code, 2);
    EXPECT_THAT(offline.err, HasSubstr("--url"));
    EXPECT_EQ(gateway_->stop(std::chrono::seconds{30}), 0);
}

/// Nobody waits for a hospital that does not answer: ten seconds, then the send is cut and looked
/// up after the next start.
TEST(LifeCycleOfASend, SigtermDoesNotWaitForAHospitalThatHangs) {
    const auto home = app::find_home(std::filesystem::path{TSUNAGI_SOURCE_DIR});
    ASSERT_OK(home);
    app::Home built = *home;
    built.program = program();
    const auto script = app::read_script(built, SystemClock{}.now());
    ASSERT_OK(script);
    auto stage = app::Stage::build(built, *script);
    ASSERT_OK(stage);
    (*stage)->leave_nothing();
    const json::Value packet = script->accepted.root();
    const std::string hospital{packet["destination"].text()};
    ASSERT_EQ((*stage)
                  ->at_hospital(hospital, "POST", "/simulator/mode",
                                R"({"mode": "slow", "delayMs": 14000})")
                  .status,
              204);
    const auto submitted = (*stage)->ask(app::clinic_of(packet), "POST", "/clinic/v1/referrals",
                                         json::write(packet), {{"Idempotency-Key", "k"}});
    ASSERT_EQ(submitted.status, 201) << submitted.text;
    bool arrived = false;
    for (int round = 0; round < 600 && !arrived; ++round) {
        const auto seen = (*stage)->at_hospital(hospital, "GET", "/simulator/received");
        arrived = !seen.root()["arrivals"].empty();
        if (!arrived) poll(nullptr, 0, 20);
    }
    ASSERT_TRUE(arrived);
    const auto before = std::chrono::steady_clock::now();
    const int code = (*stage)->end_gateway();
    const auto took = std::chrono::steady_clock::now() - before;
    EXPECT_EQ(code, 0);
    EXPECT_LT(took, std::chrono::seconds{11});
    EXPECT_THAT(support::read_text((*stage)->gateway_log()), HasSubstr("\"clean\":false"));
}

}  // namespace
}  // namespace tsunagi::e2e

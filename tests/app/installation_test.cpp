#include "app/installation.h"

#include <gmock/gmock.h>
#include <sys/stat.h>

#include "app/opened_store.h"
#include "audit/note.h"
#include "crypto/key_file.h"
#include "support/result_matchers.h"
#include "support/temp_folder.h"

namespace tsunagi::app {
namespace {

using ::testing::HasSubstr;

Instant noon() { return *parse_instant("2026-11-20T12:00:00+09:00"); }

class InstallationTest : public ::testing::Test {
protected:
    Result<Installation> create() {
        return Installation::create(folder_ / "new", std::vector<std::string>{"gateway.example"},
                                    clock_, random_);
    }
    support::TempFolder folder_;
    ManualClock clock_{noon()};
    SeededRandom random_{7};
};

TEST_F(InstallationTest, HoldsWhatItsConfigurationNames) {
    auto made = create();
    ASSERT_OK(made);
    const auto read = read_configuration(made->configuration_file());
    ASSERT_OK(read);
    for (const auto& path : {read->server_certificate, read->server_key, read->client_authority,
                             read->client_certificate, read->client_key, read->server_authority,
                             read->key_encryption_key, read->log_key}) {
        EXPECT_TRUE(std::filesystem::is_regular_file(path)) << path;
    }
    EXPECT_OK(crypto::read_key_file(read->key_encryption_key));
    const auto key = audit::NoteKey::parse(made->log_key());
    ASSERT_OK(key);
    EXPECT_EQ(key->name, read->log_origin);
    const auto store = open_store(*read, clock_, random_);
    ASSERT_OK(store);
    EXPECT_EQ((*store)->log_key, *key);
    EXPECT_OK((*store)->store->accepting());
}

TEST_F(InstallationTest, SecretsAreTheOwnersAlone) {
    auto made = create();
    ASSERT_OK(made);
    int secrets = 0;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(folder_ / "new")) {
        struct stat facts {};
        ASSERT_EQ(::stat(entry.path().c_str(), &facts), 0);
        const auto name = entry.path().filename().string();
        const bool secret = name.ends_with(".key") || name == "log.pem" ||
                            name == "key_encryption_key" || entry.is_directory();
        if (!secret) continue;
        ++secrets;
        EXPECT_EQ(facts.st_mode & 077U, 0U) << entry.path();
    }
    EXPECT_EQ(secrets, 3 + 5);  // folders; authority, server, gateway, log, key-encryption key
}

TEST_F(InstallationTest, IsNeverMadeOverAnother) {
    ASSERT_OK(create());
    EXPECT_FAILS(create(), Conflict);
    const auto authority = support::read_text(folder_ / "new/tls/authority.pem");
    EXPECT_FALSE(authority.empty());
    support::write_text(folder_ / "file", "x");
    EXPECT_FAILS(Installation::create(folder_ / "file", {}, clock_, random_), Conflict);
}

TEST_F(InstallationTest, CertificatesAreItsOwnAuthoritys) {
    auto made = create();
    ASSERT_OK(made);
    auto issued = made->issue(
        "hp-a",
        {"hp-a", "A", crypto::CertificateUse::ServerAndClient, {"localhost"}, {"127.0.0.1"}});
    ASSERT_OK(issued);
    const std::string pem = support::read_text(issued->certificate);
    EXPECT_TRUE(crypto::issued_by(pem, support::read_text(made->authority()), noon()));
    EXPECT_TRUE(crypto::is_key_of(support::read_text(issued->key), pem));
    EXPECT_EQ(crypto::read_certificate(pem)->fingerprint, issued->sha256);
    EXPECT_FAILS(made->issue("hp-a", {"hp-a", "A", crypto::CertificateUse::Client, {}, {}}),
                 Conflict);
}

TEST_F(InstallationTest, WritesADirectoryThatReadsBack) {
    auto made = create();
    ASSERT_OK(made);
    access::Organisation hospital;
    hospital.id = access::OrganisationId{"hp-a"};
    hospital.name_ja = "例示病院";
    hospital.name_en = "Example Hospital";
    hospital.department = "地域連携室";
    hospital.fax = "042-000-0011";
    hospital.roles = {access::Role::HospitalDesk};
    access::Certificate certificate;
    certificate.sha256.fill(0xAB);
    certificate.valid_from = noon();
    certificate.valid_until = noon() + std::chrono::days{397};
    certificate.role = access::Role::HospitalDesk;
    certificate.person = "desk-1";
    hospital.certificates = {certificate};
    access::Endpoint endpoint{"fhir_rest", "https://127.0.0.1:1/fhir", certificate.sha256, noon()};
    hospital.endpoints = {endpoint};
    ASSERT_OK(made->write_directory(std::span{&hospital, 1}));

    const auto read = access::Directory::parse(support::read_text(made->configuration().directory));
    ASSERT_OK(read);
    const auto who = read->authenticate(certificate.sha256, noon());
    ASSERT_OK(who);
    EXPECT_EQ(who->person, "desk-1");
    EXPECT_EQ(*read->endpoint(hospital.id, noon()), endpoint);

    hospital.endpoints[0].server_sha256.reset();  // an https endpoint without pin
    EXPECT_FAILS(made->write_directory(std::span{&hospital, 1}), Invalid);
}

TEST_F(InstallationTest, TwoProcessesCannotHoldOneStore) {
    auto made = create();
    ASSERT_OK(made);
    const auto first = open_store(made->configuration(), clock_, random_);
    ASSERT_OK(first);
    const auto second = open_store(made->configuration(), clock_, random_);
    ASSERT_FAILS(second, Busy);
    EXPECT_THAT(second.error().where, HasSubstr("case_keys"));
}

}  // namespace
}  // namespace tsunagi::app

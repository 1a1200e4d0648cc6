#include "crypto/certificate.h"

#include <gtest/gtest.h>

namespace tsunagi::crypto {
namespace {

using std::chrono::days;
using std::chrono::hours;

const Instant kNow = *parse_instant("2026-11-20T09:30:00+09:00");

CertificateRequest clinic() {
    return {"clinic-sakura",
            "さくら在宅クリニック",
            CertificateUse::Client,
            {"localhost"},
            {"127.0.0.1"}};
}

TEST(Certificate, CarriesTheOrganisationAndItsTimes) {
    auto authority = Authority::create("Tsunagi test authority", kNow, days{30});
    ASSERT_TRUE(authority);
    auto issued = authority->issue(clinic(), kNow, days{7});
    ASSERT_TRUE(issued) << to_string(issued.error());
    auto facts = read_certificate(issued->certificate_pem);
    ASSERT_TRUE(facts);
    EXPECT_EQ(facts->organisation, "clinic-sakura");
    EXPECT_EQ(facts->common_name, "さくら在宅クリニック");
    EXPECT_EQ(facts->not_before, kNow - hours{1});
    EXPECT_EQ(facts->not_after, kNow + days{7});
    EXPECT_FALSE(facts->authority);
    EXPECT_TRUE(read_certificate(authority->certificate_pem())->authority);
}

TEST(Certificate, IsKnownByTheFingerprintOfItsDerBytes) {
    auto authority = Authority::create("Tsunagi test authority", kNow, days{30});
    ASSERT_TRUE(authority);
    const std::string pem = authority->certificate_pem();
    std::string base64 = pem.substr(pem.find('\n') + 1);
    base64.resize(base64.find("-----"));
    std::erase(base64, '\n');
    auto der = from_base64(base64);
    ASSERT_TRUE(der);
    EXPECT_EQ(read_certificate(pem)->fingerprint, sha256(*der));
    EXPECT_EQ(read_certificate_der(*der)->fingerprint, sha256(*der));
    der->push_back(0);
    EXPECT_EQ(read_certificate_der(*der).error().code, Code::Invalid);
    EXPECT_EQ(read_certificate_der({}).error().code, Code::Invalid);
    EXPECT_EQ(read_certificate("-----BEGIN CERTIFICATE-----\n").error().code, Code::Invalid);
}

TEST(Certificate, IsAcceptedOnlyFromItsAuthorityAndInItsTime) {
    auto authority = Authority::create("Tsunagi test authority", kNow, days{30});
    auto stranger = Authority::create("Tsunagi test authority", kNow, days{30});
    ASSERT_TRUE(authority && stranger);
    auto issued = authority->issue(clinic(), kNow, days{7});
    ASSERT_TRUE(issued);
    const std::string& pem = issued->certificate_pem;
    EXPECT_TRUE(issued_by(pem, authority->certificate_pem(), kNow));
    EXPECT_FALSE(issued_by(pem, stranger->certificate_pem(), kNow));
    EXPECT_FALSE(issued_by(pem, pem, kNow)) << "a client certificate is no authority";
    EXPECT_FALSE(issued_by(pem, authority->certificate_pem(), kNow + days{8}));
    EXPECT_FALSE(issued_by(pem, authority->certificate_pem(), kNow - days{1}));
}

TEST(Certificate, RequestsCannotSmuggleASecondName) {
    auto authority = Authority::create("Tsunagi test authority", kNow, days{30});
    ASSERT_TRUE(authority);
    for (const char* organisation :
         {"", "a,URI:urn:tsunagi:organization:b", "a b", "病院", "a\n"}) {
        auto request = clinic();
        request.organisation = organisation;
        EXPECT_EQ(authority->issue(request, kNow, days{7}).error().where, "organisation");
    }
    auto request = clinic();
    request.dns_names = {"localhost,DNS:evil.example"};
    EXPECT_EQ(authority->issue(request, kNow, days{7}).error().where, "dns_names");
    request = clinic();
    request.ip_addresses = {"127.0.0.1,DNS:evil.example"};
    EXPECT_EQ(authority->issue(request, kNow, days{7}).error().where, "ip_addresses");
    request = clinic();
    request.common_name.clear();
    EXPECT_EQ(authority->issue(request, kNow, days{7}).error().where, "common_name");
}

TEST(Certificate, KnowsItsOwnKey) {
    auto authority = Authority::create("Tsunagi test authority", kNow, days{30});
    ASSERT_TRUE(authority);
    auto own = authority->issue(clinic(), kNow, days{7});
    auto other = authority->issue(clinic(), kNow, days{7});
    ASSERT_TRUE(own && other);
    EXPECT_TRUE(is_key_of(own->key_pem.reveal(), own->certificate_pem));
    EXPECT_FALSE(is_key_of(other->key_pem.reveal(), own->certificate_pem));
    EXPECT_FALSE(is_key_of("", own->certificate_pem));
    EXPECT_FALSE(is_key_of(own->key_pem.reveal(), ""));
}

TEST(Authority, IsLoadedWithItsOwnKeyOnly) {
    auto authority = Authority::create("Tsunagi test authority", kNow, days{30});
    auto other = Authority::create("Tsunagi test authority", kNow, days{30});
    ASSERT_TRUE(authority && other);
    auto again = Authority::load(authority->certificate_pem(), authority->key_pem().reveal());
    ASSERT_TRUE(again);
    auto issued = again->issue(clinic(), kNow, days{7});
    ASSERT_TRUE(issued);
    EXPECT_TRUE(issued_by(issued->certificate_pem, authority->certificate_pem(), kNow));
    EXPECT_EQ(Authority::load(authority->certificate_pem(), other->key_pem().reveal()).error().code,
              Code::Conflict);
    EXPECT_EQ(Authority::load(issued->certificate_pem, issued->key_pem.reveal()).error().code,
              Code::Invalid);
}

}  // namespace
}  // namespace tsunagi::crypto

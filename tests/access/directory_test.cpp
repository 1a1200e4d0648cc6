#include "access/directory.h"

#include <gmock/gmock.h>

#include <thread>

#include "support/result_matchers.h"
#include "support/temp_folder.h"

namespace tsunagi::access {
namespace {

using ::testing::HasSubstr;
using ::testing::SizeIs;

std::string fingerprint(char digit) { return std::string(64, digit); }

crypto::Digest digest(char digit) {
    const Bytes bytes = *from_hex(fingerprint(digit));
    crypto::Digest read{};
    std::copy(bytes.begin(), bytes.end(), read.begin());
    return read;
}

Instant at(const char* text) { return *parse_instant(text); }

std::string replaced(std::string text, std::string_view what, std::string_view with) {
    const auto place = text.find(what);
    EXPECT_NE(place, std::string::npos) << what;
    return place == std::string::npos ? text : text.replace(place, what.size(), with);
}

const std::string& good() {
    static const std::string kText = R"({"organisations": [
 {"id": "clinic-a", "name": {"ja": "ひばりの森在宅クリニック", "en": "Hibari Home Clinic"},
  "institutionCode": "1319900112", "roles": ["clinic"],
  "certificates": [
   {"sha256": ")" + fingerprint('a') +
                                     R"(", "validFrom": "2026-04-01T00:00:00+09:00",
    "validUntil": "2027-04-01T00:00:00+09:00", "role": "clinic", "person": "doctor-1"},
   {"sha256": ")" + fingerprint('b') +
                                     R"(", "validFrom": "2027-03-01T00:00:00+09:00",
    "role": "clinic"}]},
 {"id": "hp-a", "name": {"ja": "例示病院", "en": "Example Hospital"},
  "department": "地域医療連携室", "phone": "042-000-0001", "fax": "042-000-0011",
  "roles": ["hospital-desk", "partner-system"],
  "certificates": [
   {"sha256": ")" + fingerprint('c') +
                                     R"(", "validFrom": "2026-04-01T00:00:00+09:00",
    "role": "partner-system"}],
  "endpoints": [
   {"channel": "fhir_rest", "url": "https://hospital.example/fhir", "serverSha256": ")" +
                                     fingerprint('d') +
                                     R"(", "validFrom": "2026-04-01T00:00:00+09:00"},
   {"channel": "fhir_rest", "url": "https://new.example/fhir", "serverSha256": ")" +
                                     fingerprint('e') +
                                     R"(", "validFrom": "2026-12-01T00:00:00+09:00"}]},
 {"id": "hp-b", "name": {"ja": "紙の病院", "en": "Paper Hospital"}, "fax": "042-000-0012",
  "roles": ["hospital-desk"],
  "endpoints": [{"channel": "paper", "validFrom": "2026-04-01T00:00:00+09:00"}]}]})";
    return kText;
}

Directory directory() {
    auto read = Directory::parse(good());
    EXPECT_OK(read);
    return read ? std::move(*read) : Directory{};
}

TEST(Directory, ReadsWhatAnOperatorWrites) {
    const Directory read = directory();
    EXPECT_THAT(read.organisations(), SizeIs(3));
    const Organisation* hospital = read.find(OrganisationId{"hp-a"});
    ASSERT_NE(hospital, nullptr);
    EXPECT_EQ(hospital->name_ja, "例示病院");
    EXPECT_EQ(hospital->name_en, "Example Hospital");
    EXPECT_EQ(hospital->fax, "042-000-0011");
    EXPECT_THAT(hospital->roles, SizeIs(2));
    EXPECT_EQ(read.find(OrganisationId{"hp-c"}), nullptr);
}

TEST(Directory, KnowsAPartnerByItsCertificate) {
    const auto who = directory().authenticate(digest('a'), at("2026-11-20T09:00:00+09:00"));
    ASSERT_OK(who);
    EXPECT_EQ(who->organisation.text(), "clinic-a");
    EXPECT_EQ(who->person, "doctor-1");
    EXPECT_EQ(who->role, Role::Clinic);
    EXPECT_EQ(directory().authenticate(digest('c'), at("2026-11-20T09:00:00+09:00"))->role,
              Role::PartnerSystem);
}

TEST(Directory, TellsNobodyWhyACertificateIsRefused) {
    struct Case {
        char certificate;
        const char* now;
    };
    const Case refused[] = {
        {'0', "2026-11-20T09:00:00+09:00"},  // unknown
        {'d', "2026-11-20T09:00:00+09:00"},  // a server's, not a client's
        {'a', "2026-03-31T23:59:59+09:00"},  // a second early
        {'a', "2027-04-01T00:00:00+09:00"},  // over
        {'b', "2026-11-20T09:00:00+09:00"},  // the next one, not yet in force
    };
    std::optional<std::string> message;
    for (const Case& c : refused) {
        const auto who = directory().authenticate(digest(c.certificate), at(c.now));
        ASSERT_FAILS(who, Denied);
        EXPECT_EQ(message.value_or(to_string(who.error())), to_string(who.error()));
        message = to_string(who.error());
    }
    EXPECT_OK(directory().authenticate(digest('a'), at("2026-04-01T00:00:00+09:00")));
    EXPECT_OK(directory().authenticate(digest('a'), at("2027-03-31T23:59:59+09:00")));
    EXPECT_OK(directory().authenticate(digest('b'), at("2027-03-31T23:59:59+09:00")))
        << "both hold while a certificate is renewed";
}

TEST(Directory, GivesTheEndpointInForce) {
    const Directory read = directory();
    const OrganisationId hospital{"hp-a"};
    EXPECT_EQ(read.endpoint(hospital, at("2026-11-30T23:59:59+09:00"))->url,
              "https://hospital.example/fhir");
    EXPECT_EQ(read.endpoint(hospital, at("2026-12-01T00:00:00+09:00"))->url,
              "https://new.example/fhir");
    EXPECT_FAILS(read.endpoint(hospital, at("2026-03-31T23:59:59+09:00")), NotFound);
    EXPECT_FAILS(read.endpoint(OrganisationId{"clinic-a"}, at("2026-12-01T00:00:00+09:00")),
                 NotFound);
    EXPECT_FAILS(read.endpoint(OrganisationId{"hp-c"}, at("2026-12-01T00:00:00+09:00")), NotFound);
}

TEST(Directory, AFrozenEndpointComesBackAsItWas) {
    const Directory read = directory();
    for (const char* hospital : {"hp-a", "hp-b"}) {
        const auto endpoint =
            read.endpoint(OrganisationId{hospital}, at("2026-11-20T09:00:00+09:00"));
        ASSERT_OK(endpoint);
        const auto thawed = thaw(freeze(*endpoint));
        ASSERT_OK(thawed);
        EXPECT_EQ(*thawed, *endpoint);
    }
    EXPECT_FAILS(thaw("{}"), Invalid);
    EXPECT_FAILS(thaw("not json"), Invalid);
}

TEST(Directory, RefusesWhatItDoesNotUnderstandAndNamesThePlace) {
    struct Case {
        std::string json;
        const char* where;
    };
    const std::string role = R"("role": "clinic", "person")";
    const Case refused[] = {
        {"{", ""},
        {"[]", "directory"},
        {"{}", "directory.organisations"},
        {R"({"organisations": []})", "directory.organisations"},
        {R"({"organisations": {}})", "directory.organisations"},
        {R"({"organizations": []})", "directory.organizations"},
        {R"({"organisations": [7]})", "directory.organisations[0]"},
        {replaced(good(), R"("id": "clinic-a")", R"("id": "")"), "organisations[0].id"},
        {replaced(good(), R"("id": "clinic-a")", R"("id": "診療所")"), "organisations[0].id"},
        {replaced(good(), R"("id": "clinic-a")", R"("id": "hp-a")"), "organisations[1].id"},
        {replaced(good(), R"("en": "Example Hospital")", R"("fr": "Hôpital")"),
         "organisations[1].name.fr"},
        {replaced(good(), R"(, "en": "Example Hospital")", ""), "organisations[1].name.en"},
        {replaced(good(), R"("institutionCode": "1319900112")", R"("institutionCode": "13199")"),
         "organisations[0].institutionCode"},
        {replaced(good(), R"("roles": ["clinic"])", R"("roles": ["doctor"])"),
         "organisations[0].roles[0]"},
        {replaced(good(), R"("roles": ["clinic"])", R"("roles": ["city"])"),
         "organisations[0].certificates[0].role"},
        {replaced(good(), role, R"("role": "doctor", "person")"),
         "organisations[0].certificates[0].role"},
        {replaced(good(), R"("person": "doctor-1")", R"("person": "三枝 直樹")"),
         "organisations[0].certificates[0].person"},
        {replaced(good(), fingerprint('a'), "aa"), "organisations[0].certificates[0].sha256"},
        {replaced(good(), fingerprint('b'), fingerprint('a')),
         "organisations[0].certificates[1].sha256"},
        {replaced(good(), fingerprint('c'), fingerprint('a')),
         "organisations[1].certificates[0].sha256"},
        {replaced(good(), "2027-04-01T00:00:00+09:00", "2026-04-01T00:00:00+09:00"),
         "organisations[0].certificates[0].validUntil"},
        {replaced(good(), "2026-04-01T00:00:00+09:00", "2026-04-01"),
         "organisations[0].certificates[0].validFrom"},
        {replaced(good(), "https://hospital", "http://hospital"),
         "organisations[1].endpoints[0].url"},
        {replaced(good(), "https://hospital", "https://user@hospital"),
         "organisations[1].endpoints[0].url"},
        {replaced(good(), R"("serverSha256": ")" + fingerprint('d') + R"(", )", ""),
         "organisations[1].endpoints[0].serverSha256"},
        {replaced(good(), R"("channel": "paper")", R"("channel": "pigeon")"),
         "organisations[2].endpoints[0].channel"},
        {replaced(good(), R"("channel": "paper")", R"("channel": "paper", "url": "https://a.b")"),
         "organisations[2].endpoints[0].url"},
        {replaced(good(), R"("channel": "paper")", R"("channel": "file_drop", "url": "drop")"),
         "organisations[2].endpoints[0].url"},
    };
    for (const Case& c : refused) {
        const auto read = Directory::parse(c.json);
        ASSERT_FAILS(read, Invalid) << c.where;
        EXPECT_THAT(read.error().where, HasSubstr(c.where));
    }
    EXPECT_OK(Directory::parse(good())) << "the twin without a fault";
}

TEST(Directory, DoesNotRepeatAWrongValueInItsError) {
    const auto read =
        Directory::parse(replaced(good(), R"("person": "doctor-1")", R"("person": "三枝 直樹")"));
    ASSERT_FAILS(read, Invalid);
    EXPECT_EQ(to_string(read.error()).find("三枝"), std::string::npos);
}

TEST(LiveDirectory, KeepsTheOldWhenTheNewIsRefused) {
    const support::TempFolder folder;
    const auto file = folder / "directory.json";
    EXPECT_FAILS(LiveDirectory::open(file), Unavailable);
    support::write_text(file, good());
    const auto live = LiveDirectory::open(file);
    ASSERT_OK(live);
    const auto before = (*live)->current();
    EXPECT_THAT(before->organisations(), SizeIs(3));

    support::write_text(file, replaced(good(), "fhir_rest", "pigeon"));
    const Status refused = (*live)->reload();
    ASSERT_FAILS(refused, Invalid);
    EXPECT_THAT(refused.error().where, HasSubstr("directory.json"));
    EXPECT_EQ((*live)->current(), before);
    std::filesystem::remove(file);
    EXPECT_FAILS((*live)->reload(), Unavailable);
    EXPECT_EQ((*live)->current(), before);

    support::write_text(file, replaced(good(), fingerprint('a'), fingerprint('9')));
    ASSERT_OK((*live)->reload());
    const Instant now = at("2026-11-20T09:00:00+09:00");
    EXPECT_FAILS((*live)->current()->authenticate(digest('a'), now), Denied);
    EXPECT_OK((*live)->current()->authenticate(digest('9'), now));
    EXPECT_OK(before->authenticate(digest('a'), now)) << "a request under way keeps its view";
}

TEST(LiveDirectory, MayBeReadWhileItIsReplaced) {
    LiveDirectory live{directory()};
    std::jthread writer([&] {
        for (int i = 0; i < 200; ++i) live.replace(directory());
    });
    const Instant now = at("2026-11-20T09:00:00+09:00");
    for (int i = 0; i < 2000; ++i) EXPECT_OK(live.current()->authenticate(digest('a'), now));
    EXPECT_OK(live.reload()) << "a directory without a file has nothing to read again";
}

TEST(Role, NamesComeBackAsRoles) {
    for (const Role role :
         {Role::Clinic, Role::HospitalDesk, Role::HospitalPhysician, Role::Coordinator, Role::City,
          Role::Auditor, Role::Operator, Role::PartnerSystem}) {
        EXPECT_EQ(*parse_role(name(role)), role);
    }
    EXPECT_FAILS(parse_role("Clinic"), Invalid);
    EXPECT_FAILS(parse_role(""), Invalid);
}

}  // namespace
}  // namespace tsunagi::access

#include "app/configuration.h"

#include <gmock/gmock.h>

#include "support/result_matchers.h"
#include "support/temp_folder.h"

namespace tsunagi::app {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::EndsWith;
using ::testing::HasSubstr;

const std::string& good() {
    static const std::string kText = R"({
 "listen": {"address": "0.0.0.0", "port": 8443},
 "tls": {"certificate": "tls/server.pem", "key": "tls/server.key", "clientAuthority": "tls/ca.pem"},
 "partners": {"certificate": "tls/us.pem", "key": "tls/us.key", "serverAuthority": "tls/ca.pem"},
 "store": {"database": "data/g.db", "caseKeys": "keys/cases", "keyEncryptionKey": "/etc/kek", "lastSigned": "keys/last"},
 "log": {"origin": "log.example/1", "key": "keys/log.pem"},
 "directory": "directory.json",
 "registrations": ["doctors.json"]})";
    return kText;
}

std::string with(std::string_view what, std::string_view instead) {
    std::string text = good();
    const auto place = text.find(what);
    EXPECT_NE(place, std::string::npos) << what;
    return place == std::string::npos ? text : text.replace(place, what.size(), instead);
}

TEST(Configuration, PathsAreRelativeToTheFile) {
    const auto read = parse_configuration(good(), "/srv/gateway");
    ASSERT_OK(read);
    EXPECT_EQ(read->address, "0.0.0.0");
    EXPECT_EQ(read->port, 8443);
    EXPECT_EQ(read->server_certificate, "/srv/gateway/tls/server.pem");
    EXPECT_EQ(read->key_encryption_key, "/etc/kek");
    EXPECT_THAT(read->registrations, ElementsAre("/srv/gateway/doctors.json"));
    EXPECT_EQ(read->log_origin, "log.example/1");
    EXPECT_FALSE(read->home.has_value());
}

TEST(Configuration, ReadsBackWhatItWrites) {
    auto first = parse_configuration(with("\"directory\"", "\"home\": \"../share\", \"directory\""),
                                     "/srv/gateway");
    ASSERT_OK(first);
    EXPECT_EQ(*first->home, "/srv/share");
    const std::string text = to_text(*first, "/srv/gateway");
    EXPECT_THAT(text, AllOf(HasSubstr("\"tls/server.pem\""), HasSubstr("\"/etc/kek\"")));
    // Moved as a whole it still finds its own files.
    const auto moved = parse_configuration(text, "/opt/elsewhere");
    ASSERT_OK(moved);
    EXPECT_EQ(moved->database, "/opt/elsewhere/data/g.db");
    EXPECT_EQ(moved->key_encryption_key, "/etc/kek");
    EXPECT_EQ(moved->port, first->port);
}

TEST(Configuration, RefusesWhatItDoesNotKnowAndNamesThePlace) {
    struct Case {
        std::string text;
        const char* where;
    };
    const Case cases[] = {
        {with("\"port\"", "\"prot\""), "listen.prot"},
        {with("\"directory\"", "\"directories\""), "directories"},
        {with("8443", "65536"), "listen.port"},
        {with("8443", "-1"), "listen.port"},
        {with("8443", "84.43"), "listen.port"},
        {with("8443", "\"8443\""), "listen.port"},
        {with("\"0.0.0.0\"", "7"), "listen.address"},
        {with("\"tls/server.pem\"", "\"\""), "tls.certificate"},
        {with("\"tls/server.pem\"", "null"), "tls.certificate"},
        {with("\"caseKeys\": \"keys/cases\",", ""), "store.caseKeys"},
        {with("\"origin\": \"log.example/1\",", ""), "log.origin"},
        {with("[\"doctors.json\"]", "\"doctors.json\""), "registrations"},
        {with("[\"doctors.json\"]", "[3]"), "registrations"},
        {with("\"listen\"", "listen"), "line 2"},
        {with("\"directory\": \"directory.json\",", ""), "directory"},
        {with("{\"database\": \"data/g.db\", \"caseKeys\": \"keys/cases\", \"keyEncryptionKey\": "
              "\"/etc/kek\", \"lastSigned\": \"keys/last\"}",
              "[]"),
         "store"},
    };
    for (const auto& c : cases) {
        const auto read = parse_configuration(c.text, "/srv");
        ASSERT_FAILS(read, Invalid) << c.text;
        EXPECT_THAT(read.error().where, HasSubstr(c.where)) << to_string(read.error());
    }
}

TEST(Configuration, AFaultNamesTheFileToo) {
    const support::TempFolder folder;
    EXPECT_FAILS(read_configuration(folder / "none.json"), NotFound);
    support::write_text(folder / "config.json", with("\"port\"", "\"prot\""));
    const auto read = read_configuration(folder / "config.json");
    ASSERT_FAILS(read, Invalid);
    EXPECT_THAT(read.error().where, EndsWith("config.json listen.prot"));
    support::write_text(folder / "config.json", good());
    const auto fine = read_configuration(folder / "config.json");
    ASSERT_OK(fine);
    EXPECT_EQ(fine->directory, folder / "directory.json");
}

}  // namespace
}  // namespace tsunagi::app

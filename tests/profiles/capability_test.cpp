// The CapabilityStatement of the package is what the gateway says of itself.
#include <gtest/gtest.h>

#include "json/writer.h"
#include "profiles/package.h"
#include "serve/gateway_routes.h"
#include "support/result_matchers.h"
#include "support/test_gateway.h"

namespace tsunagi::profiles {
namespace {

TEST(Capability, IsWhatTheGatewaySaysOfItself) {
    support::TestGateway gateway;
    SeededRandom random(1);
    const audit::NoteKey key{"tsunagi.example/test",
                             crypto::SigningKey::generate(random).verify_key()};
    const serve::Services services{
        gateway.exchange(),      gateway.inquire(),       key,
        [] { return Status{}; }, [] { return Status{}; }, [] { return std::string{}; }};
    const auto routes = serve::gateway_routes(services);
    const auto row = std::find_if(routes.begin(), routes.end(), [](const auto& each) {
        return each.method == "GET" && each.pattern == "/fhir/metadata";
    });
    ASSERT_NE(row, routes.end());
    const auto request = serve::make_request("GET", "/fhir/metadata", {}, {});
    ASSERT_OK(request);
    const auto response = row->handler({*request, gateway.clinic(), {}});
    EXPECT_EQ(response.body,
              support::read_file(source("profiles/api/CapabilityStatement-gateway.json")));
}

TEST(Capability, NamesProfilesAndParametersThatExist) {
    const Definition* statement = find(std::string{kBase} + "CapabilityStatement/gateway");
    ASSERT_TRUE(statement);
    std::size_t profiles = 0;
    for (const json::Value resource : statement->root()["rest"].at(0)["resource"]) {
        for (const json::Value profile : resource["supportedProfile"]) {
            const Definition* definition = find(profile.text());
            ASSERT_TRUE(definition) << profile.text();
            EXPECT_EQ(definition->root()["type"].text(), resource["type"].text());
            ++profiles;
        }
        for (const json::Value parameter : resource["searchParam"]) {
            const Definition* definition = find(parameter["definition"].text());
            ASSERT_TRUE(definition) << parameter["definition"].text();
            EXPECT_EQ(definition->root()["code"].text(), parameter["name"].text());
            EXPECT_EQ(definition->root()["type"].text(), parameter["type"].text());
        }
    }
    EXPECT_EQ(profiles, 10U);
}

}  // namespace
}  // namespace tsunagi::profiles

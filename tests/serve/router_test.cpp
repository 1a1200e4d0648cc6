#include "serve/router.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <stdexcept>

#include "json/reader.h"

namespace tsunagi::serve {
namespace {

using access::Role;
using testing::HasSubstr;
using testing::Not;

constexpr Instant kNow{std::chrono::sys_days{std::chrono::year{2026} / 11 / 20}};

/// Two partners by their fingerprints 01… and 02…; 09… is nobody's.
std::string directory_json(bool with_hospital = true) {
    const auto organisation = [](std::string_view id, std::string_view role, char digit) {
        std::string fingerprint(64, '0');
        fingerprint[1] = digit;
        return std::string{R"({"id":")"} + std::string{id} +
               R"(","name":{"ja":"試験","en":"test"},"roles":[")" + std::string{role} +
               R"("],"certificates":[{"sha256":")" + fingerprint +
               R"(","validFrom":"2026-01-01T00:00:00Z","role":")" + std::string{role} + R"("}]})";
    };
    const std::string hospital =
        with_hospital ? "," + organisation("hospital-a", "hospital-desk", '2') : "";
    return R"({"organisations":[)" + organisation("clinic-a", "clinic", '1') + hospital + "]}";
}

constexpr Fingerprint kClinic{1};
constexpr Fingerprint kHospital{2};
constexpr Fingerprint kStranger{9};

Response say(std::string text) {
    Response response;
    response.body = std::move(text);
    return response;
}

Route route(std::string method, const std::string& pattern, std::vector<Role> roles) {
    return {std::move(method),
            pattern,
            std::move(roles),
            0,
            "read",
            "test",
            [pattern](const Call& call) {
                std::string text{pattern};
                for (const auto& one : call.values) text += "|" + one;
                return say(text + "|" + call.who.organisation.text());
            }};
}

std::vector<Route> table() {
    auto routes = std::vector<Route>{
        route("GET", "/health/live", {}),
        route("GET", "/fhir/{type}/{id}", {Role::Clinic, Role::HospitalDesk}),
        route("GET", "/fhir/Task/newest", {Role::Clinic, Role::HospitalDesk}),
        route("PUT", "/fhir/Task/{id}", {Role::HospitalDesk}),
        route("GET", "/throw", {Role::Clinic}),
        route("GET", "/echo", {Role::Clinic}),
        route("GET", "/refuse", {Role::Clinic}),
    };
    routes[3].body_bytes = 100;
    routes[4].handler = [](const Call&) -> Response { throw std::runtime_error("planted"); };
    const auto refuse_with = [](std::string text) {
        return [text = std::move(text)](const Call&) {
            Response response = say(text);
            response.status = 422;
            return response;
        };
    };
    routes[5].handler = refuse_with("the number 1234-5678-9018 is wrong");
    routes[6].handler = refuse_with("the number is wrong");
    return routes;
}

class RouterTest : public testing::Test {
protected:
    static access::LiveDirectory directory() {
        auto parsed = access::Directory::parse(directory_json());
        EXPECT_TRUE(parsed.ok()) << (parsed.ok() ? "" : to_string(parsed.error()));
        return access::LiveDirectory{std::move(parsed).value()};
    }
    static Request request(std::string_view method, std::string_view target,
                           std::optional<Fingerprint> peer, std::vector<Field> fields = {}) {
        auto made = make_request(method, target, std::move(fields));
        EXPECT_TRUE(made.ok());
        made->peer = peer;
        return std::move(made).value();
    }
    int admitted(const Request& head) {
        const auto admission = router_.admit(head);
        return admission.refusal ? admission.refusal->status : 200;
    }

    std::string logged_;
    ManualClock clock_{kNow};
    EventLog log_{clock_, [this](std::string_view line) { logged_ += line; }};
    access::LiveDirectory live_ = directory();
    Router router_{table(), live_, clock_, log_};
};

const std::vector<Field> kPut = {{"Content-Type", "application/fhir+json"},
                                 {"Content-Length", "2"}};

TEST_F(RouterTest, GivesTheHandlerWhatItCapturedAndWhoAsks) {
    EXPECT_EQ(router_.handle(request("GET", "/fhir/Patient/a-1", kHospital)).body,
              "/fhir/{type}/{id}|Patient|a-1|hospital-a");
    EXPECT_THAT(logged_, HasSubstr("hospital-a"));
    EXPECT_THAT(logged_, Not(HasSubstr("a-1")));
}

TEST_F(RouterTest, PrefersTheMoreExactPattern) {
    EXPECT_EQ(router_.handle(request("GET", "/fhir/Task/newest", kClinic)).body,
              "/fhir/Task/newest|clinic-a");
    EXPECT_EQ(router_.handle(request("PUT", "/fhir/Task/newest", kHospital, kPut)).body,
              "/fhir/Task/{id}|newest|hospital-a");
}

TEST_F(RouterTest, AnswersHeadWithTheRouteOfGet) {
    EXPECT_EQ(admitted(request("HEAD", "/fhir/Task/newest", kClinic)), 200);
}

TEST_F(RouterTest, ServesAPublicRouteToAnybody) {
    EXPECT_EQ(router_.handle(request("GET", "/health/live", std::nullopt)).body, "/health/live|");
    EXPECT_EQ(router_.handle(request("GET", "/health/live", kStranger)).body, "/health/live|");
}

TEST_F(RouterTest, TellsAStrangerTheSameForEveryPathAndLogsNothing) {
    for (const char* target : {"/fhir/Task/newest", "/fhir/Task/a-1", "/nothing", "/"}) {
        for (const char* method : {"GET", "PUT", "POST", "DELETE", "PATCH"}) {
            EXPECT_EQ(admitted(request(method, target, std::nullopt)), 401) << target;
            EXPECT_EQ(admitted(request(method, target, kStranger)), 403) << target;
        }
    }
    EXPECT_EQ(logged_, "");
}

TEST_F(RouterTest, RefusesWhatTheTableDoesNotHold) {
    EXPECT_EQ(admitted(request("GET", "/nothing", kClinic)), 404);
    EXPECT_EQ(admitted(request("GET", "/fhir", kClinic)), 404);
    EXPECT_EQ(admitted(request("GET", "/fhir/a/b/c", kClinic)), 404);
    const auto admission = router_.admit(request("DELETE", "/fhir/Task/a-1", kHospital));
    ASSERT_TRUE(admission.refusal.has_value());
    EXPECT_EQ(admission.refusal->status, 405);
    EXPECT_EQ(admission.refusal->field("allow"), "PUT, GET, HEAD");
}

TEST_F(RouterTest, RefusesAnotherRole) {
    EXPECT_EQ(admitted(request("PUT", "/fhir/Task/a-1", kClinic, kPut)), 403);
    EXPECT_EQ(admitted(request("PUT", "/fhir/Task/a-1", kHospital, kPut)), 200);
}

TEST_F(RouterTest, TakesJsonInUtf8Only) {
    for (const char* type :
         {"application/json", "application/fhir+json", "Application/FHIR+JSON; charset=utf-8",
          "application/json;charset=\"UTF-8\""}) {
        auto fields = kPut;
        fields[0].value = type;
        EXPECT_EQ(admitted(request("PUT", "/fhir/Task/a", kHospital, fields)), 200) << type;
    }
    for (const char* type : {"", "text/plain", "application/xml", "application/jsonx",
                             "application/json; charset=shift_jis", "application/json, text/xml"}) {
        auto fields = kPut;
        fields[0].value = type;
        EXPECT_EQ(admitted(request("PUT", "/fhir/Task/a", kHospital, fields)), 415) << type;
    }
    for (const char* type : {"text/csv", "text/csv; charset=Shift_JIS"}) {
        auto fields = kPut;
        fields[0].value = type;
        EXPECT_EQ(admitted(request("PUT", "/fhir/Task/a", kHospital, fields)), 415) << type;
    }
    auto zipped = kPut;
    zipped.push_back({"Content-Encoding", "gzip"});
    EXPECT_EQ(admitted(request("PUT", "/fhir/Task/a", kHospital, zipped)), 415);
}

TEST_F(RouterTest, AdmitsTheBodyOfItsRowOnly) {
    EXPECT_EQ(router_.admit(request("PUT", "/fhir/Task/a", kHospital, kPut)).body_bytes, 100U);
    EXPECT_EQ(router_.admit(request("GET", "/fhir/Task/a", kClinic)).body_bytes, 0U);
    EXPECT_EQ(logged_, "");  // told once, when answered
}

TEST_F(RouterTest, StopsAPartnerRevokedWhileItSentItsBody) {
    const auto put = request("PUT", "/fhir/Task/a", kHospital, kPut);
    EXPECT_EQ(admitted(put), 200);
    live_.replace(access::Directory::parse(directory_json(false)).value());
    EXPECT_EQ(router_.handle(put).status, 403);
}

TEST_F(RouterTest, HidesWhatAHandlerThrows) {
    const auto response = router_.handle(request("GET", "/throw", kClinic));
    EXPECT_EQ(response.status, 500);
    EXPECT_THAT(response.body, Not(HasSubstr("planted")));
    EXPECT_THAT(logged_, Not(HasSubstr("planted")));
    EXPECT_THAT(logged_, HasSubstr("500"));
}

/// A handler that repeats in its refusal a number which nobody may be sent.
TEST_F(RouterTest, HidesARefusalThatTheDoorDoesNotLetThrough) {
    const auto response = router_.handle(request("GET", "/echo", kClinic));
    EXPECT_EQ(response.status, 500);
    EXPECT_THAT(response.body, Not(HasSubstr("9018")));
    EXPECT_THAT(logged_, Not(HasSubstr("9018")));
    EXPECT_EQ(router_.handle(request("GET", "/refuse", kClinic)).status, 422) << "others pass";
}

TEST(RouteTable, IsRefusedWhenARowIsAmbiguousOrIncomplete) {
    const auto refused = [](const std::function<void(std::vector<Route>&)>& change) {
        auto routes = table();
        change(routes);
        return !check_routes(routes).ok();
    };
    EXPECT_FALSE(refused([](auto&) {}));
    EXPECT_TRUE(refused([](auto& all) { all.push_back(all[0]); }));
    EXPECT_TRUE(refused([](auto& all) { all.push_back(route("GET", "/fhir/{a}/{b}", {})); }));
    EXPECT_TRUE(refused([](auto& all) {
        all.push_back(route("GET", "/a/{x}", {}));
        all.push_back(route("GET", "/{x}/a", {}));
    }));
    EXPECT_TRUE(refused([](auto& all) { all[0].method = "PATCH"; }));
    EXPECT_TRUE(refused([](auto& all) { all[0].pattern = "health"; }));
    EXPECT_TRUE(refused([](auto& all) { all[0].pattern = "/a//b"; }));
    EXPECT_TRUE(refused([](auto& all) { all[0].pattern = "/a{b}"; }));
    EXPECT_TRUE(refused([](auto& all) { all[0].handler = nullptr; }));
    EXPECT_TRUE(refused([](auto& all) { all[0].audit_kind.clear(); }));
    EXPECT_TRUE(refused([](auto& all) { all[0].body_bytes = 5; }));
}

TEST(OpenApi, ListsEveryRouteWithItsRoles) {
    const auto document = json::read(openapi(table(), "1"));
    ASSERT_TRUE(document.ok());
    const auto paths = document->root()["paths"];
    EXPECT_EQ(paths.size(), 7U);
    EXPECT_EQ(paths["/fhir/Task/{id}"]["put"]["x-roles"].at(0).text(), "hospital-desk");
    EXPECT_EQ(paths["/fhir/{type}/{id}"]["get"]["parameters"].size(), 2U);
}

}  // namespace
}  // namespace tsunagi::serve

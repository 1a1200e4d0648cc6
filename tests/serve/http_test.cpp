#include "serve/http.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "serve/http_writer.h"

namespace tsunagi::serve {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

constexpr Instant kMorning{std::chrono::sys_days{std::chrono::year{2026} / 11 / 20} +
                           std::chrono::hours{9}};

TEST(Target, IsSplitAndDecoded) {
    const auto request =
        make_request("GET", "/fhir/Task?identifier=urn:x%7C1&name=%E5%B1%B1+%E7%94%B0&flag");
    ASSERT_TRUE(request.ok());
    EXPECT_THAT(request->path, ElementsAre("fhir", "Task"));
    EXPECT_THAT(request->query, ElementsAre(Field{"identifier", "urn:x|1"}, Field{"name", "山 田"},
                                            Field{"flag", ""}));
    EXPECT_EQ(request->parameter("absent"), std::nullopt);
}

TEST(Target, OfTheRootHasNoSegment) {
    const auto request = make_request("GET", "/");
    ASSERT_TRUE(request.ok());
    EXPECT_TRUE(request->path.empty());
}

TEST(Target, IsRefusedWhenTwoReadersCouldDiffer) {
    for (const char* target :
         {"",     "fhir",  "*",       "https://a/b",   "//a",         "/a//b",
          "/a/",  "/.",    "/a/../b", "/%2e%2e/b",     "/a%2fb",      "/%",
          "/%g0", "/%00",  "/%0a",    "/a?%ff",        "/a?x=%c0%80", "/a#b",
          "/a b", "/a\\b", "/\x7f",   "/\xe5\xb1\xb1", "/a\"b",       "/<a>"}) {
        EXPECT_FALSE(make_request("GET", target).ok()) << target;
    }
}

TEST(Target, MayHave64ParametersAndNoMore) {
    std::string target = "/a?";
    for (int i = 0; i < 64; ++i) target += "x=1&";
    EXPECT_TRUE(make_request("GET", target).ok());
    EXPECT_FALSE(make_request("GET", target + "x=1").ok());
}

TEST(Writer, SendsLengthDateAndSecurityFields) {
    const auto text = write_response({.status = 201,
                                      .content_type = "application/json",
                                      .body = "{}",
                                      .fields = {{"ETag", "W/\"1\""}}},
                                     kMorning, {});
    EXPECT_THAT(text, StartsWith("HTTP/1.1 201 Created\r\nDate: Fri, 20 Nov 2026 09:00:00 GMT\r\n"
                                 "Content-Length: 2\r\nContent-Type: application/json\r\n"));
    EXPECT_THAT(text, HasSubstr("\r\nCache-Control: no-store\r\n"));
    EXPECT_THAT(text, HasSubstr("\r\nX-Content-Type-Options: nosniff\r\n"));
    EXPECT_THAT(text, HasSubstr("\r\nContent-Security-Policy: default-src 'none'"));
    EXPECT_THAT(text, HasSubstr("\r\nETag: W/\"1\"\r\n"));
    EXPECT_THAT(text, HasSubstr("\r\nConnection: keep-alive\r\n\r\n{}"));
}

TEST(Writer, SendsNoBodyToHeadButItsLength) {
    const auto text = write_response({.content_type = {}, .body = "hello", .fields = {}}, kMorning,
                                     {.head_only = true, .keep_alive = false});
    EXPECT_THAT(text, HasSubstr("Content-Length: 5\r\n"));
    EXPECT_THAT(text, HasSubstr("Connection: close\r\n"));
    EXPECT_TRUE(text.ends_with("\r\n\r\n"));
}

TEST(Writer, SendsNoLengthWith204) {
    const auto text =
        write_response({.status = 204, .content_type = {}, .body = {}, .fields = {}}, kMorning, {});
    EXPECT_THAT(text, Not(HasSubstr("Content-Length")));
}

TEST(Writer, LeavesOutAFieldThatCouldSplitTheAnswer) {
    const auto text = write_response({.content_type = {},
                                      .body = {},
                                      .fields = {{"Location", "/a\r\nSet-Cookie: b"},
                                                 {"X-\r\nY", "c"},
                                                 {"X-Name", "山田"},
                                                 {"content-length", "99"},
                                                 {"Transfer-Encoding", "chunked"}}},
                                     kMorning, {});
    EXPECT_THAT(text, Not(HasSubstr("Set-Cookie")));
    EXPECT_THAT(text, Not(HasSubstr("X-Name")));
    EXPECT_THAT(text, Not(HasSubstr("99")));
    EXPECT_THAT(text, Not(HasSubstr("chunked")));
}

TEST(Writer, LetsARouteReplaceADefaultField) {
    const auto text = write_response(
        {.content_type = {}, .body = {}, .fields = {{"cache-control", "max-age=60"}}}, kMorning,
        {});
    EXPECT_THAT(text, HasSubstr("cache-control: max-age=60\r\n"));
    EXPECT_THAT(text, Not(HasSubstr("no-store")));
}

}  // namespace
}  // namespace tsunagi::serve

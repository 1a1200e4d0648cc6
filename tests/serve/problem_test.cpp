#include "serve/problem.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "json/reader.h"

namespace tsunagi::serve {
namespace {

using testing::HasSubstr;
using testing::Not;

TEST(Problem, MapsEveryCodeToOneStatus) {
    EXPECT_EQ(status_of(Code::Invalid), 400);
    EXPECT_EQ(status_of(Code::NotFound), 404);
    EXPECT_EQ(status_of(Code::Conflict), 409);
    EXPECT_EQ(status_of(Code::Denied), 403);
    EXPECT_EQ(status_of(Code::Unsupported), 415);
    EXPECT_EQ(status_of(Code::Busy), 503);
    EXPECT_EQ(status_of(Code::Unavailable), 503);
    EXPECT_EQ(status_of(Code::Internal), 500);
}

TEST(Problem, SpeaksJapaneseAndEnglishForEachStatusOfTheEdge) {
    std::vector<std::string> codes;
    for (const int status :
         {400, 401, 403, 404, 405, 409, 412, 413, 415, 417, 428, 429, 500, 503}) {
        const auto response = problem(status);
        EXPECT_EQ(response.status, status);
        EXPECT_EQ(response.content_type, kFhirJson);
        const auto document = json::read(response.body);
        ASSERT_TRUE(document.ok());
        const auto issue = document->root()["issue"].at(0);
        EXPECT_EQ(document->root()["resourceType"].text(), "OperationOutcome");
        EXPECT_FALSE(issue["details"]["text"].text().empty());
        const std::string code{issue["details"]["coding"].at(0)["code"].text()};
        EXPECT_THAT(codes, Not(testing::Contains(code)));
        codes.push_back(code);
    }
}

TEST(Problem, SaysWhenToComeBack) {
    const auto unavailable = problem(503);
    EXPECT_EQ(unavailable.field("retry-after"), "5");
    const auto absent = problem(404);
    EXPECT_EQ(absent.field("retry-after"), "");
}

TEST(Problem, ShowsThePathOfAClientErrorAndNeverTheMessage) {
    const auto invalid = problem(Error{Code::Invalid, "secret detail", "Packet.bedRequest"});
    EXPECT_EQ(invalid.status, 400);
    EXPECT_THAT(invalid.body, HasSubstr("Packet.bedRequest"));
    EXPECT_THAT(invalid.body, Not(HasSubstr("secret")));
    const auto internal = problem(Error{Code::Internal, "secret detail", "store/file"});
    EXPECT_THAT(internal.body, Not(HasSubstr("store/file")));
}

}  // namespace
}  // namespace tsunagi::serve

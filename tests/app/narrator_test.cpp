#include "app/narrator.h"

#include <gmock/gmock.h>

#include <sstream>

namespace tsunagi::app {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

TEST(Narrator, CountsColumnsAsATerminalDoes) {
    EXPECT_EQ(columns("abc"), 3U);
    EXPECT_EQ(columns("田邉"), 4U);
    EXPECT_EQ(columns("ﾀﾅﾍﾞ"), 4U);
    EXPECT_EQ(columns("Ｔ．Ｙ．"), 8U);
    EXPECT_EQ(columns("é"), 1U);
    EXPECT_EQ(columns(""), 0U);
    EXPECT_EQ(columns("\xE7\x94"), 1U) << "a cut character is not read beyond";
}

TEST(Narrator, ShortensAtACharacter) {
    EXPECT_EQ(shortened("田邉芳江", 8), "田邉芳江");
    EXPECT_EQ(shortened("田邉芳江", 5), "田邉…");
    EXPECT_EQ(shortened("一行目\n二行目", 20), "一行目 二行目");
}

TEST(Narrator, CountsWhatDoesNotHoldAndSaysWhatWasExpected) {
    std::ostringstream out;
    Narrator tell(out);
    EXPECT_TRUE(tell.equal("sent", "sent", "状態", "the state"));
    EXPECT_EQ(tell.failures(), 0);
    EXPECT_THAT(out.str(), AllOf(HasSubstr("✓ 状態"), Not(HasSubstr("✗"))));
    EXPECT_FALSE(tell.equal("draft", "sent", "状態", "the state"));
    EXPECT_FALSE(tell.check(false, "届く", "it arrives", "nothing"));
    EXPECT_EQ(tell.failures(), 2);
    EXPECT_THAT(out.str(),
                AllOf(HasSubstr("✗ 状態"), HasSubstr("expected: sent"), HasSubstr("got: nothing")));
}

}  // namespace
}  // namespace tsunagi::app

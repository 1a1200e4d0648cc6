// The story that `./run` plays: every step of issue 2 between processes over real mutual TLS.
#include <gmock/gmock.h>

#include <cstdlib>

#include "e2e/program.h"

namespace tsunagi::e2e {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

std::size_t count(const std::string& text, std::string_view what) {
    std::size_t found = 0;
    for (auto at = text.find(what); at != std::string::npos; at = text.find(what, at + 1)) ++found;
    return found;
}

/// The story makes its folder below TMPDIR, so that a test sees what is left of it.
class StoryTest : public ::testing::Test {
protected:
    void SetUp() override { ::setenv("TMPDIR", folder_.path().c_str(), 1); }
    void TearDown() override { ::unsetenv("TMPDIR"); }

    std::size_t folders_left() const {
        std::size_t left = 0;
        for (const auto& entry : std::filesystem::directory_iterator(folder_.path()))
            left += entry.path().filename().string().starts_with("tsunagi-story-") ? 1 : 0;
        return left;
    }

    support::TempFolder folder_;
};

TEST_F(StoryTest, EveryStepHolds) {
    const Ran ran = run_program(folder_, {"simulate", "story", "--once"});
    EXPECT_EQ(ran.code, 0) << ran.out << ran.err;
    EXPECT_THAT(ran.out, Not(HasSubstr("✗")));
    for (const char* chapter : {"━━ 0 ", "━━ 1 ", "━━ 2 ", "━━ 3 ", "━━ 4 ", "━━ 5 ", "━━ 6 ",
                                "━━ 7 ", "━━ 8 ", "━━ 9 ", "━━ ✓ "}) {
        EXPECT_THAT(ran.out, HasSubstr(chapter));
    }
    EXPECT_GE(count(ran.out, "   ✓ "), 45U) << "an expectation fewer than the steps need";
    EXPECT_EQ(folders_left(), 0U) << "with --once nothing stays behind";
}

/// A planted fault: the hospital gives a reason that the programme does not know.
TEST_F(StoryTest, AnExpectationThatFailsIsNamedAndEndsTheStory) {
    const std::filesystem::path source{TSUNAGI_SOURCE_DIR};
    const auto home = folder_ / "home";
    std::filesystem::create_directories(home / "fixtures");
    for (const char* name : {"profiles", "mappings", "fixtures/packets", "fixtures/directory"})
        std::filesystem::create_directory_symlink(source / name, home / name);
    std::string story = support::read_text(source / "fixtures/story.json");
    const auto reason = story.find("\"declineReason\": \"B\"");
    ASSERT_NE(reason, std::string::npos);
    story.replace(reason, 20, "\"declineReason\": \"Z\"");
    support::write_text(home / "fixtures/story.json", story);

    const Ran ran = run_program(folder_, {"simulate", "story", "--once", "--home", home.string()});
    EXPECT_EQ(ran.code, 1) << ran.err;
    EXPECT_THAT(ran.out, HasSubstr("━━ 7 "));
    EXPECT_THAT(ran.out, HasSubstr("✗ Task は rejected"));
    EXPECT_THAT(ran.out, HasSubstr("got: "));
    EXPECT_THAT(ran.out, Not(HasSubstr("━━ 8 ")));
    EXPECT_EQ(folders_left(), 1U) << "kept for a look";
}

}  // namespace
}  // namespace tsunagi::e2e

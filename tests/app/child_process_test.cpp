#include "app/child_process.h"

#include <gmock/gmock.h>
#include <signal.h>

#include "support/result_matchers.h"
#include "support/temp_folder.h"

namespace tsunagi::app {
namespace {

using std::chrono::seconds;

class ChildProcessTest : public ::testing::Test {
protected:
    Result<ChildProcess> shell(const std::string& script) {
        return ChildProcess::start("/bin/sh", {"-c", script}, folder_ / "errors");
    }
    support::TempFolder folder_;
};

TEST_F(ChildProcessTest, SaysItsLinesAndEnds) {
    auto child = shell("echo one; echo two; echo wrong >&2; exit 3");
    ASSERT_OK(child);
    EXPECT_EQ(*child->read_line(seconds{20}), "one");
    EXPECT_EQ(*child->read_all(seconds{20}), "two\n");
    EXPECT_EQ(*child->wait(seconds{20}), 3);
    EXPECT_EQ(support::read_text(folder_ / "errors"), "wrong\n");
}

TEST_F(ChildProcessTest, EndsOnASignal) {
    auto child = shell("trap 'exit 0' TERM; echo ready; while :; do sleep 0.02; done");
    ASSERT_OK(child);
    ASSERT_OK(child->read_line(seconds{20}));
    EXPECT_EQ(child->stop(seconds{20}), 0);
}

TEST_F(ChildProcessTest, OneThatWillNotEndIsKilled) {
    auto child = shell("trap '' TERM; echo ready; while :; do sleep 0.02; done");
    ASSERT_OK(child);
    ASSERT_OK(child->read_line(seconds{20}));
    EXPECT_EQ(child->stop(std::chrono::milliseconds{100}), 128 + SIGKILL);
}

TEST_F(ChildProcessTest, SilenceAndDeathAreToldApart) {
    auto silent = shell("sleep 30");
    ASSERT_OK(silent);
    const auto nothing = silent->read_line(std::chrono::milliseconds{50});
    ASSERT_FAILS(nothing, Unavailable);
    auto dead = shell("exit 1");
    ASSERT_OK(dead);
    const auto gone = dead->read_line(seconds{20});
    ASSERT_FAILS(gone, Unavailable);
    EXPECT_NE(nothing.error().message, gone.error().message);
}

TEST_F(ChildProcessTest, AProgramThatIsNotThereEndsWith127) {
    auto child = ChildProcess::start(folder_ / "absent", {}, folder_ / "errors");
    ASSERT_OK(child);
    EXPECT_EQ(*child->wait(seconds{20}), 127);
}

}  // namespace
}  // namespace tsunagi::app

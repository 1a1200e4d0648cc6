#include "app/core_dumps.h"

#include <gtest/gtest.h>
#include <sys/prctl.h>
#include <sys/resource.h>

namespace tsunagi::app {
namespace {

/// 0 when this process would leave nothing behind.
int leaves_nothing() {
    struct rlimit limit {};
    const bool limited =
        ::getrlimit(RLIMIT_CORE, &limit) == 0 && limit.rlim_cur == 0 && limit.rlim_max == 0;
    return limited && ::prctl(PR_GET_DUMPABLE, 0, 0, 0, 0) == 0 ? 0 : 1;
}

TEST(CoreDumpsDeathTest, AreForbiddenForTheRestOfTheProcess) {
    EXPECT_EXIT(std::exit(forbid_core_dumps() ? leaves_nothing() : 2), testing::ExitedWithCode(0),
                "");
}

TEST(CoreDumpsDeathTest, WouldBeSeenWithoutIt) {
    EXPECT_EXIT(std::exit(leaves_nothing()), testing::ExitedWithCode(1), "");
}

}  // namespace
}  // namespace tsunagi::app

#include "deliver/retry.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace tsunagi::deliver {
namespace {

using std::chrono::microseconds;
using std::chrono::minutes;
using std::chrono::seconds;

/// The longest of many draws.
microseconds longest(std::int64_t attempts) {
    SeededRandom random(7);
    microseconds most{0};
    for (int i = 0; i < 2000; ++i)
        most = std::max(most, delay_after(attempts, RetryPolicy{}, random));
    return most;
}

TEST(Retry, DoublesItsLongestDelayUntilTheCap) {
    EXPECT_LE(longest(1), seconds{1});
    EXPECT_GT(longest(1), microseconds{990'000});
    EXPECT_LE(longest(4), seconds{8});
    EXPECT_GT(longest(4), microseconds{7'900'000});
    EXPECT_LE(longest(9), seconds{256});
    EXPECT_LE(longest(10), minutes{5});
    EXPECT_GT(longest(10), seconds{290});
    EXPECT_LE(longest(1'000'000'000), minutes{5});
}

TEST(Retry, SpreadsOverTheWholeRange) {
    SeededRandom random(7);
    std::array<int, 4> quarters{};
    for (int i = 0; i < 4000; ++i) {
        const auto delay = delay_after(10, RetryPolicy{}, random);
        ++quarters.at(std::min<std::size_t>(3, static_cast<std::size_t>(delay / seconds{75})));
    }
    for (const int count : quarters) EXPECT_GT(count, 800);
}

}  // namespace
}  // namespace tsunagi::deliver

#include "deliver/retry.h"

#include <algorithm>

namespace tsunagi::deliver {

std::chrono::microseconds delay_after(std::int64_t attempts, const RetryPolicy& policy,
                                      Random& random) {
    auto longest = policy.base;
    for (std::int64_t i = 1; i < attempts && longest < policy.cap; ++i) longest *= 2;
    longest = std::min(longest, policy.cap);
    return std::chrono::microseconds{
        static_cast<std::int64_t>(random.below(static_cast<std::uint64_t>(longest.count()) + 1))};
}

}  // namespace tsunagi::deliver

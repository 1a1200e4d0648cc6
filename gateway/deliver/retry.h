#pragma once
#include <chrono>
#include <cstdint>

#include "base/random.h"

namespace tsunagi::deliver {

struct RetryPolicy {
    std::chrono::microseconds base = std::chrono::seconds{1};
    std::chrono::microseconds cap = std::chrono::minutes{5};
    /// After this long without delivery a person must look: the row is parked.
    std::chrono::microseconds retention = std::chrono::hours{72};
};

/// Full jitter: uniform in [0, min(cap, base * 2^(attempts - 1))], so that many messages for one
/// recovering hospital do not arrive together. `attempts` counts those made, from 1.
std::chrono::microseconds delay_after(std::int64_t attempts, const RetryPolicy& policy,
                                      Random& random);

}  // namespace tsunagi::deliver

#pragma once
#include <chrono>
#include <cstddef>

namespace tsunagi {

/// What one outside text may cost. The defaults are the network's; the command line raises
/// `max_bytes` to 64 MB (architecture.md section 5).
struct JsonLimits {
    std::size_t max_bytes = 10U << 20;
    std::size_t max_depth = 64;
    std::size_t max_nodes = 2'000'000;
};

}  // namespace tsunagi

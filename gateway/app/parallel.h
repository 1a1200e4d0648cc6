#pragma once
#include <algorithm>
#include <atomic>
#include <cstddef>
#include <thread>
#include <vector>

namespace tsunagi::app {

/// Threads worth starting for `jobs` independent jobs on this machine; at least 1, at most 16.
inline std::size_t threads_for(std::size_t jobs) {
    const std::size_t cores = std::max(1U, std::thread::hardware_concurrency());
    return std::max<std::size_t>(1, std::min({jobs, cores, std::size_t{16}}));
}

/// Calls `work(index)` once for every index below `jobs`, on as many threads as pay, and returns
/// when all are done. `work` must not throw.
template <class Work>
void run_parallel(std::size_t jobs, const Work& work) {
    std::atomic<std::size_t> next{0};
    const auto loop = [&] {
        for (std::size_t at = next++; at < jobs; at = next++) work(at);
    };
    std::vector<std::jthread> helpers;
    for (std::size_t i = 1; i < threads_for(jobs); ++i) helpers.emplace_back(loop);
    loop();
}

}  // namespace tsunagi::app

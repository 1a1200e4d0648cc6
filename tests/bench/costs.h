#pragma once
#include <chrono>
#include <cstddef>

namespace tsunagi::bench {

/// Seconds of one piece of work: on the wall, and of all processors.
struct Cost {
    double wall = 0, processor = 0;
};

/// Processor time of this process so far, all threads.
double processor_seconds();

/// The mean of `count` pieces, which `work` does.
template <class Work>
Cost measure(std::size_t count, Work work) {
    const double processor = processor_seconds();
    const auto start = std::chrono::steady_clock::now();
    work();
    const std::chrono::duration<double> wall = std::chrono::steady_clock::now() - start;
    const auto pieces = static_cast<double>(count);
    return {wall.count() / pieces, (processor_seconds() - processor) / pieces};
}

/// The reference of P12: rows of 30 KB, which is what a packet and its Bundle weigh before
/// compression, 50 in a commit with fsync, in a SQLite database of its own. The cost of one row.
Cost raw_rows();

/// True when the load average says that strangers do not decide the times on the wall.
bool is_calm(double load);

}  // namespace tsunagi::bench

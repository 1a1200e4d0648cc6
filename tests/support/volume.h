#pragma once
#include <cstdint>

/// How often a long repetition runs. Sanitizers slow a test five- to twentyfold, so their trees run
/// a fifth of it: memory faults show in the first rounds, rare states are the release tree's part.
namespace tsunagi::support {

constexpr std::uint64_t volume(std::uint64_t full) {
#ifdef TSUNAGI_SANITIZED
    return full / 5;
#else
    return full;
#endif
}

}  // namespace tsunagi::support

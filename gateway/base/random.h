#pragma once
#include <cstddef>
#include <cstdint>
#include <span>

namespace tsunagi {

/// Chance is injected. crypto/random.h gives the real source; SeededRandom repeats itself for tests
/// and the simulated world.
class Random {
public:
    virtual ~Random() = default;
    /// Fills `out`; a source that fails stops the program rather than return weak bytes.
    virtual void fill(std::span<std::uint8_t> out) = 0;

    std::uint64_t next();
    /// Uniform in [0, bound); bound > 0.
    std::uint64_t below(std::uint64_t bound);
};

/// xoshiro256** from one seed: not for secrets. Thread rule: one thread.
class SeededRandom final : public Random {
public:
    explicit SeededRandom(std::uint64_t seed);
    void fill(std::span<std::uint8_t> out) override;

private:
    std::uint64_t step();
    std::uint64_t state_[4];
};

}  // namespace tsunagi

#pragma once
#include "base/random.h"

namespace tsunagi::crypto {

/// The operating system's randomness through OpenSSL's generator: keys, nonces, ids that leave the
/// gateway. Stops the program when the source fails. Thread rule: any thread.
class SystemRandom final : public Random {
public:
    void fill(std::span<std::uint8_t> out) override;
};

}  // namespace tsunagi::crypto

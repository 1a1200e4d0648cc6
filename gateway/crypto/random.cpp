#include "crypto/random.h"

#include <openssl/rand.h>

#include <algorithm>

#include "crypto/openssl.h"

namespace tsunagi::crypto {

void SystemRandom::fill(std::span<std::uint8_t> out) {
    constexpr std::size_t kChunk = 1U << 20;  // RAND_bytes takes an int
    while (!out.empty()) {
        const std::size_t size = std::min(out.size(), kChunk);
        must(RAND_bytes(out.data(), static_cast<int>(size)) == 1, "random source");
        out = out.subspan(size);
    }
}

}  // namespace tsunagi::crypto

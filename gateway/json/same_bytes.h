#pragma once
#include <cstddef>
#include <cstdint>
#include <cstring>

namespace tsunagi::json {

/// Whether two texts of `size` bytes are the same. Keys are short: a call of memcmp costs more than
/// the comparison.
inline bool same_bytes(const char* left, const char* right, std::size_t size) noexcept {
    const auto word = [](const char* at) {
        std::uint64_t bytes;
        std::memcpy(&bytes, at, sizeof bytes);
        return bytes;
    };
    if (size > 16) return std::memcmp(left, right, size) == 0;
    if (size >= 8)
        return word(left) == word(right) && word(left + size - 8) == word(right + size - 8);
    const auto half = [](const char* at) {
        std::uint32_t bytes;
        std::memcpy(&bytes, at, sizeof bytes);
        return bytes;
    };
    if (size >= 4)
        return half(left) == half(right) && half(left + size - 4) == half(right + size - 4);
    for (std::size_t at = 0; at < size; ++at) {
        if (left[at] != right[at]) return false;
    }
    return true;
}

}  // namespace tsunagi::json

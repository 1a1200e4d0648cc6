#pragma once
#include <bit>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace tsunagi::fhir {

inline std::uint64_t load64(const char* from) noexcept {
    std::uint64_t word = 0;
    std::memcpy(&word, from, sizeof word);
    return word;
}

/// Hash of a whole text for tables that hold what strangers send; `seed` should not be guessable.
inline std::uint64_t hash_text(std::string_view text, std::uint64_t seed) noexcept {
    constexpr std::uint64_t kMix = 0x9E3779B97F4A7C15U;
    std::uint64_t hash = seed ^ (text.size() * kMix);
    const char* at = text.data();
    std::size_t left = text.size();
    for (; left >= 8; left -= 8, at += 8) {
        hash = std::rotl((hash ^ load64(at)) * kMix, 29);
    }
    if (left > 0) {
        std::uint64_t word = 0;
        std::memcpy(&word, at, left);
        hash = std::rotl((hash ^ word) * kMix, 29);
    }
    hash ^= hash >> 32;
    return hash * kMix;
}

/// Quick hash for the member tables, whose names come from definitions alone.
inline std::uint32_t hash_member(std::string_view name) noexcept {
    constexpr std::uint64_t kMix = 0x9E3779B97F4A7C15U;
    std::uint64_t head = 0;
    std::uint64_t tail = 0;
    if (name.size() >= 8) {
        head = load64(name.data());
        tail = load64(name.data() + name.size() - 8);
    } else if (name.size() >= 4) {
        std::uint32_t low = 0;
        std::uint32_t high = 0;
        std::memcpy(&low, name.data(), 4);
        std::memcpy(&high, name.data() + name.size() - 4, 4);
        head = low;
        tail = high;
    } else {
        for (const char c : name) head = head << 8 | static_cast<unsigned char>(c);
    }
    return static_cast<std::uint32_t>(((head ^ std::rotl(tail, 23) ^ name.size()) * kMix) >> 32);
}

}  // namespace tsunagi::fhir

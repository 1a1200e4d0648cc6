#pragma once
#include <cstddef>
#include <cstdint>
#include <cstring>

/// Bytes that stand in a JSON string as they are: all but control characters, quote and backslash.
/// Asked of the reader and the writer for every byte of a text, hence of many at once.
namespace tsunagi::json {

inline bool is_plain(unsigned char c) { return c >= 0x20 && c != '"' && c != '\\'; }

/// Whether all bytes of a word are plain. Each term sets the high bit of a byte that is below 0x20,
/// or zero after the XOR.
inline bool are_plain(std::uint64_t eight) {
    constexpr std::uint64_t kOnes = 0x0101010101010101;
    constexpr std::uint64_t kHigh = 0x8080808080808080;
    const std::uint64_t quote = eight ^ (kOnes * '"');
    const std::uint64_t slash = eight ^ (kOnes * '\\');
    const std::uint64_t found =
        ((eight - kOnes * 0x20) & ~eight) | ((quote - kOnes) & ~quote) | ((slash - kOnes) & ~slash);
    return (found & kHigh) == 0;
}

/// Sixteen bytes in one register, where the processor has such.
using Sixteen [[gnu::vector_size(16)]] = unsigned char;
inline bool are_plain(Sixteen bytes) {
    const auto found = (bytes < 0x20) | (bytes == '"') | (bytes == '\\');
    std::uint64_t halves[2];
    std::memcpy(halves, &found, sizeof halves);
    return (halves[0] | halves[1]) == 0;
}

/// The end of the plain bytes from `at` on; at most `end`.
inline const char* plain_end(const char* at, const char* end) {
    const auto skip = [&](auto word) {
        while (static_cast<std::size_t>(end - at) >= sizeof word) {
            std::memcpy(&word, at, sizeof word);
            if (!are_plain(word)) break;
            at += sizeof word;
        }
    };
    skip(Sixteen{});
    skip(std::uint64_t{});
    while (at != end && is_plain(static_cast<unsigned char>(*at))) ++at;
    return at;
}

}  // namespace tsunagi::json

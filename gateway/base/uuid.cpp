#include "base/uuid.h"

#include <array>
#include <cstdint>

namespace tsunagi {
namespace {

std::string format(const std::array<std::uint8_t, 16>& bytes) {
    static constexpr char kHex[] = "0123456789abcdef";
    std::array<char, 36> out;
    out.fill('-');
    std::size_t at = 0;
    for (std::size_t i = 0; i < bytes.size(); ++i) {
        if (i == 4 || i == 6 || i == 8 || i == 10) ++at;
        out[at++] = kHex[bytes[i] >> 4];
        out[at++] = kHex[bytes[i] & 15];
    }
    return {out.data(), out.size()};
}

void stamp(std::array<std::uint8_t, 16>& bytes, std::uint8_t version) {
    bytes[6] = static_cast<std::uint8_t>((bytes[6] & 0x0f) | (version << 4));
    bytes[8] = static_cast<std::uint8_t>((bytes[8] & 0x3f) | 0x80);
}

/// Letters for the digits that would make five in a row, or stand at the end, where the id of a
/// resource goes on with "-12": an insurer's number has six digits. Version and variant stay.
void part_digits(std::array<std::uint8_t, 16>& bytes) {
    constexpr int kMostInARow = 4;
    constexpr std::size_t kBeforeVersion = 11, kVariant = 16, kLast = 31;
    int run = 0;
    for (std::size_t i = 0; i <= kLast; ++i) {
        const int shift = i % 2 == 0 ? 4 : 0;
        int digit = bytes[i / 2] >> shift & 15;
        const int most = i == kLast ? 0 : i == kBeforeVersion ? kMostInARow - 1 : kMostInARow;
        if (digit < 10 && run >= most) {
            const int letter = 10 + digit % (i == kVariant ? 2 : 6);
            bytes[i / 2] = static_cast<std::uint8_t>(bytes[i / 2] + ((letter - digit) << shift));
            digit = letter;
        }
        run = digit < 10 ? run + 1 : 0;
    }
}

}  // namespace

std::string uuid_v7(Instant now, Random& random) {
    std::array<std::uint8_t, 16> bytes{};
    random.fill(bytes);
    const auto millis = static_cast<std::uint64_t>(
        std::chrono::duration_cast<std::chrono::milliseconds>(now.time_since_epoch()).count());
    for (int i = 0; i < 6; ++i) {
        bytes[static_cast<std::size_t>(i)] = static_cast<std::uint8_t>(millis >> (8 * (5 - i)));
    }
    stamp(bytes, 7);
    return format(bytes);
}

std::string uuid_v4(Random& random) {
    std::array<std::uint8_t, 16> bytes{};
    random.fill(bytes);
    stamp(bytes, 4);
    part_digits(bytes);
    return format(bytes);
}

bool is_uuid(std::string_view text) {
    if (text.size() != 36) return false;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const bool dash = i == 8 || i == 13 || i == 18 || i == 23;
        const char c = text[i];
        if (dash ? c != '-' : !((c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'))) return false;
    }
    return true;
}

}  // namespace tsunagi

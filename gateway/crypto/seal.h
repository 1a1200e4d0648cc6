#pragma once
#include <array>
#include <cstdint>

#include "base/bytes.h"
#include "base/random.h"

/// AES-256-GCM (NIST SP 800-38D) with a random 96-bit nonce. Thread rule: any thread.
/// Sealed form: 0x01 | nonce (12) | ciphertext | tag (16). One key seals at most 2^32 texts.
namespace tsunagi::crypto {

/// 32 key bytes, wiped when they go. Not printable, not comparable.
class DataKey {
public:
    static constexpr std::size_t kSize = 32;

    static DataKey generate(Random& random);
    /// Invalid unless exactly 32 bytes.
    static Result<DataKey> from_bytes(BytesView bytes);
    DataKey(const DataKey&) = default;
    DataKey& operator=(const DataKey&) = default;
    ~DataKey();

    BytesView reveal() const& noexcept { return bytes_; }
    BytesView reveal() const&& = delete;

private:
    DataKey() = default;
    std::array<std::uint8_t, kSize> bytes_{};
};

/// Seals `plain`; `context` is authenticated and not stored (say what and whose it is: a blob moved
/// to another row no longer opens).
Bytes seal(const DataKey& key, BytesView plain, BytesView context, Random& random);

/// Opens what seal() made. Denied when key, context or any bit differs; Invalid when it is not a
/// sealed text at all.
Result<Bytes> open(const DataKey& key, BytesView sealed, BytesView context);

}  // namespace tsunagi::crypto

#pragma once
#include <array>
#include <cstdint>
#include <initializer_list>
#include <memory>

#include "base/bytes.h"

/// SHA-256 (FIPS 180-4) and HMAC-SHA-256 (RFC 2104). Thread rule: free functions from any thread;
/// one Sha256 by one thread. No errors: a library without SHA-256 stops the program.
namespace tsunagi::crypto {

using Digest = std::array<std::uint8_t, 32>;

Digest sha256(BytesView bytes);
/// The digest of the parts one after the other, without copying them together.
Digest sha256(std::initializer_list<BytesView> parts);

/// Streaming form for bodies that arrive in pieces.
class Sha256 {
public:
    Sha256();
    ~Sha256();
    Sha256(Sha256&&) noexcept;
    Sha256& operator=(Sha256&&) noexcept;

    Sha256& update(BytesView bytes);
    /// The digest of everything so far; the object starts afresh.
    Digest finish();

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

Digest hmac_sha256(BytesView key, BytesView message);

/// Compares in time that depends on the length only.
bool equal_in_constant_time(BytesView left, BytesView right);

}  // namespace tsunagi::crypto

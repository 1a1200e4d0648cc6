#pragma once
#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/random.h"
#include "base/secret.h"

/// Ed25519 (RFC 8032, pure). Thread rule: any thread.
namespace tsunagi::crypto {

using Signature = std::array<std::uint8_t, 64>;

/// A public key: a plain value of 32 bytes.
class VerifyKey {
public:
    using Raw = std::array<std::uint8_t, 32>;

    /// Invalid unless exactly 32 bytes.
    static Result<VerifyKey> from_bytes(BytesView raw);
    /// SubjectPublicKeyInfo PEM. Invalid when it is not an Ed25519 key.
    static Result<VerifyKey> from_pem(std::string_view pem);

    const Raw& bytes() const noexcept { return raw_; }
    std::string to_pem() const;
    bool verify(BytesView message, BytesView signature) const;
    bool operator==(const VerifyKey&) const = default;

private:
    explicit VerifyKey(const Raw& raw) : raw_(raw) {}
    friend class SigningKey;
    Raw raw_;
};

/// A private key; move-only, its bytes are wiped when it goes.
class SigningKey {
public:
    static SigningKey generate(Random& random);
    /// PKCS #8 PEM, not encrypted. Invalid when it is not an Ed25519 key.
    static Result<SigningKey> from_pem(std::string_view pem);
    ~SigningKey();
    SigningKey(SigningKey&&) noexcept;
    SigningKey& operator=(SigningKey&&) noexcept;

    VerifyKey verify_key() const;
    Signature sign(BytesView message) const;
    Secret<std::string> to_pem() const;

private:
    struct Impl;
    explicit SigningKey(std::unique_ptr<Impl> impl);
    std::unique_ptr<Impl> impl_;
};

}  // namespace tsunagi::crypto

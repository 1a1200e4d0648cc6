#include "crypto/digest.h"

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/params.h>

#include "crypto/openssl.h"

namespace tsunagi::crypto {
namespace {

MdCtx new_context() {
    MdCtx context{EVP_MD_CTX_new()};
    must(context != nullptr, "memory");
    return context;
}

void begin(EVP_MD_CTX* context) {
    must(EVP_DigestInit_ex2(context, sha256_algorithm(), nullptr) == 1, "begin SHA-256");
}

void add(EVP_MD_CTX* context, BytesView bytes) {
    must(EVP_DigestUpdate(context, bytes.data(), bytes.size()) == 1, "SHA-256");
}

Digest end(EVP_MD_CTX* context) {
    Digest digest;
    unsigned size = 0;
    must(EVP_DigestFinal_ex(context, digest.data(), &size) == 1 && size == digest.size(),
         "end SHA-256");
    return digest;
}

}  // namespace

Digest sha256(std::initializer_list<BytesView> parts) {
    // One context a thread: making one costs as much as a small digest.
    thread_local const MdCtx context = new_context();
    begin(context.get());
    for (const BytesView part : parts) add(context.get(), part);
    return end(context.get());
}

Digest sha256(BytesView bytes) { return sha256({bytes}); }

struct Sha256::Impl {
    MdCtx context = new_context();
};

Sha256::Sha256() : impl_(std::make_unique<Impl>()) { begin(impl_->context.get()); }
Sha256::~Sha256() = default;
Sha256::Sha256(Sha256&&) noexcept = default;
Sha256& Sha256::operator=(Sha256&&) noexcept = default;

Sha256& Sha256::update(BytesView bytes) {
    add(impl_->context.get(), bytes);
    return *this;
}

Digest Sha256::finish() {
    const Digest digest = end(impl_->context.get());
    begin(impl_->context.get());
    return digest;
}

Digest hmac_sha256(BytesView key, BytesView message) {
    const Border border;
    static EVP_MAC* const algorithm = EVP_MAC_fetch(nullptr, "HMAC", nullptr);
    must(algorithm != nullptr, "fetch HMAC");
    const MacCtx context{EVP_MAC_CTX_new(algorithm)};
    must(context != nullptr, "memory");
    char digest_name[] = "SHA256";
    const OSSL_PARAM parameters[] = {
        OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest_name, 0),
        OSSL_PARAM_construct_end()};
    // A null key would mean "the key set before"; an empty one is legal for HMAC.
    static constexpr std::uint8_t kNothing = 0;
    const std::uint8_t* const start = key.empty() ? &kNothing : key.data();
    must(EVP_MAC_init(context.get(), start, key.size(), parameters) == 1, "begin HMAC");
    must(EVP_MAC_update(context.get(), message.data(), message.size()) == 1, "HMAC");
    Digest digest;
    std::size_t size = 0;
    must(EVP_MAC_final(context.get(), digest.data(), &size, digest.size()) == 1 &&
             size == digest.size(),
         "end HMAC");
    return digest;
}

bool equal_in_constant_time(BytesView left, BytesView right) {
    if (left.size() != right.size()) return false;
    return left.empty() || CRYPTO_memcmp(left.data(), right.data(), left.size()) == 0;
}

}  // namespace tsunagi::crypto

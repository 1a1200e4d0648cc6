#include "crypto/signature.h"

#include <openssl/crypto.h>
#include <openssl/pem.h>

#include <algorithm>

#include "crypto/openssl.h"

namespace tsunagi::crypto {
namespace {

Pkey public_key(const VerifyKey::Raw& raw) {
    return Pkey{
        EVP_PKEY_new_raw_public_key_ex(nullptr, "ED25519", nullptr, raw.data(), raw.size())};
}

Result<VerifyKey::Raw> raw_public_key(EVP_PKEY* key) {
    VerifyKey::Raw raw;
    std::size_t size = raw.size();
    if (key == nullptr || EVP_PKEY_is_a(key, "ED25519") != 1 ||
        EVP_PKEY_get_raw_public_key(key, raw.data(), &size) != 1 || size != raw.size()) {
        return Error{Code::Invalid, "not an Ed25519 key", ""};
    }
    return raw;
}

}  // namespace

Result<VerifyKey> VerifyKey::from_bytes(BytesView raw) {
    Raw copy;
    if (raw.size() != copy.size()) {
        return Error{Code::Invalid, "an Ed25519 public key has 32 bytes", ""};
    }
    std::copy(raw.begin(), raw.end(), copy.begin());
    return VerifyKey{copy};
}

Result<VerifyKey> VerifyKey::from_pem(std::string_view pem) {
    const Border border;
    const Bio bio = memory_bio(pem);
    const Pkey key{PEM_read_bio_PUBKEY(bio.get(), nullptr, nullptr, nullptr)};
    auto raw = raw_public_key(key.get());
    if (!raw) return raw.error();
    return VerifyKey{*raw};
}

std::string VerifyKey::to_pem() const {
    const Border border;
    const Pkey key = public_key(raw_);
    const Bio bio{BIO_new(BIO_s_mem())};
    must(key != nullptr && bio != nullptr, "memory");
    must(PEM_write_bio_PUBKEY(bio.get(), key.get()) == 1, "write a public key");
    return text_of(bio.get());
}

bool VerifyKey::verify(BytesView message, BytesView signature) const {
    const Border border;
    if (signature.size() != Signature{}.size()) return false;
    const Pkey key = public_key(raw_);
    const MdCtx context{EVP_MD_CTX_new()};
    if (key == nullptr || context == nullptr) return false;
    if (EVP_DigestVerifyInit_ex(context.get(), nullptr, nullptr, nullptr, nullptr, key.get(),
                                nullptr) != 1) {
        return false;
    }
    return EVP_DigestVerify(context.get(), signature.data(), signature.size(), message.data(),
                            message.size()) == 1;
}

struct SigningKey::Impl {
    Pkey key;
    VerifyKey::Raw raw_public{};
};

SigningKey::SigningKey(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
SigningKey::~SigningKey() = default;
SigningKey::SigningKey(SigningKey&&) noexcept = default;
SigningKey& SigningKey::operator=(SigningKey&&) noexcept = default;

SigningKey SigningKey::generate(Random& random) {
    const Border border;
    // RFC 8032 section 5.1.5: the private key is 32 random bytes.
    std::array<std::uint8_t, 32> seed{};
    random.fill(seed);
    auto impl = std::make_unique<Impl>();
    impl->key.reset(
        EVP_PKEY_new_raw_private_key_ex(nullptr, "ED25519", nullptr, seed.data(), seed.size()));
    OPENSSL_cleanse(seed.data(), seed.size());
    auto raw = raw_public_key(impl->key.get());
    must(raw.ok(), "make an Ed25519 key");
    impl->raw_public = *raw;
    return SigningKey{std::move(impl)};
}

Result<SigningKey> SigningKey::from_pem(std::string_view pem) {
    const Border border;
    auto impl = std::make_unique<Impl>();
    impl->key = read_private_pem(pem);
    auto raw = raw_public_key(impl->key.get());
    if (!raw) return raw.error();
    impl->raw_public = *raw;
    return SigningKey{std::move(impl)};
}

VerifyKey SigningKey::verify_key() const { return VerifyKey{impl_->raw_public}; }

Signature SigningKey::sign(BytesView message) const {
    const Border border;
    const MdCtx context{EVP_MD_CTX_new()};
    must(context != nullptr, "memory");
    must(EVP_DigestSignInit_ex(context.get(), nullptr, nullptr, nullptr, nullptr, impl_->key.get(),
                               nullptr) == 1,
         "begin Ed25519");
    Signature signature;
    std::size_t size = signature.size();
    must(EVP_DigestSign(context.get(), signature.data(), &size, message.data(), message.size()) ==
                 1 &&
             size == signature.size(),
         "Ed25519");
    return signature;
}

Secret<std::string> SigningKey::to_pem() const {
    const Border border;
    return Secret<std::string>{write_private_pem(impl_->key.get())};
}

}  // namespace tsunagi::crypto

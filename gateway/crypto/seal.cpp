#include "crypto/seal.h"

#include <openssl/crypto.h>

#include <algorithm>
#include <limits>

#include "crypto/openssl.h"

namespace tsunagi::crypto {
namespace {

constexpr std::uint8_t kForm = 1;
constexpr std::size_t kNonce = 12;
constexpr std::size_t kTag = 16;

int as_int(std::size_t size) {
    must(size <= static_cast<std::size_t>(std::numeric_limits<int>::max()), "size of a text");
    return static_cast<int>(size);
}

CipherCtx new_context() {
    CipherCtx context{EVP_CIPHER_CTX_new()};
    must(context != nullptr, "memory");
    return context;
}

}  // namespace

DataKey DataKey::generate(Random& random) {
    DataKey key;
    random.fill(key.bytes_);
    return key;
}

Result<DataKey> DataKey::from_bytes(BytesView bytes) {
    if (bytes.size() != kSize) return Error{Code::Invalid, "a data key has 32 bytes", ""};
    DataKey key;
    std::copy(bytes.begin(), bytes.end(), key.bytes_.begin());
    return key;
}

DataKey::~DataKey() { OPENSSL_cleanse(bytes_.data(), bytes_.size()); }

Bytes seal(const DataKey& key, BytesView plain, BytesView context, Random& random) {
    const Border border;
    Bytes sealed(1 + kNonce + plain.size() + kTag);
    sealed[0] = kForm;
    const std::span<std::uint8_t> nonce{sealed.data() + 1, kNonce};
    random.fill(nonce);
    std::uint8_t* const text = sealed.data() + 1 + kNonce;
    const CipherCtx cipher = new_context();
    int size = 0;
    must(EVP_EncryptInit_ex2(cipher.get(), aes_256_gcm_algorithm(), key.reveal().data(),
                             nonce.data(), nullptr) == 1,
         "begin AES-GCM");
    must(EVP_EncryptUpdate(cipher.get(), nullptr, &size, &kForm, 1) == 1, "AES-GCM form");
    if (!context.empty()) {
        must(EVP_EncryptUpdate(cipher.get(), nullptr, &size, context.data(),
                               as_int(context.size())) == 1,
             "AES-GCM context");
    }
    if (!plain.empty()) {
        must(
            EVP_EncryptUpdate(cipher.get(), text, &size, plain.data(), as_int(plain.size())) == 1 &&
                static_cast<std::size_t>(size) == plain.size(),
            "AES-GCM");
    }
    must(EVP_EncryptFinal_ex(cipher.get(), text + plain.size(), &size) == 1, "end AES-GCM");
    must(EVP_CIPHER_CTX_ctrl(cipher.get(), EVP_CTRL_AEAD_GET_TAG, kTag, text + plain.size()) == 1,
         "AES-GCM tag");
    return sealed;
}

Result<Bytes> open(const DataKey& key, BytesView sealed, BytesView context) {
    const Border border;
    if (sealed.size() < 1 + kNonce + kTag || sealed[0] != kForm) {
        return Error{Code::Invalid, "not a sealed text", ""};
    }
    const BytesView nonce = sealed.subspan(1, kNonce);
    const BytesView text = sealed.subspan(1 + kNonce, sealed.size() - 1 - kNonce - kTag);
    std::array<std::uint8_t, kTag> tag;
    std::copy(sealed.end() - kTag, sealed.end(), tag.begin());
    const CipherCtx cipher = new_context();
    Bytes plain(text.size());
    int size = 0;
    must(EVP_DecryptInit_ex2(cipher.get(), aes_256_gcm_algorithm(), key.reveal().data(),
                             nonce.data(), nullptr) == 1,
         "begin AES-GCM");
    must(EVP_DecryptUpdate(cipher.get(), nullptr, &size, &kForm, 1) == 1, "AES-GCM form");
    if (!context.empty()) {
        must(EVP_DecryptUpdate(cipher.get(), nullptr, &size, context.data(),
                               as_int(context.size())) == 1,
             "AES-GCM context");
    }
    if (!text.empty()) {
        must(EVP_DecryptUpdate(cipher.get(), plain.data(), &size, text.data(),
                               as_int(text.size())) == 1,
             "AES-GCM");
    }
    must(EVP_CIPHER_CTX_ctrl(cipher.get(), EVP_CTRL_AEAD_SET_TAG, kTag, tag.data()) == 1,
         "AES-GCM tag");
    std::uint8_t rest = 0;
    if (EVP_DecryptFinal_ex(cipher.get(), &rest, &size) != 1) {
        if (!plain.empty()) OPENSSL_cleanse(plain.data(), plain.size());
        return Error{Code::Denied, "the sealed text does not open: other key, place or bytes", ""};
    }
    return plain;
}

}  // namespace tsunagi::crypto

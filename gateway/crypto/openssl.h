#pragma once
#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/x509v3.h>

#include <memory>
#include <string>
#include <string_view>

/// Private to this module: owners of OpenSSL's objects and the border to its error queue.
namespace tsunagi::crypto {

template <auto Free>
struct Freed {
    template <class T>
    void operator()(T* pointer) const noexcept {
        Free(pointer);
    }
};

using Pkey = std::unique_ptr<EVP_PKEY, Freed<EVP_PKEY_free>>;
using PkeyCtx = std::unique_ptr<EVP_PKEY_CTX, Freed<EVP_PKEY_CTX_free>>;
using MdCtx = std::unique_ptr<EVP_MD_CTX, Freed<EVP_MD_CTX_free>>;
using CipherCtx = std::unique_ptr<EVP_CIPHER_CTX, Freed<EVP_CIPHER_CTX_free>>;
using MacCtx = std::unique_ptr<EVP_MAC_CTX, Freed<EVP_MAC_CTX_free>>;
using Bio = std::unique_ptr<BIO, Freed<BIO_free_all>>;
using X509Ptr = std::unique_ptr<X509, Freed<X509_free>>;

/// Empties the calling thread's error queue when a function of ours ends, whatever way.
struct Border {
    Border() = default;
    ~Border();
    Border(const Border&) = delete;
    Border& operator=(const Border&) = delete;
};

/// For calls that fail only without memory or without the algorithm: stops the program, since
/// going on would mean an empty digest or a key of zeros.
void must(bool done, const char* what);

/// SHA-256 and AES-256-GCM, fetched once for the life of the program.
const EVP_MD* sha256_algorithm();
const EVP_CIPHER* aes_256_gcm_algorithm();

Bio memory_bio(std::string_view text);
std::string text_of(BIO* bio);
/// A PEM private key without asking anybody for a password; null when it is not one.
Pkey read_private_pem(std::string_view pem);
std::string write_private_pem(EVP_PKEY* key);

}  // namespace tsunagi::crypto

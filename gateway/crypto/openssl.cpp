#include "crypto/openssl.h"

#include <openssl/err.h>
#include <openssl/pem.h>

#include <cstdio>
#include <cstdlib>
#include <limits>

namespace tsunagi::crypto {
namespace {

// Refusing every password keeps OpenSSL from prompting on the terminal.
int no_password(char*, int, int, void*) noexcept { return -1; }

}  // namespace

Border::~Border() { ERR_clear_error(); }

void must(bool done, const char* what) {
    if (done) return;
    std::fprintf(stderr, "tsunagi: cryptography failed: %s\n", what);
    std::abort();
}

const EVP_MD* sha256_algorithm() {
    static const EVP_MD* const algorithm = EVP_MD_fetch(nullptr, "SHA256", nullptr);
    must(algorithm != nullptr, "fetch SHA-256");
    return algorithm;
}

const EVP_CIPHER* aes_256_gcm_algorithm() {
    static const EVP_CIPHER* const algorithm = EVP_CIPHER_fetch(nullptr, "AES-256-GCM", nullptr);
    must(algorithm != nullptr, "fetch AES-256-GCM");
    return algorithm;
}

Bio memory_bio(std::string_view text) {
    must(text.size() <= static_cast<std::size_t>(std::numeric_limits<int>::max()), "size of a PEM");
    Bio bio{BIO_new_mem_buf(text.data(), static_cast<int>(text.size()))};
    must(bio != nullptr, "memory");
    return bio;
}

std::string text_of(BIO* bio) {
    char* data = nullptr;
    const long size = BIO_get_mem_data(bio, &data);
    return size > 0 ? std::string{data, static_cast<std::size_t>(size)} : std::string{};
}

Pkey read_private_pem(std::string_view pem) {
    const Bio bio = memory_bio(pem);
    return Pkey{PEM_read_bio_PrivateKey(bio.get(), nullptr, no_password, nullptr)};
}

std::string write_private_pem(EVP_PKEY* key) {
    const Bio bio{BIO_new(BIO_s_secmem())};
    must(bio != nullptr, "memory");
    must(PEM_write_bio_PKCS8PrivateKey(bio.get(), key, nullptr, nullptr, 0, nullptr, nullptr) == 1,
         "write a private key");
    return text_of(bio.get());
}

}  // namespace tsunagi::crypto

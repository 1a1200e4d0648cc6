#include "crypto/tls_peer.h"

#include <openssl/ssl.h>

#include <vector>

#include "crypto/certificate.h"
#include "crypto/openssl.h"

namespace tsunagi::crypto {
namespace {

/// The leaf's DER bytes; empty when there is none.
Bytes leaf_of(X509_STORE_CTX* store) {
    X509* leaf = X509_STORE_CTX_get0_cert(store);
    if (leaf == nullptr) return {};
    const int size = i2d_X509(leaf, nullptr);
    if (size <= 0) return {};
    Bytes der(static_cast<std::size_t>(size));
    unsigned char* at = der.data();
    return i2d_X509(leaf, &at) == size ? der : Bytes{};
}

bool is_expected(BytesView der, const ExpectedPeer& peer) {
    if (der.empty()) return false;
    if (peer.fingerprint && !equal_in_constant_time(sha256(der), *peer.fingerprint)) return false;
    if (peer.organisation.empty()) return true;
    const auto facts = read_certificate_der(der);
    if (!facts) return false;
    if (facts->organisation.empty()) return peer.fingerprint.has_value();
    return facts->organisation == peer.organisation;
}

/// Takes the place of OpenSSL's verification: runs it, then looks at the leaf.
int verify(X509_STORE_CTX* store, void* context) noexcept {
    if (X509_verify_cert(store) != 1) return 0;
    try {
        if (is_expected(leaf_of(store), *static_cast<const ExpectedPeer*>(context))) return 1;
    } catch (...) {
        // Out of memory: an unproven peer is a wrong peer.
    }
    X509_STORE_CTX_set_error(store, X509_V_ERR_APPLICATION_VERIFICATION);
    return 0;
}

}  // namespace

void expect_peer(void* ssl_ctx, const ExpectedPeer& peer) {
    // OpenSSL hands the pointer back as it got it; verify() only reads through it.
    SSL_CTX_set_cert_verify_callback(static_cast<SSL_CTX*>(ssl_ctx), verify,
                                     const_cast<ExpectedPeer*>(&peer));
}

}  // namespace tsunagi::crypto

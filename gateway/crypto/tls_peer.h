#pragma once
#include <optional>
#include <string>

#include "crypto/digest.h"

namespace tsunagi::crypto {

/// What the certificate of the other side must be, besides valid for its host name under our
/// authority. Both are checked in the handshake: not a byte of ours is sent to anybody else.
struct ExpectedPeer {
    std::optional<Digest> fingerprint;  ///< SHA-256 of the DER form
    /// A certificate that names an organisation must name this one; one that names none (not every
    /// hospital uses our authority) passes only with a fingerprint. Empty: any organisation.
    std::string organisation;
};

/// Makes every handshake of `ssl_ctx` fail with another peer than `peer`. `ssl_ctx` is the
/// `SSL_CTX*` that libcurl hands to CURLOPT_SSL_CTX_FUNCTION; `peer` must outlive it. May be called
/// again with the same arguments.
void expect_peer(void* ssl_ctx, const ExpectedPeer& peer);

}  // namespace tsunagi::crypto

#pragma once
#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/secret.h"
#include "crypto/digest.h"

/// X.509 (RFC 5280) for mutual TLS: ECDSA P-256, the organisation in the subject alternative name
/// as `urn:tsunagi:organization:<id>`. The gateway knows partners by the pinned SHA-256 of their
/// certificate; the authority only makes an installation start without paperwork.
/// Thread rule: any thread.
namespace tsunagi::crypto {

struct CertificateFacts {
    Digest fingerprint{};      ///< SHA-256 of the DER bytes
    std::string organisation;  ///< id of the SAN URI; empty when it has none or several
    std::string common_name;
    Instant not_before{};
    Instant not_after{};
    bool authority = false;  ///< basicConstraints CA
};

/// Reads the first certificate of a PEM text. Invalid when there is none.
Result<CertificateFacts> read_certificate(std::string_view pem);
/// The same of DER bytes, as a TLS library hands them out.
Result<CertificateFacts> read_certificate_der(BytesView der);

struct IssuedCertificate {
    std::string certificate_pem;
    Secret<std::string> key_pem;  ///< PKCS #8, not encrypted
};

enum class CertificateUse { Server, Client, ServerAndClient };

struct CertificateRequest {
    std::string organisation;  ///< letters, digits, '.', '_', '-'; at most 64
    std::string common_name;   ///< printable; at most 64 bytes
    CertificateUse use = CertificateUse::Client;
    std::vector<std::string> dns_names;     ///< e.g. localhost
    std::vector<std::string> ip_addresses;  ///< e.g. 127.0.0.1
};

/// A certificate authority of one installation.
class Authority {
public:
    static Result<Authority> create(std::string_view name, Instant now, std::chrono::days lifetime);
    /// Conflict when the key is not the certificate's.
    static Result<Authority> load(std::string_view certificate_pem, std::string_view key_pem);
    ~Authority();
    Authority(Authority&&) noexcept;
    Authority& operator=(Authority&&) noexcept;

    /// Makes a key and certifies it from an hour before `now` (clocks differ) for `lifetime`.
    Result<IssuedCertificate> issue(const CertificateRequest& request, Instant now,
                                    std::chrono::days lifetime) const;

    std::string certificate_pem() const;
    Secret<std::string> key_pem() const;

private:
    struct Impl;
    explicit Authority(std::unique_ptr<Impl> impl);
    std::unique_ptr<Impl> impl_;
};

/// True when `authority_pem` signed `certificate_pem` and `now` is within its validity.
bool issued_by(std::string_view certificate_pem, std::string_view authority_pem, Instant now);

/// True when `key_pem` is the private key of the first certificate of `certificate_pem`.
bool is_key_of(std::string_view key_pem, std::string_view certificate_pem);

}  // namespace tsunagi::crypto

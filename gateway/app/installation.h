#pragma once
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "access/directory.h"
#include "app/configuration.h"
#include "base/clock.h"
#include "base/random.h"
#include "crypto/certificate.h"

namespace tsunagi::app {

/// PEM files of one certificate, and its fingerprint as the directory knows it.
struct IssuedFiles {
    std::filesystem::path certificate, key;
    crypto::Digest sha256{};
};

/// A new installation: a folder with keys, certificates, directory and configuration of one
/// gateway. Thread rule: one thread.
///
///     config.json  directory.json
///     tls/   authority, server, gateway (client), one pair a partner that was asked for
///     keys/  log key, key-encryption key; later case keys and the last checkpoint
///     data/  later the database
class Installation {
public:
    /// Makes folder, authority, server and client certificate, log key, key-encryption key and
    /// configuration. Nothing is ever overwritten: Conflict when `folder` exists and is not empty.
    /// `hosts` are DNS names and IP addresses of the server besides localhost.
    static Result<Installation> create(const std::filesystem::path& folder,
                                       std::span<const std::string> hosts, const Clock& clock,
                                       Random& random);

    /// A certificate by the installation's authority, as tls/<name>.pem and .key.
    Result<IssuedFiles> issue(std::string_view name, const crypto::CertificateRequest& request);
    /// Who may talk to the gateway: checked, then written to directory.json.
    Status write_directory(std::span<const access::Organisation> organisations);
    Status write_configuration(const Configuration& configuration);

    const Configuration& configuration() const noexcept { return configuration_; }
    std::filesystem::path configuration_file() const { return folder_ / "config.json"; }
    std::filesystem::path authority() const { return folder_ / "tls" / "authority.pem"; }
    /// The log's verifier key: what an auditor pins.
    const std::string& log_key() const noexcept { return log_key_; }

private:
    Installation(std::filesystem::path folder, crypto::Authority authority, const Clock& clock)
        : folder_(std::move(folder)), authority_(std::move(authority)), clock_(clock) {}
    Status make_keys(Random& random);

    std::filesystem::path folder_;
    crypto::Authority authority_;
    const Clock& clock_;
    Configuration configuration_;
    std::string log_key_;
};

/// directory.json of `organisations` (access/README.md shows it).
std::string directory_text(std::span<const access::Organisation> organisations);

}  // namespace tsunagi::app

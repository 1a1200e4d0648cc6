#pragma once
#include <filesystem>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "access/principal.h"
#include "base/clock.h"
#include "crypto/digest.h"

namespace tsunagi::access {

/// A client certificate that stands for an organisation in one role, from `valid_from` until
/// `valid_until` (excluded).
struct Certificate {
    crypto::Digest sha256{};  ///< of the DER
    Instant valid_from;
    std::optional<Instant> valid_until;
    Role role = Role::PartnerSystem;
    std::string person;
};

/// Where and how an organisation receives.
struct Endpoint {
    std::string channel;  ///< "fhir_rest", "file_drop", "paper"
    std::string url;      ///< https URL, folder URL or empty (paper)
    std::optional<crypto::Digest>
        server_sha256;  ///< pin of the server's certificate; always with https
    Instant valid_from;

    bool operator==(const Endpoint&) const = default;
};

struct Organisation {
    OrganisationId id;
    std::string name_ja;
    std::string name_en;
    std::string department;  ///< the desk that receives requests
    std::string phone;
    std::string fax;               ///< the only fax number ever used (R28, L19)
    std::string institution_code;  ///< 医療機関コード, 10 digits, or empty
    std::vector<Role> roles;
    std::vector<Certificate> certificates;
    std::vector<Endpoint> endpoints;
};

/// Everybody the gateway talks to, read from one JSON file (README.md shows it). Immutable: any
/// thread.
class Directory {
public:
    /// Refuses what it does not know: unknown members, a certificate of two organisations, an https
    /// endpoint without pin. Error Invalid, `where` = path of the member, never its value.
    static Result<Directory> parse(std::string_view json);

    std::span<const Organisation> organisations() const { return organisations_; }
    /// Nullptr when unknown.
    const Organisation* find(const OrganisationId& id) const;
    /// Who presents the certificate with this fingerprint at `now`. Denied for everything unknown,
    /// early or late: one message for all three.
    Result<Principal> authenticate(const crypto::Digest& fingerprint, Instant now) const;
    /// The endpoint in force at `now`: the latest valid_from that is not after it. NotFound if
    /// none.
    Result<Endpoint> endpoint(const OrganisationId& id, Instant now) const;

private:
    std::vector<Organisation> organisations_;
};

/// The endpoint as kept in an outbox row from the moment of queueing: a later change of the
/// directory does not redirect what is queued.
std::string freeze(const Endpoint& endpoint);
Result<Endpoint> thaw(std::string_view json);

/// The directory of a running gateway. Thread rule: any thread.
class LiveDirectory {
public:
    /// Reads `file`; errors as Directory::parse, Unavailable when it cannot be read.
    static Result<std::unique_ptr<LiveDirectory>> open(std::filesystem::path file);
    /// A directory that is no file: tests and the simulated world.
    explicit LiveDirectory(Directory directory);

    std::shared_ptr<const Directory> current() const;
    /// Reads the file again. On an error the old directory stays in force.
    Status reload();
    void replace(Directory directory);

private:
    std::filesystem::path file_;
    mutable std::mutex mutex_;
    std::shared_ptr<const Directory> current_;
};

}  // namespace tsunagi::access

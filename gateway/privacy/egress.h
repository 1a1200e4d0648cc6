#pragma once
#include <span>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/result.h"
#include "crypto/digest.h"
#include "privacy/leak_scan.h"
#include "privacy/rendition.h"

namespace tsunagi::privacy {

/// Bytes that may leave to one recipient. Channels (deliver) and partner answers (serve) take
/// nothing else; the egress door alone makes it.
class Outbound {
public:
    const std::string& recipient() const noexcept { return recipient_; }
    const std::string& bytes() const noexcept { return bytes_; }
    /// Of `bytes`: what the log entry records.
    const crypto::Digest& sha256() const noexcept { return sha256_; }

    Outbound(Outbound&&) noexcept = default;
    Outbound& operator=(Outbound&&) noexcept = default;

private:
    friend class EgressDoor;
    Outbound(std::string recipient, std::string bytes, const crypto::Digest& sha256)
        : recipient_(std::move(recipient)), bytes_(std::move(bytes)), sha256_(sha256) {}
    std::string recipient_, bytes_;
    crypto::Digest sha256_;
};

/// The one way out. Each function scans the finished bytes; a finding is Error Denied with message
/// "identifier in outbound bytes" and where = the kinds found, never the value. Thread rule: any
/// thread.
class EgressDoor {
public:
    /// A whole offer or one resource of it: nothing of `known` may be in it.
    static Result<Outbound> offer(std::string_view recipient, std::string bytes,
                                  const LeakScanner& known);
    /// A release may carry the identity; acceptance and consent must be `recipient`'s own, as for
    /// the Release itself. Names of third parties leave as the rules list them.
    static Result<Outbound> release(std::string_view recipient, std::string bytes,
                                    const Acceptance& acceptance, const LiveConsent& consent);
    /// What somebody other than a hospital is told; none of `untold` may be in it (Denied, where =
    /// "untold-diagnosis").
    static Result<Outbound> notice(std::string_view recipient, std::string bytes,
                                   const LiveConsent& consent,
                                   std::span<const std::u32string> untold);
    /// What names no case: errors, metadata, lists of ids. Scanned without a packet.
    static Result<Outbound> plain(std::string_view recipient, std::string bytes);
    /// The clinic's own record back to the clinic that wrote it; `owner` as the record itself says,
    /// not as the request did.
    static Result<Outbound> own_record(std::string_view clinic, std::string_view owner,
                                       std::string bytes);
    /// Several of them; none is nobody's.
    static Result<Outbound> own_records(std::string_view clinic,
                                        std::span<const std::string> owners, std::string bytes);

private:
    static Result<Outbound> clear(std::string_view recipient, std::string bytes,
                                  const LeakScanner& scanner);
};

}  // namespace tsunagi::privacy

#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "crypto/digest.h"

/// One fact of the exchange log: who did what, decided how, for whom, over which bytes. It holds no
/// identifier of a patient, no initials and no free text: every text is a word of at most 128
/// characters out of letters, digits and . _ : / | @ # = -. Written as canonical JSON (RFC 8785
/// restricted to strings and integers below 2^53). Thread rule: a plain value.
namespace tsunagi::audit {

struct Entry {
    std::uint64_t idx = 0;  ///< place in the log, from 0
    Instant time{};         ///< milliseconds are kept
    std::string type;       ///< "referral.accepted", "offer.sent", ...
    std::string request;    ///< what the entry belongs to; empty: the installation itself
    std::uint64_t seq = 0;  ///< place within the request, from 1; 0 without a request
    std::optional<crypto::Digest>
        prev;               ///< leaf hash of the request's entry before; none for seq 1
    std::string actor;      ///< organisation or part of the gateway that acted
    std::string recipient;  ///< organisation that was sent something; may be empty
    std::string decision;   ///< "permit", "deny", a state move; may be empty
    std::string policy;     ///< rule, programme version or consent version; may be empty
    std::optional<crypto::Digest> body_sha256;  ///< of the exact bytes on the wire
    std::optional<crypto::Digest> commit;       ///< of the sealed register row: see commitment()
    bool operator==(const Entry&) const = default;
};

inline constexpr std::size_t kMaxEntryBytes = 65'535;  ///< c2sp.org/tlog-tiles entry bundles

/// The canonical bytes. Invalid, `where` naming the member, when a word or number is not allowed,
/// `type` or `actor` is missing, or request, seq and prev contradict each other.
Result<std::string> to_bytes(const Entry& entry);

/// Reads canonical bytes back. Invalid when to_bytes() would not have written exactly these.
Result<Entry> read_entry(std::string_view bytes);

/// SHA-256(0x02 || salt || row): binds the log to a sealed register row without telling it.
/// Destroying the 32-byte salt makes it meaningless while every proof still verifies.
crypto::Digest commitment(const crypto::Digest& salt, BytesView row);

}  // namespace tsunagi::audit

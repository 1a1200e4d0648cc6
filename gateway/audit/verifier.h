#pragma once
#include <cstdint>
#include <istream>
#include <optional>
#include <string>

#include "audit/checkpoint.h"

namespace tsunagi::audit {

/// What the auditor knows from elsewhere. Without a pinned key an export is only shown to agree
/// with itself.
struct Pins {
    std::optional<NoteKey> key;      ///< the log's key and, in its name, its origin
    std::optional<Checkpoint> seen;  ///< an earlier checkpoint: the log must extend it
};

struct Verdict {
    bool ok = false;
    bool pinned = false;        ///< the key was the auditor's own
    std::uint64_t entries = 0;  ///< read before the end or the fault
    std::uint64_t checkpoints = 0;
    std::uint64_t requests = 0;  ///< different requests seen
    std::string origin;
    Digest root{};

    /// When not ok. Codes: not-an-export, unreadable-line, unreadable-entry, wrong-index,
    /// leaf-mismatch, broken-chain, bad-checkpoint, root-mismatch, wrong-key, not-extending,
    /// not-covered, unfinished.
    std::string fault;
    /// The first entry that is or may be bad: exact for leaf-mismatch, unreadable-entry and
    /// wrong-index; for root-mismatch, the first entry after the last checkpoint that holds.
    std::optional<std::uint64_t> first_bad;
    std::string ja, en;  ///< one sentence for a person
};

/// Verifies an export offline, in one pass and with memory that grows with requests, not entries:
/// re-derives every leaf, the tree and every checkpoint's root, the signatures, the chain of each
/// request and the dense index. A bad export is a Verdict; Unavailable means `in` could not be
/// read. Thread rule: any thread.
Result<Verdict> verify_export(std::istream& in, const Pins& pins = {});

}  // namespace tsunagi::audit

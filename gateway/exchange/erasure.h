#pragma once
#include <chrono>
#include <optional>

#include "exchange/case_file.h"
#include "exchange/exchange.h"

/// What is forgotten, and when (contracts.md section 5; security.md I9).
namespace tsunagi::exchange {

/// A case that ended without a release is purged this long after its end, so that its last word can
/// reach the hospital, which may itself be down: at the latest kPurgeBy. The rest of a day is for a
/// gateway that stands still.
inline constexpr std::chrono::hours kPurgeAfter{12}, kPurgeBy{22};

/// The case is over, and nobody was released the identity or told of a stay, nor can have been.
Result<bool> ended_without_release(store::Reader& reader, const CaseFile& file);

/// Purges such a case when its time has come. Gives when to look again; none: it is purged. What
/// stays: its row, which names no person, the log, and the register of what was provided with every
/// version of the consent, if anything was.
Result<std::optional<Instant>> purge_when_due(store::Transaction& transaction, const Parts& parts,
                                              const CaseFile& file);

}  // namespace tsunagi::exchange

#pragma once
#include <optional>

#include "exchange/case_file.h"
#include "exchange/exchange.h"

/// What is forgotten, and when (contracts.md section 5; security.md I9).
namespace tsunagi::exchange {

/// The case is over, and nobody was released the identity or told of a stay, nor can have been.
Result<bool> ended_without_release(store::Reader& reader, const CaseFile& file);

/// The case is over: a hospital that declined it, or whose time ran out, and whose last word was
/// given up keeps no pseudonyms of it. What is still to be sent keeps them until it arrives, or is
/// given up too (Exchange::give_up). Does nothing while the case goes on.
Status forget_left_hospitals(store::Transaction& transaction, const CaseFile& file);

/// Purges such a case when its time has come (the programme's retention): purge_after its end, so
/// that its last word can reach the hospital, which may itself be down; while that is undelivered,
/// purge_by at the latest. Gives when to look again; none: it is purged. What stays: its row, which
/// names no person, the log, and the register of what was provided with every version of the
/// consent, if anything was.
Result<std::optional<Instant>> purge_when_due(store::Transaction& transaction, const Parts& parts,
                                              const CaseFile& file);

}  // namespace tsunagi::exchange

#pragma once
#include <string>
#include <vector>

#include "base/clock.h"
#include "json/document.h"

/// Whether two mapping engines made the same of one document. Thread rule: pure functions.
namespace tsunagi::peers {

/// When our engine maps the packets of this lane: 20 November 2026, 10:45 in Tokyo, and so many
/// milliseconds that no cell holds the same instant.
inline constexpr Instant kMappedAt = std::chrono::sys_days{std::chrono::year{2026} / 11 / 20} +
                                     std::chrono::minutes{105} + std::chrono::milliseconds{777};

/// An element that is not the same: where (`Bundle.entry[3].resource.name[0]`), and what either
/// engine put there as JSON; empty: nothing.
struct Difference {
    std::string path, ours, theirs;
};

/// What an engine made, and between which instants it ran: any time of that is "now".
struct Made {
    json::Value root;
    Instant from{}, to{};
};

/// The elements that differ, apart from: the order of members; uuids, which are numbered in the
/// order of the entries; now; and how a reference is written. `Type/id` is the entry whose resource
/// has that id, and such an id, which the official engine's `reference` makes, is no element of the
/// map's.
std::vector<Difference> differences(const Made& ours, const Made& theirs);

}  // namespace tsunagi::peers

#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/clock.h"
#include "crypto/digest.h"
#include "store/ids.h"

/// What the tables hold, as plain values. Text that could name a person is never in a row of its
/// own: it lies in sealed blobs, events and register rows.
namespace tsunagi::store {

struct CaseRow {
    CaseId id;
    OrganisationId clinic;
    OrganisationId hospital;  ///< where the case stands now; changes on redirect
    std::string programme;
    std::string programme_version;  ///< the rules the case was accepted under
    std::string state;              ///< programme/state_machine.h gives it a meaning
    std::int64_t version = 1;       ///< grows by one per update (If-Match)
    Instant created;
    Instant updated;
    std::optional<Instant> needed_by;
    std::optional<Instant> wake_at;  ///< when exchange::tick must look at the case next
    std::optional<Instant> erased;   ///< its data key is destroyed: blobs and events are gone
};

/// How many cases of a programme stand in one state.
struct CaseCount {
    std::string programme, state;
    std::int64_t cases = 0;
};

/// A case as one recipient knows it, a hospital mostly. Stays after a redirect, with the state it
/// had there.
struct RenditionRow {
    Alias alias;
    CaseId case_id;
    OrganisationId hospital;  ///< the recipient: also a care manager's office, "family" …
    std::string stage;        ///< "offer", "release", or the kind of recipient of a notice
    std::string state;
    std::int64_t version = 1;  ///< grows by one per update; what the hospital's If-Match compares
    Instant created;
    std::optional<Instant> destroyed;  ///< its data key is gone
};

struct Blob {
    std::int64_t version = 0;  ///< 1, 2, ... per owner and name
    Bytes bytes;
};

/// Waiting: behind an earlier row of its lane. Parked: given up until a person decides; keeps the
/// lane closed.
enum class DeliveryState { Waiting, Pending, Done, Parked, Cancelled };

/// One message for one hospital. Its lane is (case, hospital): rows of a lane go strictly in the
/// order they were queued.
struct OutboxRow {
    DeliveryNumber number = 0;  ///< given by enqueue
    CaseId case_id;
    Alias alias;
    OrganisationId hospital;
    std::string kind;         ///< "offer", "release", "status"
    std::string destination;  ///< JSON of the endpoint, frozen when queued
    std::string payload;      ///< blob of `alias` with the content; empty: rendered when sent
    std::int64_t attempts = 0;
    Instant queued;
    Instant due;                       ///< not before; while leased, the end of the lease
    std::int64_t fence = 0;            ///< grows with each lease; an older holder can write nothing
    std::string worker;                ///< who holds or last held the lease
    std::optional<Instant> not_after;  ///< past it the row must not be sent
    DeliveryState state = DeliveryState::Pending;
    std::string outcome;  ///< code of complete, park or cancel
};

/// One step of a case: actor, action and evidence as JSON, sealed with the case's key.
struct EventRow {
    std::int64_t seq = 0;  ///< 1, 2, ... per case
    Instant at;
    std::string json;
};

/// The answer that a repeated request gets again.
struct StoredAnswer {
    int status = 0;
    CaseId case_id;  ///< empty: the answer names no person and is stored unsealed
    Bytes body;
};

/// One entry of the exchange log as stored (audit/entry.h).
struct LogRow {
    std::uint64_t index = 0;
    std::string request;
    std::uint64_t seq = 0;
    crypto::Digest leaf{};
    std::string bytes;
};

/// A signed checkpoint (audit/checkpoint.h) over the first `size` entries.
struct CheckpointRow {
    std::uint64_t size = 0;
    std::string note;
};

struct LogPosition {
    std::uint64_t index = 0;
    crypto::Digest leaf{};
};

/// The record of one third-party provision (APPI article 29). The log holds its commitment:
/// SHA-256(0x02 || salt || record).
struct ProvisionRow {
    std::uint64_t log_index = 0;
    CaseId case_id;
    OrganisationId recipient;
    Instant at;
    crypto::Digest salt{};
    crypto::Digest commitment{};
    std::string record;
};

}  // namespace tsunagi::store

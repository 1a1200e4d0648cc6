#pragma once
#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "audit/entry.h"
#include "store/reader.h"

namespace tsunagi::store {

/// One caller's changes: all of them become durable together, or none. Lives only inside
/// Store::write. Besides Reader's errors: Conflict (row exists, stale version or fence).
class Transaction : public Reader {
public:
    virtual Status insert_case(const CaseRow& row) = 0;
    /// Writes everything but id, clinic and created. `row.version` is the one that was read;
    /// returns the new one. Conflict when somebody was faster.
    virtual Result<std::int64_t> update_case(const CaseRow& row) = 0;
    /// Purges what tells of the person in a case that ended without a release: all but its row, the
    /// register of provisions and what is sealed with it. Keys destroyed after the commit.
    virtual Status purge_case(const CaseId& id) = 0;
    /// Erases a case, its renditions and its register: keys destroyed after the commit, sealed rows
    /// deleted. Rows without content and the log stay, and every proof still verifies.
    virtual Status erase_case(const CaseId& id) = 0;

    virtual Status insert_rendition(const RenditionRow& row) = 0;
    /// Writes stage and state; version as in update_case.
    virtual Result<std::int64_t> update_rendition(const RenditionRow& row) = 0;
    /// Destroys what was kept for that hospital alone: its key and blobs. The row stays.
    virtual Status destroy_rendition(const Alias& alias) = 0;

    /// Stores a new version, compressed and sealed with the owner's key (made on first use);
    /// returns its number. Denied once the key is destroyed.
    virtual Result<std::int64_t> put_blob(const Owner& owner, std::string_view name,
                                          BytesView bytes) = 0;
    /// The case rests on this consent form (a digest, nothing that tells of the person); again is
    /// the same. Gone with the purge of the case.
    virtual Status note_form(const CaseId& id, const crypto::Digest& form) = 0;
    /// Adds the next step of the case; returns its seq.
    virtual Result<std::int64_t> append_event(const CaseId& id, std::string_view json) = 0;

    /// Queues a row at the end of its lane; number, queued, fence, attempts and state are set here.
    virtual Result<DeliveryNumber> enqueue(const OutboxRow& row) = 0;
    /// Takes the row that has been due longest, first of its lane, until `now + lease`; none:
    /// nothing is due. A holder that does not finish in time loses the row to the next caller.
    virtual Result<std::optional<OutboxRow>> lease_next(Instant now,
                                                        std::chrono::microseconds lease,
                                                        std::string_view worker) = 0;
    /// The holder of `fence` reports. Conflict when the lease went to another or the row was
    /// cancelled.
    virtual Status complete(DeliveryNumber number, std::int64_t fence,
                            std::string_view outcome) = 0;
    virtual Status retry(DeliveryNumber number, std::int64_t fence, Instant next_at) = 0;
    virtual Status park(DeliveryNumber number, std::int64_t fence, std::string_view reason) = 0;
    /// Puts a parked row back in its place, due at `at`.
    virtual Status unpark(DeliveryNumber number, Instant at) = 0;
    /// Cancels every open row of the lane, leased ones too (their fence goes stale); returns how
    /// many.
    virtual Result<std::int64_t> cancel_lane(const CaseId& id, const OrganisationId& hospital,
                                             std::string_view reason) = 0;

    /// Claims `key` for the request with this body until `until`. The stored answer: it was
    /// answered before, give that again. None: go on, and end with answer() or release(). Error
    /// Conflict: the key came with another body. Busy: the first request is in flight.
    virtual Result<std::optional<StoredAnswer>> claim(const IdempotencyKey& key,
                                                      const crypto::Digest& body, Instant now,
                                                      Instant until) = 0;
    virtual Status answer(const IdempotencyKey& key, const StoredAnswer& answer) = 0;
    /// Frees the key of a refused request, so that it can be sent again corrected.
    virtual Status release(const IdempotencyKey& key) = 0;
    /// Forgets keys claimed before `before`; returns how many.
    virtual Result<std::int64_t> forget_answers(Instant before) = 0;

    /// Adds an entry to the exchange log: idx, time, seq and prev are set here.
    virtual Result<LogPosition> append(audit::Entry entry) = 0;
    /// Keeps `record` in the sealed register and appends `entry` with its commitment.
    virtual Result<ProvisionRow> append_provision(const CaseId& id, const OrganisationId& recipient,
                                                  std::string_view record, audit::Entry entry) = 0;
};

}  // namespace tsunagi::store

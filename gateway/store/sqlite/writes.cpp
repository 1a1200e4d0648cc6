#include "store/sqlite/writes.h"

#include <algorithm>

namespace tsunagi::store::sqlite {
namespace {

/// For statements whose number of changed rows does not matter.
Status done(const Result<std::int64_t>& changed) {
    if (!changed) return changed.error();
    return {};
}

/// For statements that change one row when their condition holds.
Status exactly_one(const Result<std::int64_t>& changed, const Error& otherwise) {
    if (!changed) return changed.error();
    if (*changed != 1) return otherwise;
    return {};
}

Error stale_fence() {
    return {Code::Conflict, "the delivery is no longer held under this fence", "delivery"};
}

Error erased() { return {Code::Denied, "the content was erased", "store"}; }

/// The number in the first column of the first row, or `otherwise`.
Result<std::int64_t> number_or(Rows rows, std::int64_t otherwise) {
    const auto row = rows.next();
    if (!row) return row.error();
    return *row && !rows.is_null(0) ? rows.integer(0) : otherwise;
}

}  // namespace

Status Writes::begin_part() {
    head_before_part_ = head_;
    destroyed_before_part_ = destroyed_.size();
    return done(connection_.execute("SAVEPOINT part"));
}

Status Writes::keep_part() { return done(connection_.execute("RELEASE part")); }

Status Writes::drop_part() {
    head_ = head_before_part_;
    destroyed_.resize(destroyed_before_part_);
    if (auto undone = done(connection_.execute("ROLLBACK TO part")); !undone) return undone;
    return keep_part();
}

Status Writes::insert_case(const CaseRow& row) {
    return done(connection_.execute(
        "INSERT INTO cases (id, clinic, hospital, programme, programme_version, state, version, "
        "created, updated, needed_by, wake_at) "
        "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
        {row.id, row.clinic, row.hospital, row.programme, row.programme_version, row.state,
         row.version, row.created, row.updated, row.needed_by, row.wake_at}));
}

Result<std::int64_t> Writes::update_case(const CaseRow& row) {
    const auto changed = connection_.execute(
        "UPDATE cases SET hospital = $3, programme = $4, programme_version = $5, state = $6, "
        "version = version + 1, updated = $7, needed_by = $8, wake_at = $9 "
        "WHERE id = $1 AND version = $2",
        {row.id, row.version, row.hospital, row.programme, row.programme_version, row.state,
         row.updated, row.needed_by, row.wake_at});
    if (!changed) return changed.error();
    if (*changed == 1) return row.version + 1;
    if (const auto found = find_case(row.id); !found) return found.error();
    return Error{Code::Conflict, "the case was changed by another", "case"};
}

Status Writes::erase_case(const CaseId& id) {
    if (auto purged = purge_case(id); !purged) return purged;
    if (auto gone = done(
            connection_.execute("UPDATE provision SET sealed = NULL WHERE case_id = $1", {id}));
        !gone) {
        return gone;
    }
    return destroy(Owner::register_of(id));
}

Status Writes::purge_case(const CaseId& id) {
    const auto renditions = renditions_of(id);
    if (!renditions) return renditions.error();
    for (const RenditionRow& rendition : *renditions) {
        if (auto gone = destroy_rendition(rendition.alias); !gone) return gone;
    }
    const auto changed = connection_.execute(
        "UPDATE cases SET erased = coalesce(erased, $2), wake_at = NULL, version = version + "
        "(erased IS NULL) "
        "WHERE id = $1",
        {id, clock_.now()});
    if (auto found = exactly_one(changed, {Code::NotFound, "there is no such row", "case"});
        !found) {
        return found;
    }
    for (const char* rows :
         {"DELETE FROM event WHERE case_id = $1", "DELETE FROM consent_form WHERE case_id = $1"}) {
        if (auto gone = done(connection_.execute(rows, {id})); !gone) return gone;
    }
    return destroy(id);
}

Status Writes::note_form(const CaseId& id, const crypto::Digest& form) {
    return done(
        connection_.execute("INSERT OR IGNORE INTO consent_form (form, case_id) VALUES ($1, $2)",
                            {BytesView{form}, id}));
}

Status Writes::insert_rendition(const RenditionRow& row) {
    const auto living = number_or(
        connection_.query("SELECT count(*) FROM rendition WHERE case_id = $1 AND hospital = $2 AND "
                          "destroyed IS NULL",
                          {row.case_id, row.hospital}),
        0);
    if (!living) return living.error();
    if (*living != 0) {
        return Error{Code::Conflict, "the hospital has a rendition of this case", "rendition"};
    }
    return done(connection_.execute(
        "INSERT INTO rendition (alias, case_id, hospital, stage, state, version, created) "
        "VALUES ($1, $2, $3, $4, $5, $6, $7)",
        {row.alias, row.case_id, row.hospital, row.stage, row.state, row.version, row.created}));
}

Result<std::int64_t> Writes::update_rendition(const RenditionRow& row) {
    const auto changed = connection_.execute(
        "UPDATE rendition SET stage = $3, state = $4, version = version + 1 "
        "WHERE alias = $1 AND version = $2",
        {row.alias, row.version, row.stage, row.state});
    if (!changed) return changed.error();
    if (*changed == 1) return row.version + 1;
    if (const auto found = find_rendition(row.alias); !found) return found.error();
    return Error{Code::Conflict, "the rendition was changed by another", "rendition"};
}

Status Writes::destroy_rendition(const Alias& alias) {
    const auto changed = connection_.execute(
        "UPDATE rendition SET destroyed = coalesce(destroyed, $2) WHERE alias = $1",
        {alias, clock_.now()});
    if (auto found = exactly_one(changed, {Code::NotFound, "there is no such row", "rendition"});
        !found) {
        return found;
    }
    return destroy(alias);
}

Status Writes::destroy(const Owner& owner) {
    if (auto gone = done(connection_.execute("DELETE FROM blob WHERE owner = $1", {owner.text()}));
        !gone) {
        return gone;
    }
    destroyed_.push_back(owner.text());
    return done(connection_.execute(
        "INSERT INTO erasure (owner) VALUES ($1) ON CONFLICT (owner) DO NOTHING", {owner.text()}));
}

bool Writes::is_destroyed(const Owner& owner) const {
    return std::find(destroyed_.begin(), destroyed_.end(), owner.text()) != destroyed_.end();
}

Result<std::int64_t> Writes::put_blob(const Owner& owner, std::string_view name, BytesView bytes) {
    if (is_destroyed(owner)) return erased();
    const auto last =
        number_or(connection_.query("SELECT max(version) FROM blob WHERE owner = $1 AND name = $2",
                                    {owner.text(), name}),
                  0);
    if (!last) return last.error();
    const std::int64_t version = *last + 1;
    const auto sealed =
        sealer_.seal(owner.text(), blob_place(owner.text(), name, version), bytes, random_);
    if (!sealed) return sealed.error();
    const auto stored = connection_.execute(
        "INSERT INTO blob (owner, name, version, sealed) VALUES ($1, $2, $3, $4)",
        {owner.text(), name, version, BytesView{*sealed}});
    if (!stored) return stored.error();
    return version;
}

Result<std::int64_t> Writes::append_event(const CaseId& id, std::string_view json) {
    if (is_destroyed(id)) return erased();
    const auto last =
        number_or(connection_.query("SELECT max(seq) FROM event WHERE case_id = $1", {id}), 0);
    if (!last) return last.error();
    const std::int64_t seq = *last + 1;
    const auto sealed =
        sealer_.seal(id.text(), event_place(id.text(), seq), as_bytes(json), random_);
    if (!sealed) return sealed.error();
    const auto stored =
        connection_.execute("INSERT INTO event (case_id, seq, at, sealed) VALUES ($1, $2, $3, $4)",
                            {id, seq, clock_.now(), BytesView{*sealed}});
    if (!stored) return stored.error();
    return seq;
}

Result<DeliveryNumber> Writes::enqueue(const OutboxRow& row) {
    const auto open = number_or(
        connection_.query("SELECT count(*) FROM outbox WHERE case_id = $1 AND hospital = $2 AND "
                          "state IN ('pending', 'waiting', 'parked')",
                          {row.case_id, row.hospital}),
        0);
    if (!open) return open.error();
    const auto stored = connection_.execute(
        "INSERT INTO outbox (case_id, alias, hospital, kind, destination, payload, attempts, "
        "queued, due, fence, worker, not_after, state, outcome) "
        "VALUES ($1, $2, $3, $4, $5, $6, 0, $7, $8, 0, '', $9, $10, '')",
        {row.case_id, row.alias, row.hospital, row.kind, row.destination, row.payload, clock_.now(),
         row.due, row.not_after, *open == 0 ? "pending" : "waiting"});
    if (!stored) return stored.error();
    return connection_.last_row();
}

Result<std::optional<OutboxRow>> Writes::lease_next(Instant now, std::chrono::microseconds lease,
                                                    std::string_view worker) {
    std::optional<OutboxRow> found;
    {
        Rows rows = connection_.query("SELECT " TSUNAGI_OUTBOX_COLUMNS
                                      " FROM outbox WHERE state = 'pending' AND due <= $1 "
                                      "ORDER BY due, number LIMIT 1",
                                      {now});
        const auto row = rows.next();
        if (!row) return row.error();
        if (!*row) return found;
        found = outbox_row(rows);
    }
    found->due = now + lease;
    found->fence += 1;
    found->attempts += 1;
    found->worker = worker;
    const auto taken = connection_.execute(
        "UPDATE outbox SET due = $2, fence = $3, attempts = $4, worker = $5 WHERE number = $1",
        {found->number, found->due, found->fence, found->attempts, worker});
    if (!taken) return taken.error();
    return found;
}

Status Writes::complete(DeliveryNumber number, std::int64_t fence, std::string_view outcome) {
    if (auto held = exactly_one(
            connection_.execute("UPDATE outbox SET state = 'done', outcome = $3 "
                                "WHERE number = $1 AND fence = $2 AND state = 'pending'",
                                {number, fence, outcome}),
            stale_fence());
        !held) {
        return held;
    }
    // The next of the lane steps forward.
    return done(
        connection_.execute("UPDATE outbox SET state = 'pending' WHERE number = ("
                            "SELECT min(next.number) FROM outbox AS this JOIN outbox AS next "
                            "ON next.case_id = this.case_id AND next.hospital = this.hospital "
                            "WHERE this.number = $1 AND next.state = 'waiting')",
                            {number}));
}

Status Writes::retry(DeliveryNumber number, std::int64_t fence, Instant next_at) {
    return exactly_one(connection_.execute("UPDATE outbox SET due = $3, fence = fence + 1 "
                                           "WHERE number = $1 AND fence = $2 AND state = 'pending'",
                                           {number, fence, next_at}),
                       stale_fence());
}

Status Writes::park(DeliveryNumber number, std::int64_t fence, std::string_view reason) {
    return exactly_one(
        connection_.execute("UPDATE outbox SET state = 'parked', outcome = $3, fence = fence + 1 "
                            "WHERE number = $1 AND fence = $2 AND state = 'pending'",
                            {number, fence, reason}),
        stale_fence());
}

Status Writes::unpark(DeliveryNumber number, Instant at) {
    return exactly_one(connection_.execute("UPDATE outbox SET state = 'pending', outcome = '', "
                                           "due = $2 WHERE number = $1 AND state = 'parked'",
                                           {number, at}),
                       {Code::Conflict, "the delivery is not parked", "delivery"});
}

Result<std::int64_t> Writes::cancel_lane(const CaseId& id, const OrganisationId& hospital,
                                         std::string_view reason) {
    return connection_.execute(
        "UPDATE outbox SET state = 'cancelled', outcome = $3, fence = fence + 1 "
        "WHERE case_id = $1 AND hospital = $2 AND state IN ('pending', 'waiting', 'parked')",
        {id, hospital, reason});
}

Result<std::optional<StoredAnswer>> Writes::claim(const IdempotencyKey& key,
                                                  const crypto::Digest& body, Instant now,
                                                  Instant until) {
    auto earlier = find_answer(key, body, now);
    if (!earlier || *earlier) return earlier;
    const auto claimed = connection_.execute(
        "INSERT INTO idempotency (tenant, key, body_sha256, claimed, claimed_until, case_id) "
        "VALUES ($1, $2, $3, $4, $5, '') ON CONFLICT (tenant, key) DO UPDATE SET "
        "body_sha256 = excluded.body_sha256, claimed = excluded.claimed, "
        "claimed_until = excluded.claimed_until",
        {key.tenant, key.key, BytesView{body}, now, until});
    if (!claimed) return claimed.error();
    return earlier;
}

Status Writes::answer(const IdempotencyKey& key, const StoredAnswer& answer) {
    Bytes content;
    if (answer.case_id.empty()) {
        content = sealer_.pack(answer.body);
    } else {
        if (is_destroyed(answer.case_id)) return erased();
        auto sealed = sealer_.seal(answer.case_id.text(), answer_place(key), answer.body, random_);
        if (!sealed) return sealed.error();
        content = std::move(*sealed);
    }
    return exactly_one(
        connection_.execute(
            "UPDATE idempotency SET status = $3, case_id = $4, answer = $5 "
            "WHERE tenant = $1 AND key = $2 AND status IS NULL",
            {key.tenant, key.key, std::int64_t{answer.status}, answer.case_id, BytesView{content}}),
        {Code::Conflict, "the key is not claimed", std::string{kIdempotencyKey}});
}

Status Writes::release(const IdempotencyKey& key) {
    return exactly_one(
        connection_.execute(
            "DELETE FROM idempotency WHERE tenant = $1 AND key = $2 AND status IS NULL",
            {key.tenant, key.key}),
        {Code::Conflict, "the key is not claimed", std::string{kIdempotencyKey}});
}

// In pieces and without an index on time: the oldest rows have the lowest numbers.
Result<std::int64_t> Writes::forget_answers(Instant before) {
    return connection_.execute(
        "DELETE FROM idempotency WHERE claimed < $1 AND number IN ("
        "SELECT number FROM idempotency ORDER BY number LIMIT 1000)",
        {before});
}

Result<LogPosition> Writes::append(audit::Entry entry) {
    entry.idx = head_.size();
    entry.time = clock_.now();
    entry.seq = 0;
    entry.prev.reset();
    if (!entry.request.empty()) {
        Rows rows = connection_.query(
            "SELECT seq, leaf_hash FROM log_entry WHERE request = $1 AND request <> '' "
            "ORDER BY seq DESC LIMIT 1",
            {entry.request});
        const auto row = rows.next();
        if (!row) return row.error();
        entry.seq = 1;
        if (*row) {
            entry.seq = static_cast<std::uint64_t>(rows.integer(0)) + 1;
            const auto leaf = digest_of(rows.bytes(1));
            if (!leaf) return leaf.error();
            entry.prev = *leaf;
        }
    }
    const auto bytes = audit::to_bytes(entry);
    if (!bytes) return bytes.error();
    const LogPosition position{entry.idx, audit::leaf_hash(as_bytes(*bytes))};
    const auto stored = connection_.execute(
        "INSERT INTO log_entry (idx, request, seq, bytes, leaf_hash) VALUES ($1, $2, $3, $4, $5)",
        {to_signed(entry.idx), entry.request, to_signed(entry.seq), *bytes,
         BytesView{position.leaf}});
    if (!stored) return stored.error();
    head_.append(position.leaf);
    return position;
}

Result<ProvisionRow> Writes::append_provision(const CaseId& id, const OrganisationId& recipient,
                                              std::string_view record, audit::Entry entry) {
    const Owner keeper = Owner::register_of(id);
    if (is_destroyed(id) || is_destroyed(keeper)) return erased();
    ProvisionRow row;
    row.case_id = id;
    row.recipient = recipient;
    row.at = clock_.now();
    row.record = record;
    random_.fill(row.salt);
    row.commitment = audit::commitment(row.salt, as_bytes(record));
    entry.commit = row.commitment;
    const auto position = append(std::move(entry));
    if (!position) return position.error();
    row.log_index = position->index;
    Bytes content(row.salt.begin(), row.salt.end());
    const BytesView text = as_bytes(record);
    content.insert(content.end(), text.begin(), text.end());
    const auto sealed =
        sealer_.seal(keeper.text(), provision_place(id.text(), row.log_index), content, random_);
    if (!sealed) return sealed.error();
    const auto stored = connection_.execute(
        "INSERT INTO provision (log_index, case_id, recipient, at, commitment, sealed) "
        "VALUES ($1, $2, $3, $4, $5, $6)",
        {to_signed(row.log_index), id, recipient, row.at, BytesView{row.commitment},
         BytesView{*sealed}});
    if (!stored) return stored.error();
    return row;
}

}  // namespace tsunagi::store::sqlite

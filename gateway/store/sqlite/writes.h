#pragma once
#include <string>
#include <vector>

#include "audit/merkle.h"
#include "store/sqlite/reads.h"

namespace tsunagi::store::sqlite {

/// The changes of one group commit. Each caller's part lies between begin_part and keep_part or
/// drop_part (a savepoint). Thread rule: one thread.
class Writes final : public Reads<Transaction> {
public:
    Writes(Connection& connection, Sealer& sealer, const Clock& clock, Random& random,
           audit::Frontier head)
        : Reads(connection, sealer), clock_(clock), random_(random), head_(std::move(head)) {}

    Status begin_part();
    Status keep_part();
    Status drop_part();
    /// The log's right edge after all kept parts.
    const audit::Frontier& head() const { return head_; }
    /// Owners whose keys must go once the kept parts are committed.
    const std::vector<std::string>& destroyed() const { return destroyed_; }

    Status insert_case(const CaseRow& row) override;
    Result<std::int64_t> update_case(const CaseRow& row) override;
    Status purge_case(const CaseId& id) override;
    Status erase_case(const CaseId& id) override;
    Status insert_rendition(const RenditionRow& row) override;
    Result<std::int64_t> update_rendition(const RenditionRow& row) override;
    Status destroy_rendition(const Alias& alias) override;
    Result<std::int64_t> put_blob(const Owner& owner, std::string_view name,
                                  BytesView bytes) override;
    Status note_form(const CaseId& id, const crypto::Digest& form) override;
    Result<std::int64_t> append_event(const CaseId& id, std::string_view json) override;
    Result<DeliveryNumber> enqueue(const OutboxRow& row) override;
    Result<std::optional<OutboxRow>> lease_next(Instant now, std::chrono::microseconds lease,
                                                std::string_view worker) override;
    Status complete(DeliveryNumber number, std::int64_t fence, std::string_view outcome) override;
    Status retry(DeliveryNumber number, std::int64_t fence, Instant next_at) override;
    Status park(DeliveryNumber number, std::int64_t fence, std::string_view reason) override;
    Status unpark(DeliveryNumber number, Instant at) override;
    Result<std::int64_t> cancel_lane(const CaseId& id, const OrganisationId& hospital,
                                     std::string_view reason) override;
    Result<std::optional<StoredAnswer>> claim(const IdempotencyKey& key, const crypto::Digest& body,
                                              Instant now, Instant until) override;
    Status answer(const IdempotencyKey& key, const StoredAnswer& answer) override;
    Status release(const IdempotencyKey& key) override;
    Result<std::int64_t> forget_answers(Instant before) override;
    Result<LogPosition> append(audit::Entry entry) override;
    Result<ProvisionRow> append_provision(const CaseId& id, const OrganisationId& recipient,
                                          std::string_view record, audit::Entry entry) override;

private:
    Status destroy(const Owner& owner);
    bool is_destroyed(const Owner& owner) const;

    const Clock& clock_;
    Random& random_;
    audit::Frontier head_;
    audit::Frontier head_before_part_;
    std::vector<std::string> destroyed_;
    std::size_t destroyed_before_part_ = 0;
};

}  // namespace tsunagi::store::sqlite

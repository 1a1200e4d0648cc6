#pragma once
#include "store/sealer.h"
#include "store/sqlite/connection.h"
#include "store/transaction.h"

namespace tsunagi::store::sqlite {

/// Reader over one connection. `Interface` is Reader, or Transaction for a writer, which reads its
/// own changes.
template <class Interface>
class Reads : public Interface {
public:
    Reads(Connection& connection, Sealer& sealer) : connection_(connection), sealer_(sealer) {}

    Result<CaseRow> find_case(const CaseId& id) override;
    Result<std::vector<CaseCount>> count_cases() override;
    Result<std::vector<CaseRow>> cases_of_clinic(const OrganisationId& clinic,
                                                 const CasePage& page) override;
    Result<std::vector<CaseRow>> due_cases(Instant now, std::size_t limit) override;
    Result<std::optional<Instant>> next_wake() override;
    Result<RenditionRow> find_rendition(const Alias& alias) override;
    Result<RenditionRow> find_rendition(const CaseId& id, const OrganisationId& hospital) override;
    Result<std::vector<RenditionRow>> renditions_of(const CaseId& id) override;
    Result<std::vector<RenditionRow>> renditions_at(const OrganisationId& hospital,
                                                    std::span<const std::string> states,
                                                    const RenditionPage& page) override;
    Result<Blob> blob(const Owner& owner, std::string_view name,
                      std::optional<std::int64_t> version) override;
    Result<std::int64_t> blob_version(const Owner& owner, std::string_view name) override;
    Result<std::vector<CaseId>> cases_with_form(const crypto::Digest& form) override;
    Result<std::vector<EventRow>> events(const CaseId& id) override;
    Result<OutboxRow> find_delivery(DeliveryNumber number) override;
    Result<std::vector<OutboxRow>> deliveries_of(const CaseId& id) override;
    Result<std::vector<OutboxRow>> parked(std::size_t limit) override;
    Result<std::optional<Instant>> next_delivery() override;
    Result<std::optional<StoredAnswer>> find_answer(const IdempotencyKey& key,
                                                    const crypto::Digest& body,
                                                    Instant now) override;
    Result<std::vector<ProvisionRow>> provisions(const CaseId& id) override;
    Result<std::uint64_t> log_size() override;
    Result<LogRow> log_entry(std::uint64_t index) override;
    Result<std::vector<LogRow>> log_entries(std::uint64_t begin, std::uint64_t end) override;
    Result<std::vector<LogRow>> log_of_request(std::string_view request) override;
    Result<std::vector<crypto::Digest>> log_leaves(std::uint64_t begin, std::uint64_t end) override;
    Result<std::optional<CheckpointRow>> checkpoint() override;
    Result<std::vector<CheckpointRow>> checkpoints(std::uint64_t after, std::size_t limit) override;

protected:
    Connection& connection_;
    Sealer& sealer_;
};

extern template class Reads<Reader>;
extern template class Reads<Transaction>;

/// Places of sealed values (Sealer): one name per row.
std::string blob_place(const std::string& owner, std::string_view name, std::int64_t version);
std::string event_place(const std::string& case_id, std::int64_t seq);
std::string provision_place(const std::string& case_id, std::uint64_t log_index);
std::string answer_place(const IdempotencyKey& key);

/// One row of a query that names exactly the outbox columns (kOutboxColumns).
OutboxRow outbox_row(const Rows& rows);
#define TSUNAGI_OUTBOX_COLUMNS                                                                     \
    "number, case_id, alias, hospital, kind, destination, payload, attempts, queued, due, fence, " \
    "worker, not_after, state, outcome"

std::int64_t to_signed(std::uint64_t number);
Result<crypto::Digest> digest_of(BytesView bytes);

/// The rest of a claim's answer: shared by find_answer and claim.
struct ClaimRow {
    crypto::Digest body{};
    Instant until;
    bool answered = false;
    StoredAnswer answer;
};
Result<std::optional<ClaimRow>> find_claim(Connection& connection, Sealer& sealer,
                                           const IdempotencyKey& key);
Error other_body();
Error in_flight();

}  // namespace tsunagi::store::sqlite

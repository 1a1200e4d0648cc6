#pragma once
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "store/rows.h"

namespace tsunagi::store {

/// A piece of a list, newest first: at most `limit` rows older than `after` (empty: from the
/// newest).
struct CasePage {
    CaseId after;
    std::size_t limit = 50;
};
struct RenditionPage {
    Alias after;
    std::size_t limit = 50;
};

/// A client's Idempotency-Key is its own: two organisations may use the same text.
struct IdempotencyKey {
    OrganisationId tenant;
    std::string key;
};

/// `where` of the errors of find_answer and claim, so that serve can tell 422 from other conflicts.
inline constexpr std::string_view kIdempotencyKey = "Idempotency-Key";

/// One consistent view of the store. Lives only inside Store::read or Store::write; one thread.
/// Errors: NotFound (no such row, or its key is destroyed), Internal (damaged row), Unavailable
/// (disk).
class Reader {
public:
    virtual ~Reader() = default;

    virtual Result<CaseRow> find_case(const CaseId& id) = 0;
    virtual Result<std::vector<CaseRow>> cases_of_clinic(const OrganisationId& clinic,
                                                         const CasePage& page) = 0;
    /// Of every programme and state there is, by name.
    virtual Result<std::vector<CaseCount>> count_cases() = 0;
    /// Cases whose wake_at is not after `now`, earliest first.
    virtual Result<std::vector<CaseRow>> due_cases(Instant now, std::size_t limit) = 0;
    virtual Result<std::optional<Instant>> next_wake() = 0;

    virtual Result<RenditionRow> find_rendition(const Alias& alias) = 0;
    virtual Result<RenditionRow> find_rendition(const CaseId& id,
                                                const OrganisationId& hospital) = 0;
    virtual Result<std::vector<RenditionRow>> renditions_of(const CaseId& id) = 0;
    /// `Task?owner=&status=`: what this hospital was ever offered, in one of `states` (none given:
    /// all).
    virtual Result<std::vector<RenditionRow>> renditions_at(const OrganisationId& hospital,
                                                            std::span<const std::string> states,
                                                            const RenditionPage& page) = 0;

    /// The latest version, or version `version`.
    virtual Result<Blob> blob(const Owner& owner, std::string_view name,
                              std::optional<std::int64_t> version = {}) = 0;
    /// The latest version alone, without opening what is sealed; NotFound when there is none.
    virtual Result<std::int64_t> blob_version(const Owner& owner, std::string_view name) = 0;

    /// Cases that note_form() named `form` for and that are not purged.
    virtual Result<std::vector<CaseId>> cases_with_form(const crypto::Digest& form) = 0;

    virtual Result<std::vector<EventRow>> events(const CaseId& id) = 0;

    virtual Result<OutboxRow> find_delivery(DeliveryNumber number) = 0;
    virtual Result<std::vector<OutboxRow>> deliveries_of(const CaseId& id) = 0;
    /// Parked rows, oldest first: each waits for a person.
    virtual Result<std::vector<OutboxRow>> parked(std::size_t limit) = 0;
    /// When the next row can be leased; none: nothing is queued.
    virtual Result<std::optional<Instant>> next_delivery() = 0;

    /// The answer given to `key`, or none. Error Conflict: the key came with another body. Busy: in
    /// flight at `now`.
    virtual Result<std::optional<StoredAnswer>> find_answer(const IdempotencyKey& key,
                                                            const crypto::Digest& body,
                                                            Instant now) = 0;

    virtual Result<std::vector<ProvisionRow>> provisions(const CaseId& id) = 0;

    virtual Result<std::uint64_t> log_size() = 0;
    virtual Result<LogRow> log_entry(std::uint64_t index) = 0;
    /// Entries [begin, end), fewer at the end of the log.
    virtual Result<std::vector<LogRow>> log_entries(std::uint64_t begin, std::uint64_t end) = 0;
    virtual Result<std::vector<LogRow>> log_of_request(std::string_view request) = 0;
    virtual Result<std::vector<crypto::Digest>> log_leaves(std::uint64_t begin,
                                                           std::uint64_t end) = 0;
    /// The latest signed checkpoint, or none yet.
    virtual Result<std::optional<CheckpointRow>> checkpoint() = 0;
    /// Checkpoints over more than `after` entries, smallest first.
    virtual Result<std::vector<CheckpointRow>> checkpoints(std::uint64_t after,
                                                           std::size_t limit) = 0;
};

}  // namespace tsunagi::store

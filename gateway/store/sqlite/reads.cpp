#include "store/sqlite/reads.h"

#include <algorithm>
#include <limits>

namespace tsunagi::store::sqlite {
namespace {

#define TSUNAGI_CASE_COLUMNS                                                                 \
    "id, clinic, hospital, programme, programme_version, state, version, created, updated, " \
    "needed_by, wake_at, erased"
#define TSUNAGI_RENDITION_COLUMNS \
    "alias, case_id, hospital, stage, state, version, created, destroyed"

// Sorts after every id: lists start from the newest.
constexpr std::string_view kNewest = "~";

std::string string_of(const Rows& rows, int column) { return std::string{rows.text(column)}; }

CaseRow case_row(const Rows& rows) {
    return {CaseId{string_of(rows, 0)},
            OrganisationId{string_of(rows, 1)},
            OrganisationId{string_of(rows, 2)},
            string_of(rows, 3),
            string_of(rows, 4),
            string_of(rows, 5),
            rows.integer(6),
            rows.instant(7),
            rows.instant(8),
            rows.maybe_instant(9),
            rows.maybe_instant(10),
            rows.maybe_instant(11)};
}

CaseCount case_count(const Rows& rows) {
    return {string_of(rows, 0), string_of(rows, 1), rows.integer(2)};
}

RenditionRow rendition_row(const Rows& rows) {
    return {
        Alias{string_of(rows, 0)}, CaseId{string_of(rows, 1)}, OrganisationId{string_of(rows, 2)},
        string_of(rows, 3),        string_of(rows, 4),         rows.integer(5),
        rows.instant(6),           rows.maybe_instant(7)};
}

DeliveryState delivery_state(std::string_view text) {
    if (text == "waiting") return DeliveryState::Waiting;
    if (text == "pending") return DeliveryState::Pending;
    if (text == "done") return DeliveryState::Done;
    if (text == "parked") return DeliveryState::Parked;
    return DeliveryState::Cancelled;
}

LogRow log_row(const Rows& rows) {
    LogRow row;
    row.index = static_cast<std::uint64_t>(rows.integer(0));
    row.request = string_of(rows, 1);
    row.seq = static_cast<std::uint64_t>(rows.integer(2));
    row.bytes = string_of(rows, 3);
    const BytesView leaf = rows.bytes(4);
    std::copy_n(leaf.begin(), std::min(leaf.size(), row.leaf.size()), row.leaf.begin());
    return row;
}

CheckpointRow checkpoint_row(const Rows& rows) {
    return {static_cast<std::uint64_t>(rows.integer(0)), string_of(rows, 1)};
}

/// Every row of `rows`, turned into a value by `make`.
template <class Make>
auto all(Rows rows, Make make) -> Result<std::vector<decltype(make(rows))>> {
    std::vector<decltype(make(rows))> found;
    while (true) {
        const auto row = rows.next();
        if (!row) return row.error();
        if (!*row) return found;
        found.push_back(make(rows));
    }
}

/// The first row, or NotFound.
template <class Make>
auto one(Rows rows, Make make, const char* what) -> Result<decltype(make(rows))> {
    const auto row = rows.next();
    if (!row) return row.error();
    if (!*row) return Error{Code::NotFound, "there is no such row", what};
    return make(rows);
}

Result<std::optional<Instant>> maybe_time(Rows rows) {
    const auto row = rows.next();
    if (!row) return row.error();
    if (!*row) return std::optional<Instant>{};
    return rows.maybe_instant(0);
}

std::int64_t limit_of(std::size_t limit) {
    return to_signed(std::min<std::uint64_t>(limit, std::numeric_limits<std::int32_t>::max()));
}

}  // namespace

std::int64_t to_signed(std::uint64_t number) {
    constexpr auto kMax = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
    return static_cast<std::int64_t>(std::min(number, kMax));
}

Result<crypto::Digest> digest_of(BytesView bytes) {
    crypto::Digest digest{};
    if (bytes.size() != digest.size()) {
        return Error{Code::Internal, "a stored digest is damaged", "store"};
    }
    std::copy(bytes.begin(), bytes.end(), digest.begin());
    return digest;
}

std::string blob_place(const std::string& owner, std::string_view name, std::int64_t version) {
    return "blob\n" + owner + "\n" + std::string{name} + "\n" + std::to_string(version);
}
std::string event_place(const std::string& case_id, std::int64_t seq) {
    return "event\n" + case_id + "\n" + std::to_string(seq);
}
std::string provision_place(const std::string& case_id, std::uint64_t log_index) {
    return "provision\n" + case_id + "\n" + std::to_string(log_index);
}
std::string answer_place(const IdempotencyKey& key) {
    return "answer\n" + key.tenant.text() + "\n" + key.key;
}

Error other_body() {
    return {Code::Conflict, "the key was used with another body", std::string{kIdempotencyKey}};
}
Error in_flight() {
    return {Code::Busy, "the first request with this key is in flight",
            std::string{kIdempotencyKey}};
}

OutboxRow outbox_row(const Rows& rows) {
    return {rows.integer(0),           CaseId{string_of(rows, 1)},
            Alias{string_of(rows, 2)}, OrganisationId{string_of(rows, 3)},
            string_of(rows, 4),        string_of(rows, 5),
            string_of(rows, 6),        rows.integer(7),
            rows.instant(8),           rows.instant(9),
            rows.integer(10),          string_of(rows, 11),
            rows.maybe_instant(12),    delivery_state(rows.text(13)),
            string_of(rows, 14)};
}

Result<std::optional<ClaimRow>> find_claim(Connection& connection, Sealer& sealer,
                                           const IdempotencyKey& key) {
    Rows rows = connection.query(
        "SELECT body_sha256, claimed_until, status, case_id, answer FROM idempotency "
        "WHERE tenant = $1 AND key = $2",
        {key.tenant, key.key});
    const auto row = rows.next();
    if (!row) return row.error();
    if (!*row) return std::optional<ClaimRow>{};
    ClaimRow claim;
    const auto body = digest_of(rows.bytes(0));
    if (!body) return body.error();
    claim.body = *body;
    claim.until = rows.instant(1);
    claim.answered = !rows.is_null(2);
    if (claim.answered) {
        claim.answer.status = static_cast<int>(rows.integer(2));
        claim.answer.case_id = CaseId{string_of(rows, 3)};
        auto content = claim.answer.case_id.empty() ? sealer.unpack(rows.bytes(4))
                                                    : sealer.open(claim.answer.case_id.text(),
                                                                  answer_place(key), rows.bytes(4));
        if (!content) return content.error();
        claim.answer.body = std::move(*content);
    }
    return std::optional<ClaimRow>{std::move(claim)};
}

template <class I>
Result<CaseRow> Reads<I>::find_case(const CaseId& id) {
    return one(connection_.query("SELECT " TSUNAGI_CASE_COLUMNS " FROM cases WHERE id = $1", {id}),
               case_row, "case");
}

template <class I>
Result<std::vector<CaseRow>> Reads<I>::cases_of_clinic(const OrganisationId& clinic,
                                                       const CasePage& page) {
    const std::string_view after = page.after.empty() ? kNewest : page.after.text();
    return all(connection_.query("SELECT " TSUNAGI_CASE_COLUMNS
                                 " FROM cases WHERE clinic = $1 AND id < $2 "
                                 "ORDER BY id DESC LIMIT $3",
                                 {clinic, after, limit_of(page.limit)}),
               case_row);
}

template <class I>
Result<std::vector<CaseCount>> Reads<I>::count_cases() {
    return all(connection_.query("SELECT programme, state, count(*) FROM cases GROUP BY 1, 2 "
                                 "ORDER BY 1, 2",
                                 {}),
               case_count);
}

template <class I>
Result<std::vector<CaseRow>> Reads<I>::due_cases(Instant now, std::size_t limit) {
    return all(connection_.query("SELECT " TSUNAGI_CASE_COLUMNS " FROM cases WHERE wake_at <= $1 "
                                 "ORDER BY wake_at, id LIMIT $2",
                                 {now, limit_of(limit)}),
               case_row);
}

template <class I>
Result<std::optional<Instant>> Reads<I>::next_wake() {
    return maybe_time(
        connection_.query("SELECT min(wake_at) FROM cases WHERE wake_at IS NOT NULL"));
}

template <class I>
Result<RenditionRow> Reads<I>::find_rendition(const Alias& alias) {
    return one(connection_.query(
                   "SELECT " TSUNAGI_RENDITION_COLUMNS " FROM rendition WHERE alias = $1", {alias}),
               rendition_row, "rendition");
}

template <class I>
Result<RenditionRow> Reads<I>::find_rendition(const CaseId& id, const OrganisationId& hospital) {
    return one(connection_.query("SELECT " TSUNAGI_RENDITION_COLUMNS
                                 " FROM rendition WHERE case_id = $1 AND hospital = $2 "
                                 "ORDER BY destroyed IS NOT NULL, created DESC LIMIT 1",
                                 {id, hospital}),
               rendition_row, "rendition");
}

template <class I>
Result<std::vector<RenditionRow>> Reads<I>::renditions_of(const CaseId& id) {
    return all(connection_.query("SELECT " TSUNAGI_RENDITION_COLUMNS
                                 " FROM rendition WHERE case_id = $1 ORDER BY created, alias",
                                 {id}),
               rendition_row);
}

// One index range per state, each already in order, then merged: the cost follows the page, not the
// hospital's history.
template <class I>
Result<std::vector<RenditionRow>> Reads<I>::renditions_at(const OrganisationId& hospital,
                                                          std::span<const std::string> states,
                                                          const RenditionPage& page) {
    std::string after{kNewest};
    if (!page.after.empty()) {
        const auto last = find_rendition(page.after);
        if (!last) return last.error();
        if (last->hospital != hospital)
            return Error{Code::NotFound, "there is no such row", "page"};
        after = last->case_id.text();
    }
    std::vector<std::string> wanted(states.begin(), states.end());
    for (std::string state; states.empty();) {
        Rows rows =
            connection_.query("SELECT min(state) FROM rendition WHERE hospital = $1 AND state > $2",
                              {hospital, state});
        const auto row = rows.next();
        if (!row) return row.error();
        if (!*row || rows.is_null(0)) break;
        state = rows.text(0);
        wanted.push_back(state);
    }
    std::sort(wanted.begin(), wanted.end());
    wanted.erase(std::unique(wanted.begin(), wanted.end()), wanted.end());
    std::vector<RenditionRow> found;
    for (const std::string& state : wanted) {
        auto part = all(
            connection_.query("SELECT " TSUNAGI_RENDITION_COLUMNS
                              " FROM rendition WHERE hospital = $1 AND state = $2 AND case_id < $3 "
                              "ORDER BY case_id DESC LIMIT $4",
                              {hospital, state, after, limit_of(page.limit)}),
            rendition_row);
        if (!part) return part.error();
        found.insert(found.end(), std::make_move_iterator(part->begin()),
                     std::make_move_iterator(part->end()));
    }
    std::sort(found.begin(), found.end(), [](const RenditionRow& left, const RenditionRow& right) {
        return left.case_id > right.case_id;
    });
    if (found.size() > page.limit) found.resize(page.limit);
    return found;
}

template <class I>
Result<Blob> Reads<I>::blob(const Owner& owner, std::string_view name,
                            std::optional<std::int64_t> version) {
    Rows rows = connection_.query(
        "SELECT version, sealed FROM blob WHERE owner = $1 AND name = $2 AND version <= $3 "
        "ORDER BY version DESC LIMIT 1",
        {owner.text(), name, version.value_or(std::numeric_limits<std::int64_t>::max())});
    const auto row = rows.next();
    if (!row) return row.error();
    if (!*row || (version && rows.integer(0) != *version)) {
        return Error{Code::NotFound, "there is no such row", "blob"};
    }
    Blob found;
    found.version = rows.integer(0);
    auto bytes =
        sealer_.open(owner.text(), blob_place(owner.text(), name, found.version), rows.bytes(1));
    if (!bytes) return bytes.error();
    found.bytes = std::move(*bytes);
    return found;
}

template <class I>
Result<std::int64_t> Reads<I>::blob_version(const Owner& owner, std::string_view name) {
    return one(
        connection_.query("SELECT version FROM blob WHERE owner = $1 AND name = $2 "
                          "ORDER BY version DESC LIMIT 1",
                          {owner.text(), name}),
        [](const Rows& rows) { return rows.integer(0); }, "blob");
}

template <class I>
Result<std::vector<CaseId>> Reads<I>::cases_with_form(const crypto::Digest& form) {
    return all(
        connection_.query("SELECT case_id FROM consent_form WHERE form = $1 ORDER BY case_id",
                          {BytesView{form}}),
        [](const Rows& rows) { return CaseId{string_of(rows, 0)}; });
}

template <class I>
Result<std::vector<EventRow>> Reads<I>::events(const CaseId& id) {
    Rows rows = connection_.query(
        "SELECT seq, at, sealed FROM event WHERE case_id = $1 ORDER BY seq", {id});
    std::vector<EventRow> found;
    while (true) {
        const auto row = rows.next();
        if (!row) return row.error();
        if (!*row) return found;
        const std::int64_t seq = rows.integer(0);
        const auto json = sealer_.open(id.text(), event_place(id.text(), seq), rows.bytes(2));
        if (!json) return json.error();
        found.push_back({seq, rows.instant(1), std::string{as_text(*json)}});
    }
}

template <class I>
Result<OutboxRow> Reads<I>::find_delivery(DeliveryNumber number) {
    return one(connection_.query("SELECT " TSUNAGI_OUTBOX_COLUMNS " FROM outbox WHERE number = $1",
                                 {number}),
               outbox_row, "delivery");
}

template <class I>
Result<std::vector<OutboxRow>> Reads<I>::deliveries_of(const CaseId& id) {
    return all(connection_.query("SELECT " TSUNAGI_OUTBOX_COLUMNS
                                 " FROM outbox WHERE case_id = $1 ORDER BY number",
                                 {id}),
               outbox_row);
}

template <class I>
Result<std::vector<OutboxRow>> Reads<I>::parked(std::size_t limit) {
    return all(connection_.query("SELECT " TSUNAGI_OUTBOX_COLUMNS
                                 " FROM outbox WHERE state = 'parked' ORDER BY number LIMIT $1",
                                 {limit_of(limit)}),
               outbox_row);
}

template <class I>
Result<std::optional<Instant>> Reads<I>::next_delivery() {
    return maybe_time(connection_.query("SELECT min(due) FROM outbox WHERE state = 'pending'"));
}

template <class I>
Result<std::optional<StoredAnswer>> Reads<I>::find_answer(const IdempotencyKey& key,
                                                          const crypto::Digest& body, Instant now) {
    auto claim = find_claim(connection_, sealer_, key);
    if (!claim) return claim.error();
    if (!*claim) return std::optional<StoredAnswer>{};
    if ((*claim)->answered && (*claim)->body == body) {
        return std::optional<StoredAnswer>{std::move((*claim)->answer)};
    }
    if (!(*claim)->answered && (*claim)->until <= now) return std::optional<StoredAnswer>{};
    return (*claim)->body == body ? in_flight() : other_body();
}

template <class I>
Result<std::vector<ProvisionRow>> Reads<I>::provisions(const CaseId& id) {
    Rows rows = connection_.query(
        "SELECT log_index, recipient, at, commitment, sealed FROM provision "
        "WHERE case_id = $1 ORDER BY log_index",
        {id});
    std::vector<ProvisionRow> found;
    while (true) {
        const auto row = rows.next();
        if (!row) return row.error();
        if (!*row) return found;
        ProvisionRow provision;
        provision.log_index = static_cast<std::uint64_t>(rows.integer(0));
        provision.case_id = id;
        provision.recipient = OrganisationId{string_of(rows, 1)};
        provision.at = rows.instant(2);
        const auto commitment = digest_of(rows.bytes(3));
        if (!commitment) return commitment.error();
        provision.commitment = *commitment;
        if (!rows.is_null(4)) {
            const std::string place = provision_place(id.text(), provision.log_index);
            const auto content = sealer_.open(Owner::register_of(id).text(), place, rows.bytes(4));
            if (!content) return content.error();
            if (content->size() < provision.salt.size()) {
                return Error{Code::Internal, "stored content is damaged", "provision"};
            }
            const BytesView view{*content};
            const auto salt = digest_of(view.first(provision.salt.size()));
            provision.salt = *salt;
            provision.record = as_text(view.subspan(provision.salt.size()));
        }
        found.push_back(std::move(provision));
    }
}

template <class I>
Result<std::uint64_t> Reads<I>::log_size() {
    return one(
        connection_.query("SELECT size FROM log_head WHERE id = 1"),
        [](const Rows& rows) { return static_cast<std::uint64_t>(rows.integer(0)); }, "log");
}

template <class I>
Result<LogRow> Reads<I>::log_entry(std::uint64_t index) {
    return one(connection_.query(
                   "SELECT idx, request, seq, bytes, leaf_hash FROM log_entry WHERE idx = $1",
                   {to_signed(index)}),
               log_row, "log entry");
}

template <class I>
Result<std::vector<LogRow>> Reads<I>::log_entries(std::uint64_t begin, std::uint64_t end) {
    return all(connection_.query("SELECT idx, request, seq, bytes, leaf_hash FROM log_entry "
                                 "WHERE idx >= $1 AND idx < $2 ORDER BY idx",
                                 {to_signed(begin), to_signed(end)}),
               log_row);
}

template <class I>
Result<std::vector<LogRow>> Reads<I>::log_of_request(std::string_view request) {
    return all(connection_.query("SELECT idx, request, seq, bytes, leaf_hash FROM log_entry "
                                 "WHERE request = $1 AND request <> '' ORDER BY seq",
                                 {request}),
               log_row);
}

template <class I>
Result<std::vector<crypto::Digest>> Reads<I>::log_leaves(std::uint64_t begin, std::uint64_t end) {
    return all(connection_.query("SELECT idx, '', 0, '', leaf_hash FROM log_entry "
                                 "WHERE idx >= $1 AND idx < $2 ORDER BY idx",
                                 {to_signed(begin), to_signed(end)}),
               [](const Rows& rows) { return log_row(rows).leaf; });
}

template <class I>
Result<std::optional<CheckpointRow>> Reads<I>::checkpoint() {
    Rows rows =
        connection_.query("SELECT size, note FROM log_checkpoint ORDER BY size DESC LIMIT 1");
    const auto row = rows.next();
    if (!row) return row.error();
    if (!*row) return std::optional<CheckpointRow>{};
    return std::optional<CheckpointRow>{checkpoint_row(rows)};
}

template <class I>
Result<std::vector<CheckpointRow>> Reads<I>::checkpoints(std::uint64_t after, std::size_t limit) {
    return all(connection_.query("SELECT size, note FROM log_checkpoint WHERE size > $1 "
                                 "ORDER BY size LIMIT $2",
                                 {to_signed(after), limit_of(limit)}),
               checkpoint_row);
}

template class Reads<Reader>;
template class Reads<Transaction>;

}  // namespace tsunagi::store::sqlite

#include "exchange/erasure.h"

#include <algorithm>
#include <string>
#include <utility>

#include "exchange/answer.h"
#include "json/reader.h"

namespace tsunagi::exchange {
namespace {

constexpr std::string_view kGateway = "gateway";
/// How often a purge looks whether the last word has arrived.
constexpr std::chrono::hours kLookAgain{1};

using store::DeliveryState;

bool is_open(const store::OutboxRow& row) {
    return row.state == DeliveryState::Waiting || row.state == DeliveryState::Pending;
}

/// What a worker had begun with may have arrived, unless it was given up at its first attempt:
/// refused, or never written to a socket.
bool may_have_left(const store::OutboxRow& row) {
    return row.attempts > 1 || (row.attempts == 1 && row.state != DeliveryState::Parked);
}

/// When the case took the step that ended it; later events, as a consent withdrawn afterwards, put
/// nothing off.
Result<Instant> ended_at(store::Reader& reader, const CaseFile& file) {
    auto events = reader.events(file.row.id);
    if (!events) return events.error();
    const auto moves = programme::moves();
    for (auto event = events->rbegin(); event != events->rend(); ++event) {
        auto document = json::read(event->json);
        if (!document) return document.error();
        const std::string_view action = document->root()["action"].text();
        const bool ends = std::any_of(moves.begin(), moves.end(), [&](const auto& move) {
            return move.action == action && move.to == file.journey.state;
        });
        if (ends) return event->at;
    }
    return events->empty() ? file.row.created : events->back().at;
}

/// The register of provisions names versions of the consent: all of them stay with it.
Status keep_consents(store::Transaction& transaction, const store::CaseId& id,
                     std::int64_t newest) {
    for (std::int64_t version = 1; version <= newest; ++version) {
        auto held = transaction.blob(id, blob::kConsent, version);
        if (!held) return held.error();
        auto kept =
            transaction.put_blob(store::Owner::register_of(id), blob::kConsent, held->bytes);
        if (!kept) return kept.error();
        if (*kept != version) return Error{Code::Internal, "a consent has another version", {}};
    }
    return {};
}

Status purge(store::Transaction& transaction, const CaseFile& file,
             const std::vector<store::OutboxRow>& rows) {
    const store::CaseId& id = file.row.id;
    auto consent = read_consent(transaction, id);
    if (!consent) return consent.error();
    auto provided = transaction.provisions(id);
    if (!provided) return provided.error();
    if (!provided->empty()) {
        if (auto kept = keep_consents(transaction, id, consent->version); !kept) return kept;
    }
    for (const auto& row : rows) {
        if (!is_open(row) && row.state != DeliveryState::Parked) continue;
        if (auto gone = transaction.cancel_lane(id, row.hospital, "purged"); !gone)
            return gone.error();
    }
    audit::Entry entry = entry_for("case-purged", id, kGateway);
    entry.decision = "no-release";
    entry.policy = "consent-version-" + std::to_string(consent->version);
    if (auto position = transaction.append(std::move(entry)); !position) return position.error();
    return transaction.purge_case(id);
}

enum class Erasure { Due, Done, CaseOpen, RegisterKept };

Result<Erasure> may_erase(store::Reader& reader, const store::CaseRow& row,
                          const programme::Retention& retention, Instant now) {
    auto provided = reader.provisions(row.id);
    if (!provided) return provided.error();
    // An erased row of the register still says when, and nothing else.
    std::erase_if(*provided, [](const auto& each) { return each.record.empty(); });
    if (row.erased && provided->empty()) return Erasure::Done;
    const bool kept = std::any_of(provided->begin(), provided->end(), [&](const auto& each) {
        return now < each.at + retention.register_days();
    });
    if (kept) return Erasure::RegisterKept;
    auto rows = reader.deliveries_of(row.id);
    if (!rows) return rows.error();
    const bool goes_on =
        !programme::is_final(row.state) || std::any_of(rows->begin(), rows->end(), is_open);
    return goes_on ? Erasure::CaseOpen : Erasure::Due;
}

Refusal refuse_erasure(Erasure why, const programme::Retention& retention) {
    if (why == Erasure::CaseOpen)
        return refuse(Refused::IllegalMove, "case-open", {},
                      "この申込はまだ終わっていないため、消去できません。",
                      "The case is not over yet; it cannot be erased.", "L7");
    const std::string years = std::to_string(retention.register_kept.count());
    return refuse(
        Refused::IllegalMove, "register-kept", {},
        "第三者提供の記録の保存期間（" + years + "年）が過ぎていないため、消去できません。",
        "The register of provisions is kept for " + years + " years; it cannot be erased yet.",
        "L7");
}

}  // namespace

Result<bool> ended_without_release(store::Reader& reader, const CaseFile& file) {
    if (!programme::is_final(file.journey.state)) return false;
    auto rows = reader.deliveries_of(file.row.id);
    if (!rows) return rows.error();
    const bool sent = std::any_of(rows->begin(), rows->end(), [](const auto& row) {
        return row.kind != "offer" && row.kind != "status" && may_have_left(row);
    });
    if (sent) return false;
    // Also what a partner has read before a message brought it.
    auto provided = reader.provisions(file.row.id);
    if (!provided) return provided.error();
    for (const auto& each : *provided) {
        auto record = json::read(each.record);
        if (!record) return record.error();
        if (record->root()["stage"].text() != "offer") return false;
    }
    return true;
}

Status forget_left_hospitals(store::Transaction& transaction, const CaseFile& file) {
    if (!programme::is_final(file.journey.state)) return {};
    auto rows = transaction.deliveries_of(file.row.id);
    if (!rows) return rows.error();
    for (const auto& row : *rows) {
        if (row.kind != "status" || row.state != DeliveryState::Parked) continue;
        auto rendition = transaction.find_rendition(row.alias);
        if (!rendition) return rendition.error();
        const bool left = rendition->state == programme::state::kDeclined ||
                          rendition->state == programme::state::kExpired;
        if (!left || rendition->destroyed) continue;
        if (auto gone = transaction.cancel_lane(file.row.id, row.hospital, "case-over"); !gone)
            return gone.error();
        if (auto destroyed = transaction.destroy_rendition(row.alias); !destroyed) return destroyed;
    }
    return {};
}

Result<std::optional<Instant>> purge_when_due(store::Transaction& transaction, const Parts& parts,
                                              const CaseFile& file) {
    const Instant now = parts.clock.now();
    auto ended = ended_at(transaction, file);
    if (!ended) return ended.error();
    const programme::Retention& retention = file.programme->retention();
    const Instant after = *ended + retention.purge_after, by = *ended + retention.purge_by;
    if (now < after) return std::optional<Instant>{after};
    auto rows = transaction.deliveries_of(file.row.id);
    if (!rows) return rows.error();
    const bool unsaid = std::any_of(rows->begin(), rows->end(), is_open);
    if (unsaid && now < by) return std::optional<Instant>{std::min(now + kLookAgain, by)};
    if (auto purged = purge(transaction, file, *rows); !purged) return purged.error();
    return std::optional<Instant>{};
}

Act<std::int64_t> Exchange::erase(const access::Principal& person, const store::CaseId& id) {
    auto found = Erasure::Due;
    programme::Retention retention;
    const Status written = parts_.store.write([&](store::Transaction& transaction) -> Status {
        auto row = transaction.find_case(id);
        if (!row) return row.error();
        const auto* programme = parts_.artifacts.programme(row->programme);
        if (!programme) return Error{Code::Internal, "the case's programme is not loaded", {}};
        retention = programme->retention();
        auto may = may_erase(transaction, *row, retention, parts_.clock.now());
        if (!may) return may.error();
        found = *may;
        if (found == Erasure::Done) return {};
        const bool due = found == Erasure::Due;
        audit::Entry entry =
            entry_for(due ? "case-erased" : "erasure-refused", id, person.organisation.text());
        entry.decision = due                          ? "erased"
                         : found == Erasure::CaseOpen ? "case-open"
                                                      : "register-kept";
        entry.policy = "L7";
        if (auto position = transaction.append(std::move(entry)); !position)
            return position.error();
        return due ? transaction.erase_case(id) : Status{};
    });
    if (!written) return refuse(written.error());
    if (found == Erasure::CaseOpen || found == Erasure::RegisterKept)
        return refuse_erasure(found, retention);
    return 0;
}

}  // namespace tsunagi::exchange

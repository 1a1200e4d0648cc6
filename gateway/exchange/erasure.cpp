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
/// Domain L7: the register is kept three years and more; one of them may be a leap year.
constexpr std::chrono::hours kRegisterKept{24 * (3 * 365 + 1)};

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

/// Why a case may not be erased now; empty: it may.
Result<std::string> kept_because(store::Reader& reader, const store::CaseRow& row, Instant now) {
    auto provided = reader.provisions(row.id);
    if (!provided) return provided.error();
    const bool kept = std::any_of(provided->begin(), provided->end(), [&](const auto& each) {
        return !each.record.empty() && now < each.at + kRegisterKept;
    });
    if (kept) return std::string{"register-kept"};
    auto rows = reader.deliveries_of(row.id);
    if (!rows) return rows.error();
    const bool goes_on =
        !programme::is_final(row.state) || std::any_of(rows->begin(), rows->end(), is_open);
    return std::string{goes_on ? "case-open" : ""};
}

Refusal refuse_erasure(std::string reason) {
    if (reason == "case-open")
        return refuse(Refused::IllegalMove, std::move(reason), {},
                      "この申込はまだ終わっていないため、消去できません。",
                      "The case is not over yet; it cannot be erased.", "L7");
    return refuse(Refused::IllegalMove, std::move(reason), {},
                  "第三者提供の記録の保存期間（３年）が過ぎていないため、消去できません。",
                  "The register of provisions is kept three years; it cannot be erased yet.", "L7");
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

Result<std::optional<Instant>> purge_when_due(store::Transaction& transaction, const Parts& parts,
                                              const CaseFile& file) {
    const Instant now = parts.clock.now();
    auto ended = ended_at(transaction, file);
    if (!ended) return ended.error();
    if (now < *ended + kPurgeAfter) return std::optional<Instant>{*ended + kPurgeAfter};
    auto rows = transaction.deliveries_of(file.row.id);
    if (!rows) return rows.error();
    const bool unsaid = std::any_of(rows->begin(), rows->end(), is_open);
    if (unsaid && now < *ended + kPurgeBy)
        return std::optional<Instant>{std::min(now + kLookAgain, *ended + kPurgeBy)};
    if (auto purged = purge(transaction, file, *rows); !purged) return purged.error();
    return std::optional<Instant>{};
}

Act<std::int64_t> Exchange::erase(const access::Principal& person, const store::CaseId& id) {
    std::string kept;
    const Status written = parts_.store.write([&](store::Transaction& transaction) -> Status {
        auto row = transaction.find_case(id);
        if (!row) return row.error();
        auto reason = kept_because(transaction, *row, parts_.clock.now());
        if (!reason) return reason.error();
        kept = std::move(*reason);
        audit::Entry entry = entry_for(kept.empty() ? "case-erased" : "erasure-refused", id,
                                       person.organisation.text());
        entry.decision = kept.empty() ? "erased" : kept;
        entry.policy = "L7";
        if (auto position = transaction.append(std::move(entry)); !position)
            return position.error();
        return kept.empty() ? transaction.erase_case(id) : Status{};
    });
    if (!written) return refuse(written.error());
    if (!kept.empty()) return refuse_erasure(std::move(kept));
    return 0;
}

}  // namespace tsunagi::exchange

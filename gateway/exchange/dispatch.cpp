#include <algorithm>
#include <chrono>
#include <set>
#include <thread>
#include <utility>

#include "crypto/digest.h"
#include "exchange/advance.h"
#include "exchange/answer.h"
#include "exchange/erasure.h"
#include "exchange/exchange.h"
#include "exchange/notices.h"
#include "exchange/render.h"
#include "json/builder.h"
#include "json/reader.h"
#include "json/writer.h"

namespace tsunagi::exchange {
namespace {

namespace state = programme::state;

constexpr std::string_view kOffer = "offer";
constexpr std::string_view kNotice = "notice";
/// v3-ActReason: what a hospital is asked for.
constexpr std::string_view kTreatment = "TREAT";

const access::Principal kGatewayItself{
    store::OrganisationId{"gateway"}, {}, access::Role::Operator};

/// May this row still be sent, as the case stands now?
Status still_wanted(const store::OutboxRow& row, const store::RenditionRow& rendition,
                    Instant now) {
    if (rendition.destroyed) return Error{Code::Denied, "rendition-destroyed", {}};
    // A hospital that asked for its Tasks may accept before the offer reaches it: then the offer
    // still goes first, so that the release follows it and both are on record.
    if (row.kind == kOffer && rendition.stage == "release") return {};
    if (row.kind == kNotice) return {};
    if (row.not_after && now > *row.not_after) return Error{Code::Conflict, "past-needed-by", {}};
    const bool waiting = rendition.state == state::kSent || rendition.state == state::kReceived ||
                         rendition.state == state::kProposed;
    if (row.kind == kOffer && !waiting) return Error{Code::Denied, "no-longer-offered", {}};
    return {};
}

/// Whether the holder of `row` could not report because the row was cancelled meanwhile.
bool was_cancelled(store::Reader& reader, const store::OutboxRow& row, const Status& reported) {
    if (reported.error().code != Code::Conflict) return false;
    const auto now = reader.find_delivery(row.number);
    return now && now->state == store::DeliveryState::Cancelled && now->fence == row.fence + 1;
}

/// APPI article 29: date, recipient, person, items, consent, purpose (domain L6).
struct Provision {
    store::CaseId id;
    store::OrganisationId provider, recipient;
    std::chrono::minutes zone{0};
    std::string_view stage;
    std::int64_t consent_version = 0;
    std::string_view person;
    const std::vector<std::string>& items;
};
std::string provision_record(const Provision& provision, std::string_view purpose, Instant now) {
    json::Document document;
    json::Builder builder(document);
    json::Node* root = builder.object();
    builder.set(root, "date", format_instant(now, provision.zone));
    builder.set(root, "provider", provision.provider.text());
    builder.set(root, "recipient", provision.recipient.text());
    builder.set(root, "person", provision.person);
    builder.set(root, "stage", provision.stage);
    json::Node* list = builder.set_array(root, "items");
    for (const std::string& each : provision.items) builder.add(list, each);
    builder.set(root, "purpose", purpose);
    builder.set_number(root, "consentVersion", provision.consent_version);
    return json::write(document.root());
}

/// Puts on record that the recipient has what is shown at the stage, rendered under that version of
/// the consent: register row and `entry` with its commitment.
Status record_provision(store::Transaction& transaction, const Provision& provision,
                        audit::Entry entry, const Parts& parts) {
    const Instant now = parts.clock.now();
    const privacy::DisclosureRules* rules = parts.artifacts.notice_rules_for(provision.stage);
    const std::string_view purpose = rules ? std::string_view{rules->purpose()} : kTreatment;
    entry.policy = "consent-version-" + std::to_string(provision.consent_version);
    const std::string record = provision_record(provision, purpose, now);
    auto kept =
        transaction.append_provision(provision.id, provision.recipient, record, std::move(entry));
    return kept ? Status{} : Status{kept.error()};
}

/// The case's row and its programme: what the register needs and no sealed document.
struct Standing {
    store::CaseRow row;
    const programme::Programme* programme = nullptr;
};
Result<Standing> standing_of(store::Reader& reader, const Parts& parts, const store::CaseId& id) {
    auto row = reader.find_case(id);
    if (!row) return row.error();
    if (row->erased) return Error{Code::NotFound, "the case was purged", std::string{kPurged}};
    const programme::Programme* programme = parts.artifacts.programme(row->programme);
    if (!programme)
        return Error{Code::Internal, "the case's programme is not loaded", row->programme};
    return Standing{std::move(*row), programme};
}

/// Whether the register holds a provision of these items at `stage` to `hospital`.
Result<bool> is_on_record(store::Reader& reader, const store::CaseId& id,
                          const store::OrganisationId& hospital, std::string_view stage,
                          const std::vector<std::string>& shown) {
    std::set<std::string, std::less<>> items(shown.begin(), shown.end());
    auto rows = reader.provisions(id);
    if (!rows) return rows.error();
    for (const auto& row : *rows) {
        if (row.recipient != hospital) continue;
        auto record = json::read(row.record);
        if (!record) return record.error();
        if (record->root()["stage"].text() != stage) continue;
        for (const json::Value item : record->root()["items"]) {
            if (const auto known = items.find(item.text()); known != items.end())
                items.erase(known);
        }
    }
    return items.empty();
}

/// The record's period is over and nobody wrote it down yet: cancels what it no longer permits, and
/// the log tells.
Status note_expiry(store::Transaction& transaction, const Parts& parts, const CaseFile& file) {
    auto consent = read_consent(transaction, file.row.id);
    if (!consent) return consent.error();
    const Instant now = parts.clock.now();
    const auto decision = privacy::decide(consent->records(), release_request(file, now));
    if (decision.code != "expired") return {};
    const std::string version = "consent-version-" + std::to_string(consent->version);
    auto events = transaction.events(file.row.id);
    if (!events) return events.error();
    for (const auto& event : *events) {
        auto document = json::read(event.json);
        if (!document) return document.error();
        if (document->root()["action"].text() == "consent-expired" &&
            document->root()["reason"].text() == version)
            return {};
    }
    auto open = transaction.deliveries_of(file.row.id);
    if (!open) return open.error();
    const auto queued = std::count_if(open->begin(), open->end(), [](const auto& row) {
        return row.kind != "status" && (row.state == store::DeliveryState::Waiting ||
                                        row.state == store::DeliveryState::Pending ||
                                        row.state == store::DeliveryState::Parked);
    });
    auto told = transaction.provisions(file.row.id);
    if (!told) return told.error();
    if (auto stopped = stop_disclosure(transaction, parts, file); !stopped) return stopped;
    if (auto stopped = stop_notices(transaction, parts, file, *consent); !stopped) return stopped;
    programme::Inputs evidence;
    evidence.reason = version;
    if (auto event = transaction.append_event(
            file.row.id, event_json("consent-expired", kGatewayItself, now, evidence));
        !event)
        return event.error();
    audit::Entry entry =
        entry_for("consent-expired", file.row.id, kGatewayItself.organisation.text());
    entry.recipient = file.row.hospital.text();
    entry.decision =
        "cancelled-" + std::to_string(queued) + "-disclosed-" + std::to_string(told->size());
    entry.policy = version;
    const auto position = transaction.append(std::move(entry));
    return position ? Status{} : Status{position.error()};
}

/// When the consent's period ends, if that is still to come.
Result<std::optional<Instant>> expiry_of(store::Reader& reader, const CaseFile& file, Instant now) {
    auto consent = read_consent(reader, file.row.id);
    if (!consent) return consent.error();
    const auto end = privacy::expires(consent->resource.root());
    if (!end || *end <= now) return std::optional<Instant>{};
    return std::optional<Instant>{*end};
}

/// Whether the hospital's answer is still awaited, so that time can end it.
bool may_expire(const CaseFile& file) {
    return programme::find_move(file.journey.state, programme::action::kExpire,
                                programme::Actor::Gateway) != nullptr;
}

Status expire(store::Transaction& transaction, const Parts& parts, CaseFile& file) {
    const programme::Step step{programme::action::kExpire,
                               programme::Actor::Gateway,
                               kGatewayItself.organisation.text(),
                               {}};
    auto advanced = advance(transaction, parts, file, step, kGatewayItself);
    return advanced ? Status{} : Status{advanced.error()};
}

}  // namespace

Result<Dispatch> Exchange::prepare(const store::OutboxRow& row) {
    sends_.leased(row.number, row.fence);
    std::optional<KeptOffer> kept;
    if (row.kind == kOffer) kept = offers_.take(row.alias, parts_.clock.now());
    std::optional<Dispatch> dispatch;
    const Status looked = parts_.store.read([&](store::Reader& reader) -> Status {
        auto rendition = reader.find_rendition(row.alias);
        if (!rendition) return rendition.error();
        if (auto wanted = still_wanted(row, *rendition, parts_.clock.now()); !wanted) return wanted;
        if (kept) {
            auto current = is_current(reader, parts_, row, *kept);
            if (!current) return current.error();
            if (*current) {
                dispatch = std::move(kept->dispatch);
                return {};
            }
        }
        auto message = render_message(reader, parts_, row);
        if (!message) return message.error();
        dispatch = std::move(*message);
        return {};
    });
    if (!looked) return looked.error();
    return std::move(*dispatch);
}

Sends::Hold Exchange::begin_send(const store::OutboxRow& row, const Dispatch& dispatch) {
    Sends::Hold hold = sends_.begin(row.case_id);
    if (!hold.is_held()) return {};
    bool wanted = false;
    const Status looked = parts_.store.read([&](store::Reader& reader) -> Status {
        const auto present = reader.find_delivery(row.number);
        if (!present) return present.error();
        const auto consent = reader.blob_version(row.case_id, blob::kConsent);
        if (!consent) return consent.error();
        // Connecting and looking take time: the period of the consent, or the time by which the
        // offer is needed, may have ended since it was rendered. A status needs neither.
        const Instant now = parts_.clock.now();
        const auto& ends = dispatch.consent_ends;
        const bool over = row.kind != "status" &&
                          ((ends && now >= *ends) || (row.not_after && now > *row.not_after));
        wanted = !over && present->fence == row.fence &&
                 present->state == store::DeliveryState::Pending &&
                 *consent == dispatch.consent_version;
        return {};
    });
    if (!looked || !wanted) return {};
    return hold;
}

Result<Sends::Hold> Exchange::begin_reading(const store::OrganisationId& who,
                                            const store::Alias& alias) {
    std::optional<store::CaseId> id;
    const Status looked = parts_.store.read([&](store::Reader& reader) -> Status {
        auto rendition = reader.find_rendition(alias);
        if (!rendition) return rendition.error();
        // A stranger must neither hold up the case nor learn from a wait that there is one.
        if (rendition->hospital != who || rendition->destroyed)
            return Error{Code::NotFound, "no such resource", {}};
        id = rendition->case_id;
        return {};
    });
    if (!looked) return looked.error();
    return sends_.begin(*id);
}

Status Exchange::await_others(const store::CaseId& id) const {
    constexpr std::chrono::milliseconds kLook{20};
    for (std::chrono::milliseconds waited{0}; waited < patience_; waited += kLook) {
        bool on_the_wire = false;
        Status looked = parts_.store.read([&](store::Reader& reader) -> Status {
            auto rows = reader.deliveries_of(id);
            if (!rows) return rows.error();
            const Instant now = parts_.clock.now();
            on_the_wire = std::any_of(rows->begin(), rows->end(), [&](const auto& row) {
                return row.state == store::DeliveryState::Pending && row.attempts > 0 &&
                       !row.worker.empty() && row.due > now &&
                       !sends_.is_ours(row.number, row.fence);
            });
            return {};
        });
        if (!looked || !on_the_wire) return looked;
        std::this_thread::sleep_for(kLook);
    }
    return {};  // the answer lists it as possibly sent
}

Status Exchange::delivered(const store::OutboxRow& row, const Dispatch& dispatch,
                           std::string_view outcome) {
    return parts_.store.write([&](store::Transaction& transaction) -> Status {
        if (auto completed = transaction.complete(row.number, row.fence, outcome); !completed) {
            // What was cancelled while it was on the wire arrived all the same.
            if (!was_cancelled(transaction, row, completed)) return completed;
        }
        audit::Entry entry =
            entry_for(row.kind + "-delivered", row.case_id, kGatewayItself.organisation.text());
        entry.recipient = row.hospital.text();
        entry.decision = std::string{outcome};
        entry.body_sha256 = dispatch.body.sha256();
        if (row.kind == "status") {
            if (auto position = transaction.append(std::move(entry)); !position)
                return position.error();
        } else {
            auto standing = standing_of(transaction, parts_, row.case_id);
            if (!standing) return standing.error();
            auto told = transaction.find_rendition(row.alias);
            if (!told) return told.error();
            const Provision provision{row.case_id,
                                      standing->row.clinic,
                                      row.hospital,
                                      standing->programme->zone(),
                                      row.kind == kNotice ? told->stage : row.kind,
                                      dispatch.consent_version,
                                      dispatch.person,
                                      dispatch.items};
            if (auto kept = record_provision(transaction, provision, std::move(entry), parts_);
                !kept) {
                return kept;
            }
        }
        // The last word to a hospital that declined or was left: now its rendition may go
        // (contracts.md section 5).
        auto rendition = transaction.find_rendition(row.alias);
        if (!rendition) return rendition.error();
        const bool over =
            rendition->state == state::kDeclined || rendition->state == state::kExpired;
        if (row.kind == "status" && over) return transaction.destroy_rendition(row.alias);
        return {};
    });
}

Status Exchange::note_reading(const store::OrganisationId& reader_id, const Reading& reading,
                              const privacy::Outbound& body) {
    const std::string& stage = reading.shown_as;
    const auto shown = json::read(body.bytes());
    const std::vector<std::string> items =
        shown ? items_of(shown->root()) : std::vector<std::string>{};
    std::optional<store::CaseId> id;
    // begin_reading keeps changes of this gateway away, not those of others on the same store: one
    // that committed since this was rendered wins, one that comes later finds it in the register.
    const auto is_known = [&](store::Reader& reader) -> Result<bool> {
        auto rendition = reader.find_rendition(reading.alias);
        if (!rendition) return rendition.error();
        id = rendition->case_id;
        const auto version = reader.blob_version(*id, blob::kConsent);
        if (!version) return version.error();
        if (*version != reading.consent_version)
            return Error{Code::Busy, "the consent was changed meanwhile", {}};
        return is_on_record(reader, *id, reader_id, stage, items);
    };
    bool known = false;
    Status looked = parts_.store.read([&](store::Reader& reader) -> Status {
        auto found = is_known(reader);
        if (!found) return found.error();
        known = *found;
        return {};
    });
    if (!looked || known) return looked;
    return parts_.store.write([&](store::Transaction& transaction) -> Status {
        auto found = is_known(transaction);
        if (!found) return found.error();
        if (*found) return {};
        auto standing = standing_of(transaction, parts_, *id);
        if (!standing) return standing.error();
        auto packet = read_blob(transaction, *id, blob::kPacket);
        if (!packet) return packet.error();
        audit::Entry entry = entry_for(stage + "-read", *id, reader_id.text());
        entry.recipient = reader_id.text();
        entry.body_sha256 = body.sha256();
        const std::string person = person_of(packet->root());
        return record_provision(transaction,
                                {*id, standing->row.clinic, reader_id, standing->programme->zone(),
                                 stage, reading.consent_version, person, items},
                                std::move(entry), parts_);
    });
}

Status Exchange::postpone(const store::OutboxRow& row, Instant next_at, std::string_view reason) {
    parts_.log.info(
        "delivery.postponed",
        {{"delivery", row.number}, {"attempts", row.attempts}, {"reason", LogField::Word{reason}}});
    return parts_.store.write([&](store::Transaction& transaction) -> Status {
        Status later = transaction.retry(row.number, row.fence, next_at);
        if (later || !was_cancelled(transaction, row, later)) return later;
        // Nobody will look any more whether it arrived: the auditor learns that it may have.
        audit::Entry entry =
            entry_for(row.kind + "-not-resolved", row.case_id, kGatewayItself.organisation.text());
        entry.recipient = row.hospital.text();
        entry.decision = std::string{reason};
        const auto position = transaction.append(std::move(entry));
        return position ? Status{} : Status{position.error()};
    });
}

Status Exchange::give_up(const store::OutboxRow& row, std::string_view reason) {
    parts_.log.warning(
        "delivery.parked",
        {{"delivery", row.number}, {"attempts", row.attempts}, {"reason", LogField::Word{reason}}});
    return parts_.store.write([&](store::Transaction& transaction) -> Status {
        if (auto parked = transaction.park(row.number, row.fence, reason); !parked) return parked;
        auto file = open_case(transaction, parts_.artifacts, row.case_id);
        if (!file) return file.error();
        audit::Entry entry =
            entry_for(row.kind + "-not-delivered", row.case_id, kGatewayItself.organisation.text());
        entry.recipient = row.hospital.text();
        entry.decision = std::string{reason};
        if (auto position = transaction.append(std::move(entry)); !position)
            return position.error();
        if (row.kind == "status") return forget_left_hospitals(transaction, *file);
        if (row.kind != kOffer || !may_expire(*file) || file->row.hospital != row.hospital)
            return {};
        // An offer that cannot go out goes to consultation, never to silence.
        return expire(transaction, parts_, *file);
    });
}

Act<std::int64_t> Exchange::resume_delivery(const access::Principal& person,
                                            store::DeliveryNumber number) {
    const Status written = parts_.store.write([&](store::Transaction& transaction) -> Status {
        auto row = transaction.find_delivery(number);
        if (!row) return row.error();
        if (row->state != store::DeliveryState::Parked)
            return Error{Code::NotFound, "not parked", {}};
        if (auto moved = transaction.unpark(number, parts_.clock.now()); !moved) return moved;
        audit::Entry entry =
            entry_for("delivery-resumed", row->case_id, person.organisation.text());
        entry.recipient = row->hospital.text();
        auto position = transaction.append(std::move(entry));
        return position ? Status{} : Status{position.error()};
    });
    if (!written) return refuse(written.error());
    return number;
}

Result<std::optional<Instant>> Exchange::tick() {
    const Instant now = parts_.clock.now();
    offers_.sweep(now);
    std::vector<store::CaseRow> due;
    const Status looked = parts_.store.read([&](store::Reader& reader) -> Status {
        auto rows = reader.due_cases(now, 100);
        if (!rows) return rows.error();
        due = std::move(*rows);
        return {};
    });
    if (!looked) return looked.error();
    // A case that cannot be looked at must not keep the others from their time.
    std::optional<Error> first_fault;
    for (const auto& row : due) {
        const Status moved = parts_.store.write([&](store::Transaction& transaction) -> Status {
            auto file = open_case(transaction, parts_.artifacts, row.id);
            if (!file) return file.error();
            auto over = ended_without_release(transaction, *file);
            if (!over) return over.error();
            if (*over) {
                auto again = purge_when_due(transaction, parts_, *file);
                if (!again) return again.error();
                if (!*again) return {};
                file->row.wake_at = *again;
                return save(transaction, *file, now);
            }
            const bool waiting = may_expire(*file);
            if (waiting && file->row.needed_by && now > *file->row.needed_by) {
                file->row.wake_at.reset();
                return expire(transaction, parts_, *file);
            }
            if (auto noted = note_expiry(transaction, parts_, *file); !noted) return noted;
            // The first look comes when an offer should have arrived: inquire tells the clinic to
            // telephone if it has not.
            file->row.wake_at = waiting ? file->row.needed_by : std::nullopt;
            if (file->row.wake_at) *file->row.wake_at += std::chrono::seconds{1};
            auto ends = expiry_of(transaction, *file, now);
            if (!ends) return ends.error();
            if (*ends && !programme::is_final(file->journey.state) &&
                (!file->row.wake_at || **ends < *file->row.wake_at))
                file->row.wake_at = **ends;
            return save(transaction, *file, now);
        });
        if (!moved && !first_fault) first_fault = moved.error();
    }
    if (first_fault) return *first_fault;
    std::optional<Instant> next;
    const Status asked = parts_.store.read([&](store::Reader& reader) -> Status {
        auto wake = reader.next_wake();
        if (!wake) return wake.error();
        next = *wake;
        return {};
    });
    if (!asked) return asked.error();
    return next;
}

}  // namespace tsunagi::exchange

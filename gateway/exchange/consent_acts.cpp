#include <algorithm>
#include <iterator>
#include <optional>
#include <span>
#include <utility>

#include "exchange/advance.h"
#include "exchange/answer.h"
#include "exchange/exchange.h"
#include "exchange/notices.h"
#include "exchange/remake.h"
#include "exchange/render.h"
#include "json/builder.h"
#include "json/reader.h"
#include "json/writer.h"

namespace tsunagi::exchange {
namespace {

namespace action = programme::action;
using json::Builder;
using json::Node;

constexpr std::string_view kWithdrawnAt =
    "https://tsunagi.example/fhir/StructureDefinition/consent-withdrawn-at";

bool is_open(const store::OutboxRow& row) {
    return row.state == store::DeliveryState::Waiting ||
           row.state == store::DeliveryState::Pending || row.state == store::DeliveryState::Parked;
}

/// What the change found and left, for the answer.
struct Change {
    std::string_view name;  ///< "amended", "withdrawn" …
    json::Value consent;
    std::int64_t version = 0;
    std::vector<store::OutboxRow> open_before;
    std::optional<store::LogPosition> position;  ///< none: nothing changed
    json::Value flags = {};                      ///< absent: the record was not looked at again
};

/// Messages that the change cancelled; those that a worker had begun with may have arrived.
Status add_cancelled(Builder& builder, Node* affects, store::Reader& reader, const Change& change,
                     const store::CaseId& id, Instant now) {
    auto rows = reader.deliveries_of(id);
    if (!rows) return rows.error();
    Node* cancelled = builder.set_array(affects, "cancelled");
    Node* possibly = builder.set_array(affects, "possiblySent");
    for (const auto& before : change.open_before) {
        const bool gone = std::any_of(rows->begin(), rows->end(), [&](const auto& row) {
            return row.number == before.number && row.state == store::DeliveryState::Cancelled;
        });
        if (!gone) continue;
        const bool leased = before.attempts > 0 && !before.worker.empty() && before.due > now &&
                            before.state == store::DeliveryState::Pending;
        Node* row = builder.add_object(leased || before.attempts > 1 ? possibly : cancelled);
        builder.set(row, "message", before.kind);
        builder.set(row, "hospital", before.hospital.text());
    }
    return {};
}

/// What was sent under earlier versions; nothing can call it back.
Status add_disclosures(Builder& builder, Node* affects, store::Reader& reader,
                       const store::CaseId& id) {
    auto rows = reader.provisions(id);
    if (!rows) return rows.error();
    Node* list = builder.set_array(affects, "disclosures");
    for (const auto& row : *rows) {
        auto record = json::read(row.record);
        if (!record) return record.error();
        Node* object = builder.add_object(list);
        for (const char* member : {"date", "recipient", "stage", "items", "consentVersion"})
            builder.set(object, member, record->root()[member]);
        builder.set_number(object, "logIndex", static_cast<std::int64_t>(row.log_index));
    }
    return {};
}

/// May the hospital where the case stands still be told, under the record as it is now?
Result<privacy::Decision> decision_now(store::Reader& reader, const Parts& parts,
                                       const CaseFile& file, const HeldConsent& consent) {
    auto rendition = reader.find_rendition(file.row.id, file.row.hospital);
    if (!rendition && rendition.error().code != Code::NotFound) return rendition.error();
    auto request = release_request(file, parts.clock.now());
    // A case that is held was offered to nobody yet.
    if (!rendition || rendition->stage != "release") request.stage = privacy::Stage::Offer;
    return privacy::decide(consent.records(), request);
}

Result<std::string> answer_of(store::Reader& reader, const Parts& parts, const CaseFile& file,
                              const Change& change, const privacy::Decision& decision) {
    json::Document document;
    Builder builder(document);
    Node* root = builder.object();
    builder.set(root, "case", file.row.id.text());
    set_state(builder, root, file, programme::Actor::Clinic);
    builder.set(root, "change", change.name);
    builder.set_number(root, "consentVersion", change.version);
    if (change.version > 1) builder.set_number(root, "supersedes", change.version - 1);
    builder.set(root, "consentStatus", change.consent["status"].text());
    Node* decided = builder.set_object(root, "decision");
    builder.set(decided, "hospital", file.row.hospital.text());
    builder.set(decided, "permit", decision.permit);
    builder.set(decided, "code", decision.code);
    set_label(builder, decided, "text", decision.ja, decision.en);
    if (!decision.where.empty()) builder.set(decided, "where", decision.where);
    Node* withheld = builder.set_array(decided, "withheld");
    for (const auto& each : decision.withheld) builder.add(withheld, each);
    Node* affects = builder.set_object(root, "affects");
    if (auto added =
            add_cancelled(builder, affects, reader, change, file.row.id, parts.clock.now());
        !added)
        return added.error();
    if (auto added = add_disclosures(builder, affects, reader, file.row.id); !added)
        return added.error();
    if (change.flags) builder.set(root, "flags", change.flags);
    if (change.position) {
        Node* log = builder.set_object(root, "log");
        builder.set_number(log, "index", static_cast<std::int64_t>(change.position->index));
        builder.set(log, "leafHash", to_hex(change.position->leaf));
    }
    return json::write(document.root());
}

Result<std::vector<store::OutboxRow>> open_messages(store::Reader& reader,
                                                    const store::CaseId& id) {
    auto rows = reader.deliveries_of(id);
    if (rows) std::erase_if(*rows, [](const auto& row) { return !is_open(row); });
    return rows;
}

bool is_about_consent(std::string_view cell) { return cell.starts_with("Packet.consent"); }

/// What a person must look at in the record itself; the rest of the packet is as it was.
json::Document consent_flags(std::span<const fhir::Issue> flags) {
    std::vector<fhir::Issue> about;
    std::ranges::copy_if(flags, std::back_inserter(about),
                         [](const auto& each) { return is_about_consent(each.expression); });
    return fhir::operation_outcome(about);
}

/// The case's flags about the record are those of its newest version; the others stay.
Status replace_flags(store::Transaction& transaction, const store::CaseId& id, json::Value fresh) {
    const auto held = read_blob(transaction, id, blob::kFlags);
    if (!held) return held.error();
    json::Document document;
    Builder builder(document);
    Node* root = builder.object();
    builder.set(root, "resourceType", "OperationOutcome");
    Node* list = builder.set_array(root, "issue");
    const auto keep_some = [&](json::Value outcome, bool about_consent) {
        for (const json::Value issue : outcome["issue"]) {
            if (issue["details"]["coding"] &&
                is_about_consent(issue["expression"].at(0).text()) == about_consent)
                builder.add(list, issue);
        }
    };
    keep_some(held->root(), false);
    keep_some(fresh, true);
    const bool none = document.root()["issue"].empty();
    auto put = transaction.put_blob(
        id, blob::kFlags, as_bytes(json::write(none ? fresh : json::Value{document.root()})));
    return put ? Status{} : Status{put.error()};
}

/// The day of the last withdrawal, in Japan's calendar as the form has it; empty: not withdrawn.
std::string withdrawn_on(json::Value consent) {
    std::string day;
    for (const json::Value each : consent["extension"]) {
        if (each["url"].text() == kWithdrawnAt)
            day = std::max(day, std::string{each["valueDateTime"].text().substr(0, 10)});
    }
    return day;
}

bool is_same(json::Value one, json::Value other) { return json::write(one) == json::write(other); }

/// Puts the record in its blob and the log, and tells the event of the case. Gives the version.
Status write_record(store::Transaction& transaction, const Parts& parts,
                    const access::Principal& clinic, const store::CaseId& id, Change& change,
                    std::string_view who) {
    auto version = transaction.put_blob(id, blob::kConsent, as_bytes(json::write(change.consent)));
    if (!version) return version.error();
    change.version = *version;
    programme::Inputs evidence;
    evidence.reason = std::string{who};
    const std::string kind = "consent-" + std::string{change.name};
    if (auto event =
            transaction.append_event(id, event_json(kind, clinic, parts.clock.now(), evidence));
        !event)
        return event.error();
    audit::Entry entry = entry_for(kind, id, clinic.organisation.text());
    entry.decision = std::string{change.consent["status"].text()};
    entry.policy = "consent-version-" + std::to_string(change.version);
    auto position = transaction.append(std::move(entry));
    if (!position) return position.error();
    change.position = *position;
    return {};
}

}  // namespace

Act<ConsentChange> Exchange::record_consent(const access::Principal& clinic,
                                            std::string_view body) {
    const auto document = json::read(body);
    const json::Value said = document ? document->root() : json::Value{};
    if (!said["referral"].is_string() || !said["consent"].is_object() || said.size() != 2) {
        return refuse(Refused::Malformed, "not-a-consent", {},
                      "referral（申込の番号）と consent（同意の記録）を送ってください。",
                      "Send `referral`, the case, and `consent`, the form.");
    }
    const store::CaseId id{std::string{said["referral"].text()}};
    auto act = remake(parts_, clinic, id, "consent", said["consent"], Recheck::Consent);
    if (!done(act)) return std::move(std::get<Refusal>(act));
    const auto& remade = std::get<Remade>(act);
    const json::Document flags = consent_flags(remade.fresh.flags);

    ConsentChange result{id, 0, {}};
    std::optional<Refusal> refusal;
    const Sends::Pause pause = sends_.pause(id);
    if (auto waited = await_others(id); !waited) return refuse(waited.error());
    const Status written = parts_.store.write([&](store::Transaction& transaction) -> Status {
        auto file = own_case(transaction, parts_, clinic, id);
        if (!file) return file.error();
        auto held = read_consent(transaction, id);
        if (!held) return held.error();
        const std::string day = withdrawn_on(held->resource.root());
        const std::string_view given = remade.fresh.consent.root()["dateTime"].text().substr(0, 10);
        auto packet = read_blob(transaction, id, blob::kPacket);
        if (!packet) return packet.error();
        // Forms have a day and no hour: on the day itself the one that was withdrawn is not new.
        const bool again = given == day && is_same(packet->root()["consent"], said["consent"]);
        if (!day.empty() && (given < day || again)) {
            refusal =
                refuse(Refused::Content, "older-than-withdrawal", "Packet.consent.consentedOn",
                       "同意日が撤回より前です。撤回の後に改めて得た同意を記録してください。",
                       "The consent is older than its withdrawal. Record one that was given "
                       "after it.",
                       "R5");
            return {};
        }
        auto open = open_messages(transaction, id);
        if (!open) return open.error();
        Change change{"amended",   remade.fresh.consent.root(), 0, std::move(*open), {},
                      flags.root()};
        if (const auto ends = privacy::expires(change.consent);
            ends && (!file->row.wake_at || *ends < *file->row.wake_at))
            file->row.wake_at = *ends;
        if (auto kept = keep(transaction, parts_, *file, remade); !kept) return kept;
        if (auto kept = replace_flags(transaction, id, flags.root()); !kept) return kept;
        if (auto put = write_record(transaction, parts_, clinic, id, change, ""); !put) return put;
        const HeldConsent now{json::clone(change.consent), change.version};
        auto decision = decision_now(transaction, parts_, *file, now);
        if (!decision) return decision.error();
        if (!decision->permit && !programme::is_final(file->journey.state)) {
            if (auto stopped = stop_disclosure(transaction, parts_, *file); !stopped)
                return stopped;
        }
        if (auto stopped = stop_notices(transaction, parts_, *file, now); !stopped) return stopped;
        result.version = change.version;
        result.owner = file->row.clinic;
        auto answer = answer_of(transaction, parts_, *file, change, *decision);
        if (!answer) return answer.error();
        result.answer = std::move(*answer);
        return {};
    });
    if (!written) return refuse_write(written.error());
    if (refusal) return std::move(*refusal);
    return result;
}

Act<ConsentChange> Exchange::withdraw_consent(const access::Principal& clinic,
                                              const store::CaseId& id, std::string_view who) {
    // Another clinic must not hold up the sends of a case that is not its own.
    const Status owned = parts_.store.read([&](store::Reader& reader) -> Status {
        const auto file = own_case(reader, parts_, clinic, id);
        return file ? Status{} : Status{file.error()};
    });
    if (!owned) return refuse(owned.error());
    ConsentChange result{id, 0, {}};
    std::optional<Refusal> refusal;
    const Sends::Pause pause = sends_.pause(id);
    if (auto waited = await_others(id); !waited) return refuse(waited.error());
    const Status written = parts_.store.write([&](store::Transaction& transaction) -> Status {
        auto file = own_case(transaction, parts_, clinic, id);
        if (!file) return file.error();
        if (!file->programme->may_withdraw_consent(who)) {
            refusal = refuse(Refused::Content, "not-who-may-withdraw", "by",
                             "この事業では、この立場の人は同意を撤回できません。",
                             "In this programme a person in this role does not withdraw consent.");
            return {};
        }
        auto consent = read_consent(transaction, id);
        if (!consent) return consent.error();
        auto open = open_messages(transaction, id);
        if (!open) return open.error();
        Change change{"withdrawn", {}, consent->version, std::move(*open), {}};
        const bool again = consent->resource.root()["status"].text() == "inactive";
        if (!again) {
            Builder builder(consent->resource);
            builder.set(builder.root(), "status", "inactive");
            Node* extensions = Builder::find(builder.root(), "extension");
            if (!extensions) extensions = builder.set_array(builder.root(), "extension");
            Node* extension = builder.add_object(extensions);
            builder.set(extension, "url", kWithdrawnAt);
            builder.set(extension, "valueDateTime",
                        format_instant(parts_.clock.now(), file->programme->zone()));
            change.consent = consent->resource.root();
            if (auto put = write_record(transaction, parts_, clinic, id, change, who); !put)
                return put;
            // What has begun is not undone by this: the stay goes on, but nothing more is disclosed
            // (prepare asks again).
            if (programme::find_move(file->journey.state, action::kWithdraw,
                                     programme::Actor::Clinic)) {
                auto advanced = advance(
                    transaction, parts_, *file,
                    {action::kWithdraw, programme::Actor::Clinic, clinic.organisation.text(), {}},
                    clinic);
                if (!advanced) return advanced.error();
                if (!advanced->issues.empty()) {
                    refusal = refuse_step(std::move(advanced->issues));
                    return Error{Code::Conflict, "the withdrawal is not complete", {}};
                }
            } else if (auto stopped = stop_disclosure(transaction, parts_, *file); !stopped) {
                return stopped;
            }
        }
        change.consent = consent->resource.root();
        result.version = change.version;
        result.owner = file->row.clinic;
        const HeldConsent now{json::clone(change.consent), change.version};
        if (auto stopped = stop_notices(transaction, parts_, *file, now); !stopped) return stopped;
        const privacy::Decision decision =
            privacy::decide(now.records(), release_request(*file, parts_.clock.now()));
        auto answer = answer_of(transaction, parts_, *file, change, decision);
        if (!answer) return answer.error();
        result.answer = std::move(*answer);
        return {};
    });
    if (refusal) return std::move(*refusal);
    if (!written) return refuse(written.error());
    return result;
}

}  // namespace tsunagi::exchange

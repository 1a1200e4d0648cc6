#include "exchange/notices.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "base/uuid.h"
#include "exchange/advance.h"
#include "exchange/answer.h"
#include "exchange/notice_rendering.h"
#include "exchange/remake.h"
#include "exchange/render.h"
#include "json/builder.h"
#include "json/reader.h"
#include "json/writer.h"

namespace tsunagi::exchange {
namespace {

using json::Builder;
using json::Node;

access::Role role_of(std::string_view kind) {
    if (kind == "care-manager") return access::Role::CareManager;
    return kind == "coordination-centre" ? access::Role::Coordinator
                                         : access::Role::ServiceProvider;
}

bool lists(json::Value list, std::string_view text) {
    return std::any_of(list.begin(), list.end(),
                       [&](json::Value each) { return each.text() == text; });
}

/// R44: the sheet says in words what this contact must not be told. No program can tell whether a
/// notice is part of it, so there is none; nor one to the family as a whole.
std::optional<Refusal> refuse_contact(json::Value packet, const store::OrganisationId& recipient) {
    const json::Value contact = contact_of(packet, recipient);
    const bool whole = recipient.text() == kFamily;
    if (!whole && !contact) {
        return refuse(Refused::Content, "unknown-recipient", "contact",
                      "情報共有シートの連絡先に、この番号の人はいません。",
                      "The patient's sheet has no contact of this number.", "R44");
    }
    const auto restricted = [](json::Value each) { return bool{each["disclosureRestriction"]}; };
    const json::Value contacts = packet["patientSheet"]["contacts"];
    if (whole ? std::none_of(contacts.begin(), contacts.end(), restricted) : !restricted(contact))
        return {};
    return refuse(Refused::Denied, "contact-restricted", "Packet.patientSheet.contacts",
                  whole ? "家族の中に、伝えないことを指定された人がいます。渡す相手を "
                          "contact（共有シートの連絡先の番号）で選んでください。"
                        : "この人には伝えないことが指定されています。連絡は出せません。医師が直接"
                          "判断してください。",
                  whole ? "Somebody of the family must not be told something. Choose who is told "
                          "by `contact`, the number on the patient's sheet."
                        : "There are things this person must not be told: no notice is made. The "
                          "doctor decides in person.",
                  "R44");
}

/// The order of the chain (R20): who is told before this recipient, and is not yet.
bool waits_for_others(const CaseFile& file, std::string_view kind) {
    for (const json::Value hop : file.programme->file()["chain"]) {
        if (hop["to"].text() != kind) continue;
        for (const json::Value before : hop["after"]) {
            for (const auto& each : file.journey.hops) {
                if (each.id == before.text() && each.status == programme::HopProgress::Status::Open)
                    return true;
            }
        }
    }
    return false;
}

/// Before the dates are fixed there is nothing to tell; who may be told is the programme's list
/// (R16, domain L23) and the directory's.
std::optional<Refusal> refuse_notice(const Parts& parts, const CaseFile& file,
                                     std::string_view kind,
                                     const store::OrganisationId& organisation) {
    if (!parts.artifacts.notice_rules_for(kind) ||
        !lists(file.programme->file()["recipients"], kind)) {
        return refuse(Refused::Content, "not-a-recipient", "recipient",
                      "この事業では、この相手への連絡は定められていません。",
                      "The programme does not provide for telling this kind of recipient.", "R16");
    }
    const access::Organisation* known = parts.directory.current()->find(organisation);
    const bool of_kind = known && std::find(known->roles.begin(), known->roles.end(),
                                            role_of(kind)) != known->roles.end();
    if (kind != kFamily && !of_kind) {
        return refuse(Refused::Content, "unknown-recipient", "organisation",
                      "連絡先が名簿にありません。名簿の事業者を選んでください。",
                      "The recipient is not in the directory in this role. Choose one that is.",
                      "R28");
    }
    const auto& state = file.journey.state;
    const std::string_view task = programme::effect_of(state).task;
    if (file.journey.chain_round == 0 || (task != "accepted" && task != "in-progress")) {
        return refuse(Refused::IllegalMove, "nothing-to-tell", {},
                      "入院・退院の日時がまだ決まっていません。決まってから連絡してください。",
                      "Admission and discharge are not fixed yet. Tell them when they are.", "R20");
    }
    if (waits_for_others(file, kind)) {
        return refuse(Refused::IllegalMove, "others-first", "recipient",
                      "先に連絡する相手が残っています。連絡の順番に従ってください。",
                      "Somebody else is told first. Keep the order of the chain.", "R20");
    }
    return {};
}

}  // namespace

privacy::ConsentRequest notice_request(const Parts& parts, const store::OrganisationId& recipient,
                                       std::string_view kind, json::Value packet,
                                       std::string_view channel) {
    privacy::ConsentRequest request;
    request.recipient = recipient.text();
    request.recipient_kind = std::string{kind};
    request.stage = privacy::Stage::Notice;
    request.now = parts.clock.now();
    const auto directory = parts.directory.current();
    if (const access::Organisation* known = directory->find(recipient))
        request.recipient_name = known->name_ja;
    if (const json::Value contact = contact_of(packet, recipient)) {
        request.recipient_name = contact["name"].text();
        request.relation = contact["relation"].text();
    }
    request.by_phone = channel == "phone";
    if (const auto* rules = parts.artifacts.notice_rules_for(kind)) {
        request.data_classes = rules->needs();
        request.purpose = rules->purpose();
    }
    return request;
}

Status stop_notices(store::Transaction& transaction, const Parts& parts, const CaseFile& file,
                    const HeldConsent& consent) {
    auto rows = transaction.renditions_of(file.row.id);
    if (!rows) return rows.error();
    auto packet = read_blob(transaction, file.row.id, blob::kPacket);
    if (!packet) return packet.error();
    for (const auto& row : *rows) {
        if (row.destroyed || !parts.artifacts.notice_rules_for(row.stage)) continue;
        const auto decision = privacy::decide(
            consent.records(), notice_request(parts, row.hospital, row.stage, packet->root()));
        if (decision.permit) continue;
        const auto cancelled =
            transaction.cancel_lane(file.row.id, row.hospital, "consent-" + decision.code);
        if (!cancelled) return cancelled.error();
    }
    return {};
}

Act<Notified> Exchange::notify(const access::Principal& clinic, const store::CaseId& id,
                               std::string_view body) {
    const auto document = json::read(body);
    const json::Value said = document ? document->root() : json::Value{};
    const std::string kind{said["recipient"].text()};
    const bool family = kind == kFamily;
    const json::Value contact = said["contact"];
    const bool whole = family && !contact;
    const bool chosen =
        family ? contact.is_number() && contact.integer() > 0 : said["organisation"].is_string();
    if (!said["recipient"].is_string() || said.size() != (whole ? 1U : 2U) || (!whole && !chosen)) {
        return refuse(
            Refused::Malformed, "bad-inputs", {},
            "recipient（相手の区分）と organisation（名簿の番号）を送ってください。家族の"
            "うちの一人は contact（共有シートの連絡先の番号）で選びます。",
            "Send `recipient`, the kind, and `organisation`, the id in the directory; one "
            "of the family is chosen by `contact`, the number on the patient's sheet.");
    }
    std::string addressed{said["organisation"].text()};
    if (family) addressed = kFamily;
    if (chosen && family) addressed += "-" + std::to_string(contact.integer());
    const store::OrganisationId organisation{std::move(addressed)};
    Notified result{organisation.text(), {}};
    std::optional<Refusal> refusal;
    const std::string fresh = uuid_v4(parts_.random);
    const Status written = parts_.store.write([&](store::Transaction& transaction) -> Status {
        auto file = own_case(transaction, parts_, clinic, id);
        if (!file) return file.error();
        result.owner = file->row.clinic;
        refusal = refuse_notice(parts_, *file, kind, organisation);
        if (refusal) return {};
        auto packet = read_blob(transaction, id, blob::kPacket);
        if (!packet) return packet.error();
        if (family) refusal = refuse_contact(packet->root(), organisation);
        if (refusal) return {};
        auto consent = read_consent(transaction, id);
        if (!consent) return consent.error();
        const auto decision = privacy::decide(
            consent->records(), notice_request(parts_, organisation, kind, packet->root()));
        if (!decision.permit) {
            refusal = refuse(Refused::Denied, "consent-" + decision.code, "Packet.consent",
                             decision.ja, decision.en, "R5");
            return {};
        }
        auto rendition = transaction.find_rendition(id, organisation);
        if (!rendition && rendition.error().code != Code::NotFound) return rendition.error();
        if (rendition && (rendition->destroyed || rendition->stage != kind)) {
            refusal = refuse(Refused::IllegalMove, "another-view", "organisation",
                             "この相手には別の立場で既に伝えています。",
                             "This recipient was told in another role.");
            return {};
        }
        store::RenditionRow row;
        if (rendition) {
            row = *rendition;
        } else {
            row.alias = store::Alias{fresh};
            row.case_id = id;
            row.hospital = organisation;
            row.stage = kind;
            row.state = file->journey.state;
            row.created = parts_.clock.now();
            if (auto inserted = transaction.insert_rendition(row); !inserted) return inserted;
        }
        const bool reachable = static_cast<bool>(
            parts_.directory.current()->endpoint(organisation, parts_.clock.now()));
        if (reachable) {
            if (auto queued = queue(transaction, parts_, *file, row, "notice"); !queued)
                return queued;
        }
        programme::Inputs evidence;
        evidence.reason = kind;
        evidence.hospital = organisation.text();
        if (auto event = transaction.append_event(
                id, event_json("notice", clinic, parts_.clock.now(), evidence));
            !event)
            return event.error();
        audit::Entry entry = entry_for("notice-opened", id, clinic.organisation.text());
        entry.recipient = organisation.text();
        entry.decision = kind;
        entry.policy = "consent-version-" + std::to_string(consent->version);
        auto position = transaction.append(std::move(entry));
        if (!position) return position.error();
        json::Document answer;
        Builder builder(answer);
        Node* root = builder.object();
        builder.set(root, "case", id.text());
        builder.set(root, "recipient", kind);
        builder.set(root, "organisation", organisation.text());
        builder.set(root, "notice", row.alias.text());
        builder.set(root, "sent", reachable ? "queued" : "to-hand-over");
        builder.set_number(root, "consentVersion", consent->version);
        Node* log = builder.set_object(root, "log");
        builder.set_number(log, "index", static_cast<std::int64_t>(position->index));
        builder.set(log, "leafHash", to_hex(position->leaf));
        result.answer = json::write(answer.root());
        return {};
    });
    if (!written) return refuse(written.error());
    if (refusal) return std::move(*refusal);
    return result;
}

}  // namespace tsunagi::exchange

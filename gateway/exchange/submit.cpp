#include <algorithm>
#include <string>
#include <utility>

#include "base/uuid.h"
#include "crypto/digest.h"
#include "exchange/advance.h"
#include "exchange/answer.h"
#include "exchange/case_file.h"
#include "exchange/exchange.h"
#include "exchange/findings.h"
#include "exchange/intake.h"
#include "exchange/packet.h"
#include "exchange/render.h"
#include "json/builder.h"
#include "json/writer.h"

namespace tsunagi::exchange {
namespace {

using fhir::Issue;

/// How long a client may wait before the same Idempotency-Key may be tried anew.
constexpr std::chrono::minutes kKeyHeld{5};

}  // namespace

Act<PreparedPacket> Exchange::prepare(const access::Principal& clinic, std::string_view body,
                                      std::string_view content_type, TakenIn& taken) {
    auto act = take_in(parts_.artifacts, parts_.clock.now(), parts_.random, content_type, body);
    if (!done(act)) return std::move(std::get<Refusal>(act));
    taken = std::move(std::get<TakenIn>(act));
    auto prepared = prepare_packet(parts_, taken.packet, {clinic.organisation, {}});
    if (taken.is_packet()) return prepared;
    if (!done(prepared)) {
        name_places(std::get<Refusal>(prepared).issues, taken.receipt.root());
        return prepared;
    }
    auto& packet = std::get<PreparedPacket>(prepared);
    name_places(packet.flags, taken.receipt.root());
    packet.flags.insert(packet.flags.begin(), taken.warnings.begin(), taken.warnings.end());
    json::Builder receipt(packet.receipt);
    receipt.set(receipt.root(), "intake", taken.receipt.root());
    return prepared;
}

Act<Submitted> Exchange::submit(const access::Principal& clinic, std::string_view key,
                                std::string_view body, std::string_view content_type) {
    const crypto::Digest digest = crypto::sha256(as_bytes(body));
    const store::IdempotencyKey request_key{clinic.organisation, std::string{key}};
    const auto conflict = [](const Error& error) {
        // The answer was sealed with the key of a case that is purged since.
        return error.code == Code::NotFound ? refuse_purged() : refuse_key(error);
    };
    std::optional<Submitted> earlier;
    const auto repeat = [&](store::Reader& reader, const store::StoredAnswer& stored) -> Status {
        auto whole = repeated_answer(reader, stored);
        if (!whole) return whole.error();
        auto row = reader.find_case(stored.case_id);
        if (!row) return row.error();
        earlier = Submitted{stored.case_id, std::move(*whole), true, std::move(row->clinic)};
        return {};
    };
    const Status looked = parts_.store.read([&](store::Reader& reader) -> Status {
        const auto stored = reader.find_answer(request_key, digest, parts_.clock.now());
        if (!stored) return stored.error();
        return *stored ? repeat(reader, **stored) : Status{};
    });
    if (!looked) return conflict(looked.error());
    if (earlier) return std::move(*earlier);

    const Instant now = parts_.clock.now();
    const store::CaseId id{uuid_v7(now, parts_.random)};
    const std::string alias = uuid_v4(parts_.random);

    TakenIn taken;
    auto prepared = prepare(clinic, body, content_type, taken);
    std::optional<Refusal> refusal;
    std::optional<KeptOffer> offer;
    store::OrganisationId hospital;
    if (done(prepared)) {
        hospital = store::OrganisationId{
            std::string{std::get<PreparedPacket>(prepared).packet.root()["destination"].text()}};
        auto made = try_offer(parts_, std::get<PreparedPacket>(prepared), hospital.text(), alias);
        if (done(made)) {
            offer = std::move(std::get<std::optional<KeptOffer>>(made));
        } else {
            refusal = std::move(std::get<Refusal>(made));
        }
    } else {
        refusal = std::move(std::get<Refusal>(prepared));
    }
    if (refusal) {
        if (refusal->kind != Refused::Malformed) {
            const Status logged =
                parts_.store.write([&](store::Transaction& transaction) -> Status {
                    audit::Entry entry =
                        entry_for("referral-refused", id, clinic.organisation.text());
                    entry.decision =
                        refusal->issues.empty() ? "refused" : refusal->issues.front().code;
                    entry.policy = refusal->issues.empty() ? "" : refusal->issues.front().rule;
                    entry.body_sha256 = digest;
                    const auto position = transaction.append(std::move(entry));
                    return position ? Status{} : Status{position.error()};
                });
            if (!logged) return refuse(logged.error());
        }
        return std::move(*refusal);
    }

    auto& packet = std::get<PreparedPacket>(prepared);
    auto asked = issues_of(packet.findings);
    if (!taken.is_packet()) name_places(asked, taken.receipt.root());
    packet.flags.insert(packet.flags.end(), asked.begin(), asked.end());
    CaseFile file;
    file.row.id = id;
    file.row.clinic = clinic.organisation;
    file.row.hospital = hospital;
    file.row.programme = packet.programme->id();
    file.row.programme_version = packet.programme->version();
    file.row.created = file.row.updated = now;
    file.row.needed_by = packet.needed_by;
    file.row.wake_at = now + packet.programme->undelivered_after();
    file.programme = packet.programme;
    Findings findings;
    findings.ask(packet.findings, packet.packet.root(), parts_.random);
    file.journey.open_findings = findings.open();
    const auto issues = programme::apply(
        *packet.programme, file.journey,
        {programme::action::kSubmit, programme::Actor::Clinic, clinic.organisation.text(), {}});
    if (!issues.empty()) return Refusal{Refused::IllegalMove, issues};
    file.row.state = file.journey.state;

    // Written before the transaction: others wait while one is open.
    const json::Document flags_document = fhir::operation_outcome(packet.flags);
    const json::Document journey_document = file.journey.to_json();
    const json::Document findings_document = findings.to_json();
    const std::string bundle = json::write(packet.bundle.root());
    const std::string receipt = json::write(packet.receipt.root());
    const std::string provenance = json::write(packet.provenance.root());
    const std::string consent = json::write(packet.consent.root());
    const std::string flags = json::write(flags_document.root());
    const std::string journey = json::write(journey_document.root());
    const std::string kept_findings = json::write(findings_document.root());
    std::vector<std::pair<std::string_view, std::string_view>> blobs = {
        {blob::kPacket, taken.packet},   {blob::kBundle, bundle},   {blob::kReceipt, receipt},
        {blob::kProvenance, provenance}, {blob::kConsent, consent}, {blob::kFlags, flags},
        {blob::kJourney, journey}};
    if (!taken.is_packet()) blobs.emplace_back(blob::kSubmitted, body);
    if (!findings.items().empty()) blobs.emplace_back(blob::kFindings, kept_findings);
    // Before it is queued, so that whoever leases it finds it.
    if (file.journey.state == programme::state::kSent && offer)
        offers_.keep(store::Alias{alias}, std::move(*offer), now);
    std::string answer;
    const Status stored = parts_.store.write([&](store::Transaction& transaction) -> Status {
        auto claimed = transaction.claim(request_key, digest, now, now + kKeyHeld);
        if (!claimed) return claimed.error();
        if (*claimed) return repeat(transaction, **claimed);
        if (auto step = transaction.insert_case(file.row); !step) return step;
        for (const auto& [name, bytes] : blobs) {
            if (auto written = transaction.put_blob(id, name, as_bytes(bytes)); !written)
                return written.error();
        }
        if (auto step = note_form(transaction, {clinic.organisation, id}, packet.packet.root());
            !step)
            return step;
        if (file.journey.state == programme::state::kSent) {
            if (auto step = open_rendition(transaction, parts_, file, hospital, alias); !step)
                return step;
        }
        if (auto event =
                transaction.append_event(id, event_json(programme::action::kSubmit, clinic, now));
            !event) {
            return event.error();
        }
        audit::Entry entry = entry_for("referral-submitted", id, clinic.organisation.text());
        entry.recipient = hospital.text();
        entry.decision = file.journey.state == programme::state::kHeld ? "held" : "stored";
        entry.body_sha256 = digest;
        const auto position = transaction.append(std::move(entry));
        if (!position) return position.error();
        answer = submitted_answer(file, packet.bundle.root(), packet.flags, findings, *position);
        return transaction.answer(request_key, {201, id, Bytes(answer.begin(), answer.end())});
    });
    if (!stored || earlier) (void)offers_.take(store::Alias{alias}, now);
    if (!stored) return conflict(stored.error());
    if (earlier) return std::move(*earlier);
    // How much was found depends on who the people are: the log has the state alone.
    parts_.log.info("referral.stored", {{"case", id},
                                        {"flags", packet.flags.size() - asked.size()},
                                        {"state", LogField::Word{file.journey.state}}});
    return Submitted{id, with_receipt(std::move(answer), receipt), false, file.row.clinic};
}

}  // namespace tsunagi::exchange

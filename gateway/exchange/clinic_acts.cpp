#include <optional>
#include <utility>

#include "base/uuid.h"
#include "exchange/advance.h"
#include "exchange/answer.h"
#include "exchange/exchange.h"
#include "exchange/packet.h"
#include "json/builder.h"
#include "json/reader.h"
#include "json/writer.h"

namespace tsunagi::exchange {
namespace {

namespace action = programme::action;

/// A clinic sees its own cases; another clinic's look absent.
Result<CaseFile> own_case(store::Reader& reader, const Parts& parts,
                          const access::Principal& clinic, const store::CaseId& id) {
    auto file = open_case(reader, parts.artifacts, id);
    if (file && file->row.clinic != clinic.organisation)
        return Error{Code::NotFound, "no such case", {}};
    return file;
}

/// A redirect needs a consent that covers the new hospital (contracts.md section 5).
std::optional<Refusal> refuse_redirect(store::Reader& reader, const Parts& parts,
                                       const CaseFile& file, const std::string& hospital) {
    if (!parts.directory.current()->endpoint(store::OrganisationId{hospital}, parts.clock.now())) {
        return refuse(Refused::Content, "unknown-hospital", "hospital",
                      "申込先が病院一覧にありません。一覧から選び直してください。",
                      "The hospital is not in the directory. Choose one that is.", "R28");
    }
    auto earlier = reader.find_rendition(file.row.id, store::OrganisationId{hospital});
    if (earlier) {
        return refuse(Refused::Content, "asked-before", "hospital",
                      "この病院には既に申し込みました。別の病院を選んでください。",
                      "This hospital was asked before. Choose another.", "R22");
    }
    auto consent = read_consent(reader, file.row.id);
    if (!consent) return refuse(consent.error());
    privacy::ConsentRequest request;
    request.recipient = hospital;
    request.of_programme = file.programme->hospital(request.recipient) != nullptr;
    request.now = parts.clock.now();
    const auto decision = privacy::decide(consent->records(), request);
    if (decision.permit) return {};
    return refuse(Refused::Denied, "consent-" + decision.code, "Packet.consent", decision.ja,
                  decision.en, "R5");
}

}  // namespace

Act<std::int64_t> Exchange::act(const access::Principal& clinic, const store::CaseId& id,
                                std::string_view action_name, const programme::Inputs& inputs) {
    std::optional<Refusal> refusal;
    std::int64_t version = 0;
    const Status written = parts_.store.write([&](store::Transaction& transaction) -> Status {
        auto file = own_case(transaction, parts_, clinic, id);
        if (!file) return file.error();
        if (action_name == action::kRedirect && !inputs.hospital.empty()) {
            refusal = refuse_redirect(transaction, parts_, *file, inputs.hospital);
            if (refusal) return {};
        }
        auto advanced = advance(
            transaction, parts_, *file,
            {action_name, programme::Actor::Clinic, clinic.organisation.text(), inputs}, clinic);
        if (!advanced) return advanced.error();
        if (!advanced->issues.empty()) refusal = refuse_step(std::move(advanced->issues));
        version = advanced->version;
        return {};
    });
    if (!written) return refuse(written.error());
    if (refusal) return std::move(*refusal);
    return version;
}

Act<std::int64_t> Exchange::withdraw_consent(const access::Principal& clinic,
                                             const store::CaseId& id) {
    std::optional<Refusal> refusal;
    std::int64_t version = 0;
    const Status written = parts_.store.write([&](store::Transaction& transaction) -> Status {
        auto file = own_case(transaction, parts_, clinic, id);
        if (!file) return file.error();
        auto consent = read_consent(transaction, id);
        if (!consent) return consent.error();
        if (consent->resource.root()["status"].text() == "inactive") {
            version = file->row.version;
            return {};
        }
        json::Builder builder(consent->resource);
        builder.set(builder.root(), "status", "inactive");
        json::Node* extensions = json::Builder::find(builder.root(), "extension");
        if (!extensions) extensions = builder.set_array(builder.root(), "extension");
        json::Node* extension = builder.add_object(extensions);
        builder.set(extension, "url",
                    "https://tsunagi.example/fhir/StructureDefinition/consent-withdrawn-at");
        builder.set(extension, "valueDateTime",
                    format_instant(parts_.clock.now(), file->programme->zone()));
        if (auto put = transaction.put_blob(id, blob::kConsent,
                                            as_bytes(json::write(consent->resource.root())));
            !put) {
            return put.error();
        }
        audit::Entry entry = entry_for("consent-withdrawn", id, clinic.organisation.text());
        entry.decision = "inactive";
        if (auto position = transaction.append(std::move(entry)); !position)
            return position.error();
        version = file->row.version;
        // What has begun is not undone by this: the stay goes on, but nothing more is disclosed
        // (prepare asks again).
        if (!programme::find_move(file->journey.state, action::kWithdraw, programme::Actor::Clinic))
            return stop_disclosure(transaction, parts_, *file);
        auto advanced = advance(
            transaction, parts_, *file,
            {action::kWithdraw, programme::Actor::Clinic, clinic.organisation.text(), {}}, clinic);
        if (!advanced) return advanced.error();
        if (!advanced->issues.empty()) refusal = refuse_step(std::move(advanced->issues));
        version = advanced->version;
        return {};
    });
    if (!written) return refuse(written.error());
    if (refusal) return std::move(*refusal);
    return version;
}

Act<std::int64_t> Exchange::identify(const access::Principal& clinic, const store::CaseId& id,
                                     std::string_view body) {
    auto identity = json::read(body);
    if (!identity || !identity->root().is_object()) {
        return refuse(Refused::Malformed, "not-json", "Packet.identity", "JSONとして読めません。",
                      "Not readable as JSON.");
    }
    std::optional<Refusal> refusal;
    std::int64_t version = 0;
    json::Document packet, bundle;
    const Status looked = parts_.store.read([&](store::Reader& reader) -> Status {
        auto file = own_case(reader, parts_, clinic, id);
        if (!file) return file.error();
        version = file->row.version;
        auto held = read_blob(reader, id, blob::kPacket);
        if (!held) return held.error();
        packet = std::move(*held);
        auto translated = read_blob(reader, id, blob::kBundle);
        if (!translated) return translated.error();
        bundle = std::move(*translated);
        return {};
    });
    if (!looked) return refuse(looked.error());

    json::Builder builder(packet);
    builder.set(builder.root(), "identity", identity->root());
    auto prepared = prepare_packet(parts_, json::write(packet.root()), Recheck::Identity);
    if (!done(prepared)) return std::move(std::get<Refusal>(prepared));
    auto& fresh = std::get<PreparedPacket>(prepared);
    // Identity never changes ids (contracts.md section 5): what is there keeps its place, new
    // resources come behind.
    auto old = bundle.root()["entry"].begin();
    std::size_t place = 0;
    for (const json::Value entry : fresh.bundle.root()["entry"]) {
        if (place++ == bundle.root()["entry"].size()) break;
        if (entry["resource"]["resourceType"].text() != (*old)["resource"]["resourceType"].text()) {
            return refuse(Error{Code::Internal, "identity moved the resources of the case", {}});
        }
        ++old;
    }
    const Status written = parts_.store.write([&](store::Transaction& transaction) -> Status {
        auto file = own_case(transaction, parts_, clinic, id);
        if (!file) return file.error();
        if (file->row.version != version) return Error{Code::Conflict, "somebody was faster", {}};
        const std::pair<std::string_view, std::string> blobs[] = {
            {blob::kPacket, json::write(packet.root())},
            {blob::kBundle, json::write(fresh.bundle.root())},
            {blob::kReceipt, json::write(fresh.receipt.root())}};
        for (const auto& [name, bytes] : blobs) {
            if (auto put = transaction.put_blob(id, name, as_bytes(bytes)); !put)
                return put.error();
        }
        if (auto saved = save(transaction, *file, parts_.clock.now()); !saved) return saved;
        version = file->row.version;
        if (auto event =
                transaction.append_event(id, event_json("identify", clinic, parts_.clock.now()));
            !event)
            return event.error();
        audit::Entry entry = entry_for("identity-added", id, clinic.organisation.text());
        entry.decision = "stored";
        const auto position = transaction.append(std::move(entry));
        return position ? Status{} : Status{position.error()};
    });
    if (!written) {
        if (written.error().code == Code::Conflict) {
            return refuse(Refused::Stale, "stale", {},
                          "ほかの操作が先に行われました。最新の状態を確認してやり直してください。",
                          "Something else happened first. Look at the newest state and try again.");
        }
        return refuse(written.error());
    }
    return version;
}

}  // namespace tsunagi::exchange

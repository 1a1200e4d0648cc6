#include "exchange/remake.h"

#include <utility>

#include "base/uuid.h"
#include "exchange/findings.h"
#include "exchange/render.h"
#include "json/builder.h"
#include "json/writer.h"

namespace tsunagi::exchange {
namespace {

/// Every resource of `before` has the type it had, in its place.
bool keeps_places(json::Value before, json::Value after) {
    if (after.size() < before.size()) return false;
    auto fresh = after.begin();
    for (const json::Value entry : before) {
        if (entry["resource"]["resourceType"].text() != (*fresh)["resource"]["resourceType"].text())
            return false;
        ++fresh;
    }
    return true;
}

/// Before a hospital accepted, also between two of them.
bool may_be_offered(std::string_view state) {
    using programme::find_move;
    return find_move(state, programme::action::kExpire, programme::Actor::Gateway) ||
           find_move(state, programme::action::kRedirect, programme::Actor::Clinic);
}

}  // namespace

/// A clinic sees its own cases; another clinic's look absent.
Result<CaseFile> own_case(store::Reader& reader, const Parts& parts,
                          const access::Principal& clinic, const store::CaseId& id) {
    const auto row = reader.find_case(id);
    if (!row) return row.error();
    if (row->clinic != clinic.organisation) return Error{Code::NotFound, "no such case", {}};
    return open_case(reader, parts.artifacts, id);
}

Act<Remade> remake(const Parts& parts, const access::Principal& clinic, const store::CaseId& id,
                   std::string_view name, json::Value part, Recheck recheck) {
    const auto put = [&](json::Document& packet) -> std::optional<Refusal> {
        json::Builder builder(packet);
        builder.set(builder.root(), name, part);
        return {};
    };
    return remake(parts, clinic, id, put, recheck);
}

Act<Remade> remake(const Parts& parts, const access::Principal& clinic, const store::CaseId& id,
                   const PacketChange& change, Recheck recheck) {
    Remade remade;
    json::Document bundle;
    std::string hospital;
    bool is_to_be_offered = false;
    const Status looked = parts.store.read([&](store::Reader& reader) -> Status {
        auto file = own_case(reader, parts, clinic, id);
        if (!file) return file.error();
        remade.version = file->row.version;
        hospital = file->row.hospital.text();
        is_to_be_offered = may_be_offered(file->journey.state);
        auto held = read_blob(reader, id, blob::kPacket);
        if (!held) return held.error();
        remade.packet = std::move(*held);
        auto translated = read_blob(reader, id, blob::kBundle);
        if (!translated) return translated.error();
        bundle = std::move(*translated);
        return {};
    });
    if (!looked) return refuse(looked.error());
    if (auto refusal = change(remade.packet)) return std::move(*refusal);
    auto prepared = prepare_packet(parts, json::write(remade.packet.root()),
                                   {clinic.organisation, id}, recheck);
    if (!done(prepared)) return std::move(std::get<Refusal>(prepared));
    remade.fresh = std::move(std::get<PreparedPacket>(prepared));
    if (is_to_be_offered) {
        // A name that comes now may stand in a text that was only text until now.
        auto offer = try_offer(parts, remade.fresh, hospital, uuid_v4(parts.random));
        if (!done(offer)) remade.no_offer = std::move(std::get<Refusal>(offer));
    }
    if (recheck == Recheck::Everything) {
        auto asked = issues_of(remade.fresh.findings);
        remade.fresh.flags.insert(remade.fresh.flags.end(), asked.begin(), asked.end());
    }
    if (keeps_places(bundle.root()["entry"], remade.fresh.bundle.root()["entry"])) return remade;
    if (recheck != Recheck::Everything)
        return refuse(Error{Code::Internal, "a new part moved the resources of the case", {}});
    return refuse(
        Refused::Content, "resources-moved", {},
        "この直し方では申込の構成が変わります。取り下げて、直した文面で申し込み直してくだ"
        "さい。",
        "With this text the application would be made of other resources. Withdraw it and "
        "apply again with the new text.");
}

Result<PreparedPacket> stored_packet(store::Reader& reader, const Parts& parts,
                                     const CaseFile& file) {
    PreparedPacket stored;
    stored.programme = file.programme;
    stored.needed_by = file.row.needed_by;
    auto packet = read_blob(reader, file.row.id, blob::kPacket);
    if (!packet) return packet.error();
    auto bundle = read_blob(reader, file.row.id, blob::kBundle);
    if (!bundle) return bundle.error();
    auto consent = read_consent(reader, file.row.id);
    if (!consent) return consent.error();
    stored.packet = std::move(*packet);
    stored.bundle = std::move(*bundle);
    stored.consent = std::move(consent->resource);
    stored.findings =
        places_of(privacy::find_unknown(*parts.artifacts.names, stored.packet.root()));
    return stored;
}

Status keep_documents(store::Transaction& transaction, const CaseFile& file, const Remade& remade) {
    if (file.row.version != remade.version) return Error{Code::Conflict, "somebody was faster", {}};
    const std::pair<std::string_view, std::string> blobs[] = {
        {blob::kPacket, json::write(remade.packet.root())},
        {blob::kBundle, json::write(remade.fresh.bundle.root())},
        {blob::kReceipt, json::write(remade.fresh.receipt.root())},
        {blob::kProvenance, json::write(remade.fresh.provenance.root())}};
    for (const auto& [name, bytes] : blobs) {
        if (auto put = transaction.put_blob(file.row.id, name, as_bytes(bytes)); !put)
            return put.error();
    }
    return note_form(transaction, {file.row.clinic, file.row.id}, remade.packet.root());
}

Status keep(store::Transaction& transaction, const Parts& parts, CaseFile& file,
            const Remade& remade) {
    if (auto kept = keep_documents(transaction, file, remade); !kept) return kept;
    if (auto asked =
            ask_again(transaction, parts, file, remade.packet.root(), remade.fresh.findings);
        !asked)
        return asked;
    return save(transaction, file, parts.clock.now());
}

Refusal refuse_write(const Error& error) {
    if (error.code != Code::Conflict) return refuse(error);
    return refuse(Refused::Stale, "stale", {},
                  "ほかの操作が先に行われました。最新の状態を確認してやり直してください。",
                  "Something else happened first. Look at the newest state and try again.");
}

}  // namespace tsunagi::exchange

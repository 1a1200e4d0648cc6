#include <optional>
#include <utility>

#include "base/uuid.h"
#include "exchange/advance.h"
#include "exchange/answer.h"
#include "exchange/exchange.h"
#include "exchange/findings.h"
#include "exchange/remake.h"
#include "exchange/render.h"
#include "json/reader.h"

namespace tsunagi::exchange {
namespace {

namespace action = programme::action;

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

/// The next hospital reads the same text: what is new in it is asked first, also of a case that was
/// taken in before texts were held, or whose identity came after its first offer.
Status ask_before_next(store::Transaction& transaction, const Parts& parts, CaseFile& file,
                       const std::string& hospital, std::optional<Refusal>& refusal) {
    if (!programme::find_move(file.journey.state, action::kRedirect, programme::Actor::Clinic))
        return {};
    auto stored = stored_packet(transaction, parts, file);
    if (!stored) return stored.error();
    auto offer = try_offer(parts, *stored, hospital, uuid_v4(parts.random));
    if (!done(offer)) {
        refusal = std::move(std::get<Refusal>(offer));
        return {};
    }
    return ask_again(transaction, parts, file, stored->packet.root(), stored->findings);
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
            if (auto asked = ask_before_next(transaction, parts_, *file, inputs.hospital, refusal);
                !asked || refusal)
                return asked;
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

Act<std::int64_t> Exchange::identify(const access::Principal& clinic, const store::CaseId& id,
                                     std::string_view body) {
    auto identity = json::read(body);
    if (!identity || !identity->root().is_object()) {
        return refuse(Refused::Malformed, "not-json", "Packet.identity", "JSONとして読めません。",
                      "Not readable as JSON.");
    }
    auto act = remake(parts_, clinic, id, "identity", identity->root(), Recheck::Identity);
    if (!done(act)) return std::move(std::get<Refusal>(act));
    const auto& remade = std::get<Remade>(act);
    std::int64_t version = 0;
    const Status written = parts_.store.write([&](store::Transaction& transaction) -> Status {
        auto file = own_case(transaction, parts_, clinic, id);
        if (!file) return file.error();
        if (auto kept = keep(transaction, parts_, *file, remade); !kept) return kept;
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
    if (!written) return refuse_write(written.error());
    return version;
}

}  // namespace tsunagi::exchange

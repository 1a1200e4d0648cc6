#include "exchange/form_use.h"

#include <optional>

#include "crypto/digest.h"
#include "exchange/agreement.h"

namespace tsunagi::exchange {
namespace {

std::optional<crypto::Digest> form_of(const Applicant& who, json::Value packet) {
    const std::string_view recorded = packet["consent"]["formSha256"].text();
    if (recorded.empty()) return {};
    const std::string clinic = who.clinic.text() + "\n";
    return crypto::sha256({as_bytes(clinic), as_bytes(recorded)});
}

}  // namespace

Result<bool> is_form_of_another(store::Reader& reader, const Applicant& who, json::Value packet) {
    const auto form = form_of(who, packet);
    if (!form) return false;
    const auto cases = reader.cases_with_form(*form);
    if (!cases) return cases.error();
    for (const store::CaseId& id : *cases) {
        if (id == who.own) continue;
        const auto other = read_blob(reader, id, blob::kPacket);
        if (!other && other.error().code == Code::NotFound) continue;  // purged meanwhile
        if (!other) return other.error();
        if (are_of_two_people(packet, other->root())) return true;
    }
    return false;
}

Status note_form(store::Transaction& transaction, const Applicant& who, json::Value packet) {
    const auto form = form_of(who, packet);
    return form ? transaction.note_form(who.own, *form) : Status{};
}

}  // namespace tsunagi::exchange

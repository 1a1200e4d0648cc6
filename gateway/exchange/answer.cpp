#include "exchange/answer.h"

#include "base/bytes.h"
#include "exchange/findings.h"
#include "json/reader.h"
#include "json/writer.h"

namespace tsunagi::exchange {
namespace {

using json::Builder;
using json::Node;

std::string_view name(programme::Actor actor) {
    switch (actor) {
        case programme::Actor::Clinic:
            return "clinic";
        case programme::Actor::Hospital:
            return "hospital";
        case programme::Actor::Gateway:
            return "gateway";
    }
    return "gateway";
}

void add_actions(Builder& builder, Node* object, std::string_view key,
                 const std::vector<programme::NextAction>& actions) {
    Node* list = builder.set_array(object, key);
    for (const auto& action : actions) {
        Node* row = builder.add_object(list);
        builder.set(row, "action", action.action);
        builder.set(row, "by", name(action.actor));
        set_label(builder, row, "text", action.ja, action.en);
        if (!action.rule.empty()) builder.set(row, "rule", action.rule);
        builder.set(row, "required", action.required);
    }
}

}  // namespace

void set_label(Builder& builder, Node* object, std::string_view key, std::string_view ja,
               std::string_view en) {
    Node* label = builder.set_object(object, key);
    builder.set(label, "ja", ja);
    builder.set(label, "en", en);
}

void set_state(Builder& builder, Node* object, const CaseFile& file, programme::Actor actor) {
    const programme::Label label = programme::state_label(file.journey.state);
    builder.set(object, "state", file.journey.state);
    set_label(builder, object, "stateText", label.ja, label.en);
    builder.set(object, "turn", name(programme::whose_turn(file.journey.state)));
    if (file.journey.state == programme::state::kHeld) {
        Node* held = builder.set_object(object, "held");
        builder.set_number(held, "openFindings",
                           static_cast<std::int64_t>(file.journey.open_findings));
        builder.set(held, "review", "/clinic/v1/referrals/" + file.row.id.text() + "/findings");
    }
    add_actions(builder, object, "nextActions",
                programme::next_actions(*file.programme, file.journey, actor));
    add_actions(builder, object, "openDuties",
                programme::open_duties(*file.programme, file.journey));
}

std::string submitted_answer(const CaseFile& file, json::Value bundle,
                             std::span<const fhir::Issue> flags, const Findings& findings,
                             const store::LogPosition& position) {
    json::Document document;
    Builder builder(document);
    Node* root = builder.object();
    builder.set(root, "case", file.row.id.text());
    set_state(builder, root, file, programme::Actor::Clinic);
    add_findings(builder, root, findings);
    Node* resources = builder.set_array(root, "resources");
    std::size_t number = 0;
    for (const json::Value entry : bundle["entry"]) {
        Node* row = builder.add_object(resources);
        builder.set(row, "type", entry["resource"]["resourceType"].text());
        builder.set(row, "id", partner_id(file.row.id.text(), ++number));
    }
    const json::Document outcome = fhir::operation_outcome(flags);
    builder.set(root, "flags", outcome.root());
    Node* log = builder.set_object(root, "log");
    builder.set_number(log, "index", static_cast<std::int64_t>(position.index));
    builder.set(log, "leafHash", to_hex(position.leaf));
    return json::write(document.root());
}

std::string with_receipt(std::string answer, std::string_view receipt) {
    answer.pop_back();  // the object's end
    answer += ",\"receipt\":";
    answer += receipt;
    answer += '}';
    return answer;
}

Result<std::string> repeated_answer(store::Reader& reader, const store::StoredAnswer& stored) {
    std::string answer{as_text(stored.body)};
    const auto document = json::read(answer);
    if (!document) return document.error();
    // What was stored before receipts were kept once has its own.
    if (document->root()["receipt"]) return answer;
    const auto receipt = reader.blob(stored.case_id, blob::kReceipt, 1);
    if (!receipt) return receipt.error();
    return with_receipt(std::move(answer), as_text(receipt->bytes));
}

std::string event_json(std::string_view action, const access::Principal& who, Instant now,
                       const programme::Inputs& inputs) {
    json::Document document;
    Builder builder(document);
    Node* root = builder.object();
    builder.set(root, "action", action);
    builder.set(root, "by", who.organisation.text());
    if (!who.person.empty()) builder.set(root, "person", who.person);
    builder.set(root, "role", access::name(who.role));
    builder.set(root, "recorded", format_instant(now, std::chrono::minutes{0}));
    const std::pair<std::string_view, const std::string*> evidence[] = {
        {"at", &inputs.at},
        {"plannedAdmission", &inputs.planned_admission},
        {"plannedDischarge", &inputs.planned_discharge},
        {"decidedBy", &inputs.decided_by},
        {"reason", &inputs.reason},
        {"hop", &inputs.hop},
        {"hospital", &inputs.hospital},
        {"note", &inputs.note},
        {"finding", &inputs.finding},
    };
    for (const auto& [key, value] : evidence) {
        if (!value->empty()) builder.set(root, key, *value);
    }
    return json::write(document.root());
}

}  // namespace tsunagi::exchange

#include "exchange/case_file.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include "base/uuid.h"
#include "json/builder.h"
#include "json/reader.h"
#include "json/writer.h"

namespace tsunagi::exchange {
namespace {

using json::Builder;
using json::Node;

constexpr std::string_view kOutputSystem = "https://tsunagi.example/fhir/CodeSystem/task-output";
constexpr std::string_view kDeclineSystem =
    "https://tsunagi.example/fhir/CodeSystem/decline-reason";
constexpr std::string_view kDispositionSystem =
    "http://terminology.hl7.org/CodeSystem/discharge-disposition";

bool is_stay(json::Value resource) {
    return resource["resourceType"].text() == "Encounter" &&
           resource["class"]["code"].text() == "IMP";
}

template <class Match>
std::size_t number_of(json::Value bundle, Match match) {
    std::size_t number = 0;
    for (const json::Value entry : bundle["entry"]) {
        ++number;
        if (match(entry["resource"])) return number;
    }
    return 0;
}

void add_coding(Builder& builder, Node* concept_node, std::string_view system,
                std::string_view code) {
    Node* coding = builder.add_object(builder.set_array(concept_node, "coding"));
    builder.set(coding, "system", system);
    builder.set(coding, "code", code);
}

void add_output(Builder& builder, Node* outputs, std::string_view code, std::string_view member,
                std::string_view value) {
    if (value.empty()) return;
    Node* output = builder.add_object(outputs);
    add_coding(builder, builder.set_object(output, "type"), kOutputSystem, code);
    builder.set(output, member, value);
}

void set_task(Builder& builder, Node* task, const programme::Journey& journey,
              std::string_view state) {
    builder.set(task, "status", programme::effect_of(state).task);
    if (!journey.planned_admission.empty() || !journey.decided_by.empty()) {
        Node* outputs = builder.set_array(task, "output");
        add_output(builder, outputs, "planned-admission", "valueDateTime",
                   journey.planned_admission);
        add_output(builder, outputs, "planned-discharge", "valueDateTime",
                   journey.planned_discharge);
        add_output(builder, outputs, "decided-by", "valueString", journey.decided_by);
    }
    if (state == programme::state::kProposed) {
        add_coding(builder, builder.set_object(task, "businessStatus"),
                   "https://tsunagi.example/fhir/CodeSystem/task-business-status",
                   "dates-proposed");
    }
    if (!journey.decline_reason.empty()) {
        add_coding(builder, builder.set_object(task, "statusReason"), kDeclineSystem,
                   journey.decline_reason);
    }
}

void set_stay(Builder& builder, Node* stay, const programme::Journey& journey,
              std::string_view state) {
    builder.set(stay, "status", programme::effect_of(state).encounter);
    // Encounter.period holds actual times only (contracts.md section 4).
    if (journey.admitted_at.empty()) return;
    Node* period = builder.set_object(stay, "period");
    builder.set(period, "start", journey.admitted_at);
    const std::string& end = journey.died_at.empty() ? journey.discharged_at : journey.died_at;
    if (!end.empty()) builder.set(period, "end", end);
    if (journey.died_at.empty()) return;
    Node* hospitalization = Builder::find(stay, "hospitalization");
    if (!hospitalization) hospitalization = builder.set_object(stay, "hospitalization");
    add_coding(builder, builder.set_object(hospitalization, "dischargeDisposition"),
               kDispositionSystem, "exp");
}

}  // namespace

Result<json::Document> read_blob(store::Reader& reader, const store::CaseId& id,
                                 std::string_view name) {
    auto held = reader.blob(id, name);
    if (!held) return held.error();
    return json::read(as_text(held->bytes));
}

Result<HeldConsent> read_consent(store::Reader& reader, const store::CaseId& id) {
    auto held = reader.blob(id, blob::kConsent);
    if (!held) return held.error();
    auto resource = json::read(as_text(held->bytes));
    if (!resource) return resource.error();
    return HeldConsent{std::move(*resource), held->version};
}

Result<CaseFile> open_case(store::Reader& reader, const Artifacts& artifacts,
                           const store::CaseId& id) {
    auto row = reader.find_case(id);
    if (!row) return row.error();
    if (row->erased) return Error{Code::NotFound, "the case was purged", std::string{kPurged}};
    auto document = read_blob(reader, id, blob::kJourney);
    if (!document) return document.error();
    auto journey = programme::Journey::from_json(document->root());
    if (!journey) return journey.error();
    CaseFile file{std::move(*row), std::move(*journey), nullptr};
    file.programme = artifacts.programme(file.row.programme);
    if (!file.programme)
        return Error{Code::Internal, "the case's programme is not loaded", file.row.programme};
    return file;
}

Status save(store::Transaction& transaction, CaseFile& file, Instant now) {
    const json::Document journey = file.journey.to_json();
    const auto written =
        transaction.put_blob(file.row.id, blob::kJourney, as_bytes(json::write(journey.root())));
    if (!written) return written.error();
    file.row.state = file.journey.state;
    file.row.updated = now;
    auto version = transaction.update_case(file.row);
    if (!version) return version.error();
    file.row.version = *version;
    return {};
}

json::Document bundle_in_state(json::Value bundle, json::Value consent,
                               const programme::Journey& journey, std::string_view state) {
    json::Document copy = json::clone(bundle);
    Builder builder(copy);
    const programme::Effect effect = programme::effect_of(state);
    for (const json::Value entry : copy.root()["entry"]) {
        const json::Value resource = entry["resource"];
        const std::string_view type = resource["resourceType"].text();
        Node* node = builder.edit(resource);
        if (type == "Task") set_task(builder, node, journey, state);
        if (type == "ServiceRequest") builder.set(node, "status", effect.service_request);
        if (type == "CarePlan" && !effect.care_plan.empty())
            builder.set(node, "status", effect.care_plan);
        if (is_stay(resource)) set_stay(builder, node, journey, state);
        if (type == "Consent" && consent) {
            if (const json::Value status = consent["status"])
                builder.set(node, "status", status.text());
        }
    }
    return copy;
}

std::size_t task_number(json::Value bundle) {
    return number_of(
        bundle, [](json::Value resource) { return resource["resourceType"].text() == "Task"; });
}

std::size_t stay_number(json::Value bundle) { return number_of(bundle, is_stay); }

std::optional<PartnerId> split_partner_id(std::string_view id) {
    constexpr std::size_t kUuid = 36;
    if (id.size() < kUuid + 2 || id.size() > kUuid + 5 || id[kUuid] != '-' ||
        !is_uuid(id.substr(0, kUuid)))
        return {};
    std::size_t number = 0;
    const auto [end, fault] = std::from_chars(id.data() + kUuid + 1, id.data() + id.size(), number);
    if (fault != std::errc{} || end != id.data() + id.size() || number == 0 || id[kUuid + 1] == '0')
        return {};
    return PartnerId{store::Alias{std::string{id.substr(0, kUuid)}}, number};
}

std::string partner_id(std::string_view alias, std::size_t number) {
    return std::string{alias} + "-" + std::to_string(number);
}

audit::Entry entry_for(std::string_view type, const store::CaseId& request,
                       std::string_view actor) {
    audit::Entry entry;
    entry.type = std::string{type};
    entry.request = request.text();
    entry.actor = std::string{actor};
    return entry;
}

}  // namespace tsunagi::exchange

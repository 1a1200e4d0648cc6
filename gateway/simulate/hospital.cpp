#include "simulate/hospital.h"

#include <algorithm>
#include <array>
#include <utility>

#include "json/builder.h"
#include "json/reader.h"
#include "json/writer.h"
#include "serve/problem.h"

namespace tsunagi::simulate {
namespace {

using Kind = Behaviour::Kind;
using serve::Request;
using serve::Response;

constexpr std::size_t kBodyBytes = 10U << 20;
constexpr std::string_view kOutputSystem = "https://tsunagi.example/fhir/CodeSystem/task-output";
constexpr std::string_view kReasonSystem = "https://tsunagi.example/fhir/CodeSystem/decline-reason";
constexpr std::string_view kDispositionSystem =
    "http://terminology.hl7.org/CodeSystem/discharge-disposition";

Response answer(int status, std::string_view type, json::Value value) {
    Response response;
    response.status = status;
    response.content_type = std::string{type};
    response.body = json::write(value);
    return response;
}

/// A planned fault: the status is all that matters.
Response fault(int status) {
    Response response;
    response.status = status;
    return response;
}

std::string etag(std::int64_t version) { return "W/\"" + std::to_string(version) + "\""; }

void set_code(json::Builder& builder, json::Node* owner, std::string_view member,
              std::string_view system, std::string_view code) {
    json::Node* coding =
        builder.add_object(builder.set_array(builder.set_object(owner, member), "coding"));
    builder.set(coding, "system", system);
    builder.set(coding, "code", code);
}

/// Adds or replaces the output `code` (contracts.md section 4).
void set_output(json::Builder& builder, json::Node* task, std::string_view code,
                std::string_view member, std::string_view value) {
    if (value.empty()) return;
    json::Node* outputs = json::Builder::find(task, "output");
    if (outputs == nullptr) outputs = builder.set_array(task, "output");
    for (const auto each : json::Value{outputs}) {
        if (each["type"]["coding"].at(0)["code"].text() != code) continue;
        builder.remove(outputs, each.node());
        break;
    }
    json::Node* output = builder.add_object(outputs);
    set_code(builder, output, "type", kOutputSystem, code);
    builder.set(output, member, value);
}

std::string_view status_of(Hospital::Verdict::Kind kind) {
    switch (kind) {
        case Hospital::Verdict::Kind::Receive:
        case Hospital::Verdict::Kind::Propose:
            return "received";
        case Hospital::Verdict::Kind::Accept:
            return "accepted";
        case Hospital::Verdict::Kind::Decline:
            return "rejected";
    }
    return "received";
}

template <class T>
using Words = std::array<std::pair<std::string_view, T>, 4>;

constexpr Words<Hospital::Verdict::Kind> kVerdicts{{{"receive", Hospital::Verdict::Kind::Receive},
                                                    {"propose", Hospital::Verdict::Kind::Propose},
                                                    {"accept", Hospital::Verdict::Kind::Accept},
                                                    {"decline", Hospital::Verdict::Kind::Decline}}};

constexpr std::array<std::pair<std::string_view, Kind>, 6> kBehaviours{
    {{"correct", Kind::Correct},
     {"commit-then-timeout", Kind::CommitThenTimeout},
     {"unavailable", Kind::Unavailable},
     {"slow", Kind::Slow},
     {"duplicate", Kind::Duplicate},
     {"refuse", Kind::Refuse}}};

template <class Table>
auto find_word(const Table& table, std::string_view word)
    -> std::optional<typename Table::value_type::second_type> {
    for (const auto& [name, value] : table)
        if (name == word) return value;
    return std::nullopt;
}

/// The reply of the gateway as the control surface shows it.
Response shown(const GatewayReply& reply) {
    json::Document document;
    json::Builder builder(document);
    json::Node* root = builder.object();
    builder.set_number(root, "status", reply.status);
    builder.set(root, "etag", reply.etag);
    const auto body = json::read(reply.body);
    if (body) builder.set(root, "body", body->root());
    return answer(200, serve::kJson, document.root());
}

/// The newest resource of a type: what a person at the desk sees on top.
std::string newest(const HospitalRecords& records, std::string_view type) {
    std::string id;
    std::string_view updated;
    for (const auto* stored : records.all(type)) {
        const auto root = stored->resource.root();
        if (!id.empty() && root["meta"]["lastUpdated"].text() < updated) continue;
        id = root["id"].text();
        updated = root["meta"]["lastUpdated"].text();
    }
    return id;
}

}  // namespace

Hospital::Hospital(HospitalOptions options, const Clock& clock, deliver::HttpClient& gateway,
                   Pause pause)
    : options_(std::move(options)), clock_(clock), gateway_(gateway), pause_(std::move(pause)) {}

serve::Admission Hospital::admit(const Request& head) {
    if (!head.peer) return {.body_bytes = 0, .refusal = serve::problem(401)};
    const bool is_fhir = !head.path.empty() && head.path[0] == "fhir";
    if (is_fhir && options_.gateway_client && *head.peer != *options_.gateway_client)
        return {.body_bytes = 0, .refusal = serve::problem(403)};
    return {.body_bytes = kBodyBytes, .refusal = std::nullopt};
}

Response Hospital::handle(const Request& request) {
    if (request.path.empty()) return serve::problem(404);
    if (request.path[0] == "fhir") return fhir(request);
    if (request.path[0] == "simulator" && request.path.size() == 2) return control(request);
    return serve::problem(404);
}

void Hospital::behave(const Behaviour& behaviour) {
    const std::lock_guard lock(mutex_);
    behaviour_ = behaviour;
}

void Hospital::inspect(const std::function<void(const HospitalRecords&)>& look) const {
    const std::lock_guard lock(mutex_);
    look(records_);
}

Response Hospital::fhir(const Request& request) {
    if (request.path.size() == 1 && request.method == "POST") return transaction(request);
    if (request.method != "GET") return serve::problem(405);
    if (request.path.size() == 3) return read_own(request);
    if (request.path.size() == 2) return search(request);
    return serve::problem(404);
}

Response Hospital::transaction(const Request& request) {
    Behaviour now;
    Result<std::vector<HospitalRecords::Written>> written = std::vector<HospitalRecords::Written>{};
    {
        const std::lock_guard lock(mutex_);
        if (behaviour_.times > 0) {
            now = behaviour_;
            --behaviour_.times;
        }
        const bool takes = now.kind != Kind::Unavailable && now.kind != Kind::Refuse;
        if (takes) written = records_.apply(request.body, clock_.now());
        if (written && now.kind == Kind::Duplicate)
            written = records_.apply(request.body, clock_.now());
    }
    if (now.kind == Kind::Unavailable) {
        Response response = fault(503);
        response.fields = {{"Retry-After", std::to_string(now.retry_after.count())}};
        return response;
    }
    if (now.kind == Kind::Refuse) return fault(422);
    if (!written) return serve::problem(written.error());
    if (now.delay.count() > 0) pause_(now.delay);
    if (now.kind == Kind::CommitThenTimeout) return fault(504);

    json::Document document;
    json::Builder builder(document);
    json::Node* root = builder.object();
    builder.set(root, "resourceType", "Bundle");
    builder.set(root, "type", "transaction-response");
    json::Node* entries = builder.set_array(root, "entry");
    for (const auto& one : *written) {
        json::Node* response = builder.set_object(builder.add_object(entries), "response");
        builder.set(response, "status", one.created ? "201 Created" : "200 OK");
        builder.set(response, "location",
                    one.type + "/" + one.id + "/_history/" + std::to_string(one.version));
        builder.set(response, "etag", etag(one.version));
    }
    return answer(200, serve::kFhirJson, document.root());
}

Response Hospital::read_own(const Request& request) const {
    const std::lock_guard lock(mutex_);
    const auto* stored = records_.find(request.path[1], request.path[2]);
    if (stored == nullptr) return serve::problem(404);
    Response response = answer(200, serve::kFhirJson, stored->resource.root());
    response.fields = {{"ETag", etag(stored->version)}};
    return response;
}

/// Only `identifier=system|value` or `identifier=value`, as a receiver of ours would be asked.
Response Hospital::search(const Request& request) const {
    const auto wanted = request.parameter("identifier");
    if (!wanted || request.query.size() != 1) return serve::problem(400);
    const auto bar = wanted->find('|');
    const auto system = bar == std::string_view::npos ? std::string_view{} : wanted->substr(0, bar);
    const auto value = bar == std::string_view::npos ? *wanted : wanted->substr(bar + 1);

    json::Document document;
    json::Builder builder(document);
    json::Node* root = builder.object();
    builder.set(root, "resourceType", "Bundle");
    builder.set(root, "type", "searchset");
    json::Node* entries = builder.set_array(root, "entry");
    const std::lock_guard lock(mutex_);
    std::int64_t total = 0;
    for (const auto* stored : records_.all(request.path[1])) {
        for (const auto identifier : stored->resource.root()["identifier"]) {
            if (identifier["value"].text() != value) continue;
            if (bar != std::string_view::npos && identifier["system"].text() != system) continue;
            builder.set(builder.add_object(entries), "resource", stored->resource.root());
            ++total;
            break;
        }
    }
    builder.set_number(root, "total", total);
    return answer(200, serve::kFhirJson, document.root());
}

Response Hospital::control(const Request& request) {
    const std::string& name = request.path[1];
    if (name == "received" || name == "deliveries")
        return request.method == "GET" ? received(name == "received") : serve::problem(405);
    if (request.method != "POST") return serve::problem(405);
    const auto body = json::read(request.body.empty() ? "{}" : request.body);
    if (!body) return serve::problem(body.error());
    const auto given = body->root();
    const auto text = [&](std::string_view key) { return std::string{given[key].text()}; };
    const auto id_of = [&](std::string_view key, std::string_view type) {
        if (auto id = text(key); !id.empty()) return id;
        const std::lock_guard lock(mutex_);
        return newest(records_, type);
    };
    if (name == "decide") {
        const auto kind = find_word(kVerdicts, given["decision"].text());
        if (!kind) return serve::problem(400);
        return shown(decide(id_of("task", "Task"), {.kind = *kind,
                                                    .planned_admission = text("plannedAdmission"),
                                                    .planned_discharge = text("plannedDischarge"),
                                                    .decided_by = text("decidedBy"),
                                                    .reason = text("reason")}));
    }
    if (name == "admit") return shown(admit_patient(id_of("encounter", "Encounter"), text("at")));
    if (name == "discharge")
        return shown(
            discharge_patient(id_of("encounter", "Encounter"), text("at"), given["died"].truth()));
    if (name == "read") return shown(read(text("type"), text("id")));
    if (name != "mode") return serve::problem(404);
    const auto kind = find_word(kBehaviours, given["mode"].text());
    if (!kind) return serve::problem(400);
    behave({.kind = *kind,
            .times = static_cast<int>(given["times"].integer(1)),
            .delay = std::chrono::milliseconds{given["delayMs"].integer(0)},
            .retry_after = std::chrono::seconds{given["retryAfter"].integer(1)}});
    Response done;
    done.status = 204;
    return done;
}

Response Hospital::received(bool with_resources) const {
    json::Document document;
    json::Builder builder(document);
    json::Node* root = builder.object();
    builder.set(root, "hospital", options_.organisation);
    json::Node* arrivals = builder.set_array(root, "arrivals");
    json::Node* deliveries = builder.set_array(root, "deliveries");
    const std::lock_guard lock(mutex_);
    for (const auto& one : records_.arrivals()) {
        json::Node* row = builder.add_object(arrivals);
        builder.set_number(row, "number", one.number);
        builder.set(row, "at", format_instant(one.at, std::chrono::minutes{0}));
        builder.set(row, "tag", one.tag);
        builder.set(row, "sha256", one.sha256);
        builder.set_number(row, "entries", static_cast<std::int64_t>(one.entries));
        builder.set_number(row, "changed", static_cast<std::int64_t>(one.changed));
    }
    for (const auto& one : records_.deliveries()) {
        json::Node* row = builder.add_object(deliveries);
        builder.set(row, "tag", one.tag);
        builder.set_number(row, "arrivals", static_cast<std::int64_t>(one.arrivals));
        builder.set_number(row, "effects", static_cast<std::int64_t>(one.effects));
    }
    if (with_resources) {
        json::Node* resources = builder.set_array(root, "resources");
        for (const auto& [name, stored] : records_.all())
            builder.add(resources, stored.resource.root());
    }
    return answer(200, serve::kJson, document.root());
}

GatewayReply Hospital::decide(const std::string& task, const Verdict& verdict) {
    return update("Task", task, [&](json::Document& document) {
        json::Builder builder(document);
        json::Node* root = builder.root();
        builder.set(root, "status", status_of(verdict.kind));
        set_output(builder, root, "planned-admission", "valueDateTime", verdict.planned_admission);
        set_output(builder, root, "planned-discharge", "valueDateTime", verdict.planned_discharge);
        set_output(builder, root, "decided-by", "valueString", verdict.decided_by);
        if (!verdict.reason.empty())
            set_code(builder, root, "statusReason", kReasonSystem, verdict.reason);
    });
}

GatewayReply Hospital::admit_patient(const std::string& encounter, const std::string& at) {
    return update("Encounter", encounter, [&](json::Document& document) {
        json::Builder builder(document);
        builder.set(builder.root(), "status", "in-progress");
        builder.set(builder.set_object(builder.root(), "period"), "start", at);
    });
}

GatewayReply Hospital::discharge_patient(const std::string& encounter, const std::string& at,
                                         bool died) {
    return update("Encounter", encounter, [&](json::Document& document) {
        json::Builder builder(document);
        json::Node* root = builder.root();
        builder.set(root, "status", "finished");
        json::Node* period = json::Builder::find(root, "period");
        if (period == nullptr) period = builder.set_object(root, "period");
        builder.set(period, "end", at);
        if (!died) return;
        json::Node* stay = json::Builder::find(root, "hospitalization");
        if (stay == nullptr) stay = builder.set_object(root, "hospitalization");
        set_code(builder, stay, "dischargeDisposition", kDispositionSystem, "exp");
    });
}

GatewayReply Hospital::read(const std::string& type, const std::string& id) {
    deliver::HttpRequest request;
    request.url = options_.gateway_url + "/" + type + "/" + id;
    return call(request);
}

GatewayReply Hospital::update(const std::string& type, const std::string& id,
                              const Change& change) {
    GatewayReply present = read(type, id);
    if (present.status != 200) return present;
    auto document = json::read(present.body);
    if (!document || !document->root().is_object()) return {};
    change(*document);
    deliver::HttpRequest request;
    request.method = "PUT";
    request.url = options_.gateway_url + "/" + type + "/" + id;
    request.fields = {{"Content-Type", "application/fhir+json"}, {"If-Match", present.etag}};
    request.body = json::write(document->root());
    return call(request);
}

GatewayReply Hospital::call(const deliver::HttpRequest& request) {
    deliver::HttpRequest complete = request;
    complete.peer = options_.gateway;
    complete.fields.push_back({"Accept", "application/fhir+json"});
    const std::lock_guard lock(calling_);
    const auto outcome = gateway_.send(complete);
    if (outcome.kind != deliver::HttpOutcome::Kind::Replied) return {};
    return {outcome.reply.status, outcome.reply.body, std::string{outcome.reply.field("etag")}};
}

}  // namespace tsunagi::simulate

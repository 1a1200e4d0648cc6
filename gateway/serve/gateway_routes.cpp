#include "serve/gateway_routes.h"

#include <array>
#include <charconv>
#include <memory>
#include <optional>
#include <span>
#include <sstream>
#include <utility>

#include "exchange/case_file.h"
#include "json/builder.h"
#include "json/reader.h"
#include "json/writer.h"
#include "serve/problem.h"
#include "serve/validate_operation.h"

namespace tsunagi::serve {
namespace {

using access::Role;
using namespace std::string_view_literals;
using exchange::Act;
using exchange::Refusal;
using exchange::Refused;

constexpr std::size_t kPacketBytes = 10U << 20;
constexpr std::size_t kSmallBytes = 64U << 10;
constexpr std::size_t kKeyLength = 128;
constexpr std::string_view kVersion = "0.1.0";

int status_of(Refused kind) {
    switch (kind) {
        case Refused::Malformed:
            return 400;
        case Refused::Content:
            return 422;
        case Refused::Denied:
            return 403;
        case Refused::NotFound:
            return 404;
        case Refused::IllegalMove:
            return 409;
        case Refused::KeyReused:
            return 422;
        case Refused::InFlight:
            return 409;
        case Refused::Stale:
            return 412;
        case Refused::Unavailable:
            return 503;
        case Refused::Broken:
            return 500;
    }
    return 500;
}

Response refused(const Refusal& refusal) {
    return outcome(status_of(refusal.kind), refusal.issues);
}

Response malformed(std::string_view code, std::string_view ja, std::string_view en) {
    return refused(exchange::refuse(Refused::Malformed, std::string{code}, {}, std::string{ja},
                                    std::string{en}));
}

std::string etag(std::int64_t version) { return "W/\"" + std::to_string(version) + "\""; }

Response shown(const privacy::Outbound& body, std::string_view content_type) {
    Response response;
    response.content_type = std::string{content_type};
    response.body = body.bytes();
    return response;
}

Response shown(const Result<privacy::Outbound>& body, std::string_view content_type) {
    return body ? shown(*body, content_type) : problem(body.error());
}

Response shown(const Result<inquire::Shown>& result, std::string_view content_type) {
    if (!result) return problem(result.error());
    Response response = shown(result->body, content_type);
    response.fields.push_back({"ETag", etag(result->version)});
    return response;
}

/// What a partner is about to read of one or more cases: each is on record before the first byte,
/// and no change of its consent commits at this gateway before the last.
Response read_out(exchange::Exchange& exchange, const store::OrganisationId& reader,
                  std::span<const exchange::Rendered> entries, const privacy::Outbound& body) {
    auto holds = std::make_shared<std::vector<exchange::Sends::Hold>>();
    for (const auto& each : entries) {
        auto hold = exchange.begin_reading(reader, each.reading.alias);
        if (!hold) return problem(404);
        if (!hold->is_held()) return problem(503);
        holds->push_back(std::move(*hold));
        const Status noted = exchange.note_reading(reader, each.reading, each.body);
        if (!noted) return problem(noted.error());
    }
    Response response = shown(body, kFhirJson);
    response.held = std::move(holds);
    return response;
}

/// W/"3" or "3"; nothing when the field has another form.
std::optional<std::int64_t> version_of(std::string_view if_match) {
    if (if_match.starts_with("W/")) if_match.remove_prefix(2);
    if (if_match.size() < 3 || !if_match.starts_with('"') || !if_match.ends_with('"')) return {};
    if_match = if_match.substr(1, if_match.size() - 2);
    std::int64_t version = 0;
    const auto [end, fault] =
        std::from_chars(if_match.data(), if_match.data() + if_match.size(), version);
    if (fault != std::errc{} || end != if_match.data() + if_match.size()) return {};
    return version;
}

Response updated(const Act<exchange::Updated>& act) {
    if (!exchange::done(act)) return refused(std::get<Refusal>(act));
    const auto& result = std::get<exchange::Updated>(act);
    Response response = shown(result.resource, kFhirJson);
    response.fields.push_back({"ETag", etag(result.version)});
    return response;
}

/// The new version of a case or rendition, and the view it is in now.
Response moved(const Act<std::int64_t>& act, const std::function<Response()>& view) {
    if (!exchange::done(act)) return refused(std::get<Refusal>(act));
    return view();
}

constexpr std::array<std::pair<std::string_view, std::string programme::Inputs::*>, 8>
    kInputMembers{{
        {"at", &programme::Inputs::at},
        {"plannedAdmission", &programme::Inputs::planned_admission},
        {"plannedDischarge", &programme::Inputs::planned_discharge},
        {"decidedBy", &programme::Inputs::decided_by},
        {"reason", &programme::Inputs::reason},
        {"hop", &programme::Inputs::hop},
        {"hospital", &programme::Inputs::hospital},
        {"note", &programme::Inputs::note},
    }};

/// The JSON body of an action; an empty body is an action without inputs.
std::optional<programme::Inputs> inputs_of(std::string_view body) {
    programme::Inputs inputs;
    if (body.empty()) return inputs;
    const auto document = json::read(body);
    if (!document || !document->root().is_object()) return {};
    for (const json::Value member : document->root()) {
        std::string programme::Inputs::*target = nullptr;
        for (const auto& [key, each] : kInputMembers) {
            if (key == member.key()) target = each;
        }
        if (!target || !member.is_string()) return {};
        inputs.*target = std::string{member.text()};
    }
    return inputs;
}

Response bad_inputs() {
    return malformed("bad-inputs",
                     "操作の入力は at, plannedAdmission, plannedDischarge, decidedBy, reason, hop, "
                     "hospital, note の文字列だけです。",
                     "An action takes only the strings at, plannedAdmission, plannedDischarge, "
                     "decidedBy, reason, hop, hospital, note.");
}

/// A version of a consent record, back to the clinic that keeps it.
Response changed(const Call& call, Act<exchange::ConsentChange> act, int status) {
    if (!exchange::done(act)) return refused(std::get<Refusal>(act));
    auto& change = std::get<exchange::ConsentChange>(act);
    Response response =
        shown(privacy::EgressDoor::own_record(call.who.organisation.text(), change.owner.text(),
                                              std::move(change.answer)),
              kJson);
    if (response.status != 200) return response;
    response.status = status;
    response.fields.push_back({"ETag", etag(change.version)});
    return response;
}

/// Who withdraws; the patient when the body does not say.
std::optional<std::string> withdrawer(std::string_view body) {
    if (body.empty()) return "patient";
    const auto document = json::read(body);
    if (!document || !document->root().is_object()) return {};
    const json::Value by = document->root()["by"];
    if (document->root().size() != (by ? 1U : 0U) || (by && !by.is_string())) return {};
    return by ? std::string{by.text()} : "patient";
}

bool is_key(std::string_view key) { return !key.empty() && key.size() <= kKeyLength; }

Response key_missing() {
    return malformed("idempotency-key-missing", "Idempotency-Key（128文字以内）を付けてください。",
                     "Give an Idempotency-Key of at most 128 characters.");
}

/// A finding is settled: state, what is left to look at and, after a correction, the receipt.
Response decide_finding(exchange::Exchange& exchange, const Call& call) {
    const std::string_view key = call.request.field("idempotency-key");
    if (!is_key(key)) return key_missing();
    std::int64_t number = 0;
    const std::string& text = call.values[1];
    const auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (fault != std::errc{} || end != text.data() + text.size()) return problem(404);
    auto act =
        exchange.review(call.who, store::CaseId{call.values[0]}, number, key, call.request.body);
    if (!exchange::done(act)) return refused(std::get<Refusal>(act));
    auto& reviewed = std::get<exchange::Reviewed>(act);
    Response response =
        shown(privacy::EgressDoor::own_record(call.who.organisation.text(), reviewed.owner.text(),
                                              std::move(reviewed.answer)),
              kJson);
    if (reviewed.repeated)
        response.fields.push_back({"Idempotent-Replayed", "true"});
    else
        response.fields.push_back({"ETag", etag(reviewed.version)});
    return response;
}

void add_clinic_routes(std::vector<Route>& routes, const Services& services) {
    exchange::Exchange& exchange = services.exchange;
    inquire::Inquire& inquire = services.inquire;
    const std::vector<Role> clinic{Role::Clinic};

    routes.push_back(
        {"POST", "/clinic/v1/referrals", clinic, kPacketBytes, "referral.submit",
         "Hand in a packet: bed request, referral letter, patient sheet, consent, identity.",
         [&](const Call& call) {
             const std::string_view key = call.request.field("idempotency-key");
             if (!is_key(key)) return key_missing();
             auto act = exchange.submit(call.who, key, call.request.body,
                                        call.request.field("content-type"));
             if (!exchange::done(act)) return refused(std::get<Refusal>(act));
             auto& submitted = std::get<exchange::Submitted>(act);
             auto body = privacy::EgressDoor::own_record(
                 call.who.organisation.text(), submitted.owner.text(), std::move(submitted.answer));
             Response response = shown(body, kJson);
             if (response.status == 200) response.status = 201;
             response.fields.push_back(
                 {"Location", "/clinic/v1/referrals/" + submitted.case_id.text()});
             if (submitted.repeated) response.fields.push_back({"Idempotent-Replayed", "true"});
             return response;
         },
         true});
    routes.push_back(
        {"GET", "/clinic/v1/referrals", clinic, 0, "referral.list",
         "The clinic's cases, newest first.", [&](const Call& call) {
             const auto after = call.request.parameter("after");
             return shown(
                 inquire.referrals(call.who, store::CaseId{std::string{after.value_or("")}}),
                 kJson);
         }});
    routes.push_back(
        {"GET", "/clinic/v1/referrals/{id}", clinic, 0, "referral.read",
         "State, next actions, events and messages of one case.", [&](const Call& call) {
             return shown(inquire.referral(call.who, store::CaseId{call.values[0]}), kJson);
         }});
    routes.push_back(
        {"PUT", "/clinic/v1/referrals/{id}/identity", clinic, kSmallBytes, "referral.identify",
         "Give the identity that the release needs.", [&](const Call& call) {
             const store::CaseId id{call.values[0]};
             return moved(exchange.identify(call.who, id, call.request.body),
                          [&] { return shown(inquire.referral(call.who, id), kJson); });
         }});
    routes.push_back(
        {"POST", "/clinic/v1/referrals/{id}/actions/{action}", clinic, kSmallBytes, "referral.act",
         "Take one of the case's next actions.", [&](const Call& call) {
             const auto inputs = inputs_of(call.request.body);
             if (!inputs) return bad_inputs();
             const store::CaseId id{call.values[0]};
             return moved(exchange.act(call.who, id, call.values[1], *inputs),
                          [&] { return shown(inquire.referral(call.who, id), kJson); });
         }});
    const std::vector<Role> reviewers{Role::Clinic, Role::PartnerSystem};
    routes.push_back({"GET", "/clinic/v1/referrals/{id}/findings", clinic, 0, "findings.read",
                      "What was found in the text of a case: places that look like people or "
                      "numbers, with the text around them, and what was decided.",
                      [&](const Call& call) {
                          return shown(inquire.findings(call.who, store::CaseId{call.values[0]}),
                                       kJson);
                      }});
    routes.push_back(
        {"POST", "/clinic/v1/referrals/{id}/findings/{finding}", reviewers, kSmallBytes,
         "finding.decide",
         "Release a finding, or correct the text of its cell, as a named person and with a reason. "
         "With the last one settled the request is sent.",
         [&](const Call& call) { return decide_finding(exchange, call); }});
    routes.push_back(
        {"POST", "/clinic/v1/consents", clinic, kSmallBytes, "consent.record",
         "Record consent that was given or changed after the packet: the next version of the "
         "case's record, and what it affects.",
         [&](const Call& call) {
             return changed(call, exchange.record_consent(call.who, call.request.body), 201);
         }});
    routes.push_back({"GET", "/clinic/v1/consents/{id}", clinic, 0, "consent.read",
                      "The consent record of a case with all its versions.", [&](const Call& call) {
                          return shown(inquire.consent(call.who, store::CaseId{call.values[0]}),
                                       kJson);
                      }});
    routes.push_back(
        {"POST", "/clinic/v1/consents/{id}/withdraw", clinic, kSmallBytes, "consent.withdraw",
         "Withdraw the consent of a case: nothing more is disclosed. Body: by "
         "(patient, representative or doctor).",
         [&](const Call& call) {
             const auto by = withdrawer(call.request.body);
             if (!by) {
                 return malformed("bad-inputs", "入力は by の文字列だけです。",
                                  "A withdrawal takes only the string by.");
             }
             return changed(call,
                            exchange.withdraw_consent(call.who, store::CaseId{call.values[0]}, *by),
                            200);
         }});
    routes.push_back(
        {"GET", "/clinic/v1/referrals/{id}/disclosures", clinic, 0, "referral.disclosures",
         "What was sent to whom, with the index of its log entry.", [&](const Call& call) {
             return shown(inquire.disclosures(call.who, store::CaseId{call.values[0]}), kJson);
         }});
}

void add_hospital_routes(std::vector<Route>& routes, const Services& services) {
    exchange::Exchange& exchange = services.exchange;
    inquire::Inquire& inquire = services.inquire;
    const std::vector<Role> hospital{Role::HospitalDesk, Role::HospitalPhysician,
                                     Role::PartnerSystem};

    routes.push_back({"GET", "/hospital/v1/offers", hospital, 0, "offer.list",
                      "What this hospital was offered, newest first.",
                      [&](const Call& call) { return shown(inquire.offers(call.who), kJson); }});
    routes.push_back({"GET", "/hospital/v1/offers/{offer}", hospital, 0, "offer.read",
                      "One offer: state and next actions.", [&](const Call& call) {
                          return shown(inquire.offer(call.who, store::Alias{call.values[0]}),
                                       kJson);
                      }});
    routes.push_back({"POST", "/hospital/v1/offers/{offer}/actions/{action}", hospital, kSmallBytes,
                      "offer.act", "Decide or report in plain JSON.", [&](const Call& call) {
                          const auto inputs = inputs_of(call.request.body);
                          if (!inputs) return bad_inputs();
                          const store::Alias alias{call.values[0]};
                          return moved(
                              exchange.act_as_hospital(call.who, alias, call.values[1], *inputs),
                              [&] { return shown(inquire.offer(call.who, alias), kJson); });
                      }});
}

std::vector<std::string> split_commas(std::string_view text) {
    std::vector<std::string> parts;
    while (!text.empty()) {
        const std::size_t end = std::min(text.find(','), text.size());
        if (end > 0) parts.emplace_back(text.substr(0, end));
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    return parts;
}

Response search_tasks(inquire::Inquire& inquire, const Call& call) {
    std::vector<std::string> statuses;
    std::size_t count = 50;
    for (const auto& [name, value] : call.request.query) {
        if (name == "status") {
            statuses = split_commas(value);
        } else if (name == "owner") {
            const std::string own = "Organization/" + call.who.organisation.text();
            if (value != own && value != call.who.organisation.text()) {
                return problem(
                    Error{Code::Denied, "owner is the caller's own organisation", "owner"});
            }
        } else if (name == "_count") {
            const auto [end, fault] =
                std::from_chars(value.data(), value.data() + value.size(), count);
            if (fault != std::errc{} || end != value.data() + value.size() || count > 50) {
                return problem(Error{Code::Invalid, "_count is 0 to 50", "_count"});
            }
        } else {
            return malformed("unknown-parameter",
                             "検索に使えるのは owner, status, _count だけです。",
                             "A search takes owner, status and _count only.");
        }
    }
    return shown(inquire.search_tasks(call.who, statuses, count), kFhirJson);
}

std::string own_definition(std::string_view kind_and_id) {
    return "https://tsunagi.example/fhir/" + std::string{kind_and_id};
}

/// The profiles of profiles/resources that what we show of a type follows.
struct Supported {
    std::string_view type, profile;
};
constexpr std::array kSupported{Supported{"Bundle", "referral-document"},
                                Supported{"CarePlan", "shared-plan"},
                                Supported{"Communication", "notice"},
                                Supported{"Composition", "referral-letter"},
                                Supported{"Consent", "sharing-consent"},
                                Supported{"Encounter", "backup-bed-stay"},
                                Supported{"Patient", "masked-patient"},
                                Supported{"Patient", "identified-patient"},
                                Supported{"ServiceRequest", "backup-bed-request"},
                                Supported{"Task", "backup-bed-task"}};

void add_supported(json::Builder& builder, json::Node* resource, std::string_view type) {
    json::Node* list = nullptr;
    for (const Supported& each : kSupported) {
        if (each.type != type) continue;
        if (!list) list = builder.set_array(resource, "supportedProfile");
        builder.add(list, own_definition("StructureDefinition/" + std::string{each.profile}));
    }
}

/// Kept alike with profiles/api/CapabilityStatement-gateway.json by a test.
std::string capability_statement() {
    json::Document document;
    json::Builder builder(document);
    json::Node* root = builder.object();
    builder.set(root, "resourceType", "CapabilityStatement");
    builder.set(root, "id", "gateway");
    builder.set(root, "url", own_definition("CapabilityStatement/gateway"));
    builder.set(root, "name", "TsunagiGateway");
    builder.set(root, "status", "active");
    builder.set(root, "date", "2026-11-20");
    builder.set(root, "kind", "instance");
    json::Node* software = builder.set_object(root, "software");
    builder.set(software, "name", "Tsunagi");
    builder.set(software, "version", kVersion);
    json::Node* implementation = builder.set_object(root, "implementation");
    builder.set(implementation, "description",
                "Backup hospital bed gateway: initials until a hospital accepts, identity only to "
                "that hospital");
    builder.set(root, "fhirVersion", "4.0.1");
    builder.add(builder.set_array(root, "format"), "application/fhir+json");
    json::Node* rest = builder.add_object(builder.set_array(root, "rest"));
    builder.set(rest, "mode", "server");
    builder.set(builder.set_object(rest, "security"), "description",
                "Mutual TLS; every partner is known by its client certificate.");
    const auto add_validate = [&](json::Node* holder) {
        json::Node* operation = builder.add_object(builder.set_array(holder, "operation"));
        builder.set(operation, "name", "validate");
        builder.set(operation, "definition", own_definition("OperationDefinition/validate"));
    };
    json::Node* resources = builder.set_array(rest, "resource");
    constexpr std::array kTypes{"AllergyIntolerance"sv,
                                "Bundle"sv,
                                "CarePlan"sv,
                                "CareTeam"sv,
                                "Communication"sv,
                                "Composition"sv,
                                "Condition"sv,
                                "Consent"sv,
                                "Coverage"sv,
                                "DocumentReference"sv,
                                "Encounter"sv,
                                "FamilyMemberHistory"sv,
                                "Goal"sv,
                                "HealthcareService"sv,
                                "MedicationRequest"sv,
                                "MedicationStatement"sv,
                                "Observation"sv,
                                "Organization"sv,
                                "Patient"sv,
                                "Practitioner"sv,
                                "PractitionerRole"sv,
                                "Procedure"sv,
                                "Provenance"sv,
                                "QuestionnaireResponse"sv,
                                "RelatedPerson"sv,
                                "ServiceRequest"sv,
                                "Task"sv};
    for (const auto type : kTypes) {
        json::Node* resource = builder.add_object(resources);
        builder.set(resource, "type", type);
        add_supported(builder, resource, type);
        json::Node* interactions = builder.set_array(resource, "interaction");
        builder.set(builder.add_object(interactions), "code", "read");
        builder.set(resource, "versioning", "versioned-update");
        if (type == "Task" || type == "Encounter")
            builder.set(builder.add_object(interactions), "code", "update");
        if (type == "Task" || type == "Communication")
            builder.set(builder.add_object(interactions), "code", "search-type");
        if (type != "Task") {
            add_validate(resource);
            continue;
        }
        json::Node* parameters = builder.set_array(resource, "searchParam");
        for (const auto& [name, kind] :
             {std::pair{"owner", "reference"}, std::pair{"status", "token"}}) {
            json::Node* parameter = builder.add_object(parameters);
            builder.set(parameter, "name", name);
            builder.set(parameter, "definition",
                        own_definition("SearchParameter/task-" + std::string{name}));
            builder.set(parameter, "type", kind);
        }
        add_validate(resource);
    }
    add_validate(rest);
    return json::write_pretty(document.root());
}

using Update = Act<exchange::Updated> (exchange::Exchange::*)(const access::Principal&,
                                                              std::string_view, std::int64_t,
                                                              std::string_view);

Response update(exchange::Exchange& exchange, const Call& call, Update act) {
    const std::string_view if_match = call.request.field("if-match");
    if (if_match.empty()) return problem(428);
    const auto version = version_of(if_match);
    if (!version) return problem(412);
    return updated((exchange.*act)(call.who, call.values[0], *version, call.request.body));
}

void add_fhir_routes(std::vector<Route>& routes, const Services& services) {
    exchange::Exchange& exchange = services.exchange;
    inquire::Inquire& inquire = services.inquire;
    const std::vector<Role> hospital{Role::HospitalDesk, Role::HospitalPhysician,
                                     Role::PartnerSystem};
    const std::vector<Role> told{Role::CareManager, Role::ServiceProvider, Role::Coordinator};
    const std::vector<Role> readers{
        Role::HospitalDesk, Role::HospitalPhysician, Role::PartnerSystem, Role::Clinic,
        Role::CareManager,  Role::ServiceProvider,   Role::Coordinator};
    const std::vector<Role> validators{Role::HospitalDesk, Role::HospitalPhysician,
                                       Role::PartnerSystem, Role::Clinic, Role::Auditor};
    const std::vector<Role> everybody{
        Role::HospitalDesk, Role::HospitalPhysician, Role::PartnerSystem, Role::Clinic,
        Role::Auditor,      Role::Operator,          Role::Coordinator,   Role::City,
        Role::CareManager,  Role::ServiceProvider};

    for (const char* pattern : {"/fhir/$validate", "/fhir/{type}/$validate"}) {
        routes.push_back({"POST", pattern, validators, kPacketBytes, "fhir.validate",
                          "Say what is wrong with a resource, without keeping it.",
                          [&](const Call& call) { return validate_operation(inquire, call); }});
    }
    routes.push_back(
        {"GET", "/fhir/metadata", everybody, 0, "fhir.capabilities", "The CapabilityStatement.",
         [text = capability_statement()](const Call& call) {
             return shown(privacy::EgressDoor::plain(call.who.organisation.text(), text),
                          kFhirJson);
         }});
    routes.push_back({"GET", "/fhir/Task", hospital, 0, "fhir.search",
                      "The hospital's own Tasks, by owner and status.",
                      [&](const Call& call) { return search_tasks(inquire, call); }});
    routes.push_back({"GET", "/fhir/Communication", told, 0, "fhir.search",
                      "The notices that the caller was given.", [&](const Call& call) {
                          if (!call.request.query.empty()) {
                              return malformed("unknown-parameter", "この検索に条件は使えません。",
                                               "This search takes no parameter.");
                          }
                          auto found = inquire.search_notices(call.who);
                          if (!found) return problem(found.error());
                          return read_out(exchange, call.who.organisation, found->entries,
                                          found->bundle);
                      }});
    routes.push_back({"PUT", "/fhir/Task/{id}", hospital, kSmallBytes, "fhir.update",
                      "Receive, propose dates, accept or decline (If-Match required).",
                      [&](const Call& call) {
                          return update(exchange, call, &exchange::Exchange::update_task);
                      }});
    routes.push_back({"PUT", "/fhir/Encounter/{id}", hospital, kSmallBytes, "fhir.update",
                      "Report admission and discharge (If-Match required).", [&](const Call& call) {
                          return update(exchange, call, &exchange::Exchange::update_encounter);
                      }});
    routes.push_back({"GET", "/fhir/{type}/{id}", readers, 0, "fhir.read",
                      "Read one resource as this caller may see it.", [&](const Call& call) {
                          // Held until the answer is written: a withdrawal comes before it is
                          // rendered or after its last byte.
                          std::shared_ptr<exchange::Sends::Hold> held;
                          const auto id = exchange::split_partner_id(call.values[1]);
                          if (id && call.who.role != Role::Clinic) {
                              auto hold = exchange.begin_reading(call.who.organisation, id->alias);
                              if (!hold) return problem(404);
                              if (!hold->is_held()) return problem(503);
                              held = std::make_shared<exchange::Sends::Hold>(std::move(*hold));
                          }
                          auto found = inquire.resource(call.who, call.values[0], call.values[1]);
                          if (found && found->reading) {
                              const Status noted = exchange.note_reading(
                                  call.who.organisation, *found->reading, found->body);
                              if (!noted) return problem(noted.error());
                          }
                          Response response = shown(found, kFhirJson);
                          response.held = std::move(held);
                          return response;
                      }});
}

void add_notice_routes(std::vector<Route>& routes, const Services& services) {
    exchange::Exchange& exchange = services.exchange;
    inquire::Inquire& inquire = services.inquire;
    const std::vector<Role> clinic{Role::Clinic};
    routes.push_back(
        {"POST", "/clinic/v1/referrals/{id}/notices", clinic, kSmallBytes, "notice.open",
         "Tell a care manager, the family, a service provider or the coordination centre of the "
         "stay.",
         [&](const Call& call) {
             auto act = exchange.notify(call.who, store::CaseId{call.values[0]}, call.request.body);
             if (!exchange::done(act)) return refused(std::get<Refusal>(act));
             auto& notified = std::get<exchange::Notified>(act);
             Response response = shown(
                 privacy::EgressDoor::own_record(call.who.organisation.text(),
                                                 notified.owner.text(), std::move(notified.answer)),
                 kJson);
             if (response.status == 200) response.status = 201;
             response.fields.push_back({"Location", "/clinic/v1/referrals/" + call.values[0] +
                                                        "/notices/" + notified.organisation});
             return response;
         }});
    routes.push_back(
        {"GET", "/clinic/v1/referrals/{id}/notices/{recipient}", clinic, 0, "notice.read",
         "A notice to hand over, as its recipient may see it. Query: channel (paper, fax, email, "
         "phone).",
         [&](const Call& call) {
             const auto channel = call.request.parameter("channel");
             const std::string way{channel.value_or("paper")};
             if (way != "paper" && way != "fax" && way != "email" && way != "phone") {
                 return malformed("unknown-parameter",
                                  "channel は paper, fax, email, phone のいずれかです。",
                                  "channel is paper, fax, email or phone.");
             }
             const store::OrganisationId recipient{call.values[1]};
             auto found = inquire.notice(call.who, store::CaseId{call.values[0]}, recipient, way);
             if (!found) return problem(found.error());
             return read_out(exchange, recipient, std::span{&*found, 1}, found->body);
         }});
    routes.push_back(
        {"GET",
         "/city/v1/statistics",
         {Role::City},
         0,
         "city.statistics",
         "How many cases there are, and in which states; no case by itself.",
         [&](const Call& call) { return shown(inquire.statistics(call.who), kJson); }});
}

void add_service_routes(std::vector<Route>& routes, const Services& services) {
    inquire::Inquire& inquire = services.inquire;
    routes.push_back({"GET",
                      "/auditor/v1/log",
                      {Role::Auditor},
                      0,
                      "log.export",
                      "The exchange log with its signed checkpoint, for the offline verifier.",
                      [&](const Call& call) {
                          if (auto is_signed = services.sign_log(); !is_signed)
                              return problem(is_signed.error());
                          std::ostringstream out;
                          if (auto written = inquire.export_log(out, services.log_key); !written)
                              return problem(written.error());
                          return shown(
                              privacy::EgressDoor::plain(call.who.organisation.text(), out.str()),
                              "application/octet-stream");
                      }});
    routes.push_back({"POST",
                      "/operator/v1/deliveries/{delivery}/actions/resume",
                      {Role::Operator},
                      kSmallBytes,
                      "deliveries.resume",
                      "Try a parked message again.",
                      [&](const Call& call) {
                          std::int64_t number = 0;
                          const std::string& text = call.values[0];
                          const auto [end, fault] =
                              std::from_chars(text.data(), text.data() + text.size(), number);
                          if (fault != std::errc{} || end != text.data() + text.size())
                              return problem(404);
                          return moved(services.exchange.resume_delivery(call.who, number),
                                       [&] { return shown(inquire.parked(call.who), kJson); });
                      }});
    routes.push_back({"POST",
                      "/operator/v1/cases/{id}/actions/erase",
                      {Role::Operator},
                      kSmallBytes,
                      "case.erase",
                      "Erase a case and its register, once the register need not be kept.",
                      [&](const Call& call) {
                          return moved(
                              services.exchange.erase(call.who, store::CaseId{call.values[0]}), [] {
                                  Response response;
                                  response.status = 204;
                                  return response;
                              });
                      }});
    routes.push_back({"GET",
                      "/operator/v1/deliveries",
                      {Role::Operator},
                      0,
                      "deliveries.read",
                      "Messages that wait for a person.",
                      [&](const Call& call) { return shown(inquire.parked(call.who), kJson); }});
    routes.push_back({"GET",
                      "/metrics",
                      {Role::Operator},
                      0,
                      "metrics",
                      "Counts, as Prometheus text.",
                      [&](const Call&) {
                          Response response;
                          response.content_type = "text/plain; version=0.0.4";
                          response.body = services.metrics();
                          return response;
                      }});
    routes.push_back(
        {"GET", "/health/live", {}, 0, "health", "The process answers.", [](const Call&) {
             Response response;
             response.content_type = std::string{kJson};
             response.body = R"({"live":true})";
             return response;
         }});
    routes.push_back({"GET",
                      "/health/ready",
                      {},
                      0,
                      "health",
                      "The gateway accepts referrals.",
                      [&](const Call&) {
                          if (auto ready = services.ready(); !ready) return problem(503);
                          Response response;
                          response.content_type = std::string{kJson};
                          response.body = R"({"ready":true})";
                          return response;
                      }});
}

}  // namespace

std::vector<Route> gateway_routes(const Services& services) {
    std::vector<Route> routes;
    add_clinic_routes(routes, services);
    add_hospital_routes(routes, services);
    add_fhir_routes(routes, services);
    add_notice_routes(routes, services);
    add_service_routes(routes, services);
    const std::vector<Role> everybody{
        Role::Clinic,      Role::HospitalDesk,   Role::HospitalPhysician, Role::PartnerSystem,
        Role::Auditor,     Role::Operator,       Role::Coordinator,       Role::City,
        Role::CareManager, Role::ServiceProvider};
    Route description{"GET", "/openapi.json", everybody, 0, "openapi", "This description.", {}};
    auto table = routes;
    table.push_back(description);
    description.handler = [text = openapi(table, kVersion)](const Call&) {
        Response response;
        response.content_type = std::string{kJson};
        response.body = text;
        return response;
    };
    routes.push_back(std::move(description));
    return routes;
}

}  // namespace tsunagi::serve

#include "serve/router.h"

#include <algorithm>
#include <utility>

#include "json/builder.h"
#include "json/writer.h"
#include "serve/problem.h"

namespace tsunagi::serve {
namespace {

std::vector<std::string_view> segments_of(std::string_view pattern) {
    std::vector<std::string_view> segments;
    while (!pattern.empty()) {
        pattern.remove_prefix(1);  // the slash
        const std::size_t end = std::min(pattern.find('/'), pattern.size());
        segments.push_back(pattern.substr(0, end));
        pattern.remove_prefix(end);
    }
    return segments;
}

bool is_value(std::string_view segment) { return segment.starts_with('{'); }

/// Only JSON is read here; FHIR names it application/fhir+json
/// (hl7.org/fhir/R4/http.html#mime-type).
bool is_json(std::string_view content_type) {
    const std::string_view media =
        content_type.substr(0, std::min(content_type.find(';'), content_type.size()));
    return media == "application/json" || media == "application/fhir+json";
}

std::string lower(std::string_view text) {
    std::string out{text};
    for (char& c : out) {
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + 32);
    }
    return out;
}

}  // namespace

Router::Router(std::vector<Route> routes, const access::LiveDirectory& directory,
               const Clock& clock, EventLog& log)
    : routes_(std::move(routes)), directory_(directory), clock_(clock), log_(log) {}

Router::Match Router::match(const Request& request) const {
    Match found;
    for (const auto& route : routes_) {
        const auto segments = segments_of(route.pattern);
        if (segments.size() != request.path.size()) continue;
        std::vector<std::string> values;
        bool same = true;
        for (std::size_t i = 0; i < segments.size() && same; ++i) {
            if (is_value(segments[i])) {
                values.push_back(request.path[i]);
            } else {
                same = segments[i] == request.path[i];
            }
        }
        if (!same) continue;
        if (route.method == request.method) return {&route, std::move(values), {}};
        if (found.allowed.find(route.method) == std::string::npos) {
            found.allowed += (found.allowed.empty() ? "" : ", ") + route.method;
        }
    }
    return found;
}

Result<access::Principal> Router::authorise(const Request& request, const Route& route,
                                            int& status) const {
    if (route.roles.empty()) return access::Principal{};
    status = 401;
    if (!request.peer) return Error{Code::Denied, "no certificate", {}};
    status = 403;
    auto principal = directory_.current()->authenticate(*request.peer, clock_.now());
    if (!principal) return principal.error();
    if (std::find(route.roles.begin(), route.roles.end(), principal->role) == route.roles.end()) {
        return Error{Code::Denied, "role", {}};
    }
    return principal;
}

Admission Router::admit(const Request& head) {
    const Match found = match(head);
    if (!found.route) {
        // A stranger does not learn which paths exist.
        if (!head.peer) return {0, problem(401)};
        if (found.allowed.empty()) return {0, problem(404)};
        Response refusal = problem(405);
        refusal.fields.push_back({"Allow", found.allowed});
        return {0, std::move(refusal)};
    }
    int status = 0;
    if (const auto principal = authorise(head, *found.route, status); !principal) {
        log_.warning("access.denied",
                     {{"route", LogField::Word{found.route->pattern}}, {"status", status}});
        return {0, problem(status)};
    }
    const bool has_body =
        !head.field("content-length").empty() || !head.field("transfer-encoding").empty();
    if (found.route->body_bytes > 0 && has_body && !is_json(lower(head.field("content-type"))))
        return {0, problem(415)};
    return {found.route->body_bytes, {}};
}

Response Router::handle(const Request& request) {
    const Match found = match(request);
    if (!found.route) return problem(404);
    int status = 0;
    auto principal = authorise(request, *found.route, status);
    if (!principal) return problem(status);
    const store::OrganisationId organisation = principal->organisation;
    Response response = found.route->handler({request, std::move(*principal), found.values});
    if (!found.route->roles.empty()) {
        log_.info("access", {{"kind", LogField::Word{found.route->audit_kind}},
                             {"status", response.status},
                             {"by", organisation}});
    }
    return response;
}

std::string openapi(const std::vector<Route>& routes, std::string_view version) {
    json::Document document;
    json::Builder builder(document);
    json::Node* root = builder.object();
    builder.set(root, "openapi", "3.1.0");
    json::Node* info = builder.set_object(root, "info");
    builder.set(info, "title", "Tsunagi gateway");
    builder.set(info, "version", version);
    builder.set(info, "description",
                "Bed requests, referral letters and shared patient sheets as FHIR R4. Every caller "
                "is known by its client certificate.");
    json::Node* paths = builder.set_object(root, "paths");
    for (const auto& route : routes) {
        json::Node* path = json::Builder::find(paths, route.pattern);
        if (!path) path = builder.set_object(paths, route.pattern);
        json::Node* operation = builder.set_object(path, lower(route.method));
        builder.set(operation, "summary", route.summary);
        json::Node* tags = builder.set_array(operation, "tags");
        builder.add(tags, segments_of(route.pattern).front());
        json::Node* roles = builder.set_array(operation, "x-roles");
        for (const auto role : route.roles) builder.add(roles, access::name(role));
        json::Node* parameters = nullptr;
        for (const auto segment : segments_of(route.pattern)) {
            if (!is_value(segment)) continue;
            if (!parameters) parameters = builder.set_array(operation, "parameters");
            json::Node* parameter = builder.add_object(parameters);
            builder.set(parameter, "name", segment.substr(1, segment.size() - 2));
            builder.set(parameter, "in", "path");
            builder.set(parameter, "required", true);
            builder.set(builder.set_object(parameter, "schema"), "type", "string");
        }
        const bool fhir = route.pattern.starts_with("/fhir");
        const std::string_view media = fhir ? "application/fhir+json" : "application/json";
        if (route.body_bytes > 0) {
            json::Node* body = builder.set_object(operation, "requestBody");
            builder.set(body, "required", true);
            builder.set(
                builder.set_object(builder.set_object(builder.set_object(body, "content"), media),
                                   "schema"),
                "type", "object");
        }
        json::Node* responses = builder.set_object(operation, "responses");
        builder.set(builder.set_object(responses, "2XX"), "description", "Done");
        json::Node* refused = builder.set_object(responses, "default");
        builder.set(refused, "description", "Refused: an OperationOutcome in Japanese and English");
        builder.set(builder.set_object(builder.set_object(builder.set_object(refused, "content"),
                                                          "application/fhir+json"),
                                       "schema"),
                    "type", "object");
    }
    return json::write_pretty(document.root());
}

}  // namespace tsunagi::serve

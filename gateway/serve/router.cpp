#include "serve/router.h"

#include <algorithm>
#include <array>
#include <utility>

#include "exchange/intake.h"
#include "json/builder.h"
#include "json/writer.h"
#include "privacy/egress.h"
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

std::ptrdiff_t values_in(std::string_view pattern) {
    return std::count(pattern.begin(), pattern.end(), '{');
}

/// What stands for each {…}, or nothing when the path is another.
std::optional<std::vector<std::string>> fit(std::string_view pattern,
                                            const std::vector<std::string>& path) {
    const auto segments = segments_of(pattern);
    if (segments.size() != path.size()) return std::nullopt;
    std::vector<std::string> values;
    for (std::size_t i = 0; i < segments.size(); ++i) {
        if (is_value(segments[i]))
            values.push_back(path[i]);
        else if (segments[i] != path[i])
            return std::nullopt;
    }
    return values;
}

/// Two patterns that could both fit one path.
bool overlap(std::string_view a, std::string_view b) {
    const auto left = segments_of(a);
    const auto right = segments_of(b);
    return std::equal(left.begin(), left.end(), right.begin(), right.end(),
                      [](std::string_view x, std::string_view y) {
                          return is_value(x) || is_value(y) || x == y;
                      });
}

std::string lower(std::string_view text) {
    std::string out{text};
    for (char& c : out) {
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + 32);
    }
    return out;
}

/// Only JSON in UTF-8 is read here; FHIR names it application/fhir+json
/// (hl7.org/fhir/R4/http.html#mime-type).
bool is_json(std::string_view content_type) {
    std::string type = lower(content_type);
    std::erase_if(type, [](char c) { return c == ' ' || c == '"'; });
    const std::size_t end = std::min(type.find(';'), type.size());
    const std::string_view media = std::string_view{type}.substr(0, end);
    const std::string_view parameter = std::string_view{type}.substr(end);
    return (media == "application/json" || media == "application/fhir+json") &&
           (parameter.empty() || parameter == ";charset=utf-8" || parameter == ";fhirversion=4.0");
}

/// What a caller is told of a refusal passes the egress door like every answer: a message that
/// repeats what must never leave becomes a plain 500.
Response through_the_door(Response response, const access::Principal& who) {
    if (response.status < 400) return response;
    const std::string recipient = who.organisation.empty() ? "nobody" : who.organisation.text();
    if (!privacy::EgressDoor::plain(recipient, response.body)) return problem(500);
    return response;
}

Status check_route(const Route& route) {
    const auto bad = [&](const char* what) {
        return Error{Code::Invalid, what, route.method + " " + route.pattern};
    };
    constexpr std::array<std::string_view, 4> kMethods{"GET", "POST", "PUT", "DELETE"};
    if (std::find(kMethods.begin(), kMethods.end(), route.method) == kMethods.end())
        return bad("unknown method");
    if (!route.pattern.starts_with('/')) return bad("a pattern begins with a slash");
    for (const auto segment : segments_of(route.pattern)) {
        const bool value = segment.size() > 2 && is_value(segment) && segment.ends_with('}');
        if (segment.empty() || (!value && segment.find_first_of("{}") != std::string_view::npos))
            return bad("malformed pattern");
    }
    if (!route.handler) return bad("no handler");
    if (route.method == "GET" && route.body_bytes > 0) return bad("GET takes no body");
    if (route.audit_kind.empty() || route.summary.empty()) return bad("no audit kind or summary");
    return {};
}

}  // namespace

Router::Router(std::vector<Route> routes, const access::LiveDirectory& directory,
               const Clock& clock, EventLog& log)
    : routes_(std::move(routes)), directory_(directory), clock_(clock), log_(log) {
    std::stable_sort(routes_.begin(), routes_.end(), [](const Route& a, const Route& b) {
        return values_in(a.pattern) < values_in(b.pattern);
    });
}

Router::Decision Router::decide(const Request& head) const {
    Decision decision;
    std::string allowed;
    const std::string_view method = head.method == "HEAD" ? "GET" : std::string_view{head.method};
    for (const auto& route : routes_) {
        auto values = fit(route.pattern, head.path);
        if (!values) continue;
        if (route.method == method) {
            decision.route = &route;
            decision.values = std::move(*values);
            break;
        }
        if (allowed.find(route.method) != std::string::npos) continue;
        allowed += (allowed.empty() ? "" : ", ") + route.method;
        if (route.method == "GET") allowed += ", HEAD";
    }
    const auto refuse = [&](int status) {
        decision.refusal = problem(status);
        return decision;
    };
    const bool is_public = decision.route != nullptr && decision.route->roles.empty();
    if (!is_public) {
        if (!head.peer) return refuse(401);
        auto who = directory_.current()->authenticate(*head.peer, clock_.now());
        if (!who) return refuse(403);
        decision.who = std::move(*who);
    }
    if (decision.route == nullptr) {
        if (allowed.empty()) return refuse(404);
        decision.refusal = problem(405);
        decision.refusal->fields.push_back({"Allow", allowed});
        return decision;
    }
    const auto& roles = decision.route->roles;
    if (!is_public && std::find(roles.begin(), roles.end(), decision.who.role) == roles.end())
        return refuse(403);
    const bool has_body =
        !head.field("content-length").empty() || !head.field("transfer-encoding").empty();
    const std::string_view type = head.field("content-type");
    const bool is_readable =
        is_json(type) || (decision.route->takes_tables && exchange::is_table(type));
    if (decision.route->body_bytes > 0 && has_body && !is_readable) return refuse(415);
    if (!head.field("content-encoding").empty()) return refuse(415);
    return decision;
}

Admission Router::admit(const Request& head) {
    Decision decision = decide(head);
    if (decision.refusal) tell(decision, decision.refusal->status);
    return {decision.route == nullptr ? 0 : decision.route->body_bytes,
            std::move(decision.refusal)};
}

Response Router::handle(const Request& request) {
    Decision decision = decide(request);
    Response response;
    if (decision.refusal) {
        response = std::move(*decision.refusal);
    } else {
        try {
            response = through_the_door(
                decision.route->handler({request, decision.who, decision.values}), decision.who);
        } catch (const std::exception&) {
            // What it says may hold data: the log gets the route, the caller a plain 500.
            response = problem(500);
        }
    }
    tell(decision, response.status);
    return response;
}

void Router::tell(const Decision& decision, int status) {
    if (decision.who.organisation.empty()) return;
    const auto kind = decision.route == nullptr ? std::string_view{"none"}
                                                : std::string_view{decision.route->audit_kind};
    if (status == 401 || status == 403 || status >= 500)
        log_.warning("access", {{"kind", LogField::Word{kind}},
                                {"status", status},
                                {"by", decision.who.organisation}});
    else
        log_.info("access", {{"kind", LogField::Word{kind}},
                             {"status", status},
                             {"by", decision.who.organisation}});
}

Status check_routes(const std::vector<Route>& routes) {
    for (std::size_t i = 0; i < routes.size(); ++i) {
        if (auto checked = check_route(routes[i]); !checked) return checked;
        for (std::size_t j = 0; j < i; ++j) {
            const bool as_exact = values_in(routes[i].pattern) == values_in(routes[j].pattern);
            if (routes[i].method == routes[j].method && as_exact &&
                overlap(routes[i].pattern, routes[j].pattern))
                return Error{Code::Invalid, "another route fits the same paths",
                             routes[i].method + " " + routes[i].pattern};
        }
    }
    return {};
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
            json::Node* content = builder.set_object(body, "content");
            builder.set(builder.set_object(builder.set_object(content, media), "schema"), "type",
                        "object");
            if (route.takes_tables) {
                builder.set(builder.set_object(builder.set_object(content, "text/csv"), "schema"),
                            "type", "string");
            }
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

#include "serve/validate_operation.h"

#include <string>
#include <string_view>
#include <vector>

#include "exchange/refusal.h"
#include "json/reader.h"
#include "serve/problem.h"

namespace tsunagi::serve {
namespace {

constexpr std::size_t kMostProfiles = 16;

Response refused(int status, std::string_view code, std::string_view expression,
                 std::string_view ja, std::string_view en) {
    const auto refusal =
        exchange::refuse(exchange::Refused::Malformed, std::string{code}, std::string{expression},
                         std::string{ja}, std::string{en});
    return outcome(status, refusal.issues);
}

/// What is to be checked, and against what besides its type.
struct Asked {
    json::Value resource;
    std::vector<std::string> profiles;
    bool understood = true;  ///< no parameter but resource and profile
};

void read_parameters(json::Value parameters, Asked& asked) {
    for (const json::Value parameter : parameters["parameter"]) {
        const std::string_view name = parameter["name"].text();
        if (name == "resource" && parameter["resource"].is_object()) {
            asked.resource = parameter["resource"];
        } else if (name == "profile") {
            // `uri` in R4, `canonical` in later versions.
            const json::Value uri = parameter["valueUri"];
            asked.profiles.emplace_back((uri ? uri : parameter["valueCanonical"]).text());
        } else {
            asked.understood = false;
        }
    }
}

/// Parameters are an envelope when a resource lies in them, else themselves what is checked.
bool is_envelope(json::Value body) {
    if (body["resourceType"].text() != "Parameters") return false;
    for (const json::Value parameter : body["parameter"]) {
        if (parameter["name"].text() == "resource" && parameter["resource"].is_object())
            return true;
    }
    return false;
}

}  // namespace

Response validate_operation(const inquire::Inquire& inquire, const Call& call) {
    const std::string_view text = call.request.body;
    const auto document = json::read(text);
    if (!document || !document->root().is_object()) {
        return refused(400, "not-json", {}, "リソースをJSONで送ってください。",
                       "Send the resource as JSON.");
    }
    Asked asked;
    asked.resource = document->root();
    if (is_envelope(asked.resource)) read_parameters(document->root(), asked);
    for (const auto& [name, value] : call.request.query) {
        if (name == "profile") {
            asked.profiles.emplace_back(value);
        } else {
            asked.understood = false;
        }
    }
    if (!asked.understood || asked.profiles.size() > kMostProfiles) {
        return refused(400, "unknown-parameter", {},
                       "検証に使えるのは resource と profile（16件まで）だけです。",
                       "A validation takes resource and profile (at most 16) only.");
    }
    if (!call.values.empty() && asked.resource["resourceType"].text() != call.values[0]) {
        return refused(400, "wrong-type", "resourceType", "リソースの種類がURLと違います。",
                       "The resource is not of the URL's type.");
    }
    const auto checked = inquire.validate(call.who, text, asked.resource, asked.profiles);
    if (!checked && checked.error().code == Code::Invalid) {
        return refused(422, "unknown-profile", checked.error().where,
                       "このゲートウェイが知らないプロファイルです。",
                       "This gateway does not know the profile.");
    }
    if (!checked) return problem(checked.error());
    Response response;
    response.content_type = std::string{kFhirJson};
    response.body = checked->bytes();
    return response;
}

}  // namespace tsunagi::serve

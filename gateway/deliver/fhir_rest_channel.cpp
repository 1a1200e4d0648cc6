#include "deliver/fhir_rest_channel.h"

#include <algorithm>
#include <array>
#include <charconv>

#include "json/reader.h"

namespace tsunagi::deliver {
namespace {

using Kind = Report::Kind;
using std::chrono::milliseconds;

constexpr std::string_view kFhirJson = "application/fhir+json";
constexpr const char* kIdentifierInHead = "identifier-in-head";
/// Both together stay well within the worker's lease.
constexpr milliseconds kSendTime{15'000};
constexpr milliseconds kLookTime{5'000};
constexpr milliseconds kConnectTime{5'000};

/// Seconds only: the date form of Retry-After would need to trust the receiver's clock.
std::optional<std::chrono::seconds> retry_after(const HttpReply& reply) {
    const auto text = reply.field("retry-after");
    constexpr std::int64_t kLongest = 86'400;  // a day
    std::int64_t seconds = 0;
    const auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), seconds);
    if (text.empty() || fault != std::errc{} || end != text.data() + text.size() || seconds < 0)
        return std::nullopt;
    return std::chrono::seconds{std::min(seconds, kLongest)};
}

std::string code_of(int status) { return "http-" + std::to_string(status); }

HttpRequest request_to(const exchange::Dispatch& dispatch) {
    HttpRequest request;
    request.url = dispatch.endpoint.url;
    while (request.url.ends_with('/')) request.url.pop_back();
    request.fields = {{"Accept", std::string{kFhirJson}}};
    request.connect_time = kConnectTime;
    request.peer.fingerprint = dispatch.endpoint.server_sha256;
    request.peer.organisation = dispatch.body.recipient();
    return request;
}

/// Method, what is put behind the endpoint's URL, and header fields, before a connection is made.
/// The endpoint itself is the directory's, and may bear a family name.
bool names_nobody(const HttpRequest& request, const exchange::Dispatch& dispatch) {
    std::string_view base = dispatch.endpoint.url;
    while (base.ends_with('/')) base.remove_suffix(1);
    std::string head = request.method + "\n" + request.url.substr(base.size());
    for (const HttpField& field : request.fields) head += "\n" + field.name + ": " + field.value;
    const auto& known = dispatch.known;
    return (known ? known->scan(head) : privacy::LeakScanner{}.scan(head)).empty();
}

/// True when the reply says of every one of the entries sent that it was taken.
bool takes_all(std::string_view reply, std::size_t sent) {
    const auto answer = json::read(reply);
    if (!answer) return false;
    const auto root = answer->root();
    const auto entries = root["entry"];
    if (root["resourceType"].text() != "Bundle" || root["type"].text() != "transaction-response" ||
        entries.size() != sent)
        return false;
    return std::all_of(entries.begin(), entries.end(), [](json::Value entry) {
        return entry["response"]["status"].text().starts_with('2');
    });
}

Report of_status(const HttpReply& reply) {
    constexpr std::array<int, 6> kMessage = {400, 409, 410, 413, 415, 422};
    constexpr std::array<int, 6> kReceiver = {401, 403, 404, 405, 429, 503};
    const auto is = [&](const auto& statuses) {
        return std::find(statuses.begin(), statuses.end(), reply.status) != statuses.end();
    };
    const Kind kind = is(kMessage) ? Kind::Refused : is(kReceiver) ? Kind::Later : Kind::Unknown;
    return {kind, code_of(reply.status), retry_after(reply)};
}

}  // namespace

Report FhirRestChannel::send(const exchange::Dispatch& dispatch,
                             const std::function<bool()>& may_send) {
    HttpRequest request = request_to(dispatch);
    request.method = "POST";
    request.fields.push_back({"Content-Type", std::string{kFhirJson}});
    request.body = dispatch.body.bytes();
    request.total_time = kSendTime;
    request.may_send = may_send;
    if (!names_nobody(request, dispatch)) return {Kind::Refused, kIdentifierInHead, {}};
    const HttpOutcome outcome = client_.send(request);
    switch (outcome.kind) {
        case HttpOutcome::Kind::NotSent:
            return {Kind::Later, outcome.reason, {}};
        case HttpOutcome::Kind::Unknown:
            return {Kind::Unknown, outcome.reason, {}};
        case HttpOutcome::Kind::Replied:
            break;
    }
    if (outcome.reply.status != 200) return of_status(outcome.reply);
    if (takes_all(outcome.reply.body, dispatch.entries)) return {Kind::Delivered, "http-200", {}};
    return {Kind::Unknown, "unclear-reply", {}};
}

Report FhirRestChannel::look(const exchange::Dispatch& dispatch) {
    HttpRequest request = request_to(dispatch);
    request.url += "/" + dispatch.probe;
    request.total_time = kLookTime;
    if (!names_nobody(request, dispatch)) return {Kind::Later, kIdentifierInHead, {}};
    const HttpOutcome outcome = client_.send(request);
    if (outcome.kind != HttpOutcome::Kind::Replied) return {Kind::Later, outcome.reason, {}};
    const int status = outcome.reply.status;
    if (status == 404 || status == 410) return {Kind::Absent, code_of(status), {}};
    const auto task = json::read(outcome.reply.body);
    if (status != 200 || !task || task->root()["resourceType"].text() != "Task")
        return {Kind::Later, status == 200 ? "unclear-reply" : code_of(status),
                retry_after(outcome.reply)};
    const auto tags = task->root()["meta"]["tag"];
    const bool found = std::any_of(tags.begin(), tags.end(), [&](json::Value tag) {
        return tag["code"].text() == dispatch.delivery_tag;
    });
    return {found ? Kind::Delivered : Kind::Absent, found ? "found" : "not-found", {}};
}

}  // namespace tsunagi::deliver

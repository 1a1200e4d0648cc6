#include "simulate/network.h"

#include <utility>

namespace tsunagi::simulate {
namespace {

using deliver::HttpOutcome;
using deliver::HttpReply;
using deliver::HttpRequest;
using Kind = HttpOutcome::Kind;

constexpr std::string_view kScheme = "https://";

HttpOutcome not_sent(const char* reason) { return {Kind::NotSent, {}, reason}; }
HttpOutcome unknown(const char* reason) { return {Kind::Unknown, {}, reason}; }

/// As crypto/tls_peer.h decides over TLS.
bool is_expected(const crypto::ExpectedPeer& peer, const crypto::Digest& certificate,
                 const std::string& organisation) {
    if (peer.fingerprint && *peer.fingerprint != certificate) return false;
    if (peer.organisation.empty()) return true;
    if (organisation.empty()) return peer.fingerprint.has_value();
    return peer.organisation == organisation;
}

serve::Response answer(serve::Handler& handler, const serve::Request& request) {
    serve::Request head = request;
    head.body.clear();
    auto admission = handler.admit(head);
    if (admission.refusal) return std::move(*admission.refusal);
    if (request.body.size() > admission.body_bytes) {
        serve::Response too_large;
        too_large.status = 413;
        return too_large;
    }
    return handler.handle(request);
}

HttpReply reply_of(serve::Response response) {
    HttpReply reply;
    reply.status = response.status;
    reply.body = std::move(response.body);
    if (!response.content_type.empty())
        reply.fields.push_back({"content-type", std::move(response.content_type)});
    for (auto& field : response.fields) {
        for (char& c : field.name)
            if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
        reply.fields.push_back({std::move(field.name), std::move(field.value)});
    }
    return reply;
}

}  // namespace

class Network::Client final : public deliver::HttpClient {
public:
    Client(Network& network, const crypto::Digest& certificate)
        : network_(network), certificate_(certificate) {}
    HttpOutcome send(const HttpRequest& request) override {
        return network_.carry(request, certificate_);
    }

private:
    Network& network_;
    crypto::Digest certificate_;
};

void Network::listen(const std::string& origin, serve::Handler& handler,
                     const crypto::Digest& certificate, const std::string& organisation) {
    listeners_[origin] = {&handler, certificate, organisation};
}

void Network::stop_listening(const std::string& origin) { listeners_.erase(origin); }

std::unique_ptr<deliver::HttpClient> Network::client(const crypto::Digest& certificate) {
    return std::make_unique<Client>(*this, certificate);
}

HttpOutcome Network::carry(const HttpRequest& request, const crypto::Digest& from) {
    if (!request.url.starts_with(kScheme)) return not_sent("malformed-request");
    const auto slash = request.url.find('/', kScheme.size());
    const auto origin = request.url.substr(0, slash);
    const auto target = slash == std::string::npos ? "/" : request.url.substr(slash);
    const auto listener = listeners_.find(origin);
    if (listener == listeners_.end()) return not_sent("connect");
    if (!is_expected(request.peer, listener->second.certificate, listener->second.organisation))
        return not_sent("peer");
    if (request.may_send && !request.may_send()) return not_sent("held-back");

    std::vector<serve::Field> fields = {{"host", origin.substr(kScheme.size())}};
    for (const auto& field : request.fields) fields.push_back({field.name, field.value});
    if (!request.body.empty())
        fields.push_back({"content-length", std::to_string(request.body.size())});
    auto made = serve::make_request(request.method, target, std::move(fields), request.body);
    if (!made) return not_sent("malformed-request");
    made->peer = from;

    const Fault fault = faults_ ? faults_(request) : Fault::None;
    if (fault == Fault::LoseRequest) return unknown("timeout");
    serve::Handler& handler = *listener->second.handler;
    auto response = answer(handler, *made);
    if (fault == Fault::Repeat) response = answer(handler, *made);
    if (fault == Fault::LoseReply) return unknown("timeout");
    if (response.body.size() > request.reply_bytes) return unknown("reply-too-large");
    return {Kind::Replied, reply_of(std::move(response)), {}};
}

}  // namespace tsunagi::simulate

#pragma once
#include "base/clock.h"
#include "deliver/http_client.h"
#include "serve/server.h"

/// Where an observer listens: every byte that leaves the gateway passes here.
namespace tsunagi::simulate {

class WireObserver {
public:
    virtual ~WireObserver() = default;
    /// The gateway has taken its last look and will begin to send this next.
    virtual void on_last_look(const deliver::HttpRequest&) {}
    /// The gateway has begun to send this.
    virtual void on_sent(const deliver::HttpRequest& request) = 0;
    /// The gateway `at` has rendered this and not begun to answer.
    virtual void on_rendered(const serve::Handler& /*at*/, const serve::Request&,
                             const serve::Response&) {}
    /// The gateway answers this.
    virtual void on_answered(const serve::Request& request, const serve::Response& response) = 0;
};

/// The gateway's way out. A reply that takes longer than the request allows is no reply. Thread
/// rule: as the client behind it.
class TappedClient final : public deliver::HttpClient {
public:
    TappedClient(deliver::HttpClient& behind, const Clock& clock, WireObserver& observer)
        : behind_(behind), clock_(clock), observer_(observer) {}
    deliver::HttpOutcome send(const deliver::HttpRequest& request) override;

private:
    deliver::HttpClient& behind_;
    const Clock& clock_;
    WireObserver& observer_;
};

/// The gateway's way in. Thread rule: as the handler behind it.
class TappedHandler final : public serve::Handler {
public:
    TappedHandler(serve::Handler& behind, WireObserver& observer)
        : behind_(behind), observer_(observer) {}
    serve::Admission admit(const serve::Request& head) override;
    serve::Response handle(const serve::Request& request) override;

private:
    serve::Handler& behind_;
    WireObserver& observer_;
};

}  // namespace tsunagi::simulate

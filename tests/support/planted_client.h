#pragma once
#include <functional>
#include <utility>

#include "deliver/http_client.h"

namespace tsunagi::support {

/// A client with a fault planted between it and the wire. Thread rule: that of the client behind.
class PlantedClient final : public deliver::HttpClient {
public:
    using Send = std::function<deliver::HttpOutcome(deliver::HttpClient&, deliver::HttpRequest)>;
    PlantedClient(deliver::HttpClient& behind, Send send)
        : behind_(behind), send_(std::move(send)) {}
    deliver::HttpOutcome send(const deliver::HttpRequest& request) override {
        return send_(behind_, request);
    }

private:
    deliver::HttpClient& behind_;
    Send send_;
};

}  // namespace tsunagi::support

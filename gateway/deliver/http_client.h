#pragma once
#include <chrono>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "crypto/tls_peer.h"

/// Requests to partners' servers. The interface is what the simulated world replaces;
/// curl_http_client.h is the real one.
namespace tsunagi::deliver {

struct HttpField {
    std::string name;
    std::string value;
};

struct HttpRequest {
    std::string method = "GET";  ///< GET, POST or PUT
    std::string url;             ///< https only; host and port from the directory, never from data
    std::vector<HttpField> fields;
    std::string body;
    crypto::ExpectedPeer peer;  ///< proven before the first byte of the request leaves
    std::chrono::milliseconds connect_time{5'000};  ///< TCP and TLS
    std::chrono::milliseconds total_time{15'000};   ///< everything
    std::size_t reply_bytes = 4U << 20;
    /// Asked when the connection stands and before the request is written; false: it is not sent.
    /// Empty: always.
    std::function<bool()> may_send;
};

struct HttpReply {
    int status = 0;
    std::vector<HttpField> fields;  ///< names in lower case
    std::string body;

    /// The first field `name` (lower case), or empty.
    std::string_view field(std::string_view name) const&;
    std::string_view field(std::string_view name) const&& = delete;
};

/// How a request ended. What matters after a failure is whether the receiver may have acted.
struct HttpOutcome {
    enum class Kind {
        Replied,  ///< `reply` is whole
        NotSent,  ///< not a byte of the request left: safe to send again
        Unknown,  ///< some bytes left, no whole reply came: look before sending again
    };
    Kind kind = Kind::NotSent;
    HttpReply reply;
    std::string reason;  ///< a word of ours for logs: "connect", "peer", "timeout"; empty: Replied
};

/// Sends one request and waits. No redirects, no proxies, HTTP/1.1. Thread rule: one thread.
class HttpClient {
public:
    virtual ~HttpClient() = default;
    virtual HttpOutcome send(const HttpRequest& request) = 0;
};

}  // namespace tsunagi::deliver

#pragma once
#include <memory>
#include <string>

#include "deliver/http_client.h"

namespace tsunagi::deliver {

/// PEM files of our side of mutual TLS.
struct ClientTls {
    std::string certificate;
    std::string key;
    std::string authority;  ///< servers are verified against this
};

/// HttpClient over libcurl. Keeps one connection per destination and expected peer, for 30 s at
/// most. When it dies before the first byte of the answer, only a GET goes again on another one;
/// the outcome of anything else is Unknown: its bytes are written once.
class CurlHttpClient final : public HttpClient {
public:
    explicit CurlHttpClient(ClientTls tls);
    ~CurlHttpClient() override;

    HttpOutcome send(const HttpRequest& request) override;

    /// Drops kept connections: the files are read again with the next request. Own thread only.
    void reload();
    /// Ends a send in progress within about a second, and every later one at once. Any thread.
    void interrupt();

private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace tsunagi::deliver

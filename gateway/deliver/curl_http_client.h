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

/// HttpClient over libcurl. Keeps connections per destination and expected peer, and uses a kept
/// one for GET only: libcurl repeats a request silently when a kept connection dies before the
/// first byte of the answer, so what is not safe to repeat gets a fresh connection.
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

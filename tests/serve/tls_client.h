#pragma once
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "support/certificates.h"

namespace tsunagi::serve {

/// A client that sends bytes as they are, over TLS. Every wait is bounded: what does not come in
/// five seconds does not come. Thread rule: one thread.
class TlsClient {
public:
    /// Connects and shakes hands; with `own` as client certificate if given. Check connected().
    TlsClient(std::uint16_t port, const support::CertificateFiles* own);
    ~TlsClient();

    bool connected() const;
    bool send(std::string_view bytes);
    /// Tells the server that nothing more comes, and goes on reading.
    void end();

    struct Answer {
        int status = 0;
        std::string head;
        std::string body;
    };
    /// The next answer by its Content-Length; nothing when the connection ends or times out.
    /// "100 Continue" is an answer too.
    std::optional<Answer> read(bool head_only = false);
    /// True when the server ends the connection without another byte.
    bool closed();
    /// PEM of what the server showed.
    std::string server_certificate() const;

private:
    bool fill();
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace tsunagi::serve

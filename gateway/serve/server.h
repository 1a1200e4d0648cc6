#pragma once
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "base/clock.h"
#include "base/result.h"
#include "serve/http.h"
#include "serve/http_reader.h"

namespace tsunagi::serve {

/// PEM files; read at start and at reload.
struct TlsFiles {
    std::string certificate;  ///< ours, with its chain
    std::string key;
    std::string client_ca;  ///< client certificates are asked for and verified against this
};

struct ServerOptions {
    std::string address = "127.0.0.1";  ///< an IP address to bind
    std::uint16_t port = 0;             ///< 0: any free port, told by Server::port()
    TlsFiles tls;
    ReaderLimits reader;
    int connections = 2048;  ///< one thread each (architecture.md section 4)
    /// TLS hello, and from the first byte of a request to the end of its header block.
    std::chrono::milliseconds header_time{5'000};
    /// Between two requests of one connection.
    std::chrono::milliseconds idle_time{60'000};
    /// A body, or a client that reads its answer, may take `grace_time` and one second more for
    /// each `bytes_per_second` moved.
    std::chrono::milliseconds grace_time{5'000};
    std::size_t bytes_per_second = 1024;
};

/// What the handler says when it has seen the header block and no body byte.
struct Admission {
    std::size_t body_bytes = 0;  ///< the largest body it will take
    /// Set: answered at once, the body is not read. The connection ends if a body was announced or
    /// the client has no certificate.
    std::optional<Response> refusal;
};

/// The routes. Thread rule: called from many threads at once. May throw std::exception: the client
/// then gets a plain 500.
class Handler {
public:
    virtual ~Handler() = default;
    virtual Admission admit(const Request& head) = 0;
    virtual Response handle(const Request& request) = 0;
};

/// What strangers did, as counts only: nothing they can do fills a log.
struct ServerCounters {
    std::uint64_t connections = 0;
    std::uint64_t turned_away = 0;  ///< no thread and no place in the queue
    std::uint64_t tls_failed = 0;   ///< no TLS, or a certificate that is not from our CA
    std::uint64_t late = 0;         ///< shut by the deadline thread
    std::uint64_t malformed = 0;    ///< refused by the reader
    std::uint64_t requests = 0;
    std::uint64_t failed = 0;  ///< the handler threw
    std::uint64_t open = 0;    ///< connections now
};

/// HTTPS (TLS 1.2, 1.3) with its own pool of blocking connections and one thread that shuts sockets
/// which are late. Thread rule: every method from any thread.
class Server {
public:
    /// Binds, listens and serves. Error Invalid: certificates cannot be read; Unavailable: cannot
    /// bind. `handler` and `clock` outlive the server.
    static Result<std::unique_ptr<Server>> start(const ServerOptions& options, Handler& handler,
                                                 const Clock& clock);
    ~Server();
    Server(const Server&) = delete;
    Server& operator=(const Server&) = delete;

    std::uint16_t port() const;
    ServerCounters counters() const;

    /// Reads the certificate files again, for connections from now on. On an error the old ones
    /// stay.
    Status reload();

    /// Accepts no more, ends idle connections, lets requests in flight finish, and after `deadline`
    /// shuts what is left. True when nothing had to be shut. Returns when no handler runs any more.
    bool stop(std::chrono::milliseconds deadline = std::chrono::seconds{10});

private:
    struct State;
    explicit Server(std::unique_ptr<State> state);
    std::unique_ptr<State> state_;
};

}  // namespace tsunagi::serve

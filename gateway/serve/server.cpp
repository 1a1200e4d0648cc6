#include "serve/server.h"

#include <Poco/Exception.h>
#include <Poco/Net/Context.h>
#include <Poco/Net/SecureStreamSocket.h>
#include <Poco/Net/ServerSocket.h>
#include <Poco/Net/TCPServer.h>
#include <Poco/Net/TCPServerConnection.h>
#include <Poco/Net/TCPServerConnectionFactory.h>
#include <Poco/Net/Utility.h>
#include <Poco/ThreadPool.h>
#include <poll.h>
#include <signal.h>
#include <sys/resource.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <fstream>
#include <iterator>
#include <limits>
#include <mutex>
#include <optional>
#include <utility>

#include "crypto/certificate.h"
#include "serve/deadlines.h"
#include "serve/http_writer.h"
#include "serve/problem.h"

namespace tsunagi::serve {
namespace {

using Moment = Deadlines::Clock::time_point;
using std::chrono::milliseconds;

/// Handlers walk trees of depth 64 with validator and FHIRPath frames on top of each other.
constexpr int kStackBytes = 2 << 20;
constexpr int kBacklog = 512;
constexpr int kQueue = 256;
/// What a refused client may still send while it has not read the refusal.
constexpr std::size_t kDrainBytes = 256U << 10;
constexpr milliseconds kDrainTime{1'000};
constexpr int kDrainPauseMs = 250;

std::string read_file(const std::string& path) {
    std::ifstream in(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
}

Result<Poco::Net::Context::Ptr> make_context(const TlsFiles& files) {
    // Poco drops a key that is not the certificate's without a word; handshakes would fail later.
    if (!crypto::is_key_of(read_file(files.key), read_file(files.certificate)))
        return Error{Code::Invalid, "the key is not the certificate's, or cannot be read", "tls"};
    try {
        Poco::Net::Context::Params params;
        params.certificateFile = files.certificate;
        params.privateKeyFile = files.key;
        params.caLocation = files.client_ca;
        params.loadDefaultCAs = false;
        params.verificationMode = Poco::Net::Context::VERIFY_RELAXED;  // asked for, not demanded
        params.cipherList = "ECDHE+AESGCM:ECDHE+CHACHA20";             // of TLS 1.2
        Poco::Net::Context::Ptr context(
            new Poco::Net::Context(Poco::Net::Context::TLS_SERVER_USE, params));
        context->requireMinimumProtocol(Poco::Net::Context::PROTO_TLSV1_2);
        // Each connection proves its certificate afresh: a resumed session would not.
        context->enableSessionCache(false);
        context->disableStatelessSessionResumption();
        // Poco would compare a client's certificate with its address; the directory knows clients
        // by fingerprint.
        context->enableExtendedCertificateVerification(false);
        context->preferServerCiphers();
        return context;
    } catch (const Poco::Exception&) {
        return Error{Code::Invalid, "certificate, key or authority cannot be read", "tls"};
    }
}

/// Two descriptors a connection in the worst case, and room for files.
void raise_descriptor_limit(int connections) {
    rlimit limit{};
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
    const auto wanted =
        std::min<rlim_t>(static_cast<rlim_t>(connections) * 2 + 256, limit.rlim_max);
    if (limit.rlim_cur >= wanted) return;
    limit.rlim_cur = wanted;
    setrlimit(RLIMIT_NOFILE, &limit);
}

/// OpenSSL writes with write(2): a client that has gone would raise SIGPIPE in this thread.
void block_broken_pipe() {
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGPIPE);
    pthread_sigmask(SIG_BLOCK, &set, nullptr);
}

}  // namespace

struct Server::State {
    State(ServerOptions given, Handler& routes, const Clock& time)
        : options(std::move(given)),
          handler(routes),
          clock(time),
          pool(2, options.connections + 2, 60, kStackBytes) {}

    class Connection;
    class Factory;

    Poco::Net::Context::Ptr context() const {
        const std::lock_guard lock(context_mutex);
        return tls;
    }

    const ServerOptions options;
    Handler& handler;
    const Clock& clock;

    mutable std::mutex context_mutex;
    Poco::Net::Context::Ptr tls;

    Poco::ThreadPool pool;
    Deadlines deadlines;
    Poco::Net::ServerSocket listener;
    std::uint16_t port = 0;
    std::unique_ptr<Poco::Net::TCPServer> server;
    std::atomic<bool> stopping{false};
    std::once_flag stopped;
    bool clean = true;

    std::atomic<std::uint64_t> connections{0};
    std::atomic<std::uint64_t> tls_failed{0};
    std::atomic<std::uint64_t> late{0};
    std::atomic<std::uint64_t> malformed{0};
    std::atomic<std::uint64_t> requests{0};
    std::atomic<std::uint64_t> failed{0};
};

/// One client from handshake to close, on a thread of the pool.
class Server::State::Connection final : public Poco::Net::TCPServerConnection {
public:
    Connection(const Poco::Net::StreamSocket& socket, State& state)
        : TCPServerConnection(socket), state_(state), reader_(state.options.reader) {}

    void run() override {
        block_broken_pipe();
        ++state_.connections;
        opened_ = Deadlines::Clock::now();
        ticket_ = state_.deadlines.add(static_cast<int>(socket().impl()->sockfd()),
                                       opened_ + state_.options.header_time);
        if (handshake()) {
            try {
                serve();
                tls_->shutdown();
            } catch (const Poco::Exception&) {
                // The client has gone or was shut: nobody is left to tell.
            }
        }
        if (state_.deadlines.remove(ticket_)) ++state_.late;
    }

private:
    bool handshake() {
        try {
            // What an earlier connection left in this thread's queue would be read as our failure.
            Poco::Net::Utility::clearErrorStack();
            socket().setNoDelay(true);
            tls_ = Poco::Net::SecureStreamSocket::attach(socket(), state_.context());
            if (tls_->completeHandshake() == 1) {
                if (tls_->havePeerCertificate()) {
                    const auto digest = tls_->peerCertificate().fingerprint("SHA256");
                    peer_.emplace();
                    if (digest.size() == peer_->size()) {
                        std::copy(digest.begin(), digest.end(), peer_->begin());
                        return true;
                    }
                } else {
                    return true;
                }
            }
        } catch (const Poco::Exception&) {
            // Counted below, the same as a handshake that ends without an exception.
        }
        ++state_.tls_failed;
        return false;
    }

    void serve() {
        bool open = true;
        while (open) {
            switch (await()) {
                case HttpReader::Event::NeedMore:
                    return;
                case HttpReader::Event::Head:
                    open = admit();
                    break;
                case HttpReader::Event::Complete:
                    open = answer();
                    break;
                case HttpReader::Event::Refused:
                    ++state_.malformed;
                    send(problem(reader_.refusal()), false, false);
                    drain(reader_.refusal() == 413);
                    return;
            }
        }
    }

    /// The next event that is not NeedMore; NeedMore when the client or the server ended between
    /// two requests.
    HttpReader::Event await() {
        if (reader_.idle()) {
            // A stranger must speak within the time of its handshake.
            const auto until = peer_ ? Deadlines::Clock::now() + state_.options.idle_time
                                     : opened_ + state_.options.header_time;
            if (!state_.deadlines.idle(ticket_, until)) return HttpReader::Event::NeedMore;
        } else if (!in_body_) {
            begin_header();
        }
        bool was_idle = reader_.idle();
        auto event = reader_.next();
        std::array<char, 16U << 10> bytes;
        while (event == HttpReader::Event::NeedMore) {
            const int count = tls_->receiveBytes(bytes.data(), static_cast<int>(bytes.size()));
            if (count <= 0) return reader_.end();
            reader_.append({bytes.data(), static_cast<std::size_t>(count)});
            if (std::exchange(was_idle, false)) begin_header();
            event = reader_.next();
            if (in_body_ && event == HttpReader::Event::NeedMore) extend_body();
        }
        return event;
    }

    void begin_header() {
        const auto from = peer_ ? Deadlines::Clock::now() : opened_;
        state_.deadlines.busy(ticket_, from + state_.options.header_time);
    }

    void extend_body() {
        state_.deadlines.busy(ticket_, body_began_ + time_for(reader_.body_bytes()));
    }

    milliseconds time_for(std::uint64_t bytes) const {
        return state_.options.grace_time +
               milliseconds{bytes * 1000 / state_.options.bytes_per_second};
    }

    /// Decides on the header block. False: the connection ends.
    bool admit() {
        reader_.head().peer = peer_;
        head_only_ = reader_.head().method == "HEAD";
        Admission admission;
        try {
            admission = state_.handler.admit(reader_.head());
        } catch (const std::exception&) {
            ++state_.failed;
            admission.refusal = problem(500);
        }
        if (admission.refusal) {
            ++state_.requests;
            const bool pending = reader_.body_pending();
            const bool keep =
                peer_ && !pending && reader_.keep_alive() && !admission.refusal->close;
            send(*admission.refusal, head_only_, keep);
            if (pending) drain(true);
            if (!keep) return false;
            // Without a body the request is complete: step over it.
            if (reader_.next() != HttpReader::Event::Complete) return false;
            reader_.take();
            return true;
        }
        reader_.set_body_limit(admission.body_bytes);
        in_body_ = true;
        body_began_ = Deadlines::Clock::now();
        extend_body();
        if (reader_.expects_continue()) write("HTTP/1.1 100 Continue\r\n\r\n");
        return true;
    }

    /// Runs the route and sends its answer. False: the connection ends.
    bool answer() {
        in_body_ = false;
        const bool wanted = reader_.keep_alive();
        const Request request = reader_.take();
        state_.deadlines.busy(ticket_, Moment::max());  // the handler bounds its own time
        ++state_.requests;
        Response response;
        try {
            response = state_.handler.handle(request);
        } catch (const std::exception&) {
            ++state_.failed;
            response = problem(500);
            response.close = true;
        }
        const bool keep = wanted && peer_ && !response.close && !state_.stopping;
        send(response, head_only_, keep);
        return keep;
    }

    void send(const Response& response, bool head_only, bool keep_alive) {
        write(write_response(response, state_.clock.now(),
                             {.head_only = head_only, .keep_alive = keep_alive}));
    }

    void write(std::string_view bytes) {
        state_.deadlines.busy(ticket_, Deadlines::Clock::now() + time_for(bytes.size()));
        while (!bytes.empty()) {
            const auto piece =
                static_cast<int>(std::min<std::size_t>(bytes.size(), std::size_t{1} << 20));
            const int sent = tls_->sendBytes(bytes.data(), piece);
            if (sent <= 0) throw Poco::IOException("connection closed");
            bytes.remove_prefix(static_cast<std::size_t>(sent));
        }
        if (in_body_) extend_body();
    }

    /// Reads and drops what the client still sends: closing over unread bytes resets the
    /// connection, and the client would never see why it was refused.
    void drain(bool patient) {
        state_.deadlines.busy(ticket_, Deadlines::Clock::now() + kDrainTime);
        const int descriptor = static_cast<int>(socket().impl()->sockfd());
        std::array<char, 16U << 10> bytes;
        std::size_t dropped = 0;
        while (dropped < kDrainBytes) {
            pollfd ready{.fd = descriptor, .events = POLLIN, .revents = 0};
            if (poll(&ready, 1, patient ? kDrainPauseMs : 0) <= 0) return;
            const int count = tls_->receiveBytes(bytes.data(), static_cast<int>(bytes.size()));
            if (count <= 0) return;
            dropped += static_cast<std::size_t>(count);
        }
    }

    State& state_;
    HttpReader reader_;
    std::optional<Poco::Net::SecureStreamSocket> tls_;
    Deadlines::Ticket ticket_ = 0;
    std::optional<Fingerprint> peer_;
    Moment opened_;
    Moment body_began_;
    bool in_body_ = false;
    bool head_only_ = false;
};

class Server::State::Factory final : public Poco::Net::TCPServerConnectionFactory {
public:
    explicit Factory(State& state) : state_(state) {}
    Poco::Net::TCPServerConnection* createConnection(
        const Poco::Net::StreamSocket& socket) override {
        return new Connection(socket, state_);
    }

private:
    State& state_;
};

Result<std::unique_ptr<Server>> Server::start(const ServerOptions& options, Handler& handler,
                                              const Clock& clock) {
    auto context = make_context(options.tls);
    if (!context) return context.error();
    raise_descriptor_limit(options.connections);
    try {
        auto state = std::make_unique<State>(options, handler, clock);
        state->tls = *context;
        Poco::Net::ServerSocket socket;
        // No SO_REUSEPORT: two gateways on one port would share its clients by chance.
        socket.bind(Poco::Net::SocketAddress(options.address, options.port), true, false);
        socket.listen(kBacklog);
        Poco::Net::TCPServerParams::Ptr params(new Poco::Net::TCPServerParams);
        params->setMaxThreads(options.connections);
        params->setMaxQueued(kQueue);
        params->setThreadIdleTime(Poco::Timespan(10, 0));
        state->server = std::make_unique<Poco::Net::TCPServer>(new State::Factory(*state),
                                                               state->pool, socket, params);
        state->listener = socket;
        state->port = socket.address().port();
        state->server->start();
        return std::unique_ptr<Server>(new Server(std::move(state)));
    } catch (const Poco::Exception&) {
        return Error{Code::Unavailable, "cannot bind the address and port",
                     options.address + ":" + std::to_string(options.port)};
    }
}

Server::Server(std::unique_ptr<State> state) : state_(std::move(state)) {}
Server::~Server() { stop(); }

std::uint16_t Server::port() const { return state_->port; }

ServerCounters Server::counters() const {
    const auto& s = *state_;
    return {.connections = s.connections,
            .turned_away = static_cast<std::uint64_t>(s.server->refusedConnections()),
            .tls_failed = s.tls_failed,
            .late = s.late,
            .malformed = s.malformed,
            .requests = s.requests,
            .failed = s.failed,
            .open = s.deadlines.size()};
}

Status Server::reload() {
    auto context = make_context(state_->options.tls);
    if (!context) return context.error();
    const std::lock_guard lock(state_->context_mutex);
    state_->tls = *context;
    return {};
}

bool Server::stop(milliseconds deadline) {
    auto& s = *state_;
    std::call_once(s.stopped, [&] {
        const auto until = Deadlines::Clock::now() + deadline;
        s.stopping = true;
        s.server->stop();
        s.listener.close();
        s.deadlines.end_idle();
        s.clean = s.deadlines.wait_empty(until);
        if (!s.clean) s.deadlines.end_all();
        s.pool.joinAll();
    });
    return s.clean;
}

}  // namespace tsunagi::serve

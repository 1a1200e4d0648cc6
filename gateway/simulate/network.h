#pragma once
#include <functional>
#include <map>
#include <memory>
#include <string>

#include "deliver/http_client.h"
#include "serve/server.h"

namespace tsunagi::simulate {

/// What the network does to one request.
enum class Fault {
    None,
    LoseRequest,  ///< it never arrives; the sender cannot know
    LoseReply,    ///< it is handled; the sender cannot know
    Repeat,       ///< it arrives twice; the second reply is the one seen
};

/// Handlers in one process, reached by URL as if over mutual TLS: expected peers are checked, the
/// handler sees the caller's fingerprint, admission comes before the body. Thread rule: one thread.
class Network {
public:
    using Faults = std::function<Fault(const deliver::HttpRequest&)>;

    /// `origin` is "https://host:port". The handler outlives the network.
    void listen(const std::string& origin, serve::Handler& handler,
                const crypto::Digest& certificate, const std::string& organisation);
    /// Nobody listens there any more: senders cannot connect.
    void stop_listening(const std::string& origin);
    void set_faults(Faults faults) { faults_ = std::move(faults); }

    /// A client that shows `certificate`. It refers to the network and must not outlive it.
    std::unique_ptr<deliver::HttpClient> client(const crypto::Digest& certificate);

private:
    class Client;
    struct Listener {
        serve::Handler* handler = nullptr;
        crypto::Digest certificate{};
        std::string organisation;
    };
    deliver::HttpOutcome carry(const deliver::HttpRequest& request, const crypto::Digest& from);

    std::map<std::string, Listener> listeners_;
    Faults faults_;
};

}  // namespace tsunagi::simulate

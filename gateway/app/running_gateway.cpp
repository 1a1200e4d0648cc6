#include "app/running_gateway.h"

#include <atomic>
#include <condition_variable>
#include <future>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

#include "access/directory.h"
#include "app/definitions.h"
#include "app/opened_store.h"
#include "crypto/random.h"
#include "deliver/curl_http_client.h"
#include "deliver/delivery_thread.h"
#include "deliver/exchange_outbox.h"
#include "deliver/fhir_rest_channel.h"
#include "deliver/worker.h"
#include "exchange/exchange.h"
#include "exchange/load.h"
#include "inquire/inquire.h"
#include "packages/layer_compiler.h"
#include "packages/mapped_file.h"
#include "serve/gateway_routes.h"
#include "serve/metrics.h"
#include "serve/router.h"
#include "serve/server.h"

namespace tsunagi::app {
namespace {

constexpr std::chrono::seconds kKeeperPace{1};
/// How long the answer to an Idempotency-Key is kept: longer than any client retries.
constexpr std::chrono::days kAnswersKept{30};
constexpr std::chrono::hours kHousekeepingPace{24};
/// How long an interrupted send takes to end.
constexpr std::chrono::milliseconds kInterruptTime{1'500};

/// The delivery thread's client. Certificates are read again before the next request after renew().
class RenewableClient final : public deliver::HttpClient {
public:
    explicit RenewableClient(deliver::ClientTls tls) : client_(std::move(tls)) {}

    deliver::HttpOutcome send(const deliver::HttpRequest& request) override {
        if (renew_.exchange(false)) client_.reload();
        return client_.send(request);
    }
    void renew() { renew_ = true; }
    void interrupt() { client_.interrupt(); }

private:
    deliver::CurlHttpClient client_;
    std::atomic<bool> renew_{false};
};

/// The router; whatever may have queued a message wakes the delivery thread.
class WakingHandler final : public serve::Handler {
public:
    WakingHandler(serve::Handler& routes, deliver::DeliveryThread& delivery)
        : routes_(routes), delivery_(delivery) {}

    serve::Admission admit(const serve::Request& head) override { return routes_.admit(head); }
    serve::Response handle(const serve::Request& request) override {
        serve::Response response = routes_.handle(request);
        if (request.method != "GET" && response.status < 300) delivery_.wake();
        return response;
    }

private:
    serve::Handler& routes_;
    deliver::DeliveryThread& delivery_;
};

/// What of the packages cannot be used, each, and how much they refer to that nobody supplies
/// (`tsunagi validate` lists it).
void tell_gaps(const fhir::Definitions& definitions, EventLog& log) {
    std::size_t missing = 0;
    for (const fhir::Note& note : definitions.notes()) {
        if (note.kind == packages::note::kRefused) {
            log.warning("definition.unusable", {{"url", LogField::Word{note.subject}}});
        } else {
            ++missing;
        }
    }
    if (missing > 0) log.warning("definitions.missing", {{"count", missing}});
}

}  // namespace

struct RunningGateway::State {
    State(const Clock& time, EventLog& events) : clock(time), log(events) {}

    const Clock& clock;
    EventLog& log;
    crypto::SystemRandom random;

    std::optional<packages::MappedFile> pack;
    packages::PackageSet packages;
    exchange::Artifacts artifacts;  // points into the packs
    std::unique_ptr<OpenedStore> stored;
    std::unique_ptr<access::LiveDirectory> directory;

    std::optional<exchange::Exchange> exchange;
    std::optional<inquire::Inquire> inquire;
    std::optional<serve::Services> services;
    std::optional<serve::Router> router;

    std::optional<RenewableClient> client;
    std::optional<deliver::FhirRestChannel> channel;
    std::optional<deliver::ExchangeOutbox> outbox;
    std::optional<deliver::Worker> worker;
    std::optional<deliver::DeliveryThread> delivery;

    std::mutex keeper_mutex;
    std::condition_variable keeper_changed;
    bool keeper_stops = false;
    std::thread keeper;

    std::optional<WakingHandler> handler;
    std::unique_ptr<serve::Server> server;
    /// The same, for requests: the first may come before start() has returned.
    std::atomic<const serve::Server*> serving{nullptr};
    bool stopped = false;

    store::Store& store() const { return *stored->store; }
    Status sign_log() {
        auto checkpoint = store().sign_checkpoint(stored->signing_key);
        return checkpoint ? Status{} : Status{checkpoint.error()};
    }
    std::string metrics() const;
    void keep();
    Status housekeeping();
};

std::string RunningGateway::State::metrics() const {
    const serve::Server* running = serving.load();
    return serve::metrics_text(running ? running->counters() : serve::ServerCounters{}, store());
}

Status RunningGateway::State::housekeeping() {
    return store().write([&](store::Transaction& transaction) -> Status {
        auto forgotten = transaction.forget_answers(clock.now() - kAnswersKept);
        return forgotten ? Status{} : Status{forgotten.error()};
    });
}

/// Logs a fault when it begins and when it ends: a disk that is full must not fill with its own
/// log.
void RunningGateway::State::keep() {
    std::unique_lock lock(keeper_mutex);
    bool healthy = true;
    Instant next_tick{}, next_housekeeping{};
    while (!keeper_stops) {
        lock.unlock();
        const Instant now = clock.now();
        Status done;
        if (now >= next_tick) {
            auto wake = exchange->tick();
            if (!wake) {
                done = wake.error();
            } else if (delivery) {
                delivery->wake();
            }
            // What is submitted meanwhile needs a look no sooner than minutes from now.
            next_tick = now + kKeeperPace * 10;
            if (wake && *wake && **wake < next_tick) next_tick = **wake;
        }
        if (done) done = sign_log();
        if (done && now >= next_housekeeping) {
            done = housekeeping();
            next_housekeeping = now + kHousekeepingPace;
        }
        if (done.ok() != healthy) {
            healthy = done.ok();
            if (healthy) {
                log.info("keeper.recovered");
            } else {
                log.error("keeper.failed", {{"code", done.error().code}});
            }
        }
        lock.lock();
        keeper_changed.wait_for(lock, kKeeperPace, [this] { return keeper_stops; });
    }
}

RunningGateway::RunningGateway(std::unique_ptr<State> state) : state_(std::move(state)) {}
RunningGateway::~RunningGateway() { stop(); }
std::uint16_t RunningGateway::port() const { return state_->server->port(); }

Result<std::unique_ptr<RunningGateway>> RunningGateway::start(const Configuration& configuration,
                                                              const Home& home,
                                                              std::span<const std::string> packages,
                                                              const Clock& clock, EventLog& log) {
    auto state = std::make_unique<State>(clock, log);
    State& s = *state;
    auto pack = packages::MappedFile::open(home.pack);
    if (!pack) return pack.error();
    s.pack = std::move(*pack);
    auto definitions = exchange::own_definitions(s.pack->bytes(), home.folder);
    if (!definitions) return definitions.error();
    auto added = add_packages(home, packages, *definitions);
    if (!added) return added.error();
    tell_gaps(*definitions, log);
    s.packages = std::move(*added);
    auto artifacts =
        exchange::load_artifacts(std::move(*definitions), home.folder, configuration.registrations);
    if (!artifacts) return artifacts.error();
    s.artifacts = std::move(*artifacts);
    auto directory = access::LiveDirectory::open(configuration.directory);
    if (!directory) return directory.error();
    s.directory = std::move(*directory);
    auto stored = open_store(configuration, clock, s.random);
    if (!stored) return stored.error();
    s.stored = std::move(*stored);
    if (auto accepting = s.store().accepting(); !accepting)
        log.error("store.refuses", {{"code", accepting.error().code}});

    const exchange::Parts parts{s.store(), *s.directory, s.artifacts, clock, s.random, log};
    s.exchange.emplace(parts);
    s.inquire.emplace(parts);
    s.services.emplace(
        serve::Services{*s.exchange, *s.inquire, s.stored->log_key, [&s] { return s.sign_log(); },
                        [&s] { return s.store().accepting(); }, [&s] { return s.metrics(); }});
    s.router.emplace(serve::gateway_routes(*s.services), *s.directory, clock, log);

    s.client.emplace(deliver::ClientTls{configuration.client_certificate.string(),
                                        configuration.client_key.string(),
                                        configuration.server_authority.string()});
    s.channel.emplace(*s.client);
    s.outbox.emplace(*s.exchange);
    s.worker.emplace(*s.outbox, deliver::Worker::Channels{{"fhir_rest", &*s.channel}}, clock,
                     s.random, log);
    s.delivery.emplace(*s.worker, clock);
    s.handler.emplace(*s.router, *s.delivery);

    serve::ServerOptions options;
    options.address = configuration.address;
    options.port = configuration.port;
    options.tls = {configuration.server_certificate.string(), configuration.server_key.string(),
                   configuration.client_authority.string()};
    auto server = serve::Server::start(options, *s.handler, clock);
    if (!server) return server.error();
    s.server = std::move(*server);
    s.serving = s.server.get();
    s.keeper = std::thread([&s] { s.keep(); });
    log.info("gateway.started", {{"port", s.server->port()},
                                 {"programmes", s.artifacts.programmes.size()},
                                 {"accepting", s.store().accepting().ok()}});
    return std::unique_ptr<RunningGateway>(new RunningGateway(std::move(state)));
}

Status RunningGateway::reload() {
    State& s = *state_;
    const Status directory = s.directory->reload();
    const Status certificates = s.server->reload();
    s.client->renew();
    for (const auto& [what, status] :
         {std::pair{"directory", &directory}, std::pair{"certificates", &certificates}}) {
        if (status->ok()) {
            s.log.info("reload.done", {{"what", LogField::Word{what}}});
        } else {
            s.log.error("reload.kept_old", {{"what", LogField::Word{what}},
                                            {"code", status->error().code},
                                            {"where", LogField::Word{status->error().where}},
                                            {"why", LogField::Word{status->error().message}}});
        }
    }
    return directory ? certificates : directory;
}

bool RunningGateway::stop(std::chrono::milliseconds deadline) {
    State& s = *state_;
    if (s.stopped) return true;
    s.stopped = true;
    s.log.info("gateway.stopping");
    // Leases nothing more from here on; an attempt in progress may end by itself.
    const std::shared_future<void> last_attempt =
        std::async(std::launch::async, [&s] { s.delivery->stop(); });
    const auto cut_at = std::chrono::steady_clock::now() + deadline - kInterruptTime;
    auto cut = std::async(std::launch::async, [&s, last_attempt, cut_at] {
        if (last_attempt.wait_until(cut_at) == std::future_status::ready) return false;
        // Its outcome is unknown: after the lease the row is looked up at the hospital.
        s.client->interrupt();
        return true;
    });
    bool clean = s.server->stop(deadline);
    clean = !cut.get() && clean;
    last_attempt.wait();
    {
        const std::lock_guard lock(s.keeper_mutex);
        s.keeper_stops = true;
    }
    s.keeper_changed.notify_one();
    if (s.keeper.joinable()) s.keeper.join();
    if (auto signed_log = s.sign_log(); !signed_log)
        s.log.error("keeper.failed", {{"code", signed_log.error().code}});
    s.log.info("gateway.stopped", {{"clean", clean}});
    return clean;
}

}  // namespace tsunagi::app

#include "simulate/gateway.h"

#include <array>
#include <optional>
#include <utility>

#include "deliver/exchange_outbox.h"
#include "deliver/fhir_rest_channel.h"
#include "deliver/worker.h"
#include "inquire/inquire.h"
#include "serve/gateway_routes.h"
#include "serve/router.h"
#include "store/sqlite/sqlite_store.h"

namespace tsunagi::simulate {

struct Gateway::State {
    explicit State(const Machine& around)
        : machine(around), log_key{around.origin, around.signing_key.verify_key()} {}

    Machine machine;
    audit::NoteKey log_key;
    std::unique_ptr<store::Store> own_store;  ///< none: that of the gateway beside
    store::Store* store = nullptr;
    std::optional<exchange::Exchange> exchange;
    std::optional<inquire::Inquire> inquire;
    std::optional<serve::Services> services;
    std::optional<serve::Router> router;
    std::optional<deliver::FhirRestChannel> channel;
    std::optional<deliver::ExchangeOutbox> outbox;
    std::array<std::optional<deliver::Worker>, 2> workers;
};

Gateway::Gateway(std::unique_ptr<State> state) : state_(std::move(state)) {}
Gateway::~Gateway() = default;

Result<std::unique_ptr<Gateway>> Gateway::start(const Machine& machine) {
    auto state = std::make_unique<State>(machine);
    State& s = *state;
    store::SqliteOptions options;
    options.path = machine.database;
    options.vfs = machine.vfs;
    options.origin = machine.origin;
    options.readers = 2;
    auto store = store::open_sqlite(
        options, {machine.keys, machine.clock, machine.random, machine.last_signed, s.log_key});
    if (!store) return store.error();
    s.own_store = std::move(*store);
    s.store = s.own_store.get();
    return open(std::move(state), "worker-");
}

Result<std::unique_ptr<Gateway>> Gateway::beside(const Gateway& first) {
    auto state = std::make_unique<State>(first.state_->machine);
    state->store = first.state_->store;
    return open(std::move(state), "beside-");
}

Result<std::unique_ptr<Gateway>> Gateway::open(std::unique_ptr<State> state,
                                               std::string_view workers) {
    State& s = *state;
    const Machine& machine = s.machine;
    const exchange::Parts parts{*s.store,      machine.directory, machine.artifacts,
                                machine.clock, machine.random,    machine.log};
    // A gateway that starts again finds leases of its own last life; nothing of them is on the
    // wire.
    s.exchange.emplace(parts, std::chrono::milliseconds{0});
    s.inquire.emplace(parts);
    s.services.emplace(
        serve::Services{*s.exchange, *s.inquire, s.log_key,
                        [&s]() -> Status {
                            auto note = s.store->sign_checkpoint(s.machine.signing_key);
                            return note ? Status{} : Status{note.error()};
                        },
                        [&s] { return s.store->accepting(); }, [] { return std::string{}; }});
    auto routes = serve::gateway_routes(*s.services);
    if (auto checked = serve::check_routes(routes); !checked) return checked.error();
    s.router.emplace(std::move(routes), machine.directory, machine.clock, machine.log);
    s.channel.emplace(machine.hospitals);
    s.outbox.emplace(*s.exchange);
    for (std::size_t i = 0; i < s.workers.size(); ++i) {
        deliver::WorkerOptions worker;
        worker.name = std::string{workers} + std::to_string(i);
        s.workers[i].emplace(*s.outbox, deliver::Worker::Channels{{"fhir_rest", &*s.channel}},
                             machine.clock, machine.random, machine.log, worker);
    }
    return std::unique_ptr<Gateway>(new Gateway(std::move(state)));
}

serve::Handler& Gateway::handler() { return *state_->router; }

Instant Gateway::deliver(std::size_t worker) {
    return state_->workers.at(worker)->step(state_->machine.clock.now());
}

Result<std::optional<Instant>> Gateway::tick() { return state_->exchange->tick(); }
Status Gateway::sign_log() { return state_->services->sign_log(); }
store::Store& Gateway::store() { return *state_->store; }
const audit::NoteKey& Gateway::log_key() const { return state_->log_key; }

}  // namespace tsunagi::simulate

#pragma once
#include <memory>
#include <string>

#include "access/directory.h"
#include "audit/note.h"
#include "base/log.h"
#include "crypto/case_keys.h"
#include "deliver/http_client.h"
#include "exchange/exchange.h"
#include "serve/server.h"
#include "store/last_signed.h"

namespace tsunagi::simulate {

/// What a machine keeps when the gateway's process dies, and what is around it. All of it outlives
/// the gateway.
struct Machine {
    const Clock& clock;
    Random& random;
    EventLog& log;
    const exchange::Artifacts& artifacts;
    const access::LiveDirectory& directory;
    crypto::CaseKeys& keys;
    store::LastSigned& last_signed;
    const crypto::SigningKey& signing_key;
    deliver::HttpClient& hospitals;  ///< how the gateway reaches them
    std::string origin;              ///< names the log
    std::string database;            ///< path
    std::string vfs;                 ///< of the disk; empty: the operating system's
};

/// The whole gateway in one process, without sockets, threads or files of its own: routes,
/// exchange, store, two delivery workers. Destroying it is the death of its process; a new one on
/// the same machine is the restart. Thread rule: one thread.
class Gateway {
public:
    /// Errors: as store/sqlite/sqlite_store.h, and Invalid for a route table that is wrong.
    static Result<std::unique_ptr<Gateway>> start(const Machine& machine);
    /// Another gateway on the store of `first`, which outlives it: routes, exchange and workers of
    /// its own, so that it knows of the first's sends by their leases only.
    static Result<std::unique_ptr<Gateway>> beside(const Gateway& first);
    ~Gateway();
    Gateway(const Gateway&) = delete;
    Gateway& operator=(const Gateway&) = delete;

    serve::Handler& handler();
    /// One step of worker 0 or 1; when to step again.
    Instant deliver(std::size_t worker);
    Result<std::optional<Instant>> tick();
    Status sign_log();
    store::Store& store();
    const audit::NoteKey& log_key() const;

private:
    struct State;
    /// What `state` has a store for.
    static Result<std::unique_ptr<Gateway>> open(std::unique_ptr<State> state,
                                                 std::string_view workers);
    explicit Gateway(std::unique_ptr<State> state);
    std::unique_ptr<State> state_;
};

}  // namespace tsunagi::simulate

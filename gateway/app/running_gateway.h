#pragma once
#include <chrono>
#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include "app/configuration.h"
#include "app/home.h"
#include "base/clock.h"
#include "base/log.h"

namespace tsunagi::app {

/// The whole gateway in one process: store, directory, exchange, HTTPS server, one delivery thread,
/// and one thread that looks every second at what time alone does and signs the log when it has
/// grown. Thread rule: the methods from one thread.
class RunningGateway {
public:
    /// Starts to accept connections. Every fault of configuration, keys, data, packages or database
    /// is found here and names its file. `packages` are added to those of profiles/packages/
    /// (definitions.h). `clock` and `log` outlive the object.
    static Result<std::unique_ptr<RunningGateway>> start(const Configuration& configuration,
                                                         const Home& home,
                                                         std::span<const std::string> packages,
                                                         const Clock& clock, EventLog& log);
    ~RunningGateway();
    RunningGateway(const RunningGateway&) = delete;
    RunningGateway& operator=(const RunningGateway&) = delete;

    std::uint16_t port() const;

    /// Reads directory and certificates again. What cannot be read stays as it was: the Error says
    /// why.
    Status reload();

    /// Accepts no more, leases nothing more, lets what is in flight finish until `deadline`, signs
    /// the log. True when nothing had to be cut.
    bool stop(std::chrono::milliseconds deadline = std::chrono::seconds{10});

private:
    struct State;
    explicit RunningGateway(std::unique_ptr<State> state);
    std::unique_ptr<State> state_;
};

}  // namespace tsunagi::app

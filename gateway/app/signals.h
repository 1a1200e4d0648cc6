#pragma once
#include <signal.h>

namespace tsunagi::app {

/// Keeps SIGTERM, SIGINT and SIGHUP away from this thread and all it will start: only wait() takes
/// them. Make it before the first thread.
class LifeCycleSignals {
public:
    LifeCycleSignals();
    ~LifeCycleSignals();
    LifeCycleSignals(const LifeCycleSignals&) = delete;
    LifeCycleSignals& operator=(const LifeCycleSignals&) = delete;

    /// The next signal.
    int wait() const;
    /// SIGTERM or SIGINT has come and waits to be taken.
    bool asked_to_end() const;

private:
    sigset_t set_{};
    sigset_t before_{};
};

}  // namespace tsunagi::app

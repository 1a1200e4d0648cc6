#include "app/signals.h"

namespace tsunagi::app {

LifeCycleSignals::LifeCycleSignals() {
    sigemptyset(&set_);
    sigaddset(&set_, SIGTERM);
    sigaddset(&set_, SIGINT);
    sigaddset(&set_, SIGHUP);
    pthread_sigmask(SIG_BLOCK, &set_, &before_);
}

LifeCycleSignals::~LifeCycleSignals() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }

int LifeCycleSignals::wait() const {
    int number = 0;
    while (sigwait(&set_, &number) != 0) {
    }
    return number;
}

bool LifeCycleSignals::asked_to_end() const {
    sigset_t pending;
    sigemptyset(&pending);
    sigpending(&pending);
    return sigismember(&pending, SIGTERM) == 1 || sigismember(&pending, SIGINT) == 1;
}

}  // namespace tsunagi::app

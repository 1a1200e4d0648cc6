#pragma once
#include <ostream>

#include "app/home.h"
#include "app/signals.h"

namespace tsunagi::app {

/// One referral from a clinic to a hospital and back, one that is declined, one that is refused at
/// the door, and the proof of it all: played over real mutual TLS between processes of this
/// program, every step checked and told in plain words. Ends with kDone when every expectation
/// held. With `once` nothing stays behind; else the processes stay up until SIGINT. Thread rule:
/// one thread; `signals` stand before it.
int play_story(const Home& home, bool once, const LifeCycleSignals& signals, std::ostream& out);

}  // namespace tsunagi::app

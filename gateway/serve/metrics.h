#pragma once
#include <string>

#include "serve/server.h"
#include "store/store.h"

namespace tsunagi::serve {

/// What `/metrics` answers: Prometheus text of counts only. Nothing in it names a case, an
/// organisation or a person. Thread rule: any thread.
std::string metrics_text(const ServerCounters& counters, const store::Store& store);

}  // namespace tsunagi::serve

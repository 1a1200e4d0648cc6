#pragma once
#include <functional>
#include <string>
#include <vector>

#include "audit/note.h"
#include "exchange/exchange.h"
#include "inquire/inquire.h"
#include "serve/router.h"

namespace tsunagi::serve {

/// What the routes work with; all of it outlives the table.
struct Services {
    exchange::Exchange& exchange;
    inquire::Inquire& inquire;
    const audit::NoteKey& log_key;
    std::function<Status()> sign_log;      ///< signs a checkpoint over everything that is stored
    std::function<Status()> ready;         ///< may the gateway accept?
    std::function<std::string()> metrics;  ///< Prometheus text
};

/// The one route table of the gateway (contracts.md section 2).
std::vector<Route> gateway_routes(const Services& services);

}  // namespace tsunagi::serve

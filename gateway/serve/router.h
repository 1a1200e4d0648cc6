#pragma once
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "access/directory.h"
#include "base/clock.h"
#include "base/log.h"
#include "serve/http.h"
#include "serve/server.h"

namespace tsunagi::serve {

/// One request that may be answered: who asks and the values of the {…} segments, in order.
struct Call {
    const Request& request;
    access::Principal who;
    std::vector<std::string> values;
};

/// A row of the one route table.
struct Route {
    std::string method;
    std::string pattern;              ///< "/clinic/v1/referrals/{id}"
    std::vector<access::Role> roles;  ///< empty: anybody, without a certificate too (health only)
    std::size_t body_bytes = 0;       ///< 0: takes no body
    std::string audit_kind;           ///< what the access log calls it
    std::string summary;              ///< one English sentence, for openapi.json
    std::function<Response(const Call&)> handler;
};

/// Finds the route, then the partner: 404, 405, 401, 403, 415 and 413 are said before a byte of
/// body is read. Logs one event for each request: route, status, organisation; never the target.
/// Thread rule: any thread.
class Router final : public Handler {
public:
    Router(std::vector<Route> routes, const access::LiveDirectory& directory, const Clock& clock,
           EventLog& log);

    Admission admit(const Request& head) override;
    Response handle(const Request& request) override;

    const std::vector<Route>& routes() const noexcept { return routes_; }

private:
    struct Match {
        const Route* route = nullptr;
        std::vector<std::string> values;
        std::string allowed;  ///< methods of the path, when none of them is the request's
    };
    Match match(const Request& request) const;
    Result<access::Principal> authorise(const Request& request, const Route& route,
                                        int& status) const;

    std::vector<Route> routes_;
    const access::LiveDirectory& directory_;
    const Clock& clock_;
    EventLog& log_;
};

/// OpenAPI 3.1 of the table (`/openapi.json`).
std::string openapi(const std::vector<Route>& routes, std::string_view version);

}  // namespace tsunagi::serve

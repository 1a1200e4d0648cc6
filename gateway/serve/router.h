#pragma once
#include <functional>
#include <optional>
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
    bool takes_tables = false;  ///< text/csv and text/tab-separated-values beside JSON
};

/// Decides before a byte of body is read, in this order: public route; 401 without certificate; 403
/// unknown partner; 404 no such path; 405 with Allow; 403 role; 415 not JSON (413 is the reader's).
/// So a stranger learns the same from every path. Asks again when the body is complete: a partner
/// revoked meanwhile is stopped. HEAD is GET without its body; of two patterns that fit, the one
/// with fewer {…} is taken.
///
/// Logs one event for each request of a partner: route, status, organisation; never the target.
/// Strangers cannot make it log. Thread rule: any thread.
class Router final : public Handler {
public:
    Router(std::vector<Route> routes, const access::LiveDirectory& directory, const Clock& clock,
           EventLog& log);

    Admission admit(const Request& head) override;
    Response handle(const Request& request) override;

    const std::vector<Route>& routes() const noexcept { return routes_; }

private:
    struct Decision {
        const Route* route = nullptr;
        access::Principal who;
        std::vector<std::string> values;
        std::optional<Response> refusal;
    };
    Decision decide(const Request& head) const;
    void tell(const Decision& decision, int status);

    std::vector<Route> routes_;
    const access::LiveDirectory& directory_;
    const Clock& clock_;
    EventLog& log_;
};

/// Error Invalid names a row that is malformed, incomplete, there twice, or as exact as another
/// that fits the same paths.
Status check_routes(const std::vector<Route>& routes);

/// OpenAPI 3.1 of the table (`/openapi.json`).
std::string openapi(const std::vector<Route>& routes, std::string_view version);

}  // namespace tsunagi::serve

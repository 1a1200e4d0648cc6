#pragma once
#include "deliver/channel.h"
#include "deliver/http_client.h"

namespace tsunagi::deliver {

/// Posts the transaction to the hospital's FHIR server (hl7.org/fhir/R4/http.html#transaction) and
/// believes only a transaction-response with one 2xx for each entry. Looks by reading the Task and
/// comparing its delivery tag.
///
/// Method, path and header fields pass the packet's leak scan before a connection is made.
///
/// 400, 409, 410, 413, 415, 422 speak of this message: Refused. 401, 403, 404, 405, 429 and 503
/// speak of the receiver's state: Later. Any other answer after the bytes left: Unknown.
class FhirRestChannel final : public Channel {
public:
    explicit FhirRestChannel(HttpClient& client) : client_(client) {}

    Report send(const exchange::Dispatch& dispatch, const std::function<bool()>& may_send) override;
    Report look(const exchange::Dispatch& dispatch) override;

private:
    HttpClient& client_;
};

}  // namespace tsunagi::deliver

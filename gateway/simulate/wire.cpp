#include "simulate/wire.h"

namespace tsunagi::simulate {

deliver::HttpOutcome TappedClient::send(const deliver::HttpRequest& request) {
    using Kind = deliver::HttpOutcome::Kind;
    deliver::HttpRequest tapped = request;
    tapped.may_send = [&] {
        if (request.may_send && !request.may_send()) return false;
        observer_.on_last_look(request);
        observer_.on_sent(request);
        return true;
    };
    const Instant begun = clock_.now();
    deliver::HttpOutcome outcome = behind_.send(tapped);
    const bool late = clock_.now() - begun > request.total_time;
    if (late && outcome.kind == Kind::Replied) return {Kind::Unknown, {}, "timeout"};
    return outcome;
}

serve::Admission TappedHandler::admit(const serve::Request& head) {
    serve::Admission admission = behind_.admit(head);
    if (admission.refusal) observer_.on_answered(head, *admission.refusal);
    return admission;
}

serve::Response TappedHandler::handle(const serve::Request& request) {
    serve::Response response = behind_.handle(request);
    observer_.on_rendered(*this, request, response);
    observer_.on_answered(request, response);
    return response;
}

}  // namespace tsunagi::simulate

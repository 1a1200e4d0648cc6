#pragma once
#include <chrono>
#include <functional>
#include <optional>
#include <string>

#include "exchange/exchange.h"

namespace tsunagi::deliver {

/// What became of one attempt. `code` is a word of ours ("http-422", "connect"): it goes into log
/// and outcome, so it never holds anything the receiver said.
struct Report {
    enum class Kind {
        Delivered,  ///< the receiver has it
        Absent,     ///< of look(): the receiver answers and does not have it
        Later,      ///< the receiver took nothing over: the same message may go again
        Unknown,    ///< it may have arrived: look before sending again
        Refused,    ///< the receiver says no to this message: a person must look
    };
    Kind kind = Kind::Later;
    std::string code;
    std::optional<std::chrono::seconds> retry_after;  ///< what the receiver asked for
};

/// One way to a recipient (contracts.md section 8). It takes only what the egress door cleared
/// (`dispatch.body`). Thread rule: one thread.
class Channel {
public:
    virtual ~Channel() = default;
    /// `may_send` is asked again as late as the channel can: when it says no, nothing leaves.
    virtual Report send(const exchange::Dispatch& dispatch,
                        const std::function<bool()>& may_send) = 0;
    /// Reads back whether exactly this message has arrived: Delivered, Absent or Later.
    virtual Report look(const exchange::Dispatch& dispatch) = 0;
};

}  // namespace tsunagi::deliver

#include "deliver/worker.h"

#include <algorithm>
#include <utility>

namespace tsunagi::deliver {
namespace {

using Kind = Report::Kind;

/// The store is not there: try again soon, without a busy loop.
constexpr std::chrono::seconds kStoreDelay{5};

/// Errors of prepare() that no later attempt can change.
bool is_final(Code code) {
    return code == Code::Denied || code == Code::Conflict || code == Code::NotFound ||
           code == Code::Invalid;
}

/// Denied and Conflict carry a code of exchange's own; the rest speak to operators.
std::string word_of(const Error& error) {
    const bool coded = error.code == Code::Denied || error.code == Code::Conflict;
    return coded ? error.message : std::string{name(error.code)};
}

}  // namespace

Worker::Worker(Outbox& outbox, Channels channels, const Clock& clock, Random& random, EventLog& log,
               WorkerOptions options)
    : outbox_(outbox),
      channels_(std::move(channels)),
      clock_(clock),
      random_(random),
      log_(log),
      options_(std::move(options)) {}

Instant Worker::step(Instant now) {
    const auto row = outbox_.lease(now, options_.lease, options_.name);
    if (!row) return now + kStoreDelay;
    if (*row) {
        attempt(**row);
        return clock_.now();
    }
    const auto due = outbox_.next_due();
    if (!due) return now + kStoreDelay;
    return *due ? std::max(**due, now) : Instant::max();
}

void Worker::attempt(const store::OutboxRow& row) {
    const auto dispatch = outbox_.prepare(row);
    if (!dispatch) {
        const std::string reason = word_of(dispatch.error());
        if (is_final(dispatch.error().code))
            settle(row, outbox_.give_up(row, reason));
        else
            postpone(row, {Kind::Later, reason, {}});
        return;
    }
    const auto channel = channels_.find(dispatch->endpoint.channel);
    if (channel == channels_.end()) {
        settle(row, outbox_.give_up(row, "no-channel"));
        return;
    }
    if (dispatch->body.recipient() != row.hospital.text()) {
        settle(row, outbox_.give_up(row, "wrong-recipient"));
        return;
    }
    const Report report = exchange_with(*channel->second, row, *dispatch);
    switch (report.kind) {
        case Kind::Delivered:
            settle(row, outbox_.delivered(row, *dispatch, report.code));
            break;
        case Kind::Refused:
            settle(row, outbox_.give_up(row, report.code));
            break;
        case Kind::Absent:
        case Kind::Later:
        case Kind::Unknown:
            postpone(row, report);
            break;
    }
}

Report Worker::exchange_with(Channel& channel, const store::OutboxRow& row,
                             const exchange::Dispatch& dispatch) {
    if (row.attempts > 1) {
        Report seen = channel.look(dispatch);
        if (seen.kind != Kind::Absent) return seen;
    }
    // Kept until the channel is done: a withdrawal waits for it.
    exchange::Sends::Hold hold;
    const auto may_send = [&] {
        hold = {};
        if (clock_.now() + options_.send_time > row.due) return false;
        hold = outbox_.begin(row, dispatch);
        return hold.is_held();
    };
    if (!may_send()) return {Kind::Later, "held-back", {}};
    hold = {};  // not yet: connecting may take long, and the channel asks again
    return channel.send(dispatch, may_send);
}

void Worker::postpone(const store::OutboxRow& row, const Report& report) {
    const Instant now = clock_.now();
    if (now - row.queued >= options_.retry.retention) {
        settle(row, outbox_.give_up(row, "undelivered"));
        return;
    }
    Instant next = now + delay_after(row.attempts, options_.retry, random_);
    if (report.retry_after) next = std::max<Instant>(next, now + *report.retry_after);
    // Past its time the row must go to consultation then, not when a long delay ends.
    if (row.not_after)
        next = std::min(next, std::max(now, *row.not_after) + std::chrono::microseconds{1});
    settle(row, outbox_.postpone(row, next, report.code));
}

void Worker::settle(const store::OutboxRow& row, const Status& recorded) {
    if (recorded) return;
    // Conflict: the row was cancelled or went to another worker meanwhile, which is theirs to tell.
    // Anything else: the lease runs out and the next holder looks before it sends.
    log_.warning(
        "delivery.not-recorded",
        {{"delivery", row.number}, {"attempts", row.attempts}, {"code", recorded.error().code}});
}

}  // namespace tsunagi::deliver

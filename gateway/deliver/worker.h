#pragma once
#include <map>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/log.h"
#include "base/random.h"
#include "deliver/channel.h"
#include "deliver/retry.h"

/// Carries queued messages to hospitals: one attempt a step, never a blind resend.
namespace tsunagi::deliver {

/// What the worker asks of the gateway; exchange_outbox.h is the real one.
class Outbox {
public:
    virtual ~Outbox() = default;
    /// The next due row, leased until `now + lease`; none: nothing is due.
    virtual Result<std::optional<store::OutboxRow>> lease(Instant now,
                                                          std::chrono::microseconds lease,
                                                          std::string_view worker) = 0;
    /// The last look before a send, exchange/exchange.h begin_send: empty when the row is not ours
    /// any more or the consent changed.
    virtual exchange::Sends::Hold begin(const store::OutboxRow& row,
                                        const exchange::Dispatch& dispatch) = 0;
    /// When the next row is due; none: nothing is queued.
    virtual Result<std::optional<Instant>> next_due() = 0;

    /// exchange/exchange.h says what these four do and mean.
    virtual Result<exchange::Dispatch> prepare(const store::OutboxRow& row) = 0;
    virtual Status delivered(const store::OutboxRow& row, const exchange::Dispatch& dispatch,
                             std::string_view outcome) = 0;
    virtual Status postpone(const store::OutboxRow& row, Instant next_at,
                            std::string_view reason) = 0;
    virtual Status give_up(const store::OutboxRow& row, std::string_view reason) = 0;
};

struct WorkerOptions {
    std::string name = "worker";
    /// A crashed worker's row is taken over after this; an attempt fits in it.
    std::chrono::microseconds lease = exchange::kSendLease;
    /// No send begins with less of the lease left than a send may take.
    std::chrono::microseconds send_time = std::chrono::seconds{16};
    RetryPolicy retry;
};

/// One worker. A row that was leased before may have been sent by whoever held it: the worker looks
/// at the receiver first and sends only what is not there. Several workers may run, each with its
/// own channels. Thread rule: one thread.
class Worker {
public:
    using Channels = std::map<std::string, Channel*, std::less<>>;  ///< by Endpoint::channel

    Worker(Outbox& outbox, Channels channels, const Clock& clock, Random& random, EventLog& log,
           WorkerOptions options = {});

    /// Makes one attempt for one due row, at most. Returns when to step again: at once after an
    /// attempt, at the next due row, or Instant::max() when nothing is queued.
    Instant step(Instant now);

private:
    void attempt(const store::OutboxRow& row);
    Report exchange_with(Channel& channel, const store::OutboxRow& row,
                         const exchange::Dispatch& dispatch);
    void postpone(const store::OutboxRow& row, const Report& report);
    void settle(const store::OutboxRow& row, const Status& recorded);

    Outbox& outbox_;
    Channels channels_;
    const Clock& clock_;
    Random& random_;
    EventLog& log_;
    WorkerOptions options_;
};

}  // namespace tsunagi::deliver

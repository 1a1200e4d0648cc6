#pragma once
#include "deliver/worker.h"

namespace tsunagi::deliver {

/// The outbox of a running gateway: rows from the store, meaning from the exchange. Thread rule:
/// any thread.
class ExchangeOutbox final : public Outbox {
public:
    explicit ExchangeOutbox(exchange::Exchange& exchange) : exchange_(exchange) {}

    Result<std::optional<store::OutboxRow>> lease(Instant now, std::chrono::microseconds lease,
                                                  std::string_view worker) override;
    exchange::Sends::Hold begin(const store::OutboxRow& row,
                                const exchange::Dispatch& dispatch) override;
    Result<std::optional<Instant>> next_due() override;
    Result<exchange::Dispatch> prepare(const store::OutboxRow& row) override;
    Status delivered(const store::OutboxRow& row, const exchange::Dispatch& dispatch,
                     std::string_view outcome) override;
    Status postpone(const store::OutboxRow& row, Instant next_at, std::string_view reason) override;
    Status give_up(const store::OutboxRow& row, std::string_view reason) override;

private:
    exchange::Exchange& exchange_;
};

}  // namespace tsunagi::deliver

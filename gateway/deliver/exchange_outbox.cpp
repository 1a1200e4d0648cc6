#include "deliver/exchange_outbox.h"

namespace tsunagi::deliver {

Result<std::optional<store::OutboxRow>> ExchangeOutbox::lease(Instant now,
                                                              std::chrono::microseconds lease,
                                                              std::string_view worker) {
    // A read is cheap; a write, even an empty one, waits for the disk.
    const auto due = next_due();
    if (!due) return due.error();
    if (!*due || **due > now) return std::optional<store::OutboxRow>{};
    std::optional<store::OutboxRow> row;
    const Status leased = exchange_.parts().store.write([&](store::Transaction& transaction) {
        auto next = transaction.lease_next(now, lease, worker);
        if (!next) return Status{next.error()};
        row = std::move(*next);
        return Status{};
    });
    if (!leased) return leased.error();
    return row;
}

exchange::Sends::Hold ExchangeOutbox::begin(const store::OutboxRow& row,
                                            const exchange::Dispatch& dispatch) {
    return exchange_.begin_send(row, dispatch);
}

Result<std::optional<Instant>> ExchangeOutbox::next_due() {
    std::optional<Instant> due;
    const Status looked = exchange_.parts().store.read([&](store::Reader& reader) {
        const auto next = reader.next_delivery();
        if (!next) return Status{next.error()};
        due = *next;
        return Status{};
    });
    if (!looked) return looked.error();
    return due;
}

Result<exchange::Dispatch> ExchangeOutbox::prepare(const store::OutboxRow& row) {
    return exchange_.prepare(row);
}

Status ExchangeOutbox::delivered(const store::OutboxRow& row, const exchange::Dispatch& dispatch,
                                 std::string_view outcome) {
    return exchange_.delivered(row, dispatch, outcome);
}

Status ExchangeOutbox::postpone(const store::OutboxRow& row, Instant next_at,
                                std::string_view reason) {
    return exchange_.postpone(row, next_at, reason);
}

Status ExchangeOutbox::give_up(const store::OutboxRow& row, std::string_view reason) {
    return exchange_.give_up(row, reason);
}

}  // namespace tsunagi::deliver

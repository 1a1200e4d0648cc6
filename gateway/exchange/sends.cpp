#include "exchange/sends.h"

namespace tsunagi::exchange {

Sends::Hold& Sends::Hold::operator=(Hold&& other) noexcept {
    if (this == &other) return *this;
    release();
    sends_ = std::exchange(other.sends_, nullptr);
    id_ = std::move(other.id_);
    return *this;
}

void Sends::Hold::release() noexcept {
    if (!sends_) return;
    const std::lock_guard lock(sends_->mutex_);
    --sends_->cases_.find(id_.text())->second.holds;
    sends_->settle(id_.text());
    sends_ = nullptr;
}

Sends::Pause::~Pause() {
    if (!sends_) return;
    const std::lock_guard lock(sends_->mutex_);
    --sends_->cases_.find(id_.text())->second.pauses;
    sends_->settle(id_.text());
}

Sends::Hold Sends::begin(const store::CaseId& id) {
    const std::lock_guard lock(mutex_);
    Count& count = cases_[id.text()];
    if (count.pauses > 0) return {};
    ++count.holds;
    return Hold(*this, id);
}

Sends::Pause Sends::pause(const store::CaseId& id, std::chrono::milliseconds patience) {
    std::unique_lock lock(mutex_);
    Count& count = cases_[id.text()];
    ++count.pauses;
    changed_.wait_for(lock, patience, [&] { return count.holds == 0; });
    return Pause(*this, id);
}

void Sends::leased(store::DeliveryNumber number, std::int64_t fence) {
    // A row is reported within its lease; numbers grow, so what is far behind is done.
    constexpr std::size_t kKept = 4096;
    const std::lock_guard lock(mutex_);
    leases_[number] = fence;
    if (leases_.size() > kKept) leases_.erase(leases_.begin());
}

bool Sends::is_ours(store::DeliveryNumber number, std::int64_t fence) const {
    const std::lock_guard lock(mutex_);
    const auto known = leases_.find(number);
    return known != leases_.end() && known->second == fence;
}

void Sends::settle(const std::string& id) {
    const auto at = cases_.find(id);
    if (at->second.holds == 0 && at->second.pauses == 0) cases_.erase(at);
    changed_.notify_all();
}

}  // namespace tsunagi::exchange

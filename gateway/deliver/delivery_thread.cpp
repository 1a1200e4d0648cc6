#include "deliver/delivery_thread.h"

#include <algorithm>

namespace tsunagi::deliver {
namespace {

/// However far the next row is: another process may queue one, and the clock may be set.
constexpr std::chrono::microseconds kLongestSleep = std::chrono::seconds{5};

}  // namespace

DeliveryThread::DeliveryThread(Worker& worker, const Clock& clock)
    : worker_(worker), clock_(clock), thread_([this] { run(); }) {}

DeliveryThread::~DeliveryThread() { stop(); }

void DeliveryThread::wake() {
    {
        const std::lock_guard lock(mutex_);
        woken_ = true;
    }
    changed_.notify_one();
}

void DeliveryThread::stop() {
    {
        const std::lock_guard lock(mutex_);
        stopping_ = true;
    }
    changed_.notify_one();
    if (thread_.joinable()) thread_.join();
}

void DeliveryThread::run() {
    std::unique_lock lock(mutex_);
    while (!stopping_) {
        woken_ = false;
        lock.unlock();
        const Instant now = clock_.now();
        const Instant next = worker_.step(now);
        lock.lock();
        if (next <= now) continue;
        const auto rest = std::min(next - now, kLongestSleep);
        changed_.wait_for(lock, rest, [this] { return stopping_ || woken_; });
    }
}

}  // namespace tsunagi::deliver

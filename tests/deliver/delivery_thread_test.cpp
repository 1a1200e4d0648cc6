#include "deliver/delivery_thread.h"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <mutex>

#include "deliver/fake_outbox.h"

namespace tsunagi::deliver {
namespace {

using std::chrono::seconds;

/// An outbox without rows that counts how often it is asked.
class EmptyOutbox final : public Outbox {
public:
    Result<std::optional<store::OutboxRow>> lease(Instant, std::chrono::microseconds,
                                                  std::string_view) override {
        {
            const std::lock_guard lock(mutex_);
            ++asked_;
        }
        changed_.notify_all();
        return std::optional<store::OutboxRow>{};
    }
    bool wait_for(int times) {
        std::unique_lock lock(mutex_);
        return changed_.wait_for(lock, seconds{10}, [&] { return asked_ >= times; });
    }
    exchange::Sends::Hold begin(const store::OutboxRow&, const exchange::Dispatch&) override {
        return {};
    }
    Result<std::optional<Instant>> next_due() override { return std::optional<Instant>{}; }
    Result<exchange::Dispatch> prepare(const store::OutboxRow&) override {
        return Error{Code::NotFound, "none", {}};
    }
    Status delivered(const store::OutboxRow&, const exchange::Dispatch&,
                     std::string_view) override {
        return {};
    }
    Status postpone(const store::OutboxRow&, Instant, std::string_view) override { return {}; }
    Status give_up(const store::OutboxRow&, std::string_view) override { return {}; }

private:
    std::mutex mutex_;
    std::condition_variable changed_;
    int asked_ = 0;
};

TEST(DeliveryThread, LooksAtOnceWhenWokenAndEndsWhenStopped) {
    const SystemClock clock;
    SeededRandom random(1);
    EventLog log(clock, [](std::string_view) {});
    EmptyOutbox outbox;
    Worker worker(outbox, {}, clock, random, log);
    DeliveryThread thread(worker, clock);
    ASSERT_TRUE(outbox.wait_for(1));
    for (int i = 2; i < 20; ++i) {
        thread.wake();
        ASSERT_TRUE(outbox.wait_for(i)) << i;
    }
    const auto began = std::chrono::steady_clock::now();
    thread.stop();
    thread.stop();
    EXPECT_LT(std::chrono::steady_clock::now() - began, seconds{4});
}

/// Start, wake and stop may meet in any order; 300 rounds met each order on two cores.
TEST(DeliveryThread, SurvivesBeingStoppedWhileItStarts) {
    const SystemClock clock;
    SeededRandom random(1);
    EventLog log(clock, [](std::string_view) {});
    EmptyOutbox outbox;
    Worker worker(outbox, {}, clock, random, log);
    for (int i = 0; i < 300; ++i) {
        DeliveryThread thread(worker, clock);
        if (i % 2 == 0) thread.wake();
    }
}

}  // namespace
}  // namespace tsunagi::deliver

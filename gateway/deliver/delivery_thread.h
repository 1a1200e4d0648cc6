#pragma once
#include <condition_variable>
#include <mutex>
#include <thread>

#include "deliver/worker.h"

namespace tsunagi::deliver {

/// The shell of one worker: a thread that steps it until stopped. Starts with the object. Thread
/// rule: wake and stop from any thread.
class DeliveryThread {
public:
    /// `worker` and `clock` outlive the object; nobody else steps `worker`.
    DeliveryThread(Worker& worker, const Clock& clock);
    ~DeliveryThread();
    DeliveryThread(const DeliveryThread&) = delete;
    DeliveryThread& operator=(const DeliveryThread&) = delete;

    /// Something was queued: look now.
    void wake();
    /// Leases nothing more and returns when the attempt in progress has ended (interrupt the HTTP
    /// client first to make that soon).
    void stop();

private:
    void run();

    Worker& worker_;
    const Clock& clock_;
    std::mutex mutex_;
    std::condition_variable changed_;
    bool woken_ = false;
    bool stopping_ = false;
    std::thread thread_;
};

}  // namespace tsunagi::deliver

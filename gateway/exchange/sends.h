#pragma once
#include <chrono>
#include <condition_variable>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <utility>

#include "store/ids.h"

namespace tsunagi::exchange {

/// How long a worker holds a message; its send begins and ends within.
inline constexpr std::chrono::seconds kSendLease{30};

/// Which cases have a send on the wire in this process, and which must not begin one: between the
/// last look at the consent and the first byte nothing may be withdrawn. Thread rule: any thread.
class Sends {
public:
    /// While it is held a change of the case's consent waits. Empty: nothing may begin.
    class Hold {
    public:
        Hold() = default;
        Hold(Hold&& other) noexcept
            : sends_(std::exchange(other.sends_, nullptr)), id_(std::move(other.id_)) {}
        Hold& operator=(Hold&& other) noexcept;
        ~Hold() { release(); }
        bool is_held() const noexcept { return sends_ != nullptr; }

    private:
        friend class Sends;
        Hold(Sends& sends, store::CaseId id) : sends_(&sends), id_(std::move(id)) {}
        void release() noexcept;
        Sends* sends_ = nullptr;
        store::CaseId id_;
    };

    /// While it lives no send of the case begins.
    class Pause {
    public:
        Pause(Pause&& other) noexcept
            : sends_(std::exchange(other.sends_, nullptr)), id_(std::move(other.id_)) {}
        Pause& operator=(Pause&&) = delete;
        ~Pause();

    private:
        friend class Sends;
        Pause(Sends& sends, store::CaseId id) : sends_(&sends), id_(std::move(id)) {}
        Sends* sends_;
        store::CaseId id_;
    };

    Sends() = default;
    Sends(const Sends&) = delete;
    Sends& operator=(const Sends&) = delete;

    /// Empty while the case is paused.
    Hold begin(const store::CaseId& id);
    /// Waits for sends that have begun, at most `patience`: a hospital that does not answer must
    /// not keep a person from withdrawing. What is still on the wire then may have arrived.
    Pause pause(const store::CaseId& id, std::chrono::milliseconds patience = kPatience);

    static constexpr std::chrono::seconds kPatience{5};

    /// This gateway took the lease of the row with this fence: its sends wait for the pause above,
    /// those of other gateways on the same store do not.
    void leased(store::DeliveryNumber number, std::int64_t fence);
    bool is_ours(store::DeliveryNumber number, std::int64_t fence) const;

private:
    struct Count {
        int holds = 0, pauses = 0;
    };
    /// Forgets a case that nobody holds or pauses; wakes those who wait.
    void settle(const std::string& id);

    mutable std::mutex mutex_;
    std::condition_variable changed_;
    std::map<store::DeliveryNumber, std::int64_t> leases_;  ///< the latest fence of each row
    std::map<std::string, Count, std::less<>> cases_;
};

}  // namespace tsunagi::exchange

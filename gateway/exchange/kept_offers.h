#pragma once
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "exchange/results.h"

namespace tsunagi::exchange {

/// An offer as a submit rendered, scanned and cleared it. Nothing of the case has changed as long
/// as case, rendition and consent stand at their first version (render.h, is_current).
struct KeptOffer {
    Dispatch dispatch;
    std::vector<std::string> withheld;  ///< what the person excluded when it was rendered
};

/// Offers between their submit and their sending, so that they are rendered and scanned once. In
/// memory only, few and for minutes: what is not here is rendered anew. Thread rule: any thread.
class KeptOffers {
public:
    static constexpr std::size_t kMostBytes = 16U << 20;
    static constexpr std::chrono::minutes kLongest{5};

    KeptOffers() = default;
    KeptOffers(const KeptOffers&) = delete;
    KeptOffers& operator=(const KeptOffers&) = delete;

    /// Under its alias, which has one offer. Too many: it is not kept.
    void keep(const store::Alias& alias, KeptOffer offer, Instant now);
    /// Each is given out once.
    std::optional<KeptOffer> take(const store::Alias& alias, Instant now);
    /// Forgets those that wait too long.
    void sweep(Instant now);
    std::size_t size() const;

private:
    struct Held {
        KeptOffer offer;
        Instant since;
    };
    void drop_old(Instant now);

    mutable std::mutex mutex_;
    std::map<std::string, Held, std::less<>> offers_;
    std::size_t bytes_ = 0;
};

}  // namespace tsunagi::exchange

#include "exchange/kept_offers.h"

#include <utility>

namespace tsunagi::exchange {

void KeptOffers::keep(const store::Alias& alias, KeptOffer offer, Instant now) {
    const std::lock_guard lock(mutex_);
    const std::size_t size = offer.dispatch.body.bytes().size();
    if (bytes_ + size > kMostBytes) drop_old(now);
    if (bytes_ + size > kMostBytes) return;
    if (offers_.try_emplace(alias.text(), Held{std::move(offer), now}).second) bytes_ += size;
}

std::optional<KeptOffer> KeptOffers::take(const store::Alias& alias, Instant now) {
    const std::lock_guard lock(mutex_);
    const auto found = offers_.find(alias.text());
    if (found == offers_.end()) return {};
    bytes_ -= found->second.offer.dispatch.body.bytes().size();
    const auto held = offers_.extract(found);
    if (held.mapped().since + kLongest < now) return {};
    return std::move(held.mapped().offer);
}

void KeptOffers::sweep(Instant now) {
    const std::lock_guard lock(mutex_);
    drop_old(now);
}

std::size_t KeptOffers::size() const {
    const std::lock_guard lock(mutex_);
    return offers_.size();
}

void KeptOffers::drop_old(Instant now) {
    for (auto each = offers_.begin(); each != offers_.end();) {
        if (each->second.since + kLongest < now) {
            bytes_ -= each->second.offer.dispatch.body.bytes().size();
            each = offers_.erase(each);
        } else {
            ++each;
        }
    }
}

}  // namespace tsunagi::exchange

#pragma once
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

/// What each sign that a word is a name weighs, in sixteenths of the logarithm of the odds
/// (hints.h). Not an interface of the module. Thread rule: any thread, once filled.
namespace tsunagi::privacy {

class HintWeights {
public:
    static constexpr std::uint64_t kAlways = ~std::uint64_t{0};  ///< the sign of every word

    void add(std::uint64_t sign, int weight) {
        if ((size_ + 1) * 2 > slots_.size()) {
            std::vector<Slot> old(std::max<std::size_t>(1024, slots_.size() * 2));
            old.swap(slots_);
            for (const Slot& slot : old) {
                if (slot.sign != 0) slots_[place(slot.sign)] = slot;
            }
        }
        Slot& slot = slots_[place(sign)];
        size_ += slot.sign == 0;
        slot = {sign, weight};
    }
    /// 0: not known.
    int operator[](std::uint64_t sign) const {
        return slots_.empty() ? 0 : slots_[place(sign)].weight;
    }
    std::size_t size() const { return size_; }

private:
    struct Slot {
        std::uint64_t sign = 0;
        int weight = 0;
    };
    /// The sign's slot, or the free one where it belongs: half of them are free.
    std::size_t place(std::uint64_t sign) const {
        const std::size_t mask = slots_.size() - 1;
        std::size_t i = (sign * 0x9E3779B97F4A7C15U >> 20) & mask;
        while (slots_[i].sign != 0 && slots_[i].sign != sign) i = (i + 1) & mask;
        return i;
    }

    std::vector<Slot> slots_;  ///< a power of two
    std::size_t size_ = 0;
};

}  // namespace tsunagi::privacy

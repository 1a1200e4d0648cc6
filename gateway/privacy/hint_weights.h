#pragma once
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
        if (++size_ * 4 > slots_.size() * 3) {
            std::vector<Slot> old(slots_.size() * 2);
            old.swap(slots_);
            for (const Slot& slot : old) {
                if (slot.trace != 0) slots_[place(slot.trace)] = slot;
            }
        }
        slots_[place(trace_of(sign))] = {trace_of(sign), weight};
    }
    /// 0: not known.
    int operator[](std::uint64_t sign) const { return slots_[place(trace_of(sign))].weight; }
    std::size_t size() const { return size_; }

private:
    /// Small, so that all of them stay in a near cache: a sign is known by its trace, which hardly
    /// ever two of ten thousand share; the later one then counts for both.
    struct Slot {
        std::uint32_t trace = 0;  ///< 0: free
        std::int32_t weight = 0;
    };
    static std::uint32_t trace_of(std::uint64_t sign) {
        return static_cast<std::uint32_t>(sign * 0x9E3779B97F4A7C15U >> 32) | 1U;
    }
    /// The trace's slot, or the free one where it belongs.
    std::size_t place(std::uint32_t trace) const {
        const std::size_t mask = slots_.size() - 1;
        std::size_t i = (trace >> 1) * 0x85EBCA77U >> 7 & mask;
        while (slots_[i].trace != 0 && slots_[i].trace != trace) i = (i + 1) & mask;
        return i;
    }

    std::vector<Slot> slots_ = std::vector<Slot>(1024);  ///< a power of two
    std::size_t size_ = 0;
};

}  // namespace tsunagi::privacy

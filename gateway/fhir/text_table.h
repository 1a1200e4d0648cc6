#pragma once
#include <cstdint>
#include <string_view>
#include <utility>
#include <vector>

#include "fhir/hash.h"

namespace tsunagi::fhir {

/// What a name of definitions stands for: a hash table in one block, because a walk looks into it
/// for every code and reference. Keys are views and must outlive it. Thread rule: add on one
/// thread; afterwards any number of readers.
template <class T>
class TextTable {
public:
    /// A key that is there already keeps its value.
    void emplace(std::string_view key, const T* value) {
        if (2 * (count_ + 1) > slots_.size()) grow();
        Slot& slot = slots_[place(key, hash_text(key, kSeed))];
        if (slot.value) return;
        slot = {hash_text(key, kSeed), key, value};
        ++count_;
    }

    /// Null if there is none.
    const T* find(std::string_view key) const noexcept {
        if (slots_.empty()) return nullptr;
        return slots_[place(key, hash_text(key, kSeed))].value;
    }

private:
    struct Slot {
        std::uint64_t hash = 0;
        std::string_view key;
        const T* value = nullptr;
    };
    /// The keys come from definitions, so it may be known.
    static constexpr std::uint64_t kSeed = 1;
    static constexpr std::size_t kFirstSize = 64;

    /// Of the key, or of the free slot where it belongs.
    std::size_t place(std::string_view key, std::uint64_t hash) const noexcept {
        const std::size_t mask = slots_.size() - 1;
        std::size_t at = hash & mask;
        while (slots_[at].value && (slots_[at].hash != hash || slots_[at].key != key))
            at = (at + 1) & mask;
        return at;
    }
    void grow() {
        std::vector<Slot> before(slots_.empty() ? kFirstSize : slots_.size() * 2);
        before.swap(slots_);
        for (const Slot& each : before) {
            if (each.value) slots_[place(each.key, each.hash)] = each;
        }
    }

    std::vector<Slot> slots_;  ///< a power of two, at most half of them taken
    std::size_t count_ = 0;
};

}  // namespace tsunagi::fhir

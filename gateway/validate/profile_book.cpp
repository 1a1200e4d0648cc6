#include <atomic>

#include "validate/profile.h"
#include "validate/profile_compiler.h"

namespace tsunagi::validate {

struct ProfileBook::Slot {
    std::atomic<const Profile*> profile = nullptr;
    std::atomic<bool> is_settled = false;
};

ProfileBook::ProfileBook(const fhir::Definitions& definitions, const Invariants& invariants)
    : definitions_(definitions),
      invariants_(invariants),
      slots_(std::make_unique<Slot[]>(definitions.element_count())) {}
ProfileBook::~ProfileBook() = default;

const Profile* ProfileBook::of(const fhir::TypeDef& definition) const {
    if (!definition.is_profile || !definition.root) return nullptr;
    Slot& slot = slots_[definition.root->ordinal];
    if (slot.is_settled.load(std::memory_order_acquire))
        return slot.profile.load(std::memory_order_relaxed);
    const std::lock_guard lock(mutex_);
    if (slot.is_settled.load(std::memory_order_relaxed))
        return slot.profile.load(std::memory_order_relaxed);
    Profile& profile = profiles_.emplace_back();
    if (ProfileCompiler(definitions_, invariants_).compile(definition, profile))
        slot.profile.store(&profile, std::memory_order_relaxed);
    slot.is_settled.store(true, std::memory_order_release);
    return slot.profile.load(std::memory_order_relaxed);
}

}  // namespace tsunagi::validate

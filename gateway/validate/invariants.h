#pragma once
#include <atomic>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "fhir/definitions.h"
#include "fhirpath/expression.h"
#include "validate/presence.h"
#include "validate/shortcuts.h"

namespace tsunagi::validate {

/// One condition, parsed. Without an expression it could not be: whoever meets it says so.
struct Invariant {
    const fhir::Constraint* constraint = nullptr;
    std::optional<fhirpath::Expression> expression;
    const Shortcut* shortcut = nullptr;
    std::optional<Presence> presence;
};

/// The conditions that the walk judges without FHIRPath, because every element has them or a text
/// of any size may ask for them. Each is what its expression says; tests/validate compares the two.
enum class NativeRule { None, Ele1, Ext1, Dom2, Dom3, Dom4, Dom5, Dom6, Ref1, Txt1, Txt2, Bdl7 };

/// Which of them `constraint` is, by key and expression: a profile may use a key for another rule.
NativeRule native_rule(const fhir::Constraint& constraint) noexcept;

/// The FHIRPath conditions of all elements, parsed when they are first asked for, once each.
/// Thread rule: any number of threads.
class Invariants {
public:
    explicit Invariants(const fhir::Definitions& definitions);

    /// Those of `element` alone, native ones left out.
    std::span<const Invariant* const> of(const fhir::ElementDef& element) const {
        const List* list = slots_[element.ordinal].load(std::memory_order_acquire);
        return list ? *list : compile(element);
    }

    /// Those of a value of `type` under `element`: of the type, then of the element what the type
    /// does not ask as well. `own` keeps the list where it has to be made.
    std::span<const Invariant* const> of_value(const fhir::ElementDef& element,
                                               const fhir::TypeDef& type,
                                               std::vector<const Invariant*>& own) const;

    /// The parsed form of one constraint.
    const Invariant& parsed(const fhir::Constraint& constraint) const;

private:
    using List = std::vector<const Invariant*>;

    std::span<const Invariant* const> compile(const fhir::ElementDef& element) const;
    const Invariant& parse(const fhir::Constraint& constraint) const;

    /// By ElementDef::ordinal: of the element alone; of the values of elements with one type.
    std::unique_ptr<std::atomic<const List*>[]> slots_, value_slots_;
    mutable std::mutex mutex_;  ///< guards what follows
    mutable std::deque<List> lists_;
    mutable std::unordered_map<const fhir::Constraint*, Invariant> parsed_;
};

}  // namespace tsunagi::validate

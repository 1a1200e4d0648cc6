#include "validate/invariants.h"

#include <algorithm>
#include <array>
#include <utility>

namespace tsunagi::validate {
namespace {

struct Native {
    std::string_view key;
    std::string_view expression;  ///< empty: any under this key
    NativeRule rule;
};

constexpr std::array kNative = {
    Native{"ele-1", "hasValue() or (children().count() > id.count())", NativeRule::Ele1},
    Native{"ext-1", "extension.exists() != value.exists()", NativeRule::Ext1},
    Native{"dom-2", "contained.contained.empty()", NativeRule::Dom2},
    Native{"dom-3",
           "contained.where((('#'+id in (%resource.descendants().reference | "
           "%resource.descendants().as(canonical) | %resource.descendants().as(uri) | "
           "%resource.descendants().as(url))) or descendants().where(reference = '#').exists() or "
           "descendants().where(as(canonical) = '#').exists() or "
           "descendants().where(as(canonical) = '#').exists()).not()).trace('unmatched', "
           "id).empty()",
           NativeRule::Dom3},
    Native{"dom-4", "contained.meta.versionId.empty() and contained.meta.lastUpdated.empty()",
           NativeRule::Dom4},
    Native{"dom-5", "contained.meta.security.empty()", NativeRule::Dom5},
    Native{"dom-6", "text.`div`.exists()", NativeRule::Dom6},
    Native{"dom-6", "text.div.exists()", NativeRule::Dom6},
    Native{"ref-1",
           "reference.startsWith('#').not() or (reference.substring(1).trace('url') in "
           "%rootResource.contained.id.trace('ids'))",
           NativeRule::Ref1},
    Native{"txt-1", "htmlChecks()", NativeRule::Txt1},
    Native{"txt-2", "htmlChecks()", NativeRule::Txt2},
    Native{"bdl-7",
           "(type = 'history') or "
           "entry.where(fullUrl.exists()).select(fullUrl&resource.meta.versionId).isDistinct()",
           NativeRule::Bdl7},
};

/// Conditions of R4 whose expression does not say what their text says, and what R5 made of them.
struct Repair {
    std::string_view key;
    std::string_view expression;
    std::string_view meant;
};

constexpr std::array kRepairs = {
    // Without fullUrl the expression is empty, which is not true.
    Repair{"bdl-8", "fullUrl.contains('/_history/').not()",
           "fullUrl.exists() implies fullUrl.contains('/_history/').not()"},
    Repair{
        "ras-2", "probability is decimal implies (probability as decimal) <= 100",
        "probability.empty() or (probability is decimal implies (probability as decimal) <= 100)"},
    // "More than one" is two or more.
    Repair{"que-12", "enableWhen.count() > 2 implies enableBehavior.exists()",
           "enableWhen.count() >= 2 implies enableBehavior.exists()"},
    // The type of FHIR is "boolean"; System.Boolean is never that of an element.
    Repair{"que-7", "operator = 'exists' implies (answer is Boolean)",
           "operator = 'exists' implies (answer is boolean)"},
};

std::string_view meaning_of(const fhir::Constraint& constraint) noexcept {
    for (const Repair& each : kRepairs) {
        if (each.key == constraint.key && each.expression == constraint.expression)
            return each.meant;
    }
    return constraint.expression;
}

}  // namespace

NativeRule native_rule(const fhir::Constraint& constraint) noexcept {
    if (constraint.key.size() != 5) return NativeRule::None;
    const auto at = std::ranges::find_if(kNative, [&](const Native& each) {
        return each.key == constraint.key && each.expression == constraint.expression;
    });
    return at == kNative.end() ? NativeRule::None : at->rule;
}

Invariants::Invariants(const fhir::Definitions& definitions)
    : slots_(std::make_unique<std::atomic<const List*>[]>(definitions.element_count())),
      value_slots_(std::make_unique<std::atomic<const List*>[]>(definitions.element_count())) {}

std::span<const Invariant* const> Invariants::of_value(const fhir::ElementDef& element,
                                                       const fhir::TypeDef& type,
                                                       std::vector<const Invariant*>& own) const {
    const bool is_kept = element.types.size() == 1;
    if (is_kept) {
        if (const List* list = value_slots_[element.ordinal].load(std::memory_order_acquire))
            return *list;
    }
    const bool has_rules_of_type = type.kind == fhir::TypeKind::Logical ||
                                   (type.kind == fhir::TypeKind::Complex && !type.is_group);
    const auto of_type = has_rules_of_type ? of(*type.root) : std::span<const Invariant* const>{};
    const auto of_element = of(element);
    if (!is_kept && of_element.empty()) return of_type;
    own.assign(of_type.begin(), of_type.end());
    for (const Invariant* each : of_element) {
        // Snapshots repeat on the element what the type asks for.
        if (std::ranges::none_of(of_type, [&](const Invariant* other) {
                return other == each || other->constraint->key == each->constraint->key;
            })) {
            own.push_back(each);
        }
    }
    if (!is_kept) return own;
    const std::lock_guard lock(mutex_);
    auto& slot = value_slots_[element.ordinal];
    if (const List* list = slot.load(std::memory_order_relaxed)) return *list;
    const List& list = lists_.emplace_back(own);
    slot.store(&list, std::memory_order_release);
    return list;
}

std::span<const Invariant* const> Invariants::compile(const fhir::ElementDef& element) const {
    const std::lock_guard lock(mutex_);
    auto& slot = slots_[element.ordinal];
    if (const List* list = slot.load(std::memory_order_relaxed)) return *list;
    List& list = lists_.emplace_back();
    for (const fhir::Constraint* each : element.constraints) {
        // A condition without an expression is for people.
        if (each->expression.empty() || native_rule(*each) != NativeRule::None) continue;
        list.push_back(&parse(*each));
    }
    slot.store(&list, std::memory_order_release);
    return list;
}

const Invariant& Invariants::parsed(const fhir::Constraint& constraint) const {
    const std::lock_guard lock(mutex_);
    return parse(constraint);
}

const Invariant& Invariants::parse(const fhir::Constraint& constraint) const {
    const auto [at, fresh] = parsed_.try_emplace(&constraint);
    if (fresh) {
        at->second.constraint = &constraint;
        at->second.shortcut = shortcut_of(constraint.expression);
        at->second.presence = Presence::parse(meaning_of(constraint));
        auto expression = fhirpath::Expression::parse(meaning_of(constraint));
        if (expression) at->second.expression = std::move(*expression);
    }
    return at->second;
}

}  // namespace tsunagi::validate

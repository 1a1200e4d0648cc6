#pragma once
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "fhir/definitions.h"
#include "translate/slot.h"

/// A condition that only asks what is there: `%packet.identity.exists()`, `phone.empty() and
/// %letter.phone.empty()`. Most conditions of maps are such; they are told without FHIRPath and
/// mean the same. Immutable after compile(). Not an interface.
namespace tsunagi::translate {

struct Presence {
    struct Step {
        std::string key;
        bool is_primitive = false;  ///< only then `_key` counts beside a value
    };
    struct Term {
        std::optional<std::uint32_t> slot;  ///< none: the focus
        std::vector<Step> steps;
        bool there = true;  ///< `exists()`, else `empty()`
    };
    std::vector<Term> terms;  ///< empty: any other expression
    bool all = true;          ///< joined by `and`, else by `or`
};

/// Slot and static type of a variable; nothing where the name is none.
using FindVariable =
    std::function<std::optional<std::pair<std::uint32_t, const fhir::TypeDef*>>(std::string_view)>;

/// Reads FHIRPath whose every step is an element of a known type, and no choice.
Presence presence_of(std::string_view text, const fhir::TypeDef* focus,
                     const FindVariable& variable);

/// Whether anything is at the end of `steps` below `from`.
bool is_there(const Slot& from, const std::vector<Presence::Step>& steps);

}  // namespace tsunagi::translate

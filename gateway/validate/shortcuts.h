#pragma once
#include <optional>
#include <span>
#include <string_view>

#include "json/document.h"

namespace tsunagi::validate {

/// A condition that nearly every resource asks, told without FHIRPath where the members that are
/// there decide. tests/validate compares each with its expression.
struct Shortcut {
    std::string_view expression;
    /// What the expression says of an object; empty: ask the expression.
    std::optional<bool> (*judge)(json::Value object);
};

/// The one for an expression; null if there is none.
const Shortcut* shortcut_of(std::string_view expression) noexcept;

std::span<const Shortcut> all_shortcuts() noexcept;

}  // namespace tsunagi::validate

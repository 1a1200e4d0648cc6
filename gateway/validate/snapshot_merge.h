#pragma once
#include <span>
#include <string_view>

#include "base/result.h"
#include "json/builder.h"

/// One ElementDefinition laid over another. Inner part of snapshot.h.
namespace tsunagi::validate::snapshot {

/// A max as a number: "*" is the largest there is; absent or no number: `otherwise`.
std::uint32_t read_max(std::string_view text, std::uint32_t otherwise);

/// `base` with what `change` says laid over it (R4 elementdefinition.html): texts and values
/// replace, lists of constraints, aliases, conditions, mappings and extensions grow, a text that
/// begins with "..." is appended, a binding keeps the value set it does not name. Id, path and base
/// stay. Says nothing about what is allowed.
json::Value overlay(json::Builder& builder, json::Value base, json::Value change);

/// `element` with one member replaced (`value` absent: removed). The value is copied.
json::Value with_member(json::Builder& builder, json::Value element, std::string_view key,
                        json::Value value);
json::Value with_text(json::Builder& builder, json::Value element, std::string_view key,
                      std::string_view text);
json::Value with_number(json::Builder& builder, json::Value element, std::string_view key,
                        std::uint32_t number);

/// `element` with `types` as its type list, in order.
json::Value with_types(json::Builder& builder, json::Value element,
                       std::span<const json::Value> types);

/// `element` as slicing: one discriminator {type, path}, unless it says a slicing already.
json::Value with_slicing(json::Builder& builder, json::Value element, std::string_view type,
                         std::string_view path, bool closed);

}  // namespace tsunagi::validate::snapshot

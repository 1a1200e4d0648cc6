#pragma once
#include <cstdint>
#include <string_view>
#include <utility>
#include <vector>

#include "fhir/bundle.h"
#include "fhir/element.h"
#include "json/document.h"

namespace tsunagi::validate {

/// One value of an element: its JSON, and what stands beside a primitive ("_name").
struct Spot {
    json::Value value;  ///< absent: a primitive with a companion only
    json::Value companion;
    const fhir::TypeDef* type = nullptr;

    json::Value members() const noexcept {
        return type && type->kind == fhir::TypeKind::Primitive ? companion : value;
    }
    std::uint32_t offset() const noexcept { return value ? value.offset() : companion.offset(); }
};

/// The member "_name" beside "name".
inline json::Value companion_of(json::Value object, std::string_view name) noexcept {
    for (const json::Value each : object) {
        const std::string_view key = each.key();
        if (key.size() == name.size() + 1 && key.front() == '_' && key.substr(1) == name)
            return each;
    }
    return {};
}

/// Where the path of each discriminator leads from one item: first in the walk's spots, how many.
using Reached = std::vector<std::pair<std::size_t, std::size_t>>;

/// Whether something holds; Unknown where definitions or code lists are missing.
enum class Fit : std::uint8_t { No, Yes, Unknown };

/// What references and contained resources are looked up in.
struct Surroundings {
    json::Value container;  ///< the resource that holds the contained ones
    json::Value resource;   ///< the innermost one
    const fhir::BundleIndex* bundle = nullptr;
    const fhir::Entry* entry = nullptr;  ///< of `bundle`, around the container
    bool is_contained = false;
    json::Value beside;  ///< the primitive whose companion is being walked
};

/// What a reference means.
struct Target {
    std::string_view type_name;  ///< empty: not known
    json::Value resource;        ///< absent: not here
    const fhir::Entry* entry = nullptr;
    bool is_broken = false;  ///< it had to be here
};

/// How many errors there were so far. The difference tells what was found within a value.
struct Faults {
    std::size_t all = 0;
    std::size_t form = 0;   ///< Harm::Form or Shape
    std::size_t shape = 0;  ///< Harm::Shape
    std::size_t own = 0;    ///< without those that only profiles of resources see
};
}  // namespace tsunagi::validate

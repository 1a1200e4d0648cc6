#pragma once
#include <cstdint>
#include <string_view>

#include "fhir/definitions.h"
#include "json/document.h"

namespace tsunagi::translate {

/// Where in the output: the path of an element within its resource, and which resource.
struct Home {
    std::uint32_t path = 0;      ///< of TargetPaths; 0: not in the output
    std::uint32_t resource = 0;  ///< of TargetPaths; 0: the root of the output, or none yet
};

/// What a variable holds: a node of the source, of the output, or one made for the variable alone.
struct Slot {
    const json::Node* node = nullptr;
    const json::Node* companion = nullptr;  ///< `_name` of a source primitive
    const fhir::TypeDef* type = nullptr;    ///< null: unknown
    json::Node* parent = nullptr;           ///< in the output: the object that holds it, as `key`
    std::string_view key;
    Home home;
    /// The source leaf that it is or was made of, or (from -2 down) a list of leaves; -1: none.
    std::int32_t cells = -1;
    bool detached = false;  ///< in the output, without a parent yet
    bool stable = false;    ///< a literal of the map: its text lies in the program
    bool own = false;       ///< its text lies in the output already

    bool empty() const noexcept { return !companion && (!node || node->kind == json::Kind::Null); }
    std::string_view text() const noexcept { return json::Value{node}.text(); }
};

}  // namespace tsunagi::translate

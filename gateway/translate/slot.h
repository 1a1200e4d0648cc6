#pragma once
#include <cstdint>
#include <string_view>

#include "fhir/definitions.h"
#include "json/document.h"

namespace tsunagi::translate {

/// What a variable holds: a node of the source, of the output, or one made for the variable alone.
struct Slot {
    const json::Node* node = nullptr;
    const json::Node* companion = nullptr;  ///< `_name` of a source primitive
    const fhir::TypeDef* type = nullptr;    ///< null: unknown
    json::Node* parent = nullptr;           ///< in the output: the object that holds it, as `key`
    std::string_view key;
    std::uint32_t path = 0;   ///< TargetPaths
    std::int32_t cell = -1;   ///< the source leaf it is
    std::int32_t cells = -1;  ///< or the list of leaves it was made of
    bool detached = false;    ///< in the output, without a parent yet
    bool stable = false;      ///< a literal of the map: its text outlives the run
    bool own = false;         ///< its text lies in the output already

    bool empty() const noexcept { return !companion && (!node || node->kind == json::Kind::Null); }
    std::string_view text() const noexcept { return json::Value{node}.text(); }
};

}  // namespace tsunagi::translate

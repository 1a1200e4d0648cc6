#pragma once
#include <cstdint>
#include <string>
#include <string_view>

#include "fhir/element.h"

namespace tsunagi::validate {

/// Where a check stands: one step of the way from the root, on the stack of whoever walks. Text is
/// made of it only when something is reported.
struct Place {
    static constexpr std::uint32_t kNoIndex = 0xFFFFFFFF;

    const Place* up = nullptr;
    std::string_view name = {};  ///< "purposes"; at the root "Packet"
    const fhir::ElementDef* element =
        nullptr;                          ///< null for resourceType and a resource at the root
    std::string_view choice = {};         ///< type taken by a choice element: "Quantity"
    const fhir::TypeDef* type = nullptr;  ///< of what stands here; null where it is not known
    std::uint32_t index = kNoIndex;
    bool is_cell = false;  ///< the element belongs to a logical model: its label is a cell's name
};

/// FHIRPath: "Packet.bedRequest.purposes[1].code", "Observation.value.ofType(Quantity).unit".
std::string expression_of(const Place& place);

/// What the Japanese form calls it: "入院申込書＞入院の目的（2番目）＞目的". Outside logical models
/// the expression.
std::string label_of(const Place& place);

}  // namespace tsunagi::validate

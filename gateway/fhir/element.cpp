#include "fhir/element.h"

#include "fhir/hash.h"
#include "json/same_bytes.h"

namespace tsunagi::fhir {

std::string_view ElementDef::facet(std::string_view facet_name) const noexcept {
    for (const Facet& each : facets) {
        if (each.name == facet_name) return each.value;
    }
    return {};
}

const Member* TypeDef::find(std::string_view member_name) const noexcept {
    if (slots.empty()) return nullptr;
    const std::size_t mask = slots.size() - 1;
    for (std::size_t at = hash_member(member_name) & mask; slots[at] != kFreeSlot;
         at = (at + 1) & mask) {
        const Member& member = members[slots[at]];
        if (member.name.size() == member_name.size() &&
            json::same_bytes(member.name.data(), member_name.data(), member_name.size()))
            return &member;
    }
    return nullptr;
}

const ElementDef* TypeDef::element(std::string_view element_name) const noexcept {
    for (const ElementDef* each : elements) {
        if (each->name == element_name) return each;
    }
    return nullptr;
}

}  // namespace tsunagi::fhir

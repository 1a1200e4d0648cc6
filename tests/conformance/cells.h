#pragma once
#include <map>
#include <string>

#include "json/document.h"

namespace tsunagi::conformance {

/// Every leaf below `value`: "Packet.bedRequest.purposes[0].code" and what stands there.
inline std::map<std::string, std::string> cells_of(json::Value value,
                                                   const std::string& path = "Packet") {
    std::map<std::string, std::string> cells;
    std::size_t index = 0;
    if (!value.is_object() && !value.is_array()) cells.emplace(path, value.text());
    for (const json::Value child : value) {
        if (child.key() == "resourceType") continue;
        cells.merge(cells_of(child, child.key().empty() ? path + "[" + std::to_string(index++) + "]"
                                                        : path + "." + std::string{child.key()}));
    }
    return cells;
}

}  // namespace tsunagi::conformance

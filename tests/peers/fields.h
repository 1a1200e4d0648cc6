#pragma once
#include <string>
#include <vector>

namespace tsunagi::peers {

/// The fields of a line of tab-separated values.
inline std::vector<std::string> fields(const std::string& line) {
    std::vector<std::string> parts(1);
    for (const char c : line) {
        if (c == '\t') {
            parts.emplace_back();
        } else {
            parts.back() += c;
        }
    }
    return parts;
}

}  // namespace tsunagi::peers

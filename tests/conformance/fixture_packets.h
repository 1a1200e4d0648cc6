#pragma once
#include <algorithm>
#include <filesystem>
#include <string>
#include <vector>

/// The packets of fixtures/packets.
namespace tsunagi::conformance {

inline std::filesystem::path packets() {
    return std::filesystem::path{TSUNAGI_SOURCE_DIR} / "fixtures/packets";
}

/// Those that the gateway accepts: the ones without an outcome beside them, by name.
inline std::vector<std::string> accepted_cases() {
    std::vector<std::string> names;
    for (const auto& entry : std::filesystem::directory_iterator(packets())) {
        const std::string file = entry.path().filename().string();
        if (!file.ends_with(".in.json")) continue;
        const std::string name = file.substr(0, file.size() - 8);
        if (!std::filesystem::exists(packets() / (name + ".outcome.json"))) names.push_back(name);
    }
    std::sort(names.begin(), names.end());
    return names;
}

}  // namespace tsunagi::conformance

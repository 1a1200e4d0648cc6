#pragma once
#include <filesystem>
#include <optional>

#include "base/result.h"

namespace tsunagi::app {

/// Where the data of the program lies: profiles, maps and the definitions pack. No path is compiled
/// in.
struct Home {
    std::filesystem::path folder;  ///< holds profiles/ and mappings/
    std::filesystem::path pack;    ///< the R4 definitions
    std::filesystem::path program;

    std::filesystem::path profiles() const { return folder / "profiles"; }
    std::filesystem::path mappings() const { return folder / "mappings"; }
};

/// `given`, or the nearest folder above the program that holds profiles/ and mappings/ (a source
/// tree, or an installation's share folder beside bin). The pack is share/r4.pack beside the
/// program's bin, else in the folder. NotFound otherwise.
Result<Home> find_home(const std::optional<std::filesystem::path>& given);

/// The running program's own file.
std::filesystem::path program_path();

}  // namespace tsunagi::app

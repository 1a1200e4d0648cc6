#pragma once
#include <filesystem>
#include <span>

#include "base/result.h"

namespace tsunagi::packages {

struct PackSummary {
    std::size_t packages = 0;
    std::size_t resources = 0;  ///< conformance resources taken in
    std::size_t bytes = 0;      ///< of the pack
};

/// Compiles the conformance resources of FHIR packages into one definitions pack
/// (fhir/pack_format.h) and puts it at `target` in one step: whoever maps the old file keeps it,
/// and a crash leaves the old file or the new one. The same packages give the same bytes.
Result<PackSummary> compile_pack(std::span<const std::filesystem::path> packages,
                                 const std::filesystem::path& target);

}  // namespace tsunagi::packages

#pragma once
#include <filesystem>
#include <istream>
#include <string>
#include <string_view>

#include "base/limits.h"
#include "base/result.h"
#include "json/document.h"

namespace tsunagi::app {

/// What the command line reads: 64 MB (architecture.md section 5). The network's limits are
/// smaller.
inline constexpr JsonLimits kCommandLineLimits{std::size_t{64} << 20, 64, 8'000'000};

/// A whole file of at most `max_bytes`. NotFound, Unavailable (cannot be read) or Invalid (too
/// large); `where` is the path.
Result<std::string> read_file(const std::filesystem::path& path,
                              std::size_t max_bytes = kCommandLineLimits.max_bytes);

/// The same; "-" is `in`.
Result<std::string> read_operand(const std::string& operand, std::istream& in);

/// Reads a file as JSON; `where` of an error is the path and the place in it.
Result<json::Document> read_json(const std::filesystem::path& path);

/// Writes beside the target and renames: whoever reads sees the old text or the new one.
Status write_file(const std::filesystem::path& path, std::string_view text);

}  // namespace tsunagi::app

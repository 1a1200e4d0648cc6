#pragma once
#include <filesystem>

#include "base/bytes.h"
#include "base/result.h"

namespace tsunagi::packages {

/// Puts `bytes` at `target` in one step: whoever maps the old file keeps it, and a crash leaves the
/// old file or the new one. Several processes may do so at once. Error Unavailable with the path.
Status replace_file(const std::filesystem::path& target, BytesView bytes);

}  // namespace tsunagi::packages

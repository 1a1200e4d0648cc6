#pragma once
#include <filesystem>
#include <span>

#include "base/bytes.h"
#include "exchange/artifacts.h"

namespace tsunagi::exchange {

/// Reads everything that is data: `pack` is the compiled R4 definitions (it must outlive the
/// result); below `home` lie profiles/{models,extensions,terminology,programmes,disclosure} and
/// mappings; `registrations` are the operator's lists of registered doctors. Every fault is found
/// here, at start-up: Error Invalid with `where` = the file (and the rule, map line or element in
/// it).
Result<Artifacts> load_artifacts(BytesView pack, const std::filesystem::path& home,
                                 std::span<const std::filesystem::path> registrations);

}  // namespace tsunagi::exchange

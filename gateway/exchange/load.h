#pragma once
#include <filesystem>
#include <span>

#include "base/bytes.h"
#include "exchange/artifacts.h"

namespace tsunagi::exchange {

/// R4 and what is ours: `pack` is the compiled R4 definitions (it must outlive the result), below
/// `home` lie profiles/{models,extensions,terminology}. Further packages may be added to the result
/// before it is used. Error Invalid with `where` = the file and the element in it.
Result<fhir::Definitions> own_definitions(BytesView pack, const std::filesystem::path& home);

/// Reads everything else that is data: profiles/{programmes,disclosure} and mappings below `home`;
/// `registrations` are the operator's lists of registered doctors. Every fault is found here, at
/// start-up: Error Invalid with `where` = the file (and the rule, map line or element in it).
Result<Artifacts> load_artifacts(fhir::Definitions definitions, const std::filesystem::path& home,
                                 std::span<const std::filesystem::path> registrations);

/// Both, without further packages.
Result<Artifacts> load_artifacts(BytesView pack, const std::filesystem::path& home,
                                 std::span<const std::filesystem::path> registrations);

}  // namespace tsunagi::exchange

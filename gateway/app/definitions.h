#pragma once
#include <memory>
#include <span>
#include <string>

#include "app/home.h"
#include "fhir/definitions.h"
#include "packages/mapped_file.h"

namespace tsunagi::app {

/// The R4 definitions, our own profiles, and the packages that a command line names. Move-only.
struct LoadedDefinitions {
    packages::MappedFile pack;
    std::unique_ptr<fhir::Definitions> definitions;  ///< views the pack
};

/// `packages` are FHIR packages (.tgz), folders of conformance resources, or single ones. An Error
/// names the file.
Result<LoadedDefinitions> load_definitions(const Home& home, std::span<const std::string> packages);

}  // namespace tsunagi::app

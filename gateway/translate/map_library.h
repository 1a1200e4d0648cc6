#pragma once
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "fhir/definitions.h"

namespace tsunagi::translate {

/// One map, in the mapping language or as StructureMap JSON. `name` is what errors call it: the
/// file name.
struct MapText {
    std::string name;
    std::string text;
};

/// Every `*.map` of a folder (not below it), sorted by name. Error NotFound: no folder or no map.
Result<std::vector<MapText>> read_map_folder(const std::string& folder);

struct Program;  // program.h

/// A set of FHIR Mapping Language maps that may import each other, checked and compiled at
/// start-up: groups resolved and typed per use, elements looked up, FHIRPath parsed. What can be
/// wrong with a map is found here and not at a patient. Immutable; copies are handles. Thread rule:
/// any threads.
class MapLibrary {
public:
    /// `definitions` must outlive the library. Error Invalid: syntax, unknown group, element, type,
    /// variable or map; `where` = "FILE line L column C".
    static Result<MapLibrary> load(std::span<const MapText> maps,
                                   const fhir::Definitions& definitions);

    /// The maps that read_map_folder() finds.
    static Result<MapLibrary> load_folder(const std::string& folder,
                                          const fhir::Definitions& definitions);

    /// Canonical URLs of the maps, in the order given.
    std::vector<std::string> urls() const;
    const std::shared_ptr<const Program>& program() const noexcept { return program_; }

private:
    explicit MapLibrary(std::shared_ptr<const Program> program) : program_(std::move(program)) {}
    /// Shared because copies of a library are handles of the same immutable program.
    std::shared_ptr<const Program> program_;
};

}  // namespace tsunagi::translate

#pragma once
#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/result.h"
#include "fhir/definitions.h"
#include "json/document.h"
#include "translate/map_syntax.h"
#include "translate/steps.h"

/// The compiled form of a library: every group once per combination of argument types, with slots
/// instead of names and members instead of elements. Immutable after compile(). Not an interface.
namespace tsunagi::translate {

/// A group for one combination of argument types.
struct Instance {
    const syntax::Group* group = nullptr;
    std::uint32_t base = kNoSlot;  ///< instance of the group it extends; runs first
    std::uint32_t slots = 0;
    std::vector<Rule> rules;
    Spot spot;
};

struct Entry {
    std::string url;
    std::uint32_t instance = 0;
    const fhir::TypeDef* source = nullptr;  ///< null: by resourceType
    const fhir::TypeDef* target = nullptr;
};

struct Program {
    const fhir::Definitions* definitions = nullptr;
    std::vector<std::unique_ptr<const std::string>> files;
    std::vector<std::unique_ptr<const syntax::Map>> maps;
    std::vector<std::unique_ptr<const CodeTable>> tables;
    json::Document literals;
    std::deque<Slot> literal_slots;  ///< one per literal; a deque leaves them in place
    std::vector<Instance> instances;
    std::vector<Entry> entries;
    // The types the engine makes values of.
    const fhir::TypeDef *string = nullptr, *boolean = nullptr, *integer = nullptr,
                        *decimal = nullptr, *date = nullptr, *date_time = nullptr, *time = nullptr,
                        *quantity = nullptr, *uri = nullptr, *code = nullptr, *coding = nullptr,
                        *codeable_concept = nullptr, *identifier = nullptr,
                        *contact_point = nullptr, *reference = nullptr;
};

Result<std::shared_ptr<const Program>> compile(
    std::vector<std::pair<std::string, syntax::Map>> maps, const fhir::Definitions& definitions);

}  // namespace tsunagi::translate

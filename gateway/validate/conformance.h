#pragma once
#include <map>
#include <string>
#include <string_view>

#include "json/document.h"
#include "validate/walk.h"

namespace tsunagi::validate {

/// What conformance resources must hold beyond their elements and conditions: that a
/// StructureDefinition only narrows its base, that a CodeSystem uses its properties as it declares
/// them, that a ValueSet names systems by address (hl7.org/fhir/R4/profiling.html,
/// codesystem.html, valueset.html).
class ConformanceCheck {
public:
    explicit ConformanceCheck(Walk& walk) : walk_(walk) {}

    void resource(json::Value value, const fhir::TypeDef& type, const Place& place);

private:
    void value_set(json::Value value, const Place& place);
    void code_system(json::Value value, const Place& place);
    void concepts(json::Value parent, const std::map<std::string_view, std::string_view>& types,
                  const Place& place);
    void structure(json::Value value, const Place& place);
    void sources(json::Value element, std::string_view url, const Place& place);
    void element(json::Value element, const fhir::TypeDef& base, const Place& place);
    void against(json::Value element, const fhir::ElementDef& base, const Place& place);
    const fhir::ElementDef* find(const fhir::TypeDef& base, std::string_view id,
                                 std::string_view path) const;
    bool follow(const fhir::TypeDef*& at, std::string_view name) const;
    bool is_path(const fhir::TypeDef*& at, std::string_view path) const;
    void discriminators(json::Value slicing, const fhir::TypeDef* sliced, const Place& place);
    void fault(const Place& place, json::Value at, std::string_view ja, std::string_view en);

    Walk& walk_;
};

}  // namespace tsunagi::validate

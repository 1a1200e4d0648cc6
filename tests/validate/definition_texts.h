#pragma once
#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

#include "validate/world.h"

/// Definitions and instances written down where a test needs them.
namespace tsunagi::validate::testing_world {

inline constexpr std::string_view kProfile = "https://x.example/P";

inline std::string profile_of(std::string_view type, std::string_view elements) {
    return R"({"resourceType": "StructureDefinition", "url": ")" + std::string{kProfile} +
           R"(", "name": "P", "status": "draft", "kind": "resource", "abstract": false, "type": ")" +
           std::string{type} + R"(", "baseDefinition": "http://hl7.org/fhir/StructureDefinition/)" +
           std::string{type} + R"(", "derivation": "constraint", "differential": {"element": [)" +
           std::string{elements} + "]}}";
}

inline std::vector<std::string> check_with(const std::vector<std::string>& definitions,
                                           std::string_view instance) {
    std::vector<json::Document> documents;
    for (const std::string& each : definitions) documents.push_back(parse(each));
    const auto world = World::with(documents);
    EXPECT_NE(world->definitions.type(kProfile), nullptr) << "no snapshot could be made";
    const json::Document document = parse(instance);
    return faults(world->validator.validate(document.root(),
                                            {.profiles = {std::string{kProfile}}, .hints = false}));
}

inline std::string observation(std::string_view members) {
    return R"({"resourceType": "Observation", "status": "final", "code": {"text": "x"}, )" +
           std::string{members} + "}";
}

/// A profile of a data type of its own, under any URL.
inline std::string type_profile(std::string_view url, std::string_view type,
                                std::string_view elements, std::string_view more = "") {
    return R"({"resourceType": "StructureDefinition", "url": ")" + std::string{url} +
           R"(", "name": "T", "status": "draft", "kind": "complex-type", "abstract": false, "type": ")" +
           std::string{type} + R"(", "baseDefinition": "http://hl7.org/fhir/StructureDefinition/)" +
           std::string{type} + R"(", "derivation": "constraint", )" + std::string{more} +
           R"("differential": {"element": [)" + std::string{elements} + "]}}";
}

}  // namespace tsunagi::validate::testing_world

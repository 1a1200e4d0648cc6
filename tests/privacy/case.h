#pragma once
#include <string>
#include <string_view>
#include <utility>

#include "json/reader.h"
#include "privacy/disclosure.h"
#include "privacy/rendition.h"
#include "support/definitions.h"

/// What the privacy tests share: the R4 definitions, the shipped allow-lists and one synthetic
/// case.
namespace tsunagi::privacy::test {

inline json::Document read_json(std::string_view text) {
    return std::move(json::read(text)).value();
}

inline json::Document read_file(const std::string& below_source) {
    return read_json(support::read_file(std::string{TSUNAGI_SOURCE_DIR} + "/" + below_source));
}

using support::definitions;

inline DisclosureRules shipped_rules(const std::string& stage) {
    const json::Document file = read_file("profiles/disclosure/" + stage + ".json");
    return std::move(DisclosureRules::load(file.root(), definitions())).value();
}

inline const DisclosureRules& offer_rules() {
    static const DisclosureRules rules = shipped_rules("offer");
    return rules;
}
inline const DisclosureRules& release_rules() {
    static const DisclosureRules rules = shipped_rules("release");
    return rules;
}

/// Of a Task that this hospital accepted.
inline Acceptance acceptance_of(const std::string& hospital) {
    std::string task =
        R"({"resourceType":"Task","status":"accepted","owner":{"identifier":{"value":")" +
        hospital + R"("}},"output":[)";
    for (const std::string code : {"planned-admission", "planned-discharge", "decided-by"}) {
        task += task.ends_with('[') ? "" : ",";
        task += R"({"type":{"coding":[{"system":)"
                R"("https://tsunagi.example/fhir/CodeSystem/task-output","code":")" +
                code + R"("}]},"valueString":"x"})";
    }
    const json::Document document = read_json(task + "]}");
    return std::move(accepted_by(hospital, document.root())).value();
}

inline json::Document case_bundle() { return read_file("tests/privacy/case.json"); }

inline constexpr std::string_view kAlias = "7d9f0c52-4a0e-4f7c-9a35-0d9f7a1b2c3d";

}  // namespace tsunagi::privacy::test

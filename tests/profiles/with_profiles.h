#pragma once
#include <deque>
#include <string>
#include <vector>

#include "profiles/package.h"
#include "validate/snapshot.h"
#include "validate/validator.h"

/// R4 with the whole package, profiles and derived models included: their snapshots are worked out
/// here from the differentials that the package holds.
namespace tsunagi::profiles {

inline bool is_constraint(const Definition& each) {
    return each.type == "StructureDefinition" && each.root()["derivation"].text() == "constraint";
}

inline const fhir::Definitions& with_profiles() {
    static const fhir::Definitions kR4 = support::r4();
    static const fhir::Definitions kAll = [] {
        validate::Snapshots snapshots(kR4);
        for (const auto& each : definitions()) {
            if (each.type == "StructureDefinition") snapshots.offer(each.root());
        }
        std::deque<json::Document> made;
        std::vector<json::Value> resources;
        for (const auto& each : definitions()) {
            if (!is_constraint(each)) {
                resources.push_back(each.root());
                continue;
            }
            auto snapshot = snapshots.generate(each.root());
            if (!snapshot) {
                ADD_FAILURE() << each.file << ": " << to_string(snapshot.error());
                continue;
            }
            made.push_back(std::move(*snapshot));
            resources.push_back(made.back().root());
        }
        fhir::Definitions all = support::r4();
        const Status added = all.add(resources);
        if (!added) ADD_FAILURE() << to_string(added.error());
        return all;
    }();
    return kAll;
}

inline std::string profile(std::string_view id) {
    return std::string{kBase} + "StructureDefinition/" + std::string{id};
}

/// "code expression" of every error; the words of each when `say` is a failed test's.
inline std::vector<std::string> errors_of(json::Value value, std::string_view profile_id,
                                          std::string_view root_name = {}) {
    static const validate::Validator kValidator(with_profiles());
    std::vector<std::string> errors;
    for (const auto& issue : kValidator.validate(
             value, {.profile = profile(profile_id), .root_name = std::string{root_name}})) {
        if (issue.severity <= fhir::IssueSeverity::Error)
            errors.push_back(issue.code + " " + issue.expression + " " + issue.rule);
    }
    return errors;
}

inline json::Document parsed(const std::filesystem::path& file) {
    auto document = json::read(support::read_file(file));
    if (!document) {
        ADD_FAILURE() << file << ": " << to_string(document.error());
        return {};
    }
    return std::move(*document);
}

}  // namespace tsunagi::profiles

#include "translate/codes.h"

#include <algorithm>
#include <cstdint>

namespace tsunagi::translate {

CodePart Codes::display_of(const CodePart& system, std::string_view code) {
    const fhir::CodeSystem* known = nullptr;
    if (system.stable) {
        const auto address = reinterpret_cast<std::uintptr_t>(system.text.data());
        Known& place = known_[(address >> 4) % known_.size()];
        if (place.url != system.text.data())
            place = {system.text.data(), definitions_.code_system(system.text)};
        known = place.system;
    } else {
        known = definitions_.code_system(system.text);
    }
    const auto found = known ? known->find(code) : std::nullopt;
    return found ? CodePart{found->display} : CodePart{};
}

std::optional<Coding> Codes::translate(const TargetStep& step, std::string_view system,
                                       std::string_view code) const {
    if (!step.table) return translate(step.map_url, system, code);
    const auto& rows = step.table->rows;
    auto row = std::lower_bound(rows.begin(), rows.end(), code,
                                [](const syntax::ConceptMapRow& each, std::string_view wanted) {
                                    return each.source_code < wanted;
                                });
    bool is_listed = false;
    for (; row != rows.end() && row->source_code == code; ++row) {
        if (!system.empty() && row->source_system != system) continue;
        is_listed = true;
        if (row->relationship == "!=" || row->relationship == "--") continue;
        return Coding{{row->target_system, true}, {row->target_code, true}, {}};
    }
    if (is_listed) return std::nullopt;
    for (const syntax::Unmapped& rule : step.table->unmapped) {
        if (system.empty() || rule.source_system == system) return unmapped(rule, system, code);
    }
    return std::nullopt;
}

std::optional<Coding> Codes::translate(std::string_view map_url, std::string_view system,
                                       std::string_view code) const {
    const fhir::ConceptMap* map = definitions_.concept_map(map_url);
    if (!map) return std::nullopt;
    for (const auto& each : map->translate(system, code)) {
        if (each.target_code.empty() || each.equivalence == "disjoint" ||
            each.equivalence == "unmatched")
            continue;
        return Coding{{each.target_system}, {each.target_code}, {each.target_display}};
    }
    return std::nullopt;
}

std::optional<Coding> Codes::unmapped(const syntax::Unmapped& rule, std::string_view system,
                                      std::string_view code) const {
    switch (rule.mode) {
        case syntax::Unmapped::Mode::Provided:
            return Coding{
                {rule.target_system.empty() ? rule.source_system : rule.target_system, true},
                {code},
                {}};
        case syntax::Unmapped::Mode::Fixed:
            return Coding{{rule.target_system, true}, {rule.code, true}, {}};
        case syntax::Unmapped::Mode::OtherMap:
            return translate(rule.url, system, code);
    }
    return std::nullopt;
}

}  // namespace tsunagi::translate

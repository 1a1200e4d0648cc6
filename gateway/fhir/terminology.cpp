#include "fhir/terminology.h"

#include <algorithm>

#include "fhir/grammar.h"

namespace tsunagi::fhir {
Membership ValueSet::contains(std::string_view system, std::string_view code) const noexcept {
    const auto codes = view_->rows<pack::CodeRow>(pack::SectionId::Codes)
                           .subspan(row_->codes.first, row_->codes.count);
    const auto texts = view_->rows<pack::Text>(pack::SectionId::Texts);
    auto at = std::ranges::lower_bound(
        codes, code,
        [](std::string_view left, auto right) { return pack::compare_codes(left, right) < 0; },
        [&](const pack::CodeRow& row) { return view_->text(row.code); });
    for (; at != codes.end() && view_->text(at->code) == code; ++at) {
        if (system.empty() || view_->text(texts[at->system]) == system) return Membership::Yes;
    }
    for (const pack::Text& open : texts.subspan(row_->open.first, row_->open.count)) {
        const std::string_view open_system = view_->text(open);
        if (!system.empty() && open_system != system) continue;
        const auto fits = fits_grammar(open_system, code);
        if (!fits) return Membership::Unknown;
        if (*fits) return Membership::Yes;
    }
    return row_->has_unknown_part != 0 ? Membership::Unknown : Membership::No;
}

ValueSet::Code ValueSet::at(std::size_t index) const noexcept {
    const pack::CodeRow& row =
        view_->rows<pack::CodeRow>(pack::SectionId::Codes)[row_->codes.first + index];
    const auto texts = view_->rows<pack::Text>(pack::SectionId::Texts);
    return {view_->text(texts[row.system]), view_->text(row.code)};
}

std::vector<std::string_view> ValueSet::open_systems() const {
    std::vector<std::string_view> systems;
    for (const pack::Text& open : view_->rows<pack::Text>(pack::SectionId::Texts)
                                      .subspan(row_->open.first, row_->open.count)) {
        systems.push_back(view_->text(open));
    }
    return systems;
}

std::optional<Concept> CodeSystem::find(std::string_view code) const noexcept {
    const auto concepts = view_->rows<pack::ConceptRow>(pack::SectionId::Concepts)
                              .subspan(row_->concepts.first, row_->concepts.count);
    const auto at = std::ranges::lower_bound(
        concepts, code,
        [](std::string_view left, auto right) { return pack::compare_codes(left, right) < 0; },
        [&](const pack::ConceptRow& row) { return view_->text(row.code); });
    if (at == concepts.end() || view_->text(at->code) != code) return std::nullopt;
    return this->at(static_cast<std::size_t>(at - concepts.begin()));
}

Concept CodeSystem::at(std::size_t index) const noexcept {
    const auto rows = view_->rows<pack::ConceptRow>(pack::SectionId::Concepts);
    const pack::ConceptRow& row = rows[row_->concepts.first + index];
    return {view_->text(row.code), view_->text(row.display), view_->text(row.english),
            row.parent == pack::kNone ? std::string_view{} : view_->text(rows[row.parent].code)};
}

bool CodeSystem::subsumes(std::string_view ancestor, std::string_view code) const noexcept {
    // A damaged hierarchy may be a circle: no path is longer than the list.
    for (std::size_t steps = 0; steps <= size() && !code.empty(); ++steps) {
        if (code == ancestor) return true;
        const auto entry = find(code);
        if (!entry) return false;
        code = entry->parent;
    }
    return false;
}

std::vector<Mapping> ConceptMap::translate(std::string_view system, std::string_view code) const {
    std::vector<Mapping> found;
    std::vector<Mapping> unmapped;
    const auto mappings = view_->rows<pack::MappingRow>(pack::SectionId::Mappings)
                              .subspan(row_->mappings.first, row_->mappings.count);
    for (const pack::MappingRow& row : mappings) {
        if (!system.empty() && view_->text(row.source_system) != system) continue;
        Mapping mapping{view_->text(row.target_system), view_->text(row.target_code),
                        view_->text(row.target_display), view_->text(row.equivalence)};
        const std::string_view source = view_->text(row.source_code);
        if (source.empty()) {
            if (mapping.target_code.empty()) mapping.target_code = code;
            unmapped.push_back(mapping);
        } else if (source == code) {
            found.push_back(mapping);
        }
    }
    return found.empty() ? unmapped : found;
}

}  // namespace tsunagi::fhir

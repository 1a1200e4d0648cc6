#include "fhir/pack_format.h"

#include <bit>
#include <cstring>

#include "fhir/element.h"
#include "fhir/hash.h"
#include "fhir/search_parameter.h"

namespace tsunagi::fhir::pack {
namespace {

static_assert(std::endian::native == std::endian::little, "the pack is mapped, not decoded");

Error damaged(const char* what) { return Error{Code::Invalid, what, "definitions pack"}; }

/// The size a section's rows must have; 0 for a section this reader does not know.
std::size_t row_size(SectionId id) noexcept {
    switch (id) {
        case SectionId::Strings:
            return 1;
        case SectionId::Texts:
            return sizeof(Text);
        case SectionId::Types:
            return sizeof(TypeRow);
        case SectionId::Elements:
            return sizeof(ElementRow);
        case SectionId::TypeRefs:
            return sizeof(TypeRefRow);
        case SectionId::Constraints:
            return sizeof(ConstraintRow);
        case SectionId::ConstraintIds:
            return sizeof(std::uint32_t);
        case SectionId::Facets:
            return sizeof(FacetRow);
        case SectionId::ValueSets:
            return sizeof(ValueSetRow);
        case SectionId::Codes:
            return sizeof(CodeRow);
        case SectionId::CodeSystems:
            return sizeof(CodeSystemRow);
        case SectionId::Concepts:
            return sizeof(ConceptRow);
        case SectionId::ConceptMaps:
            return sizeof(ConceptMapRow);
        case SectionId::Mappings:
            return sizeof(MappingRow);
        case SectionId::Contexts:
            return sizeof(ContextRow);
        case SectionId::Notes:
            return sizeof(NoteRow);
        case SectionId::Resources:
            return sizeof(ResourceRow);
        case SectionId::SearchParameters:
            return sizeof(SearchParameterRow);
        case SectionId::SearchComponents:
            return sizeof(SearchComponentRow);
    }
    return 0;
}

/// Checks every reference of every row against the sections it points into.
class Checker {
public:
    explicit Checker(const View& view)
        : view_(view), strings_(view.rows<char>(SectionId::Strings).size()) {}

    bool all() const noexcept {
        return each<Text>(SectionId::Texts, [&](const Text& t) { return in(t); }) &&
               each<TypeRow>(SectionId::Types, [&](const TypeRow& r) { return type(r); }) &&
               each<TypeRefRow>(SectionId::TypeRefs,
                                [&](const TypeRefRow& r) {
                                    return in(r.code) && in(r.member) &&
                                           in<Text>(SectionId::Texts, r.targets) &&
                                           in<Text>(SectionId::Texts, r.profiles);
                                }) &&
               each<ConstraintRow>(SectionId::Constraints,
                                   [&](const ConstraintRow& r) {
                                       return in(r.key) && in(r.expression) && in(r.human) &&
                                              in(r.source);
                                   }) &&
               each<std::uint32_t>(SectionId::ConstraintIds,
                                   [&](std::uint32_t id) {
                                       return id < count<ConstraintRow>(SectionId::Constraints);
                                   }) &&
               each<FacetRow>(SectionId::Facets,
                              [&](const FacetRow& r) { return in(r.name) && in(r.value); }) &&
               each<ContextRow>(
                   SectionId::Contexts,
                   [&](const ContextRow& r) { return in(r.type) && in(r.expression); }) &&
               each<ResourceRow>(SectionId::Resources,
                                 [&](const ResourceRow& r) { return in(r.url) && in(r.json); }) &&
               each<NoteRow>(
                   SectionId::Notes,
                   [&](const NoteRow& r) { return in(r.kind) && in(r.subject) && in(r.reason); }) &&
               search() && terminology();
    }

private:
    template <class Row, class Good>
    bool each(SectionId id, Good good) const noexcept {
        for (const Row& row : view_.rows<Row>(id)) {
            if (!good(row)) return false;
        }
        return true;
    }
    template <class Row>
    std::size_t count(SectionId id) const noexcept {
        return view_.rows<Row>(id).size();
    }
    bool in(Text text) const noexcept {
        return text.size <= strings_ && text.at <= strings_ - text.size;
    }
    template <class Row>
    bool in(SectionId id, Range range) const noexcept {
        const std::size_t rows = count<Row>(id);
        return range.count <= rows && range.first <= rows - range.count;
    }

    bool type(const TypeRow& row) const noexcept {
        if (!in(row.name) || !in(row.url) || !in(row.version) || !in(row.base) ||
            row.elements.count == 0 || row.kind > static_cast<std::uint32_t>(TypeKind::Logical) ||
            !in<ElementRow>(SectionId::Elements, row.elements) ||
            !in<ContextRow>(SectionId::Contexts, row.contexts) ||
            !in<Text>(SectionId::Texts, row.context_invariants)) {
            return false;
        }
        const auto elements = view_.rows<ElementRow>(SectionId::Elements)
                                  .subspan(row.elements.first, row.elements.count);
        if (elements[0].parent != kNone) return false;
        for (std::uint32_t i = 0; i < elements.size(); ++i) {
            const ElementRow& e = elements[i];
            // A parent stands before its children, so the tree has no cycle.
            if ((i > 0 && e.parent >= i) || (e.content != kNone && e.content >= elements.size()) ||
                e.strength > static_cast<std::uint32_t>(BindingStrength::Example) || !in(e.id) ||
                !in(e.path) || !in(e.name) || !in(e.label) || !in(e.definition) ||
                !in(e.value_set) || !in(e.max_value_set) ||
                !in<Text>(SectionId::Texts, e.conditions) ||
                !in<TypeRefRow>(SectionId::TypeRefs, e.types) ||
                !in<std::uint32_t>(SectionId::ConstraintIds, e.constraints) ||
                !in<FacetRow>(SectionId::Facets, e.facets)) {
                return false;
            }
        }
        return true;
    }

    bool search() const noexcept {
        return each<SearchParameterRow>(
                   SectionId::SearchParameters,
                   [&](const SearchParameterRow& r) {
                       return in(r.url) && in(r.code) && in(r.expression) &&
                              r.kind <= static_cast<std::uint32_t>(SearchKind::Special) &&
                              in<Text>(SectionId::Texts, r.bases) &&
                              in<Text>(SectionId::Texts, r.targets) &&
                              in<SearchComponentRow>(SectionId::SearchComponents, r.components);
                   }) &&
               each<SearchComponentRow>(SectionId::SearchComponents,
                                        [&](const SearchComponentRow& r) {
                                            return in(r.definition) && in(r.expression);
                                        });
    }

    bool terminology() const noexcept {
        const std::size_t concepts = count<ConceptRow>(SectionId::Concepts);
        return each<ValueSetRow>(SectionId::ValueSets,
                                 [&](const ValueSetRow& r) {
                                     return in(r.url) && in<CodeRow>(SectionId::Codes, r.codes) &&
                                            in<Text>(SectionId::Texts, r.open);
                                 }) &&
               each<CodeRow>(SectionId::Codes,
                             [&](const CodeRow& r) {
                                 return in(r.code) && r.system < count<Text>(SectionId::Texts);
                             }) &&
               each<CodeSystemRow>(SectionId::CodeSystems,
                                   [&](const CodeSystemRow& r) {
                                       return in(r.url) &&
                                              in<ConceptRow>(SectionId::Concepts, r.concepts);
                                   }) &&
               each<ConceptRow>(SectionId::Concepts,
                                [&](const ConceptRow& r) {
                                    return in(r.code) && in(r.display) && in(r.english) &&
                                           (r.parent == kNone || r.parent < concepts);
                                }) &&
               each<ConceptMapRow>(SectionId::ConceptMaps,
                                   [&](const ConceptMapRow& r) {
                                       return in(r.url) &&
                                              in<MappingRow>(SectionId::Mappings, r.mappings);
                                   }) &&
               each<MappingRow>(SectionId::Mappings, [&](const MappingRow& r) {
                   return in(r.source_system) && in(r.source_code) && in(r.target_system) &&
                          in(r.target_code) && in(r.target_display) && in(r.equivalence);
               });
    }

    const View& view_;
    std::size_t strings_;
};

}  // namespace

int compare_codes(std::string_view left, std::string_view right) noexcept {
    if (left.size() != right.size()) return left.size() < right.size() ? -1 : 1;
    return std::memcmp(left.data(), right.data(), left.size());
}

std::uint64_t content_hash(BytesView bytes) noexcept {
    // Four lanes, so that the multiplications overlap: a pack of 6 MB takes well under 1 ms.
    constexpr std::uint64_t kMix = 0x9E3779B97F4A7C15U;
    std::array<std::uint64_t, 4> lane = {1, 2, 3, 4};
    const auto* at = reinterpret_cast<const char*>(bytes.data());
    std::size_t left = bytes.size();
    for (; left >= 32; left -= 32, at += 32) {
        for (std::size_t i = 0; i < 4; ++i)
            lane[i] = std::rotl((lane[i] ^ load64(at + i * 8)) * kMix, 29);
    }
    std::uint64_t hash = hash_text({at, left}, bytes.size());
    for (const std::uint64_t each : lane) hash = std::rotl((hash ^ each) * kMix, 29);
    return hash;
}

Result<View> View::open(BytesView bytes) {
    Header header{};
    if (bytes.size() < sizeof header) return damaged("not a definitions pack");
    std::memcpy(&header, bytes.data(), sizeof header);
    if (header.magic != kMagic) return damaged("not a definitions pack");
    if (header.version != kVersion)
        return damaged("definitions pack of another version; build it again");
    if (reinterpret_cast<std::uintptr_t>(bytes.data()) % 8 != 0)
        return damaged("definitions pack is not aligned to 8 bytes");
    const std::size_t body = bytes.size() - sizeof header;
    if (header.size != bytes.size() || header.section_count > body / sizeof(Section) ||
        header.content_hash != content_hash(bytes.subspan(sizeof header))) {
        return damaged("definitions pack is damaged; build it again");
    }

    View view;
    for (std::uint32_t i = 0; i < header.section_count; ++i) {
        Section section{};
        std::memcpy(&section, bytes.data() + sizeof header + i * sizeof section, sizeof section);
        const std::size_t due = row_size(section.id);
        if (due == 0) continue;
        Found& found = view.sections_[static_cast<std::size_t>(section.id)];
        if (section.row_size != due || section.offset % 8 != 0 || section.offset > bytes.size() ||
            section.count > (bytes.size() - section.offset) / due || found.data) {
            return damaged("definitions pack has a bad directory");
        }
        found = {bytes.data() + section.offset, static_cast<std::size_t>(section.count)};
    }
    view.strings_ = view.rows<char>(SectionId::Strings).data();
    if (!Checker(view).all()) return damaged("definitions pack has a reference out of bounds");
    return view;
}

}  // namespace tsunagi::fhir::pack

#include "fhir/layer.h"

#include <algorithm>
#include <bit>
#include <new>
#include <string>
#include <type_traits>
#include <utility>

#include "fhir/hash.h"

namespace tsunagi::fhir {

template <class T>
std::span<T> Layer::make_array(std::size_t count) {
    static_assert(std::is_trivially_destructible_v<T>, "the arena runs no destructors");
    if (count == 0) return {};
    // NOLINTNEXTLINE(bugprone-sizeof-expression): T may well be a pointer
    auto* first = static_cast<T*>(arena_.allocate(sizeof(T) * count, alignof(T)));
    std::uninitialized_value_construct_n(first, count);
    return {first, count};
}

Result<std::unique_ptr<Layer>> Layer::load(BytesView bytes, Bytes owned, const Below& below) {
    auto view = pack::View::open(bytes);
    if (!view) return view.error();
    auto layer = std::unique_ptr<Layer>(new Layer);
    layer->owned_ = std::move(owned);
    layer->view_ = *view;
    layer->make_shared_rows();
    layer->make_terminology();
    const auto types = layer->view_.rows<pack::TypeRow>(pack::SectionId::Types);
    layer->drafts_.reserve(types.size());
    std::uint32_t ordinal = below.elements;
    for (const pack::TypeRow& row : types) layer->make_type(row, ordinal);
    for (std::size_t i = 0; i < types.size(); ++i) {
        if (const Status linked = layer->link(i, below); !linked) return linked.error();
    }
    layer->drafts_.clear();
    layer->drafts_.shrink_to_fit();
    return layer;
}

void Layer::make_shared_rows() {
    using pack::SectionId;
    const auto text = [this](pack::Text t) { return view_.text(t); };
    const auto texts = view_.rows<pack::Text>(SectionId::Texts);
    texts_.reserve(texts.size());
    for (const pack::Text& each : texts) texts_.push_back(text(each));
    const auto constraints = view_.rows<pack::ConstraintRow>(SectionId::Constraints);
    constraints_.reserve(constraints.size());
    for (const pack::ConstraintRow& row : constraints) {
        constraints_.push_back({text(row.key), text(row.expression), text(row.human),
                                text(row.source), (row.flags & pack::kError) != 0,
                                (row.flags & pack::kBestPractice) != 0});
    }
    const auto ids = view_.rows<std::uint32_t>(SectionId::ConstraintIds);
    constraint_list_.reserve(ids.size());
    for (const std::uint32_t id : ids) constraint_list_.push_back(&constraints_[id]);
    const auto facets = view_.rows<pack::FacetRow>(SectionId::Facets);
    facets_.reserve(facets.size());
    for (const pack::FacetRow& row : facets) facets_.push_back({text(row.name), text(row.value)});
    for (const auto& row : view_.rows<pack::ContextRow>(SectionId::Contexts))
        contexts_.push_back({text(row.type), text(row.expression)});
    for (const auto& row : view_.rows<pack::NoteRow>(SectionId::Notes))
        notes_.push_back({text(row.kind), text(row.subject), text(row.reason)});
    for (const auto& row : view_.rows<pack::ResourceRow>(SectionId::Resources))
        resources_.emplace_back(text(row.url), text(row.json));
    for (const auto& row : view_.rows<pack::SearchComponentRow>(SectionId::SearchComponents))
        search_components_.push_back({text(row.definition), text(row.expression)});
    const auto parameters = view_.rows<pack::SearchParameterRow>(SectionId::SearchParameters);
    search_parameters_.reserve(parameters.size());
    const std::span<const std::string_view> list{texts_};
    const std::span<const SearchComponent> components{search_components_};
    for (const pack::SearchParameterRow& row : parameters) {
        search_parameters_.push_back(
            {text(row.url), text(row.code), static_cast<SearchKind>(row.kind), text(row.expression),
             list.subspan(row.bases.first, row.bases.count),
             list.subspan(row.targets.first, row.targets.count),
             components.subspan(row.components.first, row.components.count)});
    }
}

void Layer::make_terminology() {
    using pack::SectionId;
    for (const auto& row : view_.rows<pack::ValueSetRow>(SectionId::ValueSets)) {
        const ValueSet& set = value_sets_.emplace_back(view_, row);
        set_by_url_.emplace(set.url(), &set);
    }
    for (const auto& row : view_.rows<pack::CodeSystemRow>(SectionId::CodeSystems))
        code_systems_.emplace_back(view_, row);
    for (const auto& row : view_.rows<pack::ConceptMapRow>(SectionId::ConceptMaps))
        concept_maps_.emplace_back(view_, row);
}

void Layer::make_type(const pack::TypeRow& row, std::uint32_t& ordinal) {
    Draft draft;
    draft.row = &row;
    draft.rows = view_.rows<pack::ElementRow>(pack::SectionId::Elements)
                     .subspan(row.elements.first, row.elements.count);
    draft.elements = make_array<ElementDef>(row.elements.count);

    TypeDef& type = make_array<TypeDef>(1).front();
    type.name = view_.text(row.name);
    type.url = view_.text(row.url);
    type.version = view_.text(row.version);
    type.base_url = view_.text(row.base);
    type.kind = static_cast<TypeKind>(row.kind);
    if (type.kind == TypeKind::Primitive) type.primitive = primitive_named(type.name);
    type.is_abstract = (row.flags & pack::kAbstract) != 0;
    type.is_profile = (row.flags & pack::kProfile) != 0;
    type.root = draft.elements.data();
    type.all_elements = draft.elements;
    by_url_.emplace(type.url, types_.size());
    if (!type.is_profile) by_name_.emplace(type.name, types_.size());
    types_.push_back(&type);

    const auto type_refs = view_.rows<pack::TypeRefRow>(pack::SectionId::TypeRefs);
    const auto texts = std::span<const std::string_view>{texts_};
    type.contexts = std::span<const ExtensionContext>{contexts_}.subspan(row.contexts.first,
                                                                         row.contexts.count);
    type.context_invariants =
        texts.subspan(row.context_invariants.first, row.context_invariants.count);
    draft.groups.resize(draft.elements.size());
    for (std::size_t i = 0; i < draft.elements.size(); ++i) {
        const pack::ElementRow& from = draft.rows[i];
        ElementDef& element = draft.elements[i];
        element.ordinal = ordinal++;
        element.id = view_.text(from.id);
        element.path = view_.text(from.path);
        element.name = view_.text(from.name);
        element.label = view_.text(from.label);
        element.definition = view_.text(from.definition);
        if (i > 0) element.parent = &draft.elements[from.parent];
        if (from.content != pack::kNone) element.content = &draft.elements[from.content];
        element.conditions = texts.subspan(from.conditions.first, from.conditions.count);
        element.min = from.min;
        element.max = from.max;
        element.is_array = (from.flags & pack::kArray) != 0;
        element.is_choice = (from.flags & pack::kChoice) != 0;
        element.is_modifier = (from.flags & pack::kModifier) != 0;
        element.is_summary = (from.flags & pack::kSummary) != 0;
        element.must_support = (from.flags & pack::kMustSupport) != 0;
        element.has_limits = (from.flags & pack::kLimits) != 0;
        element.constraints = std::span<const Constraint* const>{constraint_list_}.subspan(
            from.constraints.first, from.constraints.count);
        element.facets =
            std::span<const Facet>{facets_}.subspan(from.facets.first, from.facets.count);
        const auto refs = make_array<TypeRef>(from.types.count);
        for (std::size_t t = 0; t < refs.size(); ++t) {
            const pack::TypeRefRow& ref = type_refs[from.types.first + t];
            refs[t].code = view_.text(ref.code);
            refs[t].member_name = view_.text(ref.member);
            refs[t].targets = texts.subspan(ref.targets.first, ref.targets.count);
            refs[t].profiles = texts.subspan(ref.profiles.first, ref.profiles.count);
            refs[t].aggregation = static_cast<std::uint8_t>(ref.flags & ~pack::kSystemType);
            refs[t].is_system = (ref.flags & pack::kSystemType) != 0;
        }
        element.types = refs;
        if (from.value_set.size > 0) {
            Binding& binding = make_array<Binding>(1).front();
            binding.strength = static_cast<BindingStrength>(from.strength);
            binding.canonical = view_.text(from.value_set);
            binding.value_set = binding.canonical.substr(0, binding.canonical.find('|'));
            binding.max_value_set = view_.text(from.max_value_set);
            element.binding = &binding;
        }
        // A parent with members of its own is a group; the root is the type itself.
        if (i > 0 && from.parent > 0 && !draft.groups[from.parent]) {
            TypeDef& group = make_array<TypeDef>(1).front();
            group.name = draft.elements[from.parent].path;
            group.is_group = true;
            group.root = &draft.elements[from.parent];
            draft.groups[from.parent] = &group;
        }
    }
    drafts_.push_back(std::move(draft));
}

const TypeDef* Layer::find_type(std::string_view name_or_url, const Below& below) const {
    if (const auto at = by_name_.find(name_or_url); at != by_name_.end()) return types_[at->second];
    if (const auto at = by_url_.find(name_or_url); at != by_url_.end()) return types_[at->second];
    return below.type ? below.type(name_or_url) : nullptr;
}

const TypeDef* Layer::group_base(const ElementDef& element, const Below& below) const {
    return element.types.empty() ? nullptr : find_type(element.types.front().code, below);
}

Status Layer::link_type_refs(std::size_t index, const Below& below) {
    Draft& draft = drafts_[index];
    for (std::size_t i = 0; i < draft.elements.size(); ++i) {
        ElementDef& element = draft.elements[i];
        const TypeDef* group = draft.groups[i];
        if (const std::uint32_t content = draft.rows[i].content; content != pack::kNone)
            group = draft.groups[content];
        for (const TypeRef& each : element.types) {
            auto& ref = const_cast<TypeRef&>(each);
            ref.type = group ? group : find_type(ref.code, below);
            if (!ref.type) {
                return Error{Code::Invalid, "element of an unknown type",
                             std::string{types_[index]->url} + " " + std::string{element.path}};
            }
        }
        if (!element.binding) continue;
        auto& binding = const_cast<Binding&>(*element.binding);
        link_value_set(binding.value_set, binding.set, below);
        if (!binding.max_value_set.empty())
            link_value_set(binding.max_value_set, binding.max_set, below);
    }
    return {};
}

void Layer::link_value_set(std::string_view url, const ValueSet*& set, const Below& below) {
    if (const auto at = set_by_url_.find(url); at != set_by_url_.end()) {
        set = at->second;
    } else if (below.value_set) {
        set = below.value_set(url);
    }
    if (!set) unresolved_.push_back({url, &set});
}

/// A type is linked after its base when it inherits from it: a differential alone lists only what
/// it adds.
Status Layer::link(std::size_t index, const Below& below) {
    Draft& draft = drafts_[index];
    TypeDef& type = *types_[index];
    if (draft.state == Draft::State::Linked) return {};
    if (draft.state == Draft::State::UnderWay)
        return Error{Code::Invalid, "type derives from itself", std::string{type.url}};
    draft.state = Draft::State::UnderWay;

    const bool inherit = (draft.row->flags & pack::kDifferentialOnly) != 0;
    const std::string_view base_url = view_.text(draft.row->base);
    // FHIR's Base (since R5; logical models of R4 name it too) has no elements.
    if (!base_url.empty() && base_url != "http://hl7.org/fhir/StructureDefinition/Base") {
        if (const auto at = by_url_.find(base_url); at != by_url_.end()) {
            if (Status linked = link(at->second, below); !linked) return linked;
        }
        type.base = find_type(base_url, below);
        if (!type.base && inherit)
            return Error{Code::Invalid, "base definition is unknown", std::string{type.url}};
    }
    if (Status linked = link_type_refs(index, below); !linked) return linked;

    // Children per parent, in document order.
    std::vector<std::vector<const ElementDef*>> children(draft.elements.size());
    for (std::size_t i = 1; i < draft.elements.size(); ++i) {
        if ((draft.rows[i].flags & pack::kSlice) == 0)
            children[draft.rows[i].parent].push_back(&draft.elements[i]);
    }
    if (Status made = make_members(type, children[0], inherit); !made) return made;
    for (std::size_t i = 1; i < draft.elements.size(); ++i) {
        TypeDef* group = draft.groups[i];
        if (!group) continue;
        group->base = group_base(draft.elements[i], below);
        if (!group->base)
            return Error{Code::Invalid, "group of an unknown type",
                         std::string{type.url} + " " + std::string{group->name}};
        if (Status made = make_members(*group, children[i], inherit); !made) return made;
    }
    draft.state = Draft::State::Linked;
    return {};
}

Status Layer::make_members(TypeDef& type, std::span<const ElementDef* const> own, bool inherit) {
    std::vector<const ElementDef*> elements;
    if (inherit && type.base) {
        for (const ElementDef* each : type.base->elements) {
            if (std::ranges::find(own, each->name, &ElementDef::name) == own.end())
                elements.push_back(each);
        }
    }
    elements.insert(elements.end(), own.begin(), own.end());
    const auto fail = [&](const char* what) {
        return Error{Code::Invalid, what, std::string{type.name}};
    };
    if (elements.size() > TypeDef::kMaxElements) return fail("more than 256 elements in one group");

    std::size_t member_count = 0;
    for (const ElementDef* each : elements) member_count += each->types.size();
    const auto list = make_array<const ElementDef*>(elements.size());
    std::ranges::copy(elements, list.begin());
    const auto members = make_array<Member>(member_count);
    const std::size_t slot_count = member_count == 0 ? 0 : std::bit_ceil(member_count * 2);
    if (slot_count >= TypeDef::kFreeSlot) return fail("more than 256 elements in one group");
    const auto slots = make_array<std::uint16_t>(slot_count);
    std::ranges::fill(slots, TypeDef::kFreeSlot);

    std::size_t count = 0;
    for (std::uint32_t i = 0; i < elements.size(); ++i) {
        if (elements[i]->min > 0) type.required[i / 64] |= std::uint64_t{1} << (i % 64);
        for (const TypeRef& ref : elements[i]->types) {
            const std::string_view name = ref.member_name;
            std::size_t at = hash_member(name) & (slot_count - 1);
            bool known = false;
            for (; slots[at] != TypeDef::kFreeSlot; at = (at + 1) & (slot_count - 1))
                known |= members[slots[at]].name == name;
            // One element may list a type twice, with other profiles.
            if (known) continue;
            members[count] = {name, elements[i], &ref, i};
            slots[at] = static_cast<std::uint16_t>(count++);
        }
    }
    type.elements = list;
    type.members = members.first(count);
    type.slots = slots;
    return {};
}

}  // namespace tsunagi::fhir

#pragma once
#include <deque>
#include <functional>
#include <memory>
#include <span>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "fhir/element.h"
#include "fhir/pack_format.h"
#include "fhir/search_parameter.h"
#include "fhir/terminology.h"
#include "json/arena.h"

namespace tsunagi::fhir {

/// One pack made usable: element trees with pointers between them, and views of its code lists.
/// Lives at one address. Used by Definitions alone.
class Layer {
public:
    /// What the layers below this one know.
    struct Below {
        std::function<const TypeDef*(std::string_view)> type;
        std::function<const ValueSet*(std::string_view)> value_set;
        std::uint32_t elements = 0;  ///< how many they have
    };
    /// A place that waits for a value set of a later layer.
    struct Unresolved {
        std::string_view value_set;
        const ValueSet** set;
    };

    /// `bytes` must live as long as the layer; `owned` may hold them.
    static Result<std::unique_ptr<Layer>> load(BytesView bytes, Bytes owned, const Below& below);

    const std::vector<TypeDef*>& types() const noexcept { return types_; }
    const std::deque<ValueSet>& value_sets() const noexcept { return value_sets_; }
    const std::deque<CodeSystem>& code_systems() const noexcept { return code_systems_; }
    const std::deque<ConceptMap>& concept_maps() const noexcept { return concept_maps_; }
    const std::vector<Note>& notes() const noexcept { return notes_; }
    /// Whole resources by URL, as JSON.
    const std::vector<std::pair<std::string_view, std::string_view>>& resources() const noexcept {
        return resources_;
    }
    const std::vector<SearchParameter>& search_parameters() const noexcept {
        return search_parameters_;
    }
    /// Bindings whose value set no layer so far knows.
    std::vector<Unresolved>& unresolved() noexcept { return unresolved_; }

private:
    /// What is needed of a type until it is linked.
    struct Draft {
        enum class State : std::uint8_t { New, UnderWay, Linked };
        const pack::TypeRow* row = nullptr;
        std::span<const pack::ElementRow> rows;
        std::span<ElementDef> elements;
        std::vector<TypeDef*> groups;  ///< per element: the group it opens, or null
        State state = State::New;
    };

    void make_terminology();
    void make_shared_rows();
    void make_type(const pack::TypeRow& row, std::uint32_t& ordinal);
    Status link(std::size_t index, const Below& below);
    Status link_type_refs(std::size_t index, const Below& below);
    void link_value_set(std::string_view url, const ValueSet*& set, const Below& below);
    Status make_members(TypeDef& type, std::span<const ElementDef* const> own, bool inherit);
    const TypeDef* find_type(std::string_view name_or_url, const Below& below) const;
    const TypeDef* group_base(const ElementDef& element, const Below& below) const;
    template <class T>
    std::span<T> make_array(std::size_t count);

    Bytes owned_;
    pack::View view_;
    json::Arena arena_;
    std::vector<std::string_view> texts_;
    std::vector<Constraint> constraints_;
    std::vector<const Constraint*> constraint_list_;
    std::vector<Facet> facets_;
    std::vector<ExtensionContext> contexts_;
    std::vector<Note> notes_;
    std::vector<std::pair<std::string_view, std::string_view>> resources_;
    std::vector<SearchParameter> search_parameters_;
    std::vector<SearchComponent> search_components_;
    std::vector<TypeDef*> types_;
    std::vector<Draft> drafts_;
    std::unordered_map<std::string_view, std::size_t> by_name_;
    std::unordered_map<std::string_view, std::size_t> by_url_;
    std::deque<ValueSet> value_sets_;
    std::unordered_map<std::string_view, const ValueSet*> set_by_url_;
    std::deque<CodeSystem> code_systems_;
    std::deque<ConceptMap> concept_maps_;
    std::vector<Unresolved> unresolved_;
};

}  // namespace tsunagi::fhir

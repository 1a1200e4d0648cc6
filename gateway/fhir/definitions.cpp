#include "fhir/definitions.h"

#include <cstring>
#include <string>
#include <unordered_map>
#include <utility>

#include "fhir/hash.h"
#include "fhir/layer.h"
#include "fhir/pack_format.h"
#include "fhir/pack_writer.h"
#include "fhir/text_table.h"

namespace tsunagi::fhir {
namespace {

std::string_view without_version(std::string_view canonical) noexcept {
    return canonical.substr(0, canonical.find('|'));
}

template <class T>
const T* find_in(const TextTable<T>& table, std::string_view url) noexcept {
    if (const T* found = table.find(url)) return found;
    // No key has a version: only what is not found may have one.
    const std::string_view plain = without_version(url);
    return plain.size() == url.size() ? nullptr : table.find(plain);
}

}  // namespace

struct Definitions::Impl {
    std::vector<std::unique_ptr<Layer>> layers;
    std::vector<const TypeDef*> types;
    TextTable<TypeDef> by_name;  ///< names and URLs
    TextTable<ValueSet> value_sets;
    TextTable<CodeSystem> code_systems;
    TextTable<ConceptMap> concept_maps;
    std::vector<const SearchParameter*> search_parameters;
    TextTable<SearchParameter> search_by_url;
    /// By each type that has them itself.
    std::unordered_map<std::string_view, std::vector<const SearchParameter*>> search_by_base;
    std::uint32_t element_count = 0;

    std::uint64_t fingerprint = 0;
    std::vector<Note> notes;
    std::unordered_map<std::string_view, std::string_view> resources;

    Status load(BytesView bytes, Bytes owned) {
        const Layer::Below below{[this](std::string_view name) { return find_in(by_name, name); },
                                 [this](std::string_view url) { return find_in(value_sets, url); },
                                 element_count};
        auto layer = Layer::load(bytes, std::move(owned), below);
        if (!layer) return layer.error();
        take(std::move(*layer));
        pack::Header header{};
        std::memcpy(&header, bytes.data(), sizeof header);
        fingerprint =
            hash_text({reinterpret_cast<const char*>(&header.content_hash), 8}, fingerprint);
        return {};
    }

    void take(std::unique_ptr<Layer> layer) {
        for (const TypeDef* type : layer->types()) {
            element_count += static_cast<std::uint32_t>(type->all_elements.size());
            types.push_back(type);
            by_name.emplace(type->url, type);
            if (!type->is_profile) by_name.emplace(type->name, type);
        }
        for (const auto& [url, json] : layer->resources()) resources.emplace(url, json);
        notes.insert(notes.end(), layer->notes().begin(), layer->notes().end());
        for (const ValueSet& set : layer->value_sets()) value_sets.emplace(set.url(), &set);
        for (const CodeSystem& system : layer->code_systems())
            code_systems.emplace(system.url(), &system);
        for (const ConceptMap& map : layer->concept_maps()) concept_maps.emplace(map.url(), &map);
        for (const SearchParameter& each : layer->search_parameters()) {
            search_parameters.push_back(&each);
            search_by_url.emplace(each.url, &each);
            for (const std::string_view base : each.bases) search_by_base[base].push_back(&each);
        }
        layers.push_back(std::move(layer));
        for (const auto& each : layers) {
            std::erase_if(each->unresolved(), [this](const Layer::Unresolved& waiting) {
                *waiting.set = find_in(value_sets, waiting.value_set);
                return *waiting.set != nullptr;
            });
        }
    }
};

Definitions::Definitions(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Definitions::Definitions(Definitions&&) noexcept = default;
Definitions& Definitions::operator=(Definitions&&) noexcept = default;
Definitions::~Definitions() = default;

Result<Definitions> Definitions::open(BytesView pack) {
    auto impl = std::make_unique<Impl>();
    if (const Status loaded = impl->load(pack, {}); !loaded) return loaded.error();
    return Definitions{std::move(impl)};
}

Status Definitions::add(std::span<const json::Value> resources) {
    PackWriter writer(this);
    for (const json::Value resource : resources) {
        if (Status added = writer.add(resource); !added) return added;
    }
    auto pack = writer.finish();
    if (!pack) return pack.error();
    Bytes owned = std::move(*pack);
    const BytesView bytes{owned};  // the heap block, which moves with its owner
    return impl_->load(bytes, std::move(owned));
}

Status Definitions::add_pack(BytesView pack) { return impl_->load(pack, {}); }
std::string_view Definitions::resource(std::string_view url) const noexcept {
    const auto at = impl_->resources.find(without_version(url));
    return at == impl_->resources.end() ? std::string_view{} : at->second;
}
std::span<const Note> Definitions::notes() const noexcept { return impl_->notes; }
std::uint64_t Definitions::fingerprint() const noexcept { return impl_->fingerprint; }

const TypeDef* Definitions::type(std::string_view name_or_url) const noexcept {
    return find_in(impl_->by_name, name_or_url);
}
std::span<const TypeDef* const> Definitions::types() const noexcept { return impl_->types; }
std::uint32_t Definitions::element_count() const noexcept { return impl_->element_count; }
const ValueSet* Definitions::value_set(std::string_view url) const noexcept {
    return find_in(impl_->value_sets, url);
}
const CodeSystem* Definitions::code_system(std::string_view url) const noexcept {
    return find_in(impl_->code_systems, url);
}
const ConceptMap* Definitions::concept_map(std::string_view url) const noexcept {
    return find_in(impl_->concept_maps, url);
}

const SearchParameter* Definitions::search_parameter(std::string_view type,
                                                     std::string_view code) const noexcept {
    for (const TypeDef* at = this->type(type); at; at = at->base) {
        const auto found = impl_->search_by_base.find(at->name);
        if (found == impl_->search_by_base.end()) continue;
        for (const SearchParameter* each : found->second) {
            if (each->code == code) return each;
        }
    }
    return nullptr;
}
const SearchParameter* Definitions::search_parameter_by_url(std::string_view url) const noexcept {
    return find_in(impl_->search_by_url, url);
}
std::span<const SearchParameter* const> Definitions::search_parameters() const noexcept {
    return impl_->search_parameters;
}

Membership Definitions::contains(std::string_view value_set_url, std::string_view system,
                                 std::string_view code) const noexcept {
    const ValueSet* set = value_set(value_set_url);
    return set ? set->contains(system, code) : Membership::Unknown;
}

bool Definitions::is_subtype(const TypeDef* type, const TypeDef* ancestor) noexcept {
    for (; type; type = type->base) {
        if (type == ancestor) return true;
    }
    return false;
}

}  // namespace tsunagi::fhir

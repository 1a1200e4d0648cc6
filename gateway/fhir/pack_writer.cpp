#include "fhir/pack_writer.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <map>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

#include "fhir/definitions.h"
#include "fhir/expansion.h"
#include "fhir/pack_format.h"
#include "fhir/search_parameter.h"
#include "json/writer.h"

namespace tsunagi::fhir {
namespace {

using namespace pack;  // the rows, whose names no other thing here has

constexpr std::string_view kFhirType =
    "http://hl7.org/fhir/StructureDefinition/structuredefinition-fhir-type";
constexpr std::string_view kMaxValueSet =
    "http://hl7.org/fhir/StructureDefinition/elementdefinition-maxValueSet";
constexpr std::string_view kBestPracticeUrl =
    "http://hl7.org/fhir/StructureDefinition/elementdefinition-bestpractice";
constexpr std::string_view kSystemTypes = "http://hl7.org/fhirpath/System.";

std::string_view without_version(std::string_view canonical) {
    return canonical.substr(0, canonical.find('|'));
}

std::string_view last_segment(std::string_view text, char separator) {
    const std::size_t at = text.rfind(separator);
    return at == std::string_view::npos ? text : text.substr(at + 1);
}

/// The first member whose name starts with `prefix`: value[x] of an extension, fixed[x].
json::Value member_with_prefix(json::Value object, std::string_view prefix) {
    for (const json::Value each : object) {
        if (each.key().starts_with(prefix)) return each;
    }
    return {};
}

/// The value of the extension `url` of an element; absent if it has none.
json::Value extension_value(json::Value element, std::string_view url) {
    for (const json::Value each : element["extension"]) {
        if (each["url"].text() == url) return member_with_prefix(each, "value");
    }
    return {};
}

/// Whether a CodeSystem really lists all its codes. Packages carry handfuls of LOINC or SNOMED CT
/// codes, and systems without any, that call themselves complete.
bool lists_all(json::Value resource, std::size_t count) {
    constexpr std::array kOfOthers = {"http://loinc.org", "http://snomed.info/sct",
                                      "http://unitsofmeasure.org",
                                      "http://www.nlm.nih.gov/research/umls/rxnorm"};
    const std::string_view url = without_version(resource["url"].text());
    return resource["content"].text() == "complete" && count > 0 &&
           static_cast<std::int64_t>(count) >= resource["count"].integer() &&
           std::ranges::find(kOfOthers, url) == kOfOthers.end();
}

bool is_scalar(json::Value value) {
    return value.is_string() || value.is_number() || value.is_bool();
}

std::uint32_t read_max(std::string_view text, std::uint32_t otherwise) {
    if (text.empty()) return otherwise;
    if (text == "*") return kUnbounded;
    std::uint32_t number = 0;
    for (const char c : text) {
        if (c < '0' || c > '9' || number > kUnbounded / 100) return otherwise;
        number = number * 10 + static_cast<std::uint32_t>(c - '0');
    }
    return number;
}

std::uint32_t to_kind(std::string_view kind) {
    if (kind == "primitive-type") return static_cast<std::uint32_t>(TypeKind::Primitive);
    if (kind == "resource") return static_cast<std::uint32_t>(TypeKind::Resource);
    if (kind == "logical") return static_cast<std::uint32_t>(TypeKind::Logical);
    return static_cast<std::uint32_t>(TypeKind::Complex);
}

std::uint32_t to_strength(std::string_view strength) {
    if (strength == "required") return static_cast<std::uint32_t>(BindingStrength::Required);
    if (strength == "extensible") return static_cast<std::uint32_t>(BindingStrength::Extensible);
    if (strength == "preferred") return static_cast<std::uint32_t>(BindingStrength::Preferred);
    return static_cast<std::uint32_t>(BindingStrength::Example);
}

}  // namespace

struct PackWriter::Impl {
    const Definitions* below = nullptr;

    std::string strings;
    std::unordered_map<std::string, Text> interned;
    std::vector<Text> texts;
    std::unordered_map<std::string, std::uint32_t> system_texts;
    std::vector<TypeRow> types;
    std::vector<ElementRow> elements;
    std::vector<TypeRefRow> type_refs;
    std::vector<ConstraintRow> constraints;
    std::map<std::string, std::uint32_t> constraint_index;
    std::vector<std::uint32_t> constraint_ids;
    std::vector<FacetRow> facets;
    std::vector<ContextRow> contexts;
    std::vector<NoteRow> notes;
    std::vector<ResourceRow> resources;
    std::vector<SearchParameterRow> search_parameters;
    std::vector<SearchParameterRow> experimental_parameters;  ///< after the others
    std::vector<SearchComponentRow> search_components;
    std::vector<ValueSetRow> value_sets;
    std::vector<CodeRow> codes;
    std::vector<CodeSystemRow> code_systems;
    std::vector<ConceptRow> concepts;
    std::vector<ConceptMapRow> concept_maps;
    std::vector<MappingRow> mappings;

    std::unordered_set<std::string> seen;  ///< canonical URLs, types and terminology apart
    CodeListsOfSystems known_systems;      ///< for expansion
    std::vector<std::pair<std::string, json::Value>> pending_sets;
    std::unordered_map<std::string, std::size_t> pending_index;

    Text text(std::string_view value) {
        if (value.empty()) return {0, 0};
        const auto [at, fresh] = interned.try_emplace(std::string{value}, Text{});
        if (fresh) {
            at->second = {static_cast<std::uint32_t>(strings.size()),
                          static_cast<std::uint32_t>(value.size())};
            strings.append(value);
        }
        return at->second;
    }

    Range text_list(json::Value array) {
        Range range{static_cast<std::uint32_t>(texts.size()), 0};
        for (const json::Value each : array) {
            texts.push_back(text(each.text()));
            ++range.count;
        }
        return range;
    }

    Range canonical_list(json::Value array) {
        Range range{static_cast<std::uint32_t>(texts.size()), 0};
        for (const json::Value each : array) {
            texts.push_back(text(without_version(each.text())));
            ++range.count;
        }
        return range;
    }

    std::uint32_t system_text(const std::string& system) {
        const auto [at, fresh] =
            system_texts.try_emplace(system, static_cast<std::uint32_t>(texts.size()));
        if (fresh) texts.push_back(text(system));
        return at->second;
    }

    Status add_structure(json::Value resource);
    Status add_elements(json::Value list, TypeRow& type);
    Status add_types(json::Value element, ElementRow& row, std::string_view path,
                     std::uint32_t kind);
    void add_binding(json::Value binding, ElementRow& row);
    void add_constraints(json::Value element, ElementRow& row);
    void add_facets(json::Value element, ElementRow& row);
    void add_code_system(json::Value resource);
    void add_concept_map(json::Value resource);
    Status add_search_parameter(json::Value resource);
    void write_value_set(const std::string& url, const CodeList& list);

    template <class Row>
    void write_section(Bytes& out, std::vector<Section>& directory, SectionId id, const Row* rows,
                       std::size_t count) const {
        out.resize((out.size() + 7) / 8 * 8);
        directory.push_back({id, sizeof(Row), out.size(), count});
        const auto* from = reinterpret_cast<const std::uint8_t*>(rows);
        out.insert(out.end(), from, from + count * sizeof(Row));
    }
};

PackWriter::PackWriter(const Definitions* below) : impl_(std::make_unique<Impl>()) {
    impl_->below = below;
}
PackWriter::~PackWriter() = default;

Status PackWriter::add(json::Value resource) {
    Impl& impl = *impl_;
    const std::string_view type = resource["resourceType"].text();
    const std::string url{without_version(resource["url"].text())};
    if (url.empty()) return {};
    if (type == "StructureDefinition") {
        if (impl.below && impl.below->type(url)) return {};
        return impl.add_structure(resource);
    }
    if (type == "ValueSet") {
        if (impl.below && impl.below->value_set(url)) return {};
        const auto [at, fresh] = impl.pending_index.try_emplace(url, impl.pending_sets.size());
        if (fresh) {
            impl.pending_sets.emplace_back(url, resource);
        } else if (resource["expansion"] && !impl.pending_sets[at->second].second["expansion"]) {
            impl.pending_sets[at->second].second = resource;
        }
        return {};
    }
    if (type == "CodeSystem") {
        if (impl.below && impl.below->code_system(url)) return {};
        if (impl.seen.insert("CodeSystem " + url).second) impl.add_code_system(resource);
        return {};
    }
    if (type == "ConceptMap") {
        if (impl.below && impl.below->concept_map(url)) return {};
        if (impl.seen.insert("ConceptMap " + url).second) impl.add_concept_map(resource);
        return {};
    }
    if (type == "SearchParameter") {
        if (impl.below && impl.below->search_parameter_by_url(url)) return {};
        if (!resource["base"].empty() && impl.seen.insert("SearchParameter " + url).second)
            return impl.add_search_parameter(resource);
        return {};
    }
    if (type == "Questionnaire" && impl.seen.insert("Questionnaire " + url).second)
        impl.resources.push_back({impl.text(url), impl.text(json::write(resource))});
    return {};
}

Status PackWriter::Impl::add_structure(json::Value resource) {
    const std::string_view url = without_version(resource["url"].text());
    const std::string_view kind = resource["kind"].text();
    const bool profile = resource["derivation"].text() == "constraint";
    json::Value list = resource["snapshot"]["element"];
    const bool differential_only = list.empty();
    if (differential_only) {
        if (profile || kind != "logical") return {};
        list = resource["differential"]["element"];
    }
    if (list.empty())
        return Error{Code::Invalid, "StructureDefinition without elements", std::string{url}};
    if (!seen.insert("StructureDefinition " + std::string{url}).second) return {};

    TypeRow type{};
    type.name = text(last_segment(resource["type"].text(), '/'));
    type.url = text(url);
    type.version = text(resource["version"].text());
    type.base = text(without_version(resource["baseDefinition"].text()));
    type.contexts.first = static_cast<std::uint32_t>(contexts.size());
    for (const json::Value each : resource["context"]) {
        contexts.push_back({text(each["type"].text()), text(each["expression"].text())});
        ++type.contexts.count;
    }
    type.context_invariants = text_list(resource["contextInvariant"]);
    type.kind = to_kind(kind);
    type.flags = (resource["abstract"].truth() ? kAbstract : 0U) | (profile ? kProfile : 0U) |
                 (differential_only ? kDifferentialOnly : 0U);
    if (const Status added = add_elements(list, type); !added)
        return Error{added.error().code, added.error().message,
                     std::string{url} + " " + added.error().where};
    types.push_back(type);
    return {};
}

Status PackWriter::Impl::add_elements(json::Value list, TypeRow& type) {
    struct Open {
        std::string_view path;
        std::uint32_t index;
    };
    std::vector<Open> open;  // from the root to the latest element
    std::unordered_map<std::string_view, std::uint32_t> by_id;
    std::vector<std::pair<std::uint32_t, std::string_view>> content_references;
    type.elements.first = static_cast<std::uint32_t>(elements.size());
    std::string_view skipped;  // path of an element that is left out with all below it

    for (const json::Value element : list) {
        const std::string_view path = element["path"].text();
        const auto fail = [&](const char* what) {
            return Error{Code::Invalid, what, std::string{path}};
        };
        if (path.empty()) return fail("element without path");
        if (!skipped.empty() && path.starts_with(skipped) && path.size() > skipped.size() &&
            path[skipped.size()] == '.') {
            continue;
        }
        const std::size_t dot = path.rfind('.');
        ElementRow row{};
        row.parent = kNone;
        row.content = kNone;
        if (dot == std::string_view::npos) {
            if (!open.empty()) return fail("second root element");
        } else {
            while (!open.empty() && open.back().path != path.substr(0, dot)) open.pop_back();
            if (open.empty()) return fail("element before its parent");
            row.parent = open.back().index;
        }
        std::string_view name = dot == std::string_view::npos ? path : path.substr(dot + 1);
        // The value of a primitive is the JSON value itself, no member.
        if (type.kind == static_cast<std::uint32_t>(TypeKind::Primitive) && name == "value" &&
            row.parent == 0) {
            skipped = path;
            continue;
        }
        if (name.ends_with("[x]")) {
            row.flags |= kChoice;
            name.remove_suffix(3);
        }
        row.id = text(element["id"].text());
        row.path = text(path);
        row.name = text(name);
        row.label = text(element["short"].text());
        row.definition = text(element["definition"].text());
        row.min = static_cast<std::uint32_t>(std::max<std::int64_t>(element["min"].integer(), 0));
        row.max = read_max(element["max"].text(), 1);
        const std::uint32_t base_max = read_max(element["base"]["max"].text(), row.max);
        if (base_max > 1) row.flags |= kArray;
        if (element["isModifier"].truth()) row.flags |= kModifier;
        if (element["isSummary"].truth()) row.flags |= kSummary;
        if (element["mustSupport"].truth()) row.flags |= kMustSupport;
        if (element["sliceName"]) row.flags |= kSlice;
        add_binding(element["binding"], row);
        row.conditions = text_list(element["condition"]);
        add_constraints(element, row);
        add_facets(element, row);
        if (Status typed = add_types(element, row, path, type.kind); !typed) return typed;

        const auto index = type.elements.count;
        if (const std::string_view reference = element["contentReference"].text();
            !reference.empty()) {
            content_references.emplace_back(index, last_segment(reference, '#'));
        } else if (row.parent != kNone && row.types.count == 0) {
            return fail("element without type");
        }
        const std::string_view id = element["id"].text();
        by_id.emplace(id.empty() ? path : id, index);
        open.push_back({path, index});
        elements.push_back(row);
        ++type.elements.count;
    }
    for (const auto& [index, id] : content_references) {
        const auto target = by_id.find(id);
        ElementRow& row = elements[type.elements.first + index];
        if (target == by_id.end())
            return Error{Code::Invalid, "contentReference to no element",
                         std::string{strings, row.path.at, row.path.size}};
        row.content = target->second;
        row.types = {static_cast<std::uint32_t>(type_refs.size()), 1};
        const ElementRow& meant = elements[type.elements.first + target->second];
        if (meant.types.count == 0)
            return Error{Code::Invalid, "contentReference to an element without type",
                         std::string{strings, row.path.at, row.path.size}};
        type_refs.push_back({type_refs[meant.types.first].code, row.name, {}, {}, 0});
    }
    return {};
}

Status PackWriter::Impl::add_types(json::Value element, ElementRow& row, std::string_view path,
                                   std::uint32_t kind) {
    row.types.first = static_cast<std::uint32_t>(type_refs.size());
    if (row.parent == kNone) return {};  // the root's types name the base, which TypeRow knows
    const bool choice = (row.flags & kChoice) != 0;
    const std::string name{strings, row.name.at, row.name.size};
    for (const json::Value type : element["type"]) {
        std::string code{type["code"].text()};
        if (code.starts_with(kSystemTypes)) {
            // Element.id, Extension.url and the like name their FHIR type in an extension.
            std::string_view fhir_type;
            for (const json::Value extension : type["extension"]) {
                if (extension["url"].text() == kFhirType)
                    fhir_type = member_with_prefix(extension, "value").text();
            }
            code = fhir_type.empty() ? "string" : fhir_type;
            // R4 writes "string" for Resource.id; the text of the specification, and R5, say id.
            if (kind == static_cast<std::uint32_t>(TypeKind::Resource) &&
                path.substr(path.find('.') + 1) == "id") {
                code = "id";
            }
        }
        if (code.empty()) return Error{Code::Invalid, "type without code", std::string{path}};
        TypeRefRow ref{};
        if (type["code"].text().starts_with(kSystemTypes)) ref.flags |= kSystemType;
        ref.code = text(code);
        std::string member = name;
        if (choice) {
            std::string suffix{last_segment(code, '/')};
            if (suffix[0] >= 'a' && suffix[0] <= 'z')
                suffix[0] = static_cast<char>(suffix[0] - 'a' + 'A');
            member += suffix;
        }
        ref.member = text(member);
        ref.targets = canonical_list(type["targetProfile"]);
        ref.profiles = canonical_list(type["profile"]);
        for (const json::Value each : type["aggregation"]) {
            if (each.text() == "contained") ref.flags |= kContained;
            if (each.text() == "referenced") ref.flags |= kReferenced;
            if (each.text() == "bundled") ref.flags |= kBundled;
        }
        if (type["versioning"].text() == "specific") ref.flags |= kVersioned;
        if (type["versioning"].text() == "independent") ref.flags |= kUnversioned;
        type_refs.push_back(ref);
        ++row.types.count;
    }
    return {};
}

void PackWriter::Impl::add_binding(json::Value binding, ElementRow& row) {
    row.strength = to_strength(binding["strength"].text());
    row.value_set = text(binding["valueSet"].text());
    if (row.value_set.size > 0)
        row.max_value_set = text(without_version(extension_value(binding, kMaxValueSet).text()));
}

void PackWriter::Impl::add_constraints(json::Value element, ElementRow& row) {
    row.constraints.first = static_cast<std::uint32_t>(constraint_ids.size());
    for (const json::Value each : element["constraint"]) {
        const std::uint32_t flags =
            (each["severity"].text() != "warning" ? kError : 0U) |
            (extension_value(each, kBestPracticeUrl).truth() ? kBestPractice : 0U);
        const std::string key = std::string{each["key"].text()} + '\n' +
                                std::string{each["expression"].text()} + '\n' +
                                std::string{each["human"].text()} + '\n' +
                                std::string{each["source"].text()} + '\n' + std::to_string(flags);
        const auto [at, fresh] =
            constraint_index.try_emplace(key, static_cast<std::uint32_t>(constraints.size()));
        if (fresh) {
            constraints.push_back({text(each["key"].text()), text(each["expression"].text()),
                                   text(each["human"].text()), text(each["source"].text()), flags});
        }
        constraint_ids.push_back(at->second);
        ++row.constraints.count;
    }
}

void PackWriter::Impl::add_facets(json::Value element, ElementRow& row) {
    row.facets.first = static_cast<std::uint32_t>(facets.size());
    const auto add = [&](std::string_view name, json::Value value) {
        facets.push_back(
            {text(name), is_scalar(value) ? text(value.text()) : text(json::write(value))});
        ++row.facets.count;
    };
    for (const json::Value extension : element["extension"]) {
        const json::Value value = member_with_prefix(extension, "value");
        if (is_scalar(value)) add(extension["url"].text(), value);
    }
    // A binding in words only: nothing to check, but part of the definition.
    if (const json::Value binding = element["binding"]; binding && !binding["valueSet"])
        add("binding", binding);
    for (const json::Value each : element) {
        const std::string_view key = each.key();
        const bool limit = key == "maxLength" || key.starts_with("fixed") ||
                           key.starts_with("pattern") || key.starts_with("minValue") ||
                           key.starts_with("maxValue");
        if (limit) row.flags |= kLimits;
        if (limit || key == "sliceName" || key == "slicing") add(key, each);
    }
}

void PackWriter::Impl::add_code_system(json::Value resource) {
    const std::string_view url = without_version(resource["url"].text());
    std::vector<ConceptOf> list;
    collect_concepts(resource["concept"], {}, list);
    std::ranges::stable_sort(list, [](const ConceptOf& a, const ConceptOf& b) {
        return compare_codes(a.code, b.code) < 0;
    });
    const auto repeated = std::ranges::unique(
        list, [](const ConceptOf& a, const ConceptOf& b) { return a.code == b.code; });
    list.erase(repeated.begin(), repeated.end());

    CodeSystemRow row{};
    row.url = text(url);
    row.is_complete = lists_all(resource, list.size()) ? 1 : 0;
    row.concepts = {static_cast<std::uint32_t>(concepts.size()),
                    static_cast<std::uint32_t>(list.size())};
    for (const ConceptOf& each : list) {
        std::uint32_t parent = kNone;
        if (!each.parent.empty()) {
            const auto at = std::ranges::lower_bound(
                list, each.parent,
                [](std::string_view a, std::string_view b) { return compare_codes(a, b) < 0; },
                &ConceptOf::code);
            if (at != list.end() && at->code == each.parent)
                parent = row.concepts.first + static_cast<std::uint32_t>(at - list.begin());
        }
        concepts.push_back({text(each.code), text(each.display), text(each.english), parent});
    }
    code_systems.push_back(row);
    SystemCodes& known = known_systems[std::string{url}];
    known.is_complete = row.is_complete != 0;
    for (const ConceptOf& each : list)
        known.codes.push_back({std::string{each.code}, std::string{each.parent}});
    collect_properties(resource["concept"], known);
    for (const auto& [code, parent] : known.codes) {
        // A place in the hierarchy is a property as well.
        if (!parent.empty() && !known.properties.contains({code, "parent"}))
            known.properties.emplace(std::pair{code, std::string{"parent"}}, parent);
    }
}

void PackWriter::Impl::add_concept_map(json::Value resource) {
    ConceptMapRow row{};
    row.url = text(without_version(resource["url"].text()));
    row.mappings.first = static_cast<std::uint32_t>(mappings.size());
    for (const json::Value group : resource["group"]) {
        const Text source = text(without_version(group["source"].text()));
        const Text target = text(without_version(group["target"].text()));
        for (const json::Value element : group["element"]) {
            for (const json::Value each : element["target"]) {
                mappings.push_back({source, text(element["code"].text()), target,
                                    text(each["code"].text()), text(each["display"].text()),
                                    text(each["equivalence"].text())});
            }
        }
        const json::Value unmapped = group["unmapped"];
        const std::string_view mode = unmapped["mode"].text();
        if (mode == "fixed") {
            mappings.push_back({source,
                                {},
                                target,
                                text(unmapped["code"].text()),
                                text(unmapped["display"].text()),
                                text("inexact")});
        } else if (mode == "provided") {
            mappings.push_back({source, {}, target, {}, {}, text("equal")});
        }
    }
    row.mappings.count = static_cast<std::uint32_t>(mappings.size()) - row.mappings.first;
    concept_maps.push_back(row);
}

void PackWriter::Impl::write_value_set(const std::string& url, const CodeList& list) {
    ValueSetRow row{};
    row.url = text(url);
    row.has_unknown_part = list.has_unknown_part ? 1 : 0;
    row.open.first = static_cast<std::uint32_t>(texts.size());
    row.open.count = static_cast<std::uint32_t>(list.open_systems.size());
    for (const std::string& system : list.open_systems) texts.push_back(text(system));
    row.codes = {static_cast<std::uint32_t>(codes.size()),
                 static_cast<std::uint32_t>(list.codes.size())};
    for (const SystemCode& each : list.codes)
        codes.push_back({text(each.code), system_text(each.system)});
    value_sets.push_back(row);
}

Status PackWriter::Impl::add_search_parameter(json::Value resource) {
    const auto kind = search_kind_named(resource["type"].text());
    if (!kind || resource["code"].text().empty()) {
        return Error{Code::Invalid, "search parameter without code or of an unknown type",
                     std::string{resource["url"].text()}};
    }
    SearchParameterRow row{};
    row.url = text(without_version(resource["url"].text()));
    row.code = text(resource["code"].text());
    row.expression = text(resource["expression"].text());
    row.kind = static_cast<std::uint32_t>(*kind);
    row.bases = text_list(resource["base"]);
    row.targets = text_list(resource["target"]);
    row.components.first = static_cast<std::uint32_t>(search_components.size());
    for (const json::Value each : resource["component"]) {
        search_components.push_back(
            {text(without_version(each["definition"].text())), text(each["expression"].text())});
        ++row.components.count;
    }
    // R4 has examples that define a code again.
    (resource["experimental"].truth() ? experimental_parameters : search_parameters).push_back(row);
    return {};
}

void PackWriter::add_note(std::string_view kind, std::string_view subject,
                          std::string_view reason) {
    impl_->notes.push_back({impl_->text(kind), impl_->text(subject), impl_->text(reason)});
}

Result<Bytes> PackWriter::finish() {
    Impl& impl = *impl_;
    Expander expander(impl.pending_sets, impl.known_systems, impl.below);
    for (const auto& [url, resource] : impl.pending_sets)
        impl.write_value_set(url, expander.expand(url));
    if (impl.strings.size() > 0xFFFFFFFFU)
        return Error{Code::Unsupported, "more than 4 GiB of text in a definitions pack", {}};

    constexpr std::size_t kSections = kSectionIds - 1;
    Bytes out(sizeof(Header) + kSections * sizeof(Section));
    std::vector<Section> directory;
    const auto write = [&]<class Row>(SectionId id, const std::vector<Row>& rows) {
        impl.write_section(out, directory, id, rows.data(), rows.size());
    };
    impl.write_section(out, directory, SectionId::Strings, impl.strings.data(),
                       impl.strings.size());
    write(SectionId::Texts, impl.texts);
    write(SectionId::Types, impl.types);
    write(SectionId::Elements, impl.elements);
    write(SectionId::TypeRefs, impl.type_refs);
    write(SectionId::Constraints, impl.constraints);
    write(SectionId::ConstraintIds, impl.constraint_ids);
    write(SectionId::Facets, impl.facets);
    write(SectionId::ValueSets, impl.value_sets);
    write(SectionId::Codes, impl.codes);
    write(SectionId::CodeSystems, impl.code_systems);
    write(SectionId::Concepts, impl.concepts);
    write(SectionId::ConceptMaps, impl.concept_maps);
    write(SectionId::Mappings, impl.mappings);
    write(SectionId::Contexts, impl.contexts);
    write(SectionId::Notes, impl.notes);
    write(SectionId::Resources, impl.resources);
    impl.search_parameters.insert(impl.search_parameters.end(),
                                  impl.experimental_parameters.begin(),
                                  impl.experimental_parameters.end());
    write(SectionId::SearchParameters, impl.search_parameters);
    write(SectionId::SearchComponents, impl.search_components);

    std::memcpy(out.data() + sizeof(Header), directory.data(), kSections * sizeof(Section));
    Header header{};
    header.magic = kMagic;
    header.version = kVersion;
    header.section_count = static_cast<std::uint32_t>(kSections);
    header.size = out.size();
    header.content_hash = content_hash(BytesView{out}.subspan(sizeof header));
    std::memcpy(out.data(), &header, sizeof header);
    return out;
}

}  // namespace tsunagi::fhir

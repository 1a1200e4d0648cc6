#include <algorithm>
#include <map>
#include <string>
#include <utility>

#include "validate/walk.h"

/// Resources inside a Bundle or another resource, and the references between them.
namespace tsunagi::validate {
namespace {

using fhir::Definitions;
using fhir::Entry;
using fhir::TypeDef;
using fhir::TypeKind;
using json::Value;

constexpr std::string_view kCore = "http://hl7.org/fhir/StructureDefinition/";
constexpr std::string_view kContained = "contained";

const TypeDef* resource_named(const Definitions& definitions, std::string_view name) noexcept {
    const TypeDef* type = definitions.type(name);
    const bool fits = type && type->kind == TypeKind::Resource && type->name == name;
    return fits && !type->is_abstract && !type->is_profile ? type : nullptr;
}

/// The name of the resource type a target profile stands for; empty if it is not known.
std::string_view target_name(const Definitions& definitions, std::string_view url) noexcept {
    const TypeDef* type = definitions.type(url);
    if (type) return type->name;
    return {};
}

}  // namespace

void Walk::resource(Value value, const TypeDef* declared, const Place& place) {
    if (!value.is_object()) return report(Finding::ObjectExpected, place, value.offset());
    const Place type_place{&place, "resourceType"};
    const Value type_name = value["resourceType"];
    if (!type_name) return report(Finding::MissingElement, type_place, value.offset());
    if (!type_name.is_string())
        return report(Finding::WrongType, type_place, type_name.offset(), {"\"Patient\""});
    const TypeDef* type = resource_named(definitions_, type_name.text());
    if (!type) return report(Finding::UnknownResourceType, type_place, type_name.offset());
    if (declared && declared->is_profile) {
        if (declared->name != type->name) {
            return report(Finding::WrongResourceType, type_place, type_name.offset(),
                          {declared->name});
        }
        type = declared;
    } else if (declared && !Definitions::is_subtype(type, declared)) {
        return report(Finding::WrongResourceType, type_place, type_name.offset(), {declared->name});
    }

    const Surroundings outside = around_;
    if (place.element && place.element->name == kContained) {
        if (outside.is_contained) report(Finding::NestedContained, place, value.offset());
        around_.is_contained = true;
    } else {
        around_.container = value;
        around_.is_contained = false;
        if (place.element && place.element->path == "Bundle.entry.resource" && around_.bundle &&
            place.up->index < around_.bundle->entries().size()) {
            around_.entry = &around_.bundle->entries()[place.up->index];
        }
    }
    if (type->name == "Bundle" && value["entry"].is_array()) {
        bundle(value, *type, place);
    } else {
        object(value, *type, place, true);
    }
    around_ = outside;
}

void Walk::bundle(Value value, const TypeDef& type, const Place& place) {
    const fhir::BundleIndex index{value};
    around_.bundle = &index;
    around_.entry = nullptr;
    full_urls(place);
    object(value, type, place, true);
}

void Walk::full_urls(const Place& place) {
    Place entry{&place, "entry"};
    entry.index = 0;
    const Place here{&entry, "fullUrl"};
    for (const Entry& each : around_.bundle->entries()) {
        const fhir::ReferenceParts parts = fhir::split_reference(each.full_url);
        const std::string_view id = each.resource["id"].text();
        const std::string_view type = each.resource["resourceType"].text();
        if (parts.form == fhir::ReferenceParts::Form::Rest && !id.empty() &&
            (id != parts.id || (type != parts.type && resource_named(definitions_, type)))) {
            report(Finding::FullUrlDisagrees, here, each.entry["fullUrl"].offset());
        }
        ++entry.index;
    }
    if (around_.bundle->duplicate_full_url()) same_full_urls(place);
}

/// bdl-7: the same fullUrl may come again with another meta.versionId.
void Walk::same_full_urls(const Place& place) {
    Place entry{&place, "entry"};
    entry.index = 0;
    const Place here{&entry, "fullUrl"};
    std::map<std::pair<std::string_view, std::string_view>, bool> met;
    for (const Entry& each : around_.bundle->entries()) {
        const std::string_view version = each.resource["meta"]["versionId"].text();
        if (!each.full_url.empty() && !met.try_emplace({each.full_url, version}, true).second)
            report(Finding::DuplicateFullUrl, here, each.entry["fullUrl"].offset());
        ++entry.index;
    }
}

void Walk::reference(Value value, const fhir::TypeRef& declared, const Place& place) {
    using Form = fhir::ReferenceParts::Form;
    const Value text = value["reference"];
    if (!text.is_string() || text.text().empty()) return;
    const Place here{&place, "reference"};
    const fhir::ReferenceParts parts = fhir::split_reference(text.text());
    if (parts.form == Form::Fragment) {
        const Value found = parts.id.empty() ? around_.container : contained(parts.id);
        if (!found) return report(Finding::UnresolvedReference, here, text.offset());
        return target(found["resourceType"].text(), declared, here, text.offset());
    }
    const Entry* found =
        around_.bundle ? around_.bundle->resolve(text.text(), around_.entry) : nullptr;
    if (found && found->resource)
        return target(found->resource["resourceType"].text(), declared, here, text.offset());
    switch (parts.form) {
        case Form::Urn:
            // Such an address means nothing outside the Bundle that it was made up for.
            if (around_.bundle && !found) report(Finding::UnresolvedReference, here, text.offset());
            break;
        case Form::Relative:
            target(parts.type, declared, here, text.offset());
            break;
        case Form::Rest:
            // Any address may happen to look like one of a resource.
            if (resource_named(definitions_, parts.type))
                target(parts.type, declared, here, text.offset());
            break;
        case Form::Fragment:
        case Form::Other:
            break;
    }
}

void Walk::target(std::string_view type_name, const fhir::TypeRef& declared, const Place& place,
                  std::uint32_t offset) {
    for (const std::string_view url : declared.targets) {
        const bool is_core = url.starts_with(kCore);
        const std::string_view last = is_core ? url.substr(kCore.size()) : url;
        if (is_core && (last == type_name || last == "Resource")) return;
        const std::string_view name = target_name(definitions_, url);
        // A profile nobody gave us may stand for any type.
        if (name.empty() || name == type_name) return;
    }
    if (declared.targets.empty()) {
        if (resource_named(definitions_, type_name)) return;
        return report(Finding::WrongReferenceTarget, place, offset,
                      {"FHIR R4 のリソース", "a resource of FHIR R4"});
    }
    std::string names;
    for (const std::string_view url : declared.targets) {
        if (!names.empty()) names += ", ";
        names += target_name(definitions_, url);
    }
    report(Finding::WrongReferenceTarget, place, offset, {names});
}

/// By an index made at the first look-up: a text may hold many of both.
Value Walk::contained(std::string_view id) {
    if (contained_of_ != around_.container.node()) {
        contained_of_ = around_.container.node();
        contained_.clear();
        for (const Value each : around_.container[kContained])
            contained_.emplace_back(each["id"].text(), each);
        std::ranges::stable_sort(contained_, {}, [](const auto& each) { return each.first; });
    }
    const auto at =
        std::ranges::lower_bound(contained_, id, {}, [](const auto& each) { return each.first; });
    return at != contained_.end() && at->first == id ? at->second : Value{};
}

}  // namespace tsunagi::validate

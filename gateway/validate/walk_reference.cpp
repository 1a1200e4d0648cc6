#include <algorithm>
#include <string>

#include "validate/walk.h"

/// References: what they mean here, and whether the element allows it.
namespace tsunagi::validate {
namespace {

using fhir::Definitions;
using fhir::Entry;
using fhir::TypeDef;
using fhir::TypeKind;
using json::Value;

constexpr std::string_view kCore = "http://hl7.org/fhir/StructureDefinition/";

/// The name of the resource type a target profile stands for; empty if it is not known.
std::string_view target_name(const Definitions& definitions, std::string_view url) noexcept {
    const TypeDef* type = definitions.type(url);
    if (type) return type->name;
    return {};
}

bool allows(const Definitions& definitions, std::string_view url, std::string_view type_name) {
    const bool is_core = url.starts_with(kCore);
    const std::string_view last = is_core ? url.substr(kCore.size()) : url;
    if (is_core && (last == type_name || last == "Resource")) return true;
    const std::string_view name = target_name(definitions, url);
    // A profile nobody gave us may stand for any type.
    return name.empty() || name == type_name || name == "Resource";
}

std::string names_of(const Definitions& definitions, std::span<const std::string_view> targets) {
    std::vector<std::string_view> names;
    for (const std::string_view url : targets) {
        const std::string_view name = target_name(definitions, url);
        if (std::ranges::find(names, name) == names.end()) names.push_back(name);
    }
    std::string out;
    for (const std::string_view name : names) {
        if (!out.empty()) out += ", ";
        out += name;
    }
    return out;
}

std::string names_of_all(std::span<const std::string_view> urls) {
    std::string out;
    for (const std::string_view url : urls) {
        if (!out.empty()) out += ", ";
        out += url;
    }
    return out;
}

constexpr std::uint8_t kAnyWay = fhir::kContained | fhir::kReferenced | fhir::kBundled;

/// Every way that is allowed, in words.
Detail ways_of(std::uint8_t ways) {
    switch (ways & kAnyWay) {
        case fhir::kContained:
            return {"このリソースの contained", "contained in this resource"};
        case fhir::kBundled:
            return {"同じ Bundle の中", "in the same Bundle"};
        case fhir::kContained | fhir::kBundled:
            return {"contained か同じ Bundle の中", "contained, or in the same Bundle"};
        default:
            return {"このリソースの外", "outside of this resource"};
    }
}

}  // namespace

Target Walk::follow(std::string_view text) {
    using Form = fhir::ReferenceParts::Form;
    const fhir::ReferenceParts parts = fhir::split_reference(text);
    Target out;
    if (parts.form == Form::Fragment) {
        out.resource = parts.id.empty() ? around_.container : contained(parts.id);
        out.entry = around_.entry;
        out.is_broken = !out.resource;
    } else {
        out.entry = around_.bundle ? around_.bundle->resolve(text, around_.entry) : nullptr;
        if (out.entry) out.resource = out.entry->resource;
    }
    if (out.resource) {
        out.type_name = out.resource["resourceType"].text();
        return out;
    }
    switch (parts.form) {
        case Form::Urn:
            // Such an address means nothing outside the Bundle that it was made up for.
            out.is_broken = around_.bundle && !out.entry;
            break;
        case Form::Relative:
            out.type_name = parts.type;
            break;
        case Form::Rest:
            // Any address may happen to look like one of a resource.
            if (options_.rest_references || resource_named(definitions_, parts.type))
                out.type_name = parts.type;
            break;
        case Form::Fragment:
        case Form::Other:
            break;
    }
    return out;
}

void Walk::reference(Value value, const fhir::TypeRef& declared, const Place& place) {
    const Value text = value["reference"];
    if (!text.is_string() || text.text().empty()) return;
    const Place here{&place, "reference"};
    const Target found = follow(text.text());
    if (found.is_broken) {
        const bool is_fragment = text.text().starts_with('#');
        return report_rule(Finding::UnresolvedReference, is_fragment ? "ref-1" : "", here,
                           text.offset());
    }
    if (!found.type_name.empty())
        target_type(found.type_name, declared.targets, here, text.offset());
}

void Walk::target_type(std::string_view type_name, std::span<const std::string_view> targets,
                       const Place& place, std::uint32_t offset) {
    if (!resource_named(definitions_, type_name)) {
        return report(Finding::WrongReferenceTarget, place, offset,
                      {"FHIR R4 のリソース", "a resource of FHIR R4"});
    }
    const auto allowed = [&](std::string_view url) { return allows(definitions_, url, type_name); };
    if (targets.empty() || std::ranges::any_of(targets, allowed)) return;
    const std::string names = names_of(definitions_, targets);
    report(Finding::WrongReferenceTarget, place, offset, {names});
}

/// What a profile says of targets: their types, and where the target is at hand, their profiles.
void Walk::narrowed_targets(Value value, const fhir::ElementDef& element, const Place& place) {
    const Value text = value["reference"];
    if (!text.is_string() || text.text().empty()) return;
    const Target found = follow(text.text());
    if (found.is_broken || found.type_name.empty()) return;
    std::vector<std::string_view> targets;
    for (const fhir::TypeRef& each : element.types) {
        if (each.targets.empty() && each.type == known_.reference) return;
        targets.insert(targets.end(), each.targets.begin(), each.targets.end());
    }
    if (targets.empty()) return;
    const Place here{&place, "reference"};
    const bool fits_type = std::ranges::any_of(
        targets, [&](std::string_view url) { return allows(definitions_, url, found.type_name); });
    if (!fits_type) return target_type(found.type_name, targets, here, text.offset());
    if (!found.resource) return;
    const TypeDef* type = resource_named(definitions_, found.type_name);
    if (!type) return;
    const Surroundings outside = around_;
    around_.resource = found.resource;
    around_.is_contained = text.text().starts_with('#') && text.text().size() > 1;
    if (!around_.is_contained) {
        around_.container = found.resource;
        around_.entry = found.entry;
    }
    bool fits = false;
    std::string names;
    for (const std::string_view url : targets) {
        if (!allows(definitions_, url, found.type_name)) continue;
        const TypeDef* definition = definitions_.type(url);
        fits = !definition || !definition->is_profile ||
               conforms({found.resource, {}, type}, url) != Fit::No;
        if (fits) break;
        if (!names.empty()) names += ", ";
        names += url;
    }
    around_ = outside;
    // Who asks for a profile asks for a resource without errors.
    const bool asks_for_profile = std::ranges::any_of(targets, [&](std::string_view url) {
        const TypeDef* definition = definitions_.type(url);
        return definition && definition->is_profile;
    });
    if (fits && asks_for_profile) {
        fits = std::ranges::find(faulty_, found.resource.node()) == faulty_.end();
        if (fits) trusted_.push_back(found.resource.node());
        names = names_of_all(targets);
    }
    if (!fits) report(Finding::TargetNotConformant, here, text.offset(), {names});
}

/// ElementDefinition.type.aggregation and versioning, of a reference that says where it leads.
void Walk::way_of_reference(Value value, const fhir::ElementDef& element, const Place& place) {
    const Value text = value["reference"];
    if (!text.is_string() || text.text().empty()) return;
    std::uint8_t ways = 0;
    for (const fhir::TypeRef& each : element.types) {
        const bool is_free = (each.aggregation & kAnyWay) == 0;
        ways |= is_free ? each.aggregation | kAnyWay : each.aggregation;
    }
    const Place here{&place, "reference"};
    const Target found = follow(text.text());
    const bool is_fragment = text.text().starts_with('#');
    // What lies in the same Bundle is outside of the resource as well.
    const unsigned allowed = is_fragment   ? fhir::kContained
                             : found.entry ? fhir::kBundled | fhir::kReferenced
                                           : fhir::kReferenced;
    if ((ways & allowed) == 0) {
        report(Finding::WrongWayOfReference, here, text.offset(), ways_of(ways));
    }
    const bool has_version = text.text().find("/_history/") != std::string_view::npos;
    if (is_fragment) return;
    if ((ways & fhir::kVersioned) != 0 && !has_version)
        report(Finding::VersionNeeded, here, text.offset());
    if ((ways & fhir::kUnversioned) != 0 && has_version)
        report(Finding::VersionNotAllowed, here, text.offset());
}

bool Walk::trusted_in_vain() const {
    return std::ranges::any_of(trusted_, [&](const json::Node* each) {
        return std::ranges::find(faulty_, each) != faulty_.end();
    });
}

/// By an index made at the first look-up: a text may hold many of both.
Value Walk::contained(std::string_view id) {
    if (contained_of_ != around_.container.node()) {
        contained_of_ = around_.container.node();
        contained_.clear();
        for (const Value each : around_.container["contained"])
            contained_.emplace_back(each["id"].text(), each);
        std::ranges::stable_sort(contained_, {}, [](const auto& each) { return each.first; });
    }
    const auto at =
        std::ranges::lower_bound(contained_, id, {}, [](const auto& each) { return each.first; });
    return at != contained_.end() && at->first == id ? at->second : Value{};
}

}  // namespace tsunagi::validate

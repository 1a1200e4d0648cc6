#include <algorithm>
#include <map>
#include <string>
#include <unordered_set>
#include <utility>

#include "validate/conformance.h"
#include "validate/questionnaire.h"
#include "validate/walk.h"

/// Resources: at the root, contained, and in Bundles.
namespace tsunagi::validate {
namespace {

using fhir::Definitions;
using fhir::Entry;
using fhir::TypeDef;
using fhir::TypeKind;
using json::Value;

constexpr std::string_view kContained = "contained";

/// Every text below `value` that may be the address of a contained resource ("#a"), those of
/// `above` aside; `to_container` tells whether one is "#" alone.
void collect_fragments(Value value, std::unordered_set<std::string_view>& found,
                       bool& to_container) {
    for (const Value each : value) {
        if (each.is_string()) {
            const std::string_view text = each.text();
            if (!text.starts_with('#')) continue;
            found.insert(text.substr(1));
            to_container |= text.size() == 1;
        } else {
            collect_fragments(each, found, to_container);
        }
    }
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
    const TypeDef* allowed =
        declared && declared->is_profile ? definitions_.type(declared->name) : declared;
    if (allowed && !Definitions::is_subtype(type, allowed))
        return report(Finding::WrongResourceType, type_place, type_name.offset(), {allowed->name});

    const Surroundings outside = around_;
    Place here = place;
    here.type = type;
    around_.resource = value;
    if (place.element && place.element->name == kContained) {
        if (outside.is_contained)
            report_rule(Finding::NestedContained, "dom-2", place, value.offset());
        around_.is_contained = true;
    } else {
        around_.container = value;
        around_.is_contained = false;
        if (place.element && place.element->path == "Bundle.entry.resource" && around_.bundle &&
            place.up->index < around_.bundle->entries().size()) {
            around_.entry = &around_.bundle->entries()[place.up->index];
        }
    }
    const std::size_t before = faults_.own;
    if (type->name == "Bundle" && value["entry"].is_array()) {
        bundle(value, *type, here);
    } else {
        resource_content(value, *type, here);
    }
    if (faults_.own != before) faulty_.push_back(value.node());
    around_ = outside;
}

/// The members, then what is asked of the resource as a whole.
void Walk::resource_content(Value value, const TypeDef& type, Place& place) {
    const std::size_t before = faults_.all;
    object(value, type, place, true);
    if (stopped_) return;
    // They may change what every element means (resource.html#implicitRules).
    if (const Value rules = value["implicitRules"]; rules.is_string() && options_.warnings)
        report(Finding::RulesUnknown, Place{&place, "implicitRules"}, rules.offset());
    const bool is_sound = faults_.all == before;
    contained_rules(value, place);
    invariants({value, {}, &type}, rules_.invariants.of(*type.root), place, is_sound);
    if (type.name == "QuestionnaireResponse") QuestionnaireCheck(*this).response(value, place);
    ConformanceCheck(*this).resource(value, type, place);
    profiles_of_resource(value, type, place);
}

/// dom-3 to dom-6. dom-2 is found where the second level stands.
void Walk::contained_rules(Value value, const Place& place) {
    const TypeDef& type = *place.type;
    if (!Definitions::is_subtype(&type, known_.domain_resource)) return;
    if (options_.hints && options_.warnings && silent_ == 0 && !value["text"]["div"]) {
        report_rule(Finding::BestPractice, "dom-6", place, value.offset(),
                    {"リソースに人が読める説明（narrative）を付ける",
                     "A resource should have narrative for robust management"});
    }
    const Value list = value[kContained];
    if (!list.is_array() || around_.is_contained) return;
    std::unordered_set<std::string_view> named;
    bool to_container = false;
    for (const Value each : value) {
        if (each.key() != kContained) {
            if (each.is_string() && each.text().starts_with('#'))
                named.insert(each.text().substr(1));
            collect_fragments(each, named, to_container);
        }
    }
    std::vector<std::pair<Value, bool>> inner;  // which of them refer to the container
    for (const Value each : list) {
        bool refers = false;
        collect_fragments(each, named, refers);
        inner.emplace_back(each, refers);
    }
    Place here{&place, kContained};
    here.index = 0;
    for (const auto& [each, refers] : inner) {
        if (!refers && !named.contains(each["id"].text()))
            report_rule(Finding::ContainedNotReferenced, "dom-3", here, each.offset());
        const Value meta = each["meta"];
        for (const std::string_view name : {"versionId", "lastUpdated"}) {
            if (meta[name])
                report_rule(Finding::ContainedWithMeta, "dom-4", here, meta.offset(), {name});
        }
        if (meta["security"])
            report_rule(Finding::ContainedWithMeta, "dom-5", here, meta.offset(), {"security"});
        ++here.index;
    }
}

void Walk::bundle(Value value, const TypeDef& type, Place& place) {
    const fhir::BundleIndex index{value};
    around_.bundle = &index;
    around_.entry = nullptr;
    full_urls(place);
    if (value["type"].text() == "document") {
        Place entry{&place, "entry"};
        for (const std::uint32_t at : fhir::entries_apart(index)) {
            entry.index = at;
            report(Finding::EntryApart, entry, index.entries()[at].entry.offset());
        }
    }
    resource_content(value, type, place);
}

void Walk::full_urls(const Place& place) {
    Place entry{&place, "entry"};
    entry.index = 0;
    const Place here{&entry, "fullUrl"};
    for (const Entry& each : around_.bundle->entries()) {
        const fhir::ReferenceParts parts = fhir::split_reference(each.full_url);
        const std::string_view id = each.resource["id"].text();
        const std::string_view type = each.resource["resourceType"].text();
        if (!each.full_url.empty() && each.full_url.find(':') == std::string_view::npos)
            report(Finding::FullUrlNotAbsolute, here, each.entry["fullUrl"].offset());
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
            report_rule(Finding::DuplicateFullUrl, "bdl-7", here, each.entry["fullUrl"].offset());
        ++entry.index;
    }
}

}  // namespace tsunagi::validate

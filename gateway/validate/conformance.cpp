#include "validate/conformance.h"

#include <algorithm>
#include <array>
#include <set>

#include "json/reader.h"
#include "validate/profile_compiler.h"

namespace tsunagi::validate {
namespace {

using fhir::ElementDef;
using fhir::TypeDef;
using json::Value;

constexpr std::string_view kProperties = "http://hl7.org/fhir/concept-properties#";

/// hl7.org/fhir/R4/codesystem-concept-properties.html.
struct KnownProperty {
    std::string_view code;
    std::string_view type;
};
constexpr std::array kKnownProperties = {
    KnownProperty{"inactive", "boolean"},
    KnownProperty{"deprecated", "dateTime"},
    KnownProperty{"deprecationDate", "dateTime"},
    KnownProperty{"retirementDate", "dateTime"},
    KnownProperty{"notSelectable", "boolean"},
    KnownProperty{"parent", "code"},
    KnownProperty{"child", "code"},
};

constexpr std::uint32_t kMaxLevels = 60;

std::uint32_t max_of(std::string_view text) {
    if (text == "*") return fhir::kUnbounded;
    std::uint32_t number = 0;
    for (const char c : text) {
        if (c < '0' || c > '9' || number > 100'000'000) return fhir::kUnbounded;
        number = number * 10 + static_cast<std::uint32_t>(c - '0');
    }
    return text.empty() ? fhir::kUnbounded : number;
}

Value member_with_prefix(Value object, std::string_view prefix) {
    for (const Value each : object) {
        if (each.key().starts_with(prefix)) return each;
    }
    return {};
}

/// Discriminators in a form that compares.
std::set<std::pair<std::string_view, std::string_view>> discriminators_of(Value slicing) {
    std::set<std::pair<std::string_view, std::string_view>> out;
    for (const Value each : slicing["discriminator"])
        out.emplace(each["type"].text(), each["path"].text());
    return out;
}

Place below(const Place& parent, std::string_view name, std::uint32_t index) {
    Place place{&parent, name};
    place.index = index;
    return place;
}

}  // namespace

void ConformanceCheck::resource(Value value, const TypeDef& type, const Place& place) {
    if (type.name == "ValueSet") {
        value_set(value, place);
    } else if (type.name == "CodeSystem") {
        code_system(value, place);
    } else if (type.name == "StructureDefinition") {
        structure(value, place);
    }
}

void ConformanceCheck::fault(const Place& place, Value at, std::string_view ja,
                             std::string_view en) {
    walk_.report(Finding::DefinitionFault, place, at.offset(), {ja, en});
}

void ConformanceCheck::value_set(Value value, const Place& place) {
    const Place compose{&place, "compose"};
    for (const std::string_view name : {"include", "exclude"}) {
        std::uint32_t index = 0;
        for (const Value part : value["compose"][name]) {
            const Place here = below(compose, name, index++);
            const Value system = part["system"];
            if (!system.is_string() || (system.text().find(':') != std::string_view::npos &&
                                        !system.text().starts_with('#'))) {
                continue;
            }
            const Place at{&here, "system"};
            fault(at, system,
                  "コード体系は絶対URLで指定してください。contained のものは url を書きます。",
                  "name the code system by its absolute address; of a contained one give its url.");
        }
    }
}

void ConformanceCheck::code_system(Value value, const Place& place) {
    std::map<std::string_view, std::string_view> types;
    std::set<std::string_view> addresses;
    std::uint32_t index = 0;
    for (const Value property : value["property"]) {
        const Place here = below(place, "property", index++);
        const std::string_view code = property["code"].text();
        const std::string_view type = property["type"].text();
        const std::string_view uri = property["uri"].text();
        if (!types.emplace(code, type).second)
            fault(here, property, "同じコードの属性がすでにあります。",
                  "a property with this code is defined already.");
        if (!uri.empty() && !addresses.insert(uri).second)
            fault(here, property, "同じURIの属性がすでにあります。",
                  "a property with this URI is defined already.");
        if (!uri.starts_with(kProperties)) continue;
        const auto* known = std::ranges::find(kKnownProperties, uri.substr(kProperties.size()),
                                              &KnownProperty::code);
        if (known != kKnownProperties.end() && known->type != type) {
            fault(here, property, "このURIの属性は、型が仕様で決まっています。",
                  "the specification gives the property of this URI another type.");
        }
    }
    concepts(value, types, place);
}

void ConformanceCheck::concepts(Value parent,
                                const std::map<std::string_view, std::string_view>& types,
                                const Place& place) {
    if (walk_.depth_ > kMaxLevels) return;
    ++walk_.depth_;
    std::uint32_t index = 0;
    for (const Value each : parent["concept"]) {
        const Place here = below(place, "concept", index++);
        std::uint32_t number = 0;
        for (const Value property : each["property"]) {
            const Place at = below(here, "property", number++);
            const auto declared = types.find(property["code"].text());
            const Value value = member_with_prefix(property, "value");
            if (declared == types.end() || !value) continue;
            std::string type{value.key().substr(5)};
            if (type != "Coding" && !type.empty())
                type.front() = static_cast<char>(type.front() - 'A' + 'a');
            if (type != declared->second)
                fault(at, property, "属性の値の型が、宣言された型と違います。",
                      "the value is not of the type that the property is declared to have.");
        }
        concepts(each, types, here);
    }
    --walk_.depth_;
}

/// A rule that stands in a differential is that of its own definition (hl7.org/fhir/R4/
/// elementdefinition-definitions.html, constraint.source: where the constraint was first defined).
void ConformanceCheck::sources(Value element, std::string_view url, const Place& place) {
    std::uint32_t index = 0;
    for (const Value rule : element["constraint"]) {
        const Place here = below(place, "constraint", index++);
        const std::string_view source = rule["source"].text();
        if (!source.empty() && source.substr(0, source.find('|')) != url)
            fault(here, rule, "この条件の source が、この定義の url と違います。",
                  "the source of the constraint is not the url of this definition.");
    }
}

/// Only what narrows a base that we hold can be judged further.
void ConformanceCheck::structure(Value value, const Place& place) {
    const Place elements{&place, "differential"};
    std::uint32_t number = 0;
    for (const Value each : value["differential"]["element"])
        sources(each, value["url"].text(), below(elements, "element", number++));
    if (value["derivation"].text() != "constraint") return;
    const TypeDef* base = walk_.definitions_.type(value["baseDefinition"].text());
    if (!base) return;
    std::uint32_t index = 0;
    for (const Value each : value["differential"]["element"]) {
        const Place here = below(elements, "element", index);
        const std::string_view path = each["path"].text();
        if (index++ == 0 && path.find('.') == std::string_view::npos && each["slicing"])
            fault(here, each, "先頭の要素は区分（slicing）できません。",
                  "the root cannot be sliced.");
        element(each, *base, here);
    }
}

void ConformanceCheck::element(Value element, const TypeDef& base, const Place& place) {
    const std::string_view path = element["path"].text();
    const TypeDef* type = walk_.definitions_.type(base.name);
    if (path.substr(0, path.find('.')) != base.name || !is_path(type, path))
        return fault(place, element, "この要素は、もとの定義にありません。",
                     "the base definition has no such element.");
    discriminators(element["slicing"], type, place);
    if (const ElementDef* own = find(base, element["id"].text(), path))
        against(element, *own, place);
}

void ConformanceCheck::against(Value element, const ElementDef& base, const Place& place) {
    if (element["min"] && element["min"].integer() < static_cast<std::int64_t>(base.min) &&
        !element["sliceName"])
        fault(place, element, "min を、もとの定義より小さくはできません。",
              "min cannot be less than in the base.");
    if (element["max"] && max_of(element["max"].text()) > base.max)
        fault(place, element, "max を、もとの定義より大きくはできません。",
              "max cannot be more than in the base.");
    if (const Value fixed = member_with_prefix(element, "fixed")) {
        const std::string_view wanted = base.facet(fixed.key());
        const bool is_text = fixed.is_string() || fixed.is_bool() || fixed.is_number();
        bool is_same = wanted.empty() || (is_text && wanted == fixed.text());
        if (!is_same && !is_text) {
            const auto read = json::read(wanted);
            is_same = read && json::equal(read->root(), fixed);
        }
        if (!is_same)
            fault(place, element, "決まった値を、もとの定義と違う値にはできません。",
                  "a fixed value cannot differ from that of the base.");
    }
    const std::string_view slicing = base.facet("slicing");
    if (element["slicing"] && !slicing.empty()) {
        const auto read = json::read(slicing);
        const auto before = read ? discriminators_of(read->root()) : discriminators_of(Value{});
        const auto now = discriminators_of(element["slicing"]);
        if (!now.empty() && !before.empty() && !std::ranges::includes(now, before))
            fault(place, element, "区分（slicing）の見分け方を変えることはできません。",
                  "the discriminators of the base cannot be replaced.");
    }
}

/// The element of the base with the same id; of slices the base does not have, the sliced one.
const ElementDef* ConformanceCheck::find(const TypeDef& base, std::string_view id,
                                         std::string_view path) const {
    const ElementDef* by_path = nullptr;
    for (const ElementDef& each : base.all_elements) {
        if (!id.empty() && each.id == id) return &each;
        if (!by_path && each.path == path) by_path = &each;
    }
    return id.find(':') == std::string_view::npos ? by_path : nullptr;
}

/// Follows the members of the types. Null where the type is left open; false when the path names
/// what the type does not have.
bool ConformanceCheck::follow(const TypeDef*& at, std::string_view name) const {
    if (!at) return true;
    if (name.ends_with("[x]")) name.remove_suffix(3);
    const ElementDef* element = at->element(name);
    const fhir::Member* member = element ? nullptr : at->find(name);
    if (!element && !member) {
        // The value of a primitive is no member.
        const bool is_value = at->kind == fhir::TypeKind::Primitive && name == "value";
        at = nullptr;
        return is_value;
    }
    const auto types = (element ? element : member->element)->types;
    at = member ? member->type->type : types.size() == 1 ? types.front().type : nullptr;
    if (at && at->kind == fhir::TypeKind::Resource) at = nullptr;
    return true;
}

bool ConformanceCheck::is_path(const TypeDef*& at, std::string_view path) const {
    std::size_t from = path.find('.');
    while (from != std::string_view::npos) {
        const std::size_t end = path.find('.', from + 1);
        const std::size_t size = end == std::string_view::npos ? end : end - from - 1;
        if (!follow(at, path.substr(from + 1, size))) return false;
        from = end;
    }
    return true;
}

/// Each discriminator has to name something that the sliced element has.
void ConformanceCheck::discriminators(Value slicing, const TypeDef* sliced, const Place& place) {
    for (const Value each : slicing["discriminator"]) {
        const Discriminator by = read_discriminator(each["type"].text(), each["path"].text());
        const TypeDef* at = sliced;
        for (const PathStep& step : by.steps) {
            if (step.kind != PathStep::Kind::Member) break;
            if (follow(at, step.text)) continue;
            fault(place, each, "区分（slicing）の見分け方が、この要素にない項目を指しています。",
                  "a discriminator names what the sliced element does not have.");
            break;
        }
    }
}

}  // namespace tsunagi::validate

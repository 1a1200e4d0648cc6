#include "fhir/expansion.h"

#include <algorithm>

#include "fhir/definitions.h"

namespace tsunagi::fhir {
namespace {

constexpr std::string_view kTooCostly =
    "http://hl7.org/fhir/StructureDefinition/valueset-toocostly";
constexpr std::string_view kUnclosed = "http://hl7.org/fhir/StructureDefinition/valueset-unclosed";

std::string plain(std::string_view canonical) {
    return std::string{canonical.substr(0, canonical.find('|'))};
}

void add_contains(json::Value list, CodeList& into, std::size_t& count) {
    for (const json::Value each : list) {
        ++count;
        const std::string_view code = each["code"].text();
        if (!code.empty() && !each["abstract"].truth())
            into.codes.insert({std::string{code}, std::string{each["system"].text()}});
        add_contains(each["contains"], into, count);
    }
}

/// False when the expansion is cut or open: then compose has to say what belongs to the set.
bool read_expansion(json::Value expansion, CodeList& into) {
    for (const json::Value extension : expansion["extension"]) {
        const std::string_view url = extension["url"].text();
        if (url == kTooCostly || url == kUnclosed) return false;
    }
    for (const json::Value parameter : expansion["parameter"]) {
        if (parameter["name"].text() == "limitedExpansion") return false;
    }
    std::size_t count = 0;
    add_contains(expansion["contains"], into, count);
    return count > 0 && static_cast<std::int64_t>(count) >= expansion["total"].integer();
}

/// The codes at or below `top`.
std::set<std::string> below_concept(const SystemCodes& system, std::string_view top) {
    std::set<std::string> found{std::string{top}};
    for (std::size_t before = 0; before != found.size();) {
        before = found.size();
        for (const auto& [code, parent] : system.codes) {
            if (found.contains(parent)) found.insert(code);
        }
    }
    return found;
}

std::set<std::string, std::less<>> parts_of(std::string_view list) {
    std::set<std::string, std::less<>> parts;
    while (!list.empty()) {
        const std::size_t comma = std::min(list.find(','), list.size());
        std::string_view part = list.substr(0, comma);
        while (part.starts_with(' ')) part.remove_prefix(1);
        while (part.ends_with(' ')) part.remove_suffix(1);
        if (!part.empty()) parts.emplace(part);
        list.remove_prefix(std::min(comma + 1, list.size()));
    }
    return parts;
}

/// `top` and every code that it lies below.
std::set<std::string> above_concept(const SystemCodes& system, std::string_view top) {
    std::set<std::string> found{std::string{top}};
    for (std::size_t before = 0; before != found.size();) {
        before = found.size();
        for (const auto& [code, parent] : system.codes) {
            if (!parent.empty() && found.contains(code)) found.insert(parent);
        }
    }
    return found;
}

/// A filter of the hierarchy; false for any other.
bool filter_by_place(std::string_view op, std::string_view value, const SystemCodes& system,
                     std::set<std::string>& codes) {
    std::set<std::string> branch;
    if (op == "is-a" || op == "descendent-of" || op == "is-not-a") {
        branch = below_concept(system, value);
        if (op == "descendent-of") branch.erase(std::string{value});
    } else if (op == "child-of") {
        for (const auto& [code, parent] : system.codes) {
            if (parent == value) branch.insert(code);
        }
    } else if (op == "generalizes") {
        branch = above_concept(system, value);
    } else {
        return false;
    }
    const bool keep = op != "is-not-a";
    std::erase_if(codes, [&](const std::string& c) { return branch.contains(c) != keep; });
    return true;
}

/// Whether one filter can be worked out here; if so `codes` keeps what passes it. What needs a
/// regular expression, or the properties of a system of another pack, cannot.
bool apply_filter(json::Value filter, const SystemCodes& system, std::set<std::string>& codes) {
    const std::string_view op = filter["op"].text();
    const std::string property{filter["property"].text()};
    const std::string_view value = filter["value"].text();
    const bool by_code = property == "concept" || property == "code";
    if (by_code && filter_by_place(op, value, system, codes)) return true;
    if (op != "=" && op != "in" && op != "not-in" && op != "exists") return false;
    if (!by_code && !system.has_properties) return false;
    const auto wanted =
        op == "=" ? std::set<std::string, std::less<>>{std::string{value}} : parts_of(value);
    const auto passes = [&](const std::string& code) {
        if (by_code) return op == "exists" ? value == "true" : wanted.contains(code);
        const auto [first, last] = system.properties.equal_range({code, property});
        if (op == "exists") return (first != last) == (value == "true");
        // What is not said of a concept is false where it is said of others.
        if (first == last) return wanted.contains("false");
        return std::any_of(first, last,
                           [&](const auto& each) { return wanted.contains(each.second); });
    };
    const bool keep = op != "not-in";
    std::erase_if(codes, [&](const std::string& code) { return passes(code) != keep; });
    return true;
}

/// What both lists hold. An open part of one side may hold any code of the other.
CodeList intersect(const CodeList& left, const CodeList& right) {
    CodeList both;
    for (const SystemCode& each : left.codes) {
        if (right.codes.contains(each) || right.open_systems.contains(each.system))
            both.codes.insert(each);
    }
    for (const SystemCode& each : right.codes) {
        if (left.open_systems.contains(each.system)) both.codes.insert(each);
    }
    std::ranges::set_intersection(left.open_systems, right.open_systems,
                                  std::inserter(both.open_systems, both.open_systems.end()));
    both.has_unknown_part = left.has_unknown_part || right.has_unknown_part;
    return both;
}

}  // namespace

std::strong_ordering SystemCode::operator<=>(const SystemCode& other) const noexcept {
    if (const int order = pack::compare_codes(code, other.code); order != 0) return order <=> 0;
    return system.compare(other.system) <=> 0;
}

void collect_concepts(json::Value list, std::string_view parent, std::vector<ConceptOf>& into) {
    for (const json::Value each : list) {
        ConceptOf entry{each["code"].text(), each["display"].text(), {}, parent};
        for (const json::Value designation : each["designation"]) {
            if (designation["language"].text().starts_with("en")) {
                entry.english = designation["value"].text();
                break;
            }
        }
        for (const json::Value property : each["property"]) {
            const std::string_view code = property["code"].text();
            if (entry.parent.empty() && (code == "parent" || code == "subsumedBy"))
                entry.parent = property["valueCode"].text();
        }
        if (!entry.code.empty()) into.push_back(entry);
        collect_concepts(each["concept"], entry.code, into);
    }
}

void collect_properties(json::Value list, SystemCodes& into) {
    into.has_properties = true;
    for (const json::Value each : list) {
        const std::string code{each["code"].text()};
        for (const json::Value property : each["property"]) {
            for (const json::Value member : property) {
                if (!member.key().starts_with("value")) continue;
                std::string text{member.is_object() ? member["code"].text() : member.text()};
                if (member.is_bool()) text = member.truth() ? "true" : "false";
                into.properties.emplace(std::pair{code, std::string{property["code"].text()}},
                                        std::move(text));
            }
        }
        collect_properties(each["concept"], into);
    }
}

Expander::Expander(const std::vector<std::pair<std::string, json::Value>>& sets,
                   const CodeListsOfSystems& systems, const Definitions* below)
    : sets_(sets.begin(), sets.end()), systems_(systems), below_(below) {}

const CodeList& Expander::expand(const std::string& url) {
    if (const auto at = done_.find(url); at != done_.end()) return at->second;
    CodeList list;
    if (const auto at = sets_.find(url); at != sets_.end()) {
        if (!under_way_.insert(url).second) {
            list.has_unknown_part = true;
        } else if (!read_expansion(at->second["expansion"], list)) {
            list = from_compose(at->second["compose"]);
        }
        under_way_.erase(url);
    } else if (const ValueSet* known = below_ ? below_->value_set(url) : nullptr) {
        for (std::size_t i = 0; i < known->size(); ++i) {
            const ValueSet::Code each = known->at(i);
            list.codes.insert({std::string{each.code}, std::string{each.system}});
        }
        for (const std::string_view open : known->open_systems()) list.open_systems.emplace(open);
        list.has_unknown_part = known->has_unknown_part();
    } else {
        list.has_unknown_part = true;
    }
    return done_.insert_or_assign(url, std::move(list)).first->second;
}

CodeList Expander::from_compose(json::Value compose) {
    CodeList list;
    if (compose["include"].empty()) list.has_unknown_part = true;
    for (const json::Value part : compose["include"]) {
        CodeList some = include(part);
        list.codes.merge(some.codes);
        list.open_systems.merge(some.open_systems);
        list.has_unknown_part |= some.has_unknown_part;
    }
    for (const json::Value part : compose["exclude"]) {
        const CodeList some = include(part);
        for (const SystemCode& each : some.codes) list.codes.erase(each);
        // What an open exclusion takes away is not known here.
        list.has_unknown_part |= some.has_unknown_part || !some.open_systems.empty();
    }
    return list;
}

CodeList Expander::include(json::Value part) {
    CodeList list;
    bool first = true;
    if (part["system"]) {
        add_system(part, list);
        first = false;
    }
    for (const json::Value imported : part["valueSet"]) {
        const CodeList other = expand(plain(imported.text()));
        list = first ? other : intersect(list, other);
        first = false;
    }
    return list;
}

void Expander::add_system(json::Value part, CodeList& list) {
    const std::string url = plain(part["system"].text());
    if (!part["concept"].empty()) {
        for (const json::Value each : part["concept"])
            list.codes.insert({std::string{each["code"].text()}, url});
        return;
    }
    const SystemCodes* known = system(url);
    if (!known || !known->is_complete) {
        list.open_systems.insert(url);
        return;
    }
    std::set<std::string> codes;
    for (const auto& [code, parent] : known->codes) codes.insert(code);
    for (const json::Value filter : part["filter"]) {
        if (apply_filter(filter, *known, codes)) continue;
        list.open_systems.insert(url);
        return;
    }
    for (const std::string& code : codes) list.codes.insert({code, url});
}

const SystemCodes* Expander::system(const std::string& url) {
    if (const auto at = systems_.find(url); at != systems_.end()) return &at->second;
    if (const auto at = from_below_.find(url); at != from_below_.end()) return &at->second;
    const CodeSystem* known = below_ ? below_->code_system(url) : nullptr;
    if (!known) return nullptr;
    SystemCodes& codes = from_below_[url];
    codes.is_complete = known->is_complete();
    for (std::size_t i = 0; i < known->size(); ++i) {
        const Concept each = known->at(i);
        codes.codes.emplace_back(each.code, each.parent);
    }
    return &codes;
}

}  // namespace tsunagi::fhir

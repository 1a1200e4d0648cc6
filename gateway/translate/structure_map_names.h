#pragma once
#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "translate/map_syntax.h"

/// Words that StructureMap and the mapping language share: inner part of structure_map.h.
namespace tsunagi::translate::syntax {

template <class Value, std::size_t Size>
using Words = std::array<std::pair<std::string_view, Value>, Size>;

/// The word of `value`; empty: it has none.
template <class Value, std::size_t Size>
std::string_view word_of(const Words<Value, Size>& words, Value value) {
    const auto found = std::find_if(words.begin(), words.end(),
                                    [&](const auto& each) { return each.second == value; });
    return found == words.end() ? std::string_view{} : found->first;
}

/// The value of `word`, or null.
template <class Value, std::size_t Size>
const Value* value_of(const Words<Value, Size>& words, std::string_view word) {
    const auto found = std::find_if(words.begin(), words.end(),
                                    [&](const auto& each) { return each.first == word; });
    return found == words.end() ? nullptr : &found->second;
}

inline constexpr Words<SourceList, 5> kSourceLists{{{"first", SourceList::First},
                                                    {"not_first", SourceList::NotFirst},
                                                    {"last", SourceList::Last},
                                                    {"not_last", SourceList::NotLast},
                                                    {"only_one", SourceList::OnlyOne}}};
inline constexpr Words<TargetList, 4> kTargetLists{{{"first", TargetList::First},
                                                    {"last", TargetList::Last},
                                                    {"single", TargetList::Single},
                                                    {"collate", TargetList::Collate}}};
inline constexpr Words<TypeMode, 3> kTypeModes{{{"none", TypeMode::None},
                                                {"types", TypeMode::Types},
                                                {"type-and-types", TypeMode::TypeAndTypes}}};
/// hl7.org/fhir/R4/valueset-concept-map-equivalence.html
inline constexpr Words<std::string_view, 10> kEquivalences{{{"relatedto", "-"},
                                                            {"equal", "="},
                                                            {"equivalent", "=="},
                                                            {"disjoint", "!="},
                                                            {"unmatched", "--"},
                                                            {"wider", "<="},
                                                            {"subsumes", "<-"},
                                                            {"narrower", ">="},
                                                            {"specializes", ">-"},
                                                            {"inexact", "~"}}};
/// hl7.org/fhir/R4/valueset-conceptmap-unmapped-mode.html
inline constexpr Words<Unmapped::Mode, 3> kUnmappedModes{{{"provided", Unmapped::Mode::Provided},
                                                          {"fixed", Unmapped::Mode::Fixed},
                                                          {"other-map", Unmapped::Mode::OtherMap}}};
/// Header lines `/// key = 'value'` that are elements of StructureMap.
inline constexpr std::array<std::string_view, 9> kMetadata{"version",      "title",   "status",
                                                           "experimental", "date",    "publisher",
                                                           "description",  "purpose", "copyright"};

/// R5 elements in R4 resources (hl7.org/fhir/R5/versions.html#extensions).
inline constexpr std::string_view kConstantExtension =
    "http://hl7.org/fhir/5.0/StructureDefinition/extension-StructureMap.const";
inline constexpr std::string_view kDefaultExtension =
    "http://hl7.org/fhir/5.0/StructureDefinition/"
    "extension-StructureMap.group.rule.source.defaultValue";
inline constexpr std::string_view kParameterExtension =
    "http://hl7.org/fhir/5.0/StructureDefinition/"
    "extension-StructureMap.group.rule.target.parameter.value";
inline constexpr std::string_view kArgumentExtension =
    "http://hl7.org/fhir/5.0/StructureDefinition/"
    "extension-StructureMap.group.rule.dependent.parameter";
inline constexpr std::string_view kListModeExtension =
    "http://hl7.org/fhir/5.0/StructureDefinition/"
    "extension-StructureMap.group.rule.target.listMode";

/// The variable of `a.x -> b.y;` in a StructureMap: both sides carry it, and the target is made
/// without saying what (R4 engines, and the published cases).
inline constexpr std::string_view kSimpleVariable = "vvv";

/// `a.x -> b.y;` and nothing else.
inline bool is_simple(const Rule& rule) {
    if (rule.sources.size() != 1 || rule.targets.size() != 1 || !rule.calls.empty() ||
        !rule.rules.empty())
        return false;
    const Source& source = rule.sources.front();
    const Target& target = rule.targets.front();
    return !source.element.empty() && source.variable.empty() && !target.element.empty() &&
           target.variable.empty() && target.transform.empty();
}

/// What a FHIRPath text literal says; nothing when `path` is not one, or one with escapes other
/// than those of quote and backslash.
inline std::optional<std::string> literal_of(std::string_view path) {
    if (path.size() < 2 || path.front() != '\'' || path.back() != '\'') return {};
    std::string text;
    for (std::size_t i = 1; i + 1 < path.size(); ++i) {
        if (path[i] == '\'') return {};
        if (path[i] != '\\') {
            text += path[i];
            continue;
        }
        ++i;
        if (i + 1 >= path.size() || (path[i] != '\'' && path[i] != '\\')) return {};
        text += path[i];
    }
    return text;
}

/// The member that holds a date, a time or both in an element of many types.
inline constexpr std::array<std::string_view, 3> kDateMembers{"valueDate", "valueDateTime",
                                                              "valueTime"};
inline std::string_view date_member(std::string_view text) {
    if (text.starts_with('T')) return kDateMembers[2];
    return kDateMembers[text.find('T') == std::string_view::npos ? 0 : 1];
}

/// The FHIRPath literal of a text.
inline std::string literal(std::string_view text) {
    std::string out = "'";
    for (const char c : text) {
        if (c == '\'' || c == '\\') out.push_back('\\');
        out.push_back(c);
    }
    return out + "'";
}

}  // namespace tsunagi::translate::syntax

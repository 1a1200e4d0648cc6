#include "validate/shortcuts.h"

#include <algorithm>
#include <array>

namespace tsunagi::validate {
namespace {

using json::Value;
using Answer = std::optional<bool>;

/// A primitive may be there as "_name" alone.
bool has(Value object, std::string_view name) noexcept {
    return std::ranges::any_of(object, [&](Value each) {
        const std::string_view key = each.key();
        return key == name || (key.starts_with('_') && key.substr(1) == name);
    });
}

/// value[x]: "value" and a type.
bool has_choice(Value object, std::string_view name) noexcept {
    return std::ranges::any_of(object, [&](Value each) {
        std::string_view key = each.key();
        if (key.starts_with('_')) key.remove_prefix(1);
        return key.size() > name.size() && key.starts_with(name) && key[name.size()] >= 'A' &&
               key[name.size()] <= 'Z';
    });
}

Answer true_if(bool known) noexcept { return known ? Answer{true} : Answer{}; }

constexpr std::array kShortcuts = {
    Shortcut{"resource.exists() or request.exists() or response.exists()",
             [](Value v) -> Answer {
                 return has(v, "resource") || has(v, "request") || has(v, "response");
             }},
    Shortcut{"fullUrl.contains('/_history/').not()",
             [](Value v) -> Answer {
                 const Value url = v["fullUrl"];
                 if (!url) return true_if(!has(v, "fullUrl"));
                 return url.text().find("/_history/") == std::string_view::npos;
             }},
    Shortcut{
        "dataAbsentReason.empty() or value.empty()",
        [](Value v) -> Answer { return !has(v, "dataAbsentReason") || !has_choice(v, "value"); }},
    Shortcut{
        "value.empty() or "
        "component.code.where(coding.intersect(%resource.code.coding).exists()).empty()",
        [](Value v) -> Answer { return true_if(!has_choice(v, "value") || !has(v, "component")); }},
    Shortcut{"code.empty() or system.exists()",
             [](Value v) -> Answer { return !has(v, "code") || has(v, "system"); }},
    Shortcut{"value.empty() or system.exists()",
             [](Value v) -> Answer {
                 return (!has(v, "value") && !has_choice(v, "value")) || has(v, "system");
             }},
    Shortcut{"comparator.empty()", [](Value v) -> Answer { return !has(v, "comparator"); }},
    Shortcut{
        "text.exists() or entry.exists() or section.exists()",
        [](Value v) -> Answer { return has(v, "text") || has(v, "entry") || has(v, "section"); }},
    Shortcut{"emptyReason.empty() or entry.empty()",
             [](Value v) -> Answer { return !has(v, "emptyReason") || !has(v, "entry"); }},
    Shortcut{"(answer.exists() and item.exists()).not()",
             [](Value v) -> Answer { return !has(v, "answer") || !has(v, "item"); }},
    Shortcut{"abatement.empty() or "
             "clinicalStatus.coding.where(system='http://terminology.hl7.org/CodeSystem/"
             "condition-clinical' and (code='resolved' or code='remission' or "
             "code='inactive')).exists()",
             [](Value v) -> Answer { return true_if(!has_choice(v, "abatement")); }},
    Shortcut{"verificationStatus.coding.where(system='http://terminology.hl7.org/CodeSystem/"
             "condition-ver-status' and code='entered-in-error').empty() or clinicalStatus.empty()",
             [](Value v) -> Answer {
                 return true_if(!has(v, "verificationStatus") || !has(v, "clinicalStatus"));
             }},
};

}  // namespace

const Shortcut* shortcut_of(std::string_view expression) noexcept {
    const auto at = std::ranges::find(kShortcuts, expression, &Shortcut::expression);
    return at == kShortcuts.end() ? nullptr : &*at;
}

std::span<const Shortcut> all_shortcuts() noexcept { return kShortcuts; }

}  // namespace tsunagi::validate

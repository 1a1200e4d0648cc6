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

/// `name.coding.where(system = … and code = …).exists()` of a CodeableConcept.
Answer has_coding(Value object, std::string_view name, std::string_view system,
                  std::string_view code) noexcept {
    const Value status = object[name];
    if (!status) return has(object, name) ? Answer{} : Answer{false};
    if (!status.is_object()) return {};
    const Value list = status["coding"];
    if (!list) return false;
    if (!list.is_array()) return {};
    bool found = false;
    for (const Value each : list) {
        const Value its_system = each["system"], its_code = each["code"];
        if (!each.is_object() || (its_system && !its_system.is_string()) ||
            (its_code && !its_code.is_string())) {
            return {};
        }
        found |= its_system.text() == system && its_code.text() == code;
    }
    return found;
}
constexpr std::string_view kConditionStatus =
    "http://terminology.hl7.org/CodeSystem/condition-ver-status";
constexpr std::string_view kAllergyStatus =
    "http://terminology.hl7.org/CodeSystem/allergyintolerance-verification";
constexpr std::string_view kEnteredInError = "entered-in-error";

/// `A.empty() or clinicalStatus.empty()`, A being such a coding.
Answer without_coding_or_status(Value object, std::string_view system) noexcept {
    if (!has(object, "clinicalStatus")) return true;
    const Answer found = has_coding(object, "verificationStatus", system, kEnteredInError);
    return found ? Answer{!*found} : Answer{};
}

/// `entry.all(member.exists() = (%resource.type = … or …))` of a Bundle that is %resource.
Answer entries_have(Value bundle, std::string_view member,
                    std::span<const std::string_view> types) noexcept {
    const Value type = bundle["type"], entries = bundle["entry"];
    if (!type.is_string() || (entries && !entries.is_array())) return {};
    const bool is_wanted = std::ranges::find(types, type.text()) != types.end();
    return std::ranges::all_of(
               entries,
               [&](Value each) { return each.is_object() && has(each, member) == is_wanted; })
               ? Answer{true}
               : Answer{};
}

/// Dates of different days, or one text twice, tell their order without a calendar.
Answer in_order(std::string_view start, std::string_view end) noexcept {
    if (start == end) return true;
    constexpr std::size_t kDay = 10, kZone = 6;
    if (start.size() != end.size() || start.size() < kDay) return {};
    if (start.size() > kDay && (start.size() < kDay + kZone || start.substr(start.size() - kZone) !=
                                                                   end.substr(end.size() - kZone)))
        return {};
    const int order = start.substr(0, kDay).compare(end.substr(0, kDay));
    return order == 0 ? Answer{} : Answer{order < 0};
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
             [](Value v) -> Answer { return without_coding_or_status(v, kConditionStatus); }},
    Shortcut{"verificationStatus.coding.where(system = "
             "'http://terminology.hl7.org/CodeSystem/allergyintolerance-verification' and code = "
             "'entered-in-error').empty() or clinicalStatus.empty()",
             [](Value v) -> Answer { return without_coding_or_status(v, kAllergyStatus); }},
    Shortcut{"verificationStatus.coding.where(system = "
             "'http://terminology.hl7.org/CodeSystem/allergyintolerance-verification' and code = "
             "'entered-in-error').exists() or clinicalStatus.exists()",
             [](Value v) -> Answer {
                 if (has(v, "clinicalStatus")) return true;
                 return has_coding(v, "verificationStatus", kAllergyStatus, kEnteredInError);
             }},
    Shortcut{"entry.all(request.exists() = (%resource.type = 'batch' or %resource.type = "
             "'transaction' or %resource.type = 'history'))",
             [](Value v) -> Answer {
                 return entries_have(
                     v, "request",
                     std::array<std::string_view, 3>{"batch", "transaction", "history"});
             }},
    Shortcut{"entry.all(response.exists() = (%resource.type = 'batch-response' or %resource.type = "
             "'transaction-response' or %resource.type = 'history'))",
             [](Value v) -> Answer {
                 return entries_have(v, "response",
                                     std::array<std::string_view, 3>{
                                         "batch-response", "transaction-response", "history"});
             }},
    Shortcut{"(identifier.count() + name.count()) > 0",
             [](Value v) -> Answer {
                 return true_if(!v["identifier"].empty() || !v["name"].text().empty());
             }},
    Shortcut{"where(use = 'home').empty()",
             [](Value v) -> Answer {
                 const Value use = v["use"];
                 if (use && !use.is_string()) return {};
                 return use.text() != "home";
             }},
    Shortcut{"code.exists() implies ((system = %ucum) and value.exists())",
             [](Value v) -> Answer {
                 if (!has(v, "code")) return true;
                 return true_if(v["system"].text() == "http://unitsofmeasure.org" && v["value"]);
             }},
    Shortcut{"start.hasValue().not() or end.hasValue().not() or (start <= end)",
             [](Value v) -> Answer {
                 const Value start = v["start"], end = v["end"];
                 if (!start || !end) return true;
                 if (!start.is_string() || !end.is_string()) return {};
                 return in_order(start.text(), end.text());
             }},
};

}  // namespace

const Shortcut* shortcut_of(std::string_view expression) noexcept {
    const auto at = std::ranges::find(kShortcuts, expression, &Shortcut::expression);
    return at == kShortcuts.end() ? nullptr : &*at;
}

std::span<const Shortcut> all_shortcuts() noexcept { return kShortcuts; }

}  // namespace tsunagi::validate

#include <string_view>
#include <utility>

#include "fhirpath/expression.h"
#include "validate/walk.h"

/// Conditions in FHIRPath, and what their expressions may ask of the instance.
namespace tsunagi::validate {
namespace {

/// Our models write a condition for people as "日本語／English"; one language alone serves as both.
Detail human_of(const fhir::Constraint& constraint) noexcept {
    constexpr std::string_view kBetween = "／";
    const std::size_t at = constraint.human.find(kBetween);
    if (at == std::string_view::npos) return {constraint.human};
    return {constraint.human.substr(0, at), constraint.human.substr(at + kBetween.size())};
}

/// What FHIRPath is told; empty when it cannot be known.
std::optional<bool> answer_of(Fit fit) noexcept {
    if (fit == Fit::Unknown) return {};
    return fit == Fit::Yes;
}

}  // namespace

/// `is_sound` false: the value has faults already, and a condition that cannot be asked is no
/// further one.
void Walk::invariants(const Spot& spot, std::span<const Invariant* const> list, const Place& place,
                      bool is_sound) {
    using fhir::IssueSeverity;
    for (const Invariant* each : list) {
        const fhir::Constraint& constraint = *each->constraint;
        const bool is_quiet = silent_ > 0 || !options_.warnings;
        if (constraint.is_best_practice && (!options_.hints || is_quiet)) continue;
        if (!constraint.is_error && is_quiet) continue;
        // A condition has to be true: empty does not do (elementdefinition.html#constraint), unless
        // it is empty because of a fault that is told already.
        const Answer holds = evaluate(*each, spot);
        if (holds ? holds->value_or(!is_sound) : !is_sound) continue;
        // A condition of our own models is ours to get right; one of a package may use what is not
        // in FHIRPath N1.
        const bool may_pass = !holds && !place.is_cell;
        if (silent_ > 0) {
            failed_ |= !may_pass && constraint.is_error;
            continue;
        }
        const Finding finding = !holds                        ? Finding::RuleNotEvaluated
                                : constraint.is_best_practice ? Finding::BestPractice
                                : place.is_cell               ? Finding::RuleViolated
                                                              : Finding::ConditionFailed;
        const bool is_warning =
            may_pass || (holds && !constraint.is_error && !constraint.is_best_practice);
        const IssueSeverity severity = is_warning ? IssueSeverity::Warning : severity_of(finding);
        if (!has_room(severity, place, spot.offset())) continue;
        fhir::Issue issue = issue_of(finding, place, spot.offset(), human_of(constraint));
        issue.rule = constraint.key;
        issue.severity = severity;
        add(std::move(issue), finding);
    }
}

Walk::Answer Walk::evaluate(const Invariant& invariant, const Spot& spot) {
    if (invariant.shortcut) {
        if (const auto answer = invariant.shortcut->judge(spot.value)) return answer;
    }
    if (invariant.presence) {
        if (const auto answer = invariant.presence->judge(spot.value)) return answer;
    }
    if (!invariant.expression)
        return Error{Code::Unsupported, "condition is no FHIRPath",
                     std::string{invariant.constraint->key}};
    return fhirpath::verdict(
        *invariant.expression,
        context_of(fhirpath::Item::node(spot.value, spot.type, spot.companion), nullptr));
}

/// `variable` null: none.
fhirpath::Context Walk::context_of(fhirpath::Item focus, const fhirpath::Variable* variable) {
    fhirpath::Context context;
    context.definitions = &definitions_;
    context.focus = std::move(focus);
    context.resource = around_.resource;
    context.root_resource = around_.container;
    if (variable) context.variables = {variable, 1};
    context.host = this;
    context.now = options_.now;
    return context;
}

Result<fhirpath::Item> Walk::resolve(std::string_view reference, json::Value) {
    const Target found = follow(reference);
    if (!found.resource) return fhirpath::Item{};
    return fhirpath::item_of(found.resource, &definitions_);
}

Walk::Answer Walk::member_of(const fhirpath::Item& item, std::string_view value_set) {
    if (!item.is_node() || !item.type()) return std::optional<bool>{};
    bool has_code = false;
    return answer_of(in_value_set({item.node(), item.companion(), item.type()},
                                  definitions_.value_set(value_set), has_code));
}

Walk::Answer Walk::conforms_to(const fhirpath::Item& item, std::string_view profile) {
    if (!item.is_node() || !item.type()) return std::optional<bool>{};
    return answer_of(conforms({item.node(), item.companion(), item.type()}, profile));
}

}  // namespace tsunagi::validate

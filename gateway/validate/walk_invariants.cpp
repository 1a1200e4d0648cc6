#include <string_view>

#include "fhirpath/expression.h"
#include "validate/walk.h"

/// The conditions that our models lay on their own cells.
namespace tsunagi::validate {
namespace {

/// Our models write a condition for people as "日本語／English"; one language alone serves as both.
Detail human_of(const fhir::Constraint& constraint) noexcept {
    constexpr std::string_view kBetween = "／";
    const std::size_t at = constraint.human.find(kBetween);
    if (at == std::string_view::npos) return {constraint.human};
    return {constraint.human.substr(0, at), constraint.human.substr(at + kBetween.size())};
}

}  // namespace

void Walk::invariants(json::Value value, const fhir::ElementDef& element, const fhir::TypeDef& type,
                      const Place& place) {
    for (const Invariant& each : invariants_.of(element)) {
        const Result<bool> holds = evaluate(each, value, type);
        if (holds && *holds) continue;
        if (!has_room(place, value.offset())) return;
        fhir::Issue issue = issue_of(holds ? Finding::RuleViolated : Finding::RuleNotEvaluated,
                                     place, value.offset(), human_of(*each.constraint));
        issue.rule = each.constraint->key;
        if (holds && !each.constraint->is_error) issue.severity = fhir::IssueSeverity::Warning;
        add(std::move(issue));
    }
}

Result<bool> Walk::evaluate(const Invariant& invariant, json::Value value,
                            const fhir::TypeDef& type) const {
    if (!invariant.expression)
        return Error{Code::Unsupported, "condition is no FHIRPath",
                     std::string{invariant.constraint->key}};
    fhirpath::Context context;
    context.definitions = &definitions_;
    context.focus = fhirpath::Item::node(value, &type);
    context.resource = around_.container;
    context.root_resource = around_.container;
    return fhirpath::holds(*invariant.expression, context);
}

}  // namespace tsunagi::validate

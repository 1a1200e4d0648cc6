#include <algorithm>

#include "translate/compiler.h"

namespace tsunagi::translate {

using fhir::TypeDef;
using syntax::Place;

namespace {

constexpr std::string_view kDropped = "dropped:";

}  // namespace

std::vector<Rule> Compiler::compile_rules(const MapUnit& unit,
                                          const std::vector<syntax::Rule>& rules,
                                          const Scope& scope) {
    std::vector<Rule> made;
    made.reserve(rules.size());
    for (const auto& rule : rules) {
        if (fault_) break;
        made.push_back(compile_rule(unit, rule, scope));
    }
    return made;
}

Rule Compiler::compile_rule(const MapUnit& unit, const syntax::Rule& rule, Scope scope) {
    Rule made;
    made.spot = {unit.file, rule.place};
    const TypeDef* source_type = nullptr;
    for (const auto& source : rule.sources) {
        if (fault_) return made;
        made.sources.push_back(compile_source(unit, source, scope, source_type));
        if (made.sources.size() == 1) focus_ = source_type;
    }
    const TypeDef* const focus = focus_;
    const bool leads_on = !rule.calls.empty() || !rule.rules.empty();
    // HAPI's "simple form": one source, one target, no transform: convert by the types.
    const bool simple = rule.sources.size() == 1 && rule.targets.size() == 1 && !leads_on &&
                        rule.targets[0].transform.empty() && !rule.targets[0].element.empty() &&
                        rule.targets[0].variable.empty() == rule.sources[0].variable.empty();
    for (const auto& target : rule.targets) {
        if (fault_) return made;
        bind_constants(unit, target.parameters, scope, made.targets);
        if (fault_) return made;
        made.targets.push_back(
            simple ? compile_simple(unit, target, scope, made.sources[0], source_type)
                   : compile_target(unit, target, scope, leads_on));
    }
    for (const auto& call : rule.calls) {
        if (!fault_) bind_constants(unit, call.parameters, scope, made.targets);
        if (!fault_) made.calls.push_back(compile_call(unit, call, scope));
    }
    if (!fault_) made.rules = compile_rules(unit, rule.rules, scope);
    focus_ = focus;
    return made;
}

SourceStep Compiler::compile_source(const MapUnit& unit, const syntax::Source& source, Scope& scope,
                                    const TypeDef*& type_of_items) {
    SourceStep step;
    step.spot = {unit.file, source.place};
    const auto context = scope.find(source.context);
    if (context == scope.end()) {
        fail(unit, source.place, "unknown variable '" + source.context + "'");
        return step;
    }
    step.context = context->second.slot;
    step.element = source.element;
    step.cardinality = source.cardinality;
    step.list = source.list;
    const TypeDef* of = context->second.type;
    const TypeDef* item = nullptr;
    if (source.element.empty()) {
        item = of;
    } else if (!of) {
        step.access = Access::Dynamic;
    } else if (of->kind == fhir::TypeKind::Primitive) {
        step.access = Access::Companion;
        if (source.element == "value") {
            step.access = Access::Value;
            item = of;
        } else if (source.element != "extension" && source.element != "id") {
            fail(unit, source.place,
                 std::string{of->name} + " has no element '" + source.element + "'");
        } else {
            step.members = source_members(*of, source.element);
            if (!step.members.empty()) item = step.members[0].type;
        }
    } else {
        step.access = Access::Members;
        step.members = source_members(*of, source.element);
        if (step.members.empty()) {
            fail(unit, source.place,
                 std::string{of->name} + " has no element '" + source.element + "'");
            return step;
        }
        if (step.members.size() == 1) item = step.members[0].type;
    }
    if (!source.type.empty()) {
        step.filter = type(unit, source.type, source.place);
        if (fault_) return step;
        std::erase_if(step.members, [&](const SourceMember& member) {
            return closed(member.type) && !fits_filter(member.type, step.filter);
        });
        if (step.access == Access::Members && step.members.empty())
            fail(unit, source.place, "the element is never of type " + source.type);
        item = step.filter;
    }
    item = closed(item);
    type_of_items = item;
    if (source.otherwise) step.otherwise = expression(unit, *source.otherwise, scope, of);
    step.slot = slots_++;
    if (!source.variable.empty()) {
        // A variable made from a target (`tgt.x as y` on the source side) stays readable only.
        scope[source.variable] = {step.slot, source.element.empty() && context->second.is_target,
                                  item};
    }
    if (source.where) step.where = expression(unit, *source.where, scope, item);
    if (source.check) step.check = expression(unit, *source.check, scope, item);
    if (source.log) step.dropped = dropped_reason(source.log->text);
    return step;
}

bool Compiler::fits_filter(const TypeDef* type, const TypeDef* filter) {
    return fhir::Definitions::is_subtype(type, filter) ||
           fhir::Definitions::is_subtype(filter, type);
}

/// `log 'dropped: REASON'` declares that the cells below the source go nowhere. Every other log
/// text is passed over: it could carry patient data into a log.
std::string Compiler::dropped_reason(std::string_view text) {
    if (text.size() >= 2 && text.front() == '(' && text.back() == ')')
        text = text.substr(1, text.size() - 2);
    if (text.size() < 2 || text.front() != '\'' || text.back() != '\'') return {};
    text = text.substr(1, text.size() - 2);
    if (!text.starts_with(kDropped)) return {};
    text.remove_prefix(kDropped.size());
    while (text.starts_with(' ')) text.remove_prefix(1);
    return std::string{text};
}

CallStep Compiler::compile_call(const MapUnit& unit, const syntax::Call& call, const Scope& scope) {
    CallStep step;
    step.spot = {unit.file, call.place};
    const FoundGroup found = find_group(unit, call.group);
    if (!found.group) {
        fail(unit, call.place, "unknown group '" + call.group + "'");
        return step;
    }
    if (found.group->inputs.size() != call.parameters.size()) {
        fail(unit, call.place,
             "group '" + call.group + "' takes " + std::to_string(found.group->inputs.size()) +
                 " parameters");
        return step;
    }
    std::vector<const TypeDef*> types;
    for (std::size_t at = 0; at < call.parameters.size(); ++at) {
        const TypeDef* type_of = nullptr;
        step.arguments.push_back(operand(unit, call.parameters[at], scope, type_of));
        if (fault_) return step;
        const auto variable = scope.find(call.parameters[at].text);
        const bool writable = step.arguments.back().slot != kNoSlot && variable != scope.end() &&
                              variable->second.is_target;
        if (found.group->inputs[at].is_target && !writable) {
            fail(unit, call.parameters[at].place,
                 "group '" + call.group + "' writes into '" + found.group->inputs[at].name +
                     "', and '" + call.parameters[at].text + "' cannot be written");
            return step;
        }
        types.push_back(type_of);
    }
    step.instance = instance(found, std::move(types), call.place, unit);
    return step;
}

}  // namespace tsunagi::translate

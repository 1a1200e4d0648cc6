#include <algorithm>
#include <array>

#include "translate/compiler.h"

namespace tsunagi::translate {

using fhir::TypeDef;
using syntax::Place;

TargetStep Compiler::target_place(const MapUnit& unit, const syntax::Target& target,
                                  const Scope& scope, const TypeDef*& context_type) {
    TargetStep step;
    step.spot = {unit.file, target.place};
    step.element = target.element;
    step.list = target.list;
    step.share = target.share;
    context_type = nullptr;
    if (target.context.empty()) return step;
    const auto context = scope.find(target.context);
    if (context == scope.end()) {
        fail(unit, target.place, "unknown variable '" + target.context + "'");
        return step;
    }
    if (!context->second.is_target) {
        fail(unit, target.place, "'" + target.context + "' is a source and cannot be written");
        return step;
    }
    step.context = context->second.slot;
    const TypeDef* of = context->second.type;
    context_type = of;
    if (target.element.empty()) {
        step.place = TargetStep::Place::Self;
    } else if (!of) {
        step.place = TargetStep::Place::Dynamic;
    } else if (of->kind == fhir::TypeKind::Primitive && target.element == "value") {
        step.place = TargetStep::Place::Value;
    } else {
        step.place = of->kind == fhir::TypeKind::Primitive ? TargetStep::Place::Companion
                                                           : TargetStep::Place::Member;
        if (const fhir::Member* member = of->find(target.element)) {
            step.definition = member->element;
            step.member = target_member(*member->element, *member->type);
        } else if (const fhir::ElementDef* element = of->element(target.element)) {
            step.definition = element;
            if (!element->is_choice && !element->types.empty())
                step.member = target_member(*element, element->types[0]);
        } else {
            fail(unit, target.place,
                 std::string{of->name} + " has no element '" + target.element + "'");
        }
    }
    return step;
}

/// Fixes the member of a choice element once the type of the value is known.
void Compiler::settle(const MapUnit& unit, const syntax::Target& target, TargetStep& step,
                      const TypeDef* value) {
    if (fault_ || !step.definition) return;
    if (!step.member && value) {
        const fhir::TypeRef* type = choose(*step.definition, value);
        if (!type) {
            return fail(unit, target.place,
                        "'" + target.element + "' cannot be a " + std::string{value->name});
        }
        step.member = target_member(*step.definition, *type);
    }
    if (step.member && value && !fits(value, step.member->type)) {
        fail(unit, target.place,
             "'" + target.element + "' is a " + std::string{step.member->type->name} +
                 " and cannot take a " + std::string{value->name});
    }
}

TargetStep Compiler::compile_simple(const MapUnit& unit, const syntax::Target& target, Scope& scope,
                                    const SourceStep& source, const TypeDef* value) {
    const TypeDef* context_type = nullptr;
    TargetStep step = target_place(unit, target, scope, context_type);
    if (fault_) return step;
    step.transform = Transform::Default;
    step.operands.push_back({source.slot, nullptr});
    const TypeDef* made = step.member ? closed(step.member->type) : nullptr;
    if (value && made) {
        const FoundGroup group = default_group(unit, value, made);
        if (group.group) {
            step.instance = instance(group, {value, made}, target.place, unit);
            step.type = made;
        }
    }
    if (step.instance == kNoSlot) {
        if (value && made && !fits(value, made)) {
            fail(unit, target.place,
                 "no <<types>> group turns " + std::string{value->name} + " into " +
                     std::string{made->name});
        }
        settle(unit, target, step, value);
    }
    if (!target.variable.empty()) {
        step.slot = slots_++;
        scope[target.variable] = {step.slot, true, made};
    }
    return step;
}

FoundGroup Compiler::default_group(const MapUnit& unit, const TypeDef* source,
                                   const TypeDef* target) {
    const auto names = [&](const MapUnit& where, const syntax::Input& input,
                           const TypeDef* wanted) {
        if (input.type.empty() || fault_) return false;
        return type(where, input.type, input.place) == wanted;
    };
    FoundGroup by_source;
    for (const MapUnit* each : unit.visible) {
        for (const auto& group : each->map->groups) {
            if (group.mode == syntax::TypeMode::None || group.inputs.size() != 2) continue;
            if (!names(*each, group.inputs[0], source)) continue;
            if (names(*each, group.inputs[1], target)) return {&group, each};
            if (group.mode == syntax::TypeMode::TypeAndTypes && !by_source.group &&
                fhir::Definitions::is_subtype(
                    type(*each, group.inputs[1].type, group.inputs[1].place), target))
                by_source = {&group, each};
        }
    }
    return by_source;
}

TargetStep Compiler::compile_target(const MapUnit& unit, const syntax::Target& target, Scope& scope,
                                    bool leads_on) {
    const TypeDef* context_type = nullptr;
    TargetStep step = target_place(unit, target, scope, context_type);
    if (fault_) return step;
    const TypeDef* value = nullptr;
    if (target.transform.empty()) {
        if (target.element.empty()) {
            step.transform = Transform::Alias;
            value = context_type;
        } else {
            step.transform = Transform::Create;
            if (target.variable.empty() && !leads_on) {
                fail(unit, target.place,
                     "the rule says neither what to put nor a name to go on with");
            }
            if (step.definition && !step.member) {
                fail(unit, target.place,
                     "'" + target.element + "' has several types: say create('TYPE')");
            }
            if (step.member) value = step.member->type;
        }
    } else {
        compile_transform(unit, target, scope, step, value);
    }
    if (fault_) return step;
    if (step.transform != Transform::Alias) settle(unit, target, step, value);
    if (step.context != kNoSlot && step.place == TargetStep::Place::Self &&
        step.transform != Transform::Alias && context_type &&
        context_type->kind != fhir::TypeKind::Primitive) {
        fail(unit, target.place, "name the element that takes the value");
    }
    if (!target.variable.empty()) {
        const bool placed = step.member && step.transform != Transform::Alias;
        const TypeDef* stored =
            placed && !(value && is_open(step.member->type)) ? step.member->type : value;
        step.slot = slots_++;
        scope[target.variable] = {step.slot, true, closed(stored)};
    }
    return step;
}

const Slot* Compiler::literal(const json::Node* node, const TypeDef* type) {
    Slot& made = program_.literal_slots.emplace_back();
    made.node = node;
    made.type = type;
    made.stable = true;
    return &made;
}

Operand Compiler::operand(const MapUnit& unit, const syntax::Parameter& parameter,
                          const Scope& scope, const TypeDef*& type_of) {
    Operand made;
    type_of = nullptr;
    if (parameter.kind == syntax::ParameterKind::Variable) {
        const auto found = scope.find(parameter.text);
        if (found == scope.end()) {
            fail(unit, parameter.place, "unknown variable '" + parameter.text + "'");
            return made;
        }
        made.slot = found->second.slot;
        type_of = found->second.type;
        return made;
    }
    json::Node* node = literals_.add_null(literal_root_);
    type_of = program_.string;
    switch (parameter.kind) {
        case syntax::ParameterKind::Integer:
            literals_.assign_number(node, parameter.text);
            type_of = program_.integer;
            break;
        case syntax::ParameterKind::Decimal:
            literals_.assign_number(node, parameter.text);
            type_of = program_.decimal;
            break;
        case syntax::ParameterKind::Boolean:
            literals_.assign(node, parameter.text == "true");
            type_of = program_.boolean;
            break;
        default:
            literals_.assign(node, parameter.text);
    }
    made.literal = literal(node, type_of);
    return made;
}

}  // namespace tsunagi::translate

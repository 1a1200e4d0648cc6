#include <algorithm>
#include <array>

#include "fhir/primitive.h"
#include "translate/compiler.h"

namespace tsunagi::translate {

using fhir::TypeDef;
using syntax::Place;

/// Its key lies in the program: the documents that are made share it.
TargetMember Compiler::member(const fhir::ElementDef& element, const fhir::TypeRef& type) {
    TargetMember made = target_member(element, type);
    auto known = keys_.find(made.key);
    if (known == keys_.end()) known = keys_.insert(literals_.keep(made.key)).first;
    made.key = *known;
    return made;
}

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
        if (const fhir::Member* found = of->find(target.element)) {
            step.definition = found->element;
            step.member = member(*found->element, *found->type);
        } else if (const fhir::ElementDef* element = of->element(target.element)) {
            step.definition = element;
            if (!element->is_choice && !element->types.empty())
                step.member = member(*element, element->types[0]);
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
        step.member = member(*step.definition, *type);
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
    if (!target.variable.empty()) {
        step.slot = slots_++;
        scope[target.variable] = {step.slot, true, made};
    }
    if (!value && source.members.size() > 1) {
        for (const SourceMember& member : source.members) {
            TargetStep typed = step;
            const TypeDef* each = closed(member.type);
            if (each && call_default(unit, target, typed, each))
                step.by_type.push_back({each, std::move(typed)});
        }
    }
    if (value && call_default(unit, target, step, value)) return step;
    if (value && made && !fits(value, made)) {
        fail(unit, target.place,
             "no <<types>> group turns " + std::string{value->name} + " into " +
                 std::string{made->name});
    }
    settle(unit, target, step, value);
    return step;
}

/// Makes `step` call the default group for a source of type `value`, if there is one.
bool Compiler::call_default(const MapUnit& unit, const syntax::Target& target, TargetStep& step,
                            const TypeDef* value) {
    const TypeDef* made = step.member ? closed(step.member->type) : nullptr;
    const FoundGroup group = default_group(unit, target.place, value, made);
    if (!group.group || fault_) return false;
    if (!made && step.definition) {
        // The group says which of the types of a choice it makes.
        const auto& input = group.group->inputs[1];
        made = closed(type(*group.unit, input.type, input.place));
        const fhir::TypeRef* chosen = made ? choose(*step.definition, made) : nullptr;
        if (!chosen) return false;
        step.member = member(*step.definition, *chosen);
    }
    if (!made) return false;
    step.instance = instance(group, {value, made}, target.place, unit);
    step.type = made;
    return !fault_;
}

/// The <<types>> group for two types, in the map itself before its imports; a <<type+>> group also
/// for its source type alone (`target` null: whatever it makes).
FoundGroup Compiler::default_group(const MapUnit& unit, Place place, const TypeDef* source,
                                   const TypeDef* target) {
    std::array<std::vector<FoundGroup>, 4>
        found;  // both types here, there; source type here, there
    for (const MapUnit* each : unit.visible) {
        for (const auto& group : each->map->groups) {
            const auto& inputs = group.inputs;
            if (group.mode == syntax::TypeMode::None || inputs.size() != 2 || fault_) continue;
            if (inputs[0].type.empty() || inputs[1].type.empty()) continue;
            if (type(*each, inputs[0].type, inputs[0].place) != source) continue;
            const TypeDef* made = type(*each, inputs[1].type, inputs[1].place);
            const std::size_t away = each == &unit ? 0 : 1;
            if (target && made == target) {
                found[away].push_back({&group, each});
            } else if (group.mode == syntax::TypeMode::TypeAndTypes &&
                       (!target || fhir::Definitions::is_subtype(made, target))) {
                found[2 + away].push_back({&group, each});
            }
        }
    }
    for (const auto& groups : found) {
        if (groups.empty()) continue;
        if (groups.size() > 1) {
            fail(unit, place,
                 "both group '" + groups[0].group->name + "' and group '" + groups[1].group->name +
                     "' are the default for these types");
        }
        return groups[0];
    }
    return {};
}

/// Constants among the parameters become variables of the rule, made before the targets that take
/// them.
void Compiler::bind_constants(const MapUnit& unit, const std::vector<syntax::Parameter>& parameters,
                              Scope& scope, std::vector<TargetStep>& targets) {
    for (const auto& parameter : parameters) {
        if (parameter.kind != syntax::ParameterKind::Variable || scope.contains(parameter.text))
            continue;
        for (const auto& constant : unit.map->constants) {
            if (constant.name != parameter.text) continue;
            TargetStep step;
            step.spot = {unit.file, constant.place};
            step.transform = Transform::Evaluate;
            step.expression = expression(unit, constant.value, scope, focus_);
            step.slot = slots_++;
            scope[constant.name] = {step.slot, false, nullptr};
            targets.push_back(std::move(step));
        }
    }
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
    if (reuses(step.list) && step.transform != Transform::Create &&
        (!step.member || step.member->is_array))
        fail(unit, target.place, "share, single and collate go with an element that is created");
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
        case syntax::ParameterKind::Date: {
            const bool is_time = parameter.text.starts_with('T');
            const bool is_date = parameter.text.find('T') == std::string::npos;
            literals_.assign(node, std::string_view{parameter.text}.substr(is_time ? 1 : 0));
            type_of = is_time ? program_.time : is_date ? program_.date : program_.date_time;
            if (fhir::check_primitive(type_of->primitive, json::Value{node}) !=
                fhir::PrimitiveFault::None)
                fail(unit, parameter.place, "no such date or time");
            break;
        }
        default:
            literals_.assign(node, parameter.text);
    }
    made.literal = literal(node, type_of);
    return made;
}

}  // namespace tsunagi::translate

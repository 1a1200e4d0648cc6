#include <algorithm>
#include <array>

#include "translate/compiler.h"
#include "translate/escapes.h"

namespace tsunagi::translate {

using fhir::TypeDef;
using syntax::Place;

namespace {

struct Signature {
    std::string_view name;
    Transform transform;
    std::size_t least, most;
};

/// hl7.org/fhir/R4/valueset-contact-point-system.html
constexpr std::array<std::string_view, 7> kContactSystems{"phone", "fax", "email", "pager",
                                                          "url",   "sms", "other"};

}  // namespace

void Compiler::compile_transform(const MapUnit& unit, const syntax::Target& target,
                                 const Scope& scope, TargetStep& step, const TypeDef*& value) {
    static constexpr std::size_t kAny = 64;
    static constexpr std::array<Signature, 18> kSignatures = {{
        {"create", Transform::Create, 0, 1},
        {"copy", Transform::Copy, 1, 1},
        {"truncate", Transform::Truncate, 2, 2},
        {"escape", Transform::Escape, 3, 3},
        {"cast", Transform::Cast, 1, 2},
        {"append", Transform::Append, 1, kAny},
        {"translate", Transform::Translate, 2, 3},
        {"reference", Transform::Reference, 1, 1},
        {"pointer", Transform::Pointer, 1, 1},
        {"uuid", Transform::Uuid, 0, 0},
        {"evaluate", Transform::Evaluate, 1, 2},
        {"dateOp", Transform::Evaluate, 2, 2},
        {"cc", Transform::Cc, 1, 3},
        {"c", Transform::C, 2, 3},
        {"qty", Transform::Qty, 1, 4},
        {"id", Transform::Id, 2, 3},
        {"cp", Transform::Cp, 1, 2},
        {"", Transform::Copy, 0, 0},
    }};
    const auto signature =
        std::find_if(kSignatures.begin(), kSignatures.end(),
                     [&](const Signature& each) { return each.name == target.transform; });
    if (signature == kSignatures.end() || target.transform.empty())
        return fail(unit, target.place, "unknown transform '" + target.transform + "'");
    step.transform = signature->transform;
    const auto& parameters = target.parameters;
    if (!target.path &&
        (parameters.size() < signature->least || parameters.size() > signature->most))
        return fail(unit, target.place,
                    "wrong number of parameters for '" + target.transform + "'");
    if (step.transform == Transform::Evaluate) return compile_evaluate(unit, target, scope, step);
    if (target.transform == "qty" && parameters.size() == 3)
        return fail(unit, target.place, "'qty' takes a system and a code, or neither");
    const TypeDef* first = nullptr;
    for (const auto& parameter : parameters) {
        const TypeDef* type_of = nullptr;
        step.operands.push_back(operand(unit, parameter, scope, type_of));
        if (fault_) return;
        if (step.operands.size() == 1) first = type_of;
    }
    switch (step.transform) {
        case Transform::Create:
            value = created_type(unit, target, step);
            break;
        case Transform::Copy:
            value = first;
            break;
        case Transform::Cast:
            if (parameters.size() == 2) {
                step.type = type(unit, parameters[1].text, parameters[1].place);
                if (!fault_ && step.type->kind != fhir::TypeKind::Primitive)
                    fail(unit, parameters[1].place, "cast makes primitive values only");
                step.operands.pop_back();
            }
            value = step.type ? step.type : program_.string;
            break;
        case Transform::Escape:
            value = program_.string;
            for (const std::size_t at : {1U, 2U}) {
                if (parameters[at].kind != syntax::ParameterKind::String ||
                    !escaping_of(parameters[at].text))
                    return fail(unit, parameters[at].place,
                                "escape knows 'plain', 'java', 'xml' and 'json'");
            }
            break;
        case Transform::Truncate:
            value = program_.string;
            if (parameters[1].kind != syntax::ParameterKind::Variable &&
                (parameters[1].kind != syntax::ParameterKind::Integer ||
                 parameters[1].text.starts_with('-')))
                fail(unit, parameters[1].place, "truncate takes a number of characters");
            break;
        case Transform::Translate:
            value = translated_type(unit, target, step);
            break;
        case Transform::Cc:
            value = program_.codeable_concept;
            add_display(step);
            break;
        case Transform::C:
            value = program_.coding;
            add_display(step);
            break;
        case Transform::Qty:
            value = program_.quantity;
            break;
        case Transform::Id:
            value = program_.identifier;
            break;
        case Transform::Cp:
            value = program_.contact_point;
            if (parameters.size() == 2 && parameters[0].kind != syntax::ParameterKind::Variable &&
                std::find(kContactSystems.begin(), kContactSystems.end(), parameters[0].text) ==
                    kContactSystems.end())
                fail(unit, parameters[0].place, "unknown kind of contact point");
            break;
        default:
            value = program_.string;
    }
}

/// cc('system', 'code') of a code system that the gateway holds says its display too.
void Compiler::add_display(TargetStep& step) {
    if (step.operands.size() != 2 || !step.operands[0].literal || !step.operands[1].literal) return;
    const auto* system = definitions_.code_system(step.operands[0].literal->text());
    const auto found = system ? system->find(step.operands[1].literal->text()) : std::nullopt;
    if (!found || found->display.empty()) return;
    json::Node* node = literals_.add_null(literal_root_);
    literals_.assign(node, found->display);
    step.operands.push_back({kNoSlot, literal(node, program_.string)});
}

const TypeDef* Compiler::created_type(const MapUnit& unit, const syntax::Target& target,
                                      TargetStep& step) {
    if (target.parameters.empty()) {
        if (!step.member) {
            fail(unit, target.place, "say what to create: create('TYPE')");
            return nullptr;
        }
        return step.member->type;
    }
    const auto& name = target.parameters[0];
    if (name.kind != syntax::ParameterKind::String) {
        fail(unit, name.place, "create takes a type name in quotes");
        return nullptr;
    }
    step.operands.clear();
    const TypeDef* made = type(unit, name.text, name.place);
    if (fault_) return nullptr;
    // create('BackboneElement') means the group that stands here.
    if (step.member && step.member->type->is_group && is_open(made)) made = step.member->type;
    step.type = made;
    return made;
}

const TypeDef* Compiler::translated_type(const MapUnit& unit, const syntax::Target& target,
                                         TargetStep& step) {
    const auto& map = target.parameters[1];
    if (map.kind != syntax::ParameterKind::String) {
        fail(unit, map.place, "translate takes the url of a concept map in quotes");
        return nullptr;
    }
    if (map.text.starts_with('#')) {
        step.table = table(unit, map.text.substr(1));
        if (!step.table) fail(unit, map.place, "no conceptmap '" + map.text + "' in this map");
    } else {
        step.map_url = map.text;
        if (!definitions_.concept_map(map.text))
            fail(unit, map.place, "unknown concept map " + map.text);
    }
    const std::string output = target.parameters.size() > 2 ? target.parameters[2].text : "code";
    if (output == "Coding" || output == "coding") return program_.coding;
    if (output == "CodeableConcept") return program_.codeable_concept;
    if (output == "code") return program_.code;
    if (output == "system") return program_.uri;
    if (output == "display") return program_.string;
    fail(unit, target.place, "translate gives code, system, display, Coding or CodeableConcept");
    return nullptr;
}

const CodeTable* Compiler::table(const MapUnit& unit, std::string_view id) {
    for (const auto& map : unit.map->concept_maps) {
        if (map.id != id) continue;
        auto& made = tables_[&map];
        if (!made) {
            auto rows = std::make_unique<CodeTable>();
            rows->rows = map.rows;
            rows->unmapped = map.unmapped;
            std::stable_sort(rows->rows.begin(), rows->rows.end(), [](auto& left, auto& right) {
                return left.source_code < right.source_code;
            });
            made = rows.get();
            program_.tables.push_back(std::move(rows));
        }
        return made;
    }
    return nullptr;
}

void Compiler::compile_evaluate(const MapUnit& unit, const syntax::Target& target,
                                const Scope& scope, TargetStep& step) {
    if (target.path) {
        step.expression = expression(unit, *target.path, scope, focus_);
        return;
    }
    const auto& parameters = target.parameters;
    const auto& text = parameters.back();
    if (text.kind != syntax::ParameterKind::String)
        return fail(unit, text.place, "an expression in quotes is expected");
    const TypeDef* focus = focus_;
    if (parameters.size() == 2) step.operands.push_back(operand(unit, parameters[0], scope, focus));
    // dateOp(date, '+ 14 days'): R4 leaves its parameters open; this is FHIRPath arithmetic.
    const bool is_date_op = target.transform == "dateOp";
    step.expression =
        expression(unit, {is_date_op ? "$this " + text.text : text.text, text.place}, scope, focus);
}

}  // namespace tsunagi::translate

#include <algorithm>
#include <array>
#include <map>
#include <set>

#include "json/builder.h"
#include "translate/program.h"

namespace tsunagi::translate {
namespace {

using fhir::TypeDef;
using syntax::Place;

/// Groups are compiled once per combination of argument types; a map that makes more is refused.
constexpr std::size_t kMaxInstances = 4096;
constexpr std::string_view kDropped = "dropped:";

struct Fault {
    std::string message;
    Place place;
    const std::string* file = nullptr;
};

/// A name in scope and what is known of it. A null type is known at run time only.
struct Variable {
    std::uint32_t slot = 0;
    bool is_target = false;
    const TypeDef* type = nullptr;
};
using Scope = std::map<std::string, Variable, std::less<>>;

struct MapUnit {
    const std::string* file = nullptr;
    const syntax::Map* map = nullptr;
    std::vector<const MapUnit*> visible;  ///< itself first, then its imports
};

struct FoundGroup {
    const syntax::Group* group = nullptr;
    const MapUnit* unit = nullptr;
};

/// The static type: null when the value may be of a type below it.
const TypeDef* closed(const TypeDef* type) { return is_open(type) ? nullptr : type; }

bool is_word_char(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

class Compiler {
public:
    Compiler(Program& program, const fhir::Definitions& definitions)
        : program_(program), definitions_(definitions), literals_(program.literals) {
        literal_root_ = literals_.array();
    }

    Status run(std::vector<std::pair<std::string, syntax::Map>>&& maps) {
        for (auto& [file, map] : maps) {
            program_.files.push_back(std::make_unique<const std::string>(std::move(file)));
            program_.maps.push_back(std::make_unique<const syntax::Map>(std::move(map)));
            auto unit = std::make_unique<MapUnit>();
            unit->file = program_.files.back().get();
            unit->map = program_.maps.back().get();
            units_.push_back(std::move(unit));
        }
        link();
        for (const auto& unit : units_) {
            if (!fault_) check_groups(*unit);
        }
        for (const auto& unit : units_) {
            if (!fault_) compile_unit(*unit);
        }
        while (!fault_ && next_body_ < bodies_.size()) compile_body(next_body_++);
        if (fault_)
            return Error{Code::Invalid, fault_->message, syntax::at(*fault_->file, fault_->place)};
        return {};
    }

private:
    // ---- names -------------------------------------------------------------------------------

    void fail(const MapUnit& unit, Place place, std::string message) {
        if (!fault_) fault_ = Fault{std::move(message), place, unit.file};
    }

    void link() {
        for (const auto& unit : units_) {
            for (const auto& other : units_) {
                if (other != unit && other->map->url == unit->map->url)
                    return fail(*unit, {}, "two maps have the url " + unit->map->url);
            }
        }
        for (const auto& unit : units_) {
            unit->visible.push_back(unit.get());
            for (std::size_t at = 0; at < unit->visible.size() && !fault_; ++at) {
                const MapUnit& from = *unit->visible[at];
                for (const auto& import : from.map->imports) add_import(*unit, from, import);
            }
        }
    }

    void add_import(MapUnit& into, const MapUnit& from, const syntax::Import& import) {
        bool found = false;
        for (const auto& other : units_) {
            const std::size_t star = import.url.find('*');
            const bool matches = star == std::string::npos
                                     ? other->map->url == import.url
                                     : other->map->url.starts_with(import.url.substr(0, star)) &&
                                           other->map->url.ends_with(import.url.substr(star + 1));
            if (!matches) continue;
            found = true;
            if (std::find(into.visible.begin(), into.visible.end(), other.get()) ==
                into.visible.end())
                into.visible.push_back(other.get());
        }
        if (!found) fail(from, import.place, "no map has the url " + import.url);
    }

    void check_groups(const MapUnit& unit) {
        std::set<std::string_view> names;
        for (const auto& group : unit.map->groups) {
            if (!names.insert(group.name).second)
                fail(unit, group.place, "a second group '" + group.name + "'");
            if (group.extends.empty()) continue;
            std::set<const syntax::Group*> seen{&group};
            FoundGroup base{&group, &unit};
            while (!fault_ && !base.group->extends.empty()) {
                const FoundGroup next = find_group(*base.unit, base.group->extends);
                if (!next.group) {
                    fail(unit, group.place, "unknown group '" + base.group->extends + "'");
                } else if (!seen.insert(next.group).second) {
                    fail(unit, group.place, "the group extends itself");
                } else if (next.group->inputs.size() != group.inputs.size()) {
                    fail(unit, group.place, "the base group has other parameters");
                }
                base = next.group ? next : FoundGroup{&group, &unit};
            }
        }
    }

    static FoundGroup find_group(const MapUnit& unit, std::string_view name) {
        for (const MapUnit* each : unit.visible) {
            for (const auto& group : each->map->groups) {
                if (group.name == name) return {&group, each};
            }
        }
        return {};
    }

    /// A type by alias, by name, or by url. Null and a fault when unknown.
    const TypeDef* type(const MapUnit& unit, std::string_view name, Place place) {
        for (const auto& structure : unit.map->structures) {
            if (structure.alias != name) continue;
            if (const TypeDef* found = definitions_.type(structure.url)) return found;
            fail(unit, structure.place, "unknown structure " + structure.url);
            return nullptr;
        }
        const TypeDef* found = definitions_.type(name);
        if (!found) fail(unit, place, "unknown type '" + std::string{name} + "'");
        return found;
    }

    // ---- groups ------------------------------------------------------------------------------

    /// Every group is compiled by its declared types even when nothing calls it, so that its faults
    /// show at load.
    void compile_unit(const MapUnit& unit) {
        bool first = true;
        for (const auto& group : unit.map->groups) {
            std::vector<const TypeDef*> types(group.inputs.size(), nullptr);
            const std::uint32_t made = instance({&group, &unit}, types, group.place, unit);
            if (fault_) return;
            if (std::exchange(first, false)) {
                Entry entry{unit.map->url, made, nullptr, nullptr};
                for (const auto& input : group.inputs) {
                    if (input.type.empty()) continue;
                    const TypeDef*& side = input.is_target ? entry.target : entry.source;
                    if (!side) side = type(unit, input.type, input.place);
                }
                program_.entries.push_back(std::move(entry));
            }
        }
    }

    struct Body {
        const MapUnit* unit = nullptr;
        std::vector<const TypeDef*> types;
    };

    /// The instance of a group for argument types; its body is compiled later, which ends
    /// recursion.
    std::uint32_t instance(FoundGroup found, std::vector<const TypeDef*> types, Place place,
                           const MapUnit& caller) {
        const auto& inputs = found.group->inputs;
        for (std::size_t at = 0; at < inputs.size(); ++at) {
            if (inputs[at].type.empty()) continue;
            const TypeDef* declared = type(*found.unit, inputs[at].type, inputs[at].place);
            if (fault_) return 0;
            types[at] = narrower(caller, place, types[at], closed(declared), found.group->name);
            if (fault_) return 0;
        }
        const auto key = std::make_pair(found.group, types);
        if (const auto there = known_.find(key); there != known_.end()) return there->second;
        if (program_.instances.size() >= kMaxInstances) {
            fail(caller, place, "the maps call their groups with too many combinations of types");
            return 0;
        }
        const auto made = static_cast<std::uint32_t>(program_.instances.size());
        known_.emplace(key, made);
        Instance fresh;
        fresh.group = found.group;
        fresh.slots = static_cast<std::uint32_t>(inputs.size());
        fresh.spot = {found.unit->file, found.group->place};
        program_.instances.push_back(std::move(fresh));
        bodies_.push_back({found.unit, types});
        if (!found.group->extends.empty()) {
            const FoundGroup base = find_group(*found.unit, found.group->extends);
            const std::uint32_t base_instance = instance(base, types, place, caller);
            program_.instances[made].base = base_instance;
        }
        return made;
    }

    const TypeDef* narrower(const MapUnit& unit, Place place, const TypeDef* given,
                            const TypeDef* declared, const std::string& group) {
        if (!given) return declared;
        if (!declared || fhir::Definitions::is_subtype(given, declared)) return given;
        if (fhir::Definitions::is_subtype(declared, given)) return declared;
        const bool primitives =
            given->kind == fhir::TypeKind::Primitive && declared->kind == fhir::TypeKind::Primitive;
        if (!primitives) {
            fail(unit, place,
                 "group '" + group + "' takes " + std::string{declared->name} + ", not " +
                     std::string{given->name});
        }
        return given;
    }

    void compile_body(std::size_t at) {
        const Body body = bodies_[at];
        const syntax::Group& group = *program_.instances[at].group;
        Scope scope;
        slots_ = 0;
        for (std::size_t input = 0; input < group.inputs.size(); ++input) {
            scope[group.inputs[input].name] = {slots_++, group.inputs[input].is_target,
                                               body.types[input]};
        }
        std::vector<Rule> rules = compile_rules(*body.unit, group.rules, scope);
        Instance& instance = program_.instances[at];
        instance.rules = std::move(rules);
        instance.slots = slots_;
    }

    // ---- rules -------------------------------------------------------------------------------

    std::vector<Rule> compile_rules(const MapUnit& unit, const std::vector<syntax::Rule>& rules,
                                    const Scope& scope) {
        std::vector<Rule> made;
        made.reserve(rules.size());
        for (const auto& rule : rules) {
            if (fault_) break;
            made.push_back(compile_rule(unit, rule, scope));
        }
        return made;
    }

    Rule compile_rule(const MapUnit& unit, const syntax::Rule& rule, Scope scope) {
        Rule made;
        made.spot = {unit.file, rule.place};
        const TypeDef* source_type = nullptr;
        for (const auto& source : rule.sources) {
            if (fault_) return made;
            made.sources.push_back(compile_source(unit, source, scope, source_type));
        }
        const bool leads_on = !rule.calls.empty() || !rule.rules.empty();
        // HAPI's "simple form": one source, one target, no transform: convert by the types.
        const bool simple = rule.sources.size() == 1 && rule.targets.size() == 1 && !leads_on &&
                            rule.targets[0].transform.empty() && !rule.targets[0].element.empty() &&
                            rule.targets[0].variable.empty() == rule.sources[0].variable.empty();
        for (const auto& target : rule.targets) {
            if (fault_) return made;
            made.targets.push_back(
                simple ? compile_simple(unit, target, scope, made.sources[0], source_type)
                       : compile_target(unit, target, scope, leads_on));
        }
        for (const auto& call : rule.calls) {
            if (!fault_) made.calls.push_back(compile_call(unit, call, scope));
        }
        if (!fault_) made.rules = compile_rules(unit, rule.rules, scope);
        return made;
    }

    SourceStep compile_source(const MapUnit& unit, const syntax::Source& source, Scope& scope,
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
        if (source.otherwise) step.otherwise = expression(unit, *source.otherwise, scope);
        step.slot = slots_++;
        if (!source.variable.empty()) {
            // A variable made from a target (`tgt.x as y` on the source side) stays readable only.
            scope[source.variable] = {step.slot,
                                      source.element.empty() && context->second.is_target, item};
        }
        if (source.where) step.where = expression(unit, *source.where, scope);
        if (source.check) step.check = expression(unit, *source.check, scope);
        if (source.log) step.dropped = dropped_reason(source.log->text);
        return step;
    }

    static bool fits_filter(const TypeDef* type, const TypeDef* filter) {
        return fhir::Definitions::is_subtype(type, filter) ||
               fhir::Definitions::is_subtype(filter, type);
    }

    /// `log 'dropped: REASON'` declares that the cells below the source go nowhere. Every other log
    /// text is passed over: it could carry patient data into a log.
    static std::string dropped_reason(std::string_view text) {
        if (text.size() >= 2 && text.front() == '(' && text.back() == ')')
            text = text.substr(1, text.size() - 2);
        if (text.size() < 2 || text.front() != '\'' || text.back() != '\'') return {};
        text = text.substr(1, text.size() - 2);
        if (!text.starts_with(kDropped)) return {};
        text.remove_prefix(kDropped.size());
        while (text.starts_with(' ')) text.remove_prefix(1);
        return std::string{text};
    }

    // ---- targets -----------------------------------------------------------------------------

    TargetStep target_place(const MapUnit& unit, const syntax::Target& target, const Scope& scope,
                            const TypeDef*& context_type) {
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
    void settle(const MapUnit& unit, const syntax::Target& target, TargetStep& step,
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

    TargetStep compile_simple(const MapUnit& unit, const syntax::Target& target, Scope& scope,
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

    FoundGroup default_group(const MapUnit& unit, const TypeDef* source, const TypeDef* target) {
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

    TargetStep compile_target(const MapUnit& unit, const syntax::Target& target, Scope& scope,
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

    const Slot* literal(const json::Node* node, const TypeDef* type) {
        Slot& made = program_.literal_slots.emplace_back();
        made.node = node;
        made.type = type;
        made.stable = true;
        return &made;
    }

    Operand operand(const MapUnit& unit, const syntax::Parameter& parameter, const Scope& scope,
                    const TypeDef*& type_of) {
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

    struct Signature {
        std::string_view name;
        Transform transform;
        std::size_t least, most;
    };

    void compile_transform(const MapUnit& unit, const syntax::Target& target, const Scope& scope,
                           TargetStep& step, const TypeDef*& value) {
        static constexpr std::size_t kAny = 64;
        static constexpr std::array<Signature, 18> kSignatures = {{
            {"create", Transform::Create, 0, 1},
            {"copy", Transform::Copy, 1, 1},
            {"truncate", Transform::Truncate, 2, 2},
            {"escape", Transform::Escape, 2, 3},
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
        if (step.transform == Transform::Evaluate)
            return compile_evaluate(unit, target, scope, step);
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
                }
                value = step.type ? step.type : program_.string;
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
                break;
            default:
                value = program_.string;
        }
    }

    /// cc('system', 'code') of a code system that the gateway holds says its display too.
    void add_display(TargetStep& step) {
        if (step.operands.size() != 2 || !step.operands[0].literal || !step.operands[1].literal)
            return;
        const auto* system = definitions_.code_system(step.operands[0].literal->text());
        const auto found = system ? system->find(step.operands[1].literal->text()) : std::nullopt;
        if (!found || found->display.empty()) return;
        json::Node* node = literals_.add_null(literal_root_);
        literals_.assign(node, found->display);
        step.operands.push_back({kNoSlot, literal(node, program_.string)});
    }

    const TypeDef* created_type(const MapUnit& unit, const syntax::Target& target,
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

    const TypeDef* translated_type(const MapUnit& unit, const syntax::Target& target,
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
        const std::string output =
            target.parameters.size() > 2 ? target.parameters[2].text : "code";
        if (output == "Coding" || output == "coding") return program_.coding;
        if (output == "CodeableConcept") return program_.codeable_concept;
        if (output == "code") return program_.code;
        if (output == "system") return program_.uri;
        if (output == "display") return program_.string;
        fail(unit, target.place,
             "translate gives code, system, display, Coding or CodeableConcept");
        return nullptr;
    }

    const CodeTable* table(const MapUnit& unit, std::string_view id) {
        for (const auto& map : unit.map->concept_maps) {
            if (map.id != id) continue;
            auto& made = tables_[&map];
            if (!made) {
                auto rows = std::make_unique<CodeTable>();
                rows->rows = map.rows;
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

    void compile_evaluate(const MapUnit& unit, const syntax::Target& target, const Scope& scope,
                          TargetStep& step) {
        if (target.path) {
            step.expression = expression(unit, *target.path, scope);
            return;
        }
        const auto& parameters = target.parameters;
        const auto& text = parameters.back();
        if (text.kind != syntax::ParameterKind::String)
            return fail(unit, text.place, "an expression in quotes is expected");
        if (parameters.size() == 2) {
            const TypeDef* ignored = nullptr;
            step.operands.push_back(operand(unit, parameters[0], scope, ignored));
        }
        // dateOp(date, '+ 14 days'): R4 leaves its parameters open; this is FHIRPath arithmetic.
        const bool is_date_op = target.transform == "dateOp";
        step.expression =
            expression(unit, {is_date_op ? "$this " + text.text : text.text, text.place}, scope);
    }

    CallStep compile_call(const MapUnit& unit, const syntax::Call& call, const Scope& scope) {
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
            const bool writable = step.arguments.back().slot != kNoSlot &&
                                  variable != scope.end() && variable->second.is_target;
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

    // ---- FHIRPath ----------------------------------------------------------------------------

    /// Bare names of variables become %variables, as the reference engine reads them; constants are
    /// written out; unknown %names are faults.
    std::optional<Expr> expression(const MapUnit& unit, const syntax::Path& path,
                                   const Scope& scope) {
        std::vector<std::pair<std::string, std::uint32_t>> variables;
        const std::string text = resolved(unit, path.text, path.place, scope, variables, 0);
        if (fault_) return std::nullopt;
        auto parsed = fhirpath::Expression::parse(text);
        if (!parsed) {
            fail(unit, path.place, "FHIRPath: " + parsed.error().message);
            return std::nullopt;
        }
        return Expr{
            std::move(*parsed), std::move(variables), {unit.file, path.place}, one_of(text)};
    }

    std::string resolved(const MapUnit& unit, std::string_view text, Place place,
                         const Scope& scope,
                         std::vector<std::pair<std::string, std::uint32_t>>& variables, int depth) {
        std::string out;
        if (depth > 8) fail(unit, place, "constants refer to each other in a circle");
        for (std::size_t at = 0; at < text.size() && !fault_;) {
            const char c = text[at];
            if (c == '\'' || c == '`') {
                const std::size_t start = at++;
                while (at < text.size() && text[at] != c) at += text[at] == '\\' ? 2 : 1;
                at = std::min(at + 1, text.size());
                out += text.substr(start, at - start);
                continue;
            }
            if (!is_word_char(c)) {
                out.push_back(c);
                ++at;
                continue;
            }
            const std::size_t start = at;
            while (at < text.size() && is_word_char(text[at])) ++at;
            const std::string_view word = text.substr(start, at - start);
            const char before = start > 0 ? text[start - 1] : ' ';
            if (before == '$' || before == '@' || (c >= '0' && c <= '9')) {
                out += word;
                continue;
            }
            if (before == '.') {
                out += member_step(word);
                continue;
            }
            std::size_t after = at;
            while (after < text.size() && text[after] == ' ') ++after;
            const bool called = after < text.size() && text[after] == '(';
            name_in_path(unit, word, place, scope, variables, depth, before == '%', called, out);
        }
        return out;
    }

    /// See Expr::one_of.
    static std::vector<Expr::Literal> one_of(std::string_view text) {
        std::vector<Expr::Literal> made;
        const auto skip = [&](std::string_view what) {
            while (text.starts_with(' ')) text.remove_prefix(1);
            const bool there = text.starts_with(what);
            if (there) text.remove_prefix(what.size());
            return there;
        };
        do {
            if (!skip("$this") || !skip("=")) return {};
            if (skip("'")) {
                const std::size_t end = text.find('\'');
                const std::string_view literal = text.substr(0, end);
                if (end == std::string_view::npos || literal.find('\\') != std::string_view::npos)
                    return {};
                made.push_back({json::Kind::String, std::string{literal}});
                text.remove_prefix(end + 1);
            } else if (skip("true")) {
                made.push_back({json::Kind::Bool, "true"});
            } else if (skip("false")) {
                made.push_back({json::Kind::Bool, "false"});
            } else {
                return {};
            }
        } while (skip("or "));
        while (text.starts_with(' ')) text.remove_prefix(1);
        return text.empty() ? made : std::vector<Expr::Literal>{};
    }

    /// `answer.valueString` means `answer.value.ofType(string)`: maps in the wild name choices by
    /// their JSON member, FHIRPath by the element.
    std::string member_step(std::string_view word) {
        if (std::none_of(word.begin(), word.end(), [](char c) { return c >= 'A' && c <= 'Z'; }))
            return std::string{word};
        if (choices_.empty()) {
            for (const TypeDef* each : definitions_.types()) {
                for (const fhir::ElementDef& element : each->all_elements) {
                    for (const auto& type_of : element.types) {
                        auto& step = choices_[std::string{type_of.member_name}];
                        const bool is_choice = element.is_choice && !element.name.empty();
                        step = is_choice && !step.plain
                                   ? Choice{std::string{element.name}, std::string{type_of.code}}
                                   : Choice{{}, {}, true};
                    }
                }
            }
        }
        const auto found = choices_.find(word);
        if (found == choices_.end() || found->second.plain) return std::string{word};
        return found->second.stem + ".ofType(" + found->second.type + ")";
    }

    void name_in_path(const MapUnit& unit, std::string_view word, Place place, const Scope& scope,
                      std::vector<std::pair<std::string, std::uint32_t>>& variables, int depth,
                      bool marked, bool called, std::string& out) {
        static constexpr std::array<std::string_view, 7> kKnown = {
            "resource", "rootResource", "context", "ucum", "sct", "loinc", "vs"};
        if (!marked && called) {
            out += word;
            return;
        }
        if (const auto found = scope.find(word); found != scope.end()) {
            if (!marked) out.push_back('%');
            out += word;
            const std::pair<std::string, std::uint32_t> use{word, found->second.slot};
            if (std::find(variables.begin(), variables.end(), use) == variables.end())
                variables.push_back(use);
            return;
        }
        for (const auto& constant : unit.map->constants) {
            if (constant.name != word) continue;
            if (marked) out.pop_back();
            out +=
                "(" + resolved(unit, constant.value.text, place, scope, variables, depth + 1) + ")";
            return;
        }
        if (marked && word != "ext" &&
            std::find(kKnown.begin(), kKnown.end(), word) == kKnown.end()) {
            fail(unit, place, "unknown variable '%" + std::string{word} + "'");
        }
        out += word;
    }

    Program& program_;
    const fhir::Definitions& definitions_;
    json::Builder literals_;
    json::Node* literal_root_ = nullptr;
    std::vector<std::unique_ptr<MapUnit>> units_;
    std::map<std::pair<const syntax::Group*, std::vector<const TypeDef*>>, std::uint32_t> known_;
    std::vector<Body> bodies_;
    std::size_t next_body_ = 0;
    std::map<const syntax::ConceptMap*, const CodeTable*> tables_;
    struct Choice {
        std::string stem, type;
        bool plain = false;  ///< also the name of an element that is no choice
    };
    std::map<std::string, Choice, std::less<>> choices_;
    std::uint32_t slots_ = 0;
    std::optional<Fault> fault_;
};

}  // namespace

std::string to_string(const Spot& spot) { return syntax::at(*spot.file, spot.place); }

Result<std::shared_ptr<const Program>> compile(
    std::vector<std::pair<std::string, syntax::Map>> maps, const fhir::Definitions& definitions) {
    auto program = std::make_shared<Program>();
    program->definitions = &definitions;
    const std::array<std::pair<std::string_view, const TypeDef**>, 15> types = {
        {{"string", &program->string},
         {"boolean", &program->boolean},
         {"integer", &program->integer},
         {"decimal", &program->decimal},
         {"date", &program->date},
         {"dateTime", &program->date_time},
         {"time", &program->time},
         {"Quantity", &program->quantity},
         {"uri", &program->uri},
         {"code", &program->code},
         {"Coding", &program->coding},
         {"CodeableConcept", &program->codeable_concept},
         {"Identifier", &program->identifier},
         {"ContactPoint", &program->contact_point},
         {"Reference", &program->reference}}};
    for (const auto& [name, into] : types) {
        *into = definitions.type(name);
        if (!*into)
            return Error{Code::Invalid, "the definitions lack a data type", std::string{name}};
    }
    Compiler compiler(*program, definitions);
    if (auto status = compiler.run(std::move(maps)); !status) return status.error();
    return std::shared_ptr<const Program>(std::move(program));
}

}  // namespace tsunagi::translate

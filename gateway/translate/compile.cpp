#include <algorithm>
#include <array>
#include <set>

#include "translate/compiler.h"

namespace tsunagi::translate {

using fhir::TypeDef;
using syntax::Place;

namespace {

/// Groups are compiled once per combination of argument types; a map that makes more is refused.
constexpr std::size_t kMaxInstances = 4096;

}  // namespace

Compiler::Compiler(Program& program, const fhir::Definitions& definitions)
    : program_(program), definitions_(definitions), literals_(program.literals) {
    literal_root_ = literals_.array();
}

Status Compiler::run(std::vector<std::pair<std::string, syntax::Map>>&& maps) {
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
        if (!fault_) check_header(*unit);
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

void Compiler::fail(const MapUnit& unit, Place place, std::string message) {
    if (!fault_) fault_ = Fault{std::move(message), place, unit.file};
}

void Compiler::link() {
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

void Compiler::add_import(MapUnit& into, const MapUnit& from, const syntax::Import& import) {
    bool found = false;
    for (const auto& other : units_) {
        const std::size_t star = import.url.find('*');
        const bool matches = star == std::string::npos
                                 ? other->map->url == import.url
                                 : other->map->url.starts_with(import.url.substr(0, star)) &&
                                       other->map->url.ends_with(import.url.substr(star + 1));
        if (!matches) continue;
        found = true;
        if (std::find(into.visible.begin(), into.visible.end(), other.get()) == into.visible.end())
            into.visible.push_back(other.get());
    }
    if (!found) fail(from, import.place, "no map has the url " + import.url);
}

/// What stands before the groups, used or not.
void Compiler::check_header(const MapUnit& unit) {
    for (const auto& structure : unit.map->structures) {
        if (!definitions_.type(structure.url))
            fail(unit, structure.place, "unknown structure " + structure.url);
    }
    for (const auto& constant : unit.map->constants) (void)expression(unit, constant.value, {});
    for (const auto& map : unit.map->concept_maps) {
        for (const auto& rule : map.unmapped) {
            if (!rule.url.empty() && !definitions_.concept_map(rule.url))
                fail(unit, map.place, "unknown concept map " + rule.url);
        }
    }
}

void Compiler::check_groups(const MapUnit& unit) {
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
            } else if (!std::equal(next.group->inputs.begin(), next.group->inputs.end(),
                                   group.inputs.begin(), group.inputs.end(),
                                   [](const auto& left, const auto& right) {
                                       return left.is_target == right.is_target;
                                   })) {
                fail(unit, group.place, "the base group has other parameters");
            }
            base = next.group ? next : FoundGroup{&group, &unit};
        }
    }
}

FoundGroup Compiler::find_group(const MapUnit& unit, std::string_view name) {
    for (const MapUnit* each : unit.visible) {
        for (const auto& group : each->map->groups) {
            if (group.name == name) return {&group, each};
        }
    }
    return {};
}

/// A type by alias, by name, or by url. Null and a fault when unknown.
const TypeDef* Compiler::type(const MapUnit& unit, std::string_view name, Place place) {
    for (const auto& structure : unit.map->structures) {
        if (structure.alias == name) return definitions_.type(structure.url);
    }
    const TypeDef* found = definitions_.type(name);
    if (!found) fail(unit, place, "unknown type '" + std::string{name} + "'");
    return found;
}

/// Every group is compiled by its declared types even when nothing calls it, so that its faults
/// show at load.
void Compiler::compile_unit(const MapUnit& unit) {
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

/// The instance of a group for argument types; its body is compiled later, which ends
/// recursion.
std::uint32_t Compiler::instance(FoundGroup found, std::vector<const TypeDef*> types, Place place,
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

const TypeDef* Compiler::narrower(const MapUnit& unit, Place place, const TypeDef* given,
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

void Compiler::compile_body(std::size_t at) {
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

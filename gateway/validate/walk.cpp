#include "validate/walk.h"

#include <algorithm>
#include <bit>
#include <string>

#include "fhirpath/html.h"

namespace tsunagi::validate {
namespace {

using fhir::ElementDef;
using fhir::Member;
using fhir::TypeDef;
using fhir::TypeKind;
using json::Value;

bool is_marked(const TypeDef::Mask& mask, std::uint32_t index) noexcept {
    return (mask[index / 64] >> (index % 64) & 1) != 0;
}
void mark(TypeDef::Mask& mask, std::uint32_t index) noexcept {
    mask[index / 64] |= std::uint64_t{1} << (index % 64);
}

Place step(const Place& parent, const Member& member, bool is_cell) {
    Place place;
    place.up = &parent;
    place.element = member.element;
    place.name = member.element->name;
    place.type = member.type->type;
    if (member.element->is_choice) place.choice = member.type->code;
    place.is_cell = is_cell;
    return place;
}

/// The primitive "name" that a member "_name" belongs to; null if there is none. An id of FHIR is a
/// bare text without extensions.
const Member* primitive_beside(const TypeDef& type, std::string_view key, bool is_cell) noexcept {
    if (!key.starts_with('_') || (key == "_id" && !is_cell)) return nullptr;
    const Member* found = type.find(key.substr(1));
    return found && found->type->type->kind == TypeKind::Primitive ? found : nullptr;
}

/// Whether the members of `type` are cells of a form. A group takes after the type around it.
bool has_cells(const TypeDef& type, const Place& place) noexcept {
    return type.kind == TypeKind::Logical || (type.is_group && place.is_cell);
}

}  // namespace

void Walk::report(Finding finding, const Place& place, std::uint32_t offset, Detail detail) {
    report_rule(finding, {}, place, offset, detail);
}

void Walk::report_rule(Finding finding, std::string_view rule, const Place& place,
                       std::uint32_t offset, Detail detail) {
    if (silent_ > 0) {
        failed_ |= severity_of(finding) <= fhir::IssueSeverity::Error;
        return;
    }
    if (!has_room(severity_of(finding), place, offset)) return;
    fhir::Issue issue = issue_of(finding, place, offset, detail);
    issue.rule = rule;
    add(std::move(issue), finding);
}

void Walk::add(fhir::Issue issue, Finding finding) {
    if (issue.severity <= fhir::IssueSeverity::Error) {
        const Harm harm = harm_of(finding);
        ++faults_.all;
        if (harm != Harm::None) ++faults_.form;
        if (harm == Harm::Shape) ++faults_.shape;
        ++faults_.own;
    }
    issue.profile = profile_;
    issues_.push_back(std::move(issue));
}

/// True the first time that `what` could not be checked. Nobody listens while silent.
bool Walk::tell_once(std::string_view what) {
    if (silent_ > 0) return false;
    if (std::ranges::find(told_, what) != told_.end() || told_.size() >= kMaxFindings) return false;
    told_.push_back(what);
    return true;
}

bool Walk::has_room(fhir::IssueSeverity severity, const Place& place, std::uint32_t offset) {
    if (stopped_ || silent_ > 0) return false;
    if (severity > fhir::IssueSeverity::Error) return issues_.size() - faults_.all < kMaxFindings;
    if (faults_.all < kMaxFindings) return true;
    stopped_ = true;
    const Place* top = &place;
    while (top->up) top = top->up;
    const std::string limit = std::to_string(kMaxFindings);
    add(issue_of(Finding::MoreFindings, *top, offset, {limit}), Finding::MoreFindings);
    return false;
}

std::vector<fhir::Issue> Walk::take_issues() {
    if (issues_.size() > 1) {
        std::ranges::stable_sort(issues_, {}, &fhir::Issue::offset);
        // Profiles repeat what their parents and their slices say.
        std::vector<fhir::Issue> kept;
        std::size_t same_place = 0;
        for (fhir::Issue& each : issues_) {
            if (kept.empty() || kept.back().offset != each.offset) same_place = kept.size();
            const bool known = std::any_of(kept.begin() + static_cast<std::ptrdiff_t>(same_place),
                                           kept.end(), [&](const fhir::Issue& earlier) {
                                               return earlier.code == each.code &&
                                                      earlier.rule == each.rule &&
                                                      earlier.expression == each.expression &&
                                                      earlier.en == each.en;
                                           });
            if (!known) kept.push_back(std::move(each));
        }
        issues_ = std::move(kept);
    }
    return std::move(issues_);
}

void Walk::root(Value value, const TypeDef* model, std::string_view root_name) {
    const TypeDef* named = definitions_.type(value["resourceType"].text());
    if (!model && named && named->kind == TypeKind::Logical) model = named;
    // A model derived from ours: the data is of ours, and follows the other as well.
    const TypeDef* derived = model && model->is_profile ? model : nullptr;
    if (derived && derived->kind == TypeKind::Logical) model = definitions_.type(derived->name);
    Place place;
    // A name that nobody defined may be anything: it is not repeated.
    place.name = !root_name.empty()                           ? root_name
                 : model && model->kind == TypeKind::Logical  ? model->name
                 : named && named->kind == TypeKind::Resource ? named->name
                                                              : "Resource";
    if (model && model->kind != TypeKind::Resource) {
        place.element = model->root;
        place.type = model;
        place.is_cell = model->kind == TypeKind::Logical;
        around_.container = value;
        around_.resource = value;
        if (const Value type = value["resourceType"]; type && type.text() != model->name) {
            Place here{&place, "resourceType"};
            report(Finding::WrongResourceType, here, type.offset(), {model->name});
        }
        object(value, *model, place, true);
        if (faults_.all == 0)
            invariants({value, {}, model}, rules_.invariants.of(*model->root), place, true);
        if (const Profile* found = derived ? rules_.profiles.of(*derived) : nullptr)
            profile({value, {}, model}, *found, place);
        return;
    }
    resource(value, model, place);
}

void Walk::object(Value value, const TypeDef& type, const Place& place, bool is_resource) {
    if (stopped_) return;
    if (!value.is_object()) return report(Finding::ObjectExpected, place, value.offset());
    if (value.empty()) return report(Finding::EmptyValue, place, value.offset());
    if (depth_ == kMaxDepth) {
        const std::string limit = std::to_string(kMaxDepth);
        return report(Finding::TooDeep, place, value.offset(), {limit});
    }
    ++depth_;
    const bool is_cell = has_cells(type, place);
    TypeDef::Mask values{};
    TypeDef::Mask companions{};
    for (const Value child : value) {
        const std::string_view key = child.key();
        if (const Member* found = type.find(key)) {
            Place here = step(place, *found, is_cell);
            // Keys are unique: the same element again is a choice under a second name.
            if (is_marked(values, found->index) ||
                (is_marked(companions, found->index) && !companion_of(value, key))) {
                report(Finding::ChoiceTwice, here, child.offset());
            }
            mark(values, found->index);
            member(child, *found, value, here);
        } else if (const Member* beside = primitive_beside(type, key, is_cell)) {
            Place here = step(place, *beside, is_cell);
            const Value partner = value[beside->name];
            if (!partner &&
                (is_marked(values, beside->index) || is_marked(companions, beside->index))) {
                report(Finding::ChoiceTwice, here, child.offset());
            }
            mark(companions, beside->index);
            companion(child, *beside, partner, here);
        } else if (!(is_resource && key == "resourceType")) {
            unknown(child, place);
        }
    }
    for (std::size_t word = 0; word < values.size(); ++word) values[word] |= companions[word];
    missing(value, type, values, place);
    if (value.size() == 1 && !is_resource && value["id"])
        report_rule(Finding::EmptyValue, "ele-1", place, value.offset());
    --depth_;
}

void Walk::missing(Value value, const TypeDef& type, const TypeDef::Mask& seen,
                   const Place& place) {
    const std::size_t words = (type.elements.size() + 63) / 64;
    for (std::size_t word = 0; word < words; ++word) {
        for (std::uint64_t bits = type.required[word] & ~seen[word]; bits != 0; bits &= bits - 1) {
            const auto at = word * 64 + static_cast<std::size_t>(std::countr_zero(bits));
            const ElementDef& element = *type.elements[at];
            Place here;
            here.up = &place;
            here.name = element.name;
            here.element = &element;
            here.is_cell = has_cells(type, place);
            report(Finding::MissingElement, here, value.offset());
        }
    }
}

void Walk::unknown(Value value, const Place& parent) {
    const std::string_view name = value.key();
    if (!is_plain_name(name)) return report(Finding::UnreadableName, parent, value.offset());
    if (!has_room(fhir::IssueSeverity::Error, parent, value.offset())) return;
    // The expression names the member, the text speaks of the form that does not have it.
    const Place here{&parent, name};
    fhir::Issue issue = issue_of(Finding::UnknownElement, parent, value.offset(), {name});
    issue.expression = expression_of(here);
    add(std::move(issue), Finding::UnknownElement);
}

void Walk::member(Value value, const Member& member, Value parent, Place& place) {
    const ElementDef& element = *member.element;
    if (!element.is_array) {
        if (value.is_array()) return report(Finding::SingleExpected, place, value.offset());
        if (element.max == 0) return report(Finding::TooMany, place, value.offset(), {"0"});
        return one(value, member, parent, place);
    }
    if (!value.is_array()) {
        report(Finding::ListExpected, place, value.offset());
        return one(value, member, parent, place);
    }
    const std::size_t count = value.size();
    if (count == 0) return report(Finding::EmptyValue, place, value.offset());
    if (count > element.max) {
        const std::string limit = std::to_string(element.max);
        report(Finding::TooMany, place, value.offset(), {limit});
    } else if (count < element.min) {
        const std::string limit = std::to_string(element.min);
        report(Finding::TooFew, place, value.offset(), {limit});
    }
    place.index = 0;
    bool holds_null = false;
    for (const Value item : value) {
        if (stopped_) return;
        if (item.is_null()) {
            holds_null = true;
        } else {
            one(item, member, parent, place);
        }
        ++place.index;
    }
    if (!holds_null) return;
    // A null stands for a primitive that has only an id or extensions, in the list beside.
    const Value beside = member.type->type->kind == TypeKind::Primitive
                             ? companion_of(parent, member.name)
                             : Value{};
    auto other = beside.begin();
    place.index = 0;
    for (const Value item : value) {
        const bool filled = other != beside.end() && !(*other).is_null();
        if (item.is_null() && !filled) report(Finding::NullValue, place, item.offset());
        if (other != beside.end()) ++other;
        ++place.index;
    }
}

void Walk::companion(Value value, const Member& member, Value partner, Place& place) {
    const fhir::Binding* bound = member.element->binding;
    if (!partner && bound && bound->strength == fhir::BindingStrength::Required && bound->set)
        report_code(Finding::CodeMissing, *bound, place, value.offset());
    if (!member.element->is_array) {
        if (value.is_array()) return report(Finding::SingleExpected, place, value.offset());
        if (value.is_null()) return report(Finding::NullValue, place, value.offset());
        const Faults before = faults_;
        around_.beside = partner;
        object(value, *known_.element, place, false);
        if (!partner && faults_.all == before.all) meaning({}, member, value, place, before);
        return;
    }
    if (!value.is_array()) return report(Finding::ListExpected, place, value.offset());
    if (partner.is_array() && partner.size() != value.size())
        report(Finding::CompanionSize, place, value.offset());
    if (value.size() > member.element->max) {
        const std::string limit = std::to_string(member.element->max);
        report(Finding::TooMany, place, value.offset(), {limit});
    }
    bool any = false;
    place.index = 0;
    auto other = partner.begin();
    for (const Value item : value) {
        around_.beside = other != partner.end() ? *other : Value{};
        if (other != partner.end()) ++other;
        if (!item.is_null()) {
            any = true;
            object(item, *known_.element, place, false);
        }
        ++place.index;
    }
    place.index = Place::kNoIndex;
    if (!any) report(Finding::EmptyValue, place, value.offset());
}

void Walk::one(Value value, const Member& member, Value parent, Place& place) {
    const TypeDef& type = *member.type->type;
    if (value.is_null()) return report(Finding::NullValue, place, value.offset());
    const Faults before = faults_;
    switch (type.kind) {
        case TypeKind::Primitive:
            primitive(value, type, place);
            break;
        case TypeKind::Resource:
            return resource(value, &type, place);
        case TypeKind::Complex:
        case TypeKind::Logical:
            object(value, type, place, false);
            if (&type == known_.reference) reference(value, *member.type, place);
            break;
    }
    // What is not even well-formed is not asked for its meaning.
    const bool is_plain = type.kind == TypeKind::Primitive;
    if (is_plain ? faults_.all == before.all : faults_.shape == before.shape)
        meaning(value, member, parent, place, before);
}

/// Bindings, conditions and profiles of a well-formed value; absent: of the companion that `parent`
/// then is. `before`: the errors that there were before the value.
void Walk::meaning(Value value, const Member& member, Value parent, Place& place,
                   const Faults& before) {
    const ElementDef& element = *member.element;
    const TypeDef& type = *member.type->type;
    if (value && element.binding && element.binding->strength <= fhir::BindingStrength::Extensible)
        binding({value, {}, &type}, *element.binding, place);
    if (value && element.binding && !element.binding->max_value_set.empty())
        max_value_set({value, {}, &type}, *element.binding, place);
    if (&type == known_.coding || &type == known_.quantity) known_code(value, place);
    if (&type == known_.extension) extension(value, parent, place);
    if (!member.type->profiles.empty()) value_profiles({value, {}, &type}, element.types, place);
    // A condition computes with what may be unreadable.
    if (faults_.form != before.form) return;
    std::vector<const Invariant*> own;
    const auto asked = rules_.invariants.of_value(element, type, own);
    if (asked.empty()) return;
    Spot spot{value, {}, &type};
    if (type.kind == TypeKind::Primitive) {
        spot.companion = value ? companion_of(parent, member.name) : parent;
        if (spot.companion.is_array()) spot.companion = spot.companion.at(place.index);
        if (spot.companion.is_null()) spot.companion = {};
    }
    invariants(spot, asked, place, faults_.all == before.all);
}

void Walk::primitive(Value value, const TypeDef& type, const Place& place) {
    using fhir::PrimitiveFault;
    const PrimitiveFault fault = fhir::check_primitive(type.primitive, value);
    if (fault == PrimitiveFault::None) [[likely]] {
        if (type.primitive == fhir::Primitive::Xhtml &&
            !fhirpath::is_safe_narrative(value.text())) {
            report_rule(Finding::UnsafeNarrative, "txt-1", place, value.offset());
        }
        return;
    }
    Finding finding = Finding::BadFormat;
    switch (fault) {
        case PrimitiveFault::WrongKind:
            finding = Finding::WrongType;
            break;
        case PrimitiveFault::Empty:
            finding = Finding::EmptyValue;
            break;
        case PrimitiveFault::Range:
            finding = Finding::OutOfRange;
            break;
        case PrimitiveFault::TooLong:
            finding = Finding::TooLong;
            break;
        case PrimitiveFault::Format:
        case PrimitiveFault::None:
            break;
    }
    report(finding, place, value.offset(), {fhir::example_of(type.primitive)});
}

}  // namespace tsunagi::validate

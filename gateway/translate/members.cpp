#include "translate/members.h"

#include <algorithm>
#include <array>
#include <utility>

namespace tsunagi::translate {

using fhir::TypeDef;

namespace {

bool is_named(const TypeDef* type, std::string_view name) { return type && type->name == name; }

/// Complex types that a plain text can become, and the member it lands in.
constexpr std::array<std::pair<std::string_view, std::string_view>, 7> kTextHomes = {
    {{"CodeableConcept", "text"},
     {"Reference", "reference"},
     {"Annotation", "text"},
     {"HumanName", "text"},
     {"Address", "text"},
     {"ContactPoint", "value"},
     {"Identifier", "value"}}};

}  // namespace

Form form_of(fhir::Primitive primitive) {
    switch (primitive) {
        case fhir::Primitive::Boolean:
            return Form::Bool;
        case fhir::Primitive::Integer:
        case fhir::Primitive::UnsignedInt:
        case fhir::Primitive::PositiveInt:
        case fhir::Primitive::Decimal:
            return Form::Number;
        default:
            return Form::Text;
    }
}

bool is_open(const TypeDef* type) {
    if (!type || type->is_group) return false;
    return (type->is_abstract && type->kind != fhir::TypeKind::Logical) ||
           type->name == "Resource" || type->name == "DomainResource" || type->name == "Element" ||
           type->name == "BackboneElement";
}

std::string_view text_home(const TypeDef* type) {
    for (const auto& [name, member] : kTextHomes) {
        if (is_named(type, name)) return member;
    }
    return {};
}

TargetMember target_member(const fhir::ElementDef& element, const fhir::TypeRef& type) {
    TargetMember made;
    made.key = type.member_name;
    made.type = type.type;
    made.is_array = element.is_array;
    made.is_open = is_open(type.type);
    made.is_primitive = type.type && type.type->kind == fhir::TypeKind::Primitive;
    if (made.is_primitive) made.form = form_of(type.type->primitive);
    made.is_text = element.path == "Annotation.text" || element.path == "CodeableConcept.text" ||
                   element.path == "Dosage.text" || type.code == "markdown" || type.code == "xhtml";
    return made;
}

bool fits(const TypeDef* value, const TypeDef* target) {
    if (!value || !target) return true;
    if (fhir::Definitions::is_subtype(value, target) ||
        fhir::Definitions::is_subtype(target, value))
        return true;
    const bool is_primitive = value->kind == fhir::TypeKind::Primitive;
    if (is_primitive && target->kind == fhir::TypeKind::Primitive) return true;
    if (is_primitive && !text_home(target).empty()) return true;
    return is_named(value, "Coding") && is_named(target, "CodeableConcept");
}

const fhir::TypeRef* choose(const fhir::ElementDef& element, const TypeDef* value) {
    if (element.types.size() == 1) return &element.types[0];
    if (!value) return nullptr;
    for (const auto& type : element.types) {
        if (type.type == value) return &type;
    }
    for (const auto& type : element.types) {
        if (fhir::Definitions::is_subtype(value, type.type)) return &type;
    }
    static constexpr std::array<std::string_view, 12> kPreferred = {
        "string",  "code",     "markdown", "uri",     "boolean",         "integer",
        "decimal", "dateTime", "date",     "instant", "CodeableConcept", "Reference"};
    for (const auto name : kPreferred) {
        for (const auto& type : element.types) {
            if (type.code != name || !fits(value, type.type)) continue;
            const bool primitives = value->kind == fhir::TypeKind::Primitive &&
                                    type.type->kind == fhir::TypeKind::Primitive;
            if (!primitives || form_of(value->primitive) == form_of(type.type->primitive))
                return &type;
        }
    }
    return nullptr;
}

std::vector<SourceMember> source_members(const TypeDef& type, std::string_view element) {
    std::vector<SourceMember> made;
    if (const fhir::ElementDef* found = type.element(element)) {
        for (const auto& each : found->types) {
            const bool known = std::any_of(
                made.begin(), made.end(),
                [&](const SourceMember& other) { return other.key == each.member_name; });
            if (!known) made.push_back({each.member_name, each.type});
        }
    } else if (const fhir::Member* member = type.find(element)) {
        made.push_back({member->name, member->type->type});
    }
    return made;
}

}  // namespace tsunagi::translate

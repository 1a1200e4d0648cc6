#include <algorithm>
#include <string>

#include "base/uuid.h"
#include "fhir/primitive.h"
#include "translate/escapes.h"
#include "translate/number_text.h"
#include "translate/run.h"

namespace tsunagi::translate {

using json::Kind;
using json::Node;
using json::Value;

namespace {

constexpr std::string_view kIdentifierTypes = "http://terminology.hl7.org/CodeSystem/v2-0203";

/// The first `count` characters of UTF-8 text.
std::string_view first_characters(std::string_view text, std::int64_t count) {
    std::size_t at = 0;
    while (at < text.size() && count > 0) {
        ++at;
        while (at < text.size() && (static_cast<unsigned char>(text[at]) & 0xC0) == 0x80) ++at;
        --count;
    }
    return text.substr(0, at);
}

std::string_view contact_system(std::string_view value) {
    if (value.find('@') != std::string_view::npos) return "email";
    if (value.starts_with("http:") || value.starts_with("https:")) return "url";
    return "phone";
}

}  // namespace

Slot Run::made_text(std::string_view text, const fhir::TypeDef* type, Kind kind) {
    Slot made;
    made.node = tree_.detached_text(text, kind);
    made.type = type;
    made.own = true;
    return made;
}

/// The value of a transform; empty when an operand is absent, which writes nothing.
bool Run::produce(const TargetStep& step, Slot& value) {
    switch (step.transform) {
        case Transform::Create: {
            Node* node = tree_.detached(Kind::Object);
            if (step.type->kind == fhir::TypeKind::Resource)
                tree_.add_text(node, "resourceType", step.type->name, false);
            tree_.expect_filled(node);
            value.node = node;
            value.type = step.type;
            value.detached = true;
            value.home = step.type->kind == fhir::TypeKind::Resource
                             ? paths_.resource(step.type->name, node)
                             : paths_.of_type(step.type->name);
            return new_node(step.spot);
        }
        case Transform::Copy:
        case Transform::Default:
            value = value_of(step.operands[0]);
            return true;
        case Transform::Uuid:
            value = made_text(uuid_v4(environment_.random), program_.string);
            return true;
        case Transform::Reference:
        case Transform::Pointer:
            return produce_reference(step, value);
        case Transform::Translate:
            produce_translation(step, value);
            return true;
        case Transform::Cc:
        case Transform::C:
        case Transform::Qty:
        case Transform::Id:
        case Transform::Cp:
            return produce_datatype(step, value);
        default:
            return produce_text(step, value);
    }
}

bool Run::produce_text(const TargetStep& step, Slot& value) {
    scratch_.clear();
    // Words of the map alone are a text; around an absent value they are none.
    bool any = std::all_of(step.operands.begin(), step.operands.end(),
                           [](const Operand& each) { return each.literal != nullptr; });
    for (const Operand& operand : step.operands) {
        const Slot& from = value_of(operand);
        any = any || (!operand.literal && !from.text().empty());
        add_cells(from, scratch_);
    }
    if (!any) return true;
    const std::string_view first = value_of(step.operands[0]).text();
    switch (step.transform) {
        case Transform::Append:
            text_.clear();
            for (const Operand& operand : step.operands) text_ += value_of(operand).text();
            break;
        case Transform::Truncate:
            text_ = first_characters(first, Value{value_of(step.operands[1]).node}.integer(-1));
            if (Value{value_of(step.operands[1]).node}.integer(-1) < 0)
                return fail(Code::Invalid, "truncate takes a number of characters", step.spot);
            break;
        case Transform::Escape:
            text_ = escaped(first, *escaping_of(value_of(step.operands[1]).text()),
                            *escaping_of(value_of(step.operands[2]).text()));
            break;
        default:  // Cast
            if (!produce_cast(step, first, value)) return false;
            credit(value, scratch_);
            return true;
    }
    if (text_.empty()) return true;
    value = made_text(text_, program_.string);
    credit(value, scratch_);
    return true;
}

/// The text as a value of another type; one that is not written as the type writes it is refused.
bool Run::produce_cast(const TargetStep& step, std::string_view text, Slot& value) {
    const fhir::TypeDef* type = step.type ? step.type : program_.string;
    const Form form = form_of(type->primitive);
    bool fits = form != Form::Number || is_json_number(text);
    if (form == Form::Bool) {
        Node* node = tree_.detached(Kind::Bool);
        node->truth = text == "true";
        value.node = node;
        value.type = type;
        fits = node->truth || text == "false";
    } else {
        value = made_text(text, type, form == Form::Number ? Kind::Number : Kind::String);
    }
    fits = fits &&
           fhir::check_primitive(type->primitive, Value{value.node}) == fhir::PrimitiveFault::None;
    if (fits) return true;
    const std::string name{type->name};
    const std::string ja = "この値は " + name + " として読めません。";
    const std::string en = "the value is not a " + name;
    return refuse({ja, en}, value_of(step.operands[0]), step.spot);
}

bool Run::produce_reference(const TargetStep& step, Slot& value) {
    const Slot& to = value_of(step.operands[0]);
    const Value resource{to.node};
    if (!resource.is_object() || !resource["resourceType"])
        return fail(Code::Invalid, "a reference needs a resource", step.spot);
    // Inside a Bundle the entry's fullUrl is what others refer by (R4 bundle.html#references).
    if (to.parent && to.key == "resource") {
        if (const Value full_url = Value{to.parent}["fullUrl"]) {
            value.node = full_url.node();
            value.type = program_.string;
            value.own = true;
            return true;
        }
    }
    const std::string_view id = resource["id"].text();
    if (id.empty()) {
        return fail(Code::Invalid, "a reference needs a resource with an id or a fullUrl",
                    step.spot);
    }
    value = made_text(std::string{resource["resourceType"].text()} + "/" + std::string{id},
                      program_.string);
    return true;
}

// ---- cc, c, qty, id, cp ----------------------------------------------------------------------

void Run::add_operand(Node* object, std::string_view key, const Operand& operand) {
    const Slot& value = value_of(operand);
    tree_.add_text(object, key, value.text(), value.stable);
}

bool Run::produce_datatype(const TargetStep& step, Slot& value) {
    scratch_.clear();
    for (const Operand& operand : step.operands) {
        const Slot& from = value_of(operand);
        if (from.text().empty()) return true;
        if (!operand.literal) add_cells(from, scratch_);
    }
    const auto& operands = step.operands;
    Node* node = tree_.detached(Kind::Object);
    switch (step.transform) {
        case Transform::Cc:
            value.type = program_.codeable_concept;
            if (operands.size() == 1) {
                add_operand(node, "text", operands[0]);
                value.key = "text";
            } else {
                tree_.attach(tree_.add(node, "coding", Kind::Array), new_coding(coding_of(step)));
            }
            break;
        case Transform::C:
            value.type = program_.coding;
            node = new_coding(coding_of(step));
            break;
        case Transform::Qty:
            value.type = program_.quantity;
            if (!fill_quantity(step, node)) return false;
            break;
        case Transform::Id:
            value.type = program_.identifier;
            if (operands.size() > 2) {
                const std::string_view code = value_of(operands[2]).text();
                Node* type = tree_.add(node, "type", Kind::Object);
                tree_.attach(tree_.add(type, "coding", Kind::Array),
                             new_coding({{kIdentifierTypes, true},
                                         {code},
                                         codes_.display_of({kIdentifierTypes, true}, code)}));
            }
            add_operand(node, "system", operands[0]);
            add_operand(node, "value", operands[1]);
            break;
        default:  // Cp
            value.type = program_.contact_point;
            if (operands.size() == 2) {
                add_operand(node, "system", operands[0]);
            } else {
                tree_.add_text(node, "system", contact_system(value_of(operands[0]).text()), true);
            }
            add_operand(node, "value", operands.back());
    }
    value.node = node;
    value.detached = true;
    credit(value, scratch_);
    return new_node(step.spot);
}

/// qty('5 mg'), qty(value, unit), qty(value, unit, system, code)
bool Run::fill_quantity(const TargetStep& step, Node* node) {
    const auto& operands = step.operands;
    std::string_view number = value_of(operands[0]).text();
    std::string_view unit;
    if (operands.size() == 1) {
        const std::size_t end = std::min(number.find_first_not_of("0123456789.-"), number.size());
        unit = number.substr(end);
        number = number.substr(0, end);
        while (unit.starts_with(' ')) unit.remove_prefix(1);
    }
    if (!is_json_number(number)) return refuse(kNumberExpected, value_of(operands[0]), step.spot);
    tree_.say(tree_.add(node, "value", Kind::Number), number, Kind::Number);
    if (!unit.empty()) tree_.add_text(node, "unit", unit, false);
    if (operands.size() > 1) add_operand(node, "unit", operands[1]);
    if (operands.size() > 2) add_operand(node, "system", operands[2]);
    if (operands.size() > 3) add_operand(node, "code", operands[3]);
    return true;
}

// ---- codings ---------------------------------------------------------------------------------

/// Of cc(system, code[, display]) and c(…).
Coding Run::coding_of(const TargetStep& step) {
    const auto part = [&](std::size_t at) {
        const Slot& value = value_of(step.operands[at]);
        return CodePart{value.text(), value.stable};
    };
    Coding made{part(0), part(1), {}};
    made.display =
        step.operands.size() > 2 ? part(2) : codes_.display_of(made.system, made.code.text);
    return made;
}

Node* Run::new_coding(const Coding& coding) {
    Node* made = tree_.detached(Kind::Object);
    const auto add = [&](std::string_view key, const CodePart& part) {
        if (!part.text.empty()) tree_.add_text(made, key, part.text, part.stable);
    };
    add("system", coding.system);
    add("code", coding.code);
    add("display", coding.display);
    return made;
}

void Run::wrap_coding(Slot& value) {
    Node* const wrapped = tree_.detached(Kind::Object);
    Node* const codings = tree_.add(wrapped, "coding", Kind::Array);
    tree_.attach(codings,
                 value.detached ? const_cast<Node*>(value.node) : tree_.copied(Value{value.node}));
    value.node = wrapped;
    value.type = program_.codeable_concept;
    value.detached = true;
}

void Run::produce_translation(const TargetStep& step, Slot& value) {
    const Slot& from = value_of(step.operands[0]);
    const Value node{from.node};
    std::optional<Coding> found;
    if (node.is_object()) {
        const Value codings = node["coding"];
        for (const Value coding : codings) {
            if (!found)
                found = codes_.translate(step, coding["system"].text(), coding["code"].text());
        }
        if (!codings) found = codes_.translate(step, node["system"].text(), node["code"].text());
    } else if (node) {
        found = codes_.translate(step, {}, node.text());
    }
    if (!found) return;
    if (found->display.text.empty())
        found->display = codes_.display_of(found->system, found->code.text);
    const std::string_view output =
        step.operands.size() > 2 ? value_of(step.operands[2]).text() : "code";
    if (output == "code") {
        value = made_text(found->code.text, program_.code);
    } else if (output == "system") {
        value = made_text(found->system.text, program_.uri);
    } else if (output == "display") {
        value = made_text(found->display.text, program_.string);
    } else {
        value.node = new_coding(*found);
        value.type = program_.coding;
        value.detached = true;
        if (output == "CodeableConcept") wrap_coding(value);
    }
    scratch_.clear();
    add_cells(from, scratch_);
    credit(value, scratch_);
}

}  // namespace tsunagi::translate

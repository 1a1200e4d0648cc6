#include "translate/number_text.h"
#include "translate/run.h"

namespace tsunagi::translate {

using fhir::TypeDef;
using json::Kind;
using json::Node;
using json::Value;

namespace {

/// Most targets say nothing of where in a list they stand.
bool is_plain(const TargetStep& step) { return step.list == syntax::TargetList::Append; }

}  // namespace

bool Run::run_target(const TargetStep& step) {
    if (step.transform == Transform::Alias) {
        if (step.slot != kNoSlot) slot(step.slot) = slot(step.context);
        return true;
    }
    if (step.transform == Transform::Evaluate) return run_evaluate(step);
    if (step.transform == Transform::Create && !step.type) {
        Slot made;
        if (!create_in_place(step, made)) return false;
        if (step.slot != kNoSlot) slot(step.slot) = made;
        return true;
    }
    if (step.transform == Transform::Create && step.type->kind == fhir::TypeKind::Primitive)
        return create_primitive(step);
    if (step.transform == Transform::Default && step.instance != kNoSlot)
        return run_default_group(step);
    for (const auto& [type, typed] : step.by_type) {
        if (slot(step.operands[0].slot).type == type) return run_default_group(typed);
    }
    if (step.transform == Transform::Create && reuses(step.list)) {
        bool taken = false;
        if (!take_existing(step, taken) || taken) return error_ == std::nullopt;
    }
    Slot value;
    if (!produce(step, value)) return false;
    if (!value.empty()) return place(step, value);
    if (step.slot != kNoSlot) slot(step.slot) = {};
    return true;
}

bool Run::run_default_group(const TargetStep& step) {
    Slot made;
    if (!create_in_place(step, made)) return false;
    if (step.slot != kNoSlot) slot(step.slot) = made;
    const std::size_t begin = pool_.size();
    pool_.push_back(slot(step.operands[0].slot));
    pool_.push_back(made);
    const bool fine = call(step.instance, begin, step.spot);
    pool_.resize(begin);
    return fine;
}

bool Run::run_evaluate(const TargetStep& step) {
    // Without an own focus the expression stands on the first source of the rule.
    const Slot focus = step.operands.empty() ? slot(focus_) : value_of(step.operands[0]);
    fhirpath::Collection found;
    if (!evaluate(*step.expression, focus, found)) return false;
    if (step.slot != kNoSlot) slot(step.slot) = {};
    std::vector<std::uint32_t> cells;
    for (const auto& [name, at] : step.expression->variables) add_cells(slot(at), cells);
    if (!step.operands.empty() || cells.empty()) add_cells(focus, cells);
    for (const auto& item : found) {
        Slot value = slot_of(item);
        if (value.empty()) continue;
        if (value.cells == -1) credit(value, cells);
        if (found.size() > 1 && step.member && !step.member->is_array) {
            return fail(Code::Invalid,
                        "the expression has several results and the element takes one", step.spot);
        }
        if (!place(step, value)) return false;
    }
    return true;
}

/// The object that takes members: the context itself, or the companion of a primitive.
bool Run::container(const TargetStep& step, Node*& object, Home& home) {
    const Slot& context = slot(step.context);
    object = const_cast<Node*>(context.node);
    home = context.home;
    if (!object) return fail(Code::Invalid, "the target variable holds nothing", step.spot);
    if (object->kind == Kind::Object) return true;
    if (!context.parent) {
        return fail(Code::Invalid, "only a value inside the output takes an extension", step.spot);
    }
    const Node* const primitive = Tree::find(context.parent, context.key);
    if (!primitive || primitive->kind != Kind::Array) {
        object = tree_.make_companion(context.parent, context.key, Kind::Object);
        return true;
    }
    Node* companions = tree_.make_companion(context.parent, context.key, Kind::Array);
    tree_.align_companions(context.parent, context.key, primitive);
    Node* beside = companions->first;
    for (const Node* item = primitive->first; item && item != context.node; item = item->next)
        beside = beside->next;
    if (beside->kind == Kind::Null) beside->kind = Kind::Object;
    object = beside;
    return true;
}

/// The member where it was not known at load.
const TargetMember* Run::find_member(const TargetStep& step, const TypeDef* value) {
    const Slot& context = slot(step.context);
    const fhir::ElementDef* element = step.definition;
    if (!element && context.type) {
        if (const fhir::Member* found = context.type->find(step.element)) {
            found_ = target_member(*found->element, *found->type);
            found_.key = tree_.keep(found_.key);
            return &found_;
        }
        element = context.type->element(step.element);
    }
    const fhir::TypeRef* type = element ? choose(*element, value) : nullptr;
    if (!type) {
        fail(Code::Invalid, "the element '" + step.element + "' cannot take this type of value",
             step.spot);
        return nullptr;
    }
    found_ = target_member(*element, *type);
    found_.key = tree_.keep(found_.key);
    return &found_;
}

/// `tgt.element as x` and `tgt.element` before a default group: an element of its own type. A
/// single element that is there already is gone on with.
bool Run::create_in_place(const TargetStep& step, Slot& out) {
    const TargetMember* const known = member_of(step, nullptr);
    if (!known) return false;
    const TargetMember& member = *known;
    Node* object = nullptr;
    Home home;
    if (!container(step, object, home)) return false;
    Slot made;
    made.type = member.type;
    made.parent = object;
    made.key = member.key;
    made.home = paths_.child(home, member.key, member.is_text);
    if (const Node* there = existing(step, object, member)) {
        made.node = there;
        out = made;
        return true;
    }
    if (!new_node(step.spot)) return false;
    Node* node = nullptr;
    if (member.is_array) {
        Node* const list = tree_.member(object, member.key, Kind::Array);
        node = tree_.add_item(list);
        tree_.align_companions(object, member.key, list);
    } else {
        node = tree_.add(object, member.key, Kind::Null);
    }
    if (!member.is_primitive) node->kind = Kind::Object;
    tree_.expect_filled(node);
    made.node = node;
    out = made;
    return is_plain(step) || arrange(step, object, member, node);
}

/// `create('TYPE') share key` and its like go on with what an earlier rule has made.
bool Run::take_existing(const TargetStep& step, bool& taken) {
    const TargetMember* const member = member_of(step, step.type);
    if (!member) return false;
    Node* object = nullptr;
    Home home;
    if (!container(step, object, home)) return false;
    Slot made;
    made.node = existing(step, object, *member);
    if (!made.node) return true;
    taken = true;
    made.type = step.type;
    made.parent = object;
    made.key = member->key;
    made.home = step.type->kind == fhir::TypeKind::Resource
                    ? paths_.resource(step.type->name, made.node)
                    : paths_.child(home, member->key, member->is_text);
    if (step.slot != kNoSlot) slot(step.slot) = made;
    return true;
}

/// `share`, and `first` and `last`: where the item stands once the list is complete
/// (R4 valueset-map-target-list-mode: one rule may ask for it in one list).
bool Run::arrange(const TargetStep& step, Node* object, const TargetMember& member, Node* node) {
    if (step.list == syntax::TargetList::Share) lists_.share(object, member.key, step.share, node);
    const bool is_first = step.list == syntax::TargetList::First;
    if (!member.is_array || (!is_first && step.list != syntax::TargetList::Last)) return true;
    if (!lists_.ask(object, member.key, step)) {
        return fail(Code::Invalid,
                    is_first ? "a second rule asks to be first in the list"
                             : "a second rule asks to be last in the list",
                    step.spot);
    }
    tree_.place(object, member.key, node, is_first);
    return true;
}

/// A primitive of a named type that later rules fill: `ext.value = create('string') as v`.
bool Run::create_primitive(const TargetStep& step) {
    Slot made;
    if (step.place == TargetStep::Place::None) {
        made.node = tree_.detached(Kind::Null);
    } else {
        const TargetMember* const member = member_of(step, step.type);
        if (!member) return false;
        TargetStep typed = step;
        typed.member = *member;
        if (!create_in_place(typed, made)) return false;
    }
    made.type = step.type;
    if (step.slot != kNoSlot) slot(step.slot) = made;
    return true;
}

Node* Run::existing(const TargetStep& step, Node* object, const TargetMember& member) {
    if (step.list == syntax::TargetList::Share) {
        if (Node* there = lists_.shared(object, member.key, step.share)) return there;
    }
    if (member.is_array && step.list != syntax::TargetList::Single &&
        step.list != syntax::TargetList::Collate)
        return nullptr;
    Node* there = Tree::find(object, member.key);
    return there && member.is_array ? there->first : there;
}

bool Run::place(const TargetStep& step, Slot& value) {
    if (step.place == TargetStep::Place::None) {
        if (step.slot != kNoSlot) slot(step.slot) = value;
        return true;
    }
    if (step.place == TargetStep::Place::Self || step.place == TargetStep::Place::Value)
        return assign_self(step, value);
    const TargetMember* const known = member_of(step, value.type);
    if (!known) return false;
    const TargetMember& member = *known;
    Node* object = nullptr;
    Home home;
    if (!container(step, object, home)) return false;
    if (member.is_array && reuses(step.list) && step.transform != Transform::Create) {
        return fail(Code::Invalid, "share, single and collate go with an element that is created",
                    step.spot);
    }
    Slot made;
    made.type = member.type;
    made.parent = object;
    made.key = member.key;
    made.home = paths_.child(home, member.key, member.is_text);
    const bool fine = member.is_primitive ? put_primitive(step, object, member, value, made)
                                          : put_complex(step, object, member, value, made);
    if (fine && step.slot != kNoSlot) slot(step.slot) = made;
    return fine;
}

bool Run::assign_self(const TargetStep& step, const Slot& value) {
    const Slot& context = slot(step.context);
    auto* node = const_cast<Node*>(context.node);
    if (!node || node->kind == Kind::Object || node->kind == Kind::Array)
        return fail(Code::Invalid, "a value cannot be put into this variable", step.spot);
    note(step, context.home, value);
    return assign(step, node, context.type ? form_of(context.type->primitive) : Form::Text, value);
}

bool Run::assign(const TargetStep& step, Node* node, Form form, const Slot& value) {
    if (value.node->kind == Kind::Object || value.node->kind == Kind::Array) {
        return fail(Code::Invalid, "a group of elements cannot be put into a single value",
                    step.spot);
    }
    const std::string_view text = value.text();
    if (form == Form::Bool) {
        if (text != "true" && text != "false")
            return refuse({"true か false が必要です。", "true or false is expected"}, value,
                          step.spot);
        tree_.say(node, text == "true");
        return true;
    }
    if (form == Form::Number && !is_json_number(text))
        return refuse(kNumberExpected, value, step.spot);
    const Kind kind = form == Form::Number ? Kind::Number : Kind::String;
    if (value.own || value.stable) {
        json::Builder::assign_kept(node, text, kind);
    } else {
        tree_.say(node, text, kind);
    }
    return true;
}

/// A primitive goes with its extensions.
bool Run::put_primitive(const TargetStep& step, Node* object, const TargetMember& member,
                        const Slot& value, Slot& made) {
    if (!new_node(step.spot)) return false;
    note(step, made.home, value);
    made.companion = value.companion;
    const bool has_value = value.node && value.node->kind != Kind::Null;
    Node* node = nullptr;
    if (member.is_array) {
        Node* const list = tree_.member(object, member.key, Kind::Array);
        node = tree_.add_item(list);
        if (value.companion) tree_.make_companion(object, member.key, Kind::Array);
        tree_.align_companions(object, member.key, list);
        if (value.companion) {
            Node* const companions = Tree::companion(object, member.key);
            Node* const copy = tree_.copied(Value{value.companion});
            companions->last->kind = copy->kind;
            companions->last->first = copy->first;
            companions->last->last = copy->last;
            companions->last->size = copy->size;
        }
    } else {
        if (has_value) {
            node = tree_.member(object, member.key, Kind::Null);
        } else {
            tree_.remove(object, member.key);
        }
        if (value.companion) {
            std::string key = "_";
            key += member.key;
            tree_.copy(object, key, Value{value.companion});
        }
    }
    made.node = node;
    if (node && !is_plain(step) && !arrange(step, object, member, node)) return false;
    return !has_value || assign(step, node, member.form, value);
}

/// A text where a group is due lands in the group's text.
bool Run::wrap_primitive(const TargetStep& step, const TargetMember& member, Slot& value,
                         Home home) {
    const std::string_view key = text_home(member.type);
    if (key.empty()) {
        return fail(Code::Invalid,
                    "a single value cannot be put into " + std::string{member.type->name},
                    step.spot);
    }
    Node* wrapped = tree_.detached(Kind::Object);
    if (!assign(step, tree_.add(wrapped, key, Kind::String), Form::Text, value)) return false;
    const bool is_text = key == "text" && (member.type->name == "CodeableConcept" ||
                                           member.type->name == "Annotation");
    note(step, paths_.child(home, key, is_text), value);
    value.node = wrapped;
    value.detached = true;
    return true;
}

bool Run::put_complex(const TargetStep& step, Node* object, const TargetMember& member, Slot& value,
                      Slot& made) {
    if (!value.node) return true;  // only a companion: a group has no place for it
    if (!new_node(step.spot)) return false;
    if (value.node->kind != Kind::Object) {
        if (!wrap_primitive(step, member, value, made.home)) return false;
    } else {
        const bool is_words = value.key == "text" && value.detached;
        if (value.type == program_.coding && member.type == program_.codeable_concept)
            wrap_coding(value);
        note(step, is_words ? paths_.child(made.home, "text", true) : made.home, value);
        if (!value.detached && !value.parent) note_below(Value{value.node}, made.home);
    }
    Node* node = value.detached ? const_cast<Node*>(value.node) : tree_.copied(Value{value.node});
    if (member.is_array) {
        tree_.attach(tree_.member(object, member.key, Kind::Array), node);
    } else {
        tree_.attach(object, member.key, node);
    }
    made.node = node;
    if (!is_plain(step) && !arrange(step, object, member, node)) return false;
    if (member.is_open || member.type->kind == fhir::TypeKind::Resource) {
        // A resource starts a path of its own: "Patient.name", not "Bundle.entry.resource.name".
        if (value.type) made.type = value.type;
        if (made.type) made.home = paths_.resource(made.type->name, node);
    }
    return true;
}

}  // namespace tsunagi::translate

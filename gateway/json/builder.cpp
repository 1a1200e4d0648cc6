#include "json/builder.h"

#include "json/same_bytes.h"

namespace tsunagi::json {
namespace {

void clear_value(Node* node) {
    node->first = node->last = nullptr;
    node->text = nullptr;
    node->size = 0;
}

}  // namespace

Node* Builder::object() { return document_.root_ = make(Kind::Object); }
Node* Builder::array() { return document_.root_ = make(Kind::Array); }

Node* Builder::find(Node* object, std::string_view key) {
    for (Node* child = object->first; child; child = child->next) {
        if (child->key_size == key.size() && same_bytes(child->key, key.data(), key.size()))
            return child;
    }
    return nullptr;
}

Node* Builder::append_object_member(Node* object, std::string_view key, Kind kind) {
    Node* node = append(object, kind);
    node->key = document_.arena_->copy(key);
    node->key_size = static_cast<std::uint32_t>(key.size());
    return node;
}

Node* Builder::member(Node* object, std::string_view key, Kind kind) {
    if (Node* there = find(object, key)) {
        clear_value(there);
        there->kind = kind;
        return there;
    }
    return append_object_member(object, key, kind);
}

Node* Builder::set_object(Node* object, std::string_view key) {
    return member(object, key, Kind::Object);
}
Node* Builder::set_array(Node* object, std::string_view key) {
    return member(object, key, Kind::Array);
}

void Builder::assign(Node* node, std::string_view text) {
    clear_value(node);
    node->kind = Kind::String;
    node->text = document_.arena_->copy(text);
    node->size = static_cast<std::uint32_t>(text.size());
}

void Builder::assign_number(Node* node, std::string_view text) {
    assign(node, text);
    node->kind = Kind::Number;
}

void Builder::assign(Node* node, bool truth) {
    clear_value(node);
    node->kind = Kind::Bool;
    node->truth = truth;
}

void Builder::set(Node* object, std::string_view key, std::string_view text) {
    assign(member(object, key, Kind::String), text);
}
void Builder::set(Node* object, std::string_view key, bool truth) {
    assign(member(object, key, Kind::Bool), truth);
}
void Builder::set_number(Node* object, std::string_view key, std::string_view text) {
    assign_number(member(object, key, Kind::Number), text);
}
void Builder::set_number(Node* object, std::string_view key, std::int64_t number) {
    set_number(object, key, std::to_string(number));
}

void Builder::copy_into(Node* target, Value source) {
    target->kind = source.kind();
    switch (source.kind()) {
        case Kind::Null:
            break;
        case Kind::Bool:
            target->truth = source.truth();
            break;
        case Kind::Number:
        case Kind::String:
            target->text = document_.arena_->copy(source.text());
            target->size = static_cast<std::uint32_t>(source.text().size());
            break;
        case Kind::Array:
            for (const Value item : source) copy_into(append(target, item.kind()), item);
            break;
        case Kind::Object:
            for (const Value each : source)
                copy_into(append_object_member(target, each.key(), each.kind()), each);
            break;
    }
}

Node* Builder::set(Node* object, std::string_view key, Value value) {
    Node* node = member(object, key, value.kind());
    copy_into(node, value);
    return node;
}

Node* Builder::add_object(Node* array) { return append(array, Kind::Object); }
Node* Builder::add_array(Node* array) { return append(array, Kind::Array); }
void Builder::add(Node* array, std::string_view text) { assign(append(array, Kind::String), text); }
Node* Builder::add_null(Node* array) { return append(array, Kind::Null); }

void Builder::attach(Node* array, Node* child) {
    child->next = nullptr;
    (array->last ? array->last->next : array->first) = child;
    array->last = child;
    ++array->size;
}

void Builder::attach(Node* object, std::string_view key, Node* child) {
    remove(object, key);
    child->key = document_.arena_->copy(key);
    child->key_size = static_cast<std::uint32_t>(key.size());
    attach(object, child);
}

Node* Builder::require(Node* object, std::string_view key, Kind kind) {
    if (Node* there = find(object, key)) return there;
    return append_object_member(object, key, kind);
}

Node* Builder::add(Node* array, Value value) {
    Node* node = append(array, value.kind());
    copy_into(node, value);
    return node;
}

bool Builder::remove(Node* parent, const Node* child) {
    Node* before = nullptr;
    for (Node* at = parent->first; at; before = at, at = at->next) {
        if (at != child) continue;
        (before ? before->next : parent->first) = at->next;
        if (parent->last == at) parent->last = before;
        --parent->size;
        return true;
    }
    return false;
}

bool Builder::remove(Node* object, std::string_view key) {
    const Node* there = find(object, key);
    return there && remove(object, there);
}

Document clone(Value value) {
    Document copy;
    Builder builder(copy);
    if (value.is_array()) {
        Node* root = builder.array();
        for (const Value item : value) builder.add(root, item);
    } else {
        Node* root = builder.object();
        if (value.is_object()) {
            for (const Value member : value) builder.set(root, member.key(), member);
        }
    }
    return copy;
}

}  // namespace tsunagi::json

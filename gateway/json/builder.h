#pragma once
#include <cstdint>
#include <new>
#include <string_view>

#include "base/result.h"
#include "json/document.h"

namespace tsunagi::json {

/// Builds or changes a tree, member by member. Handles are plain `Node*` of the one Document it was
/// made for. Texts are copied into the document. Thread rule: one thread.
class Builder {
public:
    explicit Builder(Document& document) : document_(document) {}

    /// Makes the root (dropping an earlier one) and returns it.
    Node* object();
    Node* array();

    /// Sets or replaces member `key` of `object`; a new member goes last.
    Node* set_object(Node* object, std::string_view key);
    Node* set_array(Node* object, std::string_view key);
    void set(Node* object, std::string_view key, std::string_view text);
    void set(Node* object, std::string_view key, const char* text) {
        set(object, key, std::string_view{text});
    }
    void set(Node* object, std::string_view key, bool truth);
    /// `text` must be a JSON number; it is written as given.
    void set_number(Node* object, std::string_view key, std::string_view text);
    void set_number(Node* object, std::string_view key, std::int64_t number);
    /// Deep copy of a value of any document.
    Node* set(Node* object, std::string_view key, Value value);

    Node* add_object(Node* array);
    Node* add_array(Node* array);
    void add(Node* array, std::string_view text);
    Node* add(Node* array, Value value);
    Node* add_null(Node* array);

    /// A node without a parent yet; attach() makes it member `key` of an object (in the place of an
    /// earlier one) or the last item of an array. It must not hang anywhere else.
    Node* detached(Kind kind) { return make(kind); }
    void attach(Node* object, std::string_view key, Node* child);
    void attach(Node* array, Node* child);
    /// Member `key`, made with `kind` at the end when there is none; an earlier one stays as it is.
    Node* require(Node* object, std::string_view key, Kind kind);

    /// Copies a text once, to be used for many keys and values of this document.
    std::string_view keep(std::string_view text) {
        return {document_.arena_->copy(text), text.size()};
    }
    /// A new last member; the caller knows that there is none of that name. `key` was kept, here or
    /// by the document's other owner.
    Node* append_kept(Node* object, std::string_view key, Kind kind) {
        Node* node = append(object, kind);
        node->key = key.data();
        node->key_size = static_cast<std::uint32_t>(key.size());
        return node;
    }
    /// Turns `node` into a String or Number of a text that was kept.
    static void assign_kept(Node* node, std::string_view text, Kind kind = Kind::String) {
        node->first = node->last = nullptr;
        node->kind = kind;
        node->text = text.data();
        node->size = static_cast<std::uint32_t>(text.size());
    }

    /// Removes member `key`; true if it was there.
    bool remove(Node* object, std::string_view key);
    /// Removes a child of an array or object; true if it was one of its children.
    bool remove(Node* parent, const Node* child);
    /// Turns `node` into a String, Number or Bool in place (its key stays).
    void assign(Node* node, std::string_view text);
    void assign_number(Node* node, std::string_view text);
    void assign(Node* node, bool truth);

    /// The member, or nullptr.
    static Node* find(Node* object, std::string_view key);
    /// Write access to a node of *this* builder's document.
    Node* edit(Value value) { return const_cast<Node*>(value.node()); }
    Node* root() { return document_.root_; }

private:
    Node* make(Kind kind) {
        auto* node = new (document_.arena_->allocate(sizeof(Node), alignof(Node))) Node;
        node->kind = kind;
        return node;
    }
    Node* member(Node* object, std::string_view key, Kind kind);
    Node* append(Node* parent, Kind kind) {
        Node* node = make(kind);
        (parent->last ? parent->last->next : parent->first) = node;
        parent->last = node;
        ++parent->size;
        return node;
    }
    Node* append_object_member(Node* object, std::string_view key, Kind kind);
    void copy_into(Node* target, Value source);
    Document& document_;
};

/// A deep copy of `value` as a document of its own.
Document clone(Value value);

}  // namespace tsunagi::json

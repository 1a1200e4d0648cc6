#pragma once
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "json/arena.h"
#include "json/same_bytes.h"

/// Our own JSON tree. A number keeps its text (FHIR decimals must not change), members keep their
/// order, every node knows where it stood in the source. Nodes live in their Document's arena and
/// die with it.
namespace tsunagi::json {

enum class Kind : std::uint8_t { Null, Bool, Number, String, Array, Object };

/// One node; members and items are a linked list in document order. Read it through Value, change
/// it through Builder.
struct Node {
    Kind kind = Kind::Null;
    bool truth = false;
    std::uint32_t offset = 0;  ///< byte of the source where the value starts; 0 when built
    std::uint32_t key_size = 0;
    std::uint32_t size = 0;      ///< bytes of text, or number of children
    const char* key = nullptr;   ///< in an object only
    const char* text = nullptr;  ///< String: decoded UTF-8; Number: as written
    Node* first = nullptr;
    Node* last = nullptr;
    Node* next = nullptr;
};

/// A view of a node, or of nothing: `value["name"][0]["text"]` never fails, it yields an absent
/// Value. Cheap to copy; valid as long as its Document. Thread rule: any number of readers.
class Value {
public:
    class Iterator;

    Value() = default;
    explicit Value(const Node* node) : node_(node) {}

    explicit operator bool() const noexcept { return node_ != nullptr; }
    Kind kind() const noexcept { return node_ ? node_->kind : Kind::Null; }
    bool is_object() const noexcept { return node_ && node_->kind == Kind::Object; }
    bool is_array() const noexcept { return node_ && node_->kind == Kind::Array; }
    bool is_string() const noexcept { return node_ && node_->kind == Kind::String; }
    bool is_number() const noexcept { return node_ && node_->kind == Kind::Number; }
    bool is_bool() const noexcept { return node_ && node_->kind == Kind::Bool; }
    bool is_null() const noexcept { return node_ && node_->kind == Kind::Null; }

    /// The member `key`, or absent. Linear: FHIR objects are small.
    Value operator[](std::string_view key) const noexcept {
        if (!is_object()) return {};
        for (const Node* child = node_->first; child; child = child->next) {
            if (child->key_size == key.size() && same_bytes(child->key, key.data(), key.size()))
                return Value{child};
        }
        return {};
    }
    /// The item `index` of an array, or absent.
    Value at(std::size_t index) const noexcept;

    /// Text of a String or Number; "true"/"false" of a Bool; empty otherwise.
    std::string_view text() const noexcept {
        if (is_string() || is_number()) return {node_->text, node_->size};
        if (is_bool()) return node_->truth ? "true" : "false";
        return {};
    }
    bool truth() const noexcept { return is_bool() && node_->truth; }
    /// The Number as an integer when it is written as one and fits; `otherwise` if not.
    std::int64_t integer(std::int64_t otherwise = 0) const noexcept;

    /// Children of an Array or Object.
    std::size_t size() const noexcept { return is_array() || is_object() ? node_->size : 0; }
    bool empty() const noexcept { return size() == 0; }
    std::string_view key() const noexcept {
        return node_ ? std::string_view{node_->key, node_->key_size} : std::string_view{};
    }
    std::uint32_t offset() const noexcept { return node_ ? node_->offset : 0; }
    const Node* node() const noexcept { return node_; }

    /// Items of an Array, members of an Object (with `key()`), nothing for the rest.
    inline Iterator begin() const noexcept;
    inline Iterator end() const noexcept;

private:
    const Node* node_ = nullptr;
};

class Value::Iterator {
public:
    using value_type = Value;
    using difference_type = std::ptrdiff_t;
    Iterator() = default;
    explicit Iterator(const Node* node) : node_(node) {}
    Value operator*() const noexcept { return Value{node_}; }
    Iterator& operator++() noexcept {
        node_ = node_->next;
        return *this;
    }
    Iterator operator++(int) noexcept {
        Iterator before = *this;
        ++*this;
        return before;
    }
    bool operator==(const Iterator&) const = default;

private:
    const Node* node_ = nullptr;
};

Value::Iterator Value::begin() const noexcept {
    return Iterator{is_array() || is_object() ? node_->first : nullptr};
}
Value::Iterator Value::end() const noexcept { return Iterator{}; }

/// Owns the nodes and texts of one tree. Move-only; Values stay valid over a move.
class Document {
public:
    Document() : arena_(std::make_unique<Arena>()) {}
    Value root() const& noexcept { return Value{root_}; }
    Value root() const&& = delete;
    /// Texts of the tree lie in `owner` too, which lives as long as the document from now on.
    void keep_alive(std::shared_ptr<const void> owner) { owner_ = std::move(owner); }

private:
    friend class Builder;
    friend class Reader;
    std::shared_ptr<const void> owner_;  ///< shared with every document of the same origin
    std::unique_ptr<Arena> arena_;
    Node* root_ = nullptr;
};

/// Same kind, same texts (numbers as written), same members in any order, same items in order.
bool equal(Value left, Value right);

/// FHIRPath-like path of `target` below `root` for messages: "Packet.bedRequest.purposes[1]". Empty
/// if not found.
std::string path_of(Value root, Value target, std::string_view root_name);

}  // namespace tsunagi::json

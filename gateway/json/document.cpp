#include "json/document.h"

#include <charconv>

namespace tsunagi::json {

void* Arena::allocate_in_new_block(std::size_t size, std::size_t alignment) {
    // malloc gives a block this large a mapping of its own once; from the first free on it keeps
    // blocks of the size, and twice of it at the end of the heap, instead of giving pages back:
    // enough for a packet, its translation and their texts.
    std::size_t block = blocks_.empty() ? 16U << 10 : 512U << 10;
    if (block < size + alignment) block = size + alignment;
    blocks_.push_back(std::make_unique_for_overwrite<std::byte[]>(block));
    reserved_ += block;
    at_ = blocks_.back().get();
    left_ = block;
    return allocate(size, alignment);
}

Value Value::at(std::size_t index) const noexcept {
    if (!is_array()) return {};
    const Node* child = node_->first;
    while (child && index-- > 0) child = child->next;
    return Value{child};
}

std::int64_t Value::integer(std::int64_t otherwise) const noexcept {
    if (!is_number()) return otherwise;
    std::int64_t number = 0;
    const char* end = node_->text + node_->size;
    const auto [stop, fault] = std::from_chars(node_->text, end, number);
    return fault == std::errc{} && stop == end ? number : otherwise;
}

bool equal(Value left, Value right) {
    if (left.kind() != right.kind() || static_cast<bool>(left) != static_cast<bool>(right))
        return false;
    switch (left.kind()) {
        case Kind::Null:
            return true;
        case Kind::Bool:
        case Kind::Number:
        case Kind::String:
            return left.text() == right.text();
        case Kind::Array: {
            if (left.size() != right.size()) return false;
            auto other = right.begin();
            for (const Value item : left) {
                if (!equal(item, *other)) return false;
                ++other;
            }
            return true;
        }
        case Kind::Object:
            if (left.size() != right.size()) return false;
            for (const Value member : left) {
                const Value other = right[member.key()];
                if (!other || !equal(member, other)) return false;
            }
            return true;
    }
    return false;
}

namespace {

bool find_path(Value at, const Node* target, std::string& path) {
    if (at.node() == target) return true;
    const std::size_t length = path.size();
    std::size_t index = 0;
    for (const Value child : at) {
        if (at.is_array()) {
            path += "[" + std::to_string(index++) + "]";
        } else {
            path += '.';
            path += child.key();
        }
        if (find_path(child, target, path)) return true;
        path.resize(length);
    }
    return false;
}

}  // namespace

std::string path_of(Value root, Value target, std::string_view root_name) {
    std::string path{root_name};
    if (!find_path(root, target.node(), path)) path.clear();
    return path;
}

}  // namespace tsunagi::json

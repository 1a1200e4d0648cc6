#include "translate/tree.h"

#include <algorithm>
#include <cstdint>
#include <string>
#include <utility>

namespace tsunagi::translate {
namespace {

using json::Kind;
using json::Node;

std::string_view key_of(const Node& node) { return {node.key, node.key_size}; }

bool is_void(const Node* node) {
    switch (node->kind) {
        case Kind::Null:
            return true;
        case Kind::Object:
            return !node->first;
        case Kind::Array: {
            const Node* item = node->first;
            while (item && is_void(item)) item = item->next;
            return !item;
        }
        default:
            return false;
    }
}

}  // namespace

Node* Tree::detached_text(std::string_view text, Kind kind) {
    Node* node = builder_.detached(kind);
    json::Builder::assign_kept(node, builder_.keep(text), kind);
    return node;
}

Node* Tree::member(Node* object, std::string_view stable_key, Kind kind, bool* created) {
    if (Node* there = find(object, stable_key)) return there;
    if (created) *created = true;
    return add(object, stable_key, kind);
}

void Tree::add_text(Node* object, std::string_view stable_key, std::string_view text,
                    bool is_stable) {
    Node* node = add(object, stable_key, Kind::String);
    json::Builder::assign_kept(node, is_stable ? text : builder_.keep(text));
}

Node* Tree::add_item(Node* list) { return builder_.add_null(list); }

void Tree::attach(Node* object, std::string_view stable_key, Node* child) {
    if (find(object, stable_key)) builder_.remove(object, stable_key);
    child->key = stable_key.data();
    child->key_size = static_cast<std::uint32_t>(stable_key.size());
    builder_.attach(object, child);
}

Node* Tree::copied(json::Value value) {
    Node* list = builder_.detached(Kind::Array);
    Node* node = builder_.add(list, value);
    node->next = nullptr;
    return node;
}

void Tree::say(Node* node, std::string_view text, Kind kind) {
    json::Builder::assign_kept(node, builder_.keep(text), kind);
}

Node* Tree::companion(Node* object, std::string_view key) {
    for (Node* child = object->first; child; child = child->next) {
        const std::string_view name = key_of(*child);
        if (name.size() == key.size() + 1 && name[0] == '_' && name.substr(1) == key) return child;
    }
    return nullptr;
}

Node* Tree::make_companion(Node* object, std::string_view key, Kind kind) {
    if (Node* there = companion(object, key)) return there;
    std::string name = "_";
    name += key;
    return builder_.require(object, name, kind);
}

void Tree::align_companions(Node* object, std::string_view key, const Node* list) {
    Node* companions = companion(object, key);
    while (companions && companions->size < list->size) builder_.add_null(companions);
}

void Tree::order() {
    for (std::size_t at = 0; at < placed_.size(); ++at) {
        const auto same = [&](const Placed& each) {
            return each.object == placed_[at].object && each.key == placed_[at].key;
        };
        const auto here = placed_.begin() + static_cast<std::ptrdiff_t>(at);
        if (std::none_of(placed_.begin(), here, same))
            order_list(placed_[at].object, placed_[at].key);
    }
}

/// Items asked to be first, the others, those asked to be last; companions go with their values.
void Tree::order_list(Node* object, std::string_view key) {
    const auto rank = [&](const Node* item) {
        for (const Placed& each : placed_) {
            if (each.item == item) return each.is_first ? 0 : 2;
        }
        return 1;
    };
    std::vector<std::pair<int, std::size_t>> order;
    Node* const list = find(object, key);
    if (!list) return;
    for (const Node* item = list->first; item; item = item->next)
        order.emplace_back(rank(item), order.size());
    std::sort(order.begin(), order.end());
    for (Node* each : {list, companion(object, key)}) {
        if (!each || each->size != order.size()) continue;
        std::vector<Node*> items;
        for (Node* item = each->first; item; item = item->next) items.push_back(item);
        for (std::size_t at = 0; at < items.size(); ++at) {
            items[order[at].second]->next =
                at + 1 < items.size() ? items[order[at + 1].second] : nullptr;
        }
        each->first = items[order.front().second];
        each->last = items[order.back().second];
    }
}

void Tree::prune(Node* root) {
    for (const Node* node : expected_) {
        if (is_void(node)) return prune_below(root);
    }
}

void Tree::prune_below(Node* node) {
    for (Node* child = node->first; child;) {
        Node* next = child->next;
        if (node->kind == Kind::Object && child->kind == Kind::Array &&
            !key_of(*child).starts_with('_')) {
            prune_list(node, child);
        } else {
            prune_below(child);
        }
        // Nulls of a list of companions hold the places of their values.
        if (node->kind == Kind::Object && is_void(child)) builder_.remove(node, child);
        child = next;
    }
}

void Tree::prune_list(Node* object, Node* list) {
    Node* companions = nullptr;
    for (Node* item = list->first; item; item = item->next) {
        prune_below(item);
        if (is_void(item) && !companions) companions = companion(object, key_of(*list));
    }
    Node* beside = companions ? companions->first : nullptr;
    for (Node* item = list->first; item;) {
        Node* next = item->next;
        Node* next_beside = beside ? beside->next : nullptr;
        if (is_void(item) && (!beside || is_void(beside))) {
            builder_.remove(list, item);
            if (beside) builder_.remove(companions, beside);
        }
        item = next;
        beside = next_beside;
    }
}

}  // namespace tsunagi::translate

#pragma once
#include <memory>
#include <string_view>
#include <utility>
#include <vector>

#include "json/builder.h"
#include "json/document.h"

namespace tsunagi::translate {

/// The output while it is built. Keys, and texts said to be stable, are those of the program: the
/// document keeps it alive and does not copy them. Not an interface. Thread rule: one thread.
class Tree {
public:
    explicit Tree(std::shared_ptr<const void> program) : builder_(document_) {
        document_.keep_alive(std::move(program));
    }

    json::Node* root() { return builder_.object(); }
    /// A node without a parent yet.
    json::Node* detached(json::Kind kind) { return builder_.detached(kind); }
    json::Node* detached_text(std::string_view text, json::Kind kind = json::Kind::String);

    static json::Node* find(json::Node* object, std::string_view key) {
        return json::Builder::find(object, key);
    }
    /// Member `key`, made with `kind` when there is none; `created` tells.
    json::Node* member(json::Node* object, std::string_view stable_key, json::Kind kind,
                       bool* created = nullptr);
    /// A new member of an object that has none of that name.
    json::Node* add(json::Node* object, std::string_view stable_key, json::Kind kind) {
        return builder_.append_kept(object, stable_key, kind);
    }
    void add_text(json::Node* object, std::string_view stable_key, std::string_view text,
                  bool is_stable);
    json::Node* add_item(json::Node* list);  ///< a Null to be filled
    void attach(json::Node* list, json::Node* child) { builder_.attach(list, child); }
    /// Makes `child` member `key`, in the place of an earlier one.
    void attach(json::Node* object, std::string_view stable_key, json::Node* child);
    void copy(json::Node* object, std::string_view key, json::Value value) {
        builder_.set(object, key, value);
    }
    json::Node* copied(json::Value value);

    void say(json::Node* node, std::string_view text, json::Kind kind = json::Kind::String);
    void say(json::Node* node, bool truth) { builder_.assign(node, truth); }
    void remove(json::Node* object, std::string_view key) { builder_.remove(object, key); }

    /// `_key` of an object, or nullptr; `make_companion` makes it.
    static json::Node* companion(json::Node* object, std::string_view key);
    json::Node* make_companion(json::Node* object, std::string_view key, json::Kind kind);
    /// Keeps the list `_key` as long as the list `key`, once it exists.
    void align_companions(json::Node* object, std::string_view key, const json::Node* list);

    /// Notes a node that later rules are to fill.
    void expect_filled(const json::Node* node) { expected_.push_back(node); }
    /// Notes that `item` of the list `key` stands before (or behind) those of which nothing is
    /// said; order() sees to it.
    void place(json::Node* object, std::string_view stable_key, const json::Node* item,
               bool is_first) {
        placed_.push_back({object, stable_key, item, is_first});
    }
    void order();
    /// Takes out what was created and never filled: FHIR has no empty elements.
    void prune(json::Node* root);

    /// Makes a text stable.
    std::string_view keep(std::string_view text) { return builder_.keep(text); }
    json::Document take() { return std::move(document_); }

private:
    void prune_below(json::Node* node);
    void prune_list(json::Node* object, json::Node* list);

    struct Placed {
        json::Node* object = nullptr;
        std::string_view key;
        const json::Node* item = nullptr;
        bool is_first = false;
    };
    void order_list(json::Node* object, std::string_view key);

    json::Document document_;
    json::Builder builder_;
    std::vector<const json::Node*> expected_;
    std::vector<Placed> placed_;
};

}  // namespace tsunagi::translate

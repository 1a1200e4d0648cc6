#include "validate/snapshot_merge.h"

#include <algorithm>
#include <array>
#include <string>
#include <utility>
#include <vector>

#include "fhir/element.h"

namespace tsunagi::validate::snapshot {
namespace {

using json::Builder;
using json::Kind;
using json::Node;
using json::Value;

/// Members of ElementDefinition in the order of the specification; "fixed*" stands for fixed[x].
constexpr auto kOrder = std::to_array<std::string_view>({"id",
                                                         "extension",
                                                         "modifierExtension",
                                                         "path",
                                                         "representation",
                                                         "sliceName",
                                                         "sliceIsConstraining",
                                                         "label",
                                                         "code",
                                                         "slicing",
                                                         "short",
                                                         "definition",
                                                         "comment",
                                                         "requirements",
                                                         "alias",
                                                         "min",
                                                         "max",
                                                         "base",
                                                         "contentReference",
                                                         "type",
                                                         "defaultValue*",
                                                         "meaningWhenMissing",
                                                         "orderMeaning",
                                                         "fixed*",
                                                         "pattern*",
                                                         "example",
                                                         "minValue*",
                                                         "maxValue*",
                                                         "maxLength",
                                                         "condition",
                                                         "constraint",
                                                         "mustSupport",
                                                         "isModifier",
                                                         "isModifierReason",
                                                         "isSummary",
                                                         "binding",
                                                         "mapping"});

/// "valueString" among "defaultValue*": the entry of kOrder that a member name belongs to.
std::size_t rank(std::string_view key) {
    if (key.starts_with('_')) key.remove_prefix(1);
    for (std::size_t i = 0; i < kOrder.size(); ++i) {
        const std::string_view each = kOrder[i];
        if (each.ends_with('*') ? key.starts_with(each.substr(0, each.size() - 1)) : key == each)
            return i;
    }
    return kOrder.size();
}

bool is_union(std::string_view key) {
    return key == "extension" || key == "modifierExtension" || key == "alias" || key == "code" ||
           key == "condition" || key == "constraint" || key == "mapping" || key == "example";
}
bool is_kept(std::string_view key) {
    return key == "id" || key == "path" || key == "base" || key == "contentReference";
}
bool is_markdown(std::string_view key) {
    return key == "short" || key == "definition" || key == "comment" || key == "requirements";
}

struct Member {
    std::string_view key;
    Value value;
};

/// Builds an object from members, in the order of the specification.
class Draft {
public:
    explicit Draft(Builder& builder) : builder_(builder) {}

    void load(Value object) {
        for (const Value each : object) members_.push_back({each.key(), each});
    }
    Value get(std::string_view key) const {
        for (const Member& each : members_) {
            if (each.key == key) return each.value;
        }
        return {};
    }
    void set(std::string_view key, Value value) {
        for (Member& each : members_) {
            if (each.key != key) continue;
            each.value = value;
            return;
        }
        members_.push_back({key, value});
    }
    void remove(std::string_view key) {
        std::erase_if(members_, [&](const Member& each) { return each.key == key; });
    }
    /// Removes what belongs to one entry of kOrder: every fixed[x].
    void remove_rank(std::size_t which) {
        std::erase_if(members_, [&](const Member& each) { return rank(each.key) == which; });
    }
    Value finish() {
        std::ranges::stable_sort(members_, {}, [](const Member& each) { return rank(each.key); });
        Node* object = builder_.detached(Kind::Object);
        for (const Member& each : members_) builder_.set(object, each.key, each.value);
        return Value{object};
    }

private:
    Builder& builder_;
    std::vector<Member> members_;
};

bool is_same_entry(std::string_view key, Value left, Value right) {
    if (key == "constraint") return left["key"].text() == right["key"].text();
    return json::equal(left, right);
}

Value united(Builder& builder, std::string_view key, Value base, Value change) {
    Node* list = builder.detached(Kind::Array);
    for (const Value each : base) builder.add(list, each);
    for (const Value each : change) {
        const bool known = std::any_of(base.begin(), base.end(), [&](Value earlier) {
            return is_same_entry(key, earlier, each);
        });
        if (!known) builder.add(list, each);
    }
    return Value{list};
}

Value string_value(Builder& builder, std::string_view text) {
    Node* node = builder.detached(Kind::Null);
    builder.assign(node, text);
    return Value{node};
}

Value merged_binding(Builder& builder, Value base, Value change) {
    if (change["valueSet"] || !base) return change;
    Draft draft(builder);
    draft.load(base);
    for (const Value each : change) draft.set(each.key(), each);
    return draft.finish();
}

}  // namespace

std::uint32_t read_max(std::string_view text, std::uint32_t otherwise) {
    if (text == "*") return fhir::kUnbounded;
    if (text.empty() || text.size() > 9) return otherwise;
    std::uint32_t number = 0;
    for (const char c : text) {
        if (c < '0' || c > '9') return otherwise;
        number = number * 10 + static_cast<std::uint32_t>(c - '0');
    }
    return number;
}

Value overlay(Builder& builder, Value base, Value change) {
    Draft draft(builder);
    draft.load(base);
    for (const Value each : change) {
        const std::string_view key = each.key();
        const Value earlier = draft.get(key);
        if (is_kept(key)) continue;
        if (is_union(key) && earlier) {
            draft.set(key, united(builder, key, earlier, each));
        } else if (is_markdown(key) && each.text().starts_with("...")) {
            draft.set(key, string_value(builder, std::string{earlier.text()} + "\r\n" +
                                                     std::string{each.text().substr(3)}));
        } else if (key == "binding") {
            draft.set(key, merged_binding(builder, earlier, each));
        } else {
            const std::size_t which = rank(key);
            if (which < kOrder.size() && kOrder[which].ends_with('*') && !key.starts_with('_'))
                draft.remove_rank(which);
            draft.set(key, each);
        }
    }
    return draft.finish();
}

Value with_member(Builder& builder, Value element, std::string_view key, Value value) {
    Draft draft(builder);
    draft.load(element);
    if (value) {
        draft.set(key, value);
    } else {
        draft.remove(key);
    }
    return draft.finish();
}

Value with_text(Builder& builder, Value element, std::string_view key, std::string_view text) {
    return with_member(builder, element, key, string_value(builder, text));
}

Value with_number(Builder& builder, Value element, std::string_view key, std::uint32_t number) {
    Node* node = builder.detached(Kind::Null);
    builder.assign_number(node, std::to_string(number));
    return with_member(builder, element, key, Value{node});
}

Value with_types(Builder& builder, Value element, std::span<const Value> types) {
    Node* list = builder.detached(Kind::Array);
    for (const Value each : types) builder.add(list, each);
    return with_member(builder, element, "type", Value{list});
}

Value with_slicing(Builder& builder, Value element, std::string_view type, std::string_view path,
                   bool closed) {
    if (element["slicing"]["discriminator"]) return element;
    Node* slicing = builder.detached(Kind::Object);
    Node* discriminator = builder.add_object(builder.set_array(slicing, "discriminator"));
    builder.set(discriminator, "type", type);
    builder.set(discriminator, "path", path);
    for (const Value each : element["slicing"]) {
        if (each.key() != "rules") builder.set(slicing, each.key(), each);
    }
    if (!element["slicing"]["ordered"]) builder.set(slicing, "ordered", false);
    const std::string_view rules = element["slicing"]["rules"].text();
    builder.set(slicing, "rules", closed ? "closed" : rules.empty() ? "open" : rules);
    return with_member(builder, element, "slicing", Value{slicing});
}

}  // namespace tsunagi::validate::snapshot

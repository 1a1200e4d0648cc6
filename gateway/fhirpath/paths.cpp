#include <algorithm>
#include <array>
#include <atomic>

#include "fhirpath/evaluator.h"
#include "json/same_bytes.h"

/// From items to items: members, children, filters and projections (N1 sections 4.1, 5.2, 5.8).
namespace tsunagi::fhirpath {
namespace {

using Kind = Item::Kind;

/// The element `name` of a type. Most steps meet one type again and again.
const fhir::ElementDef* element_of(const fhir::TypeDef& type, std::string_view name,
                                   const Syntax& node) {
    const std::atomic_ref<std::uint32_t> guess(node.guess);
    if (const std::uint32_t at = guess.load(std::memory_order_relaxed); at < type.members.size()) {
        const fhir::ElementDef* element = type.members[at].element;
        if (element->name.size() == name.size() &&
            json::same_bytes(element->name.data(), name.data(), name.size()))
            return element;
    }
    // By JSON name in constant time; a choice has several and is found by its own name.
    const fhir::Member* found = type.find(name);
    if (found == nullptr || found->element->is_choice) {
        const fhir::ElementDef* element = type.element(name);
        const auto member = std::ranges::find(type.members, element, &fhir::Member::element);
        if (element == nullptr || member == type.members.end()) return element;
        found = &*member;
    }
    guess.store(static_cast<std::uint32_t>(found - type.members.data()), std::memory_order_relaxed);
    return found->element;
}

/// Whether `key` is `_name`.
bool is_companion(std::string_view key, std::string_view name) {
    return key.size() == name.size() + 1 && key[0] == '_' &&
           json::same_bytes(key.data() + 1, name.data(), name.size());
}

}  // namespace

Flow Evaluator::visit(const Syntax& node, const Scope& scope, Visitor visitor) {
    if (!step(node)) return Flow::Fail;
    if (node.op == Op::This) return scope.self ? visitor(*scope.self) : Flow::Continue;
    if (node.op == Op::Member) {
        if (node.source != nullptr) {
            auto each = [&](const Item& item) { return members(node, item, node.name, visitor); };
            return visit(*node.source, scope, each);
        }
        if (scope.self == nullptr) return Flow::Continue;
        // A path may start with the type of its context: Patient.name (N1 section 5).
        const char first = node.name.empty() ? '\0' : node.name[0];
        if (first >= 'A' && first <= 'Z' && scope.self->is_node() &&
            has_type(*scope.self, {}, node.name))
            return visitor(*scope.self);
        return members(node, *scope.self, node.name, visitor);
    }
    if (node.op == Op::Call) {
        switch (node.function) {
            case Function::Where:
            case Function::Select:
            case Function::OfType:
            case Function::AsType:
            case Function::Children:
            case Function::Descendants:
            case Function::Extension: {
                if (!enter(node)) return Flow::Fail;
                const Flow flow = visit_call(node, scope, visitor);
                --depth_;
                return flow;
            }
            default:
                break;
        }
    }
    Scratch items{stock_};
    if (!eval(node, scope, *items)) return Flow::Fail;
    for (const Item& item : *items) {
        if (const Flow flow = visitor(item); flow != Flow::Continue) return flow;
    }
    return Flow::Continue;
}

Flow Evaluator::visit_call(const Syntax& node, const Scope& scope, Visitor visitor) {
    const auto over_input = [&](Visitor each) {
        if (node.source != nullptr) return visit(*node.source, scope, each);
        return scope.self ? each(*scope.self) : Flow::Continue;
    };
    std::int64_t index = 0;
    switch (node.function) {
        case Function::Where: {
            auto each = [&](const Item& item) {
                const Truth truth = this->truth(*node.args[0], Scope{&item, index++, scope.total});
                if (truth == Truth::Fail) return Flow::Fail;
                return truth == Truth::True ? visitor(item) : Flow::Continue;
            };
            return over_input(each);
        }
        case Function::Select: {
            auto each = [&](const Item& item) {
                return visit(*node.args[0], Scope{&item, index++, scope.total}, visitor);
            };
            return over_input(each);
        }
        case Function::OfType:
        case Function::AsType: {
            auto each = [&](const Item& item) {
                const Truth truth = is_type(node, item);
                if (truth == Truth::Fail) return Flow::Fail;
                return truth == Truth::True ? visitor(item) : Flow::Continue;
            };
            return over_input(each);
        }
        case Function::Children: {
            auto each = [&](const Item& item) { return children(item, visitor); };
            return over_input(each);
        }
        case Function::Descendants: {
            auto deep = [&](auto& self, const Item& item) -> Flow {
                if (!step(node) || !enter(node)) return Flow::Fail;
                auto each = [&](const Item& child) {
                    if (const Flow flow = visitor(child); flow != Flow::Continue) return flow;
                    return self(self, child);
                };
                const Flow flow = children(item, each);
                --depth_;
                return flow;
            };
            auto each = [&](const Item& item) { return deep(deep, item); };
            return over_input(each);
        }
        default: {  // extension(url)
            std::optional<Item> url;
            if (!argument(node, scope, 0, url)) return Flow::Fail;
            if (!url) return Flow::Continue;
            if (url->kind() != Kind::String) {
                fail(*node.args[0], "a string is needed here");
                return Flow::Fail;
            }
            const std::string_view wanted = url->text();
            auto matching = [&](const Item& extension) {
                return extension.node()["url"].text() == wanted ? visitor(extension)
                                                                : Flow::Continue;
            };
            auto each = [&](const Item& item) {
                return members(node, item, "extension", matching);
            };
            return over_input(each);
        }
    }
}

Flow Evaluator::value_of(json::Value value, json::Value companion, const fhir::TypeDef* type,
                         Visitor visitor) {
    const auto one = [&](json::Value node, json::Value beside) {
        if ((!node || node.is_null()) && !beside.is_object()) return Flow::Continue;
        const fhir::TypeDef* actual = type;
        if (context_.definitions != nullptr && node.is_object() &&
            (type == nullptr || type->kind == fhir::TypeKind::Resource)) {
            if (const auto resource = node["resourceType"].text(); !resource.empty())
                actual = context_.definitions->type(resource);
        }
        return visitor(Item::node(node.is_null() ? json::Value{} : node, actual,
                                  beside.is_object() ? beside : json::Value{}));
    };
    if (!value.is_array() && !companion.is_array()) return one(value, companion);
    auto left = value.is_array() ? value.begin() : json::Value::Iterator{};
    auto right = companion.is_array() ? companion.begin() : json::Value::Iterator{};
    const json::Value::Iterator end;
    while (left != end || right != end) {
        const Flow flow =
            one(left != end ? *left : json::Value{}, right != end ? *right : json::Value{});
        if (flow != Flow::Continue) return flow;
        if (left != end) ++left;
        if (right != end) ++right;
    }
    return Flow::Continue;
}

Flow Evaluator::members(const Syntax& node, const Item& item, std::string_view name,
                        Visitor visitor) {
    if (!step(node)) return Flow::Fail;
    if (item.kind() == Kind::TypeInfo) {
        const auto text = item.text();
        const auto dot = text.find('.');
        if (name == "namespace") return visitor(Item::string(std::string{text.substr(0, dot)}));
        if (name == "name") return visitor(Item::string(std::string{text.substr(dot + 1)}));
        return Flow::Continue;
    }
    if (item.kind() == Kind::Quantity) {
        if (name == "value") return visitor(Item::decimal(std::string{item.text()}));
        if (name == "unit" || name == "code")
            return visitor(Item::string(std::string{item.unit()}));
        return Flow::Continue;
    }
    if (!item.is_node()) return Flow::Continue;
    const bool primitive = !item.node().is_object();
    if (primitive && name == "value") {
        if (!item.node()) return Flow::Continue;
        return visitor(system_value(item));
    }
    const json::Value object = primitive ? item.companion() : item.node();
    if (!object.is_object()) return Flow::Continue;
    // The members that are there are few: what none of them can be is not looked up in the type.
    json::Value value;
    json::Value companion;
    bool maybe_choice = false;
    for (const json::Value member : object) {
        const std::string_view key = member.key();
        if (key.size() < name.size()) continue;
        if (key.size() == name.size()) {
            if (json::same_bytes(key.data(), name.data(), name.size())) value = member;
        } else if (is_companion(key, name)) {
            companion = member;
        } else {
            maybe_choice |= key.substr(key[0] == '_' ? 1 : 0).starts_with(name);
        }
    }
    if (!value && !companion && !maybe_choice) return Flow::Continue;
    const fhir::TypeDef* type = nullptr;
    if (item.type() != nullptr) {
        const fhir::ElementDef* element = element_of(*item.type(), name, node);
        if (element == nullptr) return Flow::Continue;
        if (element->is_choice) {
            value = companion = {};
            for (const json::Value member : object) {
                std::string_view key = member.key();
                const bool beside = key.starts_with('_');
                if (beside) key.remove_prefix(1);
                if (key.size() <= name.size() || !key.starts_with(name)) continue;
                const fhir::Member* found = item.type()->find(key);
                if (found == nullptr || found->element != element) continue;
                type = found->type->type;
                (beside ? companion : value) = member;
            }
        } else if (!element->types.empty()) {
            type = element->types[0].type;
            // Only primitives have a companion.
            if (value && type != nullptr && type->primitive == fhir::Primitive::None)
                companion = {};
        }
    }
    if (!value && !companion) return Flow::Continue;
    return value_of(value, companion, type, visitor);
}

Flow Evaluator::children(const Item& item, Visitor visitor) {
    if (!item.is_node()) return Flow::Continue;
    const json::Value object = item.node().is_object() ? item.node() : item.companion();
    if (!object.is_object()) return Flow::Continue;
    const bool has_companions = std::any_of(object.begin(), object.end(), [](json::Value member) {
        return member.key().starts_with('_');
    });
    for (const json::Value member : object) {
        std::string_view key = member.key();
        json::Value value = member;
        json::Value companion;
        if (key.starts_with('_')) {
            key.remove_prefix(1);
            if (object[key]) continue;  // comes with its value
            companion = member;
            value = {};
        } else {
            if (key == "resourceType") continue;
            const bool maybe_primitive =
                !value.is_object() && !(value.is_array() && value.at(0).is_object());
            if (has_companions && maybe_primitive) {
                for (const json::Value other : object) {
                    if (is_companion(other.key(), key)) companion = other;
                }
            }
        }
        const fhir::Member* found = item.type() ? item.type()->find(key) : nullptr;
        const Flow flow = value_of(value, companion, found ? found->type->type : nullptr, visitor);
        if (flow != Flow::Continue) return flow;
    }
    return Flow::Continue;
}

bool Evaluator::indexer(const Syntax& node, const Scope& scope, Collection& out) {
    std::optional<std::int64_t> index;
    if (!whole_argument(node, scope, 0, index)) return false;
    if (!index || *index < 0) return true;
    std::int64_t at = 0;
    auto pick = [&](const Item& item) {
        if (at++ != *index) return Flow::Continue;
        out.push_back(item);
        return Flow::Stop;
    };
    return visit(*node.source, scope, pick) != Flow::Fail;
}

Truth Evaluator::is_type(const Syntax& node, const Item& item) {
    if (has_type(item, node.space, node.name)) return Truth::True;
    const bool checked = node.space != "System" && context_.definitions != nullptr &&
                         context_.definitions->type(node.name) == nullptr;
    static constexpr std::array<std::string_view, 9> kSystem{
        "Boolean", "Integer", "Decimal", "String", "Date", "DateTime", "Time", "Quantity", "Any"};
    if (checked && (node.space == "FHIR" ||
                    std::find(kSystem.begin(), kSystem.end(), node.name) == kSystem.end())) {
        fail(node, "unknown type '" + node.name + "'", Fault::Semantic);
        return Truth::Fail;
    }
    return Truth::False;
}

}  // namespace tsunagi::fhirpath

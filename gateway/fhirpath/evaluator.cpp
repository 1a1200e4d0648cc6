#include "fhirpath/evaluator.h"

#include <algorithm>

#include "fhirpath/units.h"
#include "json/same_bytes.h"

namespace tsunagi::fhirpath {
namespace {

using Kind = Item::Kind;

constexpr std::size_t kStock = 64;
constexpr std::size_t kLargestKept = 1024;

Stock& stock_of_thread() {
    thread_local Stock stock;
    return stock;
}

Truth truth_from(bool value) { return value ? Truth::True : Truth::False; }

bool append_truth(Truth truth, Collection& out) {
    if (truth == Truth::Fail) return false;
    if (truth != Truth::Unknown) out.push_back(Item::boolean(truth == Truth::True));
    return true;
}

bool is_condition(Op op) {
    switch (op) {
        case Op::LessOrEqual:
        case Op::Less:
        case Op::Greater:
        case Op::GreaterOrEqual:
        case Op::Equal:
        case Op::Equivalent:
        case Op::NotEqual:
        case Op::NotEquivalent:
        case Op::In:
        case Op::Contains:
        case Op::And:
        case Op::Or:
        case Op::Xor:
        case Op::Implies:
            return true;
        default:
            return false;
    }
}

/// Whether `key` is `_name`.
bool is_companion(std::string_view key, std::string_view name) {
    return key.size() == name.size() + 1 && key[0] == '_' &&
           json::same_bytes(key.data() + 1, name.data(), name.size());
}

}  // namespace

Scratch::Scratch(Stock& stock) : stock_(stock) {
    if (stock_.empty()) {
        items_ = std::make_unique<Collection>();
    } else {
        items_ = std::move(stock_.back());
        stock_.pop_back();
    }
}

Scratch::~Scratch() {
    if (items_->capacity() > kLargestKept || stock_.size() >= kStock) return;
    items_->clear();
    stock_.push_back(std::move(items_));
}

Evaluator::Evaluator(const Context& context)
    : context_(context), stock_(stock_of_thread()), focus_(context.focus) {
    // A resource given without its type gets it here, once.
    if (focus_.is_node() && focus_.type() == nullptr && context.definitions != nullptr)
        focus_ = item_of(focus_.node(), context.definitions);
}

bool Evaluator::fail(const Syntax& node, std::string_view message, Fault kind) {
    if (!fault_) {
        const bool semantic = kind == Fault::Semantic;
        fault_ = Error{semantic ? Code::Unsupported : Code::Invalid,
                       (semantic ? "semantic: " : "execution: ") + std::string{message},
                       "column " + std::to_string(node.column + 1)};
    }
    return false;
}

bool Evaluator::step(const Syntax& node) {
    if (++steps_ <= context_.limits.max_steps) return true;
    return fail(node, "evaluation takes too many steps");
}

bool Evaluator::enter(const Syntax& node) {
    if (++depth_ <= context_.limits.max_depth) return true;
    return fail(node, "nested too deeply");
}

bool Evaluator::room(const Syntax& node, const Collection& out) {
    if (out.size() <= context_.limits.max_items) return true;
    return fail(node, "collection is too large");
}

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
            std::optional<std::string> url;
            if (!text_argument(node, scope, 0, url)) return Flow::Fail;
            if (!url) return Flow::Continue;
            auto matching = [&](const Item& extension) {
                return extension.node()["url"].text() == *url ? visitor(extension) : Flow::Continue;
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
    const fhir::ElementDef* element = nullptr;
    if (item.type() != nullptr) {
        // By JSON name in constant time; a choice has several and is found by its own name.
        const fhir::Member* found = item.type()->find(name);
        element = found != nullptr && !found->element->is_choice ? found->element
                                                                 : item.type()->element(name);
        if (element == nullptr) return Flow::Continue;
    }
    const bool choice = element != nullptr && element->is_choice;
    json::Value value;
    json::Value companion;
    const fhir::TypeDef* type = nullptr;
    if (choice) {
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
    } else {
        if (element != nullptr && !element->types.empty()) type = element->types[0].type;
        const bool alone = type != nullptr && type->primitive == fhir::Primitive::None;
        for (const json::Value member : object) {
            const std::string_view key = member.key();
            if (key.size() == name.size()) {
                if (!json::same_bytes(key.data(), name.data(), name.size())) continue;
                value = member;
                if (alone) break;  // only primitives have a companion
            } else if (is_companion(key, name)) {
                companion = member;
            }
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

bool Evaluator::eval(const Syntax& node, const Scope& scope, Collection& out) {
    if (!step(node)) return false;
    if (!enter(node)) return false;
    bool done = true;
    switch (node.op) {
        case Op::Literal:
            out.push_back(node.literal);
            break;
        case Op::Nothing:
            break;
        case Op::This:
            if (scope.self) out.push_back(*scope.self);
            break;
        case Op::Index:
            out.push_back(Item::integer(scope.index));
            break;
        case Op::Total:
            if (scope.total) out.insert(out.end(), scope.total->begin(), scope.total->end());
            break;
        case Op::Variable:
            done = variable(node, out);
            break;
        case Op::Member: {
            auto append = [&](const Item& item) {
                out.push_back(item);
                return room(node, out) ? Flow::Continue : Flow::Fail;
            };
            done = visit(node, scope, append) != Flow::Fail;
            break;
        }
        case Op::Indexer:
            done = indexer(node, scope, out);
            break;
        case Op::Call:
            done = call(node, scope, out);
            break;
        case Op::Negative:
        case Op::Positive:
            done = negate_item(node, scope, out);
            break;
        case Op::Is:
        case Op::As: {
            Scratch items{stock_};
            done = eval(*node.source, scope, *items);
            if (!done || items->empty()) break;
            if (node.op == Op::Is && items->size() > 1) {
                done = fail(node, "'is' needs a single item");
                break;
            }
            for (const Item& item : *items) {
                const Truth truth = is_type(node, item);
                if (truth == Truth::Fail) done = false;
                if (node.op == Op::Is) done = append_truth(truth, out);
                if (node.op == Op::As && truth == Truth::True) out.push_back(item);
            }
            break;
        }
        default:
            done = is_condition(node.op) ? append_truth(truth(node, scope), out)
                                         : binary(node, scope, out);
    }
    --depth_;
    return done && room(node, out);
}

bool Evaluator::variable(const Syntax& node, Collection& out) {
    for (const Variable& variable : context_.variables) {
        if (variable.name == node.name) {
            out.insert(out.end(), variable.value.begin(), variable.value.end());
            return true;
        }
    }
    const auto focus_node = [&] { return focus_.is_node() ? focus_.node() : json::Value{}; };
    const auto put = [&](json::Value value) {
        if (value) out.push_back(item_of(value, context_.definitions));
        return true;
    };
    const std::string& name = node.name;
    if (name == "context") {
        if (focus_.kind() != Kind::None) out.push_back(focus_);
        return true;
    }
    const json::Value resource = context_.resource ? context_.resource : focus_node();
    if (name == "resource") return put(resource);
    if (name == "rootResource")
        return put(context_.root_resource ? context_.root_resource : resource);
    struct Row {
        std::string_view name, url;
    };
    static constexpr std::array<Row, 3> kSystems{{{"ucum", "http://unitsofmeasure.org"},
                                                  {"sct", "http://snomed.info/sct"},
                                                  {"loinc", "http://loinc.org"}}};
    for (const Row& row : kSystems) {
        if (row.name == name) {
            out.push_back(Item::borrowed(Kind::String, row.url));
            return true;
        }
    }
    static constexpr std::array<Row, 2> kPrefixes{
        {{"vs-", "http://hl7.org/fhir/ValueSet/"},
         {"ext-", "http://hl7.org/fhir/StructureDefinition/"}}};
    for (const Row& row : kPrefixes) {
        if (name.starts_with(row.name)) {
            out.push_back(Item::string(std::string{row.url}.append(name.substr(row.name.size()))));
            return true;
        }
    }
    return fail(node, "unknown variable %" + name, Fault::Semantic);
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

bool Evaluator::negate_item(const Syntax& node, const Scope& scope, Collection& out) {
    std::optional<Item> operand;
    if (!argument(node, scope, 0, operand)) return false;
    if (!operand) return true;
    const auto number = number_of(*operand);
    if (!number) return fail(node, "a sign needs a number");
    if (node.op == Op::Positive) {
        out.push_back(*operand);
    } else if (operand->kind() == Kind::Integer) {
        if (const auto whole = negate(*number).whole()) out.push_back(Item::integer(*whole));
    } else if (operand->kind() == Kind::Decimal) {
        out.push_back(Item::decimal(negate(*number).text()));
    } else {
        out.push_back(
            Item::quantity(negate(*number).text(), operand->unit(), operand->calendar_unit()));
    }
    return true;
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

Truth Evaluator::truth_of(const Syntax& node, const Collection& items) {
    if (items.empty()) return Truth::Unknown;
    if (items.size() > 1) {
        fail(node, "a condition needs a single item");
        return Truth::Fail;
    }
    const Item value = system_value(items[0]);
    return truth_from(value.kind() != Kind::Boolean || value.truth());
}

Truth Evaluator::truth(const Syntax& node, const Scope& scope) {
    switch (node.op) {
        case Op::And:
        case Op::Or:
        case Op::Xor:
        case Op::Implies:
            return logic(node, scope);
        case Op::Equal:
        case Op::NotEqual:
        case Op::Equivalent:
        case Op::NotEquivalent:
            return compare_equal(node, scope);
        case Op::LessOrEqual:
        case Op::Less:
        case Op::Greater:
        case Op::GreaterOrEqual:
            return compare_order(node, scope);
        case Op::In:
        case Op::Contains:
            return membership(node, scope);
        case Op::Call: {
            bool handled = true;
            const Truth truth = call_truth(node, scope, handled);
            if (handled) return truth;
            break;
        }
        default:
            break;
    }
    Scratch items{stock_};
    if (!eval(node, scope, *items)) return Truth::Fail;
    return truth_of(node, *items);
}

Truth Evaluator::logic(const Syntax& node, const Scope& scope) {
    if (!step(node) || !enter(node)) return Truth::Fail;
    const Truth left = truth(*node.args[0], scope);
    // The right side is not evaluated when the left decides.
    Truth result = Truth::Fail;
    const bool decided = left == Truth::Fail || (node.op == Op::And && left == Truth::False) ||
                         (node.op == Op::Or && left == Truth::True) ||
                         (node.op == Op::Implies && left == Truth::False);
    if (decided) {
        result = node.op == Op::Implies && left == Truth::False ? Truth::True : left;
    } else {
        const Truth right = truth(*node.args[1], scope);
        if (right != Truth::Fail) {
            switch (node.op) {
                case Op::And:
                    result = right == Truth::False ? Truth::False
                             : left == Truth::True ? right
                                                   : Truth::Unknown;
                    break;
                case Op::Or:
                    result = right == Truth::True   ? Truth::True
                             : left == Truth::False ? right
                                                    : Truth::Unknown;
                    break;
                case Op::Xor:
                    result = left == Truth::Unknown || right == Truth::Unknown
                                 ? Truth::Unknown
                                 : truth_from(left != right);
                    break;
                default:
                    result = right == Truth::True  ? Truth::True
                             : left == Truth::True ? right
                                                   : Truth::Unknown;
            }
        }
    }
    --depth_;
    return result;
}

/// `path = 'literal'`, the commonest condition: nothing is collected.
Truth Evaluator::equals_literal(const Syntax& node, const Scope& scope) {
    int count = 0;
    Truth same = Truth::Unknown;
    auto each = [&](const Item& item) {
        same = ++count == 1 ? equal(item, node.args[1]->literal) : Truth::False;
        return count == 1 ? Flow::Continue : Flow::Stop;
    };
    if (visit(*node.args[0], scope, each) == Flow::Fail) return Truth::Fail;
    if (node.op == Op::Equal || same == Truth::Unknown) return same;
    return truth_from(same == Truth::False);
}

Truth Evaluator::compare_equal(const Syntax& node, const Scope& scope) {
    if (!step(node)) return Truth::Fail;
    const bool plain = node.op == Op::Equal || node.op == Op::NotEqual;
    if (plain && node.args[1]->op == Op::Literal) return equals_literal(node, scope);
    Scratch left{stock_};
    Scratch right{stock_};
    if (!eval(*node.args[0], scope, *left) || !eval(*node.args[1], scope, *right))
        return Truth::Fail;
    if (node.op == Op::Equivalent) return truth_from(equivalent(*left, *right));
    if (node.op == Op::NotEquivalent) return truth_from(!equivalent(*left, *right));
    const Truth same = equal(*left, *right);
    if (node.op == Op::Equal || same == Truth::Unknown) return same;
    return truth_from(same == Truth::False);
}

Truth Evaluator::compare_order(const Syntax& node, const Scope& scope) {
    std::optional<Item> left;
    std::optional<Item> right;
    if (!step(node) || !argument(node, scope, 0, left) || !argument(node, scope, 1, right))
        return Truth::Fail;
    if (!left || !right) return Truth::Unknown;
    bool comparable = false;
    const auto result = order(*left, *right, comparable);
    if (!comparable) {
        fail(node, "these types have no order");
        return Truth::Fail;
    }
    if (!result) return Truth::Unknown;
    switch (node.op) {
        case Op::LessOrEqual:
            return truth_from(*result <= 0);
        case Op::Less:
            return truth_from(*result < 0);
        case Op::Greater:
            return truth_from(*result > 0);
        default:
            return truth_from(*result >= 0);
    }
}

Truth Evaluator::membership(const Syntax& node, const Scope& scope) {
    if (!step(node)) return Truth::Fail;
    const bool in = node.op == Op::In;
    Scratch one{stock_};
    Scratch many{stock_};
    if (!eval(*node.args[in ? 0 : 1], scope, *one) || !eval(*node.args[in ? 1 : 0], scope, *many))
        return Truth::Fail;
    if (one->empty()) return Truth::Unknown;
    if (one->size() > 1) {
        fail(node, "membership asks for a single item");
        return Truth::Fail;
    }
    return truth_from(std::any_of(many->begin(), many->end(), [&](const Item& item) {
        return equal((*one)[0], item) == Truth::True;
    }));
}

bool Evaluator::binary(const Syntax& node, const Scope& scope, Collection& out) {
    if (node.op == Op::Union) {
        Scratch left{stock_};
        Scratch right{stock_};
        if (!eval(*node.args[0], scope, *left) || !eval(*node.args[1], scope, *right)) return false;
        DistinctItems seen;
        for (const Collection* side : {&*left, &*right}) {
            for (const Item& item : *side) {
                if (seen.insert(item)) out.push_back(item);
            }
        }
        return true;
    }
    std::optional<Item> left;
    std::optional<Item> right;
    if (!argument(node, scope, 0, left) || !argument(node, scope, 1, right)) return false;
    if (node.op == Op::Concatenate) {
        std::string joined;
        for (const auto* side : {&left, &right}) {
            if (!*side) continue;
            if ((*side)->kind() != Kind::String) return fail(node, "'&' joins strings");
            joined += (*side)->text();
        }
        out.push_back(Item::string(std::move(joined)));
        return true;
    }
    if (!left || !right) return true;
    return arithmetic(node, *left, *right, out);
}

bool Evaluator::arithmetic(const Syntax& node, const Item& left, const Item& right,
                           Collection& out) {
    const bool sum = node.op == Op::Plus || node.op == Op::Minus;
    if (node.op == Op::Plus && left.kind() == Kind::String && right.kind() == Kind::String) {
        out.push_back(Item::string(std::string{left.text()}.append(right.text())));
        return true;
    }
    const bool left_number = left.kind() == Kind::Integer || left.kind() == Kind::Decimal;
    const bool right_number = right.kind() == Kind::Integer || right.kind() == Kind::Decimal;
    if (sum && right.kind() == Kind::Quantity && left.kind() != Kind::Quantity && !left_number) {
        const auto start = temporal_of(left);
        if (!start) return fail(node, "no such sum");
        const auto unit = time_unit(right.unit(), !right.calendar_unit());
        const bool calendar_word = time_unit(right.unit(), false).has_value();
        const auto meant = unit ? unit : calendar_word ? time_unit(right.unit(), false) : unit;
        // UCUM's year and month are fixed numbers of seconds: not for a calendar (N1 6.6.7).
        if (!meant || (!right.calendar_unit() && !calendar_word && *meant <= TimeUnit::Month))
            return fail(node, "the quantity is no calendar duration");
        auto amount = number_of(right);
        if (!amount) return true;
        if (node.op == Op::Minus) amount = negate(*amount);
        // The fraction of a UCUM amount does not count (R4 conformance case testPlusDate19); that
        // of the words "seconds" and "milliseconds" does.
        if (!right.calendar_unit()) amount = rounded(*amount, 0, Rounding::TowardZero);
        if (!amount) return true;
        if (const auto moved = add(*start, *amount, *meant))
            out.push_back(Item::temporal(left.kind(), moved->text()));
        return true;
    }
    const auto put = [&](const std::optional<Number>& number) {
        if (!number) return true;  // overflow and division by zero are empty
        const bool whole =
            left.kind() == Kind::Integer && right.kind() == Kind::Integer && node.op != Op::Divide;
        if (whole || node.op == Op::WholeDivide) {
            const auto value = number->whole();
            if (value && *value >= INT32_MIN && *value <= INT32_MAX)
                out.push_back(Item::integer(*value));
        } else {
            out.push_back(Item::decimal(number->text()));
        }
        return true;
    };
    if (left_number && right_number) {
        const auto a = number_of(left);
        const auto b = number_of(right);
        if (!a || !b) return true;
        switch (node.op) {
            case Op::Plus:
                return put(add(*a, *b));
            case Op::Minus:
                return put(subtract(*a, *b));
            case Op::Multiply:
                return put(multiply(*a, *b));
            case Op::Divide:
                return put(divide(*a, *b));
            default:
                break;
        }
        if (b->is_zero()) return true;
        // The whole quotient from integers of one scale: exact, however long the fraction would be.
        const int scale = std::max(a->scale, b->scale);
        const auto x = rounded(*a, scale, Rounding::TowardZero);
        const auto y = rounded(*b, scale, Rounding::TowardZero);
        if (!x || !y) return true;
        if (node.op == Op::WholeDivide) return put(Number{x->digits / y->digits, 0});
        return put(Number{x->digits % y->digits, scale});
    }
    const bool quantities = (left.kind() == Kind::Quantity || left_number) &&
                            (right.kind() == Kind::Quantity || right_number);
    if (!quantities || node.op == Op::WholeDivide || node.op == Op::Modulo)
        return fail(node, "no arithmetic on these types");
    const auto a = number_of(left);
    const auto b = number_of(right);
    if (!a || !b) return true;
    const std::string_view left_unit = left_number ? std::string_view{"1"} : left.unit();
    const std::string_view right_unit = right_number ? std::string_view{"1"} : right.unit();
    if (sum) {
        const auto other =
            convert(*b, right_unit, right.calendar_unit(), left_unit, left.calendar_unit());
        if (!other) return true;
        const auto result = node.op == Op::Plus ? add(*a, *other) : subtract(*a, *other);
        if (result) out.push_back(Item::quantity(result->text(), left_unit, left.calendar_unit()));
        return true;
    }
    const bool product = node.op == Op::Multiply;
    const auto result = product ? multiply(*a, *b) : divide(*a, *b);
    if (!result) return true;
    if (right_unit == "1") {
        out.push_back(Item::quantity(result->text(), left_unit, left.calendar_unit()));
    } else if (left_unit == "1" && product) {
        out.push_back(Item::quantity(result->text(), right_unit, right.calendar_unit()));
    } else if (!product && left_unit == right_unit) {
        out.push_back(Item::quantity(result->text(), "1", false));
    } else {
        std::string unit{left_unit};
        unit += product ? "." : "/";
        const bool compound = right_unit.find_first_of("./") != std::string_view::npos;
        unit += compound ? '(' + std::string{right_unit} + ')' : std::string{right_unit};
        out.push_back(Item::quantity(result->text(), unit, false));
    }
    return true;
}

bool Evaluator::argument(const Syntax& node, const Scope& scope, std::size_t index,
                         std::optional<Item>& out) {
    if (index >= node.args.size()) return true;
    Scratch items{stock_};
    if (!eval(*node.args[index], scope, *items)) return false;
    if (items->size() > 1) return fail(*node.args[index], "a single item is needed here");
    if (!items->empty()) out = system_value((*items)[0]);
    return true;
}

bool Evaluator::text_argument(const Syntax& node, const Scope& scope, std::size_t index,
                              std::optional<std::string>& out) {
    std::optional<Item> item;
    if (!argument(node, scope, index, item)) return false;
    if (!item) return true;
    if (item->kind() != Kind::String) return fail(*node.args[index], "a string is needed here");
    out = std::string{item->text()};
    return true;
}

bool Evaluator::whole_argument(const Syntax& node, const Scope& scope, std::size_t index,
                               std::optional<std::int64_t>& out) {
    std::optional<Item> item;
    if (!argument(node, scope, index, item)) return false;
    if (!item) return true;
    if (item->kind() != Kind::Integer) return fail(*node.args[index], "an integer is needed here");
    out = item->number();
    return true;
}

bool Evaluator::single_input(const Syntax& node, const Collection& in, std::optional<Item>& out) {
    if (in.size() > 1) return fail(node, "the function needs a single item");
    if (!in.empty()) out = system_value(in[0]);
    return true;
}

bool Evaluator::input(const Syntax& node, const Scope& scope, Collection& out) {
    if (node.source != nullptr) return eval(*node.source, scope, out);
    if (scope.self) out.push_back(*scope.self);
    return true;
}

}  // namespace tsunagi::fhirpath

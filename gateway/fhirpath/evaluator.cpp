#include "fhirpath/evaluator.h"

#include <array>

namespace tsunagi::fhirpath {
namespace {

using Kind = Item::Kind;

constexpr std::size_t kStock = 64;
constexpr std::size_t kLargestKept = 1024;

Stock& stock_of_thread() {
    thread_local Stock stock;
    return stock;
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
    if (name == "resource") {
        if (resource_.kind() == Kind::None && resource)
            resource_ = item_of(resource, context_.definitions);
        if (resource) out.push_back(resource_);
        return true;
    }
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

bool Evaluator::argument(const Syntax& node, const Scope& scope, std::size_t index,
                         std::optional<Item>& out) {
    if (index >= node.args.size()) return true;
    if (node.args[index]->op == Op::Literal) {
        out = node.args[index]->literal;
        return step(node);
    }
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
    // A primitive that has extensions and no value is no value of the System types.
    if (!in.empty() && has_content(in[0])) out = system_value(in[0]);
    return true;
}

bool Evaluator::input(const Syntax& node, const Scope& scope, Collection& out) {
    if (node.source != nullptr) return eval(*node.source, scope, out);
    if (scope.self) out.push_back(*scope.self);
    return true;
}

}  // namespace tsunagi::fhirpath

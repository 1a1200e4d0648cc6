#include "fhirpath/expression.h"

#include "fhir/definitions.h"
#include "fhirpath/evaluator.h"
#include "fhirpath/syntax.h"

namespace tsunagi::fhirpath {

Fault fault_of(const Error& error) {
    if (error.message.starts_with("syntax: ")) return Fault::Syntax;
    if (error.message.starts_with("semantic: ")) return Fault::Semantic;
    return Fault::Execution;
}

Result<Expression> Expression::parse(std::string_view text) {
    std::size_t used = 0;
    auto program = parse_program(text, false, used);
    if (!program) return program.error();
    return Expression{std::move(*program)};
}

Result<Expression> Expression::parse_prefix(std::string_view text, std::size_t& used) {
    auto program = parse_program(text, true, used);
    if (!program) return program.error();
    return Expression{std::move(*program)};
}

const std::string& Expression::text() const& noexcept { return program_->text; }

Result<Collection> evaluate(const Expression& expression, const Context& context) {
    Evaluator evaluator{context};
    Collection out;
    Scratch found = evaluator.scratch();
    if (!evaluator.eval(*expression.program().root, evaluator.root_scope(), *found))
        return *evaluator.fault();
    out.reserve(found->size());
    // Literals lie in the expression, which the result may outlive.
    for (Item& item : *found) out.push_back(item.is_node() ? std::move(item) : item.owned());
    return out;
}

Result<bool> holds(const Expression& expression, const Context& context) {
    Evaluator evaluator{context};
    const Truth truth = evaluator.truth(*expression.program().root, evaluator.root_scope());
    if (truth == Truth::Fail) return *evaluator.fault();
    return truth == Truth::True;
}

Result<std::optional<bool>> verdict(const Expression& expression, const Context& context) {
    Evaluator evaluator{context};
    const Truth truth = evaluator.truth(*expression.program().root, evaluator.root_scope());
    if (truth == Truth::Fail) return *evaluator.fault();
    if (truth == Truth::Unknown) return std::optional<bool>{};
    return std::optional<bool>{truth == Truth::True};
}

Item item_of(json::Value value, const fhir::Definitions* definitions) {
    if (!value) return {};
    const auto resource = value["resourceType"].text();
    return Item::node(value,
                      definitions && !resource.empty() ? definitions->type(resource) : nullptr);
}

std::string type_name(const Item& item) {
    if (item.is_node()) {
        if (item.type() != nullptr) {
            if (item.type()->is_group) return std::string{item.type()->base->name};
            return std::string{item.type()->name};
        }
        const json::Value node = item.node();
        if (node["resourceType"].is_string()) return std::string{node["resourceType"].text()};
        if (node.is_object()) return "Element";
    }
    switch (system_value(item).kind()) {
        case Item::Kind::Boolean:
            return "boolean";
        case Item::Kind::Integer:
            return "integer";
        case Item::Kind::Decimal:
            return "decimal";
        case Item::Kind::Date:
            return "date";
        case Item::Kind::DateTime:
            return "dateTime";
        case Item::Kind::Time:
            return "time";
        case Item::Kind::Quantity:
            return "Quantity";
        case Item::Kind::TypeInfo:
            return "SimpleTypeInfo";
        default:
            return "string";
    }
}

}  // namespace tsunagi::fhirpath

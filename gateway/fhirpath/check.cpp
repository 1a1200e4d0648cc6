#include <algorithm>

#include "fhir/definitions.h"
#include "fhirpath/evaluator.h"

/// Static check: follows the types through the tree and finds steps that no data can take.
namespace tsunagi::fhirpath {
namespace {

/// What a part of an expression may yield. `open`: also something we do not know.
struct Shape {
    std::vector<const fhir::TypeDef*> types;
    bool open = false;
    bool ordered = true;

    static Shape any() { return Shape{{}, true, true}; }
    void add(const fhir::TypeDef* type) {
        // Inside a bare Resource anything may stand.
        if (type == nullptr || (type->kind == fhir::TypeKind::Resource && type->is_abstract)) {
            open = true;
        } else if (std::find(types.begin(), types.end(), type) == types.end()) {
            types.push_back(type);
        }
    }
    void add(const Shape& other) {
        for (const fhir::TypeDef* type : other.types) add(type);
        open = open || other.open;
        ordered = ordered && other.ordered;
    }
};

class Checker {
public:
    explicit Checker(const fhir::Definitions& definitions) : definitions_(definitions) {}

    Shape of(const Syntax& node, const Shape& self);
    const std::optional<Error>& fault() const { return fault_; }

private:
    void fail(const Syntax& node, const std::string& message) {
        if (!fault_)
            fault_ = Error{Code::Unsupported, "semantic: " + message,
                           "column " + std::to_string(node.column + 1)};
    }
    Shape member(const Syntax& node, const Shape& self);
    Shape call(const Syntax& node, const Shape& self);
    Shape narrowed(const Syntax& node, const Shape& input);

    const fhir::Definitions& definitions_;
    std::optional<Error> fault_;
};

bool derives(const fhir::TypeDef* type, std::string_view name) {
    for (; type != nullptr; type = type->base) {
        if (type->name == name) return true;
    }
    return false;
}

Shape Checker::member(const Syntax& node, const Shape& self) {
    const Shape input = node.source != nullptr ? of(*node.source, self) : self;
    Shape out;
    out.open = input.open;
    bool found = input.open;
    for (const fhir::TypeDef* type : input.types) {
        if (node.source == nullptr && derives(type, node.name)) {
            out.add(type);
            found = true;
            continue;
        }
        if (type->primitive != fhir::Primitive::None && node.name == "value") {
            out.open = found = true;
            continue;
        }
        const fhir::ElementDef* element = type->element(node.name);
        if (element == nullptr) continue;
        found = true;
        for (const fhir::TypeRef& ref : element->types) out.add(ref.type);
    }
    if (!found && !input.types.empty()) {
        fail(node, "'" + node.name + "' is no element of " + std::string{input.types[0]->name});
        return Shape::any();
    }
    return out;
}

/// is, as, ofType: the named type.
Shape Checker::narrowed(const Syntax& node, const Shape& input) {
    Shape out;
    out.ordered = input.ordered;
    const fhir::TypeDef* type = node.space == "System" ? nullptr : definitions_.type(node.name);
    out.add(type);
    return out;
}

Shape Checker::call(const Syntax& node, const Shape& self) {
    Shape input = node.source != nullptr ? of(*node.source, self) : self;
    const auto of_arguments = [&](const Shape& scope) {
        Shape out;
        for (const Syntax* argument : node.args) out.add(of(*argument, scope));
        return out;
    };
    switch (node.function) {
        case Function::Skip:
        case Function::Take:
        case Function::First:
        case Function::Last:
        case Function::Tail:
            if (!input.ordered) fail(node, "the order of children is not defined");
            of_arguments(self);
            return input;
        case Function::Where:
            of_arguments(input);
            return input;
        case Function::Exists:
        case Function::All:
            of_arguments(input);
            return Shape::any();
        case Function::Select:
        case Function::Repeat:
            return of_arguments(input);
        case Function::Sort:
            of_arguments(input);
            return input;
        case Function::Single:
        case Function::Distinct:
        case Function::Trace:
        case Function::Exclude:
            of_arguments(node.function == Function::Trace ? input : self);
            return input;
        case Function::UnionWith:
        case Function::Combine: {
            Shape out = of_arguments(self);
            out.add(input);
            return out;
        }
        case Function::OfType:
        case Function::AsType:
            return narrowed(node, input);
        case Function::Children:
        case Function::Descendants: {
            Shape out = Shape::any();
            out.ordered = false;
            return out;
        }
        case Function::Extension: {
            of_arguments(self);
            Shape out;
            out.add(definitions_.type("Extension"));
            return out;
        }
        case Function::Iif: {
            const Shape& scope = node.source != nullptr ? input : self;
            of(*node.args[0], scope);
            Shape out;
            for (std::size_t i = 1; i < node.args.size(); ++i) out.add(of(*node.args[i], scope));
            return out;
        }
        case Function::Aggregate:
            of_arguments(input);
            return Shape::any();
        default:
            break;
    }
    of_arguments(self);
    const bool of_text = node.function >= Function::IndexOf && node.function <= Function::Unescape;
    const bool all_complex =
        !input.open && !input.types.empty() &&
        std::all_of(input.types.begin(), input.types.end(), [](const fhir::TypeDef* type) {
            return type->primitive == fhir::Primitive::None;
        });
    if (of_text && all_complex)
        fail(node, "a string function on " + std::string{input.types[0]->name});
    return Shape::any();
}

Shape Checker::of(const Syntax& node, const Shape& self) {
    switch (node.op) {
        case Op::This:
            return self;
        case Op::Member:
            return member(node, self);
        case Op::Call:
            return call(node, self);
        case Op::Indexer: {
            Shape input = of(*node.source, self);
            if (!input.ordered) fail(node, "the order of children is not defined");
            of(*node.args[0], self);
            return input;
        }
        case Op::Is:
            of(*node.source, self);
            return Shape::any();
        case Op::As:
            return narrowed(node, of(*node.source, self));
        case Op::Union: {
            Shape out = of(*node.args[0], self);
            out.add(of(*node.args[1], self));
            return out;
        }
        default:
            for (const Syntax* operand : node.args) of(*operand, self);
            return Shape::any();
    }
}

}  // namespace

Status check(const Expression& expression, const fhir::Definitions& definitions,
             const fhir::TypeDef* focus) {
    Checker checker{definitions};
    Shape self;
    self.add(focus);
    checker.of(*expression.program().root, self);
    if (checker.fault()) return *checker.fault();
    return {};
}

}  // namespace tsunagi::fhirpath

#include <algorithm>

#include "fhirpath/evaluator.h"

/// Truth of an expression: logic, equality, order, membership (N1 sections 4.5, 6.1 to 6.5).
namespace tsunagi::fhirpath {

Truth Evaluator::truth_of(const Syntax& node, const Collection& items) {
    if (items.empty()) return Truth::Unknown;
    if (items.size() > 1) {
        fail(node, "a condition needs a single item");
        return Truth::Fail;
    }
    const Item value = system_value(items[0]);
    return truth_from(value.kind() != Item::Kind::Boolean || value.truth());
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

}  // namespace tsunagi::fhirpath

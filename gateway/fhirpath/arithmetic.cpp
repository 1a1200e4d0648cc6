#include <algorithm>

#include "fhirpath/evaluator.h"
#include "fhirpath/units.h"

/// Operators that make values: signs, arithmetic with units and dates, union, joining (N1 sections
/// 6.5 to 6.6).
namespace tsunagi::fhirpath {
namespace {

using Kind = Item::Kind;

}  // namespace

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
    std::int64_t total = 0;
    if (sum && left.kind() == Kind::Integer && right.kind() == Kind::Integer &&
        !(node.op == Op::Plus ? __builtin_add_overflow(left.number(), right.number(), &total)
                              : __builtin_sub_overflow(left.number(), right.number(), &total))) {
        if (total >= INT32_MIN && total <= INT32_MAX) out.push_back(Item::integer(total));
        return true;
    }
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

}  // namespace tsunagi::fhirpath

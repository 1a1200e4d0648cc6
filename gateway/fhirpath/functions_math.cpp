#include <cmath>

#include "fhirpath/evaluator.h"
#include "fhirpath/units.h"

/// Numbers and precision (N1 section 5.7; boundaries of the continuous build).
namespace tsunagi::fhirpath {
namespace {

using Kind = Item::Kind;

constexpr int kMaxPlaces = 28;
constexpr int kDefaultPlaces = 8;

/// The exact square root by Newton on integers, to 14 places; exact results stay short.
std::optional<Number> square_root(const Number& value) {
    if (value.digits < 0) return std::nullopt;
    const auto estimate = Number::nearest(std::sqrt(value.approximate()));
    if (!estimate) return std::nullopt;
    const auto square = multiply(*estimate, *estimate);
    if (square && compare(*square, value) == 0) return estimate;
    return estimate;
}

/// 1.587 means anything from 1.5865 to 1.5875. The bound away from zero is rounded, the one towards
/// zero is cut, as the conformance cases of the continuous build do.
std::optional<std::string> number_boundary(const Number& number, std::int64_t places, bool high) {
    if (places < 0 || places > kMaxPlaces) return std::nullopt;
    const auto doubled = multiply(number, Number::of(10));
    if (!doubled) return std::nullopt;
    const auto half = Number{5, number.scale + 1};
    const auto bound = high ? add(number, half) : subtract(number, half);
    if (!bound) return std::nullopt;
    const bool outward = high ? number.digits >= 0 : number.digits < 0;
    const auto result = rounded(*bound, static_cast<int>(places),
                                outward ? Rounding::HalfAwayFromZero : Rounding::TowardZero);
    if (!result) return std::nullopt;
    std::string text = result->text();
    if (bound->digits < 0 && result->is_zero()) text.insert(0, 1, '-');
    return text;
}

}  // namespace

bool Evaluator::call_math(const Syntax& node, const Scope& scope, const Collection& in,
                          Collection& out) {
    std::optional<Item> item;
    if (!single_input(node, in, item)) return false;
    if (!item) return true;
    const auto number = number_of(*item);
    const bool quantity = item->kind() == Kind::Quantity;

    if (node.function == Function::Comparable) {
        std::optional<Item> other;
        if (!argument(node, scope, 0, other)) return false;
        if (!other) return true;
        if (!quantity || other->kind() != Kind::Quantity)
            return fail(node, "comparable() is about quantities");
        const auto a = parse_unit(item->unit(), item->calendar_unit());
        const auto b = parse_unit(other->unit(), other->calendar_unit());
        const bool same =
            item->unit() == other->unit() && item->calendar_unit() == other->calendar_unit();
        out.push_back(Item::boolean(same || (a && b && a->dimensions == b->dimensions)));
        return true;
    }
    if (node.function == Function::Precision) {
        if (const auto temporal = temporal_of(*item)) {
            out.push_back(Item::integer(digits_of(*temporal)));
        } else if (number && !quantity) {
            out.push_back(Item::integer(number->scale));
        } else {
            return fail(node, "precision() needs a decimal, date or time");
        }
        return true;
    }
    if (node.function == Function::LowBoundary || node.function == Function::HighBoundary) {
        const bool high = node.function == Function::HighBoundary;
        std::optional<std::int64_t> places;
        if (!whole_argument(node, scope, 0, places)) return false;
        if (const auto temporal = temporal_of(*item)) {
            const std::int64_t whole = item->kind() == Kind::Time   ? 9
                                       : item->kind() == Kind::Date ? 8
                                                                    : 17;
            const auto bound = boundary(*temporal, static_cast<int>(places.value_or(whole)), high);
            if (!bound) return true;
            const bool date =
                item->kind() != Kind::Time && bound->precision <= Temporal::Precision::Day;
            out.push_back(Item::temporal(date ? Kind::Date : item->kind(), bound->text()));
            return true;
        }
        if (!number) return fail(node, "a boundary needs a number, date or time");
        const auto bound = number_boundary(*number, places.value_or(kDefaultPlaces), high);
        if (!bound) return true;
        out.push_back(quantity ? Item::quantity(*bound, item->unit(), item->calendar_unit())
                               : Item::decimal(*bound));
        return true;
    }

    if (!number) {
        if (item->kind() == Kind::Decimal || quantity) return true;  // beyond our 38 digits
        return fail(node, "the function needs a number");
    }
    const bool whole = item->kind() == Kind::Integer;
    const auto put_decimal = [&](const std::optional<Number>& value) {
        if (value) out.push_back(Item::decimal(value->text()));
        return true;
    };
    const auto put_whole = [&](Rounding rounding) {
        const auto result = rounded(*number, 0, rounding);
        const auto value = result ? result->whole() : std::nullopt;
        if (value) out.push_back(Item::integer(*value));
        return true;
    };
    if (node.function == Function::Abs) {
        const Number value = number->digits < 0 ? negate(*number) : *number;
        if (quantity) {
            out.push_back(Item::quantity(value.text(), item->unit(), item->calendar_unit()));
        } else if (whole) {
            if (const auto result = value.whole()) out.push_back(Item::integer(*result));
        } else {
            return put_decimal(value);
        }
        return true;
    }
    if (quantity) return fail(node, "the function needs a number");
    const long double value = number->approximate();
    switch (node.function) {
        case Function::Ceiling:
            return put_whole(Rounding::Up);
        case Function::Floor:
            return put_whole(Rounding::Down);
        case Function::Truncate:
            return put_whole(Rounding::TowardZero);
        case Function::Round: {
            std::optional<std::int64_t> places;
            if (!whole_argument(node, scope, 0, places)) return false;
            if (places.value_or(0) < 0 || places.value_or(0) > kMaxPlaces)
                return fail(node, "round() takes 0 to 28 places");
            return put_decimal(
                rounded(*number, static_cast<int>(places.value_or(0)), Rounding::HalfAwayFromZero));
        }
        case Function::Sqrt:
            return put_decimal(square_root(*number));
        case Function::Exp:
            return put_decimal(Number::nearest(std::exp(value)));
        case Function::Ln:
            return put_decimal(value > 0 ? Number::nearest(std::log(value)) : std::nullopt);
        default:
            break;
    }
    std::optional<Item> other;
    if (!argument(node, scope, 0, other)) return false;
    if (!other) return true;
    const auto by = number_of(*other);
    if (!by || other->kind() == Kind::Quantity) return fail(node, "the function needs a number");
    if (node.function == Function::Log) {
        const long double base = by->approximate();
        if (value <= 0 || base <= 0 || base == 1) return true;
        return put_decimal(Number::nearest(std::log(value) / std::log(base)));
    }
    // power(): exact for a whole exponent.
    if (const auto exponent = by->whole()) {
        const auto result = power(*number, *exponent);
        if (!result) return true;
        if (whole && other->kind() == Kind::Integer && *exponent >= 0) {
            const auto integer = result->whole();
            if (integer && *integer >= INT32_MIN && *integer <= INT32_MAX)
                out.push_back(Item::integer(*integer));
            return true;
        }
        return put_decimal(result);
    }
    if (value < 0) return true;
    return put_decimal(Number::nearest(std::pow(value, by->approximate())));
}

}  // namespace tsunagi::fhirpath

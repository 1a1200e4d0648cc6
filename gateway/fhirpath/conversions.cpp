#include "fhirpath/evaluator.h"
#include "fhirpath/units.h"

/// toX() and convertsToX() (N1 section 5.5).
namespace tsunagi::fhirpath {
namespace {

using Kind = Item::Kind;

std::string lower_ascii(std::string_view text) {
    std::string out{text};
    for (char& c : out) {
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + 32);
    }
    return out;
}

bool is_plain_number(std::string_view text) {
    return !text.empty() && text.find_first_of("eE") == std::string_view::npos;
}

}  // namespace

std::optional<Item> to_boolean(const Item& system) {
    switch (system.kind()) {
        case Kind::Boolean:
            return system;
        case Kind::Integer:
        case Kind::Decimal: {
            const auto number = number_of(system);
            if (!number) return std::nullopt;
            const auto whole = number->whole();
            if (!whole || *whole < 0 || *whole > 1) return std::nullopt;
            return Item::boolean(*whole == 1);
        }
        case Kind::String: {
            const std::string word = lower_ascii(system.text());
            for (const std::string_view yes : {"true", "t", "yes", "y", "1", "1.0"}) {
                if (word == yes) return Item::boolean(true);
            }
            for (const std::string_view no : {"false", "f", "no", "n", "0", "0.0"}) {
                if (word == no) return Item::boolean(false);
            }
            return std::nullopt;
        }
        default:
            return std::nullopt;
    }
}

std::optional<Item> to_integer(const Item& system) {
    if (system.kind() == Kind::Integer) return system;
    if (system.kind() == Kind::Boolean) return Item::integer(system.truth() ? 1 : 0);
    if (system.kind() != Kind::String || system.text().find('.') != std::string_view::npos ||
        !is_plain_number(system.text()))
        return std::nullopt;
    const auto number = Number::parse(system.text());
    if (!number) return std::nullopt;
    const auto whole = number->whole();
    if (!whole || *whole < INT32_MIN || *whole > INT32_MAX) return std::nullopt;
    return Item::integer(*whole);
}

std::optional<Item> to_decimal(const Item& system) {
    switch (system.kind()) {
        case Kind::Decimal:
            return system;
        case Kind::Integer:
            return Item::decimal(std::to_string(system.number()));
        case Kind::Boolean:
            return Item::decimal(system.truth() ? "1.0" : "0.0");
        case Kind::String: {
            auto text = system.text();
            if (text.starts_with('+')) text.remove_prefix(1);
            if (!is_plain_number(text) || text.starts_with('+') || !Number::parse(text))
                return std::nullopt;
            return Item::decimal(std::string{text});
        }
        default:
            return std::nullopt;
    }
}

std::optional<Item> to_temporal(const Item& system, Kind kind) {
    if (system.kind() == kind) return system;
    const auto wanted = kind == Kind::Date       ? Temporal::Kind::Date
                        : kind == Kind::DateTime ? Temporal::Kind::DateTime
                                                 : Temporal::Kind::Time;
    if (system.kind() == Kind::String) {
        auto text = system.text();
        if (text.starts_with('@')) text.remove_prefix(1);
        if (kind == Kind::Time && text.starts_with('T')) text.remove_prefix(1);
        // A dateTime text is a date too: toDate() cuts it.
        const auto value =
            Temporal::parse(kind == Kind::Date ? Temporal::Kind::DateTime : wanted, text);
        if (!value) return std::nullopt;
        return Item::temporal(kind,
                              kind == Kind::Date ? value->as(wanted).text() : std::string{text});
    }
    const bool dates =
        kind != Kind::Time && (system.kind() == Kind::Date || system.kind() == Kind::DateTime);
    if (!dates) return std::nullopt;
    const auto value = temporal_of(system);
    if (!value) return std::nullopt;
    return Item::temporal(kind, value->as(wanted).text());
}

std::optional<Item> to_quantity(const Item& system) {
    switch (system.kind()) {
        case Kind::Quantity:
            return system;
        case Kind::Integer:
            return Item::quantity(std::to_string(system.number()), "1", false);
        case Kind::Decimal:
            return Item::quantity(system.text(), "1", false);
        case Kind::Boolean:
            return Item::quantity(system.truth() ? "1.0" : "0.0", "1", false);
        case Kind::String: {
            const auto text = system.text();
            const auto blank = text.find_first_of(" \t");
            const auto number = text.substr(0, blank);
            if (!is_plain_number(number) || !Number::parse(number)) return std::nullopt;
            if (blank == std::string_view::npos) return Item::quantity(number, "1", false);
            const auto start = text.find_first_not_of(" \t", blank);
            if (start == std::string_view::npos) return std::nullopt;
            const auto unit = text.substr(start);
            if (unit.size() > 2 && unit.front() == '\'' && unit.back() == '\'')
                return Item::quantity(number, unit.substr(1, unit.size() - 2), false);
            if (time_unit(unit, false)) return Item::quantity(number, unit, true);
            return std::nullopt;
        }
        default:
            return std::nullopt;
    }
}

bool Evaluator::call_convert(const Syntax& node, const Scope& scope, const Collection& in,
                             Collection& out) {
    std::optional<Item> item;
    if (!single_input(node, in, item)) return false;
    if (!item) return true;
    std::optional<Item> result;
    bool asks = false;
    switch (node.function) {
        case Function::ConvertsToBoolean:
            asks = true;
            [[fallthrough]];
        case Function::ToBoolean:
            result = to_boolean(*item);
            break;
        case Function::ConvertsToInteger:
            asks = true;
            [[fallthrough]];
        case Function::ToInteger:
            result = to_integer(*item);
            break;
        case Function::ConvertsToDecimal:
            asks = true;
            [[fallthrough]];
        case Function::ToDecimal:
            result = to_decimal(*item);
            break;
        case Function::ConvertsToString:
            asks = true;
            [[fallthrough]];
        case Function::ToString:
            if (auto text = text_of(*item)) result = Item::string(std::move(*text));
            break;
        case Function::ConvertsToDate:
            asks = true;
            [[fallthrough]];
        case Function::ToDate:
            result = to_temporal(*item, Kind::Date);
            break;
        case Function::ConvertsToDateTime:
            asks = true;
            [[fallthrough]];
        case Function::ToDateTime:
            result = to_temporal(*item, Kind::DateTime);
            break;
        case Function::ConvertsToTime:
            asks = true;
            [[fallthrough]];
        case Function::ToTime:
            result = to_temporal(*item, Kind::Time);
            break;
        case Function::ConvertsToQuantity:
            asks = true;
            [[fallthrough]];
        default: {
            result = to_quantity(*item);
            std::optional<std::string> unit;
            if (!text_argument(node, scope, 0, unit)) return false;
            if (!result || !unit) break;
            const bool calendar = time_unit(*unit, false).has_value();
            const auto number = number_of(*result);
            const auto converted =
                number ? convert(*number, result->unit(), result->calendar_unit(), *unit, calendar)
                       : std::nullopt;
            result = converted ? std::optional{Item::quantity(converted->text(), *unit, calendar)}
                               : std::nullopt;
        }
    }
    if (asks) {
        out.push_back(Item::boolean(result.has_value()));
    } else if (result) {
        out.push_back(std::move(*result));
    }
    return true;
}

}  // namespace tsunagi::fhirpath

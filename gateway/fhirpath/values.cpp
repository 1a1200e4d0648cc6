#include <algorithm>
#include <array>
#include <charconv>
#include <functional>

#include "fhirpath/evaluator.h"
#include "fhirpath/units.h"

namespace tsunagi::fhirpath {
namespace {

using Kind = Item::Kind;

bool is_quantity_type(const fhir::TypeDef* type) {
    for (; type != nullptr; type = type->base) {
        if (type->name == "Quantity") return true;
    }
    return false;
}

Item quantity_value(const Item& item) {
    const json::Value node = item.node();
    const json::Value value = node["value"];
    // A comparator ("<5") makes it a range, not a value.
    if (!value.is_number() || node["comparator"]) return item;
    const bool ucum = node["system"].text() == "http://unitsofmeasure.org";
    if (ucum || node["code"].text().empty()) {
        const auto code = ucum ? node["code"].text() : node["unit"].text();
        return Item::quantity(value.text(), code.empty() ? "1" : code, false);
    }
    return Item::quantity(value.text(), node["unit"].text(), false);
}

Kind kind_of_primitive(fhir::Primitive primitive) {
    using fhir::Primitive;
    switch (primitive) {
        case Primitive::Boolean:
            return Kind::Boolean;
        case Primitive::Integer:
        case Primitive::UnsignedInt:
        case Primitive::PositiveInt:
            return Kind::Integer;
        case Primitive::Decimal:
            return Kind::Decimal;
        case Primitive::Date:
            return Kind::Date;
        case Primitive::DateTime:
        case Primitive::Instant:
            return Kind::DateTime;
        case Primitive::Time:
            return Kind::Time;
        default:
            return Kind::String;
    }
}

bool is_number(Kind kind) { return kind == Kind::Integer || kind == Kind::Decimal; }
bool is_date(Kind kind) { return kind == Kind::Date || kind == Kind::DateTime; }

std::string folded(std::string_view text) {
    std::string out;
    bool blank = false;
    for (const char c : text) {
        if (c == ' ' || c == '\t' || c == '\r' || c == '\n') {
            blank = !out.empty();
            continue;
        }
        if (blank) out.push_back(' ');
        blank = false;
        out.push_back(c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c);
    }
    return out;
}

bool same_number(std::string_view left, std::string_view right) {
    if (left == right) return true;
    const auto a = Number::parse(left);
    const auto b = Number::parse(right);
    return a && b && compare(*a, *b) == 0;
}

/// Rounded to the precision of the less precise one (N1 6.1.2).
bool about_same(const Number& left, const Number& right) {
    const int scale = std::min(left.reduced().scale, right.reduced().scale);
    const auto a = rounded(left, scale, Rounding::HalfAwayFromZero);
    const auto b = rounded(right, scale, Rounding::HalfAwayFromZero);
    return a && b && compare(*a, *b) == 0;
}

bool same_tree(json::Value left, json::Value right, bool loose) {
    if (left.node() == right.node()) return true;
    if (left.kind() != right.kind() || left.size() != right.size()) return false;
    switch (left.kind()) {
        case json::Kind::Null:
            return true;
        case json::Kind::Bool:
            return left.truth() == right.truth();
        case json::Kind::Number:
            return same_number(left.text(), right.text());
        case json::Kind::String:
            return loose ? folded(left.text()) == folded(right.text())
                         : left.text() == right.text();
        case json::Kind::Object:
            return std::all_of(left.begin(), left.end(), [&](json::Value member) {
                const json::Value twin = right[member.key()];
                return twin && same_tree(member, twin, loose);
            });
        case json::Kind::Array:
            break;
    }
    if (!loose) {
        auto twin = right.begin();
        for (const json::Value item : left) {
            if (!same_tree(item, *twin, loose)) return false;
            ++twin;
        }
        return true;
    }
    std::vector<json::Value> rest(right.begin(), right.end());
    for (const json::Value item : left) {
        const auto found = std::find_if(rest.begin(), rest.end(), [&](json::Value other) {
            return same_tree(item, other, loose);
        });
        if (found == rest.end()) return false;
        rest.erase(found);
    }
    return true;
}

std::size_t mix(std::size_t seed, std::size_t value) {
    return seed ^ (value + 0x9E3779B97F4A7C15U + (seed << 6) + (seed >> 2));
}

std::size_t hash_number(const std::optional<Number>& number) {
    if (!number) return 3;
    const Number plain = number->reduced();
    return mix(static_cast<std::size_t>(static_cast<std::uint64_t>(plain.digits)),
               static_cast<std::size_t>(plain.scale));
}

std::size_t hash_tree(json::Value value) {
    switch (value.kind()) {
        case json::Kind::Null:
            return 1;
        case json::Kind::Bool:
            return value.truth() ? 5 : 7;
        case json::Kind::Number:
            return hash_number(Number::parse(value.text()));
        case json::Kind::String:
            return std::hash<std::string_view>{}(value.text());
        case json::Kind::Array: {
            std::size_t seed = 11;
            for (const json::Value item : value) seed = mix(seed, hash_tree(item));
            return seed;
        }
        case json::Kind::Object: {
            std::size_t sum = 13;  // members in any order
            for (const json::Value member : value)
                sum += mix(std::hash<std::string_view>{}(member.key()), hash_tree(member));
            return sum;
        }
    }
    return 0;
}

bool calendar_blocks(const Item& left, const Item& right) {
    // A calendar year or month is no fixed time: it compares with its own kind only (N1 6.1.1).
    return left.calendar_unit() != right.calendar_unit() && left.unit() != right.unit();
}

Truth equal_quantities(const Item& left, const Item& right) {
    const auto a = Number::parse(left.text());
    const auto b = Number::parse(right.text());
    if (!a || !b) return Truth::False;
    const auto result = compare_quantities(*a, left.unit(), left.calendar_unit(), *b, right.unit(),
                                           right.calendar_unit());
    if (!result) return calendar_blocks(left, right) ? Truth::Unknown : Truth::False;
    return truth_from(*result == 0);
}

/// Quantity against a bare number: the number counts as unit "1".
Item as_quantity(const Item& item) {
    if (item.kind() == Kind::Integer)
        return Item::quantity(std::to_string(item.number()), "1", false);
    if (item.kind() == Kind::Decimal) return Item::quantity(item.text(), "1", false);
    return item;
}

}  // namespace

bool append_truth(Truth truth, Collection& out) {
    if (truth == Truth::Fail) return false;
    if (truth != Truth::Unknown) out.push_back(Item::boolean(truth == Truth::True));
    return true;
}

Item system_value(const Item& item) {
    if (!item.is_node()) return item;
    const json::Value value = item.node();
    if (!value) return item;
    const fhir::TypeDef* type = item.type();
    if (value.is_object()) return is_quantity_type(type) ? quantity_value(item) : item;
    if (value.is_bool()) return Item::boolean(value.truth());
    if (value.is_number()) {
        const bool known = type != nullptr && type->primitive != fhir::Primitive::None;
        const bool whole = known ? kind_of_primitive(type->primitive) == Kind::Integer
                                 : value.text().find_first_of(".eE") == std::string_view::npos;
        std::int64_t number = 0;
        const auto text = value.text();
        if (whole &&
            std::from_chars(text.data(), text.data() + text.size(), number).ec == std::errc{})
            return Item::integer(number);
        return Item::borrowed(Kind::Decimal, text);
    }
    if (!value.is_string()) return item;
    Kind kind = type != nullptr ? kind_of_primitive(type->primitive) : Kind::String;
    if (kind == Kind::Boolean || is_number(kind)) kind = Kind::String;  // wrong JSON kind
    return Item::borrowed(kind, value.text());
}

std::optional<Number> number_of(const Item& system) {
    if (system.kind() == Kind::Integer) return Number::of(system.number());
    if (system.kind() == Kind::Decimal || system.kind() == Kind::Quantity)
        return Number::parse(system.text());
    return std::nullopt;
}

std::optional<Temporal> temporal_of(const Item& system) {
    switch (system.kind()) {
        case Kind::Date:
            return Temporal::parse(Temporal::Kind::Date, system.text());
        case Kind::DateTime:
            return Temporal::parse(Temporal::Kind::DateTime, system.text());
        case Kind::Time:
            return Temporal::parse(Temporal::Kind::Time, system.text());
        default:
            return std::nullopt;
    }
}

Truth equal(const Item& left_item, const Item& right_item) {
    if (right_item.kind() == Kind::String && left_item.is_node() && left_item.node().is_string() &&
        (left_item.type() == nullptr ||
         kind_of_primitive(left_item.type()->primitive) == Kind::String))
        return truth_from(left_item.text() == right_item.text());
    if (left_item.is_node() && right_item.is_node() && left_item.node() &&
        left_item.node().node() == right_item.node().node() &&
        left_item.companion().node() == right_item.companion().node() &&
        left_item.node().is_object())
        return Truth::True;
    const Item left = system_value(left_item);
    const Item right = system_value(right_item);
    if (left.is_node() || right.is_node()) {
        if (!left.is_node() || !right.is_node()) return Truth::False;
        return truth_from(same_tree(left.node(), right.node(), false) &&
                          same_tree(left.companion(), right.companion(), false));
    }
    if (left.kind() == Kind::Quantity || right.kind() == Kind::Quantity) {
        const Item a = as_quantity(left);
        const Item b = as_quantity(right);
        if (a.kind() != b.kind()) return Truth::False;
        return equal_quantities(a, b);
    }
    if (is_number(left.kind()) && is_number(right.kind())) {
        if (left.kind() == Kind::Integer && right.kind() == Kind::Integer)
            return truth_from(left.number() == right.number());
        const auto a = number_of(left);
        const auto b = number_of(right);
        return truth_from(a && b && compare(*a, *b) == 0);
    }
    if ((is_date(left.kind()) && is_date(right.kind())) ||
        (left.kind() == Kind::Time && right.kind() == Kind::Time)) {
        const auto a = temporal_of(left);
        const auto b = temporal_of(right);
        if (!a || !b) return truth_from(left.text() == right.text());
        const auto result = compare(*a, *b);
        return result ? truth_from(*result == 0) : Truth::Unknown;
    }
    if (left.kind() != right.kind()) return Truth::False;
    if (left.kind() == Kind::Boolean) return truth_from(left.truth() == right.truth());
    return truth_from(left.text() == right.text());
}

Truth equal(const Collection& left, const Collection& right) {
    if (left.empty() || right.empty()) return Truth::Unknown;
    if (left.size() != right.size()) return Truth::False;
    Truth result = Truth::True;
    for (std::size_t i = 0; i < left.size(); ++i) {
        const Truth one = equal(left[i], right[i]);
        if (one == Truth::False) return Truth::False;
        if (one == Truth::Unknown) result = Truth::Unknown;
    }
    return result;
}

bool equivalent(const Item& left_item, const Item& right_item) {
    const Item left = system_value(left_item);
    const Item right = system_value(right_item);
    if (left.is_node() || right.is_node())
        return left.is_node() && right.is_node() && same_tree(left.node(), right.node(), true);
    if (left.kind() == Kind::Quantity && right.kind() == Kind::Quantity) {
        const auto a = Number::parse(left.text());
        const auto b = Number::parse(right.text());
        if (!a || !b) return false;
        const auto year = [](const Item& item) {
            const auto unit = time_unit(item.unit(), !item.calendar_unit());
            return unit && *unit <= TimeUnit::Month ? unit : std::optional<TimeUnit>{};
        };
        if (const auto unit = year(left); unit && unit == year(right)) return about_same(*a, *b);
        const auto other =
            convert(*b, right.unit(), right.calendar_unit(), left.unit(), left.calendar_unit());
        return other && about_same(*a, *other);
    }
    if (is_number(left.kind()) && is_number(right.kind())) {
        const auto a = number_of(left);
        const auto b = number_of(right);
        return a && b && about_same(*a, *b);
    }
    if (left.kind() == Kind::String && right.kind() == Kind::String)
        return folded(left.text()) == folded(right.text());
    return equal(left, right) == Truth::True;
}

bool equivalent(const Collection& left, const Collection& right) {
    if (left.size() != right.size()) return false;
    std::vector<const Item*> rest;
    rest.reserve(right.size());
    for (const Item& item : right) rest.push_back(&item);
    for (const Item& item : left) {
        const auto found = std::find_if(
            rest.begin(), rest.end(), [&](const Item* other) { return equivalent(item, *other); });
        if (found == rest.end()) return false;
        rest.erase(found);
    }
    return true;
}

std::size_t hash_of(const Item& item) {
    const Item system = system_value(item);
    switch (system.kind()) {
        case Kind::Node:
            return hash_tree(system.node());
        case Kind::Boolean:
            return system.truth() ? 17 : 19;
        case Kind::Integer:
        case Kind::Decimal:
        case Kind::Quantity:
            // Quantities of different units may be equal, and equal to a number of unit 1.
            if (system.kind() == Kind::Quantity && system.unit() != "1") return 23;
            return hash_number(number_of(system));
        case Kind::Date:
        case Kind::DateTime:
        case Kind::Time:
            return 29;  // spelled differently, yet equal
        default:
            return std::hash<std::string_view>{}(system.text());
    }
}

std::optional<int> order(const Item& left_item, const Item& right_item, bool& comparable) {
    const Item left = system_value(left_item);
    const Item right = system_value(right_item);
    comparable = true;
    if (left.kind() == Kind::Integer && right.kind() == Kind::Integer)
        return left.number() < right.number() ? -1 : left.number() > right.number() ? 1 : 0;
    if (is_number(left.kind()) && is_number(right.kind())) {
        const auto a = number_of(left);
        const auto b = number_of(right);
        if (!a || !b) return std::nullopt;
        return compare(*a, *b);
    }
    if (left.kind() == Kind::String && right.kind() == Kind::String) {
        const int result = left.text().compare(right.text());
        return result < 0 ? -1 : result > 0 ? 1 : 0;
    }
    if ((is_date(left.kind()) && is_date(right.kind())) ||
        (left.kind() == Kind::Time && right.kind() == Kind::Time)) {
        const auto a = temporal_of(left);
        const auto b = temporal_of(right);
        if (!a || !b) return std::nullopt;
        return compare(*a, *b);
    }
    if (left.kind() == Kind::Quantity || right.kind() == Kind::Quantity) {
        const Item a = as_quantity(left);
        const Item b = as_quantity(right);
        if (a.kind() == b.kind()) {
            const auto x = Number::parse(a.text());
            const auto y = Number::parse(b.text());
            if (!x || !y) return std::nullopt;
            return compare_quantities(*x, a.unit(), a.calendar_unit(), *y, b.unit(),
                                      b.calendar_unit());
        }
    }
    comparable = false;
    return std::nullopt;
}

std::optional<std::string> text_of(const Item& system) {
    switch (system.kind()) {
        case Kind::Boolean:
            return system.truth() ? "true" : "false";
        case Kind::Integer:
            return std::to_string(system.number());
        case Kind::Decimal:
        case Kind::String:
        case Kind::Date:
        case Kind::DateTime:
        case Kind::Time:
            return std::string{system.text()};
        case Kind::Quantity: {
            std::string out{system.text()};
            out += ' ';
            if (system.calendar_unit()) return out += system.unit();
            return out += '\'' + std::string{system.unit()} + '\'';
        }
        default:
            return std::nullopt;
    }
}

std::string_view system_type_name(Kind kind) {
    static constexpr std::array<std::string_view, 11> kNames{
        "",     "",         "Boolean", "Integer",  "Decimal",       "String",
        "Date", "DateTime", "Time",    "Quantity", "SimpleTypeInfo"};
    return kNames[static_cast<std::size_t>(kind)];
}

bool has_type(const Item& item, std::string_view space, std::string_view name) {
    if (!item.is_node()) return space != "FHIR" && system_type_name(item.kind()) == name;
    if (space == "System") return false;
    if (item.type() == nullptr) {
        if (type_name(item) == name) return true;
        return item.node()["resourceType"] && (name == "Resource" || name == "DomainResource");
    }
    for (const fhir::TypeDef* type = item.type(); type != nullptr; type = type->base) {
        if (type->name == name) return true;
    }
    return false;
}

bool DistinctItems::contains(const Item& item) const {
    const auto same = [&](const Item& other) { return equal(other, item) == Truth::True; };
    if (many_.empty()) return std::any_of(few_.begin(), few_.end(), same);
    const auto [first, last] = many_.equal_range(hash_of(item));
    return std::any_of(first, last, [&](const auto& entry) { return same(entry.second); });
}

bool DistinctItems::insert(const Item& item) {
    if (contains(item)) return false;
    if (many_.empty() && few_.size() < kFew) {
        few_.push_back(item);
        return true;
    }
    for (Item& old : few_) {
        const std::size_t hash = hash_of(old);
        many_.emplace(hash, std::move(old));
    }
    few_.clear();
    many_.emplace(hash_of(item), item);
    return true;
}

}  // namespace tsunagi::fhirpath

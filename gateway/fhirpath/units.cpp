#include "fhirpath/units.h"

#include <charconv>
#include <string>

#include "fhirpath/temporal.h"

namespace tsunagi::fhirpath {
namespace {

constexpr std::size_t kCalendarMonth = 7;  // in Unit::dimensions

struct Atom {
    std::string_view code;
    bool metric;
    std::string_view factor;
    std::array<int, 12> dimensions;
};

// UCUM 2.1 tables 2-9: what appears in clinical documents. Order of dimensions as in Unit.
constexpr auto kAtoms = std::to_array<Atom>({
    {"m", true, "1", {1}},
    {"s", true, "1", {0, 1}},
    {"g", true, "1", {0, 0, 1}},
    {"rad", true, "1", {0, 0, 0, 1}},
    {"K", true, "1", {0, 0, 0, 0, 1}},
    {"C", true, "1", {0, 0, 0, 0, 0, 1}},
    {"cd", true, "1", {0, 0, 0, 0, 0, 0, 1}},
    {"Cel", true, "1", {0, 0, 0, 0, 0, 0, 0, 0, 1}},
    {"[degF]", false, "1", {0, 0, 0, 0, 0, 0, 0, 0, 0, 1}},
    {"mol", true, "1", {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1}},
    {"[iU]", true, "1", {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1}},
    {"[IU]", true, "1", {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1}},
    {"U", true, "0.000001", {0, -1, 0, 0, 0, 0, 0, 0, 0, 0, 1}},  // umol/min: 60 divides below
    {"min", false, "60", {0, 1}},
    {"h", false, "3600", {0, 1}},
    {"d", false, "86400", {0, 1}},
    {"wk", false, "604800", {0, 1}},
    {"mo", false, "2629800", {0, 1}},
    {"a", false, "31557600", {0, 1}},
    {"l", true, "0.001", {3}},
    {"L", true, "0.001", {3}},
    {"t", true, "1000000", {0, 0, 1}},
    {"Hz", true, "1", {0, -1}},
    {"N", true, "1000", {1, -2, 1}},
    {"Pa", true, "1000", {-1, -2, 1}},
    {"J", true, "1000", {2, -2, 1}},
    {"W", true, "1000", {2, -3, 1}},
    {"A", true, "1", {0, -1, 0, 0, 0, 1}},
    {"V", true, "1000", {2, -2, 1, 0, 0, -1}},
    {"bar", true, "100000000", {-1, -2, 1}},
    {"m[Hg]", true, "133322000", {-1, -2, 1}},
    {"m[H2O]", true, "9806650", {-1, -2, 1}},
    {"cal", true, "4184", {2, -2, 1}},
    {"eq", true, "1", {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1}},
    {"osm", true, "1", {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1}},
    {"%", false, "0.01", {}},
    {"[ppth]", false, "0.001", {}},
    {"[ppm]", false, "0.000001", {}},
    {"deg", false, "0.01745329251994329577", {0, 0, 0, 1}},
    {"[lb_av]", false, "453.59237", {0, 0, 1}},
    {"[oz_av]", false, "28.349523125", {0, 0, 1}},
    {"[in_i]", false, "0.0254", {1}},
    {"[ft_i]", false, "0.3048", {1}},
    {"[yd_i]", false, "0.9144", {1}},
    {"[mi_i]", false, "1609.344", {1}},
});

struct Prefix {
    std::string_view code;
    std::string_view factor;
};

constexpr auto kPrefixes = std::to_array<Prefix>({
    {"da", "10"},
    {"h", "100"},
    {"k", "1000"},
    {"M", "1000000"},
    {"G", "1000000000"},
    {"T", "1e12"},
    {"d", "0.1"},
    {"c", "0.01"},
    {"m", "0.001"},
    {"u", "0.000001"},
    {"n", "1e-9"},
    {"p", "1e-12"},
    {"f", "1e-15"},
});

std::optional<Unit> unit_of(const Atom& atom) {
    const auto factor = Number::parse(atom.factor);
    if (!factor) return std::nullopt;
    Unit unit{*factor, Number::of(1), atom.dimensions};
    if (atom.code == "U") unit.divisor = Number::of(60);
    return unit;
}

std::optional<Unit> simple_unit(std::string_view code) {
    for (const Atom& atom : kAtoms) {
        if (atom.code == code) return unit_of(atom);
    }
    for (const Prefix& prefix : kPrefixes) {
        if (!code.starts_with(prefix.code)) continue;
        const auto rest = code.substr(prefix.code.size());
        for (const Atom& atom : kAtoms) {
            if (!atom.metric || atom.code != rest) continue;
            auto unit = unit_of(atom);
            const auto by = Number::parse(prefix.factor);
            if (!unit || !by) return std::nullopt;
            const auto factor = multiply(unit->factor, *by);
            if (!factor) return std::nullopt;
            unit->factor = *factor;
            return unit;
        }
    }
    return std::nullopt;
}

/// component ( ('.' | '/') component )*, as UCUM reads it: from left to right.
class UnitReader {
public:
    explicit UnitReader(std::string_view text) : text_(text) {}

    std::optional<Unit> term(int depth) {
        Unit result;
        bool divides = at_ < text_.size() && text_[at_] == '/';
        if (divides) ++at_;
        for (;;) {
            const auto part = component(depth);
            if (!part) return std::nullopt;
            const auto factor = multiply(result.factor, divides ? part->divisor : part->factor);
            const auto divisor = multiply(result.divisor, divides ? part->factor : part->divisor);
            if (!factor || !divisor) return std::nullopt;
            result.factor = *factor;
            result.divisor = *divisor;
            for (std::size_t i = 0; i < result.dimensions.size(); ++i)
                result.dimensions[i] += divides ? -part->dimensions[i] : part->dimensions[i];
            if (at_ >= text_.size() || (text_[at_] != '.' && text_[at_] != '/')) return result;
            divides = text_[at_] == '/';
            ++at_;
        }
    }
    bool done() const { return at_ == text_.size(); }

private:
    std::optional<Unit> component(int depth) {
        if (at_ < text_.size() && text_[at_] == '(') {
            if (depth > 8) return std::nullopt;
            ++at_;
            auto inner = term(depth + 1);
            if (!inner || at_ >= text_.size() || text_[at_] != ')') return std::nullopt;
            ++at_;
            return inner;
        }
        if (at_ < text_.size() && text_[at_] == '{')
            return annotation() ? std::optional{Unit{}} : std::nullopt;
        const std::size_t start = at_;
        if (is_digit()) {
            while (is_digit()) ++at_;
            const auto code = text_.substr(start, at_ - start);
            if (code == "10" && at_ < text_.size() && (text_[at_] == '*' || text_[at_] == '^')) {
                ++at_;
                const auto exponent = read_exponent();
                if (!exponent) return std::nullopt;
                const auto factor = power(Number::of(10), *exponent);
                if (!factor) return std::nullopt;
                return Unit{*factor, Number::of(1), {}};
            }
            const auto number = Number::parse(code);
            if (!number || number->is_zero()) return std::nullopt;
            return Unit{*number, Number::of(1), {}};
        }
        bool bracket = false;
        while (at_ < text_.size()) {
            const char c = text_[at_];
            if (c == '[') bracket = true;
            if (!bracket && (c == '.' || c == '/' || c == ')' || c == '{' || c == '+' || c == '-' ||
                             is_digit()))
                break;
            if (c == ']') bracket = false;
            ++at_;
        }
        if (at_ == start) return std::nullopt;
        auto unit = simple_unit(text_.substr(start, at_ - start));
        if (!unit) return std::nullopt;
        if (at_ < text_.size() && (text_[at_] == '+' || text_[at_] == '-' || is_digit())) {
            const auto exponent = read_exponent();
            if (!exponent || *exponent > 12 || *exponent < -12) return std::nullopt;
            const int times = *exponent < 0 ? -*exponent : *exponent;
            const auto factor = power(unit->factor, times);
            const auto divisor = power(unit->divisor, times);
            if (!factor || !divisor) return std::nullopt;
            unit->factor = *exponent < 0 ? *divisor : *factor;
            unit->divisor = *exponent < 0 ? *factor : *divisor;
            for (int& dimension : unit->dimensions) dimension *= *exponent;
        }
        if (at_ < text_.size() && text_[at_] == '{' && !annotation()) return std::nullopt;
        return unit;
    }
    bool annotation() {
        const auto close = text_.find('}', at_);
        if (close == std::string_view::npos) return false;
        at_ = close + 1;
        return true;
    }
    bool is_digit() const { return at_ < text_.size() && text_[at_] >= '0' && text_[at_] <= '9'; }
    std::optional<int> read_exponent() {
        if (at_ < text_.size() && text_[at_] == '+') ++at_;
        int exponent = 0;
        const auto [stop, fault] =
            std::from_chars(text_.data() + at_, text_.data() + text_.size(), exponent);
        if (fault != std::errc{} || exponent > 30 || exponent < -30) return std::nullopt;
        at_ = static_cast<std::size_t>(stop - text_.data());
        return exponent;
    }

    std::string_view text_;
    std::size_t at_ = 0;
};

std::optional<Number> product(const Number& a, const Number& b, const Number& c) {
    const auto first = multiply(a, b);
    return first ? multiply(*first, c) : std::nullopt;
}

}  // namespace

std::optional<Unit> parse_unit(std::string_view code, bool calendar) {
    if (calendar) {
        const auto unit = time_unit(code, false);
        if (!unit) return std::nullopt;
        if (*unit == TimeUnit::Year || *unit == TimeUnit::Month) {
            Unit months;
            months.factor = Number::of(*unit == TimeUnit::Year ? 12 : 1);
            months.dimensions[kCalendarMonth] = 1;
            return months;
        }
        static constexpr std::array<std::string_view, 8> kCodes{"",  "",    "wk", "d",
                                                                "h", "min", "s",  "ms"};
        return simple_unit(kCodes[static_cast<std::size_t>(*unit)]);
    }
    if (code.empty() || code == "1") return Unit{};
    if (code.size() > 80) return std::nullopt;
    UnitReader reader{code};
    auto unit = reader.term(0);
    if (!unit || !reader.done()) return std::nullopt;
    return unit;
}

std::optional<int> compare_quantities(const Number& left, std::string_view left_unit,
                                      bool left_calendar, const Number& right,
                                      std::string_view right_unit, bool right_calendar) {
    if (left_unit == right_unit && left_calendar == right_calendar) return compare(left, right);
    const auto a = parse_unit(left_unit, left_calendar);
    const auto b = parse_unit(right_unit, right_calendar);
    if (!a || !b || a->dimensions != b->dimensions) return std::nullopt;
    const auto x = product(left, a->factor, b->divisor);
    const auto y = product(right, b->factor, a->divisor);
    if (!x || !y) return std::nullopt;
    return compare(*x, *y);
}

std::optional<Number> convert(const Number& number, std::string_view from, bool from_calendar,
                              std::string_view to, bool to_calendar) {
    if (from == to && from_calendar == to_calendar) return number;
    const auto a = parse_unit(from, from_calendar);
    const auto b = parse_unit(to, to_calendar);
    if (!a || !b || a->dimensions != b->dimensions) return std::nullopt;
    const auto above = product(number, a->factor, b->divisor);
    const auto below = multiply(a->divisor, b->factor);
    if (!above || !below) return std::nullopt;
    return divide(*above, *below);
}

}  // namespace tsunagi::fhirpath

#include <algorithm>
#include <array>
#include <string_view>

#include "fhir/grammar.h"

/// The form of UCUM codes (ucum.org/ucum, sections 2 to 8). What units are worth: fhirpath/units.h.
namespace tsunagi::fhir {
namespace {

template <std::size_t Count>
constexpr std::array<std::string_view, Count> sorted(std::array<std::string_view, Count> list) {
    std::ranges::sort(list);
    return list;
}

constexpr auto kPrefixes = std::to_array<std::string_view>(
    {"Y", "Z", "E", "P", "T", "G", "M", "k", "h",  "da", "d",  "c",
     "m", "u", "n", "p", "f", "a", "z", "y", "Ki", "Mi", "Gi", "Ti"});

/// Units that take a prefix.
constexpr auto kMetric = sorted(std::to_array<std::string_view>(
    {"m",     "s",      "g",     "rad",      "K",        "C",     "cd",     "mol",      "sr",
     "Hz",    "N",      "Pa",    "J",        "W",        "A",     "V",      "F",        "Ohm",
     "S",     "Wb",     "Cel",   "T",        "H",        "lm",    "lx",     "Bq",       "Gy",
     "Sv",    "l",      "L",     "ar",       "t",        "bar",   "u",      "eV",       "pc",
     "[c]",   "[h]",    "[k]",   "[eps_0]",  "[mu_0]",   "[e]",   "[m_e]",  "[m_p]",    "[G]",
     "[g]",   "[ly]",   "gf",    "Ky",       "Gal",      "dyn",   "erg",    "P",        "Bi",
     "St",    "Mx",     "G",     "Oe",       "Gb",       "sb",    "Lmb",    "ph",       "Ci",
     "R",     "RAD",    "REM",   "cal_[15]", "cal_[20]", "cal_m", "cal_IT", "cal_th",   "cal",
     "tex",   "m[H2O]", "m[Hg]", "eq",       "osm",      "g%",    "kat",    "U",        "[iU]",
     "[IU]",  "Np",     "B",     "B[SPL]",   "B[V]",     "B[mV]", "B[uV]",  "B[10.nV]", "B[W]",
     "B[kW]", "st",     "mho",   "bit",      "By",       "Bd"}));

/// Units that take none; those in brackets aside, which is_symbol() lets pass.
constexpr auto kPlain = sorted(std::to_array<std::string_view>(
    {"%",   "gon", "deg", "'",   "''",   "min",  "h",     "d",       "a_t",
     "a_j", "a_g", "a",   "wk",  "mo_s", "mo_j", "mo_g",  "mo",      "AU",
     "atm", "Ao",  "b",   "att", "circ", "sph",  "bit_s", "%[slope]"}));

template <class List>
bool has(const List& list, std::string_view code) noexcept {
    return std::ranges::binary_search(list, code);
}

bool is_symbol(std::string_view code) noexcept {
    if (has(kMetric, code) || has(kPlain, code)) return true;
    // The customary and arbitrary units ("[in_i]", "[arb'U]"): a list that grows.
    if (code.size() > 2 && code.front() == '[' && code.find(']') == code.size() - 1) return true;
    return std::ranges::any_of(kPrefixes, [&](std::string_view prefix) {
        return code.starts_with(prefix) && has(kMetric, code.substr(prefix.size()));
    });
}

constexpr int kMaxNested = 16;

class UnitForm {
public:
    explicit UnitForm(std::string_view text) noexcept : text_(text) {}

    bool whole() noexcept {
        take('/');
        return term(0) && at_ == text_.size();
    }

private:
    bool term(int depth) noexcept {
        do {
            if (!component(depth)) return false;
        } while (take('.') || take('/'));
        return true;
    }

    bool component(int depth) noexcept {
        if (take('(')) return depth < kMaxNested && term(depth + 1) && take(')') && annotation();
        if (next() == '{') return annotation();
        if (is_digit(next())) {
            const std::size_t start = at_;
            digits();
            const bool is_ten = text_.substr(start, at_ - start) == "10";
            if (!is_ten || (!take('*') && !take('^'))) return annotation();
        } else if (!symbol()) {
            return false;
        }
        return exponent() && annotation();
    }

    bool symbol() noexcept {
        const std::size_t start = at_;
        for (bool in_brackets = false; at_ < text_.size(); ++at_) {
            const char c = text_[at_];
            constexpr std::string_view kEnds = "./(){}+-";
            if (c <= ' ' || c > '~') return false;
            if (!in_brackets && (is_digit(c) || kEnds.find(c) != std::string_view::npos)) break;
            in_brackets = c == '[' || (in_brackets && c != ']');
        }
        return is_symbol(text_.substr(start, at_ - start));
    }

    bool exponent() noexcept {
        const bool has_sign = take('+') || take('-');
        return digits() || !has_sign;
    }

    /// Text for people: printable ASCII. True also where there is none.
    bool annotation() noexcept {
        if (!take('{')) return true;
        while (next() != '}') {
            if (next() < ' ' || next() > '~' || next() == '{') return false;
            ++at_;
        }
        ++at_;
        return true;
    }

    bool digits() noexcept {
        const std::size_t start = at_;
        while (is_digit(next())) ++at_;
        return at_ > start;
    }
    static bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }
    char next() const noexcept { return at_ < text_.size() ? text_[at_] : '\0'; }
    bool take(char c) noexcept {
        const bool is_there = next() == c;
        if (is_there) ++at_;
        return is_there;
    }

    std::string_view text_;
    std::size_t at_ = 0;
};

}  // namespace

bool is_unit(std::string_view code) noexcept { return UnitForm{code}.whole(); }

}  // namespace tsunagi::fhir

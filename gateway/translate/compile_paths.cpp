#include <algorithm>
#include <array>

#include "translate/compiler.h"

namespace tsunagi::translate {

using fhir::TypeDef;
using syntax::Place;

namespace {

bool is_word_char(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

}  // namespace

/// Bare names of variables become %variables, as the reference engine reads them; constants are
/// written out; unknown %names are faults.
std::optional<Expr> Compiler::expression(const MapUnit& unit, const syntax::Path& path,
                                         const Scope& scope, const TypeDef* focus) {
    std::vector<std::pair<std::string, std::uint32_t>> variables;
    const std::string text = resolved(unit, path.text, path.place, scope, variables, 0);
    if (fault_) return std::nullopt;
    auto parsed = fhirpath::Expression::parse(text);
    if (!parsed) {
        fail(unit, path.place, "FHIRPath: " + parsed.error().message);
        return std::nullopt;
    }
    if (const Status checked = fhirpath::check(*parsed, definitions_, focus); !checked) {
        fail(unit, path.place, "FHIRPath: " + checked.error().message);
        return std::nullopt;
    }
    const auto typed = [&](std::string_view name) {
        const auto found = scope.find(name);
        return found == scope.end()
                   ? std::nullopt
                   : std::optional{std::pair{found->second.slot, found->second.type}};
    };
    return Expr{std::move(*parsed),
                std::move(variables),
                {unit.file, path.place},
                one_of(text),
                presence_of(text, focus, typed)};
}

std::string Compiler::resolved(const MapUnit& unit, std::string_view text, Place place,
                               const Scope& scope,
                               std::vector<std::pair<std::string, std::uint32_t>>& variables,
                               int depth) {
    std::string out;
    if (depth > 8) fail(unit, place, "constants refer to each other in a circle");
    for (std::size_t at = 0; at < text.size() && !fault_;) {
        const char c = text[at];
        if (c == '\'' || c == '`') {
            const std::size_t start = at++;
            while (at < text.size() && text[at] != c) at += text[at] == '\\' ? 2 : 1;
            at = std::min(at + 1, text.size());
            out += text.substr(start, at - start);
            continue;
        }
        if (!is_word_char(c)) {
            out.push_back(c);
            ++at;
            continue;
        }
        const std::size_t start = at;
        while (at < text.size() && is_word_char(text[at])) ++at;
        const std::string_view word = text.substr(start, at - start);
        const char before = start > 0 ? text[start - 1] : ' ';
        if (before == '$' || before == '@' || (c >= '0' && c <= '9')) {
            out += word;
            continue;
        }
        if (before == '.') {
            out += member_step(word);
            continue;
        }
        std::size_t after = at;
        while (after < text.size() && text[after] == ' ') ++after;
        const bool called = after < text.size() && text[after] == '(';
        name_in_path(unit, word, place, scope, variables, depth, before == '%', called, out);
    }
    return out;
}

/// See Expr::one_of.
std::vector<Expr::Literal> Compiler::one_of(std::string_view text) {
    std::vector<Expr::Literal> made;
    const auto skip = [&](std::string_view what) {
        while (text.starts_with(' ')) text.remove_prefix(1);
        const bool there = text.starts_with(what);
        if (there) text.remove_prefix(what.size());
        return there;
    };
    do {
        if (!skip("$this") || !skip("=")) return {};
        if (skip("'")) {
            const std::size_t end = text.find('\'');
            const std::string_view literal = text.substr(0, end);
            if (end == std::string_view::npos || literal.find('\\') != std::string_view::npos)
                return {};
            made.push_back({json::Kind::String, std::string{literal}});
            text.remove_prefix(end + 1);
        } else if (skip("true")) {
            made.push_back({json::Kind::Bool, "true"});
        } else if (skip("false")) {
            made.push_back({json::Kind::Bool, "false"});
        } else {
            return {};
        }
    } while (skip("or "));
    while (text.starts_with(' ')) text.remove_prefix(1);
    return text.empty() ? made : std::vector<Expr::Literal>{};
}

/// `answer.valueString` means `answer.value.ofType(string)`: maps in the wild name choices by
/// their JSON member, FHIRPath by the element.
std::string Compiler::member_step(std::string_view word) {
    if (std::none_of(word.begin(), word.end(), [](char c) { return c >= 'A' && c <= 'Z'; }))
        return std::string{word};
    if (choices_.empty()) {
        for (const TypeDef* each : definitions_.types()) {
            for (const fhir::ElementDef& element : each->all_elements) {
                for (const auto& type_of : element.types) {
                    auto& step = choices_[std::string{type_of.member_name}];
                    const bool is_choice = element.is_choice && !element.name.empty();
                    step = is_choice && !step.plain
                               ? Choice{std::string{element.name}, std::string{type_of.code}}
                               : Choice{{}, {}, true};
                }
            }
        }
    }
    const auto found = choices_.find(word);
    if (found == choices_.end() || found->second.plain) return std::string{word};
    return found->second.stem + ".ofType(" + found->second.type + ")";
}

void Compiler::name_in_path(const MapUnit& unit, std::string_view word, Place place,
                            const Scope& scope,
                            std::vector<std::pair<std::string, std::uint32_t>>& variables,
                            int depth, bool marked, bool called, std::string& out) {
    static constexpr std::array<std::string_view, 7> kKnown = {
        "resource", "rootResource", "context", "ucum", "sct", "loinc", "vs"};
    if (!marked && called) {
        out += word;
        return;
    }
    if (const auto found = scope.find(word); found != scope.end()) {
        if (!marked) out.push_back('%');
        out += word;
        const std::pair<std::string, std::uint32_t> use{word, found->second.slot};
        if (std::find(variables.begin(), variables.end(), use) == variables.end())
            variables.push_back(use);
        return;
    }
    for (const auto& constant : unit.map->constants) {
        if (constant.name != word) continue;
        if (marked) out.pop_back();
        out += "(" + resolved(unit, constant.value.text, place, scope, variables, depth + 1) + ")";
        return;
    }
    if (marked && word != "ext" && std::find(kKnown.begin(), kKnown.end(), word) == kKnown.end()) {
        fail(unit, place, "unknown variable '%" + std::string{word} + "'");
    }
    out += word;
}

}  // namespace tsunagi::translate

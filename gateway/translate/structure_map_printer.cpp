#include "translate/map_lexer.h"
#include "translate/structure_map.h"
#include "translate/structure_map_names.h"

namespace tsunagi::translate::syntax {
namespace {

/// Words that would be read as the next clause where a name may stand.
constexpr std::array<std::string_view, 19> kReserved{
    "as",    "where",     "check",    "log",      "then",  "default", "first",
    "last",  "not_first", "not_last", "only_one", "share", "single",  "collate",
    "group", "extends",   "true",     "false",    "let"};

std::string quoted(std::string_view text, char quote) {
    std::string out(1, quote);
    for (const char c : text) {
        switch (c) {
            case '\n':
                out += "\\n";
                break;
            case '\r':
                out += "\\r";
                break;
            case '\t':
                out += "\\t";
                break;
            case '\f':
                out += "\\f";
                break;
            default:
                if (c == quote || c == '\\') out += '\\';
                out += c;
        }
    }
    return out + quote;
}

std::string name(std::string_view text) {
    bool plain = !text.empty() && is_letter(text.front()) &&
                 std::find(kReserved.begin(), kReserved.end(), text) == kReserved.end();
    for (const char c : text) plain = plain && (is_letter(c) || is_digit(c));
    return plain ? std::string{text} : quoted(text, '`');
}

std::string parameter(const Parameter& parameter) {
    switch (parameter.kind) {
        case ParameterKind::Variable:
            return name(parameter.text);
        case ParameterKind::Date:
            return "@" + parameter.text;
        case ParameterKind::String:
            return quoted(parameter.text, '\'');
        case ParameterKind::Integer:
        case ParameterKind::Decimal:
        case ParameterKind::Boolean:
            return parameter.text;
    }
    return {};
}

std::string parameters(const std::vector<Parameter>& list) {
    std::string out = "(";
    for (const Parameter& each : list) {
        if (out.size() > 1) out += ", ";
        out += parameter(each);
    }
    return out + ")";
}

std::string source(const Source& source) {
    std::string out = name(source.context);
    if (!source.element.empty()) out += "." + name(source.element);
    if (!source.type.empty()) out += " : " + name(source.type);
    if (source.cardinality) {
        out += " " + std::to_string(source.cardinality->min) + "..";
        out += source.cardinality->max == Cardinality{}.max
                   ? "*"
                   : std::to_string(source.cardinality->max);
    }
    if (source.otherwise) {
        const auto text = literal_of(source.otherwise->text);
        out += " default ";
        out += text ? quoted(*text, '\'') : "(" + source.otherwise->text + ")";
    }
    if (const auto list = word_of(kSourceLists, source.list); !list.empty())
        out += " " + std::string{list};
    if (!source.variable.empty()) out += " as " + name(source.variable);
    if (source.where) out += " where " + source.where->text;
    if (source.check) out += " check " + source.check->text;
    if (source.log) out += " log " + source.log->text;
    return out;
}

std::string value_of(const Target& target) {
    if (target.path) return "(" + target.path->text + ")";
    if (target.transform == "copy" && target.parameters.size() == 1)
        return parameter(target.parameters.front());
    return name(target.transform) + parameters(target.parameters);
}

std::string target(const Target& target) {
    std::string out;
    if (target.context.empty()) {
        out = value_of(target);
    } else {
        out = name(target.context);
        if (!target.element.empty()) out += "." + name(target.element);
        if (!target.transform.empty()) out += " = " + value_of(target);
    }
    if (!target.variable.empty()) out += " as " + name(target.variable);
    if (target.list == TargetList::Share) out += " share " + name(target.share);
    if (const auto list = word_of(kTargetLists, target.list); !list.empty())
        out += " " + std::string{list};
    return out;
}

template <class List, class Print>
std::string joined(const List& list, Print print) {
    std::string out;
    for (const auto& each : list) {
        if (!out.empty()) out += ", ";
        out += print(each);
    }
    return out;
}

void rules(std::string& out, const std::vector<Rule>& list, const std::string& indent) {
    out += "{\n";
    for (const Rule& each : list) {
        out += indent + "  " + joined(each.sources, source);
        if (!each.targets.empty()) out += " -> " + joined(each.targets, target);
        if (!each.calls.empty() || !each.rules.empty()) out += " then ";
        out += joined(each.calls, [](const Call& call) {
            return name(call.group) + parameters(call.parameters);
        });
        if (!each.rules.empty()) {
            if (!each.calls.empty()) out += " ";
            rules(out, each.rules, indent + "  ");
        }
        if (!each.name.empty()) out += " " + quoted(each.name, '"');
        out += ";\n";
    }
    out += indent + "}";
}

void concept_map(std::string& out, const ConceptMap& map) {
    std::vector<std::string_view> systems;
    const auto prefix = [&](std::string_view system) {
        auto found = std::find(systems.begin(), systems.end(), system);
        if (found == systems.end()) found = systems.insert(systems.end(), system);
        return "s" + std::to_string(found - systems.begin());
    };
    std::string rows;
    for (const ConceptMapRow& row : map.rows) {
        rows += "  " + prefix(row.source_system) + ":" + quoted(row.source_code, '"') + " " +
                row.relationship + " ";
        rows += prefix(row.target_system) + ":" + quoted(row.target_code, '"') + "\n";
    }
    std::string unmapped;
    for (const Unmapped& rule : map.unmapped) {
        unmapped += "  unmapped for " + prefix(rule.source_system) + " = ";
        switch (rule.mode) {
            case Unmapped::Mode::Provided:
                unmapped += "provided\n";
                break;
            case Unmapped::Mode::Fixed:
                unmapped += prefix(rule.target_system) + ":" + quoted(rule.code, '"') + "\n";
                break;
            case Unmapped::Mode::OtherMap:
                unmapped += quoted(rule.url, '"') + "\n";
        }
    }
    out += "conceptmap " + quoted("#" + map.id, '"') + " {\n";
    for (const std::string_view system : systems)
        out += "  prefix " + prefix(system) + " = " + quoted(system, '"') + "\n";
    out += unmapped + "\n" + rows + "}\n\n";
}

void group(std::string& out, const Group& group) {
    out += "\ngroup " + name(group.name) + "(";
    out += joined(group.inputs, [](const Input& input) {
        return std::string{input.is_target ? "target " : "source "} + name(input.name) +
               (input.type.empty() ? "" : " : " + name(input.type));
    });
    out += ")";
    if (!group.extends.empty()) out += " extends " + name(group.extends);
    if (group.mode == TypeMode::Types) out += " <<types>>";
    if (group.mode == TypeMode::TypeAndTypes) out += " <<type+>>";
    out += " ";
    rules(out, group.rules, "");
    out += "\n";
}

}  // namespace

std::string print(const Map& map) {
    std::string out = "map " + quoted(map.url, '"') + " = " + quoted(map.name, '"') + "\n";
    for (const auto& [key, value] : map.metadata) {
        if (key == "url" || key == "name") continue;
        const bool is_block = value.find('\n') != std::string::npos;
        const std::string_view mark = is_block ? R"(""")" : "'";
        out.append("/// ").append(key).append(" = ").append(mark).append(value).append(mark) +=
            '\n';
    }
    out += "\n";
    for (const ConceptMap& each : map.concept_maps) concept_map(out, each);
    for (const Structure& each : map.structures) {
        out += "uses " + quoted(each.url, '"');
        if (!each.alias.empty()) out += " alias " + name(each.alias);
        out += " as " + each.mode + "\n";
    }
    for (const Import& each : map.imports) out += "imports " + quoted(each.url, '"') + "\n";
    for (const Constant& each : map.constants)
        out += "let " + name(each.name) + " = " + each.value.text + ";\n";
    for (const Group& each : map.groups) group(out, each);
    return out;
}

}  // namespace tsunagi::translate::syntax

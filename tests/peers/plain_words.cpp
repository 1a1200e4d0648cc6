#include "peers/plain_words.h"

#include <algorithm>
#include <map>
#include <set>
#include <string>

namespace tsunagi::peers {
namespace {

using translate::syntax::Call;
using translate::syntax::Group;
using translate::syntax::Map;
using translate::syntax::Parameter;
using translate::syntax::ParameterKind;
using translate::syntax::Path;
using translate::syntax::Rule;
using translate::syntax::Target;

/// The table of identifier types (hl7.org/fhir/R4/v2/0203): the third parameter of id().
constexpr const char* kIdentifierTypes = "http://terminology.hl7.org/CodeSystem/v2-0203";

Parameter variable(std::string name) { return {ParameterKind::Variable, std::move(name), {}}; }
Parameter text(std::string words) { return {ParameterKind::String, std::move(words), {}}; }

Target set(std::string context, std::string element, std::string transform,
           std::vector<Parameter> parameters, std::string name = {}) {
    Target made;
    made.context = std::move(context);
    made.element = std::move(element);
    made.transform = std::move(transform);
    made.parameters = std::move(parameters);
    made.variable = std::move(name);
    return made;
}

/// `(path) as name`
Target evaluate(std::string path, std::string name) {
    Target made;
    made.transform = "evaluate";
    made.path = Path{std::move(path), {}};
    made.variable = std::move(name);
    return made;
}

class Speaker {
public:
    explicit Speaker(const fhir::Definitions& definitions) {
        for (const fhir::TypeDef* type : definitions.types()) {
            for (const fhir::ElementDef* element : type->elements) {
                if (element->is_choice) note_choice(*element);
            }
        }
    }

    void speak(Rule& rule) {
        if (rule.sources.size() > 1) {
            Rule inner = rule;
            inner.sources.erase(inner.sources.begin());
            rule.sources.resize(1);
            rule.targets.clear();
            rule.calls.clear();
            rule.rules = {std::move(inner)};
        }
        std::vector<Target> targets;
        for (Target& target : rule.targets) speak(std::move(target), targets);
        for (Call& call : rule.calls) name_literals(call, targets);
        rule.targets = std::move(targets);
        for (Rule& each : rule.rules) speak(each);
    }

private:
    void note_choice(const fhir::ElementDef& element) {
        choices_.emplace(element.name);
        for (const fhir::TypeRef& ref : element.types) {
            if (ref.type->kind != fhir::TypeKind::Primitive) continue;
            std::string name{element.name};
            name += static_cast<char>(ref.type->name.front() - 'a' + 'A');
            name += ref.type->name.substr(1);
            named_[name] = {std::string{element.name}, std::string{ref.type->name}};
        }
    }

    std::string fresh() { return "plain" + std::to_string(++count_); }

    void name_literals(Call& call, std::vector<Target>& out) {
        for (Parameter& each : call.parameters) {
            if (each.kind == ParameterKind::Variable) continue;
            const std::string name = fresh();
            const bool quoted = each.kind == ParameterKind::String;
            out.push_back(evaluate(quoted ? quote(each.text) : each.text, name));
            each = variable(name);
        }
    }

    static std::string quote(const std::string& words) {
        std::string out = "'";
        for (const char c : words) {
            if (c == '\'' || c == '\\') out += '\\';
            out += c;
        }
        return out + "'";
    }

    void speak(Target target, std::vector<Target>& out) {
        const auto& given = target.parameters;
        const bool choice = choices_.contains(target.element);
        const bool coded =
            target.transform == "c" || (target.transform == "cc" && (choice || given.size() != 2));
        if (coded || target.transform == "id" || target.transform == "qty") {
            speak_type(std::move(target), out);
        } else if (target.transform == "reference" && !target.context.empty() &&
                   target.element != "reference") {
            const std::string name = name_of(target);
            out.push_back(set(target.context, target.element, "create", {text("Reference")}, name));
            out.push_back(set(name, "reference", "reference", given));
        } else if (target.transform == "escape") {
            target.path = Path{"%" + given[0].text + turned(given), {}};
            target.transform = "evaluate";
            target.parameters.clear();
            out.push_back(std::move(target));
        } else if (target.transform == "append" && has_blank(given)) {
            target.path = Path{joined(given), {}};
            target.transform = "evaluate";
            target.parameters.clear();
            out.push_back(std::move(target));
        } else if (const auto found = named_.find(target.element);
                   found != named_.end() &&
                   (target.transform == "copy" || target.transform == "evaluate")) {
            speak_choice(std::move(target), found->second.first, found->second.second, out);
        } else {
            out.push_back(std::move(target));
        }
    }

    /// FHIRPath calls the escapes of XML those of html.
    static std::string turned(const std::vector<Parameter>& given) {
        const auto word = [](const Parameter& kind) {
            return kind.text == "xml" ? std::string{"html"} : kind.text;
        };
        std::string out;
        if (given[1].text != "plain") out += ".unescape('" + word(given[1]) + "')";
        if (given[2].text != "plain") out += ".escape('" + word(given[2]) + "')";
        return out;
    }

    /// A literal of blanks alone: their append() takes it for no value, and writes "null".
    static bool has_blank(const std::vector<Parameter>& given) {
        return std::any_of(given.begin(), given.end(), [](const Parameter& each) {
            return each.kind == ParameterKind::String &&
                   each.text.find_first_not_of(' ') == std::string::npos;
        });
    }

    /// `%a & ' ' & %b`
    static std::string joined(const std::vector<Parameter>& given) {
        std::string out;
        for (const Parameter& each : given) {
            if (!out.empty()) out += " & ";
            out += each.kind == ParameterKind::Variable ? "%" + each.text : quote(each.text);
        }
        return out;
    }

    /// `x.valueCode = v` as `x.value = cast(v, 'code')`.
    void speak_choice(Target target, const std::string& element, const std::string& type,
                      std::vector<Target>& out) {
        if (target.path) {
            const std::string name = fresh();
            out.push_back(evaluate(target.path->text, name));
            target.parameters = {variable(name)};
            target.path.reset();
        }
        target.parameters.push_back(text(type));
        target.transform = "cast";
        target.element = element;
        out.push_back(std::move(target));
    }

    std::string name_of(const Target& target) {
        return target.variable.empty() ? fresh() : target.variable;
    }

    /// c, cc, id and qty as the type they make and its parts.
    void speak_type(Target target, std::vector<Target>& out) {
        const auto& given = target.parameters;
        const std::string name = name_of(target);
        const auto make = [&](const char* type) {
            out.push_back(set(target.context, target.element, "create", {text(type)}, name));
        };
        const auto part = [&](const std::string& of, const char* element, std::size_t at) {
            if (at < given.size()) out.push_back(set(of, element, "copy", {given[at]}));
        };
        // A Coding as it is can be put into an element of one type only: into a choice by its
        // parts.
        const auto coding = [&](const std::string& of) {
            if (given.size() > 2) {
                part(of, "system", 0);
                part(of, "code", 1);
                part(of, "display", 2);
                return;
            }
            const std::string whole = fresh();
            out.push_back(set({}, {}, "c", given, whole));
            for (const char* element : {"system", "code", "display"}) {
                Target copy = evaluate("%" + whole + "." + element, {});
                copy.context = of;
                copy.element = element;
                out.push_back(std::move(copy));
            }
        };
        if (target.transform == "c") {
            make("Coding");
            coding(name);
        } else if (target.transform == "cc" && given.size() == 1) {
            make("CodeableConcept");
            part(name, "text", 0);
        } else if (target.transform == "cc") {
            make("CodeableConcept");
            const std::string inner = fresh();
            out.push_back(set(name, "coding", {}, {}, inner));
            coding(inner);
        } else if (target.transform == "id") {
            make("Identifier");
            part(name, "system", 0);
            part(name, "value", 1);
            if (given.size() > 2)
                out.push_back(set(name, "type", "cc", {text(kIdentifierTypes), given[2]}));
        } else {
            make("Quantity");
            part(name, "value", 0);
            part(name, "unit", 1);
            part(name, "system", 2);
            part(name, "code", 3);
        }
    }

    std::set<std::string, std::less<>> choices_;
    /// "valueCode" -> "value", "code"
    std::map<std::string, std::pair<std::string, std::string>, std::less<>> named_;
    unsigned count_ = 0;
};

}  // namespace

Map in_plain_words(Map map, const fhir::Definitions& definitions) {
    Speaker speaker(definitions);
    // The official parser wants `map` before any `///`; the title says nothing that is transformed.
    map.title.clear();
    map.metadata.clear();
    for (Group& group : map.groups) {
        for (Rule& rule : group.rules) speaker.speak(rule);
    }
    return map;
}

}  // namespace tsunagi::peers

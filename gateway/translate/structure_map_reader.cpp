#include <vector>

#include "json/reader.h"
#include "translate/structure_map.h"
#include "translate/structure_map_names.h"

namespace tsunagi::translate::syntax {
namespace {

using json::Value;

/// Rules inside rules, as in the text form.
constexpr int kMaxNesting = 32;
constexpr std::string_view kDefaultPrefix = "defaultValue";

/// The first fault stops everything; what was read then is thrown away.
class Reader {
public:
    Reader(std::string_view file, std::string_view text) : file_(file), text_(text) {
        lines_.push_back(0);
        for (std::size_t i = 0; i < text.size(); ++i) {
            if (text[i] == '\n') lines_.push_back(i + 1);
        }
    }

    Result<Map> read() {
        const auto document = json::read(text_);
        if (!document) return Error{Code::Invalid, document.error().message, std::string{file_}};
        const Value root = document->root();
        if (root["resourceType"].text() != "StructureMap") fail("a StructureMap is expected", root);
        Map map;
        map.url = required(root, "url");
        map.name = required(root, "name");
        for (const std::string_view key : kMetadata) {
            if (const Value flag = root[key]; flag.is_bool()) {
                map.metadata.emplace_back(key, flag.truth() ? "true" : "false");
            } else if (const std::string value = optional(root, key); !value.empty()) {
                map.metadata.emplace_back(key, value);
            }
        }
        map.title = optional(root, "title");
        for (const Value each : list(root, "contained")) concept_map(map, each);
        for (const Value each : list(root, "extension")) constant(map, each);
        for (const Value each : list(root, "structure")) structure(map, each);
        for (const Value each : list(root, "import")) {
            if (!each.is_string()) fail("the url of a map is expected", each);
            map.imports.push_back({std::string{each.text()}, place(each)});
        }
        for (const Value each : list(root, "group")) map.groups.push_back(group(each));
        if (map.groups.empty()) fail("the map has no group", root);
        if (!fault_.empty()) return Error{Code::Invalid, fault_, at(file_, fault_place_)};
        return map;
    }

private:
    Place place(Value value) const {
        const auto line = std::upper_bound(lines_.begin(), lines_.end(), value.offset());
        return {static_cast<std::uint32_t>(line - lines_.begin()),
                static_cast<std::uint32_t>(value.offset() - *std::prev(line) + 1)};
    }
    void fail(std::string what, Value value) {
        if (!fault_.empty()) return;
        fault_ = std::move(what);
        fault_place_ = place(value);
    }

    std::string optional(Value object, std::string_view key) {
        const Value value = object[key];
        if (value && (!value.is_string() || value.text().empty()))
            fail(std::string{key} + ": a text is expected", value);
        return std::string{value.text()};
    }
    std::string required(Value object, std::string_view key) {
        if (!object[key]) fail(std::string{key} + " is missing", object);
        return optional(object, key);
    }
    Value list(Value object, std::string_view key) {
        const Value value = object[key];
        if (value && !value.is_array()) fail(std::string{key} + ": a list is expected", value);
        return value.is_array() ? value : Value{};
    }
    /// The value that `word` stands for.
    template <class Words>
    auto known(const Words& words, Value object, std::string_view key) {
        const Value value = object[key];
        using Known = typename Words::value_type::second_type;
        const Known* found = value_of(words, value.text());
        if (!found) fail(std::string{key} + ": unknown code", value ? value : object);
        return found ? *found : Known{};
    }
    std::optional<Path> path(Value object, std::string_view key) {
        if (!object[key]) return {};
        return Path{optional(object, key), place(object[key])};
    }
    /// An element that this reader does not know would change what the map does.
    void only(Value object, std::initializer_list<std::string_view> names) {
        for (const Value each : object) {
            const std::string_view key = each.key();
            if (key == "id" || key == "extension" || key == "documentation" || key.starts_with('_'))
                continue;
            if (std::find(names.begin(), names.end(), key) == names.end() &&
                !key.starts_with(kDefaultPrefix))
                fail("unknown element '" + std::string{key} + "'", each);
        }
    }
    static Value extension_of(Value object, std::string_view url) {
        for (const Value each : object["extension"]) {
            if (each["url"].text() == url) return each;
        }
        return {};
    }

    void concept_map(Map& map, Value resource) {
        if (resource["resourceType"].text() != "ConceptMap") return;
        ConceptMap made;
        made.id = required(resource, "id");
        made.place = place(resource);
        for (const Value group : list(resource, "group")) {
            for (const Value element : list(group, "element")) {
                for (const Value target : list(element, "target")) {
                    ConceptMapRow row;
                    row.source_system = required(group, "source");
                    row.target_system = required(group, "target");
                    row.source_code = required(element, "code");
                    row.relationship = known(kEquivalences, target, "equivalence");
                    // "unmatched" may stand without a code (R4 cmd-1).
                    row.target_code = row.relationship == "--" ? optional(target, "code")
                                                               : required(target, "code");
                    made.rows.push_back(std::move(row));
                }
            }
            if (const Value rule = group["unmapped"])
                made.unmapped.push_back(unmapped(group, rule));
        }
        map.concept_maps.push_back(std::move(made));
    }
    Unmapped unmapped(Value group, Value object) {
        Unmapped made;
        made.source_system = required(group, "source");
        made.target_system = optional(group, "target");
        made.mode = known(kUnmappedModes, object, "mode");
        if (made.mode == Unmapped::Mode::Fixed) made.code = required(object, "code");
        if (made.mode == Unmapped::Mode::OtherMap) made.url = required(object, "url");
        return made;
    }
    void constant(Map& map, Value extension) {
        if (extension["url"].text() != kConstantExtension) return;
        const Value name = extension_of(extension, "name");
        const Value value = extension_of(extension, "value");
        Constant made;
        made.place = place(extension);
        made.name = required(name ? name : extension, "valueId");
        made.value = {required(value ? value : extension, "valueString"), place(value)};
        map.constants.push_back(std::move(made));
    }
    void structure(Map& map, Value object) {
        Structure made;
        made.place = place(object);
        made.url = required(object, "url");
        made.mode = required(object, "mode");
        made.alias = optional(object, "alias");
        if (made.mode != "source" && made.mode != "queried" && made.mode != "target" &&
            made.mode != "produced")
            fail("source, queried, target or produced is expected", object);
        map.structures.push_back(std::move(made));
    }

    Group group(Value object) {
        Group made;
        made.place = place(object);
        only(object, {"name", "extends", "typeMode", "input", "rule"});
        made.name = required(object, "name");
        made.extends = optional(object, "extends");
        made.mode = known(kTypeModes, object, "typeMode");
        for (const Value each : list(object, "input")) {
            Input input;
            input.place = place(each);
            input.name = required(each, "name");
            input.type = optional(each, "type");
            const std::string mode = required(each, "mode");
            if (mode != "source" && mode != "target") fail("source or target is expected", each);
            input.is_target = mode == "target";
            made.inputs.push_back(std::move(input));
        }
        if (made.inputs.empty()) fail("the group has no input", object);
        made.rules = rules(object);
        return made;
    }
    std::vector<Rule> rules(Value object) {
        std::vector<Rule> made;
        if (++nesting_ > kMaxNesting) {
            fail("rules are nested too deeply", object);
        } else {
            for (const Value each : list(object, "rule")) made.push_back(rule(each));
        }
        --nesting_;
        return made;
    }
    Rule rule(Value object) {
        Rule made;
        made.place = place(object);
        only(object, {"name", "source", "target", "rule", "dependent"});
        made.name = required(object, "name");
        for (const Value each : list(object, "source")) made.sources.push_back(source(each));
        if (made.sources.empty()) fail("the rule has no source", object);
        for (const Value each : list(object, "target")) made.targets.push_back(target(each));
        for (const Value each : list(object, "dependent")) made.calls.push_back(call(each));
        made.rules = rules(object);
        undo_simple(made);
        return made;
    }
    static void undo_simple(Rule& rule) {
        if (rule.sources.size() != 1 || rule.targets.size() != 1) return;
        Source& source = rule.sources.front();
        Target& target = rule.targets.front();
        const bool marked = source.variable == kSimpleVariable &&
                            target.variable == kSimpleVariable && target.transform == "create" &&
                            target.parameters.empty();
        if (!marked || !rule.calls.empty() || !rule.rules.empty()) return;
        source.variable.clear();
        target.variable.clear();
        target.transform.clear();
    }
    Source source(Value object) {
        Source made;
        made.place = place(object);
        only(object, {"context", "min", "max", "type", "element", "listMode", "variable",
                      "condition", "check", "logMessage"});
        made.context = required(object, "context");
        made.element = optional(object, "element");
        made.type = optional(object, "type");
        made.variable = optional(object, "variable");
        if (object["min"] || object["max"]) made.cardinality = cardinality(object);
        if (object["listMode"]) made.list = known(kSourceLists, object, "listMode");
        made.otherwise = fallback(object);
        if (const Value computed = extension_of(object, kDefaultExtension))
            made.otherwise = Path{required(computed, "valueString"), place(computed)};
        made.where = path(object, "condition");
        made.check = path(object, "check");
        made.log = path(object, "logMessage");
        return made;
    }
    /// `defaultValue[x]`, where x is a primitive type, as the FHIRPath that says it.
    std::optional<Path> fallback(Value object) {
        for (const Value each : object) {
            if (!each.key().starts_with(kDefaultPrefix)) continue;
            const std::string_view type = each.key().substr(kDefaultPrefix.size());
            if (each.is_object() || each.is_array()) {
                fail("a default of a primitive type is expected", each);
            } else if (!each.is_string()) {
                return Path{std::string{each.text()}, place(each)};
            } else if (type == "Date" || type == "DateTime" || type == "Instant") {
                return Path{"@" + std::string{each.text()}, place(each)};
            } else if (type == "Time") {
                return Path{"@T" + std::string{each.text()}, place(each)};
            } else {
                return Path{literal(each.text()), place(each)};
            }
        }
        return {};
    }
    Cardinality cardinality(Value object) {
        constexpr std::int64_t kLargest = Cardinality{}.max;
        Cardinality made;
        if (const Value min = object["min"]) {
            const std::int64_t number = min.integer(-1);
            if (number < 0 || number > kLargest) fail("min: a count is expected", min);
            made.min = static_cast<std::uint32_t>(number);
        }
        const Value max = object["max"];
        if (max && max.text() != "*") {
            std::uint64_t number = 0;
            for (const char c : max.text()) {
                if (c < '0' || c > '9' || number > kLargest) {
                    fail("max: a count or * is expected", max);
                    return made;
                }
                number = number * 10 + static_cast<std::uint64_t>(c - '0');
            }
            if (!max.is_string() || max.text().empty() || number > kLargest)
                fail("max: a count or * is expected", max);
            made.max = static_cast<std::uint32_t>(number);
        }
        if (made.max < made.min) fail("the least is more than the most", object);
        return made;
    }
    Target target(Value object) {
        Target made;
        made.place = place(object);
        only(object, {"context", "contextType", "element", "variable", "listMode", "listRuleId",
                      "transform", "parameter"});
        made.context = optional(object, "context");
        if (const std::string type = optional(object, "contextType");
            !type.empty() && type != "variable")
            fail("contextType: only variables are taken", object["contextType"]);
        made.element = optional(object, "element");
        made.variable = optional(object, "variable");
        made.transform = optional(object, "transform");
        for (const Value each : list(object, "listMode")) {
            if (each.text() == "share") {
                made.list = TargetList::Share;
            } else if (const TargetList* mode = value_of(kTargetLists, each.text())) {
                made.list = *mode;
            } else {
                fail("listMode: unknown code", each);
            }
        }
        if (extension_of(object, kListModeExtension)["valueCode"].text() == "single")
            made.list = TargetList::Single;
        made.share = optional(object, "listRuleId");
        for (const Value each : list(object, "parameter"))
            made.parameters.push_back(parameter(each));
        const bool is_path = made.transform == "evaluate" && made.parameters.size() == 1 &&
                             made.parameters.front().kind == ParameterKind::String;
        if (is_path) {
            made.path =
                Path{std::move(made.parameters.front().text), made.parameters.front().place};
            made.parameters.clear();
        }
        return made;
    }
    Parameter parameter(Value object) {
        static constexpr Words<ParameterKind, 5> kKinds{{{"valueId", ParameterKind::Variable},
                                                         {"valueString", ParameterKind::String},
                                                         {"valueInteger", ParameterKind::Integer},
                                                         {"valueDecimal", ParameterKind::Decimal},
                                                         {"valueBoolean", ParameterKind::Boolean}}};
        Parameter made;
        made.place = place(object);
        const Value typed = extension_of(object, kParameterExtension);
        for (const std::string_view key : kDateMembers) {
            if (!typed[key].is_string()) continue;
            made.kind = ParameterKind::Date;
            made.text = key == "valueTime" ? "T" : "";
            made.text += typed[key].text();
            return made;
        }
        for (const auto& [key, kind] : kKinds) {
            const Value value = object[key];
            if (!value) continue;
            const bool fits = kind == ParameterKind::Boolean ? value.is_bool()
                              : kind == ParameterKind::Integer || kind == ParameterKind::Decimal
                                  ? value.is_number()
                                  : value.is_string();
            if (!fits) fail("the value of a parameter is expected", value);
            made.kind = kind;
            made.text = value.text();
            return made;
        }
        fail("the value of a parameter is expected", object);
        return made;
    }
    Call call(Value object) {
        Call made;
        made.place = place(object);
        only(object, {"name", "variable"});
        made.group = required(object, "name");
        for (const Value each : list(object, "extension")) {
            if (each["url"].text() == kArgumentExtension)
                made.parameters.push_back(parameter(each));
        }
        if (!made.parameters.empty()) return made;
        for (const Value each : list(object, "variable"))
            made.parameters.push_back(
                {ParameterKind::Variable, std::string{each.text()}, place(each)});
        return made;
    }

    std::string_view file_, text_;
    std::vector<std::size_t> lines_;  ///< where each line begins
    int nesting_ = 0;
    std::string fault_;
    Place fault_place_;
};

}  // namespace

Result<Map> read_structure_map(std::string_view file, std::string_view text) {
    return Reader(file, text).read();
}

}  // namespace tsunagi::translate::syntax

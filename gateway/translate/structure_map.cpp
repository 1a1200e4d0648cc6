#include "translate/structure_map.h"

#include "json/builder.h"
#include "translate/structure_map_names.h"

namespace tsunagi::translate::syntax {
namespace {

using json::Builder;
using json::Node;

class Writer {
public:
    explicit Writer(const Map& map) : map_(map), builder_(document_) {}

    json::Document write() {
        Node* root = builder_.object();
        builder_.set(root, "resourceType", "StructureMap");
        concept_maps(root);
        constants(root);
        builder_.set(root, "url", map_.url);
        builder_.set(root, "name", map_.name);
        bool has_status = false;
        for (const auto& [key, value] : map_.metadata) {
            if (std::find(kMetadata.begin(), kMetadata.end(), key) == kMetadata.end()) continue;
            if (key == "experimental") {
                builder_.set(root, key, value == "true");
            } else {
                builder_.set(root, key, value);
            }
            has_status = has_status || key == "status";
        }
        if (!has_status) builder_.set(root, "status", "draft");
        if (!map_.structures.empty()) {
            Node* list = builder_.set_array(root, "structure");
            for (const Structure& each : map_.structures) {
                Node* object = builder_.add_object(list);
                builder_.set(object, "url", each.url);
                builder_.set(object, "mode", each.mode);
                set_text(object, "alias", each.alias);
            }
        }
        if (!map_.imports.empty()) {
            Node* list = builder_.set_array(root, "import");
            for (const Import& each : map_.imports) builder_.add(list, each.url);
        }
        Node* groups = builder_.set_array(root, "group");
        for (const Group& each : map_.groups) group(builder_.add_object(groups), each);
        return std::move(document_);
    }

private:
    void set_text(Node* object, std::string_view key, std::string_view text) {
        if (!text.empty()) builder_.set(object, key, text);
    }
    Node* extension(Node* object, std::string_view url) {
        Node* made = builder_.add_object(builder_.require(object, "extension", json::Kind::Array));
        builder_.set(made, "url", url);
        return made;
    }

    void concept_maps(Node* root) {
        if (map_.concept_maps.empty()) return;
        Node* list = builder_.set_array(root, "contained");
        for (const ConceptMap& each : map_.concept_maps) {
            Node* object = builder_.add_object(list);
            builder_.set(object, "resourceType", "ConceptMap");
            builder_.set(object, "id", each.id);
            builder_.set(object, "status", "draft");
            if (each.rows.empty() && each.unmapped.empty()) continue;
            Node* groups = builder_.set_array(object, "group");
            for (std::size_t i = 0; i < each.rows.size(); ++i) {
                if (starts_group(each, i)) concept_group(builder_.add_object(groups), each, i);
            }
            for (const Unmapped& rule : each.unmapped) unmapped(groups, rule);
        }
    }
    static bool same_group(const ConceptMapRow& left, const ConceptMapRow& right) {
        return left.source_system == right.source_system &&
               left.target_system == right.target_system;
    }
    static bool starts_group(const ConceptMap& map, std::size_t row) {
        const auto end = map.rows.begin() + static_cast<std::ptrdiff_t>(row);
        return std::none_of(map.rows.begin(), end, [&](const ConceptMapRow& earlier) {
            return same_group(earlier, map.rows[row]);
        });
    }
    void concept_group(Node* object, const ConceptMap& map, std::size_t first) {
        builder_.set(object, "source", map.rows[first].source_system);
        builder_.set(object, "target", map.rows[first].target_system);
        Node* elements = builder_.set_array(object, "element");
        Node* targets = nullptr;
        std::string_view code;
        for (std::size_t i = first; i < map.rows.size(); ++i) {
            const ConceptMapRow& row = map.rows[i];
            if (!same_group(row, map.rows[first])) continue;
            if (!targets || row.source_code != code) {
                Node* element = builder_.add_object(elements);
                code = row.source_code;
                builder_.set(element, "code", code);
                targets = builder_.set_array(element, "target");
            }
            Node* target = builder_.add_object(targets);
            set_text(target, "code", row.target_code);
            builder_.set(target, "equivalence",
                         word_of(kEquivalences, std::string_view{row.relationship}));
        }
    }
    /// In the group of its systems; a group of its own when nothing else speaks of them.
    void unmapped(Node* groups, const Unmapped& rule) {
        Node* group = nullptr;
        for (Node* each = groups->first; each && !group; each = each->next) {
            const json::Value value{each};
            if (value["source"].text() == rule.source_system && !value["unmapped"] &&
                (rule.target_system.empty() || value["target"].text() == rule.target_system))
                group = each;
        }
        if (!group) {
            group = builder_.add_object(groups);
            builder_.set(group, "source", rule.source_system);
            set_text(group, "target", rule.target_system);
        }
        Node* object = builder_.set_object(group, "unmapped");
        builder_.set(object, "mode", word_of(kUnmappedModes, rule.mode));
        set_text(object, "code", rule.code);
        set_text(object, "url", rule.url);
    }
    void constants(Node* root) {
        for (const Constant& each : map_.constants) {
            Node* object = extension(root, kConstantExtension);
            Node* name = extension(object, "name");
            builder_.set(name, "valueId", each.name);
            Node* value = extension(object, "value");
            builder_.set(value, "valueString", each.value.text);
        }
    }

    void group(Node* object, const Group& group) {
        builder_.set(object, "name", group.name);
        set_text(object, "extends", group.extends);
        builder_.set(object, "typeMode", word_of(kTypeModes, group.mode));
        Node* inputs = builder_.set_array(object, "input");
        for (const Input& each : group.inputs) {
            Node* input = builder_.add_object(inputs);
            builder_.set(input, "name", each.name);
            set_text(input, "type", each.type);
            builder_.set(input, "mode", each.is_target ? "target" : "source");
        }
        rules(object, group.rules);
    }
    void rules(Node* object, const std::vector<Rule>& rules) {
        if (rules.empty()) return;
        Node* list = builder_.set_array(object, "rule");
        for (const Rule& each : rules) rule(builder_.add_object(list), each);
    }
    void rule(Node* object, const Rule& rule) {
        const Source& first = rule.sources.front();
        builder_.set(object, "name",
                     !rule.name.empty()      ? rule.name
                     : first.element.empty() ? first.context
                                             : first.element);
        const bool simple = is_simple(rule);
        Node* sources = builder_.set_array(object, "source");
        for (const Source& each : rule.sources) {
            Node* made = builder_.add_object(sources);
            source(made, each);
            if (simple) builder_.set(made, "variable", kSimpleVariable);
        }
        if (!rule.targets.empty()) {
            Node* targets = builder_.set_array(object, "target");
            for (const Target& each : rule.targets) {
                Node* made = builder_.add_object(targets);
                target(made, each);
                if (!simple) continue;
                builder_.set(made, "variable", kSimpleVariable);
                builder_.set(made, "transform", "create");
            }
        }
        rules(object, rule.rules);
        if (rule.calls.empty()) return;
        Node* calls = builder_.set_array(object, "dependent");
        for (const Call& each : rule.calls) call(builder_.add_object(calls), each);
    }
    void source(Node* object, const Source& source) {
        if (source.otherwise && !literal_of(source.otherwise->text)) {
            builder_.set(extension(object, kDefaultExtension), "valueString",
                         source.otherwise->text);
        }
        builder_.set(object, "context", source.context);
        if (source.cardinality) {
            builder_.set_number(object, "min", static_cast<std::int64_t>(source.cardinality->min));
            builder_.set(object, "max",
                         source.cardinality->max == Cardinality{}.max
                             ? "*"
                             : std::to_string(source.cardinality->max));
        }
        set_text(object, "type", source.type);
        if (source.otherwise) {
            if (const auto text = literal_of(source.otherwise->text))
                builder_.set(object, "defaultValueString", *text);
        }
        set_text(object, "element", source.element);
        set_text(object, "listMode", word_of(kSourceLists, source.list));
        set_text(object, "variable", source.variable);
        if (source.where) builder_.set(object, "condition", source.where->text);
        if (source.check) builder_.set(object, "check", source.check->text);
        if (source.log) builder_.set(object, "logMessage", source.log->text);
    }
    void target(Node* object, const Target& target) {
        if (target.list == TargetList::Single)
            builder_.set(extension(object, kListModeExtension), "valueCode", "single");
        if (!target.context.empty()) {
            builder_.set(object, "context", target.context);
            builder_.set(object, "contextType", "variable");
        }
        set_text(object, "element", target.element);
        set_text(object, "variable", target.variable);
        const std::string_view list = target.list == TargetList::Share
                                          ? std::string_view{"share"}
                                          : word_of(kTargetLists, target.list);
        if (!list.empty() && target.list != TargetList::Single)
            builder_.add(builder_.set_array(object, "listMode"), list);
        set_text(object, "listRuleId", target.share);
        set_text(object, "transform", target.transform);
        if (!target.path && target.parameters.empty()) return;
        Node* list_of = builder_.set_array(object, "parameter");
        if (target.path)
            builder_.set(builder_.add_object(list_of), "valueString", target.path->text);
        for (const Parameter& each : target.parameters)
            parameter(builder_.add_object(list_of), each);
    }
    void parameter(Node* object, const Parameter& parameter) {
        switch (parameter.kind) {
            case ParameterKind::Variable:
                return builder_.set(object, "valueId", parameter.text);
            case ParameterKind::Date: {
                const std::string_view key = date_member(parameter.text);
                Node* value = extension(object, kParameterExtension);
                builder_.set(value, key,
                             std::string_view{parameter.text}.substr(key == kDateMembers[2]));
                return builder_.set(object, "valueString", parameter.text);
            }
            case ParameterKind::String:
                return builder_.set(object, "valueString", parameter.text);
            case ParameterKind::Integer:
                return builder_.set_number(object, "valueInteger", parameter.text);
            case ParameterKind::Decimal:
                return builder_.set_number(object, "valueDecimal", parameter.text);
            case ParameterKind::Boolean:
                return builder_.set(object, "valueBoolean", parameter.text == "true");
        }
    }
    void call(Node* object, const Call& call) {
        const bool names_only =
            std::all_of(call.parameters.begin(), call.parameters.end(),
                        [](const auto& each) { return each.kind == ParameterKind::Variable; });
        if (!names_only) {
            for (const Parameter& each : call.parameters)
                parameter(extension(object, kArgumentExtension), each);
        }
        builder_.set(object, "name", call.group);
        if (call.parameters.empty()) return;
        Node* variables = builder_.set_array(object, "variable");
        for (const Parameter& each : call.parameters) builder_.add(variables, each.text);
    }

    const Map& map_;
    json::Document document_;
    Builder builder_;
};

}  // namespace

json::Document to_structure_map(const Map& map) { return Writer(map).write(); }

}  // namespace tsunagi::translate::syntax

#include "validate/snapshot_source.h"

#include <string>

#include "json/builder.h"
#include "json/reader.h"

namespace tsunagi::validate::snapshot {
namespace {

using fhir::ElementDef;
using fhir::TypeDef;
using fhir::TypeKind;
using json::Builder;
using json::Node;

constexpr std::string_view kFhirType =
    "http://hl7.org/fhir/StructureDefinition/structuredefinition-fhir-type";

std::string max_text(std::uint32_t max) {
    return max == fhir::kUnbounded ? "*" : std::to_string(max);
}

std::string_view strength_text(fhir::BindingStrength strength) {
    switch (strength) {
        case fhir::BindingStrength::Required:
            return "required";
        case fhir::BindingStrength::Extensible:
            return "extensible";
        case fhir::BindingStrength::Preferred:
            return "preferred";
        case fhir::BindingStrength::Example:
            break;
    }
    return "example";
}

std::string_view kind_text(TypeKind kind) {
    switch (kind) {
        case TypeKind::Primitive:
            return "primitive-type";
        case TypeKind::Resource:
            return "resource";
        case TypeKind::Logical:
            return "logical";
        case TypeKind::Complex:
            break;
    }
    return "complex-type";
}

/// The element that `name` means in `type` where it was defined first: Patient.id is Resource.id.
const ElementDef* first_defined(const TypeDef* type, std::string_view name) {
    const ElementDef* found = nullptr;
    for (; type; type = type->base) {
        const ElementDef* here = type->element(name);
        if (!here) break;
        found = here;
    }
    return found;
}

class Rebuilder {
public:
    Rebuilder(json::Document& document, const TypeDef& type, const fhir::Definitions& definitions)
        : builder_(document), type_(type), definitions_(definitions) {}

    void build() {
        Node* root = builder_.object();
        builder_.set(root, "resourceType", "StructureDefinition");
        builder_.set(root, "url", type_.url);
        if (!type_.version.empty()) builder_.set(root, "version", type_.version);
        builder_.set(root, "name", type_.name);
        builder_.set(root, "kind", kind_text(type_.kind));
        builder_.set(root, "abstract", type_.is_abstract);
        builder_.set(root, "type", type_.kind == TypeKind::Logical ? type_.url : type_.name);
        if (!type_.base_url.empty()) {
            builder_.set(root, "baseDefinition", type_.base_url);
            builder_.set(root, "derivation", type_.is_profile ? "constraint" : "specialization");
        }
        Node* list = builder_.set_array(builder_.set_object(root, "snapshot"), "element");
        for (const ElementDef& each : type_.all_elements) {
            add(builder_.add_object(list), each);
            // The pack leaves the value of a primitive out: in JSON it is the primitive itself.
            const bool last_inherited = each.name == "extension" && each.parent == type_.root;
            if (type_.kind == TypeKind::Primitive && last_inherited)
                add_primitive_value(builder_.add_object(list));
        }
    }

private:
    void add(Node* out, const ElementDef& element) {
        builder_.set(out, "id", element.id.empty() ? element.path : element.id);
        builder_.set(out, "path", element.path);
        if (const auto slice = element.facet("sliceName"); !slice.empty())
            builder_.set(out, "sliceName", slice);
        if (const auto slicing = element.facet("slicing"); !slicing.empty())
            add_json(out, "slicing", slicing);
        if (!element.label.empty()) builder_.set(out, "short", element.label);
        const auto meaning = element.definition.empty() ? element.label : element.definition;
        if (!meaning.empty()) builder_.set(out, "definition", meaning);
        builder_.set_number(out, "min", std::int64_t{element.min});
        builder_.set(out, "max", max_text(element.max));
        add_base(out, element);
        if (element.content) {
            builder_.set(out, "contentReference", "#" + std::string{element.content->path});
        } else if (element.parent) {
            add_types(out, element);
        }
        for (const fhir::Facet& facet : element.facets) add_facet(out, facet);
        for (const std::string_view each : element.conditions)
            builder_.add(builder_.require(out, "condition", json::Kind::Array), each);
        add_constraints(out, element);
        if (element.must_support) builder_.set(out, "mustSupport", true);
        if (element.is_modifier) builder_.set(out, "isModifier", true);
        if (element.is_summary) builder_.set(out, "isSummary", true);
        if (element.binding) {
            Node* binding = builder_.set_object(out, "binding");
            if (!element.binding->max_value_set.empty()) {
                Node* extension = builder_.add_object(builder_.set_array(binding, "extension"));
                builder_.set(
                    extension, "url",
                    "http://hl7.org/fhir/StructureDefinition/elementdefinition-maxValueSet");
                builder_.set(extension, "valueCanonical", element.binding->max_value_set);
            }
            builder_.set(binding, "strength", strength_text(element.binding->strength));
            builder_.set(binding, "valueSet", element.binding->canonical);
        }
    }

    /// Where the element was defined first, found by walking from the constrained type.
    void add_base(Node* out, const ElementDef& element) {
        const ElementDef* origin = origin_of(element);
        if (!origin) origin = &element;
        Node* base = builder_.set_object(out, "base");
        builder_.set(base, "path", origin->path);
        builder_.set_number(base, "min", std::int64_t{origin->min});
        builder_.set(base, "max", max_text(origin->max));
    }

    const ElementDef* origin_of(const ElementDef& element) const {
        const TypeDef* type = type_.is_profile ? definitions_.type(type_.name) : &type_;
        if (!type) return nullptr;
        if (!element.parent) return type->root;
        const ElementDef* found = nullptr;
        std::string_view rest = element.path;
        rest.remove_prefix(std::min(rest.size(), rest.find('.')));
        while (!rest.empty()) {
            rest.remove_prefix(1);
            const std::size_t end = std::min(rest.find('.'), rest.size());
            std::string_view name = rest.substr(0, end);
            rest.remove_prefix(end);
            if (name.ends_with("[x]")) name.remove_suffix(3);
            const ElementDef* here = type ? type->element(name) : nullptr;
            if (!here) return nullptr;
            found = first_defined(type, name);
            type = here->types.empty() ? nullptr : here->types.front().type;
        }
        return found;
    }

    void add_types(Node* out, const ElementDef& element) {
        if (element.types.empty()) return;
        Node* list = builder_.set_array(out, "type");
        for (const fhir::TypeRef& ref : element.types) {
            Node* type = builder_.add_object(list);
            if (ref.is_system) {
                Node* extension = builder_.add_object(builder_.set_array(type, "extension"));
                builder_.set(extension, "url", kFhirType);
                builder_.set(extension, "valueUrl", ref.code == "id" ? "string" : ref.code);
            }
            builder_.set(type, "code",
                         ref.is_system ? "http://hl7.org/fhirpath/System.String" : ref.code);
            for (const std::string_view each : ref.profiles)
                builder_.add(builder_.require(type, "profile", json::Kind::Array), each);
            for (const std::string_view each : ref.targets)
                builder_.add(builder_.require(type, "targetProfile", json::Kind::Array), each);
            constexpr std::pair<std::uint8_t, const char*> kWays[] = {
                {fhir::kContained, "contained"},
                {fhir::kReferenced, "referenced"},
                {fhir::kBundled, "bundled"}};
            for (const auto& [bit, word] : kWays) {
                if ((ref.aggregation & bit) != 0)
                    builder_.add(builder_.require(type, "aggregation", json::Kind::Array), word);
            }
            if ((ref.aggregation & fhir::kVersioned) != 0)
                builder_.set(type, "versioning", "specific");
            if ((ref.aggregation & fhir::kUnversioned) != 0)
                builder_.set(type, "versioning", "independent");
        }
    }

    void add_facet(Node* out, const fhir::Facet& facet) {
        const std::string_view name = facet.name, value = facet.value;
        if (name == "sliceName" || name == "slicing") return;
        if (name.find("://") != std::string_view::npos)
            return;  // an extension: see the pack writer
        if (value.starts_with('{') || value.starts_with('[')) {
            add_json(out, name, value);
        } else if (name == "maxLength" || name.ends_with("Integer") || name.ends_with("Decimal") ||
                   name.ends_with("PositiveInt") || name.ends_with("UnsignedInt")) {
            builder_.set_number(out, name, value);
        } else if (name.ends_with("Boolean")) {
            builder_.set(out, name, value == "true");
        } else {
            builder_.set(out, name, value);
        }
    }

    void add_json(Node* out, std::string_view name, std::string_view text) {
        if (const auto value = json::read(text)) builder_.set(out, name, value->root());
    }

    void add_constraints(Node* out, const ElementDef& element) {
        if (element.constraints.empty()) return;
        Node* list = builder_.set_array(out, "constraint");
        for (const fhir::Constraint* each : element.constraints) {
            Node* constraint = builder_.add_object(list);
            if (each->is_best_practice) {
                Node* extension = builder_.add_object(builder_.set_array(constraint, "extension"));
                builder_.set(
                    extension, "url",
                    "http://hl7.org/fhir/StructureDefinition/elementdefinition-bestpractice");
                builder_.set(extension, "valueBoolean", true);
            }
            builder_.set(constraint, "key", each->key);
            builder_.set(constraint, "severity", each->is_error ? "error" : "warning");
            builder_.set(constraint, "human", each->human);
            if (!each->expression.empty()) builder_.set(constraint, "expression", each->expression);
            if (!each->source.empty()) builder_.set(constraint, "source", each->source);
        }
    }

    void add_primitive_value(Node* out) {
        const std::string path = std::string{type_.name} + ".value";
        builder_.set(out, "id", path);
        builder_.set(out, "path", path);
        builder_.set(out, "short", "Primitive value for " + std::string{type_.name});
        builder_.set(out, "definition", "The actual value");
        builder_.set_number(out, "min", std::int64_t{0});
        builder_.set(out, "max", "1");
        Node* base = builder_.set_object(out, "base");
        builder_.set(base, "path", path);
        builder_.set_number(base, "min", std::int64_t{0});
        builder_.set(base, "max", "1");
        Node* type = builder_.add_object(builder_.set_array(out, "type"));
        builder_.set(type, "code", "http://hl7.org/fhirpath/System.String");
    }

    Builder builder_;
    const TypeDef& type_;
    const fhir::Definitions& definitions_;
};

}  // namespace

json::Document structure_definition(const TypeDef& type, const fhir::Definitions& definitions) {
    json::Document document;
    Rebuilder(document, type, definitions).build();
    return document;
}

}  // namespace tsunagi::validate::snapshot

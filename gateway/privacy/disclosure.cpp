#include "privacy/disclosure.h"

#include <algorithm>
#include <array>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <utility>

#include "privacy/shape.h"

namespace tsunagi::privacy {
namespace {

using fhir::ElementDef;
using fhir::Member;
using fhir::TypeDef;
using fhir::TypeKind;

/// Data types that hold names, numbers or whole files of a person: an offer lists their parts one
/// by one.
constexpr std::array<std::string_view, 12> kNaming{
    "Address",   "Annotation",  "Attachment", "BackboneElement", "ContactDetail", "ContactPoint",
    "HumanName", "Contributor", "Identifier", "RelatedArtifact", "Signature",     "Element"};

/// Members that no list can name: the renderer writes id itself, and the rest is text made
/// elsewhere or another resource.
constexpr std::array<std::string_view, 8> kNeverListed{
    "id",        "meta",      "implicitRules",     "text",
    "contained", "extension", "modifierExtension", "resourceType"};

bool is_one_of(std::string_view text, std::span<const std::string_view> list) {
    return std::find(list.begin(), list.end(), text) != list.end();
}

bool is_never_listed(const Member& member, const TypeDef& owner) {
    // The narrative of a resource is made elsewhere; that of a section is the section.
    if (member.name == "text" && member.type->code == "Narrative")
        return owner.kind == TypeKind::Resource && !owner.is_group;
    return member.name != "text" && is_one_of(member.name, kNeverListed);
}

bool is_primitive(const fhir::TypeRef& type) {
    return type.type->kind == TypeKind::Primitive || type.type->primitive != fhir::Primitive::None;
}

std::optional<Treatment> treatment_named(std::string_view name) {
    constexpr std::array<std::pair<std::string_view, Treatment>, 7> kNames{
        {{"keep", Treatment::Keep},
         {"reference", Treatment::Reference},
         {"reference-and-name", Treatment::ReferenceAndName},
         {"initials", Treatment::Initials},
         {"plain-narrative", Treatment::PlainNarrative},
         {"own-id", Treatment::OwnId},
         {"own-id-and-others", Treatment::OwnIdAndOthers}}};
    for (const auto& [known, treatment] : kNames) {
        if (known == name) return treatment;
    }
    return {};
}

/// One row of a resource's `elements`.
struct Row {
    std::string path;
    std::optional<Treatment> treatment;  ///< empty: the row only filters
    std::string system;
    std::vector<Filter> filters;
    std::vector<CodingRule> only_with;
    std::vector<std::string> needs;
};

}  // namespace

struct DisclosureRules::Parts {
    Stage stage = Stage::Offer;
    std::set<std::string, std::less<>> recipients;
    std::vector<std::string> needs;
    std::string purpose;
    std::set<std::string, std::less<>> data_classes;
    std::set<std::string, std::less<>> own_classes;
    std::set<std::string, std::less<>> tags;  ///< systems of meta.tag codings that leave
    std::vector<CodingRule> held_back;        ///< a resource with one of these never leaves
    std::string bundle_claim;                 ///< profile of the whole rendition; empty: none
    std::map<std::string, Treatment, std::less<>> treatments;
    std::map<std::string, ResourceRule, std::less<>> resources;
    std::vector<ExtensionRule> everywhere;  ///< extensions on any element that leaves
    std::optional<Population> population;
    std::deque<Shape> shapes;  ///< of data types and groups; addresses stay
};

namespace {

/// Turns the file into shapes. Every method returns the first fault it meets.
class Compiler {
public:
    Compiler(const fhir::Definitions& definitions, DisclosureRules::Parts& parts)
        : definitions_(definitions), parts_(parts) {}

    Status compile(json::Value file) {
        const std::string_view stage = file["stage"].text();
        if (stage != "offer" && stage != "release" && stage != "notice")
            return fault("stage", "not offer, release or notice");
        parts_.stage = stage == "offer"     ? Stage::Offer
                       : stage == "release" ? Stage::Release
                                            : Stage::Notice;
        name_ = stage;
        for (const json::Value each : file["recipients"]) parts_.recipients.emplace(each.text());
        for (const json::Value each : file["needs"]) parts_.needs.emplace_back(each.text());
        parts_.purpose = file["purpose"].text();
        const auto is_given = [&](const char* member) { return !file[member].empty(); };
        const bool notice = parts_.stage == Stage::Notice;
        for (const char* member : {"recipients", "needs"}) {
            if (is_given(member) != notice)
                return fault(member, "a notice, and nothing else, names recipients and needs");
        }
        if (parts_.purpose.empty() == notice)
            return fault("purpose", "a notice, and nothing else, names its purpose");
        for (const json::Value each : file["dataClasses"]) parts_.data_classes.emplace(each.text());
        if (parts_.data_classes.empty()) return fault("dataClasses", "nothing leaves");
        for (const json::Value each : file["ownClasses"]) parts_.own_classes.emplace(each.text());
        for (const json::Value each : file["tags"]) parts_.tags.emplace(each.text());
        parts_.bundle_claim = file["bundleClaim"].text();
        if (auto fits = parts_.bundle_claim.empty() ? Status{} : may_claim(parts_.bundle_claim);
            !fits)
            return fits;
        if (const TypeDef* resource = definitions_.type("Resource")) {
            for (const json::Value each : file["heldBack"]) {
                auto condition = read_condition("Resource", *resource, each);
                if (!condition) return condition.error();
                parts_.held_back.push_back(std::move(*condition));
            }
        }
        // Extension rules come first: shapes take theirs as they are made.
        for (const json::Value rule : file["extensions"]) {
            if (auto read = read_extension(rule); !read) return read;
        }
        for (const json::Value resource : file["resources"]) {
            if (auto read = read_resource(resource); !read) return read;
        }
        if (parts_.resources.empty()) return fault("resources", "nothing leaves");
        return {};
    }

private:
    Error fault(std::string_view where, std::string message) const {
        return Error{Code::Invalid, std::move(message), name_ + ": " + std::string{where}};
    }
    /// Lists names and addresses part by part; no identifier but our own.
    bool is_strict() const { return parts_.stage != Stage::Release; }

    Status read_extension(json::Value rule) {
        const std::string_view on = rule["on"].text();
        if (on != "*" && !definitions_.type(on) && on.find('.') == std::string_view::npos)
            return fault(on, "no such type");
        auto compiled = extension_rule(rule);
        if (!compiled) return compiled.error();
        if (on == "*")
            parts_.everywhere.push_back(std::move(*compiled));
        else
            by_type_[std::string{on}].push_back(std::move(*compiled));
        return {};
    }

    Result<ExtensionRule> extension_rule(json::Value rule) {
        ExtensionRule compiled;
        compiled.url = rule["url"].text();
        if (compiled.url.empty()) return fault("extensions", "an extension needs its url");
        for (const json::Value part : rule["parts"]) {
            if (part["parts"]) return fault(compiled.url, "parts have values");
            auto inner = extension_rule(part);
            if (!inner) return inner.error();
            compiled.parts.push_back(std::move(*inner));
        }
        if (!compiled.parts.empty()) return compiled;
        compiled.member = rule["value"].text();
        const TypeDef* extension = definitions_.type("Extension");
        const Member* value = extension ? extension->find(compiled.member) : nullptr;
        if (!value || value->element->name != "value") return fault(compiled.url, "not a value[x]");
        if (is_primitive(*value->type)) return compiled;
        const std::string_view code = value->type->type->name;
        if (code == "Reference" || is_one_of(code, kNaming))
            return fault(compiled.url, "this type never leaves in an extension");
        auto below = type_shape(*value->type, compiled.url);
        if (!below) return below.error();
        compiled.value = *below;
        return compiled;
    }

    Status read_resource(json::Value resource) {
        const std::string type{resource["type"].text()};
        const TypeDef* definition = definitions_.type(type);
        if (!definition || definition->kind != TypeKind::Resource || definition->is_abstract ||
            definition->is_profile)
            return fault(type, "not an R4 resource type");
        if (parts_.resources.contains(type)) return fault(type, "listed twice");
        ResourceRule rule;
        const std::string_view leaves = resource["leaves"].text();
        if (leaves != "always" && leaves != "when-referenced")
            return fault(type, "leaves is always or when-referenced");
        rule.when_referenced = leaves == "when-referenced";
        rule.shared = resource["shared"].truth();
        for (const json::Value only : resource["onlyWith"]) {
            auto condition = read_condition(type, *definition, only);
            if (!condition) return condition.error();
            rule.only_with.push_back(std::move(*condition));
        }
        std::vector<Row> rows;
        for (const json::Value element : resource["elements"]) {
            Row row;
            row.path = type + "." +
                       std::string{element.is_string() ? element.text() : element["path"].text()};
            row.treatment = Treatment::Keep;
            if (const json::Value as = element["as"]) {
                row.treatment = treatment_named(as.text());
                if (!row.treatment) return fault(row.path, "unknown treatment");
            } else if (element["only"] || element["onlyWith"] || element["needs"]) {
                row.treatment.reset();
            }
            row.system = element["system"].text();
            for (const json::Value each : element["needs"]) row.needs.emplace_back(each.text());
            for (const json::Value each : element["onlyWith"]) {
                const TypeDef* at = type_at(*definition, element["path"].text());
                if (!at) return fault(row.path, "no such element");
                auto condition = read_condition(row.path, *at, each);
                if (!condition) return condition.error();
                row.only_with.push_back(std::move(*condition));
            }
            for (const json::Value filter : element["only"]) {
                row.filters.push_back({std::string{filter.key()}, std::string{filter.text()}});
            }
            rows.push_back(std::move(row));
        }
        auto shape = listed_shape(type, *definition, rows);
        if (!shape) return shape.error();
        rule.shape = std::move(*shape);
        for (const json::Value each : resource["claims"]) {
            auto claim = read_claim(type, *definition, each, rule.shape);
            if (!claim) return claim.error();
            rule.claims.push_back(std::move(*claim));
        }
        parts_.resources.emplace(type, std::move(rule));
        return {};
    }

    Result<Claim> read_claim(const std::string& type, const TypeDef& definition, json::Value row,
                             const Shape& shape) {
        Claim claim{std::string{row["profile"].text()}, {}, {}};
        if (auto fits = may_claim(claim.profile); !fits) return fits.error();
        for (const json::Value need : row["needs"]) {
            if (!shape.find(need.text()))
                return fault(type + "." + std::string{need.text()}, "a claim needs what leaves");
            claim.needs.emplace_back(need.text());
        }
        for (const json::Value only : row["onlyWith"]) {
            auto condition = read_condition(type, definition, only);
            if (!condition) return condition.error();
            claim.only_with.push_back(std::move(*condition));
        }
        return claim;
    }

    /// The masked letter must not look like an eReferral (domain section 2.2).
    Status may_claim(std::string_view profile) {
        const auto names = [&](std::string_view part) {
            return profile.find(part) != std::string_view::npos;
        };
        if (!profile.starts_with("http")) return fault("claims", "a claim names a profile");
        if (is_strict() && (names("eReferral") || names("eCS") || names("/clins/")))
            return fault(std::string{profile}, "only a document of the release claims JP-CLINS");
        return {};
    }

    /// The type of the element at `path` below `definition`; nullptr when there is none.
    static const TypeDef* type_at(const TypeDef& definition, std::string_view path) {
        const TypeDef* at = &definition;
        for (std::size_t from = 0; from <= path.size();) {
            const std::size_t dot = std::min(path.find('.', from), path.size());
            const Member* found = at->find(path.substr(from, dot - from));
            if (!found) return nullptr;
            at = found->type->type;
            from = dot + 1;
        }
        return at;
    }

    Result<CodingRule> read_condition(const std::string& where, const TypeDef& definition,
                                      json::Value only) {
        CodingRule condition{{}, std::string{only["system"].text()}, {}};
        for (const json::Value code : only["codes"]) condition.codes.emplace_back(code.text());
        const std::string_view path = only["path"].text();
        const TypeDef* at = type_at(definition, path);
        if (!at || at->name != "Coding" || condition.system.empty() || condition.codes.empty())
            return fault(where + "." + std::string{path},
                         "a condition names a Coding, its system and codes");
        for (std::size_t from = 0; from <= path.size();) {
            const std::size_t dot = std::min(path.find('.', from), path.size());
            condition.path.emplace_back(path.substr(from, dot - from));
            from = dot + 1;
        }
        return condition;
    }

    /// The shape of `path` with exactly the rows below it.
    Result<Shape> listed_shape(const std::string& path, const TypeDef& type,
                               const std::vector<Row>& rows) {
        Shape shape = empty_shape(path, type);
        const std::string prefix = path + ".";
        for (const Row& row : rows) {
            if (!row.path.starts_with(prefix)) continue;
            const std::string_view rest = std::string_view{row.path}.substr(prefix.size());
            const std::string_view name = rest.substr(0, rest.find('.'));
            if (shape.find(name)) continue;
            const Member* member = type.find(name);
            if (!member || is_never_listed(*member, type))
                return fault(row.path, "no such element");
            auto step = listed_step(prefix + std::string{name}, *member, rows);
            if (!step) return step.error();
            shape.steps.push_back(std::move(*step));
        }
        for (const ElementDef* element : type.elements) {
            if (element->min == 0) continue;
            std::vector<std::string> names;
            for (const fhir::TypeRef& each : element->types) {
                if (shape.find(each.member_name)) names.emplace_back(each.member_name);
            }
            if (names.empty()) return fault(element->path, "required and not listed");
            shape.required.push_back(std::move(names));
        }
        return shape;
    }

    Result<Step> listed_step(const std::string& path, const Member& member,
                             const std::vector<Row>& rows) {
        Step step;
        step.member = member.name;
        step.is_array = member.element->is_array;
        bool listed = false, has_below = false;
        std::vector<std::string> needs;
        for (const Row& row : rows) {
            if (row.path.starts_with(path + ".")) has_below = true;
            if (row.path != path) continue;
            for (const Filter& filter : row.filters) {
                const Member* known = member.type->type->find(filter.member);
                if (!known || !is_primitive(*known->type))
                    return fault(path + "." + filter.member, "no such element to filter by");
                step.filters.push_back(filter);
            }
            step.only_with.insert(step.only_with.end(), row.only_with.begin(), row.only_with.end());
            needs.insert(needs.end(), row.needs.begin(), row.needs.end());
            if (!row.treatment) continue;
            if (listed) return fault(path, "listed twice");
            listed = true;
            step.treatment = *row.treatment;
            step.system = row.system;
        }
        if (has_below) {
            if (listed) return fault(path, "listed as a whole and in parts");
            auto below = listed_shape(path, *member.type->type, rows);
            if (!below) return below.error();
            for (const std::string& each : needs) {
                if (!below->find(each))
                    return fault(path, "needs " + each + ", which is not listed");
            }
            if (!needs.empty()) below->required.push_back(std::move(needs));
            parts_.shapes.push_back(std::move(*below));
            step.below = &parts_.shapes.back();
            return step;
        }
        if (!listed) return fault(path, "a filter without an element that leaves");
        if (auto suits = whole_step(path, *member.type, step); !suits) return suits.error();
        parts_.treatments[path] = step.treatment;
        return step;
    }

    /// Checks that the treatment suits the type, and completes `step`.
    Status whole_step(const std::string& path, const fhir::TypeRef& type, Step& step) {
        const std::string_view code = type.type->name;
        const bool own =
            step.treatment == Treatment::OwnId || step.treatment == Treatment::OwnIdAndOthers;
        if (own != (code == "Identifier" && (is_strict() || own)))
            return fault(path, "an identifier leaves as own-id");
        if (own) {
            if (step.system.empty()) return fault(path, "an own id needs its system");
            if (step.treatment == Treatment::OwnId) return {};
            if (is_strict()) return fault(path, "an offer carries no identifier but our own");
        }
        if (code == "Reference") {
            if (step.treatment == Treatment::Keep) step.treatment = Treatment::Reference;
            if (step.treatment == Treatment::ReferenceAndName && is_strict())
                return fault(path, "an offer carries no names in references");
            return step.treatment == Treatment::Reference ||
                           step.treatment == Treatment::ReferenceAndName
                       ? Status{}
                       : Status{fault(path, "the treatment does not suit a Reference")};
        }
        if ((code == "Narrative") != (step.treatment == Treatment::PlainNarrative))
            return fault(path, "a narrative leaves as plain-narrative");
        if (step.treatment == Treatment::PlainNarrative) return {};
        if (step.treatment == Treatment::Initials)
            return is_primitive(type) ? Status{} : Status{fault(path, "initials are a string")};
        if (step.treatment != Treatment::Keep && !own)
            return fault(path, "the treatment does not suit the type");
        if (is_primitive(type)) {
            return type.type->primitive == fhir::Primitive::Xhtml
                       ? Status{fault(path, "this type never leaves")}
                       : Status{};
        }
        const std::string_view kind = type.type->is_group ? "BackboneElement" : code;
        if (is_strict() && is_one_of(kind, kNaming))
            return fault(path, "an offer lists this type in parts");
        if (kind == "Extension" || kind == "Meta" || kind == "Resource" ||
            type.type->kind == TypeKind::Resource)
            return fault(path, "this type never leaves");
        auto below = type_shape(type, path);
        if (!below) return below.error();
        step.below = *below;
        return {};
    }

    /// The shape of a data type or group that leaves as a whole. One for each type: groups that
    /// contain themselves (Consent.provision) end here.
    Result<const Shape*> type_shape(const fhir::TypeRef& type, std::string_view path) {
        if (const auto known = whole_.find(type.type); known != whole_.end()) return known->second;
        parts_.shapes.push_back(empty_shape(std::string{type.type->name}, *type.type));
        Shape& shape = parts_.shapes.back();
        whole_[type.type] = &shape;
        for (const Member& member : type.type->members) {
            if (is_never_listed(member, *type.type)) continue;
            const std::string_view code = member.type->type->name;
            if (code == "Attachment" || code == "Extension" ||
                (code == "Narrative" && is_strict()) ||
                member.type->type->kind == TypeKind::Resource ||
                (is_strict() && is_one_of(code, kNaming)))
                continue;
            Step step;
            step.member = member.name;
            step.is_array = member.element->is_array;
            if (code == "Reference") {
                step.treatment = is_strict() ? Treatment::Reference : Treatment::ReferenceAndName;
            } else if (code == "Narrative") {
                step.treatment = Treatment::PlainNarrative;
            } else if (!is_primitive(*member.type)) {
                auto below = type_shape(*member.type, path);
                if (!below) return below.error();
                step.below = *below;
            }
            shape.steps.push_back(std::move(step));
        }
        for (const ElementDef* element : type.type->elements) {
            if (element->min == 0) continue;
            std::vector<std::string> names;
            for (const fhir::TypeRef& each : element->types) {
                if (shape.find(each.member_name)) names.emplace_back(each.member_name);
            }
            if (names.empty()) return fault(path, "cannot leave as a whole: list its parts");
            shape.required.push_back(std::move(names));
        }
        return &shape;
    }

    Shape empty_shape(std::string name, const TypeDef& type) const {
        Shape shape;
        shape.name = std::move(name);
        shape.extensions = parts_.everywhere;
        shape.on_primitives = &parts_.everywhere;
        if (const auto own = by_type_.find(std::string{type.name}); own != by_type_.end())
            shape.extensions.insert(shape.extensions.end(), own->second.begin(), own->second.end());
        return shape;
    }

    const fhir::Definitions& definitions_;
    DisclosureRules::Parts& parts_;
    std::string name_;
    std::map<std::string, std::vector<ExtensionRule>, std::less<>> by_type_;
    std::map<const TypeDef*, const Shape*> whole_;
};

}  // namespace

Result<DisclosureRules> DisclosureRules::load(json::Value file,
                                              const fhir::Definitions& definitions) {
    auto parts = std::make_unique<Parts>();
    Compiler compiler(definitions, *parts);
    if (auto compiled = compiler.compile(file); !compiled) return compiled.error();
    return DisclosureRules(std::move(parts));
}

Stage DisclosureRules::stage() const noexcept { return parts_->stage; }

bool DisclosureRules::is_for(std::string_view recipient_kind) const noexcept {
    return parts_->recipients.contains(recipient_kind);
}

const std::vector<std::string>& DisclosureRules::needs() const noexcept { return parts_->needs; }

const std::string& DisclosureRules::purpose() const noexcept { return parts_->purpose; }

void DisclosureRules::set_population(Population table) { parts_->population = std::move(table); }

const Population* DisclosureRules::population() const noexcept {
    return parts_->population ? &*parts_->population : nullptr;
}

const Treatment* DisclosureRules::find(std::string_view path) const noexcept {
    const auto found = parts_->treatments.find(path);
    return found == parts_->treatments.end() ? nullptr : &found->second;
}

bool DisclosureRules::leaves(std::string_view type) const noexcept {
    return parts_->resources.contains(type);
}

bool DisclosureRules::class_leaves(std::string_view data_class) const noexcept {
    return parts_->data_classes.contains(data_class);
}

bool DisclosureRules::is_own(std::string_view data_class) const noexcept {
    return parts_->own_classes.contains(data_class);
}

bool DisclosureRules::tag_leaves(std::string_view system) const noexcept {
    return parts_->tags.contains(system);
}

const std::string& DisclosureRules::bundle_claim() const noexcept { return parts_->bundle_claim; }

const std::vector<CodingRule>& DisclosureRules::held_back() const noexcept {
    return parts_->held_back;
}

const ResourceRule* DisclosureRules::rule(std::string_view type) const noexcept {
    const auto found = parts_->resources.find(type);
    return found == parts_->resources.end() ? nullptr : &found->second;
}

DisclosureRules::DisclosureRules(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
DisclosureRules::DisclosureRules(DisclosureRules&&) noexcept = default;
DisclosureRules& DisclosureRules::operator=(DisclosureRules&&) noexcept = default;
DisclosureRules::~DisclosureRules() = default;

}  // namespace tsunagi::privacy

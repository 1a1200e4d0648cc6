#include <algorithm>
#include <array>
#include <string>

#include "validate/walk.h"

/// Extensions: their shape, their definition, and where they may be used
/// (hl7.org/fhir/R4/extensibility.html, defining-extensions.html#context).
namespace tsunagi::validate {
namespace {

using fhir::TypeDef;
using json::Value;

/// Contexts that the definitions of R4 lack although R4 itself uses the extension there; later
/// versions added them.
struct FurtherContext {
    std::string_view url;
    std::string_view path;  ///< empty: anywhere
};

constexpr std::array kFurther = {
    FurtherContext{"http://hl7.org/fhir/StructureDefinition/structuredefinition-fhir-type",
                   "ElementDefinition.type"},
    FurtherContext{"http://hl7.org/fhir/StructureDefinition/regex", "ElementDefinition.type"},
    FurtherContext{"http://hl7.org/fhir/StructureDefinition/structuredefinition-normative-version",
                   ""},
    FurtherContext{"http://hl7.org/fhir/StructureDefinition/translation",
                   "ValueSet.expansion.contains"},
    FurtherContext{"http://hl7.org/fhir/StructureDefinition/valueset-concept-comments",
                   "CodeSystem.concept"},
};

bool is_further_context(std::string_view url, const Place& place) {
    return std::ranges::any_of(kFurther, [&](const FurtherContext& each) {
        return each.url == url &&
               (each.path.empty() || (place.up && place.up->element && place.up->type->is_group &&
                                      place.up->type->root->path == each.path));
    });
}

bool has_value(Value extension) {
    for (const Value each : extension) {
        std::string_view key = each.key();
        if (key.starts_with('_')) key.remove_prefix(1);
        if (key.starts_with("value")) return true;
    }
    return false;
}

std::string_view without_suffix(std::string_view text) {
    return text.ends_with("[x]") ? text.substr(0, text.size() - 3) : text;
}

/// "name.family" seen from `above`, and the same with the type of a choice: "valueQuantity.unit".
std::string path_below(const Place& above, const Place& place, bool typed) {
    if (place.up == nullptr || &place == &above) return {};
    std::string out = path_below(above, *place.up, typed);
    if (!out.empty()) out += '.';
    out += place.name;
    if (typed && !place.choice.empty()) {
        const std::size_t first = out.size();
        out += place.choice;
        if (out[first] >= 'a' && out[first] <= 'z')
            out[first] = static_cast<char>(out[first] - 'a' + 'A');
    }
    return out;
}

}  // namespace

/// `place` is that of an extension or modifierExtension.
void Walk::extension(Value value, Place& place) {
    if (value["extension"].empty() != has_value(value)) {
        report_rule(Finding::ExtensionShape, "ext-1", place, value.offset());
    }
    const Value url = value["url"];
    const std::string_view text = url.text();
    const Place here{&place, "url"};
    // Inside an extension a part is named as its definition says, without address.
    if (text.empty() || text.find(':') == std::string_view::npos) return;
    if (text.find('|') != std::string_view::npos)
        return report(Finding::ExtensionVersioned, here, url.offset());
    const TypeDef* definition = definitions_.type(text);
    const bool is_modifier = place.name == "modifierExtension";
    if (!definition || definition->name != "Extension") {
        if (tell_once(text))
            report(is_modifier ? Finding::ModifierUnknown : Finding::ExtensionUnknown, place,
                   value.offset());
        return;
    }
    if (!definition->is_profile) return;
    if (definition->root->is_modifier != is_modifier) {
        report(is_modifier ? Finding::ExtensionNoModifier : Finding::ExtensionIsModifier, place,
               value.offset());
    }
    bool fits = definition->contexts.empty();
    std::string contexts;
    for (const fhir::ExtensionContext& each : definition->contexts) {
        fits = is_in_context(each, place);
        if (fits) break;
        if (!contexts.empty()) contexts += ", ";
        contexts += each.expression;
    }
    if (!fits && !is_further_context(text, place))
        report(Finding::ExtensionNotHere, place, value.offset(), {contexts});
    if (const Profile* found = rules_.profiles.of(*definition))
        profile({value, {}, known_.extension}, *found, place);
}

bool Walk::is_in_context(const fhir::ExtensionContext& context, const Place& place) const {
    const std::string_view kind = context.type;
    const std::string_view expression = context.expression;
    const Place* parent = place.up;
    if (!parent) return true;
    if (kind == "extension") {
        // The value of the parent is not at hand; its definition checks what it holds.
        return parent->type == known_.extension;
    }
    // Conditions on the whole resource, and elements named by their id, are taken as met.
    if (kind != "element" || expression.find_first_of("#:(") != std::string_view::npos) return true;
    const std::string_view wanted = without_suffix(expression);
    if (wanted == "Element" || wanted == "*") return true;
    const std::string_view first = wanted.substr(0, wanted.find('.'));
    const TypeDef* named = definitions_.type(first);
    if (!named) return true;
    if (wanted == first) {
        return parent->type &&
               (fhir::Definitions::is_subtype(parent->type, named) || parent->type->name == first);
    }
    if (parent->element && without_suffix(parent->element->path) == wanted) return true;
    // A group that is used in a second place (contentReference) keeps its name.
    if (parent->type && parent->type->is_group && parent->type->root->path == wanted) return true;
    const std::string_view rest = wanted.substr(first.size() + 1);
    for (const Place* above = parent; above; above = above->up) {
        if (!above->type || !fhir::Definitions::is_subtype(above->type, named)) continue;
        if (path_below(*above, *parent, false) == rest || path_below(*above, *parent, true) == rest)
            return true;
    }
    return false;
}

}  // namespace tsunagi::validate

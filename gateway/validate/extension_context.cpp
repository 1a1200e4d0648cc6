#include "validate/extension_context.h"

#include <algorithm>
#include <array>
#include <string>

#include "fhirpath/expression.h"

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

void ContextCheck::check(const TypeDef& definition, const Profile* profile) {
    bool fits = definition.contexts.empty();
    std::string contexts;
    for (std::size_t i = 0; i < definition.contexts.size() && !fits; ++i) {
        fits = is_allowed(definition.contexts[i], profile ? profile->context_path(i) : nullptr);
        if (!contexts.empty()) contexts += ", ";
        contexts += definition.contexts[i].expression;
    }
    if (!fits && !is_further_context(definition.url, place_))
        walk_.report(Finding::ExtensionNotHere, place_, extension_.offset(), {contexts});
    for (std::size_t i = 0; profile && i < definition.context_invariants.size(); ++i) {
        const fhirpath::Expression* rule = profile->context_rule(i);
        if (rule && !holds(*rule))
            walk_.report(Finding::ExtensionCondition, place_, extension_.offset(),
                         {definition.context_invariants[i]});
    }
}

bool ContextCheck::is_allowed(const fhir::ExtensionContext& context,
                              const fhirpath::Expression* path) {
    if (!place_.up) return true;
    if (context.type == "extension") return is_in_extension(context.expression);
    if (context.type == "fhirpath") return !path || is_found_by(*path);
    return context.type != "element" || is_in_element(context.expression);
}

/// The URL of the extension around it. One of its parts ("url#part") is named without address: that
/// it is a part is what can be told.
bool ContextCheck::is_in_extension(std::string_view expression) const {
    if (place_.up->type != walk_.known_.extension) return false;
    return expression.find('#') != std::string_view::npos || parent_["url"].text() == expression;
}

/// The id of an element, alone or as "url#id", with the names of slices passed over.
bool ContextCheck::is_in_element(std::string_view expression) const {
    if (const std::size_t hash = expression.find('#'); hash != std::string_view::npos)
        expression.remove_prefix(hash + 1);
    else if (expression.find("://") != std::string_view::npos)
        return true;  // a whole profile: who follows it is not told by the place
    if (expression.find('(') != std::string_view::npos) return true;
    std::string path;
    for (bool is_slice = false; const char c : without_suffix(expression)) {
        is_slice = c != '.' && (is_slice || c == ':');
        if (!is_slice) path += c;
    }
    const std::string_view wanted = path;
    if (wanted == "Element" || wanted == "*") return true;
    const std::string_view first = wanted.substr(0, wanted.find('.'));
    const TypeDef* named = walk_.definitions_.type(first);
    if (!named) return true;
    const Place* parent = place_.up;
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

/// What the path finds in a resource is worked out once, however many extensions ask for it.
bool ContextCheck::is_found_by(const fhirpath::Expression& path) {
    const auto [at, fresh] =
        walk_.contexts_.try_emplace({walk_.around_.resource.node(), &path.program()});
    if (fresh) {
        fhirpath::Context context = walk_.context_of(
            fhirpath::item_of(walk_.around_.resource, &walk_.definitions_), nullptr);
        const auto found = fhirpath::evaluate(path, context);
        if (!found) return true;  // what cannot be asked is no fault of the data
        for (const fhirpath::Item& each : *found) {
            at->second.push_back(each.node().node());
            at->second.push_back(each.companion().node());
        }
        std::ranges::sort(at->second);
    }
    return std::ranges::binary_search(at->second, parent_.node());
}

/// Asked of the element that holds the extension; %extension is the extension.
bool ContextCheck::holds(const fhirpath::Expression& rule) {
    const fhirpath::Variable itself{"extension",
                                    {fhirpath::Item::node(extension_, walk_.known_.extension)}};
    const auto answer = fhirpath::holds(rule, walk_.context_of(holder(), &itself));
    return !answer || *answer;
}

fhirpath::Item ContextCheck::holder() const {
    const TypeDef* type = place_.up ? place_.up->type : nullptr;
    if (type && type->kind == fhir::TypeKind::Primitive)
        return fhirpath::Item::node(walk_.around_.beside, type, parent_);
    return fhirpath::Item::node(parent_, type);
}

}  // namespace tsunagi::validate

#include "validate/extension_context.h"
#include "validate/walk.h"

/// Extensions: their shape and their definition (hl7.org/fhir/R4/extensibility.html).
namespace tsunagi::validate {
namespace {

using fhir::TypeDef;
using json::Value;

bool has_value(Value extension) {
    for (const Value each : extension) {
        std::string_view key = each.key();
        if (key.starts_with('_')) key.remove_prefix(1);
        if (key.starts_with("value")) return true;
    }
    return false;
}

}  // namespace

/// `place` is that of an extension or modifierExtension.
void Walk::extension(Value value, Value parent, Place& place) {
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
    const Profile* found = rules_.profiles.of(*definition);
    ContextCheck(*this, value, parent, place).check(*definition, found);
    if (found) profile({value, {}, known_.extension}, *found, place);
}

}  // namespace tsunagi::validate

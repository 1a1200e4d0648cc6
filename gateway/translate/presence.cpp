#include "translate/presence.h"

#include <algorithm>
#include <span>

#include "json/same_bytes.h"
#include "translate/members.h"

namespace tsunagi::translate {
namespace {

using fhir::TypeDef;
using json::Kind;
using json::Node;
using Step = Presence::Step;

bool take_end(std::string_view& text, std::string_view end) {
    if (!text.ends_with(end)) return false;
    text.remove_suffix(end.size());
    return true;
}

/// Everything up to `separator`, or the whole rest.
std::string_view take_until(std::string_view& text, std::string_view separator) {
    const std::size_t end = std::min(text.find(separator), text.size());
    const std::string_view part = text.substr(0, end);
    text.remove_prefix(std::min(end + separator.size(), text.size()));
    return part;
}

std::optional<Step> step_of(const TypeDef* type, std::string_view name) {
    if (!type || is_open(type) || type->kind == fhir::TypeKind::Primitive) return {};
    const fhir::Member* member = type->find(name);
    if (!member || member->element->is_choice || member->element->name != name ||
        !member->type->type)
        return {};
    return Step{std::string{name}, member->type->type->kind == fhir::TypeKind::Primitive};
}

std::optional<Presence::Term> term_of(std::string_view text, const TypeDef* focus,
                                      const FindVariable& variable) {
    while (text.starts_with(' ')) text.remove_prefix(1);
    while (text.ends_with(' ')) text.remove_suffix(1);
    Presence::Term term;
    term.there = take_end(text, ".exists()");
    if ((!term.there && !take_end(text, ".empty()")) || text.empty()) return {};
    const TypeDef* type = focus;
    if (text.front() == '%') {
        const auto found = variable(take_until(text, ".").substr(1));
        if (!found) return {};
        term.slot = found->first;
        type = found->second;
    } else if (text.starts_with("$this.") || text == "$this") {
        take_until(text, ".");
    } else if (text.front() < 'a' || text.front() > 'z') {
        return {};  // a type, or no path at all
    }
    while (!text.empty()) {
        const std::string_view name = take_until(text, ".");
        auto step = step_of(type, name);
        if (!step) return {};
        type = type->find(name)->type->type;
        term.steps.push_back(std::move(*step));
    }
    return term;
}

/// Whether `found` holds for a value, or for one of a list, each with its companion.
template <class Found>
bool any_of(const Node* value, const Node* companion, const Found& found) {
    const bool listed = value && value->kind == Kind::Array;
    const bool beside_listed = companion && companion->kind == Kind::Array;
    if (!listed && !beside_listed) return found(value, companion);
    const Node* item = listed ? value->first : nullptr;
    const Node* beside = beside_listed ? companion->first : nullptr;
    for (; item || beside; item = item ? item->next : nullptr) {
        if (found(item, beside)) return true;
        beside = beside ? beside->next : nullptr;
    }
    return false;
}

bool is_object(const Node* node) { return node && node->kind == Kind::Object; }

bool is_below(const Node* object, std::span<const Step> steps) {
    if (!is_object(object)) return false;
    const Step& step = steps[0];
    const std::size_t size = step.key.size();
    const Node* value = nullptr;
    const Node* companion = nullptr;
    for (const Node* each = object->first; each; each = each->next) {
        if (each->key_size == size && json::same_bytes(each->key, step.key.data(), size))
            value = each;
        else if (each->key_size == size + 1 && each->key[0] == '_' &&
                 json::same_bytes(each->key + 1, step.key.data(), size))
            companion = each;
    }
    if (value && !step.is_primitive) companion = nullptr;
    const auto rest = steps.subspan(1);
    return any_of(value, companion, [&](const Node* item, const Node* beside) {
        if (rest.empty()) return (item && item->kind != Kind::Null) || is_object(beside);
        return is_below(is_object(item) ? item : beside, rest);
    });
}

}  // namespace

Presence presence_of(std::string_view text, const TypeDef* focus, const FindVariable& variable) {
    const bool any = text.find(" or ") != std::string_view::npos;
    Presence made;
    made.all = !any;
    while (!text.empty()) {
        auto term = term_of(take_until(text, any ? " or " : " and "), focus, variable);
        if (!term) return {};
        made.terms.push_back(std::move(*term));
    }
    return made;
}

bool is_there(const Slot& from, const std::vector<Step>& steps) {
    if (steps.empty()) return !from.empty();
    return is_below(is_object(from.node) ? from.node : from.companion, steps);
}

}  // namespace tsunagi::translate

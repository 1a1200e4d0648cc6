#include "validate/profile_compiler.h"

#include <algorithm>
#include <string>
#include <utility>

#include "json/builder.h"
#include "json/reader.h"

namespace tsunagi::validate {
namespace {

using fhir::ElementDef;
using fhir::TypeDef;
using fhir::TypeRef;

std::string_view parent_path(std::string_view path) noexcept {
    const std::size_t dot = path.rfind('.');
    return dot == std::string_view::npos ? std::string_view{} : path.substr(0, dot);
}

bool is_extension_name(std::string_view name) noexcept {
    return name == "extension" || name == "modifierExtension";
}

bool same_rule(const fhir::Constraint& left, const fhir::Constraint& right) noexcept {
    return left.key == right.key && left.expression == right.expression;
}

bool has_rule(const ElementDef* element, const fhir::Constraint& rule) noexcept {
    return element && std::ranges::any_of(element->constraints, [&](const fhir::Constraint* each) {
               return same_rule(*each, rule);
           });
}

const TypeRef* ref_of(const ElementDef& element, std::string_view code) noexcept {
    const auto at = std::ranges::find(element.types, code, &TypeRef::code);
    return at == element.types.end() ? nullptr : &*at;
}

bool all_of_one_code(const ElementDef& element) noexcept {
    return !element.types.empty() && std::ranges::all_of(element.types, [&](const TypeRef& each) {
        return each.code == element.types.front().code;
    });
}

bool same_texts(std::span<const std::string_view> left,
                std::span<const std::string_view> right) noexcept {
    return std::ranges::equal(left, right);
}

}  // namespace

Discriminator read_discriminator(std::string_view type, std::string_view path) {
    Discriminator out;
    out.kind = type == "type"      ? Discriminator::Kind::Type
               : type == "exists"  ? Discriminator::Kind::Exists
               : type == "profile" ? Discriminator::Kind::Profile
                                   : Discriminator::Kind::Value;
    while (!path.empty()) {
        std::size_t end = 0;
        int depth = 0;
        for (; end < path.size() && (depth > 0 || path[end] != '.'); ++end) {
            if (path[end] == '(') ++depth;
            if (path[end] == ')') --depth;
        }
        std::string_view step = path.substr(0, end);
        path.remove_prefix(std::min(end + 1, path.size()));
        if (step == "$this") continue;
        const std::size_t open = step.find('(');
        if (open == std::string_view::npos) {
            if (step.ends_with("[x]")) step.remove_suffix(3);
            out.is_understood &= !step.empty() && step.find(' ') == std::string_view::npos;
            out.steps.push_back({PathStep::Kind::Member, std::string{step}});
            continue;
        }
        const std::string_view name = step.substr(0, open);
        std::string_view argument = step.substr(open + 1);
        if (argument.ends_with(')')) argument.remove_suffix(1);
        if (argument.size() > 1 && (argument.front() == '\'' || argument.front() == '"')) {
            argument.remove_prefix(1);
            argument.remove_suffix(1);
        }
        if (name == "resolve") {
            out.steps.push_back({PathStep::Kind::Resolve, {}});
        } else if (name == "extension") {
            out.steps.push_back({PathStep::Kind::Extension, std::string{argument}});
        } else if (name == "ofType" || name == "as") {
            if (argument.starts_with("FHIR.")) argument.remove_prefix(5);
            out.steps.push_back({PathStep::Kind::OfType, std::string{argument}});
        } else {
            out.is_understood = false;
        }
    }
    return out;
}

bool ProfileCompiler::compile(const TypeDef& definition, Profile& profile) {
    const TypeDef* type = definitions_.type(definition.name);
    if (!definition.is_profile || !type || type->is_profile) return false;
    profile_ = &profile;
    profile.definition_ = &definition;
    profile.type_ = type;
    for (const ElementDef& element : definition.all_elements) attach(element);
    // Parents come before their members: what a node is of is known when it is read.
    for (Draft& each : drafts_) read(each);
    for (Draft& each : drafts_) read_slicing(each);
    for (Draft& each : drafts_) read_content(each);
    prune();
    const auto parse = [](std::string_view text) -> std::optional<fhirpath::Expression> {
        auto expression = fhirpath::Expression::parse(text);
        if (!expression) return std::nullopt;
        return std::move(*expression);
    };
    for (const fhir::ExtensionContext& each : definition.contexts)
        profile.context_paths_.push_back(each.type == "fhirpath" ? parse(each.expression)
                                                                 : std::nullopt);
    for (const std::string_view each : definition.context_invariants)
        profile.context_rules_.push_back(parse(each));
    return true;
}

ProfileCompiler::Draft* ProfileCompiler::attach(const ElementDef& element) {
    const std::string_view above = parent_path(element.path);
    while (!open_.empty() && open_.back()->node->element->path != above) open_.pop_back();
    Draft* parent = open_.empty() ? nullptr : open_.back();
    if (!parent && !drafts_.empty()) return nullptr;  // below an element that was left out
    Draft& draft = drafts_.emplace_back();
    draft.node = &profile_->nodes_.emplace_back();
    draft.node->element = &element;
    draft.parent = parent;
    open_.push_back(&draft);
    if (!parent) return &draft;
    const std::string_view slice = element.facet("sliceName");
    if (!slice.empty()) draft.sliced = sliced_element(*parent, element, slice);
    if (draft.sliced) {
        draft.node->slice_name = slice;
        draft.sliced->slices.push_back(&draft);
    } else {
        parent->members.push_back(&draft);
    }
    return &draft;
}

/// The element of the same path, or its slice "a" when the name is "a/b" (a slice sliced again).
ProfileCompiler::Draft* ProfileCompiler::sliced_element(Draft& parent, const ElementDef& element,
                                                        std::string_view slice) {
    const auto at = std::ranges::find_if(parent.members, [&](const Draft* each) {
        return each->node->element->path == element.path;
    });
    if (at == parent.members.end()) return nullptr;
    Draft* found = *at;
    for (bool deeper = true; deeper;) {
        deeper = false;
        for (Draft* each : found->slices) {
            const std::string_view outer = each->node->slice_name;
            if (slice.size() > outer.size() + 1 && slice.starts_with(outer) &&
                slice[outer.size()] == '/') {
                found = each;
                deeper = true;
                break;
            }
        }
    }
    return found;
}

void ProfileCompiler::read(Draft& draft) {
    ProfileNode& node = *draft.node;
    if (!draft.parent) {
        node.type = profile_->type_;
        read_invariants(draft);
        return;
    }
    const TypeDef* around = draft.parent->node->type;
    if (!around) return;
    node.base = around->element(node.element->name);
    if (!node.base) {
        const fhir::Member* member = around->find(node.element->name);
        if (!member) return;  // not an element of the type: nothing in the data can be it
        node.base = member->element;
        node.member = member->name;
    }
    read_type(node);
    node.counts = draft.sliced != nullptr || node.element->min > node.base->min ||
                  node.element->max < node.base->max;
    read_refs(node);
    read_facets(node);
    read_binding(node);
    read_invariants(draft);
}

void ProfileCompiler::read_type(ProfileNode& node) {
    const ElementDef& base = *node.base;
    if (!node.member.empty()) {
        const auto at = std::ranges::find(base.types, node.member, &TypeRef::member_name);
        if (at != base.types.end()) node.type = at->type;
        return;
    }
    if (!all_of_one_code(*node.element)) {
        if (base.types.size() == 1) node.type = base.types.front().type;
        return;
    }
    const std::string_view code = node.element->types.front().code;
    const TypeRef* ref = ref_of(base, code);
    node.type = ref ? ref->type : definitions_.type(code);
}

void ProfileCompiler::read_refs(ProfileNode& node) {
    for (const TypeRef& each : node.base->types)
        node.narrows_types |= node.member.empty() && !ref_of(*node.element, each.code);
    if (node.element->types.empty()) node.narrows_types = false;
    const bool is_extension = is_extension_name(node.element->name);
    for (const TypeRef& each : node.element->types) {
        const TypeRef* base = ref_of(*node.base, each.code);
        // Every extension is checked against the definition that its url names.
        if (!is_extension && !each.profiles.empty())
            node.has_profiles |= !base || !same_texts(each.profiles, base->profiles);
        if (!each.targets.empty())
            node.narrows_targets |= !base || !same_texts(each.targets, base->targets);
        node.limits_references |= each.aggregation != 0;
    }
}

json::Value ProfileCompiler::keep(std::string_view text, std::string_view type_name) {
    using enum fhir::Primitive;
    const TypeDef* type = definitions_.type(type_name);
    std::string whole{text};
    if (type && type->kind == fhir::TypeKind::Primitive) {
        const auto kind = type->primitive;
        const bool is_bare = kind == Boolean || kind == Integer || kind == UnsignedInt ||
                             kind == PositiveInt || kind == Decimal;
        if (!is_bare) {
            json::Document document;
            json::Builder build(document);
            build.add(build.array(), text);
            profile_->documents_.push_back(std::move(document));
            return profile_->documents_.back().root().at(0);
        }
        whole = '[' + whole + ']';
    }
    auto read = json::read(whole);
    if (!read) return {};
    profile_->documents_.push_back(std::move(*read));
    const json::Value root = profile_->documents_.back().root();
    return root.is_array() ? root.at(0) : root;
}

void ProfileCompiler::read_facets(ProfileNode& node) {
    const auto type_in = [&](std::string_view name, std::string_view prefix) {
        std::string type{name.substr(prefix.size())};
        if (!definitions_.type(type) && !type.empty())
            type.front() = static_cast<char>(type.front() - 'A' + 'a');
        profile_->texts_.push_back(std::move(type));
        return std::string_view{profile_->texts_.back()};
    };
    for (const fhir::Facet& each : node.element->facets) {
        if (each.name.starts_with("fixed")) {
            node.wanted = {keep(each.value, type_in(each.name, "fixed")), true};
        } else if (each.name.starts_with("pattern")) {
            node.wanted = {keep(each.value, type_in(each.name, "pattern")), false};
        } else if (each.name.starts_with("minValue")) {
            node.limits.least_type = type_in(each.name, "minValue");
            node.limits.least = keep(each.value, node.limits.least_type);
        } else if (each.name.starts_with("maxValue")) {
            node.limits.most_type = type_in(each.name, "maxValue");
            node.limits.most = keep(each.value, node.limits.most_type);
        } else if (each.name == "maxLength") {
            node.limits.max_length = keep(each.value, "integer").integer(-1);
        }
    }
}

void ProfileCompiler::read_binding(ProfileNode& node) {
    using enum fhir::BindingStrength;
    const fhir::Binding* own = node.element->binding;
    const fhir::Binding* base = node.base->binding;
    if (own && (own->strength == Required || own->strength == Extensible)) {
        const bool same = base && base->value_set == own->value_set &&
                          (base->strength == Required || base->strength == own->strength);
        if (!same) node.binding = own;
    }
    if (own && !own->max_value_set.empty() &&
        (!base || base->max_value_set != own->max_value_set)) {
        node.max_binding = own;
    }
}

void ProfileCompiler::read_invariants(const Draft& draft) {
    ProfileNode& node = *draft.node;
    for (const fhir::Constraint* each : node.element->constraints) {
        if (each->expression.empty() || native_rule(*each) != NativeRule::None) continue;
        if (has_rule(node.base, *each)) continue;
        if (node.type && !node.type->is_group && has_rule(node.type->root, *each)) continue;
        if (draft.sliced && has_rule(draft.sliced->node->element, *each)) continue;
        node.invariants.push_back(&invariants_.parsed(*each));
    }
}

void ProfileCompiler::read_slicing(Draft& draft) {
    ProfileNode& node = *draft.node;
    const std::string_view text = node.element->facet("slicing");
    // A slicing without slices matters when it is closed.
    if (draft.slices.empty() && text.empty()) return;
    auto slicing = std::make_unique<Slicing>();
    const json::Value given = text.empty() ? json::Value{} : keep(text, "ElementDefinition");
    for (const json::Value each : given["discriminator"]) {
        slicing->discriminators.push_back(
            read_discriminator(each["type"].text(), each["path"].text()));
    }
    const std::string_view rules = given["rules"].text();
    slicing->rules = rules == "closed"      ? Slicing::Rules::Closed
                     : rules == "openAtEnd" ? Slicing::Rules::OpenAtEnd
                                            : Slicing::Rules::Open;
    slicing->is_ordered = given["ordered"].truth();
    const bool is_extension = is_extension_name(node.element->name);
    if (slicing->discriminators.empty()) {
        if (is_extension) slicing->discriminators.push_back(read_discriminator("value", "url"));
        if (node.base && node.base->is_choice)
            slicing->discriminators.push_back(read_discriminator("type", "$this"));
    }
    const auto& discriminators = slicing->discriminators;
    const bool by_url = is_extension && discriminators.size() == 1 &&
                        discriminators[0].kind == Discriminator::Kind::Value &&
                        discriminators[0].steps.size() == 1 &&
                        discriminators[0].steps[0].text == "url";
    for (Draft* each : draft.slices) {
        if (by_url) {
            for (const Draft* member : each->members) {
                if (member->node->element->name == "url")
                    each->node->extension_url = member->node->element->facet("fixedUri");
            }
            const auto types = each->node->element->types;
            if (each->node->extension_url.empty() && !types.empty() &&
                !types.front().profiles.empty())
                each->node->extension_url = types.front().profiles.front();
        }
        node.slices.push_back(each->node);
    }
    if (!node.slices.empty() || slicing->rules == Slicing::Rules::Closed)
        node.slicing = std::move(slicing);
}

void ProfileCompiler::read_content(Draft& draft) {
    ProfileNode& node = *draft.node;
    if (!draft.members.empty() || node.element->types.size() != 1 || !draft.parent) return;
    const TypeDef* group = node.element->types.front().type;
    if (!group || !group->is_group || group->root == node.element) return;
    const auto at = std::ranges::find_if(
        drafts_, [&](const Draft& each) { return each.node->element == group->root; });
    if (at != drafts_.end() && at->node->type == node.type) node.content = at->node;
}

/// Takes out what asks for nothing. A reference to the content of another element lives when that
/// has live members, itself not counted.
void ProfileCompiler::prune() {
    const auto sweep = [&](bool with_content) {
        for (auto at = drafts_.rbegin(); at != drafts_.rend(); ++at) {
            const auto lives = [](const Draft* each) { return each->is_live; };
            ProfileNode& node = *at->node;
            const ProfileNode* content = node.content;
            node.content = nullptr;
            at->is_live = at->sliced || !node.is_void() || std::ranges::any_of(at->members, lives);
            node.content = content;
            if (!content || !with_content) continue;
            const auto target = std::ranges::find(drafts_, content, &Draft::node);
            at->is_live |= target->is_live && std::ranges::any_of(target->members, lives);
        }
    };
    sweep(false);
    sweep(true);
    for (Draft& each : drafts_) {
        if (!each.is_live) each.node->content = nullptr;
        for (const Draft* member : each.members) {
            if (member->is_live && member->node->base) each.node->children.push_back(member->node);
        }
    }
}

}  // namespace tsunagi::validate

#include "validate/snapshot_generator.h"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace tsunagi::validate::snapshot {
namespace {

using json::Value;

constexpr std::string_view kBase = "http://hl7.org/fhir/StructureDefinition/Base";
constexpr std::string_view kSystemTypes = "http://hl7.org/fhirpath/System.";

Error invalid(const char* what, const std::string& path) {
    return Error{Code::Invalid, what, path};
}

std::size_t count(const Node& node) {
    std::size_t sum = 1;
    for (const Node& each : node.children) sum += count(each);
    for (const Node& each : node.slices) sum += count(each);
    return sum;
}

/// "valueQuantity", or a reslice "valueQuantity/kg".
std::string_view slice_stem(std::string_view slice) { return slice.substr(0, slice.find('/')); }

bool slices_by_type(Value slicing) {
    const Value discriminator = slicing["discriminator"].at(0);
    return discriminator["type"].text() == "type" && discriminator["path"].text() == "$this";
}

/// Makes one snapshot. `done` in the functions below: we are inside a slice, among elements that
/// the base spells out; there the published tools take a choice's type name for the choice itself.
class Generator {
public:
    Generator(World& world, Value definition, json::Document& scratch)
        : world_(world), definition_(definition), builder_(scratch) {}

    Result<Node> run() {
        specialises_ = definition_["derivation"].text() == "specialization";
        const Value elements = definition_["differential"]["element"];
        auto root = load_base(elements);
        if (!root) return root.error();
        auto change = read_differential(elements, root->name);
        if (!change) return change.error();
        const Value element = change->element;
        for (const Value type : element["type"]) {
            for (const Value profile : type["profile"]) {
                if (world_.is_under_way(profile.text()))
                    return invalid("definition is a profile of itself", root->name);
            }
        }
        if (const Status own = constrain_element(*root, element, false, root->name); !own)
            return own.error();
        if (const Status below = constrain_children(*root, *change, false, root->name); !below)
            return below.error();
        return root;
    }

private:
    Result<Node> load_base(Value elements) {
        const std::string_view url = definition_["baseDefinition"].text();
        std::string_view first = elements.at(0)["path"].text();
        first = first.substr(0, first.find('.'));
        Node root;
        if (!url.empty() && url != kBase) {
            if (world_.is_under_way(url)) return invalid("base definitions form a circle", {});
            auto base = world_.tree(url);
            if (!base) return base.error();
            if (!*base) return invalid("base definition is unknown", std::string{url});
            base_ = *base;
            root = **base;
        } else if (!specialises_) {
            return invalid("a profile without base definition", {});
        }
        const std::string_view type = definition_["type"].text();
        if (specialises_) root.name = first.empty() ? type.substr(type.rfind('/') + 1) : first;
        made_ = count(root);
        return root;
    }

    Status take(std::size_t elements, const std::string& path) {
        made_ += elements;
        if (made_ > kMaxElements) return invalid("snapshot of more than 100000 elements", path);
        return {};
    }

    // One element

    bool is_known_type(std::string_view code) {
        if (world_.definitions().type(code) || code.starts_with(kSystemTypes)) return true;
        const auto tree = world_.tree(code);
        return tree.ok() && *tree;
    }

    bool allows(Value base_types, std::string_view code) const {
        if (base_types.empty()) return true;
        const fhir::Definitions& all = world_.definitions();
        for (const Value each : base_types) {
            const std::string_view base = each["code"].text();
            if (base == code) return true;
            if (base.starts_with(kSystemTypes)) {
                const fhir::TypeDef* type = all.type(code);
                if (type && type->kind == fhir::TypeKind::Primitive) return true;
            }
            if (const fhir::TypeDef* ancestor = all.type(base);
                ancestor && fhir::Definitions::is_subtype(all.type(code), ancestor)) {
                return true;
            }
        }
        return false;
    }

    Status check_types(const Node& node, Value change, const std::string& path) {
        const bool is_root = path.find('.') == std::string::npos;
        for (const Value type : change["type"]) {
            const std::string_view code = type["code"].text();
            if (!is_known_type(code)) return invalid("element of an unknown type", path);
            if (!is_root && !allows(node.element["type"], code))
                return invalid("type that the base does not allow", path);
        }
        return {};
    }

    Status check_cardinality(const Node& node, Value change, bool fresh_slice,
                             const std::string& path) const {
        const auto base_min = node.element["min"].integer();
        const auto base_max = read_max(node.element["max"].text(), fhir::kUnbounded);
        const bool is_root = path.find('.') == std::string::npos;
        if (change["min"] && !fresh_slice && change["min"].integer() < base_min)
            return invalid("min below that of the base", path);
        const auto max = read_max(change["max"].text(), base_max);
        if (max > base_max && !is_root) return invalid("max above that of the base", path);
        if (change["min"].integer(base_min) > std::int64_t{max})
            return invalid("min above max", path);
        return {};
    }

    /// Whether a binding says anything of one of these types (invariant eld-11).
    bool can_be_bound(Value types) const {
        const fhir::Definitions& all = world_.definitions();
        return types.empty() || std::any_of(types.begin(), types.end(), [&](Value each) {
                   const fhir::TypeDef* type = all.type(each["code"].text());
                   if (!type) return true;
                   for (const char* coded :
                        {"string", "uri", "Coding", "CodeableConcept", "Quantity"}) {
                       if (fhir::Definitions::is_subtype(type, all.type(coded))) return true;
                   }
                   return false;
               });
    }

    /// The root of the profile that `change` puts on a type, laid under it.
    Result<Value> with_profile(const Node& node, Value change) {
        const Value types = change["type"];
        const Value type = types.at(0);
        const Value profiles = type["profile"];
        if (types.size() != 1 || profiles.size() != 1 || type["code"].text() == "Reference" ||
            type["code"].text() == "canonical") {
            return node.element;
        }
        const std::string_view url = profiles.at(0).text();
        if (node.element["type"].at(0)["profile"].at(0).text() == url) return node.element;
        const auto tree = world_.tree(url);
        if (!tree || !*tree) return node.element;
        Value root = (*tree)->element;
        for (const char* own : {"type", "slicing", "sliceName"})
            root = with_member(builder_, root, own, {});
        if (type["code"].text() != "Extension") {
            root = with_member(builder_, root, "min", node.element["min"]);
            root = with_member(builder_, root, "max", node.element["max"]);
        }
        return overlay(builder_, node.element, root);
    }

    Status constrain_element(Node& node, Value change, bool fresh_slice, const std::string& path) {
        if (!change) return {};
        if (Status typed = check_types(node, change, path); !typed) return typed;
        if (Status counted = check_cardinality(node, change, fresh_slice, path); !counted)
            return counted;
        const auto base = with_profile(node, change);
        if (!base) return base.error();
        if (base->node() != node.element.node() && node.is_extension()) node.children.clear();
        node.element = overlay(builder_, *base, change);
        if (node.element["binding"] && !can_be_bound(node.element["type"]))
            node.element = with_member(builder_, node.element, "binding", {});
        return {};
    }

    // What is below

    const Node* find_content(const Node& root, std::string_view path) const {
        const Node* at = &root;
        path.remove_prefix(std::min(path.size(), path.find('.')));
        while (!path.empty() && at) {
            path.remove_prefix(1);
            const std::size_t end = std::min(path.find('.'), path.size());
            const std::string_view step = path.substr(0, end);
            at = at->child(step.substr(0, step.find(':')));
            path.remove_prefix(end);
        }
        return at;
    }

    Result<const Node*> content_of(std::string_view reference, const std::string& path) {
        const std::size_t hash = reference.find('#');
        if (hash == std::string_view::npos) return invalid("contentReference to no element", path);
        const std::string_view target = reference.substr(hash + 1);
        const std::string_view type = target.substr(0, target.find('.'));
        const Node* tree = base_ && base_->name == type ? base_ : nullptr;
        if (!tree) {
            const auto found = world_.tree(hash > 0 ? reference.substr(0, hash) : type);
            if (!found) return found.error();
            tree = *found;
        }
        const Node* content = tree ? find_content(*tree, target) : nullptr;
        if (!content) return invalid("contentReference to no element", path);
        return content;
    }

    /// The tree whose children an element of these types has; null: none is known. Of several types
    /// it has what all have in common.
    Result<const Node*> type_tree(Value types, const Node& change) {
        const Value first = types.at(0);
        std::string_view code = first["code"].text();
        if (types.size() == 1) {
            for (const Value profile : first["profile"]) {
                const auto tree = world_.tree(profile.text());
                if (tree && *tree) return *tree;
            }
        }
        for (const Value each : types) {
            if (each["code"].text() != code) code = "Element";
        }
        if (types.size() > 1 && std::ranges::all_of(change.children, [](const Node& each) {
                return each.name == "extension" || each.name == "id";
            })) {
            code = "Element";
        }
        if (code.starts_with(kSystemTypes)) return static_cast<const Node*>(nullptr);
        return world_.tree(code);
    }

    /// Gives `node` the children of its type, of its type's profile, or of what it refers to.
    Status expand(Node& node, const Node& change, const std::string& path) {
        if (const std::string_view reference = node.element["contentReference"].text();
            !reference.empty()) {
            const auto content = content_of(reference, path);
            if (!content) return content.error();
            if (Status taken = take(count(**content), path); !taken) return taken;
            const Value types = (*content)->element["type"];
            node.children = (*content)->children;
            node.element = with_member(builder_, node.element, "contentReference", {});
            node.element = with_member(builder_, node.element, "type", types);
            return {};
        }
        const auto tree = type_tree(node.element["type"], change);
        if (!tree) return tree.error();
        if (!*tree) return invalid("element has no members to constrain", path);
        if (Status taken = take(count(**tree), path); !taken) return taken;
        node.children = (*tree)->children;
        return {};
    }

    Status constrain_children(Node& node, const Node& change, bool done, const std::string& path) {
        if (change.children.empty()) return {};
        if (std::count(path.begin(), path.end(), '.') > static_cast<std::ptrdiff_t>(kMaxDepth))
            return invalid("elements nest too deeply", path);
        const bool adds_only = specialises_ && node.children.empty() && !node.element["type"];
        if (node.children.empty() && !adds_only) {
            if (Status expanded = expand(node, change, path); !expanded) return expanded;
            done = false;
        }
        std::vector<const Node*> todo;
        todo.reserve(change.children.size());
        for (const Node& each : change.children) todo.push_back(&each);
        while (!todo.empty()) {
            const Node& first = *todo.front();
            const std::string below = path + "." + first.name;
            Node* target = find_target(node, first.name);
            if (!target) {
                if (!specialises_) return invalid("path that is not in the base", below);
                todo.erase(todo.begin());
                if (Status added = add_child(node, first, below); !added) return added;
                continue;
            }
            // "value[x]" and "valueQuantity" are about one element of the base.
            const Node* whole = nullptr;
            std::vector<const Node*> typed;
            std::erase_if(todo, [&](const Node* each) {
                if (find_target(node, each->name) != target) return false;
                if (each->name == target->name) {
                    whole = each;
                } else {
                    typed.push_back(each);
                }
                return true;
            });
            if (Status made = constrain(*target, whole, typed, done, path + "." + target->name);
                !made) {
                return made;
            }
        }
        return {};
    }

    static Node* find_target(Node& node, std::string_view name) {
        for (Node& each : node.children) {
            if (each.name == name) return &each;
        }
        for (Node& each : node.children) {
            if (!type_suffix(each.name, name).empty()) return &each;
        }
        return nullptr;
    }

    /// An element that a new type or a logical model adds to its base.
    Status add_child(Node& node, const Node& change, const std::string& path) {
        if (!change.element) return invalid("element before its parent", path);
        if (!change.slices.empty()) return invalid("slice of a new element", path);
        if (change.element["type"].empty() && change.element["contentReference"].text().empty())
            return invalid("element without type", path);
        if (Status taken = take(1, path); !taken) return taken;
        Node child;
        child.name = change.name;
        child.element = change.element;
        if (Status typed = check_types(child, change.element, path); !typed) return typed;
        json::Node* base = builder_.detached(json::Kind::Object);
        builder_.set(base, "path", path);
        builder_.set_number(base, "min", change.element["min"].integer());
        builder_.set(base, "max", change.element["max"].text());
        child.element = with_member(builder_, child.element, "base", Value{base});
        if (Status below = constrain_children(child, change, false, path); !below) return below;
        node.children.push_back(std::move(child));
        return {};
    }

    // Slices

    /// Constrains one element of the base and its slices. `whole`: what the differential says of it
    /// under its own name, or null; `typed`: under the names of its types ("valueQuantity").
    Status constrain(Node& head, const Node* whole, const std::vector<const Node*>& typed,
                     bool done, const std::string& path) {
        Node change;
        if (whole) change = *whole;
        change.name = head.name;
        std::vector<Node> direct;  // said of a type's name, but about the whole choice
        for (const Node* each : typed) {
            if (Status split = split_typed(head, *each, done, change, direct, path); !split)
                return split;
        }
        if (is_name_only(head, change)) {
            Node only = std::move(change.slices.front());
            change.slices.clear();
            direct.push_back(std::move(only));
        }
        Node fresh = head;
        fresh.slices.clear();
        const Value slicing = change.element["slicing"];
        if (slicing && !head.is_choice() && !slices_by_type(slicing) &&
            read_max(head.element["max"].text(), fhir::kUnbounded) <= 1 &&
            change.element["max"].text() != "1" && head.slices.empty()) {
            return invalid("slicing of an element that does not repeat", path);
        }
        if (Status own = constrain_element(head, change.element, false, path); !own) return own;
        if (Status below = constrain_children(head, change, done, path); !below) return below;
        for (const Node& each : direct) {
            if (!each.slice.empty()) head.slice = each.slice;
            if (Status own = constrain_element(head, each.element, false, path); !own) return own;
            if (Status below = constrain_children(head, each, done, path); !below) return below;
        }
        if (change.slices.empty()) return {};
        const bool was_closed = fresh.element["slicing"]["rules"].text() == "closed";
        for (const Node& each : change.slices) {
            const std::string name = path + ":" + each.slice;
            if (was_closed && !head.find_slice(each.slice) &&
                !head.find_slice(slice_stem(each.slice)))
                return invalid("new slice in a closed slicing", name);
            if (Status made = constrain_slice(head, fresh, each, name); !made) return made;
        }
        return finish_slicing(head, fresh, change, path);
    }

    /// What the differential says under the name of one type becomes a slice of the choice, named
    /// after the type.
    Status split_typed(const Node& head, const Node& typed, bool done, Node& change,
                       std::vector<Node>& direct, const std::string& path) {
        Node slice = typed;
        slice.name = head.name;
        slice.slices.clear();
        std::string other_name;
        std::vector<Node> reslices;
        for (const Node& each : typed.slices) {
            if (slice_stem(each.slice) == typed.name && each.slice != typed.name) {
                reslices.push_back(each);
                continue;
            }
            if (each.slice != typed.name && !done)
                return invalid("slice of a type that is not named after it",
                               path + ":" + each.slice);
            if (slice.element && each.element)
                return invalid("element comes twice", path + ":" + each.slice);
            if (each.element) slice.element = each.element;
            slice.children.insert(slice.children.end(), each.children.begin(), each.children.end());
            other_name = each.slice;
        }
        const std::size_t types = head.element["type"].size();
        const bool names_whole = !other_name.empty() && other_name != typed.name;
        if (done && head.slices.empty() && (slice.element["type"] || types <= 1 || names_whole)) {
            if (!names_whole && !fits_some_type(head, typed.name))
                return invalid("type that the base does not allow", path + ":" + typed.name);
            slice.slice = other_name;
            direct.push_back(std::move(slice));
        } else {
            slice.slice = typed.name;
            change.slices.push_back(std::move(slice));
        }
        for (Node& each : reslices) {
            each.name = head.name;
            change.slices.push_back(std::move(each));
        }
        return {};
    }

    static bool fits_some_type(const Node& head, std::string_view name) {
        const std::string_view suffix = type_suffix(head.name, name);
        for (const Value each : head.element["type"]) {
            if (is_suffix_of(suffix, each["code"].text())) return true;
        }
        return false;
    }

    /// One slice name, no slicing here or in the base: then the name is only a name.
    static bool is_name_only(const Node& head, const Node& change) {
        return !change.element && change.children.empty() && change.slices.size() == 1 &&
               head.slices.empty() && !head.element["slicing"] && !head.is_extension() &&
               !change.slices[0].element["slicing"] &&
               type_suffix(head.name, change.slices[0].slice).empty();
    }

    Status constrain_slice(Node& head, const Node& fresh, const Node& change,
                           const std::string& path) {
        Node* slice = head.find_slice(change.slice);
        const bool is_new = slice == nullptr;
        if (is_new) {
            auto made = new_slice(head, fresh, change, path);
            if (!made) return made.error();
            slice = *made;
        }
        if (Status own = constrain_element(*slice, change.element, is_new, path); !own) return own;
        return constrain_children(*slice, change, true, path);
    }

    Result<Node*> new_slice(Node& head, const Node& fresh, const Node& change,
                            const std::string& path) {
        const std::size_t above = change.slice.rfind('/');
        Node* parent = above == std::string::npos
                           ? nullptr
                           : head.find_slice(std::string_view{change.slice}.substr(0, above));
        Node made = parent ? *parent : fresh;
        made.slices.clear();
        made.slice = change.slice;
        if (!parent && !head.element["slicing"] && !head.is_extension() && !head.is_choice())
            return invalid("slice of an element without slicing", path);
        if (Status taken = take(count(made), path); !taken) return taken.error();
        made.element = with_member(builder_, made.element, "slicing", {});
        made.element = with_number(builder_, made.element, "min", 0);
        if (head.is_choice() && !parent) {
            if (Status typed = narrow_to_type(head, made, path); !typed) return typed.error();
        }
        auto& list = parent ? parent->slices : head.slices;
        list.push_back(std::move(made));
        return &list.back();
    }

    /// A slice of a choice that is named after a type has that type.
    Status narrow_to_type(const Node& head, Node& slice, const std::string& path) {
        const std::string_view suffix = type_suffix(head.name, slice_stem(slice.slice));
        std::vector<Value> types;
        for (const Value each : head.element["type"]) {
            if (is_suffix_of(suffix, each["code"].text())) types.push_back(each);
        }
        const bool by_type = !head.element["slicing"] || slices_by_type(head.element["slicing"]);
        if (types.empty()) {
            if (!suffix.empty()) return invalid("type that the base does not allow", path);
            if (by_type) return invalid("slice of a type that is not named after it", path);
            return {};
        }
        slice.element = with_types(builder_, slice.element, types);
        return {};
    }

    Status finish_slicing(Node& head, const Node& fresh, const Node& change,
                          const std::string& path) {
        if (head.is_extension()) {
            head.element = with_slicing(builder_, head.element, "value", "url", false);
            return {};
        }
        if (!head.is_choice()) return {};
        if (head.element["slicing"]["discriminator"] && !slices_by_type(head.element["slicing"]))
            return {};
        const Node* required = nullptr;
        for (const Node& each : change.slices) {
            const Node* slice = head.find_slice(each.slice);
            if (slice && slice->element["min"].integer() > 0 && !required) required = slice;
        }
        if (required) {
            for (const Node& each : change.slices) {
                const Node* slice = head.find_slice(each.slice);
                if (slice && slice_stem(slice->slice) != slice_stem(required->slice) &&
                    slice->element["max"].text() != "0") {
                    return invalid("a choice with one required type slices another", path);
                }
            }
            std::vector<Value> types;
            for (const Value each : required->element["type"]) types.push_back(each);
            head.element = with_types(builder_, head.element, types);
            if (head.element["min"].integer() < 1)
                head.element = with_number(builder_, head.element, "min", 1);
        }
        head.element = with_slicing(builder_, head.element, "type", "$this", required != nullptr);
        const auto place = [&](const Node& slice) {
            std::size_t at = 0;
            for (const Value each : fresh.element["type"]) {
                if (is_suffix_of(type_suffix(head.name, slice_stem(slice.slice)),
                                 each["code"].text())) {
                    return at;
                }
                ++at;
            }
            return at;
        };
        std::ranges::stable_sort(head.slices, {}, place);
        return {};
    }

    World& world_;
    Value definition_;
    json::Builder builder_;
    const Node* base_ = nullptr;
    bool specialises_ = false;
    std::size_t made_ = 0;
};

/// Writes the elements of a tree in document order, with the paths and ids of their places.
class Printer {
public:
    Printer(json::Builder& builder, json::Node* list) : builder_(builder), list_(list) {}

    void print(const Node& node, const std::string& parent_path, const std::string& parent_id) {
        const std::string path = parent_path.empty() ? node.name : parent_path + "." + node.name;
        std::string id = parent_id.empty() ? node.name : parent_id + "." + node.name;
        const std::string sliced = node.slice.empty() ? id : id + ":" + node.slice;
        json::Node* out = builder_.add_object(list_);
        builder_.set(out, "id", sliced);
        for (const Value each : node.element) {
            if (each.key() == "extension" || each.key() == "modifierExtension")
                builder_.set(out, each.key(), each);
        }
        builder_.set(out, "path", path);
        if (!node.slice.empty()) builder_.set(out, "sliceName", node.slice);
        for (const Value each : node.element) {
            const std::string_view key = each.key();
            if (key != "id" && key != "path" && key != "sliceName" && key != "extension" &&
                key != "modifierExtension") {
                builder_.set(out, key, each);
            }
        }
        for (const Node& each : node.children) print(each, path, sliced);
        for (const Node& each : node.slices) print(each, parent_path, parent_id);
    }

private:
    json::Builder& builder_;
    json::Node* list_;
};

}  // namespace

Result<json::Document> generate(World& world, Value definition) {
    json::Document scratch;
    Generator generator(world, definition, scratch);
    const auto root = generator.run();
    if (!root) return root.error();
    json::Document out;
    json::Builder builder(out);
    json::Node* object = builder.object();
    for (const Value each : definition) {
        if (each.key() == "differential") {
            json::Node* list = builder.set_array(builder.set_object(object, "snapshot"), "element");
            Printer(builder, list).print(*root, {}, {});
        }
        if (each.key() != "snapshot") builder.set(object, each.key(), each);
    }
    if (!definition["differential"]) {
        json::Node* list = builder.set_array(builder.set_object(object, "snapshot"), "element");
        Printer(builder, list).print(*root, {}, {});
    }
    return out;
}

}  // namespace tsunagi::validate::snapshot

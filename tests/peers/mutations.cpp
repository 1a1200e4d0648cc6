#include "peers/mutations.h"

#include <utility>
#include <vector>

#include "json/builder.h"

namespace tsunagi::peers {
namespace {

using json::Kind;
using json::Node;

/// A place where a mutation can happen.
struct Place {
    Node* parent = nullptr;
    Node* node = nullptr;
    std::string path;
};

/// Collects the places of one kind of mutation, in document order.
class Search {
public:
    Search(const fhir::Definitions& definitions, Mutation mutation)
        : definitions_(definitions), mutation_(mutation) {}

    void resource(Node* node, const std::string& path) {
        const json::Value value{node};
        const auto* type = definitions_.type(value["resourceType"].text());
        if (!type || depth_ > kMaxDepth) return;
        const fhir::TypeDef* profile = nullptr;
        for (const json::Value url : value["meta"]["profile"]) {
            if (const auto* known = definitions_.type(url.text())) profile = known;
        }
        object(node, *type, profile, path);
    }

    const std::vector<Place>& places() const { return places_; }

private:
    static constexpr int kMaxDepth = 40;

    void object(Node* node, const fhir::TypeDef& type, const fhir::TypeDef* profile,
                const std::string& path) {
        if (depth_ > kMaxDepth) return;
        ++depth_;
        for (Node* child = node->first; child; child = child->next) {
            const std::string_view key{child->key, child->key_size};
            const auto* member = type.find(key);
            if (!member || key.starts_with("_")) continue;
            const std::string at = path + "." + std::string{key};
            consider_member(node, child, *member->element, profile, at);
            if (child->kind == Kind::Array) {
                std::size_t index = 0;
                for (Node* item = child->first; item; item = item->next)
                    value(child, item, *member, at + "[" + std::to_string(index++) + "]");
            } else {
                value(node, child, *member, at);
            }
        }
        --depth_;
    }

    void value(Node* parent, Node* node, const fhir::Member& member, const std::string& path) {
        const auto* type = member.type->type;
        consider_value(parent, node, *type, member.name, path);
        if (node->kind != Kind::Object) return;
        if (json::Value{node}["resourceType"]) {
            resource(node, path);
        } else {
            object(node, *type, nullptr, path);
        }
    }

    void consider_member(Node* parent, Node* child, const fhir::ElementDef& element,
                         const fhir::TypeDef* profile, const std::string& path) {
        const auto* narrowed = profile ? profile->element(element.name) : nullptr;
        switch (mutation_) {
            case Mutation::Required:
                if (element.min > 0 || (narrowed && narrowed->min > 0)) keep(parent, child, path);
                break;
            case Mutation::Maximum:
                if (element.path != "Resource.id") keep(parent, child, path);
                break;
            default:
                break;
        }
    }

    void consider_value(Node* parent, Node* node, const fhir::TypeDef& type, std::string_view name,
                        const std::string& path) {
        using fhir::Primitive;
        const bool text = node->kind == Kind::String;
        switch (mutation_) {
            case Mutation::Code:
                if (text && (type.primitive == Primitive::Code)) keep(parent, node, path);
                break;
            case Mutation::Slice:
                if (text && (name == "system" || name == "url") &&
                    type.primitive != Primitive::Code)
                    keep(parent, node, path);
                break;
            case Mutation::Reference:
                if (type.name == "Reference" && json::Value{node}["reference"])
                    keep(parent, node, path);
                break;
            case Mutation::Date:
                if (type.primitive == Primitive::Date || type.primitive == Primitive::DateTime ||
                    type.primitive == Primitive::Instant || type.primitive == Primitive::Time)
                    keep(parent, node, path);
                break;
            default:
                break;
        }
    }

    void keep(Node* parent, Node* node, const std::string& path) {
        places_.push_back({parent, node, path});
    }

    const fhir::Definitions& definitions_;
    Mutation mutation_;
    std::vector<Place> places_;
    int depth_ = 0;
};

std::string damaged_date(std::string_view date, Random& random) {
    std::string text{date};
    switch (random.below(6)) {
        case 0:
            if (text.size() >= 7) return text.replace(5, 2, "13");
            return text + "-13";
        case 1:
            if (text.size() >= 10) return text.replace(5, 5, "02-30");
            return text + "-31";
        case 2:
            return text.find('T') == std::string::npos ? text + "T09:00:00" : text.substr(0, 16);
        case 3:
            for (char& c : text) c = c == '-' ? '/' : c;
            return text;
        case 4:
            return "令和8年11月20日";
        default:
            return text.size() >= 10 ? text.substr(0, 7) : text + "年";
    }
}

/// A reference that leads to a resource of another type: within the same Bundle or resource where
/// `reference` stays within it, else by the type in its text.
std::string swapped_reference(json::Value root, std::string_view reference, Random& random) {
    std::vector<std::string> others;
    if (reference.starts_with("#")) {
        for (const json::Value contained : root["contained"]) {
            std::string other = "#" + std::string{contained["id"].text()};
            if (other != reference) others.push_back(std::move(other));
        }
        if (others.empty()) return "#nobody";
    } else if (root["resourceType"].text() == "Bundle") {
        std::string_view type;
        for (const json::Value entry : root["entry"]) {
            if (entry["fullUrl"].text() == reference)
                type = entry["resource"]["resourceType"].text();
        }
        for (const json::Value entry : root["entry"]) {
            if (entry["resource"]["resourceType"].text() != type)
                others.emplace_back(entry["fullUrl"].text());
        }
    }
    if (!others.empty()) return others[random.below(others.size())];
    const auto slash = reference.rfind('/');
    const std::string id{slash == std::string_view::npos ? "1" : reference.substr(slash + 1)};
    static constexpr std::array<const char*, 5> kTypes{"Substance", "Schedule", "Medication",
                                                       "ValueSet", "Goal"};
    return std::string{kTypes[random.below(kTypes.size())]} + "/" + id;
}

void doubled(json::Builder& builder, const Place& place) {
    if (place.node->kind == Kind::Array) {
        if (place.node->last) builder.add(place.node, json::Value{place.node->last});
        return;
    }
    const json::Document copy = json::clone(json::Value{place.node});
    Node* array = builder.set_array(place.parent, {place.node->key, place.node->key_size});
    builder.add(array, copy.root());
    builder.add(array, copy.root());
}

}  // namespace

std::string_view name(Mutation mutation) {
    switch (mutation) {
        case Mutation::Required:
            return "required";
        case Mutation::Maximum:
            return "maximum";
        case Mutation::Code:
            return "code";
        case Mutation::Slice:
            return "slice";
        case Mutation::Reference:
            return "reference";
        case Mutation::Date:
            return "date";
    }
    return "";
}

std::optional<Mutant> mutate(json::Value resource, Mutation mutation,
                             const fhir::Definitions& definitions, Random& random) {
    Mutant mutant{json::clone(resource), {}};
    json::Builder builder{mutant.resource};
    Search search{definitions, mutation};
    search.resource(builder.root(), std::string{resource["resourceType"].text()});
    if (search.places().empty()) return std::nullopt;
    const Place& place = search.places()[random.below(search.places().size())];
    const json::Value value{place.node};
    std::string becomes;
    switch (mutation) {
        case Mutation::Required:
            becomes = "taken away";
            builder.remove(place.parent, place.node);
            break;
        case Mutation::Maximum:
            becomes = "doubled";
            doubled(builder, place);
            break;
        case Mutation::Code:
            becomes = std::string{value.text()} + "-x";  // also no language: BCP 47 ends in no "-x"
            builder.assign(place.node, becomes);
            break;
        case Mutation::Slice:
            becomes = std::string{value.text()} + "-x";
            builder.assign(place.node, becomes);
            break;
        case Mutation::Reference:
            becomes = swapped_reference(resource, value["reference"].text(), random);
            builder.set(place.node, "reference", std::string_view{becomes});
            break;
        case Mutation::Date:
            becomes = damaged_date(value.text(), random);
            builder.assign(place.node, becomes);
            break;
    }
    mutant.what = place.path + ": " + becomes;
    return mutant;
}

}  // namespace tsunagi::peers

#include "validate/snapshot_tree.h"

#include <algorithm>

namespace tsunagi::validate::snapshot {
namespace {

Error invalid(const char* what, std::string_view path) {
    return Error{Code::Invalid, what, std::string{path}};
}

std::vector<std::string_view> steps_of(std::string_view path) {
    std::vector<std::string_view> steps;
    for (std::size_t at = 0; at <= path.size();) {
        const std::size_t end = std::min(path.find('.', at), path.size());
        steps.push_back(path.substr(at, end - at));
        at = end + 1;
    }
    return steps;
}

bool is_plain(const std::vector<std::string_view>& steps) {
    return steps.size() <= kMaxDepth &&
           std::ranges::none_of(steps, [](std::string_view step) { return step.empty(); });
}

Node named(std::string_view name, std::string_view slice = {}, json::Value element = {}) {
    Node node;
    node.element = element;
    node.name = name;
    node.slice = slice;
    return node;
}

Node* find_child(Node& parent, std::string_view name) {
    for (Node& each : parent.children) {
        if (each.name == name) return &each;
    }
    return nullptr;
}

/// One step of an id: "extension:race" is name and slice.
struct IdStep {
    std::string_view name, slice;
};
IdStep read_id_step(std::string_view step) {
    const std::size_t colon = step.find(':');
    if (colon == std::string_view::npos) return {step, {}};
    return {step.substr(0, colon), step.substr(colon + 1)};
}

/// Ids say where an element belongs only when every one fits its path and its slice name.
bool has_good_id(json::Value element) {
    const auto path = steps_of(element["path"].text());
    const auto id = steps_of(element["id"].text());
    if (path.size() != id.size()) return false;
    for (std::size_t i = 0; i < path.size(); ++i) {
        if (read_id_step(id[i]).name != path[i]) return false;
    }
    return read_id_step(id.back()).slice == element["sliceName"].text();
}

/// Builds the tree of a differential, element by element.
class Differential {
public:
    Differential(std::string_view root_name, bool by_id) : by_id_(by_id) {
        root_.node = named(root_name);
    }

    Status add(json::Value element) {
        const std::string_view path = element["path"].text();
        const auto steps = steps_of(path);
        if (!is_plain(steps)) return invalid("not the path of an element", path);
        if (steps.front() != root_.node.name)
            return invalid("path does not begin with the type", path);
        if (steps.size() == 1) {
            if (root_.node.element) return invalid("second root element", path);
            root_.node.element = element;
            return {};
        }
        const auto id = by_id_ ? steps_of(element["id"].text()) : steps;
        Draft* at = &root_;
        for (std::size_t i = 1; i + 1 < steps.size(); ++i) at = step_to(*at, steps[i], id[i]);
        const std::string_view slice = element["sliceName"].text();
        Draft& head = child(*at, steps.back());
        if (slice.empty()) {
            head.latest = kItself;
            if (head.node.element) return invalid("element comes twice", path);
            head.node.element = element;
            return {};
        }
        Draft& target = slice_of(head, slice);
        if (target.node.element) return invalid("slice comes twice", path);
        target.node.element = element;
        return {};
    }

    Node take() { return finish(root_); }

private:
    static constexpr std::size_t kItself = ~std::size_t{0};
    struct Draft {
        Node node;
        std::vector<Draft> children, slices;
        std::size_t latest = kItself;  ///< the slice that elements below belong to
    };

    static Draft& child(Draft& parent, std::string_view name) {
        for (Draft& each : parent.children) {
            if (each.node.name == name) return each;
        }
        parent.children.emplace_back().node = named(name);
        return parent.children.back();
    }
    static Draft& slice_of(Draft& head, std::string_view slice) {
        for (std::size_t i = 0; i < head.slices.size(); ++i) {
            if (head.slices[i].node.slice == slice) {
                head.latest = i;
                return head.slices[i];
            }
        }
        head.latest = head.slices.size();
        head.slices.emplace_back().node = named(head.node.name, slice);
        return head.slices.back();
    }
    Draft* step_to(Draft& parent, std::string_view name, std::string_view id) const {
        Draft& head = child(parent, name);
        if (by_id_) {
            const std::string_view slice = read_id_step(id).slice;
            return slice.empty() ? &head : &slice_of(head, slice);
        }
        return head.latest == kItself ? &head : &head.slices[head.latest];
    }
    static Node finish(Draft& draft) {
        Node node = std::move(draft.node);
        for (Draft& each : draft.children) node.children.push_back(finish(each));
        for (Draft& each : draft.slices) node.slices.push_back(finish(each));
        return node;
    }

    bool by_id_;
    Draft root_;
};

}  // namespace

const Node* Node::child(std::string_view child_name) const {
    for (const Node& each : children) {
        if (each.name == child_name) return &each;
    }
    return nullptr;
}

Node* Node::find_slice(std::string_view slice_name) {
    for (Node& each : slices) {
        if (each.slice == slice_name) return &each;
        if (slice_name.size() > each.slice.size() && slice_name.starts_with(each.slice) &&
            slice_name[each.slice.size()] == '/') {
            if (Node* below = each.find_slice(slice_name)) return below;
        }
    }
    return nullptr;
}

Result<Node> read_snapshot(json::Value elements) {
    struct Open {
        std::vector<std::string_view> steps;
        Node* node;
    };
    if (elements.size() > kMaxElements) return invalid("too many elements", "snapshot");
    Node root;
    std::vector<Open> open;
    for (const json::Value element : elements) {
        const std::string_view path = element["path"].text();
        auto steps = steps_of(path);
        if (!is_plain(steps)) return invalid("not the path of an element", path);
        if (open.empty()) {
            if (steps.size() != 1) return invalid("snapshot without a root element", path);
            root = named(path, {}, element);
            open.push_back({std::move(steps), &root});
            continue;
        }
        while (open.size() > 1 &&
               (open.back().steps.size() >= steps.size() ||
                !std::equal(open.back().steps.begin(), open.back().steps.end(), steps.begin()))) {
            open.pop_back();
        }
        if (steps.size() != open.back().steps.size() + 1 ||
            !std::equal(open.back().steps.begin(), open.back().steps.end(), steps.begin())) {
            return invalid("element before its parent", path);
        }
        Node& parent = *open.back().node;
        const std::string_view slice = element["sliceName"].text();
        Node* head = find_child(parent, steps.back());
        Node* placed = nullptr;
        if (head && !slice.empty()) {
            const std::size_t above = slice.rfind('/');
            Node* resliced = above == std::string_view::npos
                                 ? nullptr
                                 : head->find_slice(slice.substr(0, above));
            auto& list = resliced ? resliced->slices : head->slices;
            placed = &list.emplace_back(named(steps.back(), slice, element));
        } else if (head) {
            return invalid("element comes twice", path);
        } else {
            placed = &parent.children.emplace_back(named(steps.back(), slice, element));
        }
        open.push_back({std::move(steps), placed});
    }
    if (open.empty()) return invalid("snapshot without elements", {});
    return root;
}

Result<Node> read_differential(json::Value elements, std::string_view root_name) {
    if (elements.size() > kMaxDifferential) return invalid("too many elements", "differential");
    bool by_id = true;
    for (const json::Value element : elements) by_id = by_id && has_good_id(element);
    Differential tree(root_name, by_id);
    for (const json::Value element : elements) {
        if (const Status added = tree.add(element); !added) return added.error();
    }
    return tree.take();
}

std::string_view type_suffix(std::string_view choice_name, std::string_view name) {
    const std::string_view stem = choice_name.substr(0, choice_name.size() - 3);
    if (!choice_name.ends_with("[x]") || name.size() <= stem.size() || !name.starts_with(stem))
        return {};
    const std::string_view suffix = name.substr(stem.size());
    return suffix.front() >= 'A' && suffix.front() <= 'Z' ? suffix : std::string_view{};
}

bool is_suffix_of(std::string_view suffix, std::string_view code) {
    if (suffix.empty() || code.size() != suffix.size() || suffix.substr(1) != code.substr(1))
        return false;
    const char first = code.front();
    return first == suffix.front() ||
           (first >= 'a' && first <= 'z' && static_cast<char>(first - 'a' + 'A') == suffix.front());
}

}  // namespace tsunagi::validate::snapshot

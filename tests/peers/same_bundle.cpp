#include "peers/same_bundle.h"

#include <algorithm>
#include <map>

#include "json/writer.h"

namespace tsunagi::peers {
namespace {

using json::Kind;
using json::Value;

/// One engine's way of writing addresses and times.
class Hand {
public:
    explicit Hand(const Made& made) : made_(made) {
        std::size_t count = 0;
        for (const Value entry : made.root["entry"]) {
            const std::string name = "entry " + std::to_string(count++);
            names_.emplace(entry["fullUrl"].text(), name);
            const Value resource = entry["resource"];
            if (!resource["id"]) continue;
            names_.emplace(std::string{resource["resourceType"].text()} + "/" +
                               std::string{resource["id"].text()},
                           name);
            ids_.push_back(resource["id"].node());
        }
    }

    /// An id of an entry's resource.
    bool is_id(Value value) const {
        return std::find(ids_.begin(), ids_.end(), value.node()) != ids_.end();
    }

    std::string read(Value value) const {
        const std::string_view text = value.text();
        if (!value.is_string()) return std::string{text};
        if (const auto found = names_.find(text); found != names_.end()) return found->second;
        const auto time = parse_instant(text);
        if (time && made_.from <= *time && *time <= made_.to) return "now";
        return std::string{text};
    }

private:
    const Made& made_;
    std::map<std::string, std::string, std::less<>> names_;
    std::vector<const json::Node*> ids_;
};

class Comparison {
public:
    Comparison(const Made& ours, const Made& theirs) : ours_(ours), theirs_(theirs) {}

    void compare(Value ours, Value theirs, const std::string& path) {
        if (!ours || !theirs || ours.kind() != theirs.kind()) return differ(ours, theirs, path);
        if (ours.is_object()) return compare_objects(ours, theirs, path);
        if (ours.is_array()) return compare_arrays(ours, theirs, path);
        if (ours_.read(ours) != theirs_.read(theirs)) differ(ours, theirs, path);
    }

    std::vector<Difference> found;

private:
    void compare_objects(Value ours, Value theirs, const std::string& path) {
        for (const Value member : ours)
            compare(member, theirs[member.key()], path + "." + std::string{member.key()});
        for (const Value member : theirs) {
            if (!ours[member.key()] && !theirs_.is_id(member))
                differ({}, member, path + "." + std::string{member.key()});
        }
    }

    void compare_arrays(Value ours, Value theirs, const std::string& path) {
        for (std::size_t i = 0; i < std::max(ours.size(), theirs.size()); ++i)
            compare(ours.at(i), theirs.at(i), path + "[" + std::to_string(i) + "]");
    }

    void differ(Value ours, Value theirs, const std::string& path) {
        found.push_back({path, ours ? json::write(ours) : "", theirs ? json::write(theirs) : ""});
    }

    Hand ours_, theirs_;
};

}  // namespace

std::vector<Difference> differences(const Made& ours, const Made& theirs) {
    Comparison comparison(ours, theirs);
    const std::string_view type = ours.root["resourceType"].text();
    comparison.compare(ours.root, theirs.root, std::string{type.empty() ? "Bundle" : type});
    return std::move(comparison.found);
}

}  // namespace tsunagi::peers

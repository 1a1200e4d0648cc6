#pragma once
#include <string_view>

#include "base/result.h"
#include "fhir/definitions.h"
#include "json/document.h"
#include "validate/snapshot_merge.h"
#include "validate/snapshot_tree.h"

/// From differential to snapshot. Inner part of snapshot.h.
namespace tsunagi::validate::snapshot {

/// The definitions around the one that is generated.
class World {
public:
    virtual const fhir::Definitions& definitions() const = 0;
    /// The snapshot of a type or profile; null when unknown, or under way. It stays where it is.
    virtual Result<const Node*> tree(std::string_view name_or_url) = 0;
    virtual bool is_under_way(std::string_view url) const = 0;

protected:
    World() = default;
    World(const World&) = default;
    World& operator=(const World&) = default;
    ~World() = default;
};

/// `definition` with its snapshot made from its differential. Error Invalid, `where` = path.
Result<json::Document> generate(World& world, json::Value definition);

}  // namespace tsunagi::validate::snapshot

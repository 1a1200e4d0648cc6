#pragma once
#include <deque>
#include <map>
#include <string_view>
#include <utility>
#include <vector>

#include "json/document.h"
#include "validate/profile.h"
#include "validate/spot.h"

namespace tsunagi::validate {

/// What one Walk keeps from place to place. Views into the instance.
class WalkMemory {
protected:
    std::vector<std::string_view> told_;      ///< what was said to be not checked
    std::vector<const json::Node*> faulty_;   ///< resources with errors of their own
    std::vector<const json::Node*> trusted_;  ///< taken as without, for references to them
    /// What a path of an extension's context finds in a resource, by resource and Program.
    std::map<std::pair<const json::Node*, const void*>, std::vector<const json::Node*>> contexts_;
    const json::Node* contained_of_ = nullptr;  ///< whose contained resources are in the index
    std::vector<std::pair<std::string_view, json::Value>> contained_;  ///< by id
    std::deque<Spot> spots_;  ///< a stack whose items stay where they are: whoever pushes pops
    std::map<std::pair<const json::Node*, const Profile*>, Fit> judged_;
    std::vector<std::pair<const json::Node*, const Profile*>> under_way_;
};

}  // namespace tsunagi::validate

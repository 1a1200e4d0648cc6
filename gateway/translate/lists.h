#pragma once
#include <algorithm>
#include <string_view>
#include <vector>

#include "json/document.h"
#include "translate/steps.h"

namespace tsunagi::translate {

/// What the list modes of targets ask for in the lists of the output. Not an interface. Thread
/// rule: one thread.
class Lists {
public:
    /// What was made under `name` in the list; null: nothing yet.
    json::Node* shared(const json::Node* object, std::string_view key,
                       std::string_view name) const {
        for (const Shared& each : shared_) {
            if (each.object == object && each.key == key && each.name == name) return each.node;
        }
        return nullptr;
    }
    void share(const json::Node* object, std::string_view key, std::string_view name,
               json::Node* node) {
        shared_.push_back({object, key, name, node});
    }
    /// `step` asks to be first (or last) in the list. False: another rule has asked before.
    bool ask(const json::Node* object, std::string_view key, const TargetStep& step) {
        const auto found = std::find_if(asked_.begin(), asked_.end(), [&](const Asked& each) {
            return each.object == object && each.key == key && each.step->list == step.list;
        });
        if (found != asked_.end()) return found->step == &step;
        asked_.push_back({object, key, &step});
        return true;
    }

private:
    struct Shared {
        const json::Node* object = nullptr;
        std::string_view key, name;
        json::Node* node = nullptr;
    };
    struct Asked {
        const json::Node* object = nullptr;
        std::string_view key;
        const TargetStep* step = nullptr;
    };
    std::vector<Shared> shared_;
    std::vector<Asked> asked_;
};

}  // namespace tsunagi::translate

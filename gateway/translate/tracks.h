#pragma once
#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "json/document.h"
#include "translate/program.h"
#include "translate/receipt.h"
#include "translate/slot.h"

/// What the engine notes while it runs, and the receipt made of it. Not an interface.
namespace tsunagi::translate {

/// The leaf cells of a source, numbered in document order.
class Cells {
public:
    Cells(json::Value root, std::string_view root_name);
    /// The number of the leaf `node` (or of its `_name` companion where there is no value); -1:
    /// none.
    std::int32_t find(const json::Node* node) const noexcept;
    std::size_t size() const noexcept { return leaves_.size(); }
    const json::Node* node(std::size_t cell) const noexcept { return leaves_[cell].node; }

    /// "Packet.bedRequest.purposes[0].code" of every leaf, one behind the other; and where one
    /// ends.
    std::string take_paths() { return std::move(paths_); }
    std::size_t end_of_path(std::size_t cell) const noexcept { return leaves_[cell].end; }

private:
    struct Leaf {
        const json::Node* node = nullptr;
        std::size_t end = 0;
    };
    void walk(const json::Node* node);
    void walk_list(const json::Node* list);
    void walk_companion(const json::Node* object, const json::Node* companion);
    void leaf(const json::Node* node);
    void leaf_in_list(const json::Node* node, std::uint32_t index);
    void index_leaves();

    std::string path_;  ///< of the node being walked
    std::string paths_;
    std::vector<Leaf> leaves_;
    std::vector<std::int32_t> table_;  ///< open addressing by node address; -1: free
};

/// Element paths of the output ("Patient.name.family"), each once however many resources have it.
class TargetPaths {
public:
    TargetPaths();
    /// A type that stands alone: the root of the output, or a datatype without a place yet.
    Home of_type(std::string_view type) { return child({}, type); }
    /// The resource `node`. `type` lives as long as the run.
    Home resource(std::string_view type, const json::Node* node);
    /// The element below `parent`; `is_text`: an element of words. `key` lives as long as the run.
    Home child(Home parent, std::string_view key, bool is_text = false) {
        const auto address = reinterpret_cast<std::uintptr_t>(key.data());
        const std::uint64_t mixed = (address + (std::uint64_t{parent.path} << 32)) * kMix;
        Known& known = known_[(mixed >> 40) % known_.size()];
        if (known.key != key.data() || known.parent != parent.path || known.size != key.size())
            known = {key.data(), key.size(), parent.path, find_or_add(parent.path, key, is_text)};
        return {known.path, parent.resource};
    }
    /// The same path, whether the type stands alone or as a resource: numbered as first asked for.
    std::uint32_t plain(std::uint32_t path) {
        return path < plain_.size() && plain_[path] != 0 ? plain_[path] : add_plain(path);
    }
    /// Null: the root of the output.
    const json::Node* node(std::uint32_t resource) const noexcept { return resources_[resource]; }
    void append_path(std::uint32_t path, std::string& out) const;
    bool is_text(std::uint32_t path) const noexcept { return steps_[path].is_text; }
    std::size_t size() const noexcept { return steps_.size(); }

private:
    /// The steps below 0 are types alone, those below kResources the types of resources.
    static constexpr std::uint32_t kResources = 1;
    static constexpr std::uint64_t kMix = 0x9E3779B97F4A7C15;  ///< spreads addresses
    struct Step {
        std::uint32_t parent = 0, first = 0, next = 0;
        std::string_view key;
        bool is_text = false;
    };
    /// The last answer for a parent and the address of a key.
    struct Known {
        const char* key = nullptr;
        std::size_t size = 0;
        std::uint32_t parent = 0, path = 0;
    };
    std::uint32_t add_plain(std::uint32_t path);
    std::uint32_t find_or_add(std::uint32_t parent, std::string_view key, bool is_text);
    std::vector<Step> steps_;
    std::vector<const json::Node*> resources_;
    std::vector<std::uint32_t> plain_;  ///< by path; 0: not asked yet
    std::array<Known, 1024> known_{};
};

/// Cell -> target element, and the cells declared as dropped.
struct Tracks {
    struct Use {
        std::uint32_t cell = 0;
        Home home;
        bool derived = false;  ///< the value came from the cell; else the cell only decided
    };
    struct Drop {
        std::uint32_t cell = 0;
        const SourceStep* step = nullptr;
    };
    std::vector<Use> uses;
    std::vector<Drop> drops;
};

/// Takes the texts of `cells`.
Receipt make_receipt(Cells& cells, TargetPaths& paths, const Tracks& tracks);

}  // namespace tsunagi::translate

#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "json/document.h"
#include "translate/program.h"
#include "translate/receipt.h"

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
    std::string path(std::size_t cell) const;
    const json::Node* node(std::size_t cell) const noexcept { return leaves_[cell].node; }

private:
    struct Step {
        std::uint32_t parent = 0;
        std::int32_t index = -1;  ///< in an array; else `key`
        std::string_view key;
    };
    struct Leaf {
        const json::Node* node = nullptr;
        std::uint32_t step = 0;
    };
    void walk(json::Value value, std::uint32_t step);
    void leaf(const json::Node* node, std::uint32_t step);
    std::uint32_t step(std::uint32_t parent, std::string_view key, std::int32_t index);
    void index_leaves();

    std::string_view root_name_;
    std::vector<Step> steps_;
    std::vector<Leaf> leaves_;
    std::vector<std::int32_t> table_;  ///< open addressing by node address; -1: free
};

/// Element paths of the output ("Patient.name.family"), each once.
class TargetPaths {
public:
    TargetPaths() { steps_.push_back({}); }
    /// The path below `parent` (0: a type of its own); `is_text`: an element of words.
    std::uint32_t child(std::uint32_t parent, std::string_view key, bool is_text = false);
    std::string text(std::uint32_t path) const;
    bool is_text(std::uint32_t path) const noexcept { return steps_[path].is_text; }

private:
    struct Step {
        std::uint32_t parent = 0, first = 0, next = 0;
        std::string_view key;
        bool is_text = false;
    };
    std::vector<Step> steps_;
};

/// Cell -> target element, and the cells declared as dropped.
struct Tracks {
    struct Use {
        std::uint32_t cell = 0, path = 0;
        bool derived = false;  ///< the value came from the cell; else the cell only decided
    };
    struct Drop {
        std::uint32_t cell = 0;
        const SourceStep* step = nullptr;
    };
    std::vector<Use> uses;
    std::vector<Drop> drops;
};

Receipt make_receipt(const Cells& cells, const TargetPaths& paths, const Tracks& tracks);

}  // namespace tsunagi::translate

#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "json/document.h"

/// The elements of a snapshot or differential as a tree. Inner part of snapshot.h.
namespace tsunagi::validate::snapshot {

/// An element and what stands below it. The JSON it views is never changed: a node that is
/// constrained views a new object instead, so that copying a tree is cheap.
struct Node {
    json::Value element;         ///< absent: a differential goes through here without saying more
    std::string name;            ///< last step of the path: "Patient", "identifier", "value[x]"
    std::string slice;           ///< sliceName
    std::vector<Node> children;  ///< by name, slices apart
    /// In a snapshot a reslice "a/b" hangs below its slice "a"; in a differential all are here.
    std::vector<Node> slices;

    bool is_choice() const { return name.ends_with("[x]"); }
    bool is_extension() const { return name == "extension" || name == "modifierExtension"; }
    const Node* child(std::string_view child_name) const;
    Node* find_slice(std::string_view slice_name);
};

inline constexpr std::size_t kMaxElements = 100'000;     ///< of a snapshot
inline constexpr std::size_t kMaxDifferential = 20'000;  ///< of a differential
inline constexpr std::size_t kMaxDepth = 60;             ///< steps of a path

/// The tree of a snapshot. Error Invalid, `where` = path: no root, an element before its parent.
Result<Node> read_snapshot(json::Value elements);

/// The tree of a differential below the root `root_name`. An element belongs to the slice named by
/// the ids where they are in order throughout, else to the latest slice before it. Error as above.
Result<Node> read_differential(json::Value elements, std::string_view root_name);

/// What an element may be of: "value[x]" and "valueQuantity" give "Quantity"; empty if `name` does
/// not belong to the choice.
std::string_view type_suffix(std::string_view choice_name, std::string_view name);

/// Whether the type code `code` is written `suffix` at the end of a member name.
bool is_suffix_of(std::string_view suffix, std::string_view code);

}  // namespace tsunagi::validate::snapshot

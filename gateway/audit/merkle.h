#pragma once
#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "base/bytes.h"
#include "crypto/digest.h"

/// The Merkle tree of RFC 6962 section 2.1 (RFC 9162 section 2.1), unchanged: leaf =
/// SHA-256(0x00 || entry), node = SHA-256(0x01 || left || right). Indices start at 0. Five leaves:
///
///               root
///              /    \             level 3 (not perfect)
///            h       d4
///          /   \                  level 2: [0,4) is perfect
///         f     g
///        / \   / \                level 1
///       d0 d1 d2 d3               level 0
///
/// Thread rule: free functions from any thread; one Frontier by one thread.
namespace tsunagi::audit {

using crypto::Digest;
using Proof = std::vector<Digest>;

Digest leaf_hash(BytesView entry);
Digest node_hash(const Digest& left, const Digest& right);
Digest empty_root();  ///< SHA-256 of nothing

/// A perfect subtree: the leaves [index << level, (index + 1) << level).
struct NodeId {
    unsigned level = 0;
    std::uint64_t index = 0;
    auto operator<=>(const NodeId&) const = default;
};

/// The right edge of a growing tree: the roots of its perfect subtrees, left to right. Appending
/// and the root cost O(log n); nothing else of the tree is kept.
class Frontier {
public:
    using Completed = std::function<void(const NodeId&, const Digest&)>;

    Frontier() = default;
    /// Invalid when `peaks` are not one for each set bit of `size`.
    static Result<Frontier> restore(std::uint64_t size, std::vector<Digest> peaks);

    void append(const Digest& leaf);
    /// Also reports every perfect subtree that the leaf completes, the leaf itself first.
    void append(const Digest& leaf, const Completed& completed);

    std::uint64_t size() const noexcept { return size_; }
    Digest root() const;
    const std::vector<Digest>& peaks() const& noexcept { return peaks_; }

private:
    std::uint64_t size_ = 0;
    std::vector<Digest> peaks_;
};

/// Gives the hash of a perfect subtree that lies wholly in the log.
using NodeReader = std::function<Result<Digest>(const NodeId&)>;
/// Gives the leaf hashes [begin, end).
using LeafReader = std::function<Result<std::vector<Digest>>(std::uint64_t, std::uint64_t)>;

/// Computes subtrees from their leaves: right for logs that do not keep inner nodes.
NodeReader nodes_from(LeafReader leaves);

/// RFC 6962 section 2.1.1. NotFound if index >= size; else the errors of `nodes`.
Result<Proof> prove_inclusion(std::uint64_t index, std::uint64_t size, const NodeReader& nodes);
/// RFC 6962 section 2.1.2; empty for 0 and for equal sizes. Invalid if old_size > size.
Result<Proof> prove_consistency(std::uint64_t old_size, std::uint64_t size,
                                const NodeReader& nodes);

/// RFC 9162 section 2.1.3.2. Denied when the proof does not hold; a longer or shorter proof too.
Status verify_inclusion(const Digest& leaf, std::uint64_t index, std::uint64_t size,
                        std::span<const Digest> proof, const Digest& root);
/// RFC 9162 section 2.1.4.2. From the empty tree: the empty proof and the root of nothing only.
Status verify_consistency(std::uint64_t old_size, std::uint64_t size, const Digest& old_root,
                          const Digest& root, std::span<const Digest> proof);

}  // namespace tsunagi::audit

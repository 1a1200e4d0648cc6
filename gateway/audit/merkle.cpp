#include "audit/merkle.h"

#include <bit>

namespace tsunagi::audit {
namespace {

constexpr std::uint8_t kLeaf = 0;
constexpr std::uint8_t kNode = 1;

bool odd(std::uint64_t number) { return (number & 1) != 0; }

Error refused(const char* what) { return Error{Code::Denied, what, "proof"}; }

/// The largest power of two smaller than `size`; size > 1.
std::uint64_t split(std::uint64_t size) { return std::bit_floor(size - 1); }

/// MTH(D[begin:end]). Every range that the two proofs ask for begins at a multiple of its own size
/// rounded up to a power of two, so that its perfect parts are nodes of the tree.
Result<Digest> subtree(std::uint64_t begin, std::uint64_t end, const NodeReader& nodes) {
    const std::uint64_t size = end - begin;
    if (std::has_single_bit(size)) {
        const auto level = static_cast<unsigned>(std::countr_zero(size));
        return nodes(NodeId{level, begin >> level});
    }
    const std::uint64_t middle = begin + split(size);
    auto left = subtree(begin, middle, nodes);
    if (!left) return left;
    auto right = subtree(middle, end, nodes);
    if (!right) return right;
    return node_hash(*left, *right);
}

/// PATH(index, D[begin:end]), deepest sibling first.
Status path(std::uint64_t index, std::uint64_t begin, std::uint64_t end, const NodeReader& nodes,
            Proof& proof) {
    if (end - begin == 1) return {};
    const std::uint64_t middle = begin + split(end - begin);
    const bool left = index < middle;
    if (auto done = left ? path(index, begin, middle, nodes, proof)
                         : path(index, middle, end, nodes, proof);
        !done) {
        return done;
    }
    auto sibling = left ? subtree(middle, end, nodes) : subtree(begin, middle, nodes);
    if (!sibling) return sibling.error();
    proof.push_back(*sibling);
    return {};
}

/// SUBPROOF(old_end - begin, D[begin:end], whole): `whole` while the range is the old tree itself,
/// whose root the verifier has.
Status subproof(std::uint64_t old_end, std::uint64_t begin, std::uint64_t end, bool whole,
                const NodeReader& nodes, Proof& proof) {
    if (old_end == end) {
        if (whole) return {};
        auto hash = subtree(begin, end, nodes);
        if (!hash) return hash.error();
        proof.push_back(*hash);
        return {};
    }
    const std::uint64_t middle = begin + split(end - begin);
    const bool left = old_end <= middle;
    if (auto done = left ? subproof(old_end, begin, middle, whole, nodes, proof)
                         : subproof(old_end, middle, end, false, nodes, proof);
        !done) {
        return done;
    }
    auto sibling = left ? subtree(middle, end, nodes) : subtree(begin, middle, nodes);
    if (!sibling) return sibling.error();
    proof.push_back(*sibling);
    return {};
}

}  // namespace

Digest leaf_hash(BytesView entry) { return crypto::sha256({BytesView{&kLeaf, 1}, entry}); }

Digest node_hash(const Digest& left, const Digest& right) {
    return crypto::sha256({BytesView{&kNode, 1}, left, right});
}

Digest empty_root() { return crypto::sha256(BytesView{}); }

Result<Frontier> Frontier::restore(std::uint64_t size, std::vector<Digest> peaks) {
    if (peaks.size() != static_cast<std::size_t>(std::popcount(size))) {
        return Error{Code::Invalid, "the right edge does not fit the size of the log", "peaks"};
    }
    Frontier frontier;
    frontier.size_ = size;
    frontier.peaks_ = std::move(peaks);
    return frontier;
}

void Frontier::append(const Digest& leaf) { append(leaf, Completed{}); }

void Frontier::append(const Digest& leaf, const Completed& completed) {
    Digest hash = leaf;
    NodeId id{0, size_};
    if (completed) completed(id, hash);
    // Like a carry in binary addition: each set low bit of the size is a peak to join with.
    for (std::uint64_t rest = size_; odd(rest); rest >>= 1) {
        hash = node_hash(peaks_.back(), hash);
        peaks_.pop_back();
        id = NodeId{id.level + 1, id.index >> 1};
        if (completed) completed(id, hash);
    }
    peaks_.push_back(hash);
    ++size_;
}

Digest Frontier::root() const {
    if (peaks_.empty()) return empty_root();
    Digest hash = peaks_.back();
    for (std::size_t i = peaks_.size() - 1; i > 0; --i) hash = node_hash(peaks_[i - 1], hash);
    return hash;
}

NodeReader nodes_from(LeafReader leaves) {
    return [leaves = std::move(leaves)](const NodeId& id) -> Result<Digest> {
        const std::uint64_t begin = id.index << id.level;
        const std::uint64_t size = std::uint64_t{1} << id.level;
        Frontier frontier;
        // In pieces: a subtree of a large log need not lie in memory at once.
        constexpr std::uint64_t kPiece = 4096;
        for (std::uint64_t at = 0; at < size; at += kPiece) {
            const std::uint64_t end = std::min(size, at + kPiece);
            auto piece = leaves(begin + at, begin + end);
            if (!piece) return piece.error();
            if (piece->size() != end - at) {
                return Error{Code::NotFound, "the log is shorter than asked", "leaves"};
            }
            for (const Digest& leaf : *piece) frontier.append(leaf);
        }
        return frontier.root();
    };
}

Result<Proof> prove_inclusion(std::uint64_t index, std::uint64_t size, const NodeReader& nodes) {
    if (index >= size) return Error{Code::NotFound, "the log has no such entry", "index"};
    Proof proof;
    if (auto done = path(index, 0, size, nodes, proof); !done) return done.error();
    return proof;
}

Result<Proof> prove_consistency(std::uint64_t old_size, std::uint64_t size,
                                const NodeReader& nodes) {
    if (old_size > size) return Error{Code::Invalid, "the log is shorter than that", "old_size"};
    Proof proof;
    if (old_size == 0 || old_size == size) return proof;
    if (auto done = subproof(old_size, 0, size, true, nodes, proof); !done) return done.error();
    return proof;
}

Status verify_inclusion(const Digest& leaf, std::uint64_t index, std::uint64_t size,
                        std::span<const Digest> proof, const Digest& root) {
    if (index >= size) return refused("the index lies outside the log");
    std::uint64_t fn = index;
    std::uint64_t sn = size - 1;
    Digest hash = leaf;
    for (const Digest& sibling : proof) {
        if (sn == 0) return refused("the proof is too long");
        if (odd(fn) || fn == sn) {
            hash = node_hash(sibling, hash);
            while (!odd(fn) && fn != 0) {
                fn >>= 1;
                sn >>= 1;
            }
        } else {
            hash = node_hash(hash, sibling);
        }
        fn >>= 1;
        sn >>= 1;
    }
    if (sn != 0) return refused("the proof is too short");
    if (hash != root) return refused("the proof leads to another root");
    return {};
}

Status verify_consistency(std::uint64_t old_size, std::uint64_t size, const Digest& old_root,
                          const Digest& root, std::span<const Digest> proof) {
    if (old_size > size) return refused("the log has shrunk");
    if (old_size == size || old_size == 0) {
        if (!proof.empty()) return refused("the proof is too long");
        if (old_size == 0 && old_root != empty_root()) return refused("not the root of nothing");
        if (old_size == size && old_root != root) return refused("two roots for one size");
        return {};
    }
    std::vector<Digest> hashes;
    hashes.reserve(proof.size() + 1);
    if (std::has_single_bit(old_size)) hashes.push_back(old_root);
    hashes.insert(hashes.end(), proof.begin(), proof.end());
    if (proof.empty()) return refused("the proof is too short");
    std::uint64_t fn = old_size - 1;
    std::uint64_t sn = size - 1;
    while (odd(fn)) {
        fn >>= 1;
        sn >>= 1;
    }
    Digest old_hash = hashes.front();
    Digest hash = hashes.front();
    for (const Digest& sibling : std::span{hashes}.subspan(1)) {
        if (sn == 0) return refused("the proof is too long");
        if (odd(fn) || fn == sn) {
            old_hash = node_hash(sibling, old_hash);
            hash = node_hash(sibling, hash);
            while (!odd(fn) && fn != 0) {
                fn >>= 1;
                sn >>= 1;
            }
        } else {
            hash = node_hash(hash, sibling);
        }
        fn >>= 1;
        sn >>= 1;
    }
    if (sn != 0) return refused("the proof is too short");
    if (old_hash != old_root) return refused("the proof leads to another old root");
    if (hash != root) return refused("the proof leads to another root");
    return {};
}

}  // namespace tsunagi::audit

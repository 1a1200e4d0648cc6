#include "audit/merkle.h"

#include <gtest/gtest.h>

#include <map>
#include <string>

namespace tsunagi::audit {
namespace {

constexpr std::uint64_t kMost = 256;

Bytes entry(std::uint64_t index) {
    std::string text = "entry ";
    append_be64(text, index);
    const BytesView bytes = as_bytes(text);
    return {bytes.begin(), bytes.end()};
}

/// RFC 6962 section 2.1 word for word: recursive and slow.
class Reference {
public:
    explicit Reference(std::vector<Bytes> entries) : entries_(std::move(entries)) {}

    Digest mth(std::size_t begin, std::size_t end) {
        if (begin == end) return crypto::sha256(BytesView{});
        if (const auto found = known_.find({begin, end}); found != known_.end()) {
            return found->second;
        }
        Bytes input;
        if (end - begin == 1) {
            input.push_back(0x00);
            input.insert(input.end(), entries_[begin].begin(), entries_[begin].end());
        } else {
            const std::size_t k = largest_power_below(end - begin);
            const Digest left = mth(begin, begin + k);
            const Digest right = mth(begin + k, end);
            input.push_back(0x01);
            input.insert(input.end(), left.begin(), left.end());
            input.insert(input.end(), right.begin(), right.end());
        }
        return known_[{begin, end}] = crypto::sha256(input);
    }
    Proof path(std::size_t m, std::size_t begin, std::size_t end) {
        if (end - begin == 1) return {};
        const std::size_t k = largest_power_below(end - begin);
        Proof proof;
        if (m < k) {
            proof = path(m, begin, begin + k);
            proof.push_back(mth(begin + k, end));
        } else {
            proof = path(m - k, begin + k, end);
            proof.push_back(mth(begin, begin + k));
        }
        return proof;
    }
    Proof subproof(std::size_t m, std::size_t begin, std::size_t end, bool complete) {
        if (m == end - begin) return complete ? Proof{} : Proof{mth(begin, end)};
        const std::size_t k = largest_power_below(end - begin);
        Proof proof;
        if (m <= k) {
            proof = subproof(m, begin, begin + k, complete);
            proof.push_back(mth(begin + k, end));
        } else {
            proof = subproof(m - k, begin + k, end, false);
            proof.push_back(mth(begin, begin + k));
        }
        return proof;
    }

private:
    static std::size_t largest_power_below(std::size_t n) {
        std::size_t k = 1;
        while (k * 2 < n) k *= 2;
        return k;
    }
    std::vector<Bytes> entries_;
    std::map<std::pair<std::size_t, std::size_t>, Digest> known_;
};

/// A log of kMost entries by the implementation: every perfect subtree, and every root.
class MerkleTest : public testing::Test {
protected:
    MerkleTest() {
        std::vector<Bytes> entries;
        Frontier frontier;
        roots_.push_back(frontier.root());
        for (std::uint64_t i = 0; i < kMost; ++i) {
            entries.push_back(entry(i));
            leaves_.push_back(leaf_hash(entries.back()));
            frontier.append(leaves_.back(), [this](const NodeId& id, const Digest& hash) {
                EXPECT_TRUE(nodes_.emplace(id, hash).second);
            });
            roots_.push_back(frontier.root());
        }
        reference_ = std::make_unique<Reference>(std::move(entries));
    }
    NodeReader stored() const {
        return [this](const NodeId& id) -> Result<Digest> {
            const auto found = nodes_.find(id);
            if (found == nodes_.end()) return Error{Code::NotFound, "no such node", "node"};
            return found->second;
        };
    }

    std::vector<Digest> leaves_;
    std::vector<Digest> roots_;
    std::map<NodeId, Digest> nodes_;
    std::unique_ptr<Reference> reference_;
};

// The eight entries and roots that Certificate Transparency implementations share.
TEST(Merkle, AgreesWithTheKnownRoots) {
    const char* const entries[] = {"",
                                   "00",
                                   "10",
                                   "2021",
                                   "3031",
                                   "40414243",
                                   "5051525354555657",
                                   "606162636465666768696a6b6c6d6e6f"};
    const char* const roots[] = {
        "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
        "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
        "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
        "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
        "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
        "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
        "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328"};
    Frontier frontier;
    EXPECT_EQ(to_hex(frontier.root()),
              "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    for (std::size_t i = 0; i < 8; ++i) {
        frontier.append(leaf_hash(*from_hex(entries[i])));
        EXPECT_EQ(to_hex(frontier.root()), roots[i]) << i + 1 << " entries";
    }
}

TEST_F(MerkleTest, EveryRootIsTheReferences) {
    for (std::size_t n = 0; n <= kMost; ++n) EXPECT_EQ(roots_[n], reference_->mth(0, n)) << n;
}

TEST_F(MerkleTest, EveryInclusionProofIsTheReferencesAndVerifies) {
    int pairs = 0;
    for (std::uint64_t n = 1; n <= kMost; ++n) {
        for (std::uint64_t m = 0; m < n; ++m, ++pairs) {
            auto proof = prove_inclusion(m, n, stored());
            ASSERT_TRUE(proof);
            ASSERT_EQ(*proof, reference_->path(m, 0, n)) << m << " in " << n;
            ASSERT_TRUE(verify_inclusion(leaves_[m], m, n, *proof, roots_[n])) << m << " in " << n;
        }
    }
    EXPECT_EQ(pairs, 32'896);
}

TEST_F(MerkleTest, EveryConsistencyProofIsTheReferencesAndVerifies) {
    int pairs = 0;
    for (std::uint64_t n = 0; n <= kMost; ++n) {
        for (std::uint64_t m = 0; m <= n; ++m, ++pairs) {
            auto proof = prove_consistency(m, n, stored());
            ASSERT_TRUE(proof);
            if (m > 0) {
                ASSERT_EQ(*proof, reference_->subproof(m, 0, n, true)) << m << " to " << n;
            } else {
                ASSERT_TRUE(proof->empty());
            }
            ASSERT_TRUE(verify_consistency(m, n, roots_[m], roots_[n], *proof)) << m << " to " << n;
        }
    }
    EXPECT_EQ(pairs, 33'153);
}

TEST_F(MerkleTest, ProofsFromLeavesAreTheSame) {
    const NodeReader nodes = nodes_from([this](std::uint64_t begin, std::uint64_t end) {
        return Result<std::vector<Digest>>{std::vector<Digest>(
            leaves_.begin() + static_cast<std::ptrdiff_t>(begin),
            leaves_.begin() + static_cast<std::ptrdiff_t>(std::min<std::uint64_t>(end, kMost)))};
    });
    for (const std::uint64_t n : {1U, 2U, 7U, 64U, 100U, 255U, 256U}) {
        for (const std::uint64_t m : {0U, 1U, 6U, 63U, 99U}) {
            if (m >= n) continue;
            EXPECT_EQ(*prove_inclusion(m, n, nodes), reference_->path(m, 0, n));
            EXPECT_EQ(*prove_consistency(m, n, nodes), *prove_consistency(m, n, stored()));
        }
    }
    EXPECT_EQ(prove_inclusion(0, kMost + 8, nodes).error().code, Code::NotFound);
}

TEST_F(MerkleTest, TheRightEdgeSurvivesARestart) {
    Frontier frontier;
    for (std::size_t n = 0; n < kMost; ++n) {
        auto restored = Frontier::restore(frontier.size(), frontier.peaks());
        ASSERT_TRUE(restored);
        frontier = *restored;
        EXPECT_EQ(frontier.root(), roots_[n]);
        frontier.append(leaves_[n]);
    }
    EXPECT_EQ(Frontier::restore(3, {leaves_[0]}).error().code, Code::Invalid);
    EXPECT_EQ(Frontier::restore(0, {leaves_[0]}).error().code, Code::Invalid);
}

TEST_F(MerkleTest, RefusesHostileInclusionProofs) {
    const Digest garbage = crypto::sha256(as_bytes("garbage"));
    int refused = 0;
    for (const auto& [m, n] : {std::pair<std::uint64_t, std::uint64_t>{0, 1},
                               {0, 8},
                               {5, 8},
                               {2, 3},
                               {1, 5},
                               {4, 5},
                               {100, 255},
                               {254, 255},
                               {255, 256}}) {
        const Proof good = *prove_inclusion(m, n, stored());
        const auto expect_refused = [&](const char* name, std::uint64_t index, std::uint64_t size,
                                        const Proof& proof, const Digest& leaf,
                                        const Digest& root) {
            EXPECT_FALSE(verify_inclusion(leaf, index, size, proof, root))
                << name << ": " << m << " in " << n;
            ++refused;
        };
        const Digest& leaf = leaves_[m];
        const Digest& root = roots_[n];
        expect_refused("wrong root", m, n, good, leaf, garbage);
        expect_refused("empty root", m, n, good, leaf, Digest{});
        expect_refused("wrong leaf", m, n, good, garbage, root);
        expect_refused("index outside", n, n, good, leaf, root);
        expect_refused("index far outside", UINT64_MAX, n, good, leaf, root);
        expect_refused("empty tree", 0, 0, good, leaf, root);
        expect_refused("index + 1", m + 1, n, good, leaf, root);
        if (m > 0) expect_refused("index - 1", m - 1, n, good, leaf, root);
        if (n > 1) expect_refused("index ^ 1", m ^ 1, n, good, leaf, root);
        expect_refused("size * 2", m, n * 2, good, leaf, root);
        Proof proof = good;
        proof.push_back(garbage);
        expect_refused("trailing garbage", m, n, proof, leaf, root);
        proof.back() = root;
        expect_refused("trailing root", m, n, proof, leaf, root);
        proof = good;
        proof.insert(proof.begin(), garbage);
        expect_refused("preceding garbage", m, n, proof, leaf, root);
        proof.front() = leaf;
        expect_refused("preceding leaf", m, n, proof, leaf, root);
        for (std::size_t i = 0; i < good.size(); ++i) {
            proof = good;
            proof[i][4] ^= 0x10;
            expect_refused("flipped bit", m, n, proof, leaf, root);
            proof = good;
            proof.erase(proof.begin() + static_cast<std::ptrdiff_t>(i));
            expect_refused("missing hash", m, n, proof, leaf, root);
        }
        if (!good.empty()) expect_refused("empty proof", m, n, {}, leaf, root);
    }
    EXPECT_GT(refused, 150);
}

TEST_F(MerkleTest, RefusesHostileConsistencyProofs) {
    const Digest garbage = crypto::sha256(as_bytes("garbage"));
    int refused = 0;
    for (const auto& [m, n] : {std::pair<std::uint64_t, std::uint64_t>{1, 8},
                               {6, 8},
                               {2, 5},
                               {4, 8},
                               {3, 7},
                               {128, 256},
                               {100, 255},
                               {254, 255}}) {
        const Proof good = *prove_consistency(m, n, stored());
        const auto expect_refused = [&](const char* name, std::uint64_t old_size,
                                        std::uint64_t size, const Digest& old_root,
                                        const Digest& root, const Proof& proof) {
            EXPECT_FALSE(verify_consistency(old_size, size, old_root, root, proof))
                << name << ": " << m << " to " << n;
            ++refused;
        };
        expect_refused("wrong old root", m, n, garbage, roots_[n], good);
        expect_refused("wrong root", m, n, roots_[m], garbage, good);
        expect_refused("swapped roots", m, n, roots_[n], roots_[m], good);
        expect_refused("swapped sizes", n, m, roots_[m], roots_[n], good);
        expect_refused("old size - 1", m - 1, n, roots_[m], roots_[n], good);
        expect_refused("old size + 1", m + 1, n, roots_[m], roots_[n], good);
        expect_refused("old size ^ 2", m ^ 2, n, roots_[m], roots_[n], good);
        expect_refused("size * 2", m, n * 2, roots_[m], roots_[n], good);
        expect_refused("size / 2", m, n / 2, roots_[m], roots_[n], good);
        expect_refused("same size", n, n, roots_[m], roots_[n], good);
        expect_refused("from nothing", 0, n, empty_root(), roots_[n], good);
        expect_refused("from a false nothing", 0, n, roots_[m], roots_[n], {});
        expect_refused("empty proof", m, n, roots_[m], roots_[n], {});
        for (const Digest& extra : {garbage, roots_[m], roots_[n]}) {
            Proof proof = good;
            proof.push_back(extra);
            expect_refused("trailing hash", m, n, roots_[m], roots_[n], proof);
            proof = good;
            proof.insert(proof.begin(), extra);
            expect_refused("preceding hash", m, n, roots_[m], roots_[n], proof);
        }
        for (std::size_t i = 0; i < good.size(); ++i) {
            Proof proof = good;
            proof[i][4] ^= 0x10;
            expect_refused("flipped bit", m, n, roots_[m], roots_[n], proof);
            proof = good;
            proof.erase(proof.begin() + static_cast<std::ptrdiff_t>(i));
            expect_refused("missing hash", m, n, roots_[m], roots_[n], proof);
        }
    }
    EXPECT_GT(refused, 200);
    EXPECT_EQ(prove_consistency(5, 4, stored()).error().code, Code::Invalid);
}

}  // namespace
}  // namespace tsunagi::audit

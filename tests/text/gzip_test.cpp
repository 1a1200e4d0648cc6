// RFC 1952: what gzip holds, to be searched, whatever the bytes are.
#include "text/gzip.h"

#include <gtest/gtest.h>

#include "base/random.h"
#include "support/gzip.h"

namespace tsunagi::text {
namespace {

constexpr std::size_t kPlenty = std::size_t{1} << 20;

TEST(Gzip, IsInflated) {
    for (const std::string& text :
         {std::string{}, std::string{"田邉芳江"}, std::string(100'000, 'x')}) {
        EXPECT_EQ(inflate_for_search(support::gzip_of(text), kPlenty), text);
    }
}

TEST(Gzip, OfSeveralMembersIsInflatedWhole) {
    const std::string both = support::gzip_of("表紙") + support::gzip_of("田邉芳江");
    EXPECT_EQ(inflate_for_search(both, kPlenty), "表紙田邉芳江");
}

TEST(Gzip, IsReadUpToItsFault) {
    const std::string zipped = support::gzip_of("田邉芳江") + "no member";
    EXPECT_EQ(inflate_for_search(zipped, kPlenty), "田邉芳江");
    const std::string text(100'000, 'x');
    std::string cut = support::gzip_of(text);
    cut.resize(cut.size() / 2);
    const std::string part = inflate_for_search(cut, kPlenty);
    EXPECT_GT(part.size(), 1000U);
    EXPECT_EQ(part, text.substr(0, part.size()));
    std::string checksum = support::gzip_of(text);
    checksum[checksum.size() - 8] ^= 1;
    EXPECT_EQ(inflate_for_search(checksum, kPlenty), text) << "a wrong sum hides nothing";
}

/// A thousand times as much as it takes.
TEST(Gzip, IsInflatedNoFurtherThanTheLimit) {
    const std::string bomb = support::gzip_of(std::string(std::size_t{1} << 24, '.'));
    EXPECT_LT(bomb.size(), 20'000U);
    for (const std::size_t limit : {0U, 1U, 16'384U, 100'000U})
        EXPECT_EQ(inflate_for_search(bomb, limit).size(), limit);
}

TEST(Gzip, IsToldByItsHead) {
    EXPECT_TRUE(is_gzip(support::gzip_of("x")));
    for (const std::string_view bytes :
         {"", "\x1f\x8b", "\x1f\x8b\x08", "\x1f\x8b\x09...", "PK\x03\x04", "\x1f\x8b\x08\x20...",
          "\x1f\x8b\x08\xff..."}) {
        EXPECT_FALSE(is_gzip(bytes));
        EXPECT_EQ(inflate_for_search(bytes, kPlenty), "");
    }
}

/// Bytes that were changed anywhere end in a fault at most.
TEST(Gzip, ThatIsBrokenAnywhereIsBounded) {
    SeededRandom random(1952);
    const std::string whole = support::gzip_of(std::string(3000, 'x') + "田邉芳江");
    for (int i = 0; i < 20'000; ++i) {
        std::string broken = whole;
        for (std::uint64_t changes = 1 + random.below(4); changes > 0; --changes)
            broken[random.below(broken.size())] = static_cast<char>(random.below(256));
        EXPECT_LE(inflate_for_search(broken, 5000).size(), 5000U);
    }
}

}  // namespace
}  // namespace tsunagi::text

#include "crypto/seal.h"

#include <gtest/gtest.h>

#include <set>
#include <string>

#include "crypto/random.h"

namespace tsunagi::crypto {
namespace {

TEST(Seal, OpensWhatItSealedAtEverySize) {
    SystemRandom random;
    const DataKey key = DataKey::generate(random);
    for (const std::size_t size : {0U, 1U, 15U, 16U, 17U, 4096U, 1'000'003U}) {
        Bytes plain(size);
        random.fill(plain);
        const Bytes sealed = seal(key, plain, as_bytes("case 1"), random);
        EXPECT_EQ(sealed.size(), size + 29);
        auto opened = open(key, sealed, as_bytes("case 1"));
        ASSERT_TRUE(opened) << size;
        EXPECT_EQ(*opened, plain);
    }
}

TEST(Seal, DoesNotOpenWithAnotherKeyContextOrBit) {
    SystemRandom random;
    const DataKey key = DataKey::generate(random);
    const std::string plain = "診療情報";
    Bytes sealed = seal(key, as_bytes(plain), as_bytes("case 1/letter"), random);
    EXPECT_EQ(open(DataKey::generate(random), sealed, as_bytes("case 1/letter")).error().code,
              Code::Denied);
    EXPECT_EQ(open(key, sealed, as_bytes("case 2/letter")).error().code, Code::Denied);
    EXPECT_EQ(open(key, sealed, {}).error().code, Code::Denied);
    for (std::size_t at = 0; at < sealed.size(); ++at) {
        sealed[at] ^= 0x10;
        EXPECT_FALSE(open(key, sealed, as_bytes("case 1/letter"))) << "byte " << at;
        sealed[at] ^= 0x10;
    }
    for (std::size_t size = 0; size < sealed.size(); ++size) {
        EXPECT_FALSE(open(key, BytesView{sealed}.first(size), as_bytes("case 1/letter"))) << size;
    }
    EXPECT_TRUE(open(key, sealed, as_bytes("case 1/letter")));
}

TEST(Seal, NeverRepeatsANonce) {
    SystemRandom random;
    const DataKey key = DataKey::generate(random);
    std::set<Bytes> seen;
    for (int i = 0; i < 10'000; ++i) {
        const Bytes sealed = seal(key, {}, {}, random);
        EXPECT_TRUE(seen.emplace(sealed.begin() + 1, sealed.begin() + 13).second);
    }
}

TEST(DataKey, HasExactly32Bytes) {
    EXPECT_TRUE(DataKey::from_bytes(Bytes(32)));
    EXPECT_EQ(DataKey::from_bytes(Bytes(31)).error().code, Code::Invalid);
    EXPECT_EQ(DataKey::from_bytes(Bytes(33)).error().code, Code::Invalid);
}

}  // namespace
}  // namespace tsunagi::crypto

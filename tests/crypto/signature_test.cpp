#include "crypto/signature.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "crypto/random.h"

namespace tsunagi::crypto {
namespace {

/// Hands out given bytes: lets a test choose a private key.
class GivenBytes final : public Random {
public:
    explicit GivenBytes(Bytes bytes) : bytes_(std::move(bytes)) {}
    void fill(std::span<std::uint8_t> out) override {
        std::copy_n(bytes_.begin(), out.size(), out.begin());
    }

private:
    Bytes bytes_;
};

// RFC 8032 section 7.1, TEST 2.
TEST(Signature, AgreesWithRfc8032) {
    GivenBytes secret{
        *from_hex("4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb")};
    const SigningKey key = SigningKey::generate(secret);
    EXPECT_EQ(to_hex(key.verify_key().bytes()),
              "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c");
    EXPECT_EQ(to_hex(key.sign(Bytes{0x72})),
              "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
              "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00");
}

TEST(Signature, RefusesAnotherTextKeyOrBit) {
    SystemRandom random;
    const SigningKey key = SigningKey::generate(random);
    const SigningKey other = SigningKey::generate(random);
    Signature signature = key.sign(as_bytes("offer 1"));
    EXPECT_TRUE(key.verify_key().verify(as_bytes("offer 1"), signature));
    EXPECT_FALSE(key.verify_key().verify(as_bytes("offer 2"), signature));
    EXPECT_FALSE(other.verify_key().verify(as_bytes("offer 1"), signature));
    EXPECT_FALSE(key.verify_key().verify(as_bytes("offer 1"), BytesView{signature}.first(63)));
    for (std::size_t bit = 0; bit < 512; ++bit) {
        signature[bit / 8] = static_cast<std::uint8_t>(signature[bit / 8] ^ (1U << (bit % 8)));
        EXPECT_FALSE(key.verify_key().verify(as_bytes("offer 1"), signature)) << "bit " << bit;
        signature[bit / 8] = static_cast<std::uint8_t>(signature[bit / 8] ^ (1U << (bit % 8)));
    }
}

TEST(Signature, KeysSurviveTheirPem) {
    SystemRandom random;
    const SigningKey key = SigningKey::generate(random);
    auto again = SigningKey::from_pem(key.to_pem().reveal());
    ASSERT_TRUE(again);
    EXPECT_EQ(again->verify_key(), key.verify_key());
    auto verify = VerifyKey::from_pem(key.verify_key().to_pem());
    ASSERT_TRUE(verify);
    EXPECT_TRUE(verify->verify(as_bytes("x"), again->sign(as_bytes("x"))));
    EXPECT_EQ(SigningKey::from_pem("not a key").error().code, Code::Invalid);
    EXPECT_EQ(VerifyKey::from_pem(key.to_pem().reveal()).error().code, Code::Invalid);
    EXPECT_EQ(VerifyKey::from_bytes(Bytes(31)).error().code, Code::Invalid);
}

}  // namespace
}  // namespace tsunagi::crypto

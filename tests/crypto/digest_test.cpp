#include "crypto/digest.h"

#include <gtest/gtest.h>

#include <string>

namespace tsunagi::crypto {
namespace {

std::string hex(const Digest& digest) { return to_hex(digest); }

// FIPS 180-4 examples and the empty text.
TEST(Digest, AgreesWithThePublishedExamples) {
    EXPECT_EQ(hex(sha256(as_bytes(""))),
              "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    EXPECT_EQ(hex(sha256(as_bytes("abc"))),
              "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    EXPECT_EQ(hex(sha256(as_bytes("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"))),
              "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
}

TEST(Digest, PartsAndStreamGiveTheSameAsTheWhole) {
    const std::string text(100'000, 'x');
    const Digest whole = sha256(as_bytes(text));
    EXPECT_EQ(
        sha256({as_bytes(text).first(1), as_bytes(text).subspan(1, 0), as_bytes(text).subspan(1)}),
        whole);
    Sha256 stream;
    for (std::size_t at = 0; at < text.size(); at += 777) {
        stream.update(as_bytes(text).subspan(at, std::min<std::size_t>(777, text.size() - at)));
    }
    EXPECT_EQ(stream.finish(), whole);
    EXPECT_EQ(stream.update(as_bytes("abc")).finish(), sha256(as_bytes("abc")))
        << "finish starts afresh";
}

// RFC 4231 cases 1, 2 and 6 (a key longer than a block), and the empty key.
TEST(Hmac, AgreesWithThePublishedExamples) {
    EXPECT_EQ(hex(hmac_sha256(Bytes(20, 0x0b), as_bytes("Hi There"))),
              "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
    EXPECT_EQ(hex(hmac_sha256(as_bytes("Jefe"), as_bytes("what do ya want for nothing?"))),
              "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
    EXPECT_EQ(hex(hmac_sha256(Bytes(131, 0xaa),
                              as_bytes("Test Using Larger Than Block-Size Key - Hash Key First"))),
              "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
    EXPECT_EQ(hex(hmac_sha256({}, {})),
              "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad");
}

TEST(ConstantTime, ComparesContentAndLength) {
    EXPECT_TRUE(equal_in_constant_time({}, {}));
    EXPECT_TRUE(equal_in_constant_time(as_bytes("abc"), as_bytes("abc")));
    EXPECT_FALSE(equal_in_constant_time(as_bytes("abc"), as_bytes("abd")));
    EXPECT_FALSE(equal_in_constant_time(as_bytes("abc"), as_bytes("ab")));
}

}  // namespace
}  // namespace tsunagi::crypto

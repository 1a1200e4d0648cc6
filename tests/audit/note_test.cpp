#include "audit/note.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "audit/checkpoint.h"
#include "base/bytes.h"
#include "crypto/random.h"

namespace tsunagi::audit {
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

// The example of the reference implementation (golang.org/x/mod/sumdb/note).
constexpr std::string_view kText =
    "If you think cryptography is the answer to your problem,\n"
    "then you don't know what your problem is.\n";
constexpr std::string_view kSecret = "AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz";
constexpr std::string_view kVkey =
    "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
constexpr std::string_view kLine =
    "\xE2\x80\x94 PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqf"
    "qdngotpRZb6KE6RyyBwJnAM=\n";

std::string example() { return std::string{kText} + "\n" + std::string{kLine}; }

TEST(Note, IsByteForByteTheReferencesExample) {
    auto secret = from_base64(kSecret);
    ASSERT_TRUE(secret);
    secret->erase(secret->begin());
    GivenBytes random{*secret};
    const crypto::SigningKey key = crypto::SigningKey::generate(random);
    EXPECT_EQ((NoteKey{"PeterNeumann", key.verify_key()}.to_vkey()), kVkey);
    auto note = sign_note(kText, "PeterNeumann", key);
    ASSERT_TRUE(note);
    EXPECT_EQ(*note, example());
    const auto known = NoteKey::parse(kVkey);
    ASSERT_TRUE(known);
    auto opened = open_note(*note, std::span{&*known, 1});
    ASSERT_TRUE(opened);
    EXPECT_EQ(opened->text, kText);
    EXPECT_EQ(opened->signers, std::vector{*known});
}

TEST(Note, IgnoresUnknownKeysAndRefusesAKnownOneThatFails) {
    crypto::SystemRandom random;
    const auto ours = crypto::SigningKey::generate(random);
    const auto theirs = crypto::SigningKey::generate(random);
    const NoteKey known{"log.example", ours.verify_key()};
    const std::string good = *sign_note("text\n", "log.example", ours);
    const std::string other = *sign_note("text\n", "witness.example", theirs);
    const std::string other_line = other.substr(other.find("\n\n") + 2);
    EXPECT_TRUE(open_note(good + other_line, std::span{&known, 1})) << "unknown keys are ignored";
    EXPECT_EQ(open_note(other, std::span{&known, 1}).error().code, Code::Denied);
    EXPECT_EQ(open_note(good, {}).error().code, Code::Denied) << "no key is known";
    // Same name, other key: another id, so unknown.
    EXPECT_EQ(
        open_note(*sign_note("text\n", "log.example", theirs), std::span{&known, 1}).error().code,
        Code::Denied);
    std::string changed = good;
    changed[0] = 'T';
    EXPECT_EQ(open_note(changed, std::span{&known, 1}).error().code, Code::Denied);
    // A good signature does not save a note that also carries a bad one of the same key.
    const std::string bad = *sign_note("other\n", "log.example", ours);
    EXPECT_EQ(open_note(good + bad.substr(bad.find("\n\n") + 2), std::span{&known, 1}).error().code,
              Code::Denied);
    std::string many = good;
    for (int i = 0; i < 99; ++i) many += other_line;
    EXPECT_TRUE(open_note(many, std::span{&known, 1}));
    EXPECT_EQ(open_note(many + other_line, std::span{&known, 1}).error().code, Code::Invalid);
}

TEST(Note, RefusesMalformedNotes) {
    const auto known = NoteKey::parse(kVkey);
    ASSERT_TRUE(known);
    const std::string good = example();
    const std::string text{kText};
    const std::string line{kLine};
    const std::string cases[] = {"",
                                 "\n",
                                 text,
                                 text + "\n",
                                 text + line,
                                 good.substr(0, good.size() - 1),
                                 good + "\n",
                                 good + "x",
                                 text + "\n- PeterNeumann " + line.substr(17),
                                 text + "\n" + line.substr(0, 16) + line.substr(17),
                                 text + "\n\xE2\x80\x94 Peter\xC2\xA0Neumann" + line.substr(16),
                                 text + "\n\xE2\x80\x94 Peter+Neumann" + line.substr(16),
                                 text + "\n\xE2\x80\x94  x08go/Y=\n",
                                 text + "\n\xE2\x80\x94 PeterNeumann x08goy==\n",
                                 text + "\n\xE2\x80\x94 PeterNeumann x08g\n",
                                 "a\tb\n\n" + line,
                                 "a\xFF\n\n" + line,
                                 std::string{"a\0b\n\n", 5} + line};
    for (const std::string& note : cases) {
        auto opened = open_note(note, std::span{&*known, 1});
        EXPECT_FALSE(opened) << note;
        EXPECT_EQ(opened.error().code, Code::Invalid) << note;
    }
    EXPECT_TRUE(open_note(good, std::span{&*known, 1}));
}

TEST(Note, VerifierKeysAreReadStrictly) {
    const std::string good{kVkey};
    EXPECT_EQ(NoteKey::parse(good)->to_vkey(), good);
    for (const std::string& bad :
         {std::string{}, std::string{"PeterNeumann"}, good.substr(0, 30), good + "=", "x" + good,
          std::string{"+c74f20a3"} + good.substr(21),
          std::string{"PeterNeumann+c74f20a4"} + good.substr(21),
          std::string{"Peter Neumann+c74f20a3"} + good.substr(21),
          std::string{"PeterNeumann+c74f20a3+AhpcAQ=="}}) {
        EXPECT_FALSE(NoteKey::parse(bad)) << bad;
    }
}

TEST(Note, RefusesToSignWhatCouldNotBeOpened) {
    crypto::SystemRandom random;
    const auto key = crypto::SigningKey::generate(random);
    EXPECT_FALSE(sign_note("no newline", "a", key));
    EXPECT_FALSE(sign_note("tab\t\n", "a", key));
    EXPECT_FALSE(sign_note("\xC0\x80\n", "a", key));
    for (const char* name : {"", "a b", "a+b", "\xE3\x80\x80z", "a\n"}) {
        EXPECT_FALSE(sign_note("text\n", name, key)) << name;
    }
    EXPECT_TRUE(sign_note("text\n", "病院.example", key));
}

// The example of c2sp.org/tlog-checkpoint.
TEST(Checkpoint, IsReadAndWrittenAsSpecified) {
    const std::string text =
        "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n";
    auto read = read_checkpoint(text);
    ASSERT_TRUE(read);
    EXPECT_EQ(read->origin, "example.com/behind-the-sofa");
    EXPECT_EQ(read->size, 20'852'163U);
    EXPECT_EQ(to_text(*read), text);
    EXPECT_EQ(*read_checkpoint(text + "extension\n"), *read);
}

TEST(Checkpoint, RefusesMalformedOnes) {
    const std::string root = "CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n";
    for (const std::string& text :
         {std::string{}, std::string{"\n1\n"} + root, std::string{"o\n"},
          std::string{"o\n\n"} + root, "o\n01\n" + root, "o\n-1\n" + root, "o\n+1\n" + root,
          "o\n1 \n" + root, "o\n18446744073709551616\n" + root, std::string{"o\n1\nAAAA\n"},
          std::string{"o\n1\n\n"}, "o\n1\n" + root + "\n", "o\n1\n" + root + "unfinished",
          "o\n1\n" + root.substr(0, root.size() - 1)}) {
        EXPECT_FALSE(read_checkpoint(text)) << text;
    }
}

TEST(Checkpoint, MustBeSignedByItsOwnLog) {
    crypto::SystemRandom random;
    const auto key = crypto::SigningKey::generate(random);
    const Checkpoint checkpoint{"log.example/a", 0, empty_root()};
    const std::string good = *sign_checkpoint(checkpoint, key);
    const std::vector<NoteKey> known{{"log.example/a", key.verify_key()},
                                     {"witness.example", key.verify_key()}};
    EXPECT_EQ(*open_checkpoint(good, known), checkpoint);
    const std::string witness = *sign_note(to_text(checkpoint), "witness.example", key);
    EXPECT_EQ(open_checkpoint(witness, known).error().code, Code::Denied)
        << "a witness alone does not speak for the log";
    EXPECT_FALSE(sign_checkpoint({"log example", 0, empty_root()}, key));
}

}  // namespace
}  // namespace tsunagi::audit

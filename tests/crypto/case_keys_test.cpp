#include "crypto/case_keys.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>
#include <sstream>
#include <thread>

#include "crypto/key_file.h"
#include "crypto/random.h"

namespace tsunagi::crypto {
namespace {

Bytes copy(const Result<DataKey>& key) {
    return key ? Bytes(key->reveal().begin(), key->reveal().end()) : Bytes{};
}

class CaseKeysTest : public testing::Test {
protected:
    CaseKeysTest() : kek_(DataKey::generate(random_)) {
        std::string name = testing::TempDir() + "tsunagi-case-keys-XXXXXX";
        folder_ = ::mkdtemp(name.data());
        file_ = folder_ / "case.keys";
    }
    ~CaseKeysTest() override { std::filesystem::remove_all(folder_); }

    std::unique_ptr<CaseKeys> open() {
        auto keys = CaseKeys::open(file_, kek_, random_);
        EXPECT_TRUE(keys) << to_string(keys.error());
        return keys ? std::move(*keys) : nullptr;
    }
    std::string text() const {
        std::ostringstream out;
        out << std::ifstream(file_, std::ios::binary).rdbuf();
        return out.str();
    }
    void write(const std::string& text) const {
        std::ofstream(file_, std::ios::binary | std::ios::trunc) << text;
    }

    SystemRandom random_;
    DataKey kek_;
    std::filesystem::path folder_;
    std::filesystem::path file_;
};

TEST_F(CaseKeysTest, KeepsEachKeyOverReopening) {
    Bytes first;
    Bytes second;
    {
        auto keys = open();
        ASSERT_TRUE(keys->create("case-1"));
        ASSERT_TRUE(keys->create("case-2"));
        first = copy(keys->key("case-1"));
        second = copy(keys->key("case-2"));
        EXPECT_NE(first, second);
    }
    auto keys = open();
    EXPECT_EQ(copy(keys->key("case-1")), first);
    EXPECT_EQ(copy(keys->key("case-2")), second);
    EXPECT_EQ(keys->key("case-3").error().code, Code::NotFound);
    EXPECT_EQ(keys->create("case-1").error().code, Code::Conflict);
    EXPECT_EQ(keys->size(), 2U);
}

TEST_F(CaseKeysTest, MakesSeveralKeysOrNone) {
    auto keys = open();
    const std::vector<std::string> three{"a", "b", "c"};
    ASSERT_TRUE(keys->create(three));
    EXPECT_EQ(keys->size(), 3U);
    const std::vector<std::string> clash{"d", "a"};
    EXPECT_EQ(keys->create(clash).error().code, Code::Conflict);
    const std::vector<std::string> twice{"e", "e"};
    EXPECT_EQ(keys->create(twice).error().code, Code::Conflict);
    for (const char* bad : {"", "a b", "a\n+ b x", "患者", "../x"}) {
        EXPECT_EQ(keys->create(std::string{bad}).error().code, Code::Invalid);
        EXPECT_EQ(keys->destroy(std::string{bad}).error().code, Code::Invalid);
    }
    EXPECT_EQ(keys->size(), 3U);
}

TEST_F(CaseKeysTest, StagedKeysWorkAtOnceAndLastAfterOneSync) {
    Bytes first;
    {
        auto keys = open();
        ASSERT_TRUE(keys->stage("case-1"));
        ASSERT_TRUE(keys->stage("case-2"));
        first = copy(keys->key("case-1"));
        EXPECT_EQ(first.size(), DataKey::kSize);
        EXPECT_EQ(keys->stage("case-1").error().code, Code::Conflict);
        ASSERT_TRUE(keys->sync());
        ASSERT_TRUE(keys->sync()) << "with nothing new";
    }
    auto keys = open();
    EXPECT_EQ(keys->size(), 2U);
    EXPECT_EQ(copy(keys->key("case-1")), first);
}

TEST_F(CaseKeysTest, NeverHoldsAKeyInClear) {
    auto keys = open();
    ASSERT_TRUE(keys->create("case-1"));
    const Bytes key = copy(keys->key("case-1"));
    EXPECT_EQ(text().find(std::string{as_text(key)}), std::string::npos);
    EXPECT_EQ(text().find(to_base64(key)), std::string::npos);
    EXPECT_EQ(text().find(to_hex(key)), std::string::npos);
    struct stat facts {};
    ASSERT_EQ(::stat(file_.c_str(), &facts), 0);
    EXPECT_EQ(facts.st_mode & 0777U, 0600U);
}

TEST_F(CaseKeysTest, DestroyingOverwritesTheSealedKeyAndIsRemembered) {
    std::string sealed;
    {
        auto keys = open();
        ASSERT_TRUE(keys->create("case-1"));
        ASSERT_TRUE(keys->create("case-2"));
        const std::string before = text();
        const std::size_t at = before.find("+ case-1 ") + 9;
        sealed = before.substr(at, before.find('\n', at) - at);
        ASSERT_TRUE(keys->destroy("case-1"));
        EXPECT_EQ(keys->key("case-1").error().code, Code::Denied);
        EXPECT_TRUE(keys->destroy("case-1")) << "destroying again is success";
        EXPECT_EQ(text().find(sealed), std::string::npos);
    }
    auto keys = open();
    EXPECT_EQ(keys->key("case-1").error().code, Code::Denied);
    EXPECT_TRUE(keys->key("case-2"));
    EXPECT_EQ(keys->create("case-1").error().code, Code::Conflict) << "a dead case stays dead";
    EXPECT_EQ(keys->destroyed(), std::vector<std::string>{"case-1"});
}

TEST_F(CaseKeysTest, ARestoredCopyReplaysTheListOfTheDestroyed) {
    std::string backup;
    std::vector<std::string> destroyed;
    {
        auto keys = open();
        const std::vector<std::string> names{"case-1", "case-2"};
        ASSERT_TRUE(keys->create(names));
        backup = text();
        ASSERT_TRUE(keys->destroy("case-1"));
        ASSERT_TRUE(keys->destroy("never-had-one"));
        destroyed = keys->destroyed();
    }
    write(backup);
    auto keys = open();
    EXPECT_TRUE(keys->key("case-1")) << "the old copy still has it";
    ASSERT_TRUE(keys->destroy(destroyed));
    EXPECT_EQ(keys->key("case-1").error().code, Code::Denied);
    EXPECT_TRUE(keys->key("case-2"));
    EXPECT_EQ(keys->destroyed(), destroyed);
}

TEST_F(CaseKeysTest, FinishesAnInterruptedDestruction) {
    std::string interrupted;
    {
        auto keys = open();
        ASSERT_TRUE(keys->create("case-1"));
        interrupted = text() + "- case-1\n";  // the fact is durable, the overwrite is not
    }
    const std::size_t at = interrupted.find("+ case-1 ") + 9;
    const std::string sealed = interrupted.substr(at, interrupted.find('\n', at) - at);
    write(interrupted);
    auto keys = open();
    EXPECT_EQ(keys->key("case-1").error().code, Code::Denied);
    EXPECT_EQ(text().find(sealed), std::string::npos);
}

TEST_F(CaseKeysTest, CutsATornLastLineAtEveryByte) {
    std::string whole;
    std::size_t start = 0;
    {
        auto keys = open();
        ASSERT_TRUE(keys->create("case-1"));
        start = text().size();
        ASSERT_TRUE(keys->create("case-2"));
        whole = text();
    }
    for (std::size_t size = start; size < whole.size(); ++size) {
        write(whole.substr(0, size));
        auto keys = open();
        ASSERT_TRUE(keys);
        EXPECT_TRUE(keys->key("case-1"));
        EXPECT_EQ(keys->key("case-2").error().code, Code::NotFound);
        ASSERT_TRUE(keys->create("case-2")) << "cut at " << size;
    }
    EXPECT_EQ(open()->size(), 2U);
}

TEST_F(CaseKeysTest, RefusesDamageAndNamesTheLine) {
    {
        auto keys = open();
        ASSERT_TRUE(keys->create("case-1"));
    }
    const std::string good = text();
    const std::string title = good.substr(0, good.find('\n') + 1);
    const std::string line = good.substr(title.size());
    const std::pair<std::string, const char*> cases[] = {
        {"", "line 1"},
        {"tsunagi", "line 1"},
        {"other file\n", "line 1"},
        {title + "? case-1 x\n", "line 2"},
        {title + "+ case-1\n", "line 2"},
        {title + "+ case 1 x\n" + line + line, "line 4"},
        {title + "- case-1\n" + line, "line 3"},
        {title + line + "- \n", "line 3"}};
    for (const auto& [damaged, where] : cases) {
        write(damaged);
        auto keys = CaseKeys::open(file_, kek_, random_);
        ASSERT_FALSE(keys) << damaged;
        EXPECT_EQ(keys.error().code, Code::Invalid);
        EXPECT_NE(keys.error().where.find(where), std::string::npos) << keys.error().where;
    }
    std::string flipped = good;
    flipped[flipped.size() - 10] = flipped[flipped.size() - 10] == 'A' ? 'B' : 'A';
    write(flipped);
    EXPECT_EQ(open()->key("case-1").error().code, Code::Internal) << "a changed key does not open";
}

TEST_F(CaseKeysTest, RefusesAnotherKeyEncryptionKeyAndASecondProcess) {
    auto keys = open();
    EXPECT_EQ(CaseKeys::open(file_, kek_, random_).error().code, Code::Busy);
    keys.reset();
    EXPECT_EQ(CaseKeys::open(file_, DataKey::generate(random_), random_).error().code,
              Code::Denied);
    EXPECT_EQ(CaseKeys::open(folder_ / "no" / "such", kek_, random_).error().code, Code::NotFound);
}

TEST_F(CaseKeysTest, ServesManyThreads) {
    auto keys = open();
    std::vector<std::thread> threads;
    for (int t = 0; t < 4; ++t) {
        threads.emplace_back([&keys, t] {
            for (int i = 0; i < 20; ++i) {
                const std::string name = std::to_string(t) + "-" + std::to_string(i);
                EXPECT_TRUE(keys->create(name));
                EXPECT_TRUE(keys->key(name));
                if (i % 5 == 0) {
                    EXPECT_TRUE(keys->destroy(name));
                }
            }
        });
    }
    for (auto& thread : threads) thread.join();
    EXPECT_EQ(keys->size(), 64U);
    keys.reset();
    keys = open();
    EXPECT_EQ(keys->size(), 64U);
    EXPECT_EQ(keys->destroyed().size(), 16U);
}

TEST(CaseKeysInMemory, BehaveTheSame) {
    SeededRandom random{1};
    auto keys = CaseKeys::in_memory(random);
    ASSERT_TRUE(keys->create("case-1"));
    EXPECT_TRUE(keys->key("case-1"));
    ASSERT_TRUE(keys->destroy("case-1"));
    EXPECT_EQ(keys->key("case-1").error().code, Code::Denied);
}

TEST_F(CaseKeysTest, KeyFilesArePrivateAndNeverOverwritten) {
    const auto file = folder_ / "kek";
    ASSERT_TRUE(write_secret_file(file, key_file_text(kek_)));
    EXPECT_EQ(copy(read_key_file(file)), copy(kek_));
    EXPECT_EQ(write_secret_file(file, "other").error().code, Code::Conflict);
    ASSERT_EQ(::chmod(file.c_str(), 0640), 0);
    EXPECT_EQ(read_key_file(file).error().code, Code::Denied);
    ASSERT_TRUE(write_secret_file(folder_ / "short", "00ff\n"));
    EXPECT_EQ(read_key_file(folder_ / "short").error().code, Code::Invalid);
    ASSERT_TRUE(write_secret_file(folder_ / "long", key_file_text(kek_) + "00"));
    EXPECT_EQ(read_key_file(folder_ / "long").error().code, Code::Invalid);
    EXPECT_EQ(read_key_file(folder_ / "none").error().code, Code::NotFound);
}

}  // namespace
}  // namespace tsunagi::crypto

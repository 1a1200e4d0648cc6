#include <gmock/gmock.h>

#include <set>
#include <sstream>

#include "app/run_words.h"
#include "support/temp_folder.h"

namespace tsunagi::app {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

TEST(CommandLine, ListsEveryCommandInBothLanguages) {
    const Ran ran = run_words({"--help"});
    EXPECT_EQ(ran.code, kDone);
    EXPECT_THAT(ran.err, IsEmpty());
    for (const auto& command : commands()) {
        EXPECT_THAT(ran.out, HasSubstr(std::string{command.name}));
        EXPECT_THAT(ran.out, HasSubstr(std::string{command.ja}));
        EXPECT_THAT(ran.out, HasSubstr(std::string{command.en}));
    }
    EXPECT_GE(commands().size(), 11U);
}

TEST(CommandLine, ExplainsEachCommandAndOption) {
    for (const auto& command : commands()) {
        std::istringstream names{std::string{command.name}};
        std::vector<std::string> words;
        for (std::string word; names >> word;) words.push_back(word);
        words.emplace_back("--help");
        const Ran ran = run_words(words);
        EXPECT_EQ(ran.code, kDone) << command.name;
        EXPECT_THAT(ran.out, HasSubstr("tsunagi " + std::string{command.name}));
        for (const auto& option : command.options) {
            EXPECT_FALSE(option.ja.empty() || option.en.empty()) << command.name << option.name;
            EXPECT_THAT(ran.out, HasSubstr(std::string{option.en}));
        }
    }
}

TEST(CommandLine, TellsItsVersion) {
    const Ran ran = run_words({"--version"});
    EXPECT_EQ(ran.code, kDone);
    EXPECT_THAT(ran.out, HasSubstr("tsunagi 0."));
}

TEST(CommandLine, RefusesWhatItDoesNotKnowInBothLanguages) {
    const std::vector<std::string> cases[] = {
        {"frobnicate"},
        {"audit"},
        {"audit", "frobnicate"},
        {"validate"},
        {"validate", "--frobnicate", "x"},
        {"serve", "surplus"},
        {"serve"},
        {"translate", "--programme", "x"},
        {"audit", "verify", "a", "b"},
    };
    for (const auto& words : cases) {
        const Ran ran = run_words(words);
        EXPECT_EQ(ran.code, kCouldNotRun) << words[0];
        EXPECT_THAT(ran.out, IsEmpty()) << words[0];
        EXPECT_THAT(ran.err,
                    AllOf(HasSubstr("【エラー】"), HasSubstr("[error]"), HasSubstr("--help")));
    }
    EXPECT_EQ(run_words({}).code, kCouldNotRun);
}

TEST(CommandLine, NamesAFileThatIsNotThere) {
    const support::TempFolder folder;
    const std::string absent = (folder / "absent").string();
    for (const std::vector<std::string>& words :
         {std::vector<std::string>{"audit", "verify", absent},
          {"audit", "show", absent},
          {"serve", "--config", absent},
          {"audit", "export", "--config", absent, "--out", absent + ".out"}}) {
        const Ran ran = run_words(words);
        EXPECT_EQ(ran.code, kCouldNotRun) << words[0];
        EXPECT_THAT(ran.err, HasSubstr("absent")) << words[0];
    }
}

TEST(CommandLine, ShowsThatATextIsNoExport) {
    const support::TempFolder folder;
    support::write_text(folder / "log", "tsunagi-log-export 2\n");
    const Ran ran = run_words({"audit", "verify", (folder / "log").string()});
    EXPECT_EQ(ran.code, kDoesNotHold);
    EXPECT_THAT(ran.out, AllOf(HasSubstr("不成立"), HasSubstr("DOES NOT HOLD"),
                               HasSubstr("not-an-export"), Not(HasSubstr("根 / root"))));
    EXPECT_EQ(run_words({"audit", "verify", (folder / "log").string(), "--key", "nonsense"}).code,
              kCouldNotRun);
}

TEST(CommandLine, MakesAnInstallationOnceOnly) {
    const support::TempFolder folder;
    const std::string place = (folder / "new").string();
    const Ran first =
        run_words({"init", place, "--host", "gateway.example", "--host", "192.0.2.1"});
    EXPECT_EQ(first.code, kDone) << first.err;
    EXPECT_THAT(first.out, HasSubstr("config.json"));
    const std::string before = support::read_text(folder / "new/config.json");
    const std::string key = support::read_text(folder / "new/keys/log.pem");
    const Ran second = run_words({"init", place});
    EXPECT_EQ(second.code, kCouldNotRun);
    EXPECT_THAT(second.err, HasSubstr("nothing was changed"));
    EXPECT_EQ(support::read_text(folder / "new/config.json"), before);
    EXPECT_EQ(support::read_text(folder / "new/keys/log.pem"), key);
}

/// A fresh installation has a log of its own: empty, signed, provable.
TEST(CommandLine, ExportsAndShowsTheLogOfAStoppedInstallation) {
    const support::TempFolder folder;
    ASSERT_EQ(run_words({"init", (folder / "new").string()}).code, kDone);
    const std::string config = (folder / "new/config.json").string();
    const std::string out = (folder / "log.export").string();
    const Ran exported = run_words({"audit", "export", "--config", config, "--out", out});
    ASSERT_EQ(exported.code, kDone) << exported.err;
    std::string key = support::read_text(folder / "new/keys/log.vkey");
    key.pop_back();
    const Ran verified = run_words({"audit", "verify", out, "--key", key});
    EXPECT_EQ(verified.code, kDone) << verified.out;
    EXPECT_THAT(verified.out,
                AllOf(HasSubstr("成立"), HasSubstr("HOLDS"), HasSubstr("entries: 0")));
    EXPECT_EQ(run_words({"audit", "show", out}).code, kDone);
}

}  // namespace
}  // namespace tsunagi::app

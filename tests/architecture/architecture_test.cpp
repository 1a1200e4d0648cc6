// Holds the repository to the order of gateway/README.md. Each rule runs over the real files, where
// it must find nothing, and over a planted fault, where it must find exactly that one.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdio>
#include <filesystem>
#include <string>
#include <vector>

#include "architecture/rules.h"

namespace tsunagi::architecture {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

const std::vector<File>& gateway() {
    static const auto kFiles = read_files(TSUNAGI_SOURCE_DIR, {"gateway"});
    return kFiles;
}

const std::vector<File>& everything() {
    static const auto kFiles = read_files(
        TSUNAGI_SOURCE_DIR,
        {"gateway", "mappings", "profiles", "fixtures", "tests", ".ci", "run", "README.md",
         "CMakeLists.txt", "CMakePresets.json", ".clang-tidy", ".clang-format", ".gitignore"});
    return kFiles;
}

File code(std::string path, std::string text) { return {std::move(path), std::move(text) + "\n"}; }

TEST(Walk, SeesEveryModuleThatTheBuildKnows) {
    std::size_t built = 0;
    for (const auto& entry : std::filesystem::directory_iterator(
             std::filesystem::path(TSUNAGI_SOURCE_DIR) / "gateway")) {
        if (!std::filesystem::exists(entry.path() / "CMakeLists.txt")) continue;
        const auto name = entry.path().filename().string();
        EXPECT_THAT(modules(), testing::Contains(name)) << "a module without a place in the order";
        ++built;
    }
    EXPECT_GE(built, 2U);
    EXPECT_GE(own_includes(gateway()), built) << "the walk sees too few includes to be trusted";
    EXPECT_GT(everything().size(), gateway().size());
}

TEST(Order, HoldsInTheGateway) { EXPECT_THAT(broken_order(gateway()), IsEmpty()); }

TEST(Order, IsTransitiveAndRefusesSiblings) {
    EXPECT_TRUE(may_include("app", "base"));
    EXPECT_TRUE(may_include("serve", "privacy"));
    EXPECT_TRUE(may_include("json", "json"));
    EXPECT_FALSE(may_include("json", "crypto"));
    EXPECT_FALSE(may_include("translate", "validate"));
    EXPECT_FALSE(may_include("deliver", "serve"));
    EXPECT_FALSE(may_include("base", "json"));
    EXPECT_FALSE(may_include("unheard_of", "base"));
}

TEST(Order, FindsAnIncludeThatPointsUp) {
    EXPECT_THAT(broken_order({code("gateway/json/a.cpp",
                                   "#include \"base/result.h\"\n"
                                   "  # include \"store/store.h\"")}),
                ElementsAre(HasSubstr("gateway/json/a.cpp:2 includes \"store/store.h\"")));
}

TEST(Order, FindsAnIncludeThatDoesNotStartAtTheRoot) {
    EXPECT_THAT(broken_order({code("gateway/json/a.cpp", "#include \"reader.h\"")}),
                ElementsAre(HasSubstr("gateway/json/a.cpp:1")));
}

TEST(Packages, StayAtHomeInTheGateway) { EXPECT_THAT(strayed_packages(gateway()), IsEmpty()); }

TEST(Packages, AreFoundWhenTheyStray) {
    EXPECT_THAT(
        strayed_packages({code("gateway/store/a.cpp", "#include <sqlite3.h>"),
                          code("gateway/fhir/b.cpp", "#include <rapidjson/reader.h>"),
                          code("gateway/serve/c.cpp", "#include <Poco/Util/Application.h>"),
                          code("gateway/base/d.cpp", "#include <vector>\n#include <fmt/core.h>"),
                          code("gateway/base/e.cpp", "#include <unistd.h>")}),
        ElementsAre(HasSubstr("gateway/fhir/b.cpp:1"), HasSubstr("gateway/serve/c.cpp:1"),
                    HasSubstr("gateway/base/d.cpp:2")));
}

TEST(HeavyHeaders, AreCompiledInAtMostThreeFiles) {
    EXPECT_THAT(spread_heavy_headers(gateway(), 3), IsEmpty());
}

TEST(HeavyHeaders, AreFoundInAFourthFile) {
    std::vector<File> files;
    for (const char* name : {"a", "b", "c"}) {
        files.push_back(
            code(std::string("gateway/deliver/") + name + ".cpp", "#include <curl/curl.h>"));
    }
    EXPECT_THAT(spread_heavy_headers(files, 3), IsEmpty());
    files.push_back(code("gateway/deliver/d.cpp", "#include <curl/multi.h>"));
    EXPECT_THAT(spread_heavy_headers(files, 3), ElementsAre(HasSubstr("gateway/deliver/d.cpp")));
}

constexpr std::size_t kScreen = 150;

// Longer than a screen for a reason: a file format is read in one piece.
constexpr const char* kPackFormat = "gateway/fhir/pack_format.h";

TEST(Headers, FitOneScreen) {
    auto found = long_headers(gateway(), kScreen);
    std::erase_if(found, [](const std::string& line) { return line.starts_with(kPackFormat); });
    EXPECT_THAT(found, IsEmpty());
}

TEST(Headers, AreFoundWhenTheyOutgrowIt) {
    EXPECT_THAT(long_headers({{"gateway/json/a.h", std::string(151, '\n')},
                              {"gateway/json/b.h", std::string(150, '\n')},
                              {"gateway/json/c.cpp", std::string(151, '\n')}},
                             kScreen),
                ElementsAre("gateway/json/a.h has 151 lines"));
}

TEST(Files, LeaveNoWorkUndone) { EXPECT_THAT(unfinished_work(everything()), IsEmpty()); }

TEST(Files, AreFoundWhenTheyLeaveWorkUndone) {
    EXPECT_THAT(unfinished_work({code("mappings/a.map", std::string("ok\n// TO") + "DO later"),
                                 code("run", std::string("# FIX") + "ME"),
                                 code("tests/b.cpp", std::string("int my_TO") + "DO;")}),
                ElementsAre(HasSubstr("mappings/a.map:2"), HasSubstr("run:1")));
}

TEST(Files, NameNoMachineAndNoRegistry) { EXPECT_THAT(foreign_places(everything()), IsEmpty()); }

TEST(Files, AreFoundWhenTheyNameAMachineOrARegistry) {
    EXPECT_THAT(
        foreign_places(
            {code("run", std::string("cd /wo") + "rk/main"),
             code("tests/a.cpp", std::string("open(\"/ro") + "ot/key\")"),
             code("README.md", std::string("https:/") + "/registry.example.org/x"),
             code("tests/b.cpp", std::string("Bundle/wo") + "rk/1 and $TMPDIR/ro" + "ot/x"),
             code("profiles/c.json", "https://tsunagi.example/fhir")}),
        ElementsAre(HasSubstr("run:1"), HasSubstr("tests/a.cpp:1"), HasSubstr("README.md:1")));
}

TEST(Programmes, AreNotNamedInCode) { EXPECT_THAT(programmes_in_code(gateway()), IsEmpty()); }

TEST(Programmes, AreFoundWhenCodeNamesThem) {
    EXPECT_THAT(
        programmes_in_code({code("gateway/programme/a.cpp", "if (id == \"Nishitokyo\")"),
                            code("gateway/programme/b.h", "// 西東京市の規則"),
                            code("gateway/programme/README.md", "nishitokyo"),
                            code("profiles/programmes/nishitokyo.json", "nishitokyo")}),
        ElementsAre(HasSubstr("gateway/programme/a.cpp:1"), HasSubstr("gateway/programme/b.h:1")));
}

}  // namespace
}  // namespace tsunagi::architecture

#include "app/arguments.h"

#include <gmock/gmock.h>

namespace tsunagi::app {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr OptionSpec kSpecs[] = {
    {"config", "FILE", "", "", OptionSpec::Count::Required},
    {"package", "P", "", "", OptionSpec::Count::Many},
    {"port", "N", "", ""},
    {"once", "", "", ""},
};

std::variant<Arguments, Message> parse(std::vector<std::string> words) {
    return Arguments::parse(kSpecs, words);
}

Arguments good(std::vector<std::string> words) {
    auto parsed = parse(std::move(words));
    if (const auto* wrong = std::get_if<Message>(&parsed)) {
        ADD_FAILURE() << wrong->en;
        return {};
    }
    return std::get<Arguments>(std::move(parsed));
}

TEST(Arguments, TakeOptionsAndOperandsInAnyOrder) {
    const Arguments arguments =
        good({"a.json", "--config", "c.json", "--once", "b.json", "--port=0", "-"});
    EXPECT_EQ(arguments.value("config"), "c.json");
    EXPECT_EQ(arguments.value("port"), "0");
    EXPECT_EQ(arguments.value("package", "none"), "none");
    EXPECT_TRUE(arguments.has("once"));
    EXPECT_FALSE(arguments.has("package"));
    EXPECT_THAT(arguments.operands(), ElementsAre("a.json", "b.json", "-"));
}

TEST(Arguments, KeepEveryValueOfAnOptionThatMayRepeat) {
    const Arguments arguments = good({"--package", "a.tgz", "--config=c", "--package=b.tgz"});
    EXPECT_THAT(arguments.values("package"), ElementsAre("a.tgz", "b.tgz"));
    EXPECT_THAT(arguments.values("port"), IsEmpty());
}

TEST(Arguments, LeaveValuesAsTheyAreWritten) {
    const Arguments arguments =
        good({"--config", "https://host:1/x=y", "--package", "name+1a2b+c2Fk==", "--port", "-1"});
    EXPECT_EQ(arguments.value("config"), "https://host:1/x=y");
    EXPECT_EQ(arguments.value("package"), "name+1a2b+c2Fk==");
    EXPECT_EQ(arguments.value("port"), "-1");
}

TEST(Arguments, AfterTwoDashesEverythingIsAnOperand) {
    const Arguments arguments = good({"--config=c", "--", "--once", "-x"});
    EXPECT_FALSE(arguments.has("once"));
    EXPECT_THAT(arguments.operands(), ElementsAre("--once", "-x"));
}

TEST(Arguments, RefuseWhatTheyDoNotKnowAndNameIt) {
    struct Case {
        std::vector<std::string> words;
        const char* named;
    };
    const Case cases[] = {
        {{"--config=c", "--unknown"}, "unknown option: --unknown"},
        {{"--config=c", "--onc"}, "unknown option: --onc"},  // no abbreviations
        {{"--config=c", "-c"}, "unknown option: -c"},
        {{"--config=c", "--config=d"}, "option given twice: --config"},
        {{"--config=c", "--once=yes"}, "takes no value: --once"},
        {{"--config"}, "needs a value: --config"},
        {{"a.json"}, "missing option: --config"},
        {{}, "missing option: --config"},
    };
    for (const auto& c : cases) {
        const auto parsed = parse(c.words);
        const auto* wrong = std::get_if<Message>(&parsed);
        ASSERT_NE(wrong, nullptr) << c.named;
        EXPECT_THAT(wrong->en, HasSubstr(c.named));
        EXPECT_FALSE(wrong->ja.empty());
        EXPECT_NE(wrong->ja, wrong->en);
    }
}

}  // namespace
}  // namespace tsunagi::app

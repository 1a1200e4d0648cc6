#include "simulate/watch.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "text/width.h"

namespace tsunagi::simulate {
namespace {

using testing::IsEmpty;
using testing::SizeIs;

Watch watch_of(std::initializer_list<std::string_view> texts) {
    Watch watch;
    for (const auto text : texts) watch.add(1, "name", text);
    return watch;
}

TEST(Watch, FindsATextAtEveryPlace) {
    const Watch watch = watch_of({"鷺鵜鷲", "042-011-0007"});
    EXPECT_EQ(watch.find("鷺鵜鷲").at(0).offset, 0U);
    EXPECT_EQ(watch.find("患者 鷺鵜鷲").at(0).offset, 7U);
    EXPECT_THAT(watch.find(R"({"value":"042-011-0007"})"), SizeIs(1));
    EXPECT_THAT(watch.find("鷺鵜鯉"), IsEmpty());
    EXPECT_THAT(watch.find(""), IsEmpty());
}

TEST(Watch, TellsEachOwnerOnce) {
    Watch watch;
    watch.add(1, "name", "鷺鵜鷲");
    watch.add(2, "name", "鷺鵜鷲");
    watch.add(2, "phone", "090-0011-0007");
    const auto seen = watch.find("鷺鵜鷲 鷺鵜鷲 090-0011-0007");
    ASSERT_THAT(seen, SizeIs(2));
    EXPECT_NE(seen[0].owner, seen[1].owner);
}

TEST(Watch, DoesNotSeeANumberInsideAnId) {
    const Watch watch = watch_of({"8830001"});
    EXPECT_THAT(watch.find("urn:uuid:0018830001a-"), IsEmpty());
    EXPECT_THAT(watch.find("88300015 8830001."), SizeIs(1));
}

TEST(Watch, LeavesOutWhatWouldBeSeenEverywhere) {
    EXPECT_EQ(watch_of({"", "ab", "東"}).size(), 0U);
    EXPECT_EQ(watch_of({"東京", "東京"}).size(), 1U);
}

TEST(Watch, SeesThroughEscapesWidthKanaAndHyphens) {
    Watch watch = watch_of(
        {"鷺鵜鷲", text::match_key("カキクケ コサシス"), text::match_key("090-0011-0007")});
    EXPECT_THAT(watch.find(R"("\u9DFA\u9D5C\u9DF2")"), IsEmpty());
    EXPECT_THAT(watch.find_in_every_form(R"("\u9DFA\u9D5C\u9DF2")"), SizeIs(1));
    EXPECT_THAT(watch.find_in_every_form("ｶｷｸｹ　ｺｻｼｽ"), SizeIs(1));
    EXPECT_THAT(watch.find_in_every_form("かきくけこさしす"), SizeIs(1));
    EXPECT_THAT(watch.find_in_every_form("電話０９０－００１１－０００７"), SizeIs(1));
    EXPECT_THAT(watch.find_in_every_form("090-0012-0007"), IsEmpty());
}

TEST(WithoutEscapes, UndoesWhatJsonMayWriteAndNothingElse) {
    EXPECT_EQ(without_escapes(R"(a\n\/\u3042\uD842\uDFB7)"), "a\n/あ𠮷");
    EXPECT_EQ(without_escapes(R"(\x \u12 \)"), R"(\x \u12 \)");
}

}  // namespace
}  // namespace tsunagi::simulate

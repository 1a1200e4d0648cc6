#include "app/story_packet.h"

#include <gmock/gmock.h>

#include "json/reader.h"
#include "json/writer.h"
#include "support/result_matchers.h"
#include "support/temp_folder.h"
#include "text/date.h"

namespace tsunagi::app {
namespace {

using ::testing::HasSubstr;

constexpr std::chrono::hours kJapan{9};

json::Document fixture(const std::string& name) {
    const auto text = support::read_text(std::filesystem::path{TSUNAGI_SOURCE_DIR} /
                                         "fixtures/packets" / (name + ".in.json"));
    auto document = json::read(text);
    EXPECT_OK(document);
    return document ? std::move(*document) : json::Document{};
}

TEST(StoryPacket, MovesADateInTheWayItIsWritten) {
    struct Case {
        const char *cell, *moved;
        int days;
    };
    const Case cases[] = {
        {"令和８年１１月２２日", "令和８年１２月２日", 10},
        {"令和8年11月22日", "令和8年12月2日", 10},
        {"R8.11.20", "R8.11.30", 10},
        {"2026-11-20", "2026-11-30", 10},
        {"令和8年12月31日", "令和9年1月1日", 1},
        {"令和元年5月1日", "平成31年4月30日", -1},
        {"平成31年4月30日", "令和1年5月1日", 1},
        {"S64.1.7", "H1.1.8", 1},
        {"令和8年9月", "令和8年10月", 30},
        {"2026-02", "2026-03", 28},
        {"平成28年", "平成28年", 400},
        {"誤嚥性肺炎", "誤嚥性肺炎", 400},
        {"NT-0107", "NT-0107", 400},
        {"J690", "J690", 400},
        {"042-000-2001", "042-000-2001", 400},
        {"", "", 400},
    };
    for (const auto& c : cases) EXPECT_EQ(moved_date(c.cell, c.days), c.moved) << c.cell;
}

TEST(StoryPacket, IsWrittenTodayWhateverDayItIs) {
    const json::Document packet = fixture("nishitokyo_full");
    for (const char* now : {"2026-11-20T15:00:00Z", "2027-04-01T00:20:00+09:00",
                            "2028-02-29T23:59:30+09:00", "2026-03-05T09:00:00+09:00"}) {
        const Instant instant = *parse_instant(now);
        const std::string today = format_date(instant, kJapan);
        const auto moved = packet_of_today(packet.root(), instant, kJapan);
        ASSERT_OK(moved);
        const json::Value request = moved->root()["bedRequest"];
        EXPECT_EQ(request["appliedAt"].text().substr(0, 10), today);
        EXPECT_LE(*parse_instant(request["appliedAt"].text()), instant);
        EXPECT_LT(*parse_instant(request["phoneContact"]["at"].text()),
                  *parse_instant(request["appliedAt"].text()));
        const auto needed = text::read_date(request["neededBy"].text());
        ASSERT_OK(needed);
        EXPECT_EQ(*text::days_between(today, *needed), 2);
        EXPECT_EQ(*text::read_date(moved->root()["referralLetter"]["letterDate"].text()), today);
        const auto consented = text::read_date(moved->root()["consent"]["consentedOn"].text());
        ASSERT_OK(consented);
        EXPECT_EQ(*text::days_between(*consented, today), 1);
        EXPECT_EQ(json::write(moved->root()["identity"]), json::write(packet.root()["identity"]))
            << "a birth date stays";
        EXPECT_EQ(
            request["age"].integer(),
            *text::age_on(*text::read_date(packet.root()["identity"]["birthDate"].text()), today));
    }
}

TEST(StoryPacket, OnItsOwnDayOnlyTheHourDiffers) {
    const json::Document packet = fixture("nishitokyo_declined");
    const auto moved =
        packet_of_today(packet.root(), *parse_instant("2026-11-20T13:20:00+09:00"), kJapan);
    ASSERT_OK(moved);
    EXPECT_EQ(json::write(moved->root()["referralLetter"]),
              json::write(packet.root()["referralLetter"]));
    EXPECT_EQ(moved->root()["bedRequest"]["appliedAt"].text(),
              packet.root()["bedRequest"]["appliedAt"].text());
}

TEST(StoryPacket, APacketWithoutADateIsRefused) {
    const auto packet = json::read(R"({"bedRequest": {"appliedAt": "soon"}})");
    ASSERT_OK(packet);
    const auto moved =
        packet_of_today(packet->root(), *parse_instant("2026-11-20T13:20:00+09:00"), kJapan);
    ASSERT_FAILS(moved, Invalid);
    EXPECT_THAT(moved.error().where, HasSubstr("appliedAt"));
}

}  // namespace
}  // namespace tsunagi::app

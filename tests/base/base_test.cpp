#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <string>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/random.h"
#include "base/utf8.h"
#include "base/uuid.h"

namespace tsunagi {
namespace {

using std::chrono::minutes;

TEST(Clock, WritesTheProgrammesZoneWhateverTzSays) {
    const auto instant = parse_instant("2026-11-20T23:30:00Z");
    ASSERT_TRUE(instant);
    EXPECT_EQ(format_instant(*instant, minutes{540}), "2026-11-21T08:30:00.000+09:00");
    EXPECT_EQ(format_date(*instant, minutes{540}), "2026-11-21");
    EXPECT_EQ(format_instant(*instant, minutes{-210}), "2026-11-20T20:00:00.000-03:30");
}

TEST(Clock, ReadsBackWhatItWrites) {
    const auto instant = parse_instant("1938-04-02T01:02:03.456+09:00");
    ASSERT_TRUE(instant);
    EXPECT_EQ(format_instant(*instant, minutes{540}), "1938-04-02T01:02:03.456+09:00");
}

TEST(Clock, RefusesWhatIsNotAnInstant) {
    for (const char* text :
         {"", "2026-11-20", "2026-02-30T00:00:00Z", "2026-11-20T24:00:00Z", "2026-11-20T10:00:00",
          "2026-11-20T10:00:00.Z", "2026-11-20T10:00:00+9:00", "2026-11-20T10:00:00Zx"}) {
        EXPECT_FALSE(parse_instant(text)) << text;
    }
}

TEST(Uuid, VersionSevenSortsByTimeAndVersionFourIsRandom) {
    SeededRandom random(1);
    const auto early = parse_instant("2026-11-20T00:00:00Z"),
               late = parse_instant("2026-11-20T00:00:01Z");
    EXPECT_LT(uuid_v7(*early, random), uuid_v7(*late, random));
    EXPECT_EQ(uuid_v7(*early, random)[14], '7');
    EXPECT_EQ(uuid_v4(random)[14], '4');
    EXPECT_TRUE(is_uuid(uuid_v4(random)));
    EXPECT_FALSE(is_uuid("0193-not-a-uuid"));
}

std::size_t longest_run_of_digits(const std::string& id) {
    std::size_t longest = 0, run = 0;
    for (const char c : id) {
        if (c == '-') continue;  // one reads over it
        run = std::isdigit(static_cast<unsigned char>(c)) != 0 ? run + 1 : 0;
        longest = std::max(longest, run);
    }
    return longest;
}

/// The numbers that the scan looks for have six digits and more.
TEST(Uuid, NoneThatLeavesReadsAsANumber) {
    SeededRandom random(20261121);
    for (int i = 0; i < 20'000; ++i) {
        const std::string id = uuid_v4(random);
        ASSERT_LT(longest_run_of_digits(id), 5U) << id;
        ASSERT_GE(id.back(), 'a') << id;  // ids of resources go on behind it
        ASSERT_TRUE(is_uuid(id) && id[14] == '4' && std::string{"89ab"}.find(id[19]) != id.npos)
            << id;
    }
}

/// Sixteen bytes drawn once often do: the count can see it.
TEST(Uuid, BytesDrawnOnceDoReadAsANumber) {
    SeededRandom random(20261121);
    int numbers = 0;
    for (int i = 0; i < 1000; ++i) {
        std::array<std::uint8_t, 16> bytes{};
        random.fill(bytes);
        numbers += longest_run_of_digits(to_hex(bytes)) >= 5 ? 1 : 0;
    }
    EXPECT_GT(numbers, 500);
}

TEST(Random, RepeatsItselfFromTheSameSeed) {
    SeededRandom one(42), two(42), other(43);
    EXPECT_EQ(one.next(), two.next());
    EXPECT_NE(one.next(), other.next());
    for (int i = 0; i < 1000; ++i) EXPECT_LT(one.below(7), 7U);
}

TEST(Utf8, IsWrittenInOneToFourBytes) {
    std::string text;
    for (const std::uint32_t point :
         {0x0U, 0x7FU, 0x80U, 0x7FFU, 0x800U, 0xFFFFU, 0x10000U, 0x10FFFFU})
        append_utf8(text, point);
    using namespace std::string_view_literals;
    EXPECT_EQ(text,
              "\0\x7F\xC2\x80\xDF\xBF\xE0\xA0\x80\xEF\xBF\xBF\xF0\x90\x80\x80\xF4\x8F\xBF\xBF"sv);
}

TEST(Bytes, Base64AcceptsOnlyTheCanonicalForm) {
    for (const std::string text : {"", "f", "fo", "foo", "foob", "\xff\xfe\x00\x01"}) {
        const auto back = from_base64(to_base64(as_bytes(text)));
        ASSERT_TRUE(back);
        EXPECT_EQ(as_text(*back), text);
    }
    for (const char* bad : {"Zg=", "Zg", "Zh==", "Z===", "Zg==Zg==", "Zm9=", "Zm 9v", "*m9v"}) {
        EXPECT_FALSE(from_base64(bad)) << bad;
    }
}

TEST(Bytes, HexReadsEitherCaseAndRefusesTheRest) {
    EXPECT_EQ(to_hex(*from_hex("00FFa1")), "00ffa1");
    EXPECT_FALSE(from_hex("0"));
    EXPECT_FALSE(from_hex("0g"));
}

TEST(EventLog, WritesOneJsonLineAndNothingOfABrokenId) {
    const ManualClock clock(*parse_instant("2026-11-20T00:00:00Z"));
    std::string written;
    EventLog log(clock, [&](std::string_view line) { written += line; });
    log.info("case.stored",
             {{"case", Id<struct CaseTag>{"abc\"\n"}}, {"count", 3}, {"code", Code::Busy}});
    EXPECT_EQ(written,
              "{\"time\":\"2026-11-20T00:00:00.000Z\",\"level\":\"info\",\"event\":\"case.stored\","
              "\"case\":\"abc??\","
              "\"count\":3,\"code\":\"busy\"}\n");
}

}  // namespace
}  // namespace tsunagi

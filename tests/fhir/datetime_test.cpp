#include "fhir/datetime.h"

#include <gtest/gtest.h>

namespace tsunagi::fhir {
namespace {

using std::chrono::minutes;
constexpr minutes kJapan{9 * 60};

TEST(DateTime, KeepsHowFarItIsKnown) {
    EXPECT_EQ(parse_date("2026")->precision, Precision::Year);
    EXPECT_EQ(parse_date("2026-11")->precision, Precision::Month);
    EXPECT_EQ(parse_date_time("2026-11-20")->precision, Precision::Day);
    EXPECT_EQ(parse_date_time("2026-11-20T09:30:00Z")->precision, Precision::Second);
    EXPECT_EQ(parse_full_instant("2026-11-20T09:30:00.5Z")->nanosecond, 500'000'000U);
}

TEST(DateTime, NamesTheSpanItMayMean) {
    const auto month = *parse_date("2026-11");
    EXPECT_EQ(format_instant(month.earliest(kJapan), kJapan), "2026-11-01T00:00:00.000+09:00");
    EXPECT_EQ(format_instant(month.end(kJapan), kJapan), "2026-12-01T00:00:00.000+09:00");
    const auto year = *parse_date("2026");
    EXPECT_EQ(format_instant(year.end(kJapan), kJapan), "2027-01-01T00:00:00.000+09:00");
    const auto zoned = *parse_date_time("2026-11-20T00:00:00-05:00");
    EXPECT_EQ(format_instant(zoned.earliest(kJapan), minutes{0}), "2026-11-20T05:00:00.000Z");
}

TEST(DateTime, ComparesAcrossZones) {
    const auto tokyo = *parse_date_time("2026-11-20T09:00:00+09:00");
    const auto london = *parse_date_time("2026-11-20T00:00:00.000Z");
    EXPECT_EQ(compare(tokyo, london, kJapan), std::strong_ordering::equal);
}

TEST(DateTime, LeavesOpenWhatThePrecisionLeavesOpen) {
    const auto month = *parse_date("2026-11");
    const auto day = *parse_date("2026-11-20");
    EXPECT_EQ(compare(month, day, kJapan), std::nullopt);
    EXPECT_EQ(compare(month, *parse_date("2026-12-01"), kJapan), std::strong_ordering::less);
    EXPECT_EQ(compare(*parse_date("2027"), day, kJapan), std::strong_ordering::greater);
}

TEST(DateTime, RefusesDaysThatDoNotExist) {
    for (const char* text : {"2026-02-29", "2100-02-29", "2026-04-31", "2026-00", "2026-11-00"})
        EXPECT_FALSE(parse_date(text)) << text;
    EXPECT_TRUE(parse_date("2000-02-29"));
}

TEST(DateTime, ReadsTimesOfDay) {
    const auto time = *parse_time("23:59:59.999");
    EXPECT_EQ(time.hour, 23U);
    EXPECT_EQ(time.precision, Precision::Fraction);
    EXPECT_FALSE(parse_time("24:00:00"));
    EXPECT_FALSE(parse_time("09:30"));
}

}  // namespace
}  // namespace tsunagi::fhir

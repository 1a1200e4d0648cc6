#include "fhirpath/number.h"

#include <gtest/gtest.h>

namespace tsunagi::fhirpath {
namespace {

Number number(std::string_view text) { return Number::parse(text).value(); }

TEST(Number, AddsAndMultipliesWithoutBinaryFractions) {
    EXPECT_EQ(add(number("0.1"), number("0.2"))->text(), "0.3");
    EXPECT_EQ(add(number("1.10"), number("1"))->text(), "2.10");
    EXPECT_EQ(multiply(number("1.2"), number("1.8"))->text(), "2.16");
    EXPECT_EQ(subtract(number("0.3"), number("0.30"))->text(), "0.00");
}

TEST(Number, DividesToTwentyPlacesAndRoundsTheLast) {
    EXPECT_EQ(divide(number("1"), number("3"))->text(), "0.33333333333333333333");
    EXPECT_EQ(divide(number("2"), number("3"))->text(), "0.66666666666666666667");
    EXPECT_EQ(divide(number("-1"), number("8"))->text(), "-0.125");
    EXPECT_FALSE(divide(number("1"), number("0.00")));
}

TEST(Number, ComparesByValueNotBySpelling) {
    EXPECT_EQ(compare(number("1.10"), number("1.1")), 0);
    EXPECT_EQ(compare(number("-2"), number("1")), -1);
    EXPECT_EQ(compare(number("0.0"), number("-0")), 0);
    EXPECT_EQ(compare(number("10000000000000000000000000000000000000"), number("0.1")), 1);
    EXPECT_EQ(compare(number("1e2"), number("100.0")), 0);
}

TEST(Number, RefusesWhatIsNoNumberOrTooLong) {
    for (const char* text : {"", "-", ".5", "1.", "1.a", "0x1", "1e", "1e99", "1 ",
                             "123456789012345678901234567890123456789012345"})
        EXPECT_FALSE(Number::parse(text)) << text;
}

TEST(Number, RoundsEachWay) {
    EXPECT_EQ(rounded(number("2.5"), 0, Rounding::HalfAwayFromZero)->text(), "3");
    EXPECT_EQ(rounded(number("-2.5"), 0, Rounding::HalfAwayFromZero)->text(), "-3");
    EXPECT_EQ(rounded(number("-2.1"), 0, Rounding::Down)->text(), "-3");
    EXPECT_EQ(rounded(number("-2.9"), 0, Rounding::Up)->text(), "-2");
    EXPECT_EQ(rounded(number("2.449"), 1, Rounding::TowardZero)->text(), "2.4");
    EXPECT_EQ(rounded(number("2"), 3, Rounding::TowardZero)->text(), "2.000");
}

TEST(Number, LetsAnOverflowBeEmpty) {
    const Number large = number("99999999999999999999999999999999999999");
    EXPECT_FALSE(multiply(large, large));
    EXPECT_FALSE(power(number("10"), 60));
    EXPECT_EQ(power(number("1.1"), 3)->text(), "1.331");
    EXPECT_EQ(power(number("2"), -2)->text(), "0.25");
}

}  // namespace
}  // namespace tsunagi::fhirpath

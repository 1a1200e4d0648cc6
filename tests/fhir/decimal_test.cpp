#include "fhir/decimal.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <random>
#include <string>

namespace tsunagi::fhir {
namespace {

Decimal decimal(std::string_view text) {
    auto parsed = Decimal::parse(text);
    EXPECT_TRUE(parsed) << text;
    return parsed ? *parsed : *Decimal::parse("0");
}

TEST(Decimal, KeepsItsSpelling) {
    for (const char* text : {"1.10", "0.0", "-0", "1e2", "12345678901234567890.12345", "1E-3"}) {
        const Decimal kept = decimal(text);
        EXPECT_EQ(kept.text(), text);
    }
}

TEST(Decimal, RefusesOtherSpellings) {
    for (const char* text : {"", "+1", "01", ".5", "1.", "1e", "1e+", "--1", "1,5", "NaN", "1 ",
                             "１", "0x1", "1e1001", "1e-99999999999999999999"}) {
        EXPECT_FALSE(Decimal::parse(text)) << text;
    }
}

TEST(Decimal, ComparesByValue) {
    EXPECT_TRUE(decimal("1.0") == decimal("1.00"));
    EXPECT_TRUE(decimal("1e2") == decimal("100"));
    EXPECT_TRUE(decimal("-0") == decimal("0.000"));
    EXPECT_TRUE(decimal("0.1") < decimal("0.2"));
    EXPECT_TRUE(decimal("-0.2") < decimal("-0.1"));
    EXPECT_TRUE(decimal("9") < decimal("10"));
    EXPECT_TRUE(decimal("-1") < decimal("0"));
    EXPECT_TRUE(decimal("0.15") < decimal("0.2"));
    EXPECT_TRUE(decimal("12345678901234567890.12345") > decimal("12345678901234567890.12344"));
    EXPECT_TRUE(decimal("1e-1000") > decimal("0"));
}

TEST(Decimal, AgreesWithDoublesWhereTheyAreExact) {
    std::mt19937 random(20261120);
    for (int i = 0; i < 2000; ++i) {
        const int a = static_cast<int>(random() % 20001) - 10000;
        const int b = static_cast<int>(random() % 20001) - 10000;
        const auto spell = [](int n) {
            const std::string digits = std::to_string(std::abs(n));
            return (n < 0 ? "-" : "") + digits + "e-2";
        };
        EXPECT_EQ(decimal(spell(a)) < decimal(spell(b)), a < b) << spell(a) << " " << spell(b);
    }
}

TEST(Decimal, TellsItsPrecision) {
    EXPECT_EQ(decimal("1.10").decimal_places(), 2);
    EXPECT_EQ(decimal("1.10e1").decimal_places(), 1);
    EXPECT_EQ(decimal("1e3").decimal_places(), 0);
    EXPECT_EQ(decimal("1e-3").decimal_places(), 3);
    EXPECT_TRUE(decimal("2.0").is_integer());
    EXPECT_TRUE(decimal("0").is_integer());
    EXPECT_FALSE(decimal("2.5").is_integer());
    EXPECT_TRUE(decimal("-2.5").is_negative());
    EXPECT_FALSE(decimal("-0").is_negative());
}

}  // namespace
}  // namespace tsunagi::fhir

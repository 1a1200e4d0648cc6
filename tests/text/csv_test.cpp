// Tables as spreadsheets write them (RFC 4180).
#include "text/csv.h"

#include <gtest/gtest.h>

namespace tsunagi::text {
namespace {

using Fields = std::vector<std::string>;

TEST(Csv, ReadsQuotesLineEndsAndEmptyFields) {
    const auto rows = read_csv("a,\"b,\"\"c\"\"\r\nd\",\r\n\r\n,x\n\"\"\r1");
    ASSERT_TRUE(rows) << to_string(rows.error());
    ASSERT_EQ(rows->size(), 4U);
    EXPECT_EQ((*rows)[0].fields, (Fields{"a", "b,\"c\"\r\nd", ""}));
    EXPECT_EQ((*rows)[1].fields, (Fields{"", "x"}));
    EXPECT_EQ((*rows)[1].line, 4U);
    EXPECT_EQ((*rows)[2].fields, (Fields{""}));
    EXPECT_EQ((*rows)[3].fields, (Fields{"1"}));
}

TEST(Csv, TakesTabsWhenTheFirstLineHasNoComma) {
    const auto rows = read_csv("氏名\t住所\n山田,太郎\t中町");
    ASSERT_TRUE(rows);
    EXPECT_EQ((*rows)[1].fields, (Fields{"山田,太郎", "中町"}));
}

TEST(Csv, NamesTheFieldThatIsNotWellFormed) {
    const auto open = read_csv("a,b\nc,\"d");
    ASSERT_FALSE(open);
    EXPECT_EQ(open.error().message, "quote-not-closed");
    EXPECT_EQ(open.error().where, "line 2 field 2");
    const auto after = read_csv("\"a\"b");
    ASSERT_FALSE(after);
    EXPECT_EQ(after.error().message, "text-after-quote");
    EXPECT_EQ(after.error().where, "line 1 field 1");
}

TEST(Csv, IsBounded) {
    EXPECT_EQ(read_csv("a\nb\nc", {.max_rows = 2}).error().message, "too-many-rows");
    EXPECT_EQ(read_csv("a,b,c", {.max_columns = 2}).error().message, "too-many-fields");
    EXPECT_EQ(read_csv("a,b\nc,d", {.max_fields = 3}).error().message, "too-many-fields");
}

TEST(Csv, IsReadBackAsWritten) {
    const Fields fields{"a,b", "", "c\"d", "e\r\nf", "\t", "氏名"};
    const auto rows = read_csv(write_csv_row(fields));
    ASSERT_TRUE(rows);
    ASSERT_EQ(rows->size(), 1U);
    EXPECT_EQ((*rows)[0].fields, fields);
    EXPECT_EQ(write_csv_row({""}), "\"\"\r\n");
}

}  // namespace
}  // namespace tsunagi::text

#include "json/reader.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <sstream>
#include <string>

#include "json/writer.h"

namespace tsunagi::json {
namespace {

std::string slurp(const std::filesystem::path& path) {
    std::ifstream in(path, std::ios::binary);
    std::ostringstream out;
    out << in.rdbuf();
    return out.str();
}

std::string round_trip(std::string_view text) {
    const auto document = read(text);
    return document ? write(document->root()) : to_string(document.error());
}

TEST(Reader, KeepsNumbersByteForByte) {
    for (const char* number :
         {"1.10", "1e2", "-0", "12345678901234567890.12345", "1.00000000001e-2147483638"}) {
        EXPECT_EQ(round_trip(std::string{"["} + number + "]"), std::string{"["} + number + "]");
    }
}

TEST(Reader, RefusesAnExponentBeyondADoubleRatherThanBendIt) { EXPECT_FALSE(read("[1e400]")); }

TEST(Reader, KeepsCharactersBeyondTheBasicPlane) {
    EXPECT_EQ(round_trip("[\"𠮷田 葛\U000E0100\"]"), "[\"𠮷田 葛\U000E0100\"]");
    EXPECT_EQ(round_trip(R"(["\ud842\udfb7"])"), "[\"𠮷\"]");
}

TEST(Reader, RefusesWhatTwoReadersCouldReadDifferently) {
    for (const std::string& text :
         {std::string{R"({"a":1,"a":2})"}, std::string{R"({"x":{"a":1,"\u0061":2}})"},
          std::string{"[\"a\0b\"]", 7}, std::string{R"(["\u0000"])"}, std::string{R"(["\ud842"])"},
          std::string{R"(["\ude00"])"}, std::string{R"({"\udc00":1})"},
          std::string{"\xEF\xBB\xBF[]"}, std::string{"[\"\xC0\xAF\"]"},
          std::string{"[\"\xED\xA0\x80\"]"}, std::string{"[] []"}, std::string{"[01]"},
          std::string{"[NaN]"}, std::string{"[1,]"}, std::string{"{'a':1}"}, std::string{""}}) {
        EXPECT_FALSE(read(text)) << text;
    }
}

TEST(Reader, FindsADuplicateAmongManyMembers) {
    std::string text = "{";
    for (int i = 0; i < 200; ++i) text += "\"k" + std::to_string(i) + "\":0,";
    EXPECT_TRUE(read(text + "\"last\":0}"));
    EXPECT_FALSE(read(text + "\"k150\":0}"));
    EXPECT_FALSE(read(text + "\"last\":0,\"last\":0}"));
}

TEST(Reader, BoundsDepthSizeAndCount) {
    const auto nested = [](std::size_t depth) {
        return std::string(depth, '[') + std::string(depth, ']');
    };
    EXPECT_TRUE(read(nested(64)));
    EXPECT_FALSE(read(nested(65)));
    EXPECT_FALSE(read(nested(200'000)));
    EXPECT_FALSE(read("[1,2,3]", {.max_bytes = 6}));
    EXPECT_FALSE(read("[1,2,3]", {.max_nodes = 3}));
}

TEST(Reader, SaysWhereTheFaultIsAndNotWhatItSays) {
    const auto document = read("{\n  \"secret\": 1,\n  \"secret\": 2}");
    ASSERT_FALSE(document);
    EXPECT_EQ(document.error().message, "duplicate member name");
    EXPECT_EQ(document.error().where.substr(0, 6), "line 3");
    EXPECT_EQ(to_string(document.error()).find("secret"), std::string::npos);
}

TEST(Reader, RemembersWhereEachValueStood) {
    const std::string text = "{\"a\" : [ 10 , \"x\\\"y\" ,{\"b\": true}], \"c\":null}";
    const auto document = read(text);
    ASSERT_TRUE(document);
    const Value root = document->root();
    EXPECT_EQ(root.offset(), 0U);
    EXPECT_EQ(root["a"].offset(), text.find("[ 10"));
    EXPECT_EQ(root["a"].at(0).offset(), text.find("10"));
    EXPECT_EQ(root["a"].at(1).offset(), text.find("\"x"));
    EXPECT_EQ(root["a"].at(2).offset(), text.find("{\"b"));
    EXPECT_EQ(root["a"].at(2)["b"].offset(), text.find("true"));
    EXPECT_EQ(root["c"].offset(), text.find("null"));
}

/// A must-accept file with an escaped NUL: refused on purpose (security.md H3).
bool refused_on_purpose(std::string_view file) {
    return file.ends_with("y_string_null_escape.json");
}

TEST(JsonTestSuite, AcceptsAndRejectsAsTheManifestSays) {
    const char* given = std::getenv("TSUNAGI_CASES");
    const std::filesystem::path cases = given ? given : TSUNAGI_SOURCE_DIR "/../shared/cases";
    const std::string manifest_text = slurp(cases / "json/manifest.json");
    if (manifest_text.empty())
        GTEST_SKIP() << "no conformance cases beside the project: json skipped";
    const auto manifest = read(manifest_text);
    ASSERT_TRUE(manifest);
    std::size_t run = 0;
    for (const Value each : manifest->root()) {
        const std::string file{each["file"].text()};
        const std::string text = slurp(cases / "json" / file);
        const bool accepted = read(text).ok();
        ++run;
        const std::string_view expected = each["expected"].text();
        if (expected == "accept") {
            EXPECT_EQ(accepted, !refused_on_purpose(file)) << file;
        }
        if (expected == "reject") {
            EXPECT_FALSE(accepted) << file;
        }
    }
    std::cout << "json: " << run << " cases run\n";
    EXPECT_EQ(run, 150U);
}

}  // namespace
}  // namespace tsunagi::json

#include "json/builder.h"

#include <gtest/gtest.h>

#include "json/reader.h"
#include "json/writer.h"

namespace tsunagi::json {
namespace {

TEST(Builder, SetsReplacesAndRemovesMembersInOrder) {
    Document document;
    Builder builder(document);
    Node* root = builder.object();
    builder.set(root, "a", "1");
    Node* list = builder.set_array(root, "list");
    builder.add(list, "x");
    builder.set_number(builder.add_object(list), "n", "1.10");
    builder.set(root, "a", true);
    builder.set(root, "gone", "?");
    EXPECT_TRUE(builder.remove(root, "gone"));
    EXPECT_FALSE(builder.remove(root, "gone"));
    builder.set(root, "z", "after");
    EXPECT_EQ(write(document.root()), R"({"a":true,"list":["x",{"n":1.10}],"z":"after"})");
}

TEST(Builder, CopiesValuesOfOtherDocuments) {
    auto source = read(R"({"deep":[{"d":-0.0,"t":"あ"},null,false]})");
    ASSERT_TRUE(source);
    Document copy = clone(source->root());
    EXPECT_TRUE(equal(copy.root(), source->root()));
    Builder builder(copy);
    builder.set(builder.root(), "again", source->root()["deep"]);
    EXPECT_EQ(write(copy.root()["again"]), write(source->root()["deep"]));
    EXPECT_FALSE(equal(copy.root(), source->root()));
}

TEST(Document, AnAbsentValueAnswersEverythingWithNothing) {
    auto document = read(R"({"name":[{"text":"x"}]})");
    ASSERT_TRUE(document);
    const Value root = document->root();
    EXPECT_EQ(root["name"].at(0)["text"].text(), "x");
    EXPECT_FALSE(root["name"].at(7)["text"]["deeper"]);
    EXPECT_EQ(root["none"].size(), 0U);
    EXPECT_EQ(path_of(root, root["name"].at(0)["text"], "Patient"), "Patient.name[0].text");
}

}  // namespace
}  // namespace tsunagi::json

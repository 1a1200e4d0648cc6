// hl7.org/fhir/R4/bundle.html#references
#include "fhir/bundle.h"

#include <gtest/gtest.h>

#include "json/reader.h"

namespace tsunagi::fhir {
namespace {

using Form = ReferenceParts::Form;

TEST(Reference, IsSplitIntoItsParts) {
    const auto rest = split_reference("https://h.example/fhir/Patient/1/_history/2");
    EXPECT_EQ(rest.form, Form::Rest);
    EXPECT_EQ(rest.base, "https://h.example/fhir");
    EXPECT_EQ(rest.type, "Patient");
    EXPECT_EQ(rest.id, "1");
    EXPECT_EQ(rest.unversioned, "https://h.example/fhir/Patient/1");
    const auto relative = split_reference("Patient/a-1");
    EXPECT_EQ(relative.form, Form::Relative);
    EXPECT_EQ(relative.id, "a-1");
    EXPECT_EQ(split_reference("#p1").form, Form::Fragment);
    EXPECT_EQ(split_reference("#").id, "");
    EXPECT_EQ(split_reference("urn:uuid:c757873d-ec9a-4326-a141-556f43239520").form, Form::Urn);
    for (const char* other : {"", "/", "Patient", "Patient/", "patient/1", "a/Patient/1",
                              "https://h.example", "https://Patient/1/x y", "Patient/a b"}) {
        EXPECT_EQ(split_reference(other).form, Form::Other) << other;
    }
}

class Bundles : public testing::Test {
protected:
    BundleIndex index(std::string_view text) {
        document_ = std::move(json::read(text)).value();
        return BundleIndex(document_.root());
    }
    json::Document document_;
};

constexpr std::string_view kMixed = R"({"resourceType":"Bundle","entry":[
 {"fullUrl":"urn:uuid:00000000-0000-4000-8000-000000000001","resource":{"resourceType":"Patient","id":"p"}},
 {"fullUrl":"https://h.example/fhir/Patient/p","resource":{"resourceType":"Patient","id":"p"}},
 {"fullUrl":"https://h.example/fhir/Task/t","resource":{"resourceType":"Task","id":"t"}},
 {"resource":{"resourceType":"Encounter","id":"e"}}]})";

TEST_F(Bundles, ResolveAbsoluteReferencesByFullUrl) {
    const BundleIndex bundle = index(kMixed);
    const auto& entries = bundle.entries();
    EXPECT_EQ(bundle.resolve("urn:uuid:00000000-0000-4000-8000-000000000001"), &entries[0]);
    EXPECT_EQ(bundle.resolve("https://h.example/fhir/Patient/p/_history/3"), &entries[1]);
    EXPECT_EQ(bundle.resolve("https://other.example/fhir/Patient/p"), nullptr);
    EXPECT_EQ(bundle.resolve("urn:uuid:00000000-0000-4000-8000-000000000002"), nullptr);
}

TEST_F(Bundles, ResolveRelativeReferencesAgainstTheReferringEntry) {
    const BundleIndex bundle = index(kMixed);
    const auto& entries = bundle.entries();
    EXPECT_EQ(bundle.resolve("Patient/p", &entries[2]), &entries[1]);
    EXPECT_EQ(bundle.resolve("Encounter/e", &entries[2]), nullptr);  // not under that base
    EXPECT_EQ(bundle.resolve("Encounter/e", &entries[0]), &entries[3]);
    EXPECT_EQ(bundle.resolve("Encounter/x"), nullptr);
    EXPECT_EQ(bundle.resolve("#p"), nullptr);
}

TEST_F(Bundles, FindAFullUrlThatComesTwice) {
    EXPECT_EQ(index(kMixed).duplicate_full_url(), nullptr);
    const BundleIndex twice =
        index(R"({"entry":[{"fullUrl":"urn:a:1"},{"fullUrl":"urn:a:2"},{"fullUrl":"urn:a:1"}]})");
    EXPECT_EQ(twice.duplicate_full_url(), &twice.entries()[2]);
    const BundleIndex versions = index(
        R"({"entry":[{"fullUrl":"urn:a:1","resource":{"meta":{"versionId":"1"}}},
                     {"fullUrl":"urn:a:1","resource":{"meta":{"versionId":"2"}}}]})");
    EXPECT_EQ(versions.duplicate_full_url(), nullptr);
}

TEST_F(Bundles, OfManyEntriesAreFoundEach) {
    std::string text = R"({"entry":[)";
    for (int i = 0; i < 3000; ++i) {
        const std::string id = std::to_string(i);
        if (i > 0) text += ',';
        text.append(R"({"fullUrl":"https://h.example/Patient/)").append(id);
        text.append(R"(","resource":{"resourceType":"Patient","id":")").append(id).append("\"}}");
    }
    const BundleIndex bundle = index(text + "]}");
    for (std::size_t i = 0; i < 3000; ++i) {
        EXPECT_EQ(bundle.resolve("https://h.example/Patient/" + std::to_string(i)),
                  &bundle.entries()[i]);
        EXPECT_EQ(bundle.resolve("Patient/" + std::to_string(i)), &bundle.entries()[i]);
    }
}

TEST_F(Bundles, WithoutEntriesHoldNothing) {
    EXPECT_EQ(index("{}").resolve("Patient/1"), nullptr);
    EXPECT_TRUE(index(R"({"entry":{}})").entries().empty());
}

TEST(Reference, IsCollectedFromAnyDepth) {
    const auto document = json::read(
        R"({"subject":{"reference":"Patient/1"},"x":[{"y":{"reference":"#a"}}],"reference":{"z":1},
            "contained":[{"id":"a"}]})");
    const auto found = references_of(document->root());
    ASSERT_EQ(found.size(), 2U);
    EXPECT_EQ(found[0].text(), "Patient/1");
    EXPECT_EQ(found[1].text(), "#a");
    EXPECT_TRUE(contained(document->root(), "a"));
    EXPECT_FALSE(contained(document->root(), "b"));
}

}  // namespace
}  // namespace tsunagi::fhir

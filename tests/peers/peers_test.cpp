// Our side of the comparison with the official validator: that both ways of writing an element
// meet, and that a mutant is what its name says.
#include <gtest/gtest.h>

#include "json/reader.h"
#include "json/writer.h"
#include "peers/element_key.h"
#include "peers/mutations.h"
#include "support/definitions.h"

namespace tsunagi::peers {
namespace {

TEST(ElementKey, IsTheSameForBothWaysOfWritingAnElement) {
    EXPECT_EQ(element_key("Bundle.entry[3].resource/*Patient/p1*/.name[0].family"),
              element_key("Bundle.entry[3].resource.name[0].family"));
    EXPECT_EQ(element_key("Observation.value.ofType(Quantity).unit"),
              element_key("Observation.value.unit"));
    EXPECT_EQ(element_key("Consent.extension[1].extension[0][url='item']"),
              element_key("Consent.extension[1].extension[0]"));
    EXPECT_EQ(element_key("Patient.identifier:insurance.system"),
              element_key("Patient.identifier.system"));
}

TEST(ElementKey, TakesAReferenceForItsText) {
    EXPECT_EQ(element_key("Task.owner.reference"), "Task.owner");
    EXPECT_NE(element_key("Task.owner.reference.extension"), "Task.owner");
}

TEST(ElementKey, KeepsDifferentElementsApart) {
    EXPECT_NE(element_key("Patient.name[1]"), element_key("Patient.name[2]"));
    EXPECT_NE(element_key("Patient.name[1]"), element_key("Patient.name"));
    EXPECT_NE(element_key("Patient.name"), element_key("Patient.gender"));
}

TEST(ElementKey, NamesTheMissingElement) {
    EXPECT_EQ(
        element_key("Observation", "x",
                    "Observation.code: minimum required = 1, but only found 0 (from x|4.0.1)"),
        "Observation.code");
    EXPECT_EQ(element_key("Observation", "x",
                          "Observation.value[x]:q: minimum required = 1, but only found 0"),
              "Observation.value");
    EXPECT_EQ(element_key("Condition", "x",
                          "Slice 'Condition.identifier:r': a matching slice is required"),
              "Condition.identifier");
    EXPECT_EQ(element_key("Practitioner.name[0]", "x",
                          "HumanName.extension:n: max allowed = 1, but found 2"),
              "Practitioner.name.extension");
}

TEST(ElementKey, TakesACodeForItsConcept) {
    EXPECT_EQ(element_key("Observation.code.coding[1].code", "unknown-code sender"),
              element_key("Observation.code", "Terminology_PassThrough_TX_Message"));
    EXPECT_EQ(element_key("Task.meta.tag[0].code", "unknown-code sender"),
              element_key("Task.meta.tag[0]", "Terminology_PassThrough_TX_Message"));
    EXPECT_EQ(element_key("Composition.section[9].code", "code-not-in-value-set sender"),
              "Composition.section[9].code");
    EXPECT_EQ(element_key("Patient.gender", "code-not-in-value-set sender"), "Patient.gender");
    EXPECT_EQ(element_key("Task.input[2].type.coding[0].code", "wrong-shape"),
              "Task.input[2].type.coding.code");
}

TEST(ElementKey, SurvivesBrokenText) {
    for (const char* text : {"", "[", "/*", ".ofType(", "a[b", "(a as", "::", "a/*b"})
        EXPECT_LE(element_key(text).size(), 8U) << text;
}

constexpr std::string_view kPatient = R"({"resourceType": "Observation", "status": "final",
    "identifier": [{"system": "urn:a", "value": "1"}], "code": {"coding": [{"code": "x"}]},
    "subject": {"reference": "Patient/1"}, "effectiveDateTime": "2026-11-20"})";

TEST(Mutations, EveryKindChangesTheResourceAndASeedRepeatsIt) {
    const auto resource = json::read(kPatient);
    ASSERT_TRUE(resource);
    for (const Mutation mutation : kMutations) {
        SeededRandom first{7}, second{7};
        const auto mutant = mutate(resource->root(), mutation, support::definitions(), first);
        const auto again = mutate(resource->root(), mutation, support::definitions(), second);
        ASSERT_TRUE(mutant && again) << name(mutation);
        EXPECT_FALSE(json::equal(mutant->resource.root(), resource->root())) << mutant->what;
        EXPECT_EQ(json::write(mutant->resource.root()), json::write(again->resource.root()));
    }
}

TEST(Mutations, AResourceWithoutSuchAPlaceHasNone) {
    const auto resource = json::read(R"({"resourceType": "Patient", "active": true})");
    ASSERT_TRUE(resource);
    SeededRandom random{7};
    EXPECT_FALSE(mutate(resource->root(), Mutation::Date, support::definitions(), random));
    EXPECT_FALSE(mutate(resource->root(), Mutation::Required, support::definitions(), random));
}

}  // namespace
}  // namespace tsunagi::peers

#include "validate/snapshot.h"

#include <gtest/gtest.h>

#include "support/definitions.h"

namespace tsunagi::validate {
namespace {

TEST(Snapshot, GivesTheBaseForAnEmptyDifferential) {
    const auto r4 = support::r4();
    Snapshots snapshots(r4);
    const auto input = json::read(
        R"({"resourceType":"StructureDefinition","url":"u:p","type":"Patient","kind":"resource",
      "derivation":"constraint","baseDefinition":"http://hl7.org/fhir/StructureDefinition/Patient"})");
    const auto made = snapshots.generate(input->root());
    ASSERT_TRUE(made) << to_string(made.error());
    EXPECT_EQ(made->root()["snapshot"]["element"].size(), r4.type("Patient")->all_elements.size());
}

}  // namespace
}  // namespace tsunagi::validate

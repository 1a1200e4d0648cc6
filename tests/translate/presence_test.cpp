#include "translate/presence.h"

#include <gtest/gtest.h>

#include <string>

#include "base/random.h"
#include "json/reader.h"
#include "json/writer.h"
#include "support/definitions.h"
#include "translate/map_library.h"
#include "translate/translator.h"

namespace tsunagi::translate {
namespace {

/// Presence conditions, each with a word on what it asks.
constexpr std::string_view kConditions[] = {
    "name.exists()",
    "name.empty()",
    "$this.name.family.exists()",
    "%p.name.given.exists()",
    "%p.exists() and name.family.empty()",
    "birthDate.exists() or telecom.value.exists()",
    "contact.name.given.empty() and maritalStatus.coding.code.empty() and active.exists()",
};

/// Values, companions without values, nulls in lists, and what a hostile sender writes instead.
constexpr std::string_view kSources[] = {
    R"({"resourceType":"Patient"})",
    R"({"resourceType":"Patient","name":[]})",
    R"({"resourceType":"Patient","name":[{}]})",
    R"({"resourceType":"Patient","name":[{"family":"T"},{"given":["Y"]}],"active":false})",
    R"({"resourceType":"Patient","name":[{"given":[null],"_given":[{"extension":[]}]}]})",
    R"({"resourceType":"Patient","name":[{"given":[null],"_given":[null]}]})",
    R"({"resourceType":"Patient","_birthDate":{"id":"b"}})",
    R"({"resourceType":"Patient","birthDate":null})",
    R"({"resourceType":"Patient","name":"T","telecom":{"value":"1"},"birthDate":["1"]})",
    R"({"resourceType":"Patient","_name":[{"family":"T"}],"name":[null]})",
    R"({"resourceType":"Patient","_name":{"family":"T"}})",
    R"({"resourceType":"Patient","contact":[{"name":{"given":"Y"}}],"active":true})",
    R"({"resourceType":"Patient","contact":[{"_name":{"given":["Y"]}}],"_active":{"id":"a"}})",
};

std::string ran(const std::string& condition, std::string_view source) {
    const MapText text{"m.map", R"(map "http://example.org/m" = "m"
uses "http://hl7.org/fhir/StructureDefinition/Patient" alias Patient as source
uses "http://hl7.org/fhir/StructureDefinition/Observation" alias Observation as target
group g(source p : Patient, target o : Observation) { p where )" +
                                    condition + " -> o.status = 'met'; }"};
    const auto library = MapLibrary::load(std::span{&text, 1}, support::definitions());
    if (!library) return to_string(library.error());
    const auto document = json::read(source);
    SeededRandom random(7);
    const auto made = transform(*library, "http://example.org/m", document->root(),
                                {Instant{}, std::chrono::minutes{0}, random});
    return made ? json::write(made->output.root()) : to_string(made.error());
}

TEST(Presence, SaysOfEverySourceWhatFhirpathSays) {
    std::size_t met = 0, compared = 0;
    for (const std::string_view condition : kConditions) {
        for (const std::string_view source : kSources) {
            // In brackets it is left to FHIRPath.
            const std::string told = ran(std::string{condition}, source);
            EXPECT_EQ(told, ran("(" + std::string{condition} + ")", source))
                << condition << " of " << source;
            met += told.find("met") != std::string::npos ? 1 : 0;
            ++compared;
        }
    }
    EXPECT_EQ(compared, std::size(kConditions) * std::size(kSources));
    EXPECT_GT(met, 20U);
    EXPECT_LT(met, compared - 20U);
}

TEST(Presence, IsTheConditionsThatOnlyAskWhatIsThere) {
    const fhir::TypeDef* patient = support::definitions().type("Patient");
    const FindVariable variable = [&](std::string_view name) {
        return name == "p" ? std::optional{std::pair{3U, patient}} : std::nullopt;
    };
    for (const std::string_view condition : kConditions)
        EXPECT_FALSE(presence_of(condition, patient, variable).terms.empty()) << condition;
    for (const std::string_view other :
         {"", "name", "exists()", "(name.exists())", "name.exists().not()",
          "name.where(true).exists()", "deceased.exists()", "deceasedBoolean.exists()",
          "nonsense.exists()", "%q.exists()", "Patient.name.exists()", "birthDate.value.exists()",
          "contained.id.exists()", "name.exists() and active",
          "name.exists() or active.exists() and gender.exists()"}) {
        EXPECT_TRUE(presence_of(other, patient, variable).terms.empty()) << other;
    }
    EXPECT_TRUE(presence_of("name.exists()", nullptr, variable).terms.empty());
}

}  // namespace
}  // namespace tsunagi::translate

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "validate/definition_texts.h"

/// What profiles ask of references and of what they lead to.
namespace tsunagi::validate {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using testing_world::check_with;
using testing_world::faults;
using testing_world::observation;
using testing_world::profile_of;
using testing_world::World;

constexpr const char* kPractitioner =
    R"({"resourceType": "StructureDefinition", "url": "https://x.example/Pr", "name": "Pr", "status": "draft", "kind": "resource", "abstract": false, "type": "Practitioner", "baseDefinition": "http://hl7.org/fhir/StructureDefinition/Practitioner", "derivation": "constraint", "differential": {"element": [{"id": "Practitioner.active", "path": "Practitioner.active", "min": 1}]}})";

std::string performer(std::string_view type) {
    return R"({"id": "Observation.performer", "path": "Observation.performer", "type": [{"code": "Reference", )" +
           std::string{type} + "}]}";
}

std::string bundle_of(const std::string& first, const std::string& second) {
    return R"({"resourceType": "Bundle", "type": "collection", "entry": [
        {"fullUrl": "urn:uuid:11111111-2222-4333-8444-555555555555", "resource": )" +
           first +
           R"(}, {"fullUrl": "urn:uuid:21111111-2222-4333-8444-555555555555", "resource": )" +
           second + "}]}";
}

/// By the profiles that the instance names itself.
std::vector<std::string> faults_in(const std::vector<std::string>& definitions,
                                   const std::string& instance) {
    std::vector<json::Document> documents;
    for (const std::string& each : definitions) documents.push_back(testing_world::parse(each));
    const auto world = World::with(documents);
    const json::Document document = testing_world::parse(instance);
    return faults(world->validator.validate(document.root(), {.hints = false}));
}

/// Who asks for a profile of the target asks for one without errors, wherever it stands.
TEST(References, ToAFaultyResourceAreReportedWhereAProfileIsAskedFor) {
    const std::vector<std::string> profiled{
        kPractitioner,
        profile_of("Observation", performer(R"("targetProfile": ["https://x.example/Pr"])"))};
    const std::vector<std::string> plain{
        kPractitioner,
        profile_of("Observation", R"({"id": "Observation", "path": "Observation"})")};
    const auto contained = [](std::string_view members) {
        return observation(R"("contained": [{"resourceType": "Practitioner", "id": "p", )" +
                           std::string{members} + R"(}], "performer": [{"reference": "#p"}])");
    };
    const auto bundled = [](std::string_view members) {
        return bundle_of(
            observation(
                R"("meta": {"profile": ["https://x.example/P"]}, "performer": [{"reference": "urn:uuid:21111111-2222-4333-8444-555555555555"}])"),
            R"({"resourceType": "Practitioner", )" + std::string{members} + "}");
    };
    EXPECT_THAT(check_with(profiled, contained(R"("active": true)")), IsEmpty());
    EXPECT_THAT(check_with(profiled, contained(R"("gender": "female")")),
                ElementsAre("target-not-conformant Observation.performer[0].reference"));
    EXPECT_THAT(check_with(profiled, contained(R"("active": true, "gender": "x")")),
                ElementsAre("code-not-in-value-set Observation.contained[0].gender",
                            "target-not-conformant Observation.performer[0].reference"));
    EXPECT_THAT(check_with(plain, contained(R"("active": true, "gender": "x")")),
                ElementsAre("code-not-in-value-set Observation.contained[0].gender"));
    const auto judge = [&](const std::string& text) { return faults_in(profiled, text); };
    EXPECT_THAT(judge(bundled(R"("active": true)")), IsEmpty());
    // The reference stands before the fault that makes it wrong.
    EXPECT_THAT(judge(bundled(R"("active": true, "gender": "x")")),
                ElementsAre("target-not-conformant Bundle.entry[0].resource.performer[0].reference",
                            "code-not-in-value-set Bundle.entry[1].resource.gender"));
}

struct Way {
    const char* type;  ///< of the reference
    const char* contained;
    const char* outside;
    const char* bundled;
};

TEST(References, AreMadeInAWayThatTheProfileAllows) {
    const auto text = [](std::string_view reference) {
        return R"("performer": [{"reference": ")" + std::string{reference} + "\"}]";
    };
    const Way ways[] = {
        {R"("aggregation": ["contained"])", "", "x", "x"},
        {R"("aggregation": ["referenced"])", "x", "", ""},
        {R"("aggregation": ["bundled"])", "x", "x", ""},
        {R"("aggregation": ["contained", "bundled"])", "", "x", ""},
        {R"("aggregation": ["contained", "referenced", "bundled"])", "", "", ""},
    };
    for (const Way& each : ways) {
        SCOPED_TRACE(each.type);
        const std::vector<std::string> definitions{profile_of("Observation", performer(each.type))};
        const auto expect = [](const std::vector<std::string>& found, const char* verdict,
                               const char* resource) {
            std::vector<std::string> wanted;
            if (*verdict != '\0')
                wanted.push_back("reference-way " + std::string{resource} +
                                 ".performer[0].reference");
            EXPECT_EQ(found, wanted);
        };
        expect(check_with(
                   definitions,
                   observation(R"("contained": [{"resourceType": "Practitioner", "id": "p"}], )" +
                               text("#p"))),
               each.contained, "Observation");
        expect(check_with(definitions, observation(text("Practitioner/1"))), each.outside,
               "Observation");
        expect(
            faults_in(definitions,
                      bundle_of(observation(R"("meta": {"profile": ["https://x.example/P"]}, )" +
                                            text("urn:uuid:21111111-2222-4333-8444-555555555555")),
                                R"({"resourceType": "Practitioner", "active": true})")),
            each.bundled, "Bundle.entry[0].resource");
        EXPECT_THAT(check_with(definitions,
                               observation(R"("performer": [{"identifier": {"value": "1"}}])")),
                    IsEmpty());
    }
}

TEST(References, NameAVersionWhereTheProfileAsksForOne) {
    const auto check = [](const char* versioning, const char* reference) {
        return check_with(
            {profile_of("Observation",
                        performer(R"("versioning": ")" + std::string{versioning} + "\""))},
            observation(R"("performer": [{"reference": ")" + std::string{reference} + "\"}]"));
    };
    EXPECT_THAT(check("specific", "Practitioner/1/_history/2"), IsEmpty());
    EXPECT_THAT(check("specific", "Practitioner/1"),
                ElementsAre("reference-version Observation.performer[0].reference"));
    EXPECT_THAT(check("independent", "Practitioner/1"), IsEmpty());
    EXPECT_THAT(check("independent", "Practitioner/1/_history/2"),
                ElementsAre("reference-version Observation.performer[0].reference"));
    EXPECT_THAT(check("either", "Practitioner/1/_history/2"), IsEmpty());
}

}  // namespace
}  // namespace tsunagi::validate

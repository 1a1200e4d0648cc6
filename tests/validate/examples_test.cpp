#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <map>
#include <set>
#include <string>
#include <string_view>

#include "support/result_matchers.h"
#include "validate/world.h"

namespace tsunagi::validate {
namespace {

/// A fault that an official example really has. `file` is the start of its name.
struct KnownFault {
    std::string_view file;
    std::string_view code;
    std::string_view reason;
};

constexpr std::string_view kShortFormat =
    "says xml or json where the required value set takes media types (RFC 6838)";
constexpr std::string_view kNoBase =
    "a search parameter of an extension without base, which is 1..*";

constexpr std::string_view kEmptyNarrative = "txt-2: the narrative is an empty div";

constexpr std::string_view kNotByItsRules =
    "a property's URI comes twice, a code system is named as #fragment";

constexpr std::string_view kNoSuchUnit =
    "TAB, drop, mcg, mEq and the like are no units of UCUM, Tab and Vial no codes of "
    "v3-orderableDrugForm";

constexpr KnownFault kKnown[] = {
    {"Bundle-10bb101f", "full-url-disagrees", "fullUrl Patient/pat12 around the Patient pat2"},
    {"Bundle-3a0707d3", "full-url-disagrees", "fullUrl Patient/pat12 around the Patient pat2"},
    {"Bundle-lri-example", "full-url-disagrees", "fullUrl ends in lri-x, the id is x"},
    {"Bundle-dataelements", "duplicate-full-url", "de-Quantity.value and others come twice"},
    {"Bundle-resources", "code-not-in-value-set", kShortFormat},
    {"CapabilityStatement-", "code-not-in-value-set", kShortFormat},
    {"TestScript-", "code-not-in-value-set", kShortFormat},
    {"DeviceMetric-example", "wrong-reference-target", "parent is a DeviceDefinition"},
    {"DeviceUseStatement-example", "wrong-reference-target", "the reason is a Procedure"},
    {"MedicationRequest-medrx0301", "wrong-reference-target", "the performer is a Practitioner"},
    {"Observation-clinical-gender", "wrong-reference-target", "the performer is an Encounter"},
    {"ImplementationGuide-fhir", "missing-element", "neither name nor status"},
    {"ig-r4", "missing-element", "neither name nor status"},
    {"Questionnaire-qs1", "missing-element", "items without linkId"},
    {"SearchParameter-codesystem-extensions", "missing-element", kNoBase},
    {"SearchParameter-valueset-extensions", "missing-element", kNoBase},
    {"SearchParameter-questionnaireresponse-extensions", "too-long", "an id of 69 characters"},
    {"ActivityDefinition-blood-tubes-supply", "unsafe-narrative", kEmptyNarrative},
    {"ActivityDefinition-heart-valve-replacement", "unsafe-narrative", kEmptyNarrative},
    {"EventDefinition-example", "unsafe-narrative", kEmptyNarrative},
    {"Questionnaire-zika-virus", "unsafe-narrative", kEmptyNarrative},
    {"Bundle-valueset-expansions", "bad-format", "a urn:oid with a |version is no OID"},
    {"Bundle-valuesets", "definition-fault", kNotByItsRules},
    {"CodeSystem-snomedct", "definition-fault", kNotByItsRules},
    {"ValueSet-example-hierarchical", "definition-fault", kNotByItsRules},
    {"Bundle-father", "unknown-code", kNoSuchUnit},
    {"Claim-76015", "unknown-code", kNoSuchUnit},
    {"Medication", "unknown-code", kNoSuchUnit},
    {"VisionPrescription-33124", "unknown-code", kNoSuchUnit},
    {"Observation-f202", "missing-element", "a body temperature without effective[x]"},
    {"StructureDefinition-", "rule-violated", "sdf-4: a pattern without base that is not abstract"},
};

const KnownFault* known(std::string_view file, std::string_view code) {
    const auto* at = std::ranges::find_if(kKnown, [&](const KnownFault& each) {
        return file.starts_with(each.file) && code == each.code;
    });
    return at == std::end(kKnown) ? nullptr : at;
}

TEST(OfficialExamples, HaveNoFaultBeyondTheListedOnes) {
    int seen = 0;
    int unlisted = 0;
    std::array<int, 4> found{};
    std::set<const KnownFault*> met;
    const Status read = packages::for_each_resource(
        std::filesystem::path{TSUNAGI_DEFINITIONS_DIR} / "hl7.fhir.r4.examples-4.0.1.tgz",
        [&](std::string_view path, json::Document resource) -> Status {
            ++seen;
            const std::string_view file = path.substr(path.rfind('/') + 1);
            for (const auto& each :
                 testing_world::World::get().validator.validate(resource.root())) {
                ++found[static_cast<std::size_t>(each.severity)];
                if (each.severity > fhir::IssueSeverity::Error) continue;
                if (const KnownFault* fault = known(file, each.code)) {
                    met.insert(fault);
                } else if (++unlisted <= 20) {
                    ADD_FAILURE() << file << ": " << each.code << " " << each.rule << " "
                                  << each.expression;
                }
            }
            return {};
        });
    ASSERT_OK(read);
    std::printf("%d resources: %d errors, all listed but %d; %d warnings, %d hints\n", seen,
                found[0] + found[1], unlisted, found[2], found[3]);
    EXPECT_EQ(unlisted, 0);
    EXPECT_GT(seen, 5000);
    for (const KnownFault& each : kKnown)
        EXPECT_TRUE(met.contains(&each)) << each.file << " has no longer: " << each.reason;
}

}  // namespace
}  // namespace tsunagi::validate

// The allow-lists: what they may say, and that the shipped ones say it of elements that R4 knows.
#include "privacy/disclosure.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "privacy/case.h"
#include "support/result_matchers.h"

namespace tsunagi::privacy {
namespace {

using test::definitions;
using test::read_json;
using testing::HasSubstr;

Result<DisclosureRules> load(std::string_view resources, std::string_view stage = "offer") {
    const json::Document file =
        read_json(R"({"stage":")" + std::string{stage} + R"(","dataClasses":["bed-request"],)" +
                  R"("resources":[)" + std::string{resources} + "]}");
    return DisclosureRules::load(file.root(), definitions());
}

std::string fault(std::string_view resources, std::string_view stage = "offer") {
    auto rules = load(resources, stage);
    return rules ? "loaded" : rules.error().message + " | " + rules.error().where;
}

TEST(Disclosure, ShippedListsLoad) {
    const json::Document offer = test::read_file("profiles/disclosure/offer.json");
    const json::Document release = test::read_file("profiles/disclosure/release.json");
    EXPECT_OK(DisclosureRules::load(offer.root(), definitions()));
    EXPECT_OK(DisclosureRules::load(release.root(), definitions()));
}

TEST(Disclosure, SaysWhatLeaves) {
    auto rules = load(R"({"type":"Patient","leaves":"always","elements":["gender",
        {"path":"name","only":{"use":"anonymous"}},{"path":"name.text","as":"initials"}]})");
    ASSERT_OK(rules);
    EXPECT_TRUE(rules->leaves("Patient"));
    EXPECT_FALSE(rules->leaves("Coverage"));
    ASSERT_TRUE(rules->find("Patient.gender"));
    EXPECT_EQ(*rules->find("Patient.gender"), Treatment::Keep);
    EXPECT_EQ(*rules->find("Patient.name.text"), Treatment::Initials);
    EXPECT_FALSE(rules->find("Patient.name"));
    EXPECT_FALSE(rules->find("Patient.birthDate"));
    EXPECT_TRUE(rules->class_leaves("bed-request"));
    EXPECT_FALSE(rules->class_leaves("patient-sheet"));
}

TEST(Disclosure, TheOfferListsNoDirectIdentifier) {
    const DisclosureRules& rules = test::offer_rules();
    for (const std::string_view path :
         {"Patient.birthDate", "Patient.telecom", "Patient.contact", "Patient.photo",
          "Patient.name.family", "Patient.name.given", "Patient.address.text",
          "Patient.address.line", "Patient.address.postalCode", "Patient.generalPractitioner",
          "RelatedPerson.name", "RelatedPerson.telecom", "Communication.payload",
          "ServiceRequest.note.authorString"}) {
        EXPECT_FALSE(rules.find(path)) << path;
    }
    for (const std::string_view type : {"CarePlan", "CareTeam", "Consent", "Coverage",
                                        "DocumentReference", "Provenance", "MedicationStatement"}) {
        EXPECT_FALSE(rules.leaves(type)) << type;
    }
    EXPECT_EQ(*rules.find("Patient.identifier"), Treatment::OwnId);
    EXPECT_FALSE(rules.class_leaves("patient-sheet"));
    EXPECT_FALSE(rules.class_leaves("identity"));
}

TEST(Disclosure, TheListOfStatusesHasNoWordAboutThePerson) {
    const DisclosureRules rules = test::shipped_rules("status");
    for (const std::string_view path :
         {"ServiceRequest.status", "Encounter.status", "Encounter.period", "Task.statusReason"})
        EXPECT_TRUE(rules.find(path)) << path;
    for (const std::string_view path :
         {"ServiceRequest.reasonCode", "ServiceRequest.reasonReference", "ServiceRequest.note.text",
          "ServiceRequest.orderDetail", "ServiceRequest.supportingInfo",
          "ServiceRequest.occurrencePeriod", "Encounter.reasonCode",
          "Encounter.diagnosis.condition", "Task.note", "Task.description", "Task.input",
          "Patient.name.text", "Patient.gender", "Patient.address.city"}) {
        EXPECT_FALSE(rules.find(path)) << path;
    }
    for (const std::string_view type :
         {"Condition", "Composition", "Observation", "MedicationRequest", "RelatedPerson"}) {
        EXPECT_FALSE(rules.leaves(type)) << type;
    }
    EXPECT_FALSE(rules.class_leaves("referral-letter"));
}

TEST(Disclosure, RefusesAPathThatR4DoesNotKnow) {
    EXPECT_THAT(fault(R"({"type":"Patient","leaves":"always","elements":["nmae.text"]})"),
                HasSubstr("offer: Patient.nmae.text"));
    EXPECT_THAT(fault(R"({"type":"Pateint","leaves":"always","elements":["gender"]})"),
                HasSubstr("Pateint"));
    EXPECT_THAT(fault(R"({"type":"Observation","leaves":"always","elements":["value"]})"),
                HasSubstr("Observation.value"));
}

TEST(Disclosure, RefusesWhatNoListCanName) {
    for (const std::string_view path :
         {"id", "meta", "meta.security", "implicitRules", "text", "contained", "extension",
          "modifierExtension", "name.extension", "text.div"}) {
        EXPECT_THAT(fault(R"({"type":"Patient","leaves":"always","elements":[")" +
                          std::string{path} + R"("]})"),
                    HasSubstr("no such element"))
            << path;
    }
}

TEST(Disclosure, RefusesTypesThatHoldNamesAsAWholeInAnOffer) {
    for (const std::string_view path : {"name", "telecom", "address", "contact", "photo"}) {
        const std::string resource =
            R"({"type":"Patient","leaves":"always","elements":[")" + std::string{path} + R"("]})";
        EXPECT_THAT(fault(resource), HasSubstr("lists this type in parts")) << path;
    }
    EXPECT_OK(
        load(R"({"type":"Patient","leaves":"always","elements":["name","address"]})", "release"));
}

TEST(Disclosure, RefusesForeignIdentifiersInAnOffer) {
    EXPECT_THAT(fault(R"({"type":"Patient","leaves":"always","elements":["identifier"]})"),
                HasSubstr("leaves as own-id"));
    EXPECT_THAT(fault(R"({"type":"Patient","leaves":"always","elements":["identifier.value"]})"),
                HasSubstr("loaded"))
        << "parts of an identifier are a list's own decision, and reviewed as such";
    EXPECT_THAT(fault(R"({"type":"Patient","leaves":"always",
                          "elements":[{"path":"identifier","as":"own-id-and-others",
                                       "system":"urn:x"}]})"),
                HasSubstr("no identifier but our own"));
    EXPECT_THAT(fault(R"({"type":"Patient","leaves":"always",
                          "elements":[{"path":"gender","as":"own-id","system":"urn:x"}]})"),
                HasSubstr("Patient.gender"));
}

TEST(Disclosure, RefusesAListThatLeavesOutARequiredElement) {
    EXPECT_THAT(fault(R"({"type":"Observation","leaves":"always","elements":["status"]})"),
                HasSubstr("required and not listed | offer: Observation.code"));
    EXPECT_THAT(fault(R"({"type":"MedicationRequest","leaves":"always",
                          "elements":["status","intent","subject"]})"),
                HasSubstr("required and not listed"));
}

TEST(Disclosure, RefusesUnclearRows) {
    EXPECT_THAT(fault(R"({"type":"Patient","leaves":"always","elements":["gender","gender"]})"),
                HasSubstr("listed twice"));
    EXPECT_THAT(
        fault(R"({"type":"Patient","leaves":"always","elements":["name","name.text"]})", "release"),
        HasSubstr("as a whole and in parts"));
    EXPECT_THAT(fault(R"({"type":"Patient","leaves":"sometimes","elements":["gender"]})"),
                HasSubstr("leaves is"));
    EXPECT_THAT(fault(R"({"type":"Patient","leaves":"always",
                          "elements":[{"path":"gender","as":"perhaps"}]})"),
                HasSubstr("unknown treatment"));
    EXPECT_THAT(fault(R"({"type":"Patient","leaves":"always",
                          "elements":[{"path":"name","only":{"use":"anonymous"}}]})"),
                HasSubstr("without an element"));
    EXPECT_THAT(fault(""), HasSubstr("nothing leaves"));
}

TEST(Disclosure, RefusesAClaimThatAnOfferMustNotMakeOrThatCannotHold) {
    const auto claiming = [](std::string_view claim) {
        return fault(R"({"type":"Patient","leaves":"always","shared":true,"elements":["gender"],)"
                     R"("claims":[)" +
                     std::string{claim} + "]}");
    };
    EXPECT_EQ(claiming(R"({"profile":"https://tsunagi.example/fhir/StructureDefinition/x"})"),
              "loaded");
    EXPECT_THAT(
        claiming(R"({"profile":"http://jpfhir.jp/fhir/eCS/StructureDefinition/JP_Patient_eCS"})"),
        HasSubstr("JP_Patient_eCS"));
    EXPECT_THAT(claiming(R"({"profile":"http://jpfhir.jp/fhir/clins/StructureDefinition/X"})"),
                HasSubstr("clins"));
    EXPECT_THAT(claiming(R"({"profile":"Patient"})"), HasSubstr("claims"));
    EXPECT_THAT(claiming(R"({"profile":"https://a","needs":["birthDate"]})"),
                HasSubstr("Patient.birthDate"));
    EXPECT_THAT(claiming(R"({"profile":"https://a","onlyWith":[{"path":"gender"}]})"),
                HasSubstr("Patient.gender"));
}

TEST(Disclosure, RefusesReferencesAndNarrativeKeptAsTheyAre) {
    EXPECT_THAT(fault(R"({"type":"Patient","leaves":"always",
                          "elements":[{"path":"generalPractitioner","as":"reference-and-name"}]})"),
                HasSubstr("no names in references"));
    EXPECT_THAT(fault(R"({"type":"Composition","leaves":"always","elements":["status","type","date",
                          "author","title","section.text"]})"),
                HasSubstr("plain-narrative"));
}

}  // namespace
}  // namespace tsunagi::privacy

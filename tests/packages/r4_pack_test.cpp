// The pack of the official R4 definitions, as it ships.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdio>
#include <vector>

#include "fhir/definitions.h"
#include "fhirpath/expression.h"
#include "packages/mapped_file.h"
#include "packages/package_reader.h"

namespace tsunagi::packages {
namespace {

using fhir::Definitions;
using fhir::Membership;
using fhir::TypeDef;

class R4Pack : public testing::Test {
protected:
    R4Pack()
        : file_(std::move(MappedFile::open(TSUNAGI_BINARY_DIR "/share/r4.pack")).value()),
          r4_(std::move(Definitions::open(file_.bytes())).value()) {}
    MappedFile file_;
    Definitions r4_;
};

TEST_F(R4Pack, HoldsEveryTypeAndResource) {
    std::size_t resources = 0;
    std::size_t primitives = 0;
    for (const TypeDef* type : r4_.types()) {
        if (type->is_profile) continue;
        if (type->kind == fhir::TypeKind::Resource && !type->is_abstract) ++resources;
        if (type->kind == fhir::TypeKind::Primitive) {
            ++primitives;
            EXPECT_NE(type->primitive, fhir::Primitive::None) << type->name;
        }
    }
    EXPECT_EQ(resources, 146U);  // resourcelist.html
    EXPECT_EQ(primitives, 20U);  // datatypes.html, and xhtml
    EXPECT_GT(r4_.types().size(), 640U);
}

TEST_F(R4Pack, KnowsThePatient) {
    const TypeDef* patient = r4_.type("Patient");
    ASSERT_TRUE(patient);
    EXPECT_EQ(patient->base, r4_.type("DomainResource"));
    EXPECT_TRUE(Definitions::is_subtype(patient, r4_.type("Resource")));
    EXPECT_EQ(patient->find("deceasedDateTime")->element->name, "deceased");
    const TypeDef* contact = patient->find("contact")->type->type;
    EXPECT_EQ(contact->name, "Patient.contact");
    EXPECT_EQ(contact->find("name")->type->type, r4_.type("HumanName"));
    const auto& gender = *patient->element("gender")->binding;
    EXPECT_EQ(gender.strength, fhir::BindingStrength::Required);
    ASSERT_TRUE(gender.set);
    EXPECT_EQ(gender.set->contains("", "female"), Membership::Yes);
    EXPECT_EQ(gender.set->contains("", "Female"), Membership::No);
    EXPECT_EQ(patient->element("link")->constraints.front()->key, "ele-1");
    const auto targets = patient->element("managingOrganization")->types.front().targets;
    ASSERT_EQ(targets.size(), 1U);
    EXPECT_EQ(targets[0], "http://hl7.org/fhir/StructureDefinition/Organization");
}

TEST_F(R4Pack, SaysHowResourcesAreFound) {
    const fhir::SearchParameter* name = r4_.search_parameter("Patient", "name");
    ASSERT_TRUE(name);
    EXPECT_EQ(name->kind, fhir::SearchKind::String);
    EXPECT_EQ(name->expression, "Patient.name");
    const fhir::SearchParameter* encounter = r4_.search_parameter("ServiceRequest", "encounter");
    ASSERT_TRUE(encounter);
    EXPECT_EQ(encounter->kind, fhir::SearchKind::Reference);
    EXPECT_EQ(std::vector(encounter->targets.begin(), encounter->targets.end()),
              (std::vector<std::string_view>{"Encounter", "EpisodeOfCare"}));
    const fhir::SearchParameter* id = r4_.search_parameter("Task", "_id");
    ASSERT_TRUE(id);
    EXPECT_EQ(id->url, "http://hl7.org/fhir/SearchParameter/Resource-id")
        << "not the example that defines _id again";
    EXPECT_EQ(id, r4_.search_parameter("Resource", "_id"));
    const fhir::SearchParameter* pair = r4_.search_parameter("Observation", "code-value-quantity");
    ASSERT_TRUE(pair);
    EXPECT_EQ(pair->kind, fhir::SearchKind::Composite);
    ASSERT_EQ(pair->components.size(), 2U);
    for (const fhir::SearchComponent& each : pair->components)
        EXPECT_TRUE(r4_.search_parameter_by_url(each.definition)) << each.definition;
    EXPECT_FALSE(r4_.search_parameter("Patient", "nothing"));
    EXPECT_FALSE(r4_.search_parameter("Nothing", "name"));
    EXPECT_FALSE(r4_.search_parameter("Resource", "name")) << "a base does not have what types add";
}

TEST_F(R4Pack, HoldsSearchExpressionsThatParse) {
    std::size_t expressions = 0;
    for (const fhir::SearchParameter* each : r4_.search_parameters()) {
        EXPECT_FALSE(each->code.empty()) << each->url;
        EXPECT_FALSE(each->bases.empty()) << each->url;
        for (const std::string_view base : each->bases)
            EXPECT_TRUE(r4_.type(base)) << each->url << " " << base;
        for (const std::string_view target : each->targets)
            EXPECT_TRUE(r4_.type(target)) << each->url << " " << target;
        if (each->expression.empty()) continue;
        const auto parsed = fhirpath::Expression::parse(each->expression);
        EXPECT_TRUE(parsed) << each->url << ": " << each->expression;
        ++expressions;
    }
    EXPECT_EQ(r4_.search_parameters().size(), 1390U);  // ten drafts for no type are left out
    EXPECT_EQ(expressions, 1384U);
}

TEST_F(R4Pack, KeepsWhatProfilesNeed) {
    const fhir::ElementDef& language =
        *r4_.type("Patient")->find("communication")->type->type->element("language");
    ASSERT_TRUE(language.binding);
    EXPECT_EQ(language.binding->max_value_set, "http://hl7.org/fhir/ValueSet/all-languages");
    EXPECT_TRUE(language.binding->max_set);
    EXPECT_EQ(language.parent->path, "Patient.communication");
    EXPECT_EQ(language.id, "Patient.communication.language");
    EXPECT_FALSE(language.definition.empty());
    EXPECT_EQ(r4_.type("Patient")->element("gender")->binding->canonical,
              "http://hl7.org/fhir/ValueSet/administrative-gender|4.0.1");

    const auto constraints = r4_.type("Patient")->root->constraints;
    const auto narrative = std::ranges::find(constraints, "dom-6", &fhir::Constraint::key);
    ASSERT_NE(narrative, constraints.end());
    EXPECT_TRUE((*narrative)->is_best_practice);
    EXPECT_FALSE((*narrative)->is_error);
    EXPECT_EQ((*narrative)->source, "http://hl7.org/fhir/StructureDefinition/DomainResource");

    const TypeDef* place = r4_.type("http://hl7.org/fhir/StructureDefinition/patient-birthPlace");
    ASSERT_TRUE(place);
    ASSERT_EQ(place->contexts.size(), 1U);
    EXPECT_EQ(place->contexts[0].type, "element");
    EXPECT_EQ(place->contexts[0].expression, "Patient");
    EXPECT_EQ(place->base_url, "http://hl7.org/fhir/StructureDefinition/Extension");
    EXPECT_EQ(place->version, "4.0.1");

    const TypeDef* item = r4_.type("Questionnaire")->find("item")->type->type;
    EXPECT_EQ(item->element("item")->content, item->root);
    EXPECT_EQ(r4_.type("Patient")
                  ->find("contact")
                  ->type->type->element("organization")
                  ->conditions.front(),
              "pat-1");
}

TEST_F(R4Pack, FollowsContentReferences) {
    const TypeDef* item = r4_.type("Questionnaire")->find("item")->type->type;
    EXPECT_EQ(item->find("item")->type->type, item);
    EXPECT_EQ(
        r4_.type("Observation")->find("component")->type->type->find("referenceRange")->type->type,
        r4_.type("Observation")->find("referenceRange")->type->type);
}

TEST_F(R4Pack, HasTheCodesOfNearlyEveryRequiredBinding) {
    std::size_t open = 0;
    std::size_t closed = 0;
    for (const TypeDef* type : r4_.types()) {
        if (type->is_profile || type->kind == fhir::TypeKind::Logical) continue;
        for (const fhir::ElementDef& element : type->all_elements) {
            if (!element.binding || element.binding->strength != fhir::BindingStrength::Required) {
                continue;
            }
            const bool known = element.binding->set &&
                               element.binding->set->contains("u:none", "none") == Membership::No;
            ++(known ? closed : open);
            if (!known)
                std::printf("open: %.*s\n", static_cast<int>(element.path.size()),
                            element.path.data());
        }
    }
    EXPECT_GT(closed, 350U);
    EXPECT_LT(open, 5U);
}

TEST_F(R4Pack, DisplaysConcepts) {
    const auto* system = r4_.code_system("http://terminology.hl7.org/CodeSystem/v3-ActCode");
    ASSERT_TRUE(system);
    EXPECT_EQ(system->find("IMP")->display, "inpatient encounter");
    EXPECT_TRUE(system->subsumes("_ActEncounterCode", "IMP"));
    EXPECT_TRUE(r4_.concept_map("http://hl7.org/fhir/ConceptMap/cm-administrative-gender-v2"));
}

TEST_F(R4Pack, TakesOurModels) {
    std::vector<json::Document> documents;
    for (const char* folder : {"/profiles/models", "/profiles/terminology"}) {
        const Status read =
            for_each_resource(std::string{TSUNAGI_SOURCE_DIR} + folder,
                              [&](std::string_view, json::Document document) -> Status {
                                  documents.push_back(std::move(document));
                                  return {};
                              });
        ASSERT_TRUE(read) << to_string(read.error());
    }
    EXPECT_GT(documents.size(), 50U);
    std::vector<json::Value> values;
    for (const json::Document& each : documents) values.push_back(each.root());
    const Status added = r4_.add(values);
    ASSERT_TRUE(added) << to_string(added.error());
    const TypeDef* packet = r4_.type("Packet");
    ASSERT_TRUE(packet);
    const fhir::Member* request = packet->find("bedRequest");
    ASSERT_TRUE(request);
    EXPECT_EQ(request->element->label, "入院申込書");
    EXPECT_EQ(request->type->type, r4_.type("BedRequest"));
    const TypeDef* applicant = r4_.type("BedRequest")->find("applicant")->type->type;
    EXPECT_TRUE(applicant->find("role")->element->binding->set);
    EXPECT_EQ(applicant->find("role")->element->facet(
                  "https://tsunagi.example/fhir/StructureDefinition/sensitivity"),
              "administrative");
}

}  // namespace
}  // namespace tsunagi::packages

// The forms as Questionnaires: one item per cell and group of a model, in its order, linkId the
// path of the cell below Packet. They are made from the models, so that a changed form changes
// both; the files change only by the target rewrite_questionnaires.
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>

#include "json/builder.h"
#include "json/writer.h"
#include "profiles/with_profiles.h"

namespace tsunagi::profiles {
namespace {

using json::Builder;
using json::Node;

struct Form {
    const char *id, *model, *part;  ///< part: the element of Packet; empty: Packet itself
    const char* english;
};
constexpr Form kForms[] = {
    {"packet", "Packet", "", "Packet of a clinic"},
    {"bed-request", "BedRequest", "bedRequest", "Bed request"},
    {"referral-letter", "ReferralLetter", "referralLetter", "Referral letter"},
    {"patient-sheet", "PatientSheet", "patientSheet", "Shared patient sheet"},
    {"consent", "ConsentRecord", "consent", "Record of consent"},
    {"identity", "Identity", "identity", "Identity of the patient"}};

class Maker {
public:
    json::Document make(const Form& form) {
        json::Document document;
        Builder builder(document);
        Node* root = builder.object();
        const auto* type = support::definitions().type(profile(form.model));
        const Definition* model = find(profile(form.model));
        builder.set(root, "resourceType", "Questionnaire");
        builder.set(root, "id", form.id);
        builder.set(root, "url", std::string{kBase} + "Questionnaire/" + form.id);
        builder.set(root, "version", "0.1.0");
        std::string name = "Tsunagi";
        name += form.model;
        builder.set(root, "name", name + "Questionnaire");
        builder.set(root, "title", model->root()["title"].text());
        Node* translation =
            builder.add_object(builder.set_array(builder.set_object(root, "_title"), "extension"));
        builder.set(translation, "url", "http://hl7.org/fhir/StructureDefinition/translation");
        Node* parts = builder.set_array(translation, "extension");
        Node* language = builder.add_object(parts);
        builder.set(language, "url", "lang");
        builder.set(language, "valueCode", "en");
        Node* content = builder.add_object(parts);
        builder.set(content, "url", "content");
        builder.set(content, "valueString", form.english);
        builder.set(root, "status", "active");
        builder.set(root, "experimental", false);
        builder.add(builder.set_array(root, "subjectType"), "Patient");
        builder.set(root, "date", "2026-11-21");
        builder.set(root, "publisher", "Tsunagi");
        builder.set(root, "description", model->root()["description"].text());
        Node* items = builder.set_array(root, "item");
        if (*form.part == '\0') {
            fill(builder, items, *type, {});
            return document;
        }
        Node* group = builder.add_object(items);
        builder.set(group, "linkId", form.part);
        builder.set(group, "text", model->root()["title"].text());
        builder.set(group, "type", "group");
        builder.set(group, "required", true);
        fill(builder, builder.set_array(group, "item"), *type, form.part);
        return document;
    }

    std::size_t cells() const { return cells_; }

private:
    static std::string_view kind_of(const fhir::ElementDef& element, const fhir::TypeDef& type) {
        if (type.kind != fhir::TypeKind::Primitive) return "group";
        if (element.binding) return "choice";
        if (type.name == "boolean" || type.name == "decimal") return type.name;
        if (type.name == "integer" || type.name == "positiveInt") return "integer";
        if (type.name == "dateTime") return "dateTime";
        if (type.name == "base64Binary") return "attachment";
        return "string";
    }

    void fill(Builder& builder, Node* items, const fhir::TypeDef& type, const std::string& above) {
        for (const auto* element : type.elements) {
            if (element->name == "id" || element->name == "extension" ||
                element->name == "modifierExtension")
                continue;
            const fhir::TypeDef& of = *element->types[0].type;
            const std::string path =
                above + (above.empty() ? "" : ".") + std::string{element->name};
            Node* item = builder.add_object(items);
            builder.set(item, "linkId", path);
            builder.set(item, "text", element->label);
            builder.set(item, "type", kind_of(*element, of));
            if (element->min > 0) builder.set(item, "required", true);
            if (element->is_array) builder.set(item, "repeats", true);
            if (element->binding) builder.set(item, "answerValueSet", element->binding->value_set);
            if (of.kind != fhir::TypeKind::Primitive)
                fill(builder, builder.set_array(item, "item"), of, path);
            ++cells_;
        }
    }

    std::size_t cells_ = 0;
};

std::string written(const json::Document& document) { return json::write_pretty(document.root()); }

TEST(Questionnaires, AreMadeFromTheModels) {
    Maker maker;
    for (const auto& form : kForms) {
        const auto file = source("profiles/questionnaires") / (std::string{form.id} + ".json");
        const std::string made = written(maker.make(form));
        if (std::getenv("TSUNAGI_REWRITE_QUESTIONNAIRES")) {
            std::filesystem::create_directories(file.parent_path());
            std::ofstream(file, std::ios::binary) << made;
        }
        EXPECT_EQ(made, support::read_file(file))
            << "if a model changed: cmake --build --preset release --target "
               "rewrite_questionnaires";
    }
    EXPECT_GT(maker.cells(), 600U);
}

TEST(Questionnaires, AreNoMoreThanTheForms) {
    std::size_t files = 0;
    for (const auto& each : definitions()) files += each.type == "Questionnaire" ? 1 : 0;
    EXPECT_EQ(files, std::size(kForms));
}

/// A file that a clinic could hand in is an answer to the Questionnaire that it names.
TEST(Questionnaires, AreAnsweredByTheFixture) {
    json::Document answers = parsed(source("fixtures/intake/nishitokyo_full.answers.json"));
    const validate::Validator validator(with_profiles());
    for (const auto& issue : validator.validate(answers.root())) {
        if (issue.severity <= fhir::IssueSeverity::Error)
            ADD_FAILURE() << issue.expression << ": " << issue.en;
    }
}

}  // namespace
}  // namespace tsunagi::profiles

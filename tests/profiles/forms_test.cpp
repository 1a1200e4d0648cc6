// A city's own form is data: a model derived from ours. Its packet still is a packet of ours, goes
// through the same maps, and is held to the city's rules as well.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>

#include "json/builder.h"
#include "profiles/with_profiles.h"
#include "translate/map_library.h"
#include "translate/reading.h"
#include "translate/translator.h"

namespace tsunagi::profiles {
namespace {

using namespace std::string_view_literals;

using json::Builder;
using json::Node;
using testing::Contains;
using testing::HasSubstr;
using testing::IsEmpty;

struct Form {
    std::string file, packet;
};

std::ostream& operator<<(std::ostream& out, const Form& form) { return out << form.file; }

class CityForms : public testing::TestWithParam<Form> {
protected:
    const json::Document packet_ = parsed(source("fixtures/forms") / GetParam().file);
};

TEST_P(CityForms, TheFilledFormFollowsTheCitysModelAndOurs) {
    EXPECT_THAT(errors_of(packet_.root(), "Packet", "Packet"), IsEmpty());
    EXPECT_THAT(errors_of(packet_.root(), GetParam().packet, "Packet"), IsEmpty());
}

TEST_P(CityForms, TheMapsTakeItAsItIsAndAccountForEveryCell) {
    static const auto kMaps =
        translate::MapLibrary::load_folder(source("mappings").string(), support::definitions());
    ASSERT_TRUE(kMaps);
    std::vector<fhir::Issue> reading;
    const json::Document readable = translate::read_cells(
        packet_.root(), support::definitions(), profile("Packet"), std::chrono::hours{9}, reading);
    SeededRandom random(1);
    const auto made = translate::translate(
        *kMaps, std::string{kBase} + "StructureMap/packet", readable.root(),
        {std::chrono::sys_days{std::chrono::year{2026} / 11 / 20}, std::chrono::hours{9}, random});
    ASSERT_TRUE(made) << to_string(made.error());
    EXPECT_EQ(made->receipt.count(translate::Outcome::Unaccounted), 0U);
    EXPECT_THAT(errors_of(made->output.root(), "case-bundle"), IsEmpty());
}

INSTANTIATE_TEST_SUITE_P(Fixtures, CityForms,
                         testing::Values(Form{"nishitokyo_no2.in.json", "nishitokyo-packet"},
                                         Form{"sayama_sheet.in.json", "sayama-packet"}));

using Change = std::function<void(Builder&, Node* bed_request, Node* sheet, Node* packet)>;

/// Errors of the form with one change, by the city's model and by ours.
struct Judged {
    std::vector<std::string> city, ours;
};

Judged judge(const Form& form, const Change& change) {
    json::Document packet = parsed(source("fixtures/forms") / form.file);
    Builder builder(packet);
    Node* root = builder.root();
    change(builder, Builder::find(root, "bedRequest"), Builder::find(root, "patientSheet"), root);
    return {errors_of(packet.root(), form.packet, "Packet"),
            errors_of(packet.root(), "Packet", "Packet")};
}

const Form kNishitokyo{"nishitokyo_no2.in.json", "nishitokyo-packet"};
const Form kSayama{"sayama_sheet.in.json", "sayama-packet"};

TEST(NishitokyoForm, RefusesWhatOnlyItsOwnModelForbids) {
    const struct {
        const char* where;
        Change change;
    } cases[] = {
        {"bedRequest.phoneContact",
         [](Builder& b, Node* request, Node*, Node*) { b.remove(request, "phoneContact"); }},
        {"bedRequest.purposes",
         [](Builder& b, Node* request, Node*, Node*) { b.remove(request, "purposes"); }},
        {"bedRequest.cityResident",
         [](Builder& b, Node* request, Node*, Node*) {
             b.assign(Builder::find(request, "cityResident"), false);
         }},
        {"bedRequest.sameDayNeeded",
         [](Builder& b, Node* request, Node*, Node*) {
             b.assign(Builder::find(request, "sameDayNeeded"), true);
         }},
        {"bedRequest.applicant.role",
         [](Builder& b, Node* request, Node*, Node*) {
             b.assign(Builder::find(Builder::find(request, "applicant"), "role"), "care-manager"sv);
         }},
        {"programme",
         [](Builder& b, Node*, Node*, Node* packet) {
             b.assign(Builder::find(packet, "programme"), "sayama"sv);
         }},
    };
    for (const auto& each : cases) {
        const Judged judged = judge(kNishitokyo, each.change);
        EXPECT_THAT(judged.ours, IsEmpty()) << each.where;
        EXPECT_THAT(judged.city, Contains(HasSubstr(each.where))) << each.where;
    }
}

TEST(SayamaForm, RefusesWhatOnlyItsOwnModelForbids) {
    const struct {
        const char* where;
        Change change;
    } cases[] = {
        {"patientSheet",
         [](Builder& b, Node*, Node*, Node* packet) { b.remove(packet, "patientSheet"); }},
        {"patientSheet.wishes.backupHospitals",
         [](Builder& b, Node*, Node* sheet, Node*) {
             b.remove(Builder::find(sheet, "wishes"), "backupHospitals");
         }},
        {"patientSheet.registrationEnd.reason",
         [](Builder& b, Node*, Node* sheet, Node*) {
             Node* end = b.set_object(sheet, "registrationEnd");
             b.set(end, "on", "令和8年12月1日");
             b.set(end, "reason", "other");
         }},
        {"sayama-visiting-doctor",
         [](Builder& b, Node*, Node* sheet, Node*) {
             b.assign(Builder::find(Builder::find(sheet, "careTeam")->first, "role"),
                      "social-worker"sv);
         }},
    };
    for (const auto& each : cases) {
        const Judged judged = judge(kSayama, each.change);
        EXPECT_THAT(judged.ours, IsEmpty()) << each.where;
        EXPECT_THAT(judged.city, Contains(HasSubstr(each.where))) << each.where;
    }
}

/// What a hospital answers: the filled form, and what is found when one thing is changed.
std::vector<std::string> answered(std::string_view file, std::string_view model,
                                  const std::function<void(Builder&, Node*)>& change) {
    json::Document answer = parsed(source("fixtures/forms") / file);
    Builder builder(answer);
    if (change) change(builder, builder.root());
    return errors_of(answer.root(), model);
}

TEST(HospitalAnswers, AreTakenWhenTheyAreComplete) {
    EXPECT_THAT(answered("hospital_decision.json", "HospitalDecision", {}), IsEmpty());
    EXPECT_THAT(answered("stay_schedule.json", "StaySchedule", {}), IsEmpty());
    EXPECT_THAT(answered("discharge_report.json", "DischargeReport", {}), IsEmpty());
}

TEST(HospitalAnswers, AreRefusedWhenWhatTheRulesAskForIsMissing) {
    const struct {
        const char *file, *model, *rule;
        std::function<void(Builder&, Node*)> change;
    } cases[] = {
        {"hospital_decision.json", "HospitalDecision", "tsunagi-accepted",
         [](Builder& b, Node* n) { b.remove(n, "decidedBy"); }},
        {"hospital_decision.json", "HospitalDecision", "tsunagi-declined",
         [](Builder& b, Node* n) { b.assign(Builder::find(n, "decision"), "decline"sv); }},
        {"hospital_decision.json", "HospitalDecision", "tsunagi-proposed",
         [](Builder& b, Node* n) {
             b.assign(Builder::find(n, "decision"), "propose-dates"sv);
             b.remove(n, "plannedAdmission");
         }},
        {"stay_schedule.json", "StaySchedule", "tsunagi-changed",
         [](Builder& b, Node* n) { b.remove(n, "agreement"); }},
        {"stay_schedule.json", "StaySchedule", "tsunagi-first",
         [](Builder& b, Node* n) { b.assign(Builder::find(n, "kind"), "first"sv); }},
        {"discharge_report.json", "DischargeReport", "tsunagi-discharge-gate",
         [](Builder& b, Node* n) { b.remove(n, "conference"); }},
        {"discharge_report.json", "DischargeReport", "tsunagi-statement",
         [](Builder& b, Node* n) { b.remove(Builder::find(n, "medicalCare"), "items"); }},
    };
    for (const auto& each : cases) {
        EXPECT_THAT(answered(each.file, each.model, each.change), Contains(HasSubstr(each.rule)));
    }
}

}  // namespace
}  // namespace tsunagi::profiles

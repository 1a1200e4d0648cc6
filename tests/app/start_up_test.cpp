// A broken map, form or programme ends the start, at the desk of whoever edited it: never at the
// patient. Through `tsunagi serve` and the loader that it uses.
#include <gmock/gmock.h>

#include <sstream>

#include "app/command.h"
#include "exchange/load.h"
#include "json/writer.h"
#include "support/definitions.h"
#include "support/result_matchers.h"
#include "support/temp_folder.h"
#include "translate/reading.h"
#include "translate/translator.h"

namespace tsunagi::app {
namespace {

namespace fs = std::filesystem;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

/// profiles/ and mappings/ as they ship, to be edited.
class Home {
public:
    Home() {
        for (const char* folder : {"profiles", "mappings"})
            fs::copy(fs::path{TSUNAGI_SOURCE_DIR} / folder, path() / folder,
                     fs::copy_options::recursive);
    }
    const fs::path& path() const { return folder_.path(); }
    /// False when `from` does not stand in the file.
    bool edit(const std::string& file, const std::string& from, const std::string& to) const {
        std::string text = support::read_text(path() / file);
        std::size_t at = text.find(from);
        if (at == std::string::npos) return false;
        for (; at != std::string::npos; at = text.find(from, at + to.size()))
            text.replace(at, from.size(), to);
        support::write_text(path() / file, text);
        return true;
    }
    /// Puts the first place of `from` back to `to`, so that the next case starts from what ships.
    void restore(const std::string& file) const {
        support::write_text(path() / file, support::read_text(fs::path{TSUNAGI_SOURCE_DIR} / file));
    }

private:
    support::TempFolder folder_;
};

struct Ran {
    int code = -1;
    std::string err;
};

Ran run(const std::vector<std::string>& words) {
    std::istringstream in;
    std::ostringstream out, err;
    Io io{in, out, err};
    Ran ran;
    ran.code = run_command_line(words, io);
    ran.err = err.str();
    return ran;
}

TEST(StartUp, EndsAtEveryBrokenMapFormAndProgrammeAndNamesThePlace) {
    const struct {
        const char *what, *file, *from, *to, *place, *ja, *message;
    } cases[] = {
        {"syntax of a map", "mappings/bed_request.map", "\"days\";", "\"days\"",
         "bed_request.map line 48 column 3", "bed_request.map 48行 3桁", "';' is expected"},
        {"an element that the form does not have", "mappings/bed_request.map",
         "request.plannedDays", "request.planedDays", "bed_request.map line 47 column 3",
         "bed_request.map 47行 3桁", "BedRequest has no element 'planedDays'"},
        {"an element that the resource does not have", "mappings/bed_request.map",
         "order.quantity = qty", "order.qantity = qty", "bed_request.map line 47 column 31",
         "47行 31桁", "ServiceRequest has no element 'qantity'"},
        {"an import that is not there", "mappings/packet.map",
         "imports \"https://tsunagi.example/fhir/StructureMap/identity\"",
         "imports \"https://tsunagi.example/fhir/StructureMap/identities\"", "packet.map line ",
         "packet.map ", "no map has the url https://tsunagi.example/fhir/StructureMap/identities"},
        {"a group that is not there", "mappings/bed_request.map", "then Diagnosis(",
         "then Diagnoses(", "bed_request.map line ", "行", "unknown group 'Diagnoses'"},
        {"a value of another type", "mappings/bed_request.map",
         "order.quantity = qty(v, '日', 'http://unitsofmeasure.org', 'd')",
         "order.quantity = cc('s', v)", "bed_request.map line 47 column 31", "47行 31桁",
         "cannot be a CodeableConcept"},
        {"a condition that is no FHIRPath", "mappings/consent.map", "$this = 'opt-in'",
         "$this = = 'opt-in'", "consent.map line ", "consent.map ", "FHIRPath: syntax"},
        {"a map of another bytes", "mappings/identity.map", "map ", "map \xff",
         "identity.map line ", "identity.map ", "not UTF-8"},
        {"a map that makes packets of foreign documents", "mappings/intake/ereferral.map", "group ",
         "grop ", "intake/", "行", "is expected"},
        {"a map of the way back", "mappings/reverse/bed_request.map", "request.plannedDays = v",
         "request.planedDays = v", "reverse/bed_request.map line 43 column ",
         "reverse/bed_request.map 43行", "BedRequest has no element 'planedDays'"},
        {"JSON of a form", "profiles/models/BedRequest.json", "\"resourceType\"", "resourceType",
         "BedRequest.json: line 2, column ", "BedRequest.json: 2行", "invalid"},
        {"a type in a form", "profiles/models/BedRequest.json", "\"code\": \"positiveInt\"",
         "\"code\": \"positivInt\"", "BedRequest.json: line ",
         "BedRequest.json: ", "element of an unknown type"},
        {"a cell of a form that maps still read", "profiles/models/BedRequest.json",
         "BedRequest.plannedDays", "BedRequest.days", "bed_request.map line 47 column 3",
         "47行 3桁", "BedRequest has no element 'plannedDays'"},
        {"what a form is built on", "profiles/models/BedRequest.json", "\"baseDefinition\": \"",
         "\"baseDefinition\": \"http://example.org/", "BedRequest.json: line 1, column 1",
         "BedRequest.json: 1行", "base definition is unknown"},
        {"a cell that a city's form narrows", "profiles/models/nishitokyo-bed-request.json",
         "BedRequest.cityResident", "BedRequest.resident", "nishitokyo-bed-request.json: line ",
         "nishitokyo-bed-request.json: ", ""},
        {"JSON of a programme", "profiles/programmes/nishitokyo.json", "\"id\": \"nishitokyo\"",
         "\"id\" \"nishitokyo\"", "nishitokyo.json: line 2, column ", "nishitokyo.json: 2行",
         "invalid"},
        {"a word of a rule", "profiles/programmes/nishitokyo.json", "\"severity\": \"refuse\"",
         "\"severity\": \"refused\"", "nishitokyo.json: line ",
         "nishitokyo.json: ", "severity is refuse, flag or route-emergency"},
        {"a rule that is no FHIRPath", "profiles/programmes/nishitokyo.json",
         "bedRequest.applicant.role = 'family-doctor'", "bedRequest.applicant.role = ",
         "nishitokyo.json: line 420, column ", "nishitokyo.json: 420行", "syntax"},
        {"a rule about a cell that no form has", "profiles/programmes/nishitokyo.json",
         "bedRequest.applicant.role = 'family-doctor'",
         "bedRequest.aplicant.role = 'family-doctor'", "nishitokyo.json: line 420, column ",
         "nishitokyo.json: 420行", "'aplicant' is no element of BedRequest"},
        {"the form of a programme", "profiles/programmes/nishitokyo.json",
         "StructureDefinition/nishitokyo-packet", "StructureDefinition/nishitokyo",
         "nishitokyo.json: line 28, column ", "nishitokyo.json: 28行", "unknown model"},
        {"a term shorter than the law's", "profiles/programmes/nishitokyo.json",
         "\"registerYears\": 3", "\"registerYears\": 2", "nishitokyo.json: line 249, column ",
         "nishitokyo.json: 249行", "the register is kept 3 years and more"},
        {"a purge later than a day", "profiles/programmes/nishitokyo.json", "\"purgeByHours\": 22",
         "\"purgeByHours\": 25", "nishitokyo.json: line 251, column ", "nishitokyo.json: 251行",
         "within 24 hours"},
        {"what may be shown", "profiles/disclosure/offer.json", "{", "[", "offer.json: line ",
         "offer.json: ", "invalid"},
    };
    const Home home;
    const support::TempFolder folder;
    ASSERT_EQ(run({"init", (folder / "new").string()}).code, kDone);
    const std::string config = (folder / "new/config.json").string();
    for (const auto& each : cases) {
        ASSERT_TRUE(home.edit(each.file, each.from, each.to)) << each.what;
        const Ran ran = run({"serve", "--config", config, "--home", home.path().string()});
        home.restore(each.file);
        EXPECT_EQ(ran.code, kCouldNotRun) << each.what;
        EXPECT_THAT(ran.err, AllOf(HasSubstr("【エラー】起動できません"), HasSubstr(each.ja),
                                   HasSubstr("[error] cannot start"), HasSubstr(each.place),
                                   HasSubstr(each.message)))
            << each.what;
        EXPECT_THAT(ran.err, Not(HasSubstr(home.path().string()))) << each.what;
    }
    // What ships loads: the faults above were the edits'.
    EXPECT_TRUE(
        support::is_ok(exchange::load_artifacts(support::r4_pack().bytes(), home.path(), {})));
}

std::string translated(const exchange::Artifacts& artifacts, std::string_view text) {
    const auto packet = json::read(text);
    if (!packet) return to_string(packet.error());
    std::vector<fhir::Issue> issues = artifacts.validator->validate(
        packet->root(), {.profile = std::string{exchange::kPacketModel}, .root_name = "Packet"});
    for (const auto& issue : issues) {
        if (issue.severity <= fhir::IssueSeverity::Error)
            return issue.code + " " + issue.expression;
    }
    SeededRandom random(1);
    const json::Document readable =
        translate::read_cells(packet->root(), *artifacts.definitions, exchange::kPacketModel,
                              std::chrono::minutes{540}, issues);
    const auto made = translate::translate(*artifacts.maps, exchange::kPacketMap, readable.root(),
                                           {Instant{}, std::chrono::minutes{540}, random});
    if (!made) return to_string(made.error());
    for (const auto& issue : made->issues) return issue.code + " " + issue.expression;
    return json::write(made->output.root());
}

TEST(StartUp, TakesAnEditedMapWithoutARebuild) {
    const Home home;
    const std::string packet =
        support::read_text(TSUNAGI_SOURCE_DIR "/fixtures/packets/nishitokyo_full.in.json");
    const auto before = exchange::load_artifacts(support::r4_pack().bytes(), home.path(), {});
    ASSERT_OK(before);
    ASSERT_TRUE(home.edit("mappings/bed_request.map", "order.quantity = qty(v, '日'",
                          "order.quantity = qty(v, '泊'"));
    const auto after = exchange::load_artifacts(support::r4_pack().bytes(), home.path(), {});
    ASSERT_OK(after);
    // "quantityQuantity":{"value":14,"unit":"日",
    const auto unit = [](const std::string& bundle) {
        const std::size_t at = bundle.find("\"quantityQuantity\"");
        return at == std::string::npos ? bundle.substr(0, 200) : bundle.substr(at, 44);
    };
    EXPECT_THAT(unit(translated(*before, packet)), HasSubstr("\"unit\":\"日\""));
    EXPECT_THAT(unit(translated(*after, packet)), HasSubstr("\"unit\":\"泊\""));
}

TEST(StartUp, TakesAnEditedFormWithoutARebuild) {
    const Home home;
    std::string packet =
        support::read_text(TSUNAGI_SOURCE_DIR "/fixtures/packets/nishitokyo_full.in.json");
    const auto before = exchange::load_artifacts(support::r4_pack().bytes(), home.path(), {});
    ASSERT_OK(before);
    const std::string plain = translated(*before, packet);
    EXPECT_EQ(plain.find("{\"resourceType\":\"Bundle\""), 0U) << plain.substr(0, 200);
    // A cell gets another name: forms filled in the old way are refused, new ones carried.
    for (const char* model : {"BedRequest.json", "nishitokyo-bed-request.json"})
        (void)home.edit(std::string{"profiles/models/"} + model, "BedRequest.plannedDays",
                        "BedRequest.nights");
    ASSERT_TRUE(
        home.edit("mappings/bed_request.map", "request.plannedDays as v", "request.nights as v"));
    ASSERT_TRUE(home.edit("mappings/reverse/bed_request.map", "request.plannedDays = v",
                          "request.nights = v"));
    for (const char* city : {"nishitokyo", "sayama"})
        (void)home.edit(std::string{"profiles/programmes/"} + city + ".json",
                        "bedRequest.plannedDays", "bedRequest.nights");
    const auto after = exchange::load_artifacts(support::r4_pack().bytes(), home.path(), {});
    ASSERT_OK(after);
    EXPECT_EQ(translated(*after, packet), "missing-element Packet.bedRequest.nights");
    packet.replace(packet.find("\"plannedDays\""), 13, "\"nights\"");
    EXPECT_TRUE(translated(*after, packet) == plain);
}

}  // namespace
}  // namespace tsunagi::app

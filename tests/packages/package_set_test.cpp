#include "packages/package_set.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>

#include "packages/archive.h"
#include "packages/layer_compiler.h"
#include "packages/pack_cache.h"
#include "packages/package_manifest.h"
#include "packages/scratch_folder.h"
#include "support/definitions.h"

namespace tsunagi::packages {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

/// A profile on Patient given as a differential.
std::string profile(const std::string& url, const std::string& base, const std::string& elements) {
    return R"({"resourceType":"StructureDefinition","url":")" + url +
           R"(","name":"P","status":"draft","kind":"resource","abstract":false,"type":"Patient",
           "baseDefinition":")" +
           base + R"(","derivation":"constraint","differential":{"element":[)" + elements + "]}}";
}
constexpr const char* kPatient = "http://hl7.org/fhir/StructureDefinition/Patient";
constexpr const char* kNoElements = R"({"id":"Patient","path":"Patient"})";

std::string manifest(const std::string& name, const std::string& dependencies,
                     const std::string& fhir = "4.0.1") {
    return R"({"name":")" + name + R"(","version":"1.0.0","fhirVersions":[")" + fhir +
           R"("],"dependencies":{)" + dependencies + "}}";
}

std::vector<std::string> notes_of(const fhir::Definitions& definitions, std::string_view kind) {
    std::vector<std::string> subjects;
    for (const fhir::Note& each : definitions.notes()) {
        if (each.kind == kind) subjects.emplace_back(each.subject);
    }
    return subjects;
}

class PackageSets : public testing::Test {
protected:
    /// How many packs had to be compiled.
    Result<std::size_t> load(const std::vector<fs::path>& packages, const fs::path& cache = {}) {
        definitions_ = std::make_unique<fhir::Definitions>(support::r4());
        auto set = PackageSet::load(packages, *definitions_, {.cache = cache});
        if (!set) return set.error();
        sets_.push_back(std::move(*set));
        return sets_.back().compiled();
    }
    fs::path archive(const std::string& name, const std::vector<Item>& items) {
        write_package(folder_.path() / name, items);
        return folder_.path() / name;
    }
    ScratchFolder folder_{"package_set"};
    std::vector<PackageSet> sets_;  ///< what the definitions view
    std::unique_ptr<fhir::Definitions> definitions_;
};

TEST_F(PackageSets, MakeTheSnapshotsThatPackagesLeaveOut) {
    const auto path = folder_.write(
        "p.json",
        profile("u:p", kPatient, R"({"id":"Patient.gender","path":"Patient.gender","min":1})"));
    const auto set = load({path});
    ASSERT_TRUE(set) << to_string(set.error());
    const fhir::TypeDef* type = definitions_->type("u:p");
    ASSERT_TRUE(type);
    EXPECT_EQ(type->element("gender")->min, 1U);
    EXPECT_EQ(type->element("birthDate")->min, 0U);
    EXPECT_EQ(type->base, definitions_->type("Patient"));
    EXPECT_THAT(definitions_->notes(), IsEmpty());
}

TEST_F(PackageSets, ReadWhatOthersDependOnFirstWhateverTheOrder) {
    const auto upper = archive(
        "upper.tgz", {{"package/package.json", manifest("upper", R"("lower":"1.0.0")")},
                      {"package/p.json", profile("u:upper", "u:lower", kNoElements)},
                      {"package/v.json", R"({"resourceType":"ValueSet","url":"u:v","compose":
                          {"include":[{"system":"u:upper"}]}})"}});
    const auto lower = archive(
        "lower.tgz", {{"package/package.json",
                       manifest("lower", R"("hl7.fhir.r4.core":"4.0.1","absent.one":"2.0")")},
                      {"package/p.json", profile("u:lower", kPatient, kNoElements)},
                      {"package/v.json", R"({"resourceType":"ValueSet","url":"u:v","compose":
                          {"include":[{"system":"u:lower"}]}})"},
                      {"package/example/broken.json", "{"}});
    for (const auto& order : {std::vector{upper, lower}, std::vector{lower, upper}}) {
        const auto set = load(order);
        ASSERT_TRUE(set) << to_string(set.error());
        ASSERT_TRUE(definitions_->type("u:upper"));
        EXPECT_EQ(definitions_->type("u:upper")->base, definitions_->type("u:lower"));
        EXPECT_EQ(definitions_->value_set("u:v")->open_systems(),
                  std::vector<std::string_view>{"u:lower"});
        EXPECT_THAT(notes_of(*definitions_, note::kPackage), ElementsAre("absent.one#2.0"));
    }
}

TEST_F(PackageSets, LetLooseFilesBuildOnPackages) {
    const auto loose = folder_.write("loose.json", profile("u:loose", "u:p", kNoElements));
    const auto package =
        archive("p.tgz", {{"package/package.json", manifest("p", "")},
                          {"package/p.json", profile("u:p", kPatient, kNoElements)}});
    const auto set = load({loose, package});
    ASSERT_TRUE(set) << to_string(set.error());
    EXPECT_TRUE(definitions_->type("u:loose"));
}

TEST_F(PackageSets, SayOnceWhatNobodySupplies) {
    const std::string bound =
        R"({"id":"Patient.maritalStatus","path":"Patient.maritalStatus","type":[{"code":"CodeableConcept"}],
            "binding":{"strength":"required","valueSet":"u:absent-set|3"}},
           {"id":"Patient.generalPractitioner","path":"Patient.generalPractitioner",
            "type":[{"code":"Reference","targetProfile":["u:absent-profile"]}]},
           {"id":"Patient.language","path":"Patient.language",
            "binding":{"strength":"required","valueSet":"u:set"}})";
    folder_.write("in/a.json", profile("u:a", kPatient, bound));
    folder_.write("in/b.json", profile("u:b", kPatient, bound));
    folder_.write("in/v.json", R"({"resourceType":"ValueSet","url":"u:set","compose":
        {"include":[{"system":"u:absent-system","filter":[{"property":"a","op":"=","value":"b"}]}]}})");
    const auto set = load({folder_.path() / "in"});
    ASSERT_TRUE(set) << to_string(set.error());
    EXPECT_THAT(notes_of(*definitions_, note::kValueSet), ElementsAre("u:absent-set"));
    EXPECT_THAT(notes_of(*definitions_, note::kDefinition), ElementsAre("u:absent-profile"));
    EXPECT_THAT(notes_of(*definitions_, note::kCodeSystem), ElementsAre("u:absent-system"));
    EXPECT_THAT(notes_of(*definitions_, note::kRefused), IsEmpty());
}

TEST_F(PackageSets, LeaveOutWhatCannotBeUsedAndKeepTheRest) {
    folder_.write("in/good.json", profile("u:good", kPatient, kNoElements));
    folder_.write("in/circle_a.json", profile("u:circle-a", "u:circle-b", kNoElements));
    folder_.write("in/circle_b.json", profile("u:circle-b", "u:circle-a", kNoElements));
    folder_.write("in/orphan.json", profile("u:orphan", "u:nobody", kNoElements));
    folder_.write("in/path.json",
                  profile("u:path", kPatient, R"({"id":"Patient.x","path":"Patient.x"})"));
    folder_.write(
        "in/type.json",
        R"({"resourceType":"StructureDefinition","url":"u:type","kind":"logical","type":"u:type",
      "derivation":"specialization","differential":{"element":[{"path":"T"},
      {"path":"T.a","max":"1","type":[{"code":"Nonsense"}]}]}})");
    folder_.write(
        "in/user.json",
        R"({"resourceType":"StructureDefinition","url":"u:user","kind":"logical","type":"u:user",
      "derivation":"specialization","differential":{"element":[{"path":"U"},
      {"path":"U.a","max":"1","type":[{"code":"u:type"}]}]}})");
    const auto set = load({folder_.path() / "in"});
    ASSERT_TRUE(set) << to_string(set.error());
    EXPECT_TRUE(definitions_->type("u:good"));
    EXPECT_THAT(notes_of(*definitions_, note::kRefused),
                testing::UnorderedElementsAre("u:circle-a", "u:circle-b", "u:orphan", "u:path",
                                              "u:type", "u:user"));
}

TEST_F(PackageSets, RefuseCirclesAmongFinishedSnapshots) {
    for (const auto& [url, base] : {std::pair{"u:a", "u:b"}, std::pair{"u:b", "u:a"}}) {
        std::string text = profile(url, base, "");
        text.replace(text.find("differential"), 12, "snapshot");
        text.replace(text.find("[]"), 2, R"([{"path":"Patient","min":0,"max":"*"}])");
        folder_.write(std::string{"in/"} + (url + 2) + ".json", text);
    }
    const auto set = load({folder_.path() / "in"});
    ASSERT_TRUE(set) << to_string(set.error());
    EXPECT_THAT(notes_of(*definitions_, note::kRefused), ElementsAre("u:a", "u:b"));
}

TEST_F(PackageSets, NeverReplaceWhatIsBuiltIn) {
    std::string text = profile(kPatient, "http://hl7.org/fhir/StructureDefinition/DomainResource",
                               R"({"path":"Patient"})");
    const auto set = load({folder_.write("p.json", text)});
    ASSERT_TRUE(set) << to_string(set.error());
    EXPECT_EQ(definitions_->type(kPatient), definitions_->type("Patient"));
    EXPECT_TRUE(definitions_->type("Patient")->element("birthDate"));
}

TEST_F(PackageSets, AreCompiledOnceAndMappedAfterwards) {
    const fs::path cache = folder_.path() / "cache";
    const auto path = folder_.write("p.json", profile("u:p", kPatient, kNoElements));
    EXPECT_EQ(load({path}, cache).value(), 1U);
    EXPECT_EQ(fs::status(cache).permissions(), fs::perms::owner_all);
    EXPECT_EQ(load({path}, cache).value(), 0U);
    EXPECT_TRUE(definitions_->type("u:p"));
    // Other content, other pack.
    folder_.write("p.json", profile("u:q", kPatient, kNoElements));
    EXPECT_EQ(load({path}, cache).value(), 1U);
    EXPECT_TRUE(definitions_->type("u:q"));
}

TEST_F(PackageSets, AreCompiledAgainWhenTheCacheIsDamaged) {
    const fs::path cache = folder_.path() / "cache";
    const auto path = folder_.write("p.json", profile("u:p", kPatient, kNoElements));
    ASSERT_EQ(load({path}, cache).value(), 1U);
    const fs::path pack = fs::directory_iterator(cache)->path();
    const auto size = fs::file_size(pack);
    for (const std::uintmax_t cut : {std::uintmax_t{0}, std::uintmax_t{10}, size / 2, size - 1}) {
        fs::resize_file(pack, cut);
        const auto set = load({path}, cache);
        ASSERT_TRUE(set) << cut;
        EXPECT_EQ(*set, 1U) << cut;
        EXPECT_TRUE(definitions_->type("u:p"));
        EXPECT_EQ(fs::file_size(pack), size);
    }
    {
        std::fstream file(pack, std::ios::binary | std::ios::in | std::ios::out);
        file.seekp(static_cast<std::streamoff>(size / 2));
        file.put('\x5A').put('\xA5').put('\x5A');
    }
    EXPECT_EQ(load({path}, cache).value(), 1U);
    EXPECT_EQ(load({path}, cache).value(), 0U);
}

TEST_F(PackageSets, AddSearchParametersAndLeaveOutThoseThatAreNoFhirPath) {
    const auto parameter = [](const std::string& id, const std::string& code,
                              const std::string& expression) {
        return R"({"resourceType":"SearchParameter","url":"u:)" + id + R"(","code":")" + code +
               R"(","base":["Patient"],"type":"token","expression":")" + expression + R"("})";
    };
    folder_.write("in/ward.json", parameter("ward", "ward", "Patient.extension('u:w').value"));
    folder_.write("in/name.json", parameter("name", "name", "Patient.id"));
    folder_.write("in/wrong.json", parameter("wrong", "wrong", "Patient.name.("));
    folder_.write("in/odd.json", R"({"resourceType":"SearchParameter","url":"u:odd","code":"odd",
        "base":["Patient"],"type":"colour"})");
    const auto cache = folder_.path() / "cache";
    for (int round = 0; round < 2; ++round) {
        const auto set = load({folder_.path() / "in"}, cache);
        ASSERT_TRUE(set) << to_string(set.error());
        EXPECT_EQ(*set, round == 0 ? 1U : 0U);
        const fhir::SearchParameter* ward = definitions_->search_parameter("Patient", "ward");
        ASSERT_TRUE(ward);
        EXPECT_EQ(ward->expression, "Patient.extension('u:w').value");
        EXPECT_EQ(definitions_->search_parameter("Patient", "name")->expression, "Patient.name")
            << "what is built in counts first";
        EXPECT_FALSE(definitions_->search_parameter("Patient", "wrong"));
        EXPECT_THAT(notes_of(*definitions_, note::kRefused), ElementsAre("u:odd", "u:wrong"));
    }
}

TEST_F(PackageSets, KeepQuestionnairesWhole) {
    const std::string text = R"({"resourceType":"Questionnaire","url":"u:q","status":"draft"})";
    const auto set = load({folder_.write("q.json", text)});
    ASSERT_TRUE(set) << to_string(set.error());
    EXPECT_EQ(definitions_->resource("u:q|2"), text);
    EXPECT_EQ(definitions_->resource("u:none"), "");
}

TEST_F(PackageSets, WorkWithoutACache) {
    const auto path = folder_.write("p.json", profile("u:p", kPatient, kNoElements));
    const auto no_folder = folder_.write("file", "no folder") / "cache";
    const auto set = load({path}, no_folder);
    ASSERT_TRUE(set) << to_string(set.error());
    EXPECT_EQ(*set, 1U);
    EXPECT_TRUE(definitions_->type("u:p"));
}

TEST_F(PackageSets, SayWhatIsWrongWithAPackage) {
    const auto fault = [&](const fs::path& path) {
        const auto set = load({path});
        return set ? std::string{"accepted"} : to_string(set.error());
    };
    EXPECT_THAT(fault(folder_.path() / "none.tgz"), HasSubstr("no such package"));
    EXPECT_THAT(fault(folder_.write("text.json", "no JSON")), HasSubstr("text.json"));
    EXPECT_THAT(fault(folder_.write("list.json", "[1]")), HasSubstr("no FHIR resource"));
    EXPECT_THAT(fault(folder_.write("bad.tgz", "no archive")), HasSubstr("bad.tgz"));
    EXPECT_THAT(fault(archive("r5.tgz", {{"package/package.json", manifest("r5", "", "5.0.0")},
                                         {"package/p.json", "{}"}})),
                HasSubstr("not for FHIR R4"));
    EXPECT_THAT(fault(archive("cut.tgz", {{"package/p.json", R"({"resourceType":)"}})),
                HasSubstr("package/p.json"));
    EXPECT_THAT(fault(archive("slip.tgz", {{"package/../../p.json", "{}"}})),
                HasSubstr("unsafe path"));
}

TEST(PackCaches, KeepALimitedNumberOfPacks) {
    const ScratchFolder folder("pack_cache");
    const PackCache cache(folder.path() / "cache");
    const Bytes some(16, 1);
    for (std::size_t i = 0; i < PackCache::kMaxPacks + 5; ++i)
        ASSERT_TRUE(cache.put("key" + std::to_string(i), some));
    const auto count = std::distance(fs::directory_iterator(folder.path() / "cache"), {});
    EXPECT_EQ(static_cast<std::size_t>(count), PackCache::kMaxPacks);
    EXPECT_TRUE(cache.find("key" + std::to_string(PackCache::kMaxPacks + 4)));
}

TEST(PackageManifests, OrderDependenciesFirstAndSurviveCircles) {
    std::vector<PackageManifest> manifests(4);
    manifests[0] = {"a", "1", {{"b", "1"}}};
    manifests[1] = {"b", "1", {{"c", "1"}}};
    manifests[2] = {"c", "1", {}};
    manifests[3] = {"", "", {}};
    EXPECT_THAT(by_dependency(manifests), ElementsAre(2, 1, 0, 3));
    manifests[2].dependencies = {{"a", "1"}};
    EXPECT_THAT(by_dependency(manifests), testing::UnorderedElementsAre(0, 1, 2, 3));
}

/// The packages of a Japanese hospital, where they lie beside the repository.
TEST_F(PackageSets, HoldJpCoreAndJpClins) {
    const char* given = std::getenv("TSUNAGI_CASES");
    const fs::path cases =
        given ? fs::path{given} : fs::path{TSUNAGI_SOURCE_DIR}.parent_path() / "shared" / "cases";
    const fs::path packages = cases / "jp-packages";
    if (!fs::exists(packages)) GTEST_SKIP() << "0 packages: none at " << packages.string();
    const auto set =
        load({packages / "jp-clins.r4-1.5.2-snap.tgz", packages / "jp-core.r4-1.1.2.tgz"});
    ASSERT_TRUE(set) << to_string(set.error());
    EXPECT_THAT(notes_of(*definitions_, note::kRefused), IsEmpty());
    EXPECT_THAT(notes_of(*definitions_, note::kDefinition), IsEmpty());
    EXPECT_EQ(notes_of(*definitions_, note::kValueSet).size(), 14U);
    std::size_t profiles = 0;
    for (const fhir::TypeDef* type : definitions_->types()) {
        if (type->url.starts_with("http://jpfhir.jp/")) {
            ++profiles;
            EXPECT_TRUE(type->base) << type->url;
        }
    }
    EXPECT_EQ(profiles, 89U + 49U - 7U);  // seven are in both
    const auto parameters = definitions_->search_parameters();
    EXPECT_EQ(std::ranges::count_if(parameters,
                                    [](const fhir::SearchParameter* each) {
                                        return each->url.starts_with("http://jpfhir.jp/");
                                    }),
              8);
    EXPECT_TRUE(definitions_->search_parameter("Patient", "jp-kana-sort"));
}

}  // namespace
}  // namespace tsunagi::packages

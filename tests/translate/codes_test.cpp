// Codes of drugs, diseases and laboratory tests: carried with their system when the clinic gives
// them, and never invented. The tags of how a disease is handled go from cell to meta.tag.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <set>

#include "json/builder.h"
#include "json/writer.h"
#include "support/definitions.h"
#include "support/result_matchers.h"
#include "translate/map_library.h"
#include "translate/translator.h"
#include "validate/validator.h"

namespace tsunagi::translate {
namespace {

using json::Value;
using Pair = std::pair<std::string, std::string>;  ///< system, code

constexpr std::string_view kPackets = TSUNAGI_SOURCE_DIR "/fixtures/packets";
constexpr std::string_view kPacketMap = "https://tsunagi.example/fhir/StructureMap/packet";
constexpr std::string_view kPacketModel = "https://tsunagi.example/fhir/StructureDefinition/Packet";
constexpr std::string_view kIndication =
    "http://jpfhir.jp/fhir/clins/CodeSystem/JP_ehrshrs_indication";

/// The systems of domain.md section 3.4, with the cell that holds a code of each.
constexpr std::array<std::pair<std::string_view, std::string_view>, 7> kSystems = {
    {{"yj", "http://capstandard.jp/iyaku.info/CodeSystem/YJ-code"},
     {"hot9", "http://medis.or.jp/CodeSystem/master-HOT9"},
     {"generalName", "http://jpfhir.jp/fhir/core/mhlw/CodeSystem/MedicationGeneralOrderCode"},
     {"icd10", "http://jpfhir.jp/fhir/core/mhlw/CodeSystem/ICD10-2013-full"},
     {"medisCode", "http://medis.or.jp/CodeSystem/master-disease-exCode"},
     {"medisKeyNumber", "http://medis.or.jp/CodeSystem/master-disease-keyNumber"},
     {"jlac10", "http://medis.or.jp/CodeSystem/master-JLAC10-17digits"}}};

const MapLibrary& maps() {
    static const MapLibrary kMaps =
        MapLibrary::load_folder(TSUNAGI_SOURCE_DIR "/mappings", support::definitions()).value();
    return kMaps;
}

json::Document packet(const std::string& name) {
    return json::read(support::read_file(std::filesystem::path{kPackets} / (name + ".in.json")))
        .value();
}

Result<json::Document> bundle_of(Value packet) {
    SeededRandom random(1);
    auto made =
        transform(maps(), kPacketMap, packet, {Instant{}, std::chrono::minutes{540}, random});
    if (!made) return made.error();
    return std::move(made->output);
}

template <class Visit>
void walk(Value value, const Visit& visit) {
    visit(value);
    for (const Value child : value) {
        if (child.is_object() || child.is_array()) walk(child, visit);
    }
}

/// Codings of the seven systems, anywhere in `resource`.
std::multiset<Pair> codes_in(Value resource) {
    std::multiset<Pair> found;
    walk(resource, [&](Value value) {
        const std::string_view system = value["system"].text();
        const bool known = std::any_of(kSystems.begin(), kSystems.end(),
                                       [&](const auto& each) { return each.second == system; });
        if (known && value["code"])
            found.emplace(std::string{system}, std::string{value["code"].text()});
    });
    return found;
}

/// What the cells of a packet say, as codings.
std::multiset<Pair> codes_given(Value packet) {
    std::multiset<Pair> given;
    walk(packet, [&](Value value) {
        if (!value.is_object()) return;
        for (const auto& [cell, system] : kSystems) {
            if (const Value code = value[cell])
                given.emplace(std::string{system}, std::string{code.text()});
        }
    });
    return given;
}

json::Document without_codes(Value from) {
    json::Document document = json::clone(from);
    json::Builder builder(document);
    std::vector<std::pair<Value, std::string_view>> gone;
    walk(document.root(), [&](Value value) {
        if (!value.is_object()) return;
        for (const auto& each : kSystems) {
            if (value[each.first]) gone.emplace_back(value, each.first);
        }
    });
    for (const auto& [object, cell] : gone) builder.remove(builder.edit(object), cell);
    return document;
}

TEST(Codes, EachGoesThroughWithItsSystem) {
    const json::Document coded = packet("document_coded");
    const auto given = codes_given(coded.root());
    std::set<std::string> systems;
    for (const auto& pair : given) systems.insert(pair.first);
    EXPECT_EQ(systems.size(), kSystems.size()) << "the fixture gives one of each";
    const auto bundle = bundle_of(coded.root());
    ASSERT_OK(bundle);
    const auto found = codes_in(bundle->root());
    for (const auto& pair : given)
        EXPECT_GE(found.count(pair), 1U) << pair.first << " " << pair.second;
}

TEST(Codes, NoneIsInventedWhereTheClinicGivesNone) {
    const json::Document coded = packet("document_coded");
    const json::Document bare = without_codes(coded.root());
    ASSERT_TRUE(codes_given(bare.root()).empty());
    const auto bundle = bundle_of(bare.root());
    ASSERT_OK(bundle);
    EXPECT_TRUE(codes_in(bundle->root()).empty());
    // The words are there all the same.
    const std::string text = json::write(bundle->root());
    for (const char* words : {"慢性心不全の増悪", "ノルバスク錠２．５ｍｇ", "ＢＮＰ", "心筋梗塞"})
        EXPECT_NE(text.find(words), std::string::npos) << words;
}

/// Over every fixture: a code that comes out has gone in, in a cell of that kind.
TEST(Codes, NoFixtureYieldsOneThatItDoesNotGive) {
    int bundles = 0;
    std::size_t codes = 0;
    for (const auto& entry : std::filesystem::directory_iterator(kPackets)) {
        const std::string name = entry.path().filename().string();
        if (!name.ends_with(".in.json")) continue;
        const auto source = json::read(support::read_file(entry.path()));
        if (!source) continue;
        const auto bundle = bundle_of(source->root());
        if (!bundle) continue;  // the hostile ones
        ++bundles;
        const auto given = codes_given(source->root());
        for (const auto& pair : codes_in(bundle->root())) {
            ++codes;
            EXPECT_TRUE(given.contains(pair)) << name << " " << pair.first;
        }
    }
    EXPECT_GE(bundles, 60);
    EXPECT_GE(codes, 100U);
}

std::vector<std::string> tags_of(Value bundle, std::string_view disease, std::string_view kind) {
    std::vector<std::string> found;
    for (const Value entry : bundle["entry"]) {
        const Value resource = entry["resource"];
        if (resource["resourceType"].text() != "Condition" ||
            resource["code"]["text"].text() != disease)
            continue;
        bool of_kind = false;
        std::vector<std::string> tags;
        for (const Value tag : resource["meta"]["tag"]) {
            if (tag["code"].text() == kind) of_kind = true;
            if (tag["system"].text() == kIndication) tags.emplace_back(tag["code"].text());
        }
        if (of_kind) found.insert(found.end(), tags.begin(), tags.end());
    }
    return found;
}

TEST(Codes, HowADiseaseIsHandledGoesFromCellToTag) {
    const std::pair<const char*, const char*> forms[] = {{"bedRequest", "bed-request"},
                                                         {"referralLetter", "referral-letter"},
                                                         {"patientSheet", "patient-sheet"}};
    for (const char* code : {"LTS", "UNINFORMED", "UNDELIVERED"}) {
        for (const auto& [form, kind] : forms) {
            json::Document written = packet("document_coded");
            json::Builder builder(written);
            for (const Value each : written.root()["referralLetter"]["diagnoses"])
                builder.remove(builder.edit(each), "indications");
            const Value diagnosis = written.root()[form]["diagnoses"].at(0);
            const std::string disease{diagnosis["text"].text()};
            builder.add(builder.set_array(builder.edit(diagnosis), "indications"), code);
            const auto bundle = bundle_of(written.root());
            ASSERT_OK(bundle);
            EXPECT_EQ(tags_of(bundle->root(), disease, kind), std::vector<std::string>{code})
                << form;
            // No other resource takes it.
            const std::string text = json::write(bundle->root());
            const std::string tag = std::string{kIndication} + "\",\"code\":\"" + code;
            std::size_t count = 0;
            for (std::size_t at = text.find(tag); at != std::string::npos;
                 at = text.find(tag, at + 1))
                ++count;
            const bool sheet_has_its_own =
                std::string_view{code} == "UNINFORMED" &&
                written.root()["patientSheet"]["understanding"]["undisclosed"];
            EXPECT_EQ(count, sheet_has_its_own ? 2U : 1U) << form << " " << code;
        }
    }
}

TEST(Codes, AnotherWordForHowADiseaseIsHandledIsRefusedAtItsCell) {
    json::Document written = packet("document_coded");
    json::Builder builder(written);
    const Value diagnosis = written.root()["referralLetter"]["diagnoses"].at(0);
    builder.add(builder.set_array(builder.edit(diagnosis), "indications"), "SECRET");
    const validate::Validator validator(support::definitions());
    const auto issues = validator.validate(
        written.root(), {.profile = std::string{kPacketModel}, .root_name = "Packet"});
    const bool refused = std::any_of(issues.begin(), issues.end(), [](const fhir::Issue& issue) {
        return issue.severity == fhir::IssueSeverity::Error &&
               issue.expression == "Packet.referralLetter.diagnoses[0].indications[0]";
    });
    EXPECT_TRUE(refused);
}

}  // namespace
}  // namespace tsunagi::translate

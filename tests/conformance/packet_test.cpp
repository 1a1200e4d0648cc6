// Every accepted packet of fixtures/packets becomes exactly the Bundle beside it, valid against R4,
// with every cell accounted for. Seed and clock are fixed; the Bundles change only by the target
// rewrite_bundles.
#include <algorithm>
#include <cstdio>
#include <cstdlib>

#include "conformance/fixture_packets.h"
#include "json/builder.h"
#include "json/writer.h"
#include "support/any_packet.h"
#include "support/definitions.h"
#include "translate/map_library.h"
#include "translate/reading.h"
#include "translate/translator.h"
#include "validate/validator.h"

namespace tsunagi::translate {
namespace {

using conformance::accepted_cases;
using conformance::packets;

namespace fs = std::filesystem;

constexpr std::string_view kPacketMap = "https://tsunagi.example/fhir/StructureMap/packet";
constexpr std::string_view kPacketModel = "https://tsunagi.example/fhir/StructureDefinition/Packet";
constexpr std::uint64_t kSeed = 20261120;
constexpr std::chrono::minutes kZone{9 * 60};
/// 20 November 2026, 10:45 in Tokyo: the world's date of the fixtures.
constexpr Instant kNow =
    std::chrono::sys_days{std::chrono::year{2026} / 11 / 20} + std::chrono::minutes{105};

const MapLibrary& library() {
    static const MapLibrary kLibrary = [] {
        auto loaded =
            MapLibrary::load_folder(TSUNAGI_SOURCE_DIR "/mappings", support::definitions());
        if (!loaded) {
            std::fprintf(stderr, "mappings: %s\n", to_string(loaded.error()).c_str());
            std::abort();
        }
        return *loaded;
    }();
    return kLibrary;
}

struct Outcome {
    std::vector<fhir::Issue> reading;
    Result<Translation> translation;
};

Outcome run(const std::string& name) {
    const json::Document packet =
        json::read(support::read_file(packets() / (name + ".in.json"))).value();
    std::vector<fhir::Issue> reading;
    const json::Document readable =
        read_cells(packet.root(), support::definitions(), kPacketModel, kZone, reading);
    SeededRandom random(kSeed);
    auto translation =
        translate(library(), kPacketMap, readable.root(), Environment{kNow, kZone, random});
    return {std::move(reading), std::move(translation)};
}

class Packets : public testing::TestWithParam<std::string> {};

TEST_P(Packets, BecomesTheBundleBesideIt) {
    const Outcome outcome = run(GetParam());
    for (const auto& issue : outcome.reading)
        EXPECT_NE(issue.severity, fhir::IssueSeverity::Error) << issue.expression << issue.en;
    ASSERT_TRUE(outcome.translation) << to_string(outcome.translation.error());
    const Translation& made = *outcome.translation;
    for (const auto& issue : made.issues) ADD_FAILURE() << issue.expression << ": " << issue.en;
    EXPECT_EQ(made.receipt.count(translate::Outcome::Unaccounted), 0U);

    const validate::Validator validator(support::definitions());
    for (const auto& issue : validator.validate(made.output.root())) {
        if (issue.severity == fhir::IssueSeverity::Error ||
            issue.severity == fhir::IssueSeverity::Fatal)
            ADD_FAILURE() << issue.expression << ": " << issue.en;
    }
    const fs::path golden = packets() / (GetParam() + ".bundle.json");
    if (std::getenv("TSUNAGI_REWRITE_BUNDLES")) {
        std::ofstream(golden, std::ios::binary) << json::write_pretty(made.output.root());
    }
    EXPECT_EQ(json::write_pretty(made.output.root()), support::read_file(golden))
        << "if the change is meant: cmake --build --preset release --target rewrite_bundles";
}

/// The types of the entries, in order.
std::vector<std::string> types_of(json::Value bundle) {
    std::vector<std::string> types;
    for (const json::Value entry : bundle["entry"])
        types.emplace_back(entry["resource"]["resourceType"].text());
    return types;
}

json::Document bundle_of(json::Value packet, const MapLibrary& maps) {
    std::vector<fhir::Issue> reading;
    const json::Document readable =
        read_cells(packet, support::definitions(), kPacketModel, kZone, reading);
    SeededRandom random(kSeed);
    auto made = translate(maps, kPacketMap, readable.root(), Environment{kNow, kZone, random});
    if (!made) {
        ADD_FAILURE() << to_string(made.error());
        return {};
    }
    for (const auto& issue : made->issues) ADD_FAILURE() << issue.expression << issue.en;
    return std::move(made->output);
}

TEST(PacketMaps, KeepEveryResourceInPlaceWhenTheIdentityComesLater) {
    for (const auto& name : accepted_cases()) {
        const json::Document packet =
            json::read(support::read_file(packets() / (name + ".in.json"))).value();
        if (!packet.root()["identity"]) continue;
        json::Document nameless = json::clone(packet.root());
        json::Builder builder(nameless);
        builder.remove(builder.root(), "identity");
        const json::Document without = bundle_of(nameless.root(), library());
        const json::Document with = bundle_of(packet.root(), library());
        const auto before = types_of(without.root());
        const auto after = types_of(with.root());
        ASSERT_GE(after.size(), before.size()) << name;
        EXPECT_TRUE(std::equal(before.begin(), before.end(), after.begin())) << name;
    }
}

TEST(PacketMaps, FollowAnEditWithoutARebuild) {
    auto texts = read_map_folder(TSUNAGI_SOURCE_DIR "/mappings").value();
    for (auto& text : texts) {
        constexpr std::string_view kBefore = "request.remarks as v -> order.note as n, n.text = v";
        const std::size_t at = text.text.find(kBefore);
        if (at == std::string::npos) continue;
        text.text.replace(at, kBefore.size(),
                          "request.remarks as v -> order.patientInstruction = v");
    }
    const auto edited = MapLibrary::load(texts, support::definitions());
    ASSERT_TRUE(edited) << to_string(edited.error());
    const json::Document packet =
        json::read(support::read_file(packets() / "nishitokyo_full.in.json")).value();
    const auto order = [](const json::Document& bundle) {
        for (const json::Value entry : bundle.root()["entry"]) {
            if (entry["resource"]["resourceType"].text() == "ServiceRequest")
                return entry["resource"];
        }
        return json::Value{};
    };
    const json::Document as_it_is = bundle_of(packet.root(), library());
    const json::Document changed = bundle_of(packet.root(), *edited);
    const json::Value remarks = packet.root()["bedRequest"]["remarks"];
    EXPECT_FALSE(order(as_it_is)["patientInstruction"]);
    EXPECT_EQ(order(changed)["patientInstruction"].text(), remarks.text());
    EXPECT_EQ(order(changed)["note"].size() + 1, order(as_it_is)["note"].size());
}

/// The packets need not make sense: the maps must carry whatever the models allow.
TEST(PacketMaps, CarryEveryCellThatTheModelsAllow) {
    const validate::Validator validator(support::definitions());
    for (std::uint64_t variant = 0; variant < 120; ++variant) {
        SCOPED_TRACE("variant " + std::to_string(variant));
        const unsigned leave_out = variant < 40 ? 0 : static_cast<unsigned>(variant % 3) * 30 + 10;
        const json::Document packet =
            AnyPacket(support::definitions(), variant, leave_out, true).make(kPacketModel);
        const json::Document bundle = bundle_of(packet.root(), library());
        for (const auto& issue : validator.validate(bundle.root())) {
            if (issue.severity <= fhir::IssueSeverity::Error)
                ADD_FAILURE() << issue.expression << ": " << issue.en;
        }
        if (HasFailure()) break;
    }
}

/// What would become invalid FHIR is refused at the clinic, with the cell named: a list that is
/// called empty and has items or the reverse (cmp-1, cmp-2), data without their format (att-1).
TEST(PacketMaps, MakeNothingInvalidOfAPacketThatTheModelsAccept) {
    const validate::Validator validator(support::definitions());
    std::size_t refused = 0;
    for (std::uint64_t variant = 0; variant < 60; ++variant) {
        SCOPED_TRACE("variant " + std::to_string(variant));
        const json::Document packet =
            AnyPacket(support::definitions(), variant, 70).make(kPacketModel);
        std::vector<fhir::Issue> issues;
        const json::Document readable =
            read_cells(packet.root(), support::definitions(), kPacketModel, kZone, issues);
        validate::Options options;
        options.profile = kPacketModel;
        options.root_name = "Packet";
        const auto found = validator.validate(readable.root(), options);
        const bool is_refused = std::ranges::any_of(found, [](const fhir::Issue& issue) {
            return issue.rule == "tsunagi-statement" || issue.rule == "tsunagi-attachment";
        });
        refused += is_refused ? 1 : 0;
        const json::Document bundle = bundle_of(packet.root(), library());
        EXPECT_TRUE(is_refused || !fhir::has_error(validator.validate(bundle.root())));
    }
    EXPECT_GT(refused, 10U) << "the packets are not as bad as they should be";
}

TEST(PacketMaps, NameTheCellThatTheyDoNotCarry) {
    // One rule less, and the packet that fills the cell is refused by name.
    auto texts = read_map_folder(TSUNAGI_SOURCE_DIR "/mappings").value();
    for (auto& text : texts) {
        constexpr std::string_view kRule =
            "request.mainSymptom as v then TextObservation(v, bundle, patient, 'bed-request', "
            "'main-symptom') \"symptom\";";
        const std::size_t at = text.text.find(kRule);
        if (at != std::string::npos) text.text.erase(at, kRule.size());
    }
    const auto edited = MapLibrary::load(texts, support::definitions());
    ASSERT_TRUE(edited) << to_string(edited.error());
    const json::Document packet =
        json::read(support::read_file(packets() / "minimal.in.json")).value();
    SeededRandom random(kSeed);
    const auto made =
        translate(*edited, kPacketMap, packet.root(), Environment{kNow, kZone, random});
    ASSERT_TRUE(made) << to_string(made.error());
    ASSERT_EQ(made->issues.size(), 1U);
    EXPECT_EQ(made->issues[0].code, "cell-not-carried");
    EXPECT_EQ(made->issues[0].expression, "Packet.bedRequest.mainSymptom");
    EXPECT_NE(made->issues[0].ja.find("主症状"), std::string::npos);
}

TEST(PacketCases, AreAllFound) {
    EXPECT_EQ(accepted_cases().size(), 47U);
    std::size_t goldens = 0;
    for (const auto& entry : fs::directory_iterator(packets()))
        goldens += entry.path().filename().string().ends_with(".bundle.json") ? 1 : 0;
    EXPECT_EQ(goldens, accepted_cases().size());
}

INSTANTIATE_TEST_SUITE_P(Fixtures, Packets, testing::ValuesIn(accepted_cases()),
                         [](const auto& each) { return each.param; });

}  // namespace
}  // namespace tsunagi::translate

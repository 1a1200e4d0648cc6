// Every accepted packet of fixtures/packets becomes exactly the Bundle beside it, valid against R4,
// with every cell accounted for. Seed and clock are fixed; the Bundles change only by the target
// rewrite_bundles.
#include <algorithm>
#include <cstdio>
#include <cstdlib>

#include "json/writer.h"
#include "support/definitions.h"
#include "translate/map_library.h"
#include "translate/reading.h"
#include "translate/translator.h"
#include "validate/validator.h"

namespace tsunagi::translate {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kPacketMap = "https://tsunagi.example/fhir/StructureMap/packet";
constexpr std::string_view kPacketModel = "https://tsunagi.example/fhir/StructureDefinition/Packet";
constexpr std::uint64_t kSeed = 20261120;
constexpr std::chrono::minutes kZone{9 * 60};
/// 20 November 2026, 10:45 in Tokyo: the world's date of the fixtures.
constexpr Instant kNow =
    std::chrono::sys_days{std::chrono::year{2026} / 11 / 20} + std::chrono::minutes{105};

fs::path packets() { return fs::path{TSUNAGI_SOURCE_DIR} / "fixtures/packets"; }

/// The packets that the gateway accepts: those without an outcome beside them.
std::vector<std::string> accepted_cases() {
    std::vector<std::string> names;
    for (const auto& entry : fs::directory_iterator(packets())) {
        const std::string file = entry.path().filename().string();
        if (!file.ends_with(".in.json")) continue;
        const std::string name = file.substr(0, file.size() - 8);
        if (!fs::exists(packets() / (name + ".outcome.json"))) names.push_back(name);
    }
    std::sort(names.begin(), names.end());
    return names;
}

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

TEST(PacketCases, AreAllFound) {
    EXPECT_EQ(accepted_cases().size(), 12U);
    std::size_t goldens = 0;
    for (const auto& entry : fs::directory_iterator(packets()))
        goldens += entry.path().filename().string().ends_with(".bundle.json") ? 1 : 0;
    EXPECT_EQ(goldens, accepted_cases().size());
}

INSTANTIATE_TEST_SUITE_P(Fixtures, Packets, testing::ValuesIn(accepted_cases()),
                         [](const auto& each) { return each.param; });

}  // namespace
}  // namespace tsunagi::translate

// From the Bundle back to the packet (mappings/reverse), and forward again: the same Bundle, byte
// for byte with clock and seed fixed. The packet that comes back differs from the one handed in by
// the cells that the receipt calls dropped, and by nothing else.
#include <algorithm>
#include <set>

#include "conformance/cells.h"
#include "conformance/fixture_packets.h"
#include "json/builder.h"
#include "json/writer.h"
#include "support/any_packet.h"
#include "support/campaign.h"
#include "support/definitions.h"
#include "translate/map_library.h"
#include "translate/reading.h"
#include "translate/translator.h"
#include "validate/validator.h"

namespace tsunagi::translate {
namespace {

using conformance::cells_of;

constexpr std::string_view kPacketMap = "https://tsunagi.example/fhir/StructureMap/packet";
constexpr std::string_view kReverseMap = "https://tsunagi.example/fhir/StructureMap/reverse-packet";
constexpr std::string_view kPacketModel = "https://tsunagi.example/fhir/StructureDefinition/Packet";
constexpr std::uint64_t kSeed = 20261121;
constexpr std::chrono::minutes kZone{9 * 60};
constexpr Instant kNow =
    std::chrono::sys_days{std::chrono::year{2026} / 11 / 20} + std::chrono::minutes{105};

std::vector<MapText> texts() {
    auto made = read_map_folder(TSUNAGI_SOURCE_DIR "/mappings").value();
    auto reverse = read_map_folder(TSUNAGI_SOURCE_DIR "/mappings/reverse").value();
    for (auto& text : reverse) made.push_back({"reverse/" + text.name, std::move(text.text)});
    return made;
}

const MapLibrary& library() {
    static const MapLibrary kLibrary = MapLibrary::load(texts(), support::definitions()).value();
    return kLibrary;
}

json::Document fixture(const std::string& name) {
    return json::read(support::read_file(conformance::packets() / (name + ".in.json"))).value();
}

Translation forward(json::Value packet) {
    std::vector<fhir::Issue> issues;
    const json::Document readable =
        read_cells(packet, support::definitions(), kPacketModel, kZone, issues);
    SeededRandom random(kSeed);
    auto made = translate(library(), kPacketMap, readable.root(), {kNow, kZone, random});
    if (!made) ADD_FAILURE() << to_string(made.error());
    if (!made) return {};
    for (const auto& issue : made->issues) ADD_FAILURE() << issue.expression << issue.en;
    return std::move(*made);
}

json::Document back(json::Value bundle, const MapLibrary& maps) {
    SeededRandom random(kSeed);
    const auto made = transform(maps, kReverseMap, bundle, {kNow, kZone, random});
    if (!made) ADD_FAILURE() << to_string(made.error());
    return made ? words_as_written(made->output.root()) : json::Document{};
}

std::set<std::string> differing(json::Value packet, json::Value returned) {
    const auto before = cells_of(packet), after = cells_of(returned);
    std::set<std::string> cells;
    for (const auto& [one, other] : {std::pair{&before, &after}, std::pair{&after, &before}}) {
        for (const auto& [cell, text] : *one) {
            const auto found = other->find(cell);
            if (found == other->end() || found->second != text) cells.insert(cell);
        }
    }
    return cells;
}

/// The models want it in every form, so it comes back from the one resource that holds it.
bool is_sex(const std::string& cell) { return cell.ends_with(".sex"); }

/// What `packet` loses on the way there and back: nothing but what the receipt says.
void expect_round_trip(json::Value packet) {
    const Translation made = forward(packet);
    ASSERT_TRUE(made.output.root());
    const json::Document returned = back(made.output.root(), library());
    const Translation again = forward(returned.root());
    EXPECT_EQ(json::write_pretty(again.output.root()), json::write_pretty(made.output.root()));
    std::set<std::string> dropped, lost = differing(packet, returned.root());
    for (const auto& row : made.receipt.rows()) {
        if (row.outcome != Outcome::Dropped) continue;
        dropped.emplace(row.cell);
        EXPECT_TRUE(lost.contains(std::string{row.cell}) || is_sex(std::string{row.cell}))
            << row.cell << " came back and is said to be dropped";
    }
    for (const auto& cell : lost) EXPECT_TRUE(dropped.contains(cell)) << cell;
}

class RoundTripsOf : public testing::TestWithParam<std::string> {};

TEST_P(RoundTripsOf, ThePacketComesBackAndMakesTheSameBundle) {
    const json::Document packet = fixture(GetParam());
    expect_round_trip(packet.root());
    const Translation made = forward(packet.root());
    const json::Document returned = back(made.output.root(), library());
    std::vector<fhir::Issue> issues;
    const json::Document readable =
        read_cells(returned.root(), support::definitions(), kPacketModel, kZone, issues);
    const auto found = validate::Validator(support::definitions())
                           .validate(readable.root(),
                                     {.profile = std::string{kPacketModel}, .root_name = "Packet"});
    issues.insert(issues.end(), found.begin(), found.end());
    for (const auto& issue : issues) {
        if (issue.severity <= fhir::IssueSeverity::Error)
            ADD_FAILURE() << issue.expression << ": " << issue.en;
    }
}

INSTANTIATE_TEST_SUITE_P(Fixtures, RoundTripsOf, testing::ValuesIn(conformance::accepted_cases()),
                         [](const auto& each) { return each.param; });

/// A group of no cell is no FHIR (ele-1); the gateway takes none.
void take_out_empty_groups(json::Builder& builder, json::Node* node) {
    for (json::Node *child = node->first, *next = nullptr; child; child = next) {
        next = child->next;
        take_out_empty_groups(builder, child);
        if (child->kind == json::Kind::Object && !child->first) builder.remove(node, child);
    }
}

/// Puts `word` into every cell that the reading normalises; how many.
std::size_t fill_read_cells(json::Builder& builder, json::Node* object, const fhir::TypeDef& type,
                            std::string_view word) {
    std::size_t changed = 0;
    for (json::Node* member = object->first; member; member = member->next) {
        const fhir::Member* known = type.find(json::Value{member}.key());
        if (!known || !known->type->type) continue;
        if (member->kind == json::Kind::Object)
            changed += fill_read_cells(builder, member, *known->type->type, word);
        if (member->kind == json::Kind::Array) {
            for (json::Node* item = member->first; item; item = item->next) {
                if (item->kind == json::Kind::Object)
                    changed += fill_read_cells(builder, item, *known->type->type, word);
            }
        }
        const std::string_view reading = known->element->facet(kReading);
        const bool is_free = !reading.empty() && !reading.ends_with("-number") &&
                             known->type->type->name == "string";
        if (member->kind != json::Kind::String || !is_free) continue;
        builder.assign(member, word);
        ++changed;
    }
    return changed;
}

/// Puts 同上 into every text of the second item of a list that the first item has too.
void same_as_above(json::Builder& builder, json::Node* object, const fhir::TypeDef& type) {
    for (json::Node* member = object->first; member; member = member->next) {
        const fhir::Member* known = type.find(json::Value{member}.key());
        if (!known || !known->type->type) continue;
        if (member->kind == json::Kind::Object) same_as_above(builder, member, *known->type->type);
        if (member->kind != json::Kind::Array || member->size < 2 ||
            member->first->kind != json::Kind::Object)
            continue;
        json::Node* second = member->first->next;
        for (json::Node* cell = second->first; cell; cell = cell->next) {
            const std::string_view key = json::Value{cell}.key();
            const fhir::Member* of_item = known->type->type->find(key);
            if (cell->kind == json::Kind::String && json::Value{member->first}[key] && of_item &&
                of_item->type->type->name == "string")
                builder.assign(cell, std::string_view{"同上"});
        }
    }
}

TEST(RoundTrips, BringBackGeneratedPackets) {
    support::Campaign campaign("round_trips", 10'000, 200);
    for (std::uint64_t number = 0; campaign.next(number);) {
        SCOPED_TRACE("packet " + std::to_string(number));
        AnyPacket any(support::definitions(), number, static_cast<unsigned>(number * 7 % 100));
        json::Document packet = any.make(kPacketModel);
        json::Builder builder(packet);
        take_out_empty_groups(builder, builder.root());
        expect_round_trip(packet.root());
        if (testing::Test::HasFailure()) return;
    }
}

/// 不明 (asked, not known) and 未記入 (not filled) become the reason why there is no value, in
/// every cell that is read, and come back as the words.
TEST(RoundTrips, BringBackTheWordsThatStandForNoValue) {
    for (const std::string word : {"不明", "未記入"}) {
        SCOPED_TRACE(word);
        for (std::uint64_t number = 0; number < 10; ++number) {
            json::Document packet =
                AnyPacket(support::definitions(), number, static_cast<unsigned>(number) * 7, true)
                    .make(kPacketModel);
            json::Builder builder(packet);
            const std::size_t changed = fill_read_cells(
                builder, builder.root(), *support::definitions().type(kPacketModel), word);
            EXPECT_GT(changed, 10U);
            take_out_empty_groups(builder, builder.root());
            expect_round_trip(packet.root());
            if (testing::Test::HasFailure()) return;
        }
    }
}

TEST(RoundTrips, BringBackSameAsAbove) {
    for (std::uint64_t number = 0; number < 20; ++number) {
        SCOPED_TRACE("packet " + std::to_string(number));
        json::Document packet = AnyPacket(support::definitions(), number, 0).make(kPacketModel);
        json::Builder builder(packet);
        same_as_above(builder, builder.root(), *support::definitions().type(kPacketModel));
        const auto cells = cells_of(packet.root());
        EXPECT_TRUE(
            std::ranges::any_of(cells, [](const auto& cell) { return cell.second == "同上"; }));
        expect_round_trip(packet.root());
        if (testing::Test::HasFailure()) return;
    }
}

/// The rules of a map that stand on one line: where they begin, and their text.
std::vector<std::pair<std::size_t, std::string>> rules_on_one_line(const std::string& map) {
    std::vector<std::pair<std::size_t, std::string>> rules;
    bool begins = false;
    for (std::size_t at = 0; at < map.size();) {
        const std::size_t end = std::min(map.find('\n', at), map.size());
        const std::string line = map.substr(at, end - at);
        const bool whole = line.starts_with("  ") && line.ends_with("\";") &&
                           std::ranges::count(line, '{') == std::ranges::count(line, '}') &&
                           line.find('}') >= line.find('{');
        if (begins && whole) rules.emplace_back(at, line);
        const bool comment = line.find_first_not_of(' ') == line.find("//");
        if (!comment || line.empty())
            begins = line.empty() || line.ends_with('{') || line.ends_with(';');
        at = end + 1;
    }
    return rules;
}

/// The planted faults: every rule of the way back, taken away, loses a cell of these packets.
TEST(RoundTrips, LoseACellWithoutAnyOneOfTheRules) {
    std::vector<json::Document> bundles;
    for (std::uint64_t number = 0; number < 24; ++number) {
        const auto leave_out = static_cast<unsigned>(number % 6) * 15;
        json::Document packet =
            AnyPacket(support::definitions(), number, leave_out).make(kPacketModel);
        // Without these cells the particulars of the patient are those of the letter or the sheet.
        json::Builder builder(packet);
        if (number % 6 == 0)
            same_as_above(builder, builder.root(), *support::definitions().type(kPacketModel));
        if (number % 2 == 1) builder.remove(builder.root(), "identity");
        json::Node* letter = json::Builder::find(builder.root(), "referralLetter");
        for (const char* cell : {"patientName", "patientKana", "birthDate", "patientAddress",
                                 "patientPostalCode", "patientPhone"}) {
            if (number % 4 == 3) builder.remove(letter, cell);
        }
        bundles.push_back(std::move(forward(packet.root()).output));
    }
    const auto cells_back = [&](const json::Document& bundle, const MapLibrary& maps) {
        const json::Document returned = back(bundle.root(), maps);
        return cells_of(returned.root());
    };
    std::vector<std::map<std::string, std::string>> whole;
    whole.reserve(bundles.size());
    for (const auto& bundle : bundles) whole.push_back(cells_back(bundle, library()));
    auto maps = read_map_folder(TSUNAGI_SOURCE_DIR "/mappings/reverse").value();
    std::size_t rules = 0;
    for (auto& map : maps) {
        const std::string text = map.text;
        for (const auto& [at, rule] : rules_on_one_line(text)) {
            SCOPED_TRACE(map.name + ": " + rule);
            map.text = text;
            map.text.erase(at, rule.size());
            const auto edited = MapLibrary::load(maps, support::definitions());
            ASSERT_TRUE(edited) << to_string(edited.error());
            bool missed = false;
            for (std::size_t i = 0; i < bundles.size() && !missed; ++i)
                missed = cells_back(bundles[i], *edited) != whole[i];
            EXPECT_TRUE(missed) << "nothing is lost without this rule";
            ++rules;
        }
        map.text = text;
    }
    EXPECT_GT(rules, 150U);
}

}  // namespace
}  // namespace tsunagi::translate

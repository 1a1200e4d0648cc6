// Ten thousand packets made from the models (100 in CI): the receipt names every leaf cell once, in
// its order, and says of each what became of it; what it calls mapped or kept is in the output. The
// same packets as tables and as answers come back cell by cell.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>

#include "conformance/cells.h"
#include "json/reader.h"
#include "json/writer.h"
#include "support/any_packet.h"
#include "support/campaign.h"
#include "support/definitions.h"
#include "text/csv.h"
#include "translate/intake.h"
#include "translate/map_library.h"
#include "translate/reading.h"
#include "translate/translator.h"
#include "validate/validator.h"

namespace tsunagi::translate {
namespace {

constexpr std::string_view kPacketMap = "https://tsunagi.example/fhir/StructureMap/packet";
constexpr std::string_view kPacketModel = "https://tsunagi.example/fhir/StructureDefinition/Packet";
constexpr std::chrono::minutes kZone{9 * 60};
constexpr Instant kNow =
    std::chrono::sys_days{std::chrono::year{2026} / 11 / 20} + std::chrono::minutes{105};

const MapLibrary& library() {
    static const MapLibrary kLibrary =
        MapLibrary::load_folder(TSUNAGI_SOURCE_DIR "/mappings", support::definitions()).value();
    return kLibrary;
}

AnyPacket generator(std::uint64_t number) {
    return {support::definitions(), number, static_cast<unsigned>(number * 7 % 100)};
}

/// "Composition.section.text.div" and everything above it, of every value of the output.
void paths_of(json::Value value, const std::string& path, std::set<std::string>& into) {
    into.insert(path);
    for (const json::Value child : value) {
        std::string below = path;
        if (!child.key().empty()) {
            below += '.';
            below += child.key().starts_with('_') ? child.key().substr(1) : child.key();
        }
        paths_of(child, below, into);
    }
}

TEST(Receipts, AccountForEveryCellOfGeneratedPackets) {
    support::Campaign campaign("receipts", 10'000, 100);
    std::size_t cells = 0, identifiers = 0;
    for (std::uint64_t number = 0; campaign.next(number);) {
        SCOPED_TRACE("packet " + std::to_string(number));
        AnyPacket any = generator(number);
        const json::Document packet = any.make(kPacketModel);
        std::vector<fhir::Issue> issues;
        const json::Document readable =
            read_cells(packet.root(), support::definitions(), kPacketModel, kZone, issues);
        SeededRandom random(number);
        const auto made =
            translate(library(), kPacketMap, readable.root(), Environment{kNow, kZone, random});
        ASSERT_TRUE(made) << to_string(made.error());
        for (const auto& issue : made->issues) ADD_FAILURE() << issue.expression << issue.en;
        const auto rows = made->receipt.rows();
        ASSERT_EQ(rows.size(), any.labels().size());
        std::set<std::string> written;
        for (const json::Value entry : made->output.root()["entry"])
            paths_of(entry["resource"], std::string{entry["resource"]["resourceType"].text()},
                     written);
        for (std::size_t at = 0; at < rows.size(); ++at) {
            EXPECT_EQ(rows[at].cell, any.labels()[at].cell);
            EXPECT_NE(rows[at].outcome, Outcome::Unaccounted) << rows[at].cell;
            const bool dropped = rows[at].outcome == Outcome::Dropped;
            EXPECT_EQ(rows[at].reason.empty(), !dropped) << rows[at].cell;
            EXPECT_EQ(rows[at].targets.empty(), dropped) << rows[at].cell;
            for (const auto target : rows[at].targets)
                EXPECT_TRUE(written.contains(std::string{target})) << rows[at].cell << target;
            identifiers += any.labels()[at].sensitivity == "direct-identifier" ? 1 : 0;
        }
        cells += rows.size();
        if (testing::Test::HasFailure()) return;
    }
    EXPECT_GT(cells, 1000U);
    EXPECT_GT(identifiers, 100U);
}

/// Every text at `path` ("Patient.name.text") of a resource, or below it.
void texts_at(json::Value value, std::string_view path, std::vector<std::string>& into) {
    if (value.is_array()) {
        for (const json::Value item : value) texts_at(item, path, into);
        return;
    }
    const std::size_t dot = path.find('.');
    if (dot == std::string_view::npos) {
        if (!value.text().empty()) into.emplace_back(value.text());
        for (const json::Value child : value) texts_at(child, path, into);
        return;
    }
    const std::string_view rest = path.substr(dot + 1);
    if (const json::Value below = value[rest.substr(0, rest.find('.'))])
        texts_at(below, rest, into);
}

/// The texts of AnyPacket are unique: an element that came from a cell holds the text of that cell
/// or a part of it, in the resource that the target names.
TEST(Provenance, PointsEachElementOfEachResourceToItsCell) {
    const validate::Validator validator(support::definitions());
    for (std::uint64_t number = 0; number < 20; ++number) {
        SCOPED_TRACE("packet " + std::to_string(number));
        AnyPacket any = generator(number);
        const json::Document packet = any.make(kPacketModel);
        std::vector<fhir::Issue> issues;
        const json::Document readable =
            read_cells(packet.root(), support::definitions(), kPacketModel, kZone, issues);
        SeededRandom random(number);
        const auto made =
            translate(library(), kPacketMap, readable.root(), Environment{kNow, kZone, random});
        ASSERT_TRUE(made);
        const json::Document provenance = provenance_of(made->receipt, made->output.root());
        for (const auto& issue : validator.validate(provenance.root())) {
            if (issue.severity <= fhir::IssueSeverity::Error)
                ADD_FAILURE() << issue.expression << issue.en;
        }
        std::map<std::string_view, json::Value> resources;
        for (const json::Value entry : made->output.root()["entry"])
            resources.emplace(entry["fullUrl"].text(), entry["resource"]);
        std::map<std::string_view, std::string_view> texts;
        for (const auto& label : any.labels()) {
            if (label.text.starts_with("文字")) texts.emplace(label.cell, label.text);
        }
        std::set<std::string_view> cells;
        std::size_t compared = 0;
        for (const json::Value target : provenance.root()["target"]) {
            const json::Value parts = target["extension"].at(0)["extension"];
            const std::string_view element = parts.at(0)["valueString"].text();
            const std::string_view cell = parts.at(1)["valueString"].text();
            cells.insert(cell);
            const auto resource = resources.find(target["reference"].text());
            ASSERT_NE(resource, resources.end()) << cell;
            const auto text = texts.find(cell);
            if (text == texts.end() || element.ends_with(".div")) continue;
            std::vector<std::string> found;
            texts_at(resource->second, element, found);
            EXPECT_TRUE(
                std::ranges::any_of(found,
                                    [&](const std::string& each) {
                                        return each.find(text->second) != std::string::npos ||
                                               text->second.find(each) != std::string_view::npos;
                                    }))
                << cell << " is not at " << element;
            ++compared;
        }
        EXPECT_GT(compared, 5U);
        for (const auto& row : made->receipt.rows()) {
            const bool in_resource = !row.targets.empty() && !row.targets[0].starts_with("Bundle");
            EXPECT_EQ(cells.contains(row.cell), in_resource) << row.cell;
        }
        if (testing::Test::HasFailure()) return;
    }
}

/// The planted fault: without the rule of a cell the receipt says so.
TEST(Receipts, ACellWithoutARuleIsFound) {
    auto texts = read_map_folder(TSUNAGI_SOURCE_DIR "/mappings").value();
    for (auto& text : texts) {
        constexpr std::string_view kRule = "person.phone as v then Phone(v, related) \"phone\";";
        const std::size_t at = text.text.find(kRule);
        if (at != std::string::npos) text.text.erase(at, kRule.size());
    }
    const auto edited = MapLibrary::load(texts, support::definitions());
    ASSERT_TRUE(edited) << to_string(edited.error());
    AnyPacket any(support::definitions(), 1, 0);
    const json::Document packet = any.make(kPacketModel);
    SeededRandom random(1);
    const auto made =
        translate(*edited, kPacketMap, packet.root(), Environment{kNow, kZone, random});
    ASSERT_TRUE(made);
    EXPECT_EQ(made->receipt.count(Outcome::Unaccounted), 1U);
    EXPECT_EQ(made->issues.size(), 1U);
}

/// One row; every cell is a column named by its path, the values of a list of texts in one field.
std::string table_of(const std::vector<CellLabel>& labels) {
    std::vector<std::string> names, values;
    for (const auto& label : labels) {
        std::string name = label.cell;
        if (name.ends_with(']')) name.resize(name.rfind('['));
        if (!names.empty() && names.back() == name) {
            values.back() += ";" + label.text;
        } else {
            names.push_back(std::move(name));
            values.push_back(label.text);
        }
    }
    return text::write_csv_row(names) + text::write_csv_row(values);
}

void answer(json::Builder& builder, json::Node* items, json::Value value, const std::string& path) {
    for (const json::Value member : value) {
        if (member.key() == "resourceType") continue;
        const std::string id = path + (path.empty() ? "" : ".") + std::string{member.key()};
        const bool many = member.is_array();
        const json::Value first = many ? member.at(0) : member;
        if (first.is_object()) {
            for (std::size_t at = 0; at < (many ? member.size() : 1); ++at) {
                json::Node* item = builder.add_object(items);
                builder.set(item, "linkId", id);
                answer(builder, builder.set_array(item, "item"), many ? member.at(at) : member, id);
            }
            continue;
        }
        json::Node* item = builder.add_object(items);
        builder.set(item, "linkId", id);
        json::Node* answers = builder.set_array(item, "answer");
        for (std::size_t at = 0; at < (many ? member.size() : 1); ++at) {
            const json::Value one = many ? member.at(at) : member;
            json::Node* made = builder.add_object(answers);
            builder.set(made, one.is_bool() ? "valueBoolean" : "valueString", one);
        }
    }
}

TEST(Forms, ComeBackAsTheyWereFromTablesAndAnswers) {
    for (std::uint64_t number = 0; number < 30; ++number) {
        SCOPED_TRACE("packet " + std::to_string(number));
        AnyPacket any = generator(number);
        const json::Document packet = any.make(kPacketModel);
        const auto expected = conformance::cells_of(packet.root());
        const Intake table =
            read_table(table_of(any.labels()), {}, support::definitions(), kPacketModel, kZone);
        for (const auto& issue : table.issues) ADD_FAILURE() << issue.expression << issue.en;
        EXPECT_EQ(conformance::cells_of(table.packet.root()), expected);

        json::Document answers;
        json::Builder builder(answers);
        json::Node* root = builder.object();
        answer(builder, builder.set_array(root, "item"), packet.root(), {});
        const Intake answered =
            read_answers(answers.root(), support::definitions(), kPacketModel, kZone);
        for (const auto& issue : answered.issues) ADD_FAILURE() << issue.expression << issue.en;
        EXPECT_EQ(conformance::cells_of(answered.packet.root()), expected);
        EXPECT_EQ(answered.receipt.root()["rows"].size(), any.labels().size());
        if (testing::Test::HasFailure()) return;
    }
}

}  // namespace
}  // namespace tsunagi::translate

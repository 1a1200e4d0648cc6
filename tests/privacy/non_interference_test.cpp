// Two packets that differ in nothing but identifiers give the same offer, byte for byte: what a
// hospital sees before it accepted cannot depend on who the patient is (bar I2 of security.md).
#include <gtest/gtest.h>

#include <algorithm>
#include <string>

#include "json/builder.h"
#include "json/writer.h"
#include "privacy/case.h"
#include "privacy/needles.h"
#include "privacy/rendition.h"
#include "support/result_matchers.h"
#include "translate/map_library.h"
#include "translate/reading.h"
#include "translate/translator.h"

namespace tsunagi::privacy {
namespace {

using json::Builder;
using json::Node;
using json::Value;

constexpr std::string_view kMap = "https://tsunagi.example/fhir/StructureMap/packet";
constexpr std::string_view kModel = "https://tsunagi.example/fhir/StructureDefinition/Packet";
constexpr std::chrono::minutes kJapan{9 * 60};

const translate::MapLibrary& maps() {
    static const translate::MapLibrary library =
        std::move(
            translate::MapLibrary::load_folder(TSUNAGI_SOURCE_DIR "/mappings", test::definitions()))
            .value();
    return library;
}

json::Document bundle_of(Value packet) {
    std::vector<fhir::Issue> issues;
    const json::Document readable =
        translate::read_cells(packet, test::definitions(), kModel, kJapan, issues);
    EXPECT_TRUE(issues.empty()) << issues.front().expression << issues.front().en;
    SeededRandom random(20261120);
    const Instant now = parse_instant("2026-11-20T10:45:00+09:00").value();
    auto made = translate::translate(maps(), kMap, readable.root(),
                                     translate::Environment{now, kJapan, random});
    EXPECT_OK(made);
    return std::move(made->output);
}

/// Somebody else's value of the same form.
std::string_view other_value(IdentifierCell::Form form) {
    switch (form) {
        case IdentifierCell::Form::Name:
        case IdentifierCell::Form::Carer:
            return "手塚 康子";
        case IdentifierCell::Form::Kana:
            return "テヅカ ヤスコ";
        case IdentifierCell::Form::Date:
            return "昭和12年12月30日";
        case IdentifierCell::Form::Phone:
            return "０９０－１１１１－７７７７";
        case IdentifierCell::Form::Number:
            return "06139992";  // its check digit holds (domain.md 5.8)
        case IdentifierCell::Form::Address:
            return "西東京市泉町１丁目２番３号";
        case IdentifierCell::Form::NotSought:
            return "55yW44Gu5YaZ44GX";
    }
    return {};
}

/// Replaces the cell wherever the packet has it; how often.
int replace(Builder& builder, Value at, std::string_view path, std::string_view value) {
    const std::size_t end = std::min(path.find('.'), path.size());
    std::string_view name = path.substr(0, end);
    const bool list = name.ends_with("[]");
    if (list) name.remove_suffix(2);
    const Value next = at[name];
    if (!next) return 0;
    if (end == path.size()) {
        builder.assign(builder.edit(next), value);
        return 1;
    }
    const std::string_view rest = path.substr(end + 1);
    if (!list) return replace(builder, next, rest, value);
    int replaced = 0;
    for (const Value item : next) replaced += replace(builder, item, rest, value);
    return replaced;
}

std::string offer_of(Value packet) {
    const json::Document bundle = bundle_of(packet);
    auto offer = Offer::build(bundle.root(), test::kAlias, test::offer_rules(), {});
    EXPECT_OK(offer);
    const json::Document sent = offer->transaction();
    return json::write(sent.root());
}

TEST(NonInterference, AnotherPersonsIdentifiersGiveTheSameOffer) {
    for (const char* name : {"nishitokyo_full", "nishitokyo_declined", "minimal"}) {
        const json::Document one =
            test::read_file("fixtures/packets/" + std::string{name} + ".in.json");
        json::Document other = json::clone(one.root());
        Builder builder(other);
        int replaced = 0;
        for (const IdentifierCell& cell : identifier_cells()) {
            if (cell.path.ends_with("postalCode") || cell.path.ends_with("PostalCode"))
                replaced += replace(builder, other.root(), cell.path, "２０２－００１２");
            else
                replaced += replace(builder, other.root(), cell.path, other_value(cell.form));
        }
        EXPECT_GE(replaced, 4) << name;
        const std::string left = offer_of(one.root()), right = offer_of(other.root());
        const auto apart = std::mismatch(left.begin(), left.end(), right.begin(), right.end());
        const auto at = static_cast<std::size_t>(apart.first - left.begin());
        EXPECT_EQ(left.size(), right.size()) << name;
        EXPECT_EQ(at, left.size())
            << name << ": " << left.substr(at - std::min<std::size_t>(at, 80), 160);
    }
}

TEST(NonInterference, TheComparisonSeesADifference) {
    const json::Document one = test::read_file("fixtures/packets/minimal.in.json");
    json::Document other = json::clone(one.root());
    Builder builder(other);
    ASSERT_EQ(replace(builder, other.root(), "referralLetter.course", "別の経過。"), 1);
    EXPECT_NE(offer_of(one.root()), offer_of(other.root()));
}

}  // namespace
}  // namespace tsunagi::privacy

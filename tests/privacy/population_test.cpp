// Nobody is one of too few before acceptance (security.md I8): 100,000 people drawn from the table
// and from outside it.
#include "privacy/population.h"

#include <gtest/gtest.h>

#include <array>
#include <functional>
#include <iostream>
#include <map>
#include <tuple>

#include "base/random.h"
#include "json/builder.h"
#include "json/writer.h"
#include "privacy/case.h"
#include "privacy/rendition.h"
#include "support/result_matchers.h"
#include "text/csv.h"

namespace tsunagi::privacy {
namespace {

std::string shipped_text() {
    return support::read_file(std::string{TSUNAGI_SOURCE_DIR} +
                              "/profiles/disclosure/population.csv");
}
Population shipped() { return std::move(Population::load(shipped_text())).value(); }

/// The table as plain tuples, read apart from the code under test: one tuple per person would be
/// too many, so each carries how many it stands for.
struct Cell {
    std::string municipality, sex, level;
    int from = 0, to = 0;
    std::int64_t people = 0;
};
std::vector<Cell> cells() {
    std::vector<Cell> all;
    const auto rows = text::read_csv(shipped_text());
    for (const auto& row : *rows) {
        if (row.fields[0].starts_with("#") || row.fields[0] == "municipality") continue;
        all.push_back({row.fields[0], row.fields[1], row.fields[4], std::stoi(row.fields[2]),
                       row.fields[3].empty() ? 200 : std::stoi(row.fields[3]),
                       std::stoll(row.fields[5])});
    }
    return all;
}

/// How many people of the table look exactly like what is shown.
std::int64_t look_alikes(const std::vector<Cell>& table, const Shown& shown) {
    std::int64_t sum = 0;
    for (const Cell& cell : table) {
        const bool in_age = !shown.ages || (cell.from >= shown.ages->from &&
                                            cell.to <= shown.ages->to.value_or(200));
        if (in_age && (shown.municipality.empty() || cell.municipality == shown.municipality) &&
            (shown.sex.empty() || cell.sex == shown.sex) &&
            (shown.care_level.empty() || cell.level == shown.care_level))
            sum += cell.people;
    }
    return sum;
}

/// Someone of the table by the number of people, or anybody at all.
Known draw(const std::vector<Cell>& table, std::int64_t everybody, SeededRandom& chance) {
    if (chance.below(4) == 0) {
        const Cell& cell = table[chance.below(table.size())];  // the rare as often as the many
        return {static_cast<int>(cell.from + static_cast<int>(chance.below(5))), cell.sex,
                cell.municipality, cell.level};
    }
    if (chance.below(20) == 0) {
        constexpr std::array<std::string_view, 4> kTowns{"檜原村", "", "西東京市", "青ヶ島村"};
        constexpr std::array<std::string_view, 4> kSexes{"other", "unknown", "male", ""};
        return {static_cast<int>(chance.below(120)), std::string{kSexes[chance.below(4)]},
                std::string{kTowns[chance.below(4)]}, chance.below(2) == 0 ? "25" : "99"};
    }
    auto place = static_cast<std::int64_t>(chance.below(static_cast<std::uint64_t>(everybody)));
    for (const Cell& cell : table) {
        place -= cell.people;
        if (place >= 0) continue;
        return {cell.from + static_cast<int>(chance.below(5)), cell.sex, cell.municipality,
                cell.level};
    }
    return {};
}

std::uint64_t violations(const std::function<Shown(const Known&)>& coarsen, std::uint64_t draws,
                         std::map<std::string, std::uint64_t>* kinds = nullptr) {
    const auto table = cells();
    std::int64_t everybody = 0;
    for (const Cell& cell : table) everybody += cell.people;
    std::uint64_t found = 0;
    for (std::uint64_t number = 0; number < draws; ++number) {
        SeededRandom chance(number);
        const Known known = draw(table, everybody, chance);
        const Shown shown = coarsen(known);
        if (look_alikes(table, shown) < kAnonymous) ++found;
        // What is shown is true, or is not shown.
        EXPECT_TRUE(shown.municipality.empty() || shown.municipality == known.municipality);
        EXPECT_TRUE(shown.sex.empty() || shown.sex == known.sex);
        EXPECT_TRUE(shown.care_level.empty() || shown.care_level == known.care_level);
        if (shown.ages) {
            EXPECT_LE(shown.ages->from, *known.age);
            EXPECT_GE(shown.ages->to.value_or(200), *known.age);
        }
        if (!kinds) continue;
        const int years = !shown.ages ? 0 : shown.ages->to.value_or(199) - shown.ages->from + 1;
        ++(*kinds)[(years == 5    ? "five years"
                    : years == 10 ? "ten years"
                    : years == 0  ? "no age"
                                  : "broad") +
                   std::string{shown.care_level.empty() && !known.care_level.empty()
                                   ? ", no care level"
                                   : ""} +
                   (shown.municipality.empty() ? ", no municipality" : "")];
    }
    return found;
}

TEST(Population, NobodyIsOneOfTooFew) {
    constexpr std::uint64_t kDraws = 100'000;
    const Population table = shipped();
    std::map<std::string, std::uint64_t> kinds;
    EXPECT_EQ(violations([&](const Known& known) { return table.coarsen(known); }, kDraws, &kinds),
              0U);
    std::cout << kDraws << " people:";
    for (const auto& [kind, count] : kinds) std::cout << " " << kind << " " << count << ";";
    std::cout << "\n";
    EXPECT_GT(kinds["five years"], kDraws / 2) << "most keep what a physician needs";
    EXPECT_GT(kinds.size(), 2U) << "some are left out of";
}

TEST(Population, ThePlantedCoarseningThatAsksNobodyIsFound) {
    EXPECT_GT(violations(coarsen_unknown, 1'000), 0U);
}

TEST(Population, SaysItsSourceAndDate) {
    const Population table = shipped();
    EXPECT_NE(table.source().find("synthetic"), std::string::npos);
    EXPECT_EQ(table.date(), "2026-11-21");
}

TEST(Population, RefusesATableThatCannotBeTrusted) {
    constexpr std::string_view kHead = "# source: s\n# date: d\n";
    constexpr std::string_view kColumns = "municipality,sex,age_from,age_to,care_level,people\n";
    const auto loads = [](const std::string& text) {
        return static_cast<bool>(Population::load(text));
    };
    const std::string good = std::string{kHead} + std::string{kColumns};
    EXPECT_TRUE(loads(good + "市,male,0,4,,5\n"));
    EXPECT_FALSE(loads(std::string{kColumns} + "市,male,0,4,,5\n")) << "no source";
    EXPECT_FALSE(loads(std::string{kHead} + "市,male,0,4,,5\n")) << "no columns";
    for (const char* row : {"市,male,0,4,,-5", "市,male,9,4,,5", "市,male,0,4,,many",
                            "市,male,0,4,5", ",male,0,4,,5", "市,male,x,4,,5", ""})
        EXPECT_FALSE(loads(good + row + "\n")) << row;
}

TEST(Population, AnOfferShowsTheBandAndNoMore) {
    const json::Document bundle = test::case_bundle();
    const auto offer = [&](const json::Document& of, bool with_table) {
        DisclosureRules rules = test::shipped_rules("offer");
        if (with_table) rules.set_population(shipped());
        auto built = Offer::build(of.root(), test::kAlias, rules, {});
        EXPECT_OK(built);
        const json::Document transaction = built->transaction();
        return json::write(transaction.root());
    };
    for (const bool with_table : {true, false}) {
        const std::string sent = offer(bundle, with_table);
        EXPECT_NE(sent.find("\"low\":{\"value\":85"), std::string::npos);
        EXPECT_NE(sent.find("\"high\":{\"value\":89"), std::string::npos);
        EXPECT_EQ(sent.find("\"value\":88"), std::string::npos);
        EXPECT_NE(sent.find("西東京市\""), std::string::npos);
    }
    // A man of 103 at the highest care level in a small town: band, level and town are left out.
    json::Document rare = test::case_bundle();
    json::Builder builder(rare);
    for (const json::Value entry : rare.root()["entry"]) {
        const json::Value resource = entry["resource"];
        if (resource["resourceType"].text() == "Patient") {
            builder.set(builder.edit(resource), "gender", "male");
            for (const json::Value address : resource["address"]) {
                if (address["city"]) builder.set(builder.edit(address), "city", "檜原村");
            }
        }
        if (resource["valueQuantity"]["code"].text() == "a")
            builder.set_number(builder.edit(resource["valueQuantity"]), "value", std::int64_t{103});
    }
    const std::string hidden = offer(rare, true);
    EXPECT_EQ(hidden.find("檜原村"), std::string::npos);
    EXPECT_EQ(hidden.find("103"), std::string::npos);
    EXPECT_NE(offer(rare, false).find("檜原村"), std::string::npos)
        << "the fault planted: no table";
}

/// Two people of one band give the same offer.
TEST(Population, AgesWithinABandAreNotToldApart) {
    std::vector<std::string> offers;
    for (const std::int64_t age : {85, 89}) {
        json::Document bundle = test::case_bundle();
        json::Builder builder(bundle);
        for (const json::Value entry : bundle.root()["entry"]) {
            const json::Value quantity = entry["resource"]["valueQuantity"];
            if (quantity["code"].text() == "a")
                builder.set_number(builder.edit(quantity), "value", age);
        }
        auto built = Offer::build(bundle.root(), test::kAlias, test::offer_rules(), {});
        ASSERT_OK(built);
        const json::Document transaction = built->transaction();
        offers.push_back(json::write(transaction.root()));
    }
    EXPECT_EQ(offers[0], offers[1]);
}

}  // namespace
}  // namespace tsunagi::privacy

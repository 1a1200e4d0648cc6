// Lists of profiles/terminology: both languages, used, and complete for what the maps write.
#include <gtest/gtest.h>

#include <set>

#include "profiles/package.h"
#include "programme/state_machine.h"

namespace tsunagi::profiles {
namespace {

bool has_english(json::Value concept_value) {
    const json::Value designations = concept_value["designation"];
    return std::any_of(designations.begin(), designations.end(), [](json::Value each) {
        return each["language"].text() == "en" && !each["value"].text().empty();
    });
}

TEST(Terminology, SaysEveryCodeInJapaneseAndEnglish) {
    std::size_t codes = 0;
    for (const auto& each : definitions()) {
        if (each.type != "CodeSystem") continue;
        const json::Value root = each.root();
        EXPECT_EQ(root["language"].text(), "ja") << each.file;
        if (root["content"].text() == "not-present") {
            EXPECT_FALSE(root["concept"]) << each.file;
            continue;
        }
        if (root["content"].text() == "complete") {
            EXPECT_EQ(static_cast<std::size_t>(root["count"].integer()), root["concept"].size())
                << each.file;
        }
        for (const json::Value code : root["concept"]) {
            ++codes;
            EXPECT_FALSE(code["display"].text().empty()) << each.file << " " << code["code"].text();
            EXPECT_TRUE(has_english(code)) << each.file << " " << code["code"].text();
        }
    }
    EXPECT_GT(codes, 300U);
}

/// Value sets that no binding, no ConceptMap and no programme uses, and that do not say why
/// (`purpose`).
std::set<std::string> unused(const std::string& extra) {
    std::string users = extra;
    for (const auto& each : definitions()) {
        if (each.type != "ValueSet" && each.type != "CodeSystem")
            users += support::read_file(source("profiles") / each.file);
    }
    const auto mentioned = canonicals_in(users);
    std::set<std::string> left;
    for (const auto& each : definitions()) {
        if (each.type != "ValueSet" || !each.root()["purpose"].text().empty()) continue;
        if (std::find(mentioned.begin(), mentioned.end(), each.url) == mentioned.end())
            left.insert(each.id);
    }
    return left;
}

TEST(Terminology, UsesEveryValueSetOrSaysWhyNot) { EXPECT_EQ(unused(""), std::set<std::string>{}); }

/// `c('system', 'code')`, `cc('system', 'code')` and Coding or Identifier literals of the maps.
struct Written {
    std::string file, system, code;
};

std::vector<Written> codes_of_maps() {
    std::vector<Written> all;
    for (const auto& file : files_below("mappings", {".map"})) {
        const std::string text = support::read_file(file);
        for (std::size_t at = text.find("c('"); at != std::string::npos;
             at = text.find("c('", at + 1)) {
            const std::size_t system = at + 3;
            const std::size_t end = text.find('\'', system);
            if (text.compare(end, 4, "', '") != 0) continue;
            const std::size_t code = end + 4;
            all.push_back({file.filename().string(), text.substr(system, end - system),
                           text.substr(code, text.find('\'', code) - code)});
        }
    }
    return all;
}

bool holds(json::Value concepts, std::string_view code) {
    return std::any_of(concepts.begin(), concepts.end(), [&](json::Value each) {
        return each["code"].text() == code || holds(each["concept"], code);
    });
}

TEST(Terminology, HoldsEveryCodeThatTheMapsWrite) {
    std::size_t own = 0;
    for (const auto& written : codes_of_maps()) {
        if (!written.system.starts_with(kBase)) continue;
        ++own;
        const Definition* system = find(written.system);
        ASSERT_TRUE(system) << written.file << " " << written.system;
        EXPECT_TRUE(holds(system->root()["concept"], written.code))
            << written.file << ": " << written.system << "#" << written.code;
    }
    EXPECT_GT(own, 40U);
}

TEST(Terminology, HoldsEveryItemOfAConsentThatItsMapWrites) {
    const std::string text = support::read_file(source("mappings/consent.map"));
    const json::Value items = find(std::string{kBase} + "CodeSystem/consent-item")->root();
    std::set<std::string> seen;
    constexpr std::string_view kCall = "then Detail(v, consent, '";
    for (std::size_t at = text.find(kCall); at != std::string::npos;
         at = text.find(kCall, at + 1)) {
        const std::size_t from = at + kCall.size();
        seen.insert(text.substr(from, text.find('\'', from) - from));
    }
    EXPECT_EQ(seen.size(), items["concept"].size());
    for (const auto& item : seen) EXPECT_TRUE(holds(items["concept"], item)) << item;
}

std::string mapped(const Definition& map, std::string_view code) {
    for (const json::Value element : map.root()["group"].at(0)["element"]) {
        if (element["code"].text() == code)
            return std::string{element["target"].at(0)["code"].text()};
    }
    ADD_FAILURE() << map.file << " has no " << code;
    return {};
}

TEST(ConceptMaps, SayOfEachStateWhatTheStateMachineSays) {
    const auto map = [](std::string_view id) {
        return find(std::string{kBase} + "ConceptMap/case-state-to-" + std::string{id});
    };
    const json::Value states = find(std::string{kBase} + "CodeSystem/case-state")->root();
    std::set<std::string_view> named{programme::state::kDeclined, programme::state::kExpired};
    for (const auto& move : programme::moves()) named.insert({move.from, move.to});
    EXPECT_EQ(states["concept"].size(), named.size());
    for (const std::string_view state : named) {
        EXPECT_TRUE(holds(states["concept"], state)) << state;
        const auto effect = programme::effect_of(state);
        EXPECT_EQ(mapped(*map("task"), state), effect.task) << state;
        EXPECT_EQ(mapped(*map("request"), state), effect.service_request) << state;
        EXPECT_EQ(mapped(*map("stay"), state), effect.encounter) << state;
        EXPECT_EQ(mapped(*map("plan"), state), effect.care_plan) << state;
    }
}

TEST(ConceptMaps, TranslateEveryCodeOfTheirSourceToCodesOfTheirTarget) {
    std::size_t maps = 0;
    for (const auto& each : definitions()) {
        if (each.type != "ConceptMap" || each.id == "form-words") continue;
        ++maps;
        const json::Value group = each.root()["group"].at(0);
        const Definition* from = find(group["source"].text());
        ASSERT_TRUE(from) << each.file;
        EXPECT_EQ(group["element"].size(), from->root()["concept"].size()) << each.file;
        const Definition* to = find(each.root()["targetCanonical"].text());
        ASSERT_TRUE(to) << each.file;
        const json::Value include = to->root()["compose"]["include"].at(0);
        EXPECT_EQ(include["system"].text(), group["target"].text()) << each.file;
        for (const json::Value element : group["element"]) {
            EXPECT_TRUE(holds(from->root()["concept"], element["code"].text())) << each.file;
            const std::string_view target = element["target"].at(0)["code"].text();
            if (!target.empty()) {
                EXPECT_TRUE(holds(include["concept"], target)) << each.file << " " << target;
            }
        }
    }
    EXPECT_EQ(maps, 9U);
}

/// The codes of a foreign system that one of our value sets spells out.
bool is_spelled_out(std::string_view system, std::string_view code) {
    for (const auto& each : definitions()) {
        if (each.type != "ValueSet") continue;
        for (const json::Value include : each.root()["compose"]["include"]) {
            if (include["system"].text() == system && holds(include["concept"], code)) return true;
        }
    }
    return false;
}

/// Words have no code system of their own; what they stand for has one: ours, R4's, or one that a
/// value set of ours spells out.
TEST(ConceptMaps, TurnTheWordsOfFormsIntoCodesThatExist) {
    std::size_t words = 0;
    for (const json::Value group :
         find(std::string{kBase} + "ConceptMap/form-words")->root()["group"]) {
        const auto* to = support::definitions().code_system(group["target"].text());
        for (const json::Value element : group["element"]) {
            ++words;
            const std::string_view code = element["target"].at(0)["code"].text();
            EXPECT_TRUE(to ? to->find(code).has_value()
                           : is_spelled_out(group["target"].text(), code))
                << element["code"].text();
        }
    }
    EXPECT_GT(words, 20U);
}

}  // namespace
}  // namespace tsunagi::profiles

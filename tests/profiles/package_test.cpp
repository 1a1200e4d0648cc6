// profiles/ as one FHIR package: valid, complete, and the same in the archive that other tools
// load.
#include <gtest/gtest.h>

#include <map>
#include <set>

#include "packages/package_reader.h"
#include "profiles/package.h"
#include "validate/validator.h"

namespace tsunagi::profiles {
namespace {

TEST(Package, HasAManifestThatFhirToolsTake) {
    const auto manifest = json::read(support::read_file(source("profiles/package.json")));
    ASSERT_TRUE(manifest);
    const json::Value root = manifest->root();
    EXPECT_EQ(root["name"].text(), "jp.tsunagi");
    EXPECT_EQ(root["canonical"].text(), "https://tsunagi.example/fhir");
    EXPECT_EQ(root["fhirVersions"].at(0).text(), "4.0.1");
    EXPECT_EQ(root["dependencies"]["hl7.fhir.r4.core"].text(), "4.0.1");
    for (const char* member : {"version", "title", "description", "license", "author", "type"})
        EXPECT_FALSE(root[member].text().empty()) << member;
}

TEST(Package, EveryDefinitionIsValidFhir) {
    const validate::Validator validator(support::definitions());
    for (const auto& each : definitions()) {
        for (const auto& issue : validator.validate(each.root())) {
            if (issue.severity <= fhir::IssueSeverity::Error)
                ADD_FAILURE() << each.file << " " << issue.expression << ": " << issue.en;
        }
    }
    EXPECT_GT(definitions().size(), 150U);
}

TEST(Package, DefinesEachThingOnceUnderTheBaseWithItsIdAtTheEnd) {
    std::set<std::string> urls, names;
    for (const auto& each : definitions()) {
        EXPECT_TRUE(urls.insert(each.url).second) << each.file << ": " << each.url;
        std::string expected{kBase};
        expected += each.type;
        expected += '/';
        expected += each.id;
        EXPECT_EQ(each.url, expected) << each.file;
        EXPECT_TRUE(names.insert(expected).second) << each.file;
        EXPECT_EQ(each.root()["status"].text(), "active") << each.file;
        if (each.type != "NamingSystem" && each.type != "CapabilityStatement") {
            EXPECT_EQ(each.root()["version"].text(), "0.1.0") << each.file;
        }
    }
}

/// What is mentioned by maps, definitions, programmes, disclosure lists or the gateway, and is not
/// defined: "file: url".
std::vector<std::string> unresolved(const std::map<std::string, std::string>& texts) {
    std::set<std::string> known;
    for (const auto& each : definitions()) known.insert(each.url);
    for (const auto& [name, text] : texts) {
        for (const std::string_view line_start : {"map \"", "\nmap \""}) {
            const std::size_t at = text.find(line_start);
            if (at == std::string::npos || (line_start[0] != '\n' && at != 0)) continue;
            const std::size_t from = at + line_start.size();
            known.insert(text.substr(from, text.find('"', from) - from));
        }
    }
    std::vector<std::string> missing;
    for (const auto& [name, text] : texts) {
        for (const auto& url : canonicals_in(text)) {
            if (!known.contains(url)) missing.push_back(std::string{name}.append(": ").append(url));
        }
    }
    return missing;
}

std::map<std::string, std::string> mentioning_texts() {
    std::map<std::string, std::string> texts;
    const auto add = [&](std::string_view folder, const std::vector<std::string>& endings) {
        for (const auto& file : files_below(folder, endings))
            texts[std::filesystem::relative(file, TSUNAGI_SOURCE_DIR).string()] =
                support::read_file(file);
    };
    add("mappings", {".map"});
    add("profiles", {".json"});
    add("gateway", {".cpp", ".h"});
    return texts;
}

TEST(Package, DefinesEveryCanonicalThatIsMentioned) {
    const auto texts = mentioning_texts();
    std::size_t mentions = 0;
    for (const auto& [name, text] : texts) mentions += canonicals_in(text).size();
    EXPECT_GT(mentions, 1000U);
    for (const auto& each : unresolved(texts)) ADD_FAILURE() << each;
}

TEST(Package, AMentionOfAnUnknownDefinitionIsFound) {
    auto texts = mentioning_texts();
    texts["planted"] = "c('https://tsunagi.example/fhir/CodeSystem/no-such-list', v)";
    EXPECT_EQ(unresolved(texts),
              std::vector<std::string>{"planted: https://tsunagi.example/fhir/CodeSystem/"
                                       "no-such-list"});
}

TEST(Package, TheArchiveHoldsEveryDefinitionAndAnIndexOfThem) {
    const auto archive =
        std::filesystem::path{TSUNAGI_BINARY_DIR} / "share" / "jp.tsunagi-0.1.0.tgz";
    std::set<std::string> packed;
    std::string index;
    const Status read = packages::for_each_file(
        archive, [&](std::string_view name, std::string_view text) -> Status {
            const std::string file{name.substr(name.rfind('/') + 1)};
            if (file == ".index.json") index = text;
            if (file != ".index.json" && file != "package.json") packed.insert(file);
            return {};
        });
    ASSERT_TRUE(read) << to_string(read.error());
    std::set<std::string> expected;
    for (const auto& each : definitions()) expected.insert(each.type + "-" + each.id + ".json");
    EXPECT_EQ(packed, expected);
    const auto listed = json::read(index);
    ASSERT_TRUE(listed);
    std::set<std::string> rows;
    for (const json::Value row : listed->root()["files"]) rows.emplace(row["filename"].text());
    EXPECT_EQ(rows, expected);
}

TEST(Package, EveryProfileDerivesFromR4AndSaysWhatItIsForInBothLanguages) {
    std::size_t profiles = 0;
    for (const auto& each : definitions()) {
        if (!each.file.starts_with("resources/")) continue;
        ++profiles;
        const json::Value root = each.root();
        EXPECT_EQ(root["derivation"].text(), "constraint") << each.file;
        EXPECT_EQ(root["baseDefinition"].text(),
                  "http://hl7.org/fhir/StructureDefinition/" + std::string{root["type"].text()});
        EXPECT_FALSE(root["snapshot"]) << each.file << ": profiles are differentials";
        EXPECT_TRUE(root["_title"]["extension"].at(0)) << each.file;
        EXPECT_FALSE(root["title"].text().empty()) << each.file;
        for (const json::Value element : root["differential"]["element"]) {
            for (const json::Value constraint : element["constraint"]) {
                EXPECT_TRUE(constraint["key"].text().starts_with("tsunagi-")) << each.file;
                EXPECT_NE(constraint["human"].text().find("／"), std::string_view::npos)
                    << each.file << ": Japanese and English";
            }
        }
    }
    EXPECT_EQ(profiles, 13U);
}

}  // namespace
}  // namespace tsunagi::profiles

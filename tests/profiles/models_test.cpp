// The logical models hold every field of the programmes' forms, and say of each what a form needs.
#include <gtest/gtest.h>

#include <map>
#include <set>
#include <sstream>

#include "profiles/package.h"

namespace tsunagi::profiles {
namespace {

bool is_model(const Definition& each) {
    return each.file.starts_with("models/") && each.root()["derivation"].text() == "specialization";
}

/// Elements of the models by path.
std::map<std::string, json::Value> cells() {
    std::map<std::string, json::Value> all;
    for (const auto& each : definitions()) {
        if (!is_model(each)) continue;
        for (const json::Value element : each.root()["differential"]["element"])
            all[std::string{element["path"].text()}] = element;
    }
    return all;
}

bool is_ascii(std::string_view text) {
    return std::all_of(text.begin(), text.end(),
                       [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

TEST(Models, HaveACellForEveryRowOfTheFieldLists) {
    const auto all = cells();
    std::istringstream rows(support::read_file(source("tests/profiles/field_rows.tsv")));
    std::size_t count = 0;
    for (std::string line; std::getline(rows, line); ++count) {
        const std::string path = line.substr(line.rfind('\t') + 1);
        EXPECT_TRUE(all.contains(path)) << line;
    }
    EXPECT_EQ(count, 187U);
}

TEST(Models, LabelEveryCellInJapaneseAndDefineItInEnglish) {
    const auto all = cells();
    EXPECT_GT(all.size(), 350U);
    for (const auto& [path, element] : all) {
        EXPECT_FALSE(element["short"].text().empty()) << path;
        EXPECT_FALSE(element["definition"].text().empty()) << path;
        EXPECT_TRUE(element["min"] && element["max"]) << path;
        // ADL is Latin in Japanese too.
        EXPECT_TRUE(!is_ascii(element["short"].text()) || element["short"].text() == "ADL") << path;
    }
}

TEST(Models, SayOfEveryLeafHowSensitiveItIs) {
    std::set<std::string> codes;
    for (const json::Value code :
         find(std::string{kBase} + "CodeSystem/sensitivity")->root()["concept"])
        codes.emplace(code["code"].text());
    for (const auto& [path, element] : cells()) {
        const std::string_view type = element["type"].at(0)["code"].text();
        if (type.empty() || type == "BackboneElement" || type.starts_with(kBase)) continue;
        std::string said;
        for (const json::Value extension : element["extension"]) {
            if (extension["url"].text().ends_with("/sensitivity"))
                said = extension["valueCode"].text();
        }
        EXPECT_TRUE(codes.contains(said)) << path;
    }
}

TEST(Models, BindEveryCodedCellToAListOrSayWhichFileLists) {
    // Ids of programmes and hospitals stand in the programme file; a MIME type in none of ours.
    const std::set<std::string> elsewhere{"Packet.programme",
                                          "Packet.destination",
                                          "BedRequest.destination.hospital",
                                          "ConsentRecord.recipients.hospital",
                                          "ConsentRecord.excludedRecipients.hospital",
                                          "ReferralLetter.attachments.contentType"};
    for (const auto& [path, element] : cells()) {
        if (element["type"].at(0)["code"].text() != "code" || elsewhere.contains(path)) continue;
        EXPECT_EQ(element["binding"]["strength"].text(), "required") << path;
        const std::string_view list = element["binding"]["valueSet"].text();
        EXPECT_TRUE(list.starts_with("http://hl7.org/fhir/ValueSet/") || find(list)) << path;
    }
}

}  // namespace
}  // namespace tsunagi::profiles

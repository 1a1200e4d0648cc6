// Bar I5: unknown people and numbers in labelled letters. The halves were written apart from the
// rules and frozen by their hashes; the sample is the rules' own.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>
#include <string>
#include <vector>

#include "crypto/digest.h"
#include "json/reader.h"
#include "privacy/leak_scan.h"
#include "privacy/unknown_people.h"
#include "support/name_book.h"

namespace tsunagi {
namespace {

namespace fs = std::filesystem;
using privacy::UnknownSpan;

const fs::path kLetters = fs::path{TSUNAGI_SOURCE_DIR} / "tests/properties/letters";

struct Score {
    std::size_t letters = 0, spans = 0, found = 0, findings = 0, right = 0;
    std::map<std::string, std::map<std::string, std::size_t>> matrix;  ///< label -> kind found

    double recall() const { return spans ? double(found) / double(spans) : 1; }
    double precision() const { return findings ? double(right) / double(findings) : 1; }
};

std::string read(const fs::path& file) {
    std::ifstream in(file, std::ios::binary);
    std::ostringstream text;
    text << in.rdbuf();
    return text.str();
}

bool overlap(const UnknownSpan& found, json::Value label) {
    return found.begin < label["end"].integer() && label["start"].integer() < found.end;
}

/// With TSUNAGI_LETTERS_SHOW set each miss and each false finding is printed: for the rules' own
/// sample only.
void count(const json::Document& letter, Score& score, bool show) {
    const json::Value root = letter.root();
    const auto found = privacy::find_unknown(support::name_book(), root["text"].text());
    ++score.letters;
    score.findings += found.size();
    for (const json::Value label : root["spans"]) {
        ++score.spans;
        const auto hit = std::find_if(found.begin(), found.end(),
                                      [&](const auto& each) { return overlap(each, label); });
        const bool missed = hit == found.end();
        score.found += !missed;
        ++score.matrix[std::string{label["kind"].text()}]
                      [missed ? "missed" : std::string{privacy::name(hit->kind)}];
        if (missed && show)
            std::printf("missed %s %s %s\n", std::string{root["id"].text()}.c_str(),
                        std::string{label["kind"].text()}.c_str(),
                        std::string{label["surface"].text()}.c_str());
    }
    for (const UnknownSpan& each : found) {
        const bool right = std::any_of(root["spans"].begin(), root["spans"].end(),
                                       [&](json::Value label) { return overlap(each, label); });
        score.right += right;
        if (right) continue;
        ++score.matrix["nothing"][std::string{privacy::name(each.kind)}];
        if (show)
            std::printf("false %s %s %u-%u\n", std::string{root["id"].text()}.c_str(),
                        std::string{privacy::name(each.kind)}.c_str(), each.begin, each.end);
    }
}

Score score_of(const fs::path& file) {
    Score score;
    std::istringstream lines(read(file));
    const bool show = std::getenv("TSUNAGI_LETTERS_SHOW") != nullptr;
    for (std::string line; std::getline(lines, line);) {
        if (line.empty()) continue;
        auto letter = json::read(line);
        if (!letter) {
            ADD_FAILURE() << file << ": " << letter.error().message;
            continue;
        }
        count(*letter, score, show);
    }
    std::printf("%s: %zu letters, recall %.4f (%zu of %zu), precision %.4f (%zu of %zu)\n",
                file.filename().c_str(), score.letters, score.recall(), score.found, score.spans,
                score.precision(), score.right, score.findings);
    for (const auto& [label, kinds] : score.matrix) {
        std::printf("  %-10s", label.c_str());
        for (const auto& [kind, times] : kinds) std::printf(" %s=%zu", kind.c_str(), times);
        std::printf("\n");
    }
    return score;
}

/// The hash that `frozen.sha256` beside a file gives for it; empty: none. Lines as sha256sum writes
/// them.
std::string frozen_hash(const fs::path& file) {
    const std::string name = file.filename();
    std::istringstream lines(read(file.parent_path() / "frozen.sha256"));
    for (std::string line; std::getline(lines, line);) {
        if (line.size() > 66 && line.substr(66) == name) return line.substr(0, 64);
    }
    return {};
}

TEST(Letters, TheSampleMeetsTheBar) {
    const Score score = score_of(kLetters / "sample.ndjson");
    EXPECT_EQ(score.letters, 40U);
    EXPECT_GE(score.recall(), 0.995);
    EXPECT_GE(score.precision(), 0.85);
}

struct Frozen {
    const char* file;
    double recall;  ///< at least
};
class Half : public testing::TestWithParam<Frozen> {};

// Bar I5 asks for a recall of 0.995 on letters that nobody looked at. It is not met: the second
// halves scored 0.9842 and 0.9874 when they were scored once, the third corpus's first half 0.9853
// (README.md). All of them were tuned on since. Each corpus is by another hand.
TEST_P(Half, IsAsItWasFrozenAndNotWorseThanMeasured) {
    const fs::path file = kLetters / GetParam().file;
    ASSERT_TRUE(fs::exists(file)) << file;
    EXPECT_EQ(frozen_hash(file), to_hex(crypto::sha256(as_bytes(read(file)))));
    const Score score = score_of(file);
    EXPECT_GE(score.letters, 1000U);
    EXPECT_GE(score.recall(), GetParam().recall);
    EXPECT_GE(score.precision(), 0.85);
}

INSTANTIATE_TEST_SUITE_P(Letters, Half,
                         testing::Values(Frozen{"first_half.ndjson", 0.995},
                                         Frozen{"second_half.ndjson", 0.995},
                                         Frozen{"two/first_half.ndjson", 0.995},
                                         Frozen{"two/second_half.ndjson", 0.995},
                                         Frozen{"three/first_half.ndjson", 0.995},
                                         Frozen{"three/second_half.ndjson", 0.995},
                                         Frozen{"four/first_half.ndjson", 0.995},
                                         Frozen{"four/second_half.ndjson", 0.995}));

// ---- I6: what is useful stays ----------------------------------------------------------------

std::vector<std::string> lines_of(const char* name) {
    std::istringstream in(read(kLetters / name));
    std::vector<std::string> lines;
    for (std::string line; std::getline(in, line);) {
        if (!line.empty()) lines.push_back(line);
    }
    return lines;
}

/// How many of the terms are found as somebody, each in a sentence of its own.
std::size_t found_wrongly(const std::vector<std::string>& terms, std::string_view behind) {
    std::size_t wrong = 0;
    for (const std::string& term : terms) {
        std::string text = "既往に";
        text += term;
        text += behind;
        if (privacy::find_unknown(support::name_book(), text).empty()) continue;
        ++wrong;
        std::printf("found: %s\n", term.c_str());
    }
    return wrong;
}

TEST(Letters, KeepEponymsAndClinicalTerms) {
    std::vector<std::string> eponyms;
    for (const std::string& line : lines_of("eponyms.txt"))
        eponyms.push_back(line.substr(0, line.find('\t')));
    const auto terms = lines_of("clinical_terms.txt");
    const std::size_t wrong_eponyms = found_wrongly(eponyms, "あり。");
    const std::size_t wrong_terms = found_wrongly(terms, "あり。");
    std::printf("eponyms: %zu of %zu found wrongly; clinical terms: %zu of %zu\n", wrong_eponyms,
                eponyms.size(), wrong_terms, terms.size());
    EXPECT_GE(eponyms.size(), 150U);
    EXPECT_EQ(wrong_eponyms, 0U);
    EXPECT_LE(double(wrong_terms), 0.02 * double(terms.size()));
    // The planted fault: a name in the terms' place is found.
    EXPECT_EQ(found_wrongly({"山田太郎"}, "あり。"), 1U);
}

/// The surname of each eponym in kanji, borne by the patient: found as a name. Within the term it
/// may be found too, for somebody of that name is meant more often.
TEST(Letters, FindTheSurnameOfAnEponymWhereThePatientBearsIt) {
    std::size_t people = 0, kept = 0;
    for (const std::string& line : lines_of("eponyms.txt")) {
        const std::string term = line.substr(0, line.find('\t'));
        const std::string family = line.substr(line.find('\t') + 1);
        if (static_cast<unsigned char>(family[0]) < 0xE4 || family.size() < 6) continue;
        ++people;
        const auto packet = json::read(R"({"resourceType":"Packet","identity":{"name":")" + family +
                                       R"(　芳江"}})");
        ASSERT_TRUE(packet);
        const auto scanner = privacy::LeakScanner::of_packet(packet->root());
        std::string sentence = "既往に";
        sentence += term;
        sentence += "あり。";
        kept += scanner.scan(sentence).empty();
        sentence += family;
        EXPECT_FALSE(scanner.scan(sentence + "様は").empty()) << term;
        EXPECT_FALSE(scanner.scan(family + "芳江").empty()) << term;
    }
    std::printf("surnames of eponyms: %zu, of them %zu kept in the term\n", people, kept);
    EXPECT_GE(people, 20U);
}

// The measure itself: a label that nothing finds lowers the recall, a finding without a label the
// precision.
TEST(Letters, CountsAMissAndAFalseFinding) {
    const auto letter = json::read(
        R"({"id":"x","text":"胃瘻を造設。TEL 090-1234-5678","spans":[{"start":0,"end":2,"kind":"person","surface":"胃瘻"}]})");
    ASSERT_TRUE(letter);
    Score score;
    count(*letter, score, false);
    EXPECT_EQ(score.found, 0U);
    EXPECT_EQ(score.findings, 1U);
    EXPECT_EQ(score.right, 0U);
}

}  // namespace
}  // namespace tsunagi

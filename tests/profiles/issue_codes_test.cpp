// Every code that an OperationOutcome can carry has its words in profiles/terminology, or, where it
// is data of a city, in the file that it comes from. The codes are read out of the sources.
#include <gtest/gtest.h>

#include <array>
#include <filesystem>
#include <set>
#include <string>
#include <vector>

#include "profiles/package.h"

namespace tsunagi::profiles {
namespace {

/// How a source names an issue's code: `begin`, with no white space, then the code as the literal
/// number `literal` behind it.
struct Maker {
    std::string_view folder, begin;
    int literal = 0;
};

constexpr std::array kMakers{
    Maker{"exchange/", "refuse(Refused::"},
    Maker{"serve/", "malformed("},
    Maker{"serve/", "refuse(Refused::"},
    Maker{"serve/validate_operation", "refused("},
    Maker{"serve/problem", "{4", 1},
    Maker{"serve/problem", "{5", 1},
    Maker{"programme/", "issue_of("},
    Maker{"translate/", "issue_of("},
    Maker{"translate/", "report("},
    Maker{"translate/form_cells", "return\""},
    Maker{"translate/reading", "Error{Code::"},
    Maker{"translate/intake", "Error{Code::"},
    Maker{"text/", "Error{Code::"},
    Maker{"validate/finding", "Finding::"},
    Maker{"", "issue.code="},
};

/// Errors of `text/` that no reading of a cell gives.
const std::set<std::string> kNoIssues{"unencodable-character"};

/// Without white space outside of literals.
std::string squeezed(std::string_view text) {
    std::string out;
    bool inside = false;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (!inside && text.substr(i).starts_with("'\"'")) {
            i += 2;
        } else if (inside && text[i] == '\\') {
            out += text.substr(i, 2);
            ++i;
        } else {
            if (text[i] == '"') inside = !inside;
            if (inside || std::string_view{" \t\r\n"}.find(text[i]) == std::string_view::npos)
                out += text[i];
        }
    }
    return out;
}

bool is_code(std::string_view text) {
    return !text.empty() && text.front() >= 'a' && text.front() <= 'z' && text.back() != '-' &&
           text.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-") == text.npos;
}

/// The code that `maker` names behind `at`; empty: none there.
std::string code_behind(std::string_view text, const Maker& maker, std::size_t at) {
    constexpr std::size_t kNear = 60;  // the arguments before it
    at += maker.begin.size() - (maker.begin.ends_with('"') ? 1 : 0);
    for (int literal = 0;; ++literal) {
        const std::size_t opens = text.find('"', at);
        if (opens == text.npos || opens - at > kNear || text.find(';', at) < opens) return {};
        const std::size_t closes = text.find('"', opens + 1);
        if (closes == text.npos) return {};
        if (literal == maker.literal) {
            const auto code = text.substr(opens + 1, closes - opens - 1);
            return is_code(code) ? std::string{code} : std::string{};
        }
        at = closes + 1;
    }
}

std::set<std::string> codes_in(std::string_view path, std::string_view source) {
    const std::string text = squeezed(source);
    std::set<std::string> codes;
    for (const Maker& maker : kMakers) {
        if (!path.starts_with(maker.folder)) continue;
        for (auto at = text.find(maker.begin); at != text.npos;
             at = text.find(maker.begin, at + 1)) {
            const std::string code = code_behind(text, maker, at);
            if (!code.empty() && !kNoIssues.contains(code)) codes.insert(code);
        }
    }
    // The reasons of a decision about consent: rows of code and Japanese words.
    if (path == "privacy/consent.cpp") {
        for (auto at = text.find("{\""); at != text.npos; at = text.find("{\"", at + 1)) {
            const std::size_t closes = text.find('"', at + 2);
            const std::string code = text.substr(at + 2, closes - at - 2);
            const bool words = text.compare(closes, 3, "\",\"") == 0 &&
                               static_cast<unsigned char>(text[closes + 3]) >= 0x80;
            if (is_code(code) && words && code != "permit") codes.insert("consent-" + code);
        }
    }
    return codes;
}

/// "path: code" of what has no words.
std::vector<std::string> without_words(std::string_view path, std::string_view source,
                                       const std::set<std::string>& known) {
    std::vector<std::string> missing;
    for (const auto& code : codes_in(path, source)) {
        if (!known.contains(code)) missing.push_back(std::string{path} + ": " + code);
    }
    return missing;
}

std::set<std::string> known_codes() {
    std::set<std::string> known;
    for (const auto& each : definitions()) {
        if (each.id != "issue" || each.type != "CodeSystem") continue;
        for (const json::Value code : each.root()["concept"]) known.emplace(code["code"].text());
    }
    return known;
}

TEST(IssueCodes, OfTheSourcesHaveTheirWords) {
    const auto known = known_codes();
    std::set<std::string> used;
    const std::filesystem::path gateway = source("gateway");
    for (const auto& entry : std::filesystem::recursive_directory_iterator(gateway)) {
        if (entry.path().extension() != ".cpp") continue;
        const std::string path = entry.path().lexically_relative(gateway).generic_string();
        const std::string text = support::read_file(entry.path());
        for (const auto& missing : without_words(path, text, known)) ADD_FAILURE() << missing;
        used.merge(codes_in(path, text));
    }
    EXPECT_GT(used.size(), 150U) << "the walk sees too few to be trusted";
    for (const auto& code : known) EXPECT_TRUE(used.contains(code)) << code << " is used nowhere";
}

TEST(IssueCodes, OfRulesAndNeedsHaveTheirWordsThere) {
    std::size_t keys = 0;
    for (const char* folder : {"profiles/programmes", "profiles/documents"}) {
        for (const auto& entry : std::filesystem::directory_iterator(source(folder))) {
            if (entry.path().extension() != ".json") continue;
            const auto file = json::read(support::read_file(entry.path()));
            ASSERT_TRUE(file) << entry.path();
            for (const char* list : {"rules", "needs"}) {
                for (const json::Value row : file->root()[list]) {
                    ++keys;
                    const json::Value words = row["message"] ? row["message"] : row;
                    EXPECT_FALSE(words["ja"].text().empty()) << row["key"].text();
                    EXPECT_FALSE(words["en"].text().empty()) << row["key"].text();
                }
            }
        }
    }
    EXPECT_GT(keys, 50U);
}

TEST(IssueCodes, ThatHaveNoWordsAreFoundHoweverTheyAreNamed) {
    const auto found = [](std::string_view path, std::string_view text) {
        return without_words(path, text, {"known"});
    };
    using Found = std::vector<std::string>;
    EXPECT_EQ(
        found("exchange/a.cpp", "return refuse(\n  Refused::Content, \"brand-new\", {}, ja);"),
        Found{"exchange/a.cpp: brand-new"});
    EXPECT_EQ(found("exchange/a.cpp", "return refuse(Refused::Content, \"known\", {}, ja);"),
              Found{});
    EXPECT_EQ(found("exchange/a.cpp", "issue.code = \"brand-new\";"),
              Found{"exchange/a.cpp: brand-new"});
    EXPECT_EQ(found("serve/a.cpp", "return malformed(\"brand-new\", ja, en);"),
              Found{"serve/a.cpp: brand-new"});
    EXPECT_EQ(found("serve/problem.cpp", "{409, \"conflict\", \"brand-new\", Fault::Sender,"),
              Found{"serve/problem.cpp: brand-new"});
    EXPECT_EQ(found("translate/a.cpp", "if (c == '\"') report(written, element, \"brand-new\","),
              Found{"translate/a.cpp: brand-new"});
    EXPECT_EQ(found("validate/finding.cpp", "Wording{Finding::TooFew, \"brand-new\", \"value\","),
              Found{"validate/finding.cpp: brand-new"});
    EXPECT_EQ(found("text/a.cpp", "return Error{Code::Invalid, \"brand-new\", {}};"),
              Found{"text/a.cpp: brand-new"});
    EXPECT_EQ(found("privacy/consent.cpp", "{\"brand-new\", \"同意\", \"Consent\"},"),
              Found{"privacy/consent.cpp: consent-brand-new"});
}

}  // namespace
}  // namespace tsunagi::profiles

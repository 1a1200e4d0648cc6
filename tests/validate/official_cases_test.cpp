#include <gtest/gtest.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <sstream>
#include <string>
#include <string_view>

#include "validate/world.h"

/// Public instances with a verdict, and what of it R4 alone can tell. They lie beside the
/// repository (../shared/cases) or where TSUNAGI_CASES says; without them nothing is checked.
namespace tsunagi::validate {
namespace {

std::filesystem::path cases(std::string_view folder) {
    const char* given = std::getenv("TSUNAGI_CASES");
    const std::filesystem::path root =
        given ? std::filesystem::path{given}
              : testing_world::source_dir().parent_path() / "shared" / "cases";
    return root / folder;
}

#define SKIP_WITHOUT(folder)                                      \
    if (!std::filesystem::exists((folder) / "manifest.json")) {   \
        GTEST_SKIP() << "0 cases: none at " << (folder).string(); \
    }

json::Document manifest_of(const std::filesystem::path& folder) {
    return testing_world::parse(support::read_text(folder / "manifest.json"));
}

/// A text that is no JSON counts as one error.
std::vector<fhir::Issue> judge(const std::string& text) {
    const auto document = json::read(text);
    if (!document) return {fhir::Issue{}};
    return testing_world::World::get().validator.validate(document->root());
}

struct Exception {
    std::string_view id;
    std::string_view reason;
};

template <std::size_t N>
bool listed(const Exception (&list)[N], std::string_view id) {
    return std::ranges::find(list, id, &Exception::id) != std::end(list);
}

constexpr Exception kStricter[] = {
    {"ref-policy-default-r4", "a urn: address in the Bundle is the fullUrl of no entry"},
};
constexpr Exception kNotJudged[] = {
    {"encounter-period", "invariant per-1 of the base definitions"},
    {"ips-htmlrefs-backwards", "type inside the definition of an extension"},
};

TEST(OfficialCases, AreJudgedAsTheOfficialValidatorDoes) {
    const auto folder = cases("validator");
    SKIP_WITHOUT(folder)
    int valid = 0;
    int invalid = 0;
    const json::Document manifest = manifest_of(folder);
    for (const json::Value entry : manifest.root()) {
        const std::string_view id = entry["id"].text();
        SCOPED_TRACE(id);
        const auto issues = judge(support::read_text(folder / entry["file"].text()));
        if (entry["expected"].text() == "valid") {
            ++valid;
            EXPECT_EQ(fhir::has_error(issues), listed(kStricter, id))
                << issues.front().code << " " << issues.front().expression;
        } else if (entry["tier"].text() == "T1-core" && entry["profiles"].empty() &&
                   entry["supporting"].empty() && !listed(kNotJudged, id)) {
            ++invalid;
            EXPECT_TRUE(fhir::has_error(issues));
        }
    }
    std::printf("%d valid and %d invalid cases\n", valid, invalid);
    EXPECT_GT(valid, 40);
    EXPECT_GT(invalid, 15);
}

TEST(JapaneseExamples, HaveNoFaultThatTheBaseDefinitionsSee) {
    const auto folder = cases("jp-clins");
    SKIP_WITHOUT(folder)
    int seen = 0;
    const json::Document manifest = manifest_of(folder);
    for (const json::Value entry : manifest.root()) {
        const auto issues = judge(support::read_text(folder / entry["file"].text()));
        EXPECT_FALSE(fhir::has_error(issues)) << entry["file"].text() << " " << issues.front().code
                                              << " " << issues.front().expression;
        ++seen;
    }
    std::printf("%d examples\n", seen);
    EXPECT_GT(seen, 25);
}

/// Invariants of the base definitions.
constexpr Exception kInvariants[] = {
    {"tc-att1-data", "att-1"},
    {"tc-bundle-transaction-no-request", "bdl-3"},
    {"tc-con-3-conflict", "con-3"},
    {"tc-con-4-abatement-active", "con-4"},
    {"tc-coverage-period-invalid", "per-1"},
    {"tc-dom6-narrative-missing", "dom-6"},
    {"tc-per1-inverted", "per-1"},
    {"tc-obs-range-invalid", "rng-2"},
    {"tc-obs-value-and-dataabsent", "obs-6"},
};

TEST(JapaneseFaults, AgainstTheBaseDefinitionsAreFound) {
    const auto folder = cases("jp-validator");
    SKIP_WITHOUT(folder)
    int seen = 0;
    for (const auto& file : std::filesystem::directory_iterator(folder / "files" / "fhir-base")) {
        std::istringstream lines(support::read_text(file.path()));
        for (std::string line; std::getline(lines, line);) {
            if (line.empty()) continue;
            const json::Document resource = testing_world::parse(line);
            const std::string_view id = resource.root()["id"].text();
            if (listed(kInvariants, id)) continue;
            EXPECT_TRUE(fhir::has_error(judge(line))) << id;
            ++seen;
        }
    }
    std::printf("%d resources\n", seen);
    EXPECT_GT(seen, 35);
}

}  // namespace
}  // namespace tsunagi::validate

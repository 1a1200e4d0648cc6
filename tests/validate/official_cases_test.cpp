#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <regex>
#include <set>
#include <sstream>
#include <string>
#include <string_view>

#include "validate/world.h"

/// Public instances with a verdict. They lie beside the repository (../shared/cases) or where
/// TSUNAGI_CASES says; without them nothing is checked. README.md lists what is judged otherwise.
namespace tsunagi::validate {
namespace {

using testing_world::World;

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
std::vector<fhir::Issue> judge(const Validator& validator, const std::string& text,
                               const Options& options = {}) {
    const auto document = json::read(text);
    if (!document) return {fhir::Issue{}};
    return validator.validate(document->root(), options);
}

std::string listing(const std::vector<fhir::Issue>& issues) {
    std::string out;
    for (const fhir::Issue& each : issues) {
        if (each.severity == fhir::IssueSeverity::Information) continue;
        out += std::string{name(each.severity)} + " " + each.code + " [" + each.rule + "] " +
               each.expression + ": " + each.en + "\n";
    }
    return out;
}

struct Exception {
    std::string_view id;
    std::string_view reason;
};

template <class List>
bool listed(const List& list, std::string_view id) {
    return std::ranges::find(list, id, &Exception::id) != std::end(list);
}

/// Judged otherwise than the official validator does; each with its reason.
constexpr std::array kOtherwise = {
    Exception{"ref-policy-default-r4",
              "a urn:uuid in the Bundle is the fullUrl of no entry: it means nothing elsewhere"},
};

TEST(OfficialCases, AreJudgedAsTheOfficialValidatorDoes) {
    const auto folder = cases("validator");
    SKIP_WITHOUT(folder)
    int right = 0;
    int seen = 0;
    const json::Document manifest = manifest_of(folder);
    for (const json::Value entry : manifest.root()) {
        const std::string_view id = entry["id"].text();
        SCOPED_TRACE(id);
        ++seen;
        std::vector<json::Document> documents;
        const auto read = [&](json::Value list) {
            for (const json::Value each : list)
                documents.push_back(testing_world::parse(support::read_text(folder / each.text())));
        };
        read(entry["supporting"]);
        const std::size_t first_profile = documents.size();
        read(entry["profiles"]);
        const auto world = World::with(documents);
        Options options;
        for (std::size_t i = first_profile; i < documents.size(); ++i)
            options.profiles.emplace_back(documents[i].root()["url"].text());
        options.rest_references = entry["options"]["assumeValidRestReferences"].truth();
        options.now = *parse_instant("2026-11-21T00:00:00Z");
        options.find = [&](std::string_view canonical) {
            canonical = canonical.substr(0, canonical.find('|'));
            for (const json::Document& each : documents) {
                if (each.root()["url"].text() == canonical) return each.root();
            }
            return json::Value{};
        };
        const auto issues =
            judge(world->validator, support::read_text(folder / entry["file"].text()), options);
        const bool agrees = fhir::has_error(issues) == (entry["expected"].text() == "invalid");
        right += agrees ? 1 : 0;
        EXPECT_NE(agrees, listed(kOtherwise, id)) << entry["expected"].text() << " by the suite\n"
                                                  << listing(issues);
    }
    std::printf("%d of %d cases right\n", right, seen);
    EXPECT_EQ(seen, 102);
}

/// FHIR R4, the models of this repository, JP Core and JP-CLINS.
const World& japan() {
    static const World* world = [] {
        std::vector<json::Document> documents;
        for (const char* file : {"jp-core.r4-1.1.2.tgz", "jp-clins.r4-1.5.2-snap.tgz"}) {
            const Status read = packages::for_each_resource(
                cases("jp-packages") / file,
                [&](std::string_view, json::Document resource) -> Status {
                    documents.push_back(std::move(resource));
                    return {};
                });
            if (!read) {
                ADD_FAILURE() << to_string(read.error());
                break;
            }
        }
        return World::with(documents).release();
    }();
    return *world;
}

constexpr std::array kJapaneseOtherwise = {
    Exception{"files/Organization-Example-JP-Org-eCS-Inst-Referral01.json",
              "the system of JP_Organization_InsuranceOrganizationNo is fixed to an OID, the "
              "example has another"},
};

TEST(JapaneseExamples, AreJudgedAsTheirPublisherSays) {
    const auto folder = cases("jp-clins");
    SKIP_WITHOUT(folder)
    int seen = 0;
    int right = 0;
    const json::Document manifest = manifest_of(folder);
    for (const json::Value entry : manifest.root()) {
        Options options;
        const json::Value profile = entry["profile"];
        if (profile.is_string()) options.profiles.emplace_back(profile.text());
        for (const json::Value each : profile) options.profiles.emplace_back(each.text());
        const auto issues =
            judge(japan().validator, support::read_text(folder / entry["file"].text()), options);
        ++seen;
        // A fault that only a code list outside the packages shows, or that is not there.
        if (entry["certainty"].text() != "yes") continue;
        const bool agrees = fhir::has_error(issues) == (entry["expected"].text() == "invalid");
        right += agrees ? 1 : 0;
        EXPECT_NE(agrees, listed(kJapaneseOtherwise, entry["file"].text()))
            << entry["file"].text() << " is " << entry["expected"].text() << "\n"
            << listing(issues);
    }
    std::printf("%d of %d examples right\n", right, seen);
    EXPECT_EQ(seen, 31);
}

/// "Condition.meta.lastUpdated" of an expected wording, which names elements as "Condition\.meta…".
std::set<std::string> paths_in(std::string_view wording) {
    static const std::regex kPath(R"re([A-Z][A-Za-z]+(\\\.[a-z][A-Za-z]*)+)re");
    static const std::regex kOption(R"re(\(\\\[\\d\+\\\][^)]*\)\?|:[a-z]\w*)re");
    std::set<std::string> found;
    const std::string text = std::regex_replace(std::string{wording}, kOption, "");
    for (std::sregex_iterator at(text.begin(), text.end(), kPath), end; at != end; ++at) {
        std::string path = at->str();
        std::erase(path, '\\');
        found.insert(std::move(path));
    }
    return found;
}

std::string plain(std::string_view expression) {
    static const std::regex kDecoration(R"re(\[\d+\]|\.ofType\([A-Za-z]+\))re");
    return std::regex_replace(std::string{expression}, kDecoration, "");
}

bool is_found(const std::vector<fhir::Issue>& issues, std::string_view wording) {
    static const std::regex kRule(R"re(\b([a-z]{2,4}[0-9]?-[0-9]+)\b)re");
    const auto paths = paths_in(wording);
    const std::string text{wording};
    const bool names_rule = std::regex_search(text, kRule);
    return std::ranges::any_of(issues, [&](const fhir::Issue& each) {
        // Best practice is advice here, a warning there.
        if (each.severity == fhir::IssueSeverity::Information && each.code != "best-practice")
            return false;
        if (names_rule && !each.rule.empty() && text.find(each.rule) != std::string::npos)
            return true;
        const std::string at = plain(each.expression);
        if (paths.empty()) return true;
        return std::ranges::any_of(paths, [&](const std::string& path) {
            const std::string tail = path.substr(path.find('.'));
            // An empty object lacks everything below it.
            return at == path || at.ends_with(tail) ||
                   (each.code == "empty-value" && path.starts_with(at + "."));
        });
    });
}

TEST(JapaneseFaults, AreFoundAtTheirPlace) {
    const auto folder = cases("jp-validator");
    SKIP_WITHOUT(folder)
    int seen = 0;
    int found = 0;
    int quiet = 0;
    const json::Document manifest = manifest_of(folder);
    for (const json::Value entry : manifest.root()) {
        const std::string_view id = entry["id"].text();
        const auto issues =
            judge(japan().validator, support::read_text(folder / entry["file"].text()));
        for (const json::Value each : entry["expected"]) {
            const std::string_view kind = each["kind"].text();
            if (kind != "error-warning") {
                ++quiet;
                continue;
            }
            ++seen;
            const bool is_there = is_found(issues, each["regex"].text());
            found += is_there ? 1 : 0;
            EXPECT_TRUE(is_there) << id << " " << each["tag"].text() << " " << each["regex"].text()
                                  << "\n"
                                  << listing(issues);
        }
    }
    std::printf("%d of %d faults found; %d entries ask for no error or warning\n", found, seen,
                quiet);
    EXPECT_EQ(seen + quiet, 155);
}

}  // namespace
}  // namespace tsunagi::validate

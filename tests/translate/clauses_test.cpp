// The mapping language clause by clause: clauses/*.txt (clauses/README.md says what a case is).
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <filesystem>
#include <map>
#include <ostream>
#include <set>

#include "json/writer.h"
#include "support/definitions.h"
#include "translate/map_library.h"
#include "translate/map_syntax.h"
#include "translate/structure_map.h"
#include "translate/translator.h"

namespace tsunagi::translate {
namespace {

constexpr std::string_view kHead =
    R"(map "http://example.org/m" = "m" uses "http://hl7.org/fhir/StructureDefinition/Patient" alias Patient as source uses "http://hl7.org/fhir/StructureDefinition/Bundle" alias Bundle as target uses "http://hl7.org/fhir/StructureDefinition/Observation" alias Observation as target)";
constexpr std::string_view kPatient =
    R"({"resourceType":"Patient","id":"p1","active":true,"gender":"female","birthDate":"1938-04-02",
    "name":[{"use":"official","family":"Tanabe","given":["Yoshie","Y"]},{"text":"T.Y."}],
    "multipleBirthInteger":2,"telecom":[{"value":"1"},{"value":"2"},{"value":"3"}]})";

/// Every clause of the grammar and every transform that the specification names.
constexpr std::array<std::string_view, 57> kClauses = {"map",
                                                       "metadata",
                                                       "uses",
                                                       "imports",
                                                       "constants",
                                                       "conceptmap",
                                                       "equivalence",
                                                       "unmapped",
                                                       "group",
                                                       "extends",
                                                       "types",
                                                       "type+",
                                                       "rule name",
                                                       "simple copy",
                                                       "literals",
                                                       "sources",
                                                       "source type",
                                                       "choice",
                                                       "cardinality",
                                                       "default",
                                                       "first",
                                                       "not_first",
                                                       "last",
                                                       "not_last",
                                                       "only_one",
                                                       "where",
                                                       "check",
                                                       "log",
                                                       "targets",
                                                       "target first",
                                                       "target last",
                                                       "target share",
                                                       "target single",
                                                       "target collate",
                                                       "then groups",
                                                       "then rules",
                                                       "recursion",
                                                       "create",
                                                       "copy",
                                                       "truncate",
                                                       "escape",
                                                       "cast",
                                                       "append",
                                                       "translate",
                                                       "reference",
                                                       "dateOp",
                                                       "uuid",
                                                       "pointer",
                                                       "evaluate",
                                                       "cc",
                                                       "c",
                                                       "qty",
                                                       "id",
                                                       "cp",
                                                       "StructureMap in",
                                                       "StructureMap out",
                                                       "text form"};

struct Case {
    std::string file, clause, sentence;
    std::map<std::string, std::string> parts;

    bool is_hostile() const { return parts.contains("fault") || parts.contains("issue"); }
    std::string name() const {
        std::string made;
        for (const char c : clause + " " + sentence) {
            const bool plain =
                (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
            made += plain ? c : '_';
        }
        return made;
    }
    friend std::ostream& operator<<(std::ostream& out, const Case& self) {
        return out << self.file << ": " << self.clause << " | " << self.sentence;
    }
};

std::string trimmed(std::string text) {
    while (text.ends_with('\n') || text.ends_with(' ')) text.pop_back();
    return text;
}

void read_cases(const std::filesystem::path& file, std::vector<Case>& cases) {
    const std::string text = support::read_file(file);
    std::string* part = nullptr;
    for (std::size_t at = 0; at < text.size();) {
        const std::size_t end = std::min(text.find('\n', at), text.size());
        const std::string line = text.substr(at, end - at);
        at = end + 1;
        if (line.starts_with("=== ")) {
            const std::size_t bar = line.find(" | ");
            cases.push_back({file.filename().string(),
                             line.substr(4, bar - 4),
                             bar == std::string::npos ? "" : line.substr(bar + 3),
                             {}});
            part = nullptr;
        } else if (line.starts_with("--- ")) {
            part = &cases.back().parts[line.substr(4)];
        } else if (part) {
            *part += line + "\n";
        }
    }
}

const std::vector<Case>& all_cases() {
    static const std::vector<Case> kCases = [] {
        std::vector<std::filesystem::path> files;
        for (const auto& entry :
             std::filesystem::directory_iterator(TSUNAGI_SOURCE_DIR "/tests/translate/clauses")) {
            if (entry.path().extension() == ".txt") files.push_back(entry.path());
        }
        std::sort(files.begin(), files.end());
        std::vector<Case> cases;
        for (const auto& file : files) read_cases(file, cases);
        return cases;
    }();
    return kCases;
}

std::string whole_map(const std::string& text) {
    for (const std::string_view start : {"map ", "///", "{"}) {
        if (text.starts_with(start)) return text;
    }
    return std::string{kHead} + "\n" + text;
}

class FmlClause : public ::testing::TestWithParam<Case> {
protected:
    static std::string part(const char* name) {
        const auto found = GetParam().parts.find(name);
        return found == GetParam().parts.end() ? std::string{} : trimmed(found->second);
    }
    /// "message\nwhere" of an error, as the cases write it.
    static std::string shown(const Error& error) { return error.message + "\n" + error.where; }
};

TEST_P(FmlClause, Holds) {
    std::vector<MapText> maps = {{"m.map", whole_map(part("map"))}};
    if (!part("other map").empty()) maps.push_back({"other.map", part("other map")});
    if (!part("third map").empty()) maps.push_back({"third.map", part("third map")});
    const auto library = MapLibrary::load(maps, support::definitions());
    if (!library) {
        EXPECT_EQ(shown(library.error()), part("fault"));
        return;
    }
    const std::string given = part("source");
    const auto source = json::read(given.empty() ? kPatient : std::string_view{given});
    ASSERT_TRUE(source) << to_string(source.error());
    SeededRandom random(7);
    const Environment environment{Instant{std::chrono::hours{24}}, std::chrono::hours{9}, random};
    const auto made = transform(*library, library->urls()[0], source->root(), environment);
    if (!made) {
        EXPECT_EQ(shown(made.error()), part("fault"));
        EXPECT_EQ(made.error().where.find("Tanabe"), std::string::npos);
        return;
    }
    EXPECT_EQ(part("fault"), "") << "no fault";
    std::string issues;
    for (const auto& issue : made->issues) {
        issues += issue.code + " " + issue.expression + "\n";
        EXPECT_NE(issue.en.find("m.map line "), std::string::npos) << issue.en;
        EXPECT_NE(issue.ja.find("m.map line "), std::string::npos) << issue.ja;
    }
    EXPECT_EQ(trimmed(issues), part("issue"));
    const std::string wanted = part("output");
    if (!wanted.empty()) {
        EXPECT_EQ(json::write(made->output.root()), wanted);
    }
    const auto map = maps[0].text.starts_with('{') ? syntax::read_structure_map("m", maps[0].text)
                                                   : syntax::parse("m", maps[0].text);
    ASSERT_TRUE(map);
    // Whatever a map says, its resource says too.
    const json::Document resource = syntax::to_structure_map(*map);
    if (!part("resource").empty()) {
        EXPECT_EQ(json::write(resource.root()), part("resource"));
    }
    if (!part("text").empty()) {
        EXPECT_EQ(trimmed(syntax::print(*map)), part("text"));
    }
    std::vector<MapText> resources = maps, printed = maps;
    resources[0].text = json::write(resource.root());
    printed[0].text = syntax::print(*map);
    for (const auto& again : {resources, printed}) {
        const auto back = MapLibrary::load(again, support::definitions());
        ASSERT_TRUE(back) << to_string(back.error()) << "\n" << again[0].text;
        SeededRandom same(7);
        const Environment then{Instant{std::chrono::hours{24}}, std::chrono::hours{9}, same};
        const auto remade = transform(*back, back->urls()[0], source->root(), then);
        ASSERT_TRUE(remade) << to_string(remade.error()) << "\n" << again[0].text;
        EXPECT_EQ(json::write(remade->output.root()), json::write(made->output.root()))
            << again[0].text;
    }
}

INSTANTIATE_TEST_SUITE_P(Clauses, FmlClause, ::testing::ValuesIn(all_cases()),
                         [](const ::testing::TestParamInfo<Case>& each) {
                             return each.param.name();
                         });

TEST(FmlClauses, EachHasAFriendlyAndAHostileCase) {
    std::map<std::string, std::array<int, 2>> counts;
    for (const auto clause : kClauses) counts[std::string{clause}] = {};
    std::set<std::string> names;
    for (const Case& each : all_cases()) {
        EXPECT_TRUE(counts.contains(each.clause)) << "no clause is called " << each.clause;
        ++counts[each.clause][each.is_hostile() ? 1 : 0];
        EXPECT_TRUE(names.insert(each.name()).second) << each.name();
        EXPECT_TRUE(each.is_hostile() || each.parts.contains("output")) << each.name();
        for (const auto& [part, text] : each.parts) {
            static const std::set<std::string> kParts = {"map",    "other map", "third map",
                                                         "source", "output",    "fault",
                                                         "issue",  "resource",  "text"};
            EXPECT_TRUE(kParts.contains(part)) << each.name() << ": " << part;
        }
    }
    for (const auto& [clause, count] : counts) {
        EXPECT_GE(count[0], 1) << clause << " has no friendly case";
        EXPECT_GE(count[1], 1) << clause << " has no hostile case";
    }
    std::printf("fml clauses: %zu cases of %zu clauses\n", all_cases().size(), kClauses.size());
}

}  // namespace
}  // namespace tsunagi::translate

// The published FHIR Mapping Language cases (../shared/cases/fml/README.md says when one passes).
#include <cstdio>
#include <cstdlib>

#include "json/writer.h"
#include "support/definitions.h"
#include "translate/map_library.h"
#include "translate/translator.h"

namespace tsunagi::translate {
namespace {

constexpr int kRuns = 24;
constexpr int kFloor = 24;

std::filesystem::path folder() {
    const char* given = std::getenv("TSUNAGI_CASES");
    return std::filesystem::path{given ? given : TSUNAGI_SOURCE_DIR "/../shared/cases"} / "fml";
}

/// Knows one profile: a resource conforms to its own type.
class TypeHost final : public fhirpath::Host {
public:
    Result<fhirpath::Item> resolve(std::string_view, json::Value) override {
        return fhirpath::Item{};
    }
    Result<std::optional<bool>> member_of(const fhirpath::Item&, std::string_view) override {
        return std::optional<bool>{};
    }
    Result<std::optional<bool>> conforms_to(const fhirpath::Item& item,
                                            std::string_view profile) override {
        return std::optional<bool>{item.is_node() && item.type() && item.type()->url == profile};
    }
};

/// Empty when the run passes, else what happened.
std::string failure(json::Value test, json::Value run) {
    fhir::Definitions definitions = support::r4();
    std::vector<json::Document> models;
    std::vector<json::Value> resources;
    for (const json::Value model : test["models"])
        models.push_back(json::read(support::read_file(folder() / model.text())).value());
    for (const auto& model : models) resources.push_back(model.root());
    if (const Status added = definitions.add(resources); !added) return to_string(added.error());
    const std::vector<MapText> maps = {
        {std::string{test["name"].text()}, support::read_file(folder() / test["map"].text())}};
    const auto library = MapLibrary::load(maps, definitions);
    if (!library) return "load: " + to_string(library.error());
    const auto source = json::read(support::read_file(folder() / run["source"].text())).value();
    SeededRandom random(1);
    TypeHost host;
    const Environment environment{Instant{}, std::chrono::minutes{0}, random, &host};
    const auto made = transform(*library, library->urls()[0], source.root(), environment);
    if (run["expected"].text() == "error") return made ? "no error" : "";
    if (!made) return "transform: " + to_string(made.error());
    const auto wanted = json::read(support::read_file(folder() / run["result"].text())).value();
    if (json::equal(made->output.root(), wanted.root())) return {};
    return "got " + json::write(made->output.root());
}

TEST(FmlCases, PassesThePublishedRuns) {
    const std::string text = support::read_file(folder() / "manifest.json");
    if (text.empty()) {
        std::printf("fml cases: %s is absent, skipped\n", folder().c_str());
        GTEST_SKIP();
    }
    const auto manifest = json::read(text).value();
    int runs = 0;
    int passed = 0;
    for (const json::Value test : manifest.root()) {
        for (const json::Value run : test["runs"]) {
            ++runs;
            const std::string what = failure(test, run);
            if (what.empty()) {
                ++passed;
            } else {
                std::printf("fml cases: %s %s: %s\n", std::string{test["name"].text()}.c_str(),
                            std::string{run["source"].text()}.c_str(), what.c_str());
            }
        }
    }
    std::printf("fml cases: %d passed, %d failed\n", passed, runs - passed);
    EXPECT_EQ(runs, kRuns);
    EXPECT_GE(passed, kFloor);
}

}  // namespace
}  // namespace tsunagi::translate

// P3, P26 of performance.md: validation against profiles beside what RapidJSON needs for the same
// bytes; the cost per byte of a large document; the time in which hostile input is refused.
#include <benchmark/benchmark.h>
#include <rapidjson/document.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "bench/ratios.h"
#include "json/reader.h"
#include "json/writer.h"
#include "packages/package_set.h"
#include "support/definitions.h"
#include "validate/validator.h"

namespace tsunagi {
namespace {

namespace fs = std::filesystem;

fs::path source(std::string_view below) { return fs::path{TSUNAGI_SOURCE_DIR} / below; }

/// R4, our own profiles, and JP Core with JP-CLINS where they lie beside the repository.
struct World {
    fhir::Definitions definitions = support::r4();
    packages::PackageSet own, jp;
    bool has_jp = false;
    std::unique_ptr<validate::Validator> validator;

    World() {
        std::vector<fs::path> folders;
        for (const char* each : {"models", "extensions", "terminology", "resources"})
            folders.push_back(source("profiles") / each);
        own = loaded(folders);
        std::vector<fs::path> archives;
        std::error_code absent;
        for (const auto& each : fs::directory_iterator(cases() / "jp-packages", absent)) {
            if (each.path().extension() == ".tgz") archives.push_back(each.path());
        }
        jp = loaded(archives);
        has_jp = !archives.empty();
        validator = std::make_unique<validate::Validator>(definitions);
    }
    static fs::path cases() {
        const char* given = std::getenv("TSUNAGI_CASES");
        return given ? fs::path{given} : source("../shared/cases");
    }
    static const World& get() {
        static const World world;
        return world;
    }

private:
    packages::PackageSet loaded(const std::vector<fs::path>& packages) {
        auto set = packages::PackageSet::load(packages, definitions, {});
        if (!set) throw std::runtime_error(to_string(set.error()));
        return std::move(*set);
    }
};

/// Resources that claim profiles, as one Bundle: the valid examples of JP-CLINS; without them the
/// story's Bundle under our profile.
struct Profiled {
    std::string text;
    std::vector<std::string> profiles;
};

const Profiled& profiled() {
    static const Profiled kProfiled = [] {
        if (!World::get().has_jp) {
            const auto document = json::read(
                support::read_file(source("fixtures/packets/nishitokyo_full.bundle.json")));
            return Profiled{json::write(document->root()),
                            {"https://tsunagi.example/fhir/StructureDefinition/case-bundle"}};
        }
        std::vector<fs::path> files;
        for (const auto& each : fs::directory_iterator(World::cases() / "jp-clins" / "files")) {
            const std::string name = each.path().filename().string();
            if (name.find("-Example-") != name.npos && name.find("Inst-Referral01") == name.npos)
                files.push_back(each.path());
        }
        std::sort(files.begin(), files.end());
        std::string text = R"({"resourceType":"Bundle","type":"collection","entry":[)";
        std::size_t count = 0;
        for (const fs::path& file : files) {
            const auto document = json::read(support::read_file(file));
            // One that points into the Bundle it was taken from is not valid alone.
            const std::string_view about = document->root()["subject"]["reference"].text();
            if (about.starts_with("urn:uuid:")) continue;
            char url[64];
            std::snprintf(url, sizeof url, "urn:uuid:00000000-0000-4000-8000-%012zu", ++count);
            text += (count > 1 ? R"(,{"fullUrl":")" : R"({"fullUrl":")") + std::string{url};
            text += R"(","resource":)" + json::write(document->root()) + "}";
        }
        return Profiled{text + "]}", {}};
    }();
    return kProfiled;
}

void BM_RapidJson_ParseProfiledBundle(benchmark::State& state) {
    for (auto _ : state) {
        rapidjson::Document input;
        input.Parse(profiled().text.data(), profiled().text.size());
        benchmark::DoNotOptimize(input);
    }
}
BENCHMARK(BM_RapidJson_ParseProfiledBundle);

void BM_Validate_ProfiledBundle(benchmark::State& state) {
    const auto document = json::read(profiled().text);
    const validate::Validator& validator = *World::get().validator;
    validate::Options options;
    options.profiles = profiled().profiles;
    options.warnings = false;
    std::size_t errors = 0;
    for (const auto& issue : validator.validate(document->root(), options))
        errors += issue.severity <= fhir::IssueSeverity::Error ? 1 : 0;
    if (errors > 0) state.SkipWithError("the Bundle is not valid");
    // A fast wrong run fails: the same Bundle without a required element.
    std::string broken = profiled().text;
    if (const auto at = broken.find(R"("fullUrl")"); at != broken.npos) broken[at + 1] = 'F';
    const auto planted = json::read(broken);
    if (!fhir::has_error(validator.validate(planted->root(), options)))
        state.SkipWithError("a planted error is not found");
    for (auto _ : state) benchmark::DoNotOptimize(validator.validate(document->root(), options));
    state.SetBytesProcessed(static_cast<std::int64_t>(state.iterations()) *
                            static_cast<std::int64_t>(profiled().text.size()));
}
BENCHMARK(BM_Validate_ProfiledBundle);

/// A Bundle of about `bytes`, of resources as referrals have them.
std::string bundle_of(std::size_t bytes) {
    std::string text = R"({"resourceType":"Bundle","type":"collection","entry":[)";
    for (std::size_t i = 0; text.size() < bytes; ++i) {
        char id[13];
        std::snprintf(id, sizeof id, "%012zu", i);
        if (i > 0) text += ',';
        text += R"({"fullUrl":"urn:uuid:00000000-0000-4000-8000-)" + std::string{id};
        text +=
            R"(","resource":{"resourceType":"Observation","status":"final","category":[{"coding":[)"
            R"({"system":"http://terminology.hl7.org/CodeSystem/observation-category",)"
            R"("code":"vital-signs"}]}],"code":{"coding":[{"system":"http://loinc.org",)"
            R"("code":"8310-5","display":"Body temperature"}],"text":"体温"},)"
            R"("effectiveDateTime":"2026-11-20T08:30:00+09:00","valueQuantity":{"value":36.8,)"
            R"("unit":"度","system":"http://unitsofmeasure.org","code":"Cel"},"hasMember":[)"
            R"({"reference":"urn:uuid:00000000-0000-4000-8000-)" +
            std::string{id} + R"("}]}})";
    }
    return text + "]}";
}

constexpr std::size_t kLarge = 1U << 20;
constexpr std::size_t kSmall = kLarge / 35;  // 30 KB

/// Reading and validating about 1 MB, as Bundles of `size` each.
void validate_bytes(benchmark::State& state, std::size_t size) {
    const std::string text = bundle_of(size);
    const validate::Validator& validator = *World::get().validator;
    {
        const auto document = json::read(text);
        if (fhir::has_error(validator.validate(document->root())))
            state.SkipWithError("the Bundle is not valid");
    }
    for (auto _ : state) {
        for (std::size_t done = 0; done + size / 2 < kLarge; done += size) {
            const auto document = json::read(text);
            benchmark::DoNotOptimize(validator.validate(document->root(), {.warnings = false}));
        }
    }
}
void BM_ReadValidate_30KB(benchmark::State& state) { validate_bytes(state, kSmall); }
BENCHMARK(BM_ReadValidate_30KB);
void BM_ReadValidate_1MB(benchmark::State& state) { validate_bytes(state, kLarge); }
BENCHMARK(BM_ReadValidate_1MB);

/// What is meant to cost much: depth, repeated names, a number of a million digits, base64.
const std::vector<std::string>& hostile() {
    static const std::vector<std::string> kTexts = [] {
        constexpr std::size_t kDepth = 200'000;
        std::vector<std::string> texts;
        texts.push_back(std::string(kDepth, '[') + std::string(kDepth, ']'));
        std::string repeated = R"({"resourceType":"Patient")";
        for (int i = 0; i < 50'000; ++i) repeated += R"(,"active":true)";
        texts.push_back(repeated + "}");
        texts.push_back(R"({"resourceType":"Observation","valueInteger":)" +
                        std::string(1'000'000, '9') + "}");
        texts.push_back(R"({"resourceType":"Binary","contentType":"text/plain","data":")" +
                        std::string(1'000'001, 'A') + R"("})");
        return texts;
    }();
    return kTexts;
}

void BM_RapidJson_ParseHostile(benchmark::State& state) {
    for (auto _ : state) {
        for (const std::string& text : hostile()) {
            rapidjson::Document input;
            // Numbers as texts: its conversion of a million digits is a fault of its own.
            input.Parse<rapidjson::kParseIterativeFlag | rapidjson::kParseNumbersAsStringsFlag>(
                text.data(), text.size());
            benchmark::DoNotOptimize(input);
        }
    }
}
BENCHMARK(BM_RapidJson_ParseHostile);

void BM_Refuse_Hostile(benchmark::State& state) {
    const validate::Validator& validator = *World::get().validator;
    const auto refused = [&](const std::string& text) {
        const auto document = json::read(text);
        return !document || fhir::has_error(validator.validate(document->root()));
    };
    for (const std::string& text : hostile()) {
        if (!refused(text)) state.SkipWithError("hostile input is accepted");
    }
    for (auto _ : state) {
        for (const std::string& text : hostile()) benchmark::DoNotOptimize(refused(text));
    }
}
BENCHMARK(BM_Refuse_Hostile);

}  // namespace
}  // namespace tsunagi

int main(int argc, char** argv) {
    const bool has_jp = tsunagi::World::get().has_jp;
    std::printf("P3: %s, %zu bytes\n",
                has_jp ? "examples of JP-CLINS with JP Core and JP-CLINS"
                       : "the story's Bundle with our profiles (no JP packages here)",
                tsunagi::profiled().text.size());
    return tsunagi::bench::run(
        argc, argv,
        {{"P3", "BM_Validate_ProfiledBundle", "BM_RapidJson_ParseProfiledBundle", 2.0},
         {"P26", "BM_ReadValidate_1MB", "BM_ReadValidate_30KB", 1.3},
         {"P26", "BM_Refuse_Hostile", "BM_RapidJson_ParseHostile", 2.0}});
}

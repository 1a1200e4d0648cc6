// The published FHIRPath cases for R4 (../shared/cases/fhirpath/README.md says when one passes).
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <set>
#include <sstream>

#include "fhirpath/expression.h"
#include "fhirpath/render.h"
#include "json/reader.h"

namespace tsunagi::fhirpath {
namespace {

constexpr int kCases = 444;
constexpr int kFloor = 444;

std::string read_file(const std::filesystem::path& path) {
    std::ifstream in(path, std::ios::binary);
    std::ostringstream out;
    out << in.rdbuf();
    return out.str();
}

std::filesystem::path cases_folder() {
    const char* given = std::getenv("TSUNAGI_CASES");
    return std::filesystem::path{given ? given : TSUNAGI_SOURCE_DIR "/../shared/cases"} /
           "fhirpath";
}

/// Mapped memory is aligned; so is a vector of 64-bit words.
struct Pack {
    std::vector<std::uint64_t> words;
    std::size_t size = 0;
    BytesView view() const { return {reinterpret_cast<const std::uint8_t*>(words.data()), size}; }
};

Pack load_pack() {
    const std::string bytes = read_file(TSUNAGI_BINARY_DIR "/share/r4.pack");
    Pack pack;
    pack.words.resize(bytes.size() / 8 + 1);
    pack.size = bytes.size();
    std::copy(bytes.begin(), bytes.end(), reinterpret_cast<char*>(pack.words.data()));
    return pack;
}

bool same_value(std::string_view type, const std::string& left, const std::string& right) {
    if (left == right) return true;
    const auto a = Number::parse(left);
    const auto b = Number::parse(right);
    if (type != "string" && a && b) return compare(*a, *b) == 0 && a->scale == b->scale;
    if (left.starts_with('@') && right.starts_with('@')) {
        const auto x = Temporal::parse(Temporal::Kind::DateTime, left.substr(1));
        const auto y = Temporal::parse(Temporal::Kind::DateTime, right.substr(1));
        return x && y && compare(*x, *y) == 0;
    }
    return false;
}

/// Empty when the case passes, else what came out.
std::string failure(json::Value test, const Collection& got) {
    std::string seen;
    for (const Item& item : got) seen += render(item) + "; ";
    const json::Value outputs = test["outputs"];
    if (outputs.size() != got.size()) return "got " + seen;
    std::vector<const Item*> rest;
    for (const Item& item : got) rest.push_back(&item);
    for (const json::Value output : outputs) {
        const auto type = output["type"].text();
        const auto fits = [&](const Item* item) {
            return (type.empty() || type_name(*item) == type) &&
                   same_value(type, value_text(*item), std::string{output["value"].text()});
        };
        const bool free_order = test["ordered"].is_bool() && !test["ordered"].truth();
        const auto found = free_order ? std::find_if(rest.begin(), rest.end(), fits) : rest.begin();
        if (found == rest.end() || !fits(*found)) return "got " + seen;
        rest.erase(found);
    }
    return {};
}

TEST(Check, FindsStepsThatNoDataCanTake) {
    const Pack pack = load_pack();
    if (pack.size == 0) {
        std::printf("fhirpath check: share/r4.pack is not built, skipped\n");
        GTEST_SKIP();
    }
    const auto definitions = fhir::Definitions::open(pack.view());
    ASSERT_TRUE(definitions) << to_string(definitions.error());
    const auto fault = [&](std::string_view text, std::string_view type) -> std::string {
        const auto expression = Expression::parse(text);
        if (!expression) return "no expression";
        const auto checked = check(*expression, *definitions, definitions->type(type));
        return checked ? "" : checked.error().where;
    };
    for (const char* right :
         {"name.given", "Patient.name.where(use = 'official').given", "contact.name.family",
          "name.given.extension('x').value.code", "birthDate.value", "contained.anything",
          "extension.value.coding.code", "name.select(given | family)", "%any.thing",
          "deceased is boolean", "deceased.ofType(dateTime)", "link.other.resolve().name"})
        EXPECT_EQ(fault(right, "Patient"), "") << right;
    EXPECT_EQ(fault("name.gven", "Patient"), "column 6");
    EXPECT_EQ(fault("name.where(usage = 'x')", "Patient"), "column 12");
    EXPECT_EQ(fault("valueQuantity.value", "Observation"), "column 1");
    EXPECT_EQ(fault("(value as Period).unit", "Observation"), "column 19");
    EXPECT_EQ(fault("iif(active, name.gven, 'x')", "Patient"), "column 18");
    EXPECT_EQ(fault("children().first()", "Patient"), "column 12");
    EXPECT_EQ(fault("identifier.endsWith('x')", "Patient"), "column 12");
    EXPECT_EQ(fault("name.gven", "Observation"), "column 1");
}

TEST(Check, ReadsEveryInvariantOfR4AndFindsTheOnesThatCannotWork) {
    const Pack pack = load_pack();
    if (pack.size == 0) {
        std::printf("fhirpath invariants: share/r4.pack is not built, skipped\n");
        GTEST_SKIP();
    }
    const auto definitions = fhir::Definitions::open(pack.view());
    ASSERT_TRUE(definitions) << to_string(definitions.error());
    int count = 0;
    std::set<std::string> faulty;
    for (const fhir::TypeDef* type : definitions->types()) {
        for (const fhir::ElementDef& element : type->all_elements) {
            const bool root = &element == type->all_elements.data();
            const fhir::TypeDef* focus = root                        ? type
                                         : element.types.size() == 1 ? element.types[0].type
                                                                     : nullptr;
            for (const fhir::Constraint* constraint : element.constraints) {
                const auto expression = Expression::parse(constraint->expression);
                ASSERT_TRUE(expression) << constraint->key << " " << to_string(expression.error());
                ++count;
                if (!check(*expression, *definitions, focus))
                    faulty.insert(std::string{type->url.substr(type->url.rfind('/') + 1)} + " " +
                                  std::string{constraint->key});
            }
        }
    }
    std::printf("fhirpath invariants: %d read\n", count);
    EXPECT_GE(count, 10'000);
    // Errors of the R4 specification itself: the named elements do not exist there.
    EXPECT_EQ(faulty,
              (std::set<std::string>{
                  "ChargeItemDefinition cid-0", "Definition ele-1", "Event ele-1", "Event inv-1",
                  "FiveWs ele-1", "Request ele-1", "allergyintolerance-substanceExposureRisk inv-1",
                  "familymemberhistory-genetic fhs-1", "familymemberhistory-genetic fhs-2"}));
}

TEST(Conformance, PassesThePublishedCases) {
    const auto folder = cases_folder();
    const std::string text = read_file(folder / "cases.json");
    if (text.empty()) {
        std::printf("fhirpath conformance: %s is absent, skipped\n", folder.c_str());
        GTEST_SKIP();
    }
    const Pack pack = load_pack();
    if (pack.size == 0) {
        std::printf("fhirpath conformance: share/r4.pack is not built, skipped\n");
        GTEST_SKIP();
    }
    const auto definitions = fhir::Definitions::open(pack.view());
    ASSERT_TRUE(definitions) << to_string(definitions.error());
    const auto cases = json::read(text);
    ASSERT_TRUE(cases) << to_string(cases.error());

    std::map<std::string, json::Document> inputs;
    int passed = 0;
    int failed = 0;
    for (const json::Value test : cases->root()) {
        json::Value input;
        if (test["inputfile"].is_string()) {
            const std::string name{test["inputfile"].text()};
            if (!inputs.contains(name)) {
                auto document = json::read(read_file(folder / "inputs" / name));
                ASSERT_TRUE(document) << name << " " << to_string(document.error());
                inputs.emplace(name, std::move(*document));
            }
            input = inputs.at(name).root();
        }
        Context context;
        context.definitions = &*definitions;
        context.focus = item_of(input, &*definitions);
        context.now = *parse_instant("2026-11-20T00:30:00Z");
        const auto expression = Expression::parse(test["expression"].text());
        std::string fault = expression ? "" : to_string(expression.error());
        std::string wrong;
        if (expression) {
            const Status checked = check(*expression, *definitions, context.focus.type());
            auto result = evaluate(*expression, context);
            if (!checked && test["mode"].text() == "strict") {
                fault = to_string(checked.error());
            } else if (!result) {
                fault = to_string(result.error());
            } else if (!test["invalid"].is_string()) {
                wrong = failure(test, *result);
            }
        }
        const bool ok =
            test["invalid"].is_string() ? !fault.empty() : fault.empty() && wrong.empty();
        ++(ok ? passed : failed);
        if (!ok) {
            std::printf("  %s %s: %s: %s\n", std::string{test["index"].text()}.c_str(),
                        std::string{test["name"].text()}.c_str(),
                        std::string{test["expression"].text()}.c_str(),
                        (fault.empty() ? wrong : fault).c_str());
        }
    }
    std::printf("fhirpath conformance: %d passed, %d failed\n", passed, failed);
    EXPECT_EQ(passed + failed, kCases);
    EXPECT_GE(passed, kFloor);
}

}  // namespace
}  // namespace tsunagi::fhirpath

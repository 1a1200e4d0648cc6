// Walks tests/fhirpath/*.ndjson: one case a line, {"expression", "input"?, "result": ["integer 4",
// …]} or {"expression", "input"?, "error": "syntax" | "semantic" | "execution"}.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "fhirpath/expression.h"
#include "fhirpath/render.h"
#include "json/reader.h"

namespace tsunagi::fhirpath {
namespace {

std::string_view word_of(Fault fault) {
    return fault == Fault::Syntax ? "syntax" : fault == Fault::Semantic ? "semantic" : "execution";
}

std::string run(json::Value test) {
    const auto expression = Expression::parse(test["expression"].text());
    if (!expression) return "error " + std::string{word_of(fault_of(expression.error()))};
    Context context;
    context.focus = item_of(test["input"], nullptr);
    context.now = *parse_instant("2026-11-20T00:30:00Z");
    context.zone = std::chrono::minutes{540};
    const auto result = evaluate(*expression, context);
    if (!result) return "error " + std::string{word_of(fault_of(result.error()))};
    std::string out;
    for (const Item& item : *result) out += (out.empty() ? "" : ", ") + render(item);
    return out;
}

std::string expected(json::Value test) {
    if (test["error"]) return "error " + std::string{test["error"].text()};
    std::string out;
    for (const json::Value item : test["result"]) {
        if (!out.empty()) out += ", ";
        out += item.text();
    }
    return out;
}

TEST(FhirPath, AnswersEveryCaseOfItsFiles) {
    int count = 0;
    std::vector<std::filesystem::path> files;
    for (const auto& entry :
         std::filesystem::directory_iterator(TSUNAGI_SOURCE_DIR "/tests/fhirpath")) {
        if (entry.path().extension() == ".ndjson") files.push_back(entry.path());
    }
    std::sort(files.begin(), files.end());
    for (const auto& file : files) {
        std::ifstream in(file);
        int line_number = 0;
        for (std::string line; std::getline(in, line);) {
            ++line_number;
            if (line.empty()) continue;
            const auto test = json::read(line);
            ASSERT_TRUE(test) << file << ":" << line_number << " " << to_string(test.error());
            EXPECT_EQ(run(test->root()), expected(test->root()))
                << file.filename() << ":" << line_number << " "
                << test->root()["expression"].text();
            ++count;
        }
    }
    std::printf("fhirpath cases: %d in %zu files\n", count, files.size());
    EXPECT_GE(files.size(), 6U);
    EXPECT_GE(count, 250);
}

}  // namespace
}  // namespace tsunagi::fhirpath

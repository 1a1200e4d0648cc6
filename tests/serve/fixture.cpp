#include "serve/fixture.h"

#include <algorithm>
#include <fstream>
#include <iterator>
#include <sstream>

namespace tsunagi::serve {
namespace {

std::string read_file(const std::filesystem::path& path) {
    std::ifstream in(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
}

}  // namespace

std::vector<WireCase> wire_cases() {
    std::vector<WireCase> cases;
    const std::filesystem::path folder = std::string{TSUNAGI_SOURCE_DIR} + "/fixtures/http";
    for (const auto& entry : std::filesystem::directory_iterator(folder)) {
        if (entry.path().extension() != ".http") continue;
        WireCase one{
            .name = entry.path().stem().string(), .bytes = read_file(entry.path()), .statuses = {}};
        auto expect = entry.path();
        std::istringstream words(read_file(expect.replace_extension(".expect")));
        for (std::string word; words >> word;) {
            if (word == "kept")
                one.kept = true;
            else if (word == "after-end")
                one.after_end = true;
            else if (word != "closed")
                one.statuses.push_back(std::stoi(word));
        }
        cases.push_back(std::move(one));
    }
    std::sort(cases.begin(), cases.end(),
              [](const WireCase& a, const WireCase& b) { return a.name < b.name; });
    return cases;
}

}  // namespace tsunagi::serve

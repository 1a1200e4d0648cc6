// peers_map_compare FOLDER EXPLAINED: what both mapping engines made, document by document.
//   FOLDER/tasks          what was mapped, one a line (maps.cpp)
//   FOLDER/ours/*.json    of our engine (maps.cpp)
//   FOLDER/theirs/*.json  {from, to, made} or {error} of the official one (hapi, Mapper.java)
//   EXPLAINED             "part of the path<tab>part of ours<tab>part of theirs<tab>reason" a line;
//                         the part "-" is nothing
// Prints each difference that EXPLAINED does not cover with both values. Exit code 1 below 100 %.
#include <algorithm>
#include <array>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iostream>

#include "app/files.h"
#include "peers/fields.h"
#include "peers/same_bundle.h"

namespace tsunagi::peers {
namespace {

namespace fs = std::filesystem;

struct Known {
    std::vector<std::string> parts;  ///< path, ours, theirs, reason
    std::size_t met = 0;
};

std::vector<Known> read_known(const std::string& path) {
    std::vector<Known> known;
    std::ifstream in{path};
    for (std::string line; std::getline(in, line);) {
        auto parts = fields(line);
        if (parts.size() == 4 && !line.starts_with("#")) known.push_back({std::move(parts)});
    }
    return known;
}

struct Tally {
    const char* name;
    std::size_t all = 0, same = 0;
};

bool explained(const Difference& difference, std::vector<Known>& known) {
    const auto holds = [](const std::string& text, const std::string& part) {
        return part == "-" ? text.empty() : text.find(part) != std::string::npos;
    };
    for (Known& one : known) {
        if (!holds(difference.path, one.parts[0]) || !holds(difference.ours, one.parts[1]) ||
            !holds(difference.theirs, one.parts[2]))
            continue;
        ++one.met;
        return true;
    }
    return false;
}

std::string shown(const std::string& value) {
    if (value.empty()) return "(nothing)";
    std::size_t end = std::min<std::size_t>(value.size(), 300);
    while (end < value.size() && (value[end] & 0xC0) == 0x80) --end;
    return value.substr(0, end);
}

/// Whether both are the same, but for what is explained. Prints the rest.
bool same(const fs::path& ours, const fs::path& theirs, std::vector<Known>& known) {
    const std::string name = ours.stem().string();
    const auto mine = app::read_json(ours), answer = app::read_json(theirs);
    if (!mine || !answer) {
        std::cout << "DIFFERS   " << name << ": nothing to compare\n";
        return false;
    }
    const json::Value given = answer->root();
    const auto from = parse_instant(given["from"].text()), to = parse_instant(given["to"].text());
    if (!given["made"] || !from || !to) {
        std::cout << "DIFFERS   " << name
                  << ": the official engine stops: " << given["error"].text() << "\n";
        return false;
    }
    auto found = differences({mine->root(), kMappedAt, kMappedAt}, {given["made"], *from, *to});
    std::erase_if(found, [&](const auto& each) { return explained(each, known); });
    if (found.empty()) return true;
    std::cout << "DIFFERS   " << name << "\n";
    for (const Difference& each : found) {
        std::cout << "    " << each.path << "\n        ours:   " << shown(each.ours)
                  << "\n        theirs: " << shown(each.theirs) << "\n";
    }
    return false;
}

int run(const std::vector<std::string>& arguments) {
    if (arguments.size() != 2) {
        std::cerr << "peers_map_compare FOLDER EXPLAINED\n";
        return 2;
    }
    const fs::path folder = arguments[0];
    auto known = read_known(arguments[1]);
    std::array<Tally, 2> tallies{{{"packets"}, {"other documents"}}};
    std::ifstream tasks{folder / "tasks"};
    for (std::string line; std::getline(tasks, line);) {
        const auto task = fields(line);
        const std::string file = task[0] + ".json";
        Tally& tally = tallies[task.size() > 2 && task[2] == "-" ? 1 : 0];
        ++tally.all;
        tally.same += same(folder / "ours" / file, folder / "theirs" / file, known) ? 1 : 0;
    }
    bool stale = false;
    for (const Known& one : known) {
        std::printf("explained %4zu x  %s\n", one.met, one.parts[3].c_str());
        stale = stale || one.met == 0;
    }
    if (stale) std::printf("a reason that explains nothing any more: take it out\n");
    bool all = !stale;
    for (const Tally& tally : tallies) {
        std::printf("maps: %zu of %zu %s identical\n", tally.same, tally.all, tally.name);
        all = all && tally.same == tally.all && tally.all > 0;
    }
    return all ? 0 : 1;
}

}  // namespace
}  // namespace tsunagi::peers

int main(int argc, char** argv) { return tsunagi::peers::run({argv + 1, argv + argc}); }

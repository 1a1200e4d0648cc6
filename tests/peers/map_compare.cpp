// peers_map_compare FOLDER EXPLAINED: the Bundles that both mapping engines made, packet by packet.
//   FOLDER/ours/*.json    the Bundles of our engine (maps.cpp)
//   FOLDER/theirs/*.json  {from, to, bundle} or {error} of the official one (hapi, Mapper.java)
//   EXPLAINED             "part of the path<tab>part of ours<tab>part of theirs<tab>reason" a line;
//                         the part "-" is nothing
// Prints each difference that EXPLAINED does not cover with both values. Exit code 1 below 100 %.
#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iostream>

#include "app/files.h"
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
        if (line.empty() || line.starts_with("#")) continue;
        Known one{{{}}};
        for (const char c : line) {
            if (c == '\t') {
                one.parts.emplace_back();
            } else {
                one.parts.back() += c;
            }
        }
        if (one.parts.size() == 4) known.push_back(std::move(one));
    }
    return known;
}

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

/// Whether the packet's Bundles are the same, but for what is explained. Prints the rest.
bool same(const fs::path& ours, const fs::path& theirs, std::vector<Known>& known) {
    const std::string name = ours.stem().string();
    const auto mine = app::read_json(ours), answer = app::read_json(theirs);
    if (!mine || !answer) {
        std::cout << "PACKET    " << name << ": no Bundle to compare\n";
        return false;
    }
    const json::Value given = answer->root();
    const auto from = parse_instant(given["from"].text()), to = parse_instant(given["to"].text());
    if (!given["bundle"] || !from || !to) {
        std::cout << "PACKET    " << name
                  << ": the official engine stops: " << given["error"].text() << "\n";
        return false;
    }
    auto found = differences({mine->root(), kMappedAt, kMappedAt}, {given["bundle"], *from, *to});
    std::erase_if(found, [&](const auto& each) { return explained(each, known); });
    if (found.empty()) return true;
    std::cout << "PACKET    " << name << "\n";
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
    std::vector<fs::path> packets;
    for (const auto& entry : fs::directory_iterator(folder / "ours"))
        packets.push_back(entry.path());
    std::sort(packets.begin(), packets.end());
    std::size_t identical = 0;
    for (const auto& packet : packets)
        identical += same(packet, folder / "theirs" / packet.filename(), known) ? 1 : 0;
    bool stale = false;
    for (const Known& one : known) {
        std::printf("explained %4zu x  %s\n", one.met, one.parts[3].c_str());
        stale = stale || one.met == 0;
    }
    if (stale) std::printf("a reason that explains nothing any more: take it out\n");
    std::printf("maps: %zu of %zu packets identical\n", identical, packets.size());
    return identical == packets.size() && identical > 0 && !stale ? 0 : 1;
}

}  // namespace
}  // namespace tsunagi::peers

int main(int argc, char** argv) { return tsunagi::peers::run({argv + 1, argv + argc}); }

// peers_mutate SEED COUNT OUT_DIR [--package P]... : reads "GROUP<tab>FILE" lines from standard
// input and writes COUNT mutants of those files into OUT_DIR, kinds and groups in turn, each as
// NUMBER.KIND.FILE. Prints "GROUP<tab>FILE<tab>what was done" for each. A seed repeats its mutants.
#include <filesystem>
#include <iostream>
#include <map>

#include "app/definitions.h"
#include "app/files.h"
#include "json/writer.h"
#include "peers/mutations.h"

namespace tsunagi::peers {
namespace {

namespace fs = std::filesystem;

using Sources = std::map<std::string, std::vector<std::string>>;

Sources read_sources(std::istream& in) {
    Sources sources;
    for (std::string line; std::getline(in, line);) {
        const auto tab = line.find('\t');
        if (tab != std::string::npos) sources[line.substr(0, tab)].push_back(line.substr(tab + 1));
    }
    return sources;
}

int refuse(const Error& error) {
    std::cerr << to_string(error) << "\n";
    return 2;
}

int run(const std::vector<std::string>& arguments) {
    if (arguments.size() < 3) {
        std::cerr << "peers_mutate SEED COUNT OUT_DIR [--package P]...\n";
        return 2;
    }
    const std::uint64_t seed = std::stoull(arguments[0]);
    const std::size_t count = std::stoul(arguments[1]);
    const fs::path folder = arguments[2];
    std::vector<std::string> packages;
    for (std::size_t i = 4; i < arguments.size(); i += 2) packages.push_back(arguments[i]);

    const auto home = app::find_home(std::nullopt);
    if (!home) return refuse(home.error());
    const auto loaded = app::load_definitions(*home, packages);
    if (!loaded) return refuse(loaded.error());
    const Sources sources = read_sources(std::cin);
    if (sources.empty()) return refuse({Code::Invalid, "no file to mutate", ""});

    SeededRandom random{seed};
    fs::create_directories(folder);
    auto next_group = sources.begin();
    std::size_t made = 0;
    for (std::size_t attempt = 0; made < count && attempt < 100 * count; ++attempt) {
        const auto group = next_group;
        if (++next_group == sources.end()) next_group = sources.begin();
        const auto& files = group->second;
        const std::string& file = files[random.below(files.size())];
        const Mutation mutation = kMutations[made % kMutations.size()];
        const auto resource = app::read_json(file);
        if (!resource) return refuse(resource.error());
        const auto mutant = mutate(resource->root(), mutation, *loaded->definitions, random);
        if (!mutant) continue;
        ++made;
        const std::string number = std::to_string(10'000 + made).substr(1);
        const fs::path target = folder / (number + "." + std::string{name(mutation)} + "." +
                                          fs::path{file}.filename().string());
        if (auto written = app::write_file(target, json::write_pretty(mutant->resource.root()));
            !written)
            return refuse(written.error());
        std::cout << group->first << "\t" << target.string() << "\t" << mutant->what << "\n";
    }
    return made == count ? 0 : refuse({Code::Internal, "too few places to mutate", ""});
}

}  // namespace
}  // namespace tsunagi::peers

int main(int argc, char** argv) { return tsunagi::peers::run({argv + 1, argv + argc}); }

#include "app/definitions.h"

#include <utility>
#include <vector>

#include "packages/package_reader.h"

namespace tsunagi::app {

Result<LoadedDefinitions> load_definitions(const Home& home,
                                           std::span<const std::string> packages) {
    auto pack = packages::MappedFile::open(home.pack);
    if (!pack) return pack.error();
    auto definitions = fhir::Definitions::open(pack->bytes());
    if (!definitions) return definitions.error();

    std::vector<json::Document> documents;
    const auto keep = [&](std::string_view, json::Document resource) -> Status {
        documents.push_back(std::move(resource));
        return {};
    };
    std::vector<std::filesystem::path> sources;
    for (const char* folder : {"models", "extensions", "terminology"})
        sources.push_back(home.profiles() / folder);
    for (const auto& package : packages) sources.emplace_back(package);
    for (const auto& source : sources) {
        if (auto read = packages::for_each_resource(source, keep); !read) return read.error();
    }
    std::vector<json::Value> resources;
    resources.reserve(documents.size());
    for (const auto& document : documents) resources.push_back(document.root());
    if (auto added = definitions->add(resources); !added) return added.error();
    return LoadedDefinitions{std::move(*pack),
                             std::make_unique<fhir::Definitions>(std::move(*definitions))};
}

}  // namespace tsunagi::app

#pragma once
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "json/reader.h"
#include "support/definitions.h"

/// The definitions of profiles/ as files, and the canonical URLs that other files mention.
namespace tsunagi::profiles {

inline constexpr std::string_view kBase = "https://tsunagi.example/fhir/";

inline std::filesystem::path source(std::string_view below) {
    return std::filesystem::path{TSUNAGI_SOURCE_DIR} / below;
}

struct Definition {
    std::string file;  ///< below profiles/
    std::string type, id, url;
    json::Document document;

    json::Value root() const { return document.root(); }
};

/// Every definition of the package, by file name.
inline const std::vector<Definition>& definitions() {
    static const std::vector<Definition> kAll = [] {
        std::vector<std::filesystem::path> files;
        for (const char* folder : {"models", "resources", "extensions", "terminology", "naming",
                                   "api", "questionnaires"}) {
            for (const auto& entry :
                 std::filesystem::directory_iterator(source("profiles") / folder)) {
                if (entry.path().extension() == ".json") files.push_back(entry.path());
            }
        }
        std::sort(files.begin(), files.end());
        std::vector<Definition> all;
        for (const auto& file : files) {
            auto document = json::read(support::read_file(file));
            if (!document) {
                ADD_FAILURE() << file << ": " << to_string(document.error());
                continue;
            }
            const json::Value root = document->root();
            Definition made{std::filesystem::relative(file, source("profiles")).string(),
                            std::string{root["resourceType"].text()},
                            std::string{root["id"].text()},
                            std::string{root["url"].text()},
                            {}};
            if (made.type == "NamingSystem") made.url = root["uniqueId"].at(0)["value"].text();
            made.document = std::move(*document);
            all.push_back(std::move(made));
        }
        return all;
    }();
    return kAll;
}

inline const Definition* find(std::string_view url) {
    const auto& all = definitions();
    const auto found =
        std::find_if(all.begin(), all.end(), [&](const auto& each) { return each.url == url; });
    return found == all.end() ? nullptr : &*found;
}

/// The canonical URLs of ours in a text: `<base><Kind>/<id>` where Kind is a type of definition.
inline std::vector<std::string> canonicals_in(std::string_view text) {
    constexpr std::array<std::string_view, 10> kKinds{
        "StructureDefinition", "CodeSystem",          "ValueSet",
        "ConceptMap",          "NamingSystem",        "SearchParameter",
        "OperationDefinition", "CapabilityStatement", "StructureMap",
        "Questionnaire"};
    const auto is_part = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               c == '-';
    };
    std::vector<std::string> found;
    for (std::size_t at = text.find(kBase); at != std::string_view::npos;
         at = text.find(kBase, at + 1)) {
        std::size_t end = at + kBase.size();
        while (end < text.size() && is_part(text[end])) ++end;
        const std::string_view kind = text.substr(at + kBase.size(), end - at - kBase.size());
        if (std::find(kKinds.begin(), kKinds.end(), kind) == kKinds.end()) continue;
        if (end == text.size() || text[end] != '/') continue;
        const std::size_t id = ++end;
        while (end < text.size() && is_part(text[end])) ++end;
        if (end > id) found.emplace_back(text.substr(at, end - at));
    }
    return found;
}

/// Files with one of these endings below a folder of the source tree.
inline std::vector<std::filesystem::path> files_below(std::string_view folder,
                                                      const std::vector<std::string>& endings) {
    std::vector<std::filesystem::path> files;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(source(folder))) {
        if (std::find(endings.begin(), endings.end(), entry.path().extension()) != endings.end())
            files.push_back(entry.path());
    }
    std::sort(files.begin(), files.end());
    return files;
}

/// Calls `visit(value)` for a value and everything below it.
template <class Visit>
void walk(json::Value value, const Visit& visit) {
    visit(value);
    for (const json::Value child : value) walk(child, visit);
}

}  // namespace tsunagi::profiles

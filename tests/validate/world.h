#pragma once
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "fhir/definitions.h"
#include "json/reader.h"
#include "packages/mapped_file.h"
#include "packages/package_reader.h"
#include "support/temp_folder.h"
#include "validate/snapshot.h"
#include "validate/validator.h"

namespace tsunagi::validate::testing_world {

inline std::filesystem::path source_dir() { return TSUNAGI_SOURCE_DIR; }

inline std::filesystem::path r4_pack() {
    return std::filesystem::path{TSUNAGI_BINARY_DIR} / "share" / "r4.pack";
}

/// FHIR R4 with the models and code lists of profiles/, as the gateway loads them.
struct World {
    packages::MappedFile pack;
    fhir::Definitions definitions;
    Validator validator;

    World(packages::MappedFile file, fhir::Definitions all)
        : pack(std::move(file)), definitions(std::move(all)), validator(definitions) {}

    static const World& get() {
        static const World* world = with({}).release();
        return *world;
    }

    /// With further conformance resources, as the command line adds packages.
    static std::unique_ptr<World> with(const std::vector<json::Document>& further) {
        const auto fail = [](const Error& error) {
            std::fprintf(stderr, "%s\n", to_string(error).c_str());
            std::abort();
        };
        auto file = packages::MappedFile::open(std::filesystem::path{TSUNAGI_BINARY_DIR} / "share" /
                                               "r4.pack");
        if (!file) fail(file.error());
        auto definitions = fhir::Definitions::open(file->bytes());
        if (!definitions) fail(definitions.error());
        std::vector<json::Document> documents;
        for (const char* folder : {"models", "terminology", "extensions"}) {
            const Status read = packages::for_each_resource(
                source_dir() / "profiles" / folder,
                [&](std::string_view, json::Document resource) -> Status {
                    documents.push_back(std::move(resource));
                    return {};
                });
            if (!read) fail(read.error());
        }
        std::vector<json::Value> roots;
        for (const json::Document& each : documents) roots.push_back(each.root());
        std::vector<json::Document> completed;
        complete(*definitions, further, completed);
        for (const json::Document& each : completed) roots.push_back(each.root());
        for (const json::Document& each : further) roots.push_back(each.root());
        if (const Status added = definitions->add(roots); !added) fail(added.error());
        return std::make_unique<World>(std::move(*file), std::move(*definitions));
    }

private:
    /// Profiles that come as a differential alone.
    static void complete(const fhir::Definitions& definitions,
                         const std::vector<json::Document>& further,
                         std::vector<json::Document>& completed) {
        Snapshots snapshots(definitions);
        for (const json::Document& each : further) snapshots.offer(each.root());
        for (const json::Document& each : further) {
            const json::Value root = each.root();
            if (root["resourceType"].text() != "StructureDefinition" || root["snapshot"]) continue;
            if (auto made = snapshots.generate(root)) completed.push_back(std::move(*made));
        }
    }
};

inline json::Document parse(std::string_view text) {
    auto document = json::read(text);
    if (!document) {
        ADD_FAILURE() << to_string(document.error());
        return {};
    }
    return std::move(*document);
}

/// Without hints, which every resource without narrative has.
inline std::vector<fhir::Issue> check(std::string_view text, Options options = {}) {
    options.hints = false;
    const json::Document document = parse(text);
    return World::get().validator.validate(document.root(), options);
}

inline Options packet_options() {
    return {.profile = "https://tsunagi.example/fhir/StructureDefinition/Packet",
            .root_name = "Packet"};
}

/// "code expression", one per issue of at least a warning.
inline std::vector<std::string> faults(const std::vector<fhir::Issue>& issues) {
    std::vector<std::string> found;
    for (const fhir::Issue& each : issues) {
        if (each.severity != fhir::IssueSeverity::Information)
            found.push_back(each.code + " " + each.expression);
    }
    return found;
}

/// The text with its one occurrence of `from` replaced; fails the test when it does not occur or is
/// not the only one.
inline std::string replaced(std::string text, std::string_view from, std::string_view to) {
    const std::size_t at = text.find(from);
    if (at == std::string::npos || text.find(from, at + 1) != std::string::npos) {
        ADD_FAILURE() << "not exactly one: " << from;
        return text;
    }
    return text.replace(at, from.size(), to);
}

/// The text with its first `from` replaced; fails the test when there is none.
inline std::string first_replaced(std::string text, std::string_view from, std::string_view to) {
    const std::size_t at = text.find(from);
    if (at == std::string::npos) {
        ADD_FAILURE() << "not there: " << from;
        return text;
    }
    return text.replace(at, from.size(), to);
}

}  // namespace tsunagi::validate::testing_world

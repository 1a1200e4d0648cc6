#pragma once
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "fhir/definitions.h"
#include "json/reader.h"
#include "packages/mapped_file.h"

/// The definitions as the gateway loads them, and files of the source tree. A test that uses it
/// links packages and depends on the target r4_pack.
namespace tsunagi::support {

inline std::string read_file(const std::filesystem::path& path) {
    std::ifstream in(path, std::ios::binary);
    std::ostringstream out;
    out << in.rdbuf();
    return out.str();
}

inline const packages::MappedFile& r4_pack() {
    static const packages::MappedFile kPack =
        packages::MappedFile::open(TSUNAGI_BINARY_DIR "/share/r4.pack").value();
    return kPack;
}

inline fhir::Definitions r4() { return fhir::Definitions::open(r4_pack().bytes()).value(); }

/// R4 with our own models and terminology.
inline const fhir::Definitions& definitions() {
    static const fhir::Definitions kDefinitions = [] {
        fhir::Definitions made = r4();
        std::vector<json::Document> documents;
        std::vector<json::Value> resources;
        for (const char* folder : {"models", "extensions", "terminology"}) {
            const std::filesystem::path path =
                std::filesystem::path{TSUNAGI_SOURCE_DIR} / "profiles" / folder;
            for (const auto& entry : std::filesystem::directory_iterator(path)) {
                if (entry.path().extension() == ".json")
                    documents.push_back(json::read(read_file(entry.path())).value());
            }
        }
        for (const auto& document : documents) resources.push_back(document.root());
        const Status added = made.add(resources);
        if (!added) ADD_FAILURE() << to_string(added.error());
        return made;
    }();
    return kDefinitions;
}

}  // namespace tsunagi::support

#include "packages/pack_compiler.h"

#include <fstream>
#include <string>
#include <utility>
#include <vector>

#include "fhir/pack_writer.h"
#include "packages/package_reader.h"

namespace tsunagi::packages {
namespace {

namespace fs = std::filesystem;

Status replace_file(const fs::path& target, BytesView bytes) {
    fs::path draft = target;
    draft += ".new";
    {
        std::ofstream out(draft, std::ios::binary | std::ios::trunc);
        out.write(reinterpret_cast<const char*>(bytes.data()),
                  static_cast<std::streamsize>(bytes.size()));
        out.close();
        if (!out) return Error{Code::Unavailable, "the pack could not be written", draft.string()};
    }
    std::error_code fault;
    fs::rename(draft, target, fault);
    if (fault) return Error{Code::Unavailable, fault.message(), target.string()};
    return {};
}

}  // namespace

Result<PackSummary> compile_pack(std::span<const fs::path> packages, const fs::path& target) {
    fhir::PackWriter writer;
    PackSummary summary;
    std::vector<json::Document> value_sets;  // PackWriter reads them in finish()
    for (const fs::path& package : packages) {
        const Status read =
            for_each_resource(package, [&](std::string_view, json::Document document) -> Status {
                const std::string_view type = document.root()["resourceType"].text();
                if (type != "StructureDefinition" && type != "ValueSet" && type != "CodeSystem" &&
                    type != "ConceptMap") {
                    return {};
                }
                ++summary.resources;
                Status added = writer.add(document.root());
                if (type == "ValueSet") value_sets.push_back(std::move(document));
                return added;
            });
        if (!read) return read.error();
        ++summary.packages;
    }
    const auto pack = writer.finish();
    if (!pack) return pack.error();
    summary.bytes = pack->size();
    if (const Status written = replace_file(target, *pack); !written) return written.error();
    return summary;
}

}  // namespace tsunagi::packages

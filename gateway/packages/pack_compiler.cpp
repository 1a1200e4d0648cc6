#include "packages/pack_compiler.h"

#include <string>
#include <utility>
#include <vector>

#include "fhir/pack_writer.h"
#include "json/builder.h"
#include "packages/layer_compiler.h"
#include "packages/package_reader.h"
#include "packages/replace_file.h"

namespace tsunagi::packages {

namespace fs = std::filesystem;

namespace {

/// R4 wrote one expression with a function that FHIRPath does not have (hasExtension); the same
/// with those it has.
constexpr std::string_view kSubjectOfItem =
    "http://hl7.org/fhir/SearchParameter/"
    "questionnaireresponse-extensions-QuestionnaireResponse-item-subject";
constexpr std::string_view kSubjectOfItemExpression =
    "QuestionnaireResponse.item.where(extension('http://hl7.org/fhir/StructureDefinition/"
    "questionnaireresponse-isSubject').exists()).answer.value.ofType(Reference)";

void mend(json::Document& document) {
    if (document.root()["url"].text() != kSubjectOfItem) return;
    json::Builder builder(document);
    builder.set(builder.root(), "expression", kSubjectOfItemExpression);
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
                    type != "ConceptMap" && type != "SearchParameter") {
                    return {};
                }
                mend(document);
                if (auto checked = check_search(document.root()); !checked) return checked;
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

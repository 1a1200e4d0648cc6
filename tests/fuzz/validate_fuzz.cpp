// Whatever the resource, its check ends within bounds, twice to the same end; every finding names a
// place and speaks two languages; the answer made of them is itself valid FHIR.
#include <string>

#include "fhir/definitions.h"
#include "fhir/issue.h"
#include "fuzz/property.h"
#include "json/reader.h"
#include "json/writer.h"
#include "packages/mapped_file.h"
#include "validate/validator.h"

namespace {

using namespace tsunagi;
using fuzz::require;

const fhir::Definitions& definitions() {
    static const auto pack =
        packages::MappedFile::open(TSUNAGI_BINARY_DIR "/share/r4.pack").value();
    static const auto definitions = fhir::Definitions::open(pack.bytes()).value();
    return definitions;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static const validate::Validator validator(definitions());
    const auto text = fuzz::as_text(data, size);
    const auto document = json::read(text);
    if (!document) return 0;
    const auto first = validator.validate(document->root());
    const auto second = validator.validate(document->root());
    require(first.size() == second.size(), "two checks find as much");
    require(first.size() <= 2 * 1000 + 1, "findings are bounded");
    std::uint32_t at = 0;
    for (const fhir::Issue& each : first) {
        require(each.offset >= at && each.offset <= text.size(), "findings come in order");
        at = each.offset;
        require(!each.expression.empty() && !each.code.empty(), "a finding has a place and a code");
        require(!each.ja.empty() && !each.en.empty(), "a finding speaks two languages");
    }
    const json::Document outcome = fhir::operation_outcome(first, text);
    const auto again = json::read(json::write(outcome.root()));
    require(again.ok(), "the answer is JSON");
    require(!fhir::has_error(validator.validate(again->root())), "the answer is valid");
    return 0;
}

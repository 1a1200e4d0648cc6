// A JSON text of StructureDefinitions (one, or an array that knows each other): each is refused
// with a reason and a place, or gets a snapshot within the limits, in which every element follows
// its parent and no two have one id; making it twice, or anew from what was made, gives the same.
#include <string>
#include <unordered_set>

#include "fhir/definitions.h"
#include "fuzz/property.h"
#include "json/reader.h"
#include "json/writer.h"
#include "packages/mapped_file.h"
#include "validate/snapshot.h"

namespace {

using namespace tsunagi;
using fuzz::require;
using json::Value;

const fhir::Definitions& r4() {
    static const auto kPack =
        packages::MappedFile::open(TSUNAGI_BINARY_DIR "/share/r4.pack").value();
    static const auto kR4 = fhir::Definitions::open(kPack.bytes()).value();
    return kR4;
}

Result<json::Document> generate(Value all, Value one) {
    validate::Snapshots snapshots(r4());
    for (const Value each : all) snapshots.offer(each);
    return snapshots.generate(one);
}

void require_order(Value elements) {
    std::unordered_set<std::string> paths;
    std::unordered_set<std::string> ids;
    require(elements.size() <= 100'000, "a snapshot is within the limit");
    for (const Value each : elements) {
        const std::string path{each["path"].text()};
        const std::size_t dot = path.rfind('.');
        require(dot == std::string::npos ? paths.empty() : paths.contains(path.substr(0, dot)),
                "an element follows its parent");
        paths.insert(path);
        require(ids.insert(std::string{each["id"].text()}).second, "no two elements have one id");
    }
}

void check(Value all, Value one) {
    const bool has_differential = !one["differential"]["element"].empty();
    const auto made = generate(all, one);
    const auto again = generate(all, one);
    require(made.ok() == again.ok(), "two runs end alike");
    if (!made) {
        require(!made.error().message.empty(), "a refusal has a reason");
        require(to_string(made.error()) == to_string(again.error()), "two refusals are alike");
        return;
    }
    require(json::equal(made->root(), again->root()), "two snapshots are alike");
    if (!has_differential) return;
    require_order(made->root()["snapshot"]["element"]);
    const auto anew = generate(all, made->root());
    require(anew.ok() && json::equal(made->root(), anew->root()),
            "a snapshot made anew is the same");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto document = json::read(fuzz::as_text(data, size));
    if (!document) return 0;
    const Value root = document->root();
    if (!root.is_array()) {
        check({}, root);
        return 0;
    }
    std::size_t checked = 0;
    for (const Value each : root) {
        if (++checked > 8) break;
        check(root, each);
    }
    return 0;
}

#include "bench/packet.h"

#include <chrono>
#include <stdexcept>

#include "json/reader.h"
#include "json/writer.h"
#include "support/test_gateway.h"
#include "translate/reading.h"
#include "translate/translator.h"

namespace tsunagi::bench {

using std::chrono::minutes;

const std::string& packet() {
    static const std::string text = [] {
        auto document = json::read(support::packet_text("nishitokyo_full.in.json"));
        return json::write(document->root());
    }();
    return text;
}

std::string translated(std::string_view text) {
    SeededRandom random(1);
    const auto document = json::read(text);
    std::vector<fhir::Issue> issues;
    const auto& artifacts = support::artifacts();
    const json::Document readable = translate::read_cells(
        document->root(), *artifacts.definitions, exchange::kPacketModel, minutes{540}, issues);
    auto translation = translate::translate(*artifacts.maps, exchange::kPacketMap, readable.root(),
                                            {Instant{}, minutes{540}, random});
    if (!translation) throw std::runtime_error(to_string(translation.error()));
    return json::write(translation->output.root());
}

}  // namespace tsunagi::bench

// P1 and P2 of performance.md: translation and validation against what RapidJSON needs for the same
// bytes. P7: validation per entry of a large and a small Bundle. The speed of the leak scan.
#include <benchmark/benchmark.h>
#include <rapidjson/document.h>
#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

#include <stdexcept>
#include <string>

#include "bench/packet.h"
#include "bench/ratios.h"
#include "json/reader.h"
#include "json/writer.h"
#include "privacy/leak_scan.h"
#include "privacy/rendition.h"
#include "privacy/unknown_people.h"
#include "support/test_gateway.h"

namespace tsunagi {
namespace {

using bench::packet;
using bench::translated;

constexpr std::string_view kAlias = "7d9f0c52-4a0e-4f7c-9a35-0d9f7a1b2c3d";

const std::string& bundle() {
    static const std::string text = translated(packet());
    return text;
}

void BM_RapidJson_ParsePacketWriteBundle(benchmark::State& state) {
    rapidjson::Document output;
    output.Parse(bundle().data(), bundle().size());
    for (auto _ : state) {
        rapidjson::Document input;
        input.Parse(packet().data(), packet().size());
        benchmark::DoNotOptimize(input);
        rapidjson::StringBuffer buffer;
        rapidjson::Writer<rapidjson::StringBuffer> writer(buffer);
        output.Accept(writer);
        benchmark::DoNotOptimize(buffer.GetString());
    }
}
BENCHMARK(BM_RapidJson_ParsePacketWriteBundle);

void BM_Translate_Packet(benchmark::State& state) {
    if (translated(packet()) != bundle()) state.SkipWithError("the same seed gave another Bundle");
    for (auto _ : state) benchmark::DoNotOptimize(translated(packet()));
    state.SetBytesProcessed(static_cast<std::int64_t>(state.iterations()) *
                            static_cast<std::int64_t>(packet().size()));
}
BENCHMARK(BM_Translate_Packet);

void BM_RapidJson_ParseBundle(benchmark::State& state) {
    for (auto _ : state) {
        rapidjson::Document input;
        input.Parse(bundle().data(), bundle().size());
        benchmark::DoNotOptimize(input);
    }
}
BENCHMARK(BM_RapidJson_ParseBundle);

void BM_Validate_Bundle(benchmark::State& state) {
    const auto document = json::read(bundle());
    const auto& validator = *support::artifacts().validator;
    if (fhir::has_error(validator.validate(document->root())))
        state.SkipWithError("the Bundle is not valid");
    for (auto _ : state)
        benchmark::DoNotOptimize(validator.validate(document->root(), {.warnings = false}));
}
BENCHMARK(BM_Validate_Bundle);

/// Looking for the packet's identifiers in the offer, the list of what to look for made anew.
void BM_LeakScan_Offer(benchmark::State& state) {
    const auto input = json::read(packet());
    const auto document = json::read(bundle());
    const auto offer =
        privacy::Offer::build(document->root(), kAlias, *support::artifacts().offer_rules, {});
    const json::Document transaction = offer->transaction();
    const std::string bytes = json::write(transaction.root());
    if (!privacy::LeakScanner::of_packet(input->root()).scan(bytes).empty())
        state.SkipWithError("the offer holds an identifier");
    if (privacy::LeakScanner::of_packet(input->root()).scan(packet()).empty())
        state.SkipWithError("the packet holds no identifier");
    for (auto _ : state)
        benchmark::DoNotOptimize(privacy::LeakScanner::of_packet(input->root()).scan(bytes));
    state.SetBytesProcessed(static_cast<std::int64_t>(state.iterations()) *
                            static_cast<std::int64_t>(bytes.size()));
}
BENCHMARK(BM_LeakScan_Offer);

/// The consent record of the case's Bundle.
json::Value consent_of(json::Value bundle) {
    for (const json::Value entry : bundle["entry"])
        if (entry["resource"]["resourceType"].text() == "Consent") return entry["resource"];
    throw std::runtime_error("the Bundle holds no consent");
}

/// What minimal identifiers cost: the decision, the offer by its allow-list, written, both scans.
void BM_Disclose_Offer(benchmark::State& state) {
    const auto input = json::read(packet());
    const auto document = json::read(bundle());
    const auto& artifacts = support::artifacts();
    const std::vector<privacy::ConsentRecord> consents{{consent_of(document->root()), 1}};
    privacy::ConsentRequest request;
    request.recipient = input->root()["destination"].text();
    request.of_programme = true;
    request.stage = privacy::Stage::Offer;
    request.now = parse_instant("2026-11-20T12:00:00+09:00").value();
    if (!privacy::decide(consents, request).permit) state.SkipWithError("the consent denies");
    for (auto _ : state) {
        benchmark::DoNotOptimize(privacy::find_unknown(*artifacts.names, input->root()));
        const privacy::Decision decision = privacy::decide(consents, request);
        const auto offer = privacy::Offer::build(document->root(), kAlias, *artifacts.offer_rules,
                                                 decision.withheld);
        const json::Document transaction = offer->transaction();
        const std::string bytes = json::write(transaction.root());
        if (!privacy::LeakScanner::of_packet(input->root()).scan(bytes).empty())
            state.SkipWithError("the offer holds an identifier");
    }
}
BENCHMARK(BM_Disclose_Offer);

void BM_TranslateAndValidate_Packet(benchmark::State& state) {
    const auto& validator = *support::artifacts().validator;
    for (auto _ : state) {
        const auto document = json::read(translated(packet()));
        benchmark::DoNotOptimize(validator.validate(document->root(), {.warnings = false}));
    }
}
BENCHMARK(BM_TranslateAndValidate_Packet);

/// Observations that hold a contained resource and point to each other: what dom-3, bdl-7 and the
/// check of references go through.
std::string entries(std::size_t count) {
    const auto url = [](std::size_t number) {
        const std::string digits = std::to_string(number);
        return "urn:uuid:00000000-0000-4000-8000-" + std::string(12 - digits.size(), '0') + digits;
    };
    std::string text = R"({"resourceType":"Bundle","type":"collection","entry":[)";
    for (std::size_t i = 0; i < count; ++i) {
        if (i > 0) text += ',';
        text += R"({"fullUrl":")";
        text += url(i);
        text +=
            R"(","resource":{"resourceType":"Observation","contained":[{"resourceType":"Device",)"
            R"("id":"d"}],"status":"final","code":{"text":"体温"},"device":{"reference":"#d"},)"
            R"("hasMember":[{"reference":")";
        text += url((i * 7 + 1) % count);
        text += R"("}]}})";
    }
    return text + "]}";
}

/// The same number of entries in Bundles of `size`.
void validate_entries(benchmark::State& state, std::size_t size) {
    constexpr std::size_t kEntries = 2000;
    const auto document = json::read(entries(size));
    const auto& validator = *support::artifacts().validator;
    if (fhir::has_error(validator.validate(document->root())))
        state.SkipWithError("the Bundle is not valid");
    for (auto _ : state) {
        for (std::size_t done = 0; done < kEntries; done += size)
            benchmark::DoNotOptimize(validator.validate(document->root()));
    }
}
void BM_Validate_HundredTimesTwentyEntries(benchmark::State& state) { validate_entries(state, 20); }
BENCHMARK(BM_Validate_HundredTimesTwentyEntries);
void BM_Validate_TwoThousandEntries(benchmark::State& state) { validate_entries(state, 2000); }
BENCHMARK(BM_Validate_TwoThousandEntries);

void BM_Json_ReadBundle(benchmark::State& state) {
    for (auto _ : state) benchmark::DoNotOptimize(json::read(bundle()));
}
BENCHMARK(BM_Json_ReadBundle);

}  // namespace
}  // namespace tsunagi

int main(int argc, char** argv) {
    return tsunagi::bench::run(
        argc, argv,
        {{"P1", "BM_Translate_Packet", "BM_RapidJson_ParsePacketWriteBundle", 2.5},
         {"P2", "BM_Validate_Bundle", "BM_RapidJson_ParseBundle", 1.0},
         {"Cost", "BM_Disclose_Offer", "BM_TranslateAndValidate_Packet", 2.0},
         {"P7", "BM_Validate_TwoThousandEntries", "BM_Validate_HundredTimesTwentyEntries", 1.5}});
}

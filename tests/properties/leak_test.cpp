// security.md I1: a unique canary in every identifier cell of generated packets, from the day the
// clinic hands one in to its acceptance or refusal. No spelling of one, in no encoding, in any way
// out of the gateway before acceptance; after it only in what the accepting hospital is sent.
#include <gtest/gtest.h>

#include <iostream>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "json/builder.h"
#include "json/reader.h"
#include "json/writer.h"
#include "properties/spellings.h"
#include "properties/watched_gateway.h"
#include "simulate/packet_generator.h"
#include "support/campaign.h"
#include "support/result_matchers.h"

namespace tsunagi::properties {
namespace {

using simulate::GeneratedPacket;
using simulate::PacketGenerator;
using simulate::Watch;

constexpr std::uint64_t kSeed = 20261120;
constexpr std::string_view kDay = "2026-11-20";

PacketGenerator generator() {
    auto opened =
        PacketGenerator::open(support::packet_text("nishitokyo_full.in.json"), kSeed, kDay);
    if (!opened) throw std::runtime_error(to_string(opened.error()));
    return std::move(*opened);
}

/// The packet with an objection to telling its second contact anything (R44): a name in a cell that
/// the fixture leaves empty.
GeneratedPacket with_restriction(GeneratedPacket packet) {
    auto document = json::read(packet.json);
    const json::Value contact = document->root()["patientSheet"]["contacts"].at(1);
    json::Builder builder(*document);
    json::Node* consent = builder.edit(document->root()["consent"]);
    json::Node* one = builder.add_object(builder.set_array(consent, "contactRestrictions"));
    builder.set(one, "relation", contact["relation"].text());
    builder.set(one, "name", contact["name"].text());
    builder.set(one, "rule", "tell-nothing");
    packet.json = json::write(document->root());
    return packet;
}

/// Where something was seen: "birth date, ISO in GET /fhir/Task".
std::vector<std::string> seen_in(const std::vector<Sink>& sinks, const Watch& watch) {
    std::vector<std::string> all;
    for (const Sink& sink : sinks) {
        for (const std::string& bytes : opened(sink.bytes)) {
            for (const auto& seen : watch.find_in_every_form(bytes))
                all.push_back(seen.kind + " of packet " + std::to_string(seen.owner) + " in " +
                              sink.where);
        }
    }
    return all;
}

void expect_none(const std::vector<Sink>& sinks, const Watch& watch) {
    for (const auto& seen : seen_in(sinks, watch)) ADD_FAILURE() << seen;
}

constexpr std::string_view kAccept =
    R"({"plannedAdmission":"2026-11-21T10:00:00+09:00",)"
    R"("plannedDischarge":"2026-12-04T10:00:00+09:00","decidedBy":"内科医長"})";
constexpr std::string_view kDecline = R"({"reason":"B","decidedBy":"内科医長"})";

/// The life of one packet, watched. `released` counts identities that the accepting hospital got.
void live_through(WatchedGateway& house, const GeneratedPacket& packet, const Watch& watch,
                  std::size_t& released) {
    const std::string key = std::to_string(packet.number);
    EXPECT_GE(house.submit(broken(packet.json, packet.number), "broken-" + key).status, 400);
    const auto accepted = house.submit(packet.json, "key-" + key);
    ASSERT_EQ(accepted.status, 201) << accepted.body.substr(0, 400);
    const auto answer = json::read(accepted.body);
    const store::CaseId id{std::string{answer->root()["case"].text()}};

    const bool dead_letter = packet.number % 11 == 5;
    house.refuses = dead_letter;
    house.carry();
    house.refuses = false;
    const auto task = house.gateway().task(id, "hp-tanashi");
    const std::string alias = house.gateway().alias(id, "hp-tanashi");
    // Reading every resource of a case is slow: a sample of the cases is read through.
    if (packet.number % 40 == 0) house.read_through(id, answer->root()["resources"]);
    house.call(kHospital, "GET", "/fhir/Task/" + task.id);
    house.call(kHospital, "GET", "/fhir/Patient/" + alias + "-1");
    house.call(kHospital, "PUT", "/fhir/Task/" + task.id, "{}", {{"If-Match", "W/\"1\""}});
    house.look_around(id);
    expect_none(house.take(), watch);
    if (dead_letter) return;

    const bool declined = packet.number % 3 == 1;
    const auto decided =
        house.call(kHospital, "POST",
                   "/hospital/v1/offers/" + alias + "/actions/" + (declined ? "decline" : "accept"),
                   std::string{declined ? kDecline : kAccept});
    ASSERT_EQ(decided.status, 200) << decided.body;
    expect_none(house.take(), watch);
    house.carry();
    std::vector<Sink> others;
    for (auto& sink : house.take()) {
        const bool theirs = !declined && sink.recipient == "hp-tanashi";
        if (!theirs) {
            others.push_back(std::move(sink));
            continue;
        }
        const std::size_t head = sink.bytes.find("\r\n\r\n");
        others.push_back({"the head of a release", {}, sink.bytes.substr(0, head)});
        released += seen_in({sink}, watch).empty() ? 0U : 1U;
    }
    expect_none(others, watch);
    house.look_around(id);
    expect_none(house.take(), watch);
}

TEST(Leak, NoIdentifierLeavesBeforeAcceptanceNorToAnyoneElseAfterIt) {
    constexpr std::uint64_t kFull = 10'000, kHere = 200;
    support::Campaign campaign("taint", kFull, kHere);
    std::cout << "seed " << kSeed << "\n";
    const PacketGenerator packets = generator();
    // A gateway of its own for every fifty packets: looking through its files takes its time.
    constexpr std::uint64_t kLives = 50;
    std::unique_ptr<WatchedGateway> house;
    Watch on_disk;
    std::size_t lives = 0, expected = 0, released = 0;
    const auto look_at_files = [&] {
        if (house) expect_none(house->files(), on_disk);
        on_disk = Watch{};
    };
    for (std::uint64_t number = 0; campaign.next(number); ++lives) {
        if (lives % kLives == 0) {
            look_at_files();
            house = std::make_unique<WatchedGateway>(number + 1);
        }
        const GeneratedPacket packet =
            with_restriction(packets.at(number % PacketGenerator::kMaxPackets));
        const Watch watch = watch_of(packet);
        expected += number % 11 != 5 && number % 3 != 1 ? 1U : 0U;
        live_through(*house, packet, watch, released);
        for (const auto& spelling : spellings_of(packet)) {
            for (const auto encoding : {Encoding::Utf8, Encoding::Utf16}) {
                for (const auto& bytes : encoded(spelling.text, encoding))
                    on_disk.add(static_cast<std::uint32_t>(packet.number), spelling.form, bytes);
            }
        }
        if (testing::Test::HasFailure()) FAIL() << "seed " << kSeed << " packet " << number;
    }
    look_at_files();
    EXPECT_EQ(released, expected) << "the release carries the identity: the watch can see it";
    std::cout << lives << " packets, " << released << " released\n";
}

TEST(Leak, TheWatchKnowsFortySpellingsInEightEncodings) {
    const PacketGenerator packets = generator();
    const GeneratedPacket packet = packets.at(0);
    const Watch watch = watch_of(packet);
    std::set<std::string> forms;
    std::set<int> encodings;
    std::size_t planted = 0;
    const std::string around(300, ' ');
    for (const Spelling& spelling : spellings_of(packet)) {
        for (int each = 0; each < kEncodings; ++each) {
            for (const auto& bytes : encoded(spelling.text, static_cast<Encoding>(each))) {
                std::string text = around;
                text.append(bytes).append(around);
                EXPECT_FALSE(seen_in({{"planted", {}, std::move(text)}}, watch).empty())
                    << spelling.form << " in " << each;
                forms.insert(spelling.form);
                encodings.insert(each);
                ++planted;
            }
        }
        // Compressed and then written as base64, as attachments are.
        const std::string wrapped =
            to_base64(as_bytes(encoded(spelling.text, Encoding::Gzip).front()));
        EXPECT_FALSE(seen_in({{"planted", {}, "\"" + wrapped + "\""}}, watch).empty())
            << spelling.form;
    }
    EXPECT_GE(forms.size(), 40U);
    EXPECT_EQ(encodings.size(), std::size_t{kEncodings});
    std::cout << forms.size() << " spellings, " << planted << " of them planted in "
              << encodings.size() << " encodings\n";
}

TEST(Leak, TheWatchSeesNothingInAnotherPersonsWritings) {
    const PacketGenerator packets = generator();
    const Watch watch = watch_of(packets.at(0));
    for (std::uint64_t other = 1; other < 60; ++other) {
        std::vector<Sink> sinks{{"another packet", {}, packets.at(other).json}};
        for (const auto& spelling : spellings_of(packets.at(other)))
            sinks.push_back({spelling.form, {}, spelling.text});
        for (const auto& seen : seen_in(sinks, watch)) {
            // People are born on one day, and longer numbers may begin with a shorter one.
            const bool shared = seen.find("birth date") != std::string::npos ||
                                seen.find("birth-date") != std::string::npos ||
                                seen.find("-number") != std::string::npos;
            EXPECT_TRUE(shared) << seen;
        }
    }
}

TEST(Leak, AFaultAtAnyWayOutIsCaught) {
    const PacketGenerator packets = generator();
    for (const char* way :
         {"url", "field", "body", "answer", "answer field", "error", "metrics", "log", "file"}) {
        const GeneratedPacket packet = packets.at(3);
        const Watch watch = watch_of(packet);
        WatchedGateway house(5);
        house.planted_in = way;
        // Its Hepburn reading: a leak that no comparison with the packet's own text would find.
        for (const auto& spelling : spellings_of(packet)) {
            if (spelling.form == "name, Hepburn, family first") house.planted = spelling.text;
        }
        ASSERT_FALSE(house.planted.empty());
        EXPECT_GE(house.submit(broken(packet.json, 0), "broken").status, 400);
        const auto accepted = house.submit(packet.json, "key");
        ASSERT_EQ(accepted.status, 201);
        house.carry();
        const auto answer = json::read(accepted.body);
        house.look_around(store::CaseId{std::string{answer->root()["case"].text()}});
        auto sinks = house.take();
        for (auto& file : house.files()) sinks.push_back(std::move(file));
        EXPECT_FALSE(seen_in(sinks, watch).empty()) << way;
        house.planted.clear();
        std::vector<Sink> clean;
        for (auto& sink : sinks) {
            if (seen_in({sink}, watch).empty()) clean.push_back(std::move(sink));
        }
        EXPECT_GE(clean.size(), 1U) << way;
    }
}

TEST(Leak, TheReleaseInPlaceOfTheOfferIsCaught) {
    const PacketGenerator packets = generator();
    const GeneratedPacket packet = packets.at(0);
    const Watch watch = watch_of(packet);
    WatchedGateway house(6);
    const auto accepted = house.submit(packet.json, "key");
    ASSERT_EQ(accepted.status, 201);
    const auto answer = json::read(accepted.body);
    // A list that lets everything out: the clinic's own view of the case.
    std::vector<Sink> sinks;
    for (const json::Value each : answer->root()["resources"]) {
        const std::string target =
            "/fhir/" + std::string{each["type"].text()} + "/" + std::string{each["id"].text()};
        sinks.push_back({target, {}, house.call(kClinic, "GET", target).body});
    }
    std::set<std::string> kinds;
    for (const auto& seen : seen_in(sinks, watch)) kinds.insert(seen.substr(0, seen.find(" of ")));
    EXPECT_GE(kinds.size(), 3U) << "one look tells one kind for each resource";
}

}  // namespace
}  // namespace tsunagi::properties

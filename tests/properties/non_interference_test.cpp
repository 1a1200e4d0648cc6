// security.md I2: pairs of packets that differ in identifiers only, through two gateways of one
// seed. Every byte that leaves either of them before acceptance is the same.
#include <gtest/gtest.h>

#include <algorithm>
#include <iostream>
#include <memory>
#include <string>
#include <vector>

#include "json/builder.h"
#include "json/reader.h"
#include "json/writer.h"
#include "properties/watched_gateway.h"
#include "simulate/packet_generator.h"
#include "support/campaign.h"
#include "support/result_matchers.h"

namespace tsunagi::properties {
namespace {

using simulate::GeneratedPacket;
using simulate::PacketGenerator;

constexpr std::uint64_t kSeed = 20261121;

PacketGenerator generator() {
    auto opened =
        PacketGenerator::open(support::packet_text("nishitokyo_full.in.json"), kSeed, "2026-11-20");
    if (!opened) throw std::runtime_error(to_string(opened.error()));
    return std::move(*opened);
}

/// All that leaves towards anybody but the clinic, from the day the packet is handed in to the
/// hospital's refusal, or to the moment before its acceptance.
std::vector<Sink> before_acceptance(WatchedGateway& house, const std::string& packet,
                                    std::uint64_t number) {
    const std::string key = std::to_string(number);
    EXPECT_TRUE(is_stopped(house.submit(broken(packet, number), "broken-" + key)));
    const auto accepted = house.submit(packet, "key-" + key);
    EXPECT_EQ(accepted.status, 201) << accepted.body.substr(0, 400);
    if (accepted.status != 201) return {};
    const auto answer = json::read(accepted.body);
    const store::CaseId id{std::string{answer->root()["case"].text()}};
    house.carry();
    const std::string alias = house.gateway().alias(id, "hp-tanashi");
    const auto task = house.gateway().task(id, "hp-tanashi");
    if (number % 20 == 0) house.read_through(id, answer->root()["resources"]);
    house.call(kHospital, "GET", "/fhir/Patient/" + alias + "-1");
    house.call(kHospital, "GET", "/fhir/Task/" + task.id);
    house.call(kHospital, "PUT", "/fhir/Task/" + task.id, "{}", {{"If-Match", "W/\"1\""}});
    house.look_around(id);
    if (number % 2 == 0) {
        const auto declined =
            house.call(kHospital, "POST", "/hospital/v1/offers/" + alias + "/actions/decline",
                       R"({"reason":"B","decidedBy":"内科医長"})");
        EXPECT_EQ(declined.status, 200) << declined.body;
        house.carry();
        house.look_around(id);
    }
    return house.take();
}

/// The exchange log tells auditors the digest of what a clinic handed in, and digests of two
/// packets differ (audit/FORMAT.md); nobody else reads it.
bool is_compared(const Sink& sink) { return sink.where.find("/auditor/") == std::string::npos; }

/// Where the two first differ; empty: nowhere.
std::string difference(const std::vector<Sink>& one, const std::vector<Sink>& other) {
    if (one.size() != other.size()) return "one of them said more";
    for (std::size_t i = 0; i < one.size(); ++i) {
        if (one[i].where != other[i].where) return one[i].where + " | " + other[i].where;
        if (!is_compared(one[i])) continue;
        const std::string &left = one[i].bytes, &right = other[i].bytes;
        const auto apart = std::mismatch(left.begin(), left.end(), right.begin(), right.end());
        if (apart.first == left.end() && apart.second == right.end()) continue;
        const auto at = static_cast<std::size_t>(apart.first - left.begin());
        const std::size_t begin = at - std::min<std::size_t>(at, 80);
        return one[i].where + ": " + left.substr(begin, 160) + " | " + right.substr(begin, 160);
    }
    return {};
}

TEST(NonInterference, WhatLeavesBeforeAcceptanceTellsNoIdentifierApart) {
    constexpr std::uint64_t kFull = 10'000, kHere = 100;
    support::Campaign campaign("non_interference", kFull, kHere);
    std::cout << "seed " << kSeed << "\n";
    const PacketGenerator packets = generator();
    constexpr std::uint64_t kLives = 50;
    std::unique_ptr<WatchedGateway> left, right;
    std::size_t pairs = 0, bytes = 0;
    for (std::uint64_t number = 0; campaign.next(number); ++pairs) {
        if (pairs % kLives == 0) {
            left = std::make_unique<WatchedGateway>(number + 1);
            right = std::make_unique<WatchedGateway>(number + 1);
        }
        const std::uint64_t one = number % PacketGenerator::kMaxPackets;
        const auto seen = before_acceptance(*left, packets.at(one).json, number);
        const auto others = before_acceptance(*right, packets.twin(one).json, number);
        ASSERT_GE(seen.size(), 10U) << "pair " << number;
        for (const Sink& sink : seen) bytes += is_compared(sink) ? sink.bytes.size() : 0U;
        ASSERT_EQ(difference(seen, others), "") << "seed " << kSeed << " pair " << number;
    }
    std::cout << pairs << " pairs, " << bytes << " bytes each way\n";
}

TEST(NonInterference, ATwinDiffersInEveryIdentifierAndInNothingElse) {
    const PacketGenerator packets = generator();
    for (std::uint64_t number = 0; number < 100; ++number) {
        const GeneratedPacket one = packets.at(number), other = packets.twin(number);
        EXPECT_EQ(one.initials, other.initials);
        ASSERT_EQ(one.canaries.size(), other.canaries.size());
        for (std::size_t i = 0; i < one.canaries.size(); ++i) {
            EXPECT_EQ(one.canaries[i].kind, other.canaries[i].kind);
            EXPECT_NE(one.canaries[i].spellings, other.canaries[i].spellings)
                << one.canaries[i].kind;
        }
        const auto left = json::read(one.json), right = json::read(other.json);
        for (const char* cell : {"age", "sex", "municipality", "plannedDays", "patientInitials"})
            EXPECT_EQ(left->root()["bedRequest"][cell].text(),
                      right->root()["bedRequest"][cell].text())
                << cell;
    }
}

TEST(NonInterference, ADifferenceThatIsNoIdentifierIsSeen) {
    const PacketGenerator packets = generator();
    const std::string packet = packets.at(1).json;
    auto other = json::read(packet);
    json::Builder builder(*other);
    builder.set(builder.edit(other->root()["referralLetter"]), "course", "別の経過。");
    WatchedGateway left(3), right(3);
    const auto seen = before_acceptance(left, packet, 1);
    const auto others = before_acceptance(right, json::write(other->root()), 1);
    EXPECT_NE(difference(seen, others), "");
}

TEST(NonInterference, AnIdentifierThatLeavesIsSeen) {
    const PacketGenerator packets = generator();
    const auto play = [&](const GeneratedPacket& packet) {
        WatchedGateway house(4);
        house.planted_in = "field";  // one letter of the name
        house.planted = packet.family_name.substr(0, 3);
        return before_acceptance(house, packet.json, 1);
    };
    EXPECT_NE(difference(play(packets.at(1)), play(packets.twin(1))), "");
}

TEST(NonInterference, TheSamePacketTwiceIsTheSame) {
    const PacketGenerator packets = generator();
    WatchedGateway left(9), right(9);
    EXPECT_EQ(difference(before_acceptance(left, packets.at(2).json, 2),
                         before_acceptance(right, packets.at(2).json, 2)),
              "");
}

}  // namespace
}  // namespace tsunagi::properties

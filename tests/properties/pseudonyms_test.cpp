// security.md I7, as this design reads it: what a recipient knows a case by is random, drawn for
// that recipient, and gone with its rendition. There is no key to rotate or to leak.
#include <gtest/gtest.h>

#include <algorithm>
#include <iostream>
#include <set>

#include "base/uuid.h"
#include "crypto/random.h"
#include "exchange/case_file.h"
#include "json/reader.h"
#include "support/result_matchers.h"
#include "support/test_gateway.h"
#include "support/volume.h"

namespace tsunagi {
namespace {

using support::TestGateway;

constexpr std::size_t kDrawn = support::volume(1'000'000);

std::size_t collisions(std::vector<std::string>& drawn) {
    std::sort(drawn.begin(), drawn.end());
    std::size_t same = 0;
    for (std::size_t i = 1; i < drawn.size(); ++i) same += drawn[i] == drawn[i - 1] ? 1U : 0U;
    return same;
}

TEST(Pseudonyms, AMillionDrawnForOneRecipientAreAllDifferent) {
    crypto::SystemRandom random;
    std::vector<std::string> drawn;
    drawn.reserve(kDrawn);
    for (std::size_t i = 0; i < kDrawn; ++i) drawn.push_back(uuid_v4(random));
    EXPECT_EQ(collisions(drawn), 0U);
}

/// Sixteen bits of chance collide at once: the count can see it.
TEST(Pseudonyms, TooLittleChanceIsFound) {
    SeededRandom random(1);
    std::vector<std::string> drawn;
    for (int i = 0; i < 5000; ++i) drawn.push_back(std::to_string(random.below(65'536)));
    EXPECT_GT(collisions(drawn), 0U);
}

TEST(Pseudonyms, TwoRecipientsShareNothing) {
    crypto::SystemRandom random;
    std::set<std::string> one, other;
    for (std::size_t i = 0; i < kDrawn / 2; ++i) one.insert(uuid_v4(random));
    for (std::size_t i = 0; i < kDrawn / 2; ++i) other.insert(uuid_v4(random));
    std::vector<std::string> both;
    std::set_intersection(one.begin(), one.end(), other.begin(), other.end(),
                          std::back_inserter(both));
    EXPECT_TRUE(both.empty());
}

class Hospitals : public testing::Test {
protected:
    void act(std::string_view action, const programme::Inputs& inputs) {
        ASSERT_TRUE(exchange::done(gateway_.exchange().act(gateway_.clinic(), id_, action, inputs)))
            << action;
    }
    void decline() {
        programme::Inputs inputs;
        inputs.reason = "B";
        inputs.decided_by = "病院医師";
        ASSERT_TRUE(exchange::done(gateway_.exchange().act_as_hospital(
            gateway_.hospital("hp-tanashi"), store::Alias{gateway_.alias(id_, "hp-tanashi")},
            "decline", inputs)));
    }
    /// Every text in `value`, ids and references taken apart.
    static void texts(json::Value value, std::set<std::string>& into) {
        if (value.is_string()) {
            const std::string_view text = value.text();
            if (text.size() >= 36) {
                for (std::size_t at = 0; at + 36 <= text.size(); ++at) {
                    if (is_uuid(text.substr(at, 36))) into.emplace(text.substr(at, 36));
                }
            }
        }
        for (const json::Value child : value) texts(child, into);
    }
    static std::set<std::string> uuids(const std::vector<std::string>& sent) {
        std::set<std::string> all;
        for (const auto& each : sent) {
            const auto document = json::read(each);
            if (document) texts(document->root(), all);
        }
        return all;
    }

    TestGateway gateway_;
    store::CaseId id_ = gateway_.submit("nishitokyo_full.in.json");
};

TEST_F(Hospitals, ARedirectedCaseLooksLikeAnotherOne) {
    const auto first = uuids(gateway_.deliver_all());
    const std::string alias = gateway_.alias(id_, "hp-tanashi");
    ASSERT_TRUE(first.contains(alias)) << "the comparison can see an id";
    decline();
    gateway_.deliver_all();
    programme::Inputs inputs;
    inputs.hospital = "hp-sassa";
    act("redirect", inputs);
    const auto second = uuids(gateway_.deliver_all());
    ASSERT_TRUE(second.contains(gateway_.alias(id_, "hp-sassa")));
    for (const auto& each : first) EXPECT_FALSE(second.contains(each)) << each;
    EXPECT_FALSE(first.contains(id_.text()));
    EXPECT_FALSE(second.contains(id_.text()));
}

/// A destroyed rendition: its ids lead nowhere, and those of the next hospital all do.
TEST_F(Hospitals, ADestroyedPseudonymLeadsNowhereAndTheOthersStillDo) {
    gateway_.deliver_all();
    const auto patient = [&](std::string_view hospital, const std::string& alias) {
        return static_cast<bool>(
            gateway_.inquire().resource(gateway_.hospital(hospital), "Patient", alias + "-1"));
    };
    const std::string old = gateway_.alias(id_, "hp-tanashi");
    EXPECT_TRUE(patient("hp-tanashi", old));
    decline();
    gateway_.deliver_all();
    EXPECT_FALSE(patient("hp-tanashi", old)) << "the last word is delivered: destroyed";
    programme::Inputs inputs;
    inputs.hospital = "hp-sassa";
    act("redirect", inputs);
    const std::string fresh = gateway_.alias(id_, "hp-sassa");
    EXPECT_TRUE(patient("hp-sassa", fresh));
    EXPECT_FALSE(patient("hp-tanashi", fresh)) << "another hospital's";
    EXPECT_FALSE(patient("hp-sassa", old));
}

}  // namespace
}  // namespace tsunagi

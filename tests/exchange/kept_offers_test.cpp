// An offer is rendered and scanned once, at its submit, and sent as it was as long as nothing of
// its case has changed; whatever changes, it is rendered anew or not sent.
#include "exchange/kept_offers.h"

#include <gtest/gtest.h>

#include "exchange/case_file.h"
#include "exchange/exchange.h"
#include "json/builder.h"
#include "json/reader.h"
#include "json/writer.h"
#include "support/result_matchers.h"
#include "support/test_gateway.h"

namespace tsunagi::exchange {
namespace {

using support::TestGateway;

constexpr std::string_view kHospital = "hp-tanashi";

class KeptOffersTest : public testing::Test {
protected:
    KeptOffersTest() : id_(gateway_.submit("nishitokyo_full.in.json")) {}

    store::OutboxRow lease() {
        store::OutboxRow row;
        EXPECT_OK(gateway_.store().write([&](store::Transaction& transaction) -> Status {
            auto leased = transaction.lease_next(gateway_.clock().now(), kSendLease, "test");
            if (!leased) return leased.error();
            if (!*leased) return Error{Code::NotFound, "nothing is due", {}};
            row = std::move(**leased);
            return {};
        }));
        return row;
    }
    /// What is stored of the Bundle is spoiled without a new version: only what does not read it
    /// can still send.
    void spoil_the_bundle() {
        ASSERT_OK(gateway_.store().write([&](store::Transaction& transaction) -> Status {
            const auto put = transaction.put_blob(id_, blob::kBundle, as_bytes("no JSON"));
            return put ? Status{} : Status{put.error()};
        }));
    }
    Result<Dispatch> prepare(const store::OutboxRow& row) {
        return gateway_.exchange().prepare(row);
    }
    std::string consent_without_the_sheet() {
        const auto packet = json::read(support::packet_text("nishitokyo_full.in.json"));
        json::Document document;
        json::Builder builder(document);
        json::Node* root = builder.object();
        builder.set(root, "referral", id_.text());
        builder.set(root, "consent", packet->root()["consent"]);
        builder.add(builder.set_array(json::Builder::find(root, "consent"), "excludedItems"),
                    "patient-sheet");
        return json::write(document.root());
    }

    TestGateway gateway_;
    const store::CaseId id_;
};

TEST_F(KeptOffersTest, TheMessageIsTheOneThatWouldBeRenderedAnew) {
    const store::OutboxRow row = lease();
    Exchange another(gateway_.parts());
    const auto rendered = another.prepare(row);
    const auto kept = prepare(row);
    ASSERT_OK(rendered);
    ASSERT_OK(kept);
    EXPECT_EQ(kept->body.bytes(), rendered->body.bytes());
    EXPECT_EQ(kept->body.sha256(), rendered->body.sha256());
    EXPECT_EQ(kept->body.recipient(), rendered->body.recipient());
    EXPECT_EQ(kept->endpoint, rendered->endpoint);
    EXPECT_EQ(kept->probe, rendered->probe);
    EXPECT_EQ(kept->delivery_tag, rendered->delivery_tag);
    EXPECT_EQ(kept->consent_version, rendered->consent_version);
    EXPECT_EQ(kept->entries, rendered->entries);
    EXPECT_EQ(kept->items, rendered->items);
    EXPECT_EQ(kept->person, rendered->person);
    EXPECT_GT(kept->entries, 10U);
    EXPECT_FALSE(kept->person.empty());
    EXPECT_NE(kept->body.bytes().find(kept->delivery_tag), std::string::npos);
}

TEST_F(KeptOffersTest, TheOfferOfASubmitIsNotRenderedAgain) {
    const store::OutboxRow row = lease();
    spoil_the_bundle();
    EXPECT_FALSE(Exchange(gateway_.parts()).prepare(row).ok()) << "it keeps nothing";
    EXPECT_OK(prepare(row));
    EXPECT_FALSE(prepare(row).ok()) << "it is given out once";
}

TEST_F(KeptOffersTest, AnAmendedConsentIsRenderedAnew) {
    ASSERT_TRUE(
        done(gateway_.exchange().record_consent(gateway_.clinic(), consent_without_the_sheet())));
    const store::OutboxRow row = lease();
    const auto sent = prepare(row);
    ASSERT_OK(sent);
    EXPECT_EQ(sent->consent_version, 2);
    EXPECT_EQ(sent->body.bytes().find("CarePlan"), std::string::npos);
}

TEST_F(KeptOffersTest, WhatChangesAfterTheLeaseIsSeen) {
    const store::OutboxRow row = lease();
    ASSERT_TRUE(
        done(gateway_.exchange().record_consent(gateway_.clinic(), consent_without_the_sheet())));
    const auto sent = prepare(row);
    ASSERT_OK(sent);
    EXPECT_EQ(sent->consent_version, 2);
}

TEST_F(KeptOffersTest, NothingIsPreparedUnderAWithdrawnConsent) {
    const store::OutboxRow row = lease();
    ASSERT_TRUE(done(gateway_.exchange().withdraw_consent(gateway_.clinic(), id_)));
    const auto sent = prepare(row);
    ASSERT_FALSE(sent.ok());
    EXPECT_EQ(sent.error().code, Code::Denied);
}

TEST_F(KeptOffersTest, ACaseThatMovedOnIsRenderedAnew) {
    const store::OutboxRow row = lease();
    programme::Inputs inputs;
    ASSERT_TRUE(done(gateway_.exchange().act_as_hospital(
        gateway_.hospital(kHospital), store::Alias{gateway_.alias(id_, kHospital)}, "receive",
        inputs)));
    const auto sent = prepare(row);
    ASSERT_OK(sent);
    const auto message = json::read(sent->body.bytes());
    bool received = false;
    for (const json::Value entry : message->root()["entry"]) {
        const json::Value resource = entry["resource"];
        received = received || (resource["resourceType"].text() == "Task" &&
                                resource["status"].text() == "received");
    }
    EXPECT_TRUE(received);
}

TEST_F(KeptOffersTest, AnOfferThatWaitsLongIsForgotten) {
    gateway_.clock().advance(KeptOffers::kLongest + std::chrono::seconds{1});
    const store::OutboxRow row = lease();
    spoil_the_bundle();
    EXPECT_FALSE(prepare(row).ok());
}

class Shelf : public testing::Test {
protected:
    static KeptOffer offer(std::size_t size) {
        return {
            Dispatch{
                std::move(*privacy::EgressDoor::plain("hp", std::string(size, ' '))), {}, {}, {}},
            {}};
    }
    static store::Alias alias(int number) { return store::Alias{"a" + std::to_string(number)}; }
    KeptOffers offers_;
    Instant now_{std::chrono::hours{1}};
};

TEST_F(Shelf, HoldsSoMuchAndNoMore) {
    constexpr std::size_t kEach = KeptOffers::kMostBytes / 4;
    for (int i = 0; i < 6; ++i) offers_.keep(alias(i), offer(kEach), now_);
    EXPECT_EQ(offers_.size(), 4U);
    EXPECT_FALSE(offers_.take(alias(5), now_));
    EXPECT_TRUE(offers_.take(alias(0), now_));
    offers_.keep(alias(6), offer(kEach), now_);
    EXPECT_TRUE(offers_.take(alias(6), now_)) << "there was room again";
}

TEST_F(Shelf, MakesRoomOfWhatIsOld) {
    offers_.keep(alias(0), offer(KeptOffers::kMostBytes), now_);
    now_ += KeptOffers::kLongest + std::chrono::seconds{1};
    offers_.keep(alias(1), offer(KeptOffers::kMostBytes), now_);
    EXPECT_TRUE(offers_.take(alias(1), now_));
    EXPECT_EQ(offers_.size(), 0U);
}

TEST_F(Shelf, IsSweptOfWhatNobodyTook) {
    offers_.keep(alias(0), offer(10), now_);
    offers_.sweep(now_ + KeptOffers::kLongest);
    EXPECT_EQ(offers_.size(), 1U);
    offers_.sweep(now_ + KeptOffers::kLongest + std::chrono::seconds{1});
    EXPECT_EQ(offers_.size(), 0U);
}

}  // namespace
}  // namespace tsunagi::exchange

// The documents of a release on their way: in the same transaction, readable by that hospital alone
// and only while it may, the same bytes each time; and what the clinic is told beforehand.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>

#include "json/builder.h"
#include "json/reader.h"
#include "json/writer.h"
#include "support/test_gateway.h"

namespace tsunagi::exchange {
namespace {

using json::Builder;
using json::Node;
using json::Value;
using support::TestGateway;
using testing::Contains;
using testing::HasSubstr;
using testing::Not;

constexpr std::string_view kHospital = "hp-tanashi";
constexpr std::string_view kOther = "hp-sassa";

void add_output(Builder& builder, Node* outputs, std::string_view code, std::string_view member,
                std::string_view value) {
    Node* output = builder.add_object(outputs);
    Node* coding =
        builder.add_object(builder.set_array(builder.set_object(output, "type"), "coding"));
    builder.set(coding, "system", "https://tsunagi.example/fhir/CodeSystem/task-output");
    builder.set(coding, "code", code);
    builder.set(output, member, value);
}

class ReleaseDocuments : public testing::Test {
protected:
    void submit(std::string_view packet) {
        id_ = gateway_.submit(packet);
        gateway_.deliver_all();
    }
    bool update(std::string_view hospital, std::string_view status,
                const std::function<void(Builder&, Node*)>& change) {
        const auto task = gateway_.task(id_, hospital);
        json::Document resource = gateway_.read(hospital, "Task", task.id);
        Builder builder(resource);
        builder.set(builder.root(), "status", status);
        change(builder, builder.root());
        return done(gateway_.exchange().update_task(gateway_.hospital(hospital), task.id,
                                                    task.version, json::write(resource.root())));
    }
    bool accept(std::string_view hospital = kHospital) {
        return update(hospital, "accepted", [](Builder& builder, Node* task) {
            Node* outputs = builder.set_array(task, "output");
            add_output(builder, outputs, "planned-admission", "valueDateTime",
                       "2026-11-21T10:00:00+09:00");
            add_output(builder, outputs, "planned-discharge", "valueDateTime",
                       "2026-12-04T10:00:00+09:00");
            add_output(builder, outputs, "decided-by", "valueString", "病棟医長");
        });
    }
    std::string document_id(std::string_view hospital, std::string_view number) {
        return gateway_.alias(id_, hospital) + "-" + std::string{number};
    }
    Code refused(std::string_view hospital, std::string_view type, const std::string& id) {
        const auto shown = gateway_.inquire().resource(gateway_.hospital(hospital), type, id);
        return shown ? Code::Internal : shown.error().code;
    }

    TestGateway gateway_;
    store::CaseId id_;
};

std::vector<std::string> urls_of(Value transaction) {
    std::vector<std::string> urls;
    for (const Value entry : transaction["entry"])
        urls.emplace_back(entry["request"]["url"].text());
    return urls;
}

TEST_F(ReleaseDocuments, TravelInTheTransactionOfTheReleaseAndNotBefore) {
    submit("nishitokyo_full.in.json");
    const std::string letter = document_id(kHospital, "9911");
    EXPECT_EQ(refused(kHospital, "Bundle", letter), Code::NotFound);
    EXPECT_EQ(refused(kHospital, "DocumentReference", document_id(kHospital, "9910")),
              Code::NotFound);
    ASSERT_TRUE(accept());
    const auto sent = gateway_.deliver_all();
    ASSERT_EQ(sent.size(), 1U);
    const auto release = json::read(sent[0]);
    ASSERT_TRUE(release);
    const auto urls = urls_of(release->root());
    for (const std::string_view number : {"9911", "9921"})
        EXPECT_THAT(urls, Contains("Bundle/" + document_id(kHospital, number)));
    for (const std::string_view number : {"9910", "9920"})
        EXPECT_THAT(urls, Contains("DocumentReference/" + document_id(kHospital, number)));

    const json::Document read = gateway_.read(kHospital, "Bundle", letter);
    EXPECT_EQ(read.root()["type"].text(), "document");
    EXPECT_THAT(json::write(read.root()), HasSubstr("JP_Bundle_eReferral"));
    EXPECT_THAT(json::write(read.root()), HasSubstr("田邉"));
    const json::Document reference =
        gateway_.read(kHospital, "DocumentReference", document_id(kHospital, "9910"));
    EXPECT_EQ(reference.root()["content"].at(0)["attachment"]["url"].text(), "Bundle/" + letter);
    EXPECT_EQ(refused(kHospital, "Patient", letter), Code::NotFound) << "by its own type alone";
    EXPECT_EQ(refused(kHospital, "Bundle", document_id(kHospital, "9931")), Code::NotFound);
    EXPECT_EQ(refused(kOther, "Bundle", letter), Code::NotFound);
}

TEST_F(ReleaseDocuments, HaveTheSameBytesEachTime) {
    submit("nishitokyo_full.in.json");
    ASSERT_TRUE(accept());
    const std::string letter = document_id(kHospital, "9911");
    const json::Document first = gateway_.read(kHospital, "Bundle", letter);
    gateway_.clock().advance(std::chrono::hours{3});
    const json::Document second = gateway_.read(kHospital, "Bundle", letter);
    EXPECT_EQ(json::write(first.root()), json::write(second.root()));
}

TEST_F(ReleaseDocuments, AreGoneWithTheConsent) {
    submit("nishitokyo_full.in.json");
    ASSERT_TRUE(accept());
    gateway_.deliver_all();
    const std::string letter = document_id(kHospital, "9911");
    ASSERT_TRUE(done(gateway_.exchange().withdraw_consent(gateway_.clinic(), id_)));
    EXPECT_EQ(refused(kHospital, "Bundle", letter), Code::NotFound);
}

TEST_F(ReleaseDocuments, AreAddressedToTheHospitalThatAccepted) {
    submit("nishitokyo_full.in.json");
    ASSERT_TRUE(update(kHospital, "rejected", [](Builder& builder, Node* task) {
        Node* coding = builder.add_object(
            builder.set_array(builder.set_object(task, "statusReason"), "coding"));
        builder.set(coding, "system", "https://tsunagi.example/fhir/CodeSystem/decline-reason");
        builder.set(coding, "code", "B");
    }));
    programme::Inputs to;
    to.hospital = std::string{kOther};
    ASSERT_TRUE(done(gateway_.exchange().act(gateway_.clinic(), id_, "redirect", to)));
    gateway_.deliver_all();
    ASSERT_TRUE(accept(kOther));
    const json::Document letter = gateway_.read(kOther, "Bundle", document_id(kOther, "9911"));
    const std::string text = json::write(letter.root());
    EXPECT_THAT(text, HasSubstr("佐々総合病院"));
    EXPECT_THAT(text, HasSubstr("1319900903"));
    EXPECT_THAT(text, Not(HasSubstr("田無病院")))
        << "whom the clinic asked before is nothing to it";
    EXPECT_THAT(text, Not(HasSubstr("1319900901")));
}

TEST_F(ReleaseDocuments, TellTheClinicBeforehandWhichCellIsMissing) {
    auto act = gateway_.exchange().submit(
        gateway_.clinic(), "key", support::packet_text("document_public_assistance.in.json"));
    ASSERT_TRUE(done(act));
    const auto answer = json::read(std::get<Submitted>(act).answer);
    ASSERT_TRUE(answer);
    bool told = false;
    for (const Value issue : answer->root()["flags"]["issue"]) {
        if (issue["details"]["coding"].at(0)["code"].text() != "member-id-missing") continue;
        told = true;
        EXPECT_EQ(issue["severity"].text(), "information");
        EXPECT_EQ(issue["expression"].at(0).text(), "Packet.identity.insurance");
        EXPECT_THAT(std::string{issue["details"]["text"].text()}, HasSubstr("JP-CLINS"));
    }
    EXPECT_TRUE(told);
}

TEST_F(ReleaseDocuments, OfAPersonWithoutHealthInsuranceClaimNothingAndDoNotSayWhy) {
    submit("document_public_assistance.in.json");
    ASSERT_TRUE(accept());
    const json::Document letter =
        gateway_.read(kHospital, "Bundle", document_id(kHospital, "9911"));
    const std::string text = json::write(letter.root());
    EXPECT_THAT(text, HasSubstr("StructureDefinition/referral-document"));
    for (const char* word : {"eReferral", "_eCS", "public-assistance", "生活保護", "12990038"})
        EXPECT_THAT(text, Not(HasSubstr(word)));
    EXPECT_EQ(refused(kHospital, "Bundle", document_id(kHospital, "9921")), Code::NotFound)
        << "no summary without the number";
}

}  // namespace
}  // namespace tsunagi::exchange

// Every accepted packet of fixtures/packets, as the maps translated it: its offer and its release
// are valid R4, the offer holds none of its identifiers, the release does.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <string>
#include <vector>

#include "fhir/bundle.h"
#include "json/builder.h"
#include "json/writer.h"
#include "privacy/case.h"
#include "privacy/egress.h"
#include "support/result_matchers.h"
#include "validate/validator.h"

namespace tsunagi::privacy {
namespace {

namespace fs = std::filesystem;
using json::Builder;
using json::Node;
using json::Value;

const std::string kFolder = "fixtures/packets/";

std::vector<std::string> translated_packets() {
    std::vector<std::string> names;
    for (const auto& entry :
         fs::directory_iterator(std::string{TSUNAGI_SOURCE_DIR} + "/" + kFolder)) {
        const std::string file = entry.path().filename().string();
        if (file.ends_with(".bundle.json")) names.push_back(file.substr(0, file.size() - 12));
    }
    std::sort(names.begin(), names.end());
    return names;
}

Value resource_of(const json::Document& bundle, std::string_view type) {
    for (const Value entry : bundle.root()["entry"]) {
        if (entry["resource"]["resourceType"].text() == type) return entry["resource"];
    }
    return {};
}

void accept(json::Document& bundle) {
    Builder builder(bundle);
    Node* task = builder.edit(resource_of(bundle, "Task"));
    builder.set(task, "status", "accepted");
    Node* outputs = builder.set_array(task, "output");
    for (const std::string_view code : {"planned-admission", "planned-discharge", "decided-by"}) {
        Node* output = builder.add_object(outputs);
        Node* coding =
            builder.add_object(builder.set_array(builder.set_object(output, "type"), "coding"));
        builder.set(coding, "system", "https://tsunagi.example/fhir/CodeSystem/task-output");
        builder.set(coding, "code", code);
        if (code == "decided-by")
            builder.set(output, "valueString", "担当医");
        else
            builder.set(output, "valueDateTime", "2026-11-21T14:00:00+09:00");
    }
}

Result<Release> release_of(const json::Document& bundle) {
    ConsentRequest request;
    request.recipient = resource_of(bundle, "Task")["owner"]["identifier"]["value"].text();
    request.of_programme = true;
    request.now = parse_instant("2026-11-20T12:00:00+09:00").value();
    auto acceptance = accepted_by(request.recipient, resource_of(bundle, "Task"));
    if (!acceptance) return acceptance.error();
    const std::vector<ConsentRecord> records{{resource_of(bundle, "Consent"), 1}};
    auto consent = ConsentGate::open(records, request);
    if (!consent) return consent.error();
    return Release::build(bundle.root(), test::kAlias, test::release_rules(), *acceptance,
                          *consent);
}

void expect_valid(const json::Document& transaction) {
    static const validate::Validator validator(test::definitions());
    for (const auto& issue : validator.validate(transaction.root())) {
        if (issue.severity == fhir::IssueSeverity::Error ||
            issue.severity == fhir::IssueSeverity::Fatal)
            ADD_FAILURE() << issue.expression << ": " << issue.en;
    }
    std::vector<std::string> known;
    for (const Value entry : transaction.root()["entry"])
        known.emplace_back(entry["request"]["url"].text());
    for (const Value reference : fhir::references_of(transaction.root()))
        EXPECT_NE(std::find(known.begin(), known.end(), reference.text()), known.end())
            << reference.text();
}

std::size_t count(const json::Document& transaction, std::string_view type) {
    const Value entries = transaction.root()["entry"];
    return static_cast<std::size_t>(std::count_if(entries.begin(), entries.end(), [&](Value entry) {
        return entry["resource"]["resourceType"].text() == type;
    }));
}

class Packets : public testing::TestWithParam<std::string> {
protected:
    const json::Document packet_ = test::read_file(kFolder + GetParam() + ".in.json");
    json::Document bundle_ = test::read_file(kFolder + GetParam() + ".bundle.json");
};

TEST_P(Packets, OfferIsValidAndHoldsNoIdentifierOfThePacket) {
    auto offer = Offer::build(bundle_.root(), test::kAlias, test::offer_rules(), {});
    ASSERT_OK(offer);
    const json::Document sent = offer->transaction();
    expect_valid(sent);
    for (const std::string_view type :
         {"Patient", "ServiceRequest", "Task", "Practitioner", "Composition", "Goal",
          "Communication", "QuestionnaireResponse"})
        EXPECT_EQ(count(sent, type), 1U) << type;
    EXPECT_GT(count(sent, "Condition"), 1U);
    EXPECT_EQ(count(sent, "CareTeam") + count(sent, "Consent") + count(sent, "CarePlan"), 0U);
    const auto scanner = LeakScanner::of_packet(packet_.root());
    for (const Finding& finding : scanner.scan(json::write(sent.root())))
        ADD_FAILURE() << finding.kind << " of " << finding.cell;
}

TEST_P(Packets, ReleaseIsValidUpdatesTheOfferAndIsSeenByTheScanner) {
    auto offer = Offer::build(bundle_.root(), test::kAlias, test::offer_rules(), {});
    ASSERT_OK(offer);
    accept(bundle_);
    auto release = release_of(bundle_);
    ASSERT_OK(release);
    const json::Document sent = release->transaction();
    expect_valid(sent);
    const auto released = release->references();
    for (const auto& reference : offer->references())
        EXPECT_NE(std::find(released.begin(), released.end(), reference), released.end())
            << reference;
    const auto scanner = LeakScanner::of_packet(packet_.root());
    EXPECT_FALSE(scanner.scan(json::write(sent.root())).empty());
}

INSTANTIATE_TEST_SUITE_P(Fixtures, Packets, testing::ValuesIn(translated_packets()),
                         [](const auto& each) { return each.param; });

TEST(PacketCount, IsWhatTheFolderHolds) { EXPECT_GE(translated_packets().size(), 12U); }

}  // namespace
}  // namespace tsunagi::privacy

// Telling others than hospitals of a stay: who, when, under which consent, and what they then see.
#include <gtest/gtest.h>

#include <algorithm>

#include "exchange/case_file.h"
#include "exchange/exchange.h"
#include "json/builder.h"
#include "json/reader.h"
#include "json/writer.h"
#include "support/result_matchers.h"
#include "support/test_gateway.h"

namespace tsunagi::exchange {
namespace {

using access::Role;
using support::TestGateway;

constexpr std::string_view kHospital = "hp-tanashi", kManager = "cm-yatonomori";
constexpr std::string_view kName = "田邉", kIllness = "誤嚥性肺炎";

class Notices : public testing::Test {
protected:
    Notices() : id_(gateway_.submit("nishitokyo_full.in.json")) { gateway_.deliver_all(); }

    void accept() {
        gateway_.accept(id_, kHospital);
        gateway_.deliver_all();
    }
    void told(std::string_view hop) {
        programme::Inputs inputs;
        inputs.at = "2026-11-20T12:00:00+09:00";
        ASSERT_TRUE(done(gateway_.exchange().act(gateway_.clinic(), id_, hop, inputs))) << hop;
    }
    void ready() {
        accept();
        programme::Inputs inputs;
        inputs.at = "2026-11-20T12:00:00+09:00";
        // The hospital tells the doctor; the programme lets either confirm it.
        auto by_clinic = gateway_.exchange().act(gateway_.clinic(), id_, "doctor-told", inputs);
        if (done(by_clinic)) return;
        ASSERT_TRUE(done(gateway_.exchange().act_as_hospital(
            gateway_.hospital(kHospital), store::Alias{gateway_.alias(id_, kHospital)},
            "doctor-told", inputs)));
    }
    std::string notify(const std::string& body) {
        const auto act = gateway_.exchange().notify(gateway_.clinic(), id_, body);
        if (done(act)) return "";
        return std::get<Refusal>(act).issues.front().code;
    }
    static std::string to(std::string_view kind, std::string_view organisation) {
        return R"({"recipient":")" + std::string{kind} + R"(","organisation":")" +
               std::string{organisation} + "\"}";
    }
    /// Every resource of the notice as `who` may read it, concatenated.
    std::string read_all(const access::Principal& who) {
        std::string all;
        const std::string alias = gateway_.alias(id_, who.organisation.text());
        std::vector<std::string> types{"Organization", "Communication"};  // the recipient first
        EXPECT_OK(gateway_.store().read([&](store::Reader& reader) -> Status {
            auto bundle = read_blob(reader, id_, blob::kBundle);
            if (!bundle) return bundle.error();
            for (const json::Value entry : bundle->root()["entry"])
                types.emplace_back(entry["resource"]["resourceType"].text());
            return {};
        }));
        for (std::size_t n = 0; n < types.size(); ++n) {
            const auto shown = gateway_.inquire().resource(who, types[n], partner_id(alias, n + 1));
            if (shown) all += shown->body.bytes();
        }
        return all;
    }
    std::size_t disclosures_to(std::string_view recipient) {
        auto shown = gateway_.inquire().disclosures(gateway_.clinic(), id_);
        EXPECT_TRUE(shown);
        const auto list = json::read(shown->bytes());
        std::size_t count = 0;
        for (const json::Value row : list->root()["disclosures"])
            count += row["recipient"].text() == recipient ? 1U : 0U;
        return count;
    }

    TestGateway gateway_;
    store::CaseId id_;
};

bool holds(std::string_view text, std::string_view part) {
    return text.find(part) != std::string_view::npos;
}

TEST_F(Notices, ACareManagerIsSentWhatItsListNamesAndNothingElse) {
    ready();
    ASSERT_EQ(notify(to("care-manager", kManager)), "");
    const auto sent = gateway_.deliver_all();
    ASSERT_EQ(sent.size(), 1U);
    EXPECT_TRUE(holds(sent[0], kName));
    EXPECT_TRUE(holds(sent[0], "2026-11-21T10:00:00+09:00"));
    EXPECT_TRUE(holds(sent[0], "\"Communication\""));
    EXPECT_TRUE(holds(sent[0], "care-level"));
    for (const std::string_view kept_back :
         {kIllness, std::string_view{"肺癌"}, std::string_view{"相馬"}, std::string_view{"谷戸町"}})
        EXPECT_FALSE(holds(sent[0], kept_back)) << kept_back;
    EXPECT_FALSE(holds(sent[0], gateway_.alias(id_, kHospital))) << "ids are its own";
    EXPECT_FALSE(holds(sent[0], id_.text()));
    EXPECT_EQ(disclosures_to(kManager), 1U);
}

TEST_F(Notices, EachRoleReadsItsOwnView) {
    ready();
    ASSERT_EQ(notify(to("care-manager", kManager)), "");
    told("care-manager-told");
    ASSERT_EQ(notify(to("service-provider", "sp-hanamizuki")), "");
    const std::string manager = read_all(gateway_.partner(kManager, Role::CareManager));
    const std::string provider = read_all(gateway_.partner("sp-hanamizuki", Role::ServiceProvider));
    EXPECT_TRUE(holds(manager, "care-level"));
    EXPECT_FALSE(holds(provider, "care-level"));
    for (const std::string& text : {manager, provider}) {
        EXPECT_TRUE(holds(text, kName));
        EXPECT_TRUE(holds(text, "2026-11-21T10:00:00+09:00"));
        EXPECT_FALSE(holds(text, kIllness));
    }
    // Its own organisation in a hospital's role sees nothing of it, nor a hospital in this one.
    EXPECT_EQ(read_all(gateway_.hospital(kManager)), "");
    EXPECT_EQ(read_all(gateway_.partner(kHospital, Role::CareManager)), "");
    const auto notices =
        gateway_.inquire().search_notices(gateway_.partner(kManager, Role::CareManager));
    ASSERT_OK(notices);
    const auto bundle = json::read(notices->bundle.bytes());
    ASSERT_EQ(bundle->root()["entry"].size(), 1U);
    EXPECT_EQ(bundle->root()["entry"].at(0)["resource"]["resourceType"].text(), "Communication");
    const auto others =
        gateway_.inquire().search_notices(gateway_.partner("cm-other", Role::CareManager));
    ASSERT_OK(others);
    EXPECT_FALSE(holds(others->bundle.bytes(), "Communication"));
}

TEST_F(Notices, TheFamilysNoticeIsTheClinicsToHandOver) {
    ready();
    ASSERT_EQ(notify(R"({"recipient":"family","contact":1})"), "");
    EXPECT_TRUE(gateway_.deliver_all().empty());
    const auto paper = gateway_.inquire().notice(gateway_.clinic(), id_,
                                                 store::OrganisationId{"family-1"}, "paper");
    ASSERT_OK(paper);
    const std::string& text = paper->body.bytes();
    EXPECT_TRUE(holds(text, kName));
    EXPECT_TRUE(holds(text, "WRITTEN"));
    EXPECT_TRUE(holds(text, "eldest-daughter"));
    for (const std::string_view kept_back :
         {kIllness, std::string_view{"肺癌"}, std::string_view{"care-level"},
          std::string_view{"end-of-life"}})
        EXPECT_FALSE(holds(text, kept_back)) << kept_back;
    ASSERT_OK(gateway_.exchange().note_reading(store::OrganisationId{"family-1"}, paper->reading,
                                               paper->body));
    EXPECT_EQ(disclosures_to("family-1"), 1U);
    const auto other = gateway_.inquire().notice(gateway_.other_clinic(), id_,
                                                 store::OrganisationId{"family-1"}, "paper");
    EXPECT_EQ(other.error().code, Code::NotFound);
}

TEST_F(Notices, NobodyIsToldBeforeTheDatesOrOutOfOrder) {
    EXPECT_EQ(notify(to("care-manager", kManager)), "nothing-to-tell");
    accept();
    EXPECT_EQ(notify(to("care-manager", kManager)), "others-first");
}

/// The ids of the resources in a message, as "Type/id", in order.
std::vector<std::string> ids_in(std::string_view message) {
    std::vector<std::string> ids;
    const auto bundle = json::read(message);
    for (const json::Value entry : bundle->root()["entry"]) {
        const json::Value resource = entry["resource"];
        ids.push_back(std::string{resource["resourceType"].text()} + "/" +
                      std::string{resource["id"].text()});
    }
    return ids;
}

TEST_F(Notices, TheirIdsStayWhenTheIdentityComesLater) {
    auto packet = json::read(support::packet_text("nishitokyo_full.in.json"));
    const std::string identity = json::write(packet->root()["identity"]);
    json::Builder builder(*packet);
    builder.remove(builder.root(), "identity");
    auto act = gateway_.exchange().submit(gateway_.clinic(), "without-identity",
                                          json::write(packet->root()));
    ASSERT_TRUE(done(act));
    id_ = std::get<Submitted>(act).case_id;
    gateway_.deliver_all();
    ready();
    gateway_.deliver_all();
    ASSERT_EQ(notify(to("care-manager", kManager)), "");
    const auto first = gateway_.deliver_all();
    ASSERT_EQ(first.size(), 1U);
    const auto before = ids_in(first[0]);
    const auto entries = [&] {
        std::size_t size = 0;
        EXPECT_OK(gateway_.store().read([&](store::Reader& reader) -> Status {
            auto bundle = read_blob(reader, id_, blob::kBundle);
            if (!bundle) return bundle.error();
            size = bundle->root()["entry"].size();
            return {};
        }));
        return size;
    };
    const std::size_t without = entries();
    ASSERT_TRUE(done(gateway_.exchange().identify(gateway_.clinic(), id_, identity)));
    ASSERT_GT(entries(), without);
    gateway_.deliver_all();
    ASSERT_EQ(notify(to("care-manager", kManager)), "");
    const auto second = gateway_.deliver_all();
    ASSERT_EQ(second.size(), 1U);
    const auto after = ids_in(second[0]);
    for (const auto& id : before)
        EXPECT_EQ(std::count(after.begin(), after.end(), id), 1) << id << " is another's now";
    const auto notices =
        gateway_.inquire().search_notices(gateway_.partner(kManager, Role::CareManager));
    ASSERT_OK(notices);
    EXPECT_EQ(ids_in(notices->bundle.bytes()).size(), 1U);
    EXPECT_EQ(std::count(before.begin(), before.end(), ids_in(notices->bundle.bytes())[0]), 1);
}

TEST_F(Notices, OnlyRecipientsOfTheProgrammeAndTheDirectory) {
    ready();
    EXPECT_EQ(notify(to("city", "city-nishitokyo")), "not-a-recipient");
    EXPECT_EQ(notify(to("hospital", "hp-sassa")), "not-a-recipient");
    EXPECT_EQ(notify(to("care-manager", "cm-nobody")), "unknown-recipient");
    EXPECT_EQ(notify(to("care-manager", "hp-sassa")), "unknown-recipient");
    EXPECT_EQ(notify(to("family", kManager)), "bad-inputs");
    EXPECT_EQ(notify(R"({"recipient":"family","contact":3})"), "unknown-recipient");
    for (const char* contact : {"0", "-1", "1.5", "\"1\"", "null", "[1]"})
        EXPECT_EQ(notify(R"({"recipient":"family","contact":)" + std::string{contact} + "}"),
                  "bad-inputs")
            << contact;
    EXPECT_EQ(notify("{}"), "bad-inputs");
    EXPECT_EQ(notify(R"({"recipient":"care-manager"})"), "bad-inputs");
}

TEST_F(Notices, OnlyWhomTheConsentNames) {
    ready();
    EXPECT_EQ(notify(to("care-manager", "cm-other")), "consent-recipient-not-named")
        << "the consent names another office";
    EXPECT_EQ(notify(to("coordination-centre", "centre-nishinowa")), "consent-recipient-not-named");
}

TEST_F(Notices, AContactWithARestrictionOnTheSheetGetsNone) {
    ready();
    EXPECT_EQ(notify(R"({"recipient":"family","contact":2})"), "contact-restricted");
    EXPECT_EQ(notify(R"({"recipient":"family"})"), "contact-restricted")
        << "the family as a whole is that contact too";
    EXPECT_EQ(notify(R"({"recipient":"family","contact":1})"), "");
}

TEST_F(Notices, AContactWhomTheConsentRestrictsGetsNoneAndReadsNoMore) {
    ready();
    const auto amend = [&](std::string_view rule) {
        const auto packet = json::read(support::packet_text("nishitokyo_full.in.json"));
        json::Document document;
        json::Builder builder(document);
        json::Node* root = builder.object();
        builder.set(root, "referral", id_.text());
        builder.set(root, "consent", packet->root()["consent"]);
        if (!rule.empty()) {
            json::Node* form = json::Builder::find(root, "consent");
            json::Node* one = builder.add_object(builder.set_array(form, "contactRestrictions"));
            builder.set(one, "relation", "eldest-daughter");
            builder.set(one, "name", "相馬　由紀子");
            builder.set(one, "rule", rule);
        }
        const auto act =
            gateway_.exchange().record_consent(gateway_.clinic(), json::write(document.root()));
        ASSERT_TRUE(done(act)) << std::get<Refusal>(act).issues.front().code;
    };
    const std::string daughter = R"({"recipient":"family","contact":1})";
    const auto read = [&](std::string_view channel) {
        return static_cast<bool>(gateway_.inquire().notice(
            gateway_.clinic(), id_, store::OrganisationId{"family-1"}, channel));
    };
    ASSERT_EQ(notify(daughter), "");
    EXPECT_TRUE(read("paper"));
    EXPECT_TRUE(read("phone"));
    amend("not-by-phone");
    EXPECT_EQ(notify(daughter), "");
    EXPECT_TRUE(read("paper"));
    EXPECT_FALSE(read("phone"));
    for (const std::string_view rule : {"after-death", "tell-nothing"}) {
        amend(rule);
        EXPECT_EQ(notify(daughter), "consent-recipient-excluded") << rule;
        EXPECT_FALSE(read("paper")) << rule;
    }
    amend("");
    EXPECT_EQ(notify(daughter), "");
    EXPECT_TRUE(read("phone"));
}

TEST_F(Notices, AWithdrawalStopsWhatIsQueuedAndWhatIsRead) {
    ready();
    ASSERT_EQ(notify(to("care-manager", kManager)), "");
    const auto who = gateway_.partner(kManager, Role::CareManager);
    ASSERT_TRUE(holds(read_all(who), kName));
    ASSERT_TRUE(done(gateway_.exchange().withdraw_consent(gateway_.clinic(), id_)));
    for (const auto& sent : gateway_.deliver_all()) EXPECT_FALSE(holds(sent, kName));
    EXPECT_EQ(read_all(who), "");
    const auto paper = gateway_.inquire().notice(
        gateway_.clinic(), id_, store::OrganisationId{std::string{kManager}}, "paper");
    EXPECT_FALSE(paper);
}

TEST_F(Notices, TheCityGetsCountsOnly) {
    const auto city = gateway_.partner("city-nishitokyo", Role::City);
    const auto few = gateway_.inquire().statistics(city);
    ASSERT_OK(few);
    const auto none = json::read(few->bytes());
    EXPECT_EQ(none->root()["programmes"].at(0)["cases"].integer(-1), 0) << "one case is no count";
    for (int i = 0; i < 13; ++i)
        gateway_.submit("nishitokyo_full.in.json", "more-" + std::to_string(i));
    accept();
    const auto shown = gateway_.inquire().statistics(city);
    ASSERT_OK(shown);
    const auto counts = json::read(shown->bytes());
    const json::Value programme = counts->root()["programmes"].at(0);
    EXPECT_EQ(programme["cases"].integer(), 14);
    std::int64_t sum = 0;
    for (const json::Value each : programme["states"]) {
        EXPECT_GE(each.integer(), 11);
        sum += each.integer();
    }
    EXPECT_EQ(sum, 14) << "the one accepted case hides in a sum";
    EXPECT_FALSE(holds(shown->bytes(), "scheduled"));
    EXPECT_FALSE(holds(shown->bytes(), id_.text()));
    EXPECT_FALSE(
        gateway_.inquire().resource(city, "Patient", gateway_.alias(id_, kHospital) + "-1"));
}

}  // namespace
}  // namespace tsunagi::exchange

// What one hospital sees of a case, before and after acceptance.
#include "privacy/rendition.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>

#include "fhir/bundle.h"
#include "json/builder.h"
#include "json/writer.h"
#include "privacy/case.h"
#include "support/result_matchers.h"

namespace tsunagi::privacy {
namespace {

using json::Builder;
using json::Node;
using json::Value;
using test::case_bundle;
using test::kAlias;
using test::read_json;
using testing::ElementsAre;

constexpr std::string_view kHospital = "hp-tanashi";

std::string id(int n) { return std::string{kAlias} + "-" + std::to_string(n); }

std::string text_of(const json::Document& document) { return json::write(document.root()); }

/// Not a matcher: a whole Bundle in every failure message helps nobody.
bool holds(std::string_view text, std::string_view part) {
    return text.find(part) != std::string_view::npos;
}

json::Document offer_of(Value bundle, const std::vector<std::string>& withheld = {}) {
    auto offer = Offer::build(bundle, kAlias, test::offer_rules(), withheld);
    EXPECT_OK(offer);
    return offer->transaction();
}

Value resource_in(const json::Document& transaction, const std::string& reference) {
    for (const Value entry : transaction.root()["entry"]) {
        if (entry["request"]["url"].text() == reference) return entry["resource"];
    }
    return {};
}

std::vector<std::string> references_in(const json::Document& transaction) {
    std::vector<std::string> all;
    for (const Value entry : transaction.root()["entry"])
        all.emplace_back(entry["request"]["url"].text());
    return all;
}

json::Document accepted_task(std::string_view status = "accepted",
                             std::string_view owner = kHospital) {
    return read_json(R"({"resourceType":"Task","status":")" + std::string{status} +
                     R"(","intent":"order","owner":{"identifier":{"system":
        "https://tsunagi.example/fhir/NamingSystem/organization","value":")" +
                     std::string{owner} + R"("}},"output":[
        {"type":{"coding":[{"system":"https://tsunagi.example/fhir/CodeSystem/task-output",
                 "code":"planned-admission"}]},"valueDateTime":"2026-11-21T14:00:00+09:00"},
        {"type":{"coding":[{"system":"https://tsunagi.example/fhir/CodeSystem/task-output",
                 "code":"planned-discharge"}]},"valueDateTime":"2026-12-04T10:00:00+09:00"},
        {"type":{"coding":[{"system":"https://tsunagi.example/fhir/CodeSystem/task-output",
                 "code":"decided-by"}]},"valueString":"大貫 誠"}]})");
}

Value consent_in(const json::Document& bundle) { return bundle.root()["entry"].at(20)["resource"]; }

Result<LiveConsent> live_consent(Value consent, std::string_view hospital = kHospital) {
    const std::vector<ConsentRecord> records{{consent, 3}};
    ConsentRequest request;
    request.recipient = hospital;
    request.of_programme = true;
    request.stage = Stage::Release;
    request.now = parse_instant("2026-11-20T12:00:00+09:00").value();
    return ConsentGate::open(records, request);
}

Result<Release> release_of(const json::Document& bundle) {
    const json::Document task = accepted_task();
    auto acceptance = accepted_by(kHospital, task.root());
    if (!acceptance) return acceptance.error();
    auto consent = live_consent(consent_in(bundle));
    if (!consent) return consent.error();
    return Release::build(bundle.root(), kAlias, test::release_rules(), *acceptance, *consent);
}

/// The case's Bundle with one change.
json::Document changed(const std::function<void(Builder&, Node*)>& change, int entry) {
    json::Document bundle = case_bundle();
    Builder builder(bundle);
    change(
        builder,
        builder.edit(bundle.root()["entry"].at(static_cast<std::size_t>(entry - 1))["resource"]));
    return bundle;
}

TEST(Offer, HoldsNoIdentifierOfTheCase) {
    const json::Document bundle = case_bundle();
    const std::string sent = text_of(offer_of(bundle.root()));
    for (const std::string_view planted :
         {"田邉",     "芳江",    "タナベ",     "ヨシエ",   "1938",    "昭和", "2001",
          "12号",     "１２号",  "204183",     "相馬",     "由紀子",  "2101", "洋裁",
          "お薬手帳", "JVBERi0", "真鍋",       "やとの杜", "2201",    "大貫", "99000001",
          "39132295", "990107",  "1319900112", "肺癌",     "urn:uuid"}) {
        EXPECT_FALSE(holds(sent, planted)) << planted;
    }
    EXPECT_TRUE(holds(json::write(bundle.root()), "田邉")) << "the search can find it";
}

TEST(Offer, CarriesWhatAPhysicianDecidesOn) {
    const json::Document bundle = case_bundle();
    const json::Document sent = offer_of(bundle.root());
    const Value patient = resource_in(sent, "Patient/" + id(1));
    EXPECT_EQ(
        json::write(patient),
        R"({"resourceType":"Patient","id":")" + id(1) +
            R"(","meta":{"profile":["https://tsunagi.example/fhir/StructureDefinition/masked-patient",)" +
            R"("http://jpfhir.jp/fhir/core/StructureDefinition/JP_Patient"]},)" +
            R"("identifier":[{"system":"https://tsunagi.example/fhir/NamingSystem/patient",)" +
            R"("value":")" + id(1) + R"("}],"active":true,)" +
            R"("name":[{"use":"anonymous","text":"T.Y."}],"gender":"female",)" +
            R"("address":[{"use":"home","city":"西東京市"}]})");
    const std::string text = json::write(sent.root());
    for (const std::string_view kept :
         {"誤嚥性肺炎", "抗菌薬の点滴と呼吸管理", "11月14日頃より痰の量が増えた", "三枝 直樹",
          "ひばりの森在宅クリニック", "西東京市谷戸町９－９９－１", "田無病院", "eldest-daughter",
          "2026-11-20T10:05:00+09:00", "市民確認", "\"low\":{\"value\":85",
          "\"high\":{\"value\":89", "吸引器は本人用"}) {
        EXPECT_TRUE(holds(text, kept)) << kept;
    }
}

TEST(Offer, IsATransactionOfPutsUnderTheAlias) {
    const json::Document bundle = case_bundle();
    const json::Document sent = offer_of(bundle.root());
    EXPECT_EQ(sent.root()["type"].text(), "transaction");
    EXPECT_FALSE(sent.root()["id"]);
    EXPECT_THAT(
        references_in(sent),
        ElementsAre("Patient/" + id(1), "Organization/" + id(2), "Practitioner/" + id(3),
                    "PractitionerRole/" + id(4), "Organization/" + id(5), "ServiceRequest/" + id(6),
                    "Task/" + id(7), "Encounter/" + id(8), "Condition/" + id(9),
                    "Composition/" + id(10), "Observation/" + id(11), "RelatedPerson/" + id(13),
                    "QuestionnaireResponse/" + id(15), "Communication/" + id(20)));
    for (const Value entry : sent.root()["entry"]) {
        const std::string url{entry["request"]["url"].text()};
        EXPECT_EQ(entry["request"]["method"].text(), "PUT");
        EXPECT_EQ(entry["fullUrl"].text(), "https://tsunagi.example/fhir/" + url);
        EXPECT_EQ(url, std::string{entry["resource"]["resourceType"].text()} + "/" +
                           std::string{entry["resource"]["id"].text()});
    }
}

TEST(Offer, PointsOnlyAtWhatLeavesToo) {
    const json::Document bundle = case_bundle();
    const json::Document sent = offer_of(bundle.root());
    const auto known = references_in(sent);
    std::size_t seen = 0;
    for (const Value reference : fhir::references_of(sent.root())) {
        ++seen;
        EXPECT_THAT(known, testing::Contains(std::string{reference.text()}));
    }
    EXPECT_GT(seen, 20U);
    const Value stay = resource_in(sent, "Encounter/" + id(8));
    EXPECT_EQ(stay["diagnosis"].size(), 1U) << "the sheet's diagnosis stays, and the group with it";
}

TEST(Offer, LeavesOutAClassThatThePersonWithholds) {
    const json::Document bundle = case_bundle();
    const json::Document sent = offer_of(bundle.root(), {"referral-letter"});
    EXPECT_FALSE(resource_in(sent, "Composition/" + id(10)));
    EXPECT_TRUE(resource_in(sent, "ServiceRequest/" + id(6)));
    const Value info = resource_in(sent, "ServiceRequest/" + id(6))["supportingInfo"];
    EXPECT_EQ(info.size(), 1U);
}

TEST(Offer, LeavesOutAResourceThatDoesNotSayWhereItComesFrom) {
    const json::Document bundle =
        changed([](Builder& b, Node* condition) { b.remove(condition, "meta"); }, 9);
    EXPECT_FALSE(resource_in(offer_of(bundle.root()), "Condition/" + id(9)));
}

TEST(Offer, LeavesOutAResourceWithOneTagThatMayNotLeave) {
    const json::Document bundle = changed(
        [](Builder& b, Node* condition) {
            Node* tag = b.add_object(Builder::find(Builder::find(condition, "meta"), "tag"));
            b.set(tag, "system", "https://tsunagi.example/fhir/CodeSystem/information-kind");
            b.set(tag, "code", "patient-sheet");
        },
        9);
    EXPECT_FALSE(resource_in(offer_of(bundle.root()), "Condition/" + id(9)));
}

TEST(Offer, HoldsBackWhatIsLabelledNotToBeDisclosed) {
    const json::Document bundle = changed(
        [](Builder& b, Node* age) {
            Node* label = b.add_object(b.set_array(Builder::find(age, "meta"), "security"));
            b.set(label, "system", "http://terminology.hl7.org/CodeSystem/v3-ActCode");
            b.set(label, "code", "NODSCLCD");
        },
        11);
    EXPECT_FALSE(resource_in(offer_of(bundle.root()), "Observation/" + id(11)));
    auto release = release_of(bundle);
    ASSERT_OK(release);
    EXPECT_FAILS(release->resource("Observation", id(11)), NotFound);
}

TEST(Offer, DropsARequiredReferenceWithItsElementAndItsResource) {
    // RelatedPerson.patient is 1..1: when the patient stays behind, so does the relative.
    const json::Document bundle = changed(
        [](Builder& b, Node* relative) {
            b.set(Builder::find(relative, "patient"), "reference", "urn:uuid:none");
        },
        13);
    const json::Document sent = offer_of(bundle.root());
    EXPECT_FALSE(resource_in(sent, "RelatedPerson/" + id(13)));
    EXPECT_TRUE(resource_in(sent, "Patient/" + id(1)));
}

TEST(Offer, DropsInACascade) {
    // No requester's practitioner is required, but Composition.author is.
    const json::Document bundle = changed(
        [](Builder& b, Node* role) {
            Node* modifier = b.add_object(b.set_array(role, "modifierExtension"));
            b.set(modifier, "url", "https://example.org/not-any-more");
        },
        4);
    const json::Document sent = offer_of(bundle.root());
    EXPECT_FALSE(resource_in(sent, "PractitionerRole/" + id(4)));
    EXPECT_FALSE(resource_in(sent, "Composition/" + id(10))) << "its author is required";
    EXPECT_FALSE(resource_in(sent, "Practitioner/" + id(3))) << "nothing refers to it";
    EXPECT_TRUE(resource_in(sent, "ServiceRequest/" + id(6)));
}

TEST(Offer, RefusesANameInThePlaceOfInitials) {
    for (const std::string_view name : {"田邉 芳江", "タナベ", "TANABE", "Tanabe Y.", "ｔ．ｙ．"}) {
        const json::Document bundle = changed(
            [&](Builder& b, Node* patient) {
                b.set(b.edit(Value{patient}["name"].at(0)), "text", name);
            },
            1);
        const json::Document sent = offer_of(bundle.root());
        EXPECT_FALSE(resource_in(sent, "Patient/" + id(1))["name"]) << name;
    }
}

TEST(Offer, TakesOnlyTheWordsOfASection) {
    for (
        const std::string_view div :
        {R"(<div xmlns="http://www.w3.org/1999/xhtml">plain</div>)",
         R"(<div xmlns="http://www.w3.org/1999/xhtml" style="white-space: pre-wrap"><b>x</b></div>)",
         R"(<div xmlns="http://www.w3.org/1999/xhtml" style="white-space: pre-wrap"></div><p></div>)",
         "words"}) {
        const json::Document bundle = changed(
            [&](Builder& b, Node* letter) {
                b.set(b.edit(Value{letter}["section"].at(0)["text"]), "div", div);
            },
            10);
        const json::Document sent = offer_of(bundle.root());
        EXPECT_FALSE(resource_in(sent, "Composition/" + id(10))["section"]) << div;
    }
}

TEST(Offer, DropsContainedNarrativeExtensionsAndWhatR4DoesNotKnow) {
    const json::Document bundle = changed(
        [](Builder& b, Node* condition) {
            b.set(b.add_object(b.set_array(condition, "contained")), "resourceType", "Patient");
            b.set(b.set_object(condition, "text"), "div", "<div>CANARY</div>");
            Node* extension = b.add_object(b.set_array(condition, "extension"));
            b.set(extension, "url", "https://example.org/CANARY");
            b.set(extension, "valueString", "CANARY");
            b.set(condition, "implicitRules", "CANARY");
            b.set(condition, "CANARY", "CANARY");
            b.set(Builder::find(condition, "code"), "CANARY", "CANARY");
            b.set(b.set_object(condition, "_onsetDateTime"), "id", "CANARY");
            b.set(b.add_object(b.set_array(Builder::find(condition, "code"), "extension")), "url",
                  "CANARY");
        },
        9);
    const std::string sent = text_of(offer_of(bundle.root()));
    EXPECT_TRUE(holds(json::write(bundle.root()), "CANARY"));
    EXPECT_FALSE(holds(sent, "CANARY"));
    EXPECT_FALSE(holds(sent, "contained"));
    EXPECT_TRUE(holds(sent, "誤嚥性肺炎"));
}

TEST(Offer, KeepsTheReasonWhyAValueIsAbsent) {
    const json::Document bundle = changed(
        [](Builder& b, Node* condition) {
            b.remove(condition, "onsetDateTime");
            Node* extension =
                b.add_object(b.set_array(b.set_object(condition, "_onsetDateTime"), "extension"));
            b.set(extension, "url", "http://hl7.org/fhir/StructureDefinition/data-absent-reason");
            b.set(extension, "valueCode", "asked-unknown");
        },
        9);
    const json::Document sent = offer_of(bundle.root());
    EXPECT_EQ(resource_in(sent, "Condition/" + id(9))["_onsetDateTime"]["extension"]
                  .at(0)["valueCode"]
                  .text(),
              "asked-unknown");
}

TEST(Offer, IsTheSameForTwoPeopleWhoDifferOnlyInTheirIdentity) {
    json::Document other = case_bundle();
    Builder b(other);
    const Value entries = other.root()["entry"];
    Node* patient = b.edit(entries.at(0)["resource"]);
    b.set(b.edit(entries.at(0)["resource"]["name"].at(1)), "text", "手塚 康子");
    b.set(b.edit(entries.at(0)["resource"]["name"].at(1)), "family", "手塚");
    b.remove(b.edit(entries.at(0)["resource"]["name"]),
             entries.at(0)["resource"]["name"].at(2).node());
    b.set(patient, "birthDate", "1938-10-30");
    b.remove(patient, "telecom");
    b.remove(patient, "_birthDate");
    b.remove(patient, "identifier");
    b.set(b.edit(entries.at(0)["resource"]["address"].at(1)), "text", "西東京市泉町１丁目１番");
    b.remove(b.edit(entries.at(12)["resource"]), "name");
    b.set(b.edit(entries.at(21)["resource"]), "subscriberId", "11111111");
    b.set(b.edit(entries.at(16)["resource"]), "status", "proposed");
    b.set(b.edit(entries.at(17)["resource"]["name"].at(0)), "text", "別の ケアマネ");
    b.remove(b.edit(entries.at(19)["resource"]), "payload");
    const json::Document one = case_bundle();
    EXPECT_FALSE(json::equal(one.root(), other.root()));
    EXPECT_EQ(text_of(offer_of(one.root())), text_of(offer_of(other.root())));
}

TEST(Offer, ShowsOneResourceAsItWasSent) {
    const json::Document bundle = case_bundle();
    auto offer = Offer::build(bundle.root(), kAlias, test::offer_rules(), {});
    ASSERT_OK(offer);
    const json::Document sent = offer->transaction();
    auto patient = offer->resource("Patient", id(1));
    ASSERT_OK(patient);
    EXPECT_TRUE(json::equal(patient->root(), resource_in(sent, "Patient/" + id(1))));
    EXPECT_FAILS(offer->resource("Observation", id(1)), NotFound);
    EXPECT_FAILS(offer->resource("Coverage", id(22)), NotFound);
    EXPECT_EQ(offer->references(), references_in(sent));
    constexpr std::string_view kTypes[] = {"Task", "Encounter"};
    EXPECT_THAT(references_in(offer->transaction(kTypes)),
                ElementsAre("Task/" + id(7), "Encounter/" + id(8)));
}

TEST(Offer, IsBuiltByTheRulesOfAnOfferAlone) {
    const json::Document bundle = case_bundle();
    EXPECT_FAILS(Offer::build(bundle.root(), kAlias, test::release_rules(), {}), Internal);
    EXPECT_FAILS(Offer::build(bundle.root(), "", test::offer_rules(), {}), Internal);
}

TEST(Offer, APlantedValueOnAListedPathIsSeen) {
    const json::Document bundle =
        changed([](Builder& b,
                   Node* condition) { b.set(Builder::find(condition, "code"), "text", "CANARY"); },
                9);
    EXPECT_TRUE(holds(text_of(offer_of(bundle.root())), "CANARY"));
}

// ---- release ------------------------------------------------------------------------------------

TEST(Release, UpdatesTheSameResourcesWithTheIdentity) {
    const json::Document bundle = case_bundle();
    const auto offered = references_in(offer_of(bundle.root()));
    auto release = release_of(bundle);
    ASSERT_OK(release);
    const json::Document sent = release->transaction();
    for (const auto& reference : offered) EXPECT_TRUE(resource_in(sent, reference)) << reference;
    const Value patient = resource_in(sent, "Patient/" + id(1));
    EXPECT_EQ(patient["name"].at(1)["family"].text(), "田邉");
    EXPECT_EQ(patient["name"].at(1)["extension"].at(0)["valueCode"].text(), "IDE");
    EXPECT_EQ(patient["birthDate"].text(), "1938-04-02");
    EXPECT_EQ(patient["identifier"].at(0)["value"].text(), id(1));
    EXPECT_EQ(patient["identifier"].at(1)["value"].text(), "204183");
    const std::string text = json::write(sent.root());
    for (const std::string_view kept :
         {"相馬 由紀子", "無職（元 洋裁業）", "JVBERi0=", "真鍋 浩", "やとの杜", "99000001",
          "39132295", "医療福祉連携部 大貫", "explicit-written", "programme-hospitals",
          "後方支援病床の利用", "UNINFORMED"}) {
        EXPECT_TRUE(holds(text, kept)) << kept;
    }
    EXPECT_FALSE(holds(text, "urn:uuid"));
}

TEST(Release, NeedsThisHospitalsAcceptance) {
    const json::Document accepted = accepted_task();
    EXPECT_OK(accepted_by(kHospital, accepted.root()));
    EXPECT_FAILS(accepted_by("hp-sassa", accepted.root()), Denied);
    const json::Document nobody = accepted_task("accepted", "");
    EXPECT_FAILS(accepted_by("", nobody.root()), Denied);
    for (const std::string_view status :
         {"requested", "received", "rejected", "cancelled", "draft", ""}) {
        const json::Document task = accepted_task(status);
        EXPECT_FAILS(accepted_by(kHospital, task.root()), Denied) << status;
    }
    for (const std::size_t missing : {0U, 1U, 2U}) {
        json::Document task = accepted_task();
        Builder b(task);
        b.remove(b.edit(task.root()["output"]), task.root()["output"].at(missing).node());
        EXPECT_FAILS(accepted_by(kHospital, task.root()), Denied) << missing;
    }
}

TEST(Release, NeedsAConsentThatNamesTheSameHospital) {
    const json::Document bundle = case_bundle();
    const json::Document task = accepted_task();
    auto acceptance = accepted_by(kHospital, task.root());
    ASSERT_OK(acceptance);
    auto elsewhere = live_consent(consent_in(bundle), "hp-sassa");
    ASSERT_OK(elsewhere);
    EXPECT_FAILS(
        Release::build(bundle.root(), kAlias, test::release_rules(), *acceptance, *elsewhere),
        Denied);
    const json::Document withdrawn =
        changed([](Builder& b, Node* consent) { b.set(consent, "status", "inactive"); }, 21);
    EXPECT_FAILS(live_consent(consent_in(withdrawn)), Denied);
}

TEST(Release, LeavesOutTheSheetThatThePersonWithholds) {
    json::Document bundle = case_bundle();
    Builder b(bundle);
    const Value permit = consent_in(bundle)["provision"]["provision"].at(0);
    b.remove(b.edit(permit["class"]), permit["class"].at(3).node());
    auto release = release_of(bundle);
    ASSERT_OK(release);
    const std::string text = text_of(release->transaction());
    EXPECT_FALSE(holds(text, "肺癌の疑い"));
    EXPECT_TRUE(holds(text, "田邉 芳江"));
}

}  // namespace
}  // namespace tsunagi::privacy

// May this go to that hospital? Friendly records and their hostile twins. The laws that hold for
// every record are in properties/consent.
#include "privacy/consent.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>

#include "json/builder.h"
#include "json/writer.h"
#include "privacy/case.h"

namespace tsunagi::privacy {
namespace {

using json::Builder;
using json::Node;
using json::Value;
using testing::ElementsAre;
using testing::IsEmpty;

constexpr std::string_view kInformation =
    "https://tsunagi.example/fhir/CodeSystem/information-kind";
constexpr std::string_view kKind = "https://tsunagi.example/fhir/CodeSystem/recipient-kind";

std::string classes(const std::vector<std::string>& codes) {
    std::string list;
    for (const auto& code : codes)
        list += (list.empty() ? "" : ",") + std::string{R"({"system":")"} +
                std::string{kInformation} + R"(","code":")" + code + R"("})";
    return R"("class":[)" + list + "]";
}

std::string actor(std::string_view kind, std::string_view hospital = {}) {
    const std::string system = hospital.empty()
                                   ? std::string{kKind}
                                   : "https://tsunagi.example/fhir/NamingSystem/organization";
    return R"({"role":{"coding":[{"system":")" + std::string{kKind} + R"(","code":")" +
           std::string{kind} + R"("}]},"reference":{"identifier":{"system":")" + system +
           R"(","value":")" + std::string{hospital.empty() ? kind : hospital} + R"("}}})";
}

const std::string kAll =
    classes({"identity", "bed-request", "referral-letter", "patient-sheet", "stay"});

/// As mappings/consent.map writes it: an untyped root, one permit, its exceptions inside.
std::string consent(
    const std::string& actors, const std::string& data, const std::string& inside = {},
    const std::string& root = R"("period":{"start":"2026-11-19","end":"2027-11-18"},)",
    const std::string& policy = "OPTIN") {
    return R"({"resourceType":"Consent","status":"active","scope":{"coding":[{"system":
        "http://terminology.hl7.org/CodeSystem/consentscope","code":"patient-privacy"}]},
        "category":[{"coding":[{"system":"http://loinc.org","code":"59284-0"}]}],
        "patient":{"reference":"urn:uuid:1"},"dateTime":"2026-11-19",
        "policyRule":{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/v3-ActCode",
        "code":")" +
           policy + R"("}]},"provision":{)" + root + R"("provision":[{"type":"permit",
        "purpose":[{"system":"http://terminology.hl7.org/CodeSystem/v3-ActReason","code":"TREAT"}],)" +
           (actors.empty() ? "" : "\"actor\":[" + actors + "],") + data +
           (inside.empty() ? "" : ",\"provision\":[" + inside + "]") + "}]}}";
}

std::string friendly() { return consent(actor("programme-hospitals"), kAll); }

/// The record with one change at its root.
std::string changed(const std::string& text, const std::function<void(Builder&, Node*)>& change) {
    json::Document document = test::read_json(text);
    Builder builder(document);
    change(builder, builder.root());
    return json::write(document.root());
}

struct Asked {
    std::string hospital = "hp-tanashi";
    Stage stage = Stage::Release;
    std::string now = "2026-11-20T12:00:00+09:00";
    std::vector<std::string> classes = {};
    bool of_programme = true;
    std::string purpose = "TREAT";
};

Decision ask(const std::vector<std::string>& texts, const Asked& asked = {}) {
    std::vector<json::Document> documents;
    std::vector<ConsentRecord> records;
    for (const auto& text : texts) documents.push_back(test::read_json(text));
    std::int64_t version = 0;
    for (const auto& document : documents) records.push_back({document.root(), ++version});
    ConsentRequest request;
    request.recipient = asked.hospital;
    request.of_programme = asked.of_programme;
    request.purpose = asked.purpose;
    request.stage = asked.stage;
    request.now = parse_instant(asked.now).value();
    request.data_classes = asked.classes;
    return decide(records, request);
}

TEST(Consent, PermitsAHospitalOfTheProgramme) {
    const Decision decision = ask({friendly()});
    EXPECT_TRUE(decision.permit);
    EXPECT_EQ(decision.code, "permit");
    EXPECT_EQ(decision.consent_version, 1);
    EXPECT_THAT(decision.withheld, IsEmpty());
    EXPECT_FALSE(decision.ja.empty());
    EXPECT_FALSE(decision.en.empty());
}

TEST(Consent, DeniesWithoutARecord) {
    const Decision decision = ask({});
    EXPECT_FALSE(decision.permit);
    EXPECT_EQ(decision.code, "no-consent");
    EXPECT_EQ(decision.consent_version, 0);
}

TEST(Consent, NamesOneHospitalAndNoOther) {
    const std::string text = consent(actor("hospital", "hp-tanashi"), kAll);
    EXPECT_TRUE(ask({text}).permit);
    EXPECT_EQ(ask({text}, {.hospital = "hp-sassa"}).code, "recipient-not-named");
    EXPECT_EQ(ask({text}, {.hospital = "hp-tanashi-2"}).code, "recipient-not-named");
    EXPECT_FALSE(ask({text}, {.hospital = ""}).permit);
}

TEST(Consent, OtherRecipientKindsAreNoHospital) {
    for (const std::string_view kind :
         {"family-doctor", "care-manager", "visiting-nurse", "service-provider", "pharmacy",
          "coordination-centre", "city", "family"})
        EXPECT_EQ(ask({consent(actor(kind), kAll)}).code, "recipient-not-named") << kind;
}

TEST(Consent, AnExcludedHospitalIsDeniedThoughItsClassIsPermitted) {
    const std::string text =
        consent(actor("programme-hospitals"), kAll,
                R"({"type":"deny","actor":[)" + actor("hospital", "hp-tanashi") + "]}");
    EXPECT_EQ(ask({text}).code, "recipient-excluded");
    EXPECT_TRUE(ask({text}, {.hospital = "hp-sassa"}).permit);
}

TEST(Consent, AnExcludedHospitalThatHasNoIdDeniesAll) {
    const std::string nameless =
        R"({"role":{"coding":[{"system":")" + std::string{kKind} +
        R"(","code":"hospital"}]},"reference":{"display":"どこかの病院"}})";
    EXPECT_EQ(ask({consent(actor("programme-hospitals"), kAll,
                           R"({"type":"deny","actor":[)" + nameless + "]}")})
                  .code,
              "unreadable");
    EXPECT_EQ(ask({consent(nameless, kAll)}).code, "recipient-not-named");
}

TEST(Consent, AnExcludedHospitalWithoutAnIdIsNotForgottenAsTheMapWritesIt) {
    // mappings/consent.map: a recipient without an id is written as its class.
    EXPECT_EQ(ask({consent(actor("programme-hospitals"), kAll,
                           R"({"type":"deny","actor":[)" + actor("hospital") + "]}")})
                  .code,
              "unreadable");
    EXPECT_EQ(ask({consent(actor("hospital"), kAll)}).code, "recipient-not-named");
}

TEST(Consent, AHospitalOutsideTheProgrammeIsNotNamedByItsClass) {
    EXPECT_EQ(ask({friendly()}, {.of_programme = false}).code, "recipient-not-named");
    const std::string text = consent(actor("hospital", "hp-tanashi"), kAll);
    EXPECT_TRUE(ask({text}, {.of_programme = false}).permit);
}

TEST(Consent, AClassThatAlsoNamesOneHospitalNamesNone) {
    const std::string both =
        R"({"role":{"coding":[{"system":")" + std::string{kKind} +
        R"(","code":"programme-hospitals"}]},"reference":{"reference":"Organization/hp-sassa"}})";
    EXPECT_EQ(ask({consent(both, kAll)}).code, "recipient-not-named");
    EXPECT_EQ(ask({consent(actor("programme-hospitals"), kAll,
                           R"({"type":"deny","actor":[)" + both + "]}")})
                  .code,
              "unreadable");
}

TEST(Consent, AnswersForThePurposeThatIsAsked) {
    EXPECT_TRUE(ask({friendly()}, {.purpose = "CAREMGT"}).permit);
    EXPECT_EQ(ask({friendly()}, {.purpose = "HRESCH"}).code, "recipient-not-named");
    EXPECT_EQ(ask({friendly()}, {.purpose = "FISHING"}).code, "unknown-purpose");
}

TEST(Consent, SaysWhatLeavesMaskedOnly) {
    EXPECT_THAT(ask({friendly()}, {.stage = Stage::Offer}).masked, ElementsAre("identity"));
    EXPECT_THAT(ask({friendly()}).masked, IsEmpty());
}

TEST(Consent, SaysWhereTheRecordCannotBeRead) {
    const std::string text = consent(actor("programme-hospitals"), kAll,
                                     R"({"type":"deny"},{"type":"deny","class":[{"code":"x"}]})");
    EXPECT_EQ(ask({text}).where, "Consent.provision.provision[0].provision[1].class");
    EXPECT_EQ(ask({friendly()}).where, "");
}

TEST(Consent, AValueThatIsSaidToBeAbsentIsNotNothing) {
    const std::string text = changed(friendly(), [](Builder& b, Node* root) {
        Node* period = b.edit(Value{root}["provision"]["period"]);
        b.remove(period, "end");
        b.add_object(b.set_array(b.set_object(period, "_end"), "extension"));
    });
    EXPECT_EQ(ask({text}).where, "Consent.provision.period");
}

TEST(Consent, AnExcludedSheetIsWithheldAndTheRestLeaves) {
    const std::string text = consent(actor("programme-hospitals"), kAll,
                                     R"({"type":"deny",)" + classes({"patient-sheet"}) + "}");
    const Decision decision = ask({text});
    EXPECT_TRUE(decision.permit);
    EXPECT_THAT(decision.withheld, ElementsAre("patient-sheet"));
}

TEST(Consent, WhatIsNotSharedIsWithheld) {
    const std::string text = consent(actor("programme-hospitals"),
                                     classes({"identity", "bed-request", "referral-letter"}));
    EXPECT_THAT(ask({text}).withheld, ElementsAre("patient-sheet", "stay"));
}

TEST(Consent, DeniesWhenWhatIsNeededIsExcludedOrNotShared) {
    const std::string excluded = consent(actor("programme-hospitals"), kAll,
                                         R"({"type":"deny",)" + classes({"referral-letter"}) + "}");
    EXPECT_EQ(ask({excluded}).code, "documents-excluded");
    const std::string unshared =
        consent(actor("programme-hospitals"), classes({"identity", "bed-request"}));
    EXPECT_EQ(ask({unshared}).code, "documents-not-covered");
    // Without the identity an offer may go, a release may not.
    const std::string masked =
        consent(actor("programme-hospitals"), classes({"bed-request", "referral-letter"}));
    EXPECT_TRUE(ask({masked}, {.stage = Stage::Offer}).permit);
    EXPECT_EQ(ask({masked}).code, "documents-not-covered");
    EXPECT_EQ(ask({masked}, {.classes = {"patient-sheet"}}).code, "documents-not-covered");
    EXPECT_TRUE(ask({masked}, {.classes = {"bed-request"}}).permit);
    EXPECT_EQ(ask({friendly()}, {.classes = {"diary"}}).code, "unknown-documents");
}

TEST(Consent, HoldsFromItsFirstToTheEndOfItsLastDayInJapan) {
    const auto at = [](std::string now) { return ask({friendly()}, {.now = std::move(now)}).code; };
    EXPECT_EQ(at("2026-11-18T23:59:59+09:00"), "not-yet-valid");
    EXPECT_EQ(at("2026-11-19T00:00:00+09:00"), "permit");
    EXPECT_EQ(at("2027-11-18T23:59:59+09:00"), "permit");
    EXPECT_EQ(at("2027-11-18T14:59:59Z"), "permit");
    EXPECT_EQ(at("2027-11-19T00:00:00+09:00"), "expired");
}

TEST(Consent, NeedsNoPeriod) {
    const std::string text = consent(actor("programme-hospitals"), kAll, {}, "");
    EXPECT_TRUE(ask({text}, {.now = "2099-01-01T00:00:00+09:00"}).permit);
    EXPECT_EQ(ask({text}, {.now = "2026-11-18T00:00:00+09:00"}).code, "not-yet-valid")
        << "given on a later day";
}

TEST(Consent, WithdrawnFromItsTimeOn) {
    const std::string text = changed(friendly(), [](Builder& b, Node* root) {
        Node* extension = b.add_object(b.set_array(root, "extension"));
        b.set(extension, "url",
              "https://tsunagi.example/fhir/StructureDefinition/consent-withdrawn-at");
        b.set(extension, "valueDateTime", "2026-11-20T12:00:00+09:00");
    });
    EXPECT_EQ(ask({text}, {.now = "2026-11-20T11:59:59+09:00"}).code, "permit");
    EXPECT_EQ(ask({text}, {.now = "2026-11-20T12:00:00+09:00"}).code, "withdrawn");
    const std::string inactive =
        changed(text, [](Builder& b, Node* root) { b.set(root, "status", "inactive"); });
    EXPECT_EQ(ask({inactive}, {.now = "2026-11-20T12:00:01+09:00"}).code, "withdrawn");
}

TEST(Consent, OnlyAnActiveRecordPermits) {
    for (const std::string_view status : {"draft", "proposed", "rejected", "inactive"}) {
        const std::string text =
            changed(friendly(), [&](Builder& b, Node* root) { b.set(root, "status", status); });
        EXPECT_EQ(ask({text}).code, "inactive") << status;
    }
    const std::string wrong = changed(
        friendly(), [](Builder& b, Node* root) { b.set(root, "status", "entered-in-error"); });
    EXPECT_EQ(ask({wrong}).code, "no-consent");
}

TEST(Consent, OptOutPermitsWhatIsNotDenied) {
    const auto opt_out = [](const std::string& provisions) {
        return changed(friendly(), [&](Builder& b, Node* root) {
            b.set(b.edit(Value{root}["policyRule"]["coding"].at(0)), "code", "OPTOUT");
            const json::Document made = test::read_json(R"({"provision":[)" + provisions + "]}");
            b.set(root, "provision", made.root());
        });
    };
    EXPECT_TRUE(ask({opt_out(R"({"type":"deny",)" + classes({"patient-sheet"}) + "}")}).permit);
    EXPECT_EQ(ask({opt_out(R"({"type":"deny"})")}).code, "recipient-excluded");
    EXPECT_EQ(
        ask({opt_out(R"({"type":"deny","actor":[)" + actor("programme-hospitals") + "]}")}).code,
        "recipient-excluded");
}

TEST(Consent, ATypedRootMayOnlyRestateThePolicy) {
    const std::string permit =
        consent(actor("programme-hospitals"), kAll, {}, R"("type":"permit",)");
    EXPECT_TRUE(ask({permit}).permit);
    EXPECT_EQ(ask({consent(actor("programme-hospitals"), kAll, {}, R"("type":"deny",)")}).code,
              "unreadable");
    EXPECT_EQ(ask({consent(actor("family"), kAll, {}, R"("type":"permit",)", "OPTOUT")}).code,
              "unreadable");
}

TEST(Consent, ExceptionsAreExceptionsToTheirParent) {
    // Denied to all hospitals, but this one; of that, not the sheet.
    const std::string text =
        consent(actor("programme-hospitals"), kAll,
                R"({"type":"deny","provision":[{"type":"permit","actor":[)" +
                    actor("hospital", "hp-tanashi") + R"(],"provision":[{"type":"deny",)" +
                    classes({"patient-sheet"}) + "}]}]}");
    EXPECT_TRUE(ask({text}).permit);
    EXPECT_THAT(ask({text}).withheld, ElementsAre("patient-sheet"));
    EXPECT_EQ(ask({text}, {.hospital = "hp-sassa"}).code, "recipient-excluded");
}

TEST(Consent, DeniesForOtherPurposes) {
    const auto with_purpose = [](std::string_view system, std::string_view code) {
        return changed(friendly(), [&](Builder& b, Node* root) {
            Node* purpose = b.edit(Value{root}["provision"]["provision"].at(0)["purpose"].at(0));
            b.set(purpose, "system", system);
            b.set(purpose, "code", code);
        });
    };
    constexpr std::string_view kReason = "http://terminology.hl7.org/CodeSystem/v3-ActReason";
    EXPECT_EQ(ask({with_purpose(kReason, "CAREMGT")}).code, "permit");
    EXPECT_EQ(ask({with_purpose(kReason, "HRESCH")}).code, "recipient-not-named");
    EXPECT_EQ(ask({with_purpose(kReason, "FISHING")}).code, "unreadable");
    EXPECT_EQ(ask({with_purpose("urn:elsewhere", "TREAT")}).code, "unreadable");
}

TEST(Consent, APermitForTheRecordsOfSomeYearsIsNoneForAll) {
    const auto limited = [](const std::string& inside, bool outside) {
        return changed(consent(actor("programme-hospitals"), kAll, inside),
                       [&](Builder& b, Node* root) {
                           if (!outside) return;
                           Node* permit = b.edit(Value{root}["provision"]["provision"].at(0));
                           b.set(b.set_object(permit, "dataPeriod"), "start", "2020");
                       });
    };
    EXPECT_EQ(ask({limited("", true)}).code, "recipient-not-named");
    EXPECT_EQ(ask({limited(R"({"type":"deny","dataPeriod":{"end":"2000"}})", false)}).code,
              "recipient-excluded");
}

TEST(Consent, OfAnAdvanceDirectiveSaysNothingAboutSharing) {
    const std::string directive = changed(friendly(), [](Builder& b, Node* root) {
        b.set(b.edit(Value{root}["scope"]["coding"].at(0)), "code", "adr");
    });
    EXPECT_EQ(ask({directive}).code, "no-consent");
    EXPECT_TRUE(ask({directive, friendly()}).permit);
}

TEST(Consent, IsDeniedWhenAnythingInItIsNotUnderstood) {
    struct Case {
        std::string name;
        std::function<void(Builder&, Node*)> change;
    };
    const auto permit = [](Builder& b, Node* root) {
        return b.edit(Value{root}["provision"]["provision"].at(0));
    };
    const std::vector<Case> cases{
        {"modifierExtension",
         [](Builder& b, Node* r) { b.add_object(b.set_array(r, "modifierExtension")); }},
        {"implicitRules", [](Builder& b, Node* r) { b.set(r, "implicitRules", "urn:x"); }},
        {"unknown member", [](Builder& b, Node* r) { b.set(r, "exceptFor", "hp-tanashi"); }},
        {"no status", [](Builder& b, Node* r) { b.remove(r, "status"); }},
        {"unknown status", [](Builder& b, Node* r) { b.set(r, "status", "Active"); }},
        {"no scope", [](Builder& b, Node* r) { b.remove(r, "scope"); }},
        {"unknown scope",
         [](Builder& b, Node* r) {
             b.set(b.edit(Value{r}["scope"]["coding"].at(0)), "code", "all");
         }},
        {"no patient", [](Builder& b, Node* r) { b.remove(r, "patient"); }},
        {"no policy", [](Builder& b, Node* r) { b.remove(r, "policyRule"); }},
        {"unknown policy",
         [](Builder& b, Node* r) {
             b.set(b.edit(Value{r}["policyRule"]["coding"].at(0)), "code", "OPTINR");
         }},
        {"two policies",
         [](Builder& b, Node* r) {
             Node* coding = b.add_object(b.edit(Value{r}["policyRule"]["coding"]));
             b.set(coding, "system", "https://tsunagi.example/fhir/CodeSystem/consent-policy");
             b.set(coding, "code", "opt-out");
         }},
        {"bad date", [](Builder& b, Node* r) { b.set(r, "dateTime", "令和8年"); }},
        {"bad withdrawal",
         [](Builder& b, Node* r) {
             Node* e = b.add_object(b.set_array(r, "extension"));
             b.set(e, "url",
                   "https://tsunagi.example/fhir/StructureDefinition/consent-withdrawn-at");
         }},
        {"not a Consent", [](Builder& b, Node* r) { b.set(r, "resourceType", "Contract"); }},
        {"provision is a list", [](Builder& b, Node* r) { b.set_array(r, "provision"); }},
        {"bad start",
         [](Builder& b, Node* r) {
             b.set(b.edit(Value{r}["provision"]["period"]), "start", "soon");
         }},
        {"period runs backwards",
         [](Builder& b, Node* r) {
             b.set(b.edit(Value{r}["provision"]["period"]), "start", "2028");
         }},
        {"empty period",
         [](Builder& b, Node* r) { b.set_object(b.edit(Value{r}["provision"]), "period"); }},
        {"untyped exception", [permit](Builder& b, Node* r) { b.remove(permit(b, r), "type"); }},
        {"unknown type", [permit](Builder& b, Node* r) { b.set(permit(b, r), "type", "allow"); }},
        {"nested modifierExtension",
         [permit](Builder& b, Node* r) {
             b.add_object(b.set_array(permit(b, r), "modifierExtension"));
         }},
        {"security label",
         [permit](Builder& b, Node* r) {
             b.add_object(b.set_array(permit(b, r), "securityLabel"));
         }},
        {"code limit",
         [permit](Builder& b, Node* r) { b.add_object(b.set_array(permit(b, r), "code")); }},
        {"data limit",
         [permit](Builder& b, Node* r) { b.add_object(b.set_array(permit(b, r), "data")); }},
        {"unknown class",
         [permit](Builder& b, Node* r) {
             b.set(b.edit(Value{permit(b, r)}["class"].at(0)), "code", "diary");
         }},
        {"class of another system",
         [permit](Builder& b, Node* r) {
             b.set(b.edit(Value{permit(b, r)}["class"].at(0)), "system", "urn:x");
         }},
        {"no classes in the list",
         [permit](Builder& b, Node* r) { b.set_array(permit(b, r), "class"); }},
        {"no actors in the list",
         [permit](Builder& b, Node* r) { b.set_array(permit(b, r), "actor"); }},
        {"unknown role",
         [permit](Builder& b, Node* r) {
             b.set(b.edit(Value{permit(b, r)}["actor"].at(0)["role"]["coding"].at(0)), "code",
                   "anyone");
         }},
        {"actor without role",
         [permit](Builder& b, Node* r) {
             b.remove(b.edit(Value{permit(b, r)}["actor"].at(0)), "role");
         }},
        {"action without code",
         [permit](Builder& b, Node* r) { b.add_object(b.set_array(permit(b, r), "action")); }},
        {"provisions without end",
         [permit](Builder& b, Node* r) {
             Node* at = permit(b, r);
             for (int i = 0; i < 18; ++i) {
                 at = b.add_object(b.set_array(at, "provision"));
                 b.set(at, "type", "permit");
             }
         }},
    };
    EXPECT_TRUE(ask({friendly()}).permit);
    for (const Case& each : cases) {
        const Decision decision = ask({changed(friendly(), each.change)});
        EXPECT_FALSE(decision.permit) << each.name;
        EXPECT_EQ(decision.code, "unreadable") << each.name;
        EXPECT_EQ(decision.consent_version, 1) << each.name;
        // It never disappears behind a record that could be read.
        EXPECT_FALSE(ask({friendly(), changed(friendly(), each.change)}).permit) << each.name;
    }
    EXPECT_GE(cases.size(), 30U);
}

TEST(Consent, ActorsAreReadFromDirectoryIdsContainedOrganisationsAndClasses) {
    const auto with_actor = [](const std::string& text) { return consent(text, kAll); };
    const std::string prcp =
        R"({"role":{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/v3-ParticipationType",
        "code":"IRCP"}]},"reference":)";
    EXPECT_TRUE(ask({with_actor(prcp + R"({"reference":"Organization/hp-tanashi"}})")}).permit);
    EXPECT_FALSE(ask({with_actor(prcp + R"({"reference":"Organization/hp-sassa"}})")}).permit);
    EXPECT_FALSE(ask({with_actor(prcp + R"({"reference":"Practitioner/hp-tanashi"}})")}).permit);
    EXPECT_FALSE(ask({with_actor(prcp + R"({"reference":"urn:uuid:5"}})")}).permit);
    EXPECT_TRUE(ask({with_actor(prcp + R"({"identifier":{"system":")" + std::string{kKind} +
                                R"(","value":"programme-hospitals"}}})")})
                    .permit);
    EXPECT_FALSE(
        ask({with_actor(prcp + R"({"identifier":{"system":"urn:x","value":"hp-tanashi"}}})")})
            .permit);
    const std::string held =
        changed(with_actor(prcp + R"({"reference":"#h"}})"), [](Builder& b, Node* root) {
            const json::Document made = test::read_json(
                R"([{"resourceType":"Organization","id":"h","identifier":[{"system":
                "https://tsunagi.example/fhir/NamingSystem/organization","value":"hp-tanashi"}]}])");
            b.set(root, "contained", made.root());
        });
    EXPECT_TRUE(ask({held}).permit);
    EXPECT_FALSE(ask({held}, {.hospital = "hp-sassa"}).permit);
}

/// As mappings/consent.map writes R44: an objection to one of the family.
std::string relative(std::string_view relation, std::string_view name, std::string_view rule,
                     const std::string& data = {}) {
    std::string coding = R"({"system":")" + std::string{kKind} + R"(","code":"family"})";
    if (!relation.empty())
        coding += R"(,{"system":"https://tsunagi.example/fhir/CodeSystem/relation","code":")" +
                  std::string{relation} + "\"}";
    std::string who = R"("identifier":{"system":")" + std::string{kKind} + R"(","value":"family"})";
    if (!name.empty()) who += R"(,"display":")" + std::string{name} + "\"";
    return R"({"type":"deny","extension":[{"url":
        "https://tsunagi.example/fhir/StructureDefinition/contact-restriction","valueCode":")" +
           std::string{rule} + R"("}],"actor":[{"role":{"coding":[)" + coding +
           R"(]},"reference":{)" + who + "}}]" + (data.empty() ? "" : "," + data) + "}";
}

struct Relative {
    std::string relation, name;
    bool by_phone = false;
};
Decision tell(const std::string& text, const Relative& who) {
    const json::Document record = test::read_json(text);
    ConsentRequest request;
    request.recipient = who.relation.empty() ? "family" : "family-1";
    request.recipient_kind = "family";
    request.recipient_name = who.name;
    request.relation = who.relation;
    request.by_phone = who.by_phone;
    request.stage = Stage::Notice;
    request.data_classes = {"identity", "stay"};
    request.now = parse_instant("2026-11-20T12:00:00+09:00").value();
    const std::vector<ConsentRecord> records{{record.root(), 1}};
    return decide(records, request);
}

TEST(Consent, AContactWhoMustNotBeToldIsNotAndTheOthersAre) {
    for (const char* rule : {"tell-nothing", "after-death"}) {
        const std::string text = consent(actor("family"), kAll, relative("sister", "", rule));
        EXPECT_EQ(tell(text, {"sister", "上原 光子"}).code, "recipient-excluded") << rule;
        EXPECT_EQ(tell(text, {"sister", ""}).code, "recipient-excluded");
        EXPECT_TRUE(tell(text, {"eldest-daughter", "上原 結"}).permit);
        EXPECT_EQ(tell(text, {}).code, "recipient-excluded") << "the family is the sister too";
    }
}

TEST(Consent, OfTwoSistersTheOneThatIsNamedIsMeant) {
    const std::string text =
        consent(actor("family"), kAll, relative("sister", "上原 光子", "tell-nothing"));
    EXPECT_EQ(tell(text, {"sister", "上原　光子"}).code, "recipient-excluded");
    EXPECT_TRUE(tell(text, {"sister", "上原 和子"}).permit);
    EXPECT_EQ(tell(text, {"sister", ""}).code, "recipient-excluded") << "which of them?";
    EXPECT_EQ(tell(text, {}).code, "recipient-excluded");
}

TEST(Consent, AnObjectionToTheTelephoneLeavesTheLetter) {
    const std::string text =
        consent(actor("family"), kAll, relative("brother", "", "not-by-phone"));
    EXPECT_TRUE(tell(text, {"brother", "", false}).permit);
    EXPECT_EQ(tell(text, {"brother", "", true}).code, "recipient-excluded");
    EXPECT_TRUE(tell(text, {"eldest-son", "", true}).permit);
    EXPECT_EQ(tell(text, {{}, {}, true}).code, "recipient-excluded");
}

TEST(Consent, ARestrictionOfOtherInformationDoesNotStopTheNotice) {
    const std::string sheet = consent(
        actor("family"), kAll, relative("brother", "", "tell-nothing", classes({"patient-sheet"})));
    EXPECT_TRUE(tell(sheet, {"brother", ""}).permit);
    const std::string stay =
        consent(actor("family"), kAll, relative("brother", "", "tell-nothing", classes({"stay"})));
    EXPECT_EQ(tell(stay, {"brother", ""}).code, "documents-excluded");
}

TEST(Consent, ARestrictionThatIsNotUnderstoodDenies) {
    // A rule that nobody knows restricts everything; on a permit it makes the record unreadable.
    const std::string unknown =
        consent(actor("family"), kAll, relative("brother", "", "on-sundays-only"));
    EXPECT_EQ(tell(unknown, {"brother", "", false}).code, "recipient-excluded");
    std::string permit = relative("brother", "", "not-by-phone");
    permit.replace(permit.find("deny"), 4, "permit");
    EXPECT_EQ(tell(consent(actor("family"), kAll, permit), {"brother", ""}).code, "unreadable");
    std::string two = relative("brother", "", "tell-nothing");
    two.insert(two.find("]},\"reference"),
               R"(,{"system":"https://tsunagi.example/fhir/CodeSystem/relation","code":"sister"})");
    EXPECT_EQ(tell(consent(actor("family"), kAll, two), {"brother", ""}).code, "unreadable");
}

TEST(Consent, ARestrictionOfAContactSaysNothingAboutHospitals) {
    const std::string text = consent(actor("programme-hospitals") + "," + actor("family"), kAll,
                                     relative("sister", "", "tell-nothing"));
    EXPECT_TRUE(ask({text}).permit);
}

TEST(Consent, APermitForOneRelativeIsNoneForAnother) {
    std::string daughter = actor("family");
    daughter.insert(
        daughter.find("]},\"reference"),
        R"(,{"system":"https://tsunagi.example/fhir/CodeSystem/relation","code":"daughter"})");
    const std::string text = consent(daughter, kAll);
    EXPECT_TRUE(tell(text, {"daughter", ""}).permit);
    EXPECT_EQ(tell(text, {"son", ""}).code, "recipient-not-named");
    EXPECT_EQ(tell(text, {}).code, "recipient-not-named");
}

TEST(Consent, AnObjectionOutlivesTheRecordItStandsIn) {
    const std::string objection =
        consent(actor("programme-hospitals"), kAll,
                R"({"type":"deny","actor":[)" + actor("hospital", "hp-tanashi") + "]}",
                R"("period":{"end":"2026-11-19"},)");
    EXPECT_EQ(ask({objection, friendly()}).code, "recipient-excluded");
    EXPECT_TRUE(ask({objection, friendly()}, {.hospital = "hp-sassa"}).permit);
}

TEST(Consent, NamesTheVersionThatDecided) {
    const std::string sheet = consent(actor("programme-hospitals"), classes({"patient-sheet"}));
    const std::string forms = consent(actor("programme-hospitals"),
                                      classes({"identity", "bed-request", "referral-letter"}));
    const Decision together = ask({forms, sheet});
    EXPECT_TRUE(together.permit);
    EXPECT_EQ(together.consent_version, 2);
    EXPECT_THAT(together.withheld, ElementsAre("stay"));
}

}  // namespace
}  // namespace tsunagi::privacy

// The documents that go with a release: every accepted packet of fixtures/packets, accepted by its
// hospital, gives exactly the documents beside it (<case>.ereferral.json, <case>.epcs.json), valid
// against JP Core and JP-CLINS (../shared/cases/jp-packages) and against what each resource claims.
// Clock and ids are fixed; the files change only by the target rewrite_bundles.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <set>

#include "conformance/fixture_packets.h"
#include "exchange/case_file.h"
#include "exchange/documents.h"
#include "exchange/load.h"
#include "json/builder.h"
#include "json/writer.h"
#include "packages/package_set.h"
#include "privacy/rendition.h"
#include "support/definitions.h"
#include "translate/reading.h"
#include "translate/translator.h"

namespace tsunagi::exchange {
namespace {

using conformance::accepted_cases;
using conformance::packets;

namespace fs = std::filesystem;
using json::Builder;
using json::Node;
using json::Value;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr std::uint64_t kSeed = 20261120;
constexpr std::chrono::minutes kZone{9 * 60};
/// 20 November 2026, 10:45 in Tokyo: the world's date of the fixtures.
constexpr Instant kNow =
    std::chrono::sys_days{std::chrono::year{2026} / 11 / 20} + std::chrono::minutes{105};
constexpr std::string_view kAlias = "5f0c7a52-3d1e-4b8a-9c6f-2a7d41e08b93";
constexpr std::string_view kOtherAlias = "0b9e3c14-7f52-4d60-8a1b-c3d4e5f60718";

const Artifacts& artifacts() {
    static const Artifacts kArtifacts = [] {
        auto loaded = load_artifacts(support::r4_pack().bytes(), TSUNAGI_SOURCE_DIR, {});
        if (!loaded) {
            std::fprintf(stderr, "%s\n", to_string(loaded.error()).c_str());
            std::abort();
        }
        return std::move(*loaded);
    }();
    return kArtifacts;
}

json::Document packet_of(const std::string& name) {
    return json::read(support::read_file(packets() / (name + ".in.json"))).value();
}

/// The case's Bundle as it lies when `state` is reached, with what the directory knows.
json::Document case_bundle(Value packet, std::string_view state) {
    std::vector<fhir::Issue> reading;
    const json::Document readable =
        translate::read_cells(packet, *artifacts().definitions, kPacketModel, kZone, reading);
    SeededRandom random(kSeed);
    auto made =
        translate::translate(*artifacts().maps, kPacketMap, readable.root(), {kNow, kZone, random});
    EXPECT_TRUE(made);
    if (!made) return {};
    programme::Journey journey;
    journey.planned_admission = "2026-11-21T14:00:00+09:00";
    journey.planned_discharge = "2026-12-04T10:00:00+09:00";
    journey.decided_by = "担当医";
    if (state == programme::state::kDischarged) {
        journey.admitted_at = "2026-11-21T14:10:00+09:00";
        journey.discharged_at = "2026-12-04T10:20:00+09:00";
    }
    json::Document bundle = bundle_in_state(made->output.root(), {}, journey, state);
    const auto* programme = artifacts().programme(packet["programme"].text());
    add_directory(bundle, *programme);
    return bundle;
}

Value resource_of(Value bundle, std::string_view type) {
    for (const Value entry : bundle["entry"]) {
        if (entry["resource"]["resourceType"].text() == type) return entry["resource"];
    }
    return {};
}

json::Document release_of(Value bundle, std::string_view alias) {
    privacy::ConsentRequest request;
    request.recipient = resource_of(bundle, "Task")["owner"]["identifier"]["value"].text();
    request.of_programme = true;
    request.stage = privacy::Stage::Release;
    request.now = kNow;
    const std::vector<privacy::ConsentRecord> records{{resource_of(bundle, "Consent"), 1}};
    const auto acceptance = privacy::accepted_by(request.recipient, resource_of(bundle, "Task"));
    const auto consent = privacy::ConsentGate::open(records, request);
    if (!acceptance || !consent) {
        ADD_FAILURE() << "neither accepted nor allowed";
        return {};
    }
    auto release =
        privacy::Release::build(bundle, alias, *artifacts().release_rules, *acceptance, *consent);
    if (!release) {
        ADD_FAILURE() << to_string(release.error());
        return {};
    }
    return release->transaction();
}

std::vector<ReleasedDocument> documents_for(Value packet,
                                            std::string_view state = programme::state::kScheduled,
                                            std::string_view alias = kAlias) {
    const json::Document bundle = case_bundle(packet, state);
    const json::Document release = release_of(bundle.root(), alias);
    auto documents = documents_of(release.root(), alias, artifacts(), kNow, kZone);
    if (!documents) {
        ADD_FAILURE() << to_string(documents.error());
        return {};
    }
    return std::move(*documents);
}

const ReleasedDocument* find(const std::vector<ReleasedDocument>& documents,
                             const DocumentKind& kind) {
    for (const auto& each : documents) {
        if (each.bundle.root()["id"].text() == partner_id(kAlias, bundle_number(kind)))
            return &each;
    }
    return nullptr;
}

/// R4, our own profiles, and the Japanese packages where they are at hand.
class Judge {
public:
    static const Judge& get() {
        static const Judge kJudge;
        return kJudge;
    }
    bool knows_japan() const { return japan_; }

    /// Errors of `bundle`: of R4 and of every profile that anything in it claims. A profile that is
    /// claimed and not known is an error here.
    std::vector<std::string> errors(Value bundle) const {
        std::vector<std::string> found;
        for (const auto& issue : validator_->validate(bundle, {.hints = false, .now = kNow})) {
            const bool unknown = issue.code == "profile-not-checked" && japan_;
            if (issue.severity <= fhir::IssueSeverity::Error || unknown)
                found.push_back(issue.expression + ": " + issue.en);
        }
        return found;
    }

private:
    Judge() : definitions_(support::r4()) {
        const fs::path profiles = fs::path{TSUNAGI_SOURCE_DIR} / "profiles";
        std::vector<fs::path> own;
        for (const char* folder : {"models", "extensions", "terminology", "resources"})
            own.push_back(profiles / folder);
        own_ = packages::PackageSet::load(own, definitions_, {}).value();
        const char* given = std::getenv("TSUNAGI_CASES");
        const fs::path cases =
            given ? fs::path{given} : fs::path{TSUNAGI_SOURCE_DIR} / "../shared/cases";
        const std::vector<fs::path> japanese{cases / "jp-packages/jp-core.r4-1.1.2.tgz",
                                             cases / "jp-packages/jp-clins.r4-1.5.2-snap.tgz"};
        japan_ = std::all_of(japanese.begin(), japanese.end(),
                             [](const fs::path& file) { return fs::exists(file); });
        if (japan_)
            packages_ = packages::PackageSet::load(japanese, definitions_, {}).value();
        else
            std::puts("jp-packages are not at hand: claims of JP Core and JP-CLINS not checked");
        validator_ = std::make_unique<validate::Validator>(definitions_);
    }
    fhir::Definitions definitions_;
    std::optional<packages::PackageSet> own_, packages_;
    bool japan_ = false;
    std::unique_ptr<validate::Validator> validator_;
};

class Documents : public testing::TestWithParam<std::string> {};

TEST_P(Documents, AreThoseBesideThePacket) {
    const json::Document packet = packet_of(GetParam());
    const auto documents = documents_for(packet.root());
    for (const auto& kind : artifacts().documents) {
        const fs::path golden = packets() / (GetParam() + "." + kind.id + ".json");
        const ReleasedDocument* made = find(documents, kind);
        if (std::getenv("TSUNAGI_REWRITE_BUNDLES") && made)
            std::ofstream(golden, std::ios::binary) << json::write_pretty(made->bundle.root());
        ASSERT_EQ(made != nullptr, fs::exists(golden)) << golden.filename();
        if (!made) continue;
        EXPECT_EQ(json::write_pretty(made->bundle.root()), support::read_file(golden))
            << "if the change is meant: cmake --build --preset release --target rewrite_bundles";
    }
}

TEST_P(Documents, HoldWhatTheyClaim) {
    const json::Document packet = packet_of(GetParam());
    for (const auto& document : documents_for(packet.root())) {
        EXPECT_THAT(Judge::get().errors(document.bundle.root()), IsEmpty());
        EXPECT_THAT(Judge::get().errors(document.reference.root()), IsEmpty());
    }
}

/// Every claim below a value.
void collect_claims(Value value, std::set<std::string>& claims) {
    if (value.is_object()) {
        for (const Value claim : value["meta"]["profile"]) claims.emplace(claim.text());
    }
    for (const Value member : value) collect_claims(member, claims);
}

std::vector<std::string> guide_claims(Value bundle) {
    std::set<std::string> claims;
    collect_claims(bundle, claims);
    std::vector<std::string> found;
    for (const auto& claim : claims) {
        if (claim.find("eReferral") != std::string::npos ||
            claim.find("_eCS") != std::string::npos || claim.find("/clins/") != std::string::npos)
            found.push_back(claim);
    }
    return found;
}

TEST_P(Documents, NameTheCellThatIsMissingAndClaimNothingThen) {
    const json::Document packet = packet_of(GetParam());
    const json::Document bundle = case_bundle(packet.root(), programme::state::kScheduled);
    const auto missing = missing_cells(bundle.root(), artifacts());
    ASSERT_TRUE(missing);
    std::set<std::string> keys;
    for (const auto& issue : *missing) {
        EXPECT_EQ(issue.severity, fhir::IssueSeverity::Information);
        EXPECT_THAT(issue.expression, HasSubstr("Packet."));
        keys.insert(issue.code);
    }
    keys.erase("visit-missing");  // a summary's need alone: then there is none
    const auto documents = documents_for(packet.root());
    ASSERT_FALSE(documents.empty());
    const bool clins = !guide_claims(documents[0].bundle.root()).empty();
    EXPECT_EQ(clins, keys.empty());
    EXPECT_EQ(documents[0].complete, keys.empty());
}

TEST_P(Documents, SayThatTheyAreNotSigned) {
    const json::Document packet = packet_of(GetParam());
    for (const auto& document : documents_for(packet.root())) {
        const Value bundle = document.bundle.root();
        EXPECT_FALSE(bundle["signature"]);
        EXPECT_THAT(json::write(bundle["entry"].at(0)["resource"]),
                    HasSubstr("StructureDefinition/electronic-signature\",\"valueCode\":"
                              "\"unsigned\""));
        EXPECT_THAT(json::write(bundle["entry"].at(0)["resource"]), HasSubstr("電子署名なし"));
        EXPECT_THAT(std::string{document.reference.root()["description"].text()},
                    HasSubstr("電子署名なし"));
    }
}

TEST_P(Documents, NeverHoldTheStayNotEvenWhenItIsOver) {
    const json::Document packet = packet_of(GetParam());
    for (const auto state : {programme::state::kScheduled, programme::state::kDischarged}) {
        for (const auto& document : documents_for(packet.root(), state)) {
            for (const Value entry : document.bundle.root()["entry"]) {
                if (entry["resource"]["resourceType"].text() != "Encounter") continue;
                EXPECT_EQ(entry["resource"]["status"].text(), "finished");
                EXPECT_NE(entry["resource"]["class"]["code"].text(), "IMP");
            }
        }
    }
}

TEST_P(Documents, OfTwoHospitalsShareNoNumber) {
    const json::Document packet = packet_of(GetParam());
    const auto numbers = [&](std::string_view alias) {
        std::set<std::string> all;
        for (const auto& document :
             documents_for(packet.root(), programme::state::kScheduled, alias)) {
            all.emplace(document.bundle.root()["identifier"]["value"].text());
            all.emplace(document.bundle.root()["id"].text());
            for (const Value entry : document.bundle.root()["entry"]) {
                all.emplace(entry["fullUrl"].text());
                const Value own = entry["resource"]["identifier"];
                if (own.is_array() && entry["resource"]["resourceType"].text() == "Condition")
                    all.emplace(own.at(0)["value"].text());
            }
        }
        return all;
    };
    const auto here = numbers(kAlias), there = numbers(kOtherAlias);
    EXPECT_GE(here.size(), 6U);
    for (const auto& number : here) EXPECT_FALSE(there.contains(number)) << number;
}

/// Offer and release, every resource and the message as a whole.
TEST_P(Documents, OfferAndReleaseHoldWhatTheyClaim) {
    const json::Document packet = packet_of(GetParam());
    const json::Document sent = case_bundle(packet.root(), programme::state::kSent);
    const auto offer = privacy::Offer::build(sent.root(), kAlias, *artifacts().offer_rules, {});
    ASSERT_TRUE(offer) << to_string(offer.error());
    const json::Document offered = offer->transaction();
    EXPECT_THAT(Judge::get().errors(offered.root()), IsEmpty());
    std::set<std::string> claims;
    collect_claims(offered.root(), claims);
    EXPECT_GE(claims.size(), 8U);
    EXPECT_THAT(guide_claims(offered.root()), IsEmpty());
    for (const auto state : {programme::state::kScheduled, programme::state::kDischarged}) {
        const json::Document bundle = case_bundle(packet.root(), state);
        json::Document released = release_of(bundle.root(), kAlias);
        EXPECT_THAT(Judge::get().errors(released.root()), IsEmpty());
        add_documents(released,
                      documents_of(released.root(), kAlias, artifacts(), kNow, kZone).value());
        EXPECT_THAT(Judge::get().errors(released.root()), IsEmpty()) << "with its documents";
    }
}

INSTANTIATE_TEST_SUITE_P(Fixtures, Documents, testing::ValuesIn(accepted_cases()),
                         [](const auto& each) { return each.param; });

/// How many packets have which golden document: both sides of each precondition are there.
TEST(DocumentCases, AreAllFound) {
    std::size_t letters = 0, own = 0, summaries = 0;
    for (const auto& name : accepted_cases()) {
        const std::string letter = support::read_file(packets() / (name + ".ereferral.json"));
        ASSERT_FALSE(letter.empty()) << name;
        letters += letter.find("JP_Bundle_eReferral") != std::string::npos;
        own += letter.find("StructureDefinition/referral-document") != std::string::npos;
        summaries += fs::exists(packets() / (name + ".epcs.json"));
    }
    EXPECT_EQ(letters + own, accepted_cases().size());
    EXPECT_GE(letters, 10U);
    EXPECT_GE(own, 10U);
    EXPECT_GE(summaries, 4U);
}

TEST(DocumentNeeds, AreEachNamedByAFixture) {
    std::set<std::string> named;
    for (const auto& name : accepted_cases()) {
        const json::Document packet = packet_of(name);
        const json::Document bundle = case_bundle(packet.root(), programme::state::kScheduled);
        const auto missing = missing_cells(bundle.root(), artifacts());
        ASSERT_TRUE(missing);
        for (const auto& issue : *missing) named.insert(issue.code);
    }
    for (const auto& kind : artifacts().documents) {
        for (const auto& need : kind.needs) {
            if (need.key == "address-missing") continue;  // below: Identity requires it
            EXPECT_TRUE(named.contains(need.key)) << need.key;
        }
    }
}

json::Document full_with(const std::function<void(Builder&, json::Document&)>& change) {
    json::Document packet = packet_of("nishitokyo_full");
    Builder builder(packet);
    change(builder, packet);
    return packet;
}

TEST(DocumentNeeds, AskForAnAddress) {
    json::Document bundle = [] {
        const json::Document packet = packet_of("nishitokyo_full");
        return case_bundle(packet.root(), programme::state::kScheduled);
    }();
    EXPECT_THAT(missing_cells(bundle.root(), artifacts()).value(), IsEmpty());
    Builder builder(bundle);
    for (const Value address : resource_of(bundle.root(), "Patient")["address"])
        builder.remove(builder.edit(address), "text");
    const auto missing = missing_cells(bundle.root(), artifacts()).value();
    ASSERT_EQ(missing.size(), 1U);
    EXPECT_EQ(missing[0].code, "address-missing");
    EXPECT_EQ(missing[0].expression, "Packet.identity.address");
}

TEST(DocumentNeeds, TakeNoInsuranceNumberThatTheGuideWouldRefuse) {
    const std::array<std::pair<std::string_view, std::string_view>, 5> bad{{
        {"insurerNumber", "３９１３２２９５"},
        {"insurerNumber", "3913229"},
        {"number", "990 0001"},
        {"symbol", "西:29"},
        {"subNumber", "1"},
    }};
    for (const auto& [cell, value] : bad) {
        const json::Document packet = full_with([&](Builder& builder, json::Document& document) {
            builder.set(builder.edit(document.root()["identity"]["insurance"]), cell, value);
        });
        const auto documents = documents_for(packet.root());
        ASSERT_EQ(documents.size(), 1U) << cell;
        EXPECT_FALSE(documents[0].complete) << cell;
        EXPECT_EQ(json::write(documents[0].bundle.root()).find("Insurance_memberID"),
                  std::string::npos);
    }
}

TEST(Documents, PadTheInsurerOfNationalHealthAndKeepSymbolAndNumberAsOnTheCard) {
    const json::Document packet = packet_of("document_coded");
    const auto documents = documents_for(packet.root());
    ASSERT_EQ(documents.size(), 2U);
    EXPECT_THAT(json::write(documents[0].bundle.root()),
                HasSubstr("\"00138057:西２９:０９９００３９:02\""));
}

TEST(Documents, InventNoCodeAndKeepTheWords) {
    const json::Document packet = packet_of("document_coded");
    const std::string letter = json::write(documents_for(packet.root())[0].bundle.root());
    for (const char* kept : {"\"20067890\"", "\"2171022F1029\"", "\"2139005F2ZZZ\"",
                             "\"119876501\"", "\"I509\"", "\"4Z271000002301101\"", "ラテックス",
                             "絆創膏", "梅毒 &lt;既感染&gt; &amp; 治癒", "\"text\":\"麻薬\""})
        EXPECT_THAT(letter, HasSubstr(kept));
    for (const char* uncoded : {"\"99999999\"", "\"NOCODED\"", "\"0X0XXXXXXXXX0000\"",
                                "\"D9F000000000\"", "\"D9M000000000\"", "\"D9N000000000\""})
        EXPECT_THAT(letter, HasSubstr(uncoded));
    // The disease with a number of its own does not take the number for one without.
    const json::Document again = json::read(letter).value();
    for (const Value entry : again.root()["entry"]) {
        const Value code = entry["resource"]["code"];
        if (entry["resource"]["resourceType"].text() != "Condition" ||
            code["text"].text() != "慢性心不全の増悪")
            continue;
        EXPECT_EQ(code["coding"].at(0)["code"].text(), "I509");
        for (const Value coding : code["coding"]) EXPECT_NE(coding["code"].text(), "99999999");
    }
}

TEST(Documents, AreNotMadeOfWhatThePersonHeldBack) {
    const json::Document packet = full_with([](Builder& builder, json::Document& document) {
        Node* items = builder.set_array(builder.edit(document.root()["consent"]), "sharedItems");
        for (const char* item : {"identity", "bed-request", "referral-letter", "stay"})
            builder.add(items, item);
    });
    const auto documents = documents_for(packet.root());
    ASSERT_EQ(documents.size(), 1U) << "the sheet is not shared: no summary";
    EXPECT_EQ(json::write(documents[0].bundle.root()).find("住み慣れた"), std::string::npos);
}

TEST(Documents, HoldNoResourceThatALabelHoldsBack) {
    const json::Document packet = packet_of("nishitokyo_full");
    json::Document bundle = case_bundle(packet.root(), programme::state::kScheduled);
    Builder builder(bundle);
    std::size_t labelled = 0;
    for (const Value entry : bundle.root()["entry"]) {
        if (entry["resource"]["resourceType"].text() != "FamilyMemberHistory") continue;
        Node* meta = builder.edit(entry["resource"]["meta"]);
        Node* label = builder.add_object(builder.set_array(meta, "security"));
        builder.set(label, "system", "http://terminology.hl7.org/CodeSystem/v3-ActCode");
        builder.set(label, "code", "NODSCLCD");
        ++labelled;
    }
    ASSERT_EQ(labelled, 2U);
    const json::Document release = release_of(bundle.root(), kAlias);
    const auto documents = documents_of(release.root(), kAlias, artifacts(), kNow, kZone).value();
    ASSERT_FALSE(documents.empty());
    EXPECT_EQ(json::write(documents[0].bundle.root()).find("脳卒中"), std::string::npos);
}

/// The judge of these tests finds what it is there to find.
TEST(Documents, WithAFaultAreFoundOut) {
    if (!Judge::get().knows_japan()) GTEST_SKIP() << "jp-packages are not at hand";
    const json::Document golden =
        json::read(support::read_file(packets() / "nishitokyo_full.ereferral.json")).value();
    ASSERT_THAT(Judge::get().errors(golden.root()), IsEmpty());
    const auto fault = [&](std::string_view type,
                           const std::function<void(Builder&, Node*)>& change) {
        json::Document copy = json::clone(golden.root());
        Builder builder(copy);
        change(builder, builder.edit(resource_of(copy.root(), type)));
        return Judge::get().errors(copy.root());
    };
    using testing::Not;
    EXPECT_THAT(fault("Patient", [](Builder& b, Node* n) { b.remove(n, "identifier"); }),
                Not(IsEmpty()));
    EXPECT_THAT(fault("Encounter", [](Builder& b, Node* n) { b.set(n, "status", "planned"); }),
                Not(IsEmpty()));
    EXPECT_THAT(fault("Organization", [](Builder& b, Node* n) { b.remove(n, "identifier"); }),
                Not(IsEmpty()));
    EXPECT_THAT(fault("Condition", [](Builder& b, Node* n) { b.remove(n, "verificationStatus"); }),
                Not(IsEmpty()));
    EXPECT_THAT(fault("Composition", [](Builder& b, Node* n) { b.remove(n, "event"); }),
                Not(IsEmpty()));
}

TEST(MaskedRendition, NeverClaimsToBeAnEReferral) {
    constexpr std::string_view kClaim =
        "http://jpfhir.jp/fhir/eReferral/StructureDefinition/JP_Composition_eReferral|1";
    for (const auto& name : accepted_cases()) {
        SCOPED_TRACE(name);
        const json::Document packet = packet_of(name);
        json::Document bundle = case_bundle(packet.root(), programme::state::kSent);
        // The fault: a map that claims the guide's profile, and a document that lies in the case.
        Builder builder(bundle);
        Node* letter = builder.edit(resource_of(bundle.root(), "Composition"));
        builder.add(builder.set_array(Builder::find(letter, "meta"), "profile"), kClaim);
        const json::Document planted =
            json::read(support::read_file(packets() / "nishitokyo_full.ereferral.json")).value();
        Node* entry = builder.add_object(Builder::find(builder.root(), "entry"));
        builder.set(entry, "fullUrl", "urn:uuid:6f6a4a0e-0c0b-4a86-a6f8-3f1d7e0d7a55");
        builder.set(entry, "resource", planted.root());
        ASSERT_GE(guide_claims(bundle.root()).size(), 8U) << "the fault is there to be found";
        const auto offer =
            privacy::Offer::build(bundle.root(), kAlias, *artifacts().offer_rules, {});
        ASSERT_TRUE(offer) << to_string(offer.error());
        const json::Document transaction = offer->transaction();
        EXPECT_THAT(guide_claims(transaction.root()), IsEmpty());
        EXPECT_EQ(json::write(transaction.root()).find(kClaim), std::string::npos);
        EXPECT_FALSE(resource_of(transaction.root(), "Bundle"));
        EXPECT_FALSE(resource_of(transaction.root(), "DocumentReference"));
    }
}

TEST(DocumentKinds, AreRefusedAtStartUpWhenTheyCannotWork) {
    const json::Document file =
        json::read(support::read_file(TSUNAGI_SOURCE_DIR "/profiles/documents/ereferral.json"))
            .value();
    const auto load = [&](const std::function<void(Builder&, Node*, Value)>& change) {
        json::Document copy = json::clone(file.root());
        Builder builder(copy);
        change(builder, builder.root(), copy.root());
        return DocumentKind::load(copy.root(), *artifacts().definitions, *artifacts().maps);
    };
    EXPECT_TRUE(load([](Builder&, Node*, Value) {}));
    EXPECT_FALSE(load([](Builder& b, Node* n, Value) { b.set(n, "map", "https://nobody"); }));
    EXPECT_FALSE(
        load([](Builder& b, Node* n, Value) { b.set(n, "of", "entry.resorce.exists()"); }));
    EXPECT_FALSE(load([](Builder& b, Node* n, Value) { b.set(n, "of", "entry.where("); }));
    EXPECT_FALSE(load([](Builder& b, Node* n, Value) { b.remove(n, "id"); }));
    const auto named = load([](Builder& b, Node*, Value root) {
        b.set(b.edit(root["needs"].at(1)), "holds", "entry.resource.ofType(Patient).nmae.exists()");
    });
    ASSERT_FALSE(named);
    EXPECT_THAT(named.error().where, HasSubstr("name-not-split"));
    EXPECT_FALSE(load(
        [](Builder& b, Node*, Value root) { b.remove(b.edit(root["needs"].at(1)), "message"); }));
}

}  // namespace
}  // namespace tsunagi::exchange

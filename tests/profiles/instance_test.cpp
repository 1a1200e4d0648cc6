// What we make follows the profiles that say what we make: every golden Bundle, every offer and
// every release of it. Each profile has a twin that is broken in one place.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>

#include "json/builder.h"
#include "privacy/case.h"
#include "privacy/rendition.h"
#include "profiles/with_profiles.h"

namespace tsunagi::profiles {
namespace {

using namespace std::string_view_literals;

using json::Builder;
using json::Node;
using json::Value;
using testing::Contains;
using testing::HasSubstr;
using testing::IsEmpty;

std::vector<std::string> golden_names() {
    std::vector<std::string> names;
    for (const auto& file : files_below("fixtures/packets", {".json"})) {
        const std::string name = file.filename().string();
        if (name.ends_with(".bundle.json")) names.push_back(name.substr(0, name.size() - 12));
    }
    return names;
}

Value resource_of(Value bundle, std::string_view type) {
    for (const Value entry : bundle["entry"]) {
        const Value resource = entry["resource"];
        if (resource["resourceType"].text() != type) continue;
        if (type == "Encounter" && resource["class"]["code"].text() != "IMP") continue;
        return resource;
    }
    return {};
}

json::Document offer_of(Value bundle) {
    auto offer =
        privacy::Offer::build(bundle, privacy::test::kAlias, privacy::test::offer_rules(), {});
    if (!offer) {
        ADD_FAILURE() << to_string(offer.error());
        return {};
    }
    return offer->transaction();
}

/// The hospital's acceptance, as exchange writes it into the case's Bundle.
void accept(json::Document& bundle) {
    Builder builder(bundle);
    Node* task = builder.edit(resource_of(bundle.root(), "Task"));
    builder.assign(Builder::find(task, "status"), "accepted"sv);
    Node* outputs = builder.set_array(task, "output");
    for (const std::string_view code : {"planned-admission", "planned-discharge", "decided-by"}) {
        Node* output = builder.add_object(outputs);
        Node* coding =
            builder.add_object(builder.set_array(builder.set_object(output, "type"), "coding"));
        builder.set(coding, "system", std::string{kBase} + "CodeSystem/task-output");
        builder.set(coding, "code", code);
        if (code == "decided-by")
            builder.set(output, "valueString", "担当医");
        else
            builder.set(output, "valueDateTime", "2026-11-21T14:00:00+09:00");
    }
}

json::Document release_of(const json::Document& bundle) {
    const Value task = resource_of(bundle.root(), "Task");
    privacy::ConsentRequest request;
    request.recipient = task["owner"]["identifier"]["value"].text();
    request.of_programme = true;
    request.now = parse_instant("2026-11-20T12:00:00+09:00").value();
    const std::vector<privacy::ConsentRecord> records{{resource_of(bundle.root(), "Consent"), 1}};
    const auto acceptance = privacy::accepted_by(request.recipient, task);
    const auto consent = privacy::ConsentGate::open(records, request);
    if (!acceptance || !consent) {
        ADD_FAILURE() << "neither accepted nor allowed";
        return {};
    }
    auto release = privacy::Release::build(bundle.root(), privacy::test::kAlias,
                                           privacy::test::release_rules(), *acceptance, *consent);
    if (!release) {
        ADD_FAILURE() << to_string(release.error());
        return {};
    }
    return release->transaction();
}

/// The profile of each type that has one, whatever the Bundle.
constexpr std::array<std::pair<std::string_view, std::string_view>, 7> kProfiles{
    {{"ServiceRequest", "backup-bed-request"},
     {"Task", "backup-bed-task"},
     {"Encounter", "backup-bed-stay"},
     {"CarePlan", "shared-plan"},
     {"Consent", "sharing-consent"},
     {"Composition", "referral-letter"},
     {"Communication", "notice"}}};

std::size_t expect_profiles(Value bundle) {
    std::size_t held = 0;
    for (const auto& [type, id] : kProfiles) {
        const Value resource = resource_of(bundle, type);
        if (!resource) continue;
        ++held;
        EXPECT_THAT(errors_of(resource, id), IsEmpty()) << id;
    }
    return held;
}

class Goldens : public testing::TestWithParam<std::string> {
protected:
    json::Document bundle_ = parsed(source("fixtures/packets") / (GetParam() + ".bundle.json"));
};

TEST_P(Goldens, FollowTheProfilesOfACase) {
    EXPECT_THAT(errors_of(bundle_.root(), "case-bundle"), IsEmpty());
    EXPECT_EQ(expect_profiles(bundle_.root()), 7U);
}

TEST_P(Goldens, TheirOfferFollowsTheProfilesOfAnOffer) {
    const json::Document offer = offer_of(bundle_.root());
    EXPECT_THAT(errors_of(offer.root(), "offer-bundle"), IsEmpty());
    EXPECT_THAT(errors_of(resource_of(offer.root(), "Patient"), "masked-patient"), IsEmpty());
    EXPECT_EQ(expect_profiles(offer.root()), 5U);
}

TEST_P(Goldens, TheirReleaseFollowsTheProfilesOfARelease) {
    if (!resource_of(bundle_.root(), "Patient")["birthDate"]) return;  // the identity comes later
    accept(bundle_);
    const json::Document release = release_of(bundle_);
    EXPECT_THAT(errors_of(release.root(), "release-bundle"), IsEmpty());
    EXPECT_THAT(errors_of(resource_of(release.root(), "Patient"), "identified-patient"), IsEmpty());
    EXPECT_GE(expect_profiles(release.root()), 6U);
}

INSTANTIATE_TEST_SUITE_P(Fixtures, Goldens, testing::ValuesIn(golden_names()),
                         [](const auto& each) { return each.param; });

TEST(Goldens, AreMany) { EXPECT_GE(golden_names().size(), 12U); }

using Change = std::function<void(Builder&, Node*)>;

/// Errors of a resource of the full case with one change.
std::vector<std::string> broken(std::string_view type, std::string_view id, const Change& change,
                                bool of_offer = false) {
    const json::Document golden = parsed(source("fixtures/packets/nishitokyo_full.bundle.json"));
    const json::Document offered = of_offer ? offer_of(golden.root()) : json::Document{};
    const Value bundle = of_offer ? offered.root() : golden.root();
    json::Document copy = json::clone(type == "Bundle" ? bundle : resource_of(bundle, type));
    Builder builder(copy);
    change(builder, builder.root());
    return errors_of(copy.root(), id);
}

struct Twin {
    std::string_view type, profile, where;
    Change change;
    bool of_offer = false;
};

TEST(Profiles, FindTheFaultInEachBrokenTwin) {
    const Twin twins[] = {
        {"ServiceRequest", "backup-bed-request", "reasonCode",
         [](Builder& b, Node* n) { b.remove(n, "reasonCode"); }},
        {"ServiceRequest", "backup-bed-request", "encounter",
         [](Builder& b, Node* n) { b.set(b.set_object(n, "encounter"), "display", "入院"); }},
        {"ServiceRequest", "backup-bed-request", "status",
         [](Builder& b, Node* n) { b.assign(Builder::find(n, "status"), "on-hold"sv); }},
        {"Task", "backup-bed-task", "tsunagi-accepted",
         [](Builder& b, Node* n) { b.assign(Builder::find(n, "status"), "accepted"sv); }},
        {"Task", "backup-bed-task", "tsunagi-declined",
         [](Builder& b, Node* n) { b.assign(Builder::find(n, "status"), "rejected"sv); }},
        {"Task", "backup-bed-task", "restriction",
         [](Builder& b, Node* n) { b.remove(n, "restriction"); }},
        {"Encounter", "backup-bed-stay", "tsunagi-stay-planned",
         [](Builder& b, Node* n) { b.set(b.set_object(n, "period"), "start", "2026-11-21"); }},
        {"Encounter", "backup-bed-stay", "tsunagi-stay-ended",
         [](Builder& b, Node* n) { b.assign(Builder::find(n, "status"), "finished"sv); }},
        {"CarePlan", "shared-plan", "title", [](Builder& b, Node* n) { b.remove(n, "title"); }},
        {"Consent", "sharing-consent", "tsunagi-withdrawn",
         [](Builder& b, Node* n) { b.assign(Builder::find(n, "status"), "inactive"sv); }},
        {"Consent", "sharing-consent", "tsunagi-no-root-type",
         [](Builder& b, Node* n) { b.set(Builder::find(n, "provision"), "type", "deny"); }},
        {"Consent", "sharing-consent", "patient",
         [](Builder& b, Node* n) { b.remove(n, "patient"); }},
        {"Composition", "referral-letter", "tsunagi-no-ereferral",
         [](Builder& b, Node* n) {
             b.add(b.set_array(Builder::find(n, "meta"), "profile"),
                   "http://jpfhir.jp/fhir/eReferral/StructureDefinition/JP_Composition_eReferral");
         }},
        {"Communication", "notice", "sent", [](Builder& b, Node* n) { b.remove(n, "sent"); }},
        {"Patient", "masked-patient", "birthDate",
         [](Builder& b, Node* n) { b.set(n, "birthDate", "1938-04-02"); }, true},
        {"Patient", "masked-patient", "telecom",
         [](Builder& b, Node* n) {
             b.set(b.add_object(b.set_array(n, "telecom")), "value", "042-000-2001");
         },
         true},
        {"Patient", "masked-patient", "tsunagi-initials",
         [](Builder& b, Node* n) {
             b.assign(Builder::find(Builder::find(n, "name")->first, "text"), "田邉 芳江"sv);
         },
         true},
        {"Patient", "identified-patient", "tsunagi-official-name", [](Builder&, Node*) {}, true},
        {"Bundle", "offer-bundle", "type",
         [](Builder& b, Node* n) { b.assign(Builder::find(n, "type"), "batch"sv); }, true},
        {"Bundle", "offer-bundle", "tsunagi-offer-holds-no-more",
         [](Builder& b, Node* n) {
             Node* entry = b.add_object(Builder::find(n, "entry"));
             b.set(b.set_object(entry, "resource"), "resourceType", "CarePlan");
         },
         true},
    };
    for (const Twin& twin : twins) {
        EXPECT_THAT(broken(twin.type, twin.profile, twin.change, twin.of_offer),
                    Contains(HasSubstr(twin.where)))
            << twin.profile;
    }
}

}  // namespace
}  // namespace tsunagi::profiles

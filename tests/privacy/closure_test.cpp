// What no list names does not leave (security.md I3): a canary at every element path of every type
// that the maps make, with unknown members and extensions beside it, against every list. Where a
// release keeps an element as a whole, what no list names is ids, foreign extensions, attachments,
// contained resources, narrative, and what R4 does not know.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <functional>
#include <iostream>
#include <set>

#include "json/builder.h"
#include "json/writer.h"
#include "privacy/case.h"
#include "privacy/rendition.h"
#include "support/result_matchers.h"

namespace tsunagi::privacy {
namespace {

using json::Builder;
using json::Node;
using json::Value;
using test::kAlias;

bool holds(std::string_view text, std::string_view part) {
    return text.find(part) != std::string_view::npos;
}

constexpr std::string_view kInformation =
    "https://tsunagi.example/fhir/CodeSystem/information-kind";

constexpr std::string_view kListedExtension =
    "http://hl7.org/fhir/StructureDefinition/data-absent-reason";

/// One resource of each type that the maps make of the full packet: the one of a type that leaves
/// where there is a choice.
json::Document one_of_each(const DisclosureRules& rules) {
    const json::Document full = test::read_file("fixtures/packets/nishitokyo_full.bundle.json");
    json::Document bundle;
    Builder builder(bundle);
    Node* root = builder.object();
    builder.set(root, "resourceType", "Bundle");
    Node* entries = builder.set_array(root, "entry");
    std::set<std::string, std::less<>> types;
    for (const bool leaving : {true, false}) {
        for (const Value entry : full.root()["entry"]) {
            const Value resource = entry["resource"];
            bool leaves = false;
            for (const Value tag : resource["meta"]["tag"]) {
                leaves = leaves || (tag["system"].text() == kInformation &&
                                    rules.class_leaves(tag["code"].text()));
            }
            if (leaving && resource["meta"]["tag"] && !leaves) continue;
            if (types.emplace(resource["resourceType"].text()).second) builder.add(entries, entry);
        }
    }
    return bundle;
}

std::string offer_of(Value bundle, const DisclosureRules& rules) {
    auto offer = Offer::build(bundle, kAlias, rules, {});
    if (!offer) return {};
    const json::Document transaction = offer->transaction();
    return json::write(transaction.root());
}

constexpr std::string_view kRecipient = "org-1";

LiveConsent permit(std::string_view kind, const DisclosureRules& rules) {
    const json::Document record = test::read_json(
        R"({"resourceType":"Consent","status":"active","scope":{"coding":[{"system":
        "http://terminology.hl7.org/CodeSystem/consentscope","code":"patient-privacy"}]},
        "patient":{"reference":"Patient/1"},"policyRule":{"coding":[{"system":
        "http://terminology.hl7.org/CodeSystem/v3-ActCode","code":"OPTOUT"}]}})");
    const std::vector<ConsentRecord> records{{record.root(), 1}};
    ConsentRequest request;
    request.recipient = kRecipient;
    request.stage = rules.stage();
    if (request.stage == Stage::Notice) {
        request.recipient_kind = std::string{kind};
        request.purpose = rules.purpose();
        request.data_classes = rules.needs();
    } else {
        request.of_programme = true;
    }
    request.now = parse_instant("2026-11-20T12:00:00+09:00").value();
    return std::move(ConsentGate::open(records, request)).value();
}

std::string notice_of(Value bundle, std::string_view kind, const DisclosureRules& rules) {
    auto notice = Notice::build(bundle, kAlias, rules, permit(kind, rules));
    if (!notice) return {};
    const json::Document transaction = notice->transaction();
    return json::write(transaction.root());
}

/// Under the acceptance of a Task that nothing is planted in.
std::string release_of(Value bundle, const DisclosureRules& rules) {
    const json::Document task = test::read_json(
        R"({"resourceType":"Task","status":"accepted","intent":"order","owner":{"identifier":{
        "system":"https://tsunagi.example/fhir/NamingSystem/organization","value":"org-1"}},
        "output":[
        {"type":{"coding":[{"system":"https://tsunagi.example/fhir/CodeSystem/task-output",
                 "code":"planned-admission"}]},"valueDateTime":"2026-11-21T14:00:00+09:00"},
        {"type":{"coding":[{"system":"https://tsunagi.example/fhir/CodeSystem/task-output",
                 "code":"planned-discharge"}]},"valueDateTime":"2026-12-04T10:00:00+09:00"},
        {"type":{"coding":[{"system":"https://tsunagi.example/fhir/CodeSystem/task-output",
                 "code":"decided-by"}]},"valueString":"大貫 誠"}]})");
    const Acceptance acceptance = accepted_by(kRecipient, task.root()).value();
    auto release = Release::build(bundle, kAlias, rules, acceptance, permit({}, rules));
    if (!release) return {};
    const json::Document transaction = release->transaction();
    return json::write(transaction.root());
}

/// Plants a canary at every element of one resource that R4 knows and the list does not name, three
/// levels deep; one Bundle for each object, the canary says its path.
class Planter {
public:
    using Render = std::function<std::string(Value bundle)>;
    Planter(const json::Document& bundle, const DisclosureRules& rules, Render render,
            std::size_t entry, std::size_t depth)
        : case_(bundle), rules_(rules), render_(std::move(render)), entry_(entry), depth_(depth) {}

    void plant_all() {
        const Value resource = case_.root()["entry"].at(entry_)["resource"];
        const std::string type{resource["resourceType"].text()};
        plant_in(type, *test::definitions().type(type), {});
    }
    std::size_t planted = 0, leaked = 0, renderings = 0, still_there = 0;
    std::string first_leak;

private:
    void plant_in(const std::string& path, const fhir::TypeDef& type,
                  const std::vector<std::string>& way) {
        for (const What what : {What::Unlisted, What::Modifier, What::Treated})
            plant(path, type, way, what);
        if (way.size() >= depth_) return;
        for (const fhir::Member& member : type.members) {
            if (is_scalar(member)) continue;
            std::vector<std::string> below = way;
            below.emplace_back(member.name);
            plant_in(path + "." + std::string{member.name}, *member.type->type, below);
        }
    }

    static bool is_scalar(const fhir::Member& member) {
        return member.type->type->kind == fhir::TypeKind::Primitive ||
               member.type->type->primitive != fhir::Primitive::None;
    }

    /// By itself what would hide the rest: a modifierExtension takes its whole element out, a
    /// reference that is none may take its resource.
    enum class What { Unlisted, Modifier, Treated };

    /// How the list lets `path` leave, itself or as a part of something; nullptr: not at all.
    const Treatment* treatment(std::string_view path) const {
        for (;;) {
            if (const Treatment* found = rules_.find(path)) return found;
            const std::size_t dot = path.rfind('.');
            if (dot == std::string_view::npos) return nullptr;
            path = path.substr(0, dot);
        }
    }
    What what_of(const fhir::Member& member, std::string_view path) const {
        if (member.name == "modifierExtension") return What::Modifier;
        return treatment(path) ? What::Treated : What::Unlisted;
    }
    /// The list lets what stands at `path` leave: by a row of its own, or as a part of one above.
    bool leaves_as_it_stands(const fhir::Member& member, std::string_view path) const {
        const Treatment* found = treatment(path);
        if (!found) return false;
        if (*found == Treatment::Keep) return rules_.find(path) || !needs_a_row(member);
        return is_part_that_leaves(path) && !needs_a_row(member);
    }
    /// A reference with its name, and an identifier of others, leave with some of their parts.
    bool is_part_that_leaves(std::string_view path) const {
        const Treatment* found = treatment(path);
        if (!found || rules_.find(path)) return false;
        if (*found == Treatment::OwnIdAndOthers) return true;
        if (*found != Treatment::ReferenceAndName) return false;
        constexpr std::string_view kParts[] = {".display", ".type", ".identifier.system",
                                               ".identifier.value"};
        return std::any_of(std::begin(kParts), std::end(kParts),
                           [&](std::string_view part) { return path.ends_with(part); });
    }
    /// Does not leave as a part of something that is kept.
    static bool needs_a_row(const fhir::Member& member) {
        const std::string_view type = member.type->type->name;
        return member.name == "id" || type == "Attachment" || type == "Extension" ||
               type == "Narrative" || type == "Resource" || type == "Meta";
    }

    void plant(const std::string& path, const fhir::TypeDef& type,
               const std::vector<std::string>& way, What what) {
        json::Document bundle = json::clone(case_.root());
        Builder builder(bundle);
        Node* at = walk(builder, bundle, way);
        std::size_t here = 0;
        for (const fhir::Member& member : type.members) {
            const std::string below = path + "." + std::string{member.name};
            // An extension is what plant_beside() plants.
            if (member.name == "extension") continue;
            if (what == What::Unlisted && is_scalar(member))
                here += plant_below(builder, at, path, member);
            if (what_of(member, below) != what || leaves_as_it_stands(member, below)) continue;
            set(builder, at, member, below);
            ++here;
        }
        if (here == 0) return;
        planted += here;
        plant_beside(builder, at, path);
        const std::string sent = render_(bundle.root());
        if (what == What::Unlisted) {
            ++renderings;
            if (holds(sent, "-" + std::to_string(entry_ + 1) + "\"")) ++still_there;
        }
        const std::size_t found = sent.find("CANARY/");
        if (found == std::string::npos) return;
        ++leaked;
        first_leak = sent.substr(found, 80);
    }

    /// What R4 does not know, and extensions of nobody's, at the same place.
    static void plant_beside(Builder& builder, Node* at, const std::string& path) {
        builder.set(at, "unheardOf", "CANARY/unheardOf of " + path);
        Node* extensions = Builder::find(at, "extension");
        if (!extensions) extensions = builder.set_array(at, "extension");
        Node* foreign = builder.add_object(extensions);
        builder.set(foreign, "url", "https://example.org/unheard-of");
        builder.set(foreign, "valueString", "CANARY/extension of " + path);
        // The address of one that leaves, with another value and with more in it.
        Node* disguised = builder.add_object(extensions);
        builder.set(disguised, "url", kListedExtension);
        builder.set(disguised, "valueString", "CANARY/value of a listed extension of " + path);
        Node* stuffed = builder.add_object(extensions);
        builder.set(stuffed, "url", kListedExtension);
        builder.set(stuffed, "valueCode", "unknown");
        builder.set(stuffed, "id", "CANARY/id of a listed extension of " + path);
        Node* inside = builder.add_object(builder.set_array(stuffed, "extension"));
        builder.set(inside, "url", kListedExtension);
        builder.set(inside, "valueCode", "CANARY/extension of an extension of " + path);
    }

    /// Beside a primitive: its id and an extension.
    static std::size_t plant_below(Builder& builder, Node* at, const std::string& path,
                                   const fhir::Member& member) {
        const std::string name = "_" + std::string{member.name};
        if (member.name == "id" || Builder::find(at, name)) return 0;
        Node* companion = member.element->is_array ? builder.add_object(builder.set_array(at, name))
                                                   : builder.set_object(at, name);
        builder.set(companion, "id", "CANARY/id of " + path + "." + name);
        Node* extension = builder.add_object(builder.set_array(companion, "extension"));
        builder.set(extension, "url", "https://example.org/unheard-of");
        builder.set(extension, "valueString", "CANARY/extension of " + path + "." + name);
        return 1;
    }

    Node* walk(Builder& builder, const json::Document& bundle,
               const std::vector<std::string>& way) const {
        Node* at = builder.edit(bundle.root()["entry"].at(entry_)["resource"]);
        const fhir::TypeDef* type = test::definitions().type(Value{at}["resourceType"].text());
        for (const std::string& name : way) {
            const fhir::Member* member = type->find(name);
            type = member->type->type;
            Node* found = Builder::find(at, name);
            if (member->element->is_array) {
                Node* array = found ? found : builder.set_array(at, name);
                const bool open = array->first && array->first->kind == json::Kind::Object;
                at = open ? array->first : builder.add_object(array);
            } else {
                const bool open = found && found->kind == json::Kind::Object;
                at = open ? found : builder.set_object(at, name);
            }
        }
        return at;
    }

    void set(Builder& builder, Node* at, const fhir::Member& member,
             const std::string& path) const {
        const std::string canary = "CANARY/" + path;
        if (member.name == "meta") {
            // Beside its tags: without them the resource would stay for want of a data class.
            Node* meta = builder.require(at, member.name, json::Kind::Object);
            builder.set(meta, "source", canary);
            builder.set(meta, "versionId", canary);
            builder.add(builder.set_array(meta, "profile"), canary);
        } else if (member.element->is_array) {
            Node* array = builder.set_array(at, member.name);
            if (is_scalar(member))
                builder.add(array, canary);
            else
                fill(builder, builder.add_object(array), path);
        } else if (is_scalar(member)) {
            builder.set(at, member.name, canary);
        } else {
            fill(builder, builder.set_object(at, member.name), path);
        }
    }

    /// One value below `path` for each usual member that the list does not name.
    void fill(Builder& builder, Node* object, const std::string& path) const {
        for (const std::string_view member : {"text", "display", "value", "div", "reference", "url",
                                              "title", "data", "city", "family", "contentType"}) {
            const std::string below = path + "." + std::string{member};
            if (!rules_.find(below) && !is_part_that_leaves(below))
                builder.set(object, member, "CANARY/" + below);
        }
    }

    const json::Document& case_;
    const DisclosureRules& rules_;
    Render render_;
    std::size_t entry_, depth_;
};

struct Closure {
    std::size_t planted = 0, leaked = 0, types = 0, present = 0, renderings = 0, still_there = 0;
    std::string first_leak;
};

/// `depth`: objects so far inside a resource are planted in, too.
Closure close(const DisclosureRules& rules, const Planter::Render& render, std::size_t depth) {
    const json::Document bundle = one_of_each(rules);
    Closure all;
    for (std::size_t entry = 0; entry < bundle.root()["entry"].size(); ++entry) {
        Planter planter(bundle, rules, render, entry, depth);
        planter.plant_all();
        all.planted += planter.planted;
        all.leaked += planter.leaked;
        if (all.first_leak.empty()) all.first_leak = planter.first_leak;
        ++all.types;
        if (planter.still_there == 0) continue;
        ++all.present;
        all.renderings += planter.renderings;
        all.still_there += planter.still_there;
    }
    return all;
}

class EveryList : public testing::TestWithParam<const char*> {};

TEST_P(EveryList, DropsAValuePlantedAtEveryPathThatIsNotListed) {
    const std::string list = GetParam();
    const DisclosureRules rules = test::shipped_rules(list);
    // Three levels in full, two with every landing: below, all lists share the shapes of data
    // types.
    const std::size_t depth = std::getenv("TSUNAGI_FULL") != nullptr ? 3 : 2;
    const auto render = [&](Value bundle) {
        if (rules.stage() == Stage::Release) return release_of(bundle, rules);
        const bool to_hospital = rules.stage() == Stage::Offer;
        return to_hospital ? offer_of(bundle, rules) : notice_of(bundle, list, rules);
    };
    const Closure all = close(rules, render, depth);
    std::cout << list << ": " << all.planted << " paths of " << all.types << " types, "
              << all.present << " of which leave, " << all.still_there << " of " << all.renderings
              << " times with canaries in them\n";
    EXPECT_EQ(all.leaked, 0U) << all.first_leak;
    EXPECT_GE(all.types, 24U) << "every type that the maps make";
    EXPECT_GT(all.planted, 4000U) << "the walk must reach the elements of R4";
    EXPECT_GE(all.present, list == "release" ? 24U : list == "offer" ? 14U : 4U);
    EXPECT_GT(all.still_there * 4, all.renderings * 3) << "what is planted in still leaves";
}
INSTANTIATE_TEST_SUITE_P(Closure, EveryList,
                         testing::Values("offer", "release", "status", "care-manager",
                                         "coordination-centre", "family", "service-provider"));

/// One row too many in a list: the same walk, held against the shipped list, finds it.
TEST(Closure, ARowTooManyIsFound) {
    json::Document file = test::read_file("profiles/disclosure/offer.json");
    Builder builder(file);
    for (const Value resource : file.root()["resources"]) {
        if (resource["type"].text() == "Patient")
            builder.add(builder.edit(resource["elements"]), "birthDate");
    }
    auto wide = DisclosureRules::load(file.root(), test::definitions());
    ASSERT_OK(wide);
    const Closure all = close(
        test::offer_rules(), [&](Value bundle) { return offer_of(bundle, *wide); }, 1);
    EXPECT_GT(all.leaked, 0U);
    EXPECT_NE(all.first_leak.find("birthDate"), std::string::npos) << all.first_leak;
}

/// The same for what a release keeps as a whole: an extension of somebody's, an attachment.
TEST(Closure, AnExtensionOrAnAttachmentTooManyInAReleaseIsFound) {
    for (const bool attachment : {false, true}) {
        json::Document file = test::read_file("profiles/disclosure/release.json");
        Builder builder(file);
        if (attachment) {
            for (const Value resource : file.root()["resources"]) {
                if (resource["type"].text() == "Patient")
                    builder.add(builder.edit(resource["elements"]), "photo");
            }
        } else {
            Node* row = builder.add_object(builder.edit(file.root()["extensions"]));
            builder.set(row, "on", "HumanName");
            builder.set(row, "url", "https://example.org/unheard-of");
            builder.set(row, "value", "valueString");
        }
        auto wide = DisclosureRules::load(file.root(), test::definitions());
        ASSERT_OK(wide);
        const Closure all = close(
            test::release_rules(), [&](Value bundle) { return release_of(bundle, *wide); }, 1);
        EXPECT_GT(all.leaked, 0U);
        EXPECT_NE(all.first_leak.find(attachment ? "photo" : "extension of"), std::string::npos)
            << all.first_leak;
    }
}

}  // namespace
}  // namespace tsunagi::privacy

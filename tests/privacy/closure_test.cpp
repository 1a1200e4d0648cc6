// What no list names does not leave (security.md I3): a canary at every element path of every type
// that the maps make, with unknown members and extensions beside it, against every strict list.
#include <gtest/gtest.h>

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

LiveConsent permit(std::string_view kind, const DisclosureRules& rules) {
    const json::Document record = test::read_json(
        R"({"resourceType":"Consent","status":"active","scope":{"coding":[{"system":
        "http://terminology.hl7.org/CodeSystem/consentscope","code":"patient-privacy"}]},
        "patient":{"reference":"Patient/1"},"policyRule":{"coding":[{"system":
        "http://terminology.hl7.org/CodeSystem/v3-ActCode","code":"OPTOUT"}]}})");
    const std::vector<ConsentRecord> records{{record.root(), 1}};
    ConsentRequest request;
    request.recipient = "org-1";
    request.recipient_kind = std::string{kind};
    request.stage = Stage::Notice;
    request.purpose = rules.purpose();
    request.data_classes = rules.needs();
    request.now = parse_instant("2026-11-20T12:00:00+09:00").value();
    return std::move(ConsentGate::open(records, request)).value();
}

std::string notice_of(Value bundle, std::string_view kind, const DisclosureRules& rules) {
    auto notice = Notice::build(bundle, kAlias, rules, permit(kind, rules));
    if (!notice) return {};
    const json::Document transaction = notice->transaction();
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
    bool leaves_as_it_stands(std::string_view path) const {
        const Treatment* found = treatment(path);
        return found && *found == Treatment::Keep;
    }

    void plant(const std::string& path, const fhir::TypeDef& type,
               const std::vector<std::string>& way, What what) {
        json::Document bundle = json::clone(case_.root());
        Builder builder(bundle);
        Node* at = walk(builder, bundle, way);
        std::size_t here = 0;
        for (const fhir::Member& member : type.members) {
            const std::string below = path + "." + std::string{member.name};
            if (what_of(member, below) != what || leaves_as_it_stands(below)) continue;
            set(builder, at, member, below);
            ++here;
        }
        if (here == 0) return;
        planted += here;
        // What R4 does not know, and extensions of nobody's, at the same place.
        builder.set(at, "unheardOf", "CANARY/unheardOf of " + path);
        Node* extensions = Builder::find(at, "extension");
        if (!extensions) extensions = builder.set_array(at, "extension");
        Node* extension = builder.add_object(extensions);
        builder.set(extension, "url", "https://example.org/unheard-of");
        builder.set(extension, "valueString", "CANARY/extension of " + path);
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
        if (member.element->is_array) {
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
            if (!rules_.find(below)) builder.set(object, member, "CANARY/" + below);
        }
    }

    const json::Document& case_;
    const DisclosureRules& rules_;
    Render render_;
    std::size_t entry_, depth_;
};

struct Closure {
    std::size_t planted = 0, leaked = 0, types = 0, present = 0;
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
        if (planter.still_there > 0) ++all.present;
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
        const bool to_hospital = rules.stage() == Stage::Offer;
        return to_hospital ? offer_of(bundle, rules) : notice_of(bundle, list, rules);
    };
    const Closure all = close(rules, render, depth);
    std::cout << list << ": " << all.planted << " paths of " << all.types << " types, "
              << all.present << " of which leave\n";
    EXPECT_EQ(all.leaked, 0U) << all.first_leak;
    EXPECT_GE(all.types, 24U) << "every type that the maps make";
    EXPECT_GT(all.planted, 4000U) << "the walk must reach the elements of R4";
    EXPECT_GE(all.present, list == "offer" ? 14U : 4U) << "what is planted in still leaves";
}
INSTANTIATE_TEST_SUITE_P(Closure, EveryList,
                         testing::Values("offer", "status", "care-manager", "coordination-centre",
                                         "family", "service-provider"));

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

}  // namespace
}  // namespace tsunagi::privacy

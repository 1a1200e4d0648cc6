#include "privacy/rendition.h"

#include <algorithm>
#include <array>
#include <span>
#include <utility>

#include "fhir/bundle.h"
#include "json/builder.h"
#include "privacy/folded.h"
#include "privacy/shape.h"
#include "text/initials.h"

namespace tsunagi::privacy {
namespace {

using json::Builder;
using json::Kind;
using json::Node;
using json::Value;

constexpr std::string_view kBase = "https://tsunagi.example/fhir/";
constexpr std::string_view kInformation =
    "https://tsunagi.example/fhir/CodeSystem/information-kind";

bool is_one_of(std::string_view text, std::span<const std::string_view> list) {
    return std::find(list.begin(), list.end(), text) != list.end();
}

bool is_scalar(Value value) { return value.is_string() || value.is_number() || value.is_bool(); }

constexpr std::string_view kIndication =
    "http://jpfhir.jp/fhir/clins/CodeSystem/JP_ehrshrs_indication";

/// Every value at `path` below `value`, arrays opened.
template <class Visit>
bool any_at(Value value, std::span<const std::string> path, Visit visit) {
    if (value.is_array()) {
        return std::any_of(value.begin(), value.end(),
                           [&](Value item) { return any_at(item, path, visit); });
    }
    if (path.empty()) return visit(value);
    return any_at(value[path.front()], path.subspan(1), visit);
}

bool has_coding(Value value, const CodingRule& rule) {
    return any_at(value, rule.path, [&](Value coding) {
        return coding["system"].text() == rule.system &&
               std::find(rule.codes.begin(), rule.codes.end(), coding["code"].text()) !=
                   rule.codes.end();
    });
}

/// One of them holds, or there is none.
bool meets(Value value, const std::vector<CodingRule>& rules) {
    return rules.empty() || std::any_of(rules.begin(), rules.end(), [&](const CodingRule& rule) {
               return has_coding(value, rule);
           });
}

bool passes(Value item, const Step& step) {
    return std::all_of(
               step.filters.begin(), step.filters.end(),
               [&](const Filter& filter) { return item[filter.member].text() == filter.value; }) &&
           meets(item, step.only_with);
}

/// The div of mappings/common.map: escaped words, no element inside.
bool is_plain_div(std::string_view div) {
    constexpr std::string_view kOpen =
        "<div xmlns=\"http://www.w3.org/1999/xhtml\" style=\"white-space: pre-wrap\">";
    constexpr std::string_view kClose = "</div>";
    if (div.size() < kOpen.size() + kClose.size() || !div.starts_with(kOpen) ||
        !div.ends_with(kClose))
        return false;
    const std::string_view words =
        div.substr(kOpen.size(), div.size() - kOpen.size() - kClose.size());
    return words.find('<') == std::string_view::npos;
}

}  // namespace

/// Copies out of the case's Bundle what the rules list. Which resources leave depends on which
/// others do: a resource that is sent only when referred to, a required reference to one that
/// stays. So it renders until nothing that is referred to stays behind.
class Renderer {
public:
    Renderer(Value bundle, std::string_view alias, const DisclosureRules& rules,
             const std::vector<std::string>& withheld, const Channel& channel)
        : index_(bundle), alias_(alias), rules_(rules), withheld_(withheld), channel_(channel) {}

    Result<Rendition> render() {
        if (alias_.empty()) return Error{Code::Internal, "a rendition needs its alias", {}};
        const auto& entries = index_.entries();
        rules_of_.assign(entries.size(), nullptr);
        leaves_.assign(entries.size(), false);
        for (std::size_t i = 0; i < entries.size(); ++i) {
            const ResourceRule* rule = rules_.rule(entries[i].resource["resourceType"].text());
            if (!rule || !may_leave(entries[i].resource, *rule) ||
                !meets(entries[i].resource, rule->only_with))
                continue;
            rules_of_[i] = rule;
            leaves_[i] = true;
        }
        // Each round but the last takes at least one resource out that another one refers to; what
        // stays behind without that changes nothing in what leaves.
        for (std::size_t round = 0; round <= entries.size(); ++round) {
            const std::vector<bool> before = leaves_;
            Rendition rendered = render_once();
            bool settled = true;
            for (std::size_t i = 0; i < entries.size(); ++i)
                settled = settled && !(before[i] && !leaves_[i] && referred_[i]);
            if (settled) {
                // A rendition that lacks what the person withheld follows no profile as a whole.
                if (whole_ && withheld_.empty()) rendered.claim_ = rules_.bundle_claim();
                return rendered;
            }
        }
        return Error{Code::Internal, "the rendition does not settle", {}};
    }

private:
    /// By the data class that the maps wrote into its tag. A resource that does not say, and is not
    /// of a shared type, stays.
    bool may_leave(Value resource, const ResourceRule& rule) const {
        const auto& labels = rules_.held_back();
        if (std::any_of(labels.begin(), labels.end(),
                        [&](const CodingRule& label) { return has_coding(resource, label); }))
            return false;
        if (channel_.blocks(resource)) return false;
        bool tagged = false;
        for (const Value tag : resource["meta"]["tag"]) {
            if (tag["system"].text() != kInformation) continue;
            tagged = true;
            const std::string_view data_class = tag["code"].text();
            if (rules_.is_own(data_class)) continue;
            if (!rules_.class_leaves(data_class) ||
                std::find(withheld_.begin(), withheld_.end(), data_class) != withheld_.end())
                return false;
        }
        return tagged || rule.shared;
    }

    Rendition render_once() {
        const auto& entries = index_.entries();
        json::Document document;
        Builder builder(document);
        builder_ = &builder;
        std::vector<const Node*> made(entries.size(), nullptr);
        referred_.assign(entries.size(), false);
        whole_ = true;
        std::vector<std::size_t> waiting;
        for (std::size_t i = 0; i < entries.size(); ++i) {
            if (leaves_[i] && !rules_of_[i]->when_referenced) waiting.push_back(i);
        }
        // What is referred to by what leaves follows, step by step.
        std::vector<bool> seen(entries.size(), false);
        while (!waiting.empty()) {
            const std::size_t i = waiting.back();
            waiting.pop_back();
            if (seen[i]) continue;
            seen[i] = true;
            made[i] = resource(i);
            for (std::size_t j = 0; j < entries.size(); ++j) {
                if (referred_[j] && leaves_[j] && !seen[j]) waiting.push_back(j);
            }
        }
        std::vector<Rendition::Entry> rendered;
        for (std::size_t i = 0; i < entries.size(); ++i) {
            leaves_[i] = made[i] != nullptr;
            if (!made[i]) continue;
            rendered.push_back({std::string{entries[i].resource["resourceType"].text()}, id_of(i),
                                Value{made[i]}});
        }
        return {std::move(document), std::move(rendered)};
    }

    /// The resource as it leaves; nullptr: a required element of it stays behind.
    const Node* resource(std::size_t i) {
        current_ = i;
        const Value source = index_.entries()[i].resource;
        Node* root = builder_->detached(Kind::Object);
        builder_->set(root, "resourceType", source["resourceType"].text());
        builder_->set(root, "id", id_of(i));
        write_tags(root, source["meta"]["tag"]);
        const auto& claims = rules_of_[i]->claims;
        Node* meta = claims.empty() ? nullptr : builder_->require(root, "meta", Kind::Object);
        if (!fill(root, source, rules_of_[i]->shape)) return nullptr;
        if (meta) write_claims(root, meta, claims);
        return root;
    }

    /// The profiles that the resource follows as it leaves. What the case's own resource claims
    /// never leaves.
    void write_claims(Node* out, Node* meta, const std::vector<Claim>& claims) {
        Node* array = nullptr;
        for (const Claim& claim : claims) {
            if (!meets(Value{out}, claim.only_with)) continue;
            const bool holds =
                std::all_of(claim.needs.begin(), claim.needs.end(),
                            [&](const std::string& name) { return Builder::find(out, name); });
            whole_ = whole_ && holds;
            if (!holds) continue;
            if (!array) array = builder_->set_array(meta, "profile");
            builder_->add(array, claim.profile);
        }
        if (meta->size == 0) builder_->remove(out, "meta");
    }

    /// Writes into `out` what the shape lists of `source`; false: nothing, or not all it must have.
    bool fill(Node* out, Value source, const Shape& shape) {
        // A modifierExtension changes what the rest means (R4
        // extensibility.html#modifierExtension): without it the element must not be read.
        if (source["modifierExtension"]) return false;
        for (const Step& step : shape.steps) {
            if (is_own_id(step)) write_own_id(out, source[step.member], step);
        }
        const std::uint32_t before = out->size;
        for (const Value member : source) {
            const std::string_view name = member.key();
            if (name == "extension") {
                write_extensions(out, member, shape.extensions);
            } else if (name.starts_with('_')) {
                const Step* step = shape.find(name.substr(1));
                if (step && is_plain(*step)) write_companion(out, member, shape);
            } else if (const Step* step = shape.find(name); step && !is_own_id(*step)) {
                write_member(out, member, *step);
            }
        }
        if (out->size == before) return false;
        return std::all_of(shape.required.begin(), shape.required.end(), [&](const auto& names) {
            return std::any_of(names.begin(), names.end(), [&](const std::string& name) {
                return Builder::find(out, name) || Builder::find(out, "_" + name);
            });
        });
    }

    static bool is_own_id(const Step& step) {
        return step.treatment == Treatment::OwnId || step.treatment == Treatment::OwnIdAndOthers;
    }
    static bool is_plain(const Step& step) {
        return step.treatment == Treatment::Keep && !step.below;
    }

    void write_member(Node* out, Value member, const Step& step) {
        if (step.is_array != member.is_array()) return;
        if (!step.is_array) {
            write_value(out, nullptr, member, step);
            return;
        }
        Node* array = builder_->set_array(out, step.member);
        const std::string_view type = index_.entries()[current_].resource["resourceType"].text();
        for (const Value item : member) {
            if (!channel_.blocks_item(type, item)) write_value(nullptr, array, item, step);
        }
        // Items without a value (null beside an extension) hold places only between values.
        if (std::none_of(Value{array}.begin(), Value{array}.end(),
                         [](Value item) { return !item.is_null(); }))
            builder_->remove(out, step.member);
    }

    /// Into member `step.member` of `object`, or as an item of `array`.
    void write_value(Node* object, Node* array, Value value, const Step& step) {
        const std::string_view name = step.member;
        switch (step.treatment) {
            case Treatment::Reference:
            case Treatment::ReferenceAndName:
                if (value.is_object()) write_reference(object, array, value, step);
                return;
            case Treatment::Initials: {
                if (!value.is_string()) return;
                const auto initials = text::read_initials(value.text());
                if (!initials || *initials != value.text()) return;
                object ? builder_->set(object, name, *initials) : builder_->add(array, *initials);
                return;
            }
            case Treatment::PlainNarrative: {
                if (!is_plain_div(value["div"].text())) return;
                Node* narrative =
                    object ? builder_->set_object(object, name) : builder_->add_object(array);
                builder_->set(narrative, "status", "additional");
                builder_->set(narrative, "div", value["div"].text());
                return;
            }
            default:
                break;
        }
        if (step.below) {
            if (!value.is_object() || !passes(value, step)) return;
            Node* child = object ? builder_->set_object(object, name) : builder_->add_object(array);
            if (fill(child, value, *step.below)) return;
            object ? builder_->remove(object, name) : builder_->remove(array, child);
            return;
        }
        if (is_scalar(value)) {
            object ? builder_->set(object, name, value) : builder_->add(array, value);
        } else if (array) {
            builder_->add_null(array);  // its `_` companion counts places
        }
    }

    void write_reference(Node* object, Node* array, Value value, const Step& step) {
        const fhir::Entry* target =
            value["reference"].is_string()
                ? index_.resolve(value["reference"].text(), &index_.entries()[current_])
                : nullptr;
        std::size_t number = index_.entries().size();
        if (target) number = static_cast<std::size_t>(target - index_.entries().data());
        const bool leaves = target && leaves_[number];
        const bool named = step.treatment == Treatment::ReferenceAndName;
        const Value identifier = value["identifier"], display = value["display"];
        const bool identified =
            named && identifier["system"].is_string() && identifier["value"].is_string();
        const bool shown = named && display.is_string();
        if (!leaves && !identified && !shown) return;
        Node* reference =
            object ? builder_->set_object(object, step.member) : builder_->add_object(array);
        if (leaves) {
            referred_[number] = true;
            builder_->set(
                reference, "reference",
                std::string{target->resource["resourceType"].text()} + "/" + id_of(number));
        } else if (const Value type = value["type"]; type.is_string()) {
            builder_->set(reference, "type", type.text());
        }
        if (identified) {
            Node* written = builder_->set_object(reference, "identifier");
            builder_->set(written, "system", identifier["system"].text());
            builder_->set(written, "value", identifier["value"].text());
        }
        if (shown) builder_->set(reference, "display", display.text());
    }

    /// Our identifiers are per recipient (contracts.md section 5): two hospitals cannot link by
    /// them.
    void write_own_id(Node* out, Value member, const Step& step) {
        const auto write = [&](Node* identifier) {
            builder_->set(identifier, "system", step.system);
            builder_->set(identifier, "value", id_of(current_));
        };
        if (!step.is_array) return write(builder_->set_object(out, step.member));
        Node* array = builder_->set_array(out, step.member);
        write(builder_->add_object(array));
        if (step.treatment == Treatment::OwnId) return;
        for (const Value other : member) {
            if (other["system"].text().starts_with(kBase) || !step.below) continue;
            Node* child = builder_->add_object(array);
            if (!fill(child, other, *step.below)) builder_->remove(array, child);
        }
    }

    void write_extensions(Node* out, Value extensions, const std::vector<ExtensionRule>& rules) {
        Node* array = nullptr;
        for (const Value extension : extensions) {
            const auto rule = std::find_if(rules.begin(), rules.end(), [&](const auto& each) {
                return extension["url"].text() == each.url &&
                       (each.member.empty() || extension[each.member]);
            });
            if (rule == rules.end() || extension["modifierExtension"]) continue;
            if (!array) array = builder_->set_array(out, "extension");
            Node* written = builder_->add_object(array);
            builder_->set(written, "url", rule->url);
            if (!write_extension(written, extension, *rule)) builder_->remove(array, written);
        }
        if (array && Value{array}.empty()) builder_->remove(out, "extension");
    }

    bool write_extension(Node* written, Value extension, const ExtensionRule& rule) {
        if (!rule.parts.empty()) {
            write_extensions(written, extension["extension"], rule.parts);
            return Builder::find(written, "extension") != nullptr;
        }
        const Value value = extension[rule.member];
        if (!rule.value) {
            if (is_scalar(value)) builder_->set(written, rule.member, value);
            return is_scalar(value);
        }
        return value.is_object() &&
               fill(builder_->set_object(written, rule.member), value, *rule.value);
    }

    /// Labels that travel with the resource: a diagnosis the patient does not know of.
    void write_tags(Node* out, Value tags) {
        Node* array = nullptr;
        for (const Value tag : tags) {
            if (!rules_.tag_leaves(tag["system"].text())) continue;
            if (!array) array = builder_->set_array(builder_->set_object(out, "meta"), "tag");
            Node* coding = builder_->add_object(array);
            builder_->set(coding, "system", tag["system"].text());
            builder_->set(coding, "code", tag["code"].text());
        }
    }

    /// `_birthDate`: the extensions of a primitive; a list of them keeps its places by null.
    void write_companion(Node* out, Value companion, const Shape& shape) {
        const auto write = [&](Node* into, Value one) {
            if (one.is_object()) write_extensions(into, one["extension"], *shape.on_primitives);
            return into->size > 0;
        };
        if (companion.is_object()) {
            Node* one = builder_->set_object(out, companion.key());
            if (!write(one, companion)) builder_->remove(out, companion.key());
            return;
        }
        if (!companion.is_array()) return;
        Node* array = builder_->set_array(out, companion.key());
        bool any = false;
        for (const Value one : companion) {
            Node* item = builder_->add_object(array);
            if (write(item, one)) {
                any = true;
            } else {
                builder_->remove(array, item);
                builder_->add_null(array);
            }
        }
        if (!any) builder_->remove(out, companion.key());
    }

    /// n is the 1-based number of the entry in the Bundle, at every stage.
    std::string id_of(std::size_t i) const {
        return std::string{alias_} + "-" + std::to_string(i + 1);
    }

    const fhir::BundleIndex index_;
    std::string_view alias_;
    const DisclosureRules& rules_;
    const std::vector<std::string>& withheld_;
    const Channel channel_;
    std::vector<const ResourceRule*> rules_of_;
    std::vector<bool> leaves_, referred_;
    bool whole_ = true;  ///< every resource of the round could make its claims
    std::size_t current_ = 0;
    Builder* builder_ = nullptr;  ///< of the round
};

namespace {

bool has_output(Value task, std::string_view code) {
    for (const Value output : task["output"]) {
        const bool named = std::any_of(
            output["type"]["coding"].begin(), output["type"]["coding"].end(), [&](Value coding) {
                return coding["system"].text() ==
                           "https://tsunagi.example/fhir/CodeSystem/task-output" &&
                       coding["code"].text() == code;
            });
        if (!named) continue;
        for (const Value member : output) {
            if (member.key().starts_with("value") && !(member.is_string() && member.text().empty()))
                return true;
        }
    }
    return false;
}

}  // namespace

Result<Acceptance> accepted_by(std::string_view hospital, json::Value accepted_task) {
    constexpr std::array<std::string_view, 3> kAccepted{"accepted", "in-progress", "completed"};
    constexpr std::array<std::string_view, 3> kOutputs{"planned-admission", "planned-discharge",
                                                       "decided-by"};
    const auto denied = [](std::string message, std::string where) {
        return Error{Code::Denied, std::move(message), std::move(where)};
    };
    if (hospital.empty() || accepted_task["resourceType"].text() != "Task")
        return denied("not-accepted", "Task");
    if (!is_one_of(accepted_task["status"].text(), kAccepted))
        return denied("not-accepted", "Task.status");
    for (const std::string_view output : kOutputs) {
        if (!has_output(accepted_task, output))
            return denied("not-accepted", "Task.output " + std::string{output});
    }
    if (accepted_task["owner"]["identifier"]["value"].text() != hospital)
        return denied("accepted-by-another", "Task.owner");
    return Acceptance(std::string{hospital});
}

Result<LiveConsent> ConsentGate::open(std::span<const ConsentRecord> consents,
                                      const ConsentRequest& request) {
    ConsentRequest asked = request;
    if (asked.stage == Stage::Offer) asked.stage = Stage::Release;
    const Decision decision = decide(consents, asked);
    if (!decision.permit) return Error{Code::Denied, decision.code, "Consent"};
    return LiveConsent(asked, decision);
}

json::Document Rendition::transaction(std::span<const std::string_view> types) const {
    json::Document document;
    Builder builder(document);
    Node* root = builder.object();
    builder.set(root, "resourceType", "Bundle");
    if (types.empty() && !claim_.empty()) {
        Node* meta = builder.set_object(root, "meta");
        builder.add(builder.set_array(meta, "profile"), claim_);
    }
    builder.set(root, "type", "transaction");
    Node* entries = nullptr;
    for (const Entry& entry : entries_) {
        if (!types.empty() && !is_one_of(entry.type, types)) continue;
        if (!entries) entries = builder.set_array(root, "entry");
        const std::string url = entry.type + "/" + entry.id;
        Node* written = builder.add_object(entries);
        builder.set(written, "fullUrl", std::string{kBase} + url);
        builder.set(written, "resource", entry.resource);
        Node* request = builder.set_object(written, "request");
        builder.set(request, "method", "PUT");
        builder.set(request, "url", url);
    }
    return document;
}

Result<json::Document> Rendition::resource(std::string_view type, std::string_view id) const {
    for (const Entry& entry : entries_) {
        if (entry.type == type && entry.id == id) return json::clone(entry.resource);
    }
    return Error{Code::NotFound, "not part of this rendition", std::string{type}};
}

std::vector<std::string> Rendition::references() const {
    std::vector<std::string> all;
    all.reserve(entries_.size());
    for (const Entry& entry : entries_) all.push_back(entry.type + "/" + entry.id);
    return all;
}

Result<Offer> Offer::build(json::Value bundle, std::string_view alias,
                           const DisclosureRules& offer_rules,
                           const std::vector<std::string>& withheld, const Channel& channel) {
    if (offer_rules.stage() != Stage::Offer)
        return Error{Code::Internal, "an offer is built by the rules of an offer", {}};
    const json::Document shown = coarsened(bundle, offer_rules.population());
    auto rendition = Renderer(shown.root(), alias, offer_rules, withheld, channel).render();
    if (!rendition) return rendition.error();
    return Offer(std::move(*rendition));
}

Result<Release> Release::build(json::Value bundle, std::string_view alias,
                               const DisclosureRules& release_rules, const Acceptance& acceptance,
                               const LiveConsent& consent, const Channel& channel) {
    if (release_rules.stage() != Stage::Release)
        return Error{Code::Internal, "a release is built by the rules of a release", {}};
    if (acceptance.hospital() != consent.recipient() || consent.stage() != Stage::Release)
        return Error{Code::Denied, "accepted by one hospital, consented to for another", {}};
    auto rendition = Renderer(bundle, alias, release_rules, consent.withheld(), channel).render();
    if (!rendition) return rendition.error();
    return Release(std::move(*rendition));
}

Result<Notice> Notice::build(json::Value bundle, std::string_view alias,
                             const DisclosureRules& notice_rules, const LiveConsent& consent,
                             const Channel& channel) {
    if (notice_rules.stage() != Stage::Notice)
        return Error{Code::Internal, "a notice is built by the rules of a notice", {}};
    if (consent.stage() != Stage::Notice || !notice_rules.is_for(consent.recipient_kind()))
        return Error{Code::Denied, "the consent is for another kind of recipient", {}};
    auto rendition = Renderer(bundle, alias, notice_rules, consent.withheld(), channel).render();
    if (!rendition) return rendition.error();
    return Notice(std::move(*rendition));
}

std::vector<std::u32string> untold_names(json::Value bundle) {
    // Words that say of an illness how sure or how secret it is are not its name.
    constexpr std::array<std::u32string_view, 6> kNoNames{U"未告知", U"告知",   U"本人",
                                                          U"家族",   U"可能性", U"患者"};
    enum class Script : std::uint8_t { None, Kanji, Kana, Latin };
    const auto script_of = [](char32_t letter) {
        if (is_kanji(letter)) return Script::Kanji;
        if (is_kana(letter)) return Script::Kana;
        return is_latin(letter) ? Script::Latin : Script::None;
    };
    std::vector<std::u32string> names;
    const auto add = [&](Value text) {
        if (!text.is_string()) return;
        const std::u32string letters = fold_letters(text.text()).text;
        for (std::size_t begin = 0, end = 0; begin < letters.size(); begin = end) {
            const Script script = script_of(letters[begin]);
            while (end < letters.size() && script_of(letters[end]) == script) ++end;
            const auto word = letters.substr(begin, end - begin);
            const std::size_t shortest = script == Script::Kana ? 3 : 2;
            if (script != Script::None && word.size() >= shortest &&
                std::find(kNoNames.begin(), kNoNames.end(), word) == kNoNames.end())
                names.push_back(word);
        }
    };
    for (const Value entry : bundle["entry"]) {
        const Value resource = entry["resource"];
        const bool untold =
            std::any_of(resource["meta"]["tag"].begin(), resource["meta"]["tag"].end(),
                        [](Value tag) { return tag["system"].text() == kIndication; });
        if (!untold) continue;
        add(resource["code"]["text"]);
        for (const Value coding : resource["code"]["coding"]) add(coding["display"]);
    }
    return names;
}

}  // namespace tsunagi::privacy

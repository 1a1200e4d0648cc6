#include "exchange/render.h"

#include <algorithm>
#include <array>
#include <iterator>
#include <span>
#include <utility>

#include "access/directory.h"
#include "crypto/digest.h"
#include "exchange/advance.h"
#include "exchange/documents.h"
#include "exchange/findings.h"
#include "exchange/notice_rendering.h"
#include "exchange/notices.h"
#include "json/builder.h"
#include "json/reader.h"
#include "json/writer.h"

namespace tsunagi::exchange {
namespace {

/// 紹介先 of a letter, by the section codes of JP-CLINS.
constexpr std::string_view kReceiverSection = "910";
constexpr std::string_view kDeliverySystem = "https://tsunagi.example/fhir/CodeSystem/delivery";

/// What changes with the state of a case: all that a status message carries.
constexpr std::array<std::string_view, 4> kStatusTypes{"Task", "ServiceRequest", "Encounter",
                                                       "CarePlan"};

bool is_status(std::string_view type) {
    return std::find(kStatusTypes.begin(), kStatusTypes.end(), type) != kStatusTypes.end();
}

/// Everything that a rendition is made of.
struct Source {
    CaseFile file;
    store::RenditionRow rendition;
    HeldConsent consent;
    json::Document packet;
    json::Document bundle;  ///< in the state the rendition is in
};

/// After a redirect the request is addressed to the hospital that is asked now; whom the clinic
/// asked before is nothing to it (contracts.md section 5).
void address_to(json::Document& bundle, const programme::Programme& programme,
                const std::string& hospital) {
    const std::size_t task = task_number(bundle.root());
    if (task == 0) return;
    json::Builder builder(bundle);
    const json::Value owner =
        bundle.root()["entry"].at(task - 1)["resource"]["owner"]["identifier"]["value"];
    const std::string asked{owner.text()};
    if (asked.empty() || asked == hospital) return;
    builder.assign(builder.edit(owner), hospital);
    const programme::Hospital* known = programme.hospital(hospital);
    std::string_view organisation;
    for (const json::Value entry : bundle.root()["entry"]) {
        const json::Value resource = entry["resource"];
        json::Node* node = builder.edit(resource);
        if (resource["resourceType"].text() == "Organization") {
            const json::Value id = resource["identifier"].at(0)["value"];
            if (id.text() != asked) continue;
            organisation = entry["fullUrl"].text();
            builder.assign(builder.edit(id), hospital);
            builder.remove(node, "contact");
            builder.remove(node, "name");
            if (known) builder.set(node, "name", known->ja);
        } else if (resource["resourceType"].text() == "HealthcareService" &&
                   !organisation.empty() &&
                   resource["providedBy"]["reference"].text() == organisation) {
            builder.remove(node, "name");
            if (known && !known->department.empty()) builder.set(node, "name", known->department);
        } else if (resource["resourceType"].text() == "Composition") {
            for (const json::Value section : resource["section"]) {
                if (section["code"]["coding"].at(0)["code"].text() != kReceiverSection) continue;
                json::Node* written = builder.edit(section);
                builder.remove(written, "section");
                json::Node* words = builder.set_object(written, "text");
                builder.set(words, "status", "additional");
                builder.set(words, "div",
                            "<div xmlns=\"http://www.w3.org/1999/xhtml\">" +
                                (known ? known->ja : std::string{}) + "</div>");
            }
        }
    }
}

/// The case went on to another hospital, or ended, and this one was never given the identity.
bool was_left(const store::RenditionRow& rendition) {
    namespace state = programme::state;
    return rendition.stage == "offer" &&
           (rendition.state == state::kDeclined || rendition.state == state::kExpired ||
            programme::is_final(rendition.state));
}

/// The journey as this hospital took part in it: of the next one's dates, physician, stay and
/// reason to decline it learns nothing, however late its last message is read or sent.
Result<programme::Journey> journey_at(store::Reader& reader, const CaseFile& file,
                                      const store::RenditionRow& rendition) {
    if (file.row.hospital == rendition.hospital) return file.journey;
    programme::Journey journey;
    auto events = reader.events(file.row.id);
    if (!events) return events.error();
    for (const auto& event : *events) {
        auto document = json::read(event.json);
        if (!document) return document.error();
        const json::Value said = document->root();
        if (said["action"].text() == programme::action::kDecline &&
            said["by"].text() == rendition.hospital.text())
            journey.decline_reason = std::string{said["reason"].text()};
    }
    return journey;
}

/// The case's Bundle as one hospital may know it, before any list is applied.
json::Document bundle_for(json::Value bundle, json::Value consent,
                          const programme::Programme& programme, const programme::Journey& journey,
                          std::string_view state, const std::string& hospital) {
    json::Document current = bundle_in_state(bundle, consent, journey, state);
    address_to(current, programme, hospital);
    add_directory(current, programme);
    return current;
}

Result<Source> load(store::Reader& reader, const Parts& parts, const store::Alias& alias,
                    std::string_view channel = {}) {
    auto rendition = reader.find_rendition(alias);
    if (!rendition) return rendition.error();
    if (rendition->destroyed) return Error{Code::NotFound, "the rendition is destroyed", {}};
    auto file = open_case(reader, parts.artifacts, rendition->case_id);
    if (!file) return file.error();
    auto consent = read_consent(reader, file->row.id);
    if (!consent) return consent.error();
    auto packet = read_blob(reader, file->row.id, blob::kPacket);
    if (!packet) return packet.error();
    auto bundle = read_blob(reader, file->row.id, blob::kBundle);
    if (!bundle) return bundle.error();
    json::Document current;
    if (parts.artifacts.notice_rules_for(rendition->stage)) {
        // Others are told how the case stands, not how it stood with one hospital.
        current = bundle_in_state(bundle->root(), consent->resource.root(), file->journey,
                                  file->journey.state);
        address_to(current, *file->programme, file->row.hospital.text());
        add_notice(current, parts, *file, *rendition, packet->root(), channel);
    } else {
        auto journey = journey_at(reader, *file, *rendition);
        if (!journey) return journey.error();
        current = bundle_for(bundle->root(), consent->resource.root(), *file->programme, *journey,
                             rendition->state, rendition->hospital.text());
    }
    return Source{std::move(*file), std::move(*rendition), std::move(*consent), std::move(*packet),
                  std::move(current)};
}

privacy::ConsentRequest request_of(const std::string& hospital,
                                   const programme::Programme& programme, privacy::Stage stage,
                                   Instant now) {
    privacy::ConsentRequest request;
    request.recipient = hospital;
    request.of_programme = programme.hospital(hospital) != nullptr;
    request.stage = stage;
    request.now = now;
    return request;
}

privacy::ConsentRequest request_for(const Source& source, privacy::Stage stage, Instant now) {
    return request_of(source.rendition.hospital.text(), *source.file.programme, stage, now);
}

json::Value task_of(json::Value bundle) {
    const std::size_t number = task_number(bundle);
    return number == 0 ? json::Value{} : bundle["entry"].at(number - 1)["resource"];
}

/// Why a message may carry the identity: what the door asks for.
struct Proof {
    privacy::Acceptance acceptance;
    privacy::LiveConsent consent;
};

/// The release, or why not: needs this hospital's acceptance and a live consent
/// (privacy/rendition.h).
struct Released {
    privacy::Release release;
    Proof proof;
};
Result<Released> release_of(const Source& source, const Parts& parts,
                            const privacy::Channel& channel = {}) {
    const std::string& hospital = source.rendition.hospital.text();
    auto acceptance = privacy::accepted_by(hospital, task_of(source.bundle.root()));
    if (!acceptance) return acceptance.error();
    auto consent = privacy::ConsentGate::open(
        source.consent.records(), request_for(source, privacy::Stage::Release, parts.clock.now()));
    if (!consent) return consent.error();
    auto release =
        privacy::Release::build(source.bundle.root(), source.rendition.alias.text(),
                                *parts.artifacts.release_rules, *acceptance, *consent, channel);
    if (!release) return release.error();
    return Released{std::move(*release), {std::move(*acceptance), std::move(*consent)}};
}

/// The documents that go with it, made of what it holds.
Result<std::vector<ReleasedDocument>> documents_of_release(const Source& source, const Parts& parts,
                                                           const privacy::Release& release) {
    const auto made = parse_instant(source.bundle.root()["timestamp"].text());
    if (!made) return Error{Code::Internal, "the case's Bundle has no time", "Bundle.timestamp"};
    const json::Document transaction = release.transaction();
    return documents_of(transaction.root(), source.rendition.alias.text(), parts.artifacts, *made,
                        source.file.programme->zone());
}

Result<json::Document> released_resource(const Source& source, const Parts& parts,
                                         const privacy::Release& release, std::string_view type,
                                         std::string_view id) {
    const auto partner = split_partner_id(id);
    if (!partner || partner->number < kFirstDocument) return release.resource(type, id);
    auto documents = documents_of_release(source, parts, release);
    if (!documents) return documents.error();
    for (auto& document : *documents) {
        for (json::Document* resource : {&document.reference, &document.bundle}) {
            const json::Value root = resource->root();
            if (root["resourceType"].text() == type && root["id"].text() == id)
                return std::move(*resource);
        }
    }
    return Error{Code::NotFound, "not part of this release", std::string{type}};
}

/// What a hospital is told before it has the identity, or when it may not have it any more: the
/// offer while it is asked and the consent permits that; else how its request stands, by a list
/// without a word about the person.
struct WithoutIdentity {
    privacy::Offer offer;
    bool statuses_only = false;
};
Result<WithoutIdentity> without_identity(const Source& source, const Parts& parts,
                                         const privacy::Channel& channel = {}) {
    const auto decision = privacy::decide(
        source.consent.records(), request_for(source, privacy::Stage::Offer, parts.clock.now()));
    const bool statuses_only = !decision.permit || was_left(source.rendition);
    const privacy::DisclosureRules& rules =
        statuses_only ? *parts.artifacts.status_rules : *parts.artifacts.offer_rules;
    auto offer = privacy::Offer::build(source.bundle.root(), source.rendition.alias.text(), rules,
                                       decision.withheld, channel);
    if (!offer) return offer.error();
    return WithoutIdentity{std::move(*offer), statuses_only};
}

/// The notice of a recipient that is no hospital, or why not: a live consent that names it.
struct Told {
    privacy::Notice notice;
    privacy::LiveConsent consent;
    std::vector<std::u32string> untold;
};
Result<Told> notice_of(const Source& source, const Parts& parts,
                       const privacy::Channel& channel = {}) {
    const std::string& kind = source.rendition.stage;
    const privacy::DisclosureRules* rules = parts.artifacts.notice_rules_for(kind);
    if (!rules) return Error{Code::Internal, "there is no list for this recipient", kind};
    auto consent = privacy::ConsentGate::open(
        source.consent.records(),
        notice_request(parts, source.rendition.hospital, kind, source.packet.root(), channel.name));
    if (!consent) {
        return Error{Code::Denied, "consent-" + consent.error().message, consent.error().where};
    }
    auto notice = privacy::Notice::build(source.bundle.root(), source.rendition.alias.text(),
                                         *rules, *consent, channel);
    if (!notice) return notice.error();
    return Told{std::move(*notice), std::move(*consent),
                privacy::untold_names(source.bundle.root())};
}

bool is_notice(const Source& source, const Parts& parts) {
    return parts.artifacts.notice_rules_for(source.rendition.stage) != nullptr;
}

/// A finished message that says on an open channel what must not lie on a desk (domain L21).
Status fits(std::string_view bytes, const privacy::Channel& channel) {
    if (!channel.is_open() || channel.rules->unfit_word(bytes).empty()) return {};
    return Error{Code::Denied, "not-for-this-channel", {}};
}

/// meta.versionId is the rendition's version: what If-Match compares.
void stamp(json::Document& resource, std::int64_t version) {
    json::Builder builder(resource);
    json::Node* meta = json::Builder::find(builder.root(), "meta");
    if (!meta) meta = builder.set_object(builder.root(), "meta");
    builder.set(meta, "versionId", std::to_string(version));
}

Result<json::Document> resource_for(const Source& source, const Parts& parts, std::string_view type,
                                    std::string_view id, std::optional<Proof>& proof,
                                    std::string_view& shown_as) {
    if (source.rendition.stage == "release") {
        auto released = release_of(source, parts);
        if (released) {
            proof = std::move(released->proof);
            shown_as = "release";
            auto resource = released_resource(source, parts, released->release, type, id);
            if (resource) stamp(*resource, source.rendition.version);
            return resource;
        }
    }
    auto shown = without_identity(source, parts);
    if (!shown) return shown.error();
    // The others of that list are only there to be referred to.
    if (shown->statuses_only && !is_status(type))
        return Error{Code::NotFound, "only statuses are shown", {}};
    shown_as = shown->statuses_only ? "status" : "offer";
    auto resource = shown->offer.resource(type, id);
    if (resource) stamp(*resource, source.rendition.version);
    return resource;
}

std::shared_ptr<const privacy::LeakScanner> scanner_of(json::Value packet) {
    return std::make_shared<privacy::LeakScanner>(privacy::LeakScanner::of_packet(packet));
}

Result<privacy::Outbound> clear(const Source& source, std::string bytes,
                                const std::optional<Proof>& proof,
                                const privacy::LeakScanner& known) {
    const std::string& hospital = source.rendition.hospital.text();
    if (proof) {
        return privacy::EgressDoor::release(hospital, std::move(bytes), proof->acceptance,
                                            proof->consent);
    }
    return privacy::EgressDoor::offer(hospital, std::move(bytes), known);
}

Reading reading_of(const Source& source, std::string shown_as) {
    return {source.rendition.alias, std::move(shown_as), source.consent.version};
}

void tag_task(json::Document& transaction, const std::string& tag) {
    json::Builder builder(transaction);
    for (const json::Value entry : transaction.root()["entry"]) {
        if (entry["resource"]["resourceType"].text() != "Task") continue;
        json::Node* task = builder.edit(entry["resource"]);
        json::Node* meta = json::Builder::find(task, "meta");
        if (!meta) meta = builder.set_object(task, "meta");
        json::Node* coding = builder.add_object(builder.set_array(meta, "tag"));
        builder.set(coding, "system", kDeliverySystem);
        builder.set(coding, "code", tag);
    }
}

std::string tag_of(const std::string& alias, const std::string& message) {
    const crypto::Digest digest = crypto::sha256(as_bytes(alias + "/" + message));
    return to_hex(BytesView{digest}.first(16));
}
std::string offer_tag(const std::string& alias) { return tag_of(alias, "offer"); }

/// What may leave as it goes out: with all that the worker and the register need of it.
Dispatch dispatch_of(privacy::Outbound body, json::Value transaction, access::Endpoint endpoint,
                     std::string tag, json::Value packet, json::Value bundle, json::Value consent,
                     const std::string& alias, std::int64_t consent_version,
                     std::shared_ptr<const privacy::LeakScanner> known) {
    Dispatch made{std::move(body), std::move(endpoint),
                  "Task/" + partner_id(alias, task_number(bundle)), std::move(tag),
                  consent_version};
    made.consent_ends = privacy::expires(consent);
    made.entries = transaction["entry"].size();
    made.items = items_of(transaction);
    made.person = person_of(packet);
    made.known = std::move(known);
    return made;
}

}  // namespace

std::vector<std::string> items_of(json::Value message) {
    std::vector<std::string> items;
    const auto add = [&](json::Value resource, const auto& again) -> void {
        const std::string_view type = resource["resourceType"].text();
        if (type == "Bundle") {
            for (const json::Value entry : resource["entry"]) again(entry["resource"], again);
            return;
        }
        constexpr std::array<std::string_view, 4> kOfEvery{"resourceType", "id", "meta",
                                                           "identifier"};
        for (const json::Value member : resource) {
            const std::string_view name = member.key();
            if (name.starts_with('_') ||
                std::find(kOfEvery.begin(), kOfEvery.end(), name) != kOfEvery.end())
                continue;
            items.push_back(std::string{type} + "." + std::string{name});
        }
    };
    add(message, add);
    std::sort(items.begin(), items.end());
    items.erase(std::unique(items.begin(), items.end()), items.end());
    return items;
}

std::string person_of(json::Value packet) {
    const std::string_view name = packet["identity"]["name"].text();
    return std::string{name.empty() ? packet["bedRequest"]["patientInitials"].text() : name};
}

privacy::ConsentRequest release_request(const CaseFile& file, Instant now) {
    return request_of(file.row.hospital.text(), *file.programme, privacy::Stage::Release, now);
}

std::string delivery_tag(const store::OutboxRow& row) {
    return row.kind == "offer" ? offer_tag(row.alias.text())
                               : tag_of(row.alias.text(), std::to_string(row.number));
}

Result<Rendered> render_resource(store::Reader& reader, const Parts& parts,
                                 const store::Alias& alias, std::string_view type,
                                 std::string_view id) {
    auto source = load(reader, parts, alias);
    if (!source) return source.error();
    if (is_notice(*source, parts)) {
        auto told = notice_of(*source, parts);
        if (!told) return Error{Code::NotFound, told.error().message, {}};
        auto resource = told->notice.resource(type, id);
        if (!resource) return resource.error();
        stamp(*resource, source->rendition.version);
        auto body =
            privacy::EgressDoor::notice(source->rendition.hospital.text(),
                                        json::write(resource->root()), told->consent, told->untold);
        if (!body) return body.error();
        return Rendered{std::move(*body), reading_of(*source, source->rendition.stage)};
    }
    std::optional<Proof> proof;
    std::string_view shown_as;
    auto resource = resource_for(*source, parts, type, id, proof, shown_as);
    if (!resource) return resource.error();
    auto body = clear(*source, json::write(resource->root()), proof,
                      privacy::LeakScanner::of_packet(source->packet.root()));
    if (!body) return body.error();
    return Rendered{std::move(*body), reading_of(*source, std::string{shown_as})};
}

Result<Searchset> render_searchset(store::Reader& reader, const Parts& parts,
                                   const store::OrganisationId& hospital, std::string_view type,
                                   const std::vector<Hit>& hits) {
    std::vector<Rendered> rendered;
    json::Document bundle;
    json::Builder builder(bundle);
    json::Node* root = builder.object();
    builder.set(root, "resourceType", "Bundle");
    builder.set(root, "type", "searchset");
    json::Node* entries = hits.empty() ? nullptr : builder.set_array(root, "entry");
    for (const auto& hit : hits) {
        // Each resource passes the door by itself, with its own case's identifiers.
        auto cleared = render_resource(reader, parts, hit.alias, type, hit.id);
        if (!cleared) {
            if (cleared.error().code == Code::NotFound) continue;
            return cleared.error();
        }
        auto resource = json::read(cleared->body.bytes());
        if (!resource) return resource.error();
        json::Node* entry = builder.add_object(entries);
        builder.set(entry, "fullUrl",
                    "https://tsunagi.example/fhir/" + std::string{type} + "/" + hit.id);
        builder.set(entry, "resource", resource->root());
        builder.set(builder.set_object(entry, "search"), "mode", "match");
        rendered.push_back(std::move(*cleared));
    }
    // What is not shown is not counted either.
    builder.set_number(root, "total", static_cast<std::int64_t>(rendered.size()));
    if (entries && rendered.empty()) builder.remove(root, "entry");
    auto body = privacy::EgressDoor::plain(hospital.text(), json::write(bundle.root()));
    if (!body) return body.error();
    return Searchset{std::move(*body), std::move(rendered)};
}

Result<Dispatch> render_message(store::Reader& reader, const Parts& parts,
                                const store::OutboxRow& row) {
    auto endpoint = access::thaw(row.destination);
    if (!endpoint) return endpoint.error();
    const privacy::Channel channel{parts.artifacts.channel_rules.get(), endpoint->channel};
    auto source = load(reader, parts, row.alias, endpoint->channel);
    if (!source) return source.error();
    std::optional<Proof> proof;
    std::optional<Told> told;
    json::Document transaction;
    if (row.kind == "notice") {
        auto notice = notice_of(*source, parts, channel);
        if (!notice) return notice.error();
        told = std::move(*notice);
        transaction = told->notice.transaction();
    } else if (row.kind == "release") {
        auto released = release_of(*source, parts, channel);
        if (!released) return released.error();
        transaction = released->release.transaction();
        const auto documents = documents_of_release(*source, parts, released->release);
        if (!documents) return documents.error();
        add_documents(transaction, *documents);
        proof = std::move(released->proof);
    } else {
        auto shown = without_identity(*source, parts, channel);
        if (!shown) return shown.error();
        if (row.kind == "offer" && shown->statuses_only) {
            const auto decision =
                privacy::decide(source->consent.records(),
                                request_for(*source, privacy::Stage::Offer, parts.clock.now()));
            return Error{Code::Denied, "consent-" + decision.code, {}};
        }
        transaction = row.kind == "offer" ? shown->offer.transaction()
                                          : shown->offer.transaction(kStatusTypes);
    }
    if (!told) tag_task(transaction, delivery_tag(row));
    std::string bytes = json::write(transaction.root());
    if (auto fit = fits(bytes, channel); !fit) return fit.error();
    const auto known = scanner_of(source->packet.root());
    auto body = told ? privacy::EgressDoor::notice(row.hospital.text(), std::move(bytes),
                                                   told->consent, told->untold)
                     : clear(*source, std::move(bytes), proof, *known);
    // The log and the operator get a word.
    if (!body) return Error{body.error().code, "stopped-at-the-door", body.error().where};
    return dispatch_of(std::move(*body), transaction.root(), std::move(*endpoint),
                       delivery_tag(row), source->packet.root(), source->bundle.root(),
                       source->consent.resource.root(), row.alias.text(), source->consent.version,
                       known);
}

namespace {

fhir::Issue known_in_offer(const privacy::Finding& finding) {
    fhir::Issue issue;
    issue.type = "business-rule";
    issue.code = "identifier-in-offer";
    issue.rule = "R18";
    issue.expression = finding.cell;
    issue.ja = "受入決定前に送る文面に、この欄の個人情報（" + finding.kind +
               "）が含まれています。本文から除いて送り直してください。";
    issue.en = "What is sent before acceptance contains the identifier of this cell (" +
               finding.kind + "). Remove it from the text and send again.";
    return issue;
}

void add_strings(json::Value at, std::vector<std::string_view>& strings) {
    if (at.is_string()) strings.push_back(at.text());
    for (const json::Value child : at) add_strings(child, strings);
}

/// The packet's own identifiers in an offer: the places of those that stand in texts of the packet,
/// and one issue for each that no single text holds.
struct KnownInOffer {
    std::vector<Place> places;
    std::vector<fhir::Issue> elsewhere;
};
KnownInOffer known_in_offer(json::Value packet, json::Value offer,
                            std::span<const privacy::Finding> found,
                            const privacy::LeakScanner& scanner) {
    KnownInOffer known;
    const auto places = scanner.places_in(packet);
    std::vector<std::string_view> strings;
    add_strings(offer, strings);
    const auto leaves = [&](const privacy::KnownPlace& place) {
        const std::string_view text = cell_at(packet, place.cell).text();
        return std::any_of(strings.begin(), strings.end(),
                           [&](std::string_view each) { return each.find(text) != each.npos; });
    };
    for (const auto& finding : found) {
        // The texts that the offer has as they are written; where it has none, all may be in it.
        std::vector<Place> in_offer, all;
        for (const auto& place : places) {
            if (place.finding.cell != finding.cell) continue;
            all.push_back(place_of(place));
            if (leaves(place)) in_offer.push_back(all.back());
        }
        if (all.empty()) known.elsewhere.push_back(known_in_offer(finding));
        const auto& asked = in_offer.empty() ? all : in_offer;
        known.places.insert(known.places.end(), asked.begin(), asked.end());
    }
    return known;
}

}  // namespace

Act<std::optional<KeptOffer>> try_offer(const Parts& parts, PreparedPacket& prepared,
                                        const std::string& hospital, const std::string& alias) {
    const Instant now = parts.clock.now();
    const privacy::Decision decision =
        privacy::decide(std::vector<privacy::ConsentRecord>{{prepared.consent.root(), 1}},
                        request_of(hospital, *prepared.programme, privacy::Stage::Offer, now));
    if (!decision.permit)
        return refuse(Refused::Denied, "consent-" + decision.code,
                      decision.code == "expired" ? "Packet.consent.validTo" : "Packet.consent",
                      decision.ja, decision.en, "R5");
    auto endpoint = parts.directory.current()->endpoint(store::OrganisationId{hospital}, now);
    if (!endpoint) return *refuse_unreachable(parts, store::OrganisationId{hospital});
    const privacy::Channel channel{parts.artifacts.channel_rules.get(), endpoint->channel};
    const json::Document bundle =
        bundle_for(prepared.bundle.root(), prepared.consent.root(), *prepared.programme,
                   programme::Journey{}, programme::state::kSent, hospital);
    auto offer = privacy::Offer::build(bundle.root(), alias, *parts.artifacts.offer_rules,
                                       decision.withheld, channel);
    if (!offer) return refuse(offer.error());
    const auto scanner = scanner_of(prepared.packet.root());
    json::Document transaction = offer->transaction();
    tag_task(transaction, offer_tag(alias));
    auto body = privacy::EgressDoor::offer(hospital, json::write(transaction.root()), *scanner);
    if (body) {
        return KeptOffer{dispatch_of(std::move(*body), transaction.root(), std::move(*endpoint),
                                     offer_tag(alias), prepared.packet.root(), bundle.root(),
                                     prepared.consent.root(), alias, 1, scanner),
                         decision.withheld};
    }
    const auto found = scanner->scan(json::write(transaction.root()));
    auto known = known_in_offer(prepared.packet.root(), transaction.root(), found, *scanner);
    if (known.places.empty() || !known.elsewhere.empty()) {
        auto issues = issues_of(known.places, fhir::IssueSeverity::Error);
        std::move(known.elsewhere.begin(), known.elsewhere.end(), std::back_inserter(issues));
        return issues.empty() ? refuse(body.error()) : Refusal{Refused::Content, std::move(issues)};
    }
    prepared.findings = merged(std::move(prepared.findings), std::move(known.places));
    return std::optional<KeptOffer>{};
}

Result<bool> is_current(store::Reader& reader, const Parts& parts, const store::OutboxRow& row,
                        const KeptOffer& offer) {
    const auto endpoint = access::thaw(row.destination);
    if (!endpoint) return endpoint.error();
    const auto rendition = reader.find_rendition(row.alias);
    if (!rendition) return rendition.error();
    const auto file = reader.find_case(row.case_id);
    if (!file) return file.error();
    const auto consent = read_consent(reader, row.case_id);
    if (!consent) return consent.error();
    const programme::Programme* programme = parts.artifacts.programme(file->programme);
    if (!programme || file->version != 1 || rendition->version != 1 || consent->version != 1 ||
        *endpoint != offer.dispatch.endpoint ||
        rendition->hospital.text() != offer.dispatch.body.recipient())
        return false;
    const privacy::Channel channel{parts.artifacts.channel_rules.get(), endpoint->channel};
    if (channel.is_open()) return false;  // asked anew what may go that way
    const auto decision =
        privacy::decide(consent->records(), request_of(rendition->hospital.text(), *programme,
                                                       privacy::Stage::Offer, parts.clock.now()));
    return decision.permit && decision.withheld == offer.withheld;
}

Result<Rendered> render_notice(store::Reader& reader, const Parts& parts, const CaseFile& file,
                               const store::OrganisationId& recipient, std::string_view channel) {
    auto rendition = reader.find_rendition(file.row.id, recipient);
    if (!rendition) return rendition.error();
    auto source = load(reader, parts, rendition->alias, channel);
    if (!source) return source.error();
    if (!is_notice(*source, parts)) return Error{Code::NotFound, "not a notice", {}};
    const privacy::Channel way{parts.artifacts.channel_rules.get(), channel};
    auto told = notice_of(*source, parts, way);
    if (!told) return told.error();
    json::Document document;
    json::Builder builder(document);
    json::Node* root = builder.object();
    builder.set(root, "resourceType", "Bundle");
    builder.set(root, "type", "collection");
    json::Node* entries = builder.set_array(root, "entry");
    const json::Document transaction = told->notice.transaction();
    for (const json::Value each : transaction.root()["entry"]) {
        json::Node* entry = builder.add_object(entries);
        builder.set(entry, "fullUrl", each["fullUrl"].text());
        builder.set(entry, "resource", each["resource"]);
    }
    std::string bytes = json::write(document.root());
    if (auto fit = fits(bytes, way); !fit) return fit.error();
    auto body = privacy::EgressDoor::notice(recipient.text(), std::move(bytes), told->consent,
                                            told->untold);
    if (!body) return body.error();
    return Rendered{std::move(*body), reading_of(*source, source->rendition.stage)};
}

}  // namespace tsunagi::exchange

#include "exchange/notice_rendering.h"

#include <array>
#include <charconv>
#include <string>
#include <utility>

#include "exchange/notices.h"
#include "json/builder.h"

namespace tsunagi::exchange {
namespace {

using json::Builder;
using json::Node;

constexpr std::string_view kCodes = "https://tsunagi.example/fhir/CodeSystem/";

void tag(Builder& builder, Node* resource, std::string_view data_class) {
    Node* coding =
        builder.add_object(builder.set_array(builder.set_object(resource, "meta"), "tag"));
    builder.set(coding, "system", std::string{kCodes} + "information-kind");
    builder.set(coding, "code", data_class);
}

/// v3-ParticipationMode.
std::string_view medium(std::string_view channel) {
    constexpr std::array<std::pair<std::string_view, std::string_view>, 4> kMedia{
        {{"paper", "WRITTEN"}, {"fax", "FAXWRIT"}, {"email", "EMAILWRIT"}, {"phone", "PHONE"}}};
    for (const auto& [known, code] : kMedia) {
        if (known == channel) return code;
    }
    return "ONLINEWRIT";
}

/// The fullUrl of the first entry of this type.
std::string full_url(json::Value bundle, std::string_view type) {
    for (const json::Value entry : bundle["entry"]) {
        if (entry["resource"]["resourceType"].text() == type)
            return std::string{entry["fullUrl"].text()};
    }
    return {};
}

}  // namespace

json::Value contact_of(json::Value packet, const store::OrganisationId& recipient) {
    const std::string prefix = std::string{kFamily} + "-";
    const std::string& text = recipient.text();
    if (!text.starts_with(prefix)) return {};
    std::size_t number = 0;
    const char* end = text.data() + text.size();
    const auto [read, fault] = std::from_chars(text.data() + prefix.size(), end, number);
    if (fault != std::errc{} || read != end || number == 0) return {};
    return packet["patientSheet"]["contacts"].at(number - 1);
}

void add_notice(json::Document& bundle, const Parts& parts, const CaseFile& file,
                const store::RenditionRow& rendition, json::Value packet,
                std::string_view channel) {
    const std::string patient = full_url(bundle.root(), "Patient"),
                      order = full_url(bundle.root(), "ServiceRequest"),
                      sender = full_url(bundle.root(), "PractitionerRole"),
                      clinic = full_url(bundle.root(), "Organization");
    Builder builder(bundle);
    // In front: identity and others' hops come later and stand behind, and ids are places.
    const json::Value before = bundle.root()["entry"];
    Node* entries = builder.detached(json::Kind::Array);
    const std::string recipient = "urn:uuid:" + rendition.alias.text();

    Node* entry = builder.add_object(entries);
    builder.set(entry, "fullUrl", recipient);
    Node* who = builder.set_object(entry, "resource");
    if (rendition.stage == kFamily) {
        builder.set(who, "resourceType", "RelatedPerson");
        tag(builder, who, "stay");
        builder.set(who, "active", true);
        builder.set(builder.set_object(who, "patient"), "reference", patient);
        Node* relationship = builder.add_object(builder.set_array(who, "relationship"));
        Node* coding = builder.add_object(builder.set_array(relationship, "coding"));
        builder.set(coding, "system", std::string{kCodes} + "recipient-kind");
        builder.set(coding, "code", kFamily);
        if (const json::Value contact = contact_of(packet, rendition.hospital)) {
            Node* relation = builder.add_object(builder.set_array(
                builder.add_object(Builder::find(who, "relationship")), "coding"));
            builder.set(relation, "system", std::string{kCodes} + "relation");
            builder.set(relation, "code", contact["relation"].text());
        }
    } else {
        builder.set(who, "resourceType", "Organization");
        builder.set(who, "active", true);
        const auto directory = parts.directory.current();
        const access::Organisation* known = directory->find(rendition.hospital);
        builder.set(who, "name", known ? known->name_ja : rendition.hospital.text());
    }

    Node* said = builder.set_object(builder.add_object(entries), "resource");
    builder.set(said, "resourceType", "Communication");
    tag(builder, said, "stay");
    builder.set(said, "status", "completed");
    Node* category = builder.add_object(builder.set_array(said, "category"));
    Node* kind = builder.add_object(builder.set_array(category, "coding"));
    builder.set(kind, "system", std::string{kCodes} + "form-item");
    builder.set(kind, "code", "stay-notice");
    Node* by = builder.add_object(builder.set_array(said, "medium"));
    Node* mode = builder.add_object(builder.set_array(by, "coding"));
    builder.set(mode, "system", "http://terminology.hl7.org/CodeSystem/v3-ParticipationMode");
    builder.set(mode, "code", medium(channel));
    builder.set(builder.set_object(said, "subject"), "reference", patient);
    builder.set(builder.add_object(builder.set_array(said, "about")), "reference", order);
    builder.set(said, "sent", format_instant(parts.clock.now(), file.programme->zone()));
    builder.set(builder.add_object(builder.set_array(said, "recipient")), "reference", recipient);
    // The sender's role does not leave: the clinic speaks.
    builder.set(builder.set_object(said, "sender"), "reference", clinic);

    for (const json::Value each : before) builder.add(entries, each);
    builder.remove(builder.root(), "entry");
    builder.attach(builder.root(), "entry", entries);
}

}  // namespace tsunagi::exchange

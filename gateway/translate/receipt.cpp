#include "translate/receipt.h"

#include <algorithm>
#include <unordered_map>
#include <utility>

#include "json/builder.h"

namespace tsunagi::translate {

std::string_view name(Outcome outcome) {
    switch (outcome) {
        case Outcome::Mapped:
            return "mapped";
        case Outcome::KeptAsText:
            return "kept-as-text";
        case Outcome::Dropped:
            return "dropped";
        case Outcome::Unaccounted:
            return "unaccounted";
    }
    return {};
}

std::size_t Receipt::count(Outcome outcome) const noexcept {
    return static_cast<std::size_t>(std::count_if(
        rows_.begin(), rows_.end(), [&](const ReceiptRow& row) { return row.outcome == outcome; }));
}

json::Document to_json(const Receipt& receipt) {
    json::Document document;
    json::Builder builder(document);
    json::Node* root = builder.object();
    for (const Outcome outcome :
         {Outcome::Mapped, Outcome::KeptAsText, Outcome::Dropped, Outcome::Unaccounted}) {
        builder.set_number(root, name(outcome), static_cast<std::int64_t>(receipt.count(outcome)));
    }
    json::Node* rows = builder.set_array(root, "rows");
    for (const ReceiptRow& row : receipt.rows()) {
        json::Node* made = builder.add_object(rows);
        builder.set(made, "cell", row.cell);
        builder.set(made, "outcome", name(row.outcome));
        if (!row.targets.empty()) {
            json::Node* targets = builder.set_array(made, "targets");
            for (const auto target : row.targets) builder.add(targets, target);
        }
        if (!row.reason.empty()) builder.set(made, "reason", row.reason);
        if (!row.rule.empty()) builder.set(made, "rule", row.rule);
    }
    return document;
}

json::Document provenance_of(const Receipt& receipt, json::Value bundle) {
    std::unordered_map<const json::Node*, std::string_view> urls;
    for (const json::Value entry : bundle["entry"])
        urls.emplace(entry["resource"].node(), entry["fullUrl"].text());
    json::Document document;
    json::Builder builder(document);
    json::Node* root = builder.object();
    builder.set(root, "resourceType", "Provenance");
    json::Node* targets = builder.set_array(root, "target");
    std::string_view cell, element;
    const json::Node* resource = nullptr;
    for (const Origin& origin : receipt.origins()) {
        const auto url = urls.find(origin.resource);
        const bool again =
            origin.cell == cell && origin.element == element && origin.resource == resource;
        if (url == urls.end() || again) continue;
        cell = origin.cell, element = origin.element, resource = origin.resource;
        json::Node* target = builder.add_object(targets);
        json::Node* extension = builder.add_object(builder.set_array(target, "extension"));
        builder.set(extension, "url",
                    "https://tsunagi.example/fhir/StructureDefinition/element-origin");
        json::Node* parts = builder.set_array(extension, "extension");
        for (const auto& [name, text] : {std::pair{"element", element}, std::pair{"cell", cell}}) {
            json::Node* part = builder.add_object(parts);
            builder.set(part, "url", name);
            builder.set(part, "valueString", text);
        }
        builder.set(target, "reference", url->second);
    }
    builder.set(root, "recorded", bundle["timestamp"].text());
    json::Node* agent = builder.add_object(builder.set_array(root, "agent"));
    json::Node* coding =
        builder.add_object(builder.set_array(builder.set_object(agent, "type"), "coding"));
    builder.set(coding, "system",
                "http://terminology.hl7.org/CodeSystem/provenance-participant-type");
    builder.set(coding, "code", "assembler");
    builder.set(builder.set_object(agent, "who"), "display", "つなぎ (Tsunagi)");
    return document;
}

}  // namespace tsunagi::translate

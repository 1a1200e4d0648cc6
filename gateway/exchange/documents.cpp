#include "exchange/documents.h"

#include <algorithm>
#include <string>
#include <utility>

#include "base/random.h"
#include "crypto/digest.h"
#include "exchange/case_file.h"
#include "json/builder.h"
#include "translate/translator.h"

namespace tsunagi::exchange {
namespace {

using json::Builder;
using json::Node;

constexpr std::string_view kBase = "https://tsunagi.example/fhir/";
constexpr std::string_view kHospitalSystem =
    "https://tsunagi.example/fhir/NamingSystem/organization";
constexpr std::string_view kInstitutionSystem =
    "http://jpfhir.jp/fhir/core/IdSystem/insurance-medical-institution-no";
constexpr std::string_view kUnsigned =
    "https://tsunagi.example/fhir/StructureDefinition/electronic-signature";

/// The uuids of one document: always the same for one rendition of one translation, others for
/// another hospital. They are no secrets: the hospital that gets them knows the alias.
class RepeatableRandom final : public Random {
public:
    explicit RepeatableRandom(std::string seed) : seed_(std::move(seed)) {}
    void fill(std::span<std::uint8_t> out) override {
        while (!out.empty()) {
            const crypto::Digest block =
                crypto::sha256(as_bytes(seed_ + "/" + std::to_string(turn_++)));
            const std::size_t taken = std::min(out.size(), block.size());
            std::copy_n(block.begin(), taken, out.begin());
            out = out.subspan(taken);
        }
    }

private:
    std::string seed_;
    std::uint64_t turn_ = 0;
};

fhirpath::Context context_of(json::Value bundle, const Artifacts& artifacts) {
    fhirpath::Context context;
    context.definitions = artifacts.definitions.get();
    context.focus = fhirpath::item_of(bundle, artifacts.definitions.get());
    return context;
}

/// The needs of `kind` that are not met. Where it is open whether one is, it is not.
Result<std::vector<const DocumentKind::Need*>> unmet(const DocumentKind& kind,
                                                     const fhirpath::Context& context) {
    std::vector<const DocumentKind::Need*> found;
    for (const auto& need : kind.needs) {
        if (need.when) {
            const auto asked = fhirpath::holds(*need.when, context);
            if (!asked) return asked.error();
            if (!*asked) continue;
        }
        const auto met = fhirpath::holds(need.holds, context);
        if (!met) return met.error();
        if (!*met) found.push_back(&need);
    }
    return found;
}

json::Document reference_to(const DocumentKind& kind, json::Value release, json::Value document,
                            std::string_view alias, Instant made, std::chrono::minutes zone) {
    json::Document written;
    Builder builder(written);
    Node* root = builder.object();
    builder.set(root, "resourceType", "DocumentReference");
    builder.set(root, "id", partner_id(alias, reference_number(kind)));
    Node* mark = builder.add_object(builder.set_array(root, "extension"));
    builder.set(mark, "url", kUnsigned);
    builder.set(mark, "valueCode", "unsigned");
    builder.set(root, "masterIdentifier", document["identifier"]);
    builder.set(root, "status", "current");
    builder.set(root, "docStatus", "final");
    Node* type = builder.set_object(root, "type");
    Node* coding = builder.add_object(builder.set_array(type, "coding"));
    builder.set(coding, "system", kind.type_system);
    builder.set(coding, "code", kind.type_code);
    builder.set(coding, "display", kind.type_display);
    for (const json::Value entry : release["entry"]) {
        const json::Value resource = entry["resource"];
        if (resource["resourceType"].text() != "Patient") continue;
        builder.set(builder.set_object(root, "subject"), "reference",
                    "Patient/" + std::string{resource["id"].text()});
    }
    builder.set(root, "date", format_instant(made, zone));
    // L14: read by a person who opens the list of documents, not only by a program.
    builder.set(root, "description",
                kind.ja + "（電子署名なし：記名押印した紙か電子署名が別に必要です）／" + kind.en +
                    " (unsigned: paper with seal or an electronic signature is still needed)");
    Node* attachment =
        builder.set_object(builder.add_object(builder.set_array(root, "content")), "attachment");
    builder.set(attachment, "contentType", "application/fhir+json");
    builder.set(attachment, "url", "Bundle/" + partner_id(alias, bundle_number(kind)));
    builder.set(attachment, "title", kind.ja);
    return written;
}

void add_entry(Builder& builder, Node* entries, json::Value resource) {
    const std::string url =
        std::string{resource["resourceType"].text()} + "/" + std::string{resource["id"].text()};
    Node* entry = builder.add_object(entries);
    builder.set(entry, "fullUrl", std::string{kBase} + url);
    builder.set(entry, "resource", resource);
    Node* request = builder.set_object(entry, "request");
    builder.set(request, "method", "PUT");
    builder.set(request, "url", url);
}

}  // namespace

void add_directory(json::Document& bundle, const programme::Programme& programme) {
    Builder builder(bundle);
    for (const json::Value entry : bundle.root()["entry"]) {
        const json::Value resource = entry["resource"];
        if (resource["resourceType"].text() != "Organization") continue;
        for (const json::Value identifier : resource["identifier"]) {
            if (identifier["system"].text() != kHospitalSystem) continue;
            const programme::Hospital* known = programme.hospital(identifier["value"].text());
            if (!known || known->institution_code.empty()) return;
            Node* added = builder.add_object(Builder::find(builder.edit(resource), "identifier"));
            builder.set(added, "system", kInstitutionSystem);
            builder.set(added, "value", known->institution_code);
            return;
        }
    }
}

Result<std::vector<fhir::Issue>> missing_cells(json::Value bundle, const Artifacts& artifacts) {
    const fhirpath::Context context = context_of(bundle, artifacts);
    std::vector<fhir::Issue> issues;
    for (const auto& kind : artifacts.documents) {
        const auto exists = fhirpath::holds(kind.of, context);
        if (!exists) return exists.error();
        if (!*exists) continue;
        const auto lacks = unmet(kind, context);
        if (!lacks) return lacks.error();
        for (const auto* need : *lacks) {
            const bool known = std::any_of(issues.begin(), issues.end(), [&](const auto& issue) {
                return issue.code == need->key;
            });
            if (known) continue;
            fhir::Issue issue;
            issue.severity = fhir::IssueSeverity::Information;
            issue.type = "business-rule";
            issue.code = need->key;
            issue.fault = need->fault;
            issue.expression = need->cell;
            issue.ja = need->ja;
            issue.en = need->en;
            issues.push_back(std::move(issue));
        }
    }
    return issues;
}

Result<std::vector<ReleasedDocument>> documents_of(json::Value release, std::string_view alias,
                                                   const Artifacts& artifacts, Instant made,
                                                   std::chrono::minutes zone) {
    const fhirpath::Context context = context_of(release, artifacts);
    std::vector<ReleasedDocument> documents;
    for (const auto& kind : artifacts.documents) {
        const auto exists = fhirpath::holds(kind.of, context);
        if (!exists) return exists.error();
        if (!*exists) continue;
        const auto lacks = unmet(kind, context);
        if (!lacks) return lacks.error();
        const std::string& map = lacks->empty() ? kind.map : kind.otherwise;
        if (map.empty()) continue;
        RepeatableRandom random(std::string{alias} + "/" + kind.id + "/" +
                                format_instant(made, std::chrono::minutes{0}));
        auto translated = translate::transform(*artifacts.maps, map, release, {made, zone, random});
        if (!translated) return translated.error();
        if (fhir::has_error(translated->issues))
            return Error{Code::Internal, "the document's map found a fault", kind.id};
        json::Document bundle = std::move(translated->output);
        Builder builder(bundle);
        builder.set(builder.root(), "id", partner_id(alias, bundle_number(kind)));
        json::Document reference = reference_to(kind, release, bundle.root(), alias, made, zone);
        documents.push_back({std::move(reference), std::move(bundle), lacks->empty()});
    }
    return documents;
}

void add_documents(json::Document& transaction, const std::vector<ReleasedDocument>& documents) {
    Builder builder(transaction);
    Node* entries = Builder::find(builder.root(), "entry");
    if (!entries) return;
    for (const auto& document : documents) {
        add_entry(builder, entries, document.reference.root());
        add_entry(builder, entries, document.bundle.root());
    }
}

}  // namespace tsunagi::exchange

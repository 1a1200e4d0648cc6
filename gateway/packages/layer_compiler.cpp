#include "packages/layer_compiler.h"

#include <deque>
#include <map>
#include <set>
#include <string>
#include <unordered_map>

#include "fhir/pack_writer.h"
#include "fhirpath/expression.h"
#include "validate/snapshot.h"

namespace tsunagi::packages {
namespace {

using json::Value;

constexpr std::string_view kSystemTypes = "http://hl7.org/fhirpath/System.";
constexpr std::string_view kMaxValueSet =
    "http://hl7.org/fhir/StructureDefinition/elementdefinition-maxValueSet";
constexpr std::string_view kBase = "http://hl7.org/fhir/StructureDefinition/Base";
constexpr std::size_t kMaxBases = 64;  ///< how many definitions may stand on each other

std::string_view without_version(std::string_view canonical) {
    return canonical.substr(0, canonical.find('|'));
}

class LayerCompiler {
public:
    explicit LayerCompiler(const fhir::Definitions& below) : below_(below), snapshots_(below) {}

    void take(Value resource) {
        const std::string_view type = resource["resourceType"].text();
        if (type == "Bundle") {
            for (const Value entry : resource["entry"]) take(entry["resource"]);
            return;
        }
        const std::string url{without_version(resource["url"].text())};
        if (url.empty()) return;
        if (type == "StructureDefinition") {
            if (below_.type(url) || !structures_.try_emplace(url, resource).second) return;
            order_.push_back(url);
            snapshots_.offer(resource);
        } else if (type == "ValueSet" || type == "CodeSystem" || type == "ConceptMap" ||
                   type == "Questionnaire" || type == "SearchParameter") {
            others_.push_back(resource);
            if (type == "ValueSet") value_sets_.emplace(url, resource);
            if (type == "CodeSystem") code_systems_.insert(url);
        }
    }

    Result<Bytes> compile(const std::vector<fhir::Note>& notes) {
        make_snapshots();
        refuse_circles();
        refuse_unknown_types();
        fhir::PackWriter writer(&below_);
        for (const Value each : others_) {
            Status added = check_search(each);
            if (added) added = writer.add(each);
            if (!added) refuse(std::string{each["url"].text()}, added.error().message);
        }
        for (const std::string& url : order_) {
            const auto at = structures_.find(url);
            if (at == structures_.end()) continue;
            if (const Status added = writer.add(at->second); !added) {
                refuse(url, added.error().message + ": " + added.error().where);
                continue;
            }
            look_for_references(at->second);
        }
        for (const fhir::Note& each : notes) writer.add_note(each.kind, each.subject, each.reason);
        for (const auto& [url, reason] : refused_) writer.add_note(note::kRefused, url, reason);
        for (const auto& [kind, urls] : missing_) {
            for (const auto& [url, user] : urls) writer.add_note(kind, url, user);
        }
        return writer.finish();
    }

private:
    void refuse(const std::string& url, const std::string& reason) {
        refused_.try_emplace(url, reason);
        structures_.erase(url);
    }

    void make_snapshots() {
        for (const std::string& url : order_) {
            const Value resource = structures_.at(url);
            if (!resource["snapshot"]["element"].empty()) continue;
            // A model of its own needs none: its differential is the whole.
            if (resource["kind"].text() == "logical" &&
                resource["derivation"].text() != "constraint") {
                continue;
            }
            auto made = snapshots_.generate(resource);
            if (made) {
                made_.push_back(std::move(*made));
                structures_.at(url) = made_.back().root();
            } else {
                refuse(url, made.error().message + ": " + made.error().where);
            }
        }
    }

    void refuse_circles() {
        std::vector<std::string> circular;
        for (const std::string& url : order_) {
            std::string at = url;
            std::size_t bases = 0;
            for (auto found = structures_.find(at);
                 found != structures_.end() && bases <= kMaxBases; ++bases) {
                at = without_version(found->second["baseDefinition"].text());
                found = structures_.find(at);
            }
            if (bases > kMaxBases) circular.push_back(url);
        }
        for (const std::string& url : circular)
            refuse(url, "base definitions form a circle or are too many");
    }

    bool is_known_type(const std::string& code) const {
        return code.empty() || code.starts_with(kSystemTypes) || below_.type(code) ||
               structures_.contains(code) || names_.contains(code);
    }

    const Value elements_of(Value structure) const {
        const Value snapshot = structure["snapshot"]["element"];
        return snapshot.empty() ? structure["differential"]["element"] : snapshot;
    }

    /// Leaving one out may leave another without its type: until nothing changes. Whoever needs
    /// more rounds finds the pack refused when it is opened.
    void refuse_unknown_types() {
        bool changed = true;
        for (std::size_t round = 0; changed && round < kMaxBases; ++round) {
            changed = false;
            names_.clear();
            for (const auto& [url, resource] : structures_) {
                if (resource["derivation"].text() != "constraint") {
                    const std::string_view type = resource["type"].text();
                    names_.emplace(type.substr(type.rfind('/') + 1));
                    names_.emplace(type);
                }
            }
            for (const std::string& url : order_) {
                const auto at = structures_.find(url);
                if (at == structures_.end()) continue;
                if (const std::string fault = unknown_type(at->second); !fault.empty()) {
                    refuse(url, fault);
                    changed = true;
                }
            }
        }
    }

    std::string unknown_type(Value structure) const {
        const std::string base{without_version(structure["baseDefinition"].text())};
        if (structure["snapshot"]["element"].empty() && !base.empty() && base != kBase &&
            !below_.type(base) && !structures_.contains(base)) {
            return "base definition is unknown: " + base;
        }
        for (const Value element : elements_of(structure)) {
            for (const Value type : element["type"]) {
                const std::string code{type["code"].text()};
                if (!is_known_type(code))
                    return "unknown type " + code + ": " + std::string{element["path"].text()};
            }
        }
        return {};
    }

    void miss(std::string_view kind, std::string_view canonical, Value user) {
        missing_[kind].try_emplace(std::string{without_version(canonical)}, user["url"].text());
    }

    bool is_known_definition(std::string_view canonical) const {
        const std::string url{without_version(canonical)};
        return url.empty() || url == kBase || below_.type(url) || structures_.contains(url);
    }

    void look_for_references(Value structure) {
        if (!is_known_definition(structure["baseDefinition"].text()))
            miss(note::kDefinition, structure["baseDefinition"].text(), structure);
        for (const Value element : elements_of(structure)) {
            for (const Value type : element["type"]) {
                for (const char* list : {"profile", "targetProfile"}) {
                    for (const Value each : type[list]) {
                        if (!is_known_definition(each.text()))
                            miss(note::kDefinition, each.text(), structure);
                    }
                }
            }
            const Value binding = element["binding"];
            const std::string_view strength = binding["strength"].text();
            if (strength == "required" || strength == "extensible")
                look_for_value_set(binding["valueSet"].text(), structure);
            for (const Value each : binding["extension"]) {
                if (each["url"].text() != kMaxValueSet) continue;
                look_for_value_set(each["valueCanonical"].text(), structure);
                look_for_value_set(each["valueUri"].text(), structure);
            }
        }
    }

    void look_for_value_set(std::string_view canonical, Value user) {
        const std::string url{without_version(canonical)};
        if (url.empty() || below_.value_set(url) || !looked_for_.insert(url).second) return;
        const auto at = value_sets_.find(url);
        if (at == value_sets_.end()) {
            miss(note::kValueSet, url, user);
            return;
        }
        if (at->second["expansion"]["contains"]) return;
        const Value compose = at->second["compose"];
        for (const char* list : {"include", "exclude"}) {
            for (const Value part : compose[list]) {
                for (const Value each : part["valueSet"]) look_for_value_set(each.text(), user);
                const std::string system{without_version(part["system"].text())};
                if (!system.empty() && !part["concept"] && !code_systems_.contains(system) &&
                    !below_.code_system(system)) {
                    miss(note::kCodeSystem, system, at->second);
                }
            }
        }
    }

    const fhir::Definitions& below_;
    validate::Snapshots snapshots_;
    std::unordered_map<std::string, Value> structures_;  ///< what is still to be used
    std::vector<std::string> order_;
    std::vector<Value> others_;
    std::unordered_map<std::string, Value> value_sets_;
    std::set<std::string> code_systems_, names_, looked_for_;
    std::deque<json::Document> made_;
    std::map<std::string, std::string> refused_;
    std::map<std::string_view, std::map<std::string, std::string>> missing_;
};

}  // namespace

Status check_search(json::Value resource) {
    if (resource["resourceType"].text() != "SearchParameter") return {};
    const auto check = [&](std::string_view expression) -> Status {
        if (expression.empty()) return {};
        const auto parsed = fhirpath::Expression::parse(expression);
        if (parsed) return {};
        return Error{Code::Invalid, parsed.error().message + " (" + parsed.error().where + ")",
                     std::string{resource["url"].text()}};
    };
    Status checked = check(resource["expression"].text());
    for (const Value each : resource["component"]) {
        if (checked) checked = check(each["expression"].text());
    }
    return checked;
}

Result<Bytes> compile_layer(const std::vector<json::Document>& resources,
                            const std::vector<fhir::Note>& notes, const fhir::Definitions& below) {
    LayerCompiler compiler(below);
    for (const json::Document& each : resources) compiler.take(each.root());
    return compiler.compile(notes);
}

}  // namespace tsunagi::packages

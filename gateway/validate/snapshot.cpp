#include "validate/snapshot.h"

#include <set>
#include <string>
#include <unordered_map>
#include <utility>

#include "json/builder.h"
#include "validate/snapshot_generator.h"
#include "validate/snapshot_source.h"

namespace tsunagi::validate {
namespace {

using snapshot::Node;

constexpr std::string_view kCore = "http://hl7.org/fhir/StructureDefinition/";
constexpr std::size_t kMaxUnderWay = 64;

std::string_view without_version(std::string_view canonical) {
    return canonical.substr(0, canonical.find('|'));
}

/// Every element says where it was defined first; where a snapshot leaves that out, here.
void require_base(json::Builder& builder, Node& node) {
    if (node.element && !node.element["base"]) {
        json::Node* base = builder.detached(json::Kind::Object);
        builder.set(base, "path", node.element["path"].text());
        builder.set_number(base, "min", node.element["min"].integer());
        builder.set(base, "max", node.element["max"].text());
        node.element = snapshot::with_member(builder, node.element, "base", json::Value{base});
    }
    for (Node& each : node.children) require_base(builder, each);
    for (Node& each : node.slices) require_base(builder, each);
}

}  // namespace

/// A definition with its snapshot as a tree; the tree views the documents.
struct Known {
    json::Document document, bases;
    Node tree;
};

struct Snapshots::Impl final : snapshot::World {
    explicit Impl(const fhir::Definitions& all) : definitions_(all) {}

    const fhir::Definitions& definitions() const override { return definitions_; }

    bool is_under_way(std::string_view url) const override {
        return under_way_.contains(std::string{without_version(url)});
    }

    Result<const Node*> tree(std::string_view name_or_url) override {
        std::string url{without_version(name_or_url)};
        if (url.find(':') == std::string::npos) url.insert(0, kCore);
        if (const auto at = known_.find(url); at != known_.end()) return &at->second->tree;
        if (under_way_.contains(url)) return static_cast<const Node*>(nullptr);
        auto made = std::make_unique<Known>();
        if (const auto at = offered_.find(url); at != offered_.end()) {
            json::Value definition = at->second;
            if (definition["snapshot"]["element"].empty()) {
                auto generated = generate(definition);
                if (!generated) return generated.error();
                made->document = std::move(*generated);
                definition = made->document.root();
            }
            auto read = snapshot::read_snapshot(definition["snapshot"]["element"]);
            if (!read) return named(read.error(), url);
            made->tree = std::move(*read);
        } else {
            const fhir::TypeDef* type = definitions_.type(url);
            if (!type) return static_cast<const Node*>(nullptr);
            made->document = snapshot::structure_definition(*type, definitions_);
            auto read = snapshot::read_snapshot(made->document.root()["snapshot"]["element"]);
            if (!read) return named(read.error(), url);
            made->tree = std::move(*read);
        }
        json::Builder builder(made->bases);
        require_base(builder, made->tree);
        return &known_.emplace(std::move(url), std::move(made)).first->second->tree;
    }

    Result<json::Document> generate(json::Value definition) {
        if (definition["resourceType"].text() != "StructureDefinition")
            return Error{Code::Invalid, "not a StructureDefinition", {}};
        const std::string url{without_version(definition["url"].text())};
        if (definition["differential"]["element"].empty()) {
            if (definition["snapshot"]["element"]) return json::clone(definition);
            if (definition["baseDefinition"].text().empty())
                return Error{Code::Invalid, "StructureDefinition without elements", url};
        }
        if (!under_way_.insert(url).second)
            return Error{Code::Invalid, "definition is built on itself", url};
        auto made = under_way_.size() > kMaxUnderWay
                        ? Result<json::Document>{Error{
                              Code::Invalid, "definitions are built on each other too deeply", url}}
                        : snapshot::generate(*this, definition);
        under_way_.erase(url);
        if (!made) return named(made.error(), url);
        return made;
    }

    void offer(json::Value definition) {
        if (definition["resourceType"].text() != "StructureDefinition") return;
        offered_.try_emplace(std::string{without_version(definition["url"].text())}, definition);
    }

private:
    static Error named(const Error& error, const std::string& url) {
        const bool has_url = error.where.find(':') != std::string::npos;
        return Error{error.code, error.message, has_url ? error.where : url + " " + error.where};
    }

    const fhir::Definitions& definitions_;
    std::unordered_map<std::string, json::Value> offered_;
    std::unordered_map<std::string, std::unique_ptr<Known>> known_;
    std::set<std::string> under_way_;
};

Snapshots::Snapshots(const fhir::Definitions& definitions)
    : impl_(std::make_unique<Impl>(definitions)) {}
Snapshots::~Snapshots() = default;
Snapshots::Snapshots(Snapshots&&) noexcept = default;
Snapshots& Snapshots::operator=(Snapshots&&) noexcept = default;

void Snapshots::offer(json::Value structure_definition) { impl_->offer(structure_definition); }

Result<json::Document> Snapshots::generate(json::Value structure_definition) {
    return impl_->generate(structure_definition);
}

}  // namespace tsunagi::validate

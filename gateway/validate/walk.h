#pragma once
#include <cstdint>
#include <string_view>
#include <utility>
#include <vector>

#include "fhir/bundle.h"
#include "fhir/definitions.h"
#include "fhir/issue.h"
#include "json/document.h"
#include "validate/finding.h"
#include "validate/invariants.h"
#include "validate/known_types.h"
#include "validate/place.h"

namespace tsunagi::validate {

/// One validation: goes down a tree together with its definitions and collects what is wrong. Where
/// nothing is, it allocates nothing but the index of a Bundle. Internal to the module.
class Walk {
public:
    static constexpr std::uint32_t kMaxDepth = 64;
    /// A hostile text must not grow into a larger answer; after so many findings the walk ends.
    static constexpr std::size_t kMaxFindings = 1000;

    Walk(const fhir::Definitions& definitions, const KnownTypes& known,
         const Invariants& invariants)
        : definitions_(definitions), known_(known), invariants_(invariants) {}

    /// `model` null: by resourceType. `root_name` empty: the resourceType.
    void root(json::Value value, const fhir::TypeDef* model, std::string_view root_name);
    void report(Finding finding, const Place& place, std::uint32_t offset, Detail detail = {});

    std::vector<fhir::Issue> take_issues();

private:
    /// What references and contained resources are looked up in.
    struct Surroundings {
        json::Value container;  ///< the resource that holds the contained ones
        const fhir::BundleIndex* bundle = nullptr;
        const fhir::Entry* entry = nullptr;  ///< of `bundle`, around the container
        bool is_contained = false;
    };

    bool has_room(const Place& place, std::uint32_t offset);
    void add(fhir::Issue issue);

    void object(json::Value value, const fhir::TypeDef& type, const Place& place, bool is_resource);
    void member(json::Value value, const fhir::Member& member, json::Value parent, Place& place);
    void companion(json::Value value, const fhir::Member& member, json::Value partner,
                   Place& place);
    void one(json::Value value, const fhir::Member& member, const Place& place);
    void primitive(json::Value value, const fhir::TypeDef& type, const Place& place);
    void missing(json::Value value, const fhir::TypeDef& type, const fhir::TypeDef::Mask& seen,
                 const Place& place);
    void unknown(json::Value value, const Place& parent);

    void resource(json::Value value, const fhir::TypeDef* declared, const Place& place);
    void bundle(json::Value value, const fhir::TypeDef& type, const Place& place);
    void full_urls(const Place& place);
    void same_full_urls(const Place& place);

    void reference(json::Value value, const fhir::TypeRef& declared, const Place& place);
    void target(std::string_view type_name, const fhir::TypeRef& declared, const Place& place,
                std::uint32_t offset);
    json::Value contained(std::string_view id);

    void binding(json::Value value, const fhir::Binding& binding, const fhir::TypeDef& type,
                 const Place& place);
    void code(std::string_view system, json::Value code, const fhir::Binding& binding,
              const Place& place);
    void codeable_concept(json::Value value, const fhir::Binding& binding, const Place& place);
    void unknown_list(const fhir::Binding& binding, const Place& place, std::uint32_t offset);
    void report_code(Finding finding, const fhir::Binding& binding, const Place& place,
                     std::uint32_t offset);

    void invariants(json::Value value, const fhir::ElementDef& element, const fhir::TypeDef& type,
                    const Place& place);
    Result<bool> evaluate(const Invariant& invariant, json::Value value,
                          const fhir::TypeDef& type) const;

    const fhir::Definitions& definitions_;
    const KnownTypes& known_;
    const Invariants& invariants_;
    std::vector<fhir::Issue> issues_;
    std::size_t errors_ = 0;
    Surroundings around_;
    std::uint32_t depth_ = 0;
    bool stopped_ = false;
    std::vector<std::string_view> unknown_lists_;  ///< value sets told about already
    const json::Node* contained_of_ = nullptr;     ///< whose contained resources are in the index
    std::vector<std::pair<std::string_view, json::Value>> contained_;  ///< by id
};

}  // namespace tsunagi::validate

#pragma once
#include <cstdint>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "fhir/definitions.h"
#include "fhir/issue.h"
#include "fhirpath/expression.h"
#include "fhirpath/host.h"
#include "json/document.h"
#include "validate/finding.h"
#include "validate/place.h"
#include "validate/rulebook.h"
#include "validate/validator.h"
#include "validate/walk_memory.h"

namespace tsunagi::validate {

/// One validation: goes down a tree together with its definitions and collects what is wrong.
/// Internal to the module. The files walk*.cpp each hold one subject; README.md says which.
class Walk final : private fhirpath::Host, private WalkMemory {
public:
    static constexpr std::uint32_t kMaxDepth = 64;
    /// After so many errors the walk ends, after so many other findings it tells no more of them.
    static constexpr std::size_t kMaxFindings = 1000;

    /// `faulty`: resources that an earlier walk over the same found errors in.
    Walk(const Rulebook& rules, const Options& options, std::vector<const json::Node*> faulty = {})
        : rules_(rules), definitions_(rules.definitions), known_(rules.known), options_(options) {
        faulty_ = std::move(faulty);
    }

    /// `model`, `root_name` absent: by resourceType.
    void root(json::Value value, const fhir::TypeDef* model, std::string_view root_name);
    void report(Finding finding, const Place& place, std::uint32_t offset, Detail detail = {});
    void report_rule(Finding finding, std::string_view rule, const Place& place,
                     std::uint32_t offset, Detail detail = {});
    std::vector<fhir::Issue> take_issues();
    /// A reference came before the errors of what it leads to: walk again with faulty().
    bool trusted_in_vain() const;
    const std::vector<const json::Node*>& faulty() const noexcept { return faulty_; }

private:
    using Group = std::vector<std::size_t>;  ///< items of a sliced element, by index in spots_
    using Answer = Result<std::optional<bool>>;

    // walk.cpp: members, shape, cardinality, primitives
    bool has_room(fhir::IssueSeverity severity, const Place& place, std::uint32_t offset);
    void add(fhir::Issue issue, Finding finding);
    bool tell_once(std::string_view what);
    void object(json::Value value, const fhir::TypeDef& type, const Place& place, bool is_resource);
    void member(json::Value value, const fhir::Member& member, json::Value parent, Place& place);
    void companion(json::Value value, const fhir::Member& member, json::Value partner,
                   Place& place);
    void one(json::Value value, const fhir::Member& member, json::Value parent, Place& place);
    void meaning(json::Value value, const fhir::Member& member, json::Value parent, Place& place,
                 const Faults& before);
    void primitive(json::Value value, const fhir::TypeDef& type, const Place& place);
    void missing(json::Value value, const fhir::TypeDef& type, const fhir::TypeDef::Mask& seen,
                 const Place& place);
    void unknown(json::Value value, const Place& parent);

    // walk_resource.cpp: resources, contained ones, Bundles
    void resource(json::Value value, const fhir::TypeDef* declared, const Place& place);
    void resource_content(json::Value value, const fhir::TypeDef& type, Place& place);
    void contained_rules(json::Value value, const Place& place);
    void bundle(json::Value value, const fhir::TypeDef& type, Place& place);
    void full_urls(const Place& place);
    void same_full_urls(const Place& place);

    // walk_reference.cpp
    Target follow(std::string_view reference);
    void reference(json::Value value, const fhir::TypeRef& declared, const Place& place);
    void target_type(std::string_view type_name, std::span<const std::string_view> targets,
                     const Place& place, std::uint32_t offset);
    void narrowed_targets(json::Value value, const fhir::ElementDef& element, const Place& place);
    void way_of_reference(json::Value value, const fhir::ElementDef& element, const Place& place);
    json::Value contained(std::string_view id);

    // walk_code.cpp: bindings, codes of known systems
    void binding(const Spot& spot, const fhir::Binding& binding, const Place& place);
    Fit in_value_set(const Spot& spot, const fhir::ValueSet* set, bool& has_code) const;
    void max_value_set(const Spot& spot, const fhir::Binding& bound, const Place& place);
    void known_code(json::Value coding, const Place& place);
    void unknown_list(std::string_view value_set, const Place& place, std::uint32_t offset);
    void report_code(Finding finding, const fhir::Binding& binding, const Place& place,
                     std::uint32_t offset);

    // walk_invariants.cpp, walk_host.cpp
    void invariants(const Spot& spot, std::span<const Invariant* const> list, const Place& place,
                    bool is_sound);
    Answer evaluate(const Invariant& invariant, const Spot& spot);
    fhirpath::Context context_of(fhirpath::Item focus, const fhirpath::Variable* variable);
    Result<fhirpath::Item> resolve(std::string_view reference, json::Value from) override;
    Answer member_of(const fhirpath::Item& item, std::string_view value_set) override;
    Answer conforms_to(const fhirpath::Item& item, std::string_view profile) override;
    // walk_extension.cpp
    void extension(json::Value value, json::Value parent, Place& place);

    // walk_profile.cpp: what profiles ask for beyond the types
    void profiles_of_resource(json::Value value, const fhir::TypeDef& type, Place& place);
    void profile(const Spot& spot, const Profile& profile, Place& place);
    void profile_members(json::Value object, const ProfileNode& node, const Place& place);
    void profile_element(json::Value object, const ProfileNode& node, const Place& place);
    void apply(const Spot& spot, const ProfileNode& node, Place& place);
    void value_profiles(const Spot& spot, std::span<const fhir::TypeRef> refs, Place& place);
    void limits(const Spot& spot, const ProfileNode& node, const Place& place);
    void count(std::size_t found, const ProfileNode& node, const Place& place,
               std::uint32_t offset);
    /// Without a word, remembered, and safe where profiles and references go round in circles.
    Fit conforms(const Spot& spot, std::string_view profile_url);
    void gather(json::Value object, const fhir::ElementDef& element, std::string_view member);
    void gather_values(json::Value value, json::Value beside, const fhir::TypeRef& ref);
    Place step_to(const Spot& spot, const fhir::ElementDef& element, std::uint32_t index,
                  const Place& parent) const;

    // walk_slicing.cpp
    void slice(const ProfileNode& node, const Group& group, std::size_t first, const Place& place,
               std::uint32_t offset);
    void no_slices(const ProfileNode& node, const Place& place, std::uint32_t offset);
    Fit is_slice(const Spot& spot, const ProfileNode& node, const ProfileNode& slice, Reached& at);
    Fit discriminate(const Spot& spot, const Discriminator& by, const ProfileNode& node,
                     Reached::value_type& reached);
    Fit fits(const Spot& spot, const ProfileNode& node, std::uint32_t depth);
    Fit type_fits(const Spot& spot, const ProfileNode& node, bool is_target);
    Fit profile_fits(const Spot& spot, const ProfileNode& node, bool is_target);
    const ProfileNode* node_at(const ProfileNode& slice, const Discriminator& by);
    void spots_at(const Spot& spot, std::span<const PathStep> steps);

    friend class QuestionnaireCheck;
    friend class ConformanceCheck;
    friend class ContextCheck;

    const Rulebook& rules_;
    const fhir::Definitions& definitions_;
    const KnownTypes& known_;
    const Options& options_;
    std::vector<fhir::Issue> issues_;
    Faults faults_;
    Surroundings around_;
    std::uint32_t depth_ = 0;
    bool stopped_ = false;
    std::string_view profile_;  ///< URL of the profile that is being applied; empty: R4 itself
    std::uint32_t silent_ = 0;  ///< > 0: findings are not reported, an error sets failed_
    bool failed_ = false;
};

}  // namespace tsunagi::validate

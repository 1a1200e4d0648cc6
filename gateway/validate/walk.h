#pragma once
#include <cstdint>
#include <deque>
#include <map>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "fhir/definitions.h"
#include "fhir/issue.h"
#include "fhirpath/host.h"
#include "json/document.h"
#include "validate/finding.h"
#include "validate/place.h"
#include "validate/rulebook.h"
#include "validate/spot.h"
#include "validate/validator.h"

namespace tsunagi::validate {

/// One validation: goes down a tree together with its definitions and collects what is wrong.
/// Internal to the module. The files walk*.cpp each hold one subject; README.md says which.
class Walk final : private fhirpath::Host {
public:
    static constexpr std::uint32_t kMaxDepth = 64;
    /// After so many errors the walk ends, after so many other findings it tells no more of them.
    static constexpr std::size_t kMaxFindings = 1000;

    Walk(const Rulebook& rules, const Options& options)
        : rules_(rules), definitions_(rules.definitions), known_(rules.known), options_(options) {}

    /// `model`, `root_name` absent: by resourceType.
    void root(json::Value value, const fhir::TypeDef* model, std::string_view root_name);
    void report(Finding finding, const Place& place, std::uint32_t offset, Detail detail = {});
    void report_rule(Finding finding, std::string_view rule, const Place& place,
                     std::uint32_t offset, Detail detail = {});
    std::vector<fhir::Issue> take_issues();

private:
    /// Items of a sliced element, by index in spots_.
    using Group = std::vector<std::size_t>;

    // walk.cpp: members, shape, cardinality, primitives
    bool has_room(fhir::IssueSeverity severity, const Place& place, std::uint32_t offset);
    void add(fhir::Issue issue);
    bool tell_once(std::string_view what);
    void object(json::Value value, const fhir::TypeDef& type, const Place& place, bool is_resource);
    void member(json::Value value, const fhir::Member& member, json::Value parent, Place& place);
    void companion(json::Value value, const fhir::Member& member, json::Value partner,
                   Place& place);
    void one(json::Value value, const fhir::Member& member, json::Value parent, Place& place);
    void meaning(json::Value value, const fhir::Member& member, json::Value parent, Place& place);
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
    Result<std::optional<bool>> evaluate(const Invariant& invariant, const Spot& spot);
    Result<fhirpath::Item> resolve(std::string_view reference, json::Value from) override;
    Result<std::optional<bool>> member_of(const fhirpath::Item& item,
                                          std::string_view value_set) override;
    Result<std::optional<bool>> conforms_to(const fhirpath::Item& item,
                                            std::string_view profile) override;

    // walk_extension.cpp: shape, definition and context
    void extension(json::Value value, Place& place);
    bool is_in_context(const fhir::ExtensionContext& context, const Place& place) const;

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
    /// Appends the values of a member to spots_.
    void gather(json::Value object, const fhir::ElementDef& element, std::string_view member);
    Place step_to(const Spot& spot, const fhir::ElementDef& element, std::uint32_t index,
                  const Place& parent) const;

    // walk_slicing.cpp
    void slice(const ProfileNode& node, const Group& group, std::size_t first, const Place& place,
               std::uint32_t offset);
    Fit is_slice(const Spot& spot, const ProfileNode& node, const ProfileNode& slice);
    Fit discriminate(const Spot& spot, const Discriminator& by, const ProfileNode& node);
    Fit fits(const Spot& spot, const ProfileNode& node, std::uint32_t depth);
    Fit type_fits(const Spot& spot, const ProfileNode& node, bool is_target);
    Fit profile_fits(const Spot& spot, const ProfileNode& node, bool is_target);
    const ProfileNode* node_at(const ProfileNode& slice, const Discriminator& by);
    void spots_at(const Spot& spot, std::span<const PathStep> steps);

    friend class QuestionnaireCheck;
    friend class ConformanceCheck;

    const Rulebook& rules_;
    const fhir::Definitions& definitions_;
    const KnownTypes& known_;
    const Options& options_;
    std::vector<fhir::Issue> issues_;
    std::size_t errors_ = 0;
    Surroundings around_;
    std::uint32_t depth_ = 0;
    bool stopped_ = false;
    std::string_view profile_;  ///< URL of the profile that is being applied; empty: R4 itself
    std::vector<std::string_view> told_;        ///< what was said to be not checked
    const json::Node* contained_of_ = nullptr;  ///< whose contained resources are in the index
    std::vector<std::pair<std::string_view, json::Value>> contained_;  ///< by id
    std::deque<Spot> spots_;  ///< a stack whose items stay where they are: whoever pushes pops

    std::uint32_t silent_ = 0;  ///< > 0: findings are not reported, an error sets failed_
    bool failed_ = false;
    std::map<std::pair<const json::Node*, const Profile*>, Fit> judged_;
    std::vector<std::pair<const json::Node*, const Profile*>> under_way_;
};

}  // namespace tsunagi::validate

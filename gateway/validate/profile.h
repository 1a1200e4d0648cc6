#pragma once
#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "fhir/definitions.h"
#include "json/document.h"
#include "validate/invariants.h"

/// A profile in the form that it is checked in: what it asks for beyond the type it constrains, and
/// nothing else. The type itself is checked by the walk over the type.
namespace tsunagi::validate {

struct ProfileNode;

/// fixed[x] or pattern[x].
struct WantedValue {
    json::Value value;  ///< absent: none
    bool is_exact = false;
};

/// minValue[x], maxValue[x] and maxLength.
struct ValueLimits {
    json::Value least;
    json::Value most;
    std::string_view least_type;  ///< "Quantity"
    std::string_view most_type;
    std::int64_t max_length = -1;  ///< in characters; -1: none
};

/// One step of a discriminator path.
struct PathStep {
    enum class Kind : std::uint8_t { Member, Extension, Resolve, OfType };
    Kind kind = Kind::Member;
    std::string text;  ///< member name, URL or type name
};

struct Discriminator {
    enum class Kind : std::uint8_t { Value, Type, Exists, Profile };
    Kind kind = Kind::Value;  ///< pattern is a value
    std::vector<PathStep> steps;
    bool is_understood = true;
};

struct Slicing {
    enum class Rules : std::uint8_t { Open, Closed, OpenAtEnd };
    std::vector<Discriminator> discriminators;
    Rules rules = Rules::Open;
    bool is_ordered = false;
};

/// One element of a profile. Where a member is null, empty or false the profile asks no more than
/// the type does.
struct ProfileNode {
    const fhir::ElementDef* element = nullptr;
    const fhir::ElementDef* base = nullptr;  ///< the element of the type; null at the root
    /// What an item consists of when that is one type only.
    const fhir::TypeDef* type = nullptr;
    std::string_view member;      ///< by this JSON name alone ("valueQuantity"); else every type
    std::string_view slice_name;  ///< "resource:patient"; empty for what is no slice

    bool counts = false;  ///< min or max are narrower
    bool narrows_types = false;
    bool has_profiles = false;  ///< of the value, by one of its types
    bool narrows_targets = false;
    bool limits_references = false;  ///< how they are made: aggregation, versioning
    WantedValue wanted;
    ValueLimits limits;
    const fhir::Binding* binding = nullptr;
    const fhir::Binding* max_binding = nullptr;  ///< its maxValueSet
    std::vector<const Invariant*> invariants;
    std::vector<ProfileNode*> children;
    /// contentReference: the members are those of another node.
    const ProfileNode* content = nullptr;

    std::unique_ptr<Slicing> slicing;  ///< how `slices` are told apart
    std::vector<ProfileNode*> slices;
    std::string_view extension_url;  ///< of a slice of extensions

    /// True when nothing at or below the node asks for more than the type.
    bool is_void() const noexcept {
        return !counts && !narrows_types && !has_profiles && !narrows_targets &&
               !limits_references && !wanted.value && !limits.least && !limits.most &&
               limits.max_length < 0 && !binding && !max_binding && invariants.empty() &&
               children.empty() && slices.empty() && !content;
    }
    const std::vector<ProfileNode*>& members() const noexcept {
        return content ? content->children : children;
    }
};

class ProfileCompiler;

/// One compiled profile. Immutable; lives as long as its ProfileBook.
class Profile {
public:
    const fhir::TypeDef& definition() const noexcept { return *definition_; }
    /// The type that it constrains.
    const fhir::TypeDef& type() const noexcept { return *type_; }
    const ProfileNode& root() const noexcept { return nodes_.front(); }
    std::string_view url() const noexcept { return definition_->url; }

    /// Of an extension: the expressions among its contexts and its contextInvariants, by their
    /// number. Null for one that is no FHIRPath.
    const fhirpath::Expression* context_path(std::size_t index) const noexcept {
        return context_paths_[index] ? &*context_paths_[index] : nullptr;
    }
    const fhirpath::Expression* context_rule(std::size_t index) const noexcept {
        return context_rules_[index] ? &*context_rules_[index] : nullptr;
    }

private:
    friend class ProfileCompiler;
    const fhir::TypeDef* definition_ = nullptr;
    const fhir::TypeDef* type_ = nullptr;
    std::deque<ProfileNode> nodes_;
    std::vector<json::Document> documents_;  ///< of fixed values, patterns and slicings
    std::deque<std::string> texts_;
    std::vector<std::optional<fhirpath::Expression>> context_paths_;
    std::vector<std::optional<fhirpath::Expression>> context_rules_;
};

/// All profiles, compiled when they are first asked for.
/// Thread rule: any number of threads.
class ProfileBook {
public:
    ProfileBook(const fhir::Definitions& definitions, const Invariants& invariants);
    ~ProfileBook();

    /// Null when `definition` is no profile, or one of a type that nobody knows.
    const Profile* of(const fhir::TypeDef& definition) const;

private:
    struct Slot;
    const fhir::Definitions& definitions_;
    const Invariants& invariants_;
    std::unique_ptr<Slot[]> slots_;  ///< by ordinal of the root element
    mutable std::mutex mutex_;
    mutable std::deque<Profile> profiles_;
};

}  // namespace tsunagi::validate

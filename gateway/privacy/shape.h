#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "privacy/disclosure.h"

/// The allow-list compiled for the renderer: per type the members that leave, nothing else. Not an
/// interface of the module.
namespace tsunagi::privacy {

struct Shape;

/// An extension that may leave: with one value, or with parts that are extensions with one value.
struct ExtensionRule {
    std::string url;
    std::string member;            ///< "valueCode"; empty: parts
    const Shape* value = nullptr;  ///< of a complex value; nullptr: primitive
    std::vector<ExtensionRule> parts;
};

/// A coding that something must carry: Observation.category.coding = laboratory.
struct CodingRule {
    std::vector<std::string> path;  ///< members: "category", "coding"
    std::string system;
    std::vector<std::string> codes;  ///< one of these
};

/// Keeps only the items whose `member` has this value (Patient.name with use = anonymous).
struct Filter {
    std::string member, value;
};

struct Step {
    std::string member;  ///< JSON name: "valueQuantity"
    Treatment treatment = Treatment::Keep;
    const Shape* below = nullptr;  ///< of an object; nullptr: a primitive, a reference, an own id
    bool is_array = false;
    std::string system;                 ///< of an own id
    std::vector<Filter> filters;        ///< all must hold
    std::vector<CodingRule> only_with;  ///< one must hold; empty: no condition
};

/// One resource, group or data type. `required`: of each inner list one member must be there, or
/// the object is not written at all.
struct Shape {
    std::string name;
    std::vector<Step> steps;
    std::vector<std::vector<std::string>> required;
    std::vector<ExtensionRule> extensions;
    const std::vector<ExtensionRule>* on_primitives = nullptr;

    const Step* find(std::string_view member) const noexcept {
        for (const Step& step : steps) {
            if (step.member == member) return &step;
        }
        return nullptr;
    }
};

/// A profile that a resource says it follows, written where it does: the resource as it leaves is
/// of the kind (`only_with`) and has the members that the profile requires and a rendition may
/// lack.
struct Claim {
    std::string profile;
    std::vector<std::string> needs;
    std::vector<CodingRule> only_with;  ///< one must hold; empty: no condition
};

/// How resources of one type leave.
struct ResourceRule {
    Shape shape;
    std::vector<Claim> claims;
    bool when_referenced = false;  ///< only when a resource that leaves refers to it
    bool shared = false;           ///< speaks for several forms: leaves without a data class too
    std::vector<CodingRule> only_with;  ///< one must hold; empty: no condition
};

}  // namespace tsunagi::privacy

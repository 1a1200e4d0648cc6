#pragma once
#include <array>
#include <cstdint>
#include <span>
#include <string_view>

#include "fhir/primitive.h"

/// The element tree of a StructureDefinition as the gateway uses it. Everything here is immutable,
/// owned by Definitions, and its texts point into the pack.
namespace tsunagi::fhir {

struct TypeDef;
class ValueSet;

inline constexpr std::uint32_t kUnbounded = 0xFFFFFFFF;

enum class TypeKind : std::uint8_t { Primitive, Complex, Resource, Logical };
enum class BindingStrength : std::uint8_t { Required, Extensible, Preferred, Example };

struct Binding {
    BindingStrength strength = BindingStrength::Example;
    std::string_view value_set;     ///< canonical without "|version"
    std::string_view canonical;     ///< the same as written
    const ValueSet* set = nullptr;  ///< null: not among the definitions
    /// Extension elementdefinition-maxValueSet: no code may lie outside. Empty: no such limit.
    std::string_view max_value_set;
    const ValueSet* max_set = nullptr;
};

/// An invariant. `human` as written in the definition.
struct Constraint {
    std::string_view key;  ///< "ele-1"
    std::string_view expression;
    std::string_view human;
    std::string_view source;        ///< URL of the definition it comes from; may be empty
    bool is_error = true;           ///< else a warning
    bool is_best_practice = false;  ///< extension elementdefinition-bestpractice: advice
};

/// A further property of an element by name. For an extension with a primitive value the name is
/// its URL; else "sliceName", "maxLength", "fixedCode", "patternCodeableConcept",
/// "minValueInteger", "slicing", …: complex values as JSON text.
struct Facet {
    std::string_view name;
    std::string_view value;
};

/// One of the types an element may have.
struct TypeRef {
    std::string_view code;         ///< "Quantity", "BackboneElement", or the URL of a logical model
    std::string_view member_name;  ///< JSON name with this type: "valueQuantity", "name"
    /// What a value of this element consists of: the type, or the group defined in place
    /// (BackboneElement, contentReference). Never null once added.
    const TypeDef* type = nullptr;
    std::span<const std::string_view> targets;   ///< targetProfile; empty: any
    std::span<const std::string_view> profiles;  ///< of the value itself
    std::uint8_t aggregation = 0;                ///< how a reference may be made: the bits below
    bool is_system = false;  ///< written as a type of FHIRPath: Element.id, Extension.url
};

/// ElementDefinition.type.aggregation (none: any way) and versioning (specific, independent).
inline constexpr std::uint8_t kContained = 1, kReferenced = 2, kBundled = 4;
inline constexpr std::uint8_t kVersioned = 16, kUnversioned = 32;

struct ElementDef {
    std::string_view id;          ///< "Patient.contact:mother.name"; may be empty
    std::string_view path;        ///< "Patient.contact.name"
    std::string_view name;        ///< last step; a choice without its "[x]": "value"
    std::string_view label;       ///< `short`; in our logical models the Japanese name of the cell
    std::string_view definition;  ///< may be empty
    std::uint32_t min = 0;
    std::uint32_t max = 1;  ///< kUnbounded for "*"
    /// Unique among all elements of a Definitions, below its element_count(): an index for tables.
    std::uint32_t ordinal = 0;
    bool is_array = false;   ///< repeats in the base definition, hence an array in JSON
    bool is_choice = false;  ///< value[x]
    bool is_modifier = false;
    bool is_summary = false;
    bool must_support = false;
    bool has_limits = false;  ///< a facet minValue…, maxValue…, maxLength, fixed… or pattern…
    std::span<const TypeRef> types;
    const ElementDef* parent = nullptr;   ///< null for the root
    const ElementDef* content = nullptr;  ///< what contentReference names
    const Binding* binding = nullptr;
    std::span<const Constraint* const> constraints;
    std::span<const std::string_view> conditions;  ///< keys of invariants elsewhere that look here
    std::span<const Facet> facets;

    /// The first facet `name`; empty if none. `facet("https://tsunagi.example/…/sensitivity")`.
    std::string_view facet(std::string_view facet_name) const noexcept;
};

/// A remark in a pack: "value-set" "http://…/ValueSet/x" "not among the packages".
struct Note {
    std::string_view kind, subject, reason;
};

/// Where an extension may stand (StructureDefinition.context).
struct ExtensionContext {
    std::string_view type;  ///< "element", "extension", "fhirpath"
    std::string_view expression;
};

/// What a JSON member name means inside a type.
struct Member {
    std::string_view name;
    const ElementDef* element = nullptr;
    const TypeRef* type = nullptr;
    std::uint32_t index = 0;  ///< of `element` in TypeDef::elements
};

/// A data type, resource, logical model or profile; also each group of elements that one of them
/// defines in place (`is_group`, name = path "Patient.contact", base BackboneElement).
struct TypeDef {
    static constexpr std::size_t kMaxElements = 256;
    static constexpr std::uint16_t kFreeSlot = 0xFFFF;
    using Mask = std::array<std::uint64_t, kMaxElements / 64>;

    std::string_view name;  ///< "Patient", "BedRequest", "Patient.contact"
    std::string_view url;   ///< empty for a group
    std::string_view version;
    std::string_view base_url;  ///< baseDefinition, known or not
    TypeKind kind = TypeKind::Complex;
    Primitive primitive = Primitive::None;
    bool is_abstract = false;
    bool is_profile = false;  ///< derivation = constraint; name is that of the constrained type
    bool is_group = false;
    const TypeDef* base = nullptr;     ///< null for Element, Resource
    const ElementDef* root = nullptr;  ///< the element that stands for the whole
    /// Direct members in order, inherited ones included, slices not.
    std::span<const ElementDef* const> elements;
    /// Every element of the definition in document order, slices included; [0] is the root. Empty
    /// for a group.
    std::span<const ElementDef> all_elements;
    Mask required{};  ///< bit i: elements[i] has min > 0

    /// By JSON member name ("valueQuantity", not "value[x]"; without a leading "_"). Null if
    /// unknown. Constant time.
    const Member* find(std::string_view member_name) const noexcept;
    /// By element name ("value"): the element, or null.
    const ElementDef* element(std::string_view element_name) const noexcept;

    std::span<const ExtensionContext> contexts;            ///< of an extension; empty: anywhere
    std::span<const std::string_view> context_invariants;  ///< FHIRPath, of an extension
    std::span<const Member> members;                       ///< one per member name
    std::span<const std::uint16_t> slots;  ///< hash table over members; size is a power of two
};

}  // namespace tsunagi::fhir

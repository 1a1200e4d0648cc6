#pragma once
#include <cstdint>
#include <string_view>
#include <vector>

#include "fhir/definitions.h"

/// How an element that a map names is read from and written into JSON: found once when the map is
/// compiled. Thread rule: any threads.
namespace tsunagi::translate {

/// A value declared with this type may be of another below it: Resource, Element, BackboneElement.
bool is_open(const fhir::TypeDef* type);

/// How JSON writes a primitive.
enum class Form : std::uint8_t { Text, Number, Bool };
Form form_of(fhir::Primitive primitive);

/// One way to write into an element of a target type.
struct TargetMember {
    std::string_view key;
    const fhir::TypeDef* type = nullptr;
    bool is_array = false;
    bool is_primitive = false;
    bool is_text = false;  ///< holds words for a person (Outcome::KeptAsText)
    bool is_open = false;  ///< the value may be of a type below `type`
    Form form = Form::Text;
};
TargetMember target_member(const fhir::ElementDef& element, const fhir::TypeRef& type);
/// The member of `element` that takes a value of `value` (null: unknown type); null when none does.
const fhir::TypeRef* choose(const fhir::ElementDef& element, const fhir::TypeDef* value);
/// The member of a complex type that a plain text lands in ("text" of CodeableConcept); empty:
/// none.
std::string_view text_home(const fhir::TypeDef* type);
/// Whether a value of type `value` can be put into `target`, as it is or as the text of it.
bool fits(const fhir::TypeDef* value, const fhir::TypeDef* target);

struct SourceMember {
    std::string_view key;
    const fhir::TypeDef* type = nullptr;
};
std::vector<SourceMember> source_members(const fhir::TypeDef& type, std::string_view element);

}  // namespace tsunagi::translate

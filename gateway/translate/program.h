#pragma once
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "fhir/definitions.h"
#include "fhirpath/expression.h"
#include "json/document.h"
#include "translate/map_syntax.h"

/// The compiled form of a library: every group once per combination of argument types, with slots
/// instead of names and members instead of elements. Immutable after compile(). Not an interface.
namespace tsunagi::translate {

/// Where a rule stands; `file` lives as long as the Program.
struct Spot {
    const std::string* file = nullptr;
    syntax::Place place;
};
std::string to_string(const Spot& spot);

/// A value declared with this type may be of another below it: Resource, Element, BackboneElement.
bool is_open(const fhir::TypeDef* type);

inline constexpr std::uint32_t kNoSlot = 0xFFFFFFFF;

struct Expr {
    fhirpath::Expression expression;
    /// The variables it names, with their slots.
    std::vector<std::pair<std::string, std::uint32_t>> variables;
    Spot spot;
};

enum class Form : std::uint8_t { Text, Number, Bool };

/// One way to write into an element of a target type.
struct TargetMember {
    std::string_view key;
    const fhir::TypeDef* type = nullptr;
    bool is_array = false;
    bool is_primitive = false;
    bool is_text = false;  ///< holds words for a person (Outcome::KeptAsText)
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

enum class Access : std::uint8_t {
    Self,       ///< the variable itself
    Members,    ///< looked up at load
    Value,      ///< `.value` of a primitive
    Companion,  ///< `.extension` or `.id` of a primitive
    Dynamic,    ///< type known only at run time
};

struct SourceStep {
    std::uint32_t context = 0;
    Access access = Access::Self;
    std::string element;
    std::vector<SourceMember> members;
    const fhir::TypeDef* filter = nullptr;
    std::optional<syntax::Cardinality> cardinality;
    syntax::SourceList list = syntax::SourceList::All;
    std::optional<Expr> otherwise, where, check;
    std::string dropped;  ///< the reason behind `log 'dropped: …'`; empty: not dropped
    std::uint32_t slot = 0;
    Spot spot;
};

struct Operand {
    std::uint32_t slot = kNoSlot;  ///< else the literal
    json::Value literal;
    const fhir::TypeDef* literal_type = nullptr;
};

enum class Transform : std::uint8_t {
    Alias,    ///< `tgt as name`
    Create,   ///< also an element named without a transform
    Default,  ///< `src.a -> tgt.b`: copies, or calls the default group of the types
    Copy,
    Truncate,
    Escape,
    Cast,
    Append,
    Translate,
    Reference,
    Pointer,
    Uuid,
    Evaluate,
    Cc,
    C,
    Qty,
    Id,
    Cp,
};

/// An inline `conceptmap`, sorted by source code, then system.
struct CodeTable {
    std::vector<syntax::ConceptMapRow> rows;
};

struct TargetStep {
    std::uint32_t context = kNoSlot;  ///< kNoSlot: only makes a variable
    enum class Place : std::uint8_t {
        None,
        Self,
        Member,
        Value,
        Companion,
        Dynamic
    } place = Place::None;
    std::string element;
    const fhir::ElementDef* definition = nullptr;  ///< of Member
    std::optional<TargetMember> member;            ///< empty: chosen by the type of the value
    Transform transform = Transform::Create;
    std::vector<Operand> operands;
    std::optional<Expr> expression;
    const fhir::TypeDef* type = nullptr;  ///< of Create and Cast
    const CodeTable* table = nullptr;
    std::string map_url;  ///< of Translate without a table
    syntax::TargetList list = syntax::TargetList::Append;
    std::string share;
    std::uint32_t slot = kNoSlot;
    std::uint32_t instance = kNoSlot;  ///< of Default: the group to call
    Spot spot;
};

struct CallStep {
    std::uint32_t instance = 0;
    std::vector<Operand> arguments;
    Spot spot;
};

struct Rule {
    std::vector<SourceStep> sources;
    std::vector<TargetStep> targets;
    std::vector<CallStep> calls;
    std::vector<Rule> rules;
    Spot spot;
};

/// A group for one combination of argument types.
struct Instance {
    const syntax::Group* group = nullptr;
    std::uint32_t base = kNoSlot;  ///< instance of the group it extends; runs first
    std::uint32_t slots = 0;
    std::vector<Rule> rules;
    Spot spot;
};

struct Entry {
    std::string url;
    std::uint32_t instance = 0;
    const fhir::TypeDef* source = nullptr;  ///< null: by resourceType
    const fhir::TypeDef* target = nullptr;
};

struct Program {
    const fhir::Definitions* definitions = nullptr;
    std::vector<std::unique_ptr<const std::string>> files;
    std::vector<std::unique_ptr<const syntax::Map>> maps;
    std::vector<std::unique_ptr<const CodeTable>> tables;
    json::Document literals;
    std::vector<Instance> instances;
    std::vector<Entry> entries;
    // The types the engine makes values of.
    const fhir::TypeDef *string = nullptr, *boolean = nullptr, *integer = nullptr,
                        *decimal = nullptr, *date = nullptr, *date_time = nullptr, *time = nullptr,
                        *quantity = nullptr, *uri = nullptr, *code = nullptr, *coding = nullptr,
                        *codeable_concept = nullptr, *identifier = nullptr,
                        *contact_point = nullptr, *reference = nullptr;
};

Result<std::shared_ptr<const Program>> compile(
    std::vector<std::pair<std::string, syntax::Map>> maps, const fhir::Definitions& definitions);

}  // namespace tsunagi::translate

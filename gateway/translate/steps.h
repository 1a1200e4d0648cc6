#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "fhir/definitions.h"
#include "fhirpath/expression.h"
#include "json/document.h"
#include "translate/map_syntax.h"
#include "translate/members.h"
#include "translate/presence.h"
#include "translate/slot.h"

/// What a compiled rule does: slots of an Instance (program.h) instead of names. Immutable. Not an
/// interface.
namespace tsunagi::translate {

/// Where a rule stands; `file` lives as long as the Program.
struct Spot {
    const std::string* file = nullptr;
    syntax::Place place;
};
std::string to_string(const Spot& spot);

inline constexpr std::uint32_t kNoSlot = 0xFFFFFFFF;

struct Expr {
    fhirpath::Expression expression;
    /// The variables it names, with their slots.
    std::vector<std::pair<std::string, std::uint32_t>> variables;
    Spot spot;
    /// Of `$this = 'a' or $this = 'b'` (or true, false): what the focus may be, told without
    /// FHIRPath. Empty: any other expression.
    struct Literal {
        json::Kind kind = json::Kind::String;
        std::string text;
    };
    std::vector<Literal> one_of = {};
    Presence presence = {};
};

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
    const Slot* literal = nullptr;
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

/// An inline `conceptmap`: rows sorted by source code, those of one code as written.
struct CodeTable {
    std::vector<syntax::ConceptMapRow> rows;
    std::vector<syntax::Unmapped> unmapped;
};

struct TypedStep;
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
    /// Of Default, where the source is a choice: the same step for each type that has a group.
    std::vector<TypedStep> by_type;
    Spot spot;
};

struct TypedStep {
    const fhir::TypeDef* type = nullptr;
    TargetStep step;
};

/// List modes that go on with an item that is there already.
inline bool reuses(syntax::TargetList list) {
    return list == syntax::TargetList::Share || list == syntax::TargetList::Single ||
           list == syntax::TargetList::Collate;
}

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

}  // namespace tsunagi::translate

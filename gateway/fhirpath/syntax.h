#pragma once
#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "fhirpath/function_table.h"
#include "fhirpath/item.h"

/// The parsed tree. Internal to the module.
namespace re2 {
class RE2;
}

namespace tsunagi::fhirpath {

enum class Op : std::uint8_t {
    Literal,
    Nothing,  ///< {}
    This,
    Index,
    Total,
    Variable,
    Member,  ///< source.name; without source: of $this
    Indexer,
    Call,
    Negative,
    Positive,
    Multiply,
    Divide,
    WholeDivide,
    Modulo,
    Plus,
    Minus,
    Concatenate,
    Is,
    As,
    Union,
    LessOrEqual,
    Less,
    Greater,
    GreaterOrEqual,
    Equal,
    Equivalent,
    NotEqual,
    NotEquivalent,
    In,
    Contains,
    And,
    Or,
    Xor,
    Implies,
};

enum class Function : std::uint8_t {
#define TSUNAGI_ENTRY(id, name, least, most) id,
    TSUNAGI_FHIRPATH_FUNCTIONS(TSUNAGI_ENTRY)
#undef TSUNAGI_ENTRY
};

struct Syntax {
    Op op = Op::Nothing;
    Function function = Function::Empty;
    std::uint32_t column = 0;  ///< 0-based offset in the text
    std::uint32_t height = 1;  ///< of the tree below; bounds the recursion over it
    const Syntax* source = nullptr;
    std::vector<const Syntax*> args;  ///< operands of an operator, arguments of a function
    std::string name;                 ///< member, variable; type name of is/as/ofType
    std::string space;                ///< "System", "FHIR" or empty, of a type name
    std::string text;                 ///< keeps the literal's text
    Item literal;
    /// matches() and kin with a literal pattern: compiled once. Shared with nobody, but RE2 is an
    /// incomplete type here.
    std::shared_ptr<const re2::RE2> regex;
    /// Where the member was among those of the last type it was looked up in: a guess, written and
    /// read by any thread (std::atomic_ref) and proven by the name each time.
    mutable std::uint32_t guess = 0;
};

/// One expression: nodes in a deque, so that they can point at each other.
struct Program {
    std::string text;
    std::deque<Syntax> nodes;
    const Syntax* root = nullptr;
};

/// Parses; with `prefix` stops at what cannot continue the expression and sets `used`.
Result<std::shared_ptr<const Program>> parse_program(std::string_view text, bool prefix,
                                                     std::size_t& used);

}  // namespace tsunagi::fhirpath

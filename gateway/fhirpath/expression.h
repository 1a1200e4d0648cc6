#pragma once
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/result.h"
#include "fhirpath/host.h"
#include "fhirpath/item.h"

/// FHIRPath Normative Release 1 (hl7.org/fhirpath/N1) with the FHIR R4 functions. Parse once, keep
/// the Expression, evaluate it as often as wanted.
namespace tsunagi::fhir {
class Definitions;
}

namespace tsunagi::fhirpath {

/// What went wrong. Every Error of this module starts its message with the word and ": ", and names
/// a column of the expression; data never shows.
enum class Fault { Syntax, Semantic, Execution };
Fault fault_of(const Error& error);

/// What one evaluation may cost; beyond it ends with an execution error.
struct Limits {
    std::uint32_t max_steps = 5'000'000;
    std::uint32_t max_items = 1'000'000;  ///< in one collection
    std::uint32_t max_depth = 1'000;      ///< nested calls, the depth of the data included
};

struct Program;  // the parsed tree; syntax.h

/// A parsed expression. Immutable and cheap to copy. Thread rule: shared between any threads.
class Expression {
public:
    /// Invalid ("syntax: …", where = "column N", 1-based bytes) for what is not FHIRPath;
    /// Unsupported
    /// ("semantic: …") for an unknown function or a wrong number of arguments.
    static Result<Expression> parse(std::string_view text);

    /// Parses the longest expression at the start of `text`, for languages that embed FHIRPath;
    /// `used` gets the number of bytes it took.
    static Result<Expression> parse_prefix(std::string_view text, std::size_t& used);

    const std::string& text() const& noexcept;
    const Program& program() const noexcept { return *program_; }

private:
    explicit Expression(std::shared_ptr<const Program> program) : program_(std::move(program)) {}
    /// Shared because copies of an Expression are handles of the same immutable tree.
    std::shared_ptr<const Program> program_;
};

/// One `%name`. "resource", "rootResource", "context", "ucum", "sct", "loinc", "vs-…" and "ext-…"
/// need not be given.
struct Variable {
    std::string_view name;
    Collection value;
};

/// What an expression is evaluated on.
struct Context {
    const fhir::Definitions* definitions = nullptr;  ///< null: untyped, by JSON names
    Item focus;                                      ///< kind None: empty input
    json::Value resource;       ///< %resource; absent: the focus when it is a node
    json::Value root_resource;  ///< %rootResource; absent: as resource
    std::span<const Variable> variables;
    Host* host = nullptr;  ///< null: resolve() finds nothing, memberOf() and conformsTo() are empty
    Instant now{};         ///< of now(), today(), timeOfDay()
    std::chrono::minutes zone{0};  ///< civil zone of now()
    Limits limits;
};

/// Follows the types of `definitions` through the expression from `focus` (null: unknown):
/// Unsupported
/// ("semantic: …") for a step that no data can take, such as `name.gven` on a Patient. What cannot
/// be known (variables, contained resources) passes. For rules and maps when they are loaded.
Status check(const Expression& expression, const fhir::Definitions& definitions,
             const fhir::TypeDef* focus);

Result<Collection> evaluate(const Expression& expression, const Context& context);

/// The result as a condition: empty is false, one Boolean is itself, one other item is true, more
/// than one is an execution error (N1 section 4.5).
Result<bool> holds(const Expression& expression, const Context& context);

/// The same with an empty result kept apart: then the condition is open.
Result<std::optional<bool>> verdict(const Expression& expression, const Context& context);

/// An item for a node: with `definitions` a resource gets the type of its resourceType.
Item item_of(json::Value value, const fhir::Definitions* definitions);

/// The FHIR or System name of an item's type as the conformance cases write it: "code", "Quantity",
/// "boolean", "dateTime".
std::string type_name(const Item& item);

}  // namespace tsunagi::fhirpath

#pragma once
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "json/document.h"

namespace tsunagi::validate {

/// A condition that asks which members are there, told without FHIRPath: terms like `a.exists()`,
/// `a.b.empty()`, `a.exists().not()`, `a = 'x'`, joined by `or`, `and` or one `implies`. After `or`
/// and `implies` anything may follow that need not be asked when the terms before it decide.
/// tests/validate compares the conditions of R4 that have this form with their expressions.
class Presence {
public:
    /// Nothing when the expression has another form. The text must outlive the result.
    static std::optional<Presence> parse(std::string_view expression);

    /// What the expression says of an object; empty: ask the expression. Unusual shapes (null,
    /// empty lists, "_name" alone, names of choices) are always asked.
    std::optional<bool> judge(json::Value object) const;

private:
    friend class PresenceParser;
    enum class Join : std::uint8_t { Or, And, Implies };
    enum class Answer : std::uint8_t { No, Yes, Ask };
    struct Term {
        std::vector<std::string_view> path;
        std::string_view literal;  ///< of `=`; else the question is whether there is something
        bool is_comparison = false;
        bool is_negated = false;
    };

    static Answer ask(const Term& term, json::Value object);
    static Answer is_there(json::Value object, const Term& term, std::size_t step);

    std::vector<Term> terms_;
    Join join_ = Join::Or;
    bool has_rest_ = false;  ///< more follows, in FHIRPath
};

}  // namespace tsunagi::validate

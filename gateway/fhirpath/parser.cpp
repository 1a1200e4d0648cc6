#include <algorithm>
#include <array>
#include <optional>

#include "fhirpath/lexer.h"
#include "fhirpath/number.h"
#include "fhirpath/regex.h"
#include "fhirpath/syntax.h"
#include "fhirpath/temporal.h"

namespace tsunagi::fhirpath {
namespace {

// Both bound recursion: the first that of the parser, the second that of everything that walks the
// tree. Long chains of "or" and of steps are as high as they are long.
constexpr int kMaxNesting = 200;
constexpr std::uint32_t kMaxHeight = 400;
constexpr std::size_t kMaxText = 100'000;

struct FunctionRow {
    std::string_view name;
    Function function;
    std::size_t least;
    std::size_t most;
};

constexpr auto kFunctions = std::to_array<FunctionRow>({
#define TSUNAGI_ENTRY(id, name, least, most) {name, Function::id, least, most},
    TSUNAGI_FHIRPATH_FUNCTIONS(TSUNAGI_ENTRY)
#undef TSUNAGI_ENTRY
});

struct Infix {
    std::string_view token;
    int power;  ///< higher binds tighter (N1 section 8, precedence)
    Op op;
};

constexpr auto kInfixes = std::to_array<Infix>({
    {"implies", 1, Op::Implies},
    {"or", 2, Op::Or},
    {"xor", 2, Op::Xor},
    {"and", 3, Op::And},
    {"in", 4, Op::In},
    {"contains", 4, Op::Contains},
    {"=", 5, Op::Equal},
    {"~", 5, Op::Equivalent},
    {"!=", 5, Op::NotEqual},
    {"!~", 5, Op::NotEquivalent},
    {"<=", 6, Op::LessOrEqual},
    {"<", 6, Op::Less},
    {">", 6, Op::Greater},
    {">=", 6, Op::GreaterOrEqual},
    {"|", 7, Op::Union},
    {"is", 8, Op::Is},
    {"as", 8, Op::As},
    {"+", 9, Op::Plus},
    {"-", 9, Op::Minus},
    {"&", 9, Op::Concatenate},
    {"*", 10, Op::Multiply},
    {"/", 10, Op::Divide},
    {"div", 10, Op::WholeDivide},
    {"mod", 10, Op::Modulo},
});
constexpr int kPrefixPower = 11;

/// A Pratt parser. A failed step leaves the first Error in `fault_` and returns null.
class Parser {
public:
    Parser(std::string_view text, Program& program) : lexer_(text), program_(program) { advance(); }

    const Syntax* expression(int power);
    bool at_end() const { return token_.kind == TokenKind::End; }
    const Token& token() const { return token_; }
    std::size_t taken() const { return taken_; }
    const std::optional<Error>& fault() const { return fault_; }
    /// Why the text after the expression could not be read, if so.
    const std::optional<Error>& unread() const { return pending_; }
    void fail(Error error) {
        if (!fault_) fault_ = std::move(error);
    }

private:
    void advance() {
        taken_ = token_.end;
        auto next = lexer_.next();
        if (!next) {
            // Reported only when the parser gets there: a prefix may end before foreign text.
            pending_ = next.error();
            token_ = Token{};
            token_.offset = token_.end = static_cast<std::uint32_t>(taken_);
            return;
        }
        token_ = std::move(*next);
    }
    Syntax* make(Op op) {
        Syntax& node = program_.nodes.emplace_back();
        node.op = op;
        node.column = token_.offset;
        return &node;
    }
    const Syntax* wrong(std::string_view message) {
        if (pending_) fail(*pending_);
        fail(syntax_error(message, token_.offset));
        return nullptr;
    }
    /// Called when the children of `node` are known.
    const Syntax* close(Syntax* node) {
        std::uint32_t below = node->source ? node->source->height : 0;
        for (const Syntax* child : node->args) below = std::max(below, child->height);
        node->height = below + 1;
        return node->height <= kMaxHeight ? node : wrong("nested too deeply");
    }
    bool expect(std::string_view symbol) {
        if (token_.is(symbol)) {
            advance();
            return true;
        }
        wrong("expected '" + std::string{symbol} + "'");
        return false;
    }
    const Infix* infix() const;
    const Syntax* prefix();
    const Syntax* term();
    const Syntax* literal(Item::Kind kind);
    const Syntax* number();
    const Syntax* invocation(const Syntax* source);
    const Syntax* call(const Syntax* source, const std::string& name, std::uint32_t column);
    bool type_name(Syntax& node);

    Lexer lexer_;
    Program& program_;
    Token token_;
    std::size_t taken_ = 0;
    int nesting_ = 0;
    std::optional<Error> fault_;
    std::optional<Error> pending_;
};

const Infix* Parser::infix() const {
    if (token_.kind != TokenKind::Symbol && token_.kind != TokenKind::Identifier) return nullptr;
    for (const Infix& row : kInfixes) {
        if (row.token == token_.text) return &row;
    }
    return nullptr;
}

const Syntax* Parser::expression(int power) {
    if (++nesting_ > kMaxNesting) return wrong("nested too deeply");
    const Syntax* left = prefix();
    while (left) {
        const Infix* row = infix();
        if (!row || row->power < power) break;
        Syntax* node = make(row->op);
        advance();
        if (row->op == Op::Is || row->op == Op::As) {
            node->source = left;
            if (!type_name(*node)) return nullptr;
        } else {
            const Syntax* right = expression(row->power + 1);
            if (!right) return nullptr;
            node->args = {left, right};
        }
        left = close(node);
    }
    --nesting_;
    return left;
}

const Syntax* Parser::prefix() {
    if (token_.is("-") || token_.is("+")) {
        Syntax* node = make(token_.is("-") ? Op::Negative : Op::Positive);
        advance();
        const Syntax* operand = expression(kPrefixPower);
        if (!operand) return nullptr;
        node->args = {operand};
        return close(node);
    }
    const Syntax* left = term();
    while (left) {
        if (token_.is(".")) {
            advance();
            left = invocation(left);
        } else if (token_.is("[")) {
            Syntax* node = make(Op::Indexer);
            advance();
            const Syntax* index = expression(0);
            if (!index || !expect("]")) return nullptr;
            node->source = left;
            node->args = {index};
            left = close(node);
        } else {
            break;
        }
    }
    return left;
}

const Syntax* Parser::literal(Item::Kind kind) {
    Syntax* node = make(Op::Literal);
    node->text = token_.text;
    node->literal = Item::borrowed(kind, node->text);
    advance();
    return node;
}

const Syntax* Parser::number() {
    Syntax* node = make(Op::Literal);
    const std::string digits = token_.text;
    const auto value = Number::parse(digits);
    if (!value) return wrong("number is too long");
    advance();
    const bool calendar = token_.kind == TokenKind::Identifier && time_unit(token_.text, false);
    if (calendar || token_.kind == TokenKind::String) {
        const std::string unit = token_.text;
        node->text = digits + unit;
        node->literal = Item::borrowed(Item::Kind::Quantity, node->text,
                                       static_cast<std::uint32_t>(digits.size()), calendar);
        advance();
        return node;
    }
    if (digits.find('.') == std::string::npos) {
        const auto whole = value->whole();
        if (!whole) return wrong("integer is too large");
        node->literal = Item::integer(*whole);
        return node;
    }
    node->text = digits;
    node->literal = Item::borrowed(Item::Kind::Decimal, node->text);
    return node;
}

const Syntax* Parser::term() {
    switch (token_.kind) {
        case TokenKind::String:
            return literal(Item::Kind::String);
        case TokenKind::Number:
            return number();
        case TokenKind::Date:
        case TokenKind::DateTime:
        case TokenKind::Time: {
            const auto kind = token_.kind == TokenKind::Date       ? Temporal::Kind::Date
                              : token_.kind == TokenKind::DateTime ? Temporal::Kind::DateTime
                                                                   : Temporal::Kind::Time;
            if (!Temporal::parse(kind, token_.text)) return wrong("no such date or time");
            return literal(token_.kind == TokenKind::Date       ? Item::Kind::Date
                           : token_.kind == TokenKind::DateTime ? Item::Kind::DateTime
                                                                : Item::Kind::Time);
        }
        case TokenKind::External: {
            Syntax* node = make(Op::Variable);
            node->name = token_.text;
            advance();
            return node;
        }
        case TokenKind::Dollar: {
            static constexpr std::array<std::string_view, 3> kNames{"this", "index", "total"};
            static constexpr std::array<Op, 3> kOps{Op::This, Op::Index, Op::Total};
            for (std::size_t i = 0; i < kNames.size(); ++i) {
                if (token_.text != kNames[i]) continue;
                Syntax* node = make(kOps[i]);
                advance();
                return node;
            }
            return wrong("unknown name after $");
        }
        case TokenKind::Symbol:
            if (token_.is("(")) {
                advance();
                const Syntax* inner = expression(0);
                if (!inner || !expect(")")) return nullptr;
                return inner;
            }
            if (token_.is("{")) {
                Syntax* node = make(Op::Nothing);
                advance();
                return expect("}") ? node : nullptr;
            }
            break;
        case TokenKind::Identifier:
            if (token_.text == "true" || token_.text == "false") {
                Syntax* node = make(Op::Literal);
                node->literal = Item::boolean(token_.text == "true");
                advance();
                return node;
            }
            return invocation(nullptr);
        case TokenKind::Delimited:
            return invocation(nullptr);
        case TokenKind::End:
            break;
    }
    return wrong(at_end() ? "expression ends too early" : "unexpected '" + token_.text + "'");
}

const Syntax* Parser::invocation(const Syntax* source) {
    if (token_.kind == TokenKind::Dollar && source) {
        // `x.$this` is in the grammar: the names do not depend on what stands before them.
        return term();
    }
    if (token_.kind != TokenKind::Identifier && token_.kind != TokenKind::Delimited)
        return wrong("a name must follow");
    const bool plain = token_.kind == TokenKind::Identifier;
    const std::string name = token_.text;
    const std::uint32_t column = token_.offset;
    static constexpr std::array<std::string_view, 6> kReserved{"and",     "or",  "xor",
                                                               "implies", "div", "mod"};
    if (plain && std::find(kReserved.begin(), kReserved.end(), name) != kReserved.end())
        return wrong("unexpected '" + name + "'");
    advance();
    if (plain && token_.is("(")) return call(source, name, column);
    Syntax* node = make(Op::Member);
    node->column = column;
    node->source = source;
    node->name = name;
    return close(node);
}

bool Parser::type_name(Syntax& node) {
    const auto word = [&](std::string& out) {
        if (token_.kind != TokenKind::Identifier && token_.kind != TokenKind::Delimited) {
            wrong("a type name must follow");
            return false;
        }
        out = token_.text;
        advance();
        return true;
    };
    if (!word(node.name)) return false;
    if (token_.is(".") && (node.name == "System" || node.name == "FHIR")) {
        advance();
        node.space = std::move(node.name);
        return word(node.name);
    }
    return true;
}

const Syntax* Parser::call(const Syntax* source, const std::string& name, std::uint32_t column) {
    const FunctionRow* row = nullptr;
    for (const FunctionRow& candidate : kFunctions) {
        if (candidate.name == name) row = &candidate;
    }
    if (!row) {
        fail(Error{Code::Unsupported, "semantic: unknown function '" + name + "'",
                   "column " + std::to_string(column + 1)});
        return nullptr;
    }
    Syntax* node = make(Op::Call);
    node->column = column;
    node->function = row->function;
    node->source = source;
    advance();  // "("
    const bool takes_type = row->function == Function::OfType ||
                            row->function == Function::IsType || row->function == Function::AsType;
    if (takes_type) {
        if (!type_name(*node) || !expect(")")) return nullptr;
        return close(node);
    }
    if (!token_.is(")")) {
        do {
            if (!node->args.empty()) advance();
            const Syntax* argument = expression(0);
            if (!argument) return nullptr;
            node->args.push_back(argument);
        } while (token_.is(","));
    }
    if (!expect(")")) return nullptr;
    if (node->args.size() < row->least || node->args.size() > row->most) {
        fail(Error{Code::Unsupported, "semantic: wrong number of arguments of " + name + "()",
                   "column " + std::to_string(column + 1)});
        return nullptr;
    }
    const bool takes_pattern = row->function == Function::Matches ||
                               row->function == Function::MatchesFull ||
                               row->function == Function::ReplaceMatches;
    if (takes_pattern && node->args[0]->op == Op::Literal &&
        node->args[0]->literal.kind() == Item::Kind::String) {
        auto regex = compile_regex(node->args[0]->literal.text());
        if (!regex) {
            fail(Error{Code::Invalid, "syntax: " + regex.error().message,
                       "column " + std::to_string(column + 1)});
            return nullptr;
        }
        node->regex = std::move(*regex);
    }
    return close(node);
}

}  // namespace

Result<std::shared_ptr<const Program>> parse_program(std::string_view text, bool prefix,
                                                     std::size_t& used) {
    if (text.size() > kMaxText && !prefix) return syntax_error("expression is too long", kMaxText);
    auto program = std::make_shared<Program>();
    Parser parser{text, *program};
    program->root = parser.expression(0);
    if (parser.fault()) return *parser.fault();
    used = parser.taken();
    if (!prefix && parser.unread()) return *parser.unread();
    if (!prefix && !parser.at_end())
        return syntax_error("unexpected '" + parser.token().text + "'", parser.token().offset);
    program->text = std::string{text.substr(0, used)};
    return std::shared_ptr<const Program>{std::move(program)};
}

}  // namespace tsunagi::fhirpath

#pragma once
#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

namespace tsunagi::fhirpath {

enum class TokenKind : std::uint8_t {
    End,
    Identifier,  ///< plain word, keywords included
    Delimited,   ///< `word`
    String,
    Number,
    Date,
    DateTime,
    Time,
    External,  ///< %name, %`name`, %'name'
    Dollar,    ///< $this, $index, $total
    Symbol,    ///< one of the operators and brackets, in `text`
};

struct Token {
    TokenKind kind = TokenKind::End;
    std::uint32_t offset = 0;
    std::uint32_t end = 0;
    std::string text;  ///< decoded: no quotes, escapes resolved, no '@'
    bool is(std::string_view symbol) const { return kind == TokenKind::Symbol && text == symbol; }
    bool word(std::string_view name) const { return kind == TokenKind::Identifier && text == name; }
};

/// "syntax: message" with where = "column N".
Error syntax_error(std::string_view message, std::size_t offset);

/// Splits an expression into tokens; skips white space, `//` and `/* */` comments.
class Lexer {
public:
    explicit Lexer(std::string_view text) : text_(text) {}
    Result<Token> next();

private:
    Result<Token> quoted(char quote, TokenKind kind);
    Result<Token> temporal();
    Token number();
    Status skip_blanks();
    char peek(std::size_t ahead = 0) const {
        return at_ + ahead < text_.size() ? text_[at_ + ahead] : '\0';
    }
    bool digits(std::size_t count);
    Token make(TokenKind kind, std::size_t start, std::string text) const;

    std::string_view text_;
    std::size_t at_ = 0;
};

}  // namespace tsunagi::fhirpath

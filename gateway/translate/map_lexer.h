#pragma once
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "translate/map_syntax.h"

namespace tsunagi::translate::syntax {

/// Metadata is a whole line `/// key = value`, or several when the value stands in `"""`. Date is
/// `@2026-11-20`, `@T14:30` and `@2026-11-20T14:30:00+09:00`, kept without the @.
enum class Kind : std::uint8_t { End, Word, Text, Number, Date, Symbol, Metadata };

/// One token of a map.
struct Token {
    Kind kind = Kind::End;
    std::string text;  ///< a Text without quotes and escapes
    char quote = 0;    ///< of a Text; '`' for a delimited Word
    std::size_t begin = 0, end = 0;
    Place place;
};

bool is_letter(char c);
bool is_digit(char c);

/// Cuts a map into tokens. A fault is kept and every later token is End. Not an interface. Thread
/// rule: one thread.
class Lexer {
public:
    explicit Lexer(std::string_view text) : text_(text) {}
    const std::string& fault() const { return fault_; }
    Place fault_place() const { return fault_place_; }
    Token next();
    /// FHIRPath from byte `begin` to where the clause ends: "->", ",", ";", a rule name, or a word
    /// that starts the next clause, outside brackets and texts.
    Path path_from(std::size_t begin, Place place);
    void rewind(std::size_t at, Place place);

private:
    static bool is_space(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }
    bool starts(std::string_view what) const { return text_.substr(at_, what.size()) == what; }
    void move(std::size_t count);
    /// Spaces and comments. "///" is metadata while it may stand (before the first group), a
    /// comment afterwards; the parser decides.
    bool skip_blank();
    void read_quoted(char quote, std::string& out);
    void fail(std::string what, Place place);

    std::string_view text_;
    std::size_t at_ = 0;
    Place place_;
    std::string fault_;
    Place fault_place_;
};

}  // namespace tsunagi::translate::syntax

#include "translate/map_lexer.h"

#include <algorithm>
#include <array>
#include <charconv>

#include "base/utf8.h"

namespace tsunagi::translate::syntax {
namespace {

/// Around the several lines of a metadata value.
constexpr std::string_view kBlock = R"(""")";

/// Part of a date literal; a '-' or '.' only before a digit, so that "->" is left alone.
bool is_date_character(std::string_view text, std::size_t at) {
    const char c = text[at];
    if (is_digit(c) || c == 'T' || c == 'Z' || c == ':' || c == '+') return true;
    return (c == '-' || c == '.') && at + 1 < text.size() && is_digit(text[at + 1]);
}

}  // namespace

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }

Token Lexer::next() {
    Token token;
    if (!skip_blank()) return token;
    token.begin = at_;
    token.place = place_;
    if (at_ == text_.size()) {
        token.end = at_;
        return token;
    }
    const char c = text_[at_];
    if (starts("///")) {
        token.kind = Kind::Metadata;
        std::size_t end = std::min(text_.find('\n', at_), text_.size());
        const std::size_t block = text_.find(kBlock, at_);
        if (block < end) {
            const std::size_t close = text_.find(kBlock, block + kBlock.size());
            if (close == std::string_view::npos) {
                fail("the text in \"\"\" does not end", place_);
                return token;
            }
            end = close + kBlock.size();
        }
        token.text = text_.substr(at_ + 3, end - at_ - 3);
        move(end - at_);
    } else if (is_letter(c)) {
        token.kind = Kind::Word;
        std::size_t end = at_;
        while (end < text_.size() && (is_letter(text_[end]) || is_digit(text_[end]))) ++end;
        token.text = text_.substr(at_, end - at_);
        move(end - at_);
    } else if (is_digit(c) || (c == '-' && at_ + 1 < text_.size() && is_digit(text_[at_ + 1]))) {
        token.kind = Kind::Number;
        std::size_t end = at_ + 1;
        while (end < text_.size() && is_digit(text_[end])) ++end;
        if (end + 1 < text_.size() && text_[end] == '.' && is_digit(text_[end + 1])) {
            ++end;
            while (end < text_.size() && is_digit(text_[end])) ++end;
        }
        token.text = text_.substr(at_, end - at_);
        move(end - at_);
    } else if (c == '@') {
        token.kind = Kind::Date;
        std::size_t end = at_ + 1;
        while (end < text_.size() && is_date_character(text_, end)) ++end;
        token.text = text_.substr(at_ + 1, end - at_ - 1);
        move(end - at_);
    } else if (c == '\'' || c == '"' || c == '`') {
        token.kind = c == '`' ? Kind::Word : Kind::Text;
        token.quote = c;
        read_quoted(c, token.text);
    } else {
        token.kind = Kind::Symbol;
        static constexpr std::array<std::string_view, 11> kLong = {
            "->", "<<", ">>", "..", "==", "!=", ">=", "<=", "--", ">-", "<-"};
        std::size_t size = 1;
        for (const auto symbol : kLong) {
            if (starts(symbol)) size = symbol.size();
        }
        token.text = text_.substr(at_, size);
        move(size);
    }
    token.end = at_;
    return token;
}

/// FHIRPath from byte `begin` to where the clause ends: "->", ",", ";", a rule name, or a word
/// that starts the next clause, outside brackets and texts.
Path Lexer::path_from(std::size_t begin, Place place) {
    rewind(begin, place);
    skip_blank();
    Path path{{}, place_};
    const std::size_t start = at_;
    std::size_t end = at_;
    int depth = 0;
    while (at_ < text_.size()) {
        const char c = text_[at_];
        if (c == '\'' || c == '`') {
            std::string ignored;
            read_quoted(c, ignored);
        } else if (starts("//")) {  // "///" too: nothing inside an expression is metadata
            move(std::min(text_.find('\n', at_), text_.size()) - at_);
            continue;
        } else if (starts("/*")) {
            if (!skip_blank()) break;
            continue;
        } else if (is_letter(c)) {
            std::size_t word_end = at_;
            while (word_end < text_.size() &&
                   (is_letter(text_[word_end]) || is_digit(text_[word_end])))
                ++word_end;
            const auto word = text_.substr(at_, word_end - at_);
            const bool member = at_ > start && (text_[at_ - 1] == '.' || text_[at_ - 1] == '%');
            if (depth == 0 && !member && at_ > start &&
                (word == "check" || word == "log" || word == "then" || word == "where"))
                break;
            move(word_end - at_);
        } else if (depth == 0 && (starts("->") || c == ',' || c == ';' || c == '"' || c == ')')) {
            break;
        } else {
            if (c == '(' || c == '[' || c == '{') ++depth;
            if (c == ')' || c == ']' || c == '}') --depth;
            if (depth < 0) break;
            move(1);
        }
        if (at_ > 0 && !is_space(text_[at_ - 1])) end = at_;
    }
    path.text = text_.substr(start, end - start);
    if (path.text.empty()) fail("a FHIRPath expression is expected", path.place);
    return path;
}

void Lexer::rewind(std::size_t at, Place place) {
    at_ = at;
    place_ = place;
}

void Lexer::move(std::size_t count) {
    for (; count > 0; --count, ++at_) {
        if (text_[at_] == '\n') {
            ++place_.line;
            place_.column = 1;
        } else {
            ++place_.column;
        }
    }
}

/// Spaces and comments. "///" is metadata while it may stand (before the first group), a
/// comment afterwards; the parser decides.
bool Lexer::skip_blank() {
    if (!fault_.empty()) return false;
    for (;;) {
        if (at_ < text_.size() && is_space(text_[at_])) {
            move(1);
        } else if (starts("//") && !(starts("///") && !starts("////"))) {
            move(std::min(text_.find('\n', at_), text_.size()) - at_);
        } else if (starts("/*")) {
            const std::size_t end = text_.find("*/", at_ + 2);
            if (end == std::string_view::npos) {
                fail("the comment does not end", place_);
                return false;
            }
            move(end + 2 - at_);
        } else {
            return true;
        }
    }
}

void Lexer::read_quoted(char quote, std::string& out) {
    const Place start = place_;
    move(1);
    while (at_ < text_.size() && text_[at_] != quote) {
        const char c = text_[at_];
        if (c != '\\') {
            out.push_back(c);
            move(1);
            continue;
        }
        if (at_ + 1 >= text_.size()) break;
        const char escape = text_[at_ + 1];
        if (escape == 'u') {
            std::uint32_t code = 0;
            const auto digits = text_.substr(at_ + 2, 4);
            const auto [rest, error] =
                std::from_chars(digits.data(), digits.data() + digits.size(), code, 16);
            if (digits.size() != 4 || error != std::errc{} || rest != digits.data() + 4 ||
                (code >= 0xD800 && code < 0xE000)) {
                return fail("four hexadecimal digits of a character are expected after \\u",
                            place_);
            }
            append_utf8(out, code);
            move(6);
            continue;
        }
        switch (escape) {
            case 'n':
                out.push_back('\n');
                break;
            case 'r':
                out.push_back('\r');
                break;
            case 't':
                out.push_back('\t');
                break;
            case 'f':
                out.push_back('\f');
                break;
            case '\\':
            case '/':
            case '\'':
            case '"':
            case '`':
                out.push_back(escape);
                break;
            default:
                return fail("unknown escape in a text", place_);
        }
        move(2);
    }
    if (at_ == text_.size()) return fail("the text does not end", start);
    move(1);
}

void Lexer::fail(std::string what, Place place) {
    if (!fault_.empty()) return;
    fault_ = std::move(what);
    fault_place_ = place;
    at_ = text_.size();
}

}  // namespace tsunagi::translate::syntax

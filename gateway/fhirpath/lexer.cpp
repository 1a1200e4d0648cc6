#include "fhirpath/lexer.h"

#include <array>

#include "base/utf8.h"

namespace tsunagi::fhirpath {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_start(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }
bool is_word(char c) { return is_start(c) || is_digit(c); }

int hex_digit(char c) {
    if (is_digit(c)) return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

}  // namespace

Error syntax_error(std::string_view message, std::size_t offset) {
    return Error{Code::Invalid, "syntax: " + std::string{message},
                 "column " + std::to_string(offset + 1)};
}

Token Lexer::make(TokenKind kind, std::size_t start, std::string text) const {
    return Token{kind, static_cast<std::uint32_t>(start), static_cast<std::uint32_t>(at_),
                 std::move(text)};
}

Status Lexer::skip_blanks() {
    while (at_ < text_.size()) {
        const char c = peek();
        if (c == ' ' || c == '\t' || c == '\r' || c == '\n') {
            ++at_;
        } else if (c == '/' && peek(1) == '/') {
            while (at_ < text_.size() && peek() != '\n') ++at_;
        } else if (c == '/' && peek(1) == '*') {
            const auto end = text_.find("*/", at_ + 2);
            if (end == std::string_view::npos) return syntax_error("comment is not closed", at_);
            at_ = end + 2;
        } else {
            break;
        }
    }
    return {};
}

bool Lexer::digits(std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) {
        if (!is_digit(peek(i))) return false;
    }
    at_ += count;
    return true;
}

Result<Token> Lexer::quoted(char quote, TokenKind kind) {
    const std::size_t start = at_++;
    std::string out;
    std::uint32_t high = 0;
    while (at_ < text_.size() && peek() != quote) {
        const char c = text_[at_++];
        if (c != '\\') {
            if (high != 0) return syntax_error("half of a surrogate pair", at_ - 1);
            out.push_back(c);
            continue;
        }
        const char escape = peek();
        ++at_;
        if (escape == 'u') {
            std::uint32_t point = 0;
            for (int i = 0; i < 4; ++i) {
                const int digit = hex_digit(peek());
                if (digit < 0) return syntax_error("\\u needs four hexadecimal digits", at_);
                point = point * 16 + static_cast<std::uint32_t>(digit);
                ++at_;
            }
            if (high != 0) {
                if (point < 0xDC00 || point > 0xDFFF)
                    return syntax_error("half of a surrogate pair", at_);
                append_utf8(out, 0x10000 + ((high - 0xD800) << 10) + (point - 0xDC00));
                high = 0;
            } else if (point >= 0xD800 && point <= 0xDBFF) {
                high = point;
            } else if (point >= 0xDC00 && point <= 0xDFFF) {
                return syntax_error("half of a surrogate pair", at_);
            } else {
                append_utf8(out, point);
            }
            continue;
        }
        static constexpr std::string_view kFrom = "`'\"\\/fnrt";
        static constexpr std::string_view kTo = "`'\"\\/\f\n\r\t";
        const auto found = kFrom.find(escape);
        if (high != 0 || found == std::string_view::npos)
            return syntax_error("unknown escape", at_ - 2);
        out.push_back(kTo[found]);
    }
    if (at_ >= text_.size() || high != 0) return syntax_error("text is not closed", start);
    ++at_;
    return make(kind, start, std::move(out));
}

Token Lexer::number() {
    const std::size_t start = at_;
    while (is_digit(peek())) ++at_;
    if (peek() == '.' && is_digit(peek(1))) {
        ++at_;
        while (is_digit(peek())) ++at_;
    }
    return make(TokenKind::Number, start, std::string{text_.substr(start, at_ - start)});
}

Result<Token> Lexer::temporal() {
    const std::size_t start = at_++;
    const std::size_t from = at_;
    const auto bad = [&] { return syntax_error("not a date or time", start); };
    const auto clock = [&]() -> bool {
        if (!digits(2)) return false;
        if (peek() != ':') return true;
        ++at_;
        if (!digits(2)) return false;
        if (peek() != ':') return true;
        ++at_;
        if (!digits(2)) return false;
        if (peek() == '.' && is_digit(peek(1))) {
            ++at_;
            while (is_digit(peek())) ++at_;
        }
        return true;
    };
    if (peek() == 'T') {
        ++at_;
        const std::size_t time = at_;
        if (!clock()) return bad();
        return make(TokenKind::Time, start, std::string{text_.substr(time, at_ - time)});
    }
    if (!digits(4)) return bad();
    if (peek() == '-' && is_digit(peek(1))) {
        ++at_;
        if (!digits(2)) return bad();
        if (peek() == '-' && is_digit(peek(1))) {
            ++at_;
            if (!digits(2)) return bad();
        }
    }
    if (peek() != 'T')
        return make(TokenKind::Date, start, std::string{text_.substr(from, at_ - from)});
    const std::size_t date_end = at_++;
    if (!is_digit(peek()))
        return make(TokenKind::DateTime, start, std::string{text_.substr(from, date_end - from)});
    if (!clock()) return bad();
    if (peek() == 'Z') {
        ++at_;
    } else if ((peek() == '+' || peek() == '-') && is_digit(peek(1)) && is_digit(peek(2)) &&
               peek(3) == ':') {
        at_ += 4;
        if (!digits(2)) return bad();
    }
    return make(TokenKind::DateTime, start, std::string{text_.substr(from, at_ - from)});
}

Result<Token> Lexer::next() {
    if (auto skipped = skip_blanks(); !skipped) return skipped.error();
    const std::size_t start = at_;
    if (at_ >= text_.size()) return make(TokenKind::End, start, {});
    const char c = peek();
    if (is_start(c)) {
        while (is_word(peek())) ++at_;
        return make(TokenKind::Identifier, start, std::string{text_.substr(start, at_ - start)});
    }
    if (is_digit(c)) return number();
    if (c == '\'') return quoted('\'', TokenKind::String);
    if (c == '`') return quoted('`', TokenKind::Delimited);
    if (c == '"') return quoted('"', TokenKind::Delimited);
    if (c == '@') return temporal();
    if (c == '$' || c == '%') {
        ++at_;
        if (c == '%' && (peek() == '`' || peek() == '\'')) {
            auto name = quoted(peek(), TokenKind::External);
            if (name) name->offset = static_cast<std::uint32_t>(start);
            return name;
        }
        const std::size_t from = at_;
        while (is_word(peek())) ++at_;
        if (at_ == from) return syntax_error("a name must follow", start);
        return make(c == '$' ? TokenKind::Dollar : TokenKind::External, start,
                    std::string{text_.substr(from, at_ - from)});
    }
    static constexpr std::array<std::string_view, 4> kPairs{"<=", ">=", "!=", "!~"};
    for (const std::string_view pair : kPairs) {
        if (text_.substr(at_, 2) == pair) {
            at_ += 2;
            return make(TokenKind::Symbol, start, std::string{pair});
        }
    }
    static constexpr std::string_view kSingles = ".,()[]{}+-*/&|=~<>";
    if (kSingles.find(c) == std::string_view::npos)
        return syntax_error("unexpected character", at_);
    ++at_;
    return make(TokenKind::Symbol, start, std::string(1, c));
}

}  // namespace tsunagi::fhirpath

#include "json/writer.h"

#include <cstdint>
#include <cstring>

namespace tsunagi::json {
namespace {

void newline(std::string& out, int depth) {
    out += '\n';
    out.append(static_cast<std::size_t>(depth) * 2, ' ');
}

/// True when one of the 8 bytes is below 0x20, a quote or a backslash: the bytes that RFC 8259
/// wants escaped. (x - 0x01…) & ~x & 0x80… finds zero bytes; bytes of 0x80 and more never match.
bool needs_escape(const char* text) {
    constexpr std::uint64_t kOnes = 0x0101010101010101;
    constexpr std::uint64_t kHigh = 0x8080808080808080;
    std::uint64_t bytes = 0;
    std::memcpy(&bytes, text, sizeof bytes);
    const auto has_zero = [](std::uint64_t word) { return (word - kOnes) & ~word & kHigh; };
    const std::uint64_t control = (bytes - kOnes * 0x20) & ~bytes & kHigh;
    return (control | has_zero(bytes ^ kOnes * '"') | has_zero(bytes ^ kOnes * '\\')) != 0;
}

/// `depth` < 0 writes compact text.
void append(std::string& out, Value value, int depth) {
    const bool pretty = depth >= 0;
    switch (value.kind()) {
        case Kind::Null:
            out += "null";
            return;
        case Kind::Bool:
        case Kind::Number:
            out += value.text();
            return;
        case Kind::String:
            append_quoted(out, value.text());
            return;
        case Kind::Array:
        case Kind::Object:
            break;
    }
    const bool object = value.is_object();
    out += object ? '{' : '[';
    bool first = true;
    for (const Value child : value) {
        if (!first) out += ',';
        first = false;
        if (pretty) newline(out, depth + 1);
        if (object) {
            append_quoted(out, child.key());
            out += pretty ? ": " : ":";
        }
        append(out, child, pretty ? depth + 1 : depth);
    }
    if (pretty && !first) newline(out, depth);
    out += object ? '}' : ']';
}

}  // namespace

void append_quoted(std::string& out, std::string_view text) {
    static constexpr char kHex[] = "0123456789abcdef";
    out += '"';
    std::size_t plain_from = 0;
    for (std::size_t i = 0; i < text.size(); ++i) {
        while (i + 8 <= text.size() && !needs_escape(text.data() + i)) i += 8;
        if (i == text.size()) break;
        const auto c = static_cast<unsigned char>(text[i]);
        if (c >= 0x20 && c != '"' && c != '\\') continue;
        out.append(text, plain_from, i - plain_from);
        plain_from = i + 1;
        switch (c) {
            case '"':
                out += "\\\"";
                break;
            case '\\':
                out += "\\\\";
                break;
            case '\n':
                out += "\\n";
                break;
            case '\r':
                out += "\\r";
                break;
            case '\t':
                out += "\\t";
                break;
            case '\b':
                out += "\\b";
                break;
            case '\f':
                out += "\\f";
                break;
            default:
                out += "\\u00";
                out += kHex[c >> 4];
                out += kHex[c & 15];
        }
    }
    out.append(text, plain_from);
    out += '"';
}

std::string write(Value value) {
    std::string out;
    append(out, value, -1);
    return out;
}

std::string write_pretty(Value value) {
    std::string out;
    append(out, value, 0);
    out += '\n';
    return out;
}

}  // namespace tsunagi::json

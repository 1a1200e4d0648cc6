#include "json/writer.h"

#include <algorithm>
#include <cstdint>
#include <cstring>

namespace tsunagi::json {
namespace {

/// Bytes that pass a JSON string as they are: all but control characters, quote and backslash.
bool is_plain(unsigned char c) { return c >= 0x20 && c != '"' && c != '\\'; }

/// Whether eight bytes are all plain. Each term sets the high bit of a byte that is below 0x20, or
/// zero after the XOR.
bool are_plain(std::uint64_t eight) {
    constexpr std::uint64_t kOnes = 0x0101010101010101;
    constexpr std::uint64_t kHigh = 0x8080808080808080;
    const std::uint64_t quote = eight ^ (kOnes * '"');
    const std::uint64_t slash = eight ^ (kOnes * '\\');
    const std::uint64_t found =
        ((eight - kOnes * 0x20) & ~eight) | ((quote - kOnes) & ~quote) | ((slash - kOnes) & ~slash);
    return (found & kHigh) == 0;
}

template <class Word>
std::uint64_t load(const char* from) {
    Word word = 0;
    std::memcpy(&word, from, sizeof word);
    return word;
}

/// Whether no byte of `text` needs an escape. The tail is looked at in words that overlap.
bool is_plain(std::string_view text) {
    const char* const data = text.data();
    const std::size_t size = text.size();
    if (size >= 8) {
        for (std::size_t at = 0; at + 8 < size; at += 8) {
            if (!are_plain(load<std::uint64_t>(data + at))) return false;
        }
        return are_plain(load<std::uint64_t>(data + size - 8));
    }
    if (size >= 4) {
        return are_plain(load<std::uint32_t>(data) | load<std::uint32_t>(data + size - 4) << 32);
    }
    return std::all_of(text.begin(), text.end(),
                       [](char c) { return is_plain(static_cast<unsigned char>(c)); });
}

/// Text that grows at its end; cheaper than std::string for many short pieces.
class Output {
public:
    explicit Output(std::size_t expected) : text_(expected, '\0') {}
    void add(char c) {
        *room(1) = c;
        ++size_;
    }
    void add(std::string_view piece) {
        if (piece.empty()) return;
        std::memcpy(room(piece.size()), piece.data(), piece.size());
        size_ += piece.size();
    }
    void add(std::size_t count, char c) {
        std::fill_n(room(count), count, c);
        size_ += count;
    }
    void quote(std::string_view text);
    std::string take() {
        text_.resize(size_);
        return std::move(text_);
    }

private:
    char* room(std::size_t count) {
        if (text_.size() - size_ < count) grow(count);
        return text_.data() + size_;
    }
    void grow(std::size_t count) { text_.resize(std::max(text_.size() * 2, size_ + count)); }
    void escape(unsigned char c);

    std::string text_;  ///< `size_` bytes are written, the rest is room
    std::size_t size_ = 0;
};

void Output::quote(std::string_view text) {
    if (is_plain(text)) {
        char* const place = room(text.size() + 2);
        place[0] = '"';
        if (!text.empty()) std::memcpy(place + 1, text.data(), text.size());
        place[text.size() + 1] = '"';
        size_ += text.size() + 2;
        return;
    }
    add('"');
    std::size_t plain_from = 0;
    for (std::size_t at = 0; at < text.size(); ++at) {
        const auto c = static_cast<unsigned char>(text[at]);
        if (is_plain(c)) continue;
        add(text.substr(plain_from, at - plain_from));
        escape(c);
        plain_from = at + 1;
    }
    add(text.substr(plain_from));
    add('"');
}

void Output::escape(unsigned char c) {
    static constexpr char kHex[] = "0123456789abcdef";
    switch (c) {
        case '"':
            return add("\\\"");
        case '\\':
            return add("\\\\");
        case '\n':
            return add("\\n");
        case '\r':
            return add("\\r");
        case '\t':
            return add("\\t");
        case '\b':
            return add("\\b");
        case '\f':
            return add("\\f");
        default:
            add("\\u00");
            add(kHex[c >> 4]);
            add(kHex[c & 15]);
    }
}

void newline(Output& out, int depth) {
    out.add('\n');
    out.add(static_cast<std::size_t>(depth) * 2, ' ');
}

/// `depth` < 0 writes compact text.
void append(Output& out, Value value, int depth) {
    const bool pretty = depth >= 0;
    switch (value.kind()) {
        case Kind::Null:
            return out.add("null");
        case Kind::Bool:
        case Kind::Number:
            return out.add(value.text());
        case Kind::String:
            return out.quote(value.text());
        case Kind::Array:
        case Kind::Object:
            break;
    }
    const bool object = value.is_object();
    out.add(object ? '{' : '[');
    bool first = true;
    for (const Value child : value) {
        if (!first) out.add(',');
        first = false;
        if (pretty) newline(out, depth + 1);
        if (object) {
            out.quote(child.key());
            out.add(pretty ? ": " : ":");
        }
        append(out, child, pretty ? depth + 1 : depth);
    }
    if (pretty && !first) newline(out, depth);
    out.add(object ? '}' : ']');
}

}  // namespace

void append_quoted(std::string& out, std::string_view text) {
    Output quoted(text.size() + 2);
    quoted.quote(text);
    out += quoted.take();
}

std::string write(Value value) {
    Output out(4096);
    append(out, value, -1);
    return out.take();
}

std::string write_pretty(Value value) {
    Output out(4096);
    append(out, value, 0);
    out.add('\n');
    return out.take();
}

}  // namespace tsunagi::json

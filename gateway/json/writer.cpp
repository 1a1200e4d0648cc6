#include "json/writer.h"

#include <algorithm>
#include <cstdint>
#include <cstring>

namespace tsunagi::json {
namespace {

/// Bytes that pass a JSON string as they are: all but control characters, quote and backslash.
bool is_plain(unsigned char c) { return c >= 0x20 && c != '"' && c != '\\'; }

/// Whether all bytes of a word are plain. Each term sets the high bit of a byte that is below 0x20,
/// or zero after the XOR.
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
template <class Word>
void copy(char* to, const char* from) {
    std::memcpy(to, from, sizeof(Word));
}

/// Copies `text` and tells whether no byte of it needs an escape. Words overlap at the end; most
/// texts are short, and a call of memcpy would cost more than the copy.
bool copy_plain(char* to, std::string_view text) {
    const char* const from = text.data();
    const std::size_t size = text.size();
    if (size >= 8) {
        for (std::size_t at = 0; at + 8 < size; at += 8) {
            if (!are_plain(load<std::uint64_t>(from + at))) return false;
            copy<std::uint64_t>(to + at, from + at);
        }
        copy<std::uint64_t>(to + size - 8, from + size - 8);
        return are_plain(load<std::uint64_t>(from + size - 8));
    }
    if (size >= 4) {
        copy<std::uint32_t>(to, from);
        copy<std::uint32_t>(to + size - 4, from + size - 4);
        return are_plain(load<std::uint32_t>(from) | load<std::uint32_t>(from + size - 4) << 32);
    }
    std::copy_n(from, size, to);
    return std::all_of(from, from + size,
                       [](char c) { return is_plain(static_cast<unsigned char>(c)); });
}

/// Text that grows at its end; cheaper than std::string for many short pieces.
class Output {
public:
    explicit Output(std::size_t expected) : text_(expected, '\0') { take_room(0); }
    void add(char c) {
        need(1);
        *at_++ = c;
    }
    void add(std::string_view piece) {
        need(piece.size());
        at_ = std::copy_n(piece.data(), piece.size(), at_);
    }
    void add(std::size_t count, char c) {
        need(count);
        at_ = std::fill_n(at_, count, c);
    }
    void quote(std::string_view text) {
        need(text.size() + 2);
        if (!copy_plain(at_ + 1, text)) return escaped(text);
        at_[0] = '"';
        at_[text.size() + 1] = '"';
        at_ += text.size() + 2;
    }
    std::string take() {
        text_.resize(size());
        return std::move(text_);
    }

private:
    std::size_t size() const { return static_cast<std::size_t>(at_ - text_.data()); }
    void need(std::size_t count) {
        if (static_cast<std::size_t>(end_ - at_) < count) grow(count);
    }
    void grow(std::size_t count) {
        const std::size_t written = size();
        text_.resize(std::max(text_.size() * 2, written + count));
        take_room(written);
    }
    void take_room(std::size_t written) {
        at_ = text_.data() + written;
        end_ = text_.data() + text_.size();
    }
    void escaped(std::string_view text);
    void escape(unsigned char c);

    std::string text_;  ///< written up to `at_`, the rest is room
    char *at_ = nullptr, *end_ = nullptr;
};

void Output::escaped(std::string_view text) {
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

inline void append_scalar(Output& out, const Node& node) {
    switch (node.kind) {
        case Kind::String:
            return out.quote({node.text, node.size});
        case Kind::Number:
            return out.add({node.text, node.size});
        case Kind::Bool:
            return out.add(node.truth ? "true" : "false");
        default:
            return out.add("null");
    }
}

/// `depth` < 0 writes compact text.
void append(Output& out, const Node& node, int depth) {
    const bool object = node.kind == Kind::Object;
    if (!object && node.kind != Kind::Array) return append_scalar(out, node);
    const bool pretty = depth >= 0;
    out.add(object ? '{' : '[');
    for (const Node* child = node.first; child; child = child->next) {
        if (child != node.first) out.add(',');
        if (pretty) newline(out, depth + 1);
        if (object) {
            out.quote({child->key, child->key_size});
            out.add(':');
            if (pretty) out.add(' ');
        }
        // Most children are scalars: no call for them.
        if (child->kind == Kind::Object || child->kind == Kind::Array)
            append(out, *child, pretty ? depth + 1 : depth);
        else
            append_scalar(out, *child);
    }
    if (pretty && node.first) newline(out, depth);
    out.add(object ? '}' : ']');
}

/// About how long the compact text is: exact but for escapes.
std::size_t expected_size(const Node& node) {
    constexpr std::size_t kAround = 4;  // quotes or brackets, colon, comma
    std::size_t size = node.key_size + kAround;
    if (node.kind != Kind::Object && node.kind != Kind::Array) return size + kAround + node.size;
    for (const Node* child = node.first; child; child = child->next) size += expected_size(*child);
    return size;
}

/// Nothing is null.
std::string written(Value value, int depth, std::string_view end) {
    Output out(value ? expected_size(*value.node()) : 8);
    append(out, value ? *value.node() : Node{}, depth);
    out.add(end);
    return out.take();
}

}  // namespace

void append_quoted(std::string& out, std::string_view text) {
    Output quoted(text.size() + 2);
    quoted.quote(text);
    out += quoted.take();
}

std::string write(Value value) { return written(value, -1, {}); }

std::string write_pretty(Value value) { return written(value, 0, "\n"); }

}  // namespace tsunagi::json

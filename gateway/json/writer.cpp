#include "json/writer.h"

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <memory>
#include <vector>

#include "json/plain.h"

namespace tsunagi::json {
namespace {

/// Copies one word and tells whether all of it is plain.
template <class Word>
[[gnu::always_inline]] inline bool copy_word(char* to, const char* from) {
    Word word;
    std::memcpy(&word, from, sizeof word);
    std::memcpy(to, &word, sizeof word);
    return are_plain(word);
}

/// Copies `text` and tells whether no byte of it needs an escape. Words overlap at the end; most
/// texts are short, and a call of memcpy would cost more than the copy.
[[gnu::always_inline]] inline bool copy_plain(char* to, std::string_view text) {
    const char* const from = text.data();
    const std::size_t size = text.size();
    if (size >= 16) {
        for (std::size_t at = 0; at + 16 < size; at += 16) {
            if (!copy_word<Sixteen>(to + at, from + at)) return false;
        }
        return copy_word<Sixteen>(to + size - 16, from + size - 16);
    }
    if (size >= 8) {
        return copy_word<std::uint64_t>(to, from) &&
               copy_word<std::uint64_t>(to + size - 8, from + size - 8);
    }
    if (size >= 4) {
        std::uint32_t begin, end;
        std::memcpy(&begin, from, sizeof begin);
        std::memcpy(&end, from + size - 4, sizeof end);
        std::memcpy(to, &begin, sizeof begin);
        std::memcpy(to + size - 4, &end, sizeof end);
        return are_plain(begin | std::uint64_t{end} << 32);
    }
    std::copy_n(from, size, to);
    return std::all_of(from, from + size,
                       [](char c) { return is_plain(static_cast<unsigned char>(c)); });
}

/// Text that grows at its end, in pieces that are put together once: it is neither measured nor
/// cleared before, and nothing moves while it grows.
class Output {
public:
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
    /// `,"name":` without the comma before the first member.
    void member(std::string_view name, bool is_first) {
        need(name.size() + 4);
        *at_ = ',';
        at_ += is_first ? 0 : 1;
        if (copy_plain(at_ + 1, name)) {
            at_[0] = '"';
            at_[name.size() + 1] = '"';
            at_ += name.size() + 2;
        } else {
            escaped(name);
        }
        add(':');
    }
    void take(std::string& into) {
        full_.push_back({std::move(piece_), static_cast<std::size_t>(at_ - begin_)});
        std::size_t size = into.size();
        for (const Piece& each : full_) size += each.size;
        into.reserve(size);
        for (const Piece& each : full_) into.append(each.bytes.get(), each.size);
    }

private:
    struct Piece {
        std::unique_ptr<char[]> bytes;
        std::size_t size = 0;
    };
    void need(std::size_t count) {
        if (static_cast<std::size_t>(end_ - at_) < count) [[unlikely]]
            begin_piece(count);
    }
    [[gnu::noinline]] void begin_piece(std::size_t count) {
        constexpr std::size_t kFirst = 4U << 10, kLargest = 64U << 10;
        if (begin_) full_.push_back({std::move(piece_), static_cast<std::size_t>(at_ - begin_)});
        const auto grown =
            std::min(kFirst << (2 * std::min<std::size_t>(full_.size(), 2)), kLargest);
        const std::size_t size = std::max(grown, count);
        piece_ = std::make_unique_for_overwrite<char[]>(size);
        at_ = begin_ = piece_.get();
        end_ = begin_ + size;
    }
    void escaped(std::string_view text);
    void escape(unsigned char c);

    std::vector<Piece> full_;
    std::unique_ptr<char[]> piece_;  ///< written up to `at_`, the rest is room
    char *begin_ = nullptr, *at_ = nullptr, *end_ = nullptr;
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

void append_scalar(Output& out, const Node& node) {
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

/// Compact text.
void append(Output& out, const Node& node) {
    const bool object = node.kind == Kind::Object;
    if (!object && node.kind != Kind::Array) return append_scalar(out, node);
    out.add(object ? '{' : '[');
    for (const Node* child = node.first; child; child = child->next) {
        if (object) {
            out.member({child->key, child->key_size}, child == node.first);
        } else if (child != node.first) {
            out.add(',');
        }
        // Most members are texts: no call for them.
        if (child->kind == Kind::String)
            out.quote({child->text, child->size});
        else
            append(out, *child);
    }
    out.add(object ? '}' : ']');
}

void append_pretty(Output& out, const Node& node, int depth) {
    const bool object = node.kind == Kind::Object;
    if (!object && node.kind != Kind::Array) return append_scalar(out, node);
    out.add(object ? '{' : '[');
    for (const Node* child = node.first; child; child = child->next) {
        if (child != node.first) out.add(',');
        newline(out, depth + 1);
        if (object) {
            out.quote({child->key, child->key_size});
            out.add(": ");
        }
        append_pretty(out, *child, depth + 1);
    }
    if (node.first) newline(out, depth);
    out.add(object ? '}' : ']');
}

/// What `write_node` writes of a value; nothing is null.
template <class WriteNode>
std::string written(Value value, WriteNode write_node) {
    Output out;
    write_node(out, value ? *value.node() : Node{});
    std::string text;
    out.take(text);
    return text;
}

}  // namespace

void append_quoted(std::string& out, std::string_view text) {
    Output quoted;
    quoted.quote(text);
    quoted.take(out);
}

std::string write(Value value) {
    return written(value, [](Output& out, const Node& node) { append(out, node); });
}

std::string write_pretty(Value value) {
    return written(value, [](Output& out, const Node& node) {
        append_pretty(out, node, 0);
        out.add('\n');
    });
}

}  // namespace tsunagi::json

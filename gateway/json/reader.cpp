#include "json/reader.h"

#include <rapidjson/reader.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <memory>
#include <new>
#include <unordered_set>
#include <vector>

#include "json/plain.h"

namespace tsunagi::json {
namespace {

/// What the tokenizer reads: the text as the document keeps it, with a NUL behind it. A NUL inside
/// was refused before.
class Stream {
public:
    using Ch = char;
    explicit Stream(std::string_view kept)
        : begin_(kept.data()), at_(begin_), end_(begin_ + kept.size()) {}

    char Peek() const { return *at_; }
    char Take() { return *at_++; }
    std::size_t Tell() const { return static_cast<std::size_t>(at_ - begin_); }
    /// The bytes of a string up to its end or the next escape.
    std::string_view take_plain() {
        const char* const from = at_;
        at_ = plain_end(at_, end_);
        return {from, static_cast<std::size_t>(at_ - from)};
    }

    // Of writing in place, which is never asked for.
    char* PutBegin() { return nullptr; }
    void Put(char) {}
    std::size_t PutEnd(char*) { return 0; }

private:
    const char *begin_, *at_, *end_;
};

/// UTF-8 that was checked already: bytes are passed on in runs.
struct CheckedUtf8 : rapidjson::UTF8<> {};

/// Below this many members a linear look is faster than a set.
constexpr std::uint32_t kLinearKeys = 24;

/// White space and structure: what stands between two tokens.
constexpr auto kBetween = [] {
    std::array<bool, 256> table{};
    for (const char c : {' ', ',', ':', '{', '[', '}', ']', '\n', '\r', '\t'})
        table[static_cast<unsigned char>(c)] = true;
    return table;
}();

}  // namespace
}  // namespace tsunagi::json

template <>
struct rapidjson::Transcoder<tsunagi::json::CheckedUtf8, rapidjson::UTF8<>> {
    /// Called at a byte that is plain.
    template <class Out>
    static bool Transcode(tsunagi::json::Stream& in, Out& out) {
        const std::string_view run = in.take_plain();
        std::memcpy(out.Push(static_cast<SizeType>(run.size())), run.data(), run.size());
        return true;
    }
    template <class Out>
    static bool Validate(tsunagi::json::Stream& in, Out& out) {
        return Transcode(in, out);
    }
};

namespace tsunagi::json {

/// Takes RapidJSON's events and grows the tree; a `false` stops the parse with `fault` saying why.
/// Numbers come as text, so that the tokenizer's number conversion (CVE-2024-38517) never runs.
class Reader : public rapidjson::BaseReaderHandler<rapidjson::UTF8<>, Reader> {
public:
    Reader(Document& document, const JsonLimits& limits, std::string_view text)
        : document_(document), limits_(limits), text_(kept_text(text)), stream_(text_) {}

    rapidjson::ParseResult parse() {
        constexpr unsigned kStrict =
            rapidjson::kParseIterativeFlag | rapidjson::kParseNumbersAsStringsFlag;
        rapidjson::GenericReader<CheckedUtf8, rapidjson::UTF8<>> tokenizer;
        return tokenizer.Parse<kStrict>(stream_, *this);
    }

    bool Null() { return add(Kind::Null, token_start()) != nullptr; }
    bool Bool(bool truth) {
        Node* node = add(Kind::Bool, token_start());
        if (node) node->truth = truth;
        return node != nullptr;
    }
    bool RawNumber(const char*, rapidjson::SizeType size, bool) {
        const std::size_t start = token_start();
        return add_text(Kind::Number, start, text_.data() + start, size);
    }
    bool String(const char* decoded, rapidjson::SizeType size, bool) {
        const std::size_t start = token_start();
        const char* text = kept(start, {decoded, size});
        return text && add_text(Kind::String, start, text, size);
    }
    bool Key(const char* decoded, rapidjson::SizeType size, bool) {
        key_ = kept(token_start(), {decoded, size});
        if (!key_) return false;
        key_size_ = size;
        if (!fresh_key({key_, size})) return fail("duplicate member name");
        token_end_ = stream_.Tell();
        return true;
    }
    bool StartObject() { return open(Kind::Object); }
    bool StartArray() { return open(Kind::Array); }
    bool EndObject(rapidjson::SizeType) { return close(); }
    bool EndArray(rapidjson::SizeType) { return close(); }

    const char* fault = nullptr;

private:
    struct Open {
        Node* node;
        std::unique_ptr<std::unordered_set<std::string_view>> keys;  ///< of a large object
        std::uint64_t seen = 0;  ///< a bit for each key, which others may share
    };

    std::string_view kept_text(std::string_view text) {
        auto* const kept = static_cast<char*>(document_.arena_->allocate(text.size() + 1, 1));
        *std::copy_n(text.data(), text.size(), kept) = '\0';
        return {kept, text.size()};
    }

    bool fail(const char* why) {
        fault = why;
        return false;
    }

    /// What an escape can smuggle into UTF-8 that was already checked: NUL, and a lone low
    /// surrogate, which RapidJSON 1.1.0 decodes to the bytes ED B0..BF xx.
    bool is_clean(std::string_view text) {
        if (text.find('\0') != std::string_view::npos) return fail("NUL character");
        for (auto lead = text.find('\xED'); lead != std::string_view::npos;
             lead = text.find('\xED', lead + 1)) {
            if (static_cast<unsigned char>(text[lead + 1]) >= 0xA0) return fail("lone surrogate");
        }
        return true;
    }

    /// The text of a string token where it will live as long as the document: in the kept source
    /// when it is written there without an escape (every escape is longer than what it stands for),
    /// else in a copy.
    const char* kept(std::size_t start, std::string_view decoded) {
        if (stream_.Tell() - start == decoded.size() + 2) return text_.data() + start + 1;
        return is_clean(decoded) ? document_.arena_->copy(decoded) : nullptr;
    }

    bool fresh_key(std::string_view key) {
        Open& open = open_.back();
        const std::size_t mixed =
            key.empty() ? 0
                        : key.size() * 5 +
                              static_cast<unsigned char>(key[key.size() / 2]) * std::size_t{3} +
                              static_cast<unsigned char>(key.back());
        const std::uint64_t bit = std::uint64_t{1} << (mixed % 64);
        const bool maybe_there = (open.seen & bit) != 0;
        open.seen |= bit;
        if (open.node->size < kLinearKeys) return !maybe_there || !Value{open.node}[key];
        if (!open.keys) {
            open.keys = std::make_unique<std::unordered_set<std::string_view>>();
            for (const Value member : Value{open.node}) open.keys->insert(member.key());
        }
        return open.keys->insert(key).second;
    }

    /// Events of scalars and names come when the token is over; between two tokens stand only white
    /// space and structure.
    std::size_t token_start() const {
        std::size_t at = token_end_;
        while (kBetween[static_cast<unsigned char>(text_.data()[at])]) ++at;  // a NUL ends it
        return at == text_.size() ? token_end_ : at;
    }

    Node* add(Kind kind, std::size_t start) {
        if (++nodes_ > limits_.max_nodes) {
            fault = "too many values";
            return nullptr;
        }
        auto* node = new (document_.arena_->allocate(sizeof(Node), alignof(Node))) Node;
        node->kind = kind;
        node->offset = static_cast<std::uint32_t>(start);
        token_end_ = stream_.Tell();
        if (open_.empty()) {
            document_.root_ = node;
            return node;
        }
        Node* parent = open_.back().node;
        (parent->last ? parent->last->next : parent->first) = node;
        parent->last = node;
        ++parent->size;
        if (parent->kind == Kind::Object) {
            node->key = key_;
            node->key_size = key_size_;
        }
        return node;
    }

    bool add_text(Kind kind, std::size_t start, const char* text, std::size_t size) {
        Node* node = add(kind, start);
        if (!node) return false;
        node->text = text;
        node->size = static_cast<std::uint32_t>(size);
        return true;
    }

    bool open(Kind kind) {
        if (open_.size() >= limits_.max_depth) return fail("nested too deeply");
        // This event comes before the bracket is taken.
        Node* node = add(kind, stream_.Tell());
        if (node) open_.push_back({node, nullptr, 0});
        return node != nullptr;
    }

    bool close() {
        open_.pop_back();
        return true;
    }

    Document& document_;
    const JsonLimits& limits_;
    std::string_view text_;  ///< the source, kept in the document; a NUL stands behind it
    Stream stream_;
    std::size_t token_end_ = 0;
    std::vector<Open> open_;
    const char* key_ = nullptr;
    std::uint32_t key_size_ = 0;
    std::size_t nodes_ = 0;
};

namespace {

const char* describe(rapidjson::ParseErrorCode code) {
    switch (code) {
        case rapidjson::kParseErrorDocumentEmpty:
            return "no JSON value";
        case rapidjson::kParseErrorDocumentRootNotSingular:
            return "bytes after the JSON value";
        case rapidjson::kParseErrorValueInvalid:
            return "not a JSON value";
        case rapidjson::kParseErrorObjectMissName:
            return "member name missing";
        case rapidjson::kParseErrorObjectMissColon:
            return "colon missing after a member name";
        case rapidjson::kParseErrorObjectMissCommaOrCurlyBracket:
            return "comma or } missing";
        case rapidjson::kParseErrorArrayMissCommaOrSquareBracket:
            return "comma or ] missing";
        case rapidjson::kParseErrorStringUnicodeEscapeInvalidHex:
        case rapidjson::kParseErrorStringUnicodeSurrogateInvalid:
        case rapidjson::kParseErrorStringEscapeInvalid:
            return "bad escape in a string";
        case rapidjson::kParseErrorStringMissQuotationMark:
            return "string not closed";
        case rapidjson::kParseErrorStringInvalidEncoding:
            return "not valid UTF-8";
        default:
            return "bad number";
    }
}

Error at_offset(std::string_view source, std::size_t offset, std::string message) {
    const Position place = position(source, offset);
    return Error{Code::Invalid, std::move(message),
                 "line " + std::to_string(place.line) + ", column " + std::to_string(place.column)};
}

/// Whether the first three bytes of `four` are a character of the blocks U+1000-CFFF and
/// U+E000-FFFF.
bool is_usual_three(std::uint32_t four) {
    unsigned char bytes[sizeof four];
    std::memcpy(bytes, &four, sizeof four);
    return (bytes[0] & 0xF0) == 0xE0 && bytes[0] != 0xE0 && bytes[0] != 0xED &&
           (bytes[1] & 0xC0) == 0x80 && (bytes[2] & 0xC0) == 0x80;
}

/// Offset of the first byte that is not well-formed UTF-8, or the size.
std::size_t utf8_end(std::string_view text) {
    const auto* bytes = reinterpret_cast<const unsigned char*>(text.data());
    const std::size_t size = text.size();
    std::size_t i = 0;
    while (i < size) {
        std::uint64_t eight = 0;
        if (i + sizeof eight <= size &&
            (std::memcpy(&eight, bytes + i, sizeof eight), (eight & 0x8080808080808080U) == 0)) {
            i += sizeof eight;
            continue;
        }
        // Japanese text: three bytes, of which no lead but E0 and ED forbids some seconds.
        std::uint32_t four = 0;
        while (i + sizeof four <= size &&
               (std::memcpy(&four, bytes + i, sizeof four), is_usual_three(four)))
            i += 3;
        if (i == size) break;
        const unsigned char lead = bytes[i];
        if (lead < 0x80) {
            ++i;
            continue;
        }
        const std::size_t length = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
        if (lead < 0xc2 || lead > 0xf4 || i + length > size) return i;
        const unsigned char second = bytes[i + 1];
        const unsigned char low = lead == 0xe0 ? 0xa0 : lead == 0xf0 ? 0x90 : 0x80;
        const unsigned char high = lead == 0xed ? 0x9f : lead == 0xf4 ? 0x8f : 0xbf;
        if (second < low || second > high) return i;
        for (std::size_t k = 2; k < length; ++k) {
            if ((bytes[i + k] & 0xc0) != 0x80) return i;
        }
        i += length;
    }
    return size;
}

}  // namespace

Position position(std::string_view source, std::size_t offset) {
    Position place;
    for (std::size_t i = 0; i < offset && i < source.size(); ++i) {
        if (source[i] == '\n') {
            ++place.line;
            place.column = 1;
        } else {
            ++place.column;
        }
    }
    return place;
}

bool is_utf8(std::string_view text) { return utf8_end(text) == text.size(); }

Result<Document> read(std::string_view text, const JsonLimits& limits) {
    if (text.size() > limits.max_bytes || text.size() > UINT32_MAX) {
        return Error{Code::Invalid, "text is larger than allowed", {}};
    }
    if (const std::size_t end = utf8_end(text); end != text.size())
        return at_offset(text, end, "not valid UTF-8");
    if (text.starts_with("\xEF\xBB\xBF")) return at_offset(text, 0, "byte order mark");
    if (const std::size_t nul = text.find('\0'); nul != std::string_view::npos) {
        return at_offset(text, nul, "NUL character");
    }
    Document document;
    Reader handler(document, limits, text);
    const rapidjson::ParseResult outcome = handler.parse();
    if (outcome.IsError()) {
        const char* why = outcome.Code() == rapidjson::kParseErrorTermination && handler.fault
                              ? handler.fault
                              : describe(outcome.Code());
        return at_offset(text, std::min(outcome.Offset(), text.size()), why);
    }
    return document;
}

}  // namespace tsunagi::json

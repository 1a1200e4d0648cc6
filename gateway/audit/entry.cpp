#include "audit/entry.h"

#include <algorithm>
#include <charconv>

#include "base/bytes.h"

namespace tsunagi::audit {
namespace {

using crypto::Digest;

constexpr std::uint64_t kMaxInteger = (std::uint64_t{1} << 53) - 1;
constexpr std::uint64_t kAbsent = UINT64_MAX;
constexpr std::uint64_t kVersion = 1;

Error bad(const char* member, const char* what) {
    return Error{Code::Invalid, what, std::string{"entry."} + member};
}

bool is_word(std::string_view text) {
    constexpr std::string_view kMarks = "._:/|@#=-";
    return !text.empty() && text.size() <= 128 &&
           std::all_of(text.begin(), text.end(), [&](char c) {
               return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                      kMarks.find(c) != std::string_view::npos;
           });
}

/// Writes members; the caller keeps their order, which RFC 8785 section 3.2.3 fixes by name.
class Writer {
public:
    void word(std::string_view name, std::string_view text) {
        if (text.empty()) return;
        member(name) += '"';
        (text_ += text) += '"';
    }
    void digest(std::string_view name, const std::optional<Digest>& digest) {
        if (digest) word(name, to_hex(*digest));
    }
    void number(std::string_view name, std::uint64_t number) {
        member(name) += std::to_string(number);
    }
    std::string finish() && { return std::move(text_) + "}"; }

private:
    std::string& member(std::string_view name) {
        text_ += text_.empty() ? "{\"" : ",\"";
        return (text_ += name) += "\":";
    }
    std::string text_;
};

Status check(const Entry& entry) {
    const std::pair<const char*, const std::string*> words[] = {
        {"type", &entry.type},           {"request", &entry.request},   {"actor", &entry.actor},
        {"recipient", &entry.recipient}, {"decision", &entry.decision}, {"policy", &entry.policy}};
    for (const auto& [name, text] : words) {
        if (!text->empty() && !is_word(*text)) return bad(name, "not a word of the log");
    }
    if (entry.type.empty()) return bad("type", "missing");
    if (entry.actor.empty()) return bad("actor", "missing");
    if (entry.idx > kMaxInteger) return bad("idx", "too large");
    if (entry.seq > kMaxInteger) return bad("seq", "too large");
    if (entry.request.empty() != (entry.seq == 0)) return bad("seq", "does not fit the request");
    if (entry.prev.has_value() != (entry.seq > 1)) return bad("prev", "does not fit the seq");
    return {};
}

/// Takes members off the front in the order in which Writer puts them. An absent member leaves its
/// target alone; once something is not as Writer writes it, everything fails.
class Scanner {
public:
    explicit Scanner(std::string_view text) : text_(text) {}

    void word(std::string_view name, std::string& into) {
        if (!member(name)) return;
        const std::size_t end =
            text_.starts_with('"') ? text_.find('"', 1) : std::string_view::npos;
        if (end == std::string_view::npos || end == 1) return fail();
        into = text_.substr(1, end - 1);
        text_.remove_prefix(end + 1);
    }
    void digest(std::string_view name, std::optional<Digest>& into) {
        std::string hex;
        word(name, hex);
        if (hex.empty()) return;
        const auto bytes = from_hex(hex);
        if (!bytes || bytes->size() != Digest{}.size() || to_hex(*bytes) != hex) return fail();
        std::copy(bytes->begin(), bytes->end(), into.emplace().begin());
    }
    void number(std::string_view name, std::uint64_t& into) {
        if (!member(name)) return;
        const auto [end, fault] = std::from_chars(text_.data(), text_.data() + text_.size(), into);
        const auto size = static_cast<std::size_t>(end - text_.data());
        if (fault != std::errc{} || (size > 1 && text_.front() == '0')) return fail();
        text_.remove_prefix(size);
    }
    bool finished() const { return text_ == "}"; }

private:
    bool member(std::string_view name) {
        const std::size_t size = name.size() + 4;  // {"name":
        if (text_.size() < size || text_[0] != (first_ ? '{' : ',') || text_[1] != '"' ||
            text_.substr(2, name.size()) != name || text_.substr(size - 2, 2) != "\":") {
            return false;
        }
        first_ = false;
        text_.remove_prefix(size);
        return true;
    }
    void fail() { text_ = {}; }

    std::string_view text_;
    bool first_ = true;
};

}  // namespace

Result<std::string> to_bytes(const Entry& entry) {
    if (auto good = check(entry); !good) return good.error();
    Writer writer;
    writer.word("actor", entry.actor);
    writer.digest("body_sha256", entry.body_sha256);
    writer.digest("commit", entry.commit);
    writer.word("decision", entry.decision);
    writer.number("idx", entry.idx);
    writer.word("policy", entry.policy);
    writer.digest("prev", entry.prev);
    writer.word("recipient", entry.recipient);
    writer.word("request", entry.request);
    if (entry.seq != 0) writer.number("seq", entry.seq);
    writer.word("time", format_instant(entry.time, std::chrono::minutes{0}));
    writer.word("type", entry.type);
    writer.number("v", kVersion);
    return std::move(writer).finish();
}

Result<Entry> read_entry(std::string_view bytes) {
    if (bytes.size() > kMaxEntryBytes) return bad("", "longer than 65535 bytes");
    Scanner scanner{bytes};
    Entry entry;
    entry.idx = kAbsent;
    std::string time;
    std::uint64_t version = 0;
    scanner.word("actor", entry.actor);
    scanner.digest("body_sha256", entry.body_sha256);
    scanner.digest("commit", entry.commit);
    scanner.word("decision", entry.decision);
    scanner.number("idx", entry.idx);
    scanner.word("policy", entry.policy);
    scanner.digest("prev", entry.prev);
    scanner.word("recipient", entry.recipient);
    scanner.word("request", entry.request);
    entry.seq = kAbsent;
    scanner.number("seq", entry.seq);
    if (entry.seq == 0) return bad("seq", "not in canonical form");
    if (entry.seq == kAbsent) entry.seq = 0;
    scanner.word("time", time);
    scanner.word("type", entry.type);
    scanner.number("v", version);
    if (!scanner.finished() || version != kVersion) return bad("", "not in canonical form");
    const auto instant = parse_instant(time);
    if (!instant || format_instant(*instant, std::chrono::minutes{0}) != time) {
        return bad("time", "not in canonical form");
    }
    entry.time = *instant;
    if (auto good = check(entry); !good) return good.error();
    return entry;
}

Digest commitment(const Digest& salt, BytesView row) {
    constexpr std::uint8_t kCommitment = 2;
    return crypto::sha256({BytesView{&kCommitment, 1}, salt, row});
}

}  // namespace tsunagi::audit

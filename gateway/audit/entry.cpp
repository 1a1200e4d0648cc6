#include "audit/entry.h"

#include <algorithm>

#include "base/bytes.h"
#include "json/reader.h"

namespace tsunagi::audit {
namespace {

using crypto::Digest;

constexpr std::uint64_t kMaxInteger = (std::uint64_t{1} << 53) - 1;
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

std::optional<Digest> read_digest(json::Value value) {
    const auto bytes = from_hex(value.text());
    if (!bytes || bytes->size() != Digest{}.size()) return std::nullopt;
    Digest digest;
    std::copy(bytes->begin(), bytes->end(), digest.begin());
    return digest;
}

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
    auto document = json::read(bytes);
    if (!document || !document->root().is_object()) return bad("", "not a JSON object");
    const json::Value root = document->root();
    Entry entry;
    entry.idx = static_cast<std::uint64_t>(root["idx"].integer());
    entry.seq = static_cast<std::uint64_t>(root["seq"].integer());
    const auto time = parse_instant(root["time"].text());
    if (!time) return bad("time", "not an instant");
    entry.time = *time;
    entry.type = root["type"].text();
    entry.request = root["request"].text();
    entry.actor = root["actor"].text();
    entry.recipient = root["recipient"].text();
    entry.decision = root["decision"].text();
    entry.policy = root["policy"].text();
    entry.prev = read_digest(root["prev"]);
    entry.body_sha256 = read_digest(root["body_sha256"]);
    entry.commit = read_digest(root["commit"]);
    // One test for order, spelling, unknown members, other versions and wrong kinds.
    auto again = to_bytes(entry);
    if (!again) return again.error();
    if (*again != bytes) return bad("", "not in canonical form");
    return entry;
}

Digest commitment(const Digest& salt, BytesView row) {
    constexpr std::uint8_t kCommitment = 2;
    return crypto::sha256({BytesView{&kCommitment, 1}, salt, row});
}

}  // namespace tsunagi::audit

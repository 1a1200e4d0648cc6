// The input edits a true, signed export. Whatever the edits: what verifies under the pinned key and
// the checkpoint seen before holds the true entries, all of them; a refusal has a documented code,
// a place within what was read and a sentence in both languages. No edit at all verifies.
#include "audit/verifier.h"

#include <algorithm>
#include <array>
#include <sstream>
#include <vector>

#include "audit/entry.h"
#include "audit/exporter.h"
#include "base/bytes.h"
#include "fuzz/property.h"

namespace {

using namespace tsunagi;
using namespace tsunagi::audit;
using fuzz::require;

struct TrueExport {
    std::string text;
    Pins pins;
};

TrueExport make_export() {
    SeededRandom random(1);
    const auto key = crypto::SigningKey::generate(random);
    const std::string origin = "tsunagi.example/log/fuzz";
    std::ostringstream out;
    Exporter exporter(out, {origin, key.verify_key()});
    Frontier frontier;
    std::array<Digest, 2> last{};
    for (std::uint64_t i = 0; i < 8; ++i) {
        Entry entry;
        entry.idx = i;
        entry.time = Instant{std::chrono::hours{24 * 20'000} + std::chrono::seconds{i}};
        entry.type = "offer.sent";
        entry.actor = "clinic-1";
        entry.decision = "permit";
        entry.request = i % 2 == 0 ? "request-a" : "request-b";
        entry.seq = i / 2 + 1;
        if (entry.seq > 1) entry.prev = last[i % 2];
        const auto bytes = to_bytes(entry).value();
        last[i % 2] = leaf_hash(as_bytes(bytes));
        frontier.append(last[i % 2]);
        require(exporter.entry(bytes).ok(), "a true entry is exported");
        if (i == 2 || i == 7) {
            const Checkpoint checkpoint{origin, frontier.size(), frontier.root()};
            require(exporter.checkpoint(sign_checkpoint(checkpoint, key).value()).ok(),
                    "a true checkpoint is exported");
        }
    }
    require(exporter.finish().ok(), "a true export is finished");
    return {
        out.str(),
        {NoteKey{origin, key.verify_key()}, Checkpoint{origin, frontier.size(), frontier.root()}}};
}

std::vector<std::string> lines_of(std::string_view text) {
    std::vector<std::string> lines;
    while (!text.empty()) {
        const auto end = std::min(text.find('\n'), text.size() - 1);
        lines.emplace_back(text.substr(0, end + 1));
        text.remove_prefix(end + 1);
    }
    return lines;
}

std::vector<std::string> entries_of(std::string_view text) {
    auto lines = lines_of(text);
    std::erase_if(lines, [](const std::string& line) { return !line.starts_with("entry "); });
    return lines;
}

/// Makes the hash of an entry's line that of its bytes, as somebody would who covers his tracks.
void hash_anew(std::string& line) {
    constexpr std::size_t kBefore = 6 + 64 + 1;  // "entry ", the leaf, a space
    if (!line.starts_with("entry ") || line.size() <= kBefore) return;
    std::string bytes = line.substr(kBefore);
    if (bytes.ends_with('\n')) bytes.pop_back();
    line.replace(6, 64, to_hex(leaf_hash(as_bytes(bytes))));
}

/// Each four bytes are one edit: what, which line, where in it, which byte.
std::string edited(const std::string& text, const std::uint8_t* data, std::size_t size) {
    auto lines = lines_of(text);
    for (; size >= 4 && !lines.empty(); data += 4, size -= 4) {
        const auto at = lines.begin() + data[1] % static_cast<std::ptrdiff_t>(lines.size());
        std::string& line = *at;
        const std::size_t column = line.empty() ? 0 : data[2] * line.size() / 256;
        const char byte = static_cast<char>(data[3]);
        switch (data[0] % 9) {
            case 0:
                if (!line.empty()) line[column] = byte;
                break;
            case 1:
                line.insert(column, 1, byte);
                break;
            case 2:
                if (!line.empty()) line.erase(column, 1);
                break;
            case 3:
                line.resize(column);
                break;
            case 4:
                lines.erase(at);
                break;
            case 5:
                lines.insert(at, std::string{line});
                break;
            case 6:
                std::iter_swap(at,
                               lines.begin() + data[3] % static_cast<std::ptrdiff_t>(lines.size()));
                break;
            case 7:
                hash_anew(line);
                break;
            default:
                lines.erase(at, lines.end());
        }
    }
    std::string out;
    for (const auto& line : lines) out += line;
    return out;
}

Verdict verified(const std::string& text, const Pins& pins) {
    constexpr std::array<std::string_view, 12> kFaults = {
        "not-an-export", "unreadable-line", "unreadable-entry", "wrong-index",
        "leaf-mismatch", "broken-chain",    "bad-checkpoint",   "root-mismatch",
        "wrong-key",     "not-extending",   "not-covered",      "unfinished"};
    std::istringstream in(text);
    auto verdict = verify_export(in, pins).value();
    require(verdict.ok == verdict.fault.empty(), "a fault is what refuses");
    require(verdict.ok || std::find(kFaults.begin(), kFaults.end(), verdict.fault) != kFaults.end(),
            "a fault has a documented code");
    require(!verdict.ja.empty() && !verdict.en.empty(), "a verdict speaks both languages");
    require(!verdict.first_bad || *verdict.first_bad <= verdict.entries,
            "the fault lies within what was read");
    return verdict;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static const auto truth = make_export();
    const std::string text = edited(truth.text, data, size);
    const auto verdict = verified(text, truth.pins);
    require(size >= 4 || verdict.ok, "the true export verifies");
    require(!verdict.ok || entries_of(text) == entries_of(truth.text),
            "what verifies holds the true entries");
    // The same bytes as a text of their own: no key is known, the export only agrees with itself.
    require(!verified(std::string{fuzz::as_text(data, size)}, {}).pinned,
            "without a pin nothing is pinned");
    return 0;
}

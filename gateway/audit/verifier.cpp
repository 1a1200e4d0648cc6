#include "audit/verifier.h"

#include <unordered_map>
#include <vector>

#include "audit/entry.h"
#include "base/bytes.h"

namespace tsunagi::audit {
namespace {

// An entry, its leaf hash and its word; or the base64 of a whole note.
constexpr std::size_t kMaxLine = 128U << 10;  // with its newline

struct Chain {
    std::uint64_t seq = 0;
    std::uint64_t idx = 0;
    Digest leaf{};
};

/// One pass over the lines; the first fault ends it.
class Pass {
public:
    Pass(std::istream& in, const Pins& pins) : in_(in), pins_(pins) {}

    Result<Verdict> run() {
        read_all();
        if (in_.bad()) return Error{Code::Unavailable, "the export could not be read", "export"};
        if (verdict_.fault.empty()) verdict_.ok = true;
        verdict_.entries = frontier_.size();
        verdict_.requests = chains_.size();
        verdict_.root = frontier_.root();
        return std::move(verdict_);
    }

private:
    bool fail(const char* fault, std::optional<std::uint64_t> first_bad, std::string ja,
              std::string en) {
        verdict_.fault = fault;
        verdict_.first_bad = first_bad;
        verdict_.ja = std::move(ja);
        verdict_.en = std::move(en);
        return false;
    }

    /// The next line without its newline; false at the end, and for a line that is cut or too long.
    bool next_line() {
        in_.getline(buffer_.data(), static_cast<std::streamsize>(buffer_.size()));
        if (!in_.good()) return false;
        line_ = {buffer_.data(), static_cast<std::size_t>(in_.gcount()) - 1};
        return true;
    }

    void read_all() {
        if (!next_line() || line_ != "tsunagi-log-export 1") {
            fail("not-an-export", {}, "交換記録の書き出しファイルではありません。",
                 "This is not an export of an exchange log.");
            return;
        }
        if (!next_line() || !line_.starts_with("key ") || !take_key()) {
            if (verdict_.fault.empty()) {
                fail("wrong-key", {}, "記録の検証鍵が読めません。", "The log's key is unreadable.");
            }
            return;
        }
        if (!check_seen()) return;
        while (next_line()) {
            if (line_.starts_with("entry ")) {
                if (!take_entry()) return;
            } else if (line_.starts_with("checkpoint ")) {
                if (!take_checkpoint()) return;
            } else if (line_.starts_with("end ")) {
                take_end();
                return;
            } else {
                const std::string number = std::to_string(frontier_.size());
                fail("unreadable-line", frontier_.size(),
                     number + " 番の記録の位置に読めない行があります。",
                     "There is an unreadable line where entry " + number + " should be.");
                return;
            }
        }
        fail("unfinished", frontier_.size(), "書き出しが途中で切れています。",
             "The export ends too early.");
    }

    bool take_key() {
        auto key = NoteKey::parse(line_.substr(4));
        if (!key) return false;
        if (pins_.key && *pins_.key != *key) {
            return fail("wrong-key", {}, "記録の発行元または鍵が、手元の控えと一致しません。",
                        "The log's origin or key is not the pinned one.");
        }
        verdict_.pinned = pins_.key.has_value();
        verdict_.origin = key->name;
        key_ = std::move(*key);
        return true;
    }

    bool take_entry() {
        const std::uint64_t index = frontier_.size();
        const std::string number = std::to_string(index);
        const std::string_view rest = line_.substr(6);
        if (rest.size() < 66 || rest[64] != ' ') {
            return fail("unreadable-entry", index, number + " 番の記録が読めません。",
                        "Entry " + number + " is unreadable.");
        }
        const std::string_view bytes = rest.substr(65);
        const Digest leaf = leaf_hash(as_bytes(bytes));
        if (to_hex(leaf) != rest.substr(0, 64)) {
            return fail("leaf-mismatch", index,
                        number + " 番の記録の内容がハッシュと一致しません。",
                        "The content of entry " + number + " is not what was hashed.");
        }
        auto entry = read_entry(bytes);
        if (!entry) {
            return fail("unreadable-entry", index, number + " 番の記録が読めません。",
                        "Entry " + number + " is unreadable: " + entry.error().message + ".");
        }
        if (entry->idx != index) {
            return fail(
                "wrong-index", index,
                number + " 番の位置に " + std::to_string(entry->idx) + " 番の記録があります。",
                "Entry " + std::to_string(entry->idx) + " stands where entry " + number +
                    " should be.");
        }
        if (!entry->request.empty() && !take_link(*entry, leaf)) return false;
        frontier_.append(leaf);
        covered_ = false;
        return check_seen();
    }

    bool take_link(const Entry& entry, const Digest& leaf) {
        Chain& chain = chains_[entry.request];
        const bool linked =
            entry.seq == chain.seq + 1 && (chain.seq == 0 ? !entry.prev : entry.prev == chain.leaf);
        if (!linked) {
            // Either this entry lies about the one before, or the one before was changed.
            const bool changed = entry.seq == chain.seq + 1;
            const std::string number = std::to_string(entry.idx);
            return fail("broken-chain", changed ? chain.idx : entry.idx,
                        number + " 番の記録が、同じ依頼の前の記録とつながりません。",
                        "Entry " + number + " does not follow the entry of its request before it.");
        }
        chain = Chain{entry.seq, entry.idx, leaf};
        return true;
    }

    bool take_checkpoint() {
        const std::string number = std::to_string(frontier_.size());
        const auto note = from_base64(line_.substr(11));
        if (!note) {
            return fail("bad-checkpoint", {}, "チェックポイントが読めません。",
                        "A checkpoint is unreadable.");
        }
        auto checkpoint = open_checkpoint(as_text(*note), std::span{&*key_, 1});
        if (!checkpoint || checkpoint->size != frontier_.size()) {
            return fail(
                "bad-checkpoint", {},
                number + " 件目のチェックポイントの署名または件数が正しくありません。",
                "The checkpoint after " + number + " entries has a wrong signature or size.");
        }
        if (checkpoint->root != frontier_.root()) {
            return fail("root-mismatch", held_,
                        std::to_string(held_) + " 番から " + number +
                            " 番の前までの記録が、署名されたものと一致しません。",
                        "The entries from " + std::to_string(held_) + " to before " + number +
                            " are not those that were signed.");
        }
        held_ = frontier_.size();
        covered_ = true;
        ++verdict_.checkpoints;
        return true;
    }

    /// Compares with the checkpoint the auditor saw before, when the log has reached its size.
    bool check_seen() {
        if (!pins_.seen || pins_.seen->size != frontier_.size()) return true;
        if (pins_.seen->origin != verdict_.origin || pins_.seen->root != frontier_.root()) {
            return fail("not-extending", held_,
                        "記録が、以前に確認したチェックポイントの続きではありません。",
                        "The log does not extend the checkpoint that was seen before.");
        }
        return true;
    }

    bool take_end() {
        const std::uint64_t size = frontier_.size();
        if (line_ != "end " + std::to_string(size) ||
            in_.rdbuf()->sgetc() != std::char_traits<char>::eof()) {
            return fail("unfinished", size, "書き出しの末尾の件数が一致しません。",
                        "The count at the end of the export is not that of its entries.");
        }
        if (!covered_) {
            return fail("not-covered", held_,
                        "末尾の記録に署名されたチェックポイントがありません。",
                        "The last entries are not under a signed checkpoint.");
        }
        if (pins_.seen && pins_.seen->size > size) {
            return fail("not-extending", size, "以前に確認した時より記録が短くなっています。",
                        "The log is shorter than when it was seen before.");
        }
        verdict_.ja = std::to_string(size) + " 件すべての記録を確認しました。";
        verdict_.en = "All " + std::to_string(size) + " entries verified.";
        return true;
    }

    std::istream& in_;
    const Pins& pins_;
    Verdict verdict_;
    std::vector<char> buffer_ = std::vector<char>(kMaxLine);
    std::string_view line_;
    std::optional<NoteKey> key_;
    Frontier frontier_;
    std::unordered_map<std::string, Chain> chains_;
    std::uint64_t held_ = 0;  // entries under the last checkpoint that holds
    bool covered_ = false;
};

}  // namespace

Result<Verdict> verify_export(std::istream& in, const Pins& pins) { return Pass{in, pins}.run(); }

}  // namespace tsunagi::audit

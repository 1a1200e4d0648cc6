#include "translate/tracks.h"

#include <algorithm>
#include <array>
#include <charconv>

namespace tsunagi::translate {
namespace {

std::size_t slot_of(const json::Node* node) {
    // Nodes lie 8 bytes apart at least: the low bits say nothing.
    return (reinterpret_cast<std::uintptr_t>(node) >> 3) * 0x9E3779B97F4A7C15ULL >> 20;
}

std::string_view key_of(const json::Node* node) { return {node->key, node->key_size}; }

}  // namespace

// ---- Cells -----------------------------------------------------------------------------------

Cells::Cells(json::Value root, std::string_view root_name) : root_name_(root_name) {
    steps_.reserve(1024);
    leaves_.reserve(512);
    steps_.push_back({});
    walk(root.node(), 0);
    index_leaves();
}

std::uint32_t Cells::step(std::uint32_t parent, std::string_view key, std::int32_t index) {
    steps_.push_back({parent, index, key});
    return static_cast<std::uint32_t>(steps_.size() - 1);
}

void Cells::walk(const json::Node* node, std::uint32_t at) {
    if (node->kind == json::Kind::Array) {
        std::int32_t index = 0;
        for (const json::Node* item = node->first; item; item = item->next, ++index) {
            if (item->kind != json::Kind::Null) walk(item, step(at, {}, index));
        }
        return;
    }
    if (node->kind != json::Kind::Object) {
        leaves_.push_back({node, at});
        return;
    }
    for (const json::Node* member = node->first; member; member = member->next) {
        const std::string_view key = key_of(member);
        if (key.starts_with('_')) {
            walk_companion(node, member, at);
        } else if (key != "resourceType") {
            walk(member, step(at, key, -1));
        }
    }
}

/// A companion is part of its cell; where the cell has no value it stands for it.
void Cells::walk_companion(const json::Node* object, const json::Node* companion,
                           std::uint32_t parent) {
    const std::string_view cell = key_of(companion).substr(1);
    const json::Value primitive = json::Value{object}[cell];
    if (companion->kind == json::Kind::Object && !primitive)
        leaves_.push_back({companion, step(parent, cell, -1)});
    if (companion->kind != json::Kind::Array) return;
    std::int32_t index = 0;
    for (const json::Node* item = companion->first; item; item = item->next, ++index) {
        const json::Value beside = primitive.at(static_cast<std::size_t>(index));
        if (item->kind == json::Kind::Object && beside.is_null())
            leaves_.push_back({item, step(step(parent, cell, -1), {}, index)});
    }
}

void Cells::index_leaves() {
    std::size_t size = 16;
    while (size < leaves_.size() * 2) size *= 2;
    table_.assign(size, -1);
    for (std::size_t cell = 0; cell < leaves_.size(); ++cell) {
        std::size_t at = slot_of(leaves_[cell].node) & (size - 1);
        while (table_[at] >= 0) at = (at + 1) & (size - 1);
        table_[at] = static_cast<std::int32_t>(cell);
    }
}

std::int32_t Cells::find(const json::Node* node) const noexcept {
    if (!node) return -1;
    std::size_t at = slot_of(node) & (table_.size() - 1);
    while (table_[at] >= 0) {
        if (leaves_[static_cast<std::size_t>(table_[at])].node == node) return table_[at];
        at = (at + 1) & (table_.size() - 1);
    }
    return -1;
}

void Cells::append_path(std::size_t cell, std::string& out) const {
    std::array<const Step*, 256> chain{};
    std::size_t depth = 0;
    for (std::uint32_t at = leaves_[cell].step; at != 0 && depth < chain.size();
         at = steps_[at].parent)
        chain[depth++] = &steps_[at];
    out += root_name_;
    while (depth > 0) {
        const Step& step = *chain[--depth];
        if (step.index < 0) {
            out += '.';
            out += step.key;
            continue;
        }
        std::array<char, 12> digits{};
        const auto [end, error] =
            std::to_chars(digits.data(), digits.data() + digits.size(), step.index);
        out += '[';
        out.append(digits.data(), static_cast<std::size_t>(end - digits.data()));
        out += ']';
    }
}

// ---- TargetPaths -----------------------------------------------------------------------------

TargetPaths::TargetPaths() {
    steps_.reserve(512);
    steps_.push_back({});
}

std::uint32_t TargetPaths::find_or_add(std::uint32_t parent, std::string_view key, bool is_text) {
    for (std::uint32_t at = steps_[parent].first; at != 0; at = steps_[at].next) {
        if (steps_[at].key == key) return at;
    }
    const auto made = static_cast<std::uint32_t>(steps_.size());
    steps_.push_back({parent, 0, steps_[parent].first, key, is_text});
    steps_[parent].first = made;
    return made;
}

void TargetPaths::append_path(std::uint32_t path, std::string& out) const {
    if (steps_[path].parent != 0) {
        append_path(steps_[path].parent, out);
        out += '.';
    }
    out += steps_[path].key;
}

// ---- the receipt -----------------------------------------------------------------------------

/// Writes all texts first, then makes views of them: the buffer grows no more.
class ReceiptMaker {
public:
    ReceiptMaker(const Cells& cells, const TargetPaths& paths) : cells_(cells), paths_(paths) {}

    Receipt make(Tracks tracks) {
        group(tracks.uses);
        std::vector<const Tracks::Drop*> dropped(cells_.size(), nullptr);
        for (const auto& drop : tracks.drops) dropped[drop.cell] = &drop;
        write_texts(tracks, dropped);
        Receipt receipt;
        receipt.rows_.resize(cells_.size());
        receipt.targets_.reserve(tracks.uses.size());
        auto use = tracks.uses.cbegin();
        for (std::size_t cell = 0; cell < cells_.size(); ++cell) {
            ReceiptRow& row = receipt.rows_[cell];
            row.cell = view(cell_texts_[cell]);
            const std::size_t first = receipt.targets_.size();
            const bool only_text = take_targets(cell, use, tracks.uses.cend(), receipt.targets_);
            if (receipt.targets_.size() > first) {
                row.outcome = only_text ? Outcome::KeptAsText : Outcome::Mapped;
                row.targets = std::span{receipt.targets_}.subspan(first);
            } else if (dropped[cell]) {
                row.outcome = Outcome::Dropped;
                row.reason = view(reason_texts_[cell]);
                row.rule = view(rule_texts_[cell]);
            }
        }
        receipt.text_ = std::move(text_);
        return receipt;
    }

private:
    struct Piece {
        std::size_t begin = 0, end = 0;
    };
    std::string_view view(Piece piece) const {
        return {text_.data() + piece.begin, piece.end - piece.begin};
    }
    template <class Write>
    Piece write(Write&& into) {
        const std::size_t begin = text_.size();
        into();
        return {begin, text_.size()};
    }

    /// By cell, derived uses first: constants that a rule writes beside the value are noise. In the
    /// order of the paths' first appearance within that.
    void group(std::vector<Tracks::Use>& uses) const {
        std::vector<std::uint32_t> ends(cells_.size() + 1, 0);
        for (const auto& use : uses) ++ends[use.cell + 1];
        for (std::size_t cell = 1; cell < ends.size(); ++cell) ends[cell] += ends[cell - 1];
        std::vector<Tracks::Use> grouped(uses.size());
        for (const auto& use : uses) grouped[ends[use.cell]++] = use;
        std::size_t begin = 0;
        for (std::size_t cell = 0; cell < cells_.size(); ++cell) {
            std::sort(grouped.begin() + static_cast<std::ptrdiff_t>(begin),
                      grouped.begin() + ends[cell],
                      [](const Tracks::Use& left, const Tracks::Use& right) {
                          if (left.derived != right.derived) return left.derived;
                          return left.path < right.path;
                      });
            begin = ends[cell];
        }
        uses = std::move(grouped);
    }

    void write_texts(const Tracks& tracks, const std::vector<const Tracks::Drop*>& dropped) {
        text_.reserve(cells_.size() * 64 + 64);
        cell_texts_.resize(cells_.size());
        reason_texts_.resize(cells_.size());
        rule_texts_.resize(cells_.size());
        path_texts_.resize(paths_.size());
        for (std::size_t cell = 0; cell < cells_.size(); ++cell) {
            cell_texts_[cell] = write([&] { cells_.append_path(cell, text_); });
            if (!dropped[cell]) continue;
            const SourceStep& step = *dropped[cell]->step;
            reason_texts_[cell] = write([&] { text_ += step.dropped; });
            rule_texts_[cell] = write([&] { text_ += to_string(step.spot); });
        }
        for (const auto& use : tracks.uses) {
            Piece& piece = path_texts_[use.path];
            if (piece.end == 0) piece = write([&] { paths_.append_path(use.path, text_); });
        }
    }

    /// The targets of `cell`; true when all of them are words.
    bool take_targets(std::size_t cell, std::vector<Tracks::Use>::const_iterator& use,
                      std::vector<Tracks::Use>::const_iterator end,
                      std::vector<std::string_view>& targets) const {
        const bool derived = use != end && use->cell == cell && use->derived;
        bool only_text = true;
        std::uint32_t last = 0;
        for (; use != end && use->cell == cell; ++use) {
            if (use->path == last || (derived && !use->derived)) continue;
            last = use->path;
            only_text = only_text && paths_.is_text(last);
            targets.push_back(view(path_texts_[last]));
        }
        return only_text;
    }

    const Cells& cells_;
    const TargetPaths& paths_;
    std::string text_;  ///< long enough to lie on the heap, so that a move keeps its bytes in place
    std::vector<Piece> cell_texts_, reason_texts_, rule_texts_, path_texts_;
};

Receipt make_receipt(const Cells& cells, const TargetPaths& paths, Tracks tracks) {
    return ReceiptMaker(cells, paths).make(std::move(tracks));
}

}  // namespace tsunagi::translate

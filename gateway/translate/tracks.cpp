#include "translate/tracks.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <map>
#include <utility>

#include "json/same_bytes.h"

namespace tsunagi::translate {
namespace {

std::size_t slot_of(const json::Node* node) {
    // Nodes lie 8 bytes apart at least: the low bits say nothing.
    return (reinterpret_cast<std::uintptr_t>(node) >> 3) * 0x9E3779B97F4A7C15ULL >> 20;
}

void append_index(std::string& path, std::uint32_t index) {
    std::array<char, 12> digits;
    const auto [end, error] = std::to_chars(digits.data(), digits.data() + digits.size(), index);
    path += '[';
    path.append(digits.data(), static_cast<std::size_t>(end - digits.data()));
    path += ']';
}

std::string_view key_of(const json::Node* node) { return {node->key, node->key_size}; }

}  // namespace

// ---- Cells -----------------------------------------------------------------------------------

Cells::Cells(json::Value root, std::string_view root_name) : path_(root_name) {
    path_.reserve(256);
    paths_.reserve(std::size_t{32} << 10);
    leaves_.reserve(512);
    walk(root.node());
    index_leaves();
}

void Cells::leaf(const json::Node* node) {
    paths_ += path_;
    leaves_.push_back({node, paths_.size()});
}

void Cells::walk(const json::Node* node) {
    if (node->kind == json::Kind::Array) return walk_list(node);
    if (node->kind != json::Kind::Object) return leaf(node);
    const std::size_t here = path_.size();
    for (const json::Node* member = node->first; member; member = member->next) {
        const std::string_view key = key_of(member);
        path_ += '.';
        if (key.starts_with('_')) {
            path_ += key.substr(1);
            walk_companion(node, member);
        } else if (key != "resourceType") {
            path_ += key;
            walk(member);
        }
        path_.resize(here);
    }
}

void Cells::walk_list(const json::Node* list) {
    const std::size_t here = path_.size();
    std::uint32_t index = 0;
    for (const json::Node* item = list->first; item; item = item->next, ++index) {
        if (item->kind == json::Kind::Null) continue;
        append_index(path_, index);
        walk(item);
        path_.resize(here);
    }
}

/// A companion is part of its cell; where the cell has no value it stands for it.
void Cells::walk_companion(const json::Node* object, const json::Node* companion) {
    const json::Value primitive = json::Value{object}[key_of(companion).substr(1)];
    if (companion->kind == json::Kind::Object && !primitive) return leaf(companion);
    if (companion->kind != json::Kind::Array) return;
    const std::size_t here = path_.size();
    std::uint32_t index = 0;
    for (const json::Node* item = companion->first; item; item = item->next, ++index) {
        const json::Value beside = primitive.at(index);
        if (item->kind != json::Kind::Object || (beside && !beside.is_null())) continue;
        append_index(path_, index);
        leaf(item);
        path_.resize(here);
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

// ---- TargetPaths -----------------------------------------------------------------------------

TargetPaths::TargetPaths() {
    steps_.reserve(512);
    steps_.resize(kResources + 1);
    resources_.reserve(256);
    resources_.push_back(nullptr);
}

std::uint32_t TargetPaths::find_or_add(std::uint32_t parent, std::string_view key, bool is_text) {
    for (std::uint32_t at = steps_[parent].first; at != 0; at = steps_[at].next) {
        const std::string_view known = steps_[at].key;
        if (known.size() == key.size() && json::same_bytes(known.data(), key.data(), key.size()))
            return at;
    }
    const auto made = static_cast<std::uint32_t>(steps_.size());
    steps_.push_back({parent, 0, steps_[parent].first, key, is_text});
    steps_[parent].first = made;
    return made;
}

Home TargetPaths::resource(std::string_view type, const json::Node* node) {
    resources_.push_back(node);
    return child({kResources, static_cast<std::uint32_t>(resources_.size() - 1)}, type);
}

std::uint32_t TargetPaths::add_plain(std::uint32_t path) {
    if (plain_.size() <= path) plain_.resize(steps_.size(), 0);
    const Step step = steps_[path];
    const std::uint32_t parent = step.parent <= kResources ? 0 : plain(step.parent);
    const std::uint32_t made = find_or_add(parent, step.key, step.is_text);
    plain_[path] = made;
    return made;
}

void TargetPaths::append_path(std::uint32_t path, std::string& out) const {
    if (steps_[path].parent > kResources) {
        append_path(steps_[path].parent, out);
        out += '.';
    }
    out += steps_[path].key;
}

// ---- the receipt -----------------------------------------------------------------------------

/// Writes all texts first, then makes views of them: the buffer grows no more.
class ReceiptMaker {
public:
    ReceiptMaker(Cells& cells, TargetPaths& paths)
        : cells_(cells), paths_(paths), text_(cells.take_paths()) {}

    Receipt make(const Tracks& tracks) {
        std::vector<Tracks::Use> plain = tracks.uses;
        for (auto& use : plain) use.home.path = paths_.plain(use.home.path);
        const std::vector<Tracks::Use> uses = grouped(plain);
        std::vector<const SourceStep*> dropped(cells_.size(), nullptr);
        for (const auto& drop : tracks.drops) dropped[drop.cell] = drop.step;
        write_paths(uses);
        write_reasons(tracks.drops);
        Receipt receipt;
        receipt.rows_.resize(cells_.size());
        receipt.targets_.reserve(uses.size());
        receipt.origins_.reserve(uses.size());
        auto use = uses.cbegin();
        std::size_t begin = 0;
        for (std::size_t cell = 0; cell < cells_.size(); ++cell) {
            ReceiptRow& row = receipt.rows_[cell];
            const std::size_t end = cells_.end_of_path(cell);
            row.cell = view({begin, end});
            begin = end;
            const std::size_t first = receipt.targets_.size();
            const bool only_text = take_targets(row.cell, cell, use, uses.cend(), receipt);
            if (receipt.targets_.size() > first) {
                row.outcome = only_text ? Outcome::KeptAsText : Outcome::Mapped;
                row.targets = std::span{receipt.targets_}.subspan(first);
            } else if (dropped[cell]) {
                row.outcome = Outcome::Dropped;
                row.reason = view(reasons_.at(dropped[cell]).first);
                row.rule = view(reasons_.at(dropped[cell]).second);
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
        return std::string_view{text_}.substr(piece.begin, piece.end - piece.begin);
    }

    /// By cell, derived uses first: constants that a rule writes beside the value are noise. In the
    /// order of the paths' first appearance within that.
    std::vector<Tracks::Use> grouped(const std::vector<Tracks::Use>& uses) const {
        std::vector<std::uint32_t> ends(cells_.size() + 1, 0);
        for (const auto& use : uses) ++ends[use.cell + 1];
        for (std::size_t cell = 1; cell < ends.size(); ++cell) ends[cell] += ends[cell - 1];
        std::vector<Tracks::Use> made(uses.size());
        for (const auto& use : uses) made[ends[use.cell]++] = use;
        std::size_t begin = 0;
        for (std::size_t cell = 0; cell < cells_.size(); ++cell) {
            if (ends[cell] - begin > 1) {
                std::sort(made.begin() + static_cast<std::ptrdiff_t>(begin),
                          made.begin() + ends[cell],
                          [](const Tracks::Use& left, const Tracks::Use& right) {
                              if (left.derived != right.derived) return left.derived;
                              return left.home.path < right.home.path;
                          });
            }
            begin = ends[cell];
        }
        return made;
    }

    void write_paths(const std::vector<Tracks::Use>& uses) {
        pieces_.resize(paths_.size());
        for (const auto& use : uses) {
            Piece& piece = pieces_[use.home.path];
            if (piece.end != 0) continue;
            piece.begin = text_.size();
            paths_.append_path(use.home.path, text_);
            piece.end = text_.size();
        }
    }

    void write_reasons(const std::vector<Tracks::Drop>& drops) {
        for (const auto& drop : drops) {
            const auto [at, is_new] = reasons_.try_emplace(drop.step);
            if (!is_new) continue;
            at->second.first.begin = text_.size();
            text_ += drop.step->dropped;
            at->second.first.end = at->second.second.begin = text_.size();
            text_ += to_string(drop.step->spot);
            at->second.second.end = text_.size();
        }
    }

    /// The targets of `cell`; true when all of them are words.
    bool take_targets(std::string_view name, std::size_t cell,
                      std::vector<Tracks::Use>::const_iterator& use,
                      std::vector<Tracks::Use>::const_iterator end, Receipt& receipt) const {
        const bool derived = use != end && use->cell == cell && use->derived;
        bool only_text = true;
        std::uint32_t last = 0;
        for (; use != end && use->cell == cell; ++use) {
            if (derived && !use->derived) continue;
            const auto [path, resource] = use->home;
            if (resource != 0)
                receipt.origins_.push_back({name, view(pieces_[path]), paths_.node(resource)});
            if (path == last) continue;
            last = path;
            only_text = only_text && paths_.is_text(last);
            receipt.targets_.push_back(view(pieces_[last]));
        }
        return only_text;
    }

    Cells& cells_;
    TargetPaths& paths_;
    std::string text_;  ///< long enough to lie on the heap: a move leaves its bytes in place
    std::vector<Piece> pieces_;
    std::map<const SourceStep*, std::pair<Piece, Piece>> reasons_;
};

Receipt make_receipt(Cells& cells, TargetPaths& paths, const Tracks& tracks) {
    return ReceiptMaker(cells, paths).make(tracks);
}

}  // namespace tsunagi::translate

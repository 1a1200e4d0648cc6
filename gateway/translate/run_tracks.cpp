#include <algorithm>

#include "translate/run.h"

namespace tsunagi::translate {
namespace {

/// A fixed value that the map writes because of the cell: `src.a where $this -> tgt.b = 'x'`.
bool is_constant(const TargetStep& step) {
    switch (step.transform) {
        case Transform::Copy:
        case Transform::Cc:
        case Transform::C:
        case Transform::Qty:
        case Transform::Id:
        case Transform::Cp:
            return std::all_of(step.operands.begin(), step.operands.end(),
                               [](const Operand& each) { return each.slot == kNoSlot; });
        default:
            return false;
    }
}

}  // namespace

/// Notes that a value landed at `home`: the cells it was made of, and the cells of the rule that
/// decided on it.
void Run::note(const TargetStep& step, Home home, const Slot& value) {
    if (value.cells >= 0) {
        tracks_.uses.push_back({static_cast<std::uint32_t>(value.cells), home, true});
    } else {
        for (const auto cell : cells_of(value)) tracks_.uses.push_back({cell, home, true});
    }
    if (active_begin_ == active_.size() || !is_constant(step)) return;
    for (std::size_t at = active_begin_; at < active_.size(); ++at)
        tracks_.uses.push_back({active_[at], home, false});
}

void Run::note_below(json::Value value, Home home) {
    for (const json::Value child : value) {
        const Home below = child.key().empty() ? home : paths_.child(home, child.key());
        const std::int32_t cell = cells_.find(child.node());
        if (cell >= 0) tracks_.uses.push_back({static_cast<std::uint32_t>(cell), below, true});
        note_below(child, below);
    }
}

/// A leaf's own number when there is one; the number lives in the slot.
std::span<const std::uint32_t> Run::cells_of(const Slot& slot) const {
    if (slot.cells == -1) return {};
    if (slot.cells < 0) return cell_lists_[static_cast<std::size_t>(-2 - slot.cells)];
    return {reinterpret_cast<const std::uint32_t*>(&slot.cells), 1};
}

void Run::add_cells(const Slot& from, std::vector<std::uint32_t>& into) const {
    const auto cells = cells_of(from);
    into.insert(into.end(), cells.begin(), cells.end());
}

/// Marks `made` as made of the cells `from`.
void Run::credit(Slot& made, const std::vector<std::uint32_t>& from) {
    if (from.size() == 1) {
        made.cells = static_cast<std::int32_t>(from[0]);
    } else if (!from.empty()) {
        cell_lists_.push_back(from);
        made.cells = -1 - static_cast<std::int32_t>(cell_lists_.size());
    }
}

void Run::drop(const Slot& slot, const SourceStep& step) {
    if (slot.cells >= 0) {
        tracks_.drops.push_back({static_cast<std::uint32_t>(slot.cells), &step});
    } else if (slot.node) {
        drop_below(json::Value{slot.node}, step);
    }
}

void Run::drop_below(json::Value value, const SourceStep& step) {
    const std::int32_t cell = cells_.find(value.node());
    if (cell >= 0) tracks_.drops.push_back({static_cast<std::uint32_t>(cell), &step});
    for (const json::Value child : value) drop_below(child, step);
}

}  // namespace tsunagi::translate

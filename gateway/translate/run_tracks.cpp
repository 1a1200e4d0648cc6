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

/// Notes that a value landed at `path`: the cells it was made of, and the cells of the rule that
/// decided on it.
void Run::note(const TargetStep& step, std::uint32_t path, const Slot& value) {
    if (value.cell >= 0)
        tracks_.uses.push_back({static_cast<std::uint32_t>(value.cell), path, true});
    if (value.cells >= 0) {
        for (const auto cell : cell_lists_[static_cast<std::size_t>(value.cells)])
            tracks_.uses.push_back({cell, path, true});
    }
    if (active_begin_ == active_.size() || !is_constant(step)) return;
    for (std::size_t at = active_begin_; at < active_.size(); ++at)
        tracks_.uses.push_back({active_[at], path, false});
}

void Run::note_below(json::Value value, std::uint32_t path) {
    for (const json::Value child : value) {
        const std::uint32_t below = child.key().empty() ? path : paths_.child(path, child.key());
        const std::int32_t cell = cells_.find(child.node());
        if (cell >= 0) tracks_.uses.push_back({static_cast<std::uint32_t>(cell), below, true});
        note_below(child, below);
    }
}

void Run::add_cells(const Slot& from, std::vector<std::uint32_t>& into) const {
    if (from.cell >= 0) into.push_back(static_cast<std::uint32_t>(from.cell));
    if (from.cells < 0) return;
    const auto& list = cell_lists_[static_cast<std::size_t>(from.cells)];
    into.insert(into.end(), list.begin(), list.end());
}

/// Marks `made` as made of the cells `from`.
void Run::credit(Slot& made, const std::vector<std::uint32_t>& from) {
    if (from.size() == 1 && made.cell < 0) {
        made.cell = static_cast<std::int32_t>(from[0]);
    } else if (!from.empty()) {
        cell_lists_.push_back(from);
        made.cells = static_cast<std::int32_t>(cell_lists_.size() - 1);
    }
}

void Run::drop(const Slot& slot, const SourceStep& step) {
    if (slot.cell >= 0) {
        tracks_.drops.push_back({static_cast<std::uint32_t>(slot.cell), &step});
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

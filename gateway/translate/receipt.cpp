#include "translate/receipt.h"

#include <algorithm>

#include "json/builder.h"
#include "translate/tracks.h"

namespace tsunagi::translate {

std::string_view name(Outcome outcome) {
    switch (outcome) {
        case Outcome::Mapped:
            return "mapped";
        case Outcome::KeptAsText:
            return "kept-as-text";
        case Outcome::Dropped:
            return "dropped";
        case Outcome::Unaccounted:
            return "unaccounted";
    }
    return {};
}

std::size_t Receipt::count(Outcome outcome) const noexcept {
    return static_cast<std::size_t>(std::count_if(
        rows.begin(), rows.end(), [&](const ReceiptRow& row) { return row.outcome == outcome; }));
}

json::Document to_json(const Receipt& receipt) {
    json::Document document;
    json::Builder builder(document);
    json::Node* root = builder.object();
    for (const Outcome outcome :
         {Outcome::Mapped, Outcome::KeptAsText, Outcome::Dropped, Outcome::Unaccounted}) {
        builder.set_number(root, name(outcome), static_cast<std::int64_t>(receipt.count(outcome)));
    }
    json::Node* rows = builder.set_array(root, "rows");
    for (const ReceiptRow& row : receipt.rows) {
        json::Node* made = builder.add_object(rows);
        builder.set(made, "cell", row.cell);
        builder.set(made, "outcome", name(row.outcome));
        if (!row.targets.empty()) {
            json::Node* targets = builder.set_array(made, "targets");
            for (const auto& target : row.targets) builder.add(targets, target);
        }
        if (!row.reason.empty()) builder.set(made, "reason", row.reason);
        if (!row.rule.empty()) builder.set(made, "rule", row.rule);
    }
    return document;
}

// ---- Cells -----------------------------------------------------------------------------------

Cells::Cells(json::Value root, std::string_view root_name) : root_name_(root_name) {
    steps_.push_back({});
    walk(root, 0);
    index_leaves();
}

std::uint32_t Cells::step(std::uint32_t parent, std::string_view key, std::int32_t index) {
    steps_.push_back({parent, index, key});
    return static_cast<std::uint32_t>(steps_.size() - 1);
}

void Cells::leaf(const json::Node* node, std::uint32_t at) { leaves_.push_back({node, at}); }

void Cells::walk(json::Value value, std::uint32_t at) {
    if (value.is_array()) {
        std::int32_t index = 0;
        for (const json::Value item : value) {
            if (item.is_null()) {
                ++index;
                continue;
            }
            walk(item, step(at, {}, index++));
        }
        return;
    }
    if (!value.is_object()) return leaf(value.node(), at);
    for (const json::Value member : value) {
        const std::string_view key = member.key();
        if (key == "resourceType") continue;
        if (!key.starts_with('_')) {
            walk(member, step(at, key, -1));
            continue;
        }
        // A companion is part of its cell; where the cell has no value it stands for it.
        const std::string_view cell = key.substr(1);
        const json::Value primitive = value[cell];
        if (member.is_object() && !primitive) leaf(member.node(), step(at, cell, -1));
        if (!member.is_array()) continue;
        std::int32_t index = 0;
        for (const json::Value item : member) {
            const auto here = index++;
            const json::Value beside = primitive.at(static_cast<std::size_t>(here));
            if (item.is_object() && (!beside || beside.is_null()))
                leaf(item.node(), step(step(at, cell, -1), {}, here));
        }
    }
}

namespace {
std::size_t slot_of(const json::Node* node) {
    // Nodes are at least 8-byte aligned: the low bits say nothing.
    return (reinterpret_cast<std::uintptr_t>(node) >> 4) * 0x9E3779B97F4A7C15ULL >> 20;
}
}  // namespace

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

std::string Cells::path(std::size_t cell) const {
    std::vector<std::uint32_t> steps;
    for (std::uint32_t at = leaves_[cell].step; at != 0; at = steps_[at].parent)
        steps.push_back(at);
    std::string out{root_name_};
    for (auto at = steps.rbegin(); at != steps.rend(); ++at) {
        const Step& each = steps_[*at];
        if (each.index >= 0) {
            out += '[';
            out += std::to_string(each.index);
            out += ']';
        } else {
            out += '.';
            out += each.key;
        }
    }
    return out;
}

// ---- TargetPaths -----------------------------------------------------------------------------

std::uint32_t TargetPaths::child(std::uint32_t parent, std::string_view key, bool is_text) {
    for (std::uint32_t at = steps_[parent].first; at != 0; at = steps_[at].next) {
        if (steps_[at].key == key) return at;
    }
    const auto made = static_cast<std::uint32_t>(steps_.size());
    steps_.push_back({parent, 0, steps_[parent].first, key, is_text});
    steps_[parent].first = made;
    return made;
}

std::string TargetPaths::text(std::uint32_t path) const {
    std::vector<std::uint32_t> steps;
    for (std::uint32_t at = path; at != 0; at = steps_[at].parent) steps.push_back(at);
    std::string out;
    for (auto at = steps.rbegin(); at != steps.rend(); ++at) {
        if (!out.empty()) out += '.';
        out += steps_[*at].key;
    }
    return out;
}

// ---- the receipt -----------------------------------------------------------------------------

Receipt make_receipt(const Cells& cells, const TargetPaths& paths, const Tracks& tracks) {
    // Uses by cell, derived ones first: constants that a rule writes beside the value are noise.
    std::vector<Tracks::Use> uses = tracks.uses;
    std::sort(uses.begin(), uses.end(), [](const Tracks::Use& left, const Tracks::Use& right) {
        if (left.cell != right.cell) return left.cell < right.cell;
        if (left.derived != right.derived) return left.derived;
        return left.path < right.path;
    });
    std::vector<const Tracks::Drop*> dropped(cells.size(), nullptr);
    for (const auto& drop : tracks.drops) dropped[drop.cell] = &drop;

    Receipt receipt;
    receipt.rows.resize(cells.size());
    auto use = uses.begin();
    for (std::size_t cell = 0; cell < cells.size(); ++cell) {
        ReceiptRow& row = receipt.rows[cell];
        row.cell = cells.path(cell);
        const bool derived = use != uses.end() && use->cell == cell && use->derived;
        bool only_text = true;
        std::uint32_t last = 0;
        for (; use != uses.end() && use->cell == cell; ++use) {
            if (use->path == last || (derived && !use->derived)) continue;
            last = use->path;
            only_text = only_text && paths.is_text(last);
            row.targets.push_back(paths.text(last));
        }
        if (!row.targets.empty()) {
            row.outcome = only_text ? Outcome::KeptAsText : Outcome::Mapped;
        } else if (dropped[cell]) {
            row.outcome = Outcome::Dropped;
            row.reason = dropped[cell]->step->dropped;
            row.rule = to_string(dropped[cell]->step->spot);
        }
    }
    return receipt;
}

}  // namespace tsunagi::translate

#include "translate/receipt.h"

#include <algorithm>

#include "json/builder.h"

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
        rows_.begin(), rows_.end(), [&](const ReceiptRow& row) { return row.outcome == outcome; }));
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
    for (const ReceiptRow& row : receipt.rows()) {
        json::Node* made = builder.add_object(rows);
        builder.set(made, "cell", row.cell);
        builder.set(made, "outcome", name(row.outcome));
        if (!row.targets.empty()) {
            json::Node* targets = builder.set_array(made, "targets");
            for (const auto target : row.targets) builder.add(targets, target);
        }
        if (!row.reason.empty()) builder.set(made, "reason", row.reason);
        if (!row.rule.empty()) builder.set(made, "rule", row.rule);
    }
    return document;
}

}  // namespace tsunagi::translate

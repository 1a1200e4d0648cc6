#pragma once
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "json/document.h"

/// What became of every cell of the source. Made by the engine from what the rules really read and
/// wrote, never from what a map claims.
namespace tsunagi::translate {

enum class Outcome : std::uint8_t {
    Mapped,
    KeptAsText,  ///< only in text elements: Narrative.div, Annotation.text, CodeableConcept.text, …
    Dropped,     ///< a rule says so: `log 'dropped: REASON'`
    Unaccounted,  ///< no rule carried it: a fault of the maps
};

std::string_view name(Outcome outcome);  ///< "mapped", "kept-as-text", "dropped", "unaccounted"

/// The texts live as long as the Receipt.
struct ReceiptRow {
    std::string_view cell;  ///< "Packet.bedRequest.purposes[0].code"
    Outcome outcome = Outcome::Unaccounted;
    /// "ServiceRequest.occurrencePeriod.start"; without indices.
    std::span<const std::string_view> targets;
    std::string_view reason;  ///< of Dropped
    std::string_view rule;    ///< of Dropped: "packet.map line 12 column 5"
};

/// One element of one resource and the cell it was made from.
struct Origin {
    std::string_view cell;                 ///< "Packet.identity.name"
    std::string_view element;              ///< "Patient.name.text"
    const json::Node* resource = nullptr;  ///< of the output
};

/// One row per leaf cell in document order. No value of a cell stands in it. Move-only: rows stay
/// valid over a move. Thread rule: any number of readers.
class Receipt {
public:
    std::span<const ReceiptRow> rows() const noexcept { return rows_; }
    std::size_t count(Outcome outcome) const noexcept;
    /// By cell; an element made of two cells stands twice. Only of resources inside the output.
    std::span<const Origin> origins() const noexcept { return origins_; }

    Receipt() = default;
    Receipt(Receipt&&) noexcept = default;
    Receipt& operator=(Receipt&&) noexcept = default;

private:
    friend class ReceiptMaker;
    std::string text_;  ///< what the views point into; on the heap
    std::vector<std::string_view> targets_;
    std::vector<ReceiptRow> rows_;
    std::vector<Origin> origins_;
};

/// `{"mapped":n, …, "rows":[{"cell","outcome","targets":[…],"reason","rule"}]}`
json::Document to_json(const Receipt& receipt);

/// A Provenance of the Bundle that the receipt is of: one target per element and cell, with the
/// extension `element-origin` (element, cell). It names cells and is kept with the case, never
/// sent.
json::Document provenance_of(const Receipt& receipt, json::Value bundle);

}  // namespace tsunagi::translate

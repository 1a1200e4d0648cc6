#pragma once
#include <cstdint>
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

struct ReceiptRow {
    std::string cell;  ///< "Packet.bedRequest.purposes[0].code"
    Outcome outcome = Outcome::Unaccounted;
    std::vector<std::string> targets;  ///< "ServiceRequest.occurrencePeriod.start"; without indices
    std::string reason;                ///< of Dropped
    std::string rule;                  ///< of Dropped: "packet.map line 12 column 5"
};

/// One row per leaf cell in document order. No value of a cell stands in it. Thread rule: a value.
struct Receipt {
    std::vector<ReceiptRow> rows;
    std::size_t count(Outcome outcome) const noexcept;
};

/// `{"rows":[{"cell","outcome","targets":[…],"reason"}], "mapped":n, …}`
json::Document to_json(const Receipt& receipt);

}  // namespace tsunagi::translate

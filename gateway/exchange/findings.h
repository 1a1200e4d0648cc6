#pragma once
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/random.h"
#include "crypto/digest.h"
#include "exchange/case_file.h"
#include "exchange/exchange.h"
#include "json/builder.h"
#include "privacy/unknown_people.h"

/// What the text of a packet seems to tell of people that no cell names (privacy/unknown_people.h)
/// and what a person of the clinic decided about each. While one is open the case is not sent: the
/// rows of programme/state_machine.h ask Journey::open_findings, which only this file counts.
namespace tsunagi::exchange {

/// More than a person can look at one by one: such a packet is refused.
inline constexpr std::size_t kMostFindings = 500;

/// The findings of one case, kept as one sealed document. A plain value.
class Findings {
public:
    enum class Status { Open, Released, Corrected };
    /// Who settled it, when and why. The reason is free text: sealed here and in the event, while
    /// the log has its salted commitment alone.
    struct Decision {
        std::string at, organisation, person, reason, salt;
    };
    struct Item {
        std::int64_t number = 0;  ///< from 1, never used again
        privacy::UnknownFinding place;
        std::string mark;  ///< keyed digest of cell and text: the same text is not asked twice
        Status status = Status::Open;
        Decision decision;
    };

    /// Opens what is new. What was released, or is still open, stays as it is while its cell has
    /// the same text.
    void ask(std::span<const privacy::UnknownFinding> found, json::Value packet, Random& random);
    /// Settle an open finding and give the commitment for the log entry. A correction settles every
    /// open finding of the cell: ask() comes next, with the new text.
    crypto::Digest release(std::int64_t number, Decision decision, Random& random);
    crypto::Digest correct(std::int64_t number, const Decision& decision, Random& random);

    const Item* find(std::int64_t number) const;
    std::size_t open() const;
    /// The mark of the text that stands in the cell now; an item with another one speaks of an
    /// earlier text.
    std::string mark_in(std::string_view cell, json::Value packet) const;
    std::span<const Item> items() const { return items_; }

    json::Document to_json() const;
    static Result<Findings> from_json(json::Value value);

private:
    std::string mark_of(std::string_view cell, std::string_view text) const;
    std::string key_;  ///< of the marks; drawn with the first finding
    std::vector<Item> items_;
};

/// None: nothing was ever found.
Result<Findings> read_findings(store::Reader& reader, const store::CaseId& id);
Status write_findings(store::Transaction& transaction, const store::CaseId& id,
                      const Findings& findings);

/// Looks at `found` again for a case that is there: what is new is open from now on. Changes
/// `file.journey`, which the caller saves.
Status ask_again(store::Transaction& transaction, const Parts& parts, CaseFile& file,
                 json::Value packet, std::span<const privacy::UnknownFinding> found);

/// The string at "Packet.bedRequest.purposes[1].text"; absent when there is none.
json::Value cell_at(json::Value packet, std::string_view path);

/// Members number, cell, kind, kindText, span and status of each finding: no text.
void add_findings(json::Builder& builder, json::Node* object, const Findings& findings);

/// The clinic's own view: state, findings with the text around each, whole texts of the cells
/// (README.md shows it).
Result<json::Document> findings_view(store::Reader& reader, const CaseFile& file);

}  // namespace tsunagi::exchange

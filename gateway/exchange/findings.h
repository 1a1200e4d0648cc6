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
#include "fhir/issue.h"
#include "json/builder.h"
#include "privacy/leak_scan.h"
#include "privacy/unknown_people.h"

/// What the text of a packet tells of people: of those that its own cells name, where that text is
/// in the offer (privacy/leak_scan.h), and what looks like others (privacy/unknown_people.h); and
/// what a person of the clinic decided about each. While one is open the case is not sent: the rows
/// of programme/state_machine.h ask Journey::open_findings, which only this file counts.
namespace tsunagi::exchange {

/// Letters of one text that tell of somebody.
struct Place {
    std::string cell;  ///< of the text, "Packet.referralLetter.course"
    privacy::UnknownSpan span;
    /// The cell whose identifier it is, "Packet.identity.name": it may be corrected, never
    /// released. Empty: no cell has it, only a person can tell.
    std::string known;
};

std::vector<Place> places_of(std::span<const privacy::UnknownFinding> unknown);
Place place_of(const privacy::KnownPlace& known);
/// Both kinds together, letters that overlap once: what is known is not asked as unknown too.
std::vector<Place> merged(std::vector<Place> unknown, std::vector<Place> known);
/// Whether letters of `place` are known among `found`.
bool is_known(std::span<const Place> found, const Place& place);

/// One issue for each, with its cell and characters, never its text: "unknown-identifier" or
/// "identifier-in-offer".
std::vector<fhir::Issue> issues_of(std::span<const Place> found,
                                   fhir::IssueSeverity severity = fhir::IssueSeverity::Warning);

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
        Place place;
        std::string mark;  ///< keyed digest of cell and text: the same text is not asked twice
        Status status = Status::Open;
        Decision decision;
    };

    /// Opens what is new. What was released, or is still open, stays as it is while its cell has
    /// the same text; but letters that are known now are asked, whoever released them.
    void ask(std::span<const Place> found, json::Value packet, Random& random);
    /// Settle an open finding and give the commitment for the log entry. Only what is_known() no
    /// longer says of the packet may be released. A correction settles every open finding of the
    /// cell: ask() comes next, with the new text.
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
                 json::Value packet, std::span<const Place> found);

/// The string at "Packet.bedRequest.purposes[1].text"; absent when there is none.
json::Value cell_at(json::Value packet, std::string_view path);

/// Members number, cell, kind, kindText, known, span and status of each finding: no text.
void add_findings(json::Builder& builder, json::Node* object, const Findings& findings);

/// The clinic's own view: state, findings with the text around each, whole texts of the cells
/// (README.md shows it).
Result<json::Document> findings_view(store::Reader& reader, const CaseFile& file);

}  // namespace tsunagi::exchange

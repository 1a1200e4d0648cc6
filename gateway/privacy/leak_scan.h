#pragma once
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "json/document.h"

namespace tsunagi::privacy {

/// Which kind of identifier a text holds; never the identifier itself.
struct Finding {
    std::string kind;  ///< "patient-name", "patient-kana", "birth-date", "phone", "address",
                       ///< "insurance-number", "patient-number", "third-party-name", "my-number",
                       ///< "compressed" (gzip, whatever it holds)
    std::string cell;  ///< the packet cell whose value was found, "Packet.identity.name"; empty for
                       ///< a My Number and what is compressed
};

/// Where a text of the packet holds one of its identifiers.
struct KnownPlace {
    Finding finding;
    std::string cell;                  ///< of the text, "Packet.referralLetter.course"
    std::uint32_t begin = 0, end = 0;  ///< code points
};

/// Looks for one packet's own identifiers in finished bytes, in every usual spelling: kanji with
/// their variants, kana and Latin letters in both widths, spaces or line breaks inside, western and
/// Japanese dates, digits in any width and kanji numerals, hyphens or none. The text is normalised
/// once, then a few canonical spellings are matched (README.md says which, and what is let pass).
/// Immutable. Thread rule: any thread.
class LeakScanner {
public:
    /// Collects the direct identifiers of a packet as submitted (its cells marked direct-identifier
    /// by the models: identity, patient cells of letter and sheet, names of family; and names of
    /// carers). Values too short to be told from ordinary text are left out.
    static LeakScanner of_packet(json::Value packet);
    /// Knows nothing: finds only what needs no packet.
    LeakScanner();

    /// `bytes` is JSON or plain text in UTF-8, in the wrappings that README.md lists. One finding
    /// for each cell.
    std::vector<Finding> scan(std::string_view bytes) const;

    /// Each text of the packet that holds an identifier from another cell, once for each cell, with
    /// the first place; at most `kMostPlaces`. For a refusal only: it scans the texts many times.
    static constexpr std::size_t kMostPlaces = 100;
    std::vector<KnownPlace> places_in(json::Value packet) const;

    LeakScanner(LeakScanner&&) noexcept;
    LeakScanner& operator=(LeakScanner&&) noexcept;
    ~LeakScanner();

private:
    struct Parts;
    std::unique_ptr<Parts> parts_;
};

/// Cells of the packet's free text that hold a valid My Number (L9), for the refusal at the door:
/// every text but codes and numbers of another kind.
std::vector<std::string> cells_with_my_number(json::Value packet);

}  // namespace tsunagi::privacy

#pragma once
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "json/document.h"

namespace tsunagi::privacy {

/// Which kind of identifier a text holds; never the identifier itself.
struct Finding {
    std::string kind;  ///< "patient-name", "patient-kana", "birth-date", "phone", "address",
                       ///< "insurance-number", "third-party-name", "my-number"
    std::string cell;  ///< the packet cell whose value was found, "Packet.identity.name"; or where
                       ///< a My Number stands
};

/// Looks for one packet's own identifiers in finished bytes, in every usual spelling: kanji, kana
/// in both widths, spaces or line breaks inside, ISO and Japanese dates, digits in any width with
/// or without hyphens. The text is normalised once, then a few canonical spellings are matched.
/// Immutable. Thread rule: any thread.
class LeakScanner {
public:
    /// Collects the direct identifiers of a packet as submitted (its cells marked direct-identifier
    /// by the models: identity, patient cells of letter and sheet, names of family and carers).
    /// Values too short to be told from ordinary text (one character) are left out.
    static LeakScanner of_packet(json::Value packet);
    /// Knows nothing: finds only what needs no packet.
    LeakScanner();

    /// `bytes` is JSON or plain text in UTF-8; JSON string escapes, percent and base64 runs of 16
    /// and more are decoded and scanned too.
    std::vector<Finding> scan(std::string_view bytes) const;

    LeakScanner(LeakScanner&&) noexcept;
    LeakScanner& operator=(LeakScanner&&) noexcept;
    ~LeakScanner();

private:
    struct Parts;
    std::unique_ptr<Parts> parts_;
};

/// Cells of the packet's free text that hold a valid My Number (L9), for the refusal at the door.
std::vector<std::string> cells_with_my_number(json::Value packet);

}  // namespace tsunagi::privacy

#pragma once
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "json/document.h"
#include "privacy/name_book.h"

/// People and numbers in free text that no cell of the packet names (domain.md 5.13): names,
/// numbers, addresses. A finding asks a person to look; it changes nothing (README.md says what is
/// found).
namespace tsunagi::privacy {

/// The names are stored and shown: never rename one.
enum class UnknownKind : std::uint8_t {
    Person,
    Phone,
    Address,
    Postal,
    Insurance,
    MyNumber,
    Email,
    Url,
    Chart,
    BirthDate,
    Other
};
std::string_view name(UnknownKind kind);  ///< "person", "mynumber", "birthdate"

/// Half-open, in code points of the text as it came.
struct UnknownSpan {
    UnknownKind kind = UnknownKind::Other;
    std::uint32_t begin = 0, end = 0;

    bool operator==(const UnknownSpan&) const = default;
};

/// Every person and number in a text, in its order, none overlapping. Time is linear in the text.
/// Thread rule: any thread.
std::vector<UnknownSpan> find_unknown(const NameBook& book, std::string_view utf8);

/// One finding in a packet. The span is for the clinic alone: never logged, never sent on.
struct UnknownFinding {
    std::string cell;  ///< "Packet.referralLetter.course"
    UnknownSpan span;
};

/// The same in every cell of free text of the packet's forms. What stands in the cells of doctor,
/// clinic or hospital leaves by right and is not found; cells that hold an identifier by their
/// definition are the disclosure lists' business.
std::vector<UnknownFinding> find_unknown(const NameBook& book, json::Value packet);

}  // namespace tsunagi::privacy

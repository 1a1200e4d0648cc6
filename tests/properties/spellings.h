#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "simulate/packet_generator.h"
#include "simulate/watch.h"

/// How a person's identifiers can be written, and in what bytes those writings can hide: the search
/// list of the taint test. Written from security.md I1 alone, apart from the scanner (privacy/) and
/// from what the generator writes into a packet.
namespace tsunagi::properties {

struct Spelling {
    std::string form;  ///< "name, Hepburn", "birth date, kanji digits" …
    std::string text;  ///< UTF-8
};

/// Every spelling of every identifier of the packet.
std::vector<Spelling> spellings_of(const simulate::GeneratedPacket& packet);

enum class Encoding {
    Utf8,
    Utf16,  ///< both byte orders
    ShiftJis,
    Base64,   ///< at three offsets, both alphabets
    Percent,  ///< every byte, or those outside ASCII; either case
    Entity,   ///< decimal and hexadecimal, every character or those outside ASCII
    JsonEscape,
    Gzip,  ///< not searched by bytes: `opened` undoes it
};
inline constexpr int kEncodings = 8;

/// The byte strings to search for; empty: the text cannot be written so, or is too short to be
/// told from chance. Gzip gives the whole member of the text alone, for planting.
std::vector<std::string> encoded(std::string_view text, Encoding encoding);

/// `bytes` and what gzip members in it hold, bare or in base64, three deep.
std::vector<std::string> opened(std::string_view bytes);

/// Everything of the packet that must not be seen, in every spelling and encoding.
simulate::Watch watch_of(const simulate::GeneratedPacket& packet);

}  // namespace tsunagi::properties

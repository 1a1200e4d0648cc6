#pragma once
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "json/document.h"

/// A packet's identifiers as they are looked for. Not an interface of the module.
namespace tsunagi::privacy {

/// A cell that no hospital may see before it accepted.
struct IdentifierCell {
    enum class Form {
        Name,  ///< of the patient and the family
        Kana,
        Carer,  ///< of a carer: only where a space says that it is a full name
        Date,
        Phone,
        Number,  ///< of insurance, patient, postal code
        Address,
        NotSought,  ///< words or files that cannot be told from ordinary ones; no list lets them
                    ///< out
    };
    std::string_view path;  ///< below the packet; "[]" walks a list
    std::string_view kind;  ///< as a Finding names it
    Form form;
};

/// Every cell that the models mark direct-identifier, and the names of carers.
std::span<const IdentifierCell> identifier_cells();

/// Where a needle must stand to count.
enum class Place {
    Anywhere,  ///< a full name
    PartOfName,  ///< a family or given name in kanji: not before 病院, 先生, 県 …, not in a known
                 ///< word
    KanaWord,      ///< by itself, before a particle or an honorific
    LatinWord,     ///< by itself
    WithHonorific  ///< only before さん, 様 …
};

struct LetterNeedle {
    std::u32string text;  ///< folded
    Place place = Place::Anywhere;
    std::size_t source = 0;  ///< index into Needles::sources
};

/// Digits, in one piece or parted by hyphens, brackets and spaces.
struct DigitNeedle {
    std::string digits;
    bool whole = false;  ///< not inside a longer number
    std::size_t source = 0;
};

struct DateNeedle {
    int year = 0, month = 0, day = 0;
    std::size_t source = 0;
};

/// 谷戸町 followed by 9, 99, 12 with 丁目, 番地, 番, 号, の or hyphens between.
struct AddressNeedle {
    std::u32string town;  ///< up to three letters, folded
    std::vector<std::string> numbers;
    int first = -1;  ///< value of the first number; -1 for more than four digits
    std::size_t source = 0;
};

struct Needles {
    struct Source {
        std::string kind, cell;
    };
    std::vector<Source> sources;
    std::vector<LetterNeedle> letters;
    std::vector<DigitNeedle> digits;
    std::vector<DateNeedle> dates;
    std::vector<AddressNeedle> addresses;
    /// Words in which a part of the name says nothing: 橋本病, the maker in a drug's name.
    std::vector<std::u32string> known_words;
};

Needles needles_of(json::Value packet);

/// What stands in the cells that leave with the offer by right: doctor, clinic, hospital.
std::vector<std::string> open_texts(json::Value packet);

/// What stands between two numbers of one address: 丁目, 番地, 番, の, hyphens.
bool is_address_gap(std::string_view gap);

/// A kana name in Latin letters as it may be written: Hepburn and Kunrei, long vowels full or
/// short.
std::vector<std::string> romanised(std::string_view kana);

}  // namespace tsunagi::privacy

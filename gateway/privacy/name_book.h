#pragma once
#include <array>
#include <bitset>
#include <cstdint>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "privacy/hint_weights.h"
#include "privacy/lexicon.h"

/// The names and words by which unknown people are found: profiles/people and the dictionaries.
/// known_words.h looks them up in a text.
namespace tsunagi::privacy {

enum class WordList : std::uint8_t {
    Family,
    SureFamily,  ///< no place and no ordinary word
    Given,
    SureGiven,
    Honorifics,
    Titles,
    Relations,
    Labels,
    NotNames,       ///< before an honorific: 患者様
    LikenessWords,  ///< before 様 that means "like": コーヒー残渣様
    NotPeople,      ///< behind a family name: 橋本病, 田中内科
    Kept,           ///< eponyms, makers
    Ordinary,       ///< words made of the characters of given names
    GivenLetters,   ///< single characters, like the next two
    Likeness,
    FamilyEndings,
    Common,  ///< ordinary words that may be names too: only beside a cue
    CommonLetters,
    Loanwords,   ///< katakana that is nobody
    Acts,        ///< what people do, behind が, は, に …
    FamilyKana,  ///< katakana, like the next two
    GivenKana,
    Foreign,
    FamilyLatin,  ///< lower case, in every romanisation
    GivenLatin,
};
constexpr std::size_t kWordLists = 25;
/// The lists before this one are looked for at every letter, the others as whole words.
constexpr std::size_t kListsInTexts = static_cast<std::size_t>(WordList::FamilyKana);
/// No word of the lists in texts has more letters.
constexpr std::size_t kLongestWord = 16;

constexpr std::uint32_t bit(WordList list) { return 1U << static_cast<unsigned>(list); }

/// Thread rule: filled by one thread, then read by any.
class NameBook {
public:
    NameBook();

    /// Reads one file of profiles/people: sections `[name]`, words parted by white space, `#`
    /// begins a comment line. In given names a line that begins with `-` appends its first word to
    /// each other; `?` marks what is an ordinary word too. Error Invalid names the section.
    Status add(std::string_view text);
    /// Whether every section came.
    bool complete() const;

    /// The lists that have the word themselves (bits of WordList), whatever the dictionaries say.
    std::uint32_t listed(const WordTrace& word) const { return find(word) & kListsOnly; }
    /// The lists that have the word, those that the dictionaries add to (`classes`) among them.
    std::uint32_t lists(const WordTrace& word, std::u32string_view spelled,
                        std::uint32_t classes) const;
    /// The lists that the dictionaries add a word of these classes to, by its first letter and
    /// size.
    std::uint32_t added(char32_t first, std::size_t size, std::uint32_t classes) const;
    /// How many letters words of the lists have that begin with these two (the second 0: nothing
    /// stands behind), as bits; none more than these.
    std::uint32_t lengths(char32_t first, char32_t second) const {
        const std::uint32_t single = single_[first & 0xFFFF] ? 1 : 0;
        return begins_[first & 0xFFFF] ? single | lengths_[slot(first, second)] : single;
    }

    /// Two characters that begin and end like family names do, be it in no list: 惠谷.
    bool looks_family(std::u32string_view word) const;
    /// Only characters that stand in names somewhere: more than half of all words are none.
    bool of_name_letters(std::u32string_view word) const;
    /// The section `hints`.
    const HintWeights& hints() const { return hints_; }
    /// Some family name of the lists begins with it.
    bool begins_family(char32_t c) const { return begins_family_[c & 0xFFFF]; }

private:
    /// What a slot knows beside lists: no list has the word, whatever the dictionaries say.
    static constexpr std::uint32_t kSureFamilyDenied = 1U << 30;
    static constexpr std::uint32_t kSureGivenDenied = 1U << 31;
    static constexpr std::uint32_t kListsOnly = (1U << kWordLists) - 1;
    struct Slot {
        std::uint64_t word = 0;  ///< its trace, 0: empty
        std::uint32_t lists = 0;
    };

    std::uint32_t find(const WordTrace& word) const;
    std::uint32_t& slot_of(const WordTrace& word);
    bool has(WordList list, std::u32string_view word) const {
        return (listed(WordTrace{word}) & bit(list)) != 0;
    }
    void put(WordList list, std::u32string_view word);
    void deny(WordList sure, std::u32string_view word);
    void put_name(WordList all, WordList sure, std::string_view word);
    void put_family(std::string_view word);
    void put_romanised(WordList latin, std::string_view kana);

    static std::size_t slot(char32_t first, char32_t second) {
        return (first * 0x9E3779B1U ^ second * 0x85EBCA77U) >> 16 & 0xFFFF;
    }

    std::vector<Slot> slots_ = std::vector<Slot>(0x10000);  ///< a power of two
    std::size_t words_ = 0;
    std::array<std::size_t, kWordLists> sizes_{};
    /// The lists that the dictionaries add a word of these classes to; then by size and script.
    std::array<std::uint32_t, 1U << WordClass::kBits> by_classes_{};
    std::array<std::uint32_t, kLongestWord + 1> by_size_{};
    std::vector<std::uint16_t> lengths_ = std::vector<std::uint16_t>(0x10000);
    /// Letters that are a word, that begin a longer one, that begin a family name.
    std::bitset<0x10000> single_, begins_, begins_family_;
    HintWeights hints_;
    /// How many family names of two characters begin and end with a character, at most 255.
    std::vector<std::uint8_t> begin_ = std::vector<std::uint8_t>(0x10000);
    std::vector<std::uint8_t> end_ = std::vector<std::uint8_t>(0x10000);
};

}  // namespace tsunagi::privacy

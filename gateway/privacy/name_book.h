#pragma once
#include <algorithm>
#include <array>
#include <bitset>
#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "base/result.h"
#include "privacy/lexicon.h"

/// The names and words by which unknown people are found: profiles/people. Immutable once filled.
namespace tsunagi::privacy {

/// Words that are looked up at a place of a text. Linear: at most as many steps as the longest word
/// has letters, none where no word begins (or ends) with the letter there.
class Words {
public:
    void add(std::u32string word);
    /// Is none of them, whatever a list or a dictionary says.
    void deny(const std::u32string& word);
    bool has(std::u32string_view word) const {
        return listed(word) || (classes_ != 0 && in_lexicon(word) && !denied_.contains(word));
    }
    /// In the lists themselves, whatever the dictionaries say.
    bool listed(std::u32string_view word) const { return may_have(word) && words_.contains(word); }
    /// Has too what the dictionaries say is all of `classes` and none of `others`, of `shortest` to
    /// `longest` letters.
    void add_lexicon(std::uint32_t classes, std::uint32_t others, std::size_t shortest,
                     std::size_t longest);
    /// Length of the longest word that begins at `at`, at most `limit`; 0: none.
    std::size_t begins(std::u32string_view text, std::size_t at, std::size_t limit = 99) const;
    /// Length of the longest word that ends before `end` and begins at `from` or behind it.
    std::size_t ends(std::u32string_view text, std::size_t from, std::size_t end) const;
    /// Some word of the lists begins with `c`.
    bool may_begin(char32_t c) const { return begins_[slot(c)] != 0; }
    std::size_t size() const { return words_.size(); }

private:
    struct Hash {
        using is_transparent = void;  // NOLINT(readability-identifier-naming): the standard's name
        std::size_t operator()(std::u32string_view word) const {
            return static_cast<std::size_t>(Lexicon::mix(word));
        }
    };
    /// Most texts that are no word are told by their ends and their size, without a look-up.
    static std::size_t trace(std::u32string_view word) {
        const auto mixed = static_cast<std::uint32_t>(word.front()) * 0x9E3779B1U ^
                           static_cast<std::uint32_t>(word.back()) * 0x85EBCA77U ^
                           static_cast<std::uint32_t>(word.size()) * 0xC2B2AE3DU;
        return mixed >> 14;
    }
    bool may_have(std::u32string_view word) const {
        return !word.empty() && traces_.test(trace(word));
    }

    bool in_lexicon(std::u32string_view word) const {
        if (word.empty() || word.size() > longest_known_) return false;
        if ((known_sizes(word.front()) >> word.size() & 1) == 0) return false;
        const std::uint32_t classes = Lexicon::shipped().classes(word);
        return (classes & classes_) == classes_ &&
               ((classes & others_) == 0 ||
                ((classes & WordClass::Usual) != 0 && (classes & WordClass::Ordinary) == 0));
    }

    using Set = std::unordered_set<std::u32string, Hash, std::equal_to<>>;
    Set words_, denied_;
    std::uint32_t classes_ = 0, others_ = 0;  ///< of the lexicon
    std::size_t shortest_known_ = 0, longest_known_ = 0;
    /// For the first and the last letter of words, many letters a slot: bit n, some has n letters
    /// (15: as many or more).
    static constexpr std::size_t kSlots = 4096;
    static std::size_t slot(char32_t c) { return (c * 0x9E3779B1U & 0xFFFFFFFFU) >> 20; }
    std::array<std::uint16_t, kSlots> begins_{}, ends_{};
    /// The sizes at most `limit` that a word with these bits may have, one by one, longest first.
    template <class Try>
    static std::size_t longest(std::uint32_t sizes, std::size_t limit, const Try& is_word) {
        for (std::size_t n = limit; n > 0 && sizes != 0; --n) {
            if ((sizes >> std::min<std::size_t>(n, 15) & 1) != 0 && is_word(n)) return n;
        }
        return 0;
    }
    /// The sizes that a word of the dictionaries may have with the letter `c` in it.
    std::uint32_t known_sizes(char32_t c) const;
    std::bitset<0x40000> traces_;
    std::size_t longest_ = 0;
};

struct NameBook {
    NameBook();

    Words family, sure_family;  ///< sure: no place and no ordinary word
    Words given, sure_given;
    Words family_kana, given_kana, foreign;  ///< katakana
    Words family_latin, given_latin;         ///< lower case, in every romanisation
    Words honorifics, titles, relations, labels;
    Words not_names;       ///< before an honorific: 患者様
    Words likeness_words;  ///< before 様 that means "like": コーヒー残渣様
    Words not_people;      ///< behind a family name: 橋本病, 田中内科
    Words kept;            ///< eponyms, makers
    Words ordinary;        ///< words made of the characters of given names
    Words given_letters, likeness, family_endings;  ///< single characters
    Words common, common_letters;  ///< ordinary words that may be names too: only beside a cue
    Words loanwords;               ///< katakana that is nobody
    Words acts;                    ///< what people do, behind が, は, に …

    /// A name of the lists or the dictionaries, be it a place too, or a word that ipadic has as a
    /// name as well (春日): enough where a cue stands beside it.
    bool may_be_name(std::u32string_view word) const;
    /// The same in katakana, two letters and more.
    bool may_be_reading(std::u32string_view word) const;
    /// Two characters that begin and end like family names do, be it in no list: 惠谷.
    bool looks_family(std::u32string_view word) const;
    /// Only characters that stand in names somewhere: more than half of all words are none.
    bool of_name_letters(std::u32string_view word) const;

    /// Reads one file of profiles/people: sections `[name]`, words parted by white space, `#`
    /// begins a comment line. In given names a line that begins with `-` appends its first word to
    /// each other; `?` marks what is an ordinary word too. Error Invalid names the section.
    Status add(std::string_view text);
    /// Whether every section came.
    bool complete() const;

private:
    void add_family(std::string_view word);

    /// How many family names of two characters begin and end with a character, at most 255.
    std::vector<std::uint8_t> begin_ = std::vector<std::uint8_t>(0x10000);
    std::vector<std::uint8_t> end_ = std::vector<std::uint8_t>(0x10000);
};

}  // namespace tsunagi::privacy

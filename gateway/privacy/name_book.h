#pragma once
#include <bitset>
#include <string>
#include <string_view>
#include <unordered_set>

#include "base/result.h"

/// The names and words by which unknown people are found: profiles/people. Immutable once filled.
namespace tsunagi::privacy {

/// Words that are looked up at a place of a text. Linear: at most as many steps as the longest word
/// has letters, none where no word begins (or ends) with the letter there.
class Words {
public:
    void add(std::u32string word);
    void remove(const std::u32string& word);
    bool has(std::u32string_view word) const { return words_.find(word) != words_.end(); }
    /// Length of the longest word that begins at `at`, at most `limit`; 0: none.
    std::size_t begins(std::u32string_view text, std::size_t at, std::size_t limit = 99) const;
    /// Length of the longest word that ends before `end` and begins at `from` or behind it.
    std::size_t ends(std::u32string_view text, std::size_t from, std::size_t end) const;
    /// Some word begins with `c`.
    bool may_begin(char32_t c) const { return first_.test(c & 0xFFFF); }
    std::size_t size() const { return words_.size(); }

private:
    struct Hash {
        using is_transparent = void;  // NOLINT(readability-identifier-naming): the standard's name
        std::size_t operator()(std::u32string_view word) const {
            return std::hash<std::u32string_view>{}(word);
        }
    };
    std::unordered_set<std::u32string, Hash, std::equal_to<>> words_;
    std::bitset<0x10000> first_, last_;
    std::size_t longest_ = 0;
};

struct NameBook {
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

    /// Reads one file of profiles/people: sections `[name]`, words parted by white space, `#`
    /// begins a comment line. In given names a line that begins with `-` appends its first word to
    /// each other; `?` marks what is an ordinary word too. Error Invalid names the section.
    Status add(std::string_view text);
    /// Whether every section came.
    bool complete() const;
};

}  // namespace tsunagi::privacy

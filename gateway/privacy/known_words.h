#pragma once
#include <algorithm>
#include <bit>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "privacy/name_book.h"

/// One text, and the words in it that the lists of a NameBook and the dictionaries know: each is
/// looked up once, at its place. A word is asked for as a view; one into the text (or into `lower`)
/// costs no look-up. Not an interface of the module.
/// Thread rule: one thread. The book and the text outlive it.
namespace tsunagi::privacy {

class KnownWords {
public:
    using View = std::u32string_view;

    explicit KnownWords(const NameBook& book) : book_(book) {}
    /// Reads a text of the aligned form (folded.h) in place of the one before.
    void read(View text);
    KnownWords(const KnownWords&) = delete;
    KnownWords& operator=(const KnownWords&) = delete;

    /// One list. Capital letters of the text are as small ones.
    class Listed {
    public:
        bool has(View word) const { return all_->has(list_, word); }
        /// In the list itself, whatever the dictionaries say.
        bool listed(View word) const { return all_->listed(word, bit(list_)); }
        /// Length of the longest word that begins at `at`, at most `limit`; 0: none.
        std::size_t begins(View text, std::size_t at, std::size_t limit = kLongestWord) const {
            if (at >= text.size()) return 0;
            limit = std::min({limit, kLongestWord, text.size() - at});
            const std::size_t place = all_->place(text.data() + at);
            if (place != kNowhere && in_texts())
                return longest(all_->begins_[place * kListsInTexts + number()], limit);
            while (limit > 0 && !has(text.substr(at, limit))) --limit;
            return limit;
        }
        /// Length of the longest word that ends before `end` and begins at `from` or behind it.
        std::size_t ends(View text, std::size_t from, std::size_t end) const {
            if (end <= from) return 0;
            std::size_t limit = std::min(kLongestWord, end - from);
            const std::size_t place = all_->place(text.data() + end - 1);
            if (place != kNowhere && in_texts())
                return longest(all_->ends_[(place + 1) * kListsInTexts + number()], limit);
            while (limit > 0 && !has(text.substr(end - limit, limit))) --limit;
            return limit;
        }

    private:
        friend class KnownWords;
        Listed(const KnownWords& all, WordList list) : all_(&all), list_(list) {}
        std::size_t number() const { return static_cast<std::size_t>(list_); }
        bool in_texts() const { return number() < kListsInTexts; }
        /// The longest of `lengths` (bit n: n + 1 letters) that is not longer than `limit`.
        static std::size_t longest(std::uint32_t lengths, std::size_t limit) {
            lengths &= (1U << limit) - 1;
            return static_cast<std::size_t>(std::bit_width(lengths));
        }
        const KnownWords* all_;
        WordList list_;
    };
    const Listed family{*this, WordList::Family}, sure_family{*this, WordList::SureFamily};
    const Listed given{*this, WordList::Given}, sure_given{*this, WordList::SureGiven};
    const Listed honorifics{*this, WordList::Honorifics}, titles{*this, WordList::Titles};
    const Listed relations{*this, WordList::Relations}, labels{*this, WordList::Labels};
    const Listed not_names{*this, WordList::NotNames};
    const Listed likeness_words{*this, WordList::LikenessWords};
    const Listed not_people{*this, WordList::NotPeople}, kept{*this, WordList::Kept};
    const Listed ordinary{*this, WordList::Ordinary};
    const Listed given_letters{*this, WordList::GivenLetters};
    const Listed likeness{*this, WordList::Likeness};
    const Listed family_endings{*this, WordList::FamilyEndings};
    const Listed common{*this, WordList::Common}, common_letters{*this, WordList::CommonLetters};
    const Listed loanwords{*this, WordList::Loanwords}, acts{*this, WordList::Acts};
    const Listed family_kana{*this, WordList::FamilyKana}, given_kana{*this, WordList::GivenKana};
    const Listed foreign{*this, WordList::Foreign};
    const Listed family_latin{*this, WordList::FamilyLatin};
    const Listed given_latin{*this, WordList::GivenLatin};

    /// One of the lists (bits of WordList) has it, whatever the dictionaries say.
    bool listed(View word, std::uint32_t lists) const;
    /// How many letters the words of these lists have that begin at a place of the text: bit n, n +
    /// 1 letters.
    std::uint32_t lengths(std::size_t at, std::uint32_t lists) const;
    const HintWeights& hints() const { return book_.hints(); }
    /// What the dictionaries say (WordClass).
    std::uint32_t classes(View word) const;
    /// A name of the lists or the dictionaries, be it a place too, or a word that ipadic has as a
    /// name as well (春日): enough where a cue stands beside it.
    bool may_be_name(View word) const;
    /// The same in katakana, two letters and more.
    bool may_be_reading(View word) const;
    bool looks_family(View word) const { return book_.looks_family(word); }
    bool of_name_letters(View word) const { return book_.of_name_letters(word); }
    bool begins_family(char32_t c) const { return book_.begins_family(c); }

    View text() const { return text_; }
    View lower() const { return lower_; }
    /// The letters from `begin` to `end`, hiragana as katakana.
    View katakana(std::size_t begin, std::size_t end) const {
        return View{katakana_}.substr(begin, end - begin);
    }
    /// Letters of eponyms and makers (the list `kept`), and of a maker in quotes behind a drug:
    /// 錠75mg「サワイ」.
    const std::vector<bool>& kept_letters() const { return kept_letters_; }

private:
    static constexpr std::size_t kNowhere = static_cast<std::size_t>(-1);
    static constexpr std::size_t kClassified = 9;  ///< letters of the longest word with `classes_`
    static constexpr std::uint16_t kUnasked = 0xFFFF;

    /// Where a letter stands in the text, kNowhere: it is one of something else.
    std::size_t place(const char32_t* letter) const {
        for (const View all : {text_, View{lower_}}) {
            const auto from = reinterpret_cast<std::uintptr_t>(all.data());
            const auto at = (reinterpret_cast<std::uintptr_t>(letter) - from) / sizeof(char32_t);
            if (at < all.size()) return at;
        }
        return kNowhere;
    }
    bool has(WordList list, View word) const;
    void look_up(std::size_t begin);
    void keep();

    const NameBook& book_;
    View text_;
    std::u32string lower_, katakana_;
    /// For each place and list: bit n, a word of n + 1 letters begins (ends) there.
    std::vector<std::uint16_t> begins_, ends_;
    std::vector<std::uint16_t> classes_;  ///< for each place, of the words of 1, 2, … letters there
    std::vector<bool> kept_letters_;
};

}  // namespace tsunagi::privacy

#pragma once
#include <algorithm>
#include <array>
#include <cstdint>
#include <string_view>

/// Letters and words of which one may stand at a place of a text. Most places hold none, and that
/// is told by one letter. Made while the program is compiled. Not an interface of the module.
namespace tsunagi::privacy {

class LetterSet {
public:
    template <std::size_t N>
    // NOLINTNEXTLINE(google-explicit-constructor): a literal is the set of its letters
    consteval LetterSet(const char32_t (&letters)[N]) : letters_(letters, N - 1) {
        for (const char32_t c : letters_) mask_ |= bit(c);
    }
    constexpr bool has(char32_t c) const {
        return (mask_ & bit(c)) != 0 && letters_.find(c) != std::u32string_view::npos;
    }
    /// One of 64, for the letters that are like it.
    static constexpr std::uint64_t bit(char32_t c) {
        return std::uint64_t{1} << ((static_cast<std::uint32_t>(c) * 0x9E3779B1U) >> 26);
    }

private:
    std::u32string_view letters_;
    std::uint64_t mask_ = 0;
};

constexpr bool is_one_of(char32_t c, const LetterSet& set) { return set.has(c); }

template <std::size_t N>
class WordSet {
public:
    using View = std::u32string_view;

    consteval explicit WordSet(const View (&words)[N]) {
        for (std::size_t i = 0; i < N; ++i) {
            const View word = words_[i] = words[i];
            firsts_[i] = word[0];
            seconds_[i] = word.size() > 1 ? word[1] : U'\0';
            first_ |= LetterSet::bit(word[0]);
            second_ |= word.size() > 1 ? LetterSet::bit(word[1]) : ~std::uint64_t{0};
            last_ |= LetterSet::bit(word.back());
        }
    }
    constexpr bool has(View word) const {
        return !word.empty() && (first_ & LetterSet::bit(word.front())) != 0 &&
               (last_ & LetterSet::bit(word.back())) != 0 &&
               std::find(words_.begin(), words_.end(), word) != words_.end();
    }
    /// Length of the longest that `text` begins with; 0: none.
    constexpr std::size_t longest(View text) const {
        if (text.empty() || (first_ & LetterSet::bit(text[0])) == 0) return 0;
        const char32_t second = text.size() > 1 ? text[1] : U'\0';
        if ((second_ & LetterSet::bit(second)) == 0) return 0;
        std::size_t longest = 0;
        for (std::size_t i = 0; i < N; ++i) {
            if (firsts_[i] == text[0] && (seconds_[i] == second || seconds_[i] == U'\0') &&
                words_[i].size() > longest && text.starts_with(words_[i]))
                longest = words_[i].size();
        }
        return longest;
    }
    constexpr bool opens(View text) const { return longest(text) > 0; }
    constexpr bool closes(View text) const {
        return !text.empty() && (last_ & LetterSet::bit(text.back())) != 0 &&
               std::any_of(words_.begin(), words_.end(),
                           [&](View word) { return text.ends_with(word); });
    }

private:
    std::array<View, N> words_;
    std::array<char32_t, N> firsts_{}, seconds_{};  ///< second 0: of one letter
    /// Bits of first, second and last letters.
    std::uint64_t first_ = 0, second_ = 0, last_ = 0;
};

template <std::size_t N>
consteval WordSet<N> word_set(const std::u32string_view (&words)[N]) {
    return WordSet<N>{words};
}

}  // namespace tsunagi::privacy

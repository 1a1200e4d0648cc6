#pragma once
#include <algorithm>
#include <array>
#include <string_view>
#include <utility>
#include <vector>

#include "privacy/folded.h"
#include "privacy/unknown_parts.h"

/// What the seekers of numbers and of places share: a text, its runs of digits, and what stands
/// around a letter. Not an interface of the module.
namespace tsunagi::privacy {

/// Of a digit in ASCII or kanji; -1: none.
inline int numeral(char32_t c) { return is_digit(c) ? static_cast<int>(c - U'0') : kanji_digit(c); }

/// A number and the next with nothing but separators between.
struct Run {
    std::size_t begin, end;
    std::size_t size() const { return end - begin; }
};

class NumberText {
protected:
    using size_t = std::size_t;  // NOLINT(readability-identifier-naming): the standard's name
    using View = std::u32string_view;

    NumberText(View text, const std::vector<Run>& runs, std::vector<Mark>& marks)
        : text_(text), marks_(marks), runs_(runs) {}

    char32_t at(size_t i) const { return i < text_.size() ? text_[i] : U'\0'; }
    char32_t before(size_t i) const { return i > 0 ? text_[i - 1] : U'\0'; }
    bool is(size_t i, View word) const {
        return i <= text_.size() && text_.substr(i).starts_with(word);
    }
    template <size_t N>
    size_t any(size_t i, const WordSet<N>& words) const {
        return words.longest(text_.substr(std::min(i, text_.size())));
    }
    void mark(UnknownKind kind, size_t begin, size_t end) {
        if (begin < end) marks_.push_back({kind, begin, end});
    }
    /// One of the words stands in the `width` letters before `i`, in the same sentence.
    template <size_t N>
    bool cue(size_t i, const WordSet<N>& words, size_t width) const {
        size_t from = i;
        while (from > 0 && i - from < width && !is_one_of(text_[from - 1], U"。\n")) --from;
        for (size_t k = from; k < i; ++k) {
            const size_t n = any(k, words);
            if (n == 0 || k + n > i) continue;
            // ID in COVID, No in NoSpace.
            const bool inside =
                is_letter(text_[k]) && (is_letter(before(k)) || is_letter(at(k + n)));
            if (!inside) return true;
        }
        return false;
    }

    /// What parts run `k` from the next one; empty when they do not belong together.
    View gap(size_t k) const {
        if (k + 1 >= runs_.size()) return {};
        const View between = text_.substr(runs_[k].end, runs_[k + 1].begin - runs_[k].end);
        if (between.empty() || between.size() > 3) return {};
        const bool all = std::all_of(between.begin(), between.end(),
                                     [](char32_t c) { return is_one_of(c, U"-()ー・. \nの~_"); });
        return all ? between : View{};
    }
    bool begins_at(size_t first) const {
        if (first == 0) return true;
        const View last = gap(first - 1);
        return last.empty() || !is_one_of(last.back(), U"-ー.");
    }
    const View text_;
    std::vector<Mark>& marks_;
    const std::vector<Run>& runs_;
};

/// Addresses below the municipality: by a number, or a town by itself.
class PlaceSearch : NumberText {
public:
    PlaceSearch(View text, const std::vector<Run>& runs, std::vector<Mark>& marks)
        : NumberText(text, runs, marks) {}
    /// The last run of the number 3-23-1 that begins with run `k`.
    std::size_t last_of(std::size_t k) const;
    /// An address ends with the run `k` and those behind it, which is no date and no quantity.
    /// False: there is none.
    bool address(std::size_t k, bool quantity);
    /// A town that the letter `i` ends: 町, 字, 丁目, 番地, or what only stands in a neighbourhood.
    void letter_at(std::size_t i);

private:
    static bool is_town_letter(char32_t c);
    bool looks_town(std::size_t from, std::size_t end) const;
    std::size_t town_before(std::size_t i) const;
    bool is_place(std::size_t begin, std::size_t end);
    bool building_before(std::size_t begin, std::size_t end, std::size_t parts);
    bool room(std::size_t begin, std::size_t end);
    bool dwelling(std::size_t begin, std::size_t end);
    void told_place(std::size_t i);
    void town(std::size_t i);
    void whole_town(std::size_t i);
    void place_behind(std::size_t i);
};

}  // namespace tsunagi::privacy

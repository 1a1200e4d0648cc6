#pragma once
#include <algorithm>
#include <string_view>
#include <vector>

#include "privacy/folded.h"
#include "privacy/unknown_parts.h"

/// What the seekers of names share: a text with its known words, and what stands at a letter. The
/// seekers of numbers have number_text.h. Not an interface of the module.
namespace tsunagi::privacy {

class NameText {
protected:
    using size_t = std::size_t;  // NOLINT(readability-identifier-naming): the standard's name
    using View = std::u32string_view;

    explicit NameText(const KnownWords& words) : book_(words) {}

    char32_t at(size_t i) const { return i < text_.size() ? text_[i] : U'\0'; }
    /// The beginning of the text is that of a line.
    char32_t before(size_t i) const { return i > 0 ? text_[i - 1] : U'\n'; }
    View sub(size_t begin, size_t end) const { return text_.substr(begin, end - begin); }
    View rest(size_t i) const { return text_.substr(std::min(i, text_.size())); }
    static bool is_katakana(char32_t c) { return is_kana(c) || c == U'ー'; }
    /// A kanji, or kana that stands for a syllable between kanji: 一ノ瀬.
    bool is_ideograph(size_t i) const {
        const char32_t c = at(i);
        if (is_kanji(c) || c == U'ヶ') return true;
        return (c == U'ノ' || c == U'ツ' || c == U'ケ') && i > 0 && is_kanji(text_[i - 1]) &&
               is_kanji(at(i + 1));
    }
    /// Behind `most` spaces and line breaks at most.
    size_t spaces(size_t i, size_t most) const {
        const size_t limit = std::min(text_.size(), i + most);
        while (i < limit && is_space(text_[i])) ++i;
        return i;
    }

    const KnownWords& book_;
    const View text_ = book_.text(), lower_ = book_.lower();
    const std::vector<bool>& kept_ = book_.kept_letters();
};

}  // namespace tsunagi::privacy

#include "privacy/known_words.h"

#include <algorithm>
#include <functional>

#include "privacy/folded.h"
#include "privacy/unknown_parts.h"

namespace tsunagi::privacy {
namespace {

constexpr std::uint32_t kTextLists = (1U << kListsInTexts) - 1;

/// The longest of `lengths` (bit n: n + 1 letters) that is not longer than `limit`.
std::size_t longest(std::uint32_t lengths, std::size_t limit) {
    if (limit < kLongestWord) lengths &= (1U << limit) - 1;
    return lengths == 0 ? 0 : 32U - static_cast<unsigned>(__builtin_clz(lengths));
}

/// Kanji, and kana that stand for a syllable between them: 一ノ瀬.
bool in_kanji(char32_t c) {
    return is_kanji(c) || c == U'ヶ' || c == U'ノ' || c == U'ツ' || c == U'ケ';
}
bool in_word(char32_t c) { return in_kanji(c) || is_kana(c) || c == U'ー' || is_hiragana(c); }

}  // namespace

void KnownWords::read(View text) {
    text_ = text;
    lower_ = text;
    katakana_ = text;
    for (char32_t& c : lower_) {
        if (is_letter(c)) c |= 0x20;
    }
    for (char32_t& c : katakana_) {
        if (is_hiragana(c)) c += 0x60;
    }
    begins_.assign(text.size() * kListsInTexts, 0);
    ends_.assign((text.size() + 1) * kListsInTexts, 0);
    classes_.assign(text.size() * kClassified, kUnasked);
    for (std::size_t i = 0; i < text.size(); ++i) look_up(i);
    keep();
}

void KnownWords::look_up(std::size_t begin) {
    const View text = lower_;
    const char32_t first = text[begin];
    const std::uint32_t lengths =
        book_.lengths(first, begin + 1 < text.size() ? text[begin + 1] : U'\0');
    // What the dictionaries have by words of kanji: all of up to four letters, longer ones within
    // a run of kanji with one kana behind. Words in kana are asked for whole.
    std::size_t classified = 0;
    if (is_kanji(first) || first == U'ヶ' || first == U'ノ') {
        const std::size_t limit = std::min(kClassified, text.size() - begin);
        std::size_t run = 1;
        while (run < limit && in_kanji(text[begin + run])) ++run;
        if (run < limit && is_hiragana(text[begin + run])) ++run;
        classified = run;
        while (classified < std::min<std::size_t>(limit, 4) && in_word(text[begin + classified]))
            ++classified;
    }
    if (lengths == 0 && classified == 0) return;
    WordTrace word;
    for (std::size_t size = 1; size <= kLongestWord && begin + size <= text.size(); ++size) {
        const bool may_be_listed = (lengths >> (size - 1) & 1) != 0;
        if (size > classified && lengths >> (size - 1) == 0) return;
        word.add(text[begin + size - 1]);
        if (size > classified && !may_be_listed) continue;
        const std::uint32_t classes = size <= classified ? Lexicon::shipped().classes(word) : 0;
        if (size <= classified)
            classes_[begin * kClassified + size - 1] = static_cast<std::uint16_t>(classes);
        if (classes == 0 && !may_be_listed) continue;
        std::uint32_t lists = book_.lists(word, text.substr(begin, size), classes) & kTextLists;
        for (; lists != 0; lists &= lists - 1) {
            const auto list = static_cast<std::size_t>(__builtin_ctz(lists));
            const auto length = static_cast<std::uint16_t>(1U << (size - 1));
            begins_[begin * kListsInTexts + list] |= length;
            ends_[(begin + size) * kListsInTexts + list] |= length;
        }
    }
}

std::size_t KnownWords::place(View view) const {
    const auto within = [&](View all) {
        return !std::less<>{}(view.data(), all.data()) &&
               !std::less<>{}(all.data() + all.size(), view.data() + view.size());
    };
    if (within(text_)) return static_cast<std::size_t>(view.data() - text_.data());
    if (within(lower_)) return static_cast<std::size_t>(view.data() - lower_.data());
    return kNowhere;
}

bool KnownWords::has(WordList list, View word) const {
    if (word.empty()) return false;
    const auto number = static_cast<std::size_t>(list);
    if (number < kListsInTexts && word.size() <= kLongestWord) {
        if (const std::size_t at = place(word); at != kNowhere)
            return (begins_[at * kListsInTexts + number] >> (word.size() - 1) & 1) != 0;
    }
    const WordTrace trace{word};
    return (book_.lists(trace, word, classes(word)) & bit(list)) != 0;
}

std::size_t KnownWords::Listed::begins(View text, std::size_t at, std::size_t limit) const {
    if (at >= text.size()) return 0;
    limit = std::min({limit, kLongestWord, text.size() - at});
    const auto number = static_cast<std::size_t>(list_);
    if (const std::size_t from = all_->place(text); number < kListsInTexts && from != kNowhere)
        return longest(all_->begins_[(from + at) * kListsInTexts + number], limit);
    while (limit > 0 && !has(text.substr(at, limit))) --limit;
    return limit;
}

std::size_t KnownWords::Listed::ends(View text, std::size_t from, std::size_t end) const {
    if (end <= from) return 0;
    std::size_t limit = std::min(kLongestWord, end - from);
    const auto number = static_cast<std::size_t>(list_);
    if (const std::size_t start = all_->place(text); number < kListsInTexts && start != kNowhere)
        return longest(all_->ends_[(start + end) * kListsInTexts + number], limit);
    while (limit > 0 && !has(text.substr(end - limit, limit))) --limit;
    return limit;
}

std::uint32_t KnownWords::classes(View word) const {
    if (word.empty()) return 0;
    if (word.size() <= kClassified) {
        if (const std::size_t at = place(word); at != kNowhere) {
            const std::uint16_t known = classes_[at * kClassified + word.size() - 1];
            if (known != kUnasked) return known;
        }
    }
    return Lexicon::shipped().classes(word);
}

bool KnownWords::may_be_name(View word) const {
    if (word.empty()) return false;
    if (family.has(word) || given.has(word)) return true;
    const std::uint32_t known = classes(word);
    const bool name = (known & (WordClass::Family | WordClass::Given)) != 0;
    return word.size() >= 2 && name &&
           ((known & WordClass::Usual) != 0 || (known & WordClass::Ordinary) == 0);
}

bool KnownWords::may_be_reading(View word) const {
    if (word.size() < 2) return false;
    constexpr std::uint32_t kNames =
        WordClass::FamilyKana | WordClass::GivenKana | WordClass::Foreign;
    constexpr std::uint32_t kLists =
        bit(WordList::FamilyKana) | bit(WordList::GivenKana) | bit(WordList::Foreign);
    return (classes(word) & kNames) != 0 || (book_.listed(WordTrace{word}) & kLists) != 0;
}

void KnownWords::keep() {
    kept_letters_.assign(text_.size(), false);
    for (std::size_t i = 0; i < text_.size(); ++i) {
        for (std::size_t n = kept.begins(text_, i); n > 0; --n) kept_letters_[i + n - 1] = true;
        if (text_[i] != U'「' || i == 0) continue;
        const char32_t c = text_[i - 1];
        if (!is_digit(c) && !is_letter(c) && !is_one_of(c, U"%錠包剤散液粒膏注末")) continue;
        // S「田中先生の… is what somebody says.
        const std::size_t end = std::min(text_.find(U'」', i), text_.size());
        for (std::size_t k = i; end < text_.size() && end - i < 8 && k < end; ++k)
            kept_letters_[k] = true;
    }
}

}  // namespace tsunagi::privacy

#include "privacy/known_words.h"

#include <algorithm>

#include "privacy/folded.h"
#include "privacy/unknown_parts.h"

namespace tsunagi::privacy {
namespace {

constexpr std::uint32_t kTextLists = (1U << kListsInTexts) - 1;
/// Those that the dictionaries add nothing to.
constexpr std::uint32_t kOwnLists =
    kTextLists & ~(bit(WordList::Family) | bit(WordList::SureFamily) | bit(WordList::Given) |
                   bit(WordList::SureGiven));

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
    const std::uint8_t known =
        classified > 1 ? Lexicon::shipped().lengths(first, text[begin + 1]) : std::uint8_t{0};
    WordTrace word;
    for (std::size_t size = 1; size <= kLongestWord && begin + size <= text.size(); ++size) {
        const bool may_be_listed = (lengths >> (size - 1) & 1) != 0;
        if (size > classified && lengths >> (size - 1) == 0) return;
        word.add(text[begin + size - 1]);
        if (size > classified && !may_be_listed) continue;
        const bool may_be_known =
            size <= classified && (size == 1 || (known & Lexicon::length(size)) != 0);
        const std::uint32_t classes = may_be_known ? Lexicon::shipped().classes(word) : 0;
        if (size <= classified)
            classes_[begin * kClassified + size - 1] = static_cast<std::uint16_t>(classes);
        if (classes == 0 && !may_be_listed) continue;
        // A word that a list has or denies is of a size that lists have here.
        std::uint32_t lists = may_be_listed ? book_.lists(word, text.substr(begin, size), classes)
                                            : book_.added(first, size, classes);
        lists &= kTextLists;
        for (; lists != 0; lists &= lists - 1) {
            const auto list = static_cast<std::size_t>(__builtin_ctz(lists));
            const auto length = static_cast<std::uint16_t>(1U << (size - 1));
            begins_[begin * kListsInTexts + list] |= length;
            ends_[(begin + size) * kListsInTexts + list] |= length;
        }
    }
}

bool KnownWords::has(WordList list, View word) const {
    if (word.empty()) return false;
    const auto number = static_cast<std::size_t>(list);
    if (const std::size_t at = place(word.data()); at != kNowhere) {
        if (number < kListsInTexts && word.size() <= kLongestWord)
            return (begins_[at * kListsInTexts + number] >> (word.size() - 1) & 1) != 0;
        word = lower().substr(at, word.size());
    }
    const WordTrace trace{word};
    return (book_.lists(trace, word, classes(word)) & bit(list)) != 0;
}

bool KnownWords::listed(View word, std::uint32_t lists) const {
    if (word.empty()) return false;
    if (const std::size_t at = place(word.data()); at != kNowhere) {
        if ((lists & ~kOwnLists) == 0 && word.size() <= kLongestWord)
            return (lengths(at, lists) >> (word.size() - 1) & 1) != 0;
        word = lower().substr(at, word.size());
    }
    if ((lists & ~kTextLists) == 0) {
        if (word.size() > kLongestWord) return false;
        const std::uint32_t sizes = book_.lengths(word[0], word.size() > 1 ? word[1] : U'\0');
        if ((sizes >> (word.size() - 1) & 1) == 0) return false;
    }
    return (book_.listed(WordTrace{word}) & lists) != 0;
}

std::uint32_t KnownWords::lengths(std::size_t at, std::uint32_t lists) const {
    std::uint32_t lengths = 0;
    for (; lists != 0; lists &= lists - 1)
        lengths |= begins_[at * kListsInTexts + static_cast<std::size_t>(__builtin_ctz(lists))];
    return lengths;
}

std::uint32_t KnownWords::classes(View word) const {
    if (word.empty()) return 0;
    if (word.size() <= kClassified) {
        if (const std::size_t at = place(word.data()); at != kNowhere) {
            const std::uint16_t known = classes_[at * kClassified + word.size() - 1];
            if (known != kUnasked) return known;
        }
    }
    if (word.size() > 1 && !Lexicon::shipped().may_have(word)) return 0;
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

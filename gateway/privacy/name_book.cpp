#include "privacy/name_book.h"

#include <algorithm>
#include <array>
#include <utility>
#include <vector>

#include "privacy/folded.h"
#include "privacy/needles.h"

namespace tsunagi::privacy {
namespace {

std::vector<std::string_view> words_of(std::string_view line) {
    std::vector<std::string_view> words;
    while (!line.empty()) {
        const std::size_t end = std::min(line.find(' '), line.size());
        if (end > 0) words.push_back(line.substr(0, end));
        line.remove_prefix(std::min(end + 1, line.size()));
    }
    return words;
}

/// Adds a name that may be marked as an ordinary word.
void add_name(Words& all, Words& sure, const Words& common, std::string_view word) {
    const bool ordinary = word.starts_with('?');
    if (ordinary) word.remove_prefix(1);
    const std::u32string name = align(word).text;
    all.add(name);
    const std::uint32_t classes = Lexicon::shipped().classes(name);
    const bool noun = (classes & (WordClass::Ordinary | WordClass::Usual)) == WordClass::Ordinary;
    if (ordinary || noun || common.has(name))
        sure.deny(name);
    else
        sure.add(name);
}

void add_romanised(Words& latin, std::string_view kana) {
    for (const std::string& spelling : romanised(kana)) {
        if (spelling.size() >= 3) latin.add(to_utf32(spelling));
    }
}

constexpr std::array<std::pair<std::string_view, Words NameBook::*>, 19> kSections{{
    {"foreign", &NameBook::foreign},
    {"latin-given", &NameBook::given_latin},
    {"latin-family", &NameBook::family_latin},
    {"honorifics", &NameBook::honorifics},
    {"titles", &NameBook::titles},
    {"relations", &NameBook::relations},
    {"labels", &NameBook::labels},
    {"not-names", &NameBook::not_names},
    {"likeness-words", &NameBook::likeness_words},
    {"not-people", &NameBook::not_people},
    {"kept", &NameBook::kept},
    {"ordinary", &NameBook::ordinary},
    {"given-characters", &NameBook::given_letters},
    {"likeness", &NameBook::likeness},
    {"family-endings", &NameBook::family_endings},
    {"common", &NameBook::common},
    {"common-letters", &NameBook::common_letters},
    {"loanwords", &NameBook::loanwords},
    {"acts", &NameBook::acts},
}};

}  // namespace

void Words::add(std::u32string word) {
    if (word.empty()) return;
    const auto bit = static_cast<std::uint16_t>(1U << std::min<std::size_t>(word.size(), 15));
    begins_[slot(word.front())] |= bit;
    ends_[slot(word.back())] |= bit;
    traces_.set(trace(word));
    longest_ = std::max(longest_, word.size());
    words_.insert(std::move(word));
}

void Words::add_lexicon(std::uint32_t classes, std::uint32_t others, std::size_t shortest,
                        std::size_t longest) {
    classes_ = classes;
    others_ = others;
    shortest_known_ = shortest;
    longest_known_ = longest;
    longest_ = std::max(longest_, longest);
}

void Words::deny(const std::u32string& word) {
    words_.erase(word);
    denied_.insert(word);
}

std::uint32_t Words::known_sizes(char32_t c) const {
    constexpr std::uint32_t kKanji = WordClass::Family | WordClass::Given;
    const bool script = (classes_ & kKanji) != 0 ? is_kanji(c) || c == U'ヶ' || c == U'ノ'
                                                 : is_kana(c) || c == U'ー';
    return classes_ != 0 && script ? (1U << (longest_known_ + 1)) - (1U << shortest_known_) : 0;
}

std::size_t Words::begins(std::u32string_view text, std::size_t at, std::size_t limit) const {
    if (at >= text.size()) return 0;
    const std::uint32_t sizes = begins_[slot(text[at])] | known_sizes(text[at]);
    if (sizes == 0) return 0;
    return longest(sizes, std::min({longest_, limit, text.size() - at}),
                   [&](std::size_t n) { return has(text.substr(at, n)); });
}

std::size_t Words::ends(std::u32string_view text, std::size_t from, std::size_t end) const {
    if (end <= from) return 0;
    const std::uint32_t sizes = ends_[slot(text[end - 1])] | known_sizes(text[end - 1]);
    if (sizes == 0) return 0;
    return longest(sizes, std::min(longest_, end - from),
                   [&](std::size_t n) { return has(text.substr(end - n, n)); });
}

NameBook::NameBook() {
    constexpr std::uint32_t kOther = WordClass::Ordinary | WordClass::Place | WordClass::Term;
    family.add_lexicon(WordClass::Family, kOther, 2, 4);
    sure_family.add_lexicon(WordClass::Family | WordClass::Usual, kOther, 2, 4);
    given.add_lexicon(WordClass::Given | WordClass::Usual, kOther, 2, 4);
    sure_given.add_lexicon(WordClass::Given | WordClass::Usual, kOther, 2, 4);
    family_kana.add_lexicon(WordClass::FamilyKana, WordClass::Ordinary | WordClass::Kana, 3, 7);
    given_kana.add_lexicon(WordClass::GivenKana, WordClass::Ordinary | WordClass::Kana, 3, 7);
    foreign.add_lexicon(WordClass::Foreign, WordClass::Ordinary | WordClass::Term, 3, 9);
}

Status NameBook::add(std::string_view text) {
    std::string section;
    while (!text.empty()) {
        const std::size_t end = std::min(text.find('\n'), text.size());
        std::string_view line = text.substr(0, end);
        text.remove_prefix(std::min(end + 1, text.size()));
        if (line.empty() || line.starts_with('#')) continue;
        if (line.starts_with('[')) {
            section = std::string{line.substr(1, line.size() - 2)};
            continue;
        }
        const auto words = words_of(line);
        if (section == "surnames") {
            if (words.front() != "-") {
                family_kana.add(align(words.front()).text);
                add_romanised(family_latin, words.front());
            }
            for (std::size_t i = 1; i < words.size(); ++i) add_family(words[i]);
        } else if (section == "given") {
            const bool composed = words.front().starts_with('-');
            const std::string ending{composed ? words.front().substr(1) : ""};
            for (std::size_t i = composed ? 1 : 0; i < words.size(); ++i)
                add_name(given, sure_given, common, std::string{words[i]} + ending);
        } else if (section == "given-kana") {
            for (const std::string_view word : words) {
                given_kana.add(align(word).text);
                add_romanised(given_latin, word);
            }
        } else {
            const auto* const known =
                std::find_if(kSections.begin(), kSections.end(),
                             [&](const auto& each) { return each.first == section; });
            if (known == kSections.end())
                return Error{Code::Invalid, "unknown section", std::move(section)};
            Words& target = this->*known->second;
            const bool letters =
                &target == &given_letters || &target == &likeness || &target == &family_endings;
            for (const std::string_view word : words) {
                const std::u32string aligned = align(word).text;
                if (&target == &common) {
                    sure_family.deny(aligned);
                    sure_given.deny(aligned);
                }
                if (!letters) target.add(aligned);
                for (std::size_t i = 0; letters && i < aligned.size(); ++i)
                    target.add(aligned.substr(i, 1));
            }
        }
    }
    return {};
}

void NameBook::add_family(std::string_view word) {
    const std::size_t before = family.size();
    add_name(family, sure_family, common, word);
    const std::u32string name = align(word.substr(word.starts_with('?') ? 1 : 0)).text;
    if (family.size() == before || name.size() != 2) return;
    std::uint8_t& begins = begin_[name.front() & 0xFFFF];
    std::uint8_t& ends = end_[name.back() & 0xFFFF];
    if (begins < 255) ++begins;
    if (ends < 255) ++ends;
}

bool NameBook::may_be_name(std::u32string_view word) const {
    if (word.empty()) return false;
    if (family.has(word) || given.has(word)) return true;
    const std::uint32_t classes = Lexicon::shipped().classes(word);
    const bool name = (classes & (WordClass::Family | WordClass::Given)) != 0;
    return word.size() >= 2 && name &&
           ((classes & WordClass::Usual) != 0 || (classes & WordClass::Ordinary) == 0);
}

bool NameBook::may_be_reading(std::u32string_view word) const {
    if (word.size() < 2) return false;
    constexpr std::uint32_t kNames =
        WordClass::FamilyKana | WordClass::GivenKana | WordClass::Foreign;
    return family_kana.has(word) || given_kana.has(word) || foreign.has(word) ||
           (Lexicon::shipped().classes(word) & kNames) != 0;
}

bool NameBook::looks_family(std::u32string_view word) const {
    constexpr std::uint8_t kUsual = 3;
    return word.size() == 2 && begin_[word.front() & 0xFFFF] >= kUsual &&
           end_[word.back() & 0xFFFF] >= kUsual;
}

bool NameBook::of_name_letters(std::u32string_view word) const {
    return std::all_of(word.begin(), word.end(), [&](char32_t c) {
        return begin_[c & 0xFFFF] >= 2 || end_[c & 0xFFFF] >= 2 ||
               given_letters.has(std::u32string_view{&c, 1});
    });
}

bool NameBook::complete() const {
    return family.size() > 0 && given.size() > 0 && given_kana.size() > 0 &&
           std::all_of(kSections.begin(), kSections.end(),
                       [&](const auto& each) { return (this->*each.second).size() > 0; });
}

}  // namespace tsunagi::privacy

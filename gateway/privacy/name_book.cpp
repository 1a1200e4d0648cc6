#include "privacy/name_book.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdlib>
#include <string>
#include <utility>

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

struct Section {
    std::string_view name;
    WordList list;
    bool letters = false;  ///< each character is a word
};
constexpr std::array<Section, 19> kSections{{
    {"foreign", WordList::Foreign},
    {"latin-given", WordList::GivenLatin},
    {"latin-family", WordList::FamilyLatin},
    {"honorifics", WordList::Honorifics},
    {"titles", WordList::Titles},
    {"relations", WordList::Relations},
    {"labels", WordList::Labels},
    {"not-names", WordList::NotNames},
    {"likeness-words", WordList::LikenessWords},
    {"not-people", WordList::NotPeople},
    {"kept", WordList::Kept},
    {"ordinary", WordList::Ordinary},
    {"given-characters", WordList::GivenLetters, true},
    {"likeness", WordList::Likeness, true},
    {"family-endings", WordList::FamilyEndings, true},
    {"common", WordList::Common},
    {"common-letters", WordList::CommonLetters},
    {"loanwords", WordList::Loanwords},
    {"acts", WordList::Acts},
}};

/// What the dictionaries add to a list: words that are all of `classes` and none of `others`, of
/// `shortest` to `longest` letters.
struct Addition {
    WordList list;
    std::uint32_t classes, others;
    std::size_t shortest, longest;
};
constexpr std::uint32_t kOther = WordClass::Ordinary | WordClass::Place | WordClass::Term;
constexpr std::uint32_t kWordInKana = WordClass::Ordinary | WordClass::Kana;
constexpr std::array<Addition, 7> kAdditions{{
    {WordList::Family, WordClass::Family, kOther, 2, 4},
    {WordList::SureFamily, WordClass::Family | WordClass::Usual, kOther, 2, 4},
    {WordList::Given, WordClass::Given | WordClass::Usual, kOther, 2, 4},
    {WordList::SureGiven, WordClass::Given | WordClass::Usual, kOther, 2, 4},
    {WordList::FamilyKana, WordClass::FamilyKana, kWordInKana, 3, 7},
    {WordList::GivenKana, WordClass::GivenKana, kWordInKana, 3, 7},
    {WordList::Foreign, WordClass::Foreign, WordClass::Ordinary | WordClass::Term, 3, 9},
}};
constexpr std::uint32_t kInKanji = bit(WordList::Family) | bit(WordList::SureFamily) |
                                   bit(WordList::Given) | bit(WordList::SureGiven);
constexpr std::uint32_t kInKana =
    bit(WordList::FamilyKana) | bit(WordList::GivenKana) | bit(WordList::Foreign);

/// 7:が:処:置=41: a sign and its weight; letters below U+0100 by their number. 0=-12: what nobody's
/// sign says.
bool add_hint(HintWeights& hints, std::string_view word) {
    const std::size_t equals = word.rfind('=');
    if (equals == std::string_view::npos) return false;
    std::uint64_t sign = 0;
    int part = 0;
    for (std::string_view left = word.substr(0, equals); !left.empty() && part < 4; ++part) {
        const std::size_t end = std::min(left.find(':'), left.size());
        const std::string value{left.substr(0, end)};
        if (value.empty()) return false;
        const bool number = value[0] >= '0' && value[0] <= '9';
        const std::uint64_t letter =
            number ? std::strtoul(value.c_str(), nullptr, 10) : to_utf32(value).front();
        sign |= part == 0 ? letter << 58 : (letter & 0x1FFFF) << (34 - (part - 1) * 17);
        left.remove_prefix(std::min(end + 1, left.size()));
    }
    int weight = 0;
    const char* const last = word.data() + word.size();
    const auto [rest, fault] = std::from_chars(word.data() + equals + 1, last, weight);
    if (part == 0 || fault != std::errc{} || rest != last) return false;
    hints.add(sign == 0 ? HintWeights::kAlways : sign, weight);
    return true;
}

}  // namespace

NameBook::NameBook() {
    for (std::uint32_t classes = 0; classes < by_classes_.size(); ++classes) {
        for (const Addition& each : kAdditions) {
            const bool name_first =
                (classes & WordClass::Usual) != 0 && (classes & WordClass::Ordinary) == 0;
            if ((classes & each.classes) == each.classes &&
                ((classes & each.others) == 0 || name_first))
                by_classes_[classes] |= bit(each.list);
        }
    }
    for (const Addition& each : kAdditions) {
        for (std::size_t size = each.shortest; size <= each.longest; ++size)
            by_size_[size] |= bit(each.list);
    }
}

// ---- the table ----------------------------------------------------------------------------------

std::uint32_t NameBook::find(const WordTrace& word) const {
    const std::size_t mask = slots_.size() - 1;
    for (std::size_t i = word.value() & mask;; i = (i + 1) & mask) {
        if (slots_[i].word == word.value()) return slots_[i].lists;
        if (slots_[i].word == 0) return 0;
    }
}

std::uint32_t& NameBook::slot_of(const WordTrace& word) {
    if (++words_ * 4 > slots_.size() * 3) {
        std::vector<Slot> old(slots_.size() * 2);
        old.swap(slots_);
        for (const Slot& each : old) {
            std::size_t i = each.word & (slots_.size() - 1);
            while (each.word != 0 && slots_[i].word != 0) i = (i + 1) & (slots_.size() - 1);
            if (each.word != 0) slots_[i] = each;
        }
    }
    const std::size_t mask = slots_.size() - 1;
    std::size_t i = word.value() & mask;
    while (slots_[i].word != 0 && slots_[i].word != word.value()) i = (i + 1) & mask;
    if (slots_[i].word != 0) --words_;
    slots_[i].word = word.value();
    return slots_[i].lists;
}

std::uint32_t NameBook::added(char32_t first, std::size_t size, std::uint32_t classes) const {
    if (classes == 0 || size > kLongestWord) return 0;
    std::uint32_t added = by_classes_[classes] & by_size_[size];
    if (!is_kanji(first) && first != U'ヶ' && first != U'ノ') added &= kInKana;
    if (!is_kana(first) && first != U'ー') added &= kInKanji;
    return added;
}

std::uint32_t NameBook::lists(const WordTrace& word, std::u32string_view spelled,
                              std::uint32_t classes) const {
    const std::uint32_t known = find(word);
    std::uint32_t lists = added(spelled.front(), spelled.size(), classes);
    if ((known & kSureFamilyDenied) != 0) lists &= ~bit(WordList::SureFamily);
    if ((known & kSureGivenDenied) != 0) lists &= ~bit(WordList::SureGiven);
    return (known & kListsOnly) | lists;
}

void NameBook::put(WordList list, std::u32string_view word) {
    if (word.empty()) return;
    std::uint32_t& lists = slot_of(WordTrace{word});
    if ((lists & bit(list)) == 0) ++sizes_[static_cast<std::size_t>(list)];
    lists |= bit(list);
    if (static_cast<std::size_t>(list) >= kListsInTexts || word.size() > kLongestWord) return;
    const std::size_t first = word.front() & 0xFFFF;
    if (list == WordList::Family) begins_family_.set(first);
    if (word.size() == 1) {
        single_.set(first);
        return;
    }
    begins_.set(first);
    lengths_[slot(word[0], word[1])] |= static_cast<std::uint16_t>(1U << (word.size() - 1));
}

void NameBook::deny(WordList sure, std::u32string_view word) {
    std::uint32_t& lists = slot_of(WordTrace{word});
    if ((lists & bit(sure)) != 0) --sizes_[static_cast<std::size_t>(sure)];
    lists &= ~bit(sure);
    lists |= sure == WordList::SureFamily ? kSureFamilyDenied : kSureGivenDenied;
}

// ---- the files ----------------------------------------------------------------------------------

/// A name that may be marked as an ordinary word.
void NameBook::put_name(WordList all, WordList sure, std::string_view word) {
    const bool ordinary = word.starts_with('?');
    if (ordinary) word.remove_prefix(1);
    const std::u32string name = align(word).text;
    put(all, name);
    const std::uint32_t classes = Lexicon::shipped().classes(name);
    const bool noun = (classes & (WordClass::Ordinary | WordClass::Usual)) == WordClass::Ordinary;
    if (ordinary || noun || has(WordList::Common, name))
        deny(sure, name);
    else
        put(sure, name);
}

void NameBook::put_romanised(WordList latin, std::string_view kana) {
    for (const std::string& spelling : romanised(kana)) {
        if (spelling.size() >= 3) put(latin, to_utf32(spelling));
    }
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
                put(WordList::FamilyKana, align(words.front()).text);
                put_romanised(WordList::FamilyLatin, words.front());
            }
            for (std::size_t i = 1; i < words.size(); ++i) put_family(words[i]);
        } else if (section == "given") {
            const bool composed = words.front().starts_with('-');
            const std::string ending{composed ? words.front().substr(1) : ""};
            for (std::size_t i = composed ? 1 : 0; i < words.size(); ++i)
                put_name(WordList::Given, WordList::SureGiven, std::string{words[i]} + ending);
        } else if (section == "hints") {
            for (const std::string_view word : words) {
                if (!add_hint(hints_, word))
                    return Error{Code::Invalid, "unreadable hint", section};
            }
        } else if (section == "given-kana") {
            for (const std::string_view word : words) {
                put(WordList::GivenKana, align(word).text);
                put_romanised(WordList::GivenLatin, word);
            }
        } else {
            const auto* const known =
                std::find_if(kSections.begin(), kSections.end(),
                             [&](const Section& each) { return each.name == section; });
            if (known == kSections.end())
                return Error{Code::Invalid, "unknown section", std::move(section)};
            for (const std::string_view word : words) {
                const std::u32string aligned = align(word).text;
                if (known->list == WordList::Common) {
                    deny(WordList::SureFamily, aligned);
                    deny(WordList::SureGiven, aligned);
                }
                if (!known->letters) put(known->list, aligned);
                for (std::size_t i = 0; known->letters && i < aligned.size(); ++i)
                    put(known->list, std::u32string_view{aligned}.substr(i, 1));
            }
        }
    }
    return {};
}

void NameBook::put_family(std::string_view word) {
    const std::size_t before = sizes_[static_cast<std::size_t>(WordList::Family)];
    put_name(WordList::Family, WordList::SureFamily, word);
    const std::u32string name = align(word.substr(word.starts_with('?') ? 1 : 0)).text;
    if (sizes_[static_cast<std::size_t>(WordList::Family)] == before || name.size() != 2) return;
    std::uint8_t& begins = begin_[name.front() & 0xFFFF];
    std::uint8_t& ends = end_[name.back() & 0xFFFF];
    if (begins < 255) ++begins;
    if (ends < 255) ++ends;
}

bool NameBook::complete() const {
    return hints_.size() > 0 &&
           std::none_of(sizes_.begin(), sizes_.end(), [](std::size_t size) { return size == 0; });
}

// ---- what a name looks like ---------------------------------------------------------------------

bool NameBook::looks_family(std::u32string_view word) const {
    constexpr std::uint8_t kUsual = 3;
    return word.size() == 2 && begin_[word.front() & 0xFFFF] >= kUsual &&
           end_[word.back() & 0xFFFF] >= kUsual;
}

bool NameBook::of_name_letters(std::u32string_view word) const {
    for (std::size_t i = 0; i < word.size(); ++i) {
        const std::size_t c = word[i] & 0xFFFF;
        if (begin_[c] < 2 && end_[c] < 2 && !has(WordList::GivenLetters, word.substr(i, 1)))
            return false;
    }
    return true;
}

}  // namespace tsunagi::privacy

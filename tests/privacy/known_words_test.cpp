// The words of a text are looked up once, by their place and with short cuts; here every piece of a
// text is looked up by itself, from a copy, and both must agree for every list.
#include "privacy/known_words.h"

#include <gtest/gtest.h>

#include <fstream>
#include <string>

#include "json/reader.h"
#include "privacy/folded.h"
#include "support/name_book.h"

namespace tsunagi::privacy {
namespace {

using View = std::u32string_view;
using List = const KnownWords::Listed;

constexpr List KnownWords::*kLists[] = {
    &KnownWords::family,     &KnownWords::sure_family,    &KnownWords::given,
    &KnownWords::sure_given, &KnownWords::honorifics,     &KnownWords::titles,
    &KnownWords::relations,  &KnownWords::labels,         &KnownWords::not_names,
    &KnownWords::not_people, &KnownWords::likeness_words, &KnownWords::kept,
    &KnownWords::ordinary,   &KnownWords::given_letters,  &KnownWords::likeness,
    &KnownWords::common,     &KnownWords::common_letters, &KnownWords::family_endings,
    &KnownWords::loanwords,  &KnownWords::acts,           &KnownWords::family_kana,
    &KnownWords::given_kana, &KnownWords::foreign,        &KnownWords::family_latin,
    &KnownWords::given_latin};
static_assert(std::size(kLists) == kWordLists);

/// Texts of letters, the first of each kind of sentence among them.
std::vector<std::u32string> texts() {
    std::ifstream file{TSUNAGI_SOURCE_DIR "/tests/properties/letters/first_half.ndjson"};
    std::vector<std::u32string> texts;
    for (std::string line; texts.size() < 40 && std::getline(file, line);) {
        const auto letter = json::read(line);
        if (letter) texts.push_back(align(letter->root()["text"].text()).text.substr(0, 160));
    }
    return texts;
}

/// Pieces of which the text and a copy tell something else: has, begins or ends of some list.
std::size_t disagreements(const KnownWords& words, View text) {
    std::size_t wrong = 0;
    for (std::size_t from = 0; from < text.size(); ++from) {
        const std::size_t longest = std::min(kLongestWord + 1, text.size() - from);
        for (const auto list : kLists) {
            std::size_t begins = 0;
            for (std::size_t size = 1; size <= longest; ++size) {
                const View piece = text.substr(from, size);
                std::u32string copy{piece};
                for (char32_t& c : copy) {
                    if (c >= U'A' && c <= U'Z') c += U'a' - U'A';
                }
                const bool has = (words.*list).has(View{copy});
                wrong += has != (words.*list).has(piece);
                if (has && size <= kLongestWord) begins = size;
            }
            wrong += begins != (words.*list).begins(text, from);
            if (begins > 0) wrong += (words.*list).ends(text, from, from + begins) != begins;
        }
        for (std::size_t size = 1; size <= longest; ++size) {
            const View piece = text.substr(from, size);
            wrong += words.classes(piece) != Lexicon::shipped().classes(piece);
        }
    }
    return wrong;
}

TEST(KnownWords, AreByTheirPlaceWhatTheyAreByThemselves) {
    KnownWords words(support::name_book());
    std::size_t letters = 0;
    for (const std::u32string& text : texts()) {
        words.read(text);
        letters += text.size();
        EXPECT_EQ(disagreements(words, text), 0U);
    }
    EXPECT_GT(letters, 2000U);
}

TEST(KnownWords, ThatAreNotLookedUpAnewAreSeen) {
    KnownWords words(support::name_book());
    std::u32string text = U"山田太郎さんの長男";
    words.read(text);
    text[0] = U'川';  // the tables are of another text now
    EXPECT_GT(disagreements(words, text), 0U);
}

TEST(KnownWords, OfTheTextBeforeAreForgotten) {
    KnownWords words(support::name_book());
    const std::u32string before = U"山田太郎さんの長男", text = U"退院後の予定は未定で、";
    words.read(before);
    EXPECT_EQ(words.family.begins(before, 0), 2U);
    EXPECT_EQ(words.honorifics.begins(before, 4), 2U);
    words.read(text);
    EXPECT_EQ(words.family.begins(text, 0), 0U);
    EXPECT_EQ(words.honorifics.begins(text, 4), 0U);
    // What another text held is a word by itself, no place of this one.
    EXPECT_TRUE(words.family.has(View{before}.substr(0, 2)));
}

TEST(KnownWords, KnowCapitalLettersAsSmallOnes) {
    KnownWords words(support::name_book());
    const std::u32string text = U"担当PTへ";
    words.read(text);
    EXPECT_EQ(words.titles.begins(text, 2), words.titles.begins(words.lower(), 2));
}

TEST(KnownWords, EndWithinTheLettersThatAreAsked) {
    KnownWords words(support::name_book());
    const std::u32string text = U"訪問看護師へ";
    words.read(text);
    EXPECT_EQ(words.titles.begins(text, 0), 5U);
    EXPECT_EQ(words.titles.ends(text, 0, 5), 5U);
    EXPECT_EQ(words.titles.ends(text, 2, 5), 3U);
    EXPECT_EQ(words.titles.begins(View{text}.substr(0, 4), 0), 0U);
}

TEST(NameBook, RefusesAHintThatIsNone) {
    NameBook book;
    EXPECT_TRUE(book.add("[hints]\n0=-12 7:が:処:置=41\n"));
    for (const char* text : {"[hints]\n7::x=1\n", "[hints]\n7:x\n", "[hints]\n7:x=\n",
                             "[hints]\n7:x=1a\n", "[hints]\n=3\n", "[unheard]\nx\n"})
        EXPECT_FALSE(book.add(text)) << text;
}

}  // namespace
}  // namespace tsunagi::privacy

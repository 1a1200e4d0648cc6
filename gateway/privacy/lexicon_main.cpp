// tsunagi_lexicon OUT ENAMDICT IPADIC-FOLDER: compiles the dictionaries of Debian's enamdict and
// mecab-ipadic into the table of lexicon.h.
#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "privacy/folded.h"
#include "privacy/lexicon.h"
#include "text/encoding.h"

namespace tsunagi::privacy {
namespace {

namespace fs = std::filesystem;

/// What is known of a word so far.
struct Entry {
    std::uint32_t classes = 0;
    int name_cost = 1 << 20, noun_cost = 1 << 20;  ///< ipadic's: the dearer, the rarer
};
using Entries = std::unordered_map<std::u32string, Entry>;

constexpr std::size_t kLongest = 10;  ///< letters of a word that is kept

/// A file of the encoding EUC-JP as UTF-8; empty: it cannot be read.
std::string read_euc(const fs::path& file) {
    std::ifstream in(file, std::ios::binary);
    std::ostringstream bytes;
    bytes << in.rdbuf();
    auto text = text::decode(std::move(bytes).str(), text::Encoding::EucJp);
    if (!text) std::fprintf(stderr, "%s: %s\n", file.c_str(), text.error().where.c_str());
    return text ? std::move(*text) : std::string{};
}

template <class Each>
void each_line(std::string_view text, const Each& each) {
    while (!text.empty()) {
        const std::size_t end = std::min(text.find('\n'), text.size());
        each(text.substr(0, end));
        text.remove_prefix(std::min(end + 1, text.size()));
    }
}

std::u32string katakana(std::string_view kana) {
    std::u32string out = align(kana).text;
    for (char32_t& c : out) {
        if (c >= 0x3041 && c <= 0x3096) c += 0x60;
    }
    return out;
}

bool all_kana(std::u32string_view word) {
    for (const char32_t c : word) {
        if (!is_kana(c) && c != U'ー') return false;
    }
    return !word.empty();
}

/// Of the syllables of old given names: ウメノ, ナツ.
bool is_native(std::u32string_view kana) {
    constexpr std::u32string_view kOthers = U"ーァィゥェォャュョッヴプピペポパヂヅヲ";
    return kana.size() >= 2 && kana.size() <= 4 &&
           kana.find_first_of(kOthers) == std::u32string_view::npos;
}

void add(Entries& entries, std::u32string word, std::uint32_t classes, int cost = 1 << 20) {
    if (word.empty() || word.size() > kLongest) return;
    Entry& entry = entries[std::move(word)];
    entry.classes |= classes;
    if ((classes & WordClass::Usual) != 0) entry.name_cost = std::min(entry.name_cost, cost);
    if ((classes & WordClass::Ordinary) != 0) entry.noun_cost = std::min(entry.noun_cost, cost);
}

/// The n-th field of a line of ipadic, from 0.
std::string_view field(std::string_view line, int n) {
    for (; n > 0; --n) line.remove_prefix(std::min(line.find(','), line.size() - 1) + 1);
    return line.substr(0, line.find(','));
}

/// 山田 [やまだ] /(s,p) Yamada/; enamdict_doc.html names the types.
void add_name(Entries& entries, std::string_view line) {
    const std::size_t slash = line.find(" /(");
    const std::size_t close = line.find(')', slash == std::string_view::npos ? 0 : slash);
    if (slash == std::string_view::npos || close == std::string_view::npos) return;
    const std::string_view types = line.substr(slash + 3, close - slash - 3);
    std::string_view head = line.substr(0, slash), reading;
    if (const std::size_t open = head.find(" ["); open != std::string_view::npos) {
        reading = head.substr(open + 2, head.size() - open - 3);
        head = head.substr(0, open);
    }
    bool family = false, given = false;
    for (std::size_t i = 0; i < types.size(); ++i) {
        const bool one = i + 1 == types.size() || types[i + 1] == ',';
        if (!one || (i > 0 && types[i - 1] != ',')) continue;
        family = family || types[i] == 's';
        given = given || types[i] == 'f' || types[i] == 'm' || types[i] == 'g' || types[i] == 'u';
    }
    if (!family && !given) return;
    if (reading.empty()) {
        const std::u32string kana = katakana(head);
        const bool hiragana = kana != align(head).text;
        if (!all_kana(kana)) return;
        add(entries, kana,
            hiragana || is_native(kana) ? WordClass::GivenKana | WordClass::Foreign
                                        : WordClass::Foreign);
        return;
    }
    add(entries, align(head).text,
        (family ? WordClass::Family : 0U) | (given ? WordClass::Given : 0U));
    add(entries, katakana(reading),
        (family ? WordClass::FamilyKana : 0U) | (given ? WordClass::GivenKana : 0U));
}

/// What of a word with kana behind its kanji stands at the end of a run of kanji: 増や of 増やす.
std::u32string stem(std::u32string_view word) {
    std::size_t i = 0;
    while (i < word.size() && is_kanji(word[i])) ++i;
    if (i == 0 || i == word.size()) return {};
    return std::u32string{word.substr(0, i + 1)};
}

struct Source {
    std::string_view file;
    std::uint32_t classes;
    bool affix = false;
};
constexpr auto kSources = std::to_array<Source>({{"Noun.csv", WordClass::Ordinary},
                                                 {"Noun.verbal.csv", WordClass::Ordinary},
                                                 {"Noun.adjv.csv", WordClass::Ordinary},
                                                 {"Noun.adverbal.csv", WordClass::Ordinary, true},
                                                 {"Noun.demonst.csv", WordClass::Ordinary},
                                                 {"Noun.nai.csv", WordClass::Ordinary},
                                                 {"Noun.number.csv", WordClass::Ordinary, true},
                                                 {"Noun.others.csv", WordClass::Ordinary, true},
                                                 {"Prefix.csv", WordClass::Ordinary, true},
                                                 {"Suffix.csv", WordClass::Ordinary, true},
                                                 {"Adverb.csv", WordClass::Ordinary},
                                                 {"Adnominal.csv", WordClass::Ordinary, true},
                                                 {"Conjunction.csv", WordClass::Ordinary},
                                                 {"Verb.csv", WordClass::Stem},
                                                 {"Postp.csv", WordClass::Stem},
                                                 {"Postp-col.csv", WordClass::Stem},
                                                 {"Auxil.csv", WordClass::Stem},
                                                 {"Adj.csv", WordClass::Stem},
                                                 {"Noun.place.csv", WordClass::Place},
                                                 {"Noun.org.csv", WordClass::Term},
                                                 {"Noun.proper.csv", WordClass::Term},
                                                 {"Noun.name.csv", WordClass::Usual}});

/// 山田,1290,1290,5000,名詞,固有名詞,人名,姓,*,*,山田,ヤマダ,ヤマダ
void add_word(Entries& entries, std::string_view line, std::uint32_t classes, bool affix) {
    const std::u32string word = align(field(line, 0)).text;
    const int cost = std::atoi(std::string{field(line, 3)}.c_str());
    if (classes == WordClass::Usual) {
        const bool family = line.find(",人名,姓,") != std::string_view::npos;
        const bool given = line.find(",人名,名,") != std::string_view::npos;
        if (all_kana(word)) {
            add(entries, word, WordClass::Foreign);
        } else if (family || given) {
            add(entries, word,
                WordClass::Usual | (family ? WordClass::Family : 0U) |
                    (given ? WordClass::Given : 0U),
                cost);
        }
        return;
    }
    add(entries, stem(word), WordClass::Stem);
    if (const std::u32string kana = katakana(field(line, 0)); kana != word) {
        if (all_kana(kana)) add(entries, kana, WordClass::Kana);
    }
    // Nearly every character is a noun in some old text: by itself it explains nothing.
    const bool letter = word.size() == 1 && classes == WordClass::Ordinary && !affix;
    if (classes != WordClass::Stem && !letter) add(entries, word, classes, cost);
}

std::vector<std::uint32_t> table(const Entries& entries) {
    std::size_t size = 1;
    while (size * 3 < entries.size() * 4) size *= 2;
    std::vector<std::uint32_t> slots(size);
    for (const auto& [word, entry] : entries) {
        std::uint32_t classes = entry.classes;
        // 杉山 is a name more often than a mountain of cedars.
        if (entry.name_cost < entry.noun_cost) classes &= ~WordClass::Ordinary;
        const std::uint64_t mixed = WordTrace{word}.value();
        std::size_t i = mixed & (size - 1);
        while (slots[i] != 0) i = (i + 1) & (size - 1);
        slots[i] = Lexicon::trace_of(mixed) << WordClass::kBits | classes;
    }
    return slots;
}

/// Words of two letters and more, by the first two.
std::string sizes(const Entries& entries) {
    std::string sizes(Lexicon::kPairs, '\0');
    for (const auto& [word, entry] : entries) {
        if (word.size() < 2) continue;
        char& bits = sizes[Lexicon::pair(word[0], word[1])];
        bits = static_cast<char>(bits | Lexicon::length(word.size()));
    }
    return sizes;
}

int run(const fs::path& out, const fs::path& names, const fs::path& words) {
    Entries entries;
    std::size_t lines = 0;
    each_line(read_euc(names), [&](std::string_view line) {
        add_name(entries, line);
        ++lines;
    });
    for (const Source& source : kSources) {
        const std::size_t before = lines;
        each_line(read_euc(words / source.file), [&](std::string_view line) {
            add_word(entries, line, source.classes, source.affix);
            ++lines;
        });
        if (lines == before) {
            std::fprintf(stderr, "%s: 読めません / cannot be read\n",
                         (words / source.file).c_str());
            return 1;
        }
    }
    if (lines < 500000) {
        std::fprintf(stderr, "%s: 足りません / too short\n", names.c_str());
        return 1;
    }
    const auto slots = table(entries);
    std::ofstream file(out, std::ios::binary);
    file << sizes(entries);
    for (const std::uint32_t slot : slots) {
        for (unsigned shift = 0; shift < 32; shift += 8)
            file.put(static_cast<char>(slot >> shift & 0xFF));
    }
    std::printf("%zu words, %zu bytes\n", entries.size(), Lexicon::kPairs + slots.size() * 4);
    return file.good() ? 0 : 1;
}

}  // namespace
}  // namespace tsunagi::privacy

int main(int argc, char** argv) {
    if (argc != 4) {
        std::fprintf(stderr, "tsunagi_lexicon OUT ENAMDICT IPADIC-FOLDER\n");
        return 2;
    }
    return tsunagi::privacy::run(argv[1], argv[2], argv[3]);
}

#include <algorithm>
#include <string>

#include "privacy/name_shapes.h"
#include "privacy/name_text.h"

namespace tsunagi::privacy {
namespace {

using std::size_t;
using View = std::u32string_view;

bool is_name_kanji(char32_t c) { return is_kanji(c) || c == U'ヶ'; }

constexpr size_t kLongestRun = 12;  ///< letters of one script that are looked at before a cue

/// Follow a family name that stands by itself.
constexpr auto kParticles =
    word_set({U"が", U"は", U"を", U"に", U"の", U"と", U"も", U"へ", U"で", U"や", U"より",
              U"から", U"まで", U"宛", U"様", U"さん", U"たち", U"ら", U"による"});

/// One text in which names are sought.
class NameSearch : NameText {
public:
    NameSearch(const KnownWords& words, std::vector<Mark>& marks)
        : NameText(words), marks_(marks) {}

    void run() {
        for (size_t i = 0; i < text_.size(); ++i) {
            if (const size_t n = book_.honorifics.begins(text_, i)) before_honorific(i, n);
            if (const size_t n = book_.titles.begins(lower_, i)) before_title(i, n);
            if (const size_t n = book_.relations.begins(lower_, i)) behind_relation(i, i + n);
            if (const size_t n = book_.labels.begins(text_, i)) behind_label(i + n);
            if (is_name_kanji(text_[i]) && !kept_[i]) full_name(i);
            if (starts_run(i, is_katakana)) kana_name(i, end_of_run(i, is_katakana), 0);
            if (starts_run(i, is_hiragana)) kana_name(i, end_of_run(i, is_hiragana), 0x60);
            if (starts_run(i, is_letter)) latin_name(i);
        }
    }

private:
    bool starts_with(size_t i, View word) const {
        return i <= text_.size() && text_.substr(i).starts_with(word);
    }
    void mark(size_t begin, size_t end) {
        if (begin < end && !kept_[begin] && !is_counter(text_, begin, end))
            marks_.push_back({UnknownKind::Person, begin, end});
    }
    template <class Is>
    bool starts_run(size_t i, Is is) const {
        return is(text_[i]) && (i == 0 || !is(text_[i - 1]));
    }
    template <class Is>
    size_t end_of_run(size_t i, Is is) const {
        const size_t limit = std::min(text_.size(), i + 4 * kLongestRun);
        while (i < limit && is(text_[i])) ++i;
        return i;
    }
    template <class Is>
    size_t start_of_run(size_t end, Is is) const {
        size_t i = end;
        while (i > 0 && end - i < kLongestRun && is(text_[i - 1])) --i;
        return i;
    }
    bool is_bounded(size_t end) const { return !is_name_kanji(at(end)) || cue_begins(book_, end); }
    /// The letters in katakana, where `shift` is not 0.
    View katakana(size_t begin, size_t end, char32_t shift) const {
        return shift != 0 ? book_.katakana(begin, end) : text_.substr(begin, end - begin);
    }
    View lower(size_t begin, size_t end) const { return lower_.substr(begin, end - begin); }

    /// In no list, but begins and ends like family names do: 折笠.
    bool looks_family(size_t begin, size_t size) const {
        if (size < 2 || size > 3) return false;
        const View word = text_.substr(begin, size);
        return (book_.classes(word) & WordClass::Ordinary) == 0 &&
               book_.begins_family(word.front()) &&
               book_.family_endings.has(word.substr(size - 1)) && !book_.ordinary.has(word) &&
               book_.not_names.ends(word, 0, size) < 2 && book_.ordinary.ends(word, 0, size) < 2 &&
               book_.not_people.begins(text_, begin + 1) == 0 &&
               book_.relations.begins(lower_, begin) == 0;
    }

    // ---- kanji ----------------------------------------------------------------------------------

    /// 山田太郎, 山田　太郎; also 埴谷 雄高 and a given name by itself.
    void full_name(size_t i) {
        const bool starts = i == 0 || !is_name_kanji(text_[i - 1]) ||
                            book_.relations.ends(lower_, i - std::min<size_t>(i, 8), i) > 0;
        for (size_t n = book_.family.begins(text_, i); n > 0;
             n = n > 1 ? book_.family.begins(text_, i, n - 1) : 0) {
            const bool sure = n >= 2 && book_.sure_family.has(text_.substr(i, n));
            const size_t given = spaces(i + n, 2);
            const bool apart = given > i + n;
            if (const size_t end = given_name(given, apart, sure, n, starts)) return mark(i, end);
            if (sure && starts && stands_alone(i + n)) return mark(i, i + n);
        }
        if (!starts) return;
        const size_t run = end_of_run(i, is_name_kanji) - i;
        if (looks_family(i, run) && stands_alone(i + run) &&
            (is_hiragana(at(i + run)) || is_one_of(at(i + run), U"、・→)")))
            return mark(i, i + run);
        const size_t g = book_.given.begins(text_, i);
        if (g >= 2 && book_.sure_given.has(text_.substr(i, g)) && stands_alone(i + g))
            mark(i, i + g);
    }

    /// The end of the given name at `at`; 0: there is none.
    size_t given_name(size_t at, bool apart, bool sure_family, size_t family_size,
                      bool starts) const {
        if (family_size == 1 && !starts) return 0;
        for (size_t g = book_.given.begins(text_, at); g > 0;
             g = g > 1 ? book_.given.begins(text_, at, g - 1) : 0) {
            if (book_.not_people.begins(text_, at + g) > 0 && !is_bounded(at + g)) continue;
            const bool sure = book_.sure_given.has(text_.substr(at, g));
            if (family_size == 1 && !(sure && g >= 2)) continue;
            if (is_bounded(at + g)) {
                if (sure_family || sure || apart) return at + g;
            } else if (sure_family && sure && g >= 2 && !apart) {
                return at + g;
            }
        }
        // A given name that is in no list, of the characters of others.
        size_t end = at;
        while (end < at + 3 && book_.given_letters.begins(text_, end) > 0) ++end;
        const bool any = end > at && is_bounded(end) && family_size >= 2;
        const bool word = book_.ordinary.has(text_.substr(std::min(at, text_.size()), end - at)) ||
                          book_.not_people.begins(text_, at) > 0;
        if (any && !word && (sure_family || (apart && end - at >= 2))) return end;
        // Kana behind a family name in kanji: 田中 はなこ, 鈴木エミ.
        for (const char32_t shift : {char32_t{0}, char32_t{0x60}}) {
            const auto is = [&](char32_t c) { return shift ? is_hiragana(c) : is_katakana(c); };
            const size_t kana = end_of_run(at, is);
            if (kana < at + 2 || !sure_family) continue;
            for (size_t n = std::min<size_t>(kana - at, 6); n >= 2; --n) {
                const bool whole = at + n == kana || (shift && apart) ||
                                   book_.honorifics.begins(text_, at + n) > 0;
                const View given = katakana(at, at + n, shift);
                const bool brief = !shift && book_.given_kana.listed(given);
                if (whole && (apart || n >= 3 || brief) &&
                    (shift ? book_.given_kana.listed(given) : book_.given_kana.has(given)))
                    return at + n;
            }
        }
        return 0;
    }

    /// Nothing behind makes the name part of another word.
    bool stands_alone(size_t end) const {
        const char32_t next = at(end);
        if (is_name_kanji(next)) return false;
        if (is_katakana(next) || is_letter(next) || is_digit(next)) return false;
        if (is_hiragana(next)) return kParticles.opens(text_.substr(end));
        if (next == U' ' && book_.not_people.begins(text_, spaces(end, 2)) > 1) return false;
        return next != U'・' || book_.family.begins(text_, end + 1) > 0;
    }

    /// A letter that hardly is a word: 朴, not 君.
    bool is_unusual(size_t i) const {
        return !book_.common_letters.has(text_.substr(i, 1)) &&
               !is_one_of(text_[i], U"貴主諸暴若姫殿君");
    }
    struct Before {
        size_t begin = 0, word = 0, name = 0;  ///< run, and what of its end is in the lists
    };
    Before kanji_before(size_t end) const {
        Before before;
        before.begin = start_of_run(end, is_name_kanji);
        before.word = book_.not_names.ends(text_, before.begin, end);
        const size_t family = book_.family.ends(text_, before.begin, end);
        const size_t given = book_.given.ends(text_, before.begin, end);
        before.name = std::max(family, given);
        for (size_t n = std::min<size_t>(end - before.begin, 4); n > before.name && n >= 2; --n) {
            if (book_.may_be_name(text_.substr(end - n, n))) before.name = n;
        }
        if (before.name == 0 && before.word == 0 && end - before.begin == 1 &&
            (book_.classes(text_.substr(before.begin, 1)) & WordClass::Family) != 0)
            before.name = 1;
        return before;
    }

    // ---- cues behind a name ---------------------------------------------------------------------

    bool is_other_word(size_t i, View honorific) const {
        const size_t next = i + honorific.size();
        const char32_t c = at(next);
        if (honorific == U"氏") return is_one_of(c, U"名病神族型");
        if (honorific == U"様") return is_one_of(c, U"々子式相態");
        if (honorific == U"殿") return is_one_of(c, U"部筋裂溝");
        if (honorific == U"君") return is_one_of(c, U"津臨");
        if (honorific == U"サン" || honorific == U"嬢") return is_katakana(c);
        if (honorific == U"さん") return c == U'ざ' || (c == U'だ' && !is_name_kanji(at(i - 1)));
        if (honorific == U"さま") return is_one_of(c, U"ざよた");
        return false;
    }

    void before_honorific(size_t i, size_t size) {
        const View honorific = text_.substr(i, size);
        if (i == 0 || is_other_word(i, honorific)) return;
        size_t end = i;
        const bool apart = text_[i - 1] == U' ';
        while (end > 0 && i - end < 2 && text_[end - 1] == U' ') --end;
        if (end == 0) return;
        const char32_t last = text_[end - 1];
        // 佃様宅, 柊様長男
        const bool whose = book_.relations.begins(lower_, i + size) > 0 ||
                           book_.titles.begins(lower_, i + size) > 0 ||
                           is_one_of(at(i + size), U"宅方邸");
        const bool like =
            honorific == U"様" && !whose &&
            (is_name_kanji(at(i + size)) || is_katakana(at(i + size)) || at(i + size) == U'の');
        const bool weak = honorific == U"君" || honorific == U"殿" || honorific == U"嬢" ||
                          honorific == U"翁" || honorific == U"媼";
        // 行くんです is no name.
        const bool grammar = honorific == U"くん" && is_one_of(at(i + size), U"でだじなの");
        if (is_name_kanji(last))
            return kanji_before_honorific(end, like, weak || apart || grammar, honorific);
        if (apart && !is_letter(last)) return reading_before_honorific(end);
        if (is_hiragana(last)) return hiragana_before_honorific(i, size, honorific);
        if (is_katakana(last) && !weak) return katakana_before_honorific(end, like);
        if (is_letter(last)) latin_before_honorific(end, like);
    }

    void kanji_before_honorific(size_t end, bool like, bool weak, View honorific) {
        const Before before = kanji_before(end);
        const size_t run = end - before.begin;
        // 幹夫さん, 郷子さん: of one letter only what is no part of a name.
        const bool part =
            before.word == 1 && run >= 2 &&
            (honorific == U"さん" ||
             !is_one_of(text_[end - 1], U"同一多異有無外今模仕態文紋両彼華摂左貴別某"));
        // 今さん, 一さん
        if (run == 1 && honorific == U"さん" &&
            is_one_of(text_[end - 1], U"一正今新元前先上中下外内左右") && !weak)
            return mark(end - 1, end);
        if (!part && before.word >= before.name && before.word > 0) return;
        const bool thing = like && book_.likeness.begins(text_, end - 1) > 0;
        if (before.name >= 2 || (before.name == 1 && run == 1 && !weak && !thing))
            return mark(std::max(before.begin, end - std::max<size_t>(before.name, 1)), end);
        if (kept_[end - 1]) return;
        // 朴殿, 忠義 様: of a weak cue what the dictionaries know.
        const size_t whole = end - before.begin;
        if (weak && before.word == 0 && !like &&
            (whole == 1
                 ? book_.family.listed(text_.substr(before.begin, 1)) && is_unusual(before.begin)
                 : book_.may_be_name(text_.substr(before.begin, whole))))
            return mark(before.begin, end);
        if (weak) return;
        const bool likeness = book_.likeness.begins(text_, end - 1) > 0;
        if (honorific == U"様" && (likeness || like)) return;
        mark(end - std::min<size_t>(run, 4), end);
    }

    /// いちのせひろき 殿, ユキノタダシ 様: a whole name in kana, parted from the honorific.
    void reading_before_honorific(size_t end) {
        for (const char32_t shift : {char32_t{0}, char32_t{0x60}}) {
            const auto is = [&](char32_t c) { return shift ? is_hiragana(c) : is_katakana(c); };
            if (!is(text_[end - 1])) continue;
            const size_t begin = start_of_run(end, is);
            const View run = katakana(begin, end, shift);
            for (size_t n = 2; n + 2 <= run.size(); ++n) {
                if (book_.may_be_reading(run.substr(0, n)) && book_.may_be_reading(run.substr(n)))
                    return mark(begin, end);
            }
        }
    }
    void hiragana_before_honorific(size_t end, size_t size, View honorific) {
        const size_t begin = start_of_run(end, is_hiragana);
        const size_t run = end - begin;
        if (run < 2) return;
        const size_t word = book_.not_names.ends(text_, begin, end);
        bool name = false;
        for (size_t n = std::min<size_t>(run, 7); n >= 2 && !name; --n) {
            const View kana = katakana(end - n, end, 0x60);
            name = book_.given_kana.has(kana) || book_.family_kana.has(kana);
        }
        if (word >= 2 && word == run) return;
        const char32_t next = at(end + size);
        const bool grammar = (honorific == U"くん" && is_one_of(next, U"でだじな")) ||
                             (honorific == U"さん" && next == U'で') ||
                             (honorific == U"ちゃん" && next == U'と');
        if (!name && (grammar || word >= 2)) return;
        mark(end - std::min<size_t>(run, 5), end);
    }

    void katakana_before_honorific(size_t end, bool like) {
        const auto foreign = [](char32_t c) { return is_katakana(c) || c == U'・'; };
        const size_t begin = start_of_run(end, foreign);
        if (begin == end || book_.not_names.ends(text_, begin, end) > 0) return;
        // レさん: of one letter where nothing else stands before.
        if (end - begin < 2 && (like || text_[begin] == U'ー')) return;
        if (like || book_.likeness_words.ends(text_, begin, end) > 0) {
            const View word = text_.substr(begin, end - begin);
            const bool known = book_.given_kana.listed(word) || book_.family_kana.listed(word) ||
                               book_.foreign.listed(word);
            if (!known && !(is_native(word) && book_.may_be_reading(word))) return;
        }
        mark(begin, end);
    }

    void latin_before_honorific(size_t end, bool like) {
        const size_t begin = start_of_run(end, is_letter);
        const View word = lower(begin, end);
        const bool known = book_.family_latin.has(word) || book_.given_latin.has(word);
        const bool capitals = text_[end - 1] < U'a';
        if (known || (word.size() >= 3 && !capitals && text_[begin] < U'a' && !like))
            mark(begin, end);
    }

    void before_title(size_t i, size_t size) {
        if (i == 0) return;
        const View title = lower_.substr(i, size);
        if (is_letter(title.front()) && (is_letter(at(i + size)) || is_letter(text_[i - 1])))
            return;
        size_t end = i;
        while (end > 0 && i - end < 2 && text_[end - 1] == U' ') --end;
        if (end == 0 || kept_[end - 1]) return;
        const char32_t last = text_[end - 1];
        if (is_name_kanji(last)) return kanji_before_title(end, i + size, title);
        if (is_katakana(last) && is_katakana(title.front()) && end == i)
            return katakana_before_katakana(end);
        for (const char32_t shift : {char32_t{0}, char32_t{0x60}}) {
            const auto is = [&](char32_t c) { return shift ? is_hiragana(c) : is_katakana(c); };
            if (!is(last) || (shift && title != U"先生")) continue;
            const size_t begin = start_of_run(end, is);
            for (size_t n = end - begin; n >= 2; --n) {
                const View kana = katakana(end - n, end, shift);
                const bool known = book_.given_kana.has(kana) || book_.family_kana.has(kana) ||
                                   book_.foreign.has(kana);
                // クリニック 医師: in katakana the whole word.
                if (known && ((n >= 3 && shift) || end - n == begin)) return mark(end - n, end);
            }
            // レ課長
            if (!shift && end == begin + 1 && is_name_kanji(title.front()) && last != U'ー')
                return mark(begin, end);
        }
        if (is_letter(last)) {
            const size_t begin = start_of_run(end, is_letter);
            const View word = lower(begin, end);
            if (book_.family_latin.has(word) || book_.given_latin.has(word)) mark(begin, end);
        }
    }

    /// ワヒュニヘルパー, シティ・ヌルハリザヘルパー; not ホームヘルパー.
    void katakana_before_katakana(size_t end) {
        const auto foreign = [](char32_t c) { return is_katakana(c) || c == U'・'; };
        const size_t begin = start_of_run(end, foreign);
        const View word = text_.substr(begin, end - begin);
        if (word.size() < 2 || book_.loanwords.has(word) || book_.not_names.has(word) ||
            book_.titles.has(word) || book_.relations.has(word))
            return;
        constexpr std::uint32_t kWords =
            WordClass::Ordinary | WordClass::Kana | WordClass::Term | WordClass::Place;
        // アーネルヘルパー: in no dictionary at all.
        const bool unheard = word.size() >= 3 && (book_.classes(word) & kWords) == 0 &&
                             !is_drug(word) && !book_.likeness_words.has(word) &&
                             book_.loanwords.ends(word, 0, word.size()) < 2;
        if (word.find(U'・') != View::npos || book_.may_be_reading(word) || unheard)
            mark(begin, end);
    }
    void kanji_before_title(size_t end, size_t behind, View title) {
        // 家, 宅, 方 and the like are words of their own: only a sure name, and nothing behind.
        static constexpr auto kShort =
            word_set({U"家", U"宅", U"邸", U"方", U"姓", U"担当", U"主事"});
        const bool brief = kShort.has(title);
        const Before before = kanji_before(end);
        const size_t run = end - before.begin;
        // 奥師長 is somebody, 前主任 is nobody.
        const bool lone =
            before.word == 1 && run == 1 && !brief && is_one_of(text_[end - 1], U"奥神今孫仏嫁客");
        if (lone) return mark(end - 1, end);
        if (before.word > 0 && before.word >= before.name) return;
        const size_t family = book_.family.ends(text_, before.begin, end);
        if (brief) {
            const bool sure = family >= 2 && family == run &&
                              book_.sure_family.has(text_.substr(end - family, family));
            if (sure && !is_name_kanji(at(behind))) mark(end - family, end);
            return;
        }
        if (before.name >= 2 || (before.name == 1 && run == 1)) return mark(end - before.name, end);
        static constexpr auto kCallings = word_set(
            {U"先生",       U"医師",   U"看護師",     U"院長",       U"相談員",   U"ケアマネ",
             U"訪問看護師", U"薬剤師", U"理学療法士", U"作業療法士", U"ヘルパー", U"cm",
             U"ns",         U"pt",     U"ot",         U"st",         U"msw",      U"dr",
             U"サ責",       U"配達員", U"教諭",       U"技師",       U"技士",     U"主任",
             U"師長",       U"保健師", U"栄養士",     U"教授",       U"弁護士",   U"支援員",
             U"介護士",     U"事務長", U"係長"});
        const bool calling = kCallings.opens(title);
        constexpr LetterSet kOfWords =
            U"科院所部課室会局員者長師士性級門当人務棟時的用日回目階制化名週月年度次期内外訪問談護"
            U"医任等別常診療";
        if ((calling || looks_family(before.begin, run)) && run >= 2 && run <= 4 &&
            !is_one_of(text_[end - 1], kOfWords))
            mark(before.begin, end);
    }

    // ---- cues before a name ---------------------------------------------------------------------

    /// 長男 健一, 妻の和子, 担当ケアマネ：佐藤.
    void behind_relation(size_t begin, size_t end) {
        if (is_letter(text_[begin]) &&
            (is_letter(at(end)) || (begin > 0 && is_letter(text_[begin - 1]))))
            return;
        name_behind(end, false);
        size_t from = end;
        bool apart = false;
        while (from < text_.size() && from - end < 4) {
            const char32_t c = text_[from];
            if (is_one_of(c, U" \n:・(「『/→-=,、.")) {
                apart = true;
            } else if (!is_one_of(c, U"のはがで")) {
                break;
            }
            ++from;
            name_behind(from, apart);
        }
    }

    void name_behind(size_t i, bool apart) {
        if (i >= text_.size() || kept_[i]) return;
        if (is_name_kanji(text_[i])) return kanji_behind(i, apart);
        // 妻とも, 妻より are no names.
        static constexpr auto kGrammar = word_set(
            {U"とも", U"より",   U"なり", U"はな", U"とは", U"には", U"では", U"だけ",   U"のみ",
             U"から", U"まで",   U"など", U"とか", U"もと", U"ここ", U"すみ", U"さん",   U"こと",
             U"ため", U"とき",   U"うち", U"ほう", U"まま", U"よう", U"そば", U"ところ", U"あと",
             U"なか", U"ところ", U"のこ", U"のた", U"ちか", U"かな", U"いま"});
        const bool grammar = kGrammar.opens(text_.substr(i));
        static constexpr auto kJoins = word_set({U"より", U"から", U"まで", U"には"});
        const bool joins = kJoins.opens(text_.substr(i));
        const std::size_t least = joins || (grammar && !apart) ? 3 : 2;
        for (const char32_t shift : {char32_t{0}, char32_t{0x60}}) {
            const auto is = [&](char32_t c) { return shift ? is_hiragana(c) : is_katakana(c); };
            if (!is(text_[i]) || (i > 0 && !shift && is(text_[i - 1]))) continue;
            if (text_[i] == U'の') continue;
            const size_t run = end_of_run(i, is);
            for (size_t n = std::min<size_t>(run - i, 7); n >= least; --n) {
                const bool whole = i + n == run || (shift && stands_alone(i + n)) ||
                                   book_.honorifics.begins(text_, i + n) > 0;
                const View kana = katakana(i, i + n, shift);
                const bool known =
                    shift && !apart
                        ? book_.given_kana.listed(kana) || book_.family_kana.listed(kana)
                        : book_.given_kana.has(kana) || book_.family_kana.has(kana) ||
                              (!shift && book_.foreign.has(kana));
                if (whole && known && book_.not_people.begins(text_, i + n) == 0)
                    return mark(i, i + n);
            }
        }
        if (is_letter(text_[i])) {
            const size_t run = end_of_run(i, is_letter);
            const View word = lower(i, run);
            const bool capital = text_[i] < U'a';
            if (capital && (book_.family_latin.has(word) || book_.given_latin.has(word)))
                mark(i, run);
        }
    }

    void kanji_behind(size_t i, bool apart) {
        for (const KnownWords::Listed* words : {&book_.given, &book_.family}) {
            for (size_t n = words->begins(text_, i); n > 0;
                 n = n > 1 ? words->begins(text_, i, n - 1) : 0) {
                const View word = text_.substr(i, n);
                const bool sure =
                    n >= 2 && (book_.sure_given.has(word) || book_.sure_family.has(word));
                // 妻愛が, 父実、
                const bool relative =
                    n == 1 && i > 0 && is_one_of(text_[i - 1], U"妻夫父母兄姉弟妹娘甥姪嫁男女") &&
                    (book_.given.listed(word) || (book_.classes(word) & WordClass::Given) != 0) &&
                    !is_one_of(text_[i], U"子女男方親側児性母父夫嫁婿孫姉妹兄弟達等宅家本人") &&
                    (i + 1 >= text_.size() || is_one_of(text_[i + 1], U"がはもと、( 」。\n"));
                if (relative) return mark(i, i + 1);
                if (!is_bounded(i + n) || book_.ordinary.has(word) || book_.relations.has(word) ||
                    (n == 1 && book_.common_letters.has(word)) ||
                    (!apart && book_.common.has(word)))
                    continue;
                // 娘一人, 夫の実家: an ordinary word counts only where it stands apart.
                if (sure || apart || !is_one_of(word.front(), U"一二三四五六七八九十"))
                    return mark(i, i + n);
            }
        }
        const size_t run = end_of_run(i, is_name_kanji) - i;
        if (looks_family(i, run) && is_bounded(i + run)) return mark(i, i + run);
        const View whole = text_.substr(i, run);
        if (run >= 2 && run <= 4 && book_.may_be_name(whole) && !book_.ordinary.has(whole) &&
            !book_.common.has(whole) && !book_.not_names.has(whole) && !book_.relations.has(whole))
            return mark(i, i + run);
        if (!apart) return;
        size_t end = i;
        while (end < i + 3 && book_.given_letters.begins(text_, end) > 0) ++end;
        const View word = text_.substr(i, end - i);
        const bool other = book_.ordinary.has(word) || book_.common.has(word) ||
                           book_.common_letters.has(word) || book_.relations.has(word);
        if (end > i && !is_name_kanji(at(end)) && !other) mark(i, end);
    }

    /// 氏名：… : whatever stands there.
    void behind_label(size_t i) {
        size_t from = i;
        while (from < text_.size() && from - i < 4 && is_one_of(text_[from], U" :()=「")) ++from;
        if (from == i || from >= text_.size()) return;
        if (book_.ordinary.begins(text_, from) > 1 || book_.not_names.begins(text_, from) > 1 ||
            book_.labels.begins(text_, from) > 0)
            return;
        const char32_t first = text_[from];
        size_t end = from;
        if (is_name_kanji(first)) {
            end = end_of_run(from, is_name_kanji);
        } else if (is_katakana(first)) {
            end = end_of_run(from, is_katakana);
        } else if (is_hiragana(first)) {
            end = end_of_run(from, is_hiragana);
        } else if (is_letter(first)) {
            end = end_of_run(from, is_letter);
            if (end - from < 3) return;
        }
        if (end - from >= 2 && end - from <= 8) mark(from, end);
    }

    // ---- kana and Latin -------------------------------------------------------------------------

    /// サトウ ハナコ, さとうはなこ, マリア・サントス.
    void kana_name(size_t begin, size_t end, char32_t shift) {
        const auto is = [&](char32_t c) { return shift ? is_hiragana(c) : is_katakana(c); };
        if (end - begin < 2 || end - begin > kLongestRun) return;
        // バルトリン腺
        if (!shift && is_name_kanji(at(end)) && !is_bounded(end)) return;
        const View run = katakana(begin, end, shift);
        if (!shift && is_drug(run)) return;
        const size_t second = spaces(end, 2);
        if (second > end && second < text_.size() && is(text_[second]) &&
            book_.family_kana.has(run)) {
            const size_t run_end = end_of_run(second, is);
            for (size_t n = std::min<size_t>(run_end - second, 7); n >= 2; --n) {
                const bool known = book_.given_kana.has(katakana(second, second + n, shift));
                const bool whole = second + n == run_end || shift;
                if (known && whole) return mark(begin, second + n);
            }
            if (!shift && run.size() >= 3 && run_end - second >= 2 && run_end - second <= 5)
                return mark(begin, run_end);
        }
        // In hiragana a short run is a word more often: のまとめ.
        const size_t least = shift ? 5 : 4;
        for (size_t n = 2; run.size() >= least && n + 2 <= run.size(); ++n) {
            const View family = run.substr(0, n), given = run.substr(n);
            const bool names =
                shift || !is_native(run)
                    ? book_.family_kana.listed(family) && book_.given_kana.listed(given)
                    : book_.family_kana.has(family) && book_.given_kana.has(given) &&
                          (book_.family_kana.listed(family) || book_.given_kana.listed(given));
            if (names) return mark(begin, end);
        }
        if (shift) return;
        if (run.size() >= 3 && run.back() == U'コ' && book_.given_kana.has(run))
            return mark(begin, end);
        const bool joined = at(end) == U'・' || (is_space(at(end)) && at(end) != U'\n');
        if (joined && book_.foreign.listed(run) && end + 1 < text_.size()) {
            const size_t other = end_of_run(end + 1, is_katakana);
            const View word = text_.substr(end + 1, other - end - 1);
            if (word.size() >= 2 && book_.foreign.listed(word)) mark(begin, other);
        }
    }

    /// Sato Hanako, HANAKO SATO, Ms. Tanaka.
    void latin_name(size_t begin) {
        const size_t end = end_of_run(begin, is_letter);
        const View word = lower(begin, end);
        size_t second = end;
        if (at(second) == U'.' || at(second) == U',') ++second;
        second = spaces(second, 2);
        if (second == end || second >= text_.size() || !is_letter(text_[second])) {
            if (at(end) == U'-' && (lower(end + 1, std::min(text_.size(), end + 4)) == U"san" ||
                                    lower(end + 1, std::min(text_.size(), end + 5)) == U"sama"))
                mark(begin, end);
            return;
        }
        const size_t second_end = end_of_run(second, is_letter);
        const View other = lower(second, second_end);
        const bool capital = text_[second] < U'a';
        if (capital && second_end - second >= 3 &&
            (word == U"mr" || word == U"mrs" || word == U"ms" || word == U"miss" ||
             (word == U"dr" && text_[second_end - 1] >= U'a')))
            return mark(second, second_end);
        if (!capital || text_[begin] >= U'a') return;
        const bool family_first = book_.family_latin.has(word),
                   family_last = book_.family_latin.has(other);
        const bool given_first = book_.given_latin.has(word),
                   given_last = book_.given_latin.has(other);
        if ((family_first && given_last) || (given_first && family_last) ||
            (given_first && looks_japanese(other)) || (given_last && looks_japanese(word)) ||
            (given_last && at(end) == U',' && word.size() >= 3))
            mark(begin, second_end);
    }

    std::vector<Mark>& marks_;
};

}  // namespace

void find_names(const KnownWords& words, std::vector<Mark>& marks) {
    NameSearch(words, marks).run();
}

}  // namespace tsunagi::privacy

// Words that read as names by themselves or by what stands beside them, and names that were found
// once and stand elsewhere again. unknown_names.cpp follows the cues; this follows the words.
#include <algorithm>
#include <string>
#include <unordered_set>

#include "privacy/name_shapes.h"
#include "privacy/name_text.h"

namespace tsunagi::privacy {
namespace {

using std::size_t;
using View = std::u32string_view;

constexpr size_t kLongestName = 8;

/// At the end of a word no name ends so: 担当医師会, 看護師用.
constexpr LetterSet kOfWords =
    U"科院所部課室会局員者長師士性級門当人務棟時的用日回目階制化名週月年度次期内外訪問談護医任等別"
    U"常診療"
    U"後前中済分法食物品面症病剤薬量値数率状態書類費料金器具点市区町村県国";

/// Follow a name that stands by itself.
constexpr auto kParticles = word_set({U"が", U"は",   U"を",   U"に",   U"の",     U"と",   U"も",
                                      U"へ", U"で",   U"や",   U"より", U"から",   U"まで", U"宛",
                                      U"様", U"さん", U"たち", U"ら",   U"による", U"だ",   U"か"});

constexpr std::uint32_t kRoles = bit(WordList::Relations) | bit(WordList::NotNames) |
                                 bit(WordList::Titles) | bit(WordList::Labels);
constexpr std::uint32_t kNoNames = bit(WordList::Common) | bit(WordList::Ordinary) |
                                   bit(WordList::NotNames) | bit(WordList::Relations) |
                                   bit(WordList::Titles) | bit(WordList::NotPeople);

/// How much a word reads as somebody's name.
enum class Reads { No, Beside, Alone };

class WordSearch : NameText {
public:
    WordSearch(const KnownWords& words, std::vector<Mark>& marks)
        : NameText(words),
          marks_(marks),
          found_(words.text().size()),
          cues_(words.text().size() + 1) {
        for (const Mark& each : marks) {
            for (size_t i = each.begin; i < each.end; ++i) found_[i] = true;
        }
    }

    void run() {
        each_run([&](size_t begin, size_t end) { kanji(begin, end); });
        for (size_t i = 0; i < text_.size(); ++i) {
            if (is_katakana(text_[i]) && (i == 0 || !is_katakana(text_[i - 1]))) katakana(i);
            if (is_letter(text_[i]) && (i == 0 || !is_letter(text_[i - 1]))) latin(i);
            if (is_hiragana(text_[i]) && (i == 0 || !is_hiragana(text_[i - 1]))) given_in_kana(i);
            if (is_space(text_[i]) && i > 1 && is_hiragana(text_[i - 1])) hiragana(i);
            if (is_kanji(text_[i]) && i > 1 && is_hiragana(text_[i - 1])) mixed_given(i);
        }
        for (size_t k = 0; k < marks_.size(); ++k) {
            if (marks_[k].kind == UnknownKind::Person) beside(Mark{marks_[k]});
        }
        again();
    }

private:
    void mark(size_t begin, size_t end) {
        if (begin >= end || kept_[begin] || found_[begin] || is_counter(text_, begin, end)) return;
        marks_.push_back({UnknownKind::Person, begin, end});
        std::fill(found_.begin() + static_cast<std::ptrdiff_t>(begin),
                  found_.begin() + static_cast<std::ptrdiff_t>(end), true);
    }
    template <class Run>
    void each_run(const Run& run) {
        for (size_t i = 0; i < text_.size();) {
            size_t end = i;
            while (is_ideograph(end)) ++end;
            if (end > i) run(i, end);
            i = std::max(end, i + 1);
        }
    }

    // ---- where a name may begin and end ---------------------------------------------------------

    bool cue_ends(size_t i) const {
        const size_t from = i - std::min<size_t>(i, 8);
        return book_.relations.ends(lower_, from, i) > 0 || book_.titles.ends(lower_, from, i) > 1;
    }
    bool cue_begins(size_t i) const {
        if (cues_[i] == Cue::Unasked)
            cues_[i] = privacy::cue_begins(book_, i) ? Cue::Begins : Cue::None;
        return cues_[i] == Cue::Begins;
    }
    bool free_before(size_t i) const {
        if (i == 0) return true;
        const char32_t c = text_[i - 1];
        if (is_digit(c) || c == U'お' || c == U'ご') return false;
        // 形成外科硲先生: behind a department what stands before an office.
        if (is_ideograph(i - 1)) return cue_ends(i) || is_one_of(c, U"科部課局室所棟院器");
        if (is_katakana(c) || is_letter(c)) return cue_ends(i);
        return true;
    }
    /// 長男 …, 担当CM:…, 支援者の…
    bool cue_before(size_t i) const {
        size_t from = i;
        while (from > 0 && i - from < 3 && is_one_of(text_[from - 1], U" :の(「・/.")) --from;
        if (from == i) return false;
        const size_t start = from - std::min<size_t>(from, 10);
        return book_.relations.ends(lower_, start, from) > 0 ||
               book_.labels.ends(text_, start, from) > 0;
    }
    bool particle_at(size_t i) const {
        return i <= text_.size() && kParticles.opens(text_.substr(i));
    }
    bool free_behind(size_t i) const {
        const char32_t c = at(i);
        if (is_ideograph(i)) return cue_begins(i);
        if (is_katakana(c) || is_letter(c)) return cue_begins(i);
        if (is_digit(c)) return false;
        if (is_hiragana(c)) return particle_at(i);
        const size_t next = c == U'・' ? i + 1 : spaces(i, 2);
        if (c == U' ' && book_.not_people.begins(text_, next) > 1) return false;
        return c != U'・' || !is_katakana(at(next));
    }
    /// What only people do stands behind: 昼間が搬入, 希望より連絡.
    bool acts_behind(size_t i) const {
        static constexpr View kBefore[] = {U"が",   U"は", U"も", U"より",
                                           U"から", U"に", U"へ", U"と"};
        size_t from = i;
        for (const View each : kBefore) {
            if (text_.substr(i).starts_with(each)) from = std::max(from, i + each.size());
        }
        if (from == i) return false;
        for (size_t k = from; k < from + 10 && k < text_.size(); ++k) {
            if (is_one_of(text_[k], U"。、,.\n")) return false;
            if (book_.acts.begins(text_, k) > 0) return true;
        }
        return false;
    }

    /// と名乗る, と申します: whatever stands before.
    bool named(size_t i) const {
        while (is_one_of(at(i), U"」』\"")) ++i;
        const View rest = text_.substr(std::min(i, text_.size()));
        return rest.starts_with(U"と名乗") || rest.starts_with(U"と申") ||
               rest.starts_with(U"と一緒");
    }

    // ---- kanji ----------------------------------------------------------------------------------

    /// An ordinary word of the dictionaries that no list calls a name.
    bool is_ordinary(View word) const {
        constexpr std::uint32_t kWords = WordClass::Ordinary | WordClass::Place | WordClass::Term;
        return (book_.classes(word) & kWords) != 0 && !book_.family.has(word) &&
               !book_.given.has(word);
    }
    bool is_family(View word) const { return (book_.classes(word) & WordClass::Family) != 0; }
    bool is_role(View word) const { return book_.listed(word, kRoles); }
    bool is_word(View word) const { return is_ordinary(word) || book_.listed(word, kNoNames); }
    bool of_given_letters(View word) const {
        return std::all_of(word.begin(), word.end(), [&](char32_t c) {
            return book_.given_letters.has(View{&c, 1});
        });
    }
    Reads reads(size_t begin, size_t end) const {
        const View word = sub(begin, end);
        if (word.empty() || word.size() > 6) return Reads::No;
        if (book_.listed(word, kRoles & ~bit(WordList::Labels))) return Reads::No;
        const bool listed = book_.family.has(word) || book_.given.has(word);
        if (word.size() == 1) {
            if (!listed) return Reads::No;
            return book_.common_letters.has(word) ? Reads::Beside : Reads::Alone;
        }
        const std::uint32_t classes = book_.classes(word);
        const bool noun =
            (classes & (WordClass::Ordinary | WordClass::Usual)) == WordClass::Ordinary;
        if (noun || book_.common.has(word)) return listed ? Reads::Beside : Reads::No;
        if (listed) return Reads::Alone;
        if (is_word(word)) return Reads::No;
        if (book_.looks_family(word)) return Reads::Alone;
        // A municipality or a department: 小金井市, 循環器科.
        if (is_one_of(word.back(), U"市区町村県郡院科")) return Reads::No;
        // 治美: of the characters of given names, and it ends like one.
        constexpr LetterSet kGivenEndings =
            U"子美代江恵枝香奈菜希紀里乃音穂衣郎夫男雄一治次司志之行彦樹斗人太介輔助吉蔵造三平弘博"
            U"浩裕明生哉也矢弥信己士吾";
        if (word.size() <= 3 && is_one_of(word.back(), kGivenEndings) && of_given_letters(word))
            return Reads::Alone;
        // 福士川, 伊賀上: a family name with one more letter.
        if (word.size() == 3 && book_.family.has(word.substr(0, 2)) &&
            book_.family_endings.has(word.substr(2)))
            return Reads::Alone;
        const bool lettered = book_.of_name_letters(word);
        for (size_t n = 1; n <= 3 && n < word.size(); ++n) {
            const View family = word.substr(0, n), given = word.substr(n);
            // 霜鳥春吉: whatever stands before a given name that is no word.
            if (given.size() >= 2 && lettered && book_.sure_given.has(given) && !is_word(family) &&
                !book_.common_letters.has(family))
                return Reads::Alone;
            const bool named = (book_.classes(given) & WordClass::Given) != 0;
            const bool known = book_.family.has(family) && !(n > 1 && is_word(family));
            if (given.size() > 3 || !(known || book_.looks_family(family))) continue;
            if (n == 1 && (given.size() == 1 || book_.common_letters.has(family))) continue;
            if (n == 1 && named && book_.family.listed(family) && given.size() >= 2)
                return Reads::Alone;
            if ((book_.given.has(given) || named) && given.size() >= 2 && !book_.common.has(given))
                return Reads::Alone;
            if (known && n >= 2 && of_given_letters(given) && !is_word(given)) return Reads::Alone;
        }
        return lettered && word.size() <= 5 && !is_one_of(word.back(), U"市区町村県郡国院")
                   ? Reads::Beside
                   : Reads::No;
    }
    // ---- what stands around a name within a run of kanji ----------------------------------------

    /// How many letters from `i` on some word that is no name may have, as bits.
    std::uint32_t words_at(size_t i, size_t end) const {
        constexpr LetterSet kAffixes =
            U"当同故旧元現前各両新本他御貴宛行拝記中後時分用側内外間別毎科室課棟階等類化的性型式部"
            U"員者済要"
            U"可無有非不再全約計第初翌昨今";
        constexpr size_t kLongest = 8;
        const size_t most = std::min(end - i, kLongest);
        std::uint32_t sizes = book_.lengths(i, kNoNames) << 1 & ((2U << most) - 1) & ~3U;
        if (is_one_of(text_[i], kAffixes)) sizes |= 2;
        for (size_t n = most; n > 1; --n) {
            if ((sizes >> n & 1) != 0) continue;
            const View word = sub(i, i + n);
            const std::uint32_t classes = book_.classes(word);
            if ((classes & WordClass::Ordinary) != 0 ||
                ((classes & WordClass::Place) != 0 && !book_.family.has(word)))
                sizes |= 1U << n;
        }
        return sizes;
    }
    /// 当科|牛島, 猪股|宛: a name that words of the dictionaries leave over in a run of kanji.
    void left_over(size_t begin, size_t end) {
        constexpr size_t kLongestRun = 30;
        const size_t size = end - begin;
        if (size < 2 || size > kLongestRun) return;
        std::uint32_t words[kLongestRun];
        std::uint32_t behind = 1;  // bit i: the first i letters are words
        for (size_t i = 0; i < size; ++i) {
            words[i] = words_at(begin + i, end);
            if (behind >> i & 1) behind |= words[i] << i;
        }
        std::uint32_t before = 1U << size;  // bit i: from i on are words
        for (size_t i = size; i-- > 0;) {
            const bool stem =
                is_hiragana(at(end)) &&
                (book_.classes(text_.substr(begin + i, size - i + 1)) & WordClass::Stem) != 0;
            if (stem || (words[i] << i & before) != 0) before |= 1U << i;
        }
        if (book_.not_people.ends(text_, begin, end) > 1 && !is_done(sub(end - 2, end))) return;
        if ((behind >> size & 1) != 0 || (before & 1) != 0)
            return left_word(begin, end, behind, before);
        for (size_t from = 0; from < size; ++from) {
            if ((behind >> from & 1) == 0) continue;
            for (size_t to = std::min(size, from + 6); to > from; --to) {
                if ((before >> to & 1) == 0 || (from == 0 && to == size)) continue;
                if (book_.not_people.begins(text_, begin + to) > 0 && !cue_begins(begin + to) &&
                    !is_done(sub(begin + to, end)))
                    continue;
                if (to == size && !free_behind(end)) continue;
                const View word = sub(begin + from, begin + to);
                const bool does =
                    to == size ? told(end) || acts_behind(end) : is_done(sub(begin + to, end));
                const bool letter = to == from + 1;
                if (letter && (to == size || book_.common_letters.has(word))) continue;
                if (does && (letter ? is_family(word) : book_.may_be_name(word)) && !is_role(word))
                    return mark(begin + from, begin + to);
                if (!letter && reads(begin + from, begin + to) == Reads::Alone &&
                    (word.size() > 3 || book_.sure_family.has(word) || book_.sure_given.has(word)))
                    return mark(begin + from, begin + to);
            }
        }
    }

    /// A family name that is nothing else: no letter beside it makes it another word.
    bool alone_anywhere(size_t begin, size_t end) const {
        const View word = sub(begin, end);
        if (word.size() < 2 || !book_.sure_family.has(word) || is_digit(at(end)) ||
            (begin > 0 && is_digit(text_[begin - 1])) || is_letter(at(end)) || is_ideograph(end) ||
            is_katakana(at(end)))
            return false;
        const char32_t before = begin > 0 ? text_[begin - 1] : U' ';
        const char32_t behind = at(end);
        if (behind == U'・' && is_katakana(at(end + 1)) && is_kept_behind(end + 1)) return false;
        if (behind == U' ' && book_.not_people.begins(text_, end + 1) > 1) return false;
        return before != U'お' && before != U'ご' && before != U'第';
    }
    bool is_kept_behind(size_t i) const { return i < kept_.size() && kept_[i]; }
    /// Where only a name or a word of the kind stands: (森), 文責 北, 春日→泉, 妻 忠義(50).
    bool slot(size_t begin, size_t end) const {
        constexpr LetterSet kOpen = U" \n、,。.・:(「→/=", kClose = U" \n、,。.・)」→/";
        if (aged(end) && cue_ends(begin)) return true;
        const bool open = begin == 0 || is_one_of(text_[begin - 1], kOpen);
        const bool close = end == text_.size() || is_one_of(text_[end], kClose);
        const bool person_before = cue_before(begin);
        if (person_before && close) return true;
        const char32_t left = begin > 0 ? text_[begin - 1] : U'\n';
        if (open && (told(end) || acts_behind(end)) && end > begin + 1) return true;
        // A bracket or an arrow of its own.
        return close && open && end < text_.size() &&
               ((left == U'(' && text_[end] == U')' && end > begin + 1 && !is_noun(begin, end)) ||
                (left == U'「' && text_[end] == U'」' && !is_noun(begin, end)) || left == U'→' ||
                text_[end] == U'→');
    }
    bool is_noun(size_t begin, size_t end) const {
        return (book_.classes(sub(begin, end)) & WordClass::Ordinary) != 0;
    }
    /// (50), (78歳)
    bool aged(size_t i) const {
        if (at(i) != U'(') return false;
        size_t end = i + 1;
        while (is_digit(at(end))) ++end;
        if (end == i + 1 || end > i + 4) return false;
        if (is_one_of(at(end), U"歳才")) ++end;
        return at(end) == U')' || is_one_of(at(end), U"、,・");
    }

    /// 当科|入江が担当, 榎|不在: the same where the name is a word too.
    void left_word(size_t begin, size_t end, std::uint32_t behind, std::uint32_t before) {
        const size_t size = end - begin;
        for (size_t from = 0; from < size; ++from) {
            if ((behind >> from & 1) == 0) continue;
            const View last = sub(begin + from, end);
            if (from > 0 && last.size() >= 2 && last.size() <= 4 && book_.may_be_name(last) &&
                !is_role(last) && (told(end) || acts_behind(end)))
                return mark(begin + from, end);
        }
        for (size_t to = size - 1; to >= 1; --to) {
            const View first = sub(begin, begin + to);
            if (is_done(sub(begin + to, end)) && (before >> to & 1) != 0 &&
                book_.may_be_name(first) && !is_role(first) && line_begins(begin))
                return mark(begin, begin + to);
        }
    }

    void kanji(size_t begin, size_t end) {
        left_over(begin, end);
        for (size_t from = begin; from < end; ++from) {
            const bool free = free_before(from);
            if (!free && from > begin) continue;
            const bool cued = from > begin && cue_ends(from);
            for (size_t to = std::min(end, from + kLongestName); to > from; --to) {
                if (to < end && !cue_begins(to)) continue;
                // 常同行動: of one letter before a name's own cue only.
                if (to < end && to == from + 1 && book_.honorifics.begins(text_, to) == 0 &&
                    book_.titles.begins(lower_, to) == 0)
                    continue;
                if (from > begin && !cued && book_.titles.begins(lower_, to) < 2) continue;
                if (!free && !alone_anywhere(from, to)) continue;
                const Reads how = reads(from, to);
                // 妻美佐緒, 薬剤師設楽, 支援者 設楽久仁子
                const bool office = cued || book_.titles.begins(lower_, to) > 1;
                const View word = sub(from, to);
                // 本人の希望 is a wish.
                const bool wish = book_.common.has(word) && text_[from - (from > 0)] == U'の';
                const bool unknown =
                    (how == Reads::Beside && !wish) ||
                    (!is_word(word) && !book_.common_letters.has(word) &&
                     !is_one_of(word.front(), U"者医子師員長") &&
                     (to > from + 1 ? word.size() <= 3 && !is_one_of(word.back(), kOfWords) &&
                                          book_.titles.begins(lower_, to) > 1
                                    : calling_behind(to)));
                if ((to > from + 1 || how == Reads::No) && to <= from + 5 && unknown &&
                    (office || cue_before(from)) && free_behind(to))
                    return mark(from, to);
                if (to == from + 1 && how == Reads::Beside && cue_before(from) &&
                    !is_ideograph(to) && !is_one_of(at(to), U"をでやの") && free_behind(to) &&
                    (of_given_letters(sub(from, to)) || !is_hiragana(at(to))))
                    return mark(from, to);
                if (how == Reads::Alone && from == begin && to == end && alone_anywhere(from, to))
                    return mark(from, to);
                if (book_.may_be_name(word) && !is_role(word) && slot(from, to))
                    return mark(from, to);
                if (how == Reads::No || !free_behind(to)) continue;
                // 増やす, 模様
                if (to == from + 1 && (at(to) == U'や' || book_.honorifics.begins(text_, to) > 0))
                    continue;
                if (how == Reads::Alone || named(to) ||
                    (told(to) && (to > from + 1 || apart_before(from))) ||
                    (to > from + 1 && to <= from + 3 && acts_behind(to)))
                    return mark(from, to);
            }
        }
    }

    // ---- katakana -------------------------------------------------------------------------------

    size_t katakana_end(size_t i) const {
        while (is_katakana(at(i))) ++i;
        return i;
    }
    bool is_loanword(View word) const {
        return book_.loanwords.has(word) || book_.likeness_words.has(word) ||
               book_.not_names.has(word) || book_.titles.has(word) || book_.relations.has(word) ||
               book_.not_people.has(word) || book_.loanwords.ends(word, 0, word.size()) >= 3;
    }
    bool known_kana(View word) const {
        return book_.family_kana.has(word) || book_.given_kana.has(word) || book_.foreign.has(word);
    }
    void katakana(size_t begin) {
        const size_t end = katakana_end(begin);
        if (kept_[begin] || end - begin > 12) return;
        // バルトリン腺, アジソン病
        if (is_ideograph(end) && (book_.not_people.begins(text_, end) > 0 || at(end) == U'腺'))
            return;
        const View word = sub(begin, end);
        if (is_loanword(word)) return;
        const char32_t next = at(end);
        const size_t second = spaces(end, 2);
        // オリカサ イワオ
        if (second > end && next != U'\n' && is_katakana(at(second))) {
            const size_t stop = katakana_end(second);
            const View other = sub(second, stop);
            const bool names = word.size() >= 2 && word.size() <= 6 && other.size() >= 2 &&
                               other.size() <= 6 && is_native(word) && is_native(other) &&
                               (known_kana(word) || known_kana(other));
            if (names && !is_loanword(other) && !is_ideograph(stop)) return mark(begin, stop);
        }
        // アウン・コー・ミン
        if (next == U'・' && is_katakana(at(end + 1))) {
            size_t stop = end;
            bool loan = is_drug(word);
            while (at(stop) == U'・' && is_katakana(at(stop + 1))) {
                const size_t from = stop + 1;
                stop = katakana_end(from);
                loan = loan || is_loanword(sub(from, stop)) || is_drug(sub(from, stop));
            }
            const bool named = book_.honorifics.begins(text_, stop) > 0;
            if (!loan && (begin == 0 || text_[begin - 1] != U'・') &&
                (named || !is_ideograph(stop)))
                return mark(begin, stop);
            return;
        }
        if (begin > 1 && text_[begin - 1] == U'・' && text_[begin - 2] != U'\n') return;
        // オカヤスケンイチ: the end is a given name, the beginning could be a family name.
        if (word.size() >= 5 && word.size() <= 10 && is_native(word) && !is_drug(word)) {
            for (size_t n = 2; n + 3 <= word.size(); ++n) {
                const View family = word.substr(0, n), given = word.substr(n);
                if (is_one_of(word[n - 1], U"ッ") || !book_.given_kana.has(given)) continue;
                if (book_.family_kana.has(family) ||
                    (book_.given_kana.listed(given) &&
                     (word.size() >= 6 || word.back() == U'コ' || word.back() == U'エ')))
                    return mark(begin, end);
            }
        }
        // ミヨ子
        if (word.size() <= 3 && is_one_of(next, U"子代江枝美恵") && is_native(word) &&
            free_behind(end + 1))
            return mark(begin, end + 1);
        if (word.size() >= 2 && (calling_behind(end) || (calling_before(begin) && ends(end))))
            return mark(begin, end);
        if (unknown_kana(word) && !is_ideograph(end) && kana_slot(begin, end))
            return mark(begin, end);
        // プレガバリンが必要と考える: of long words what some list or dictionary has as a name.
        const bool drug = is_drug(word) || (word.size() >= 6 && !book_.may_be_reading(word));
        const bool acts = !drug && line_begins(begin) && acts_behind(end);
        const bool said = text_[begin - (begin > 0)] == U'「' && calling_before(begin);
        if (word.size() >= 2 && (told(end) || acts || said)) mark(begin, end);
    }
    /// 同行 オコイエ, 「ウメノ」, 芝崎よりナツ、: where of words in katakana a name stands most.
    bool kana_slot(size_t begin, size_t end) const {
        const View word = sub(begin, end);
        constexpr std::uint32_t kNames =
            WordClass::GivenKana | WordClass::FamilyKana | WordClass::Foreign;
        const bool name = (book_.classes(word) & kNames) != 0 || known_kana(word);
        const char32_t left = begin > 0 ? text_[begin - 1] : U'\n';
        const bool close = end == text_.size() || is_one_of(text_[end], U"\n、,。.)」/→");
        if (close && cue_before(begin) && (name || begin + 8 > end)) return true;
        if (!name) return false;
        if (aged(end) && cue_ends(begin)) return true;
        // 「サワイ」 behind a drug is its maker.
        const bool said =
            begin < 2 || is_one_of(text_[begin - 2], U" \n、。:") || is_hiragana(text_[begin - 2]);
        if (left == U'「' && said && is_one_of(at(end), U"」はがをに")) return true;
        const View rest = text_.substr(end);
        static constexpr auto kMeets =
            word_set({U"と会", U"と話", U"と面", U"に会", U"を呼", U"が呼", U"が言", U"が話",
                      U"と二人", U"と2人", U"と暮"});
        if (kMeets.opens(rest)) return true;
        // Behind somebody: 芝崎よりナツ、
        static constexpr View kFrom[] = {U"より", U"から", U"に", U"へ", U"と"};
        for (const View each : kFrom) {
            if (begin > each.size() && sub(begin - each.size(), begin) == each &&
                found_[begin - each.size() - 1] && close)
                return true;
        }
        return false;
    }
    bool ends(size_t i) const { return !is_ideograph(i) && !is_letter(at(i)) && !is_digit(at(i)); }
    bool calling_behind(size_t i) const {
        static constexpr View kCallings[] = {
            U"先生", U"医師", U"看護師", U"薬剤師", U"療法士", U"ns",    U"dr",   U"cm",
            U"pt",   U"msw",  U"室長",   U"課長",   U"主任",   U"部長",  U"師長", U"係長",
            U"サ責", U"ot",   U"st",     U"職員",   U"介護士", U"実習生"};
        const size_t from = at(i) == U' ' ? i + 1 : i;
        return from < text_.size() &&
               std::any_of(std::begin(kCallings), std::end(kCallings), [&](View each) {
                   return lower_.substr(from).starts_with(each) &&
                          !is_letter(at(from + each.size()));
               });
    }
    /// ヘルパーの…, 長男: …
    bool calling_before(size_t i) const {
        size_t from = i;
        while (from > 0 && i - from < 3 && is_one_of(text_[from - 1], U" :のは(「・/")) --from;
        const bool no = from > 0 && from < i && text_[from] == U'の';
        static constexpr auto kOthers = word_set({U"患者", U"本人", U"利用者", U"入居者"});
        const size_t start = from - std::min<size_t>(from, 10);
        const size_t n = book_.relations.ends(lower_, start, from);
        if (n == 0 || from == i) return false;
        const View cue = sub(from - n, from);
        // 患者のバイタル is no name.
        return !no || !kOthers.has(cue);
    }
    bool apart_before(size_t i) const {
        return i == 0 || is_one_of(text_[i - 1], U" \n、。,.・:/→「(");
    }
    bool told(size_t i) const { return i < text_.size() && tells(text_.substr(i)); }
    bool line_begins(size_t i) const {
        while (i > 0 && is_one_of(text_[i - 1], U" ・-*■□●○◆◇▼〇#※")) --i;
        return i == 0 || is_one_of(text_[i - 1], U"\n。、");
    }
    /// 主介護者のたかだ けいこ
    void hiragana(size_t space) {
        const size_t second = spaces(space, 2);
        if (second >= text_.size() || !is_hiragana(text_[second])) return;
        // さん ありがとう, したが その後
        const View left = text_.substr(0, space);
        if (book_.honorifics.ends(text_, 0, space) > 0 || left.ends_with(U"たが") ||
            (left.ends_with(U"り") && text_.substr(second).starts_with(U"との")))
            return;
        for (size_t n = 6; n >= 2; --n) {
            if (n > space) continue;
            const bool begins = space == n || !is_hiragana(text_[space - n - 1]);
            if (!(begins ? book_.may_be_reading(as_katakana(space - n, space))
                         : book_.family_kana.has(as_katakana(space - n, space))))
                continue;
            for (size_t m = 5; m >= 2; --m) {
                if (second + m > text_.size()) continue;
                const bool whole =
                    begins && (!is_hiragana(at(second + m)) || particle_at(second + m));
                const View given = as_katakana(second, second + m);
                if (whole ? book_.may_be_reading(given) : book_.given_kana.has(given))
                    return mark(space - n, second + m);
            }
        }
    }
    /// はるえが来て, 娘さん(あかり)
    void given_in_kana(size_t begin) {
        size_t end = begin;
        while (end < text_.size() && end - begin < 6 && is_hiragana(text_[end])) ++end;
        const bool bracketed = begin > 0 && text_[begin - 1] == U'(' && at(end) == U')';
        for (size_t n = end - begin; n >= 3; --n) {
            const View kana = as_katakana(begin, begin + n);
            if (!(bracketed ? book_.given_kana.has(kana) : book_.given_kana.listed(kana))) continue;
            if ((bracketed && begin + n == end) || told(begin + n) || acts_behind(begin + n))
                return mark(begin, begin + n);
        }
    }
    /// りつ子, かず江: a reading of two or three and a letter of given names.
    void mixed_given(size_t i) {
        if (!is_one_of(text_[i], U"子代江枝美恵") || is_ideograph(i + 1)) {
            if (book_.honorifics.begins(text_, i + 1) == 0) return;
        }
        size_t begin = i;
        while (begin > 0 && i - begin < 4 && is_hiragana(text_[begin - 1])) --begin;
        for (; i - begin >= 2; ++begin) {
            static constexpr auto kOthers =
                word_set({U"この", U"その", U"あの", U"どの", U"よい", U"いい"});
            if (is_one_of(text_[i], U"孫奥妹姉兄母父妻夫嫁娘姪甥皆水後")) return;
            if (kOthers.has(sub(begin, i))) return;
            const std::uint32_t classes = book_.classes(as_katakana(begin, i));
            const bool apart = begin == 0 || !is_hiragana(text_[begin - 1]) ||
                               is_one_of(text_[begin - 1], U"のはがとにをもへで");
            if (apart && (classes & WordClass::GivenKana) != 0 && free_behind(i + 1))
                return mark(begin, i + 1);
        }
    }
    View as_katakana(size_t begin, size_t end) const { return book_.katakana(begin, end); }

    // ---- Latin letters --------------------------------------------------------------------------

    void latin(size_t begin) {
        size_t end = begin;
        while (is_letter(at(end))) ++end;
        if (end - begin < 3 || end - begin > 12 || text_[begin] >= U'a') return;
        const size_t second = spaces(at(end) == U',' ? end + 1 : end, 2);
        if (second == end || !is_letter(at(second)) || at(second) >= U'a') return;
        size_t stop = second;
        while (is_letter(at(stop))) ++stop;
        const View word = lower_.substr(begin, end - begin);
        const View other = lower_.substr(second, stop - second);
        if (other.size() < 3 || word.size() + other.size() < 8) return;
        if (is_romaji(word) && is_romaji(other)) mark(begin, stop);
    }

    // ---- people beside people -------------------------------------------------------------------

    /// 佐分利、昼間、露木の3名; 折笠巌(オリカサ イワオ); 足立→静谷.
    void beside(const Mark& person) {
        size_t end = person.end;
        if (const size_t n = book_.honorifics.begins(text_, end)) end += n;
        static constexpr LetterSet kSigns = U"、,・/→と&";
        size_t next = spaces(end, 1);
        if (at(next) == U'(') return reading(next + 1);
        if (is_one_of(at(next), kSigns)) forward(spaces(next + 1, 1));
        size_t back = person.begin;
        if (back > 0 && text_[back - 1] == U' ') --back;
        if (back > 0 && is_one_of(text_[back - 1], kSigns)) backward(back - 1);
    }
    bool reads_beside(size_t begin, size_t end) const {
        const Reads how = reads(begin, end);
        if (how == Reads::No && end > begin + 1 && book_.may_be_name(sub(begin, end)) &&
            !is_role(sub(begin, end)))
            return true;
        if (how != Reads::Beside) return how == Reads::Alone;
        if (end - begin > 1)
            return book_.common.has(sub(begin, end)) || end - begin <= 3 ||
                   book_.may_be_name(sub(begin, end));
        // 森、北、宮崎の3名
        if (begin > 0 && text_[begin - 1] == U'→') return true;
        const bool left = begin > 1 && found_[begin - 2] && text_[begin - 1] == at(end);
        return left && end + 1 < text_.size() &&
               (found_[end + 1] || reads(end + 1, std::min(end + 3, text_.size())) == Reads::Alone);
    }
    void reading(size_t i) {
        size_t end = i;
        while (end < text_.size() && end - i < 16 &&
               (is_katakana(text_[end]) || is_hiragana(text_[end]) || text_[end] == U' '))
            ++end;
        if (end > i + 2 && at(end) == U')' && !is_loanword(sub(i, end))) mark(i, end);
    }
    void forward(size_t i) {
        size_t end = i;
        while (is_ideograph(end)) ++end;
        for (size_t to = std::min(end, i + kLongestName); to > i; --to) {
            if (to < end && !cue_begins(to)) continue;
            if (reads_beside(i, to) && free_behind(to)) return mark(i, to);
        }
        if (end > i) return;
        end = katakana_end(i);
        if (end < i + 2) return;
        // A word in katakana among people, where the list goes on or ends.
        const bool known = is_native(sub(i, end)) && known_kana(sub(i, end));
        if (known || (unknown_kana(sub(i, end)) && list_ends(end))) mark(i, end);
    }
    void backward(size_t end) {
        if (end > 1 && text_[end - 1] == U' ') --end;
        size_t from = end;
        while (from > 0 && is_ideograph(from - 1)) --from;
        if (from < end && reads_beside(from, end) && free_before(from)) return mark(from, end);
        if (from < end) return;
        while (from > 0 && is_katakana(text_[from - 1])) --from;
        if (end < from + 2) return;
        const View word = sub(from, end);
        if ((text_[end] == U'→' && !is_loanword(word)) ||
            (unknown_kana(word) && (line_begins(from) || list_begins(from))))
            mark(from, end);
    }
    /// In katakana, and neither a word nor a drug.
    bool unknown_kana(View word) const {
        constexpr std::uint32_t kWords = WordClass::Ordinary | WordClass::Kana;
        const std::uint32_t classes = book_.classes(word);
        constexpr std::uint32_t kNames = WordClass::GivenKana | WordClass::FamilyKana;
        if (word.size() < 2 || word.size() > 8 || is_loanword(word) || is_drug(word)) return false;
        return (classes & kWords) == 0 ||
               ((classes & kNames) != 0 && (classes & WordClass::Ordinary) == 0);
    }
    bool list_begins(size_t i) const {
        return i > 0 && is_one_of(text_[i - 1], U" 、,・/(:") && i > 1 && found_[i - 2];
    }
    /// …の3名, …で2人, 、 and the next.
    bool list_ends(size_t i) const {
        if (i >= text_.size() || is_one_of(text_[i], U"、,。.・/)\n →")) return true;
        return is_one_of(text_[i], U"のでが") && (is_digit(at(i + 1)) || told(i) || acts_behind(i));
    }

    // ---- found once -----------------------------------------------------------------------------

    void again() {
        std::unordered_set<std::u32string> seen;
        for (const Mark& each : marks_) {
            if (each.kind != UnknownKind::Person) continue;
            std::u32string part;
            for (size_t i = each.begin; i <= each.end; ++i) {
                if (i < each.end && !is_space(text_[i])) {
                    part += text_[i];
                    continue;
                }
                if (!part.empty() &&
                    (is_kanji(part[0]) || is_katakana(part[0]) || part.size() >= 3))
                    remember(part, seen);
                part.clear();
            }
        }
        if (seen.empty()) return;
        each_run([&](size_t begin, size_t end) {
            for (size_t from = begin; from < end; ++from) {
                if (!free_before(from)) continue;
                for (size_t to = std::min(end, from + kLongestName); to > from; --to) {
                    if (to < end && !cue_begins(to)) continue;
                    if (seen.count(std::u32string{sub(from, to)}) && free_behind(to))
                        return mark(from, to);
                }
            }
        });
        for (size_t i = 0; i < text_.size(); ++i) {
            if (!is_katakana(text_[i]) || (i > 0 && is_katakana(text_[i - 1]))) continue;
            const size_t end = katakana_end(i);
            if (seen.count(std::u32string{sub(i, end)})) mark(i, end);
        }
    }
    void remember(const std::u32string& name, std::unordered_set<std::u32string>& seen) const {
        const View word = name;
        if (book_.relations.has(word) || book_.not_names.has(word) || book_.titles.has(word))
            return;
        seen.insert(name);
        if (!is_kanji(name[0]) || word.size() < 3) return;
        for (size_t n = 3; n >= 1; --n) {
            if (n >= word.size() || !book_.family.has(word.substr(0, n))) continue;
            if (!book_.given.has(word.substr(n)) && !of_given_letters(word.substr(n))) continue;
            if (n >= 2) seen.insert(name.substr(0, n));
            if (word.size() - n >= 2) seen.insert(name.substr(n));
            return;
        }
    }

    std::vector<Mark>& marks_;
    std::vector<bool> found_;  ///< letters of a mark
    /// What cue_begins() said: each end of a run is asked about from every beginning.
    enum class Cue : std::uint8_t { Unasked, None, Begins };
    mutable std::vector<Cue> cues_;
};

}  // namespace

bool cue_begins(const KnownWords& words, size_t i) {
    const View text = words.text(), lower = words.lower();
    if (words.honorifics.begins(text, i) > 0) return true;
    size_t size = words.titles.begins(lower, i);
    const size_t relation = words.relations.begins(lower, i);
    if (relation > 1) size = std::max(size, relation);
    if (size == 0) return false;
    const size_t end = i + size;
    const bool institution = end < text.size() && is_one_of(text[end], U"院所局会");
    return words.not_people.begins(text, i) < size && !institution;
}

void find_name_words(const KnownWords& words, std::vector<Mark>& marks) {
    WordSearch(words, marks).run();
}

}  // namespace tsunagi::privacy

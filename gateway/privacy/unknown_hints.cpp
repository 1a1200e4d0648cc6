// Words that may be names, weighed by what they are and what stands around them (hints.h).
#include "privacy/hints.h"

#include <algorithm>

#include "privacy/name_shapes.h"
#include "privacy/name_text.h"

namespace tsunagi::privacy {
namespace {

using std::size_t;
using View = std::u32string_view;

constexpr std::uint32_t kRoles = bit(WordList::Honorifics) | bit(WordList::Titles) |
                                 bit(WordList::Relations) | bit(WordList::Labels) |
                                 bit(WordList::NotNames) | bit(WordList::NotPeople);
constexpr std::uint32_t kOthers = kRoles | bit(WordList::Common) | bit(WordList::Ordinary);

class HintSearch : NameText {
public:
    HintSearch(const KnownWords& words, const std::vector<Mark>& marks, bool all,
               const EachHint& each)
        : NameText(words), each_(each), all_(all), found_(text_.size() + 1) {
        for (const Mark& mark : marks) {
            if (mark.kind != UnknownKind::Person) continue;
            for (size_t i = mark.begin; i < mark.end; ++i) found_[i] = true;
        }
    }

    void run() {
        // A cell of one word holds no sentence to weigh: 錠, 心房細動.
        constexpr size_t kSentence = 10;
        if (text_.size() < kSentence) return;
        for (size_t i = 0; i < text_.size();) {
            size_t end = i;
            if (is_ideograph(i)) {
                while (is_ideograph(end)) ++end;
                kanji(i, end);
            } else if (is_katakana(text_[i])) {
                while (is_katakana(at(end)) || (at(end) == U'・' && is_katakana(at(end + 1))))
                    ++end;
                katakana(i, end);
            } else if (is_hiragana(text_[i])) {
                while (is_hiragana(at(end))) ++end;
                hiragana(i, end);
            } else if (is_letter(text_[i])) {
                while (is_letter(at(end))) ++end;
                latin(i, end);
            }
            i = std::max(end, i + 1);
        }
    }

private:
    /// The end of the text is that of a line.
    char32_t at(size_t i) const { return i < text_.size() ? text_[i] : U'\n'; }

    // ---- words ----------------------------------------------------------------------------------

    /// What a word in kanji is; 0: nobody's name.
    std::uint32_t kind_of(size_t begin, size_t end) const {
        const View word = sub(begin, end);
        const size_t size = end - begin;
        if (size > 5) return 0;
        if (size > 2 && is_one_of(word.back(), U"湯散丸飲菌症病炎剤薬筋腺癌腫性的")) return 0;
        // 長男様
        if (size > 2 && (book_.honorifics.ends(word, 0, size) > 0 ||
                         book_.relations.begins(lower_.substr(begin, size), 0) > 1))
            return 0;
        const std::uint32_t classes = book_.classes(word);
        const bool listed = book_.family.listed(word) || book_.given.listed(word);
        const bool known = (classes & (WordClass::Family | WordClass::Given)) != 0;
        const bool apart = size >= 2 && !listed && !known;
        if (apart && size == 2 && (classes != 0 || !book_.of_name_letters(word))) return 0;
        // 介護|用
        if (apart && size > 2 && is_one_of(word.back(), U"用的中後前側時性化式型系類部科室品具") &&
            is_word(word.substr(0, size - 1)))
            return 0;
        if (book_.listed(word, kRoles)) return 0;
        const bool usual = (classes & WordClass::Usual) != 0;
        const bool noun = (classes & WordClass::Ordinary) != 0;
        const bool place = (classes & (WordClass::Place | WordClass::Term)) != 0;
        const bool common = book_.ordinary.has(word) ||
                            (size == 1 ? book_.common_letters.has(word) : book_.common.has(word));
        const auto length = static_cast<std::uint32_t>(std::min<size_t>(size, 3));
        std::uint32_t type = 0;
        if (listed || known) {
            type = common ? 1 : noun && !usual ? 2 : place && !usual ? 3 : noun ? 4 : 5;
            if (listed) type += 5;
        } else if (size >= 3 && !noun && split(word)) {
            type = size > 3 && of_words(word) ? 14 : 11;
        } else if (size == 3 && tail_of_words(word)) {
            return 0;
        } else if (size >= 2 && classes == 0 && !common && book_.of_name_letters(word) &&
                   !(size > 3 && of_words(word))) {
            type = book_.looks_family(word) ? 12 : 13;
        } else if (size == 1 && classes == 0 && !common) {
            type = 15;
        } else {
            return 0;
        }
        if (size > 2 && place && is_one_of(word.back(), U"市区町村県郡府都")) return 0;
        // 二十一日
        if (is_one_of(word.front(), U"一二三四五六七八九十") && is_one_of(word.back(), U"日月年回"))
            return 0;
        // 行|くんです
        const char32_t next = at(end);
        if (size == 1 && is_hiragana(next) && !is_one_of(next, U"がはもをとへ") && stem(begin, end))
            return 0;
        // 飲み込む力
        const bool behind_verb = is_hiragana(before(begin)) &&
                                 !is_one_of(before(begin), U"はがをにのとでもへやしてりら");
        if (size == 1 && common && behind_verb) return 0;
        return 1 + length * 16 + type;
    }
    /// 増|や: with the letter behind, how a verb or an adjective begins.
    bool stem(size_t begin, size_t end) const {
        return is_hiragana(at(end)) && (book_.classes(sub(begin, end + 1)) & WordClass::Stem) != 0;
    }
    bool split(View word) const {
        for (size_t n = 1; n < word.size() && n <= 3; ++n) {
            const View family = word.substr(0, n), given = word.substr(n);
            if (given.size() > 3) continue;
            if (book_.family.has(family) && (book_.classes(given) & WordClass::Given) != 0)
                return true;
        }
        return false;
    }

    bool is_word(View word) const {
        constexpr std::uint32_t kWords = WordClass::Ordinary | WordClass::Place | WordClass::Term;
        return (book_.classes(word) & kWords) != 0 || book_.listed(word, kOthers);
    }
    /// 薬剤|師, 先|天性: a part of a word of the run.
    bool within_word(size_t begin, size_t from, size_t to, size_t end) const {
        for (size_t n = 1; n <= 3 && from >= begin + n; ++n) {
            if (is_word(sub(from - n, to))) return true;
        }
        for (size_t n = 1; n <= 3 && to + n <= end; ++n) {
            if (is_word(sub(from, to + n)) && !is_done(sub(to, to + n))) return true;
        }
        return false;
    }
    /// 台|後半: a letter and a word that is no name.
    bool tail_of_words(View word) const {
        constexpr std::uint32_t kNames = WordClass::Family | WordClass::Given;
        return is_word(word.substr(1)) && (book_.classes(word.substr(1)) & kNames) == 0;
    }
    /// 海外|出張: two words and more that the dictionaries know.
    bool of_words(View word) const {
        for (size_t n = 1; n < word.size(); ++n) {
            const View first = word.substr(0, n), last = word.substr(n);
            if ((n == 1 || is_word(first)) && (last.size() == 1 || is_word(last)) &&
                (n > 1 || last.size() > 1))
                return true;
        }
        return false;
    }
    void kanji(size_t begin, size_t end) {
        if (end - begin > 14) return;
        for (size_t from = begin; from < end; ++from) {
            const std::uint32_t left = from == begin ? 0 : cue_ends(from);
            if (from > begin && left == 0) continue;
            for (size_t to = std::min(end, from + 5); to > from; --to) {
                const std::uint32_t right = to == end ? 0 : cue_starts(to, end);
                if (to < end && right == 0) continue;
                // 心音|純: of one letter beside a relation or an office only.
                if (to == from + 1 && left > 3) continue;
                // 三|姉妹
                if (right > 1 && is_one_of(text_[from], U"一二三四五六七八九十両")) continue;
                const std::uint32_t kind = kind_of(from, to);
                if (kind != 0 && !within_word(begin, from, to, end))
                    hint(from, to, kind, left, right);
            }
        }
    }
    void katakana(size_t begin, size_t end) {
        const View word = sub(begin, end);
        if (word.size() > 20 || book_.listed(lower_.substr(begin, end - begin), kRoles) ||
            is_drug(word))
            return;
        const std::uint32_t classes = book_.classes(word);
        const bool loan = book_.loanwords.has(word) || book_.likeness_words.has(word) ||
                          (word.size() > 3 && book_.loanwords.ends(word, 0, word.size()) >= 3);
        const bool noun = (classes & (WordClass::Ordinary | WordClass::Kana)) != 0;
        const bool listed = book_.family_kana.listed(word) || book_.given_kana.listed(word);
        const bool foreign = book_.foreign.listed(word) || (classes & WordClass::Foreign) != 0;
        const bool known = (classes & (WordClass::FamilyKana | WordClass::GivenKana)) != 0;
        if (word.size() < 2 && !known) return;
        // エロビキシバット: what nobody has as a name is a product, or a name in parts.
        const bool heard = known || listed || foreign;
        if (!heard && word.size() >= 6 && word.find(U'・') == View::npos) return;
        const std::uint32_t type = (loan ? 1 : 0) + (noun ? 2 : 0) + (listed ? 4 : 0) +
                                   (foreign ? 8 : 0) + (known ? 16 : 0) +
                                   (word.find(U'・') != View::npos ? 32 : 0);
        // スミ子
        const bool child =
            word.size() <= 3 && is_one_of(at(end), U"子代江枝美恵") && !is_ideograph(end + 1);
        hint(begin, child ? end + 1 : end, 64 + type, 0, 0);
    }
    void hiragana(size_t begin, size_t end) {
        if (end - begin > 40) return;
        for (size_t from = begin; from < end; ++from) {
            if (from > begin && !is_one_of(text_[from - 1], U"のはがとにをもへで")) continue;
            if (from == begin && !opens_kana(from)) continue;
            for (size_t n = std::min<size_t>(end - from, 5); n >= 2; --n) {
                const View kana = book_.katakana(from, from + n);
                const std::uint32_t classes = book_.classes(kana);
                const bool listed = book_.given_kana.listed(kana);
                const bool family = book_.family_kana.listed(kana);
                if (!listed && !family && (classes & WordClass::GivenKana) == 0) continue;
                const bool word =
                    (classes & WordClass::Kana) != 0 || book_.not_names.has(sub(from, from + n));
                if (grammar(from, n)) continue;
                const std::uint32_t type = (listed ? 1 : 0) + (family ? 2 : 0) + (word ? 4 : 0) +
                                           (n == 2 ? 8 : 0) + (from > begin ? 16 : 0);
                hint(from, from + n, 128 + type, 0, 0);
            }
        }
    }
    /// Where a name in hiragana may begin a run: 長女ゆかり, 山田はるみ; not 痛みと, 1Lとし.
    bool opens_kana(size_t i) const {
        const char32_t c = before(i);
        if (is_digit(c) || is_letter(c) || is_katakana(c) || c == U'%') return false;
        if (!is_kanji(c)) return true;
        const std::uint32_t cue = cue_ends(i);
        return (cue > 0 && cue < 4) || book_.family.ends(text_, i - std::min<size_t>(i, 4), i) > 1;
    }
    /// すで|に, おむ|つ, より: within a word that is longer, or one that joins others.
    bool grammar(size_t from, size_t n) const {
        static constexpr auto kGrammar =
            word_set({U"より", U"こと", U"ため",   U"その",   U"これ",   U"ここ", U"もの", U"とき",
                      U"たい", U"して", U"いる",   U"ある",   U"ない",   U"など", U"まで", U"から",
                      U"だけ", U"ほど", U"ます",   U"です",   U"とか",   U"のみ", U"ほか", U"また",
                      U"なお", U"かな", U"みた",   U"あと",   U"うち",   U"とも", U"ので", U"のに",
                      U"には", U"では", U"とは",   U"との",   U"いま",   U"なか", U"そば", U"ほう",
                      U"よう", U"はい", U"すみ",   U"むね",   U"かけ",   U"くる", U"もう", U"まだ",
                      U"ただ", U"おり", U"より",   U"ながら", U"ところ", U"いち", U"つつ", U"たち",
                      U"さん", U"さま", U"ちゃん", U"ありが", U"のち",   U"まま"});
        static constexpr auto kFollow =
            word_set({U"が",   U"は",   U"を",     U"に",   U"の",   U"と",   U"も",
                      U"へ",   U"で",   U"や",     U"より", U"から", U"まで", U"だ",
                      U"さん", U"さま", U"ちゃん", U"くん", U"たち", U"らは", U"らが"});
        const View word = sub(from, from + n);
        if (kGrammar.has(word)) return true;
        const char32_t next = at(from + n);
        if (!is_hiragana(next)) return false;
        if (!kFollow.opens(rest(from + n))) return true;
        for (size_t m = n + 1; m <= n + 3 && from + m <= text_.size(); ++m) {
            if (!is_hiragana(text_[from + m - 1])) break;
            if ((book_.classes(book_.katakana(from, from + m)) & WordClass::Kana) != 0) return true;
        }
        return false;
    }
    void latin(size_t begin, size_t end) {
        if (text_[begin] >= U'a' || end - begin < 3) return;
        const View word = lower_.substr(begin, end - begin);
        if (book_.listed(word, kRoles)) return;
        const bool known = book_.family_latin.has(word) || book_.given_latin.has(word);
        const bool mixed = text_[end - 1] >= U'a';
        const std::uint32_t type = (known ? 1 : 0) + (mixed ? 2 : 0) + (is_romaji(word) ? 4 : 0) +
                                   (end - begin > 4 ? 8 : 0);
        hint(begin, end, 192 + type, 0, 0);
    }

    // ---- what stands around ---------------------------------------------------------------------

    /// A cue that ends before `i`: 1 a relation, 2 an office, 3 an institution, 4 an ordinary word.
    std::uint32_t cue_ends(size_t i) const {
        const size_t from = i - std::min<size_t>(i, 10);
        if (book_.relations.ends(lower_, from, i) > 1) return 1;
        if (book_.titles.ends(lower_, from, i) > 1) return 2;
        if (book_.relations.ends(lower_, from, i) > 0) return 3;
        if (i > 0 && is_one_of(text_[i - 1], U"科部課局室所棟院園")) return 4;
        for (size_t n = 2; n <= 4 && n <= i; ++n) {
            if ((book_.classes(sub(i - n, i)) & WordClass::Ordinary) != 0) return 5;
        }
        return 0;
    }
    /// A cue that begins at `i`: an honorific, an office, a relation, what is done.
    std::uint32_t cue_starts(size_t i, size_t end) const {
        if (book_.honorifics.begins(text_, i) > 0) return 1;
        if (book_.titles.begins(lower_, i) > 1) return 2;
        if (book_.relations.begins(lower_, i) > 1) return 3;
        if (is_done(sub(i, end))) return 4;
        // 特|記すべき
        if (is_one_of(text_[i], U"宅家記宛側氏"))
            return i + 1 < end || is_hiragana(at(end)) ? 0 : 5;
        return 0;
    }
    static char32_t sign(char32_t c) {
        if (is_digit(c)) return U'0';
        if (is_letter(c)) return U'a';
        return c < 0x10000 ? c : U'漢';
    }
    static char32_t coarse(char32_t c) {
        if (is_kanji(c)) return U'漢';
        if (is_katakana(c)) return U'ア';
        return sign(c);
    }
    /// A cue before what parts it from the word: 長男の, 担当：, 出席者 .
    std::uint32_t far_cue(size_t i) const {
        size_t from = i;
        while (from > 0 && i - from < 3 && is_one_of(text_[from - 1], U" :の(「・/、は\n)→と&,や"))
            --from;
        if (from == i) return 0;
        if (from > 0 && found_[from - 1]) return 6;
        const size_t start = from - std::min<size_t>(from, 10);
        if (book_.labels.ends(text_, start, from) > 0) return 1;
        const size_t relation = book_.relations.ends(lower_, start, from);
        if (relation > 1) return 2;
        if (book_.titles.ends(lower_, start, from) > 1) return 3;
        if (relation > 0) return 4;
        if (from > 0 && is_one_of(text_[from - 1], U"科部課局室所棟院園")) return 5;
        return 0;
    }
    std::uint32_t far_behind(size_t i) const {
        size_t from = i;
        while (from < text_.size() && from - i < 2 && is_one_of(text_[from], U" (・/、:→と&,や"))
            ++from;
        if (from == i) return 0;
        if (from < text_.size() && found_[from]) return 6;
        if (from < text_.size() && is_digit(text_[from])) return 5;
        if (book_.honorifics.begins(text_, from) > 0) return 1;
        if (book_.titles.begins(lower_, from) > 1) return 2;
        if (book_.relations.begins(lower_, from) > 1) return 3;
        return 0;
    }
    /// あさ|がお在宅クリニック, 桜|並木診療所: the word goes on to an institution. 2: over kana.
    std::uint32_t institution(size_t i) const {
        static constexpr auto kHouses =
            word_set({U"病院",   U"医院",       U"クリニ",         U"診療所",
                      U"薬局",   U"センター",   U"ステーシ",       U"訪問看護",
                      U"訪看",   U"内科",       U"外科",           U"歯科",
                      U"事業所", U"ケアプラン", U"ケアサポ",       U"公園",
                      U"駅",     U"大学",       U"学校",           U"学園",
                      U"幼稚園", U"保育",       U"ホーム",         U"メディカ",
                      U"ヘルス", U"ケアレント", U"リハビリテーシ", U"特別支援",
                      U"デイ",   U"サービス",   U"通り",           U"商店",
                      U"会"});
        size_t end = i;
        std::uint32_t kana = 1;
        for (; end < text_.size() && end - i < 14; ++end) {
            if (is_one_of(text_[end], U" \n、。,.()「」:/・→") || is_digit(text_[end])) break;
            if (is_hiragana(text_[end]) && !is_one_of(text_[end], U"の")) kana = 2;
            if (kHouses.opens(rest(end))) return kana;
        }
        return 0;
    }
    /// What people do stands behind a particle: 昼間が搬入.
    std::uint32_t act(size_t i) const {
        if (tells(rest(i))) return 2;
        static constexpr auto kBefore = word_set({U"が", U"は", U"も", U"より", U"から", U"に",
                                                  U"へ", U"と", U"を", U"、", U"」", U" "});
        const size_t from = i + kBefore.longest(rest(i));
        if (from == i) return 0;
        for (size_t k = from; k < from + 10 && k < text_.size(); ++k) {
            if (is_one_of(text_[k], U"。、,.\n")) return 0;
            if (book_.acts.begins(text_, k) > 0) return 1;
        }
        return 0;
    }

    void hint(size_t begin, size_t end, std::uint32_t kind, std::uint32_t left,
              std::uint32_t right) {
        if (kept_[begin] || is_counter(text_, begin, end) || end - begin == text_.size()) return;
        if (!all_ && (found_[begin] || found_[end - 1])) return;
        Hint hint;
        hint.begin = begin;
        hint.end = end;
        const auto add = [&](std::uint64_t what, std::uint64_t one, std::uint64_t two = 0,
                             std::uint64_t three = 0) {
            hint.signs[hint.size++] =
                what << 58 | (one & 0x1FFFF) << 34 | (two & 0x1FFFF) << 17 | (three & 0x1FFFF);
        };
        const char32_t l1 = sign(before(begin)), r1 = sign(at(end));
        const char32_t l2 = begin > 1 ? sign(text_[begin - 2]) : U'\n';
        const char32_t l3 = begin > 2 ? sign(text_[begin - 3]) : U'\n';
        const char32_t r2 = sign(at(end + 1)), r3 = sign(at(end + 2));
        const std::uint32_t script = kind < 64 ? kind % 16 : kind;
        const std::uint32_t bare = far_cue(begin), next = far_behind(end), acts = act(end);
        add(1, kind);
        add(2, coarse(l1), script);
        add(3, coarse(r1), script);
        add(4, l1, l2);
        add(5, r1, r2);
        add(6, l1, l2, l3);
        add(7, r1, r2, r3);
        add(8, coarse(l1), coarse(r1));
        add(9, left, right, script);
        add(10, bare, script);
        add(11, next, script);
        add(12, acts, coarse(r1), script);
        add(13, bare, acts, next);
        add(14, coarse(l1), bare);
        add(15, kind < 64 && stem(begin, end), coarse(r1), script);
        add(16, coarse(l1), acts, coarse(r1));
        const std::uint32_t house = institution(end);
        add(17, house, coarse(l1), script);
        add(18, house, coarse(r1), bare);
        add(19, std::min<size_t>(end - begin, 9), kind / 64);
        each_(hint);
    }

    const EachHint& each_;
    const bool all_;  ///< what was found too
    std::vector<bool> found_;
};

}  // namespace

void each_hint(const KnownWords& words, const std::vector<Mark>& marks, bool all,
               const EachHint& each) {
    HintSearch(words, marks, all, each).run();
}

void find_name_hints(const KnownWords& words, std::vector<Mark>& marks) {
    // In sixteenths: 0 would be as likely a name as none. A name that is passed over costs more
    // than a word that a person looks at.
    constexpr int kEnough = -12;
    std::vector<Mark> found;
    int last = 0;  // the weight of the last found: of words that overlap the heaviest counts
    each_hint(words, marks, false, [&](const Hint& hint) {
        int sum = words.hints()[HintWeights::kAlways];
        for (size_t i = 0; i < hint.size; ++i) sum += words.hints()[hint.signs[i]];
        if (sum <= kEnough) return;
        const Mark mark{UnknownKind::Person, hint.begin, hint.end};
        if (found.empty() || hint.begin >= found.back().end) {
            found.push_back(mark);
        } else if (sum > last) {
            found.back() = mark;
        } else {
            return;
        }
        last = sum;
    });
    marks.insert(marks.end(), found.begin(), found.end());
}

}  // namespace tsunagi::privacy

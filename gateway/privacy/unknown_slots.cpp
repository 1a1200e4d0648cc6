// Places of a letter where a name stands whatever the word is: a signature, before a telephone
// number, before what only a person has.
#include <algorithm>
#include <iterator>

#include "privacy/name_shapes.h"
#include "privacy/name_text.h"

namespace tsunagi::privacy {
namespace {

using std::size_t;
using View = std::u32string_view;

constexpr LetterSet kOpen = U" \n、,。.・:;()「」『』〔〕【】[]/→=~-*■□●○◆◇▼〇#※>&";

class SlotSearch : NameText {
public:
    SlotSearch(const KnownWords& words, std::vector<Mark>& marks)
        : NameText(words), marks_(marks) {}

    void run() {
        for (size_t i = 0; i < text_.size();) {
            const size_t end = end_of_word(i);
            if (end > i && !kept_[i]) word(i, end);
            i = std::max(end, i + 1);
        }
    }

private:
    size_t blanks(size_t i) const {
        while (is_space(at(i)) && at(i) != U'\n') ++i;
        return i;
    }
    /// The end of the run of one script that begins at `i`.
    size_t end_of_word(size_t i) const {
        size_t end = i;
        if (is_kanji(at(i))) {
            while (is_kanji(at(end)) || at(end) == U'ヶ') ++end;
        } else if (is_katakana(at(i))) {
            while (is_katakana(at(end)) || (at(end) == U'・' && is_katakana(at(end + 1)))) ++end;
        } else if (is_letter(at(i))) {
            while (is_letter(at(end))) ++end;
        } else if (is_hiragana(at(i))) {
            while (is_hiragana(at(end))) ++end;
        }
        return end;
    }
    bool opens(size_t i) const {
        return i == 0 || is_one_of(text_[i - 1], kOpen) ||
               book_.relations.ends(lower_, i - std::min<size_t>(i, 8), i) > 1;
    }
    bool closes(size_t i) const {
        return i >= text_.size() || is_one_of(text_[i], U"\n。)」;〕】]");
    }

    // ---- what the word may be -------------------------------------------------------------------

    bool is_role(size_t begin, size_t end) const {
        const View word = sub(begin, end), lower = lower_.substr(begin, end - begin);
        return book_.relations.has(lower) || book_.titles.has(lower) || book_.labels.has(word) ||
               book_.not_names.has(word) || book_.not_people.has(word) ||
               (word.size() > 1 && book_.not_people.ends(word, 0, word.size()) > 0);
    }
    /// In kanji, a name by list or dictionary. `strong`: what is a word too.
    bool kanji_name(size_t begin, size_t end, bool strong) const {
        const View word = sub(begin, end);
        if (word.size() > 5 || !is_kanji(word.front()) || is_role(begin, end) ||
            (!strong && book_.ordinary.has(word)))
            return false;
        const std::uint32_t classes = book_.classes(word);
        const bool known = (classes & (WordClass::Family | WordClass::Given)) != 0 ||
                           book_.family.has(word) || book_.given.has(word);
        if (word.size() == 1) return known && (strong || !book_.common_letters.has(word));
        if (known) return strong || book_.may_be_name(word) || (classes & WordClass::Ordinary) == 0;
        if ((classes & WordClass::Ordinary) != 0) return false;
        for (size_t n = 1; n < word.size() && (strong || word.size() >= 3); ++n) {
            const View first = word.substr(0, n);
            const bool family =
                n == 1 ? book_.family.has(first) || (book_.classes(first) & WordClass::Family) != 0
                       : book_.may_be_name(first);
            const View given = word.substr(n);
            const bool named = (book_.classes(given) & WordClass::Given) != 0;
            const bool noun = (book_.classes(given) & WordClass::Ordinary) != 0 ||
                              (n == 1 && book_.common_letters.has(word.substr(0, 1)));
            if (family && given.size() <= 3 &&
                (book_.given.has(given) || (named && (strong || !noun))))
                return true;
        }
        return strong && classes == 0 && !book_.common.has(word) && book_.of_name_letters(word);
    }
    bool kana_name(size_t begin, size_t end, bool strong) const {
        const View word = sub(begin, end);
        if (!is_katakana(word.front()) || word.size() < 2 || word.size() > 12 || is_drug(word) ||
            is_role(begin, end))
            return false;
        const std::uint32_t classes = book_.classes(word);
        constexpr std::uint32_t kNames =
            WordClass::FamilyKana | WordClass::GivenKana | WordClass::Foreign;
        const bool loan = book_.loanwords.has(word) || book_.likeness_words.has(word) ||
                          book_.loanwords.ends(word, 0, word.size()) >= 3;
        if (loan && !(strong && (classes & kNames) != 0)) return false;
        const bool named = (classes & kNames) != 0;
        // アロプリノール: long, and nobody's name.
        if (!strong && !named && word.size() >= 6 && word.find(U'・') == View::npos) return false;
        return (classes & WordClass::Ordinary) == 0 || (strong && named);
    }
    bool name(size_t begin, size_t end, bool strong) const {
        return kanji_name(begin, end, strong) || kana_name(begin, end, strong);
    }

    // ---- where it stands ------------------------------------------------------------------------

    /// 090-…, (0465)84-…, +81…: behind spaces or a bracket.
    bool phone_at(size_t i) const {
        size_t k = blanks(i);
        if (k == i && at(k) != U'(' && at(k) != U':') return false;
        while (is_one_of(at(k), U"(:℡☎ ")) ++k;
        if (rest(k).starts_with(U"+81")) return true;
        size_t digits = 0, size = 0;
        while (size < 15 && (is_digit(at(k + size)) || is_one_of(at(k + size), U"-()ー−‐ "))) {
            digits += is_digit(at(k + size));
            ++size;
        }
        return at(k) == U'0' && (digits == 10 || digits == 11);
    }
    /// (地域包括), (たんぽぽ薬局), (近隣): a role or an institution in brackets behind.
    bool role_in_brackets(size_t i) const {
        if (at(i) != U'(') return false;
        const size_t close = std::min(text_.find(U')', i), text_.size());
        if (close - i > 20 || close == text_.size()) return false;
        const View inside = lower_.substr(i + 1, close - i - 1);
        static constexpr auto kCare = word_set({U"ケアプラン", U"訪問看護", U"地域包括", U"居宅"});
        return kCare.opens(inside) || book_.relations.begins(inside, 0) > 1 ||
               book_.titles.begins(inside, 0) > 1 ||
               book_.titles.ends(inside, 0, inside.size()) > 1 || is_institution(inside);
    }
    static bool is_institution(View word) {
        static constexpr auto kEndings = word_set(
            {U"ステーション", U"クリニック", U"センター",   U"病院",     U"医院", U"薬局",
             U"診療所",       U"プラン",     U"事業所",     U"包括",     U"訪看", U"事務所",
             U"社協",         U"保育園",     U"内科",       U"外科",     U"歯科", U"連携室",
             U"事務",         U"支所",       U"ヘルスケア", U"サポート", U"st",   U"サービス",
             U"ホーム",       U"園",         U"苑"});
        return kEndings.closes(word);
    }
    /// はやし医院 畔, たんぽぽ薬局 所: the end of a line behind an institution.
    bool signature(size_t begin, size_t end) const {
        if (!is_space(before(begin)) || before(begin) == U'\n' || !closes(blanks(end)))
            return false;
        size_t i = begin;
        while (i > 0 && text_[i - 1] == U' ') --i;
        const size_t from = i - std::min<size_t>(i, 10);
        return is_institution(lower_.substr(from, i - from));
    }
    /// (畔), with nothing else, at the end of a line.
    bool alone_in_brackets(size_t begin, size_t end) const {
        if (before(begin) != U'(' || at(end) != U')') return false;
        if (end + 1 >= text_.size() || is_one_of(text_[end + 1], U"\n。 ")) return true;
        constexpr std::uint32_t kNames = WordClass::GivenKana | WordClass::Foreign;
        return (book_.classes(sub(begin, end)) & kNames) != 0;
    }
    /// 090-1234-5678(将): behind a telephone number.
    bool behind_phone(size_t begin, size_t end) const {
        const bool bracket = before(begin) == U'(' && at(end) == U')';
        const bool apart = before(begin) == U' ' && (closes(end) || at(end) == U' ');
        if (!bracket && !apart) return false;
        size_t i = begin - 1, digits = 0;
        while (i > 0 && begin - i < 16 &&
               (is_digit(text_[i - 1]) || is_one_of(text_[i - 1], U"-()ー ")))
            digits += is_digit(text_[--i]);
        return digits >= 9;
    }
    /// 今→柏木, 一→鉄さん: from one to another, either of whom is a name.
    bool handed(size_t begin, size_t end) const {
        if (at(end) == U'→') {
            const size_t stop = end_of_word(end + 1);
            if (stop > end + 1 &&
                (name(end + 1, stop, false) || book_.honorifics.begins(text_, stop - 2) > 0))
                return true;
        }
        if (before(begin) != U'→' || begin < 2) return false;
        size_t from = begin - 1;
        while (from > 0 && begin - from < 6 && is_kanji(text_[from - 1])) --from;
        return from < begin - 1 && name(from, begin - 1, false);
    }
    /// 署名あり(表), よろしくお願いいたします(釜).
    bool signed_by(size_t begin, size_t end) const {
        if (before(begin) != U'(' || at(end) != U')') return false;
        static constexpr auto kSigned = word_set(
            {U"署名あり", U"署名", U"サインあり", U"押印あり", U"記名あり", U"お願いします",
             U"いたします", U"致します", U"ございます", U"以上", U"済み", U"済"});
        return kSigned.closes(text_.substr(0, begin - 1));
    }
    /// 箕タケ/ミ タケ/女/㍼21年…: a field of a list of somebody's data, and what comes next.
    bool field_before(size_t i, bool again = true) const {
        const size_t slash = blanks(i);
        if (at(slash) != U'/') return false;
        const size_t next = blanks(slash + 1);
        const size_t end = std::min(text_.find_first_of(U"/\n", next), text_.size());
        View field = sub(next, end);
        while (field.ends_with(U' ')) field.remove_suffix(1);
        static constexpr auto kSexes = word_set({U"男", U"女", U"男性", U"女性"});
        if (kSexes.has(field)) return true;
        const bool era = is_one_of(at(next), U"明大昭平令㍾㍽㍼㍻MTSH");
        if ((era && (is_digit(at(next + 1)) || is_digit(at(next + 2)))) ||
            (is_digit(at(next)) && is_digit(at(next + 3)) && is_one_of(at(next + 4), U"年/.-") &&
             is_one_of(at(next), U"12")))
            return true;
        const bool kana = !field.empty() && field.size() <= 14 &&
                          std::all_of(field.begin(), field.end(), [](char32_t c) {
                              return is_katakana(c) || is_hiragana(c) || c == U' ';
                          });
        return again && kana && field_before(end, false);
    }
    /// 「アキノですが, a line that begins 嘉手納です。
    bool introduced(size_t begin, size_t end) const {
        static constexpr auto kIs = word_set({U"です。", U"です、", U"ですが", U"ですけど",
                                              U"でございます", U"と申し", U"といいます"});
        return is_one_of(before(begin), U"「\n") && kIs.opens(rest(end));
    }
    /// What only a person has or does.
    bool only_people(size_t end) const {
        static constexpr auto kOnly =
            word_set({U"の勤務先", U"の職場",   U"の笑顔",   U"の飲酒",   U"の手作り", U"の機嫌",
                      U"の寝顔",   U"の吸引を", U"との間に", U"と親しい", U"と二人暮", U"、と呼",
                      U"と呼ぶ",   U"と呼び",   U"と呼んで", U"、\nと呼", U"は独身",   U"のみ、夜",
                      U"と交替",   U"の順に",   U"の順で"});
        if (kOnly.opens(rest(end))) return true;
        const View behind = rest(end).substr(0, 14);
        const size_t from = behind.find(U"出身");
        return behind.starts_with(U"は") && from != View::npos &&
               behind.substr(0, from).find(U'、') == View::npos;
    }
    bool person_behind(size_t end) const {
        static constexpr auto kBehind = word_set(
            {U"の勤務先", U"の職場",   U"の笑顔", U"の表情", U"の飲酒",   U"の発言",   U"の手作り",
             U"の意向",   U"の言葉",   U"の機嫌", U"の泣き", U"の寝顔",   U"との間に", U"と親しい",
             U"と二人暮", U"、と呼",   U"と呼ぶ", U"と呼び", U"と呼んで", U"と同行",   U"と共に",
             U"が同行",   U"が設定",   U"が準備", U"が実施", U"が処置",   U"が向か",   U"が聴取",
             U"が交替",   U"が説明",   U"が話を", U"が連絡", U"が往診",   U"が泊ま",   U"が迎え",
             U"が付き",   U"が手続",   U"が記入", U"が確認", U"が作成",   U"が受け取", U"が持参",
             U"に共有",   U"に引き継", U"に託",   U"に伝言", U"宛に",     U"の順で",   U"のみ伺",
             U"は独身",   U"は同居",   U"は別居", U"は涙",   U"は不在",   U"は欠席",   U"は休み",
             U"は退室",   U"は帰国",   U"は来日", U"は仕事"});
        return kBehind.opens(rest(end)) || tells(rest(end));
    }
    /// 邦彦○、学△(再指導): who can do it and who cannot.
    bool judged(size_t begin, size_t end) const {
        return is_one_of(at(end), U"○△×◎〇✕") && is_one_of(before(begin), U":、,/ ") &&
               is_one_of(at(end + 1), U"(、,。\n/ \0");
    }
    /// 「ハマグチ」の記入, 「カツミ」です.
    bool quoted(size_t begin, size_t end) const {
        if (before(begin) != U'「' || at(end) != U'」') return false;
        static constexpr auto kBehind = word_set(
            {U"の記入", U"の署名", U"の名", U"です", U"と書か", U"と名乗", U"とサイン", U"「"});
        return kBehind.opens(rest(end + 1)) || (begin > 1 && text_[begin - 2] == U'」');
    }
    /// 聴取者 畔, 受付者(病院側):角, 担当赤城/副佐原: an office and a sign before.
    bool office_before(size_t begin, size_t end) const {
        size_t i = begin;
        while (i > 0 && begin - i < 3 && is_one_of(text_[i - 1], U" :")) --i;
        const bool second = i > 1 && text_[i - 1] == U'副' && is_one_of(text_[i - 2], U"/、(・ ");
        if (second) return true;
        if (i == begin) return false;
        if (text_[i - 1] == U')') {
            const size_t open = text_.rfind(U'(', i - 1);
            if (open == View::npos || i - open > 14) return false;
            i = open;
        }
        static constexpr auto kOffices =
            word_set({U"聴取者", U"受付者", U"更新者",   U"記録者", U"記入者", U"入力者", U"作成者",
                      U"報告者", U"代筆",   U"確認者",   U"確認医", U"立会者", U"立会い", U"受付",
                      U"会計",   U"記録",   U"記",       U"聴取",   U"文責",   U"サイン", U"署名",
                      U"担当",   U"主治医", U"差出人は", U"表記",   U"訪問者", U"参加者", U"面会者",
                      U"来訪者", U"施行者", U"実施者",   U"指導者", U"評価者", U"送信者", U"主任"});
        const View left = text_.substr(0, i);
        const bool office = kOffices.closes(left);
        const size_t next = blanks(end);
        const bool relation = book_.relations.ends(lower_, i - std::min<size_t>(i, 10), i) > 1;
        return (office || relation) &&
               (closes(next) || is_one_of(at(next), U"、,/(・") || next > end);
    }

    void word(size_t begin, size_t end) {
        if (text_[begin] == U'副' && end > begin + 1 && is_one_of(before(begin), U"/、(・ "))
            ++begin;
        if (is_letter(text_[begin])) return latin(begin, end);
        if (is_hiragana(text_[begin])) return hiragana(begin, end);
        if (!opens(begin)) {
            // 今は馨 090-…, 週末は望との間: behind a particle, with what is sure.
            const bool particle = is_one_of(before(begin), U"はのがにをとでも");
            if (particle && name(begin, end, false) &&
                (person_behind(end) || only_people(end) || phone_at(end)))
                mark(begin, end);
            if (office_before(begin, end) && name(begin, end, false)) mark(begin, end);
            return;
        }
        const bool strong = phone_at(end) || judged(begin, end) || behind_phone(begin, end) ||
                            quoted(begin, end) || signature(begin, end) || only_people(end) ||
                            office_before(begin, end) || role_in_brackets(end) ||
                            introduced(begin, end) || handed(begin, end) || signed_by(begin, end) ||
                            field_before(end) || (at(end) == U'が' && tells(rest(end)));
        if (strong && name(begin, end, true)) return mark(begin, end);
        if ((alone_in_brackets(begin, end) || person_behind(end)) && name(begin, end, false))
            return mark(begin, end);
        if (isolated(begin, end) && end > begin + 1 && name(begin, end, false))
            return mark(begin, end);
        two_words(begin, end);
        two_parts(begin, end);
    }

    /// 了解しました。フローレス: with a sentence's end before and the line's behind.
    bool isolated(size_t begin, size_t end) const {
        constexpr std::uint32_t kNames = WordClass::Foreign | WordClass::Usual;
        return before(begin) == U'。' && (end >= text_.size() || is_one_of(text_[end], U"\n。")) &&
               (book_.classes(sub(begin, end)) & kNames) != 0;
    }
    /// 黄 文傑(, 畔 学、: a family name and a given name apart.
    void two_parts(size_t begin, size_t end) {
        const size_t second = blanks(end);
        if (!is_kanji(text_[begin]) || end - begin > 3 || second == end || second > end + 1) return;
        const size_t stop = end_of_word(second);
        if (stop == second || stop - second > 4) return;
        const View family = sub(begin, end), given = sub(second, stop);
        // 黄 文傑(ホアン …): its reading behind.
        const bool read = at(stop) == U'(' && is_katakana(at(stop + 1));
        if (is_role(begin, end) || is_role(second, stop) || book_.ordinary.has(family) ||
            (end == begin + 1 && book_.common_letters.has(family) && !read))
            return;
        if (read && is_kanji(given.front())) return mark(begin, stop);
        const std::uint32_t first = book_.classes(family);
        const std::uint32_t last = book_.classes(given);
        const bool kana = is_katakana(given.front()) && given.size() >= 2;
        const bool named = kana ? (last & (WordClass::GivenKana | WordClass::Foreign)) != 0
                                : is_kanji(given.front()) && (last & WordClass::Given) != 0 &&
                                      (last & WordClass::Ordinary) == 0;
        const bool close = stop >= text_.size() || is_one_of(text_[stop], U"\n、,/)(。 :〕】」");
        if ((first & WordClass::Family) != 0 && (first & WordClass::Ordinary) == 0 && named &&
            close)
            mark(begin, stop);
    }
    /// チェ スンジャ」, デウィ レスタリ/: two words in katakana that fill their place.
    void two_words(size_t begin, size_t end) {
        const size_t second = blanks(end);
        if (!is_katakana(text_[begin]) || second == end || second > end + 1 ||
            !is_katakana(at(second)))
            return;
        const size_t stop = end_of_word(second);
        const bool close = stop >= text_.size() || is_one_of(text_[stop], U"\n/」()、");
        const bool open = is_one_of(before(begin), U":「\n→/(");
        if (open && close && kana_name(begin, end, true) && kana_name(second, stop, true))
            mark(begin, stop);
    }

    /// すみれの笑顔, いとの…: a reading by itself.
    void hiragana(size_t begin, size_t end) {
        for (size_t n = std::min<size_t>(end - begin, 5); n >= 2; --n) {
            if (!opens(begin) && !is_kanji(before(begin))) return;
            std::u32string kana{sub(begin, begin + n)};
            for (char32_t& c : kana) c += 0x60;
            const bool is = n > 2 ? book_.given_kana.has(kana) : book_.given_kana.listed(kana);
            if (is && opens(begin) &&
                (person_behind(begin + n) || only_people(begin + n) || phone_at(begin + n)))
                return mark(begin, begin + n);
        }
    }

    // ---- Latin letters --------------------------------------------------------------------------

    /// HUANG WENJIE 様, 差出人は Nirmala Perera、: words with capitals, and a person's sign beside.
    void latin(size_t begin, size_t end) {
        if (text_[begin] >= U'a' || is_letter(before(begin))) return;
        size_t words = 1, stop = end, letters = end - begin;
        bool vowels = has_vowel(begin, end);
        while (words < 5) {
            const size_t next = blanks(stop);
            if (next == stop || next > stop + 1 || !is_letter(at(next)) || at(next) >= U'a') break;
            const size_t next_end = end_of_word(next);
            vowels = vowels && has_vowel(next, next_end);
            letters += next_end - next;
            stop = next_end;
            ++words;
        }
        if (!vowels || letters < 4 || is_digit(at(stop)) || is_one_of(at(stop), U"-@._")) return;
        const size_t behind = blanks(stop);
        const size_t honorific = book_.honorifics.begins(text_, behind);
        const bool named = honorific > 0 && at(behind + honorific) != U'式';
        if (words >= 2 && (named || office_before(begin, stop) || quoted(begin, stop) ||
                           role_in_brackets(stop) || phone_at(stop) || signature(begin, stop)))
            return mark(begin, stop);
        // ジョイ・マグノ(Joy Magno), John McDonald ジョン・マクドナルド
        const bool read = before(begin) == U'(' && at(stop) == U')' && begin > 1 &&
                          (is_katakana(text_[begin - 2]) || is_kanji(text_[begin - 2]));
        const size_t kana = is_katakana(at(behind)) ? end_of_word(behind) : behind;
        const bool spelt = kana > behind && sub(behind, kana).find(U'・') != View::npos;
        if (words >= 2 && letters >= 5 && (read || spelt)) return mark(begin, stop);
        const bool listed = before(begin) == U'→' || before(begin) == U'「' ||
                            before(begin) == U'・' || before(begin) == U'\n';
        if (words >= 2 && letters >= 8 && listed && mixed_case(begin, stop) &&
            (closes(behind) || is_one_of(at(behind), U"/、,(")))
            mark(begin, stop);
    }
    bool has_vowel(size_t begin, size_t end) const {
        const View word = lower_.substr(begin, end - begin);
        return word.find_first_of(U"aiueoy") != View::npos;
    }
    /// Rosalinda Reyes, not CARE MANAGER.
    bool mixed_case(size_t begin, size_t end) const {
        return text_[begin] < U'a' && at(begin + 1) >= U'a' && text_[end - 1] >= U'a';
    }

    void mark(size_t begin, size_t end) {
        const bool kept =
            kept_[begin] || (book_.not_people.begins(text_, end) > 0 && !cue_begins(book_, end));
        if (!kept) marks_.push_back({UnknownKind::Person, begin, end});
    }

    std::vector<Mark>& marks_;
};

}  // namespace

void find_name_slots(const KnownWords& words, std::vector<Mark>& marks) {
    SlotSearch(words, marks).run();
}

}  // namespace tsunagi::privacy

#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <utility>

#include "privacy/folded.h"
#include "privacy/number_text.h"
#include "privacy/unknown_parts.h"
#include "text/care.h"

namespace tsunagi::privacy {
namespace {

using std::size_t;
using View = std::u32string_view;

/// Kanji numerals one behind the other, as in 〇九〇ー一二三四.
bool has_kanji_digits(View text) {
    bool before = false;
    for (const char32_t c : text) {
        const bool is = !is_digit(c) && numeral(c) >= 0;
        if (is && before) return true;
        before = is;
    }
    return false;
}

/// Numbers that are written digit by digit in kanji, as ASCII.
std::u32string with_digits(View text) {
    std::u32string out{text};
    for (size_t i = 0; i < out.size();) {
        size_t end = i;
        while (end < out.size() && !is_digit(out[end]) && numeral(out[end]) >= 0) ++end;
        for (size_t k = i; end - i >= 2 && k < end; ++k)
            out[k] = U'0' + static_cast<char32_t>(numeral(text[k]));
        i = std::max(end, i + 1);
    }
    return out;
}

std::vector<Run> runs_of(View text) {
    std::vector<Run> runs;
    for (size_t i = 0; i < text.size();) {
        size_t end = i;
        while (end < text.size() && is_digit(text[end])) ++end;
        if (end > i) runs.push_back({i, end});
        i = std::max(end, i + 1);
    }
    return runs;
}

struct Date {
    size_t begin = 0, end = 0;
    int year = 0, month = 0, day = 0;  ///< 0: not said
    bool era = false;
};

constexpr auto kUnits = word_set(
    {U"mg",   U"g",   U"kg",   U"ml",   U"mL", U"L",   U"l",   U"kcal", U"cm",   U"mm",   U"m",
     U"%",    U"℃",   U"度",   U"歳",   U"才", U"回",  U"日",  U"年",   U"月",   U"時",   U"分",
     U"秒",   U"錠",  U"包",   U"単位", U"円", U"人",  U"名",  U"枚",   U"本",   U"個",   U"病日",
     U"U",    U"IU",  U"mEq",  U"μ",    U"µ",  U"㎎",  U"㎝",  U"㎏",   U"万",   U"千",   U"Torr",
     U"mmHg", U"bpm", U"/",    U"ng",   U"pg", U"kPa", U"hPa", U"滴",   U"カ月", U"ヶ月", U"か月",
     U"週",   U"階",  U"号機", U"型",   U"系", U"群",  U"期",  U"度目", U"件",   U"床"});
constexpr auto kPhoneCues =
    word_set({U"電話", U"TEL",  U"Tel",        U"tel",      U"℡",    U"☎",      U"FAX",
              U"Fax",  U"fax",  U"ファックス", U"ファクス", U"携帯", U"連絡先", U"内線",
              U"直通", U"代表", U"固定",       U"自宅",     U"PHS",  U"ピッチ"});
constexpr auto kInsuranceCues = word_set(
    {U"保険", U"被保",     U"記号", U"公費", U"負担者",       U"受給者", U"後期高齢", U"国保",
     U"社保", U"医療証",   U"手帳", U"枝番", U"介護認定番号", U"保番",   U"健保",     U"共済",
     U"生保", U"自立支援", U"組合", U"労災", U"請求",         U"返戻",   U"レセプト"});
constexpr auto kChartCues = word_set(
    {U"カルテ",     U"患者番号",     U"患者ID",     U"患者No",   U"診察券",   U"ID",
     U"整理番号",   U"受診番号",     U"利用者番号", U"検体番号", U"チャート", U"ケースナンバー",
     U"ケース番号", U"利用者コード", U"患者コード", U"薬歴",     U"病歴番号", U"patient no",
     U"Patient No", U"MRN",          U"chart",      U"Chart",    U"診療録"});
constexpr auto kOtherCues =
    word_set({U"番号", U"No.", U"No", U"№", U"口座", U"免許", U"パスポート", U"旅券", U"在留カード",
              U"証", U"ゆうちょ", U"普通", U"当座"});
/// Numbers of things and offices: right before one it is nobody's.
constexpr auto kThings = word_set(
    {U"検体",       U"ラベル",     U"オーダ",     U"オーダー",   U"伝票",         U"ロット",
     U"Lot",        U"LOT",        U"ロットNo",   U"製造番号",   U"シリアル",     U"型番",
     U"検体番号",   U"ロット番号", U"伝票番号",   U"オーダ番号", U"オーダー番号", U"発注番号",
     U"検査番号",   U"予約票",     U"予約番号",   U"受付番号",   U"申込番号",     U"登録番号",
     U"機関コード", U"機関番号",   U"事業所番号", U"帳簿番号",   U"仮番号",       U"JANコード",
     U"コード",     U"スピッツ",   U"製番",       U"機番",       U"管理番号"});
constexpr auto kBirthCues = word_set(
    {U"生年月日", U"誕生", U"生まれ", U"DOB", U"dob", U"D.O.B", U"birth", U"Birth", U"BIRTH"});
constexpr auto kDomains =
    word_set({U"jp",      U"com",  U"net", U"org", U"info", U"me", U"io",  U"biz",
              U"tokyo",   U"cn",   U"kr",  U"br",  U"vn",   U"ph", U"edu", U"gov",
              U"example", U"test", U"app", U"dev", U"link", U"gl", U"ly"});

class NumberSearch : NumberText {
public:
    /// `text`: numbers as ASCII digits.
    NumberSearch(View text, const std::vector<Run>& runs, std::vector<Mark>& marks)
        : NumberText(text, runs, marks), people_(marks.size()), places_(text, runs, marks) {}

    void run() {
        for (size_t i = 0; i < text_.size(); ++i) {
            if (begins_date(text_[i])) {
                if (const auto date = date_at(i)) birth_date(*date);
            }
            if (may_begin(i)) letter_at(i);
        }
        for (size_t k = 0; k < runs_.size(); ++k) number_at(k);
    }

private:
    // ---- dates ----------------------------------------------------------------------------------

    /// A number of at most `most` digits, or kanji numerals; moves `i` behind it. -1: none.
    int read_number(size_t& i, size_t most) const {
        if (at(i) == U'元') return ++i, 1;
        int value = 0, held = 0;
        size_t size = 0;
        bool any_digit = false;
        for (; i < text_.size() && size < most; ++i, ++size) {
            const char32_t c = text_[i];
            if (c == U'十') {
                value += (any_digit ? held : 1) * 10;
                held = 0;
                any_digit = true;
                continue;
            }
            const int digit = numeral(c);
            if (digit < 0) break;
            held = held * 10 + digit;
            any_digit = true;
        }
        return any_digit ? value + held : -1;
    }

    bool separator(size_t& i, const LetterSet& signs) const {
        while (at(i) == U' ') ++i;
        if (!is_one_of(at(i), signs)) return false;
        ++i;
        while (at(i) == U' ') ++i;
        return true;
    }

    static bool begins_date(char32_t c) {
        return numeral(c) >= 0 || is_one_of(c, U"明大昭平令㍾㍽㍼㍻㋿MTSHRmtshr");
    }
    std::optional<Date> date_at(size_t begin) const {
        struct Era {
            View name;
            int first;
        };
        static constexpr Era kEras[] = {
            {U"明治", 1867}, {U"大正", 1911}, {U"昭和", 1925}, {U"平成", 1988}, {U"令和", 2018},
            {U"㍾", 1867},   {U"㍽", 1911},   {U"㍼", 1925},   {U"㍻", 1988},   {U"㋿", 2018},
            {U"M", 1867},    {U"T", 1911},    {U"S", 1925},    {U"H", 1988},    {U"R", 2018},
            {U"m", 1867},    {U"t", 1911},    {U"s", 1925},    {U"h", 1988},    {U"r", 2018},
            {U"明", 1867},   {U"大", 1911},   {U"昭", 1925},   {U"平", 1988},   {U"令", 2018}};
        Date date;
        date.begin = begin;
        size_t i = begin;
        for (const Era& era : kEras) {
            if (numeral(at(begin)) >= 0) break;
            if (!is(begin, era.name)) continue;
            if (is_letter(at(begin)) && (is_letter(before(begin)) || is_digit(before(begin))))
                break;
            i = begin + era.name.size();
            while (is_one_of(at(i), U" .")) ++i;
            size_t end = i;
            while (is_digit(at(end))) ++end;
            if (end - i == 6) {  // S130402
                size_t k = i;
                date.year = era.first + read_number(k, 2);
                date.month = read_number(k, 2);
                date.day = read_number(k, 2);
                date.end = k;
                date.era = true;
                return valid(date);
            }
            const int year = read_number(i, 4);
            if (year < 1 || year > 64) return {};
            date.year = era.first + year;
            date.era = true;
            break;
        }
        if (!date.era) {
            if (numeral(at(begin)) < 0 || numeral(before(begin)) >= 0) return {};
            size_t end = begin;
            while (is_digit(at(end))) ++end;
            if (end - begin == 8) {
                date.year = read_number(i, 4);
                date.month = read_number(i, 2);
                date.day = read_number(i, 2);
                date.end = i;
                return valid(date);
            }
            date.year = read_number(i, 4);
            if (date.year < 100 || i - begin != 4) {
                // 5月3日 by itself; 4/2/1938 is read from its year.
                i = begin;
                date.year = 0;
                date.month = read_number(i, 2);
                if (at(i) != U'月') return {};
                ++i;
                date.day = read_number(i, 3);
                date.end = i;
                return date.month > 0 && date.day > 0 ? std::optional{date} : std::nullopt;
            }
        }
        date.end = i;
        const char32_t mark = at(i) == U' ' ? at(i + 1) : at(i);
        if (mark == U'年') date.end = (at(i) == U' ' ? i + 2 : i + 1);
        if (!separator(i, U"年/.-・"))
            return date.era || mark == U'年' ? std::optional{date} : std::nullopt;
        date.month = read_number(i, 3);
        if (date.month < 1 || date.month > 12 || !separator(i, U"月/.-・")) {
            date.month = 0;
            return date;
        }
        date.day = read_number(i, 3);
        if (date.day < 1) date.day = 0;
        date.end = i;
        if (at(i) == U' ' && at(i + 1) == U'日') ++date.end;
        if (at(date.end) == U'日') ++date.end;
        return valid(date);
    }

    static std::optional<Date> valid(const Date& date) {
        const bool plausible = date.year >= 1868 && date.year <= 2100 && date.month <= 12 &&
                               date.day <= 31 && date.month >= 0 && date.day >= 0;
        return plausible ? std::optional{date} : std::nullopt;
    }

    void birth_date(const Date& date) {
        size_t next = date.end;
        while (is_one_of(at(next), U" )日(、")) ++next;
        static constexpr LetterSet kNotBorn = U"検食化活命存理体殖菌徒涯";
        const bool born = (at(next) == U'生' && !is_one_of(at(next + 1), kNotBorn)) ||
                          is(next, U"産まれ") || is(next, U"出生") || is(next, U"うまれ") ||
                          is(next, U"誕生");
        const bool told = cue(date.begin, kBirthCues, 12);
        const bool full = date.year > 0 && date.month > 0 && date.day > 0;
        const bool aged = full && (age_behind(date.end) || age_before(date.begin));
        // A whole date of 1955 or before in a letter of today is somebody's birthday.
        const bool old = full && date.year <= 1955;
        // A year of a grown person where only a space parts the name from it: no day of a visit.
        const char32_t behind = at(date.end);
        const bool parted =
            is_one_of(before(date.begin), U"(、,/\n") && is_one_of(behind, U"、,/)\n");
        const bool listed = full &&
                            (parted || (date.year <= 2010 && is_one_of(behind, U" \n\0"))) &&
                            person_before(date.begin);
        if (date.year == 0 ? told || born : born || told || old || aged || listed) {
            mark(UnknownKind::BirthDate, date.begin, std::min(date.end, text_.size()));
            births_.push_back(date.end);
        }
    }
    /// 歯朶尾風花さん(2011-07-06), セキアユミ/S36.2.4: somebody's name right before, with its
    /// honorific and its reading.
    bool person_before(size_t i) const {
        size_t k = i;
        while (k > 0 && i - k < 14 && !is_person(k - 1) &&
               is_one_of(text_[k - 1], U" \n()、,/:様さんちゃくん氏殿"))
            --k;
        return k > 0 && k < i && is_person(k - 1);
    }
    bool is_person(size_t i) const {
        return std::any_of(marks_.begin(), marks_.begin() + static_cast<std::ptrdiff_t>(people_),
                           [&](const Mark& each) { return each.begin <= i && i < each.end; });
    }
    bool age_behind(size_t i) const {
        while (is_one_of(at(i), U" )日、,(満/")) ++i;
        const size_t from = i;
        while (is_digit(at(i))) ++i;
        return i > from && i - from <= 3 && (at(i) == U'歳' || at(i) == U'才');
    }
    bool age_before(size_t i) const {
        if (i < 2 || before(i) != U'(') return false;
        return text_[i - 2] == U'歳' || text_[i - 2] == U'才';
    }

    /// The number that begins at `i` is part of a date.
    bool is_date(size_t i, size_t end) const {
        const auto date = date_at(i);
        if (date && date->year > 0 && date->month > 0 && date->end >= end) return true;
        if (i > 0 && (is_letter(before(i)) || is_kanji(before(i)))) {
            for (size_t back = 1; back <= 2 && back <= i; ++back) {
                const auto era = date_at(i - back);
                if (era && era->era && era->month > 0) return true;
            }
        }
        return false;
    }

    // ---- numbers --------------------------------------------------------------------------------

    std::string digits(size_t first, size_t last) const {
        std::string out;
        for (size_t k = first; k <= last; ++k) {
            for (size_t i = runs_[k].begin; i < runs_[k].end; ++i)
                out += static_cast<char>('0' + (text_[i] - U'0'));
        }
        return out;
    }
    /// The run `last` is not followed by more digits of the same number.
    bool ends_at(size_t last) const {
        const View next = gap(last);
        return next.empty() || !is_one_of(next.front(), U"-ー");
    }
    /// Runs of the given sizes one behind the other.
    bool has_sizes(size_t k, std::initializer_list<size_t> sizes) const {
        for (const size_t size : sizes) {
            if (k >= runs_.size() || runs_[k].size() != size) return false;
            ++k;
        }
        const size_t first = k - sizes.size();
        for (size_t i = first; i + 1 < k; ++i) {
            if (gap(i).empty()) return false;
        }
        return true;
    }

    void number_at(size_t k) {
        if (record(k) || phone(k) || individual(k) || postal(k) || local_phone(k) || address(k))
            return;
        long_number(k);
    }

    bool phone(size_t k) {
        const bool abroad = before(runs_[k].begin) == U'+';
        const bool plus = abroad && is(runs_[k].begin, U"81");
        if (abroad && !plus) return phone_abroad(k);
        if (runs_[k].size() == 3 && is(runs_[k].begin, U"010") && begins_at(k))
            return phone_abroad(k);
        if (!plus && (text_[runs_[k].begin] != U'0' || !begins_at(k))) return false;
        const bool glued = is_letter(before(runs_[k].begin));  // TEL0422…
        if (glued && !cue(runs_[k].begin, kPhoneCues, 4)) return false;
        std::string all;
        for (size_t last = k; last < runs_.size() && last < k + 5; ++last) {
            all += digits(last, last);
            const size_t size = plus ? all.size() - 1 : all.size();
            if (size > 11) break;
            const bool whole = size == 10 || size == 11;
            if (whole && ends_at(last) &&
                is_phone(plus ? "0" + all.substr(2) : all, last - k + 1, k)) {
                mark(UnknownKind::Phone, runs_[k].begin - (plus ? 1 : 0), runs_[last].end);
                return true;
            }
            if (gap(last).empty()) break;
        }
        // +81 45 6802 5744: too long, or of an area that there is not.
        return plus && phone_abroad(k);
    }
    /// 山田花子/昭和9年8月28日/6576-8816/…: the number of a person's record behind the birthday.
    bool record(size_t k) {
        size_t from = runs_[k].begin;
        if (from > 0 && is_letter(text_[from - 1])) --from;
        size_t i = from;
        while (i > 0 && from - i < 4 && is_one_of(text_[i - 1], U" \n、,/")) --i;
        if (i == from || std::find(births_.begin(), births_.end(), i) == births_.end())
            return false;
        size_t last = k;
        while (last < k + 2 && (gap(last) == U"-" || gap(last) == U"ー")) ++last;
        const size_t size = digits(k, last).size();
        if (size < 5 || size > 9) return false;
        mark(UnknownKind::Chart, from, runs_[last].end);
        records_.push_back(runs_[last].end);
        return true;
    }
    /// …/6576-8816/65-1529: a telephone behind the number of a record.
    bool behind_record(size_t i) const {
        while (i > 0 && is_one_of(text_[i - 1], U" \n、,/")) --i;
        return !records_.empty() && records_.back() == i;
    }
    /// 緊急 98-3763, 保健師京極(83-1125): without its area, where somebody is called.
    bool local_phone(size_t k) {
        if (k + 1 >= runs_.size() || !begins_at(k) || !ends_at(k + 1) || runs_[k].size() < 2 ||
            runs_[k].size() > 4 || runs_[k + 1].size() != 4 || (gap(k) != U"-" && gap(k) != U"ー"))
            return false;
        static constexpr auto kCalled = word_set(
            {U"緊急",       U"連絡",   U"窓口", U"直通", U"電話", U"携帯", U"架電", U"着信",
             U"担当",       U"保健師", U"訪看", U"業者", U"歯科", U"先生", U"返事", U"折り返",
             U"折返",       U"TEL",    U"Tel",  U"℡",    U"自宅", U"宅",   U"FAX",  U"夜間",
             U"問い合わせ", U"番号は", U"受話", U"局番", U"昼間", U"昼は", U"日中", U"夜は",
             U"会社",       U"勤務先", U"職場", U"実家"});
        static constexpr auto kCall = word_set(
            {U"→かけ直し", U"かけ直し", U"へ電話", U"に電話", U"まで", U"へ連絡", U"に連絡"});
        size_t next = runs_[k + 1].end;
        while (is_one_of(at(next), U" )、,(")) ++next;
        if (!person_before(runs_[k].begin) && !cue(runs_[k].begin, kCalled, 14) &&
            any(next, kCall) == 0 && !behind_record(runs_[k].begin) && !is_person(next))
            return false;
        mark(UnknownKind::Phone, runs_[k].begin, runs_[k + 1].end);
        return true;
    }
    /// +44 20 7946 0724.
    bool phone_abroad(size_t k) {
        size_t size = runs_[k].size(), last = k;
        const bool plus = before(runs_[k].begin) == U'+';
        while (last < k + 6 && !gap(last).empty() && size + runs_[last + 1].size() <= 18)
            size += runs_[++last].size();
        if (size < (plus ? 8U : 12U)) return false;
        mark(UnknownKind::Phone, runs_[k].begin - (plus ? 1 : 0), runs_[last].end);
        return true;
    }
    bool is_phone(std::string_view all, size_t parts, size_t k) const {
        if (all.size() < 10 || all[0] != '0' || all[1] == '0') return false;
        const bool mobile =
            all[2] == '0' && std::string_view{"5789"}.find(all[1]) != std::string_view::npos;
        const bool free_dial =
            all.starts_with("0800") || all.starts_with("0120") || all.starts_with("0570");
        if (all.size() == 11 && !mobile && !free_dial) return false;
        return parts == 1 || (runs_[k].size() >= 2 && runs_[k].size() <= 5) ||
               before(runs_[k].begin) == U'+';
    }

    bool individual(size_t k) {
        const bool one = runs_[k].size() == 12;
        const bool three = has_sizes(k, {4, 4, 4}) && begins_at(k) && ends_at(k + 2);
        if (!one && !three) return false;
        const size_t last = one ? k : k + 2;
        const std::string all = digits(k, last);
        if (!text::has_my_number(all) && cue(runs_[k].begin, kThings, 12)) return true;
        if (one && is_date(runs_[k].begin, runs_[k].begin + 8) && !text::has_my_number(all))
            return false;
        mark(text::has_my_number(all) ? UnknownKind::MyNumber : UnknownKind::Other, runs_[k].begin,
             runs_[last].end);
        return true;
    }

    bool postal(size_t k) {
        const size_t begin = runs_[k].begin;
        size_t sign = begin;
        while (sign > 0 && is_one_of(text_[sign - 1], U" :")) --sign;
        const bool has_sign = before(sign) == U'〒' || before(sign) == U'〠';
        if (has_sign && runs_[k].size() == 7)
            return mark(UnknownKind::Postal, sign - 1, runs_[k].end), true;
        if (!has_sizes(k, {3, 4}) || !begins_at(k) || !ends_at(k + 1)) return false;
        if (has_sign) return mark(UnknownKind::Postal, sign - 1, runs_[k + 1].end), true;
        if (gap(k) != U"-" && gap(k) != U"ー") return false;
        static constexpr auto kCues = word_set({U"郵便", U"住所", U"所在地", U"宛先", U"〒"});
        size_t next = runs_[k + 1].end;
        while (is_one_of(at(next), U" \n、,)")) ++next;
        static constexpr LetterSet kAreas = U"都道府県市区郡町村";
        bool area = false;
        for (size_t i = next; i < next + 8 && (is_kanji(at(i)) || is_kana(at(i))); ++i)
            area = area || is_one_of(at(i), kAreas);
        if (!area && !cue(begin, kCues, 10)) {
            // 461-7225へ: a telephone without its area.
            static constexpr auto kTo = word_set(
                {U"へ", U"まで", U"に電話", U"に連絡", U"宛", U"に架電", U"から電話", U"から着信"});
            if (any(next, kTo) == 0) return false;
            mark(UnknownKind::Phone, begin, runs_[k + 1].end);
            return true;
        }
        mark(UnknownKind::Postal, begin, runs_[k + 1].end);
        return true;
    }

    // ---- numbers of insurance, charts and the rest ----------------------------------------------

    /// と書かれた藤田病院の診察券
    bool card_behind(size_t i) const {
        const View behind = text_.substr(std::min(i, text_.size()), 30);
        const View line = behind.substr(0, behind.find_first_of(U"。\n"));
        return line.find(U"診察券") != View::npos && line.starts_with(U"と");
    }
    bool address(size_t k) {
        const size_t end = runs_[places_.last_of(k)].end;
        const bool listed = at(end) == U'/' && !is_letter(at(end + 1)) && !is_digit(at(end + 1)) &&
                            !is_one_of(at(end + 1), U"日分回時週月μ");
        const bool quantity = any(end, kUnits) > 0 && !listed;
        return places_.address(k, quantity || is_date(runs_[k].begin, end));
    }
    /// 申込番号 REQ-…, ロット番号：…, (登録番号 第…
    bool of_thing(size_t i) const {
        static constexpr auto kLots = word_set({U"Lot", U"LOT", U"lot"});
        size_t from = i;
        while (from > 0 && i - from < 12 &&
               (is_one_of(text_[from - 1], U" :(第.-=") || is_letter(text_[from - 1]) ||
                is_digit(text_[from - 1])))
            --from;
        return cue(i, kLots, 6) || kThings.closes(text_.substr(0, from));
    }
    bool decimal(size_t k) const {
        return at(runs_[k].end) == U'.' && is_digit(at(runs_[k].end + 1));
    }
    /// 公費:54114699/6698423: the next number of what has been found.
    bool behind_insurance(size_t i) const {
        size_t end = i;
        while (end > 0 && i - end < 4 && is_one_of(text_[end - 1], U" /・、,:-()")) --end;
        return end < i && std::any_of(marks_.begin(), marks_.end(), [&](const Mark& each) {
                   return each.kind == UnknownKind::Insurance && each.end == end;
               });
    }
    void long_number(size_t k) {
        const size_t begin = runs_[k].begin;
        // 5/分 is a rate, 146050/被保険者番号 the next of a list.
        const size_t stop = runs_[k].end, own = runs_[k].size();
        const bool listed = at(stop) == U'/' && !is_letter(at(stop + 1)) &&
                            !is_one_of(at(stop + 1), U"日分回時週月μ") && !is_digit(at(stop + 1));
        const bool unit = (any(stop, kUnits) > 0 && !listed) || decimal(k);
        if (unit && own < 8) return;
        if (!begins_at(k) || is_date(begin, stop)) return;
        size_t last = k;
        while (last + 1 < runs_.size() && last - k < 4 && gap(last).size() == 1 &&
               is_one_of(gap(last).front(), U"-ー・ "))
            ++last;
        size_t size = 0;
        for (size_t i = k; i <= last; ++i) size += runs_[i].size();
        // Letters before belong to it: A-12345.
        size_t from = begin;
        while (from > 0 && begin - from < 5 &&
               (is_letter(text_[from - 1]) || text_[from - 1] == U'-'))
            --from;
        if (of_thing(from) && !cue(from, word_set({U"利用者コード", U"患者コード"}), 8)) return;
        if (!unit) {
            const size_t end = runs_[last].end;
            const bool insurance =
                cue(from, kInsuranceCues, 16) || (size >= 4 && behind_insurance(from));
            const bool chart =
                cue(from, kChartCues, 14) || cue(begin, kChartCues, 4) || card_behind(end);
            if (cue(begin, kPhoneCues, 9) &&
                ((size >= 6 && size <= 8 && last > k) ||
                 (own <= 5 && own >= 3 && cue(begin, word_set({U"内線", U"PHS", U"ピッチ"}), 5))))
                return mark(UnknownKind::Phone, begin, end);
            if (insurance && size >= 2 && !cue(from, word_set({U"枝番"}), 4) &&
                (size >= 4 || cue(from, word_set({U"記号", U"番号", U"枝番"}), 6)))
                return mark(UnknownKind::Insurance, from, end);
            if (chart && size >= 3) return mark(UnknownKind::Chart, from, end);
            if (size >= 4 && cue(from, kOtherCues, 8)) return mark(UnknownKind::Other, from, end);
            // 春日スミ子様(8846530-7), A-20431 芦田様
            const bool bracketed = before(from) == U'(' && at(end) == U')';
            const bool apart = before(from) == U' ' && (is_space(at(end)) || end == text_.size());
            if (size >= 5 && size <= 9 && (bracketed || apart) && person_before(from))
                return mark(UnknownKind::Chart, from, end);
            if (size >= 5 && size <= 9 && at(end) == U' ' && is_person(end + 1) &&
                (from == 0 || is_space(before(from))))
                return mark(UnknownKind::Chart, from, end);
            // ナンバー12-34の車
            if (size == 4 && last == k + 1 && own == 2 &&
                cue(from, word_set({U"ナンバー", U"車番", U"車両"}), 8))
                return mark(UnknownKind::Other, from, end);
        }
        if (own < 8 || (from < begin && own < 10) || decimal(k)) return;
        mark(own == 8 || own == 10 ? UnknownKind::Insurance : UnknownKind::Chart, begin,
             runs_[k].end);
    }

    // ---- what begins with a letter --------------------------------------------------------------

    bool may_begin(size_t i) const {
        const char32_t c = text_[i];
        if (is_hiragana(c) && c != U'の')
            return i > 0 && (is_digit(text_[i - 1]) || text_[i - 1] == U' ');
        return is_letter(c) || is_one_of(c, U"@丁番町字側の住宅");
    }

    void letter_at(size_t i) {
        const char32_t c = text_[i];
        if (c == U'@') return mail(i);
        places_.letter_at(i);
        if (is_hiragana(c)) return plate(i);
        if (!is_letter(c) || is_letter(before(i))) return;
        if (is(i, U"http://") || is(i, U"https://") || is(i, U"www.") || is(i, U"HTTP") ||
            is(i, U"ftp://")) {
            size_t end = i;
            while (end < text_.size() && text_[end] > U' ' && text_[end] < 0x7F &&
                   text_[end] != U')')
                ++end;
            if (end - i > 6) mark(UnknownKind::Url, i, end);
            return;
        }
        host(i);
        obscured_mail(i);
        // Passports and cards: TR1234567, AB12345678CD.
        if (is_digit(at(i + 2)) && is_letter(at(i + 1))) {
            size_t end = i + 2;
            while (is_digit(at(end))) ++end;
            if (end - i - 2 >= 7 && end - i - 2 <= 8) mark(UnknownKind::Other, i, end);
        }
    }

    static bool is_address_letter(char32_t c) {
        return is_letter(c) || is_digit(c) || is_one_of(c, U"._%+-");
    }
    void mail(size_t i) {
        size_t begin = i, end = i + 1;
        while (begin > 0 && i - begin < 64 && is_address_letter(text_[begin - 1])) --begin;
        while (end < text_.size() && end - i < 200 && is_address_letter(text_[end])) ++end;
        const View domain = text_.substr(i + 1, end - i - 1);
        if (begin < i && domain.find(U'.') != View::npos)
            return mark(UnknownKind::Email, begin, end);
        if (begin < i && domain.size() >= 3) return mark(UnknownKind::Email, begin, end);
        if (domain.size() >= 3 && is_letter(domain.front())) mark(UnknownKind::Other, i, end);
    }
    void obscured_mail(size_t i) {
        size_t end = i;
        while (is_address_letter(at(end))) ++end;
        size_t next = end;
        while (at(next) == U' ') ++next;
        static constexpr auto kAt = word_set({U"(at)", U"[at]", U"(アット)", U"アットマーク",
                                              U"アット", U"あっと", U"【at】", U"<at>", U"(a)"});
        const size_t n = any(next, kAt);
        if (n == 0) return;
        size_t domain = next + n;
        while (at(domain) == U' ') ++domain;
        size_t stop = domain;
        while (is_address_letter(at(stop))) ++stop;
        const View name = text_.substr(domain, stop - domain);
        if (stop - domain >= 3 && (name.find(U'.') != View::npos || n > 3))
            mark(UnknownKind::Email, i, stop);
    }
    /// example.co.jp without a scheme.
    void host(size_t i) {
        if (is_one_of(before(i), U"@./-_") || is_digit(before(i))) return;
        size_t end = i, dot = 0;
        while (end < text_.size() && end - i < 100 &&
               (is_letter(text_[end]) || is_digit(text_[end]) || is_one_of(text_[end], U".-"))) {
            if (text_[end] == U'.') dot = end;
            ++end;
        }
        if (dot == 0 || dot < i + 3 || at(end) == U'@') return;
        const View top = text_.substr(dot + 1, end - dot - 1);
        if (kDomains.has(top)) mark(UnknownKind::Url, i, end);
    }
    /// 多摩 500 あ 12-34.
    void plate(size_t i) {
        size_t left = i;
        while (left > 0 && i - left < 2 && text_[left - 1] == U' ') --left;
        size_t begin = left;
        while (begin > 0 && left - begin < 3 && is_digit(text_[begin - 1])) --begin;
        if (left - begin < 2 || is_digit(before(begin))) return;
        size_t place = begin;
        while (place > 0 && begin - place < 2 && text_[place - 1] == U' ') --place;
        if (!is_kanji(before(place)) && !is_kana(before(place)) && !is_hiragana(before(place)))
            return;
        size_t right = i + 1;
        while (at(right) == U' ' && right - i < 3) ++right;
        size_t end = right, number = 0;
        while (end < text_.size() && end - right < 5 &&
               (is_digit(text_[end]) || is_one_of(text_[end], U"-・"))) {
            number += is_digit(text_[end]);
            ++end;
        }
        if (number == 0 || number > 4 || is_digit(at(end)) || end - right < 4) return;
        while (place > 0 && begin - place < 6 &&
               (is_kanji(text_[place - 1]) || is_kana(text_[place - 1])))
            --place;
        mark(UnknownKind::Other, place, end);
    }

    const size_t people_;                   ///< the first marks: names
    std::vector<size_t> births_, records_;  ///< where dates of birth end, and records' numbers
    PlaceSearch places_;
};

}  // namespace

void find_personal_numbers(std::u32string_view text, std::vector<Mark>& marks) {
    const std::u32string copy = has_kanji_digits(text) ? with_digits(text) : std::u32string{};
    if (!copy.empty()) text = copy;
    const std::vector<Run> runs = runs_of(text);
    NumberSearch(text, runs, marks).run();
}

}  // namespace tsunagi::privacy

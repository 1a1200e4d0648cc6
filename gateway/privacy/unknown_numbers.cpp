#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <utility>

#include "privacy/folded.h"
#include "privacy/unknown_parts.h"
#include "text/care.h"

namespace tsunagi::privacy {
namespace {

using std::size_t;
using View = std::u32string_view;

constexpr View kNumerals = U"〇一二三四五六七八九";

int numeral(char32_t c) {
    if (is_digit(c)) return static_cast<int>(c - U'0');
    if (c == U'零') return 0;
    const size_t value = kNumerals.find(c);
    return value == View::npos ? -1 : static_cast<int>(value);
}

/// Numbers that are written digit by digit in kanji, as ASCII: 〇九〇ー一二三四.
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

/// A number and the next with nothing but separators between.
struct Run {
    size_t begin, end;
    size_t size() const { return end - begin; }
};

struct Date {
    size_t begin = 0, end = 0;
    int year = 0, month = 0, day = 0;  ///< 0: not said
    bool era = false;
};

constexpr auto kUnits = std::to_array<View>(
    {U"mg",   U"g",   U"kg",   U"ml",   U"mL", U"L",   U"l",   U"kcal", U"cm",   U"mm",   U"m",
     U"%",    U"℃",   U"度",   U"歳",   U"才", U"回",  U"日",  U"年",   U"月",   U"時",   U"分",
     U"秒",   U"錠",  U"包",   U"単位", U"円", U"人",  U"名",  U"枚",   U"本",   U"個",   U"病日",
     U"U",    U"IU",  U"mEq",  U"μ",    U"µ",  U"㎎",  U"㎝",  U"㎏",   U"万",   U"千",   U"Torr",
     U"mmHg", U"bpm", U"/",    U"ng",   U"pg", U"kPa", U"hPa", U"滴",   U"カ月", U"ヶ月", U"か月",
     U"週",   U"階",  U"号機", U"型",   U"系", U"群",  U"期",  U"度目", U"件",   U"床"});
constexpr auto kPhoneCues = std::to_array<View>(
    {U"電話", U"TEL", U"Tel", U"tel", U"℡", U"☎", U"FAX", U"Fax", U"fax", U"ファックス",
     U"ファクス", U"携帯", U"連絡先", U"内線", U"直通", U"代表", U"固定", U"自宅"});
constexpr auto kInsuranceCues =
    std::to_array<View>({U"保険", U"被保", U"記号", U"公費", U"負担者", U"受給者", U"後期高齢",
                         U"国保", U"社保", U"医療証", U"手帳", U"枝番", U"介護認定番号"});
constexpr auto kChartCues = std::to_array<View>(
    {U"カルテ", U"患者番号", U"患者ID", U"患者No", U"診察券", U"ID", U"整理番号", U"受診番号",
     U"利用者番号", U"検体番号", U"チャート", U"chart", U"Chart", U"診療録"});
constexpr auto kOtherCues = std::to_array<View>(
    {U"番号", U"No.", U"No", U"№", U"口座", U"免許", U"パスポート", U"旅券", U"在留カード", U"証"});
constexpr auto kBirthCues = std::to_array<View>(
    {U"生年月日", U"誕生", U"生まれ", U"DOB", U"dob", U"D.O.B", U"birth", U"Birth", U"BIRTH"});
constexpr auto kBuildings = std::to_array<View>(
    {U"ハイツ",         U"マンション", U"アパート", U"コーポ",   U"メゾン",     U"荘",
     U"ビル",           U"レジデンス", U"団地",     U"ハイム",   U"パレス",     U"ヴィラ",
     U"タワー",         U"テラス",     U"コート",   U"ハウス",   U"シャトー",   U"住宅",
     U"グリーン",       U"プラザ",     U"カーサ",   U"ドミール", U"パーク",     U"ガーデン",
     U"フラット",       U"サンハイ",   U"館",       U"寮",       U"エステート", U"ヒルズ",
     U"レジデンシャル", U"ヴィレッジ"});
constexpr auto kDomains =
    std::to_array<View>({U"jp",      U"com",  U"net", U"org", U"info", U"me", U"io",  U"biz",
                         U"tokyo",   U"cn",   U"kr",  U"br",  U"vn",   U"ph", U"edu", U"gov",
                         U"example", U"test", U"app", U"dev", U"link", U"gl", U"ly"});

class NumberSearch {
public:
    NumberSearch(View text, std::vector<Mark>& marks)
        : copy_(with_digits(text)), text_(copy_), marks_(marks), person_(text.size() + 1) {
        for (const Mark& each : marks) {
            for (size_t i = each.begin; i < each.end; ++i) person_[i] = true;
        }
    }

    void run() {
        for (size_t i = 0; i < text_.size();) {
            size_t end = i;
            while (end < text_.size() && is_digit(text_[end])) ++end;
            if (end > i) runs_.push_back({i, end});
            i = std::max(end, i + 1);
        }
        for (size_t i = 0; i < text_.size(); ++i) {
            if (begins_date(text_[i])) {
                if (const auto date = date_at(i)) birth_date(*date);
            }
            letter_at(i);
        }
        for (size_t k = 0; k < runs_.size(); ++k) number_at(k);
    }

private:
    char32_t at(size_t i) const { return i < text_.size() ? text_[i] : U'\0'; }
    char32_t before(size_t i) const { return i > 0 ? text_[i - 1] : U'\0'; }
    bool is(size_t i, View word) const {
        return i <= text_.size() && text_.substr(i).starts_with(word);
    }
    template <size_t N>
    size_t any(size_t i, const std::array<View, N>& words) const {
        size_t longest = 0;
        for (const View word : words) {
            if (at(i) == word.front() && is(i, word)) longest = std::max(longest, word.size());
        }
        return longest;
    }
    void mark(UnknownKind kind, size_t begin, size_t end) {
        if (begin < end) marks_.push_back({kind, begin, end});
    }
    /// One of the words stands in the `width` letters before `i`, in the same sentence.
    template <size_t N>
    bool cue(size_t i, const std::array<View, N>& words, size_t width) const {
        size_t from = i;
        while (from > 0 && i - from < width && !is_one_of(text_[from - 1], U"。\n")) --from;
        for (size_t k = from; k < i; ++k) {
            const size_t n = any(k, words);
            if (n == 0 || k + n > i) continue;
            // ID in COVID, No in NoSpace.
            const bool inside =
                is_letter(text_[k]) && (is_letter(before(k)) || is_letter(at(k + n)));
            if (!inside) return true;
        }
        return false;
    }

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

    bool separator(size_t& i, View word) const {
        while (at(i) == U' ') ++i;
        if (!is_one_of(at(i), word)) return false;
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
        if (at(i) == U'日') ++date.end;
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
        static constexpr View kNotBorn = U"検食化活命存理体殖菌徒涯";
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
        while (k > 0 && i - k < 14 && !person_[k - 1] &&
               is_one_of(text_[k - 1], U" \n()、,/:様さんちゃくん氏殿"))
            --k;
        return k > 0 && k < i && person_[k - 1];
    }
    bool age_behind(size_t i) const {
        while (is_one_of(at(i), U" )日、,(満")) ++i;
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

    /// What parts run `k` from the next one; empty when they do not belong together.
    View gap(size_t k) const {
        if (k + 1 >= runs_.size()) return {};
        const View between = text_.substr(runs_[k].end, runs_[k + 1].begin - runs_[k].end);
        if (between.empty() || between.size() > 3) return {};
        const bool all = std::all_of(between.begin(), between.end(),
                                     [](char32_t c) { return is_one_of(c, U"-()ー・. \nの~_"); });
        return all ? between : View{};
    }
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
    bool begins_at(size_t first) const {
        if (first == 0) return true;
        const View last = gap(first - 1);
        return last.empty() || !is_one_of(last.back(), U"-ー.");
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
        return false;
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
        return true;
    }
    /// 緊急 98-3763, 保健師京極(83-1125): without its area, where somebody is called.
    bool local_phone(size_t k) {
        if (k + 1 >= runs_.size() || !begins_at(k) || !ends_at(k + 1) || runs_[k].size() < 2 ||
            runs_[k].size() > 4 || runs_[k + 1].size() != 4 || (gap(k) != U"-" && gap(k) != U"ー"))
            return false;
        static constexpr auto kCalled =
            std::to_array<View>({U"緊急", U"連絡", U"窓口", U"直通", U"電話", U"携帯", U"架電",
                                 U"着信", U"担当", U"保健師", U"訪看", U"業者", U"歯科", U"先生"});
        static constexpr auto kCall = std::to_array<View>(
            {U"→かけ直し", U"かけ直し", U"へ電話", U"に電話", U"まで", U"へ連絡", U"に連絡"});
        size_t next = runs_[k + 1].end;
        while (is_one_of(at(next), U" )、,(")) ++next;
        if (!person_before(runs_[k].begin) && !cue(runs_[k].begin, kCalled, 14) &&
            any(next, kCall) == 0)
            return false;
        mark(UnknownKind::Phone, runs_[k].begin, runs_[k + 1].end);
        return true;
    }
    /// +44 20 7946 0724.
    bool phone_abroad(size_t k) {
        size_t size = runs_[k].size(), last = k;
        while (last < k + 5 && !gap(last).empty() && size + runs_[last + 1].size() <= 15)
            size += runs_[++last].size();
        if (size < 8) return false;
        mark(UnknownKind::Phone, runs_[k].begin - 1, runs_[last].end);
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
        static constexpr auto kSpecimens = std::to_array<View>(
            {U"検体", U"ラベル", U"オーダ", U"伝票", U"ロット", U"Lot", U"LOT", U"製造番号"});
        if (!text::has_my_number(all) && cue(runs_[k].begin, kSpecimens, 12)) return true;
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
        static constexpr auto kCues =
            std::to_array<View>({U"郵便", U"住所", U"所在地", U"宛先", U"〒"});
        size_t next = runs_[k + 1].end;
        while (is_one_of(at(next), U" \n、,)")) ++next;
        static constexpr View kAreas = U"都道府県市区郡町村";
        bool area = false;
        for (size_t i = next; i < next + 8 && (is_kanji(at(i)) || is_kana(at(i))); ++i)
            area = area || is_one_of(at(i), kAreas);
        if (!area && !cue(begin, kCues, 10)) {
            // 461-7225へ: a telephone without its area.
            static constexpr auto kTo = std::to_array<View>(
                {U"へ", U"まで", U"に電話", U"に連絡", U"宛", U"に架電", U"から電話", U"から着信"});
            if (any(next, kTo) == 0) return false;
            mark(UnknownKind::Phone, begin, runs_[k + 1].end);
            return true;
        }
        mark(UnknownKind::Postal, begin, runs_[k + 1].end);
        return true;
    }

    // ---- addresses ------------------------------------------------------------------------------

    static bool is_town_letter(char32_t c) {
        return is_kanji(c) || is_kana(c) || c == U'ー' || c == U'ヶ' || c == U'ケ' || c == U'の' ||
               c == U'が';
    }
    size_t town_before(size_t i) const {
        size_t from = i;
        while (from > 0 && is_space(text_[from - 1]) && i - from < 2) --from;
        const size_t end = from;
        while (from > 0 && end - from < 16 && is_town_letter(text_[from - 1])) --from;
        return from;
    }

    bool address(size_t k) {
        const size_t begin = runs_[k].begin;
        size_t last = k;
        while (last + 1 < runs_.size() && last - k < 4 && !gap(last).empty() &&
               is_one_of(gap(last).front(), U"-ーの") && gap(last).size() == 1 &&
               runs_[last + 1].size() <= 5)
            ++last;
        const size_t end = runs_[last].end, parts = last - k + 1;
        const bool short_runs = runs_[k].size() <= 5 && begins_at(k);
        if (is(end, U"号室") || is(end, U"号棟") || is(end, U"番地") || is(end, U"丁目") ||
            (is(end, U"番") && numeral(at(end + 1)) >= 0)) {
            mark(UnknownKind::Address, begin, end + 2);
            return true;
        }
        if (!short_runs || is_date(begin, end) || any(end, kUnits) > 0) return false;
        const size_t town = town_before(begin);
        const View name = text_.substr(town, begin - town);
        const bool place = std::any_of(name.begin(), name.end(), [](char32_t c) {
            return is_one_of(c, U"都道府県市区郡町村条");
        });
        if (parts >= 2 && is_place(begin, end)) return true;
        const bool cued = cue(
            begin, std::to_array<View>({U"住所", U"在住", U"居住", U"自宅", U"〒", U"転居"}), 24);
        if (parts >= 3 && !name.empty() &&
            (place || cued ||
             (is_kanji(before(begin) == U' ' ? name.front() : before(begin)) && begin > town &&
              runs_[k].size() <= 3 &&
              !is_one_of(before(begin), U"第約毎年月日時分後前回度介護支援級型係食眠録算値順")))) {
            mark(UnknownKind::Address, town, end);
            return true;
        }
        if (parts == 2 && !name.empty() && (place || cued || runs_[k].size() >= 3) &&
            (place || cued || looks_town(town, begin))) {
            mark(UnknownKind::Address, town, end);
            return true;
        }
        return building_before(begin, end, parts) || room(begin, end);
    }

    /// 熊谷市けやき台3457-1, 広島県 尾道市 元宿 3-23: a municipality and a town in any letters.
    bool is_place(size_t begin, size_t end) {
        size_t from = begin, area = begin;
        while (from > 0 && begin - from < 24 &&
               (is_town_letter(text_[from - 1]) || is_hiragana(text_[from - 1]) ||
                text_[from - 1] == U' ')) {
            --from;
            if (is_one_of(text_[from], U"をはがへで")) break;
            if (is_one_of(text_[from], U"市区町村郡") && from > 1 && area == begin) area = from;
        }
        if (area == begin || begin - area < 2) return false;
        size_t start = area;
        while (start > 0 && area - start < 12 &&
               (is_town_letter(text_[start - 1]) || text_[start - 1] == U' ') &&
               !is_one_of(text_[start - 1], U"様の"))
            --start;
        while (start < area && text_[start] == U' ') ++start;
        mark(UnknownKind::Address, start, end);
        return true;
    }

    /// 旧宅の花小金井1697-20.
    bool looks_town(size_t from, size_t end) const {
        if (end < from + 2 || !is_kanji(text_[end - 1])) return false;
        return is_one_of(text_[end - 1], U"町台丘原井谷橋田野山川島崎沢池北南東西前条里");
    }

    /// 第2近江屋ビル 301, ハイツ中町203.
    bool building_before(size_t begin, size_t end, size_t parts) {
        const size_t room = end - begin;
        if (room < 3 && parts < 2) return false;
        size_t from = begin;
        while (from > 0 && begin - from < 14 && !is_one_of(text_[from - 1], U"。、\n")) --from;
        for (size_t i = begin; i-- > from;) {
            const size_t n = any(i, kBuildings);
            if (n == 0 || i + n > begin) continue;
            const View between = text_.substr(i + n, begin - i - n);
            const bool name =
                between.size() <= 10 && std::all_of(between.begin(), between.end(), [](char32_t c) {
                    return is_kanji(c) || is_kana(c) || is_space(c) || is_letter(c) ||
                           is_digit(c) || is_one_of(c, U"ー・ヶの-号棟");
                });
            if (!name) continue;
            mark(UnknownKind::Address, i, end);
            return true;
        }
        return false;
    }

    /// (クレール泉 405は旧住所), コスモ東台 102号.
    bool room(size_t begin, size_t end) {
        if (end - begin < 3 || end - begin > 4) return false;
        if (!is(end, U"号") && !is(end, U"は旧住所") && !is(end, U"に転居") && !is(end, U")"))
            return false;
        size_t from = begin;
        while (from > 0 && text_[from - 1] == U' ') --from;
        size_t stop = from;
        while (from > 0 && stop - from < 14 && (is_town_letter(text_[from - 1]))) --from;
        size_t kana = 0;
        for (size_t i = from; i < stop; ++i) kana += is_kana(text_[i]);
        if (kana < 3 || before(from) != U'(') return false;
        mark(UnknownKind::Address, from, end);
        return true;
    }

    // ---- numbers of insurance, charts and the rest ----------------------------------------------

    /// と書かれた藤田病院の診察券
    bool card_behind(size_t i) const {
        const View behind = text_.substr(std::min(i, text_.size()), 18);
        const View line = behind.substr(0, behind.find_first_of(U"。\n"));
        return line.find(U"診察券") != View::npos && line.starts_with(U"と");
    }
    bool decimal(size_t k) const {
        return at(runs_[k].end) == U'.' && is_digit(at(runs_[k].end + 1));
    }
    void long_number(size_t k) {
        const size_t begin = runs_[k].begin;
        if (!begins_at(k) || is_date(begin, runs_[k].end)) return;
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
        // 5/分 is a rate, 146050/被保険者番号 the next of a list.
        const size_t stop = runs_[k].end;
        const bool listed = at(stop) == U'/' && !is_letter(at(stop + 1)) &&
                            !is_one_of(at(stop + 1), U"日分回時週月μ") && !is_digit(at(stop + 1));
        const bool unit = (any(stop, kUnits) > 0 && !listed) || decimal(k);
        const size_t own = runs_[k].size();
        const bool insurance = cue(from, kInsuranceCues, 16);
        const bool chart = cue(from, kChartCues, 14) || card_behind(runs_[last].end);
        if (!unit) {
            const size_t end = runs_[last].end;
            if (cue(from, kPhoneCues, 9) &&
                ((size >= 6 && size <= 8 && last > k) ||
                 (own <= 5 && own >= 3 && cue(from, std::to_array<View>({U"内線"}), 5))))
                return mark(UnknownKind::Phone, begin, end);
            if (insurance && size >= 2 && !cue(from, std::to_array<View>({U"枝番"}), 4) &&
                (size >= 4 || cue(from, std::to_array<View>({U"記号", U"番号", U"枝番"}), 6)))
                return mark(UnknownKind::Insurance, from, end);
            if (chart && size >= 3) return mark(UnknownKind::Chart, from, end);
            if (size >= 4 && cue(from, kOtherCues, 8)) return mark(UnknownKind::Other, from, end);
        }
        if (own < 8 || (from < begin && own < 10) || decimal(k)) return;
        mark(own == 8 || own == 10 ? UnknownKind::Insurance : UnknownKind::Chart, begin,
             runs_[k].end);
    }

    // ---- what begins with a letter --------------------------------------------------------------

    void letter_at(size_t i) {
        const char32_t c = text_[i];
        if (c == U'@') return mail(i);
        if (c == U'丁' && at(i + 1) == U'目' && (numeral(before(i)) >= 0 || before(i) == U'十'))
            return mark(UnknownKind::Address, town_before(i), i + 2);
        if (c == U'番' && (at(i + 1) == U'地' || numeral(at(i + 1)) >= 0) &&
            (numeral(before(i)) >= 0 || before(i) == U'十'))
            return mark(UnknownKind::Address, town_before(i - 1), i + 2);
        if (c == U'町' || c == U'字') {
            town(i);
            return c == U'町' ? whole_town(i) : void();
        }
        if (c == U'側' || c == U'の') place_behind(i);
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
        static constexpr auto kAt =
            std::to_array<View>({U"(at)", U"[at]", U"(アット)", U"アットマーク", U"アット",
                                 U"あっと", U"【at】", U"<at>", U"(a)"});
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
        if (std::find(kDomains.begin(), kDomains.end(), top) != kDomains.end())
            mark(UnknownKind::Url, i, end);
    }
    /// 東町市谷戸町: a town within a city.
    void town(size_t i) {
        size_t from = i;
        while (from > 0 && i - from < 6 && is_town_letter(text_[from - 1]) &&
               !is_one_of(text_[from - 1], U"市区"))
            --from;
        if (from == i || from < 2 || !is_one_of(text_[from - 1], U"市区") ||
            !is_kanji(text_[from - 2]))
            return;
        if (text_[i] == U'町' && !is_one_of(at(i + 1), U"村内会立議長役民") &&
            !is_one_of(text_[from], U"内立役民"))
            mark(UnknownKind::Address, from, i + 1);
    }
    /// 門田町の公園: a town's name by itself, no municipality's office.
    void whole_town(size_t i) {
        size_t from = i;
        while (from > 0 && i - from < 6 &&
               (is_kanji(text_[from - 1]) || is_one_of(text_[from - 1], U"ノケヶ")))
            --from;
        static constexpr auto kOthers = std::to_array<View>(
            {U"下町", U"隣町", U"港町", U"同町", U"各町", U"裏町", U"城下町", U"門前町", U"温泉町",
             U"宿場町", U"市町", U"区町", U"県町", U"同じ町", U"他町", U"当町", U"本町会"});
        if (i < from + 1 || any(from, kOthers) == i + 1 - from || is_kanji(at(i + 1)) ||
            numeral(at(i + 1)) >= 0)
            return;
        const View name = text_.substr(from, i - from);
        if (name.find_first_of(U"郡県市") != View::npos) return;
        mark(UnknownKind::Address, from, i + 1);
    }
    /// 境側の入口, 長町の八百屋: what only stands in a neighbourhood.
    void place_behind(size_t i) {
        static constexpr auto kPlaces = std::to_array<View>(
            {U"の公園",     U"の戸建",   U"の一軒家", U"の一戸建", U"のアパート", U"のマンション",
             U"の団地",     U"の自治会", U"の町内会", U"の八百屋", U"の商店街",   U"の交差点",
             U"の踏切",     U"の交番",   U"の神社",   U"の集会所", U"の公民館",   U"の床屋",
             U"の酒屋",     U"の実家",   U"の自宅",   U"の長男宅", U"の長女宅",   U"の次男宅",
             U"の次女宅",   U"の娘宅",   U"の息子宅", U"の弟宅",   U"の妹宅",     U"の姉宅",
             U"の兄宅",     U"の借家",   U"の市営",   U"の都営",   U"の県営",     U"の郵便局",
             U"のスーパー", U"の坂",     U"のバス停", U"の家に",   U"の家を",     U"の空き家",
             U"側の入口",   U"側の玄関", U"側から入", U"側の道",   U"側の出入口", U"側の駐車"});
        if (any(i, kPlaces) == 0) return;
        size_t from = i;
        while (from > 0 && i - from < 8 &&
               (is_kanji(text_[from - 1]) || is_one_of(text_[from - 1], U"ノケヶが")))
            --from;
        static constexpr auto kOthers = std::to_array<View>(
            {U"東",   U"西",   U"南",   U"北",     U"右",   U"左",   U"表",   U"裏",   U"両",
             U"隣",   U"家",   U"内",   U"外",     U"窓",   U"奥",   U"手前", U"近所", U"自宅",
             U"道路", U"近隣", U"別",   U"元",     U"他",   U"本人", U"長男", U"長女", U"次男",
             U"次女", U"娘",   U"息子", U"妻",     U"夫",   U"母",   U"父",   U"兄",   U"姉",
             U"弟",   U"妹",   U"患者", U"利用者", U"家族", U"階",   U"市内", U"都内", U"県内",
             U"区内", U"県外", U"市外", U"町内",   U"同",   U"現在", U"築",   U"賃貸", U"最寄",
             U"病院", U"先",   U"木造", U"場所",   U"専用", U"時",   U"日",   U"用"});
        const View name = text_.substr(from, i - from);
        if (name.empty() || is_one_of(name.back(), U"市区県都府宅家人者建階院館前後中") ||
            is_digit(before(from)))
            return;
        for (size_t k = from; k < i; ++k) {
            const size_t n = any(k, kOthers);
            if (n > 0 && (k == from || (k + n == i && (n > 1 || i - from < 3)))) return;
        }
        if (is(i, U"の") && name.size() < 2) return;
        mark(UnknownKind::Address, from, i);
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

    const std::u32string copy_;
    const View text_;
    std::vector<Mark>& marks_;
    std::vector<Run> runs_;
    std::vector<bool> person_;    ///< letters of people
    std::vector<size_t> births_;  ///< where dates of birth end
};

}  // namespace

void find_personal_numbers(std::u32string_view text, std::vector<Mark>& marks) {
    NumberSearch(text, marks).run();
}

}  // namespace tsunagi::privacy

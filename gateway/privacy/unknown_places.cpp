// Addresses below the municipality, and towns by themselves.
#include <algorithm>
#include <array>

#include "privacy/folded.h"
#include "privacy/number_text.h"

namespace tsunagi::privacy {
namespace {

using std::size_t;
using View = std::u32string_view;

constexpr auto kBuildings = word_set(
    {U"ハイツ",         U"マンション", U"アパート", U"コーポ",   U"メゾン",     U"荘",
     U"ビル",           U"レジデンス", U"団地",     U"ハイム",   U"パレス",     U"ヴィラ",
     U"タワー",         U"テラス",     U"コート",   U"ハウス",   U"シャトー",   U"住宅",
     U"グリーン",       U"プラザ",     U"カーサ",   U"ドミール", U"パーク",     U"ガーデン",
     U"フラット",       U"サンハイ",   U"館",       U"寮",       U"エステート", U"ヒルズ",
     U"レジデンシャル", U"ヴィレッジ"});
}  // namespace

bool PlaceSearch::is_town_letter(char32_t c) {
    return is_kanji(c) || is_kana(c) || c == U'ー' || c == U'ヶ' || c == U'ケ' || c == U'の' ||
           c == U'が';
}
size_t PlaceSearch::town_before(size_t i) const {
    size_t from = i;
    while (from > 0 && is_space(text_[from - 1]) && i - from < 2) --from;
    const size_t end = from;
    while (from > 0 && end - from < 16 && is_town_letter(text_[from - 1])) --from;
    return from;
}

size_t PlaceSearch::last_of(size_t k) const {
    size_t last = k;
    while (last + 1 < runs_.size() && last - k < 4 && !gap(last).empty() &&
           is_one_of(gap(last).front(), U"-ーの") && gap(last).size() == 1 &&
           runs_[last + 1].size() <= 5)
        ++last;
    return last;
}

bool PlaceSearch::address(size_t k, bool quantity) {
    const size_t begin = runs_[k].begin;
    const size_t last = last_of(k);
    const size_t end = runs_[last].end, parts = last - k + 1;
    const bool short_runs = runs_[k].size() <= 5 && begins_at(k);
    if (is(end, U"号室") || is(end, U"号棟") || is(end, U"番地") || is(end, U"丁目") ||
        (is(end, U"番") && numeral(at(end + 1)) >= 0)) {
        mark(UnknownKind::Address, begin, end + 2);
        return true;
    }
    if (!short_runs || quantity) return false;
    const size_t town = town_before(begin);
    const View name = text_.substr(town, begin - town);
    const bool place = std::any_of(name.begin(), name.end(), [](char32_t c) {
        return is_one_of(c, U"都道府県市区郡町村条字");
    });
    if (parts >= 2 && is_place(begin, end)) return true;
    // 奥多摩町氷川123
    const size_t area = name.find_last_of(U"市町村郡");
    if (parts == 1 && area != View::npos && area >= 2 && area + 2 < name.size() &&
        std::all_of(name.begin(), name.end(), is_kanji) &&
        (end >= text_.size() || is_one_of(text_[end], U" \n、。,)/のに"))) {
        mark(UnknownKind::Address, town, end);
        return true;
    }
    const bool cued =
        cue(begin, word_set({U"住所", U"在住", U"居住", U"自宅", U"居所", U"〒", U"転居"}), 24);
    if (parts >= 3 && cued && name.empty() && is_hiragana(before(begin))) {
        mark(UnknownKind::Address, begin, end);
        return true;
    }
    if (cued && parts == 1 && end - begin == 3 && dwelling(begin, end)) return true;
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
bool PlaceSearch::is_place(size_t begin, size_t end) {
    size_t from = begin, area = begin;
    while (from > 0 && begin - from < 24 &&
           (is_town_letter(text_[from - 1]) || is_hiragana(text_[from - 1]) ||
            text_[from - 1] == U' ')) {
        --from;
        // 松が枝
        const bool within =
            text_[from] == U'が' && is_kanji(before(from)) && is_kanji(at(from + 1));
        if (is_one_of(text_[from], U"をはがへで") && !within) break;
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
bool PlaceSearch::looks_town(size_t from, size_t end) const {
    if (end < from + 2 || !is_kanji(text_[end - 1])) return false;
    return is_one_of(text_[end - 1], U"町台丘原井谷橋田野山川島崎沢池北南東西前条里");
}

/// 第2近江屋ビル 301, ハイツ中町203.
bool PlaceSearch::building_before(size_t begin, size_t end, size_t parts) {
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
                return is_kanji(c) || is_kana(c) || is_space(c) || is_letter(c) || is_digit(c) ||
                       is_one_of(c, U"ー・ヶの-号棟");
            });
        if (!name) continue;
        mark(UnknownKind::Address, i, end);
        return true;
    }
    return false;
}

/// 自宅はアーバン柳瀬109, 居所:コスモ東台 606号: a room behind a name in katakana and kanji.
bool PlaceSearch::dwelling(size_t begin, size_t end) {
    size_t stop = begin;
    if (before(stop) == U' ') --stop;
    size_t from = stop;
    while (from > 0 && stop - from < 14 &&
           (is_kanji(text_[from - 1]) || is_kana(text_[from - 1]) ||
            is_one_of(text_[from - 1], U"ー・")))
        --from;
    size_t kana = 0;
    for (size_t i = from; i < stop; ++i) kana += is_kana(text_[i]);
    if (kana < 2 || stop - from < 4 || !is_one_of(before(from), U"は: )")) return false;
    mark(UnknownKind::Address, from, end);
    return true;
}

/// 住所:札幌市北区谷戸: without a number.
void PlaceSearch::told_place(size_t i) {
    while (is_one_of(at(i), U" :は)〒-") || is_digit(at(i))) ++i;
    size_t end = i, area = i;
    while (end < text_.size() && end - i < 20 && is_town_letter(text_[end]) &&
           !is_one_of(text_[end], U"のが")) {
        if (is_one_of(text_[end], U"市区町村郡")) area = end;
        ++end;
    }
    if (area > i + 1 && end > area + 2) mark(UnknownKind::Address, i, end);
}

/// (クレール泉 405は旧住所), コスモ東台 102号.
bool PlaceSearch::room(size_t begin, size_t end) {
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

/// 東町市谷戸町: a town within a city.
void PlaceSearch::town(size_t i) {
    size_t from = i;
    while (from > 0 && i - from < 6 && is_town_letter(text_[from - 1]) &&
           !is_one_of(text_[from - 1], U"市区"))
        --from;
    if (from == i || from < 2 || !is_one_of(text_[from - 1], U"市区") || !is_kanji(text_[from - 2]))
        return;
    if (text_[i] == U'町' && !is_one_of(at(i + 1), U"村内会立議長役民") &&
        !is_one_of(text_[from], U"内立役民"))
        mark(UnknownKind::Address, from, i + 1);
}
/// 門田町の公園: a town's name by itself, no municipality's office.
void PlaceSearch::whole_town(size_t i) {
    size_t from = i;
    while (from > 0 && i - from < 6 &&
           (is_kanji(text_[from - 1]) || is_one_of(text_[from - 1], U"ノケヶ")))
        --from;
    static constexpr auto kOthers = word_set(
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
void PlaceSearch::place_behind(size_t i) {
    static constexpr auto kPlaces = word_set(
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
    static constexpr auto kOthers =
        word_set({U"東",   U"西",   U"南",   U"北",     U"右",   U"左",   U"表",   U"裏",   U"両",
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

void PlaceSearch::letter_at(size_t i) {
    const char32_t c = text_[i];
    if (c == U'丁' && at(i + 1) == U'目' && (numeral(before(i)) >= 0 || before(i) == U'十'))
        return mark(UnknownKind::Address, town_before(i), i + 2);
    if (c == U'番' && (at(i + 1) == U'地' || numeral(at(i + 1)) >= 0) &&
        (numeral(before(i)) >= 0 || before(i) == U'十'))
        return mark(UnknownKind::Address, town_before(i - 1), i + 2);
    if (c == U'住' && at(i + 1) == U'所' && is_one_of(at(i + 2), U" :は)〒")) told_place(i + 2);
    if (c == U'宅' && at(i + 1) == U':') told_place(i + 1);
    if (c == U'町' || c == U'字') {
        town(i);
        return c == U'町' ? whole_town(i) : void();
    }
    if (c == U'側' || c == U'の') place_behind(i);
}

}  // namespace tsunagi::privacy

#include "privacy/name_shapes.h"

#include <algorithm>
#include <iterator>

#include "privacy/unknown_parts.h"

namespace tsunagi::privacy {

using std::size_t;
using View = std::u32string_view;

bool is_drug(View word) {
    static constexpr auto kEndings = word_set(
        {U"ドパ",       U"シリン",     U"タム",       U"ゾール",       U"スタチン", U"マイシン",
         U"フェン",     U"プリル",     U"ゾラム",     U"サルタン",     U"ウム",     U"アミド",
         U"キサシン",   U"ニジン",     U"ロール",     U"ラシル",       U"トリム",   U"サゾール",
         U"ニブ",       U"マブ",       U"グリプチン", U"ホルミン",     U"プラチン", U"テロール",
         U"ゾン",       U"ニド",       U"ピウム",     U"キシサール",   U"ジピン",   U"チアジド",
         U"ナトリウム", U"ドシン",     U"オシン",     U"カイン",       U"セパム",   U"ガバリン",
         U"カルスト",   U"サバン",     U"フロジン",   U"ゼパム",       U"ピデム",   U"ゾピクロン",
         U"メルテオン", U"レキサント", U"セミド",     U"サミド",       U"チジン",   U"スロシン",
         U"サプリド",   U"チアプリド", U"ペリドン",   U"ザピン",       U"バラミン", U"チアミン",
         U"マンチン",   U"ベグロン",   U"ラセタム",   U"ニゾロン",     U"ダロン",   U"バプタン",
         U"キセチン",   U"トリプタン", U"ネペジル",   U"ナルデメジン", U"ヒスチン", U"グルチド",
         U"プラザン",   U"ギリン",     U"プロストン", U"ニロール",     U"ファリン", U"スタット"});
    return word.size() >= 4 && kEndings.closes(word);
}

bool is_native(View word) {
    return std::none_of(word.begin(), word.end(),
                        [](char32_t c) { return is_one_of(c, U"ーァィゥェォヴプピペポパヂヅヲ"); });
}

bool looks_japanese(View word) {
    return word.size() >= 4 && is_one_of(word.back(), U"aiueo") &&
           word.find_first_of(U"lvx") == View::npos;
}

bool is_romaji(View word) {
    size_t i = 0;
    while (i < word.size()) {
        size_t k = i;
        while (k < word.size() && !is_one_of(word[k], U"aiueo")) ++k;
        const View onset = word.substr(i, k - i);
        if (k == word.size()) return onset == U"n" || onset == U"h";
        static constexpr auto kOnsets = word_set(
            {U"k",   U"s",   U"t",  U"n",  U"h",  U"m",  U"y",  U"r",   U"w",   U"g",  U"z",
             U"d",   U"b",   U"j",  U"f",  U"ch", U"sh", U"ts", U"ky",  U"gy",  U"ny", U"hy",
             U"my",  U"ry",  U"by", U"kk", U"tt", U"ss", U"nn", U"tch", U"ssh", U"nk", U"ng",
             U"ns",  U"nz",  U"nt", U"nd", U"nb", U"mb", U"nm", U"mm",  U"nj",  U"nr", U"nh",
             U"nch", U"nsh", U"ny", U"nw", U"sy", U"ty", U"zy", U"jy",  U"nky", U"p"});
        if (!onset.empty() && !kOnsets.has(onset)) return false;
        i = k + 1;
    }
    return true;
}

bool is_done(View word) {
    static constexpr auto kDone = word_set(
        {U"宛",     U"訪問",   U"聴取",   U"実施",   U"処置",   U"不在",   U"宅訪問", U"経由",
         U"出動",   U"帰宅",   U"来院",   U"来所",   U"来室",   U"来棟",   U"受診",   U"欠席",
         U"出席",   U"同席",   U"同行",   U"代理",   U"代筆",   U"署名",   U"受電",   U"架電",
         U"退室",   U"入室",   U"来訪",   U"訪室",   U"病欠",   U"早退",   U"遅刻",   U"欠勤",
         U"出勤",   U"夜勤",   U"日勤",   U"当直",   U"待機",   U"担当",   U"記載",   U"記入",
         U"作成",   U"確認",   U"報告",   U"連絡",   U"説明",   U"評価",   U"対応",   U"指導",
         U"依頼",   U"同意",   U"了承",   U"承諾",   U"面談",   U"面会",   U"付添",   U"帰国",
         U"逝去",   U"永眠",   U"死去",   U"他界",   U"退職",   U"異動",   U"転勤",   U"評価済",
         U"実施済", U"確認済", U"報告済", U"了解済", U"連絡済", U"説明済", U"入電",   U"来電",
         U"発言",   U"両名",   U"両氏"});
    return kDone.has(word);
}

bool tells(View rest) {
    static constexpr auto kTold = word_set(
        {U"に確認",   U"に連絡",   U"に依頼",   U"に相談",   U"に報告",   U"に電話",   U"に照会",
         U"に伝え",   U"に引き継", U"へ連絡",   U"へ報告",   U"へ依頼",   U"へ申し",   U"へ引き継",
         U"より連絡", U"より電話", U"より報告", U"より申し", U"より相談", U"より説明", U"から連絡",
         U"から電話", U"から報告", U"から着信", U"から相談", U"から申し", U"が対応",   U"が同席",
         U"が担当",   U"が付き添", U"が手伝",   U"が準備",   U"が持参",   U"が訪問",   U"が来",
         U"と相談",   U"と面談",   U"と同居",   U"と名乗",   U"が処置",   U"が実施",   U"が設定",
         U"が同行",   U"が説明",   U"が往診",   U"が向か",   U"が聴取",   U"が入力",   U"が作成",
         U"が記入",   U"が確認",   U"が連絡",   U"に共有",   U"に託",     U"に伝言",   U"によると",
         U"によれば", U"いわく",   U"曰く",     U"に代わ",   U"に一任",   U"と交代",   U"と交替",
         U"より入電", U"から入電", U"へ折り返", U"に折り返", U"に引き渡", U"が伺",     U"が訪室",
         U"が来訪",   U"に来訪",   U"が言う",   U"が話す",   U"に話し",   U"に聞",     U"が付添",
         U"が送迎",   U"が迎え",   U"が見送",   U"が立ち会", U"も立ち会", U"も同席",   U"も同行",
         U"が同意",   U"も同意",   U"は同意",   U"に同意",   U"へ申し送", U"に申し送", U"へ交代",
         U"へ交替"});
    return kTold.opens(rest);
}

}  // namespace tsunagi::privacy

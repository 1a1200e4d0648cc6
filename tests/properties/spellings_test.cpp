// Bar I4: a packet's own identifiers in free text, in every spelling, also with spaces and line
// breaks inside. The spellings are written here by hand, not by the scanner's own tables.
#include <gtest/gtest.h>

#include <array>
#include <cstdio>
#include <initializer_list>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "json/reader.h"
#include "privacy/leak_scan.h"
#include "support/campaign.h"

namespace tsunagi {
namespace {

struct Person {
    const char *family, *given, *old_family;  ///< old_family: the same in old characters
    const char *kana_family, *kana_given, *hira_family, *hira_given, *half_family, *half_given;
    const char *hepburn_family, *hepburn_given, *kunrei_family, *kunrei_given;
};
constexpr auto kPeople = std::to_array<Person>({
    {"渡辺", "静子", "渡邊", "ワタナベ", "シズコ", "わたなべ", "しずこ", "ﾜﾀﾅﾍﾞ", "ｼｽﾞｺ",
     "Watanabe", "Shizuko", "Watanabe", "Sizuko"},
    {"斎藤", "千鶴", "齋藤", "サイトウ", "チヅル", "さいとう", "ちづる", "ｻｲﾄｳ", "ﾁﾂﾞﾙ", "Saito",
     "Chizuru", "Saitou", "Tizuru"},
    {"高橋", "文雄", "髙橋", "タカハシ", "フミオ", "たかはし", "ふみお", "ﾀｶﾊｼ", "ﾌﾐｵ", "Takahashi",
     "Fumio", "Takahasi", "Humio"},
    {"浜口", "達也", "濱口", "ハマグチ", "タツヤ", "はまぐち", "たつや", "ﾊﾏｸﾞﾁ", "ﾀﾂﾔ",
     "Hamaguchi", "Tatsuya", "Hamaguti", "Tatuya"},
    {"柳沢", "純一", "柳澤", "ヤナギサワ", "ジュンイチ", "やなぎさわ", "じゅんいち", "ﾔﾅｷﾞｻﾜ",
     "ｼﾞｭﾝｲﾁ", "Yanagisawa", "Junichi", "Yanagisawa", "Zyuniti"},
    {"広瀬", "恵美子", "廣瀬", "ヒロセ", "エミコ", "ひろせ", "えみこ", "ﾋﾛｾ", "ｴﾐｺ", "Hirose",
     "Emiko", "Hirose", "Emiko"},
    {"桜井", "勝", "櫻井", "サクライ", "マサル", "さくらい", "まさる", "ｻｸﾗｲ", "ﾏｻﾙ", "Sakurai",
     "Masaru", "Sakurai", "Masaru"},
    {"国分", "章次", "國分", "コクブ", "ショウジ", "こくぶ", "しょうじ", "ｺｸﾌﾞ", "ｼｮｳｼﾞ", "Kokubu",
     "Shoji", "Kokubu", "Syouzi"},
});

struct Case {
    std::string packet;
    std::vector<std::string> spellings;
};

std::string joined(std::initializer_list<std::string_view> parts) {
    std::string out;
    for (const std::string_view part : parts) out += part;
    return out;
}

std::string parted(const std::string& text, const char* between) {
    std::string out;
    for (std::size_t i = 0; i < text.size();) {
        std::size_t n = 1;
        while (i + n < text.size() && (static_cast<unsigned char>(text[i + n]) & 0xC0) == 0x80) ++n;
        out += out.empty() ? "" : between;
        out += text.substr(i, n);
        i += n;
    }
    return out;
}

/// Digits one by one in another writing: full width, kanji.
std::string digits_as(const std::string& text, bool kanji) {
    static constexpr const char* kFull[] = {"０", "１", "２", "３", "４",
                                            "５", "６", "７", "８", "９"};
    static constexpr const char* kKanji[] = {"〇", "一", "二", "三", "四",
                                             "五", "六", "七", "八", "九"};
    std::string out;
    for (const char c : text) {
        if (c >= '0' && c <= '9')
            out += (kanji ? kKanji : kFull)[c - '0'];
        else if (c == '-')
            out += kanji ? "ー" : "－";
        else
            out += c;
    }
    return out;
}

constexpr const char* kMonths[] = {"January",   "February", "March",    "April",
                                   "May",       "June",     "July",     "August",
                                   "September", "October",  "November", "December"};

/// 13 as documents write it: 拾参.
std::string of_documents(std::uint64_t n) {
    static constexpr const char* kDigits[] = {"",   "壱", "弐", "参", "四",
                                              "五", "六", "七", "八", "九"};
    std::string out;
    if (n >= 20) out += kDigits[n / 10];
    if (n >= 10) out += "拾";
    return out + kDigits[n % 10];
}

/// 2001 as it is typed by mistake: 2OO1.
std::string o_for_zero(std::string text) {
    for (char& c : text) {
        if (c == '0') c = 'O';
    }
    return text;
}

std::string two(std::uint64_t n) { return (n < 10 ? "0" : "") + std::to_string(n); }

Case case_of(std::uint64_t number) {
    std::mt19937_64 random(number * 7919 + 4);
    const auto pick = [&](std::uint64_t n) { return random() % n; };
    const Person& who = kPeople[number % kPeople.size()];
    const std::uint64_t year = 2 + pick(60), month = 1 + pick(12), day = 1 + pick(28);
    const std::string area = "042", middle = std::to_string(100 + pick(900)),
                      last = std::to_string(1000 + pick(9000));
    const std::string block = std::to_string(11 + pick(80)), house = std::to_string(11 + pick(80));
    const std::string insured = std::to_string(10000000 + pick(89999999));
    const std::string era = std::to_string(year), m = std::to_string(month),
                      d = std::to_string(day), western = std::to_string(1925 + year);
    Case made;
    made.packet = R"({"resourceType":"Packet","identity":{"name":")";
    made.packet += joined({who.family, "　", who.given, R"(","kana":")", who.kana_family, "　"});
    made.packet += joined({who.kana_given, R"(","birthDate":"昭和)", era, "年", m, "月", d});
    made.packet += joined({R"(日","postalCode":"188-0099","address":"西東京市谷戸町)", block});
    made.packet += joined({"丁目", house, R"(番5号","phones":[{"number":")", area, "-", middle});
    made.packet += joined({"-", last, R"("}],"insurance":{"number":")", insured, R"("}}})"});
    const std::string f = who.family, g = who.given, of = who.old_family;
    const std::string phone = joined({area, "-", middle, "-", last});
    auto& s = made.spellings;
    s = {joined({f, g}),
         joined({f, " ", g}),
         joined({f, "　", g}),
         joined({of, g}),
         joined({of, "　", g}),
         joined({f, "\n", g}),
         joined({f, "・", g}),
         joined({f, "さん"}),
         joined({of, "様"}),
         parted(joined({f, g}), " "),
         parted(joined({f, g}), "\n"),
         parted(joined({of, g}), "　")};
    const std::string kf = who.kana_family, kg = who.kana_given, hf = who.hira_family,
                      hg = who.hira_given;
    for (const std::string& each :
         {joined({kf, kg}), joined({kf, " ", kg}), joined({kf, "　", kg}), joined({kf, "\n", kg}),
          joined({hf, hg}), joined({hf, " ", hg}), joined({who.half_family, who.half_given}),
          joined({who.half_family, " ", who.half_given}), parted(joined({kf, kg}), " "),
          parted(joined({hf, hg}), "\n")})
        s.push_back(each);
    const std::string ef = who.hepburn_family, eg = who.hepburn_given;
    for (const std::string& each : {joined({ef, " ", eg}), joined({eg, " ", ef}), joined({ef, eg}),
                                    joined({who.kunrei_family, " ", who.kunrei_given}),
                                    joined({ef, "\n", eg}), joined({ef, ", ", eg})})
        s.push_back(each);
    for (const std::string& each :
         {joined({"昭和", era, "年", m, "月", d, "日"}), joined({"S", era, ".", m, ".", d}),
          joined({western, "-", two(month), "-", two(day)}), joined({western, "/", m, "/", d}),
          joined({western, "年", m, "月", d, "日"}), joined({western, two(month), two(day)}),
          digits_as(joined({"昭和", era, "年", m, "月", d, "日"}), false),
          joined({western, "年（昭和", era, "年）", m, "月", d, "日"}),
          joined({"昭和", era, "年(", western, ")", m, "月", d, "日"}),
          joined({"昭和", era, "年の", m, "月", d, "日"}), joined({"S", era, "　", m, "　", d}),
          joined({kMonths[month - 1], " ", d, ", ", western}),
          joined({"昭和", of_documents(year), "年", of_documents(month), "月", of_documents(day),
                  "日"}),
          joined({era, ".", m, ".", d}), joined({western.substr(2), "/", m, "/", d}),
          joined({m, "/", d, "/", western.substr(2)})})
        s.push_back(each);
    for (const std::string& each :
         {phone, joined({area, middle, last}), joined({area, "(", middle, ")", last}),
          digits_as(phone, false), digits_as(phone, true), joined({area, " ", middle, " ", last}),
          joined({"+81-42-", middle, "-", last}), joined({area, "-", middle, "\n-", last}),
          joined({area, "#", middle, "#", last}), joined({area, "、", middle, "、", last}),
          joined({area, ",", middle, ",", last}), joined({"O42-", middle, "-", o_for_zero(last)}),
          joined({o_for_zero(area), "-", o_for_zero(middle), "-", o_for_zero(last)})})
        s.push_back(each);
    for (const std::string& each :
         {joined({"谷戸町", block, "丁目", house, "番5号"}),
          joined({"谷戸町", block, "-", house, "-5"}),
          joined({"谷戸町", digits_as(joined({block, "-", house, "-5"}), false)}),
          joined({"谷戸町", block, "の", house, "の5"}),
          joined({"やとちょう", block, "-", house, "-5"}),
          joined({"ヤトチョウ", block, "丁目", house, "番5号"}), insured,
          digits_as(insured, false)})
        s.push_back(each);
    return made;
}

std::string letter_with(const std::string& spelling, std::uint64_t number) {
    static constexpr const char* kBefore[] = {
        "平素より大変お世話になっております。訪問診療を継続中です。", "既往に橋本病、心不全。",
        "BP 132/78、SpO2 96%。", "退院後は週2回の訪問看護を予定。"};
    static constexpr const char* kBehind[] = {
        "、以後は自宅で療養。次回は11月24日。", "（詳細は別紙）。CRP 3.25mg/dL。",
        "。よろしくお願いします。", "。レボフロキサシン500mgを5日間。"};
    return joined({kBefore[number % 4], spelling, kBehind[number / 4 % 4]});
}

// The figure of the bar: 10,000 letters, each with every spelling.
TEST(Spellings, EveryIdentifierOfThePacketIsFoundInEverySpelling) {
    support::Campaign campaign("spellings", 10'000, 200);
    std::uint64_t number = 0, letters = 0, searched = 0, missed = 0;
    while (campaign.next(number)) {
        const Case made = case_of(number);
        const auto packet = json::read(made.packet);
        ASSERT_TRUE(packet) << number;
        const auto scanner = privacy::LeakScanner::of_packet(packet->root());
        ASSERT_GE(made.spellings.size(), 40U);
        // The planted fault of the other side: a letter without any is clean.
        ASSERT_TRUE(scanner.scan(letter_with("", number)).empty()) << number;
        ++letters;
        for (std::size_t i = 0; i < made.spellings.size(); ++i) {
            ++searched;
            if (!scanner.scan(letter_with(made.spellings[i], number + i)).empty()) continue;
            ++missed;
            ADD_FAILURE() << "case " << number << ": " << made.spellings[i];
            if (missed > 20) return;
        }
    }
    std::printf("known identifiers: %llu letters, %llu spellings, %llu missed\n",
                static_cast<unsigned long long>(letters), static_cast<unsigned long long>(searched),
                static_cast<unsigned long long>(missed));
    EXPECT_EQ(missed, 0U);
}

// The planted fault: a scanner that knows nobody finds none of them.
TEST(Spellings, AScannerOfAnotherPacketFindsNone) {
    const Case made = case_of(3);
    const privacy::LeakScanner nobody;
    std::size_t missed = 0;
    for (const std::string& each : made.spellings)
        missed += nobody.scan(letter_with(each, 0)).empty();
    EXPECT_EQ(missed, made.spellings.size());
}

}  // namespace
}  // namespace tsunagi

#include <gtest/gtest.h>

#include <utility>

#include "text/care.h"
#include "text/case.h"
#include "text/check_digit.h"
#include "text/date.h"
#include "text/initials.h"
#include "text/phone.h"
#include "text/width.h"

namespace tsunagi::text {
namespace {

using std::chrono::minutes;
constexpr minutes kTokyo{540};

template <class T>
std::string shown(const Result<T>& result) {
    return result ? std::string{*result} : "!" + result.error().message;
}

TEST(JapaneseDate, ReadsEveryVectorOfTheDomain) {
    const std::pair<const char*, const char*> vectors[] = {
        {"昭和64年1月7日", "1989-01-07"},
        {"昭和64年1月8日", "!era-mismatch"},
        {"平成31年4月30日", "2019-04-30"},
        {"平成31年5月1日", "!era-mismatch"},
        {"令和元年5月1日", "2019-05-01"},
        {"令和元年4月30日", "!era-mismatch"},
        {"大正15年12月25日", "1926-12-25"},
        {"昭和元年12月25日", "1926-12-25"},
        {"明治45年7月30日", "1912-07-30"},
        {"大正元年7月30日", "1912-07-30"},
        {"令和5年12月", "2023-12"},
        {"R5.12.1", "2023-12-01"},
        {"Ｒ５．１２．１", "2023-12-01"},
        {"5/12/1", "!no-era"},
        {"㋿5年12月1日", "2023-12-01"},
        {"㍼13年4月2日", "1938-04-02"},
        {"S10.4.1生", "1935-04-01"},
        {"令和七年七月三日", "2025-07-03"},
        {"2025.6", "2025-06"},
        {"H28.10", "2016-10"},
        {"2026-11-20", "2026-11-20"},
        {"西暦2026年11月20日（金）", "2026-11-20"},
        {"明治5年12月2日", "!before-gregorian"},
        {"令和0年1月1日", "!era-mismatch"},
        {"令和8年2月30日", "!no-such-day"},
        {"昭和十三年四月二日", "1938-04-02"},
        {"", "!not-a-date"},
        {"不明", "!not-a-date"},
        {"令和8年11月20日頃", "!not-a-date"},
        {"令和7年7月3日", "2025-07-03"},
        {"M45.7.30", "1912-07-30"},
        {"㍾45年7月30日", "1912-07-30"},
        {"㍽15年12月25日", "1926-12-25"},
        {"㍻31年4月30日", "2019-04-30"},
        {"令和8年11月20日(木)", "!weekday-mismatch"},
        {"令和8年11月20日（金・祝）", "2026-11-20"},
        {"明治6年1月1日", "1873-01-01"},
        {"昭和63年2月30日", "!no-such-day"},
        {"昭和", "!not-a-date"},
    };
    for (const auto& [text, expected] : vectors)
        EXPECT_EQ(shown(read_date(text)), expected) << text;
}

TEST(JapaneseDate, ReadsTimesIncludingThoseBeyondMidnight) {
    const std::pair<const char*, const char*> vectors[] = {
        {"令和8年11月20日 午後2時5分", "2026-11-20T14:05:00+09:00"},
        {"R8.11.20 14:05", "2026-11-20T14:05:00+09:00"},
        {"令和8年11月20日（金）正午", "2026-11-20T12:00:00+09:00"},
        {"2026-12-31 24:00", "2027-01-01T00:00:00+09:00"},
        {"令和8年11月20日 25時", "2026-11-21T01:00:00+09:00"},
        {"2026-11-20T09:30:00+09:00", "2026-11-20T09:30:00+09:00"},
        {"2026-11-20T09:30:00.123Z", "2026-11-20T09:30:00Z"},
        {"令和８年１１月２０日　午前９時半", "2026-11-20T09:30:00+09:00"},
        {"令和8年11月20日", "2026-11-20"},
        {"2026-11-20 午前12時", "2026-11-20T00:00:00+09:00"},
        {"2026-11-20 午後12時30分", "2026-11-20T12:30:00+09:00"},
        {"令和8年11月20日（土）9時", "!weekday-mismatch"},
        {"2026-12-31 29時59分", "2027-01-01T05:59:00+09:00"},
        {"2028-02-28 24:00", "2028-02-29T00:00:00+09:00"},
        {"令和8年11月20日 30時", "!not-a-time"},
        {"令和8年11月20日 午後13時", "!not-a-time"},
        {"令和8年11月 9時", "!not-a-time"},
    };
    for (const auto& [text, expected] : vectors)
        EXPECT_EQ(shown(read_datetime(text, kTokyo)), expected) << text;
}

TEST(Age, IsReachedOnTheDayBeforeTheBirthday) {
    EXPECT_EQ(*age_on("1960-07-16", "2025-07-14"), 64);
    EXPECT_EQ(*age_on("1960-07-16", "2025-07-15"), 65);
    EXPECT_EQ(*age_on("1960-02-29", "2025-02-27"), 64);
    EXPECT_EQ(*age_on("1960-02-29", "2025-02-28"), 65);
    EXPECT_EQ(*age_on("1960-02-29", "2024-02-28"), 64);
    EXPECT_EQ(*age_on("1960-04-01", "2025-03-31"), 65);
    EXPECT_FALSE(age_on("1960-04", "2025-03-31"));
    EXPECT_FALSE(age_on("2025-04-01", "2025-03-31"));
}

TEST(Initials, ComeOutInOneFormAndAWordIsRefused) {
    for (const char* text : {"T.Y.", "Ｔ．Ｙ．", "T・Y", "TY", "Ｔ.Ｙ", "t.y.", " T Y "})
        EXPECT_EQ(shown(read_initials(text)), "T.Y.") << text;
    for (const char* text :
         {"", "田中", "タナカ", "Tanaka", "TANAKA", "T.Tanaka", "T.Y.様", "A.B.C.D.", "..."}) {
        EXPECT_FALSE(read_initials(text)) << text;
    }
    EXPECT_EQ(*initial_of_kana("しまだ"), 'S');
    EXPECT_EQ(*initial_of_kana("ﾁﾊﾞ"), 'C');
    EXPECT_EQ(*initial_of_kana("ジュン"), 'J');
    EXPECT_FALSE(initial_of_kana("島田"));
}

TEST(Kana, WidensMarksAndTurnsFuriganaIntoKatakana) {
    EXPECT_EQ(to_wide_kana("ｶﾞﾊﾟｰﾄ abc 髙﨑"), "ガパート abc 髙﨑");
    EXPECT_EQ(to_katakana("たなか　よしこ"), "タナカ ヨシコ");
    EXPECT_EQ(to_katakana(" ﾀﾅｶ  ﾖｼｺ "), "タナカ ヨシコ");
}

TEST(Width, LeavesCompatibilityIdeographsAlone) {
    EXPECT_EQ(to_narrow("中町１－１－５　\uFA19"), "中町1-1-5 \uFA19");
    EXPECT_EQ(match_key("ﾀﾅｶ ヨシコ"), match_key("たなか　よしこ"));
    EXPECT_EQ(match_key("０４２－４６１"), "042461");
    EXPECT_EQ(trim("　 a　b 　"), "a　b");
    // ー and the hyphens that are typed for it; ヶ and ケ are different letters, ヴ is one.
    for (const char* dash : {"ー", "－", "‐", "−", "-"})
        EXPECT_EQ(match_key(std::string{"サ"} + dash + "ビス"), match_key("サービス")) << dash;
    EXPECT_EQ(match_key("ゔ"), match_key("ｳﾞ"));
    EXPECT_NE(match_key("ヶ"), match_key("か"));
    EXPECT_EQ(to_narrow("１−１‐５－２"), "1-1-5-2");
}

// match_key maps the usual blocks itself and asks ICU for the rest: the two must meet.
TEST(MatchKey, LetsAMarkJoinTheCharacterBeforeIt) {
    EXPECT_EQ(match_key("か\u3099"), match_key("が"));
    EXPECT_EQ(match_key("ガンか\u3099ん"), "ガンガン");
    EXPECT_EQ(match_key("A\u0301b"), match_key("\u00e1B"));
    EXPECT_EQ(match_key("Ａ\u0301b"), match_key("\u00e1b"));
    EXPECT_EQ(match_key("あｶﾞさ"), "アガサ");
    EXPECT_EQ(match_key("髙橋\U000E0100 太郎"), "髙橋太郎");
    EXPECT_EQ(match_key("1\u00a02\u200b3\u20104㌔"), "1234キロ");
    EXPECT_EQ(match_key("あ-\u0301"), "ア\u0301");
}

TEST(Phone, ReadsTheFormsInTheWild) {
    EXPECT_EQ(read_phone("042-461-7225（直通）")->e164, "+81424617225");
    EXPECT_EQ(read_phone("042-461-7225（直通）")->kind, "直通");
    EXPECT_EQ(read_phone("０４２－４２１－４３２８")->digits, "0424214328");
    EXPECT_EQ(read_phone("０４（２９４６）８４２５")->digits, "0429468425");
    EXPECT_EQ(read_phone("09012345678")->digits, "09012345678");
    EXPECT_EQ(read_phone("042-464-1511（代表）")->kind, "代表");
    EXPECT_EQ(read_phone("0120-000-000")->e164, "+81120000000");
    EXPECT_EQ(read_phone("0422-00-0000")->digits, "0422000000");
    for (const char* text : {"", "内線: 2831", "042-461-722", "12345678901", "0901234567",
                             "電話なし", "042-461-7225 太郎"}) {
        EXPECT_FALSE(read_phone(text)) << text;
    }
    EXPECT_EQ(shown(read_postal_code("〒３５０－１３０４")), "350-1304");
    EXPECT_FALSE(read_postal_code("350-13045"));
}

TEST(CareLevel, ReadsEverySpelling) {
    const std::pair<const char*, const char*> vectors[] = {{"要介護３", "23"},
                                                           {"要介護Ⅲ", "23"},
                                                           {"介護3", "23"},
                                                           {"要介護三", "23"},
                                                           {"要支援１", "12"},
                                                           {"要支援2", "13"},
                                                           {"要介護5", "25"},
                                                           {"申請中", "applying"},
                                                           {"非該当", "01"},
                                                           {"要支援3", "!not-a-care-level"},
                                                           {"要介護6", "!not-a-care-level"},
                                                           {"要介護１", "21"},
                                                           {"要介護２", "22"},
                                                           {"要介護Ⅳ", "24"},
                                                           {"事業対象者", "06"},
                                                           {"経過的要介護", "11"},
                                                           {"区分変更中", "changing"},
                                                           {"未申請", "not-applied"},
                                                           {"", "!not-a-care-level"}};
    for (const auto& [text, expected] : vectors)
        EXPECT_EQ(shown(read_care_level(text)), expected) << text;
    EXPECT_EQ(shown(read_disability_grade("Ｊ１")), "J1");
    EXPECT_EQ(shown(read_dementia_grade("Ⅱａ")), "IIa");
    EXPECT_FALSE(read_dementia_grade("Ⅱ"));
}

TEST(Grades, AreReadInEveryRomanForm) {
    const std::pair<const char*, const char*> disability[] = {
        {"自立", "independent"}, {"Ｊ１", "J1"}, {"J2", "J2"},
        {"Ａ１", "A1"},          {"a2", "A2"},   {"B1", "B1"},
        {"Ｂ２", "B2"},          {"C1", "C1"},   {"Ｃ２", "C2"}};
    for (const auto& [text, grade] : disability)
        EXPECT_EQ(shown(read_disability_grade(text)), grade) << text;
    const std::pair<const char*, const char*> dementia[] = {{"自立", "independent"},
                                                            {"Ⅰ", "I"},
                                                            {"Ⅱa", "IIa"},
                                                            {"\u2161b", "IIb"},
                                                            {"IIa", "IIa"},
                                                            {"２ｂ", "IIb"},
                                                            {"Ⅲａ", "IIIa"},
                                                            {"IIIb", "IIIb"},
                                                            {"Ⅳ", "IV"},
                                                            {"Ｍ", "M"}};
    for (const auto& [text, grade] : dementia)
        EXPECT_EQ(shown(read_dementia_grade(text)), grade) << text;
    for (const char* text : {"", "D1", "J", "Ⅱ", "Ⅲc", "X"}) {
        EXPECT_FALSE(read_disability_grade(text)) << text;
        EXPECT_FALSE(read_dementia_grade(text)) << text;
    }
}

TEST(CheckDigit, HoldsForTheVectorsOfTheDomainAndForNoNeighbour) {
    for (const char* number : {"33120015", "06132013", "138057", "００１３８０５７"})
        EXPECT_TRUE(is_insurer_number(number)) << number;
    for (const char* number : {"33120014", "06132031", "138058", "", "1380570", "13805a"})
        EXPECT_FALSE(is_insurer_number(number)) << number;
    EXPECT_TRUE(is_institution_number("0110113719"));
    EXPECT_TRUE(is_institution_number("1318814790")) << "holds over the last seven alone";
    EXPECT_FALSE(is_institution_number("0110113718"));
    EXPECT_FALSE(is_institution_number("110113719"));
}

TEST(Case, CoversAllOfUnicodeAndLeavesKanjiAlone) {
    EXPECT_EQ(to_upper("aéя山田ｂ"), "AÉЯ山田Ｂ");
    EXPECT_EQ(to_lower("AÉЯＢ"), "aéяｂ");
    EXPECT_EQ(to_upper("ß"), "SS");
}

TEST(MyNumber, IsFoundByItsCheckDigitInAnySpelling) {
    EXPECT_TRUE(has_my_number("番号は1234-5678-9018です"));
    EXPECT_TRUE(has_my_number("１２３４ ５６７８ ９０１８"));
    EXPECT_FALSE(has_my_number("123456789017"));
    EXPECT_FALSE(has_my_number("1234567890180"));
}

}  // namespace
}  // namespace tsunagi::text

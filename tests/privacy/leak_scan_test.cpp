// The scanner: every usual spelling of a packet's identifiers is found, ordinary words are not.
#include "privacy/leak_scan.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <set>

#include "base/bytes.h"
#include "base/random.h"
#include "json/builder.h"
#include "json/writer.h"
#include "privacy/case.h"
#include "privacy/needles.h"
#include "privacy/unwrap.h"
#include "support/gzip.h"
#include "text/encoding.h"

namespace tsunagi::privacy {
namespace {

using json::Value;
using testing::Contains;
using testing::IsEmpty;
using testing::IsSupersetOf;
using testing::Not;
using testing::UnorderedElementsAreArray;

/// A small packet of a synthetic person; `name` and `kana` may be anybody's.
json::Document packet_of(const std::string& name = "田邉　芳江",
                         const std::string& kana = "タナベ　ヨシエ",
                         const std::string& doctor = "三枝 直樹",
                         const std::string& clinic = "ひばりの森在宅クリニック") {
    return test::read_json(R"({"resourceType":"Packet","bedRequest":{
        "applicant":{"name":")" +
                           doctor + R"(","institution":{"name":")" + clinic + R"(",
          "postalCode":"188-0001","address":"西東京市谷戸町９－９９－１","phone":"042-000-1101"}},
        "municipality":"西東京市",
        "keyPerson":{"name":"相馬 由紀子","kana":"ソウマ ユキコ","phone":"０９０－００００－２１０１"},
        "careManager":{"name":"真鍋 浩","phone":"042-000-2201"}},
      "referralLetter":{"prescriptions":{"items":[{"text":"ジルチアゼム塩酸塩錠３０ｍｇ「タナベ」"},
          {"text":"ランソプラゾールＯＤ錠１５ｍｇ「武田テバ」"}]},
        "attachments":[{"title":"胸部Ｘ線写真"}]},
      "identity":{"name":")" +
                           name + R"(","kana":")" + kana + R"(",
        "birthDate":"昭和13年4月2日","postalCode":"188-0099",
        "address":"西東京市谷戸町９丁目９９番１２号",
        "phones":[{"number":"０４２－０００－２００１"}],"clinicPatientNumber":"204183",
        "insurance":{"insurerNumber":"39132295","symbol":"１２","number":"９９０００００１"}}})");
}

std::set<std::string> kinds(const LeakScanner& scanner, std::string_view bytes) {
    std::set<std::string> found;
    for (const Finding& finding : scanner.scan(bytes)) found.insert(finding.kind);
    return found;
}

std::set<std::string> kinds_in(std::string_view text) {
    static const json::Document packet = packet_of();
    static const LeakScanner scanner = LeakScanner::of_packet(packet.root());
    return kinds(scanner, text);
}

TEST(LeakScan, FindsTheNameInEverySpelling) {
    for (const std::string_view text :
         {"田邉 芳江", "田邉　芳江", "田邉芳江", "田邊芳江様", "田辺 芳江", "患者は田邉\n芳江。",
          "田\n邉芳江", "田 邉 芳 江", "田邉・芳江", "田邉,芳江", "田邉\u200B芳江",
          "田邉\U000E0101芳江", "{\"family\":\"田邉\",\"given\":[\"芳江\"]}", "田邉氏は",
          "田邉さん", "芳江さんの", "田邊様"})
        EXPECT_THAT(kinds_in(text), Contains("patient-name")) << text;
}

TEST(LeakScan, FindsTheReadingInEverySpelling) {
    for (const std::string_view text :
         {"タナベ ヨシエ", "タナベヨシエ", "ﾀﾅﾍﾞ ﾖｼｴ", "ﾀﾅﾍﾞﾖｼｴ", "たなべ よしえ", "たなべよしえ",
          "たなべさん", "よしえさん", "ヨシエは", "（タナベ）", "TANABE Yoshie", "Yoshie Tanabe",
          "ＴＡＮＡＢＥ　ＹＯＳＨＩＥ", "tanabe yosie", "TANABE, Y.", "タ ナ ベ ヨ シ エ"})
        EXPECT_THAT(kinds_in(text), Contains("patient-kana")) << text;
}

TEST(LeakScan, FindsTheBirthDateInEverySpelling) {
    for (const std::string_view text : {"1938-04-02",
                                        "1938/4/2",
                                        "1938.04.02",
                                        "１９３８年４月２日",
                                        "1938年04月02日",
                                        "19380402",
                                        "昭和13年4月2日",
                                        "昭和１３年４月２日",
                                        "昭和十三年四月二日",
                                        "昭和 13 年 4 月 2 日",
                                        "昭13.4.2",
                                        "S13.4.2生",
                                        "Ｓ１３．４．２",
                                        "s13/04/02",
                                        "S130402",
                                        "㍼13年4月2日",
                                        "13年4月2日生まれ",
                                        "04/02/1938",
                                        "2.4.1938",
                                        "一九三八年四月二日",
                                        "昭和13年\n4月2日"})
        EXPECT_THAT(kinds_in(text), Contains("birth-date")) << text;
}

/// As certificates and letters write it; and what a hurried hand leaves between the parts.
TEST(LeakScan, FindsTheBirthDateWithBothCalendarsAndInEnglish) {
    for (const std::string_view text : {"1938年（昭和13年）4月2日",
                                        "昭和13年（1938年）4月2日生",
                                        "昭和13年(1938)4月2日",
                                        "1938（昭和13）年4月2日",
                                        "1938(S13)/4/2",
                                        "(昭)13.4.2",
                                        "昭和13年の4月2日",
                                        "昭和13年、4月2日",
                                        "昭和13年4/2",
                                        "昭和１３　４　２",
                                        "1938 4 2",
                                        "1938、4、2",
                                        "1938_04_02",
                                        "1938~04~02",
                                        "April 2, 1938",
                                        "Apr. 2nd, 1938",
                                        "2 April 1938",
                                        "2-Apr-1938",
                                        "1938 Apr 2",
                                        "ＡＰＲＩＬ ２， １９３８",
                                        "昭和拾参年四月弐日",
                                        "13.4.2",
                                        "（13.4.2）",
                                        "38/4/2",
                                        "4/2/38。"})
        EXPECT_THAT(kinds_in(text), Contains("birth-date")) << text;
    for (const std::string_view text :
         {"April 3, 1938", "May 2, 1938", "1938年（昭和13年）5月2日", "昭和14年(1939)4月2日",
          "HbA1c 7.13 4月2日", "13 4 2", "第13回 4 2", "血圧 13.4.3", "1.13.4.2", "13.4.2.1",
          "v13.4.2", "13-4-2", "13.4/2", "14/4/2", "4/2/13", "138/4/2"})
        EXPECT_THAT(kinds_in(text), Not(Contains("birth-date"))) << text;
}

TEST(LeakScan, FindsTelephonesInEverySpelling) {
    for (const std::string_view text :
         {"042-000-2001", "0420002001", "０４２－０００－２００１", "042(000)2001", "042 000 2001",
          "042ー000ー2001", "+81-42-000-2001", "+81420002001", "〇四二－〇〇〇－二〇〇一",
          "042-000\n-2001", "tel:0420002001"})
        EXPECT_THAT(kinds_in(text), Contains("phone")) << text;
}

TEST(LeakScan, FindsTheAddressInEverySpelling) {
    for (const std::string_view text :
         {"西東京市谷戸町９丁目９９番１２号", "西東京市谷戸町9-99-12", "谷戸町９－９９－１２",
          "谷戸町九丁目九十九番十二号", "谷戸町9丁目99-12", "谷戸町 9の99の12",
          "谷戸町９丁目９９番地１２", "〒188-0099", "１８８００９９"})
        EXPECT_THAT(kinds_in(text), Contains("address")) << text;
}

TEST(LeakScan, FindsTheTownUnlessTheClinicIsInItToo) {
    json::Document packet = packet_of();
    EXPECT_THAT(kinds(LeakScanner::of_packet(packet.root()), "谷戸町の自宅"), IsEmpty());
    json::Builder builder(packet);
    builder.set(builder.edit(packet.root()["bedRequest"]["applicant"]["institution"]), "address",
                "西東京市住吉町１－１－１");
    const LeakScanner scanner = LeakScanner::of_packet(packet.root());
    EXPECT_THAT(kinds(scanner, "谷戸町の自宅"), Contains("address"));
    EXPECT_THAT(kinds(scanner, "西東京市の自宅"), IsEmpty());
}

TEST(LeakScan, FindsNumbersOfInsuranceAndPatient) {
    EXPECT_THAT(kinds_in("番号 99000001"), Contains("insurance-number"));
    EXPECT_THAT(kinds_in("９９０－０００－０１"), Contains("insurance-number"));
    EXPECT_THAT(kinds_in("保険者番号３９１３２２９５"), Contains("insurance-number"));
    EXPECT_THAT(kinds_in("ID:204183"), Contains("patient-number"));
    EXPECT_THAT(kinds_in("1204183"), IsEmpty()) << "inside a longer number it is another one";
    EXPECT_THAT(kinds_in("12"), IsEmpty()) << "a symbol of two digits is any number";
}

/// Of a packet whose patient has this number at the clinic.
LeakScanner scanner_for(std::string_view number) {
    json::Document packet = packet_of();
    json::Builder builder(packet);
    builder.set(builder.edit(packet.root()["identity"]), "clinicPatientNumber", number);
    return LeakScanner::of_packet(packet.root());
}

/// Who came first on 2026-11-20 may bear that day's number; dates leave in every offer.
TEST(LeakScan, ADateIsNoNumberOfAPatient) {
    const LeakScanner day = scanner_for("20261120"), month = scanner_for("2026-11");
    for (const char* date : {"2026-11-20", "2026/11/20", "２０２６－１１－２０"}) {
        EXPECT_THAT(kinds(day, date), IsEmpty()) << date;
        EXPECT_THAT(kinds(day, "{\"authoredOn\":\"" + std::string{date} + "T12:00:00+09:00\"}"),
                    IsEmpty());
        EXPECT_THAT(kinds(month, date), IsEmpty()) << date;
    }
    for (const char* number : {"20261120", "2026-1120", "2026.11.20", "2026 11 20", "2026-11/20",
                               "202611-20", "二〇二六-11-20"}) {
        EXPECT_THAT(kinds(day, number), Contains("patient-number")) << number;
    }
    EXPECT_THAT(kinds(month, "202611"), Contains("patient-number"));
    for (const char* number : {"2026-13-20", "2026-11-32", "2026-00-20", "1799-11-20"}) {
        EXPECT_THAT(kinds(scanner_for(number), number), Contains("patient-number")) << "no date";
    }
}

/// tests/exchange compares what stands in offers.
TEST(LeakScan, ACodeOfEveryOfferIsNoNumberOfAPatient) {
    EXPECT_THAT(kinds(scanner_for("305250"), R"({"code":"30525-0"})"), IsEmpty());
    EXPECT_THAT(kinds(scanner_for("102013"), "http://example.jp/CodeSystem/ICD10-2013-full"),
                IsEmpty());
    for (const auto& [number, text] : std::map<std::string, std::string>{{"305250", "305250"},
                                                                         {"102013", "ID-10-2013"},
                                                                         {"3052501", "30525-01"},
                                                                         {"130525", "1-30525-0"},
                                                                         {"305269", "30526-9"}}) {
        EXPECT_THAT(kinds(scanner_for(number), text), Contains("patient-number")) << text;
    }
}

TEST(LeakScan, FindsFamilyAndCarers) {
    EXPECT_THAT(kinds_in("長女の相馬由紀子"), Contains("third-party-name"));
    EXPECT_THAT(kinds_in("相馬さんに説明"), Contains("third-party-name"));
    EXPECT_THAT(kinds_in("ｿｳﾏ ﾕｷｺ"), Contains("third-party-name"));
    EXPECT_THAT(kinds_in("09000002101"), Contains("phone"));
    EXPECT_THAT(kinds_in("ケアマネ真鍋 浩"), Contains("third-party-name"));
    EXPECT_THAT(kinds_in("由紀子が付き添う"), Contains("third-party-name"));
    EXPECT_THAT(kinds_in("真鍋さんへ連絡"), Contains("third-party-name"));
    EXPECT_THAT(kinds_in("真鍋"), IsEmpty()) << "a carer's family name counts with an honorific";
}

/// A gzip member with the name in it.
TEST(LeakScan, LooksIntoGzipAndLetsNoneOfItPass) {
    const auto bytes =
        from_hex("1f8b08000000000002037b3e65c3cba6ce175d9b9f6d9c0f00475262040c000000");
    const std::string zipped{as_text(*bytes)};
    const std::string base64 = to_base64(as_bytes(zipped));
    for (const std::string& text :
         {zipped, base64, "{\"data\":\"" + base64 + "\"}", "x" + base64, "files/attached/" + base64,
          "写し" + base64, to_base64(as_bytes("添付は" + base64)), to_hex(*bytes),
          "a" + to_hex(*bytes)})
        EXPECT_THAT(kinds_in(text), IsSupersetOf({"compressed", "patient-name"})) << text;
    // What is broken is read as far as it can be, and stays where it is.
    for (const std::size_t size : {10U, 20U, 28U})
        EXPECT_THAT(kinds_in(zipped.substr(0, size)), Contains("compressed")) << size;
    for (const std::string_view text : {"H4sI", "H4sIは略語", "SGVsbG8gd29ybGQsIGhlbGxvIQ==",
                                        "1f8b0800", "7d9f0c52-4a0e-4f7c-9a35-0d9f7a1b2c3d-12"})
        EXPECT_THAT(kinds_in(text), Not(Contains("compressed"))) << text;
    EXPECT_THAT(kinds(LeakScanner{}, base64), IsEmpty()) << "a release may carry a picture";
}

/// A MiB of zeros in a KiB, many times over: no more is inflated than one MiB in all.
TEST(LeakScan, InflatesABombInBoundedSpace) {
    const std::string bomb = support::gzip_of(std::string(std::size_t{1} << 22, '.'));
    std::string text;
    for (int i = 0; i < 100; ++i) text += std::to_string(i) + " " + to_base64(as_bytes(bomb)) + " ";
    std::size_t opened = 0;
    for (const std::string& each : unwrapped(text)) opened += each.size();
    EXPECT_LT(opened, std::size_t{2} << 20);
    EXPECT_GT(opened, std::size_t{1} << 20) << "one was opened";
    EXPECT_THAT(kinds_in(text), Contains("compressed"));
}

TEST(LeakScan, OpensWhatTextTravelsIn) {
    const std::string name = "田邉芳江";
    const auto base64 = [](std::string_view text) { return to_base64(as_bytes(text)); };
    for (const std::string& text :
         {std::string{R"({"a":"\u7530\u9089\u82b3\u6c5f"})"},
          std::string{R"("\\u7530\\u9089\\u82b3\\u6c5f")"}, std::string{R"("田\n邉\t芳江")"},
          std::string{"%E7%94%B0%E9%82%89%E8%8A%B3%E6%B1%9F"},
          std::string{"&#x7530;&#37001;&#33459;&#27743;"}, base64(name), base64("x" + name),
          base64("xy" + name), "data:text/plain;base64," + base64("患者 " + name),
          base64(base64("氏名は" + name + "です")),
          "{\"data\":\"" + base64("\x89PNG\r\n\x1a" + name) + "\"}"})
        EXPECT_THAT(kinds_in(text), Contains("patient-name")) << text;
    EXPECT_THAT(kinds_in("\xE7\x94\xB0\xE9 broken \xFF\xFE utf-8 田邉芳江"),
                Contains("patient-name"));
}

std::string hex_of(std::string_view bytes) { return to_hex(as_bytes(bytes)); }
std::string in_capitals(std::string text) {
    for (char& c : text) c = c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c;
    return text;
}

/// Old files and mails: UTF-16 with a byte order mark or none, Shift_JIS, in base64 or hexadecimal.
TEST(LeakScan, OpensTheEncodingsOfOldFilesInBase64AndHexadecimal) {
    for (const std::string_view letter :
         {"患者 田邉芳江", "田邉芳江様、88歳。①誤嚥性肺炎😀の既往", "患者名:ﾀﾅﾍﾞ ﾖｼｴ 様",
          "Patient: Tanabe Yoshie", "電話 09000002101"}) {
        const bool latin = letter.starts_with("Patient"), phone = letter.starts_with("電話");
        for (const auto encoding :
             {text::Encoding::Utf16Le, text::Encoding::Utf16Be, text::Encoding::Cp932}) {
            const auto bytes = text::encode(letter, encoding);
            if (!bytes) continue;  // Shift_JIS has no emoji
            std::vector<std::string> forms{*bytes};
            if (encoding == text::Encoding::Utf16Le) forms.push_back("\xFF\xFE" + *bytes);
            if (encoding == text::Encoding::Utf16Be) forms.push_back("\xFE\xFF" + *bytes);
            for (const std::string& form : forms) {
                const std::string base64 = to_base64(as_bytes(form)), hex = hex_of(form);
                for (const std::string& text :
                     {base64, "data:;base64," + base64, "x" + base64, "files/letter/" + base64,
                      "{\"data\":\"" + base64 + "\"}", to_base64(as_bytes("添付 " + base64)), hex,
                      "a" + hex, "0x" + in_capitals(hex), "id=" + hex}) {
                    const auto found = kinds_in(text);
                    if (phone)
                        EXPECT_THAT(found, Contains("phone")) << text;
                    else if (latin || letter.find("ﾖｼｴ") != std::string_view::npos)
                        EXPECT_THAT(found, Contains("patient-kana")) << letter << " " << text;
                    else
                        EXPECT_THAT(found, Contains("patient-name")) << letter << " " << text;
                }
            }
        }
    }
}

/// Mails break base64 into lines of 76 letters, keys into lines of 64: a name may lie on two.
TEST(LeakScan, OpensBase64OverTheEndsOfItsLines) {
    for (const std::size_t line : {64U, 76U}) {
        for (std::size_t before = 0; before < 120; ++before) {
            const std::string letter =
                std::string(before, 'x') + " 田邉芳江 " + std::string(60, 'y');
            for (const std::string_view end : {"\r\n", "\n", "\\r\\n", "\\n"}) {
                std::string base64 = to_base64(as_bytes(letter));
                for (std::size_t at = line; at < base64.size(); at += line + end.size())
                    base64.insert(at, end);
                ASSERT_THAT(kinds_in("{\"data\":\"" + base64 + "\"}"), Contains("patient-name"))
                    << base64;
            }
        }
    }
}

/// Noise that reads as UTF-16 here and there is not opened from each such place to its end.
TEST(LeakScan, OpensALongAttachmentInBoundedSpace) {
    SeededRandom random(7);
    std::string picture;
    for (std::size_t k = 0; k < 1 << 20; ++k) picture += static_cast<char>(random.below(256));
    std::size_t size = 0;
    for (const std::string& text : unwrapped(to_base64(as_bytes(picture)))) size += text.size();
    EXPECT_LT(size, 8 * picture.size());
}

TEST(LeakScan, OpensHexadecimalAndQuotedPrintable) {
    const std::string name = "田邉芳江";
    for (const std::string& text :
         {hex_of(name), in_capitals(hex_of(name)), "x" + hex_of(name),
          "abc" + hex_of("患者" + name), "/files/" + hex_of(name) + "/1", hex_of("tanabe yoshie"),
          hex_of(hex_of(name)), to_base64(as_bytes("添付 " + hex_of(name)))})
        EXPECT_THAT(kinds_in(text), Not(IsEmpty())) << text;
    for (const std::string_view text :
         {"=E7=94=B0=E9=82=89=E8=8A=B3=E6=B1=9F", "=e7=94=b0=e9=82=89",
          "=?UTF-8?Q?=E7=94=B0=E9=82=89_=E8=8A=B3=E6=B1=9F?=",
          "=E7=94=B0=E9=\r\n=82=89=E8=8A=B3=\n=E6=B1=9F",
          R"({"body":"=E7=94=B0=E9=82=\r\n=89=E8=8A=B3=E6=B1=9F"})",
          R"("\u003dE7\u003d94\u003dB0\u003dE9\u003d82\u003d89")", "tel=042-000-2001",
          "name=田邉芳江", "q=ab=TANABE", "a==田邉"})
        EXPECT_THAT(kinds_in(text), Not(IsEmpty())) << text;
}

/// Digests, ids and keys in hexadecimal and base64 read as Shift_JIS or UTF-16 now and then; what
/// they read as is no identifier.
TEST(LeakScan, PassesDigestsAndIdsInHexadecimal) {
    for (const std::string_view text :
         {"9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08", "0123456789abcdef",
          "7d9f0c524a0e4f7c9a350d9f7a1b2c3d", "urn:oid:1.2.392.100495.20.3.51", "20261120104200",
          "a=b&c=d1=e2", "=3D=20=", "=E7=94", "x=E3=81"})
        EXPECT_THAT(kinds_in(text), IsEmpty()) << text;
    constexpr std::size_t kDigests = 20000;
    SeededRandom random(5);
    for (std::size_t i = 0; i < kDigests; ++i) {
        std::string bytes;
        for (std::size_t k = 0; k < 32; ++k) bytes += static_cast<char>(random.below(256));
        for (const std::string& text : {hex_of(bytes), to_base64(as_bytes(bytes))})
            ASSERT_THAT(kinds_in(text), IsEmpty()) << text;
    }
}

TEST(LeakScan, PassesOrdinaryWords) {
    for (const std::string_view text : {"",
                                        "誤嚥性肺炎に対する抗菌薬の点滴",
                                        "T.Y.",
                                        "女性 88歳 西東京市",
                                        "三枝 直樹",
                                        "ひばりの森在宅クリニック",
                                        "西東京市谷戸町９－９９－１",
                                        "042-000-1101",
                                        "〒188-0001",
                                        "2026-11-20T10:42:00+09:00",
                                        "令和8年11月14日頃より",
                                        "昭和13年頃",
                                        "4月2日",
                                        "血圧118/64",
                                        "「タナベ」",
                                        "田邉病院",
                                        "田邉先生より",
                                        "あきらめていない",
                                        "7d9f0c52-4a0e-4f7c-9a35-0d9f7a1b2c3d-12",
                                        "胸部Ｘ線写真で浸潤影",
                                        "http://terminology.hl7.org/CodeSystem/v3-ActCode",
                                        "{\"date\":\"2026\"}",
                                        "体温37.2 脈拍88 13.4.3",
                                        "ビソプロロール1-0-1",
                                        "O2 3L"})
        EXPECT_THAT(kinds_in(text), IsEmpty()) << text;
}

TEST(LeakScan, KeepsEponymsThoughThePatientBearsTheName) {
    const json::Document packet = packet_of("橋本 和子", "ハシモト カズコ");
    const LeakScanner scanner = LeakScanner::of_packet(packet.root());
    EXPECT_THAT(kinds(scanner, "橋本病で内服中"), IsEmpty());
    EXPECT_THAT(kinds(scanner, "橋本甲状腺炎"), IsEmpty());
    EXPECT_THAT(kinds(scanner, "橋本は橋本病で"), Contains("patient-name"));
    EXPECT_THAT(kinds(scanner, "橋本さん"), Contains("patient-name"));
}

TEST(LeakScan, KeepsTheMakerInADrugName) {
    const json::Document packet = packet_of("武田 実", "タケダ ミノル");
    const LeakScanner scanner = LeakScanner::of_packet(packet.root());
    EXPECT_THAT(kinds(scanner, "ランソプラゾールＯＤ錠１５ｍｇ「武田テバ」"), IsEmpty());
    EXPECT_THAT(kinds(scanner, "武田は内服を中止"), Contains("patient-name"));
}

TEST(LeakScan, ADoctorOrClinicOfTheSameNameDoesNotBlock) {
    const json::Document packet =
        packet_of("田中 一枝", "タナカ カズエ", "田中 康夫", "田中内科在宅診療所");
    const LeakScanner scanner = LeakScanner::of_packet(packet.root());
    EXPECT_THAT(kinds(scanner, "田中 康夫 田中内科在宅診療所 田中"), IsEmpty());
    EXPECT_THAT(kinds(scanner, "田中様は"), Contains("patient-name"));
    EXPECT_THAT(kinds(scanner, "田中一枝"), Contains("patient-name"));
    EXPECT_THAT(kinds(scanner, "一枝"), Contains("patient-name"));
}

TEST(LeakScan, AShortNameIsFoundWhereItIsOne) {
    const json::Document packet = packet_of("林 一", "ハヤシ ハジメ");
    const LeakScanner scanner = LeakScanner::of_packet(packet.root());
    EXPECT_THAT(kinds(scanner, "林一"), Contains("patient-name"));
    EXPECT_THAT(kinds(scanner, "林さん"), Contains("patient-name"));
    EXPECT_THAT(kinds(scanner, "一様に低下し、林立する"), IsEmpty());
}

TEST(LeakScan, ANameWithoutASpaceIsFoundWhole) {
    const json::Document packet = packet_of("田邉芳江", "タナベヨシエ");
    const LeakScanner scanner = LeakScanner::of_packet(packet.root());
    EXPECT_THAT(kinds(scanner, "田辺　芳江"), Contains("patient-name"));
    EXPECT_THAT(kinds(scanner, "たなべ よしえ"), Contains("patient-kana"));
}

TEST(LeakScan, LongVowelsAreSpelledInEveryWay) {
    EXPECT_THAT(romanised("オオノ"), IsSupersetOf({"oono", "ono", "ohno"}));
    EXPECT_THAT(romanised("ユウコ"), IsSupersetOf({"yuuko", "yuko"}));
    EXPECT_THAT(romanised("ﾁﾊﾞ"), IsSupersetOf({"chiba", "tiba"}));
    EXPECT_THAT(romanised("ホンマ"), IsSupersetOf({"honma", "homma"}));
    EXPECT_THAT(romanised("ハットリ"), Contains("hattori"));
    EXPECT_THAT(romanised("イッチョウ"), IsSupersetOf({"itchou", "itcho", "ittyou"}));
    EXPECT_THAT(romanised("漢字"), IsEmpty());
}

TEST(LeakScan, NamesTheCellAndNeverTheValue) {
    const json::Document packet = packet_of();
    const auto findings = LeakScanner::of_packet(packet.root()).scan("田邉芳江 09000002101");
    ASSERT_EQ(findings.size(), 2U);
    EXPECT_EQ(findings[0].cell, "Packet.identity.name");
    EXPECT_EQ(findings[1].cell, "Packet.bedRequest.keyPerson.phone");
}

TEST(LeakScan, WithoutAPacketFindsOnlyAMyNumber) {
    const LeakScanner scanner;
    EXPECT_THAT(kinds(scanner, "田邉芳江 昭和13年4月2日"), IsEmpty());
    for (const std::string_view text :
         {"123456789018", "1234-5678-9018", "1234 5678 9018", "１２３４５６７８９０１８"})
        EXPECT_THAT(kinds(scanner, text), Contains("my-number")) << text;
    for (const std::string_view text :
         {"123456789019", "4a0e-123456789018", "00000000-0000-4000-8000-123456789018",
          "x123456789018", "1.2.123456789018", "123456789018-1", "0123456789018", "+123456789018"})
        EXPECT_THAT(kinds(scanner, text), IsEmpty()) << text;
}

TEST(LeakScan, EveryIdentifierOfTheFullPacketIsFoundByItself) {
    const json::Document packet = test::read_file("fixtures/packets/nishitokyo_full.in.json");
    const LeakScanner scanner = LeakScanner::of_packet(packet.root());
    const Needles needles = needles_of(packet.root());
    std::size_t sought = 0;
    for (const auto& source : needles.sources) {
        // The value as the clinic wrote it, walked to by the path of its source.
        std::string_view path = std::string_view{source.cell}.substr(7);
        Value at = packet.root();
        while (!path.empty()) {
            const std::size_t end = std::min(path.find_first_of(".["), path.size());
            at = at[path.substr(0, end)];
            path.remove_prefix(end);
            if (path.starts_with('[')) {
                at = at.at(static_cast<std::size_t>(path[1] - '0'));
                path.remove_prefix(3);
            }
            if (path.starts_with('.')) path.remove_prefix(1);
        }
        ASSERT_FALSE(at.text().empty()) << source.cell;
        if (source.kind == "attachment") continue;
        // Open by right: the clinic's own postal code, the doctor among the carers.
        const std::set<std::string> open{"188-0001", "〒１８８－０００１", "１８８－０００１",
                                         "三枝 直樹"};
        if (open.contains(std::string{at.text()})) continue;
        if (source.cell.find("careTeam") != std::string::npos &&
            at.text().find(' ') == std::string_view::npos)
            continue;
        ++sought;
        EXPECT_FALSE(scanner.scan(at.text()).empty()) << source.cell;
    }
    EXPECT_GT(sought, 20U);
}

TEST(LeakScan, SeeksEveryCellThatTheModelsCallADirectIdentifier) {
    std::set<std::string> marked;
    const std::map<std::string, std::string> parts{{"Identity", "identity"},
                                                   {"BedRequest", "bedRequest"},
                                                   {"ReferralLetter", "referralLetter"},
                                                   {"PatientSheet", "patientSheet"},
                                                   {"ConsentRecord", "consent"}};
    for (const auto& [model, part] : parts) {
        const json::Document file = test::read_file("profiles/models/" + model + ".json");
        std::set<std::string> lists;
        for (const Value element : file.root()["differential"]["element"]) {
            const std::string path{element["path"].text()};
            if (element["max"].text() != "1") lists.insert(path);
            for (const Value extension : element["extension"]) {
                if (extension["valueCode"].text() != "direct-identifier") continue;
                std::string spelled = part;
                for (std::size_t dot = path.find('.'); dot != std::string::npos;) {
                    const std::size_t next = path.find('.', dot + 1);
                    const std::string prefix = path.substr(0, next);
                    spelled += "." + path.substr(dot + 1, next - dot - 1);
                    if (lists.contains(prefix)) spelled += "[]";
                    dot = next;
                }
                marked.insert(spelled);
            }
        }
    }
    EXPECT_GT(marked.size(), 30U);
    std::set<std::string> sought;
    for (const IdentifierCell& cell : identifier_cells()) {
        if (cell.form != IdentifierCell::Form::Carer) sought.insert(std::string{cell.path});
    }
    EXPECT_THAT(sought, UnorderedElementsAreArray(marked));
}

TEST(MyNumberCells, AreNamedByTheirPath) {
    const json::Document packet = test::read_json(
        R"({"resourceType":"Packet","referralLetter":{"course":"番号は１２３４－５６７８－９０１８です。",
            "diagnoses":[{"text":"肺炎"},{"text":"123456789018"}]},
            "identity":{"insurance":{"number":"123456789018"},"phones":[{"number":"123456789018"}]},
            "bedRequest":{"applicant":{"institution":{"code":"123456789018"}},"remarks":"123456789019"}})");
    EXPECT_THAT(cells_with_my_number(packet.root()),
                testing::ElementsAre("Packet.referralLetter.course",
                                     "Packet.referralLetter.diagnoses[1].text"));
}

TEST(MyNumberCells, AreNoneInTheFixturesButInThatOfTheirOwn) {
    std::size_t packets = 0;
    const std::string folder = std::string{TSUNAGI_SOURCE_DIR} + "/fixtures/packets";
    for (const auto& entry : std::filesystem::directory_iterator(folder)) {
        const std::string file = entry.path().filename().string();
        if (!file.ends_with(".in.json")) continue;
        ++packets;
        const json::Document packet = test::read_file("fixtures/packets/" + file);
        EXPECT_EQ(cells_with_my_number(packet.root()).empty(), !file.starts_with("my_number"))
            << file;
    }
    EXPECT_GT(packets, 40U);
}

}  // namespace
}  // namespace tsunagi::privacy

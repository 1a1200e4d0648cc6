// The scanner finds what the plain scan finds: in random texts made of hostile pieces, with the
// identifiers of a packet planted in every spelling or in none, in every wrapping.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <initializer_list>

#include "base/bytes.h"
#include "base/random.h"
#include "json/builder.h"
#include "json/writer.h"
#include "privacy/case.h"
#include "privacy/leak_scan.h"
#include "privacy/plain_scan.h"
#include "privacy/unwrap.h"
#include "support/gzip.h"
#include "text/encoding.h"

namespace tsunagi::privacy {
namespace {

using Pieces = std::vector<std::string>;

/// What is hard to normalise or to split, none of it an identifier.
const Pieces& hostile() {
    static const Pieces pieces{
        " ",
        "\n",
        "\t",
        "　",
        "・",
        "ー",
        "-",
        "－",
        "−",
        "―",
        "‐",
        "─",
        "/",
        ".",
        ",",
        "(",
        ")",
        ":",
        "「",
        "」",
        "｢",
        "｣",
        "、",
        "。",
        "年",
        "月",
        "日",
        "元年",
        "元",
        "丁目",
        "番地",
        "番",
        "号",
        "の",
        "々",
        "〆",
        "〇",
        "零",
        "十",
        "百",
        "二十",
        "三百五",
        "拾参",
        "弐拾",
        "壱",
        "OOO",
        "-O",
        "o",
        "#",
        "=E7=94=B0",
        "ちょう",
        "やとまち",
        "①",
        "Ⅲ",
        "㍼",
        "㋿",
        "㍿",
        "昭和",
        "S",
        "Ｈ",
        "さん",
        "さま",
        "様",
        "氏",
        "サン",
        "病院",
        "先生",
        "県",
        "市",
        "クリニック",
        "dr",
        "橋本病",
        "武田テバ",
        "は",
        "が",
        "ヲ",
        "ﾞ",
        "ﾟ",
        "゙",
        "゚",
        "ｶﾞ",
        "か゚",
        "が",
        "ヷ",
        "ヽ",
        "ゝ",
        "Å",
        "ﬁ",
        "é",
        "e\u0301",
        "ō",
        "â",
        "ß",
        "İ",
        "ﷺ",
        "한",
        "ᄒ",
        "ᅡ",
        "ᆫ",
        "𠮷",
        "𩸽",
        "神",
        "﨑",
        "😀",
        "\u200B",
        "\u200D",
        "\u00AD",
        "\uFE0F",
        "\U000E0100",
        "\u2060",
        "\uFEFF",
        "\u00A0",
        "\u3099",
        "\\",
        "\\\\",
        "\\n",
        "\\\"",
        "\\u",
        "\\u30",
        "\\u7530",
        "\\ud842\\udfb7",
        "\\ud842",
        "\\/",
        "%",
        "%4",
        "%E7",
        "%E7%94%B0",
        "%00",
        "%25",
        "&",
        "&#",
        "&#x",
        "&#x7530;",
        "&#30000",
        "&#0;",
        "&amp;",
        "\xE7\x94",
        "\xFF",
        "\xC0\xAF",
        "\xED\xA0\x80",
        "\xF0\x9F",
        std::string(1, '\0'),
        "a",
        "Z",
        "tanabe",
        "yoshie",
        "Taro",
        "date",
        "the quick brown fox",
        "QUJDREVGR0hJSktMTU5P",
        "7d9f0c52-4a0e-4f7c-9a35-0d9f7a1b2c3d",
        "http://terminology.hl7.org/CodeSystem/v3-ActCode",
        "{\"resourceType\":\"Patient\",\"id\":\"",
        "\"},{\"",
        "1",
        "04",
        "12",
        "0420",
        "1938",
        "2026-11-20",
        "123456789018",
        "1234 5678 9018",
        "99999",
        "4-2",
        "９９",
        "+81",
        "〜",
        "~",
    };
    return pieces;
}

std::string utf8_of(std::u32string_view text) {
    std::string out;
    for (const char32_t c : text) {
        if (c < 0x80) {
            out += static_cast<char>(c);
        } else if (c < 0x800) {
            out += static_cast<char>(0xC0 | c >> 6);
            out += static_cast<char>(0x80 | (c & 0x3F));
        } else if (c < 0x10000) {
            out += static_cast<char>(0xE0 | c >> 12);
            out += static_cast<char>(0x80 | (c >> 6 & 0x3F));
            out += static_cast<char>(0x80 | (c & 0x3F));
        } else {
            out += static_cast<char>(0xF0 | c >> 18);
            out += static_cast<char>(0x80 | (c >> 12 & 0x3F));
            out += static_cast<char>(0x80 | (c >> 6 & 0x3F));
            out += static_cast<char>(0x80 | (c & 0x3F));
        }
    }
    return out;
}

/// What the scanner looks for, and the words that make it let a name pass.
Pieces identifiers(const Needles& needles) {
    Pieces pieces;
    for (const auto& each : needles.letters) pieces.push_back(utf8_of(each.text));
    for (const auto& each : needles.known_words) pieces.push_back(utf8_of(each));
    for (const auto& each : needles.digits) {
        pieces.push_back(each.digits);
        for (const std::string_view gap :
             {"-", "、", "〜", " \u00A0", "ー#", "(", "\n・", "年", "  \t\t\r\n "})
            ((pieces.emplace_back(each.digits.substr(0, 3)) += gap) += each.digits.substr(3));
    }
    const auto put = [&](std::initializer_list<std::string_view> parts) {
        std::string& piece = pieces.emplace_back();
        for (const std::string_view part : parts) piece += part;
    };
    for (const auto& each : needles.dates) {
        constexpr std::string_view kMonths = "JanFebMarAprMayJunJulAugSepOctNovDec";
        const std::string year = std::to_string(each.year), month = std::to_string(each.month),
                          day = std::to_string(each.day), showa = std::to_string(each.year - 1925);
        const std::string_view name =
            kMonths.substr(3 * static_cast<std::size_t>(each.month - 1), 3);
        put({day, " ", name, " ", year});
        put({name, " ", day, ", ", year});
        put({year, " ", name, " ", day});
        put({year, "-", month, "-", day});
        put({"昭和", showa, "年", month, "月", day, "日"});
        put({"S", showa, ".", month, ".", day});
        put({showa, ".", month, ".", day});
        put({month, "/", day, "/", year.substr(2)});
        put({month, "/", day, "/", year});
        put({year, each.month < 10 ? "0" : "", month, each.day < 10 ? "0" : "", day});
    }
    for (const auto& each : needles.addresses) {
        std::string& address = pieces.emplace_back(utf8_of(each.town));
        for (const auto& number : each.numbers) (address += number) += "丁目";
        std::string& kana = pieces.emplace_back("やとちょう");
        for (const auto& number : each.numbers) (kana += number) += "-";
    }
    return pieces;
}

class Maker {
public:
    Maker(std::uint64_t seed, const Pieces& planted) : random_(seed), planted_(planted) {}

    /// A text; about one piece in `one_in` is an identifier, none when it is 0.
    std::string make(std::size_t one_in) {
        std::string text;
        for (std::size_t count = 1 + random_.below(40); count > 0; --count)
            text += one_in > 0 && random_.below(one_in) == 0 ? respelled(pick(planted_))
                                                             : pick(hostile());
        for (std::size_t layers = random_.below(4); layers > 0; --layers)
            text = wrapped(std::move(text));
        return text;
    }

    /// A long text of letters that begin no identifier, one identifier after `letters` of them.
    std::string make_long(std::size_t letters, std::size_t behind) {
        std::string text = filler(letters);
        if (random_.below(2) == 0) text += pick(hostile());
        text += respelled(pick(planted_));
        if (random_.below(2) == 0) text += pick(hostile());
        return text + filler(behind);
    }

private:
    template <typename T>
    T pick_of(std::initializer_list<T> all) {
        return all.begin()[random_.below(all.size())];
    }

    static std::string hex_of(std::string_view bytes) { return to_hex(as_bytes(bytes)); }

    static std::string filler(std::size_t letters) {
        std::string text;
        for (std::size_t i = 0; i < letters; ++i) {
            text += i % 7 == 3 ? "記" : "x";
            if (i % 11 == 5) text += i % 2 == 0 ? " " : "、";
        }
        return text;
    }

    const std::string& pick(const Pieces& pieces) { return pieces[random_.below(pieces.size())]; }

    std::string respelled(const std::string& piece) {
        std::u32string out;
        const std::uint64_t how = random_.below(6);
        for (char32_t c : to_utf32(piece)) {
            if (how == 1 && c > 0x20 && c < 0x7F) c += 0xFEE0;
            if (how == 2 && is_kana(c) && c <= 0x30F6) c -= 0x60;
            if (how == 3 && c >= U'0' && c <= U'9')
                c = std::u32string_view{U"〇一二三四五六七八九"}[c - U'0'];
            if (how == 4 && c >= U'a' && c <= U'z' && random_.below(2) == 0) c -= 0x20;
            out += c;
            if (how == 5 && random_.below(3) == 0) out += U'\u200B';
            if (how == 4 && random_.below(6) == 0) out += U' ';
        }
        return utf8_of(out);
    }

    std::string wrapped(std::string text) {
        switch (random_.below(9)) {
            case 7: {
                std::string zipped = support::gzip_of(text);
                // As it is, broken, in base64, in hexadecimal.
                if (random_.below(4) == 0) zipped.resize(random_.below(zipped.size()));
                const std::string base64 = to_base64(as_bytes(zipped));
                return pick_of(
                    {zipped, base64, pick_of({"x", "a/", "「"}) + base64, hex_of(zipped)});
            }
            case 0: {
                std::string quoted;
                json::append_quoted(quoted, text);
                return quoted;
            }
            case 1: {
                std::string base64 = to_base64(as_bytes(text));
                const std::size_t line =
                    pick_of({std::size_t{0}, std::size_t{64}, std::size_t{76}});
                const std::string end = pick_of({"\r\n", "\n", "  ", " ", " \n "});
                for (std::size_t at = line; line > 0 && at < base64.size(); at += line + end.size())
                    base64.insert(at, end);
                return std::string(line > 0 ? 0 : random_.below(4), 'x') + base64;
            }
            case 2: {
                constexpr std::string_view kHex = "0123456789abcdef";
                std::string out;
                for (const char each : text) {
                    const auto byte = static_cast<unsigned char>(each);
                    if (byte < 0x80 && byte != '%')
                        out += each;
                    else
                        (out += '%') += {kHex[byte >> 4], kHex[byte & 15]};
                }
                return out;
            }
            case 3:
                return pick(hostile()) + text + pick(hostile());
            case 4:
                return pick(hostile()) + std::string(random_.below(2), 'a') + hex_of(text);
            case 5: {
                std::string out;
                for (const char each : text) {
                    const bool plain = static_cast<unsigned char>(each) < 0x80;
                    if (random_.below(16) == 0) out += pick_of({"=\r\n", "=\n", "=  ", "=", "=4"});
                    plain ? out += each : (out += '=') += hex_of({&each, 1});
                }
                return out;
            }
            case 6: {
                const auto encoding = pick_of({text::Encoding::Utf16Le, text::Encoding::Utf16Be,
                                               text::Encoding::Cp932, text::Encoding::Cp932});
                const auto bytes = text::encode(text, encoding);
                if (!bytes) return text;
                const std::string mark = random_.below(2) == 0 ? "" : "\xFF\xFE";
                return random_.below(2) == 0 ? pick_of({"", "x", "a/", "path/", "-"}) +
                                                   to_base64(as_bytes(mark + *bytes))
                                             : hex_of(mark + *bytes);
            }
            default:
                return text;
        }
    }

    SeededRandom random_;
    const Pieces& planted_;
};

/// Without the gateway's word that something was compressed, which the plain scan does not say.
std::vector<std::string> named(const std::vector<Finding>& findings) {
    std::vector<std::string> names;
    for (const Finding& each : findings) {
        if (each.kind != "compressed") names.push_back(each.kind + " " + each.cell);
    }
    return names;
}

void expect_same_steps(const std::string& text) {
    const auto texts = unwrapped(text);
    ASSERT_EQ(texts, plain::unwrapped(text));
    for (const std::string& each : texts) {
        const Letters letters = fold_letters(each), plain_letters = plain::fold_letters(each);
        ASSERT_EQ(utf8_of(letters.text), utf8_of(plain_letters.text));
        ASSERT_EQ(letters.marks, plain_letters.marks);
        const Numbers numbers = find_numbers(each);
        const plain::Numbers plain_numbers = plain::find_numbers(each);
        ASSERT_EQ(numbers.text, plain_numbers.text);
        ASSERT_EQ(numbers.numbers.size(), plain_numbers.numbers.size());
        for (std::size_t i = 0; i < numbers.numbers.size(); ++i) {
            ASSERT_EQ(numbers.digits(i), plain_numbers.numbers[i].digits);
            ASSERT_EQ(numbers.before(i), plain_numbers.before(i));
        }
    }
}

/// Whose packet it is: an ordinary name, one of a disease and of makers, one of single letters.
struct Person {
    std::string_view label, name, kana;
};

json::Document packet_of(const Person& person) {
    json::Document packet = test::read_file("fixtures/packets/nishitokyo_full.in.json");
    json::Builder builder(packet);
    for (const std::string_view part : {"identity", "referralLetter", "patientSheet"}) {
        json::Node* cells = builder.edit(packet.root()[part]);
        const bool is_identity = part == "identity";
        builder.set(cells, is_identity ? "name" : "patientName", person.name);
        builder.set(cells, is_identity ? "kana" : "patientKana", person.kana);
    }
    return packet;
}

class ScanEquivalence : public testing::TestWithParam<Person> {
protected:
    const json::Document packet_ = packet_of(GetParam());
    const LeakScanner scanner_ = LeakScanner::of_packet(packet_.root());
    const Needles needles_ = needles_of(packet_.root());
    const Pieces planted_ = identifiers(needles_);
};

TEST_P(ScanEquivalence, FindsInRandomTextsWhatThePlainScanFinds) {
    constexpr std::size_t kTexts = 3000;
    std::size_t with_findings = 0, cells = 0;
    for (std::size_t seed = 0; seed < kTexts && !HasFatalFailure(); ++seed) {
        SCOPED_TRACE("seed " + std::to_string(seed));
        const std::string text = Maker(seed, planted_).make(std::array{0U, 4U, 12U}[seed % 3]);
        expect_same_steps(text);
        const auto found = named(scanner_.scan(text));
        ASSERT_EQ(found, named(plain::scan(needles_, text)));
        with_findings += found.empty() ? 0 : 1;
        cells += found.size();
    }
    std::printf("%zu texts, %zu with findings, %zu cells found\n", kTexts, with_findings, cells);
    EXPECT_GT(with_findings, kTexts / 4);
    EXPECT_LT(with_findings, kTexts * 9 / 10) << "texts without findings say as much";
}

/// The scanner folds a text 4,096 letters at a time: what lies across two stretches is found, and
/// what decides about it is seen.
TEST_P(ScanEquivalence, FindsAcrossTheStretchesOfALongTextWhatThePlainScanFinds) {
    constexpr std::size_t kTexts = 360, kStretch = 4096, kAround = 60;
    std::size_t with_findings = 0;
    for (std::size_t seed = 0; seed < kTexts; ++seed) {
        SCOPED_TRACE("seed " + std::to_string(seed));
        const std::size_t letters = kStretch * (1 + seed % 2) - kAround + seed / 2 % (2 * kAround);
        const std::string text = Maker(seed, planted_).make_long(letters, seed % 3 * kStretch / 4);
        const auto found = named(scanner_.scan(text));
        ASSERT_EQ(found, named(plain::scan(needles_, text)));
        with_findings += found.empty() ? 0 : 1;
    }
    std::printf("%zu texts, %zu with findings\n", kTexts, with_findings);
    EXPECT_GT(with_findings, kTexts / 4);
}

TEST_P(ScanEquivalence, FindsInThePacketItselfWhatThePlainScanFinds) {
    const std::string text = json::write(packet_.root());
    expect_same_steps(text);
    const auto found = named(scanner_.scan(text));
    EXPECT_EQ(found, named(plain::scan(needles_, text)));
    EXPECT_GT(found.size(), 10U);
}

INSTANTIATE_TEST_SUITE_P(People, ScanEquivalence,
                         testing::Values(Person{"ordinary", "田邉 芳江", "タナベ ヨシエ"},
                                         Person{"eponym", "橋本 武田", "ハシモト タケダ"},
                                         Person{"short", "林 一", "ハヤシ ハジメ"},
                                         Person{"mixed", "ジョン　Smith", "ジョン スミス"}),
                         [](const auto& each) { return std::string{each.param.label}; });

/// Numbers of a patient that are also dates or in codes of every offer.
TEST(NumberEquivalence, FindsWhatThePlainScanFindsBesideDatesAndCodes) {
    const Pieces pieces{"20261120", "2026",  "11",          "20",   "13",   "32",    "-",
                        "-",        "-",     "/",           ".",    " ",    "\"",    "T",
                        "ICD10",    "-full", "ICD10-2013-", "full", "2013", "30525", "0",
                        "30525-0",  "x",     "年",          "5",    "２０", "O",     "二〇",
                        "2026-11",  "11-20", "\n"};
    std::size_t with_findings = 0, texts = 0;
    for (const std::string_view number : {"20261120", "202611", "102013", "305250"}) {
        json::Document packet = packet_of({"", "田邉 芳江", "タナベ ヨシエ"});
        json::Builder builder(packet);
        builder.set(builder.edit(packet.root()["identity"]), "clinicPatientNumber", number);
        const LeakScanner scanner = LeakScanner::of_packet(packet.root());
        const Needles needles = needles_of(packet.root());
        for (std::size_t seed = 0; seed < 2000; ++seed, ++texts) {
            SCOPED_TRACE("seed " + std::to_string(seed) + " for " + std::string{number});
            SeededRandom random(seed);
            std::string text;
            for (std::size_t count = 1 + random.below(12); count > 0; --count)
                text += pieces[random.below(pieces.size())];
            const auto found = named(scanner.scan(text));
            ASSERT_EQ(found, named(plain::scan(needles, text))) << text;
            with_findings += found.empty() ? 0 : 1;
        }
    }
    std::printf("%zu texts, %zu with findings\n", texts, with_findings);
    EXPECT_GT(with_findings, 100U);
}

/// Every character by itself, between kanji, between letters, and with a mark behind it.
TEST(FoldEquivalence, EveryCharacterFoldsAsInThePlainScan) {
    std::size_t characters = 0;
    for (char32_t c = 1; c < 0x20000; ++c) {
        if (c >= 0xD800 && c < 0xE000) continue;
        ++characters;
        const std::string one = utf8_of(std::u32string(1, c));
        std::string text;
        for (const std::string_view before : {"", "田", "ka", "\u3099か", "ー9"})
            (text += before) += one;
        const Letters letters = fold_letters(text), plain_letters = plain::fold_letters(text);
        ASSERT_EQ(letters.text, plain_letters.text) << std::hex << static_cast<std::uint32_t>(c);
        ASSERT_EQ(letters.marks, plain_letters.marks) << std::hex << static_cast<std::uint32_t>(c);
        ASSERT_EQ(find_numbers(text).text, plain::find_numbers(text).text)
            << std::hex << static_cast<std::uint32_t>(c);
    }
    EXPECT_EQ(characters, 0x1FFFFU - 0x800U);
}

}  // namespace
}  // namespace tsunagi::privacy

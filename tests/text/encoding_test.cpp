// Bytes of clinics' files: which encoding, exactly which characters, and the byte at which it ends
// when it is none (domain.md 5.7).
#include "text/encoding.h"

#include <gtest/gtest.h>

#include <tuple>
#include <utility>

namespace tsunagi::text {
namespace {

using namespace std::string_literals;
using namespace std::string_view_literals;

std::string shown(const Result<Decoded>& decoded) {
    if (!decoded) return "!" + decoded.error().message + " " + decoded.error().where;
    return std::string{name(decoded->encoding)} + ":" + decoded->text;
}
std::string shown(const Result<std::string>& text) {
    return text ? *text : "!" + text.error().message + " " + text.error().where;
}

TEST(Decoding, FindsTheEncodingOfAClinicsFile) {
    const std::pair<std::string, const char*> files[] = {
        {"plain", "UTF-8:plain"},
        {"氏名,髙﨑", "UTF-8:氏名,髙﨑"},
        {"\xEF\xBB\xBF氏名", "UTF-8:氏名"},
        {"\xFF\xFE\x0F\x6C\x0D\x54"s, "UTF-16LE:氏名"},
        {"\xFE\xFF\x6C\x0F\x54\x0D"s, "UTF-16BE:氏名"},
        {"a\0,\0\x0F\x6C"s, "UTF-16LE:a,氏"},
        {"\0a\0,\x6C\x0F"s, "UTF-16BE:a,氏"},
        {"\x1b$B;aL>\x1b(B,x", "ISO-2022-JP:氏名,x"},
        {"\x8e\x81\x96\xbc,\xfb\xfc\xfa\xb1", "CP932:氏名,髙﨑"},
        {"\x8e\x81\x96\xbc,\xc3\xbd\xc4", "CP932:氏名,ﾃｽﾄ"},
        {"\xbb\xe1\xcc\xbe,\xa4\xbf\xa4\xca\xa4\xab", "EUC-JP:氏名,たなか"},
    };
    for (const auto& [bytes, expected] : files) EXPECT_EQ(shown(decode(bytes)), expected);
}

TEST(Decoding, ReadsTheVendorCharactersOfCp932AsMicrosoftDoes) {
    const std::pair<std::string, const char*> vectors[] = {
        {"\x81\x60", "～"}, {"\x81\x7c", "－"},     {"\x81\x61", "∥"},
        {"\x5c", "\\"},     {"\x7e", "~"},          {"\x87\x40\x87\x54", "①Ⅰ"},
        {"\x87\x70", "㎝"}, {"\xed\x40", "纊"},     {"\xfa\x5c", "纊"},
        {"\x81\x91", "￠"}, {"\xf0\x40", "\uE000"}, {"\xb6\xde", "ｶﾞ"},
        {"\x83\x5c", "ソ"}, {"\x95\x5c", "表"},     {"\x81\x5c", "―"},
        {"\xea\xa4", "熙"}, {"\xfb\x9f", "\uFA20"},
    };
    for (const auto& [bytes, expected] : vectors)
        EXPECT_EQ(shown(decode(bytes, Encoding::Cp932)), expected);
}

TEST(Decoding, NamesTheByteThatCannotBeRead) {
    const std::tuple<std::string, Encoding, const char*> vectors[] = {
        {"ab\xFF", Encoding::Utf8, "!undecodable-byte byte 2"},
        {"\xE6\xB0\x8F\xE5\x90", Encoding::Utf8, "!undecodable-byte byte 3"},
        {"a\0b"s, Encoding::Utf8, "!undecodable-byte byte 1"},
        {"\xED\xA0\x80", Encoding::Utf8, "!undecodable-byte byte 0"},
        {"\x8e\x81\x96", Encoding::Cp932, "!undecodable-byte byte 2"},
        {"\x8e\x81\x80", Encoding::Cp932, "!undecodable-byte byte 2"},
        {"\x8e\x81,\xfd", Encoding::Cp932, "!undecodable-byte byte 3"},
        {"\x8e\x81\xa0", Encoding::Cp932, "!undecodable-byte byte 2"},
        {"\x85\x40", Encoding::Cp932, "!undecodable-byte byte 0"},
        {"a\0"s, Encoding::Cp932, "!undecodable-byte byte 1"},
        {"\xbb\xe1\x81\x60", Encoding::EucJp, "!undecodable-byte byte 2"},
        {"\x1b$B;a\x1b(Bab\xbb", Encoding::Iso2022Jp, "!undecodable-byte byte 10"},
        {"\x0F\x6C\x00\xD8"s, Encoding::Utf16Le, "!undecodable-byte byte 2"},
    };
    for (const auto& [bytes, encoding, expected] : vectors)
        EXPECT_EQ(shown(decode(bytes, encoding)), expected) << name(encoding);
}

TEST(Decoding, NamesTheByteOfTheEncodingThatCameFurthest) {
    EXPECT_EQ(shown(decode("氏名,住所\xFF")), "!undecodable-byte byte 13");
    EXPECT_EQ(shown(decode("\x8e\x81\x96\xbc,\x8f\x5a\x8f\x8a\xFF")), "!undecodable-byte byte 9");
    EXPECT_EQ(shown(decode("\xEF\xBB\xBF氏\xFF")), "!undecodable-byte byte 6");
    // The planted fault far behind the part that is read at once.
    std::string long_one(5000, 'a');
    long_one += "\x8e\x81\xFD";
    EXPECT_EQ(shown(decode(long_one)), "!undecodable-byte byte 5002");
}

// domain.md 5.7: which characters of the programmes' own documents fit where.
TEST(Encoding, WritesExactlyOrNamesTheCharacter) {
    for (const char* text : {"①⑦～－", "～", "①⑤", "髙﨑", "㎝Ⅰ", "ｶﾞ", "令和８年"}) {
        const auto cp932 = encode(text, Encoding::Cp932);
        ASSERT_TRUE(cp932) << text;
        EXPECT_EQ(shown(decode(*cp932, Encoding::Cp932)), text);
    }
    EXPECT_EQ(shown(encode("のしわ—", Encoding::Cp932)), "!unencodable-character character 3");
    EXPECT_EQ(shown(encode("⑴", Encoding::Cp932)), "!unencodable-character character 0");
    EXPECT_EQ(shown(encode("田中𠮷雄", Encoding::Cp932)), "!unencodable-character character 2");
    for (const char* text : {"①", "Ⅰ", "㎝", "髙", "﨑", "—", "⑴", "ｶﾞ"}) {
        EXPECT_FALSE(encode(text, Encoding::Iso2022Jp)) << text;
    }
    EXPECT_EQ(shown(encode("氏名①", Encoding::Iso2022Jp)), "!unencodable-character character 2");
}

TEST(Encoding, GoesBackToAsciiBeforeEachLineEnd) {
    const auto bytes = encode("氏名\r\n住所", Encoding::Iso2022Jp);
    ASSERT_TRUE(bytes);
    EXPECT_EQ(*bytes, "\x1b$B;aL>\x1b(B\r\n\x1b$B=;=j\x1b(B");
}

TEST(Encoding, NamesAreThoseOfCharsetParameters) {
    EXPECT_EQ(encoding_named("utf-8"), Encoding::Utf8);
    EXPECT_EQ(encoding_named("Shift_JIS"), Encoding::Cp932);
    EXPECT_EQ(encoding_named("windows-31j"), Encoding::Cp932);
    EXPECT_EQ(encoding_named("ISO-2022-JP"), Encoding::Iso2022Jp);
    EXPECT_EQ(encoding_named("EUC-JP"), Encoding::EucJp);
    EXPECT_FALSE(encoding_named("latin1"));
}

TEST(Encoding, ReadsForSearchWhatItCanAndMarksTheRest) {
    EXPECT_EQ(decode_for_search("\x93\x63\xFF\x8d\xb2", Encoding::Cp932), "田\x1A佐");
    EXPECT_EQ(decode_for_search("\x93\x63\x8d", Encoding::Cp932), "田\x1A");
    EXPECT_EQ(decode_for_search("\x30\x75\x00\xD8\x50\x4F", Encoding::Utf16Le).substr(0, 3), "田");
    EXPECT_EQ(decode_for_search("", Encoding::Utf16Be), "");
}

}  // namespace
}  // namespace tsunagi::text

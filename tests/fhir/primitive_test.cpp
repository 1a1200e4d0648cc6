// hl7.org/fhir/R4/datatypes.html#primitive
#include "fhir/primitive.h"

#include <gtest/gtest.h>

#include <string>

#include "json/reader.h"

namespace tsunagi::fhir {
namespace {

PrimitiveFault check(Primitive type, const std::string& json_text) {
    const auto document = json::read("[" + json_text + "]");
    EXPECT_TRUE(document) << json_text;
    return document ? check_primitive(type, document->root().at(0)) : PrimitiveFault::WrongKind;
}

struct Case {
    const char* type;
    const char* text;
    PrimitiveFault fault;
};

TEST(Primitive, AcceptsWhatTheSpecificationAllows) {
    const std::vector<Case> cases = {
        {"boolean", "true", PrimitiveFault::None},
        {"integer", "-2147483648", PrimitiveFault::None},
        {"integer", "2147483647", PrimitiveFault::None},
        {"unsignedInt", "0", PrimitiveFault::None},
        {"positiveInt", "1", PrimitiveFault::None},
        {"decimal", "1.10", PrimitiveFault::None},
        {"decimal", "-0.0e-12", PrimitiveFault::None},
        {"string", R"("田中 一郎\n二行目")", PrimitiveFault::None},
        {"code", R"("in progress")", PrimitiveFault::None},
        {"id", R"("A-1.b")", PrimitiveFault::None},
        {"uri", R"("urn:oid:1.2")", PrimitiveFault::None},
        {"url", R"("https://h.example/a?b#c")", PrimitiveFault::None},
        {"canonical", R"("https://h.example/a|1")", PrimitiveFault::None},
        {"oid", R"("urn:oid:1.2.392.0")", PrimitiveFault::None},
        {"uuid", R"("urn:uuid:c757873d-ec9a-4326-a141-556f43239520")", PrimitiveFault::None},
        {"base64Binary", R"("dGV4\ndA==")", PrimitiveFault::None},
        {"date", R"("2026")", PrimitiveFault::None},
        {"date", R"("2026-02")", PrimitiveFault::None},
        {"date", R"("2028-02-29")", PrimitiveFault::None},
        {"dateTime", R"("2026-11-20")", PrimitiveFault::None},
        {"dateTime", R"("2026-11-20T09:30:00+09:00")", PrimitiveFault::None},
        {"dateTime", R"("2026-11-20T23:59:60Z")", PrimitiveFault::None},
        {"instant", R"("2026-11-20T09:30:00.123456-14:00")", PrimitiveFault::None},
        {"time", R"("09:30:00")", PrimitiveFault::None},
        {"xhtml", R"("<div xmlns='http://www.w3.org/1999/xhtml'>a</div>")", PrimitiveFault::None},
    };
    for (const Case& each : cases)
        EXPECT_EQ(check(primitive_named(each.type), each.text), each.fault)
            << each.type << " " << each.text;
}

TEST(Primitive, RefusesEverythingElse) {
    using enum PrimitiveFault;
    const std::vector<Case> cases = {
        {"boolean", R"("true")", WrongKind},
        {"boolean", "1", WrongKind},
        {"integer", R"("1")", WrongKind},
        {"integer", "1.0", Format},
        {"integer", "1e2", Format},
        {"integer", "2147483648", Range},
        {"unsignedInt", "-1", Range},
        {"positiveInt", "0", Range},
        {"decimal", R"("1.1")", WrongKind},
        {"string", R"("")", Empty},
        {"string", "12", WrongKind},
        {"code", R"(" a")", Format},
        {"code", R"("a  b")", Format},
        {"id", R"("a_b")", Format},
        {"id", R"("あ")", Format},
        {"id", R"("0123456789012345678901234567890123456789012345678901234567890123X")", TooLong},
        {"uri", R"("a b")", Format},
        {"uri", R"("urn:oid:1.2-x")", Format},
        {"uri", R"("urn:oid:1.02")", Format},
        {"oid", R"("urn:oid:3.1")", Format},
        {"oid", R"("urn:oid:1.02")", Format},
        {"oid", R"("1.2.3")", Format},
        {"uuid", R"("urn:uuid:C757873D-EC9A-4326-A141-556F43239520")", Format},
        {"uuid", R"("c757873d-ec9a-4326-a141-556f43239520")", Format},
        {"base64Binary", R"("dGV4dA=")", Format},
        {"base64Binary", R"("d=V4")", Format},
        {"date", R"("2026-02-29")", Range},
        {"date", R"("2026-13")", Range},
        {"date", R"("0000")", Range},
        {"date", R"("2026-1-1")", Format},
        {"date", R"("2026-11-20T09:30:00Z")", Format},
        {"date", R"("令和8年11月20日")", Format},
        {"dateTime", R"("2026-11-20T09:30Z")", Format},
        {"dateTime", R"("2026-11-20T09:30:00")", Format},
        {"dateTime", R"("2026-11-20T24:00:00Z")", Range},
        {"dateTime", R"("2026-11-20T09:30:00+14:30")", Range},
        {"dateTime", R"("2026-11-20 09:30:00Z")", Format},
        {"instant", R"("2026-11-20")", Format},
        {"time", R"("25:00:00")", Range},
        {"time", R"("09:30:00Z")", Format},
        {"xhtml", R"("<p>a</p>")", Format},
    };
    for (const Case& each : cases)
        EXPECT_EQ(check(primitive_named(each.type), each.text), each.fault)
            << each.type << " " << each.text;
}

TEST(Primitive, FindsOneBadCharacterWhereverItStands) {
    for (std::size_t size = 1; size <= 40; ++size) {
        const std::string letters(size, 'a');
        EXPECT_EQ(check(Primitive::Uri, '"' + letters + '"'), PrimitiveFault::None) << size;
        const auto whole = size % 4 == 0 ? PrimitiveFault::None : PrimitiveFault::Format;
        EXPECT_EQ(check(Primitive::Base64Binary, '"' + letters + '"'), whole) << size;
        for (std::size_t at = 0; at < size; ++at) {
            SCOPED_TRACE(at);
            std::string text = letters;
            text[at] = ' ';
            EXPECT_EQ(check(Primitive::Uri, '"' + text + '"'), PrimitiveFault::Format) << size;
            text[at] = '*';
            EXPECT_EQ(check(Primitive::Uri, '"' + text + '"'), PrimitiveFault::None) << size;
            EXPECT_EQ(check(Primitive::Base64Binary, '"' + text + '"'), PrimitiveFault::Format);
            // White space counts for nothing; padding ends the letters.
            EXPECT_EQ(check(Primitive::Base64Binary,
                            '"' + letters.substr(0, at) + "\\n" + letters.substr(at) + '"'),
                      whole);
            text[at] = '=';
            const bool last = size % 4 == 0 && at + 1 == size;
            EXPECT_EQ(check(Primitive::Base64Binary, '"' + text + '"'),
                      last ? PrimitiveFault::None : PrimitiveFault::Format);
        }
    }
}

TEST(Primitive, BoundsTextAtOneMebibyte) {
    const std::string fits(std::size_t{1} << 20, 'x');
    EXPECT_EQ(check(Primitive::String, '"' + fits + '"'), PrimitiveFault::None);
    EXPECT_EQ(check(Primitive::String, '"' + fits + "x\""), PrimitiveFault::TooLong);
}

TEST(Primitive, KnowsNoTypeOfAnotherName) {
    EXPECT_EQ(primitive_named("Patient"), Primitive::None);
    EXPECT_EQ(primitive_named(""), Primitive::None);
}

}  // namespace
}  // namespace tsunagi::fhir

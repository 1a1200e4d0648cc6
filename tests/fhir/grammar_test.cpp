// RFC 5646 section 2.1 and appendix A, RFC 6838 section 4.2
#include "fhir/grammar.h"

#include <gtest/gtest.h>

#include <string>

namespace tsunagi::fhir {
namespace {

TEST(Grammar, AcceptsLanguageTagsThatAreWellFormed) {
    for (const char* tag :
         {"ja", "ja-JP", "ja-Hira", "ja-Hrkt-JP", "ja-Latn-hepburn-heploc", "zh-cmn-Hans-CN",
          "sl-rozaj-biske", "de-CH-1901", "es-419", "de-DE-u-co-phonebk", "en-US-x-twain",
          "x-whatever", "i-klingon", "EN-GB-OED", "qaa-Qaaa-QM-x-southern"})
        EXPECT_TRUE(is_language_tag(tag)) << tag;
}

TEST(Grammar, RefusesLanguageTagsThatAreNot) {
    for (const char* tag :
         {"", "j", "ja-", "-ja", "ja-x", "x-", "x", "ja--JP", "ja_JP", "日本語", "ja-JPNX1-!",
          "a-DE", "ja-u", "ja-123456789", "ja-JP-JP", "en-a-b-", "languagetag"})
        EXPECT_FALSE(is_language_tag(tag)) << tag;
}

TEST(Grammar, TellsMediaTypes) {
    EXPECT_TRUE(is_media_type("application/fhir+json; fhirVersion=4.0"));
    EXPECT_FALSE(is_media_type("application"));
    EXPECT_FALSE(is_media_type("image/"));
    EXPECT_FALSE(is_media_type("image/pn g"));
}

TEST(Grammar, ReadsUnitsAsUcumWritesThem) {
    for (const char* unit : {"mg",
                             "mg/dL",
                             "10*3/uL",
                             "10^9/L",
                             "/min",
                             "mm[Hg]",
                             "cm[H2O]",
                             "k[iU]/L",
                             "[iU]",
                             "%",
                             "1",
                             "{score}",
                             "10*6{cells}/uL",
                             "mL/min/{1.73_m2}",
                             "kg.m/s2",
                             "m2",
                             "s-1",
                             "(mg.h)/L",
                             "Cel",
                             "[degF]",
                             "[in_i]",
                             "[arb'U]/mL",
                             "cal_[15]",
                             "g%",
                             "umol/L",
                             "dB[SPL]",
                             "mo_j",
                             "4.[pi].10*-7.N/A2",
                             "KiBy",
                             "'",
                             "%[slope]"})
        EXPECT_TRUE(is_unit(unit)) << unit;
}

TEST(Grammar, RefusesWhatUcumCannotRead) {
    for (const char* unit :
         {"",       "IU",  "IU/L", "mmHg", "mcg", "TAB",    "ea",     "@@bogus@@", "mg dL",
          "mg//dL", "mg/", "mg-",  "(mg",  "mg)", "{score", "score}", "{a{b}}",    "回",
          "mg{日}", "[",   "[]",   "kmin", "mmg", "1,5",    "10**3",  "mg/dL ",    "\x01"})
        EXPECT_FALSE(is_unit(unit)) << unit;
    EXPECT_FALSE(is_unit(std::string(100'000, '(')));
    EXPECT_TRUE(is_unit("(((mg)))"));
}

TEST(Grammar, TellsCodesThatCannotBe) {
    constexpr const char* kLoinc = "http://loinc.org";
    constexpr const char* kSnomed = "http://snomed.info/sct";
    constexpr const char* kIcd10 = "http://hl7.org/fhir/sid/icd-10";
    for (const char* code : {"8867-4", "1751-7", "85354-9", "LP7839-6", "LA6576-8", "LL379-9"})
        EXPECT_FALSE(is_impossible(kLoinc, code)) << code;
    for (const char* code : {"8867-5", "a1751-7X", "99999-99999", "8867", "-4", "", "8867-", "L-1"})
        EXPECT_TRUE(is_impossible(kLoinc, code)) << code;
    for (const char* code : {"73211009", "404684003", "22298006", "900000000000207008",
                             "73211009:363698007=113331007"})
        EXPECT_FALSE(is_impossible(kSnomed, code)) << code;
    for (const char* code : {"73211008", "99999999999999", "73211", "073211009", "7321100x", ""})
        EXPECT_TRUE(is_impossible(kSnomed, code)) << code;
    for (const char* code : {"I20.9", "A00", "XIX", "A00-A09", "C34.1†"})
        EXPECT_FALSE(is_impossible(kIcd10, code)) << code;
    for (const char* code : {"ZZ99.99", "209", "i20"})
        EXPECT_TRUE(is_impossible(kIcd10, code)) << code;
    EXPECT_TRUE(is_impossible("http://unitsofmeasure.org", "mmHg"));
    EXPECT_FALSE(is_impossible("https://x.example/codes", "mmHg"));
}

TEST(Grammar, SaysNothingAboutSystemsWithoutOne) {
    EXPECT_EQ(fits_grammar("http://loinc.org", "1-8"), std::nullopt);
    EXPECT_EQ(fits_grammar("urn:ietf:bcp:47", "ja-x"), false);
    EXPECT_EQ(fits_grammar("urn:ietf:bcp:13", "text/plain"), true);
}

}  // namespace
}  // namespace tsunagi::fhir

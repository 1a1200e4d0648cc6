// RFC 5646 section 2.1 and appendix A, RFC 6838 section 4.2
#include "fhir/grammar.h"

#include <gtest/gtest.h>

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

TEST(Grammar, SaysNothingAboutSystemsWithoutOne) {
    EXPECT_EQ(fits_grammar("http://loinc.org", "1-8"), std::nullopt);
    EXPECT_EQ(fits_grammar("urn:ietf:bcp:47", "ja-x"), false);
    EXPECT_EQ(fits_grammar("urn:ietf:bcp:13", "text/plain"), true);
}

}  // namespace
}  // namespace tsunagi::fhir

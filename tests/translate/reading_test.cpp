#include "translate/reading.h"

#include <gtest/gtest.h>

#include "json/writer.h"
#include "support/definitions.h"

namespace tsunagi::translate {
namespace {

/// A form with one cell of each reading, a list, and an attachment.
constexpr std::string_view kModel = R"({"resourceType":"StructureDefinition",
"url":"http://example.org/Form","name":"Form","status":"active","kind":"logical","abstract":false,"type":"http://example.org/Form",
"baseDefinition":"http://hl7.org/fhir/StructureDefinition/Element","derivation":"specialization","differential":{"element":[
{"id":"Form","path":"Form","min":0,"max":"*"},
{"id":"Form.on","path":"Form.on","short":"日付","min":0,"max":"1","type":[{"code":"string"}],"extension":[{"url":"https://tsunagi.example/fhir/StructureDefinition/reading","valueCode":"japanese-date"}]},
{"id":"Form.at","path":"Form.at","short":"日時","min":0,"max":"1","type":[{"code":"string"}],"extension":[{"url":"https://tsunagi.example/fhir/StructureDefinition/reading","valueCode":"japanese-datetime"}]},
{"id":"Form.initials","path":"Form.initials","short":"イニシャル","min":0,"max":"1","type":[{"code":"string"}],"extension":[{"url":"https://tsunagi.example/fhir/StructureDefinition/reading","valueCode":"initials"}]},
{"id":"Form.kana","path":"Form.kana","short":"フリガナ","min":0,"max":"1","type":[{"code":"string"}],"extension":[{"url":"https://tsunagi.example/fhir/StructureDefinition/reading","valueCode":"kana"}]},
{"id":"Form.name","path":"Form.name","short":"氏名","min":0,"max":"1","type":[{"code":"string"}],"extension":[{"url":"https://tsunagi.example/fhir/StructureDefinition/reading","valueCode":"person-name"}]},
{"id":"Form.phone","path":"Form.phone","short":"電話","min":0,"max":"1","type":[{"code":"string"}],"extension":[{"url":"https://tsunagi.example/fhir/StructureDefinition/reading","valueCode":"phone"}]},
{"id":"Form.postalCode","path":"Form.postalCode","short":"郵便番号","min":0,"max":"1","type":[{"code":"string"}],"extension":[{"url":"https://tsunagi.example/fhir/StructureDefinition/reading","valueCode":"postal-code"}]},
{"id":"Form.remarks","path":"Form.remarks","short":"備考","min":0,"max":"1","type":[{"code":"string"}]},
{"id":"Form.team","path":"Form.team","short":"担当","min":0,"max":"*","type":[{"code":"BackboneElement"}]},
{"id":"Form.team.office","path":"Form.team.office","short":"事業所","min":0,"max":"1","type":[{"code":"string"}]},
{"id":"Form.team.phone","path":"Form.team.phone","short":"電話","min":0,"max":"1","type":[{"code":"string"}],"extension":[{"url":"https://tsunagi.example/fhir/StructureDefinition/reading","valueCode":"phone"}]},
{"id":"Form.attachments","path":"Form.attachments","short":"添付","min":0,"max":"*","type":[{"code":"string"}]}
]}})";

const fhir::Definitions& with_form() {
    static const fhir::Definitions kDefinitions = [] {
        fhir::Definitions made = support::r4();
        const auto model = json::read(kModel).value();
        const Status added = made.add(model.root());
        if (!added) ADD_FAILURE() << to_string(added.error());
        return made;
    }();
    return kDefinitions;
}

struct Read {
    std::string text;
    std::vector<fhir::Issue> issues;
};

Read read(std::string_view cells) {
    const auto source =
        json::read("{\"resourceType\":\"Form\"," + std::string{cells} + "}").value();
    Read made;
    const json::Document document = read_cells(
        source.root(), with_form(), "http://example.org/Form", std::chrono::hours{9}, made.issues);
    made.text = json::write(document.root());
    made.text = made.text.substr(23, made.text.size() - 24);  // without {"resourceType":"Form", }
    return made;
}

std::string kept(std::string_view cell, std::string_view value, std::string_view written) {
    return "\"" + std::string{cell} + "\":\"" + std::string{value} + "\",\"_" + std::string{cell} +
           "\":{\"extension\":[{\"url\":\"https://tsunagi.example/fhir/StructureDefinition/"
           "source-text\",\"valueString\":\"" +
           std::string{written} + "\"}]}";
}

TEST(Reading, NormalisesEachKindOfCellAndKeepsWhatWasWritten) {
    struct Case {
        const char *cell, *written, *value;
    };
    const Case cases[] = {
        {"on", "令和8年11月20日", "2026-11-20"},
        {"on", "Ｒ８．１１．２０", "2026-11-20"},
        {"on", "平成28年", "2016"},
        {"at", "令和8年11月20日 午後2時5分", "2026-11-20T14:05:00+09:00"},
        {"initials", "Ｔ．Ｙ．", "T.Y."},
        {"kana", "ﾀﾅﾍﾞ ﾖｼｴ", "タナベ ヨシエ"},
        {"kana", "たなべ　よしえ", "タナベ ヨシエ"},
        {"name", "田邉　芳江", "田邉 芳江"},
        {"name", " 髙﨑  𠮷男 ", "髙﨑 𠮷男"},
        {"phone", "０４２－４６１－７２２５（直通）", "042-461-7225"},
        {"phone", "04(2946)8425", "04-2946-8425"},
        {"postalCode", "〒１８８－０００１", "188-0001"},
    };
    for (const Case& each : cases) {
        const Read made =
            read("\"" + std::string{each.cell} + "\":\"" + std::string{each.written} + "\"");
        EXPECT_EQ(made.text, kept(each.cell, each.value, each.written));
        EXPECT_TRUE(made.issues.empty()) << each.written;
    }
}

TEST(Reading, LeavesAloneWhatIsReadable) {
    for (const char* cells :
         {R"("on":"2026-11-20")", R"("initials":"T.Y.")", R"("kana":"タナベ ヨシエ")",
          R"("name":"田邉 芳江")", R"("phone":"042-461-7225")", R"("postalCode":"188-0001")",
          R"("remarks":"令和8年に  不明")"}) {
        const Read made = read(cells);
        EXPECT_EQ(made.text, cells);
        EXPECT_TRUE(made.issues.empty());
    }
}

TEST(Reading, NamesACellThatCannotBeReadAndNotItsText) {
    struct Case {
        const char *cell, *written, *code;
    };
    const Case cases[] = {{"on", "令和0年1月1日", nullptr},
                          {"on", "昨日ごろ", "not-a-date"},
                          {"initials", "田邉 芳江", nullptr},
                          {"phone", "内緒", "not-a-phone"},
                          {"postalCode", "188", "not-a-postal-code"}};
    for (const Case& each : cases) {
        const Read made =
            read("\"" + std::string{each.cell} + "\":\"" + std::string{each.written} + "\"");
        ASSERT_EQ(made.issues.size(), 1U) << each.written;
        const fhir::Issue& issue = made.issues[0];
        EXPECT_EQ(issue.severity, fhir::IssueSeverity::Error);
        EXPECT_EQ(issue.expression, "Form." + std::string{each.cell});
        if (each.code) {
            EXPECT_EQ(issue.code, each.code);
        }
        EXPECT_EQ(issue.ja.find(each.written), std::string::npos);
        EXPECT_GT(issue.offset, 0U);
    }
}

TEST(Reading, TellsUnknownFromNotFilledIn) {
    const Read unknown = read(R"("on":"不明")");
    EXPECT_EQ(
        unknown.text,
        R"("_on":{"extension":[{"url":"http://hl7.org/fhir/StructureDefinition/data-absent-reason","valueCode":"asked-unknown"},{"url":"https://tsunagi.example/fhir/StructureDefinition/source-text","valueString":"不明"}]})");
    const Read empty = read(R"("phone":"未記入")");
    EXPECT_NE(empty.text.find(R"("valueCode":"unknown")"), std::string::npos);
    EXPECT_EQ(empty.text.find(R"("phone":)"), std::string::npos);
    // Free text says it in words, and keeps saying it.
    EXPECT_EQ(read(R"("remarks":"不明")").text, R"("remarks":"不明")");
}

TEST(Reading, FillsSameAsAboveAndAsksForALook) {
    const Read made = read(
        R"("team":[{"office":"あおば薬局","phone":"042-000-2401"},{"office":"同上","phone":"同上"}])");
    EXPECT_NE(made.text.find(R"(},{"office":"あおば薬局","phone":"042-000-2401","_office")"),
              std::string::npos);
    ASSERT_EQ(made.issues.size(), 2U);
    EXPECT_EQ(made.issues[0].code, "same-as-above");
    EXPECT_EQ(made.issues[0].severity, fhir::IssueSeverity::Warning);
    EXPECT_EQ(made.issues[1].expression, "Form.team[1].phone");
    const Read first = read(R"("team":[{"office":"同上"}])");
    ASSERT_EQ(first.issues.size(), 1U);
    EXPECT_EQ(first.issues[0].code, "nothing-above");
    EXPECT_EQ(first.issues[0].severity, fhir::IssueSeverity::Error);
}

TEST(Reading, HoldsAFormThatPointsToAMissingSheet) {
    const Read missing = read(R"("remarks":"別紙参照")");
    ASSERT_EQ(missing.issues.size(), 1U);
    EXPECT_EQ(missing.issues[0].code, "attachment-missing");
    EXPECT_TRUE(read(R"("remarks":"別紙参照","attachments":["x"])").issues.empty());
}

TEST(Reading, PutsTheWordsBackAsTheyWereWritten) {
    const auto written = json::read(R"({"resourceType":"Form","on":"令和8年11月20日","phone":"不明",
        "remarks":"不明","team":[{"office":"あおば薬局","phone":"０４２－０００－２４０１"},
        {"office":"同上","phone":"未記入"}],"attachments":["x","y"],"kana":"ﾃｽﾄ",
        "_kana":{"extension":[{"url":"http://example.org/own","valueString":"z"}]}})")
                             .value();
    std::vector<fhir::Issue> issues;
    const json::Document readable = read_cells(
        written.root(), with_form(), "http://example.org/Form", std::chrono::hours{9}, issues);
    EXPECT_FALSE(json::equal(readable.root(), written.root()));
    const json::Document again = words_as_written(readable.root());
    // The members may stand in another order.
    EXPECT_EQ(again.root().size(), written.root().size());
    for (const json::Value member : written.root())
        EXPECT_TRUE(json::equal(again.root()[member.key()], member)) << member.key();
    // What was never read has nothing to put back.
    const json::Document same = words_as_written(written.root());
    EXPECT_TRUE(json::equal(same.root(), written.root()));
}

TEST(Reading, SaysThatTheModelIsNotLoaded) {
    const auto source = json::read(R"({"resourceType":"Form"})").value();
    std::vector<fhir::Issue> issues;
    const json::Document same = read_cells(source.root(), with_form(), "http://example.org/None",
                                           std::chrono::minutes{0}, issues);
    ASSERT_EQ(issues.size(), 1U);
    EXPECT_EQ(issues[0].severity, fhir::IssueSeverity::Fatal);
    EXPECT_TRUE(json::equal(same.root(), source.root()));
}

}  // namespace
}  // namespace tsunagi::translate

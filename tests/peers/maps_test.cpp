// Our side of the comparison with the official mapping engine: that plain words say what the map
// says, and that a difference is seen.
#include <gtest/gtest.h>

#include "json/reader.h"
#include "json/writer.h"
#include "peers/plain_words.h"
#include "peers/same_bundle.h"
#include "support/definitions.h"
#include "translate/structure_map.h"
#include "translate/translator.h"

namespace tsunagi::peers {
namespace {

constexpr std::string_view kHead = R"(map "http://example.org/fhir/StructureMap/a" = "a"
uses "http://hl7.org/fhir/StructureDefinition/Patient" alias Patient as source
uses "http://hl7.org/fhir/StructureDefinition/Observation" alias Observation as target
)";

/// The rules of one group in plain words, blanks and line ends made one.
std::string plain(std::string_view rules) {
    const std::string text = std::string{kHead} +
                             "group A(source s : Patient, target t : Observation) {\n" +
                             std::string{rules} + "\n}\n";
    const auto map = translate::syntax::parse("a.map", text);
    if (!map) return to_string(map.error());
    const std::string printed =
        translate::syntax::print(in_plain_words(*map, support::definitions()));
    std::string out;
    for (const char c : printed.substr(printed.find('{'))) {
        const bool blank = c == ' ' || c == '\n';
        if (blank && (out.empty() || out.back() == ' ')) continue;
        out += blank ? ' ' : c;
    }
    return out;
}

TEST(PlainWords, SayATypeByItsParts) {
    EXPECT_EQ(
        plain(R"(s.id as v -> t.code = cc(v) "r";)"),
        R"({ s.id as v -> t.code = create('CodeableConcept') as plain1, plain1.text = v "r"; } )");
    EXPECT_EQ(
        plain(R"(s.id as v -> t.identifier = id('urn:a', v) "r";)"),
        R"({ s.id as v -> t.identifier = create('Identifier') as plain1, plain1.system = 'urn:a', plain1.value = v "r"; } )");
    EXPECT_EQ(
        plain(R"(s.id as v -> t.value = qty(v, 'd', 'urn:u', 'd') as q "r";)"),
        R"({ s.id as v -> t.value = create('Quantity') as q, q.value = v, q.unit = 'd', q.system = 'urn:u', q.code = 'd' "r"; } )");
}

TEST(PlainWords, SayAReferenceAndANamedChoice) {
    EXPECT_EQ(
        plain(R"(s as v -> t.subject = reference(v), t.valueString = 'x' "r";)"),
        R"({ s as v -> t.subject = create('Reference') as plain1, plain1.reference = reference(v), t.value = cast('x', 'string') "r"; } )");
}

TEST(PlainWords, PutSeveralSourcesInsideEachOther) {
    EXPECT_EQ(plain(R"(s.id as a, s.language as b -> t.id = append(a, ' ', b) "r";)"),
              R"({ s.id as a then { s.language as b -> t.id = (%a & ' ' & %b) "r"; } "r"; } )");
}

TEST(PlainWords, LeaveWhatTheOfficialEngineHasBuilt) {
    const std::string rules =
        R"(s.id as v where $this = 'a' -> t.id = append('x', v), t.code = cc('urn:a', v) then A(s, t) "r";)";
    const auto map = translate::syntax::parse(
        "a.map", std::string{kHead} + "group A(source s : Patient, target t : Observation) {\n" +
                     rules + "\n}\n");
    ASSERT_TRUE(map);
    std::string written = translate::syntax::print(*map);
    EXPECT_NE(written.find("append('x', v)"), std::string::npos);
    EXPECT_NE(plain(rules).find("t.id = append('x', v)"), std::string::npos);
    EXPECT_NE(plain(rules).find("then A(s, t)"), std::string::npos);
}

json::Document bundle(std::string_view text) { return json::read(text).value(); }

std::vector<Difference> between(std::string_view ours, std::string_view theirs) {
    const json::Document left = bundle(ours), right = bundle(theirs);
    const Instant now = kMappedAt, later = now + std::chrono::hours{1};
    return differences({left.root(), now, now},
                       {right.root(), later, later + std::chrono::seconds{2}});
}

constexpr std::string_view kOurs = R"({"timestamp": "2026-11-20T10:45:00.777+09:00", "entry": [
    {"fullUrl": "urn:uuid:1", "resource": {"resourceType": "Patient", "active": true}},
    {"fullUrl": "urn:uuid:2", "resource": {"resourceType": "Task", "for": {"reference": "urn:uuid:1"}}}]})";

TEST(SameBundle, PassesOverUuidsTheClockAndTheOrderOfMembers) {
    const auto found = between(kOurs, R"({"entry": [
        {"resource": {"active": true, "resourceType": "Patient", "id": "p"}, "fullUrl": "urn:uuid:8"},
        {"fullUrl": "urn:uuid:9", "resource": {"resourceType": "Task", "for": {"reference": "Patient/p"}}}],
        "timestamp": "2026-11-20T02:45:01Z"})");
    EXPECT_TRUE(found.empty()) << found.front().path;
}

TEST(SameBundle, SeesAReferenceToAnotherEntryAndAnotherTime) {
    const auto found = between(kOurs, R"({"timestamp": "2026-11-20T10:45:00.777+09:00", "entry": [
        {"fullUrl": "urn:uuid:8", "resource": {"resourceType": "Patient", "active": true}},
        {"fullUrl": "urn:uuid:9", "resource": {"resourceType": "Task", "for": {"reference": "urn:uuid:9"}}}]})");
    ASSERT_EQ(found.size(), 2U);
    EXPECT_EQ(found[0].path, "Bundle.timestamp");
    EXPECT_EQ(found[1].path, "Bundle.entry[1].resource.for.reference");
    EXPECT_EQ(found[1].ours, "\"urn:uuid:1\"");
    EXPECT_EQ(found[1].theirs, "\"urn:uuid:9\"");
}

TEST(SameBundle, SeesWhatOnlyOneSideHasAndTheOrderOfItems) {
    const auto extra = between(R"({"entry": [], "total": 1})", R"({"entry": [{}], "id": "x"})");
    ASSERT_EQ(extra.size(), 3U);
    EXPECT_EQ(extra[0].path, "Bundle.entry[0]");
    EXPECT_EQ(extra[1].path, "Bundle.total");
    EXPECT_EQ(extra[2].path, "Bundle.id");
    EXPECT_EQ(between(R"({"given": ["a", "b"]})", R"({"given": ["b", "a"]})").size(), 2U);
    EXPECT_EQ(between(R"({"value": 1.0})", R"({"value": 1.00})").size(), 1U);
    EXPECT_EQ(between(R"({"value": 1})", R"({"value": "1"})").size(), 1U);
}

}  // namespace
}  // namespace tsunagi::peers

#include "programme/programme.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <set>
#include <sstream>
#include <string>

#include "json/builder.h"
#include "json/reader.h"
#include "json/writer.h"
#include "packages/mapped_file.h"

namespace tsunagi::programme {
namespace {

const std::filesystem::path kSource = TSUNAGI_SOURCE_DIR;

json::Document read_file(const std::filesystem::path& path) {
    std::ifstream in(path, std::ios::binary);
    std::ostringstream text;
    text << in.rdbuf();
    auto document = json::read(text.str());
    EXPECT_TRUE(document) << path;
    return document ? std::move(*document) : json::Document{};
}

/// The programme under test with the definitions it needs; loaded once.
class ProgrammeTest : public testing::Test {
protected:
    static void SetUpTestSuite() {
        auto pack = packages::MappedFile::open(TSUNAGI_BINARY_DIR "/share/r4.pack");
        ASSERT_TRUE(pack) << to_string(pack.error());
        shared_pack = std::make_unique<packages::MappedFile>(std::move(*pack));
        auto definitions = fhir::Definitions::open(shared_pack->bytes());
        ASSERT_TRUE(definitions) << to_string(definitions.error());
        shared_definitions = std::make_unique<fhir::Definitions>(std::move(*definitions));
        const json::Document file = read_file(kSource / "profiles/programmes/nishitokyo.json");
        auto programme = Programme::load(file.root(), *shared_definitions);
        ASSERT_TRUE(programme) << to_string(programme.error());
        shared_programme = std::make_unique<Programme>(std::move(*programme));
    }
    static void TearDownTestSuite() {
        shared_programme.reset();
        shared_definitions.reset();
        shared_pack.reset();
    }

    static Facts good_facts() {
        Facts facts;
        facts.application_date = "2026-11-20";
        facts.age = 88;
        facts.registration = {true, true};
        facts.admission_in_days = 2;
        facts.planned_days = 14;
        return facts;
    }

    static Verdict check(json::Value packet, const Facts& facts) {
        auto verdict = shared_programme->check(packet, facts, Instant{});
        EXPECT_TRUE(verdict) << to_string(verdict.error());
        return verdict ? *verdict : Verdict{};
    }

    static inline std::unique_ptr<packages::MappedFile> shared_pack;
    static inline std::unique_ptr<fhir::Definitions> shared_definitions;
    static inline std::unique_ptr<Programme> shared_programme;
};

bool has_rule(const Verdict& verdict, std::string_view rule, fhir::IssueSeverity severity) {
    return std::any_of(verdict.issues.begin(), verdict.issues.end(), [&](const auto& issue) {
        return issue.rule == rule && issue.severity == severity;
    });
}

TEST_F(ProgrammeTest, AcceptsTheStorysPacketWithoutAnyRefusal) {
    const json::Document packet = read_file(kSource / "fixtures/packets/nishitokyo_full.in.json");
    const Verdict verdict = check(packet.root(), good_facts());
    for (const auto& issue : verdict.issues) {
        // The clinic of the story scans no forms yet.
        if (issue.code == "consent-form-digest-missing") continue;
        ADD_FAILURE() << issue.rule << " " << issue.code << " " << issue.expression;
    }
}

/// What the record of a consent rests on: a scanned form by its digest, a note in the chart.
TEST_F(ProgrammeTest, FlagsAConsentWithoutItsEvidenceAndNamesTheCell) {
    struct Case {
        std::string_view method, evidence, code, cell;
    };
    const Case cases[] = {
        {"explicit-written", "", "consent-form-digest-missing", "Packet.consent.formSha256"},
        {"explicit-written", "formSha256", "", ""},
        {"explicit-written", "chartNote", "consent-form-digest-missing",
         "Packet.consent.formSha256"},
        {"explicit-oral", "", "consent-chart-note-missing", "Packet.consent.chartNote"},
        {"explicit-oral", "chartNote", "", ""},
        {"explicit-oral", "formSha256", "consent-chart-note-missing", "Packet.consent.chartNote"},
    };
    for (const bool amendment : {false, true}) {
        for (const auto& each : cases) {
            SCOPED_TRACE(std::string{each.method} + " with '" + std::string{each.evidence} + "'");
            json::Document packet = read_file(kSource / "fixtures/packets/nishitokyo_full.in.json");
            json::Builder builder(packet);
            json::Node* consent = builder.edit(packet.root()["consent"]);
            builder.set(consent, "method", each.method);
            if (each.evidence == "formSha256") builder.set(consent, "formSha256", "0f");
            if (each.evidence == "chartNote") {
                json::Node* note = builder.set_object(consent, "chartNote");
                builder.set(note, "on", "2026-11-20");
            }
            Facts facts = good_facts();
            facts.amendment = amendment;
            const Verdict verdict = check(packet.root(), facts);
            ASSERT_EQ(verdict.issues.size(), each.code.empty() ? 0U : 1U);
            if (each.code.empty()) continue;
            const fhir::Issue& issue = verdict.issues.front();
            EXPECT_EQ(issue.code, each.code);
            EXPECT_EQ(issue.expression, each.cell);
            EXPECT_EQ(issue.severity, fhir::IssueSeverity::Warning);
            EXPECT_NE(issue.ja.find("申込医師の対応が必要です"), std::string::npos);
            EXPECT_NE(issue.en.find("applying doctor's turn"), std::string::npos);
        }
    }
}

TEST_F(ProgrammeTest, FlagsTheConsentFormOfAnotherPatient) {
    for (const bool another : {false, true}) {
        json::Document packet = read_file(kSource / "fixtures/packets/nishitokyo_full.in.json");
        json::Builder builder(packet);
        builder.set(builder.edit(packet.root()["consent"]), "formSha256", "0f");
        Facts facts = good_facts();
        facts.form_of_another = another;
        const Verdict verdict = check(packet.root(), facts);
        ASSERT_EQ(verdict.issues.size(), another ? 1U : 0U);
        if (!another) continue;
        EXPECT_EQ(verdict.issues.front().code, "consent-form-used-before");
        EXPECT_EQ(verdict.issues.front().rule, "R5");
        EXPECT_EQ(verdict.issues.front().severity, fhir::IssueSeverity::Warning);
        EXPECT_EQ(verdict.issues.front().expression, "Packet.consent.formSha256");
    }
}

TEST_F(ProgrammeTest, EveryCityAsksForTheEvidenceOfAConsent) {
    std::size_t cities = 0;
    for (const auto& file : std::filesystem::directory_iterator(kSource / "profiles/programmes")) {
        if (file.path().extension() != ".json") continue;
        ++cities;
        std::set<std::string> keys;
        const json::Document programme = read_file(file.path());
        for (const json::Value rule : programme.root()["rules"]) keys.emplace(rule["key"].text());
        EXPECT_TRUE(keys.contains("consent-form-digest-missing")) << file.path().filename();
        EXPECT_TRUE(keys.contains("consent-chart-note-missing")) << file.path().filename();
        EXPECT_TRUE(keys.contains("consent-form-used-before")) << file.path().filename();
    }
    EXPECT_GE(cities, 2U);
}

TEST_F(ProgrammeTest, KeepsTheRegisterLongerAndPurgesSoonerWhenTheCitySaysSo) {
    EXPECT_EQ(shared_programme->retention().register_kept, std::chrono::years{3});
    EXPECT_EQ(shared_programme->retention().register_days(), std::chrono::days{3 * 365 + 1});
    json::Document file = read_file(kSource / "profiles/programmes/nishitokyo.json");
    json::Builder builder(file);
    json::Node* retention = builder.set_object(builder.root(), "retention");
    builder.set_number(retention, "registerYears", std::int64_t{5});
    builder.set_number(retention, "purgeAfterHours", std::int64_t{1});
    builder.set_number(retention, "purgeByHours", std::int64_t{24});
    auto programme = Programme::load(file.root(), *shared_definitions);
    ASSERT_TRUE(programme) << to_string(programme.error());
    EXPECT_EQ(programme->retention().register_days(), std::chrono::days{5 * 365 + 2});
    EXPECT_EQ(programme->retention().purge_after, std::chrono::hours{1});
    EXPECT_EQ(programme->retention().purge_by, std::chrono::hours{24});
    builder.remove(builder.root(), "retention");
    programme = Programme::load(file.root(), *shared_definitions);
    ASSERT_TRUE(programme);
    EXPECT_EQ(programme->retention().register_kept, std::chrono::years{3}) << "the law's minimum";
    EXPECT_EQ(programme->retention().purge_by, std::chrono::hours{22});
}

TEST_F(ProgrammeTest, RefusesATermShorterThanTheLawsAndAPurgeLaterThanADay) {
    struct Case {
        std::string_view key, number;
    };
    const Case cases[] = {
        {"registerYears", "2"},
        {"registerYears", "0"},
        {"registerYears", "-3"},
        {"registerYears", "3.5"},
        {"registerYears", "1e1"},
        {"registerYears", "101"},
        {"purgeByHours", "25"},
        {"purgeByHours", "0"},
        {"purgeByHours", "11"},
        {"purgeAfterHours", "23"},
        {"purgeAfterHours", "0"},
        {"purgeAfterHours", "0.5"},
        {"purgeAfterHours", "9223372036854775808"},
    };
    for (const auto& each : cases) {
        json::Document file = read_file(kSource / "profiles/programmes/nishitokyo.json");
        json::Builder builder(file);
        builder.set_number(builder.edit(file.root()["retention"]), each.key, each.number);
        const auto programme = Programme::load(file.root(), *shared_definitions);
        ASSERT_FALSE(programme) << each.key << " " << each.number;
        EXPECT_NE(programme.error().where.find("retention."), std::string::npos);
    }
    json::Document file = read_file(kSource / "profiles/programmes/nishitokyo.json");
    json::Builder builder(file);
    builder.set(builder.edit(file.root()["retention"]), "registerYears", "3");
    EXPECT_FALSE(Programme::load(file.root(), *shared_definitions)) << "a text is no number";
}

TEST_F(ProgrammeTest, RefusesAnUnregisteredDoctorAndNamesTheCell) {
    const json::Document packet = read_file(kSource / "fixtures/packets/nishitokyo_full.in.json");
    Facts facts = good_facts();
    facts.registration = {};
    const Verdict verdict = check(packet.root(), facts);
    ASSERT_TRUE(has_rule(verdict, "R1", fhir::IssueSeverity::Error));
    EXPECT_FALSE(verdict.only_denied);
    EXPECT_EQ(verdict.issues.front().expression, "Packet.bedRequest.applicant.registrationNumber");
    EXPECT_GT(verdict.issues.front().offset, 0U);
}

TEST_F(ProgrammeTest, TellsAMissingConsentFromASlipOfThePen) {
    const json::Document packet =
        read_file(kSource / "fixtures/packets/nishitokyo_no_consent.in.json");
    const Verdict verdict = check(packet.root(), good_facts());
    EXPECT_TRUE(has_rule(verdict, "R5", fhir::IssueSeverity::Error));
    EXPECT_TRUE(verdict.only_denied);
    Facts facts = good_facts();
    facts.registration = {};
    EXPECT_FALSE(check(packet.root(), facts).only_denied);
}

TEST_F(ProgrammeTest, FlagsALongStayAndDoesNotRefuseIt) {
    const json::Document packet = read_file(kSource / "fixtures/packets/nishitokyo_full.in.json");
    Facts facts = good_facts();
    facts.planned_days = 15;
    const Verdict verdict = check(packet.root(), facts);
    EXPECT_TRUE(has_rule(verdict, "R12", fhir::IssueSeverity::Warning));
    EXPECT_FALSE(fhir::has_error(verdict.issues));
}

TEST_F(ProgrammeTest, RefusesToLoadABrokenRuleAndNamesIt) {
    json::Document file = read_file(kSource / "profiles/programmes/nishitokyo.json");
    json::Builder builder(file);
    builder.set(builder.edit(file.root()["rules"].at(0)), "assert", "%registered = (");
    const auto programme = Programme::load(file.root(), *shared_definitions);
    ASSERT_FALSE(programme);
    EXPECT_NE(programme.error().where.find("R1"), std::string::npos) << programme.error().where;
}

TEST_F(ProgrammeTest, RefusesAChainThatWaitsForItself) {
    json::Document file = read_file(kSource / "profiles/programmes/nishitokyo.json");
    json::Builder builder(file);
    json::Node* after = builder.set_array(builder.edit(file.root()["chain"].at(0)), "after");
    builder.add(after, "providers-told");
    EXPECT_FALSE(Programme::load(file.root(), *shared_definitions));
}

Step clinic(std::string_view action, Inputs inputs = {}) {
    return {action, Actor::Clinic, "clinic", std::move(inputs)};
}
Step hospital(std::string_view action, Inputs inputs = {}) {
    return {action, Actor::Hospital, "hospital", std::move(inputs)};
}

Inputs at(std::string time) {
    Inputs inputs;
    inputs.at = std::move(time);
    return inputs;
}

Inputs acceptance() {
    Inputs inputs;
    inputs.planned_admission = "2026-11-21T10:00:00+09:00";
    inputs.planned_discharge = "2026-12-04T10:00:00+09:00";
    inputs.decided_by = "Dr";
    return inputs;
}

TEST_F(ProgrammeTest, FollowsACaseUntilEverybodyIsTold) {
    Journey journey;
    const auto step = [&](const Step& each) { return apply(*shared_programme, journey, each); };
    EXPECT_TRUE(step(clinic(action::kSubmit)).empty());
    EXPECT_TRUE(step(hospital(action::kReceive)).empty());
    EXPECT_TRUE(step(hospital(action::kAccept, acceptance())).empty());
    EXPECT_EQ(journey.state, state::kScheduled);
    EXPECT_TRUE(step(hospital(action::kAdmit, at("2026-11-21T10:20:00+09:00"))).empty());
    EXPECT_TRUE(step(clinic(action::kConference, at("2026-12-02T15:00:00+09:00"))).empty());
    EXPECT_TRUE(step(hospital(action::kDischarge, at("2026-12-04T10:00:00+09:00"))).empty());
    EXPECT_TRUE(step(clinic(action::kConfirmHome, at("2026-12-04T17:00:00+09:00"))).empty());
    for (const char* hop : {"doctor-told", "family-told", "care-manager-told"}) {
        EXPECT_EQ(journey.state, state::kDischarged) << "open before " << hop;
        EXPECT_TRUE(step(clinic(hop)).empty()) << hop;
    }
    EXPECT_EQ(journey.state, state::kDischarged);
    EXPECT_TRUE(step(clinic("providers-told")).empty());
    EXPECT_EQ(journey.state, state::kClosed);
}

/// Every step that anybody may ask for, from every state a case with open findings can reach.
TEST_F(ProgrammeTest, NoStepLeadsPastAnOpenFinding) {
    std::set<std::string> actions;
    for (const auto& move : moves()) actions.emplace(move.action);
    Journey held;
    held.open_findings = 2;
    std::vector<Journey> todo{held};
    std::set<std::string> seen;
    while (!todo.empty()) {
        const Journey journey = std::move(todo.back());
        todo.pop_back();
        if (!seen.insert(journey.state).second) continue;
        for (const Actor actor : {Actor::Clinic, Actor::Hospital, Actor::Gateway}) {
            for (const auto& name : actions) {
                Inputs inputs = acceptance();
                inputs.reason = "A";
                inputs.finding = "1";
                inputs.hospital = "hp-sassa";
                Journey next = journey;
                if (!apply(*shared_programme, next, {name, actor, "x", inputs}).empty()) continue;
                EXPECT_NE(next.state, state::kSent) << journey.state << " " << name;
                EXPECT_EQ(next.open_findings, 2U);
                todo.push_back(std::move(next));
            }
        }
    }
    EXPECT_EQ(seen,
              (std::set<std::string>{"draft", "held", "consulting", "withdrawn", "emergency"}));
}

TEST_F(ProgrammeTest, SendsAHeldCaseWithTheLastDecisionAndNoneFromOutside) {
    Journey journey;
    journey.open_findings = 1;
    ASSERT_TRUE(apply(*shared_programme, journey, clinic(action::kSubmit)).empty());
    EXPECT_EQ(journey.state, state::kHeld);
    const json::Document written = journey.to_json();
    const auto back = Journey::from_json(written.root());
    ASSERT_TRUE(back);
    EXPECT_EQ(back->open_findings, 1U) << "it is kept with the case";
    // An action by name has no number of a finding.
    Inputs outside;
    outside.reason = "よい";
    const auto issues = apply(*shared_programme, journey, clinic(action::kReleaseFinding, outside));
    ASSERT_EQ(issues.size(), 1U);
    EXPECT_EQ(issues[0].code, "missing-input");
    EXPECT_EQ(issues[0].expression, "finding");
    outside.finding = "1";
    journey.open_findings = 0;
    EXPECT_TRUE(
        apply(*shared_programme, journey, clinic(action::kReleaseFinding, outside)).empty());
    EXPECT_EQ(journey.state, state::kSent);
}

TEST_F(ProgrammeTest, LetsTheClinicDecideFindingsUnlessTheFileNamesOthers) {
    EXPECT_TRUE(shared_programme->may_review_findings("clinic"));
    EXPECT_FALSE(shared_programme->may_review_findings("partner-system"));
    json::Document file = read_file(kSource / "profiles/programmes/nishitokyo.json");
    json::Builder builder(file);
    builder.add(builder.set_array(builder.set_object(builder.root(), "findings"), "review"),
                "partner-system");
    const auto other = Programme::load(file.root(), *shared_definitions);
    ASSERT_TRUE(other);
    EXPECT_TRUE(other->may_review_findings("partner-system"));
    EXPECT_FALSE(other->may_review_findings("clinic"));
}

TEST_F(ProgrammeTest, KeepsTheOrderOfTheChain) {
    Journey journey;
    ASSERT_TRUE(apply(*shared_programme, journey, clinic(action::kSubmit)).empty());
    ASSERT_TRUE(apply(*shared_programme, journey, hospital(action::kAccept, acceptance())).empty());
    const auto issues = apply(*shared_programme, journey, clinic("family-told"));
    ASSERT_EQ(issues.size(), 1U);
    EXPECT_EQ(issues[0].code, "illegal-move");
    EXPECT_NE(issues[0].en.find("doctor-told"), std::string::npos) << issues[0].en;
}

TEST_F(ProgrammeTest, OpensTheChainAgainWhenDatesChange) {
    Journey journey;
    ASSERT_TRUE(apply(*shared_programme, journey, clinic(action::kSubmit)).empty());
    ASSERT_TRUE(apply(*shared_programme, journey, hospital(action::kAccept, acceptance())).empty());
    ASSERT_TRUE(apply(*shared_programme, journey, clinic("doctor-told")).empty());
    ASSERT_TRUE(
        apply(*shared_programme, journey, hospital(action::kAdmit, at("2026-11-21T10:20:00+09:00")))
            .empty());
    Inputs change;
    change.planned_discharge = "2026-12-10T10:00:00+09:00";
    EXPECT_FALSE(apply(*shared_programme, journey, hospital(action::kExtend, change)).empty())
        << "needs the agreement (R27)";
    change.note = "agreed";
    EXPECT_TRUE(apply(*shared_programme, journey, hospital(action::kExtend, change)).empty());
    EXPECT_EQ(journey.chain_round, 2);
    for (const auto& hop : journey.hops) EXPECT_EQ(hop.status, HopProgress::Status::Open) << hop.id;
}

TEST_F(ProgrammeTest, RefusesAnIncompleteAcceptanceAndLeavesTheCaseAsItWas) {
    Journey journey;
    ASSERT_TRUE(apply(*shared_programme, journey, clinic(action::kSubmit)).empty());
    for (std::string Inputs::*missing :
         {&Inputs::planned_admission, &Inputs::planned_discharge, &Inputs::decided_by}) {
        Inputs inputs = acceptance();
        inputs.*missing = "";
        EXPECT_FALSE(apply(*shared_programme, journey, hospital(action::kAccept, inputs)).empty());
        EXPECT_EQ(journey.state, state::kSent);
    }
    Inputs backwards = acceptance();
    std::swap(backwards.planned_admission, backwards.planned_discharge);
    EXPECT_FALSE(apply(*shared_programme, journey, hospital(action::kAccept, backwards)).empty());
    Inputs unknown_reason;
    unknown_reason.reason = "Z";
    EXPECT_FALSE(
        apply(*shared_programme, journey, hospital(action::kDecline, unknown_reason)).empty());
    EXPECT_EQ(journey.state, state::kSent);
}

TEST_F(ProgrammeTest, SurvivesBeingWrittenAndRead) {
    Journey journey;
    ASSERT_TRUE(apply(*shared_programme, journey, clinic(action::kSubmit)).empty());
    ASSERT_TRUE(apply(*shared_programme, journey, hospital(action::kAccept, acceptance())).empty());
    ASSERT_TRUE(
        apply(*shared_programme, journey, clinic("doctor-told", at("2026-11-20T12:00:00+09:00")))
            .empty());
    const json::Document written = journey.to_json();
    const auto read = Journey::from_json(written.root());
    ASSERT_TRUE(read);
    const json::Document again = read->to_json();
    EXPECT_EQ(json::write(again.root()), json::write(written.root()));
}

/// Every journey that the rules allow, by breadth-first search over states and hops.
TEST_F(ProgrammeTest, NeverClosesWithAnythingOpenInAnyReachableJourney) {
    std::map<std::string, Journey> seen;
    std::vector<Journey> todo{Journey{}};
    std::set<std::string> states;
    while (!todo.empty()) {
        const Journey journey = std::move(todo.back());
        todo.pop_back();
        const json::Document key = journey.to_json();
        if (!seen.emplace(json::write(key.root()), journey).second) continue;
        states.insert(journey.state);
        if (journey.state == state::kClosed) {
            EXPECT_TRUE(open_duties(*shared_programme, journey).empty());
            EXPECT_FALSE(journey.conference_at.empty() && journey.information_checked_at.empty());
            EXPECT_TRUE(std::none_of(journey.hops.begin(), journey.hops.end(), [](const auto& hop) {
                return hop.status == HopProgress::Status::Open;
            }));
        }
        EXPECT_TRUE(is_final(journey.state) ||
                    !next_actions(*shared_programme, journey, whose_turn(journey.state)).empty())
            << "nobody can move " << journey.state;
        for (const Actor actor : {Actor::Clinic, Actor::Hospital, Actor::Gateway}) {
            for (const auto& next : next_actions(*shared_programme, journey, actor)) {
                if (next.action == action::kRedirect || journey.chain_round > 1)
                    continue;  // bounds the search
                Inputs inputs = acceptance();
                inputs.at = "2026-12-01T10:00:00+09:00";
                inputs.note = inputs.reason = "A";
                inputs.hop = "doctor-told";
                Journey moved = journey;
                const auto issues =
                    apply(*shared_programme, moved, {next.action, actor, "x", inputs});
                EXPECT_TRUE(issues.empty() || next.action == action::kResolveHop)
                    << journey.state << " " << next.action;
                if (issues.empty()) todo.push_back(std::move(moved));
            }
        }
        ASSERT_LT(seen.size(), 20'000U);
    }
    EXPECT_TRUE(states.contains(std::string{state::kClosed}));
    EXPECT_GT(seen.size(), 100U);
}

}  // namespace
}  // namespace tsunagi::programme

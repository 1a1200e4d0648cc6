#include "serve/gateway_routes.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "json/builder.h"
#include "json/reader.h"
#include "json/writer.h"
#include "support/result_matchers.h"
#include "support/temp_folder.h"
#include "support/test_gateway.h"

namespace tsunagi::serve {
namespace {

using support::TestGateway;

/// The whole route table over a real store, without sockets. The directory of TestGateway knows its
/// partners by fingerprints of one repeated digit.
class GatewayRoutes : public testing::Test {
protected:
    GatewayRoutes()
        : key_{"tsunagi.example/test", crypto::SigningKey::generate(random_).verify_key()},
          services_{gateway_.exchange(),
                    gateway_.inquire(),
                    key_,
                    [] { return Status{}; },
                    [this] { return ready_; },
                    [] { return std::string{"tsunagi_requests 1\n"}; }},
          router_(gateway_routes(services_), gateway_.directory(), gateway_.clock(),
                  gateway_.log()) {}

    /// A capital: the certificate of a person or another machine of the first clinic.
    static Fingerprint fingerprint(char digit) {
        const bool second = digit >= 'A' && digit <= 'F';
        std::string text(64, second ? kClinic : digit);
        if (second) text.back() = digit;
        const auto bytes = from_hex(text);
        Fingerprint print{};
        std::copy(bytes->begin(), bytes->end(), print.begin());
        return print;
    }

    Response call(char partner, std::string_view method, std::string_view target,
                  std::vector<Field> fields = {}, std::string body = {}) {
        if (!body.empty()) {
            const bool typed = std::ranges::any_of(
                fields, [](const Field& field) { return field.name == "Content-Type"; });
            if (!typed) fields.push_back({"Content-Type", "application/json"});
            fields.push_back({"Content-Length", std::to_string(body.size())});
        }
        auto request = make_request(method, target, std::move(fields), std::move(body));
        EXPECT_OK(request);
        if (partner != '-') request->peer = fingerprint(partner);
        Admission admission = router_.admit(*request);
        if (admission.refusal) return std::move(*admission.refusal);
        if (request->body.size() > admission.body_bytes) return Response{413, {}, {}, {}, false};
        return router_.handle(*request);
    }
    Response submit(std::string_view key = "k") {
        return call(kClinic, "POST", "/clinic/v1/referrals",
                    {{"Idempotency-Key", std::string{key}}},
                    support::packet_text("nishitokyo_full.in.json"));
    }
    json::Document parsed(const Response& response) {
        auto document = json::read(response.body);
        EXPECT_OK(document);
        return document ? std::move(*document) : json::Document{};
    }
    std::int64_t total_of(const Response& response) {
        const json::Document bundle = parsed(response);
        return bundle.root()["total"].integer(-1);
    }
    std::string case_id(const Response& response) {
        const json::Document answer = parsed(response);
        return std::string{answer.root()["case"].text()};
    }

    static constexpr char kClinic = '1', kOtherClinic = '2', kHospital = 'a', kOtherHospital = 'b',
                          kDoctor = 'D', kRecordSystem = 'E', kOperator = '8', kStranger = '0',
                          kNobody = '-';

    TestGateway gateway_;
    SeededRandom random_{5};
    audit::NoteKey key_;
    Status ready_;
    Services services_;
    Router router_;
};

TEST_F(GatewayRoutes, IsATableWithoutGapsOrDoubles) {
    EXPECT_OK(check_routes(router_.routes()));
    EXPECT_GE(router_.routes().size(), 20U);
    for (const auto& route : router_.routes()) {
        EXPECT_TRUE(!route.roles.empty() || route.pattern.starts_with("/health/"))
            << route.pattern << " is open to strangers";
        EXPECT_FALSE(route.audit_kind.empty()) << route.pattern;
        EXPECT_FALSE(route.summary.empty()) << route.pattern;
    }
}

TEST_F(GatewayRoutes, LetsNobodyInWithoutACertificateOrRole) {
    for (const auto& route : router_.routes()) {
        if (route.roles.empty()) continue;
        std::string target = route.pattern;
        for (std::size_t at = target.find('{'); at != std::string::npos; at = target.find('{')) {
            target.replace(at, target.find('}') - at + 1, "x");
        }
        EXPECT_EQ(call(kNobody, route.method, target).status, 401) << route.method << " " << target;
        EXPECT_EQ(call(kStranger, route.method, target).status, 403)
            << route.method << " " << target;
        const bool for_clinics = std::find(route.roles.begin(), route.roles.end(),
                                           access::Role::Clinic) != route.roles.end();
        if (!for_clinics) {
            EXPECT_EQ(call(kClinic, route.method, target).status, 403)
                << route.method << " " << target;
        }
    }
    EXPECT_EQ(call(kNobody, "GET", "/health/live").status, 200);
}

TEST_F(GatewayRoutes, AnswersASubmitWithWhatTheClinicNeeds) {
    const Response response = submit();
    ASSERT_EQ(response.status, 201) << response.body.substr(0, 2000);
    const json::Document answer = parsed(response);
    for (const char* member : {"case", "state", "stateText", "turn", "nextActions", "resources",
                               "receipt", "flags", "log"}) {
        EXPECT_TRUE(answer.root()[member]) << member;
    }
    EXPECT_FALSE(response.field("location").empty());
    EXPECT_EQ(answer.root()["state"].text(), "sent");
    const Response again = submit();
    EXPECT_EQ(again.status, 201);
    EXPECT_EQ(again.body, response.body);
    EXPECT_EQ(again.field("idempotent-replayed"), "true");
}

/// A packet whose text names a neighbour.
std::string naming_somebody() {
    json::Document packet = json::read(support::packet_text("minimal.in.json")).value();
    json::Builder builder(packet);
    builder.set(builder.edit(packet.root()["bedRequest"]), "remarks", "隣人の五十嵐さんが見守り");
    return json::write(packet.root());
}

TEST_F(GatewayRoutes, HoldsAPacketUntilANamedPersonHasDecidedItsFindings) {
    const Response held = call(kClinic, "POST", "/clinic/v1/referrals", {{"Idempotency-Key", "k"}},
                               naming_somebody());
    ASSERT_EQ(held.status, 201);
    const json::Document answer = parsed(held);
    EXPECT_EQ(answer.root()["state"].text(), "held");
    const std::string list{answer.root()["held"]["review"].text()};
    EXPECT_EQ(list, "/clinic/v1/referrals/" + case_id(held) + "/findings");
    EXPECT_EQ(held.body.find("五十嵐"), std::string::npos);
    EXPECT_EQ(call(kHospital, "GET", "/hospital/v1/offers").body, R"({"offers":[]})");
    EXPECT_EQ(total_of(call(kHospital, "GET", "/fhir/Task")), 0);

    const Response seen = call(kClinic, "GET", list);
    ASSERT_EQ(seen.status, 200);
    EXPECT_NE(seen.body.find("五十嵐"), std::string::npos);
    EXPECT_EQ(call(kOtherClinic, "GET", list).status, 404);
    EXPECT_EQ(call(kHospital, "GET", list).status, 403);

    const std::string release = R"({"decision":"release","reason":"了解のある方"})";
    const auto decide = [&](char partner, const std::string& target, const std::string& body,
                            std::string_view key) {
        return call(partner, "POST", target, {{"Idempotency-Key", std::string{key}}}, body);
    };
    EXPECT_EQ(call(kDoctor, "POST", list + "/1", {}, release).status, 400) << "no key";
    EXPECT_EQ(decide(kDoctor, list + "/1", release, std::string(129, 'k')).status, 400);
    EXPECT_EQ(decide(kClinic, list + "/1", release, "a").status, 403) << "a machine, not a person";
    EXPECT_EQ(decide(kRecordSystem, list + "/1", release, "a").status, 403);
    EXPECT_EQ(decide(kOtherClinic, list + "/1", release, "a").status, 404);
    EXPECT_EQ(decide(kHospital, list + "/1", release, "a").status, 404);
    for (const char* number : {"0", "2", "-1", "x", "1x", "01x", "99999999999999999999", "1%3B2"})
        EXPECT_EQ(decide(kDoctor, list + "/" + number, release, "a").status, 404) << number;
    EXPECT_EQ(decide(kDoctor, list + "/1", "{", "a").status, 400);
    EXPECT_EQ(decide(kDoctor, list + "/1", R"({"decision":"release","reason":"x","case":"y"})", "a")
                  .status,
              400);
    const std::string huge =
        R"({"decision":"correct","reason":"x","text":")" + std::string(70U << 10, 'a') + R"("})";
    EXPECT_EQ(decide(kDoctor, list + "/1", huge, "a").status, 413);
    EXPECT_EQ(total_of(call(kHospital, "GET", "/fhir/Task")), 0) << "still held";

    const Response done = decide(kDoctor, list + "/1", release, "a");
    ASSERT_EQ(done.status, 200) << done.body;
    const json::Document decided = parsed(done);
    EXPECT_EQ(decided.root()["state"].text(), "sent");
    EXPECT_FALSE(done.field("etag").empty());
    const Response again = decide(kDoctor, list + "/1", release, "a");
    EXPECT_EQ(again.body, done.body);
    EXPECT_EQ(again.field("idempotent-replayed"), "true");
    EXPECT_EQ(decide(kDoctor, list + "/1", release, "b").status, 409);
    EXPECT_EQ(total_of(call(kHospital, "GET", "/fhir/Task")), 1);
    EXPECT_EQ(gateway_.logged().find("五十嵐"), std::string::npos);
    EXPECT_EQ(gateway_.logged().find("了解"), std::string::npos);
}

TEST_F(GatewayRoutes, RefusesASubmitWithoutAKeyOrWithAnotherBody) {
    const std::string packet = support::packet_text("minimal.in.json");
    EXPECT_EQ(call(kClinic, "POST", "/clinic/v1/referrals", {}, packet).status, 400);
    EXPECT_EQ(call(kClinic, "POST", "/clinic/v1/referrals",
                   {{"Idempotency-Key", std::string(129, 'k')}}, packet)
                  .status,
              400);
    EXPECT_EQ(submit("k").status, 201);
    EXPECT_EQ(
        call(kClinic, "POST", "/clinic/v1/referrals", {{"Idempotency-Key", "k"}}, packet).status,
        422);
    EXPECT_EQ(call(kClinic, "POST", "/clinic/v1/referrals", {{"Idempotency-Key", "j"}}, "{").status,
              400);
    EXPECT_EQ(call(kClinic, "PUT", "/clinic/v1/referrals", {}, packet).status, 405);
    EXPECT_EQ(call(kClinic, "GET", "/clinic/v1/nothing").status, 404);
}

TEST_F(GatewayRoutes, TakesATableAndAnswersWithTheReceiptOfItsColumns) {
    const auto table = support::read_text(TSUNAGI_SOURCE_DIR "/fixtures/intake/minimal.cp932.csv");
    const auto taken = call(kClinic, "POST", "/clinic/v1/referrals",
                            {{"Idempotency-Key", "k"}, {"Content-Type", "text/csv"}}, table);
    EXPECT_EQ(taken.status, 201);
    EXPECT_NE(taken.body.find("\"encoding\":\"CP932\""), std::string::npos);
    EXPECT_EQ(call(kClinic, "POST", "/clinic/v1/referrals",
                   {{"Idempotency-Key", "j"}, {"Content-Type", "text/csv"}}, "\xFD\xFD")
                  .status,
              400);
}

TEST_F(GatewayRoutes, RefusesInBothLanguagesNamingCellAndRule) {
    const Response response =
        call(kClinic, "POST", "/clinic/v1/referrals", {{"Idempotency-Key", "k"}},
             support::packet_text("nishitokyo_no_consent.in.json"));
    EXPECT_EQ(response.status, 403);
    const json::Document outcome = parsed(response);
    EXPECT_EQ(outcome.root()["resourceType"].text(), "OperationOutcome");
    const json::Value issue = outcome.root()["issue"].at(0);
    EXPECT_EQ(issue["expression"].at(0).text(), "Packet.consent");
    std::set<std::string_view> codes;
    for (const json::Value coding : issue["details"]["coding"]) codes.insert(coding["code"].text());
    EXPECT_TRUE(codes.contains("R5"));
    EXPECT_TRUE(codes.contains("consent-missing"));
    EXPECT_TRUE(codes.contains("sender"));
    EXPECT_FALSE(issue["details"]["text"].text().empty());
    EXPECT_NE(response.body.find("http://hl7.org/fhir/StructureDefinition/translation"),
              std::string::npos);
    EXPECT_FALSE(fhir::has_error(support::artifacts().validator->validate(outcome.root())));
}

TEST_F(GatewayRoutes, TakesConsentAsAnActOfItsOwn) {
    const std::string id = case_id(submit());
    const auto packet = json::read(support::packet_text("nishitokyo_full.in.json"));
    json::Document document;
    json::Builder builder(document);
    json::Node* root = builder.object();
    builder.set(root, "referral", id);
    builder.set(root, "consent", packet->root()["consent"]);
    const Response recorded =
        call(kClinic, "POST", "/clinic/v1/consents", {}, json::write(document.root()));
    EXPECT_EQ(recorded.status, 201) << recorded.body;
    const json::Document amended = parsed(recorded);
    EXPECT_EQ(amended.root()["consentVersion"].integer(), 2);
    EXPECT_EQ(call(kClinic, "POST", "/clinic/v1/consents", {}, "[]").status, 400);
    EXPECT_EQ(
        call(kHospital, "POST", "/clinic/v1/consents", {}, json::write(document.root())).status,
        403);
    const std::string path = "/clinic/v1/consents/" + id + "/withdraw";
    EXPECT_EQ(call(kClinic, "POST", path, {}, R"({"by":1})").status, 400);
    EXPECT_EQ(call(kClinic, "POST", path, {}, R"({"by":"doctor","to":"x"})").status, 400);
    EXPECT_EQ(call(kClinic, "POST", path, {}, R"({"by":"neighbour"})").status, 422);
    const Response withdrawn = call(kClinic, "POST", path, {}, R"({"by":"representative"})");
    EXPECT_EQ(withdrawn.status, 200);
    const json::Document answer = parsed(withdrawn);
    EXPECT_EQ(answer.root()["state"].text(), "withdrawn");
    EXPECT_EQ(answer.root()["affects"]["cancelled"].at(0)["message"].text(), "offer");
    EXPECT_EQ(withdrawn.body.find("田邉"), std::string::npos);
    const Response description = call(kClinic, "GET", "/openapi.json");
    EXPECT_NE(description.body.find("\"/clinic/v1/consents\""), std::string::npos);
}

/// Erasure is the operator's, once the register has had its term; every answer leaves one entry.
TEST_F(GatewayRoutes, ErasesForTheOperatorAloneAndOnlyAfterTheTerm) {
    const std::string id = case_id(submit());
    const std::string route = "/operator/v1/cases/" + id + "/actions/erase";
    const auto logged = [&](std::string_view what) {
        return std::ranges::count_if(gateway_.log_entries(), [&](const std::string& entry) {
            return entry.find(what) != std::string::npos;
        });
    };
    const auto refused = [&](std::string_view code) {
        const Response response = call(kOperator, "POST", route);
        EXPECT_EQ(response.status, 409) << response.body;
        const json::Document outcome = parsed(response);
        const json::Value issue = outcome.root()["issue"].at(0);
        EXPECT_EQ(issue["details"]["coding"].at(0)["code"].text(), code);
        EXPECT_EQ(issue["details"]["coding"].at(1)["code"].text(), "L7");
        EXPECT_TRUE(issue["details"]["_text"]["extension"]) << "both languages";
        EXPECT_EQ(response.body.find(id), std::string::npos);
    };
    // Nobody else: neither the clinic whose case it is nor who may read everything.
    for (const char partner :
         {kClinic, kDoctor, kOtherClinic, kHospital, kRecordSystem, '3', '5', '6', '7', '9'})
        EXPECT_EQ(call(partner, "POST", route).status, 403) << partner;
    EXPECT_EQ(call(kStranger, "POST", route).status, 403);
    EXPECT_EQ(call(kNobody, "POST", route).status, 401);
    EXPECT_EQ(call(kOperator, "GET", route).status, 405);
    EXPECT_EQ(logged("erasure-refused"), 0);

    refused("case-open");
    EXPECT_EQ(logged("erasure-refused"), 1);
    gateway_.deliver_all();
    EXPECT_EQ(
        call(kClinic, "POST", "/clinic/v1/consents/" + id + "/withdraw", {}, R"({"by":"patient"})")
            .status,
        200);
    gateway_.deliver_all();
    refused("register-kept");
    EXPECT_EQ(logged("erasure-refused"), 2);
    EXPECT_EQ(call(kOperator, "POST", "/operator/v1/cases/no-such-case/actions/erase").status, 404);

    gateway_.clock().advance(std::chrono::days{3 * 365 + 1});
    const Response erased = call(kOperator, "POST", route);
    EXPECT_EQ(erased.status, 204) << erased.body;
    EXPECT_EQ(erased.body, "");
    EXPECT_EQ(call(kOperator, "POST", route).status, 204) << "again is the same";
    EXPECT_EQ(logged("case-erased"), 1);
    EXPECT_EQ(logged("erasure-refused"), 2);
    EXPECT_EQ(call(kClinic, "GET", "/clinic/v1/referrals/" + id + "/disclosures").body,
              R"({"disclosures":[]})");
    EXPECT_NE(gateway_.logged().find("case.erase"), std::string::npos) << "the access log";
}

TEST_F(GatewayRoutes, KeepsOneClinicsCaseFromAnother) {
    const std::string id = case_id(submit());
    EXPECT_EQ(call(kClinic, "GET", "/clinic/v1/referrals/" + id).status, 200);
    const Response other = call(kOtherClinic, "GET", "/clinic/v1/referrals/" + id);
    const Response absent =
        call(kOtherClinic, "GET", "/clinic/v1/referrals/01900000-0000-7000-8000-000000000000");
    EXPECT_EQ(other.status, 404);
    EXPECT_EQ(other.body, absent.body) << "existence itself is secret";
    EXPECT_EQ(call(kOtherClinic, "POST", "/clinic/v1/referrals/" + id + "/actions/withdraw").status,
              404);
}

TEST_F(GatewayRoutes, LetsAHospitalUpdateItsTaskOnlyWithTheRightVersion) {
    const store::CaseId id{case_id(submit())};
    const auto task = gateway_.task(id, "hp-tanashi");
    const std::string target = "/fhir/Task/" + task.id;
    const Response read = call(kHospital, "GET", target);
    ASSERT_EQ(read.status, 200);
    EXPECT_EQ(read.field("etag"), "W/\"1\"");
    json::Document resource = parsed(read);
    json::Builder builder(resource);
    builder.set(builder.root(), "status", "received");
    const std::string body = json::write(resource.root());
    EXPECT_EQ(call(kHospital, "PUT", target, {}, body).status, 428);
    EXPECT_EQ(call(kHospital, "PUT", target, {{"If-Match", "W/\"7\""}}, body).status, 412);
    EXPECT_EQ(call(kHospital, "PUT", target, {{"If-Match", "*"}}, body).status, 412);
    EXPECT_EQ(call(kOtherHospital, "PUT", target, {{"If-Match", "W/\"1\""}}, body).status, 404);
    const Response updated = call(kHospital, "PUT", target, {{"If-Match", "W/\"1\""}}, body);
    EXPECT_EQ(updated.status, 200) << updated.body;
    EXPECT_EQ(updated.field("etag"), "W/\"2\"");
    EXPECT_EQ(gateway_.state(id), "received");
    builder.set(builder.root(), "status", "completed");
    EXPECT_EQ(
        call(kHospital, "PUT", target, {{"If-Match", "W/\"2\""}}, json::write(resource.root()))
            .status,
        409);
}

TEST_F(GatewayRoutes, FindsAHospitalsOwnTasksByStatus) {
    submit();
    const Response found =
        call(kHospital, "GET", "/fhir/Task?owner=Organization/hp-tanashi&status=requested");
    ASSERT_EQ(found.status, 200);
    const json::Document bundle = parsed(found);
    EXPECT_EQ(bundle.root()["total"].integer(), 1);
    EXPECT_FALSE(fhir::has_error(support::artifacts().validator->validate(bundle.root())));
    EXPECT_EQ(total_of(call(kHospital, "GET", "/fhir/Task?status=accepted,rejected")), 0);
    EXPECT_EQ(total_of(call(kOtherHospital, "GET", "/fhir/Task")), 0);
    EXPECT_EQ(call(kHospital, "GET", "/fhir/Task?owner=Organization/hp-sassa").status, 403);
    EXPECT_EQ(call(kHospital, "GET", "/fhir/Task?patient=x").status, 400);
    EXPECT_EQ(call(kHospital, "GET", "/fhir/Task?_count=51").status, 400);
}

TEST_F(GatewayRoutes, ShowsAClinicItsOwnResourcesInFull) {
    const std::string id = case_id(submit());
    const Response own = call(kClinic, "GET", "/fhir/Patient/" + id + "-1");
    ASSERT_EQ(own.status, 200);
    const auto packet = json::read(support::packet_text("nishitokyo_full.in.json"));
    EXPECT_NE(own.body.find("1938-04-02"), std::string::npos);
    EXPECT_EQ(call(kOtherClinic, "GET", "/fhir/Patient/" + id + "-1").status, 404);
    EXPECT_EQ(call(kHospital, "GET", "/fhir/Patient/" + id + "-1").status, 404)
        << "the case id means nothing to a hospital";
    EXPECT_EQ(call(kClinic, "GET", "/fhir/Patient/" + id + "-2").status, 404)
        << "that is another resource";
}

TEST_F(GatewayRoutes, PutsOnRecordWhatAHospitalReads) {
    const auto id = case_id(submit());
    const std::string patient =
        "/fhir/Patient/" + gateway_.alias(store::CaseId{id}, "hp-tanashi") + "-1";
    const auto provisions = [&] {
        const Response shown = call(kClinic, "GET", "/clinic/v1/referrals/" + id + "/disclosures");
        EXPECT_EQ(shown.status, 200);
        const json::Document list = parsed(shown);
        return list.root()["disclosures"].size();
    };
    EXPECT_EQ(call(kOtherHospital, "GET", patient).status, 404);
    EXPECT_EQ(provisions(), 0U) << "a refused reading is no provision";
    EXPECT_EQ(call(kHospital, "GET", patient).status, 200);
    EXPECT_EQ(provisions(), 1U);
}

TEST_F(GatewayRoutes, DescribesItselfInValidFhirAndOpenApi) {
    const Response metadata = call(kHospital, "GET", "/fhir/metadata");
    ASSERT_EQ(metadata.status, 200);
    const json::Document statement = parsed(metadata);
    for (const auto& issue : support::artifacts().validator->validate(statement.root())) {
        if (issue.severity <= fhir::IssueSeverity::Error)
            ADD_FAILURE() << issue.expression << " " << issue.en;
    }
    const Response description = call(kHospital, "GET", "/openapi.json");
    ASSERT_EQ(description.status, 200);
    const json::Document openapi = parsed(description);
    std::size_t operations = 0;
    for (const json::Value path : openapi.root()["paths"]) operations += path.size();
    EXPECT_EQ(operations, router_.routes().size());
}

/// Our codes of the errors in an OperationOutcome.
std::set<std::string> error_codes(const json::Document& outcome) {
    std::set<std::string> codes;
    EXPECT_EQ(outcome.root()["resourceType"].text(), "OperationOutcome");
    for (const json::Value issue : outcome.root()["issue"]) {
        if (issue["severity"].text() != "error") continue;
        for (const json::Value coding : issue["details"]["coding"])
            codes.emplace(coding["code"].text());
    }
    return codes;
}

TEST_F(GatewayRoutes, SaysWhatIsWrongWithAResourceWithoutKeepingIt) {
    const std::string good = R"({"resourceType":"Patient","gender":"female"})";
    const std::string bad = R"({"resourceType":"Patient","gender":"Tanabe","weight":1})";
    for (const char* target : {"/fhir/$validate", "/fhir/Patient/$validate"}) {
        for (const char who : {kClinic, kHospital}) {
            const Response right = call(who, "POST", target, {}, good);
            ASSERT_EQ(right.status, 200) << right.body;
            EXPECT_EQ(error_codes(parsed(right)), std::set<std::string>{});
            const Response wrong = call(who, "POST", target, {}, bad);
            ASSERT_EQ(wrong.status, 200) << "an outcome is an answer, not a refusal";
            const json::Document outcome = parsed(wrong);
            EXPECT_TRUE(error_codes(outcome).contains("code-not-in-value-set"));
            EXPECT_TRUE(error_codes(outcome).contains("unknown-element"));
            EXPECT_EQ(wrong.body.find("Tanabe"), std::string::npos) << "paths, never values";
            EXPECT_FALSE(fhir::has_error(support::artifacts().validator->validate(outcome.root())));
        }
    }
    EXPECT_EQ(total_of(call(kHospital, "GET", "/fhir/Task")), 0);
    EXPECT_NE(call(kHospital, "GET", "/openapi.json").body.find("\"/fhir/{type}/$validate\""),
              std::string::npos);
}

TEST_F(GatewayRoutes, ValidatesAgainstTheProfilesThatAreAskedFor) {
    const std::string base = "https://tsunagi.example/fhir/StructureDefinition/";
    const std::string packet = support::packet_text("nishitokyo_full.in.json");
    const Response form =
        call(kClinic, "POST", "/fhir/$validate?profile=" + base + "Packet", {}, packet);
    ASSERT_EQ(form.status, 200) << form.body;
    EXPECT_EQ(error_codes(parsed(form)), std::set<std::string>{});
    const std::string empty = R"({"resourceType":"Parameters","parameter":[)"
                              R"({"name":"resource","resource":{"resourceType":"Packet"}},)"
                              R"({"name":"profile","valueUri":")" +
                              base + R"(Packet"}]})";
    const Response enveloped = call(kClinic, "POST", "/fhir/$validate", {}, empty);
    ASSERT_EQ(enveloped.status, 200) << enveloped.body;
    EXPECT_TRUE(error_codes(parsed(enveloped)).contains("missing-element"));
    const Response unknown = call(kClinic, "POST", "/fhir/$validate?profile=" + base + "Absent", {},
                                  R"({"resourceType":"Patient"})");
    EXPECT_EQ(unknown.status, 422);
    EXPECT_TRUE(error_codes(parsed(unknown)).contains("unknown-profile"));
}

TEST_F(GatewayRoutes, RefusesAValidationThatItCannotUnderstand) {
    const std::string patient = R"({"resourceType":"Patient"})";
    EXPECT_EQ(call(kClinic, "POST", "/fhir/$validate", {}, "{").status, 400);
    EXPECT_EQ(call(kClinic, "POST", "/fhir/$validate", {}, "[]").status, 400);
    EXPECT_EQ(call(kClinic, "POST", "/fhir/$validate", {}, std::string(500, '[')).status, 400);
    EXPECT_EQ(call(kClinic, "POST", "/fhir/$validate?mode=delete", {}, patient).status, 400);
    EXPECT_EQ(call(kClinic, "POST", "/fhir/Observation/$validate", {}, patient).status, 400);
    EXPECT_EQ(call(kClinic, "GET", "/fhir/Patient/$validate").status, 404);
    EXPECT_EQ(
        call(kClinic, "POST", "/fhir/$validate", {}, std::string((10U << 20) + 1, ' ')).status,
        413);
    std::string many = "/fhir/$validate?";
    for (int i = 0; i < 17; ++i) many += "profile=Patient&";
    EXPECT_EQ(call(kClinic, "POST", many, {}, patient).status, 400);
    const std::string empty = R"({"resourceType":"Parameters"})";
    EXPECT_EQ(call(kClinic, "POST", "/fhir/Parameters/$validate", {}, empty).status, 200)
        << "Parameters without a resource are themselves what is checked";
}

TEST_F(GatewayRoutes, OffersTheSameDecisionsInPlainJson) {
    const store::CaseId id{case_id(submit())};
    const std::string alias = gateway_.alias(id, "hp-tanashi");
    EXPECT_NE(call(kHospital, "GET", "/hospital/v1/offers").body.find(alias), std::string::npos);
    EXPECT_EQ(call(kOtherHospital, "GET", "/hospital/v1/offers").body.find(alias),
              std::string::npos);
    const std::string path = "/hospital/v1/offers/" + alias;
    EXPECT_EQ(call(kHospital, "POST", path + "/actions/accept").status, 422)
        << "dates and physician are missing";
    EXPECT_EQ(call(kHospital, "POST", path + "/actions/accept", {}, R"({"unknown":"x"})").status,
              400);
    EXPECT_EQ(call(kHospital, "POST", path + "/actions/discharge", {},
                   R"({"at":"2026-12-04T10:00:00+09:00"})")
                  .status,
              409);
    const Response accepted =
        call(kHospital, "POST", path + "/actions/accept", {},
             R"({"plannedAdmission":"2026-11-21T10:00:00+09:00",)"
             R"("plannedDischarge":"2026-12-04T10:00:00+09:00","decidedBy":"内科医長"})");
    EXPECT_EQ(accepted.status, 200) << accepted.body;
    EXPECT_EQ(gateway_.state(id), "scheduled");
}

TEST_F(GatewayRoutes, SaysItIsNotReadyWhenTheStoreStopped) {
    EXPECT_EQ(call(kNobody, "GET", "/health/ready").status, 200);
    ready_ = Error{Code::Unavailable, "log rolled back", {}};
    const Response response = call(kNobody, "GET", "/health/ready");
    EXPECT_EQ(response.status, 503);
    EXPECT_EQ(response.body.find("rolled"), std::string::npos);
}

}  // namespace
}  // namespace tsunagi::serve

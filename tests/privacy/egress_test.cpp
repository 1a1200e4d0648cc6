// The door: bytes become Outbound for one recipient, or a refusal that names kinds and no values.
#include "privacy/egress.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "privacy/case.h"
#include "support/result_matchers.h"

namespace tsunagi::privacy {
namespace {

using testing::HasSubstr;
using testing::Not;

LeakScanner scanner() {
    const json::Document packet = test::read_json(
        R"({"identity":{"name":"田邉 芳江","birthDate":"昭和13年4月2日","phones":[{"number":"042-000-2001"}]}})");
    return LeakScanner::of_packet(packet.root());
}

LiveConsent consent_for(const std::string& hospital) {
    const json::Document bundle = test::case_bundle();
    const std::vector<ConsentRecord> records{{bundle.root()["entry"].at(20)["resource"], 1}};
    ConsentRequest request;
    request.recipient = hospital;
    request.of_programme = true;
    request.now = parse_instant("2026-11-20T12:00:00+09:00").value();
    return std::move(ConsentGate::open(records, request)).value();
}

TEST(EgressDoor, LetsAnOfferOutWithItsDigest) {
    auto out = EgressDoor::offer("hp-tanashi", "{\"name\":\"T.Y.\"}", scanner());
    ASSERT_OK(out);
    EXPECT_EQ(out->recipient(), "hp-tanashi");
    EXPECT_EQ(out->bytes(), "{\"name\":\"T.Y.\"}");
    EXPECT_EQ(out->sha256(), crypto::sha256(as_bytes(out->bytes())));
}

TEST(EgressDoor, HoldsAnOfferWithAnIdentifierAndSaysWhichKindOnly) {
    auto out = EgressDoor::offer("hp-tanashi", "田邉芳江 S13.4.2生 田邉", scanner());
    ASSERT_FAILS(out, Denied);
    EXPECT_EQ(out.error().message, "identifier in outbound bytes");
    EXPECT_THAT(out.error().where, HasSubstr("patient-name"));
    EXPECT_THAT(out.error().where, HasSubstr("birth-date"));
    EXPECT_THAT(to_string(out.error()), Not(HasSubstr("田邉")));
    EXPECT_THAT(to_string(out.error()), Not(HasSubstr("13")));
}

TEST(EgressDoor, LetsAReleaseOutToTheHospitalOfAcceptanceAndConsentAlone) {
    const LiveConsent consent = consent_for("hp-tanashi");
    const Acceptance ours = test::acceptance_of("hp-tanashi"),
                     theirs = test::acceptance_of("hp-sassa");
    EXPECT_OK(EgressDoor::release("hp-tanashi", "田邉芳江", ours, consent));
    EXPECT_FAILS(EgressDoor::release("hp-sassa", "田邉芳江", theirs, consent), Denied);
    EXPECT_FAILS(EgressDoor::release("hp-tanashi", "田邉芳江", theirs, consent), Denied);
    EXPECT_FAILS(EgressDoor::release("hp-sassa", "田邉芳江", ours, consent), Denied);
    EXPECT_FAILS(EgressDoor::release("", "田邉芳江", ours, consent), Denied);
}

TEST(EgressDoor, LetsAClinicSeeItsOwnRecordAlone) {
    EXPECT_OK(EgressDoor::own_record("clinic-a", "clinic-a", "田邉芳江"));
    EXPECT_FAILS(EgressDoor::own_record("clinic-b", "clinic-a", "田邉芳江"), Denied);
    EXPECT_FAILS(EgressDoor::own_record("", "", "田邉芳江"), Denied);
    EXPECT_FAILS(EgressDoor::own_record("clinic-a", "", "田邉芳江"), Denied);
    const std::vector<std::string> own{"clinic-a", "clinic-a"}, mixed{"clinic-a", "clinic-b"};
    EXPECT_OK(EgressDoor::own_records("clinic-a", own, "田邉芳江"));
    EXPECT_OK(EgressDoor::own_records("clinic-a", {}, "[]"));
    EXPECT_FAILS(EgressDoor::own_records("clinic-a", mixed, "田邉芳江"), Denied);
}

TEST(EgressDoor, LetsNoMyNumberOutAtAnyStage) {
    const LiveConsent consent = consent_for("hp-tanashi");
    for (const auto& out :
         {EgressDoor::plain("hp-tanashi", "1234 5678 9018").error(),
          EgressDoor::release("hp-tanashi", "1234 5678 9018", test::acceptance_of("hp-tanashi"),
                              consent)
              .error(),
          EgressDoor::offer("hp-tanashi", "1234 5678 9018", LeakScanner{}).error()}) {
        EXPECT_EQ(out.code, Code::Denied);
        EXPECT_EQ(out.where, "my-number");
    }
    EXPECT_OK(EgressDoor::plain("hp-tanashi", "{\"resourceType\":\"CapabilityStatement\"}"));
    EXPECT_FAILS(EgressDoor::plain("", "{}"), Denied);
}

}  // namespace
}  // namespace tsunagi::privacy
